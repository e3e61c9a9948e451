#!/usr/bin/env python3
"""reap explain: the guilty removal comes first, whatever else is missing; tripwires name it.

usage: run.py --build DIR [--show] many|tripwire|image
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ENV = dict(os.environ, LC_ALL="C", DEBUGINFOD_URLS="")
ENV.pop("REAP_OPTIONS", None)


def sh(command, work, env=None, check=True, stdin=None):
    r = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=work, text=True, input=stdin,
                       errors="backslashreplace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       env=dict(ENV, **(env or {})), timeout=300)
    if check and r.returncode:
        sys.exit(f"{command}\nfailed ({r.returncode}):\n{r.stdout}")
    return r


def crash(work, program, words, core, whole=False):
    """Let it die under gdb: a core file, and the backtrace as text."""
    text = sh(f"gdb -nx -batch -ex {shlex.quote('run ' + words)} "
              f"-ex 'generate-core-file {core}' -ex bt {program}", work).stdout
    if not os.path.exists(os.path.join(work, core)):
        sys.exit(f"gdb wrote no core file:\n{text}")
    return text if whole else text[text.rfind("\n#0"):]


class Explain:
    def __init__(self, options, work):
        self.reap, self.work, self.show = f"{options.build}/reap", work, options.show

    def __call__(self, db, program, words, stdin=""):
        """Exit status and findings; the text form must agree on the first."""
        base = f"{self.reap} explain --db {db} --exe {program} {words}"
        r = sh(base + " --format json", self.work, check=False, stdin=stdin)
        try:
            found = json.loads(r.stdout)
        except ValueError:
            sys.exit(f"{base}: no JSON (exit {r.returncode}):\n{r.stdout}")
        text = sh(base, self.work, check=False, stdin=stdin).stdout
        if self.show:
            print(f"--- {base}\n{text}")
        if found and f"1. {found[0]['code']} " not in text:
            sys.exit(f"text and JSON differ:\n{text}\n{r.stdout}")
        if r.returncode != (0 if found else 1):
            sys.exit(f"{base}: exit {r.returncode}, {len(found)} findings")
        return found, text


def expect(what, found, code, place):
    """The first finding, and that its chain ends in something to do."""
    shown = json.dumps(found[:3], indent=1)
    if not found:
        sys.exit(f"{what}: nothing found, expected {code} in {place}")
    first = found[0]
    if first["code"] not in code.split() or not first["file"].endswith(place):
        sys.exit(f"{what}: expected {code} in {place} first, got\n{shown}")
    if len(first["chain"]) < 2 or not first["remedy"]:
        sys.exit(f"{what}: no chain or no remedy\n{shown}")
    print(f"ok  {what}: {first['code']} {first['file']} {first['section']}")


# --- several losses at once ------------------------------------------------------------------

CASES = {"heap": ("empty-bracket", "heap.o", ["heap_take"]),
         "command": ("empty-bracket", "commands.o", ["run_command"]),
         "device": ("lost-initializer", "devices.o", ["device_by_number"]),
         "weak": ("weak-null", "libx.a(power.o)", None),
         "dlsym": ("named-in-string", "libx.a(png.o)", None)}


def build_many(options, work):
    for name in os.listdir(f"{HERE}/many"):
        shutil.copy(f"{HERE}/many/{name}", work)
    sh("gcc -O1 -g -fno-pie -ffunction-sections -fdata-sections -c *.c && "
       "ar rc libx.a power.o png.o && "
       # the linker's own script, its constructors without KEEP, and two tables more
       "ld.bfd --verbose | sed -n '/^=====/,/^=====/p' | sed '/^=====/d; "
       "/init_array/s/KEEP *(\\(.*\\))$/\\1/; /^  \\.dynamic /{r tables.lds\nN}' > x.lds", work)
    sh(f"gcc -no-pie -rdynamic -fuse-ld=bfd -Wl,--gc-sections -T x.lds "
       f"-Wl,-plugin,{options.build}/reap.so -Wl,-plugin-opt,mode=report -Wl,-plugin-opt,db=db "
       f"main.o heap.o commands.o devices.o own.o libx.a -o prog", work)


def addresses_of(work, program, functions):
    table = sh(f"nm {program}", work).stdout
    return " ".join("0x" + re.search(rf"^(\w+) [Tt] {f}$", table, re.M).group(1)
                    for f in functions)


def many(options, work):
    build_many(options, work)
    explain = Explain(options, work)
    for name, (code, place, functions) in CASES.items():
        text = crash(work, "prog", name, f"core.{name}")
        found, _ = explain("db", "prog", f"--core core.{name}")
        expect(f"{name}, core", found, code, place)
        found, _ = explain("db", "prog", "-", stdin=text)
        expect(f"{name}, backtrace", found, code, place)
        if functions:
            found, _ = explain("db", "prog", addresses_of(work, "prog", functions))
            expect(f"{name}, address", found, code, place)
    # A mistake of the program's own is nobody's removal.
    crash(work, "prog", "own x", "core.own")
    found, text = explain("db", "prog", "--core core.own")
    if found or "ruled out" not in text or "what to run next" not in text:
        sys.exit(f"own mistake: blamed on a removal\n{text}")
    print("ok  own mistake: no removal accounts for it")


# --- tripwires -------------------------------------------------------------------------------

PROGRAM = """
#include <stdio.h>
#include <stdlib.h>
int unused_helper(int x) { return x * 3 + 1; }
int unused_big(int x) { printf("%d\\n", unused_helper(x)); return x; }
extern int far_away(int);
int main(int argc, char **argv)
{
    if (argc > 1) { /* by a way that no relocation shows */
        int (*f)(int) = (int (*)(int))strtoul(argv[1], NULL, 16);
        return f(3);
    }
    puts("fine");
    return 0;
}
"""
OTHER = "static int data[4096] = {1};\nint far_away(int x) { data[x & 7]++; return x ^ data[1]; }\n"


def links(options):
    drivers = {name: f"mkdir -p {name} && ln -sf {options.build}/ld.reap {name}/ld && "
                     f"REAP_OPTIONS='--reap-linker={name} --reap-tripwire --reap-check "
                     f"--reap-db={name}.db' gcc -no-pie -B {name}/ main.o other.o -o {name}.out"
               for name in ("lld-19", "bfd", "gold", "mold")}
    plugins = {f"{name}-plugin": f"gcc -no-pie -fuse-ld={name} -Wl,-plugin,{options.build}/reap.so "
                                 f"-Wl,-plugin-opt,tripwire -Wl,-plugin-opt,db={name}-plugin.db "
                                 f"main.o other.o -o {name}-plugin.out"
               for name in ("bfd", "gold")}
    return {**drivers, **plugins}


def tripwire(options, work):
    for name, text in (("main.c", PROGRAM), ("other.c", OTHER)):
        with open(f"{work}/{name}", "w", encoding="utf-8") as f:
            f.write(text)
    sh("gcc -O1 -g -fno-pie -fno-ipa-ra -fno-inline -ffunction-sections -fdata-sections -c *.c", work)
    explain = Explain(options, work)
    for name, command in links(options).items():
        sh(command, work)
        if sh(f"./{name}.out", work).stdout != "fine\n":
            sys.exit(f"{name}: the program with tripwires does not work")
        symbols = sh(f"nm {name}.out", work).stdout
        if re.search(r" data$", symbols, re.M):
            sys.exit(f"{name}: dead data is in the program:\n{symbols}")
        for function, file in (("unused_helper", "main.o"), ("unused_big", "main.o"),
                               ("far_away", "other.o")):
            address = addresses_of(work, f"{name}.out", [function])
            text = crash(work, f"{name}.out", address, f"{name}.{function}.core")
            for how, stdin in ((f"--core {name}.{function}.core", ""), ("-", text)):
                found, _ = explain(f"{name}.db", f"{name}.out", how, stdin)
                expect(f"{name} {function} {how[:6]}", found, "tripwire", file)
                if not found[0]["certain"] or function not in found[0]["symbols"] or \
                        f"keep-symbol={function}" not in found[0]["remedy"]:
                    sys.exit(f"{name}: not told for certain\n{json.dumps(found[0], indent=1)}")
        # A stripped program still says it: the trap holds the number.
        sh(f"strip -o {name}.bare {name}.out", work)
        address = addresses_of(work, f"{name}.out", ["far_away"])
        crash(work, f"{name}.bare", address, f"{name}.bare.core")
        found, _ = explain(f"{name}.db", f"{name}.bare", f"--core {name}.bare.core")
        expect(f"{name} stripped", found, "tripwire", "other.o")


# --- filled images ---------------------------------------------------------------------------

IMAGE = """
#include <stdio.h>
static volatile int sink;
#define F __attribute__((noinline, noclone))
F static int big(int x) { for (int i = 0; i < x; i++) sink += i * x; return sink; }
__asm__(".type small,@function\\nsmall: ret\\n.size small,.-small\\n.globl small\\n"); /* no room for a number */
extern void small(void);
F static int step(int n) { return big(n) + 1; }
F static void tiny_step(void) { small(); sink++; }
int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        tiny_step();
    printf("%d\\n", step(argc));
    return 0;
}
"""
ARM = """
static volatile int sink;
__attribute__((noinline)) static int lost(int x) { return sink + x; }
void _start(void) { sink = lost(3); register long n __asm__("x8") = 93; __asm__ volatile("svc #0" :: "r"(n)); }
"""


def told(what, explain, db, program, how, stdin, function):
    found, _ = explain(db, program, how, stdin)
    expect(what, found, "tripwire", "image")
    if not found[0]["certain"] or function not in found[0]["symbols"] or \
            found[0]["remedy"] != f"--keep-symbol={function}":
        sys.exit(f"{what}: not told for certain\n{json.dumps(found[0], indent=1)}")
    return found[0]


def oops(code):
    """What Linux prints on x86, somewhere in memory."""
    words = " ".join(f"{b:02x}" for b in code)
    return ("invalid opcode: 0000 [#1]\nRIP: 0010:0xffffffffa1234560\n"
            f"Code: 90 90 <{words[:2]}>{words[2:]}\nRSP: 0018:ffffc90000013f10 EFLAGS: 00010246\n")


def image(options, work):
    """A reference is dropped on purpose: what it led to is a trap that is named, with and without
    symbols, with and without a number in it."""
    reap, explain = f"{options.build}/reap", Explain(options, work)
    for name, text in (("main.c", IMAGE), ("arm.c", ARM)):
        with open(f"{work}/{name}", "w", encoding="utf-8") as f:
            f.write(text)
    sh("gcc -O1 -g0 -fno-pie -no-pie -static -Wl,-q main.c -o image && ./image", work)
    for name, edge, words in (("big", "step:big", ""), ("small", "tiny_step:small", "x")):
        sh(f"{reap} image image -o {name} --test-drop-edge={edge} --db={name}.db", work)
        sh(f"{reap} image image -o {name}.bare --test-drop-edge={edge} --strip-dead-symbols --strip-relocs && "
           f"strip -o {name}.stripped {name}", work)
        address = addresses_of(work, name, [name])
        for program in (name, f"{name}.bare", f"{name}.stripped"):
            text = crash(work, program, words, f"{program}.core", whole=True)
            first = told(f"{program} core", explain, f"{name}.db", program, f"--core {program}.core", "", name)
            if "nothing in the image refers to it" not in first["evidence"]:
                sys.exit(f"{program}: who refers to it?\n{json.dumps(first, indent=1)}")
            told(f"{program} text", explain, f"{name}.db", program, "-", text, name)
            told(f"{program} address", explain, f"{name}.db", program, address, "", name)
    code = sh("objdump -d big --disassemble=big | grep -Po '^ *[0-9a-f]+:\\t\\K([0-9a-f]{2} )+' | tr -d '\\n'", work).stdout
    told("oops", explain, "big.db", "big.bare", "-", oops(bytes.fromhex(code)[:16]), "big")
    sh(f"{reap} image image --db=none.db", work)  # a run in which it is live
    found, _ = explain("none.db", "big", "--core big.core")
    if found:
        sys.exit(f"a database of another run: {found}")
    found, _ = explain("big.db", "big", "-", oops(b"\x0f\x0b" + bytes(14)))
    if found:
        sys.exit(f"a trap of somebody else's is no removal:\n{found}")
    sh("aarch64-linux-gnu-gcc -O1 -nostdlib -static -Wl,-q arm.c -o arm.image", work)
    sh(f"{reap} image arm.image -o arm --test-drop-edge=_start:lost --db=arm.db", work)
    told("AArch64 address", explain, "arm.db", "arm", addresses_of(work, "arm", ["lost"]), "", "lost")
    r = sh(f"{reap} image image -o none --test-drop-edge=big:main", work, check=False)
    if r.returncode != 2 or os.path.exists(f"{work}/none"):
        sys.exit(f"an edge that there is not: {r.returncode} {r.stdout}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--show", action="store_true")
    p.add_argument("what", choices=("many", "tripwire", "image"))
    options = p.parse_args()
    options.build = os.path.abspath(options.build)
    with tempfile.TemporaryDirectory(prefix="explain-") as work:
        {"many": many, "tripwire": tripwire, "image": image}[options.what](options, work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
