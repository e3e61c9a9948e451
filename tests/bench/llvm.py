#!/usr/bin/env python3
"""Time and memory of a link of all of LLVM through Reap, beside the linker's own --gc-sections.

usage: llvm.py --build DIR [--rounds N] [--backend driver-lld-19 plugin-bfd plugin-gold …]

Each round runs the plain link and the link through Reap, in alternating order, on the same
command line; the table has the medians, and the ratios of Reap to the linker alone. "peak" is the
largest process of the link; "reap peak" is Reap's own process, from --reap-stats. Nothing is
asserted: the numbers are for people.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import backends  # noqa: E402


def llvm_flags():
    r = subprocess.run(["llvm-config-19", "--link-static", "--ldflags", "--libs", "all", "--system-libs"],
                       stdout=subprocess.PIPE, text=True, check=True)
    return r.stdout.split()


def timed(argv, env):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    with tempfile.NamedTemporaryFile(suffix=".time") as t:
        r = subprocess.run(["/usr/bin/time", "-o", t.name, "-f", "%M", *argv], env=env, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wall = time.monotonic() - start
        peak = int(open(t.name, encoding="ascii").read().split()[-1]) * 1024
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if r.returncode:
        raise SystemExit(f"failed: {' '.join(argv)[:300]}\n{r.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, peak, r.stderr


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--backend", nargs="*", default=["driver-lld-19", "plugin-bfd", "plugin-gold"])
    args = p.parse_args()
    build = os.path.abspath(args.build)
    with tempfile.TemporaryDirectory(prefix="reap-bench-") as work:
        obj = os.path.join(work, "program.o")
        subprocess.run(["g++", "-O1", "-std=c++17", "-ffunction-sections", "-fdata-sections", "-I/usr/lib/llvm-19/include", "-c",
                        os.path.join(HERE, "..", "e2e", "llvm", "program.cc"), "-o", obj], check=True)
        for b in backends.ALL:
            if b.name in args.backend:
                bench(b, build, work, obj, args.rounds)


def bench(b, build, work, obj, rounds):
    real = backends.program(b.linker)
    plain_dir = backends.linker_dir(os.path.join(work, "plain-" + b.name), real)
    reap_dir = plain_dir if b.plugin else backends.linker_dir(os.path.join(work, "reap-" + b.name),
                                                              os.path.join(build, "ld.reap"))
    out = os.path.join(work, "out-" + b.name)
    common = [obj, *llvm_flags()]
    plain = ["g++", "-B", plain_dir + "/", *common, "-Wl,--gc-sections", "-o", out + ".plain"]
    reap = ["g++", "-B", reap_dir + "/", *common, "-o", out + ".reap"]
    env = dict(os.environ, REAP_OPTIONS="stats" if b.plugin else f"stats linker={real}")
    if b.plugin:
        reap += [f"-Wl,-plugin,{build}/reap.so"]
    samples = {"plain": [], "reap": []}
    stats = ""
    for i in range(rounds + 1):
        order = [("plain", plain), ("reap", reap)]
        for name, argv in order if i % 2 else reversed(order):
            wall, cpu, peak, err = timed(argv, env if name == "reap" else dict(os.environ))
            if i:  # the first round warms the caches
                samples[name].append((wall, cpu, peak))
            if name == "reap":
                stats = err
    sizes = []
    for name in ("plain", "reap"):
        subprocess.run(["strip", "-o", out + ".s", f"{out}.{name}"], check=True)
        sizes.append(os.path.getsize(out + ".s"))
    print(f"\n{b.name}: all of LLVM 19, {rounds} rounds, medians")
    print(f"{'':24}{'wall s':>10}{'cpu s':>10}{'peak MB':>10}{'stripped bytes':>16}")
    medians = {n: [statistics.median(x[k] for x in v) for k in range(3)] for n, v in samples.items()}
    for (name, label), size in zip((("plain", f"{b.linker} --gc-sections"), ("reap", b.name)), sizes):
        m = medians[name]
        print(f"{label:24}{m[0]:10.2f}{m[1]:10.2f}{m[2] / 1e6:10.0f}{size:16d}")
    ratio = [r / q for r, q in zip(medians["reap"], medians["plain"])]
    print(f"{'ratio':24}{ratio[0]:10.2f}{ratio[1]:10.2f}{ratio[2]:10.2f}{sizes[1] / sizes[0]:16.4f}")
    walls = [f"{x[0]:.2f}" for x in samples["plain"]], [f"{x[0]:.2f}" for x in samples["reap"]]
    print(f"all walls: plain {' '.join(walls[0])}; reap {' '.join(walls[1])}")
    print(re.sub(r"(?m)^", "  ", stats.strip()))


if __name__ == "__main__":
    main()
