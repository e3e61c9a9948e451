#!/usr/bin/env python3
"""Random C++ programs, linked with and without collection of typeinfo, print the same.

usage: random_programs.py --build DIR [--seeds FIRST:LAST] [--backend NAME] [--jobs N] [--work DIR]

Each seed makes a program (generate.py). It is linked by the linker alone; through Reap as it comes,
where typeinfo goes only on proof; and, when no object is asked by typeid, with the promise that says
so. Backends take turns. Every program must print the same each way; and over all programs slots must
have been dropped both ways, else the test would prove nothing. With --work, a failed program stays.
"""

import argparse
import collections
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

import generate
import linking
import slots
from linking import Failure, backends, must


class Build:
    """One program: its objects, its library, and the command that links it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.linkage = program.linkage

    def compile(self):
        self.program.write(self.folder)
        for f in self.program.files:
            must([f.compiler, *f.flags, "-w", "-c", f.name, "-o", f"file{f.index}.o"], "compiling", cwd=self.folder)
        inside = [f"file{f.index}.o" for f in self.program.files if f.in_library]
        if inside:
            must(["g++", "-shared", "-o", "libpart.so", *inside], "linking the library", cwd=self.folder)
        return inside

    def command(self, inside):
        objects = [f"file{f.index}.o" for f in self.program.files if not f.in_library]
        flags = {"static": ["-static"], "pie": ["-pie"], "static-pie": ["-static-pie"],
                 "library": ["-pie"], "dynamic": ["-no-pie"]}[self.linkage]
        return ["g++", *flags, *objects] + (["-L.", "-lpart", "-Wl,-rpath,$ORIGIN"] if inside else [])


def one(seed, build, work, backend):
    """(how it was linked, {way: slots dropped}); raises Failure."""
    program = generate.Program(seed)
    folder = os.path.join(work, f"seed-{seed}")
    if program.linkage == "static-pie" and backend.linker == "gold":
        backend = backends.ALL[0]  # gold 2.40 does not know static-pie
    shutil.rmtree(folder, ignore_errors=True)
    b = Build(program, folder)
    command = b.command(b.compile())
    plain = linking.link(backend, build, command, folder, "plain")
    want = linking.output(plain, folder)
    if want[0] or not want[1]:
        raise Failure(f"seed {seed}: the program does not work as the linker makes it: {want}")
    before = slots.count(plain)
    gone = {}
    ways = {"proof": []}
    if not program.has_typeid:
        ways["promise"] = [linking.PROMISE]
    for way, options in ways.items():
        out = linking.link(backend, build, command, folder, way, options)
        got = linking.output(out, folder)
        if got != want:
            raise Failure(f"seed {seed}, {b.linkage}, {backend.name}, {way}: {linking.difference(want, got)}")
        gone[way] = slots.dropped(before, slots.count(out))
    shutil.rmtree(folder)
    return program, before.slots, gone


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--seeds", default="1:60")
    p.add_argument("--backend")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--work")
    args = p.parse_args()
    build = os.path.abspath(args.build)
    first, _, last = args.seeds.partition(":")
    work = os.path.abspath(args.work) if args.work else tempfile.mkdtemp(prefix="reap-rtti-")
    choice = [b for b in backends.ALL if args.backend in (None, b.name)]
    failed, totals, linkages = [], collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = {pool.submit(one, s, build, work, choice[s % len(choice)]): s
                for s in range(int(first), int(last or first) + 1)}
        for job in concurrent.futures.as_completed(jobs):
            try:
                program, before, gone = job.result()
            except (Failure, subprocess.TimeoutExpired) as e:
                failed.append(jobs[job])
                print(f"FAILED seed {jobs[job]}: {e}", flush=True)
                continue
            linkages[program.linkage] += 1
            totals["slots"] += before
            totals["with typeid"] += program.has_typeid
            for way, n in gone.items():
                totals[way] += n
                totals[f"programs with slots dropped on {way}"] += n > 0
    if not args.work:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{len(jobs)} programs, {len(failed)} failed: " + ", ".join(f"{n} {k}" for k, n in sorted(linkages.items())))
    print(f"{totals['with typeid']} ask objects by typeid; {totals['slots']} slots when the linker links alone; "
          f"dropped on proof {totals['proof']} (in {totals['programs with slots dropped on proof']} programs), "
          f"on the promise {totals['promise']} (in {totals['programs with slots dropped on promise']})")
    if not totals["promise"] or not totals["proof"]:
        print("FAILED: no slot was dropped: nothing is proved")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
