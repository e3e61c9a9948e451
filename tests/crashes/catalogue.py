"""The catalogue: how a case is read, built and run (docs/testing.md tells the syntax).

A case is a folder with sources and a file `case` of lines `key: value`:

    what:     the story in one sentence
    linkers:  the stock linkers that make the program fail
    target:   prefix of a cross compiler
    cflags:   default -O1 -g -ffunction-sections -fdata-sections
    before:   a command after compiling
    archive:  NAME MEMBERS...
    link:     $CC, $CXX, $GC (--gc-sections) and the objects; -o OUT is added
    good:     a link that works (default: the link without $GC)
    run:      default $OUT
    died:     signals, `hang`, `exit N`, or `output REGEX`
    stops:    how often a debugger stops before the end (default 1)
    code:     code of the finding that must come first; alternatives by blanks
    guilty:   FILE:SECTION of that finding; alternatives by several lines; empty section: the file
    evidence, remedy, symbol: text that the first finding must mention
"""

import dataclasses
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import backends  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MANY = {"before", "archive", "guilty", "evidence", "remedy", "symbol"}
ONE = {"what", "linkers", "target", "cflags", "objects", "link", "good", "run", "died", "stops", "code"}
SOURCES = {".c": "gcc", ".cc": "g++", ".s": "gcc"}
HANG_SECONDS = 3


class Failure(Exception):
    """What makes a case fail; the text is for a person."""


class Case:
    def __init__(self, name):
        self.name, self.folder = name, os.path.join(HERE, name)
        self.one, self.many = {}, {key: [] for key in MANY}
        path = os.path.join(self.folder, "case")
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                key, colon, value = line.strip().partition(":")
                if not line.strip() or line.startswith("#"):
                    continue
                if not colon or key not in MANY | ONE:
                    raise SystemExit(f"{path}:{number}: unknown key '{key}'")
                if key in MANY:
                    self.many[key].append(value.strip())
                else:
                    self.one[key] = value.strip()
        self.linkers = self.one["linkers"].split()
        self.codes = self.one["code"].split()
        self.target = self.one.get("target", "")


def names():
    return sorted(n for n in os.listdir(HERE) if os.path.exists(os.path.join(HERE, n, "case")))


@dataclasses.dataclass
class Death:
    """How a program ended: `how` is a signal's name, 'hang' or 'exit N'."""
    how: str
    output: str


def shell(command, folder, env=None, check=True):
    r = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=env, text=True,
                       errors="backslashreplace", stdin=subprocess.DEVNULL, timeout=300,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and r.returncode:
        raise Failure(f"{command}\nfailed ({r.returncode}):\n{r.stdout}")
    return r


def compile_case(case, work):
    """Compile the sources of a case into the folder `work`."""
    for name in os.listdir(case.folder):
        shutil.copy(os.path.join(case.folder, name), work)
    prefix = case.target + "-" if case.target else ""
    flags = case.one.get("cflags", "-O1 -g -ffunction-sections -fdata-sections -fno-pie")
    for name in sorted(os.listdir(case.folder)):
        base, ending = os.path.splitext(name)
        if ending in SOURCES:
            shell(f"{prefix}{SOURCES[ending]} {flags} -c {name} -o {base}.o", work)
    for command in case.many["before"]:
        shell(command, work)
    for archive in case.many["archive"]:
        shell(f"ar rc {archive}", work)


class Linker:
    """One of the case's linkers, alone or through Reap."""

    def __init__(self, case, linker, build, work):
        self.case, self.work, self.build = case, work, build
        self.backend = backends.Backend(("plugin-" if linker in ("bfd", "gold") else "driver-") + linker,
                                        linker, linker in ("bfd", "gold"))
        self.program = backends.program(linker, case.target)

    def link(self, command, out, options=None):
        """Link with the stock linker, or with options (NAME or NAME=VALUE) through Reap."""
        flags, env = [], dict(os.environ, LC_ALL="C")
        env.pop("REAP_OPTIONS", None)
        target = self.program
        if options is not None and self.backend.plugin:
            flags += [f"-Wl,-plugin,{self.build}/reap.so"]
            flags += [f"-Wl,-plugin-opt,{o}" for o in options]
        elif options is not None:
            target = f"{self.build}/ld.reap"
            env["REAP_OPTIONS"] = " ".join([f"--reap-linker={self.program}"] +
                                           [f"--reap-{o}" for o in options])
        kind = "reap" if target.endswith("ld.reap") else "stock"
        flags += ["-B", backends.linker_dir(f"{self.work}/{kind}-{self.backend.linker}", target) + "/"]
        prefix = self.case.target + "-" if self.case.target else ""
        env["CC"] = " ".join([prefix + "gcc"] + flags)
        env["CXX"] = " ".join([prefix + "g++"] + flags)
        env["GC"] = "-Wl,--gc-sections"
        env["REAP_RULES_DIR"] = os.path.join(HERE, "..", "..", "rules")
        return shell(f"{command} -o {shlex.quote(out)}", self.work, env)

    def bad(self, out, options=None):
        return self.link(self.case.one["link"], out, options)

    def good(self, out, options=None):
        link = self.case.one["link"]
        return self.link(self.case.one.get("good", link.replace("$GC ", "")), out, options)


def run_command(case, out):
    return case.one.get("run", "$OUT").replace("$OUT", shlex.quote(out))


def run(case, out):
    """Run the program; how it ended."""
    command = "exec " + run_command(case, out)
    p = subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL, text=True,
                         errors="backslashreplace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         cwd=os.path.dirname(out))
    try:
        output = p.communicate(timeout=HANG_SECONDS)[0]
    except subprocess.TimeoutExpired:
        p.kill()
        return Death("hang", p.communicate()[0])
    how = f"exit {p.returncode}" if p.returncode >= 0 else signal.Signals(-p.returncode).name
    return Death(how, output)


def died_as_told(case, death):
    told = case.one["died"]
    if told.startswith("output "):
        return re.search(told[7:], death.output) is not None
    return told == death.how or death.how in told.split()
