#!/usr/bin/env python3
"""Hold the registers that the decoder says an instruction writes to what the processor does.

usage: steps.py x86-64|aarch64 PRINT_INSNS STEPPER [FILE…]

Of all the code of real programs one instruction of each shape is run by itself with known values in
all registers (step_x86.c, step_a64.c): what changes must be among what the decoder says is written.
"""

import re
import subprocess
import sys

import objdump

SKIPPED = {
    # other processes, or no way back
    "x86-64": re.compile(r"\b(syscall|sysenter|int|int1|int3|hlt|xbegin|xabort|wr[fg]sbase|swapgs|rsm|"
                         r"mov\s+.*,%[defgs]s$|l[defgs]s|pop\s+%[defgs]s|in[bwl]?|out[bwl]?|std)\b|%gs:|%fs:"),
    "aarch64": re.compile(r"^(svc|hvc|smc|brk|hlt|udf|msr|sys|dc|ic|at|tlbi|wf[ei]|dcps|eret|ldx|stx|lda?x|stl?x|"
                          r"pac|aut|xpac|bti)|\b(sp|wsp)\b"),
}
FLOW = ("call", "jump", "branch", "call-reg", "jump-reg", "return", "trap", "bad")


def shape(text):
    """The text without numbers; registers stay."""
    text = re.sub(r"<[^>]*>|#.*$|//.*$", "", text)
    return re.sub(r"0x[0-9a-f]+|#-?\d+", "N", text)


def choose(machine, program, path):
    insns = list(objdump.disassemble(machine, path))
    decoded = objdump.decode(machine, program, insns)
    seen = set()
    for (_, code, text), got in zip(insns, decoded):
        key = shape(text)
        if key in seen or "(bad)" in text or text.startswith(".") or SKIPPED[machine].search(text):
            continue
        if got["kind"] not in FLOW:
            seen.add(key)
            yield code, text, got


def check_file(machine, program, stepper, path):
    chosen = list(choose(machine, program, path))
    lines = "".join(f"{code.hex()} {got['index']}\n" for code, _, got in chosen)
    out = subprocess.run(stepper, input=lines, text=True, check=True, capture_output=True).stdout.split()
    ran = wrong = changed = 0
    for (code, text, got), line in zip(chosen, out, strict=True):
        if line == "-":
            continue
        ran += 1
        mask, writes = int(line, 16), int(got["writes"], 16)
        changed += mask != 0
        if mask & ~writes:
            wrong += 1
            print(f"{path}: {code.hex()}: {text}: changes {mask:x}, decoder says {writes:x}")
    print(f"{path}: {len(chosen)} shapes, {ran} ran, {changed} changed registers, {wrong} wrong")
    return wrong + (changed < 1000)


def main():
    machine, program, stepper = sys.argv[1], sys.argv[2], sys.argv[3].split()
    return 1 if sum([check_file(machine, program, stepper, f)
                     for f in sys.argv[4:] or objdump.FILES[machine]]) else 0


if __name__ == "__main__":
    sys.exit(main())
