#!/usr/bin/env python3
"""Count typeinfo in a linked program, by nothing but its symbols and bytes.

usage: slots.py PROGRAM...

A filled slot is a word of a vtable or construction vtable (_ZTV…, _ZTC…) whose value is the address
of a typeinfo object (_ZTI…), in the file or by a dynamic relocation. Reap's own count plays no part.
"""

import bisect
import collections
import struct
import sys

WIDTH = {1: (4, "I"), 2: (8, "Q")}  # ELFCLASS32, ELFCLASS64
RELATIVE = {62: 8, 183: 1027, 3: 8}  # R_X86_64_RELATIVE, R_AARCH64_RELATIVE, R_386_RELATIVE
SHT_SYMTAB, SHT_RELA, SHT_NOBITS, SHT_RELR = 2, 4, 8, 19

Count = collections.namedtuple("Count", "vtables slots typeinfos names bytes per_vtable")


class Image:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        d = self.data
        if d[:4] != b"\x7fELF" or d[5] != 1:
            raise ValueError(f"{path}: not a little-endian ELF file")
        self.width, self.word = WIDTH[d[4]]
        wide = d[4] == 2
        self.machine = struct.unpack_from("<H", d, 18)[0]
        shoff = struct.unpack_from("<Q" if wide else "<I", d, 40 if wide else 32)[0]
        entsize, n, _ = struct.unpack_from("<HHH", d, 58 if wide else 46)
        layout = "<IIQQQQIIQQ" if wide else "<10I"
        self.sections = [struct.unpack_from(layout, d, shoff + i * entsize) for i in range(n)]
        self.by_address = sorted((s[3], s[5], s[4]) for s in self.sections if s[2] & 2 and s[1] != SHT_NOBITS)
        self.starts = [a for a, _, _ in self.by_address]
        self.symbols = self.read_symbols(wide)
        self.relative = self.read_relative(wide)

    def read_symbols(self, wide):
        found = []
        for s in self.sections:
            if s[1] != SHT_SYMTAB:
                continue
            names = self.sections[s[6]][4]
            layout, size = ("<IBBHQQ", 24) if wide else ("<IIIBBH", 16)
            for at in range(s[4], s[4] + s[5], size):
                f = struct.unpack_from(layout, self.data, at)
                name, shndx, value, length = (f[0], f[3], f[4], f[5]) if wide else (f[0], f[5], f[1], f[2])
                if self.data.startswith(b"_ZT", names + name) and shndx:
                    end = self.data.index(b"\0", names + name)
                    found.append((self.data[names + name:end].decode(), value, length))
        return found

    def read_relative(self, wide):
        """{address: value} of relative relocations that carry an addend; the others are in the bytes."""
        found = {}
        for s in self.sections:
            if s[1] == SHT_RELA and wide:
                for at, info, addend in struct.iter_unpack("<QQq", self.data[s[4]:s[4] + s[5] // 24 * 24]):
                    if info & 0xffffffff == RELATIVE.get(self.machine):
                        found[at] = addend
        return found

    def words(self, address, length):
        i = bisect.bisect_right(self.starts, address) - 1
        if i < 0:
            return []
        start, size, offset = self.by_address[i]
        if address + length > start + size:
            return []
        n = length // self.width
        values = struct.unpack_from(f"<{n}{self.word}", self.data, offset + address - start)
        return [self.relative.get(address + k * self.width, v) for k, v in enumerate(values)]


def count(path):
    image = Image(path)
    typeinfos = {v: n for name, v, n in image.symbols if name.startswith("_ZTI")}
    names = {v: n for name, v, n in image.symbols if name.startswith("_ZTS")}
    vtables = {(name, v): n for name, v, n in image.symbols if name[:4] in ("_ZTV", "_ZTC")}
    per_vtable = collections.Counter()
    for (name, address), length in vtables.items():
        filled = sum(w in typeinfos for w in image.words(address, length))
        per_vtable[name] += filled
    return Count(len(vtables), sum(per_vtable.values()), len(typeinfos), len(names),
                 sum(typeinfos.values()) + sum(names.values()), per_vtable)


def dropped(plain, collected):
    """Slots that are filled in `plain`'s vtables and not in the same vtables of `collected`."""
    return sum(max(0, plain.per_vtable[v] - n) for v, n in collected.per_vtable.items())


def main():
    for path in sys.argv[1:]:
        c = count(path)
        print(f"{path}: {c.vtables} vtables, {c.slots} slots, {c.typeinfos} typeinfos, {c.names} names, {c.bytes} bytes")


if __name__ == "__main__":
    main()
