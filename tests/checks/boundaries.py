#!/usr/bin/env python3
"""Hold the source tree to the order of its modules: who may include whom.

usage: boundaries.py ROOT
"""

import os
import re
import sys

# A module may include itself and those named with it.
MAY = {
    "util": "",
    "elf": "util",
    "model": "util elf",
    "arch": "util elf",
    "link": "util elf model arch",
    "table": "util elf model arch link",
    "pass": "util elf model arch link table",
    "image": "util elf model arch link table pass",
    "report": "util elf model arch link table pass",
    "danger": "util elf model arch link table pass report",
    "api": "util elf model arch link table pass image report danger",
}
LIBELF = re.compile(r"^(libelf|gelf|elfutils/.*|dwarf|libdw)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)


def includes(path):
    with open(path, encoding="utf-8") as f:
        return [(m.group(1), m.group(2)) for m in INCLUDE.finditer(f.read())]


def sources(root, *folders):
    for folder in folders:
        for parent, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(parent, name), root)


def main():
    root = sys.argv[1]
    bad, seen = [], 0
    for path in sources(root, "lib"):
        seen += 1
        module = path.split(os.sep)[1]
        allowed = {module, "reap", *MAY[module].split()}
        for quote, name in includes(os.path.join(root, path)):
            if LIBELF.match(name) and module != "elf":
                bad.append(f"{path}: only lib/elf may include <{name}>")
            if name.startswith("graphviz/") and path != os.path.join("lib", "report", "graph_render.c"):
                bad.append(f"{path}: only graph_render.c may include {name}")
            if name.startswith("Zydis/") and path != os.path.join("lib", "arch", "decode_x86.c"):
                bad.append(f"{path}: only decode_x86.c may include {name}")
            if name == "plugin-api.h":
                bad.append(f"{path}: only plugin/gnu may include {name}")
            if quote == '"':
                other = name.split("/")[0] if "/" in name else module
                if other not in allowed:
                    bad.append(f"{path}: {module} may not include {name}")
    for path in sources(root, "plugin", "standalone"):
        seen += 1
        for quote, name in includes(os.path.join(root, path)):
            local = os.path.exists(os.path.join(root, os.path.dirname(path), name))
            if quote == '"' and not name.startswith("reap/") and not local:
                bad.append(f"{path}: a front end includes reap/*.h alone, not {name}")
            if LIBELF.match(name):
                bad.append(f"{path}: only lib/elf may include <{name}>")
            if name == "plugin-api.h" and not path.startswith(os.path.join("plugin", "gnu")):
                bad.append(f"{path}: only plugin/gnu may include {name}")
    for line in bad:
        print(line)
    if not seen:
        print("no sources found")
    return 1 if bad or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
