#!/usr/bin/env python3
"""Every typeid that has to look at an object is found.

    uses.py --tool print_typeid [--keep DIR]

Objects are had in many ways (SOURCES) and the typeinfo is used in many ways (SHAPES); each pair is
a function, compiled by each compiler at each level. Where the class is known, gcc reads the slot of
a vtable that it names, or the compiler names the typeinfo itself; the latter is no use. Whether it
did is asked of the relocations, not of Reap.
"""
import argparse
import collections
import re
import subprocess
import sys
import tempfile

import compilers

HEAD = """
#include <typeinfo>
#include <typeindex>
#include <memory>
#include <vector>
struct Base { virtual ~Base(); virtual int f(); };
struct Derived : Base { ~Derived() override; int f() override; };
struct Final final : Base { ~Final() override; int f() override; };
struct Second { long a; virtual ~Second(); virtual int g(); };
struct Both : Base, Second { ~Both() override; };
struct Virtual : virtual Base { long v; ~Virtual() override; };
struct Inline : Base { int f() override { return 1; } };
struct Holder { long a; Base *p; Derived member; Base &r; std::vector<Base *> all; };
extern Base *get(); extern Base &get_ref(); extern Base *global; extern Derived object;
extern thread_local Base *own;
extern void sink(const std::type_info &); extern void sink_p(const std::type_info *);
extern void sink_i(std::type_index); extern void touch(void *);
extern const std::type_info *kept; extern const char *name_kept;
"""

DEFINITIONS = HEAD + """
Base::~Base() {} int Base::f() { return 0; }
Derived::~Derived() {} int Derived::f() { return 1; }
Final::~Final() {} int Final::f() { return 2; }
Second::~Second() {} int Second::g() { return 3; }
Both::~Both() {} Virtual::~Virtual() {}
"""

# name: (parameters, statements before, the object, whether its class may be known)
SOURCES = {
    "ptr": ("Base *p", "", "*p", False),
    "ref": ("Base &p", "", "p", False),
    "second": ("Both &p", "Second &s = p;", "s", False),
    "to_first": ("Second *p", "", "*p", False),
    "virtual": ("Virtual &p", "Base &b = p;", "b", False),
    "this": ("Holder *h", "", "*h->p", False),
    "through": ("Holder *h", "", "h->r", False),
    "member": ("Holder *h", "Base &b = h->member;", "b", True),
    "element": ("Base **p, int i", "", "*p[i]", False),
    "last": ("Holder *h", "", "*h->all.back()", False),
    "call": ("int", "", "*get()", False),
    "call_ref": ("int", "", "get_ref()", False),
    "global": ("int", "", "*global", False),
    "object": ("int", "Base &b = object;", "b", True),
    "tls": ("int", "", "*own", False),
    "shared": ("const std::shared_ptr<Base> &p", "", "*p", False),
    "called": ("Base &p", "p.f();", "p", False),
    "touched": ("Base &p", "touch(&p);", "p", False),
    "local": ("int", "Derived d; touch(nullptr); Base &b = d;", "b", True),
    "made": ("int", "Base *b = new Derived;", "*b", True),
    "inline": ("int", "Inline d; Base &b = d;", "b", True),
    "made_both": ("int", "Second *b = new Both;", "*b", True),
    "cast": ("Base *q", "Derived *p = static_cast<Derived *>(q);", "*p", False),
}

# name: (return type, what is done with the object X, after SOURCES' statements)
SHAPES = {
    "ret": ("const std::type_info &", "return typeid(X);"),
    "addr": ("const std::type_info *", "return &typeid(X);"),
    "name": ("const char *", "return typeid(X).name();"),
    "hash": ("std::size_t", "return typeid(X).hash_code();"),
    "eq": ("bool", "return typeid(X) == typeid(int);"),
    "ne": ("bool", "return typeid(X) != typeid(int);"),
    "same": ("bool", "return &typeid(X) == kept;"),
    "before": ("bool", "return typeid(X).before(*kept);"),
    "index": ("std::type_index", "return std::type_index(typeid(X));"),
    "pass": ("void", "sink(typeid(X));"),
    "pass_p": ("void", "sink_p(&typeid(X));"),
    "pass_i": ("void", "sink_i(typeid(X));"),
    "store": ("void", "kept = &typeid(X);"),
    "store_name": ("void", "name_kept = typeid(X).name();"),
    "cond": ("bool", "return kept && typeid(X) == *kept;"),
    "whole": ("const void *", "sink(typeid(X)); return dynamic_cast<const void *>(&(X));"),
    "pair": ("std::type_index *",
             "return new std::type_index[2]{std::type_index(typeid(X)), std::type_index(*kept)};"),
    "loop": ("int", "int n = 0; for (int i = 0; i < 9; i++) { touch(nullptr); n += "
             "typeid(X) == *kept; } return n;"),
}

# Whole functions: several objects in one, and what only the optimizer makes.
EXTRA = """
bool t_two(Base &a, Base &b) { return typeid(a) == typeid(b); }
bool t_two_before(Base &a, Second &b) { return typeid(a).before(typeid(b)); }
void t_vector(Base &a, Base &b, std::type_index *o) { o[0] = typeid(a); o[1] = typeid(b); }
void t_vector4(Base &a, Base &b, Base &c, Base &d, const std::type_info **o) {
    o[0] = &typeid(a); o[1] = &typeid(b); o[2] = &typeid(c); o[3] = &typeid(d); }
bool t_either(Base *a, Base *b, bool w) { return w ? typeid(*a) == typeid(int) : typeid(*b) == typeid(long); }
const std::type_info &t_select(Base *a, Second *b, bool w) { return w ? typeid(*a) : typeid(*b); }
int t_switch(Base &a) { const std::type_info &t = typeid(a);
    return t == typeid(int) ? 1 : t == typeid(long) ? 2 : t == typeid(char) ? 3 : 4; }
int t_table(Base &a, int k) { switch (k) { case 0: return a.f(); case 1: sink(typeid(a)); return 2;
    case 2: touch(&a); return 3; case 3: return a.f() + 3; case 4: kept = &typeid(a); return 5;
    case 5: return 77; case 6: touch(0); return 9; } return 0; }
int t_try(Base &a) { try { touch(&a); } catch (int) { sink(typeid(a)); return 1; } return 0; }
int t_array(Base **p, int n) { int k = 0; for (int i = 0; i < n; i++) k += typeid(*p[i]) == *kept; return k; }
int t_back(Base **p, int n) { int k = 0; while (n--) k += typeid(**--p) == *kept; return k; }
const void *t_offsets(Base &a, const std::type_info **o) { *o = &typeid(a); return dynamic_cast<void *>(&a); }
void t_pop(std::vector<Base *> &v) { sink(typeid(*v.back())); v.pop_back(); }
static __attribute__((noinline)) const std::type_info *t_static(Base &p, int k) { return k > 3 ? &typeid(p) : nullptr; }
const void *keep_static(Base &p, Base &q, int k) { return k ? t_static(p, k) : t_static(q, k + 3); }
static __attribute__((noinline)) bool promoted(const Base &p) { return typeid(p) == *kept; }
bool t_promoted(Base *p, Base *q) { return promoted(*p) && promoted(*q); } /* loads for its callee */
struct Node { Node *next; Base *value; };
int t_list(Node *n) { int k = 0; for (; n; n = n->next) k += typeid(*n->value) == *kept; return k; }
struct Self : Base { const std::type_info &t_self() const; virtual const char *t_named(); };
const std::type_info &Self::t_self() const { return typeid(*this); }
const char *Self::t_named() { return typeid(*this).name(); }
struct In { long a; Final f; };
const std::type_info &t_in(In *p) { Base &b = p->f; return typeid(b); }
"""


def source():
    parts = [HEAD]
    for origin, (params, before, obj, _) in SOURCES.items():
        for shape, (ret, use) in SHAPES.items():
            use = re.sub(r"\bX\b", lambda _: obj, use)
            parts.append(f"{ret} t_{origin}_{shape}({params}) {{ {before} {use} }}\n")
    return "".join(parts) + EXTRA


def plain(mangled):
    """The name of the test's function that a symbol is of, or None."""
    m = re.match(r"_Z(?:NK?4Self|L)?(\d+)(t_\w*)", mangled)
    return m and m.group(2)[: int(m.group(1))]


def names_typeinfo(path):
    """Test functions that name a typeinfo, or its name, of a class of the test: the compiler knew
    the class."""
    run = subprocess.run(["objdump", "-r", path], check=True, capture_output=True, text=True)
    out, function = set(), None
    for line in run.stdout.splitlines():
        m = re.match(r"RELOCATION RECORDS FOR \[\.text\.(?:unlikely\.|startup\.)?(\S+)\]", line)
        if m:
            function = plain(m.group(1).split(".cold")[0])
        elif line.startswith("RELOCATION"):
            function = None
        elif re.search(r"_ZT[IS](7Derived|4Both|6Inline|5Final)", line):
            out.add(function)
    return out


def check(build, path, definitions, tool):
    wanted = collections.Counter(plain(f.split(".cold")[0]) for f in compilers.functions(path)
                                 if ".constprop" not in f)
    wanted.pop(None, None)
    found = {plain(f.split(".")[0].replace("8promoted", "10t_promoted")) for f, _ in compilers.uses(tool, [path, definitions])}
    known = names_typeinfo(path)
    folded = {f for f in wanted if f in known and (f == "t_in" or any(
        f.startswith(f"t_{origin}_") and SOURCES[origin][3] for origin in SOURCES))}
    missed = sorted(set(wanted) - found - folded)
    for name in missed:
        print(f"{build.name}: {name} is not found")
    return len(wanted), len(folded), len(missed)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--tool", required=True)
    ap.add_argument("--keep", help="leave source and objects here")
    args = ap.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or temporary
        with open(f"{folder}/uses.cc", "w") as out:
            out.write(source())
        with open(f"{folder}/definitions.cc", "w") as out:
            out.write(DEFINITIONS)
        for machine, compiler in (("x86-64", "g++"), ("aarch64", "aarch64-linux-gnu-g++")):
            subprocess.run([compiler, "-std=c++17", "-O1", "-c", f"{folder}/definitions.cc", "-o",
                            f"{folder}/{machine}.o"], check=True)
        total = collections.Counter()
        for build, path in compilers.compile_all(f"{folder}/uses.cc", folder).items():
            n, folded, missed = check(build, path, f"{folder}/{build.machine}.o", args.tool)
            total.update(functions=n, folded=folded, missed=missed)
    print(f"{total['functions']} functions, {total['folded']} of which name the typeinfo, "
          f"{total['missed']} missed")
    return total["missed"] > 0 or total["functions"] < 500


if __name__ == "__main__":
    sys.exit(main())
