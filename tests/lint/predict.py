#!/usr/bin/env python3
"""What mode=report says the linker will drop is what the linker says it drops.

usage: predict.py --build DIR

Each linker links zoo.c with its default script and with zoo.lds, and lists what it removes
(--print-gc-sections); Reap's list of the same link (print-removed, which leaves out .eh_frame and
mentions empty sections) must have the same names, and the output must be the linker's own.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LINKERS = ("bfd", "gold", "lld-14", "lld-19", "mold")
NAME = re.compile(r"'(\.?[\w.]+)' in file|'(\.?[\w.]+)' from|:\((\.?[\w.]+)\)")


def program(linker):
    return linker if linker == "mold" else f"ld.{linker}"


def names(text):
    found = {next(n for n in m.groups() if n) for m in NAME.finditer(text)}
    return found - {".eh_frame", ".text", ".data", ".bss"}


def run(words, env=None):
    r = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
    if r.returncode:
        sys.exit(f"{words}: exit {r.returncode}\n{r.stdout}")
    return r.stdout


def compare(build, linker, words, work):
    plain, watched = (os.path.join(work, n) for n in ("plain", "watched"))
    told = names(run([program(linker), "--gc-sections", "--print-gc-sections", *words, "-o", plain]))
    env = dict(os.environ)
    env.pop("REAP_OPTIONS", None)
    run([f"{build}/ld.reap", f"--reap-linker={program(linker)}", "--reap-mode=report",
         f"--reap-print-removed={work}/removed", "--gc-sections", *words, "-o", watched], env)
    with open(f"{work}/removed", encoding="utf-8") as f:
        predicted = names(f.read())
    label = f"{linker} {'zoo.lds' if '-T' in words else 'default script'}"
    if not told:
        sys.exit(f"{label}: the linker removed nothing that the test understands")
    with open(plain, "rb") as a, open(watched, "rb") as b:
        same = a.read() == b.read()
    if told != predicted or not same:
        print(f"FAILED  {label}: only the linker {sorted(told - predicted)}, "
              f"only predicted {sorted(predicted - told)}, output the same: {same}")
        return 1
    print(f"ok      {label}: {len(told)} sections")
    return 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    build = os.path.abspath(p.parse_args().build)
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        zoo = os.path.join(work, "zoo.o")
        run(["gcc", "-c", "-O1", "-w", "-ffunction-sections", "-fdata-sections", "-fno-pie",
             os.path.join(HERE, "zoo.c"), "-o", zoo])
        for linker in LINKERS:
            retain = ["-z", "nostart-stop-gc"]
            cases = [retain + [zoo]] if "lld" in linker else [[zoo]]
            if linker != "mold":
                cases += [["-T", os.path.join(HERE, "zoo.lds"), zoo]]
            for words in cases:
                failed += compare(build, linker, words, work)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
