"""Links of one program by one backend, by the linker alone and through Reap; shared by the tests."""

import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import backends  # noqa: E402

PROMISE = "assume=no-typeid-deref"
ARCHIVE_FLAGS = ["-std=c++17", "-O1", "-ffunction-sections", "-fdata-sections", "-w"]


class Failure(Exception):
    """What is wrong with a program; the text is for a person."""


def run(argv, **kw):
    kw.setdefault("timeout", 300)
    return subprocess.run(argv, text=True, errors="backslashreplace", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)


def must(argv, what, **kw):
    r = run(argv, **kw)
    if r.returncode:
        raise Failure(f"{what} failed ({r.returncode}): {' '.join(argv)}\n{r.stdout[-2000:]}{r.stderr[-4000:]}")
    return r


def link(backend, build, command, folder, name, options=None, words=()):
    """Run a compiler command that links, in `folder`, to the file `name`. options None: the linker
    alone. Returns the output's path."""
    real = target = backends.program(backend.linker)
    words, env = list(words), dict(os.environ, LC_ALL="C")
    env.pop("REAP_OPTIONS", None)
    if options is not None:
        if backend.plugin:
            words.append(f"-Wl,-plugin,{build}/reap.so")
        else:
            target, options = os.path.join(build, "ld.reap"), [f"linker={real}", *options]
        env["REAP_OPTIONS"] = " ".join(options)
    if not os.path.exists(target):  # gcc would take another linker, without a word
        raise Failure(f"{target} is missing")
    d = backends.linker_dir(os.path.join(folder, f"ld-{backend.name}-{'plain' if options is None else 'reap'}"), target)
    how = f"linking ({backend.name}, {'the linker alone' if options is None else env['REAP_OPTIONS']})"
    must([*command, "-B", d + "/", *words, "-o", name], how, cwd=folder, env=env)
    return os.path.join(folder, name)


def output(path, folder):
    """(exit status, standard output, standard error) of a program."""
    r = run([path], cwd=folder, timeout=120)
    return r.returncode, r.stdout, r.stderr


def difference(want, got):
    """Where two outputs differ, in a line."""
    a, b = want[1].splitlines(), got[1].splitlines()
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return f"line {i + 1}: {x!r} became {y!r}"
    return f"{len(a)} lines became {len(b)}, exit status {want[0]} became {got[0]}; {got[2][:200]}"


class Source:
    """A program of programs/: a file with directives in its comments.

    // before: COMMAND    run first, in the scratch folder
    // sources: FILES     compiled, too
    // link: FLAGS        of the link
    // exit: N            what it must return (default 0)
    // slots: N           at least so many slots go on the promise
    // proof: N           at least so many go on proof
    """

    def __init__(self, path):
        self.path, self.name = path, os.path.splitext(os.path.basename(path))[0]
        self.directives = {"before": "", "sources": "", "link": "", "exit": "0", "slots": "1", "proof": "0"}
        with open(path, encoding="utf-8") as f:
            for line in f:
                key, colon, value = line.removeprefix("// ").partition(": ")
                if line.startswith("// ") and colon and key in self.directives:
                    self.directives[key] = value.strip()

    def compile(self, folder):
        """The compiler command that links it."""
        if self.directives["before"]:
            must(["bash", "-euc", self.directives["before"]], "the command before", cwd=folder)
        objects = []
        for name in [self.name + ".cc", *self.directives["sources"].split()]:
            must(["g++", *ARCHIVE_FLAGS, "-c", name, "-o", name + ".o"], "compiling", cwd=folder)
            objects.append(name + ".o")
        return ["g++", *objects, *shlex.split(self.directives["link"])]


def programs():
    folder = os.path.join(HERE, "programs")
    return [Source(os.path.join(folder, n)) for n in sorted(os.listdir(folder)) if n.endswith(".cc")]
