#!/usr/bin/env python3
"""Code that looks like typeid and is none: nothing of it is a strong use, and most is proved harmless.

    harmless.py --tool print_typeid

Each function of the source is compiled by each compiler at each level. Those of PROVED have no use
at all from -O1 on; of the others only the count is told. And a static program of iostreams has no
use that is not on the list of known functions: typeinfo goes from it without an assumption.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

import compilers

SOURCE = """
#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <stack>
#include <string>
#include <vector>
struct Base { virtual ~Base(); virtual int f(); long a; };
struct Derived : virtual Base { ~Derived() override; long d; };
struct Final final : Base { ~Final() override; long z; };
struct Plain { long a, b, c, d; ~Plain(); };
void touch(void *);
long n_virtual_base(Derived &d) { return d.a; }
void *n_whole(Base *b) { return dynamic_cast<void *>(b); }
Final *n_final(Base *b) { return dynamic_cast<Final *>(b); }
int n_call(Base *b) { return b->f(); }
int n_member(Base *b, int (Base::*m)()) { return (b->*m)(); }
void n_construct(void *p) { new (p) Derived; }
Plain *n_pop(std::vector<Plain *> &v) { Plain *b = v.back(); v.pop_back(); return b; }
void n_delete_array(Plain *p) { delete[] p; }
void n_delete_member(Plain **p) { delete[] *p; }
long n_deeper(std::vector<Plain *> &v) { return v.back()->d; }
void n_write(std::vector<Plain *> &v) { v.back()->a = 1; }
long n_checked(std::vector<long> &v) { return v.empty() ? 0 : v.back(); }
long n_reverse(std::vector<long> &v) { long k = 0; for (auto i = v.rbegin(); i != v.rend(); ++i) k = k * 3 + *i; return k; }
void n_sort(std::vector<long> &v) { std::sort(v.begin(), v.end()); }
void n_insert(std::vector<Plain *> &v, Plain *p) { v.insert(v.begin(), p); }
void n_heap(std::vector<long> &v) { std::push_heap(v.begin(), v.end()); }
int n_array(Base **b, int n) { return b[n - 1]->f(); }
long n_argument(long *end) { return end[-1]; }
long n_stack(std::stack<long> &s) { long k = s.top(); s.pop(); return k; }
long n_deque(std::deque<long> &d) { return d.back(); }
std::string n_string(const std::string &s) { return s.substr(1) + "x"; }
long n_back(std::vector<long> &v) { return v.back(); }
Plain *n_last(std::vector<Plain *> &v) { return v.back(); }
"""
PROVED = set("""n_virtual_base n_whole n_final n_call n_member n_construct n_pop n_delete_array
n_delete_member n_deeper n_write n_checked n_reverse n_array n_argument n_string""".split())

HELLO = '#include <iostream>\nint main() { std::cout << "hello\\n"; }\n'


def plain(mangled):
    m = re.match(r"_Z(\d+)(n_\w*)", mangled)
    return m and m.group(2)[: int(m.group(1))]


def check_shapes(tool, folder):
    bad, total = 0, collections.Counter()
    source = os.path.join(folder, "harmless.cc")
    with open(source, "w", encoding="ascii") as out:
        out.write(SOURCE)
    for build, path in compilers.compile_all(source, folder).items():
        found = compilers.uses(tool, [path])
        total.update(plain(f) for f, _ in found)
        for function, kind in found:
            proved = "-O0" not in build.command and plain(function) in PROVED
            if kind == "strong" or proved:
                print(f"{build.name}: {function} is a {kind} use")
                bad += 1
    print("uses that no proof excludes: " +
          ", ".join(f"{n} of {f or 'templates'}" for f, n in total.most_common()))
    return bad


def check_hello(tool, folder):
    source, obj = os.path.join(folder, "hello.cc"), os.path.join(folder, "hello.o")
    with open(source, "w", encoding="ascii") as out:
        out.write(HELLO)
    subprocess.run(["g++", "-O2", "-c", source, "-o", obj], check=True)
    run = subprocess.run(["g++", "-static", "-###", obj, "-o", os.path.join(folder, "hello")],
                         check=True, capture_output=True, text=True)
    line = next(l for l in run.stderr.splitlines() if "collect2" in l)
    words = [w.strip('"') for w in line.split()[1:]]
    words = [w for n, w in enumerate(words) if not w.startswith("-plugin") and (
        n == 0 or words[n - 1] != "-plugin")]
    found = compilers.uses(tool, words, live=True)
    bad = [f"{function} is a {kind} use" for function, kind in found if kind != "allowed"]
    print("\n".join(bad) or f"static iostreams: {len(found)} uses, all of known functions")
    return len(bad) + (not found)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--tool", required=True)
    args = ap.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bad = check_hello(args.tool, folder) + check_shapes(args.tool, folder)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
