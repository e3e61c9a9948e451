#!/usr/bin/env python3
"""A program against a static C++ library: collected and linked by every backend, it works as before.

usage: real_programs.py --build DIR --program NAME [--backend NAME]... [--work DIR]

The programs stand in programs/; their comments say how they are linked. Each backend links the
program alone, through Reap as it comes, and with the promise that nobody asks an object for its type
by typeid. All must print the same, and as many slots must be dropped as the program says. Some do
ask: there the promise must be refused.
"""

import argparse
import os
import shutil
import sys
import tempfile

import linking
import slots
from linking import Failure, backends


def one(source, backend, build, command, work):
    plain = linking.link(backend, build, command, work, "plain", None, ["-Wl,--gc-sections"])
    want = linking.output(plain, work)
    if want[0] != int(source.directives["exit"]) or not want[1]:
        raise Failure(f"the program does not work as the linker makes it: {want}")
    before, gone = slots.count(plain), {}
    for way, options in (("proof", []), ("promise", [linking.PROMISE])):
        out = linking.link(backend, build, command, work, way, options)
        got = linking.output(out, work)
        if got != want:
            raise Failure(f"on {way}: {linking.difference(want, got)}")
        gone[way] = slots.dropped(before, slots.count(out))
    print(f"ok {backend.name}: {before.slots} slots; dropped on proof {gone['proof']}, on the promise {gone['promise']}",
          flush=True)
    for way, least in (("proof", "proof"), ("promise", "slots")):
        if gone[way] < int(source.directives[least]):
            raise Failure(f"only {gone[way]} slots are dropped on {way}, not {source.directives[least]}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--program", required=True)
    p.add_argument("--backend", action="append")
    p.add_argument("--work")
    args = p.parse_args()
    build = os.path.abspath(args.build)
    source = next(s for s in linking.programs() if s.name == args.program)
    work = os.path.abspath(args.work) if args.work else tempfile.mkdtemp(prefix="reap-real-")
    os.makedirs(work, exist_ok=True)
    failed = 0
    try:
        for name in os.listdir(os.path.dirname(source.path)):
            shutil.copy(os.path.join(os.path.dirname(source.path), name), work)
        command = source.compile(work)
        for b in backends.ALL:
            if args.backend and b.name not in args.backend:
                continue
            try:
                one(source, b, build, command, work)
            except Failure as e:
                failed += 1
                print(f"FAILED {b.name}: {e}", flush=True)
    finally:
        if not args.work:
            shutil.rmtree(work, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
