#!/usr/bin/env python3
"""How much typeinfo goes: slots, typeinfo objects, bytes; of real programs.

usage: typeinfo.py --build DIR [--backend driver-lld-19] [PROGRAM...]

Programs are those of tests/rtti/programs/, and "llvm". Each is linked through Reap three times: with
typeinfo kept, as it comes (dropped on proof), and on the promise that nobody asks an object for its
type. Slots and typeinfos are counted in the linked programs by their symbols and bytes
(tests/rtti/slots.py), without a word of Reap. Sizes are of the stripped programs, in bytes. Nothing
is asserted: the numbers are for people.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "rtti"))
import linking  # noqa: E402
import real_llvm  # noqa: E402
import slots  # noqa: E402

WAYS = (("kept", ["typeinfo=keep"]), ("proof", []), ("promise", [linking.PROMISE]))


def stripped(path):
    subprocess.run(["strip", "-o", path + ".s", path], check=True)
    return os.path.getsize(path + ".s")


def measure(name, backend, build, command, work):
    first, first_size, want = None, 0, None
    for way, options in WAYS:
        out = linking.link(backend, build, command, work, way, options)
        c, size = slots.count(out), stripped(out)
        got = linking.output(out, work)
        if first is None:
            first, first_size, want = c, size, got
        same = "" if got == want else "  PRINTS SOMETHING ELSE"
        print(f"{name if way == 'kept' else '':14}{way:9}{c.slots:7}{first.slots - c.slots:9}{c.typeinfos:11}"
              f"{first.typeinfos - c.typeinfos:9}{c.bytes:10}{size:12}{size - first_size:+10}{same}", flush=True)
        os.unlink(out)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--backend", default="driver-lld-19")
    p.add_argument("program", nargs="*")
    args = p.parse_args()
    build = os.path.abspath(args.build)
    backend = next(b for b in linking.backends.ALL if b.name == args.backend)
    sources = {s.name: s for s in linking.programs()}
    print(f"{'':14}{'typeinfo':9}{'slots':>7}{'dropped':>9}{'typeinfos':>11}{'dropped':>9}{'bytes':>10}{'stripped':>12}")
    for name in args.program or [*sources, "llvm"]:
        with tempfile.TemporaryDirectory(prefix="reap-typeinfo-") as work:
            if name == "llvm":
                command = real_llvm.command(work)
            else:
                folder = os.path.dirname(sources[name].path)
                for n in os.listdir(folder):
                    shutil.copy(os.path.join(folder, n), work)
                command = sources[name].compile(work)
            measure(name, backend, build, command, work)


if __name__ == "__main__":
    main()
