"""Static programs with kept relocations, by linker and kind (run.py)."""

import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import backends  # noqa: E402

# name: (compiler, flags, source, linkers, how it is run). What is missing is said in the comment.
PROGRAMS = {
    "hello": ("gcc", "-O2 -static", "hello.c", ("bfd", "gold", "lld-19", "mold"), ()),
    # gold knows no -no-dynamic-linker
    "pie": ("gcc", "-O2 -static-pie", "hello.c", ("bfd", "lld-19", "mold"), ()),
    # with Debian's musl-gcc, programs of lld and mold crash before anything is filled
    "musl": ("musl-gcc", "-O2 -static", "hello.c", ("bfd", "gold"), ()),
    "sections": ("gcc", "-O2 -static -ffunction-sections -fdata-sections -g", "hello.c", ("bfd", "lld-19"), ()),
    "throw": ("g++", "-O2 -static", "throw.cc", ("bfd", "gold", "lld-19", "mold"), ()),
    "threads": ("gcc", "-O2 -static -pthread", "threads.c", ("bfd", "gold", "lld-19", "mold"), ()),
    "unoptimised": ("gcc", "-O0 -static -fno-pie", "hello.c", ("bfd",), ()),
    "clang": ("clang-14", "-O2 -static", "hello.c", ("lld-19",), ()),
    "dynamic": ("g++", "-O2", "throw.cc", ("bfd", "lld-19"), ()),
    "a64-hello": ("aarch64-linux-gnu-gcc", "-O2 -static", "hello.c", ("bfd", "lld-19", "mold"), ("qemu-aarch64",)),
    "a64-throw": ("aarch64-linux-gnu-g++", "-O2 -static", "throw.cc", ("bfd", "lld-19"), ("qemu-aarch64",)),
    "a64-threads": ("aarch64-linux-gnu-gcc", "-O2 -static -pthread", "threads.c", ("bfd",), ("qemu-aarch64",)),
    # small ones, for damage
    "a64-tiny": ("aarch64-linux-gnu-gcc", "-O1 -static -nostdlib -ffreestanding", "tiny.c", (), ("qemu-aarch64",)),
    "dynamic-tiny": ("gcc", "-O2 -pie", "hello.c", (), ()),
}


def make(name, linker, work, more=(), out=None):
    """Compile and link; the path of the program."""
    compiler, flags, source, _, _ = PROGRAMS[name]
    triple = "aarch64-linux-gnu" if compiler.startswith("aarch64") else ""
    target = backends.program(linker, triple)
    d = backends.linker_dir(os.path.join(work, "ld-" + triple + linker), target)
    out = out or os.path.join(work, f"{name}-{linker}")
    keep = [] if "-Wl,--no-emit" in more else ["-Wl,--emit-relocs"]
    more = [m for m in more if m != "-Wl,--no-emit"]
    subprocess.run([compiler, *flags.split(), "-B", d + "/", *keep, *more,
                    os.path.join(HERE, "programs", source), "-o", out],
                   check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return out


def execute(name, path):
    """(status, output) of the program, called by the same name whatever its path is."""
    how = PROGRAMS[name][4]
    d = path + ".run"
    os.makedirs(d, exist_ok=True)
    target = os.path.join(d, "program")
    shutil.copy2(path, target)
    r = subprocess.run([*how, target, "x"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120)
    shutil.rmtree(d)
    return r.returncode, r.stdout
