"""Compilers and levels for the tests of the search for typeid, and how to ask print_typeid."""
import collections
import concurrent.futures
import os
import subprocess

LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
X86 = (["g++"], ["clang++-14"], ["clang++-19"])
A64 = (["aarch64-linux-gnu-g++"], ["clang++-19", "--target=aarch64-linux-gnu"])

Build = collections.namedtuple("Build", "name command machine")


def builds():
    """Each compiler at each level; position independence and what the processor can do alternate."""
    out = []
    for machine, compilers in (("x86-64", X86), ("aarch64", A64)):
        for compiler in compilers:
            for n, level in enumerate(LEVELS):
                extra = ["-fPIC"] if n % 2 else ["-fno-pic"]
                if machine == "x86-64" and level == "-O3":
                    extra.append("-march=x86-64-v3")
                command = (*compiler, "-std=c++17", "-w", "-ffunction-sections", level, *extra)
                out.append(Build(" ".join(command), command, machine))
    large = ("g++", "-std=c++17", "-w", "-ffunction-sections", "-O1", "-mcmodel=large", "-fPIC")
    return [*out, Build(" ".join(large), large, "x86-64")]


def compile_all(source, folder):
    """{build: object}; the objects of one machine can be linked with its definitions."""
    def one(number, build):
        path = os.path.join(folder, f"{number}.o")
        subprocess.run([*build.command, "-c", source, "-o", path], check=True)
        return path
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        todo = {b: pool.submit(one, n, b) for n, b in enumerate(builds())}
        return {b: f.result() for b, f in todo.items()}


def uses(tool, words, live=False):
    """[(function, kind)] as print_typeid tells them; live: of what a collection leaves."""
    run = subprocess.run([tool, *(["--live"] if live else []), "--", *words], check=True, capture_output=True, text=True)
    found = []
    for line in run.stdout.splitlines():
        _, _, kind, _, function = line.rsplit(" ", 4)
        found.append((function, kind))
    return found


def functions(path):
    """Names of the functions that an object defines."""
    run = subprocess.run(["nm", "--defined-only", path], check=True, capture_output=True, text=True)
    fields = (line.split() for line in run.stdout.splitlines())
    return {f[2] for f in fields if len(f) == 3 and f[1] in "tTwW"}
