#!/usr/bin/env python3
"""run.py GROUP --reap PROGRAM [--only WORD]: `reap image` on real programs.

Groups:
  programs  each program of inputs.py by each linker: filled, it prints the same; a second run gives
            the same bytes; the oracle (oracle.py) finds nothing wrong, and little forgotten; all
            outside code is the input's; eu-elflint says no more than of the input; nothing is moved
  gain      hello loses at least what ld --gc-sections would have taken
  options   --fill, --data, --strip-dead-symbols, --strip-relocs, --keep-symbol, --print-removed, -o
  refused   input that `reap image` must refuse, and how
  hostile   seeded damage: never a crash, never a left-over
  planted   a removal that is wrong on purpose traps, and `reap explain` names it
  llvm      a program with LLVM's static libraries
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import inputs  # puts tests/e2e on the path
import oracle

import backends
from run import complaints

FAILED = []
PASSED = 0


def check(ok, what, detail=""):
    global PASSED
    if ok:
        PASSED += 1
    else:
        FAILED.append(what)
        print(f"FAILED {what}\n{str(detail)[-3000:]}", flush=True)
    return ok


def run(words, **more):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, errors="replace", timeout=300, **more)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


class Bench:
    def __init__(self, reap, work, only):
        self.reap, self.work, self.only = reap, work, only

    def path(self, name):
        return os.path.join(self.work, name)

    def image(self, path, out=None, *options, **more):
        return run([self.reap, "image", path, *(["-o", out] if out else []), *options], **more)


# programs

def outside_code(image, path):
    """The file without the contents of its code sections, and without relocations of filled code."""
    data = bytearray(read(path))
    for s in image.sections:
        if ("X" in s.flags or s.name.startswith(".rela")) and s.kind != "NOBITS":
            data[s.offset:s.offset + s.size] = b"\0" * s.size
    return bytes(data)


def check_filled(label, image, path, out, floor):
    """What the oracle and eu-elflint say. floor: how much of the surely dead must be filled."""
    filled = image.filled(out)
    possible, certain = image.walk(False), image.walk(True)
    wrong = filled & certain
    check(not wrong, f"{label}: no reachable function is filled", [image.why(s) for s in sorted(wrong)[:20]])
    dead = set(image.functions.v) - possible
    share = oracle.size(filled & dead) / max(1, oracle.size(dead))
    check(filled and (share >= floor or not dead), f"{label}: {share:.1%} of what is surely dead is filled",
          sorted((-s.size, s.name) for s in dead - filled)[:30])
    check(outside_code(image, path) == outside_code(image, out), f"{label}: all else is the input's")
    before, after = complaints(path), complaints(out)
    new = {k: v for k, v in after.items() if k not in before}
    check(not new, f"{label}: eu-elflint says no more than of the input", new)
    print(f"  {label}: {len(filled)} functions, {oracle.size(filled)} bytes of {oracle.size(set(image.functions.v))} "
          f"filled; surely dead {oracle.size(dead)}, of which {share:.1%}", flush=True)
    return filled


def programs(bench):
    for name, (_, _, _, linkers, how) in inputs.PROGRAMS.items():
        for linker in linkers:
            label = f"{name}-{linker}"
            if bench.only and bench.only not in label:
                continue
            path = inputs.make(name, linker, bench.work)
            want = inputs.execute(name, path)
            check(want[0] in (0, 3) and want[1].count("\n") >= 3, label + ": runs", want)
            out, again = path + ".filled", path + ".again"
            r = bench.image(path, out)
            if not check(r.returncode == 0 and os.path.exists(out), label + ": is filled", r.stdout + r.stderr):
                continue
            got = inputs.execute(name, out)
            check(got == want, label + ": prints the same", f"{want} {got}")
            check(os.stat(out).st_mode == os.stat(path).st_mode, label + ": keeps its mode")
            check_filled(label, oracle.Image(path), path, out, 0.9)
            r = bench.image(out, again)
            check(r.returncode == 0 and read(out) == read(again), label + ": a second run changes nothing",
                  r.stdout[:1500] + r.stderr)
            for p in (path, out, again):
                if os.path.exists(p):
                    os.unlink(p)


# gain

def code_size(path):
    """Bytes of code in functions with a size, aliases once."""
    return oracle.size(s for s in oracle.Image(path).functions.v if s.kind != "LABEL")


def gain(bench):
    for name, linker in (("hello", "bfd"), ("hello", "lld-19"), ("a64-hello", "bfd"), ("sections", "bfd")):
        path = inputs.make(name, linker, bench.work)
        collected = inputs.make(name, linker, bench.work, ["-Wl,--gc-sections"], path + ".gc")
        out = path + ".filled"
        r = bench.image(path, out)
        if not check(r.returncode == 0, f"{name}-{linker}: is filled", r.stderr):
            continue
        image = oracle.Image(path)
        filled = {s for s in image.filled(out) if s.kind != "LABEL"}
        took = oracle.size(s for s in image.functions.v if s.kind != "LABEL") - code_size(collected)
        check(oracle.size(filled) >= took, f"{name}-{linker}: fills {oracle.size(filled)} bytes, "
              f"--gc-sections takes {took}")
        gone = {s.name for s in image.functions.v} - {s.name for s in oracle.Image(collected).functions.v}
        left = {s.name for s in image.functions.v if s.name in gone} - {s.name for s in filled}
        left = {n for n in left if n not in {s.name for s in image.functions.v if s.kind == "LABEL"}}
        check(not left, f"{name}-{linker}: fills each function that --gc-sections takes", sorted(left))
        print(f"  {name}-{linker}: {oracle.size(filled)} bytes filled, --gc-sections takes {took} bytes "
              f"({len(gone)} functions)")


# options

def section_names(path):
    return [s.name for s in oracle.Image(path).sections]


def symbol_names(path):
    return set(re.findall(r"^\S+ \w (\S+)$", oracle.tool("nm", path), re.M))


def options(bench):
    path = inputs.make("hello", "bfd", bench.work)
    want = inputs.execute("hello", path)
    image = oracle.Image(path)
    plain = bench.path("plain")
    r = bench.image(path, plain)
    check(r.returncode == 0, "plain: is filled", r.stderr)
    dead = image.filled(plain)
    check(any(s.name == "never_called" for s in dead), "never_called is filled", "")
    cases = {"--fill=zero": ["--fill=zero"], "--data": ["--data"], "dead symbols": ["--strip-dead-symbols"],
             "relocations": ["--strip-relocs"],
             "all": ["--fill=zero", "--data", "--strip-dead-symbols", "--strip-relocs"]}
    for label, words in cases.items():
        out = bench.path("out")
        r = bench.image(path, out, *words)
        if not check(r.returncode == 0, label + ": is filled", r.stderr):
            continue
        check(inputs.execute("hello", out) == want, label + ": prints the same")
        new = {k: v for k, v in complaints(out).items() if k not in complaints(path)}
        check(not new, label + ": eu-elflint is content", new)
        r = run(["readelf", "-aW", out])
        check("Error" not in r.stderr and "Warning" not in r.stderr, label + ": readelf is content", r.stderr)
        if "--fill=zero" in words:
            s = next(s for s in dead if s.name == "never_called")
            at = image.offset(s.address)
            check(read(out)[at:at + s.size] == b"\0" * s.size, label + ": the function is zeros")
        names = symbol_names(out)
        check(("never_called" in names) != ("--strip-dead-symbols" in words) and "main" in names,
              label + ": symbols of filled functions")
        kept = [n for n in section_names(out) if n.startswith(".rela") and n not in (".rela.plt", ".rela.dyn")]
        check(bool(kept) != ("--strip-relocs" in words), label + ": relocation sections", kept)
        if "--strip-relocs" not in words:
            again = bench.path("again")
            r = bench.image(out, again, *words)
            check(r.returncode == 0 and read(out) == read(again), label + ": a second run changes nothing", r.stderr)
        else:
            if os.path.exists(bench.path("again")):
                os.unlink(bench.path("again"))
            r = bench.image(out, bench.path("again"))
            check(r.returncode not in (0,) and "emit-relocs" in r.stderr and not os.path.exists(bench.path("again")),
                  label + ": without relocations there is no second run", r.stderr)
    out = bench.path("out")
    r = bench.image(path, out, "--keep-symbol=never_called", "--print-removed=" + bench.path("removed"))
    check(r.returncode == 0 and not any(s.name == "never_called" for s in image.filled(out)),
          "--keep-symbol keeps a function", r.stderr)
    r = bench.image(path, out, "--print-removed=" + bench.path("removed"), "--db=" + bench.path("db"),
                    "--json=" + bench.path("json"), "--report=" + bench.path("report"))
    removed = read(bench.path("removed")).decode(errors="replace") if r.returncode == 0 else ""
    check("never_called" in removed and not re.search(r"\bmain\b", removed), "--print-removed names it", removed[:500])
    r = run([bench.reap, "why", "never_called", "--db", bench.path("db")])
    check(r.returncode == 0 and "never_called" in r.stdout, "reap why of a filled function, by database",
          r.stdout + r.stderr)
    r = run([bench.reap, "why", "main", "--image", path])
    check(r.returncode == 0 and "_start" in r.stdout, "reap why --image: main, from _start", r.stdout + r.stderr)
    r = run([bench.reap, "why", "never_called", "--image", path])
    check("never_called" in r.stdout, "reap why --image: never_called", r.stdout + r.stderr)
    # only a report: nothing is written
    before = sorted(os.listdir(bench.work))
    r = bench.image(path)
    check(r.returncode == 0 and r.stdout and sorted(os.listdir(bench.work)) == before, "without -o: a report alone",
          r.stderr)
    # in place
    shutil.copy2(path, bench.path("self"))
    r = bench.image(bench.path("self"), bench.path("self"))
    check(r.returncode == 0 and read(bench.path("self")) == read(plain), "-o the input: in place", r.stderr)


# refused

def patched(data, at, fmt, value):
    b = bytearray(data)
    struct.pack_into(fmt, b, at, value)
    return bytes(b)


def section_field(data, name, field):
    """Offset of a field of the header of the section called `name`."""
    shoff, = struct.unpack_from("<Q", data, 0x28)
    n, strings = struct.unpack_from("<HH", data, 0x3c)
    at, = struct.unpack_from("<Q", data, shoff + 64 * strings + 24)
    for i in range(n):
        offset, = struct.unpack_from("<I", data, shoff + 64 * i)
        end = data.index(b"\0", at + offset)
        if data[at + offset:end] == name.encode():
            return shoff + 64 * i + field
    raise KeyError(name)


def refused(bench):
    path = inputs.make("hello", "bfd", bench.work)
    data = read(path)
    plain = inputs.make("hello", "bfd", bench.work, ["-Wl,--no-emit"], bench.path("no-relocs"))
    run(["strip", "-o", bench.path("stripped"), path])
    run(["gcc", "-c", "-o", bench.path("object.o"), os.path.join(inputs.HERE, "programs", "hello.c")])
    run(["i686-linux-gnu-gcc", "-static", "-Wl,-q", "-o", bench.path("i386"),
         os.path.join(inputs.HERE, "programs", "hello.c")])
    phoff, = struct.unpack_from("<Q", data, 0x20)
    phnum, = struct.unpack_from("<H", data, 0x38)
    loads = [phoff + 56 * i for i in range(phnum) if struct.unpack_from("<I", data, phoff + 56 * i)[0] == 1]
    address, = struct.unpack_from("<Q", data, loads[0] + 16)
    # name: (bytes or None, words that the message must have)
    cases = {
        "no-relocs": (None, "emit-relocs"),
        "stripped": (None, "symbol|strip"),
        "object.o": (None, "reap gc|relocatable|object"),
        "i386": (None, "machine|32"),
        "another machine": (patched(data, 0x12, "<H", 243), "machine"),
        "big endian": (data[:5] + b"\2" + data[6:], "endian|byte order|machine|malformed|header"),
        "packed": (patched(patched(patched(data, 0x28, "<Q", 0), 0x3c, "<H", 0), 0x3e, "<H", 0), "section|packed"),
        "overlapping segments": (patched(data, loads[1] + 16, "<Q", address), "segment|overlap"),
        "overlapping sections": (patched(data, section_field(data, ".fini", 16), "<Q", struct.unpack_from(
            "<Q", data, section_field(data, ".text", 16))[0]), "overlap|segment|section"),
        "truncated header": (data[:40], ""),
        "truncated": (data[:len(data) // 2], ""),
        "truncated section table": (data[:-10], ""),
        "symbol table without end": (patched(data, section_field(data, ".symtab", 32), "<Q", 1 << 62), ""),
        "symbol strings out of range": (patched(data, section_field(data, ".symtab", 40), "<I", 0x7fff), ""),
        "relocations of no section": (patched(data, section_field(data, ".rela.text", 44), "<I", 0x7fffff), ""),
        "relocations with odd entries": (patched(data, section_field(data, ".rela.text", 56), "<Q", 7), ""),
        "section beyond the file": (patched(data, section_field(data, ".text", 24), "<Q", 1 << 61), ""),
        "empty": (b"", ""),
        "text": (b"hello\n" * 100, ""),
    }
    check(os.path.exists(bench.path("i386")) and os.path.exists(plain), "the inputs are there")
    d = bench.path("d")
    os.mkdir(d)
    for name, (content, words) in cases.items():
        bad = bench.path(name.replace(" ", "-"))
        if content is not None:
            write(bad, content)
        r = bench.image(bad, os.path.join(d, "out"))
        check(0 < r.returncode < 128 and r.stderr.strip() and re.search(words, r.stderr), name + ": is refused, and says why",
              f"{r.returncode} {r.stdout[:500]}{r.stderr}")
        print(f"  {name}: {r.stderr.strip().splitlines()[0][-150:] if r.stderr.strip() else ''}")
        check(not os.listdir(d), name + ": leaves nothing", os.listdir(d))
        for left in os.listdir(d):
            os.unlink(os.path.join(d, left))
    r = bench.image(bench.path("missing"), os.path.join(d, "out"))
    check(0 < r.returncode < 128 and "missing" in r.stderr, "a missing file", r.stderr)
    r = bench.image(path, "/no/such/folder/out")
    check(0 < r.returncode < 128 and "/no/such/folder" in r.stderr, "a folder that is not there", r.stderr)

    def limit():  # stands for a full disk
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))
    r = bench.image(path, os.path.join(d, "out"), preexec_fn=limit)
    check(0 < r.returncode < 128 and not os.listdir(d), "a full disk: says so, leaves nothing", r.stderr)


# hostile

def hostile(bench):
    """Seeded damage to the headers, tables and code of small images."""
    rng = random.Random(20260703)
    samples = [read(inputs.make("musl", "bfd", bench.work)), read(inputs.make("a64-tiny", "bfd", bench.work)),
               read(inputs.make("dynamic-tiny", "bfd", bench.work))]
    d = bench.path("d")
    os.mkdir(d)
    start, n = time.monotonic(), 0
    outcomes = {}
    while n < 400:
        data = samples[n % len(samples)]
        b = bytearray(data)
        tables = struct.unpack_from("<Q", data, 0x28)[0]
        relocs = [struct.unpack_from("<QQ", data, section_field(data, s, 24)) for s in (".rela.text", ".symtab", ".eh_frame")]
        for _ in range(rng.randint(1, 4)):
            which = rng.random()
            if which < 0.4:  # section headers
                at = rng.randrange(tables, len(b) - 8)
            elif which < 0.55:  # ELF and program headers
                at = rng.randrange(16, 64 + 56 * 8)
            elif which < 0.85:
                offset, size = rng.choice(relocs)
                at = offset + rng.randrange(max(1, size - 8))
            else:
                at = rng.randrange(len(b) - 8)
            value = rng.choice((0, 1, 4, 0x7fffffff, 0x80000000, 0xffffffff, rng.getrandbits(32), rng.getrandbits(8)))
            b[at:at + 4] = struct.pack("<I", value)
        bad = bench.path("bad")
        write(bad, bytes(b))
        more = rng.choice(([], ["--data"], ["--strip-dead-symbols", "--strip-relocs"], ["--fill=zero"]))
        try:
            r = bench.image(bad, os.path.join(d, "out"), "--db=" + bench.path("db"), *more)
            code, text = r.returncode, r.stderr
        except subprocess.TimeoutExpired:
            code, text = -1, "timeout"
        outcomes[code] = outcomes.get(code, 0) + 1
        ok = 0 <= code < 128 and "Sanitizer" not in text and "runtime error" not in text
        if not check(ok, f"damage {n} ({' '.join(more)}): no crash", f"{code} {text[-2500:]}"):
            shutil.copy(bad, f"/tmp/reap-image-damage-{n}") if os.environ.get("REAP_KEEP") else None
        check(set(os.listdir(d)) <= ({"out"} if code == 0 else set()), f"damage {n}: leaves nothing", os.listdir(d))
        if os.path.exists(os.path.join(d, "out")):
            check(os.path.getsize(os.path.join(d, "out")) > 0, f"damage {n}: wrote something")
            os.unlink(os.path.join(d, "out"))
        n += 1
    print(f"  exit statuses {outcomes}, {time.monotonic() - start:.1f} s")
    check(outcomes.get(0, 0) > 20 and len(outcomes) > 1, "some damage is harmless, some is refused", outcomes)


# planted

def planted(bench):
    """The one reference to a function is dropped: the program stops there. qsort's comparison has room
    for a trap with a number, add() of four bytes has not."""
    for linker, source, target, stop, code in (("bfd", "main", "by_value", signal.SIGILL, "tripwire"),
                                               ("lld-19", "main", "by_value", signal.SIGILL, "tripwire"),
                                               ("bfd", "operations", "add", signal.SIGTRAP, "")):
        path = inputs.make("hello", linker, bench.work)
        out, db, core = path + ".planted", path + ".db", path + ".core"
        for left in (out, db, core):
            if os.path.exists(left):
                os.unlink(left)
        label = f"{linker}, {target}"
        r = bench.image(path, out, f"--test-drop-edge={source}:{target}", "--db=" + db)
        filled = {s.name for s in oracle.Image(path).filled(out)} if r.returncode == 0 else set()
        if not check(target in filled and "main" not in filled, label + ": is filled", r.stderr):
            continue
        status, text = inputs.execute("hello", out)
        check(status == -stop, f"{label}: the program stops with {stop.name}", f"{status} {text}")
        text = run(["gdb", "-nx", "-batch", "-ex", "run x", "-ex", "generate-core-file " + core, "-ex", "bt",
                    "-ex", "info registers", out]).stdout
        check(os.path.exists(core), label + ": gdb writes a core file", text)
        for how, more in (("core", ["--core", core]), ("text", ["-"])):
            r = subprocess.run([bench.reap, "explain", "--db", db, "--exe", out, *more, "--format", "json"],
                               input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                found = json.loads(r.stdout)
            except ValueError:
                found = []
            check(found and code in found[0]["code"] and target in found[0]["symbols"] and
                  (found[0]["certain"] or not code), f"{label}, {how}: reap explain names the function",
                  r.stdout + r.stderr + text[-1500:])
        r = run([bench.reap, "explain", "--db", db, "--exe", out, "--core", core])
        check("--keep-symbol=" + target in r.stdout, label + ": and the line that keeps it", r.stdout)


# llvm

def llvm(bench):
    """Each of LLVM's libraries in one program."""
    flags = run(["llvm-config-19", "--link-static", "--ldflags", "--libs", "all", "--system-libs"]).stdout.split()
    d = backends.linker_dir(bench.path("ld"), backends.program("lld-19"))
    path, out = bench.path("program"), bench.path("out")
    subprocess.run(["g++", "-O1", "-std=c++17", "-B", d + "/", "-I/usr/lib/llvm-19/include",
                    os.path.join(inputs.HERE, "..", "e2e", "llvm", "program.cc"), *flags, "-Wl,-q", "-o", path],
                   check=True)
    want = run([path])
    check(want.returncode == 0 and "targets" in want.stdout, "the program runs", want.stderr)
    start = time.monotonic()
    r = bench.image(path, out)
    seconds = time.monotonic() - start
    if not check(r.returncode == 0, "is filled", r.stdout + r.stderr):
        return
    got = run([out])
    check((got.returncode, got.stdout) == (want.returncode, want.stdout), "prints the same", got.stdout[:500] + got.stderr)
    image = oracle.Image(path)
    filled = image.filled(out)
    total = oracle.size(s for s in image.functions.v if s.kind != "LABEL")
    check(oracle.size(filled) > total // 100, f"{len(filled)} functions, {oracle.size(filled)} bytes of {total} filled "
          f"in {seconds:.1f} s")
    print(f"  {len(filled)} functions, {oracle.size(filled)} bytes of {total} filled in {seconds:.1f} s")
    again = bench.path("again")
    r = bench.image(out, again)
    check(r.returncode == 0 and read(out) == read(again), "a second run changes nothing", r.stderr)


GROUPS = dict(planted=planted, llvm=llvm, programs=programs, gain=gain, options=options, refused=refused, hostile=hostile)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("group", choices=GROUPS)
    p.add_argument("--reap", required=True)
    p.add_argument("--only", default="")
    a = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="reap-image-") as work:
        GROUPS[a.group](Bench(os.path.abspath(a.reap), work, a.only))
    print(f"{PASSED} passed, {len(FAILED)} failed")
    return 1 if FAILED or not PASSED else 0


if __name__ == "__main__":
    sys.exit(main())
