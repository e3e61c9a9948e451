"""Real programs: the resolver against every linker, on the command lines that compilers make.

    real_resolution.py --tool print_resolution [--llvm]

Static and dynamic C and C++ programs; with --llvm one against all of LLVM's static libraries.
"""
import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

import resolution
from fuzz_resolution import LINKERS

C = '#include <stdio.h>\nint main(void) { puts("x"); return 0; }\n'
CXX = """#include <iostream>
#include <map>
#include <thread>
int main() {
    std::map<int, int> m{{1, 2}};
    std::thread t([&] { std::cout << m[1]; });
    t.join();
    try { throw 1; } catch (int) { return 0; }
}
"""
LLVM = """#include "llvm/Support/TargetSelect.h"
#include "llvm/Passes/PassBuilder.h"
int main() {
    llvm::InitializeAllTargets();
    llvm::InitializeAllAsmPrinters();
    llvm::PassBuilder pb;
    return 0;
}
"""


def linker_words(command, folder):
    """What the compiler driver tells the linker, without plugins and output."""
    r = subprocess.run([*command, "-###"], cwd=folder, stderr=subprocess.PIPE, text=True,
                       check=True)
    lines = [l for l in r.stderr.splitlines() if l.split() and "collect2" in l.split()[0]]
    words, skip = [], False
    for word in shlex.split(lines[-1])[1:]:
        if skip:
            skip = False
        elif word in ("-plugin", "-o"):
            skip = True
        elif not word.startswith("-plugin-opt"):
            words.append(word)
    return words


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--llvm", action="store_true")
    args = parser.parse_args()
    linkers = [l for l in LINKERS if shutil.which(l)]
    failed = compared = 0
    with tempfile.TemporaryDirectory() as folder:
        cases = {"c": C, "cxx": CXX}
        for name, text in cases.items():
            path = os.path.join(folder, name + (".c" if name == "c" else ".cc"))
            with open(path, "w") as f:
                f.write(text)
            subprocess.run(["gcc" if name == "c" else "g++", "-fPIC", "-c", path], cwd=folder, check=True)
        lines = {"static C": ["gcc", "-static", "c.o"], "dynamic C": ["gcc", "c.o"],
                 "static C++": ["g++", "-static", "cxx.o"], "dynamic C++": ["g++", "cxx.o"],
                 "static PIE": ["g++", "-static-pie", "cxx.o"],
                 "shared": ["g++", "-shared", "cxx.o"]}
        if args.llvm:
            path = os.path.join(folder, "llvm.cc")
            with open(path, "w") as f:
                f.write(LLVM)
            config = lambda *w: shlex.split(subprocess.run(
                ["llvm-config-19", *w], stdout=subprocess.PIPE, text=True, check=True).stdout)
            subprocess.run(["g++", "-std=c++17", "-I", config("--includedir")[0], "-c", path],
                           cwd=folder, check=True)
            lines = {"LLVM": ["g++", "llvm.o", *config("--link-static", "--ldflags", "--libs",
                                                       "all", "--system-libs")]}
        os.chdir(folder)
        for name, command in lines.items():
            words = linker_words(command, folder)
            for linker in linkers:
                result = resolution.check(args.tool, linker, words)
                print(f"{name}, {linker}: {'equal' if result else result}")
                compared += result is not None
                failed += result is False
    sys.exit(1 if failed or not compared else 0)


if __name__ == "__main__":
    main()
