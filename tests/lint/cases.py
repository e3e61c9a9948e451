#!/usr/bin/env python3
"""What each rule of lint must find, and what looks alike and must not be found.

usage: cases.py --build DIR [--case NAME]

A case is a few sources and a link of a freestanding program through ld.reap under mode=report;
`finds` is the code and place of the first finding, or None for an empty list. The programs of
tests/crashes, which run and crash, are the other half.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

START = "void run(void); void _start(void) { run(); for (;;) ; }\n"
HEAD = "ENTRY(_start) SECTIONS { . = 0x400000; .text : { *(.text .text.*) } .rodata : { *(.rodata*) }\n"
TAIL = ".data : { *(.data*) } .bss : { *(.bss*) } }\n"
ENTRY = '__attribute__((section("%s"), used)) static void (*const entry)(void) = work;\n'
WALK = ("typedef void (*call)(void); extern const call %(a)s[], %(b)s[]; int done;\n"
        "void run(void) { for (const call *c = %(a)s; c < %(b)s; c++) (*c)(); if (!done) __builtin_trap(); }\n")
WORK = "extern int done; static void work(void) { done = 1; }\n"


def table(keep, marks="a = .; %s b = .;", name=".table", sources=None):
    statement = f"KEEP (*({name}))" if keep else f"*({name})"
    return {"sources": sources or {"s.c": START + WALK % {"a": "a", "b": "b"}, "t.c": WORK + ENTRY % name},
            "script": HEAD + f".t : {{ {marks % statement} }}\n" + TAIL, "linker": "ld.bfd"}


def case(finds, base=None, **more):
    return {"linker": "ld.lld-19", "script": None, "flags": [], "archive": None, "finds": finds,
            "sources": {}, **(base or {}), **more}


UNUSED_MARKS = {"s.c": START + "int done; void run(void) { done = 2; }\n", "t.c": WORK + ENTRY % ".table"}
START_STOP = {"s.c": START + WALK.replace("extern", "extern __attribute__((weak))") % {
    "a": "__start_tab", "b": "__stop_tab"}, "t.c": WORK + ENTRY % "tab"}
RETAINED = {"s.c": START_STOP["s.c"],
            "t.c": WORK + ENTRY.replace("used", "used, retain") % "tab"}
WEAK = "__attribute__((weak)) void hook(void);\n"
WEAK_LIB = {"lib.c": "void hook(void) {}\n"}
REGISTRY = START + ("int n; void add(void) { n++; } int api(int); void run(void) { if (!n) __builtin_trap(); }\n")
DRIVER = "void add(void); __attribute__((constructor)) static void reg(void) { add(); }\n"
LOOKUP = START + "void *dlsym(void *h, const char *n);\n"
DLSYM = {"d.c": "void *dlsym(void *h, const char *n) { return n[0] ? h : 0; }\n"}
FALL = START + "void first(void); void run(void) { first(); }\n"
FALL_S = (".section .text.a,\"ax\"\n.globl first\n.type first,@function\nfirst: xor %%eax, %%eax\n%s\n"
          ".section .text.b,\"ax\"\nsecond: ret\n.section .note.GNU-stack,\"\",@progbits\n")
VECTORS = {"s.c": START + 'void run(void) {}\n__attribute__((section(".vectors"), used)) static void '
                  "(*const v[2])(void) = {run, run};\n"}
IFUNC = (START + "static int one(void) { return 1; } static void *pick(void) { return one; }\n"
         'int f(void) __attribute__((ifunc("pick"))); extern char __rela_iplt_start[] '
         "__attribute__((weak)); char *at; void run(void) { at = __rela_iplt_start; f(); }\n")
THROW = START + "void __cxa_throw(void); int x; void run(void) { %s }\n"
THROWER = {"d.c": "void __cxa_throw(void) {}\n"}
NO_FRAMES = HEAD + TAIL.replace("} }\n", "} /DISCARD/ : { *(.eh_frame) } }\n")
ONLY = START + "void run(void) {} int flag = 1;\n"
ONLY_LDS = HEAD + TAIL.replace("} }\n", "} size = DEFINED(flag) ? 2 : 1; }\n")
OBJECTS = "s.o t.o"

CASES = {
    "empty-bracket": case(("empty-bracket", "t.o", ".table"), table(False)),
    "bracket with KEEP": case(None, table(True)),
    "bracket that nobody reads": case(None, table(False, sources=UNUSED_MARKS)),
    "initializers, all gone": case(("empty-bracket", "t.o", ".init_array"), table(False, name=".init_array")),
    "an initializer outside of the walk": case(
        ("lost-initializer", "t.o", ".init_array.5"),
        table(True, name=".init_array", sources={"s.c": START + WALK % {"a": "a", "b": "b"},
                                                 "t.c": WORK + ENTRY % ".init_array.5"}), linker="ld.lld-19"),
    "start-stop": case(("start-stop", "t.o", "tab"), sources=START_STOP),
    "start-stop that the linker keeps": case(None, sources=START_STOP, linker="ld.bfd"),
    "start-stop with nostart-stop-gc": case(None, sources=START_STOP, flags=["-z", "nostart-stop-gc"]),
    "start-stop, retained": case(None, sources=RETAINED),
    "weak-null": case(("weak-null", "lib.a(lib.o)", ""), archive=["lib.o"],
                      sources={"s.c": START + WEAK + "void run(void) { hook(); }\n", **WEAK_LIB}),
    "weak, asked first": case(None, archive=["lib.o"],
                              sources={"s.c": START + WEAK + "void run(void) { if (hook) hook(); }\n",
                                       **WEAK_LIB}),
    "weak without definition": case(None, sources={"s.c": START + WEAK + "void run(void) { hook(); }\n"}),
    "unextracted-registration": case(("unextracted-registration", "lib.a(lib.o)", ""), archive=["lib.o"],
                                     sources={"s.c": REGISTRY, "lib.c": DRIVER}),
    "a member that serves others too": case(
        None, archive=["lib.o"], sources={"s.c": REGISTRY, "lib.c": DRIVER + "int api(int x) { return x; }\n"}),
    "named-in-string": case(("named-in-string", "t.o", ".text.plugin_go"), sources={
        "s.c": LOOKUP + 'void *p; void run(void) { p = dlsym(&p, "plugin_go"); }\n',
        "t.c": "void plugin_go(void) {}\n", **DLSYM}),
    "the name in another string": case(None, sources={
        "s.c": LOOKUP + 'void *p; void other(void); void run(void) { other(); p = dlsym(&p, "other_name"); }\n',
        "o.c": 'const char *volatile s; void other(void) { s = "plugin_go"; }\n',
        "t.c": "void plugin_go(void) {}\n", **DLSYM}),
    "fall-through": case(("fall-through", "f.o", ".text.b"), sources={"s.c": FALL, "f.s": FALL_S % "nop; inc %eax"}),
    "a function that returns": case(None, sources={"s.c": FALL, "f.s": FALL_S % "ret"}),
    "a function that jumps": case(None, sources={"s.c": FALL, "f.s": FALL_S % "1: jmp 1b"}),
    "lost-unwind": case(("lost-unwind", "s.o", ".eh_frame"), script=NO_FRAMES, linker="ld.bfd",
                        sources={"s.c": THROW % "__cxa_throw();", **THROWER}),
    "lost-unwind without KEEP": case(("lost-unwind", "s.o", ".eh_frame"), linker="ld.bfd",
                                     script=HEAD + ".eh_frame : { *(.eh_frame) }" + TAIL,
                                     sources={"s.c": THROW % "__cxa_throw();", **THROWER}),
    "frames with KEEP": case(None, linker="ld.bfd", script=HEAD + ".eh_frame : { KEEP (*(.eh_frame)) }" + TAIL,
                             sources={"s.c": THROW % "__cxa_throw();", **THROWER}),
    "frames that lld keeps": case(None, script=HEAD + ".eh_frame : { *(.eh_frame) }" + TAIL,
                                  sources={"s.c": THROW % "__cxa_throw();", **THROWER}),
    "no frames, nothing thrown": case(None, script=NO_FRAMES, linker="ld.bfd", sources={"s.c": THROW % "x = 1;", **THROWER}),
    "entry-like": case(("entry-like", "s.o", ".vectors"), script=HEAD + ".v : { *(.vectors) }" + TAIL,
                       linker="ld.bfd", sources=VECTORS),
    "vectors with KEEP": case(None, script=HEAD + ".v : { KEEP (*(.vectors)) }" + TAIL, linker="ld.bfd",
                              sources=VECTORS),
    "iplt-bracket": case(("iplt-bracket", "s.o", ""), script=HEAD + TAIL, linker="ld.bfd", sources={"s.c": IFUNC}),
    "iplt with its symbols": case(
        None, linker="ld.bfd", sources={"s.c": IFUNC},
        script=HEAD + ".r : { __rela_iplt_start = .; *(.rela.iplt) __rela_iplt_end = .; }" + TAIL),
    "sorted-siblings": case(
        ("sorted-siblings", "t.o", ".table.2"), table(
            True, marks="a = .; KEEP (*(.table.1)) *(SORT(.table.[2-9])) b = .; /* %s */",
            sources={"s.c": START + WALK % {"a": "a", "b": "b"} + "static void work(void) {}\n" + ENTRY % ".table.1",
                     "t.c": WORK + ENTRY % ".table.2"})),
    "sorted-siblings with KEEP": case(None, table(
        True, marks="a = .; KEEP (*(SORT(.table.*))) b = .; /* %s */",
        sources={"s.c": START + WALK % {"a": "a", "b": "b"} + "static void work(void) {}\n" + ENTRY % ".table.1",
                 "t.c": WORK + ENTRY % ".table.2"})),
    "script-only-symbol": case(("script-only-symbol", "s.o", ".data.flag"), script=ONLY_LDS,
                               sources={"s.c": ONLY}),
    "DEFINED of a live name": case(None, script=ONLY_LDS,
                                   sources={"s.c": ONLY.replace("run(void) {}", "run(void) { extern int flag; flag = 3; }")}),
}
KEYS = {"rank", "code", "severity", "file", "section", "symbols", "evidence", "remedy"}


def run(words, **more):
    return subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def link(build, c, work, *options):
    """Compile and link; the database's path."""
    objects = []
    for name, text in c["sources"].items():
        with open(os.path.join(work, name), "w", encoding="utf-8") as f:
            f.write(text)
        stem = os.path.splitext(name)[0]
        r = run(["gcc", "-O1", "-w", "-ffreestanding", "-fno-pie", "-fno-stack-protector", "-ffunction-sections",
                 "-fdata-sections", "-c", name, "-o", stem + ".o"], cwd=work)
        if r.returncode:
            sys.exit(r.stdout)
        if stem + ".o" not in (c["archive"] or []):
            objects.append(stem + ".o")
    if c["archive"]:
        run(["ar", "rc", "lib.a", *c["archive"]], cwd=work)
        objects.append("lib.a")
    words = [f"{build}/ld.reap", f"--reap-linker={c['linker']}", "--reap-mode=report", "--reap-db=db", *options,
             "--gc-sections", "-static", *c["flags"], *objects, "-o", "out"]
    if c["script"]:
        with open(os.path.join(work, "x.lds"), "w", encoding="utf-8") as f:
            f.write(c["script"])
        words += ["-T", "x.lds"]
    return run(words, cwd=work)


def lint(build, work, *options):
    r = run([f"{build}/reap", "lint", "--db", "db", *options], cwd=work)
    return r.returncode, r.stdout


def check(build, name, c, work):
    r = link(build, c, work)
    if r.returncode:
        return f"the link failed:\n{r.stdout}"
    status, text = lint(build, work, "--format", "json")
    found = json.loads(text)
    if status:
        return f"exit status {status}"
    if c["finds"] is None:
        return f"finds {text}" if found else None
    if not found:
        return "finds nothing"
    first = found[0]
    if not KEYS <= set(first) or first["rank"] != 1 or not first["evidence"] or not first["remedy"]:
        return f"keys or texts are missing: {first}"
    place = (first["code"], first["file"], first["section"])
    return None if place == c["finds"] else f"first is {place}\n{text}"


def check_accept(build, work):
    """--reap-fail-on makes the link fail; a rule file's `accept` line makes it pass again."""
    c = CASES["empty-bracket"]
    bad = link(build, c, work, "--reap-fail-on=start-stop,warning")
    if bad.returncode == 0 or "empty-bracket" not in bad.stdout or "KEEP (*(.table))" not in bad.stdout:
        return f"fail-on: exit {bad.returncode}\n{bad.stdout}"
    if link(build, c, work, "--reap-fail-on=weak-null").returncode:
        return "fail-on of another code fails"
    if link(build, c, work, "--reap-fail-on=nonsense").returncode == 0:
        return "fail-on=nonsense is accepted"
    with open(os.path.join(work, "accept.rules"), "w", encoding="utf-8") as f:
        f.write("accept empty-bracket .table in t.o because the table is for tests\n")
    good = link(build, c, work, "--reap-fail-on=note", "--reap-rules=./accept.rules")
    if good.returncode:
        return f"accepted, and fails all the same:\n{good.stdout}"
    if "the table is for tests" not in lint(build, work)[1]:
        return "the reason is not told"
    if lint(build, work, "--fail-on", "note")[0] != 0:
        return "reap lint --fail-on counts what is accepted"
    with open(os.path.join(work, "accept.rules"), "w", encoding="utf-8") as f:
        f.write("accept empty-braket .table because of a slip\n")
    if "rule-unknown-finding" not in (said := link(build, c, work, "--reap-rules=./accept.rules").stdout) and \
            "no finding 'empty-braket'" not in said:
        return "a misspelt code is accepted in silence"
    link(build, c, work, "--reap-report=r.txt", "--reap-json=r.json")
    with open(os.path.join(work, "r.txt"), encoding="utf-8") as f:
        report = f.read()
    with open(os.path.join(work, "r.json"), encoding="utf-8") as f:
        listed = json.load(f)["findings"]
    if not 0 < report.find("empty-bracket") < report.find("TOTALS") or listed[0]["code"] != "empty-bracket":
        return "the reports do not begin with the finding"
    return None if lint(build, work, "--fail-on", "error")[0] == 1 else "reap lint --fail-on passes"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--case")
    options = p.parse_args()
    build, failed = os.path.abspath(options.build), 0
    os.environ.pop("REAP_OPTIONS", None)
    for name, c in {**CASES, "accept": None}.items():
        if options.case not in (None, name):
            continue
        with tempfile.TemporaryDirectory() as work:
            wrong = check(build, name, c, work) if c else check_accept(build, work)
        print(f"FAILED  {name}: {wrong}" if wrong else f"ok      {name}")
        failed += wrong is not None
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
