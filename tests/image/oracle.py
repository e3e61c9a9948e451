#!/usr/bin/env python3
"""oracle.py IMAGE [FILLED]: which functions of a linked image are reachable, without Reap.

Reads what readelf and objdump print of an image that was linked with --emit-relocs, and walks it
twice, at the level of functions:

  certain   only what surely is a reference: direct branches, addresses that instructions name, and
            absolute relocations, from the entry and the arrays that start-up code walks, through
            data objects. Whatever this reaches must not be filled.
  possible  all data is taken to be live, as is code outside functions, and a relocation reaches
            every function that it may mean. What even this does not reach should be filled.

With FILLED, compares: a function is filled when its bytes differ. Exit status 1: a function that is
certainly reachable is filled.
"""

import argparse
import bisect
import collections
import re
import subprocess
import sys

Symbol = collections.namedtuple("Symbol", "address size kind name section")
Section = collections.namedtuple("Section", "number name kind address offset size flags")

# Bookkeeping about code: it keeps nothing alive.
ABOUT_CODE = (".eh_frame", ".gcc_except_table", ".debug", ".orc_unwind", ".comment", ".eh_frame_hdr")

# Whatever follows them is not run (calls at the end of a function do not return); and padding.
STOPS = {"ret", "retq", "jmp", "call", "bl", "ud2", "hlt", "int3", "b", "br", "udf", "brk", "notrack", "repz", "bnd",
         "eret", "braa", "retaa"}
PADDING = {"nop", "nopw", "nopl", "xchg", "data16", "cs"}



def tool(*words):
    r = subprocess.run(words, stdout=subprocess.PIPE, text=True, errors="replace", check=True)
    return r.stdout


class Ranges:
    """Symbols with sizes, to be found by address; of those that overlap each is found."""

    def __init__(self, symbols):
        self.v = sorted(set(symbols))
        self.starts = [s.address for s in self.v]
        self.reach = []  # the furthest end of all up to here
        end = 0
        for s in self.v:
            end = max(end, s.address + s.size)
            self.reach.append(end)

    def at(self, address):
        i = bisect.bisect_right(self.starts, address) - 1
        found = []
        while i >= 0 and self.reach[i] > address:
            s = self.v[i]
            if s.address <= address < s.address + s.size:
                found.append(s)
            i -= 1
        return found


class Image:
    def __init__(self, path, roots=()):
        self.path, self.roots = path, roots
        header = tool("readelf", "-hW", path)
        self.arm = "AArch64" in header
        self.prefix = "aarch64-linux-gnu-" if self.arm else ""
        self.entry = int(re.search(r"Entry point address: +0x([0-9a-f]+)", header).group(1), 16)
        self.sections = []
        for m in re.finditer(r"^ +\[ *(\d+)\] (\S*) +([A-Z_0-9]+) +([0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+) \S+ +([A-Zopdlxp]*) ",
                             tool("readelf", "-SW", path), re.M):
            self.sections.append(Section(int(m[1]), m[2], m[3], *(int(x, 16) for x in m.group(4, 5, 6)), m[7]))
        self.allocated = sorted((s for s in self.sections if "A" in s.flags and "T" not in s.flags and s.size),
                                key=lambda s: s.address)
        code = {s.number for s in self.sections if "X" in s.flags}
        ends = {s.number: s.address + s.size for s in self.sections}
        functions, objects, labels = [], [], []
        for m in re.finditer(r"^ *\d+: ([0-9a-f]{16}) +(\d+|0x[0-9a-f]+) (\w+) +\w+ +\w+ +(?:\[.*\] +)?(\d+) (.*)$",
                             tool("readelf", "-sW", path), re.M):
            s = Symbol(int(m[1], 16), int(m[2], 0), m[3], m[5].strip(), int(m[4]))
            if s.kind in ("SECTION", "TLS", "FILE") or s.name.startswith("$"):
                continue
            if s.size:
                (functions if s.section in code else objects).append(s)
            elif s.section in code and s.address < ends[s.section]:
                labels.append(s)
        # A label without size reaches to whatever comes next.
        starts = sorted({s.address for s in functions + labels} | {s.address + s.size for s in self.allocated})
        sized = Ranges(functions)
        for s in labels:
            i = bisect.bisect_right(starts, s.address)
            if not sized.at(s.address) and i < len(starts):
                functions.append(s._replace(size=starts[i] - s.address, kind="LABEL"))
        self.by_name = {s.name: s.address for s in functions}
        self.functions, self.objects = Ranges(functions), Ranges(objects)
        self.relocations = self.branches = None  # read when they are needed

    def section_of(self, address):
        for s in self.allocated:
            if s.address <= address < s.address + s.size:
                return s
        return None

    def read_relocations(self):
        """(place, type, S + A, section's name), of all sections but those about code."""
        self.relocations = []
        about = ""
        for line in tool("readelf", "-rW", self.path).splitlines():
            m = re.match(r"Relocation section '(.*)' at", line)
            if m:
                about = m[1]
                continue
            if not about.startswith(".rela") or about.startswith(tuple(".rela" + a for a in ABOUT_CODE)):
                continue
            w = line.split()
            if len(w) < 4 or not w[2].startswith("R_"):
                continue
            if len(w) >= 7 and w[3].endswith("()"):  # an ifunc: its resolver
                value = self.by_name.get(w[4], 0)
            elif len(w) >= 7 and w[5] in "+-":
                value = int(w[3], 16) + (int(w[6], 16) if w[5] == "+" else -int(w[6], 16))
            elif len(w) == 4:  # no symbol: an address (RELATIVE, IRELATIVE)
                value = int(w[3].split("+")[-1], 16)
            else:
                continue
            self.relocations.append((int(w[0], 16), w[2], value % 2**64, about))

    def read_branches(self):
        """(place, target): direct branches, and addresses relative to the instruction."""
        self.branches = []
        self.places, self.stops = [], []  # of every instruction: its address; whether none follows it
        pattern = re.compile(r"^ *([0-9a-f]+):\t(\S+)(?:[ \t]+(.*))?$")
        for line in tool(self.prefix + "objdump", "-d", "-w", "--no-show-raw-insn", self.path).splitlines():
            m = pattern.match(line)
            if not m:
                continue
            if m[2] not in PADDING:
                self.places.append(int(m[1], 16))
                self.stops.append(m[2] in STOPS)
            if not m[3]:
                continue
            place, operands = int(m[1], 16), m[3]
            t = re.search(r"# (?:0x)?([0-9a-f]+)(?: <|$)", operands) or re.search(r"(?:^|, |[ \t])(?:0x)?([0-9a-f]+) <", operands)
            if t and m[2] != "adrp":
                self.branches.append((place, int(t[1], 16)))

    def absolute(self, kind):
        if self.arm:
            return kind in ("R_AARCH64_ABS64", "R_AARCH64_CALL26", "R_AARCH64_JUMP26", "R_AARCH64_ADR_PREL_PG_HI21",
                            "R_AARCH64_ADR_PREL_LO21", "R_AARCH64_RELATIV", "R_AARCH64_RELATIVE")
        return kind in ("R_X86_64_64", "R_X86_64_32", "R_X86_64_32S", "R_X86_64_RELATIVE")

    def walk(self, certain):
        """The reachable functions."""
        if self.branches is None:
            self.read_relocations()
            self.read_branches()
        out = collections.defaultdict(set)  # from a symbol, or None: from the start

        def targets(address):
            return self.functions.at(address) + self.objects.at(address)

        def edge(place, reached):
            owners = targets(place)
            if not owners:
                if certain:
                    section = self.section_of(place)
                    if not section or section.name not in (".init", ".fini", ".init_array", ".fini_array", ".preinit_array"):
                        return
                owners = [None]
            elif not certain:  # data keeps what it mentions
                owners = [None if o.section not in self.code_numbers else o for o in owners]
            for o in owners:
                out[o].update(reached)
        self.code_numbers = {s.number for s in self.sections if "X" in s.flags}
        out[None].update(targets(self.entry))
        for name in self.roots:
            out[None].update(targets(self.by_name[name]))
        for place, target in self.branches:
            edge(place, targets(target))
        if not certain:  # code that runs on into what follows
            for s in self.functions.v:
                i = bisect.bisect_left(self.places, s.address + s.size) - 1
                if i >= 0 and not self.stops[i]:
                    j = bisect.bisect_left(self.functions.starts, s.address + s.size)
                    if j < len(self.functions.v) and self.functions.v[j].address < s.address + s.size + 32:
                        out[s].update(targets(self.functions.v[j].address))
        for place, kind, value, about in self.relocations:
            if kind.endswith("IRELATIVE") or kind.endswith("IRELATIV") or kind == "R_AARCH64_IRELATIVE":
                out[None].update(targets(value))
            elif certain:
                if self.absolute(kind):
                    edge(place, targets(value))
            elif not kind.endswith("_NONE"):
                edge(place, targets(value) + targets(value + 4) + targets(value + 8))
        if not certain:  # assembly
            out[None].update(s for s in self.functions.v if s.kind in ("NOTYPE", "LABEL"))
        self.out = out
        live, work, self.path_of = set(), [None], {}
        while work:
            source = work.pop()
            for t in out[source]:
                if t not in live:
                    live.add(t)
                    self.path_of[t] = source
                    work.append(t)
        return {s for s in live if s.section in self.code_numbers}

    def reached_from(self, start, within):
        """Those of `within` that the references of the last walk lead to from `start`."""
        found, work = set(start), list(start)
        while work:
            for t in self.out[work.pop()] & within:
                if t not in found:
                    found.add(t)
                    work.append(t)
        return found

    def why(self, symbol):
        """The path by which the last walk reached it."""
        names = []
        while symbol:
            names.append(symbol.name)
            symbol = self.path_of.get(symbol)
        return " <- ".join(names)

    def load(self, path=None):
        with open(path or self.path, "rb") as f:
            return f.read()

    def offset(self, address):
        """Where the byte is in the file, None: nowhere."""
        s = self.section_of(address)
        return s.offset + address - s.address if s and s.kind != "NOBITS" else None

    def filled(self, path):
        """Functions whose bytes differ in the file at `path`."""
        a, b = self.load(), self.load(path)
        found = set()
        for s in self.functions.v:
            at = self.offset(s.address)
            if at is not None and a[at:at + s.size] != b[at:at + s.size]:
                found.add(s)
        return found


def size(functions):
    """Bytes, those of aliases once."""
    total, end = 0, 0
    for s in sorted(functions):
        start = max(s.address, end)
        end = max(end, s.address + s.size)
        total += max(0, end - start)
    return total


def main():
    p = argparse.ArgumentParser()
    p.add_argument("image")
    p.add_argument("filled", nargs="?")
    p.add_argument("--root", action="append", default=[], help="a function where it starts, too")
    p.add_argument("-v", action="store_true")
    a = p.parse_args()
    image = Image(a.image, a.root)
    certain, possible = image.walk(True), image.walk(False)
    every = set(image.functions.v)
    print("%d functions, %d bytes; certainly live %d, possibly live %d; dead at least %d, %d bytes"
          % (len(every), size(every), len(certain), len(possible), len(every - possible), size(every - possible)))
    if not certain <= possible:
        print("odd: certain but not possible:", sorted(s.name for s in certain - possible)[:20])
    if not a.filled:
        return 0
    filled = image.filled(a.filled)
    wrong, missed = filled & certain, every - possible - filled
    more = filled & possible
    print("filled %d, %d bytes; wrong %d; dead but not filled %d, %d bytes; filled though possible %d, %d bytes"
          % (len(filled), size(filled), len(wrong), len(missed), size(missed), len(more), size(more)))
    if wrong:
        image.walk(True)
    for label, group in (("wrong", wrong), ("missed", missed), ("more", more)):
        if group and (a.v or label == "wrong"):
            print(label + ":", " ".join(sorted(s.name for s in group)[:40]))
    for s in sorted(wrong)[:20]:
        print("wrong:", image.why(s))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
