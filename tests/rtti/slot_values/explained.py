#!/usr/bin/env python3
"""A program that reads a slot that was cut: `reap explain` names the class, from the core file and from
the registers that gdb prints (docs/typeinfo-slots.md).

usage: explained.py --build DIR
"""

import argparse
import json
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def run(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout


def guilty(findings):
    first = findings[0]
    assert first["code"] == "rtti" and first["certain"], first
    assert first["symbols"] == ["_ZTI4Lone"], first
    assert "'name_of' read the type of an object" in first["evidence"], first
    assert "--reap-keep-symbol=_ZTI4Lone" in first["remedy"], first


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    build = os.path.abspath(p.parse_args().build)
    reap = os.path.join(build, "reap")
    with tempfile.TemporaryDirectory(prefix="reap-slots-") as work:
        os.symlink(os.path.join(build, "ld.reap"), os.path.join(work, "ld"))
        flags = ["-O1", "-ffunction-sections", "-fdata-sections", "-c"]
        run("gcc", *flags, os.path.join(HERE, "reader.c"), cwd=work)
        run("g++", *flags, os.path.join(HERE, "called.cc"), cwd=work)
        run("g++", "-B", work + "/", "-static", "reader.o", "called.o", "-o", "prog", cwd=work,
            env=dict(os.environ, REAP_OPTIONS="linker=ld.bfd db=link.db"))
        assert run("./prog", cwd=work) == "3\n"
        text = run("gdb", "-nx", "-batch", "-ex", "run x", "-ex", "generate-core-file core", "-ex", "bt", "-ex",
                   "info registers", "./prog", cwd=work, stdin=subprocess.DEVNULL)
        ask = [reap, "explain", "--db", "link.db", "--exe", "prog", "--format", "json"]
        guilty(json.loads(run(*ask, "--core", "core", cwd=work)))
        guilty(json.loads(run(*ask, "-", cwd=work, input=text[text.rfind("\n#0"):])))
        print(run(*ask[:-2], "--core", "core", cwd=work))


if __name__ == "__main__":
    main()
