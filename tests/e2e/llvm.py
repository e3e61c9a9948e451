#!/usr/bin/env python3
"""A program against all of LLVM's static libraries, through every backend.

usage: llvm.py --build DIR [--backend NAME]...

For each backend: the link succeeds, the program prints what the plainly linked one prints, and
its allocated sections are no larger than with the linker's own --gc-sections (LLVM is built with
function sections and without exceptions, so that there is nothing finer to win). For lld 14 and 19:
with level=linker the removed set equals that of --gc-sections -z nostart-stop-gc, section for
section, and full level removes a superset. For lld 19 the rewritten objects pass eu-elflint.
"""

import argparse
import collections
import os
import shutil
import subprocess
import sys
import tempfile

import backends
from run import Failure, complaints, normalised, run

HERE = os.path.dirname(os.path.abspath(__file__))


def flags():
    r = run(["llvm-config-19", "--link-static", "--ldflags", "--libs", "all", "--system-libs"])
    if r.returncode:
        raise SystemExit("llvm-config-19 is missing: install llvm-19-dev")
    return r.stdout.split()


def link(b, build, work, inputs, out, options=None, extra=()):
    """options None: a plain link. Returns standard error and output."""
    real = backends.program(b.linker)
    env = dict(os.environ, LC_ALL="C")
    env.pop("REAP_OPTIONS", None)
    target, words = real, list(extra)
    if options is not None:
        if b.plugin:
            words.append(f"-Wl,-plugin,{build}/reap.so")
        else:
            target = os.path.join(build, "ld.reap")
            options = [f"linker={real}", *options]
        env["REAP_OPTIONS"] = " ".join(options)
    d = backends.linker_dir(os.path.join(work, f"{b.name}-{'plain' if options is None else 'reap'}"), target)
    r = run(["g++", "-B", d + "/", *inputs, *words, "-o", out], env=env, timeout=600)
    if r.returncode:
        raise Failure(f"linking failed ({r.returncode}), options {options}:\n{r.stdout[-2000:]}{r.stderr[-4000:]}")
    return r.stdout + r.stderr


def allocated(path):
    r = run(["size", "-A", "-d", path])
    names = (".text", ".rodata", ".data", ".data.rel.ro", ".eh_frame", ".eh_frame_hdr", ".gcc_except_table", ".bss")
    return sum(int(l.split()[1]) for l in r.stdout.splitlines() if l.split()[:1] and l.split()[0] in names)


def removed_lines(text, work):
    return collections.Counter(normalised(l, work) for l in text.splitlines() if "removing unused section" in l)


def check_oracle(b, build, work, inputs, full):
    own = os.path.join(work, "level-linker")
    link(b, build, work, inputs, os.path.join(work, "level"), ["level=linker", f"print-removed={own}"])
    with open(own, encoding="utf-8", errors="backslashreplace") as f:
        mine = removed_lines(f.read(), work)
    lld = removed_lines(link(b, build, work, inputs, os.path.join(work, "oracle"), None,
                             ["-Wl,--gc-sections,-z,nostart-stop-gc,--print-gc-sections"]), work)
    if not lld:
        raise Failure("lld removed nothing: the comparison would prove nothing")
    only_lld, only_mine, kept = lld - mine, mine - lld, mine - full
    print(f"  level=linker: lld {sum(lld.values())}, reap {sum(mine.values())}, full level {sum(full.values())} removed")
    text = "".join(f"  {n} only lld: {l}\n" for l, n in list(only_lld.items())[:10])
    text += "".join(f"  {n} only reap: {l}\n" for l, n in list(only_mine.items())[:10])
    text += "".join(f"  {n} kept at full level: {l}\n" for l, n in list(kept.items())[:10])
    if text:
        raise Failure(f"{sum(only_lld.values())} only lld, {sum(only_mine.values())} only reap, "
                      f"{sum(kept.values())} kept at full level\n{text}")


def check_objects(saved):
    """eu-elflint has nothing to say that it does not say of LLVM's own archives."""
    known = {}
    for flag in flags():
        if flag.startswith("-lLLVM"):
            known.update(complaints(f"/usr/lib/llvm-19/lib/lib{flag[2:]}.a"))
    n = 0
    for parent, _, names in os.walk(saved):
        for name in names:
            if name.endswith((".a", ".o")):
                new = {k: v for k, v in complaints(os.path.join(parent, name)).items() if k not in known}
                if new:
                    raise Failure("eu-elflint has new complaints:\n" + "\n".join(list(new.values())[:10]))
                n += 1
    if not n:
        raise Failure("no object was saved")
    print(f"  eu-elflint is content with {n} files")


def one(b, build, work, obj, want):
    inputs = [obj, *flags()]
    plain, out = os.path.join(work, "plain"), os.path.join(work, "out")
    link(b, build, work, inputs, plain, None, ["-Wl,--gc-sections"])
    printed = os.path.join(work, "removed")
    saved = os.path.join(work, "saved")
    options = [f"print-removed={printed}"] + ([f"save={saved}"] if b.linker == "lld-19" else [])
    link(b, build, work, inputs, out, options)
    r = run([out])
    if (r.returncode, r.stdout) != want:
        raise Failure(f"the program prints something else (exit status {r.returncode})\n{r.stdout[:500]}{r.stderr[:500]}")
    before, after = allocated(plain), allocated(out)
    print(f"  allocated: {before} with --gc-sections, {after} through Reap ({after - before:+d})")
    if after > before:
        raise Failure("larger than with the linker's own --gc-sections")
    with open(printed, encoding="utf-8", errors="backslashreplace") as f:
        full = removed_lines(f.read(), work)
    if b.is_lld:
        check_oracle(b, build, work, inputs, full)
    if os.path.isdir(saved):
        check_objects(saved)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--backend", action="append")
    args = p.parse_args()
    build = os.path.abspath(args.build)
    work = tempfile.mkdtemp(prefix="reap-llvm-")
    failed = []
    try:
        obj = os.path.join(work, "program.o")
        subprocess.run(["g++", "-O1", "-std=c++17", "-ffunction-sections", "-fdata-sections",
                        "-I/usr/lib/llvm-19/include", "-c", os.path.join(HERE, "llvm", "program.cc"), "-o", obj],
                       check=True)
        reference = os.path.join(work, "reference")
        link(backends.ALL[3], build, work, [obj, *flags()], reference)
        r = run([reference])
        if r.returncode or "targets" not in r.stdout:
            raise SystemExit(f"the plainly linked program does not run: {r.stderr}")
        for b in backends.ALL:
            if args.backend and b.name not in args.backend:
                continue
            print(f"{b.name}:", flush=True)
            try:
                one(b, build, work, obj, (r.returncode, r.stdout))
                print("  ok", flush=True)
            except Failure as e:
                failed.append(b.name)
                print(f"  FAILED: {e}", flush=True)
            for name in os.listdir(work):  # each link is 130 MB
                if name not in ("program.o", "reference"):
                    path = os.path.join(work, name)
                    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
