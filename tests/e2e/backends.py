"""The front ends and linkers that a case is run through.

A backend says how a compiler command becomes a link through Reap, and how the same command
becomes a plain link by the same linker, which is the oracle.
"""

import dataclasses
import os
import shutil


@dataclasses.dataclass(frozen=True)
class Backend:
    name: str      # "plugin-bfd", "driver-lld-19"
    linker: str    # "bfd", "gold", "lld-14", "lld-19", "mold"
    plugin: bool   # reap.so, else ld.reap

    @property
    def is_lld(self):
        return self.linker.startswith("lld")


ALL = [
    Backend("plugin-bfd", "bfd", True),
    Backend("plugin-gold", "gold", True),
    Backend("driver-lld-14", "lld-14", False),
    Backend("driver-lld-19", "lld-19", False),
    Backend("driver-mold", "mold", False),
    Backend("driver-bfd", "bfd", False),
    Backend("driver-gold", "gold", False),
]

# Programs of the native linkers; a cross compiler has linkers of its own.
PROGRAMS = {"bfd": "ld.bfd", "gold": "ld.gold", "lld-14": "ld.lld-14", "lld-19": "ld.lld-19",
            "mold": "mold"}


def program(linker, triple=""):
    """Path of a linker; with a triple, GNU linkers are the cross ones ("aarch64-linux-gnu-ld.bfd")."""
    name = PROGRAMS[linker]
    if triple and linker in ("bfd", "gold"):
        name = f"{triple}-{name}"
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"{name} is missing: install it (scripts/packages lists what the tests need)")
    return path


def linker_dir(parent, target):
    """A folder for gcc's -B or clang's search in which every linker name is `target`."""
    os.makedirs(parent, exist_ok=True)
    for name in ("ld", "ld.bfd", "ld.gold", "ld.lld", "ld.mold"):
        link = os.path.join(parent, name)
        if not os.path.lexists(link):
            os.symlink(target, link)
    return parent
