// A program against all of LLVM's static libraries: every target is initialised, a module is
// parsed, optimised by the O2 pipeline and compiled for two targets. Prints what it did.
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Target/TargetOptions.h>

static const char *source = R"(
define internal i32 @helper(i32 %x) {
  %y = mul i32 %x, 3
  ret i32 %y
}
define i32 @f(i32 %n) {
entry:
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %i2, %loop ]
  %s = phi i32 [ 0, %entry ], [ %s2, %loop ]
  %h = call i32 @helper(i32 %i)
  %s2 = add i32 %s, %h
  %i2 = add i32 %i, 1
  %c = icmp slt i32 %i2, %n
  br i1 %c, label %loop, label %out
out:
  ret i32 %s2
}
)";

int main()
{
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmParsers();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllDisassemblers();
    unsigned n = 0;
    for (const auto &t : llvm::TargetRegistry::targets())
        n += t.hasTargetMachine();
    llvm::outs() << n << " targets\n";

    for (const char *triple : {"x86_64-linux-gnu", "aarch64-linux-gnu"}) {
        llvm::LLVMContext context;
        llvm::SMDiagnostic diag;
        auto module = llvm::parseIR(llvm::MemoryBufferRef(source, "m"), diag, context);
        if (!module) {
            diag.print("program", llvm::errs());
            return 1;
        }
        std::string error;
        const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
        if (!target) {
            llvm::errs() << error << "\n";
            return 1;
        }
        auto *machine = target->createTargetMachine(triple, "", "", {}, {});
        module->setTargetTriple(triple);
        module->setDataLayout(machine->createDataLayout());
        llvm::LoopAnalysisManager lam;
        llvm::FunctionAnalysisManager fam;
        llvm::CGSCCAnalysisManager cgam;
        llvm::ModuleAnalysisManager mam;
        llvm::PassBuilder builder(machine);
        builder.registerModuleAnalyses(mam);
        builder.registerCGSCCAnalyses(cgam);
        builder.registerFunctionAnalyses(fam);
        builder.registerLoopAnalyses(lam);
        builder.crossRegisterProxies(lam, fam, cgam, mam);
        builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(*module, mam);
        llvm::outs() << *module;
        llvm::SmallString<4096> text;
        llvm::raw_svector_ostream out(text);
        llvm::legacy::PassManager codegen;
        machine->addPassesToEmitFile(codegen, out, nullptr, llvm::CodeGenFileType::AssemblyFile);
        codegen.run(*module);
        llvm::outs() << text;
        delete machine;
    }
    return 0;
}
