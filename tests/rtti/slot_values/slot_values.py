#!/usr/bin/env python3
"""What a cut RTTI slot should hold: three candidates, by experiment (docs/typeinfo-slots.md).

usage: slot_values.py

The slots of Square and Triangle in program.cc are changed in the assembly: left alone, 0, the
address of one typeinfo named "reaped" for all classes, and a number that is no address. For each,
and for each way to look at types, what the program prints, or the signal that ends it. Asserts what
the choice rests on: a wrong answer must not be given silently, and the program has to stop.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WAYS = {"called": "-", "name()": "n", "==": "e", "cast down": "d", "cast across": "x"}
REAPED = """
\t.section .data.rel.ro.reaped,"aw"
\t.balign 8
reaped:\t.quad _ZTVN10__cxxabiv117__class_type_infoE+16, 1f
\t.section .rodata
1:\t.asciz "6reaped"
"""
SLOTS = {
    "true": (None, ""),
    "0": (lambda n: "0", ""),
    "typeinfo 'reaped'": (lambda n: "reaped", REAPED),
    "number of the class": (lambda n: hex(0x72656170 << 32 | n), ""),
}


def build(work, name, value, extra):
    with open(os.path.join(work, "program.s"), encoding="utf-8") as f:
        text = f.read()
    for n, cls in enumerate(("6Square", "8Triangle"), 1):
        if value is None:
            continue
        slot = re.compile(rf"(_ZTV{cls}:\n\s*\.quad\s+0\n\s*\.quad\s+)_ZTI{cls}\n")
        text, found = slot.subn(lambda m, n=n: m.group(1) + value(n) + "\n", text)
        if found != 1:
            raise SystemExit(f"the slot of {cls} was not found in the assembly")
    source, out = os.path.join(work, "changed.s"), os.path.join(work, re.sub(r"\W", "_", name))
    with open(source, "w", encoding="utf-8") as f:
        f.write(text + extra)
    subprocess.run(["g++", source, "-o", out], check=True)
    return out


def look(program, way):
    r = subprocess.run([program, way], capture_output=True, text=True, check=False)
    return signal.Signals(-r.returncode).name if r.returncode < 0 else r.stdout.strip()


def main():
    got = {}
    with tempfile.TemporaryDirectory(prefix="reap-slots-") as work:
        subprocess.run(["g++", "-O1", "-fPIE", "-S", os.path.join(HERE, "program.cc"), "-o",
                        os.path.join(work, "program.s")], check=True)
        for name, (value, extra) in SLOTS.items():
            program = build(work, name, value, extra)
            got[name] = {k: look(program, way) for k, way in WAYS.items()}
    print(f"{'':14}" + "".join(f"{name:>22}" for name in got))
    for way in WAYS:
        print(f"{way:14}" + "".join(f"{got[name][way]:>22}" for name in got))
    true, tomb = got["true"], got["typeinfo 'reaped'"]
    assert all(g["called"] == "7" for g in got.values())
    assert true["cast down"] == "1" and true["=="] == "0"
    assert tomb["cast down"] == "0" and tomb["=="] == "1"  # wrong, and nobody notices
    for name in ("0", "number of the class"):
        assert got[name]["cast down"] == got[name]["cast across"] == got[name]["name()"] == "SIGSEGV", name
    return 0


if __name__ == "__main__":
    sys.exit(main())
