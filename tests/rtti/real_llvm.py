#!/usr/bin/env python3
"""All of LLVM's static libraries, linked with the promise that nobody asks an object for its type.

usage: real_llvm.py --build DIR [--backend NAME]...

For each backend the program prints what it prints when the linker alone links it, and nearly all
slots are dropped: 3,353 of the 3,389 that the linker leaves with --gc-sections.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

import linking
import slots
from linking import Failure, backends

SOURCE = os.path.join(linking.HERE, "..", "e2e", "llvm", "program.cc")
LEAST = 3300


def command(work):
    """Compile the program; the compiler command that links it."""
    obj = os.path.join(work, "program.o")
    subprocess.run(["g++", "-O1", "-std=c++17", "-ffunction-sections", "-fdata-sections",
                    "-I/usr/lib/llvm-19/include", "-c", SOURCE, "-o", obj], check=True)
    flags = subprocess.run(["llvm-config-19", "--link-static", "--ldflags", "--libs", "all", "--system-libs"],
                           stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return ["g++", obj, *flags]


def one(backend, build, argv, work, want, before):
    out = linking.link(backend, build, argv, work, "out", [linking.PROMISE])
    got = linking.output(out, work)
    if got != want:
        raise Failure(linking.difference(want, got))
    after = slots.count(out)
    gone = slots.dropped(before, after)
    print(f"ok {backend.name}: {gone} of {before.slots} slots dropped; typeinfos {before.typeinfos} -> {after.typeinfos}",
          flush=True)
    os.unlink(out)
    if gone < LEAST:
        raise Failure(f"{gone} slots dropped, not {LEAST}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--backend", action="append")
    args = p.parse_args()
    build = os.path.abspath(args.build)
    work, failed = tempfile.mkdtemp(prefix="reap-rtti-llvm-"), 0
    try:
        argv = command(work)
        plain = linking.link(backends.ALL[3], build, argv, work, "plain", None, ["-Wl,--gc-sections"])
        want, before = linking.output(plain, work), slots.count(plain)
        if want[0] or "targets" not in want[1]:
            raise SystemExit(f"the plainly linked program does not run: {want}")
        for b in backends.ALL:
            if args.backend and b.name not in args.backend:
                continue
            try:
                one(b, build, argv, work, want, before)
            except Failure as e:
                failed += 1
                print(f"FAILED {b.name}: {e}", flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
