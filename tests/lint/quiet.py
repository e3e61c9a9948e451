#!/usr/bin/env python3
"""Plain programs give no finding: with every linker, collected by Reap and by the linker itself.

usage: quiet.py --build DIR

Static and dynamic C and C++ with glibc, C with musl, and a program against all of LLVM's static
libraries.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LLVM = os.path.join(HERE, "..", "e2e", "llvm", "program.cc")
C = r"""
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void *work(void *p) { return p; }
int main(int argc, char **argv)
{
    pthread_t t;
    pthread_create(&t, 0, work, argv);
    pthread_join(t, 0);
    printf("%f %s\n", sin(argc), getenv("HOME") ? "home" : "none");
    return 0;
}
"""
CXX = r"""
#include <iostream>
#include <map>
#include <regex>
#include <stdexcept>
#include <thread>
struct A { virtual ~A() {} virtual int f() = 0; };
struct B : A { int f() override { return 1; } };
static std::map<std::string, int> table{{"a", 1}};
int main(int argc, char **argv)
{
    try {
        if (argc > 5)
            throw std::runtime_error("many");
        std::cout << std::regex_match(argv[0], std::regex("a+")) << table["a"] << '\n';
        std::thread([] {}).join();
    } catch (std::exception &e) {
        std::cerr << e.what();
    }
    A *a = new B;
    return dynamic_cast<B *>(a) ? 0 : 1;
}
"""


def output_of(words):
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE).stdout.split()


def programs(work):
    """Commands without linker and output."""
    for name, text in (("c.c", C), ("cxx.cc", CXX)):
        with open(os.path.join(work, name), "w", encoding="utf-8") as f:
            f.write(text)
    flags = ["-O1", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-pthread"]
    c, cxx = (os.path.join(work, n) for n in ("c.c", "cxx.cc"))
    prog = os.path.join(work, "llvm.o")
    subprocess.run(["g++", "-O1", *output_of(["llvm-config-19", "--cxxflags"]), "-c", LLVM, "-o", prog],
                   check=True)
    llvm = output_of(["llvm-config-19", "--link-static", "--ldflags", "--libs", "all", "--system-libs"])
    return {
        "C, static": ["gcc", *flags, "-static", c, "-lm"],
        "C": ["gcc", *flags, c, "-lm"],
        "C++, static": ["g++", *flags, "-static", cxx],
        "C++": ["g++", *flags, cxx],
        "musl": ["musl-gcc", *flags, "-static", c],
        "LLVM": ["g++", "-Wl,--gc-sections", prog, *llvm],
    }


def findings(build, linker, mode, words, work):
    db = os.path.join(work, "db")
    if os.path.exists(db):
        os.unlink(db)
    env = dict(os.environ,
               REAP_OPTIONS=f"--reap-linker={linker} --reap-mode={mode} --reap-db={db}")
    subprocess.run([words[0], "-B", work + "/", *words[1:], "-o", os.path.join(work, "out")], env=env,
                   check=True, stdout=subprocess.DEVNULL)
    text = subprocess.run([f"{build}/reap", "lint", "--db", db, "--format", "json"], check=True,
                          text=True, stdout=subprocess.PIPE).stdout
    return json.loads(text)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    build = os.path.abspath(p.parse_args().build)
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        os.symlink(f"{build}/ld.reap", os.path.join(work, "ld"))
        for name, words in programs(work).items():
            for linker in ("ld.bfd", "ld.gold", "ld.lld-19", "mold"):
                for mode in ("report", "collect"):
                    if name == "LLVM" and (linker == "ld.bfd" or mode == "collect"):
                        continue # minutes; the rules are the same
                    found = findings(build, linker, mode, words, work)
                    print(f"{'FAILED' if found else 'ok    '}  {name} {linker} {mode}")
                    if found:
                        print(json.dumps(found, indent=1))
                    failed += bool(found)
                    sys.stdout.flush()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
