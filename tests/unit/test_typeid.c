/* test_typeid.c: code that may be `typeid(*p)`, and code that looks like it and cannot be. Every
 * proof has a case in which it holds and, where that is close, one in which it must not.
 */
#include "graph_help.h"

#include "pass/typeid.h"

struct one_case {
    const char *name, *code;
    unsigned uses, strong, allowed;
};

#define FUNCTION(name)                                                                             \
    ".section .text." name ",\"ax\",@progbits\n.globl " name "\n.type " name ", %function\n" name  \
    ":\n"
#define LOCAL(name)                                                                                \
    ".section .text." name ",\"ax\",@progbits\n.type " name ", %function\n" name ":\n"
#define F     FUNCTION("_Z1fv")
#define VPTR  "mov (%rdi),%rax\n"
#define SLOT  "mov -8(%rax),%rax\n"
#define VPTR1 "ldr x0,[x0]\n"

static const struct one_case x86_cases[] = {
    /* what typeid looks like */
    {"plain", F VPTR SLOT "ret", 1, 0, 0},
    {"gcc at -O0", F VPTR "sub $8,%rax\nmov (%rax),%rax\nret", 1, 0, 0},
    {"by r12", F "mov (%rdi),%r12\nmov -8(%r12),%rax\nret", 1, 0, 0},
    {"compared", F VPTR "cmp -8(%rax),%rsi\nsete %al\nret", 1, 0, 0},
    {"compared with a constant", F VPTR "cmpq $_ZTI1A,-8(%rax)\nsete %al\nret", 1, 0, 0},
    {"pushed", F VPTR "push -8(%rax)\ncall g\nret", 1, 0, 0},
    {"chosen", F VPTR "cmovne -8(%rax),%rdx\nmov %rdx,%rax\nret", 1, 0, 0},
    {"as a vector",
     F VPTR "mov (%rsi),%rcx\nmovq -8(%rax),%xmm0\nmovhps -8(%rcx),%xmm0\n"
            "movups %xmm0,(%rdx)\nret",
     2, 0, 0},
    {"as a VEX vector", F VPTR "vmovq -8(%rax),%xmm0\nvmovq %xmm0,(%rdx)\nret", 1, 0, 0},
    {"gathered", F "vpgatherqq %ymm2,-8(,%ymm1,1),%ymm0\nret", 1, 0, 0},
    {"of a subobject", F "mov 8(%rdi),%rax\n" SLOT "ret", 1, 0, 0},
    {"of a global object", F "mov x(%rip),%rax\n" SLOT "ret", 1, 0, 0},
    {"of a thread's object", F "mov %fs:x@tpoff,%rax\n" SLOT "ret", 1, 0, 0},
    {"of two",
     F "test %esi,%esi\nje 1f\nmov (%rdi),%rax\njmp 2f\n1: mov (%rdx),%rax\n2:" SLOT "ret", 1, 0,
     0},
    {"in a landing pad", F "call g\nret\nmov -8(%rbx),%rdi\ncall h\nud2", 1, 0, 0},
    {"in a loop that nothing enters", F "ret\n1: mov (%rdi),%rax\n" SLOT "call g\njmp 1b", 1, 0, 0},
    {"behind a table",
     F "notrack jmp *.Lt(,%rdi,8)\n.La: mov (%rsi),%rax\n.Lb:" SLOT "ret\n"
       ".section .rodata\n.Lt: .quad .La,.Lb",
     1, 0, 0},
    {"an argument of a local function",
     LOCAL("_ZL1fv") "mov -8(%rdi),%rax\nret\n.globl _Z1gv\n"
                     "_Z1gv: jmp _ZL1fv",
     1, 0, 0},
    {"after an outlined call", F "call OUTLINED_FUNCTION_0\n" SLOT "ret", 1, 0, 0},

    /* strong ones */
    {"name", F VPTR SLOT "mov 8(%rax),%rax\ncmpb $42,(%rax)\nret", 1, 1, 0},
    {"to a function of type_info", F VPTR "mov -8(%rax),%rdi\njmp _Z1gRKSt9type_info", 1, 1, 0},
    {"to type_index", F VPTR "mov -8(%rax),%rsi\ncall _ZNSt10type_indexC1ERKSt9type_info\nret", 1,
     1, 0},
    {"strong in spite of a proof",
     F VPTR "cmp %rsi,%rax\nje 1f\n" SLOT "mov 8(%rax),%rax\ncmpb $42,(%rax)\n1: ret", 1, 1, 0},

    /* what it is not: origin */
    {"an argument", F "mov -8(%rdi),%rax\nret", 0, 0, 0},
    {"a result", F "call g\n" SLOT "ret", 0, 0, 0},
    {"the frame", F "push %rbp\nmov %rsp,%rbp\nmov -8(%rbp),%rax\nleave\nret", 0, 0, 0},
    {"the frame in a landing pad",
     F "push %rbp\nmov %rsp,%rbp\ncall g\nleave\nret\nmov -8(%rbp),%rdi\ncall _Unwind_Resume", 0, 0,
     0},
    {"no frame", F "mov (%rdi),%rbp\nmov -8(%rbp),%rax\nret", 1, 0, 0},
    {"a constant", F "lea x(%rip),%rax\n" SLOT "ret", 0, 0, 0},
    {"a constant of the GOT", F "mov x@GOTPCREL(%rip),%rax\n" SLOT "ret", 0, 0, 0},
    {"a sum", F VPTR "add %rsi,%rax\n" SLOT "ret", 0, 0, 0},
    {"an array's element", F VPTR "mov -8(%rax,%rsi,8),%rax\nret", 0, 0, 0},
    {"another distance", F VPTR "mov -16(%rax),%rax\nret", 0, 0, 0},
    {"half a word", F VPTR "mov -8(%rax),%eax\nret", 0, 0, 0},
    {"a virtual base", F VPTR "mov -24(%rax),%rax\nadd %rdi,%rax\nret", 0, 0, 0},
    {"padding leads nowhere",
     F "mov %rdi,%rbx\ntest %esi,%esi\njne 1f\nret\n.p2align 5\n"
       "1: mov -8(%rbx),%rax\nret",
     0, 0, 0},

    /* base */
    {"written through", F VPTR "mov -8(%rax),%rcx\nmovq $0,(%rax)\nmov %rcx,%rax\nret", 0, 0, 0},
    {"read by bytes", F VPTR "movzbl (%rax),%ecx\n" SLOT "ret", 0, 0, 0},
    {"indexed", F VPTR "mov (%rax,%rsi,8),%rcx\n" SLOT "ret", 0, 0, 0},
    {"a null test", F VPTR "test %rax,%rax\nje 1f\n" SLOT "1: ret", 0, 0, 0},
    {"compared with another pointer", F VPTR "cmp 8(%rdi),%rax\nje 1f\n" SLOT "1: ret", 0, 0, 0},
    {"compared with a vtable", F VPTR "lea v(%rip),%rcx\ncmp %rcx,%rax\nje 1f\n" SLOT "1: ret", 1,
     0, 0},
    {"a null test on the other path",
     F VPTR "cmp $1,%esi\nje 2f\ntest %rax,%rax\nje 1f\nret\n2:" SLOT "1: ret", 1, 0, 0},
    {"stepped", F "mov 8(%rdi),%rbx\n1: mov -8(%rbx),%rcx\nsub $8,%rbx\ncmp $5,%rcx\njne 1b\nret",
     0, 0, 0},
    {"popped", F "mov 8(%rdi),%rax\nlea -8(%rax),%rdx\nmov %rdx,8(%rdi)\n" SLOT "ret", 0, 0, 0},
    {"subtracted", F "mov (%rdi),%rdx\nmov 8(%rdi),%rax\nmov %rax,%rcx\nsub %rdx,%rcx\n" SLOT "ret",
     0, 0, 0},

    /* result */
    {"result written through", F VPTR SLOT "movq $0,8(%rax)\nret", 0, 0, 0},
    {"result written through if not null",
     F VPTR SLOT "test %rax,%rax\nje 1f\nmovq $0,8(%rax)\n1: ret", 0, 0, 0},
    {"result written through if something else",
     F VPTR SLOT "test %esi,%esi\nje 1f\nmovq $0,8(%rax)\n1: ret", 1, 0, 0},
    {"result too long", F VPTR SLOT "mov 24(%rax),%rax\nret", 0, 0, 0},
    {"result read as type_info", F VPTR SLOT "mov 8(%rax),%rax\nret", 1, 0, 0},
    {"result moved on", F VPTR SLOT "add $0x200,%rax\nret", 0, 0, 0},
    {"result hashed", F VPTR SLOT "mov $0x9e3779b9,%ecx\nlea 0x20f(%rax),%rax\nret", 1, 0, 0},
    {"result freed", F VPTR "mov -8(%rax),%rdi\njmp _ZdlPv", 0, 0, 0},
    {"result as this", F VPTR "mov -8(%rax),%rdi\njmp _ZNK3Foo3barEv", 0, 0, 0},
    {"result as this of type_info", F VPTR "mov -8(%rax),%rdi\njmp _ZNKSt9type_info4nameEv", 1, 1,
     0},
    {"result deleted", F VPTR "mov -8(%rax),%rdi\nmov (%rdi),%rax\ncall *8(%rax)\nret", 0, 0, 0},
    {"result's __do_catch", F VPTR "mov -8(%rax),%rdi\nmov (%rdi),%rax\ncall *0x20(%rax)\nret", 1,
     0, 0},
    {"result multiplied", F VPTR "imul $0x70,-8(%rax),%rcx\nret", 0, 0, 0},

    /* by name */
    {"vector", FUNCTION("_ZNSt6vectorIP1ASaIS1_EE4backEv") "mov 8(%rdi),%rax\n" SLOT "ret", 0, 0,
     0},
    {"a vector's, as a call says",
     F "mov %rdi,%rbx\nlea 0x28(%rdi),%rdi\n"
       "call "
       "_ZNSt6vectorIP1ASaIS1_EE17_M_realloc_insertIJRKS1_EEEvN9__gnu_cxx17__normal_iteratorIPS1_"
       "S3_EEDpOT_\n"
       "mov 0x30(%rbx),%rax\n" SLOT "ret",
     0, 0, 0},
    {"beside a vector, as a call says",
     F "mov %rdi,%rbx\nlea 0x28(%rdi),%rdi\n"
       "call "
       "_ZNSt6vectorIP1ASaIS1_EE17_M_realloc_insertIJRKS1_EEEvN9__gnu_cxx17__normal_iteratorIPS1_"
       "S3_EEDpOT_\n"
       "mov 0x40(%rbx),%rax\n" SLOT "ret",
     1, 0, 0},
    {"vector with an allocator",
     FUNCTION("_ZNSt6vectorIP1A2AlE4backEv") "mov 8(%rdi),%rax\n" SLOT "ret", 1, 0, 0},
    {"__dynamic_cast", FUNCTION("__dynamic_cast") VPTR SLOT "ret\n.globl _Z1gv\n_Z1gv: ret", 1, 0,
     1},
    {"C", ".file \"a.c\"\n" FUNCTION("f") VPTR SLOT "ret", 0, 0, 0},
    {"strong in C",
     ".file \"a.c\"\n" FUNCTION("f") VPTR SLOT "mov 8(%rax),%rax\ncmpb $42,(%rax)\nret", 1, 1, 0},
    {"C++ in a file of C", ".file \"a.c\"\n" F VPTR SLOT "ret", 1, 0, 0},
    {"extern C of C++", ".file \"a.cc\"\n" FUNCTION("f") VPTR SLOT "ret", 1, 0, 0},
    {"without RTTI",
     F VPTR SLOT "ret\n.data\n.globl _ZTV1A\n.size _ZTV1A,24\n_ZTV1A: .quad 0,0,_Z1fv", 0, 0, 0},
    {"with RTTI",
     F VPTR SLOT "ret\n.data\n.globl _ZTV1A\n.size _ZTV1A,24\n_ZTV1A: .quad 0,_ZTI1A,_Z1fv", 1, 0,
     0},

    /* no code, or hardly any */
    {"bytes that are no instruction", F VPTR SLOT "ret\n.byte 0x06,0x07", 1, 0, 0},
    {"a displacement that is none", F "mov $0xf8408b48,%eax\nret", 0, 0, 0},
    {"nothing", F, 0, 0, 0},
    {"instrumented", F "call __asan_report_load8\nret", 1, 0, 0},
};

static const struct one_case a64_cases[] = {
    {"plain", F VPTR1 "ldur x0,[x0,#-8]\nret", 1, 0, 0},
    {"pre-indexed", F VPTR1 "ldr x1,[x0,#-8]!\nmov x0,x1\nret", 1, 0, 0},
    {"a pair", F VPTR1 "ldp x1,x2,[x0,#-16]\nmov x0,x2\nret", 1, 0, 0},
    {"gcc at -O0", F VPTR1 "sub x0,x0,#8\nldr x0,[x0]\nret", 1, 0, 0},
    {"name", F VPTR1 "ldur x0,[x0,#-8]\nldr x0,[x0,#8]\nldrb w1,[x0]\ncmp w1,#42\nret", 1, 1, 0},
    {"an argument", F "ldur x0,[x0,#-8]\nret", 0, 0, 0},
    {"the frame", F "ldur x0,[sp,#-8]\nret", 0, 0, 0},
    {"a constant", F "adrp x0,x\nadd x0,x0,:lo12:x\nldur x0,[x0,#-8]\nret", 0, 0, 0},
    {"a null test", F VPTR1 "cbz x0,1f\nldur x0,[x0,#-8]\n1: ret", 0, 0, 0},
    {"a bit test", F VPTR1 "tbz x0,#0,1f\nldur x0,[x0,#-8]\n1: ret", 1, 0, 0},
    {"stepped", F VPTR1 "1: ldr x1,[x0,#-8]!\ncmp x1,#5\nb.ne 1b\nret", 0, 0, 0},
    {"written through", F VPTR1 "ldur x1,[x0,#-8]\nstr x1,[x0]\nret", 0, 0, 0},
    {"result as this", F VPTR1 "ldur x0,[x0,#-8]\nb _ZNK3Foo3barEv", 0, 0, 0},
};

/* All nodes of one object are searched. `find`: with classes and slots. */
static void scan(struct graph *g, struct rp_rtti *rtti, const char *as, const char *code, bool find)
{
    char text[4096];
    rp_id *nodes;
    snprintf(text, sizeof text, "%s\n", code);
    memset(rtti, 0, sizeof *rtti);
    assemble_for(as, "a.o", text);
    graph_begin(g, RP_LEVEL_FULL);
    graph_run(g, RP_LINKER_LLD, "a.o");
    if (find)
        assert_int_equal(rp_rtti_find(&g->m, &g->job, rtti), REAP_OK);
    nodes = calloc(g->m.nodes.n, sizeof *nodes);
    assert_non_null(nodes);
    for (rp_id i = 1; i < g->m.nodes.n; i++)
        nodes[i - 1] = i;
    assert_int_equal(rp_typeid_scan(&g->m, nodes, g->m.nodes.n - 1, rtti), REAP_OK);
    free(nodes);
}

static void run_cases(const char *as, const struct one_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct graph g;
        struct rp_rtti rtti;
        unsigned strong = 0, allowed = 0;
        scan(&g, &rtti, as, cases[i].code, false);
        for (size_t k = 0; k < rtti.uses.n; k++) {
            strong += rtti.uses.v[k].strong;
            allowed += rtti.uses.v[k].allowed != NULL;
            assert_true(rtti.uses.v[k].live);
        }
        if (rtti.uses.n != cases[i].uses || strong != cases[i].strong ||
            allowed != cases[i].allowed)
            fail_msg("%s: %zu uses, %u strong, %u allowed; expected %u, %u, %u", cases[i].name,
                     rtti.uses.n, strong, allowed, cases[i].uses, cases[i].strong,
                     cases[i].allowed);
        rp_rtti_free(&rtti);
        graph_free(&g);
    }
}

static void x86_loads_are_told_apart(void **state)
{
    (void)state;
    run_cases("as", x86_cases, sizeof x86_cases / sizeof *x86_cases);
}

static void aarch64_loads_are_told_apart(void **state)
{
    (void)state;
    run_cases("aarch64-linux-gnu-as", a64_cases, sizeof a64_cases / sizeof *a64_cases);
}

/* A class with a vtable, and one derived from it. */
#define CLASS                                                                                      \
    "\n.section .data.rel.ro,\"aw\"\n.globl _ZTI1A,_ZTV1A\n.type _ZTV1A,%object\n"                 \
    ".type _ZTI1A,%object\n.size _ZTV1A,24\n_ZTV1A: .quad 0,_ZTI1A,_Z1fv\n.size _ZTI1A,16\n"       \
    "_ZTI1A: .quad _ZTVN10__cxxabiv117__class_type_infoE+16,_ZTS1A\n.size _ZTS1A,4\n"              \
    "_ZTS1A: .asciz \"1A\"\n"

static const struct {
    const char *name, *code, *of; /* of: "": no use at all; NULL: of any class */
} class_cases[] = {
    {"named by its slot", F "mov _ZTV1A+8(%rip),%rax\nret" CLASS, "_ZTI1A"},
    {"named by the GOT", F "mov _ZTV1A@GOTPCREL(%rip),%rax\nmov 8(%rax),%rax\nret" CLASS, "_ZTI1A"},
    {"the GOT, later",
     F "push %rbx\nmov _ZTV1A@GOTPCREL(%rip),%rbx\ncall g\nmov 8(%rbx),%rax\n"
       "pop %rbx\nret" CLASS,
     "_ZTI1A"},
    {"the GOT of the large code model",
     F "lea _GLOBAL_OFFSET_TABLE_(%rip),%rax\nmovabs $_ZTV1A@GOT,%rdx\nmov (%rax,%rdx),%rax\n"
       "mov 8(%rax),%rax\nret" CLASS,
     "_ZTI1A"},
    {"the GOT, put aside",
     F "mov _ZTV1A@GOTPCREL(%rip),%rax\nmov %rax,8(%rsp)\ncall g\n"
       "mov 8(%rsp),%rax\nmov 8(%rax),%rax\nret" CLASS,
     "_ZTI1A"},
    {"a constructor", F "mov _ZTV1A@GOTPCREL(%rip),%rax\nadd $16,%rax\nmov %rax,(%rdi)\nret" CLASS,
     ""},
    {"a constructor without the GOT", F "lea _ZTV1A+16(%rip),%rax\nmov %rax,(%rdi)\nret" CLASS, ""},
    {"a function of the vtable", F "mov _ZTV1A@GOTPCREL(%rip),%rax\ncall *16(%rax)\nret" CLASS, ""},
    {"this",
     FUNCTION("_ZNK1A1fEv") VPTR SLOT "xor %ecx,%ecx\nmov 8(%rax),%rax\nret\n" F "ret" CLASS,
     "_ZTI1A"},
    {"this, perhaps", FUNCTION("_ZN1A1fEv") VPTR SLOT "ret\n" F "ret" CLASS, NULL},
    {"this or a result",
     FUNCTION("_ZNK1A1fEv") VPTR "mov -8(%rax),%rcx\nmov %rcx,8(%rdi)\n"
                                 "mov %rdi,%rax\nret\n" F "ret" CLASS,
     NULL},
    {"this, but it never returns",
     FUNCTION("_ZNK1A1fEv") VPTR SLOT "mov %rax,%rdi\n"
                                      "call _ZSt20__throw_length_errorPKc\n" F "ret" CLASS,
     NULL},
    {"this, but a call may return the first argument",
     FUNCTION("_ZNK1A1fEv") VPTR SLOT "mov %rax,%rsi\ncall strcpy\nret\n" F "ret" CLASS, NULL},
    {"a parameter", FUNCTION("_ZNK1B1fElRK1A") "mov (%rdx),%rax\n" SLOT "ret\n" F "ret" CLASS,
     "_ZTI1A"},
    {"a parameter behind one of no known size",
     FUNCTION("_ZNK1B1fE1CRK1A") "mov (%rdx),%rax\n" SLOT "ret\n" F "ret" CLASS, NULL},
    {"a member of this", FUNCTION("_ZNK1A1fEv") "mov 8(%rdi),%rax\n" SLOT "ret\n" F "ret" CLASS,
     NULL},
    {"a class without a vtable", FUNCTION("_ZNK1B1fEv") VPTR SLOT "ret\n" F "ret" CLASS, NULL},
};

static void uses_know_their_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof class_cases / sizeof *class_cases; i++) {
        struct graph g;
        struct rp_rtti rtti;
        const char *of = class_cases[i].of;
        bool none = of && !*of;
        scan(&g, &rtti, "as", class_cases[i].code, true);
        if (rtti.uses.n != !none)
            fail_msg("%s: %zu uses", class_cases[i].name, rtti.uses.n);
        const char *got = none ? NULL : rtti.uses.v[0].of;
        if (!none && (!of != !got || (of && strcmp(of, got) != 0)))
            fail_msg("%s: of %s, expected %s", class_cases[i].name, got ? got : "any class",
                     of ? of : "any class");
        rp_rtti_free(&rtti);
        graph_free(&g);
    }
}

static void uses_stand_in_the_order_of_the_nodes(void **state)
{
    (void)state;
    struct graph g;
    struct rp_rtti rtti;
    scan(&g, &rtti, "as",
         F VPTR SLOT "mov (%rsi),%rdx\nmov -8(%rdx),%rdx\nret\n" LOCAL("_ZL1gv") VPTR SLOT "ret",
         false);
    assert_int_equal(rtti.uses.n, 3);
    assert_true(rtti.uses.v[0].offset < rtti.uses.v[1].offset);
    assert_int_equal(rtti.uses.v[0].node, rtti.uses.v[1].node);
    assert_true(rtti.uses.v[1].node < rtti.uses.v[2].node);
    rp_id section = g.m.nodes.v[rtti.uses.v[2].node].section;
    assert_string_equal(rp_typeid_function(&g.m, section, rtti.uses.v[2].offset), "_ZL1gv");

    rp_id turned[2] = {rtti.uses.v[2].node, rtti.uses.v[0].node};
    rtti.uses.n = 0;
    assert_int_equal(rp_typeid_scan(&g.m, turned, 2, &rtti), REAP_OK);
    assert_int_equal(rtti.uses.n, 3);
    assert_int_equal(rtti.uses.v[0].node, turned[0]);
    assert_int_equal(rtti.uses.v[2].node, turned[1]);
    rp_rtti_free(&rtti);
    graph_free(&g);
}

static void less_is_told_to_whom_less_is_enough(void **state)
{
    (void)state;
    static const char code[] = F VPTR SLOT "ret\n" LOCAL("_ZL1gv") VPTR SLOT
        "mov 8(%rax),%rax\ncmpb $42,(%rax)\nret\n" LOCAL("_ZL1hv") VPTR
        "mov -8(%rax),%rdi\ncall _Z1gRKSt9type_info\nret";
    struct graph g;
    struct rp_rtti rtti;
    scan(&g, &rtti, "as", code, false);
    assert_int_equal(rtti.uses.n, 3);
    rp_id nodes[3] = {rtti.uses.v[0].node, rtti.uses.v[1].node, rtti.uses.v[2].node};
    rtti.uses.n = 0;
    rtti.strong_only = true;
    assert_int_equal(rp_typeid_scan(&g.m, nodes, 3, &rtti), REAP_OK);
    assert_int_equal(rtti.uses.n, 2);
    assert_true(rtti.uses.v[0].strong && rtti.uses.v[1].strong);
    rtti.uses.n = 0;
    rtti.strong_only = false;
    rtti.first_only = true;
    assert_int_equal(rp_typeid_scan(&g.m, nodes, 3, &rtti), REAP_OK);
    assert_int_equal(rtti.uses.n, 1);
    rp_rtti_free(&rtti);
    graph_free(&g);
}

static void machines_without_decoder_are_not_searched(void **state)
{
    (void)state;
    assert_true(rp_typeid_can(EM_X86_64));
    assert_true(rp_typeid_can(EM_AARCH64));
    assert_false(rp_typeid_can(EM_386));
    assert_false(rp_typeid_can(EM_ARM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x86_loads_are_told_apart),
        cmocka_unit_test(aarch64_loads_are_told_apart),
        cmocka_unit_test(uses_know_their_class),
        cmocka_unit_test(uses_stand_in_the_order_of_the_nodes),
        cmocka_unit_test(less_is_told_to_whom_less_is_enough),
        cmocka_unit_test(machines_without_decoder_are_not_searched),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
