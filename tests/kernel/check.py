#!/usr/bin/env python3
"""check.py NAME --reap PROGRAM [--dir DIR] [--build]: collect a kernel, and hold it to everything
that can be checked without trust in Reap.

NAME is tiny, arm64 or mid (build.sh). What is checked:
  boot      the collected kernel boots, init's checks pass, and dmesg is the uncollected one's after
            times, addresses and amounts of memory are normalised
  audit     `reap audit` finds every bracketed table whole
  again     a second collection of the result removes nothing
  oracle    with whole tables, what Reap removes is what ld --gc-sections removes, where the script
            keeps the tables that it would lose (not mid: ORC keeps everything there)
  control   the same ld with the script as it is loses tables: the audit must say so, by name; and a
            rule with a wrong subject must not pass
  lint      (not mid) the tables that ld would lose are named before anything is linked
  module    (mid) a collected module is loaded in the guest
  gain      (mid) at least as many bytes as documented are freed, in time and memory
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FAILED = []

KERNELS = {
    "tiny": dict(arch="x86", cross="", emulation="elf_x86_64", lds="arch/x86/kernel/vmlinux.lds",
                 qemu=["qemu-system-x86_64", "-accel", "tcg", "-m", "128", "-serial", "stdio"],
                 image="vmlinux", console="ttyS0"),
    "mid": dict(arch="x86", cross="", emulation="elf_x86_64", lds="arch/x86/kernel/vmlinux.lds",
                qemu=["qemu-system-x86_64", "-accel", "tcg", "-m", "256", "-serial", "stdio"],
                image="vmlinux", console="ttyS0"),
    "arm64": dict(arch="arm64", cross="aarch64-linux-gnu-", emulation="aarch64linux",
                  lds="arch/arm64/kernel/vmlinux.lds",
                  qemu=["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57", "-m", "128",
                        "-serial", "stdio"],
                  image="arch/arm64/boot/Image", console="ttyAMA0"),
}

# What x86's and arm64's own scripts do not KEEP, although somebody walks it from mark to mark
# (arch/*/kernel/vmlinux.lds.S of 6.1).
UNKEPT = [".altinstructions", ".x86_cpu_dev.init", ".apicdrivers", ".parainstructions", ".smp_locks",
          ".retpoline_sites", ".return_sites", ".ibt_endbr_seal", ".bss..brk", ".init.scratch"]


def check(ok, what, detail=""):
    print(("ok      " if ok else "FAILED  ") + what, flush=True)
    if not ok:
        FAILED.append(what)
        print(str(detail)[-3000:])
    return ok


def run(words, **more):
    return subprocess.run(words, capture_output=True, text=True, errors="replace", **more)


class Kernel:
    def __init__(self, name, root, reap, work):
        self.name, self.reap, self.work = name, reap, work
        self.tree = os.path.join(root, name)
        self.source = os.path.join(root, "linux")
        self.__dict__.update(KERNELS[name])

    def path(self, name):
        return os.path.join(self.tree, name)

    def link(self, collector, image_as):
        """The kernel's own link with `collector` in the hook; vmlinux (and the boot image) kept."""
        if os.path.exists(self.path("vmlinux")):
            os.unlink(self.path("vmlinux"))
        env = dict(os.environ, KBUILD_BUILD_TIMESTAMP="Thu Jan  1 00:00:00 UTC 2026",
                   KBUILD_BUILD_USER="reap", KBUILD_BUILD_HOST="reap", KBUILD_BUILD_VERSION="1")
        if self.name == "mid":  # one section for each input section: `ld -r` merges what has one name
            env["REAP_LDFLAGS"] = "--unique"
        targets = ["vmlinux"] + (["Image"] if self.arch == "arm64" else [])
        r = run(["make", "-s", "-C", self.source, "O=" + self.tree,
                 "ARCH=" + ("arm64" if self.arch == "arm64" else "x86_64"),
                 "CROSS_COMPILE=" + self.cross, "REAP=" + collector] + targets, env=env)
        if r.returncode:
            print(r.stdout[-2000:], r.stderr[-4000:])
            return None
        for what, to in (("vmlinux", image_as), (self.image, image_as + ".boot")):
            data = open(self.path(what), "rb").read()
            with open(os.path.join(self.work, to), "wb") as f:
                f.write(data)
        return os.path.join(self.work, image_as)

    def boot(self, image, extra=()):
        words = self.qemu + ["-nographic", "-nodefaults", "-no-reboot", "-kernel", image + ".boot",
                             "-append", "console=%s panic=-1" % self.console, *extra]
        try:
            return run(["timeout", "300"] + words, stdin=subprocess.DEVNULL).stdout
        except OSError as e:
            return str(e)

    def gc(self, *options, object_="vmlinux.o", output=None, script=None):
        words = [self.reap, "gc", "-T", script or self.path(self.lds),
                 "--export-from=" + self.path("init/version-timestamp.o"), *options,
                 "-o", output or os.path.join(self.work, "out.o"), self.path(object_)]
        return run(words)

    def ld_gc(self, script, output):
        """ld's own --gc-sections over vmlinux.o; the sections of vmlinux.o that it removed."""
        words = [self.cross + "ld", "-m", self.emulation, "-z", "noexecstack",
                 "--no-warn-rwx-segments", "--gc-sections", "--print-gc-sections", "-T", script,
                 "-o", output, "--whole-archive", self.path("vmlinux.o"),
                 self.path("init/version-timestamp.o")]
        if self.arch == "arm64":
            words[3:3] = ["-EL"]
        r = run(words)
        removed = re.findall(r"removing unused section '(.*)' in file '.*vmlinux\.o'", r.stderr)
        return removed, r


def normalise(dmesg):
    """Lines without times, addresses, amounts and what depends on the speed of the machine."""
    out = []
    for line in dmesg.splitlines():
        line = re.sub(r"^\[ *[0-9.]+\] ?", "", line.strip("\r"))
        if re.search(r"BogoMIPS|lpj=|APIC (timer|calibration|delta)|rtc_cmos|tsc:|clocksource|"
                     r"sched_clock|random: crng|Calibrat|kvm-clock|Linux version|"
                     r"input: ImExPS|input: AT Translated|"
                     r"Booting from ROM|hpet: Lost|8254|8259A|\.\.\. ?works|found apic", line):  # a busy machine loses interrupts
            continue
        line = re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b", "X", line)
        line = re.sub(r"\d+(\.\d+)? ?(K|kB|KiB|MB|MiB|bytes|B|usecs?|us|ms|ns|s|pages)\b", "N", line)
        line = re.sub(r"^ftrace: alloc.*", "ftrace", line)
        out.append(line)
    return sorted(out)  # drivers that probe in parallel take turns


def size_of_sections(path):
    r = run(["readelf", "-SW", path])
    sizes = {}
    for m in re.finditer(r"\] (\S+) +(?:PROGBITS|NOBITS) +\S+ \S+ ([0-9a-f]+)", r.stdout):
        sizes[m.group(1)] = max(sizes.get(m.group(1), 0), int(m.group(2), 16))
    return sizes


def totals(text):
    """The rows of reap gc's table: name -> (before, after, removed)."""
    return {m.group(1): tuple(int(x) for x in m.groups()[1:])
            for m in re.finditer(r"^(\w[\w ]*?) +(\d+) +(\d+) +(\d+)$", text, re.M)}


def keep_script(k):
    """The kernel's script with KEEP around what ld would lose."""
    text = open(k.path(k.lds)).read()
    for name in UNKEPT:
        text = re.sub(r"(?<!KEEP\()\*\(" + re.escape(name) + r"\)", "KEEP(*(%s))" % name, text)
    path = os.path.join(k.work, "keep.lds")
    with open(path, "w") as f:
        f.write(text)
    return path


def check_boot(k, base, options):
    old = k.boot(base)
    check("MARKER-BOOT-OK" in old, k.name + ": the uncollected kernel boots", old)
    for label, words in options:
        image = k.link("%s gc --kernel %s" % (k.reap, words), "collected" + label)
        if not check(image, "%s%s: the kernel links" % (k.name, label)):
            continue
        new = k.boot(image)
        check("MARKER-BOOT-OK" in new, "%s%s: the collected kernel boots" % (k.name, label), new)
        a, b = normalise(old), normalise(new)
        check(a == b, "%s%s: dmesg is the same" % (k.name, label),
              "\n".join(["- " + x for x in a if x not in b] + ["+ " + x for x in b if x not in a]))
        r = run([k.reap, "audit", base, image])
        check(r.returncode == 0 and " 0 findings" in r.stdout,
              "%s%s: audit finds every table whole" % (k.name, label), r.stdout + r.stderr)
        r = k.gc("--check", *words.split(), object_="vmlinux.reap.o")
        t = totals(r.stdout)
        check(r.returncode == 0 and t.get("bytes", (0, 0, 1))[2] == 0,
              "%s%s: a second collection removes nothing" % (k.name, label), r.stdout + r.stderr)


def check_oracle(k):
    script = keep_script(k)
    removed, r = k.ld_gc(script, os.path.join(k.work, "ld"))
    if not check(removed, k.name + ": ld --gc-sections links with the KEEPs", r.stderr[-2000:]):
        return
    out = os.path.join(k.work, "objects")
    r = run([k.reap, "gc", "-q", "--level=linker", "-T", script, "--out-dir", out,
             "--print-removed=" + os.path.join(k.work, "removed"), k.path("vmlinux.o"),
             k.path("init/version-timestamp.o")])
    text = open(os.path.join(k.work, "removed")).read() if r.returncode == 0 else ""
    mine = set(re.findall(r"vmlinux\.o:\((.*)\)$", text, re.M))
    sizes = size_of_sections(k.path("vmlinux.o"))
    discard = " ".join(re.findall(r"/DISCARD/ : \{(.*?)\}", open(script).read(), re.S))
    thrown = [g for g in re.findall(r"\*\(([^)]*)\)", discard)]

    def counts(name):
        import fnmatch
        if not sizes.get(name):
            return False  # ld says nothing of empty sections
        return not any(fnmatch.fnmatchcase(name, g) for gs in thrown for g in gs.split())
    a = {n for n in removed if counts(n)}
    b = {n for n in mine if counts(n)}
    check(a and a == b, "%s: removes what ld removes: %d sections, difference %d"
          % (k.name, len(a), len(a ^ b)),
          "only ld: %s\nonly reap: %s" % (sorted(a - b)[:40], sorted(b - a)[:40]))


def check_control(k, base):
    lost = os.path.join(k.work, "lost")
    _, r = k.ld_gc(k.path(k.lds), lost)
    if check(os.path.exists(lost), k.name + ": ld links with the script as it is", r.stderr[-2000:]):
        r = run([k.reap, "audit", base, lost])
        check(r.returncode == 1 and re.search(r"^\.altinstructions .* missing", r.stdout, re.M),
              k.name + ": audit names the tables that ld lost", r.stdout + r.stderr)
    # a table whose records follow something else than their subject
    rules = os.path.join(k.work, "wrong.rules")
    with open(rules, "w") as f:
        f.write("table __ex_table record 4 subject 0 targets 4\n")
    r = k.gc("-v", "--rules=" + rules)
    check("odd-table" in r.stderr and "__ex_table" in r.stderr,
          k.name + ": a record size that does not fit keeps the table whole, with a note", r.stderr)
    if k.name == "mid":
        return  # ld would lose most of it; tens of thousands of findings take minutes
    # before anything is linked: what this script would make of the object under ld's own collection
    db = os.path.join(k.work, "lint.db")
    k.gc("--level=linker", "--mode=report", "--db=" + db)
    r = run([k.reap, "lint", "--db", db])
    check(re.search(r"\.altinstructions", r.stdout) and "without KEEP" in r.stdout,
          k.name + ": lint names the tables that a script without KEEP would lose",
          r.stdout + r.stderr)


def check_subject(k, base):
    """Records that follow something else than their place: live ones are cut, which audit must tell."""
    rules = os.path.join(k.work, "subject.rules")
    with open(rules, "w") as f:  # offset 4 is the replacement, which nothing but the record mentions
        f.write("table .altinstructions record 12|14|13 subject 4 targets 0 "
                "between __alt_instructions __alt_instructions_end\n")
    image = k.link("%s gc --kernel --rules=%s" % (k.reap, rules), "subject")
    if check(image, k.name + ": the kernel links with a wrong subject, too"):
        r = run([k.reap, "audit", base, image])
        wrong = re.findall(r"^(\S+) .* missing", r.stdout, re.M)
        check(r.returncode == 1 and wrong == [".altinstructions"],
              k.name + ": audit names the table whose records do not follow their subject",
              r.stdout + r.stderr)


def check_modversions(k):
    """A kernel with checksums of its exports keeps all exports, and says so."""
    mark, both = os.path.join(k.work, "mark.o"), os.path.join(k.work, "modversions.o")
    run(["as", "-o", mark], input=".globl module_layout\nmodule_layout:\n")
    r = run(["ld", "-r", "-o", both, k.path("vmlinux.o"), mark])
    if not check(r.returncode == 0, k.name + ": a kernel with module_layout()", r.stderr):
        return
    whole, none = k.gc("--kernel", object_=both), k.gc("--kernel", "--modules=none", object_=both)
    check(none.returncode == 0 and "kernel-modversions" in none.stderr and
          "kernel-modversions" not in whole.stderr and
          totals(none.stdout)["bytes"] == totals(whole.stdout)["bytes"],
          k.name + ": with CONFIG_MODVERSIONS exports stay, with a warning", none.stdout + none.stderr)


# Bytes that must be freed at least: (text, all), by options.
GAIN = {"": (105000, 205000), "--modules=none": (435000, 950000)}


def check_gain(k):
    import time
    size = os.path.getsize(k.path("vmlinux.o"))
    for words, (text, all_) in GAIN.items():
        start = time.monotonic()
        r = k.gc("--stats", *words.split())
        seconds = time.monotonic() - start
        t = totals(r.stdout)
        check(r.returncode == 0 and t["text"][2] >= text and t["bytes"][2] >= all_,
              "%s: %s frees %d bytes of text, %d in all" %
              (k.name, words or "by default", t.get("text", (0, 0, 0))[2],
               t.get("bytes", (0, 0, 0))[2]), r.stdout + r.stderr)
        peak = re.search(r"^total .*|^rewrite +\S+ +\S+ +([0-9.]+)", r.stderr, re.M)
        print("        %.2f s, peak %s MiB for an object of %.1f MiB" %
              (seconds, peak.group(1) if peak else "?", size / 2**20))
        # twice what is documented: the machine of a test is shared
        check(seconds < 3.0, "%s: collected in %.2f s" % (k.name, seconds))


def cpio(name, data):
    """An initrd (newc) with one file."""
    out = b""
    for path, mode, body in ((name, 0o100644, data), ("TRAILER!!!", 0, b"")):
        head = "070701" + "".join("%08x" % x for x in (
            1, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(path) + 1, 0))
        out += head.encode() + path.encode() + b"\0"
        out += b"\0" * (-len(out) % 4)
        out += body
        out += b"\0" * (-len(out) % 4)
    return out


def check_module(k, image):
    """A module is collected, loses what nothing calls, and is loaded in the collected kernel."""
    r = k.gc("--modules-from=" + k.path("drivers/thermal"))
    none = k.gc("--modules=none")
    some, least = totals(r.stdout)["text"][1], totals(none.stdout)["text"][1]
    whole = totals(k.gc().stdout)["text"][1]
    check(least < some < whole, k.name + ": what a set of modules imports stays, and no more: text "
          "%d < %d < %d" % (least, some, whole), r.stderr)
    src = os.path.join(k.work, "module")
    os.mkdir(src)
    for name in ("Makefile", "reap_test.c"):
        with open(os.path.join(src, name), "w") as f:
            f.write(open(os.path.join(HERE, "module", name)).read())
    r = run(["make", "-s", "-C", k.source, "O=" + k.tree, "M=" + src,
             "KCFLAGS=-ffunction-sections -fdata-sections", "modules"])
    ko, out = os.path.join(src, "reap_test.ko"), os.path.join(k.work, "module.ko")
    if not check(os.path.exists(ko), k.name + ": the module builds", r.stdout + r.stderr):
        return
    r = run([k.reap, "gc", "--check", "--print-removed=" + out + ".removed", "--db=" + out + ".db",
             "-o", out, ko])
    if not check(r.returncode == 0, k.name + ": the module is collected", r.stderr):
        return
    removed = open(out + ".removed").read()
    check(".text.reap_test_dead" in removed and "reap_test_live" not in removed,
          k.name + ": of the module goes what nothing calls, and nothing else", removed)
    r = run([k.reap, "why", "reap_test_dead", "--db", out + ".db"])
    check(r.returncode == 0 and "reap_test_dead" in r.stdout,
          k.name + ": reap why tells about a module", r.stdout + r.stderr)
    initrd = out + ".cpio"
    with open(initrd, "wb") as f:
        f.write(cpio("module.ko", open(out, "rb").read()))
    text = k.boot(image, ("-initrd", initrd))
    check("reap_test: loaded, answer 42, fault -14" in text and "INIT: module loaded" in text,
          k.name + ": the collected module is loaded by the collected kernel", text)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("name", choices=sorted(KERNELS))
    p.add_argument("--reap", required=True)
    p.add_argument("--dir", default=os.environ.get("REAP_KERNEL_DIR", "/var/tmp/kernel"))
    p.add_argument("--only", default="")
    a = p.parse_args()
    subprocess.run([os.path.join(HERE, "build.sh"), a.name, a.dir], check=True,
                   stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as work:
        k = Kernel(a.name, a.dir, os.path.abspath(a.reap), work)
        base = k.link(os.path.join(HERE, "identity.sh"), "base")
        if not check(base, a.name + ": the uncollected kernel links"):
            return 1
        options = [("", "")]
        if a.name == "mid":
            options.append((" without modules", "--modules=none"))
        check_control(k, base)
        if a.name == "tiny":  # arm64's replacements are in the section of their place
            check_subject(k, base)
        if a.name != "arm64":  # tiny has no exports: the warning only
            check_modversions(k)
        if a.name != "mid":
            check_oracle(k)
        check_boot(k, base, options)
        if a.name == "mid":
            check_gain(k)
            check_module(k, os.path.join(work, "collected"))
    print("%d failed" % len(FAILED))
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
