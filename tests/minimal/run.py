#!/usr/bin/env python3
"""Small static programs: every predicted cut against the link in which it is made.

usage: run.py --build DIR --libc musl|dietlibc [--print]

hello and true(1) are linked against a libc through ld.reap in front of ld.bfd. `reap cuts --verify`
then makes each cut that it lists (the reference names a stub that traps) and links again. What the
list says must be what went, to the byte, in the sections that Reap keeps; the size of the whole
program, with padding and what the linker makes, must be as predicted within 1 %, or within a few
bytes of padding for each section that went. --print shows the tables (docs/minimal-static-link.md).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DIET = "/usr/lib/diet/lib-x86_64/"
PADDING = 16  # bytes at most before a function, its alignment
TABLE = {"text": [], "json": ["--format", "json"]}


def run(argv, **kw):
    r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)
    if r.returncode:
        sys.exit(f"{' '.join(argv)}: status {r.returncode}\n{r.stderr}")
    return r.stdout


def commands(libc, build, program):
    """How to compile, and how to link."""
    driver = ["-B" + os.path.join(build, "gcc-ld"), "-Wl,--reap-linker=bfd"]
    obj = program + ".o"
    if libc == "musl":
        return ["musl-gcc"], ["musl-gcc", "-static", *driver, obj, "-o", program]
    link = ["gcc", "-static", "-nostdlib", *driver, DIET + "start.o", obj, DIET + "libc.a"]
    return ["diet", "gcc"], link + ["-o", program]


def check(program, rows, parts):
    bad, n, worst = [], 0, 0
    for row in rows:
        if row["note"]:
            continue
        n += 1
        off = abs(row["predicted"] - row["measured"])
        worst = max(worst, off / row["measured"])
        if row["saves"] != row["saved"]:
            bad.append(f"{row['cut']}: predicted to save {row['saves']}, saved {row['saved']}")
        if off > 0.01 * row["measured"] and off > PADDING * parts:
            bad.append(f"{row['cut']}: {row['predicted']} predicted, {row['measured']} measured")
    print(f"{program}: {n} cuts made, the size of the program off by {100 * worst:.1f} % at most")
    return n, bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--libc", required=True, choices=["musl", "dietlibc"])
    p.add_argument("--print", action="store_true")
    args = p.parse_args()
    build = os.path.abspath(args.build)
    reap = os.path.join(build, "reap")
    bad, n = [], 0
    with tempfile.TemporaryDirectory(prefix="reap-minimal-") as work:
        os.chdir(work)
        for program in ("hello", "true"):
            compile_, link = commands(args.libc, build, program)
            source = os.path.join(HERE, program + ".c")
            run([*compile_, "-Os", "-ffunction-sections", "-c", source, "-o", program + ".o"])
            run(link, env={**os.environ, "REAP_OPTIONS": f"db={program}.db"})
            want = "hello, world\n" if program == "hello" else "true 1.0\n"
            if run(["./" + program, "--version"]) != want:
                sys.exit(f"{program} does not print {want!r}")
            verify = [reap, "cuts", "--db", program + ".db", "--verify", "--max", "0"]
            table = json.loads(run(verify + ["--format", "json", "--", *link]))
            if args.print:
                print(run([reap, "cuts", "--db", program + ".db", "--max", "14"]))
                print(run(verify[:-1] + ["14", "--", *link]))
                print(run([reap, "cuts", "--db", program + ".db", "--sets", "2", "--max", "6"]))
            made, wrong = check(program, table["rows"], 8)
            n, bad = n + made, bad + wrong
    for line in bad:
        print("FAILED", line)
    if n < 20:
        print(f"FAILED only {n} cuts were made")
    sys.exit(1 if bad or n < 20 else 0)


if __name__ == "__main__":
    main()
