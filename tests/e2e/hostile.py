#!/usr/bin/env python3
"""Bad input and bad surroundings: a clear message, a non-zero exit, nothing left behind.

usage: hostile.py --build DIR [--sanitized]

Every case runs through the driver, the plugin (where its linker accepts the input so far) and
`reap gc`. After each: the exit status is not 0 and not that of a crash, something was said, the
output does not exist, and TMPDIR is empty. --sanitized leaves out the plugin, which cannot be
loaded into a linker that lacks the sanitizer's runtime.
"""

import argparse
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

FAILED = []
PASSED = 0


def check(name, ok, detail=""):
    global PASSED
    if ok:
        PASSED += 1
    else:
        FAILED.append(name)
        print(f"FAILED {name}: {detail}")


class Bench:
    def __init__(self, build, sanitized):
        self.build, self.sanitized = build, sanitized
        self.dir = os.path.realpath(tempfile.mkdtemp(prefix="reap-hostile-"))
        self.tmp = os.path.join(self.dir, "tmp")
        os.mkdir(self.tmp)
        self.write("a.c", "int b(int);\nint unused(int x) { return x; }\nint main(void) { return b(0); }\n")
        self.write("b.c", "static const char *s[] = {\"x\", \"y\"};\nint b(int x) { return s[x][0] - 'x'; }\n"
                          "int c(void) { return 1; }\n")
        for n in "ab":
            self.sh(f"gcc -O1 -g -ffunction-sections -fdata-sections -c {n}.c -o {n}.o")
        self.sh("rm -f lib.a; ar rcs lib.a b.o")

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data):
        with open(self.path(name), "wb" if isinstance(data, bytes) else "w") as f:
            f.write(data)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def sh(self, command):
        subprocess.run(["bash", "-ec", command], cwd=self.dir, check=True)

    def commands(self, inputs):
        ld = [os.path.join(self.build, "ld.reap"), "--reap-linker=ld.lld-14", "-e", "main", *inputs, "-o", "out"]
        gc = [os.path.join(self.build, "reap"), "gc", "--out-dir", "outdir", "-e", "main", *inputs]
        both = [("driver", ld, "out"), ("gc", gc, "outdir")]
        if not self.sanitized:
            bfd = ["ld.bfd", "-plugin", os.path.join(self.build, "reap.so"), "-e", "main", *inputs, "-o", "out"]
            both.append(("plugin", bfd, "out"))
        return both

    def run(self, argv, env=None, **kw):
        env = {**os.environ, "TMPDIR": self.tmp, "LC_ALL": "C", **(env or {})}
        env.pop("REAP_OPTIONS", None)
        return subprocess.run(argv, cwd=self.dir, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors="backslashreplace", timeout=60, **kw)

    def left_over(self, out):
        left = os.listdir(self.tmp)
        path = self.path(out)
        if os.path.isdir(path):
            left += os.listdir(path)
        elif os.path.exists(path):
            left.append(out)
        left += [n for n in os.listdir(self.dir) if ".reap" in n or n.endswith(".tmp")]
        return left

    def clean(self):
        for name in ("out", "outdir"):
            path = self.path(name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)
        for name in os.listdir(self.tmp):
            shutil.rmtree(os.path.join(self.tmp, name), ignore_errors=True)

    def refused(self, name, inputs, products=None, **kw):
        """All products refuse these inputs."""
        for product, argv, out in self.commands(inputs):
            if products and product not in products:
                continue
            self.clean()
            r = self.run(argv, **kw)
            label = f"{name} [{product}]"
            check(label, 0 < r.returncode < 128, f"exit status {r.returncode}\n{r.stderr[-2000:]}")
            check(label + " says so", r.stderr.strip() or r.stdout.strip(), "no message")
            left = self.left_over(out)
            check(label + " leaves nothing", not left, f"left behind: {left}")

    def survives(self, name, inputs):
        """Mutated input: refused or linked, never a crash, a hang or a left-over."""
        for product, argv, out in self.commands(inputs):
            if product == "plugin":
                continue  # the linker's own robustness is not ours
            self.clean()
            r = self.run(argv)
            bad = "Sanitizer" in r.stderr or r.returncode < 0 or r.returncode > 128
            check(f"{name} [{product}]", not bad, f"exit status {r.returncode}\n{r.stderr[-3000:]}")
            check(f"{name} [{product}] temporary files", not os.listdir(self.tmp), str(os.listdir(self.tmp)))


def patched(data, offset, fmt, value):
    b = bytearray(data)
    struct.pack_into(fmt, b, offset, value)
    return bytes(b)


def section_header(data, index):
    shoff, = struct.unpack_from("<Q", data, 0x28)
    return shoff + 64 * index


def sections_of_type(data, wanted):
    n, = struct.unpack_from("<H", data, 0x3c)
    return [i for i in range(n) if struct.unpack_from("<I", data, section_header(data, i) + 4)[0] == wanted]


def malformed(bench):
    """ELF files with one thing wrong each."""
    a = bench.read("a.o")
    rela, symtab = sections_of_type(a, 4)[0], sections_of_type(a, 2)[0]
    progbits = sections_of_type(a, 1)
    rela_off, = struct.unpack_from("<Q", a, section_header(a, rela) + 24)
    sh = lambda i, field: section_header(a, i) + field
    other_off, = struct.unpack_from("<Q", a, sh(symtab, 24))
    cases = {
        "truncated header": a[:40],
        "truncated in the middle": a[:len(a) // 2],
        "truncated section table": a[:-10],
        "section table offset absurd": patched(a, 0x28, "<Q", 0xfffffffffffffff0),
        "section count absurd": patched(a, 0x3c, "<H", 0xfff0),
        "shentsize wrong": patched(a, 0x3a, "<H", 8),
        "shstrndx out of range": patched(a, 0x3e, "<H", 0x7fff),
        "section offset absurd": patched(a, sh(progbits[-1], 24), "<Q", 1 << 62),
        "section size absurd": patched(a, sh(symtab, 32), "<Q", (1 << 63) + 24),
        "symtab entsize zero": patched(a, sh(symtab, 56), "<Q", 0),
        "symtab link to itself": patched(a, sh(symtab, 40), "<I", symtab),
        "first global beyond the table": patched(a, sh(symtab, 44), "<I", 0x7fffffff),
        "rela info out of range": patched(a, sh(rela, 44), "<I", 0x7fffffff),
        "rela link out of range": patched(a, sh(rela, 40), "<I", 0x7fffffff),
        "relocation symbol absurd": patched(a, rela_off + 12, "<I", 0x7fffffff),
        "relocation offset absurd": patched(a, rela_off, "<Q", 1 << 60),
        "section name absurd": patched(a, sh(1, 0), "<I", 0x7fffffff),
        "overlapping sections": patched(a, sh(progbits[0], 24), "<Q", other_off)
        if struct.unpack_from("<Q", a, sh(progbits[0], 32))[0] else
        patched(patched(a, sh(progbits[0], 24), "<Q", other_off), sh(progbits[0], 32), "<Q", 24),
    }
    for name, data in cases.items():
        bench.write("bad.o", data)
        bench.refused(name, ["bad.o", "b.o"], products=("driver", "gc"))
    # Inside an archive, and bad archives.
    bench.write("bad.o", cases["relocation symbol absurd"])
    bench.sh("rm -f bad.a; ar rcs bad.a bad.o")
    bench.refused("bad member", ["bad.a", "b.o"], products=("driver", "gc"))
    lib = bench.read("lib.a")
    for name, data in {
        "archive truncated": lib[:len(lib) - 200],
        "archive header broken": lib[:8] + b"X" * 60 + lib[68:],
        "archive member size absurd": lib.replace(lib[8 + 48:8 + 58], b"9999999999", 1),
    }.items():
        bench.write("bad.a", data)
        bench.refused(name, ["a.o", "bad.a"], products=("driver", "gc"))


def surroundings(bench):
    """Missing, unreadable and odd files; no room; no temporary folder."""
    bench.refused("missing file", ["a.o", "no-such-file.o"])
    bench.refused("folder as input", ["a.o", "tmp"])
    bench.refused("missing library", ["a.o", "-lno-such-library"], products=("driver", "plugin"))
    bench.write("bad.lds", "SECTIONS { .text : { *(.text }\n")
    bench.refused("broken script", ["-T", "bad.lds", "a.o", "b.o"])
    bench.write("bad.rules", "keep-everything please\n")
    for product, argv, out in bench.commands(["a.o", "b.o"]):
        if product == "driver":
            argv = argv + ["--reap-rules=bad.rules"]
        elif product == "gc":
            argv = argv + ["--rules=bad.rules"]
        else:
            argv = argv + ["-plugin-opt", "rules=bad.rules"]
        bench.clean()
        r = bench.run(argv)
        check(f"broken rule file [{product}]", r.returncode and "bad.rules:1" in r.stderr + r.stdout,
              f"{r.returncode} {r.stderr}")
        check(f"broken rule file [{product}] leaves nothing", not bench.left_over(out), bench.left_over(out))
    bench.sh("cp a.o unreadable.o; chmod 0 unreadable.o")
    if os.geteuid() != 0:
        bench.refused("unreadable file", ["unreadable.o", "b.o"])
    # A folder that cannot be written to even by root: a file in place of it, and none at all.
    for product, argv, out in bench.commands(["a.o", "b.o"]):
        if product == "gc":
            continue
        for what, tmp in (("missing", "/no/such/folder"), ("a file", bench.path("a.c")), ("read-only", "/proc/self")):
            bench.clean()
            r = bench.run(argv, env={"TMPDIR": tmp})
            check(f"TMPDIR {what} [{product}]", 0 < r.returncode < 128 and tmp in r.stderr + r.stdout,
                  f"{r.returncode} {r.stderr}")
            check(f"TMPDIR {what} [{product}] no output", not os.path.exists(bench.path(out)))
    for product, argv, out in bench.commands(["a.o", "b.o"]):
        option = {"driver": ["--reap-report=/no/such/folder/r"], "gc": ["--report=/no/such/folder/r"],
                  "plugin": ["-plugin-opt", "report=/no/such/folder/r"]}[product]
        bench.clean()
        r = bench.run(argv + option)
        check(f"report cannot be written [{product}]", r.returncode and "/no/such/folder/r" in r.stderr,
              f"{r.returncode} {r.stderr}")


def full_disk(bench):
    """RLIMIT_FSIZE stands for a full disk: every write beyond it fails."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
    for product, argv, out in bench.commands(["a.o", "b.o"]):
        bench.clean()
        r = bench.run(argv, preexec_fn=limit)
        check(f"full disk [{product}]", 0 < r.returncode < 128, f"{r.returncode} {r.stderr}")
        left = [n for n in bench.left_over(out) if product != "plugin" or n != "out"]
        check(f"full disk [{product}] leaves nothing", not left, left)


def signals(bench):
    """SIGINT and SIGTERM while the final linker runs."""
    bench.write("slow-ld", "#!/bin/sh\ncase $1 in --version|-v) echo 'LLD 14.0.6 (compatible with GNU linkers)'; exit 0;; esac\n"
                           "touch started\nsleep 30\n")
    os.chmod(bench.path("slow-ld"), 0o755)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        bench.clean()
        if os.path.exists(bench.path("started")):
            os.unlink(bench.path("started"))
        argv = [os.path.join(bench.build, "ld.reap"), f"--reap-linker={bench.path('slow-ld')}", "-e", "main",
                "a.o", "b.o", "-o", "out"]
        p = subprocess.Popen(argv, cwd=bench.dir, env=dict(os.environ, TMPDIR=bench.tmp), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        for _ in range(200):
            if os.path.exists(bench.path("started")) or p.poll() is not None:
                break
            time.sleep(0.05)
        check(f"{number.name}: the linker was started", os.path.exists(bench.path("started")),
              p.stderr.read() if p.poll() is not None else "")
        check(f"{number.name}: temporary files exist meanwhile", os.listdir(bench.tmp))
        p.send_signal(number)
        try:
            status = p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
            status = "hang"
        check(f"{number.name}: dies of the signal", status in (-number, 128 + number), status)
        check(f"{number.name}: leaves nothing", not bench.left_over("out"), bench.left_over("out"))
        r = subprocess.run(["pgrep", "-s", str(p.pid), "sleep"], stdout=subprocess.PIPE, text=True)
        check(f"{number.name}: the linker is gone", r.returncode != 0 or "slow-ld" not in r.stdout, r.stdout)
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def mutations(bench, count):
    """Seeded random damage."""
    rng = random.Random(20260701)
    a, lib = bench.read("a.o"), bench.read("lib.a")
    for i in range(count):
        for name, data, inputs in (("mut.o", a, ["mut.o", "b.o"]), ("mut.a", lib, ["a.o", "mut.a"])):
            b = bytearray(data)
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(b) - 8)
                # The section table and headers, more often than the rest.
                if rng.random() < 0.6 and name == "mut.o":
                    at = rng.randrange(struct.unpack_from("<Q", data, 0x28)[0], len(b) - 8)
                b[at:at + 4] = struct.pack("<I", rng.choice((0, 1, 0x7fffffff, 0xffffffff, rng.getrandbits(32))))
            bench.write(name, bytes(b))
            bench.survives(f"mutation {i} of {name}", inputs)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--sanitized", action="store_true")
    p.add_argument("--mutations", type=int, default=60)
    args = p.parse_args()
    bench = Bench(os.path.abspath(args.build), args.sanitized)
    malformed(bench)
    surroundings(bench)
    full_disk(bench)
    signals(bench)
    mutations(bench, args.mutations)
    shutil.rmtree(bench.dir, ignore_errors=True)
    print(f"{PASSED} passed, {len(FAILED)} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
