#!/usr/bin/env python3
"""Run one end-to-end case through every front end and linker that can take it.

usage: run.py --build DIR --case DIR [--backend NAME]... [--keep] [--work DIR]

A case is a folder with sources. They are copied to a scratch folder and compiled; directives in
their comments say what is done and what must come out (docs/testing.md lists them). For each
backend the case is linked by the linker alone, then through Reap; the outputs of both programs
must be equal, the sections named by keep/drop must be there or gone, the rewritten objects must
satisfy eu-elflint, and all front ends must have removed the same sections.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import backends

SOURCE_ENDINGS = {".c": "CC", ".cc": "CXX", ".s": "CC", ".S": "CC"}
DIRECTIVE = re.compile(r"^\s*(?://|/\*|#|;|\*|@)?\s*([a-z][a-z-]*):\s*(.*?)\s*(?:\*/)?$")
LIST_DIRECTIVES = {"keep", "drop", "keep-section", "drop-section", "before", "after", "check",
                   "env", "skip", "option", "stay", "why", "file", "oracle-extra", "linked"}
SINGLE_DIRECTIVES = {"cflags", "link", "run", "output", "exit", "compiler", "triple", "only", "oracle",
                     "agree", "collected", "gc", "from"}


class Failure(Exception):
    """What makes a case fail; the text is for a person."""


class Spec:
    """The directives of a case."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {}  # name -> path
        self.many = {name: [] for name in LIST_DIRECTIVES}
        self.one = {}
        own, base = self.read(folder), self.one.pop("from", None)
        if base:  # what this folder does not have, and what its directives do not say
            mine, self.many, self.one = (self.many, self.one), {n: [] for n in LIST_DIRECTIVES}, {}
            own = {**self.read(os.path.join(os.path.dirname(folder), base)), **own}
            self.many.update({name: values for name, values in mine[0].items() if values})
            self.one.update(mine[1])
        self.files = own
        self.one = {key: value for key, value in self.one.items() if value}
        self.many = {key: [v for v in values if v] for key, values in self.many.items()}
        self.sources = [n for n in sorted(own) if os.path.splitext(n)[1] in SOURCE_ENDINGS]

    def read(self, folder):
        """The files of a folder; takes the directives in its sources and in its file `case`."""
        files = {}
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                continue
            if name == "case" or os.path.splitext(name)[1] in SOURCE_ENDINGS:
                self.read_directives(path)
            if name != "case":
                files[name] = path
        return files

    def read_directives(self, path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                m = DIRECTIVE.match(line)
                if not m:
                    continue
                key, value = m.group(1), m.group(2)
                if key in self.many:
                    self.many[key].append(value)
                elif key in SINGLE_DIRECTIVES:
                    if key in self.one:
                        raise SystemExit(f"{path}: directive '{key}' is given twice")
                    self.one[key] = value

    def get(self, key, default=None):
        return self.one.get(key, default)


def run(argv, **kw):
    kw.setdefault("stdout", subprocess.PIPE)
    kw.setdefault("stderr", subprocess.PIPE)
    kw.setdefault("timeout", 300)
    kw.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(argv, text=True, errors="backslashreplace", **kw)


class Case:
    def __init__(self, spec, build, work):
        self.spec, self.build, self.work = spec, build, work
        self.triple = spec.get("triple", "")
        self.lint_cache = {}
        self.clang = spec.get("compiler", "gcc") == "clang"
        prefix = self.triple + "-" if self.triple else ""
        if self.clang:
            self.cc, self.cxx = "clang-14", "clang++-14"
        elif self.triple == "musl":
            self.cc, self.cxx, self.triple = "musl-gcc", "false", ""
        else:
            self.cc, self.cxx = prefix + "gcc", prefix + "g++"

    # --- compiling ---

    def environment(self, **extra):
        env = dict(os.environ, CC=self.cc, CXX=self.cxx, LC_ALL="C", REAP=os.path.join(self.build, "reap"),
                   CASE=self.spec.folder, TRIPLE=self.triple)
        for name in ("REAP_OPTIONS", "LD_LIBRARY_PATH", "DEBUGINFOD_URLS"):
            env.pop(name, None)
        env["REAP_RULES_DIR"] = os.path.join(self.spec.folder, "..", "..", "..", "..", "rules")
        env["AR"] = "ar"
        env.update(extra)
        return env

    def shell(self, command, folder, env, what):
        r = run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=env)
        if r.returncode:
            raise Failure(f"{what} failed ({r.returncode}): {command}\n{r.stdout}{r.stderr}")
        return r

    def compile(self):
        for path in self.spec.files.values():
            shutil.copy(path, self.work)
        env = self.environment()
        default = "-O1 -ffunction-sections -fdata-sections"
        for name in self.spec.sources:
            with open(os.path.join(self.work, name), encoding="utf-8") as f:
                own = [m.group(1) for m in re.finditer(r"cflags-here:\s*(.*?)\s*(?:\*/)?$", f.read(), re.M)]
            cflags = own[0] if own else self.spec.get("cflags", default)
            compiler = "$" + SOURCE_ENDINGS[os.path.splitext(name)[1]]
            base = os.path.splitext(name)[0]
            self.shell(f"{compiler} {cflags} -c {shlex.quote(name)} -o {shlex.quote(base + '.o')}",
                       self.work, env, "compiling")
        for command in self.spec.many["before"]:
            self.shell(command, self.work, env, "a 'before' command")

    # --- linking ---

    def link_flags(self, backend, reap, folder):
        """Compiler flags that select the linker, through Reap or plain."""
        real = backends.program(backend.linker, self.triple)
        if reap and not backend.plugin:
            target = os.path.join(self.build, "ld.reap")
        else:
            target = real
        d = backends.linker_dir(os.path.join(folder, "ld-reap" if reap else "ld-plain"), target)
        flags = [f"--ld-path={target}"] if self.clang else ["-B", d + "/"]
        if reap and backend.plugin:
            flags += ["-Wl,-plugin," + os.path.join(self.build, "reap.so")]
        return flags, real

    def link(self, backend, folder, reap, options=(), extra=""):
        os.makedirs(folder, exist_ok=True)
        flags, real = self.link_flags(backend, reap, folder)
        default = f"{'$CXX' if self.has_cxx() else '$CC'} *.o -o $OUT"
        command = self.spec.get("link", default)
        out = os.path.join(folder, "out")
        env = self.environment(OUT=out, LINKER=backend.linker, BACKEND=backend.name,
                               LD=os.path.join(self.build, "ld.reap") if reap and not backend.plugin else real)
        link = " ".join(shlex.quote(f) for f in flags) + extra
        env["CC"], env["CXX"] = f"{self.cc} {link}", f"{self.cxx} {link}"
        if backend.plugin and reap:
            env["LD"] = f"{real} -plugin {self.build}/reap.so"
        for pair in self.spec.many["env"]:
            key, _, value = pair.partition("=")
            env[key] = value
        if reap:
            words = list(options) + self.spec.many["option"]
            if not backend.plugin:
                words.insert(0, f"linker={real}")
            env["REAP_OPTIONS"] = " ".join(shlex.quote(w.replace("$CASE", self.spec.folder)) for w in words)
        r = run(["bash", "-euo", "pipefail", "-c", command], cwd=self.work, env=env)
        with open(os.path.join(folder, "link.log"), "w", encoding="utf-8") as f:
            f.write(f"$ {command}\nCC={env['CC']}\nREAP_OPTIONS={env.get('REAP_OPTIONS', '')}\n{r.stdout}{r.stderr}")
        if r.returncode:
            how = "through Reap" if reap else "by the linker alone"
            raise Failure(f"linking {how} failed ({r.returncode}): {command}\n"
                          f"REAP_OPTIONS={env.get('REAP_OPTIONS', '')}\n{r.stdout}{r.stderr}")
        return out, env

    def has_cxx(self):
        return any(s.endswith(".cc") for s in self.spec.sources)

    # --- checking ---

    def execute(self, out, env):
        command = self.spec.get("run", "$OUT")
        if command == "none":
            return None
        r = run(["bash", "-c", command], cwd=self.work, env=dict(env, OUT=out), timeout=120)
        return r.returncode, r.stdout, r.stderr

    def symbols(self, out):
        r = run(["nm", "-a", out])
        r2 = run(["nm", "-D", out])
        return {line.split()[-1].split("@")[0] for line in (r.stdout + r2.stdout).splitlines() if line}

    def check_symbols(self, out):
        have = self.symbols(out)
        for name in " ".join(self.spec.many["keep"]).split():
            if name not in have:
                raise Failure(f"'{name}' must stay, but is gone")
        for name in " ".join(self.spec.many["drop"]).split():
            if name in have:
                raise Failure(f"'{name}' must go, but is there")

    def check_objects(self, saved, db):
        """eu-elflint on everything that was rewritten: no complaint that no original causes."""
        known = self.original_complaints(db)
        for root, _, names in os.walk(saved):
            for name in names:
                path = os.path.join(root, name)
                if not is_object(path):
                    continue
                new = {k: v for k, v in complaints(path).items() if k not in known}
                if new:
                    raise Failure("eu-elflint has new complaints:\n" + "\n".join(list(new.values())[:10]))

    def original_complaints(self, db):
        r = run(["sqlite3", "-readonly", db, "select distinct path from files"])
        if r.returncode:
            raise Failure(f"the database cannot be read: {r.stderr}")
        known = {}
        for path in r.stdout.splitlines():
            path = os.path.join(self.work, path)
            if path not in self.lint_cache:
                self.lint_cache[path] = complaints(path) if os.path.exists(path) else {}
            known.update(self.lint_cache[path])
        return known

    def removed(self, path):
        with open(path, encoding="utf-8", errors="backslashreplace") as f:
            lines = f.read().splitlines()
        return sorted(normalised(line, self.work) for line in lines if line.startswith("removing unused section"))

    def one(self, backend):
        folder = os.path.join(self.work, backend.name)
        plain, env = self.link(backend, os.path.join(folder, "plain"), reap=False)
        want = self.execute(plain, env)
        reports = {k: os.path.join(folder, k) for k in ("report", "json", "db", "print-removed")}
        os.makedirs(folder, exist_ok=True)
        saved = os.path.join(folder, "saved")
        options = [f"{k}={v}" for k, v in reports.items()] + [f"save={saved}", "check"]
        out, env = self.link(backend, os.path.join(folder, "reap"), reap=True, options=options)
        got = self.execute(out, env)
        if got != want:
            raise Failure(f"output differs from the plain link's\n  plain: {want}\n  reap:  {got}")
        if "exit" in self.spec.one and got[0] != int(self.spec.get("exit")):
            raise Failure(f"exit status {got[0]}, not {self.spec.get('exit')}: {got}")
        if "output" in self.spec.one and got[1].strip() != self.spec.get("output"):
            raise Failure(f"printed {got[1]!r}, not {self.spec.get('output')!r}")
        self.check_symbols(out)
        collected = self.spec.get("collected", "yes")
        if collected == "no":
            if any(is_object(os.path.join(d, n)) for d, _, names in os.walk(saved) for n in names):
                raise Failure("must not be collected, but objects were rewritten")
            self.after(env, out, reports)
            return None
        self.check_objects(saved, reports["db"])
        self.check_reports(reports)
        removed = self.removed(reports["print-removed"])
        for pattern in self.spec.many["drop-section"]:
            if not any(pattern in line for line in removed):
                raise Failure(f"section '{pattern}' must go, but is not reported as removed")
        for pattern in self.spec.many["keep-section"]:
            if any(pattern in line for line in removed):
                raise Failure(f"section '{pattern}' must stay, but is reported as removed")
        for why in self.spec.many["why"]:
            name, _, text = why.partition(" ")
            r = run([os.path.join(self.build, "reap"), "why", name, "--db", reports["db"]])
            if r.returncode or text not in r.stdout:
                raise Failure(f"reap why {name}: expected '{text}' in\n{r.stdout}{r.stderr}")
        self.after(env, out, reports)
        self.oracle(backend, folder, removed)
        return removed

    def gc(self):
        """`reap gc` on the objects alone: the linker alone makes the same program of its output."""
        b = backends.ALL[0]
        folder = os.path.join(self.work, "reap-gc")
        plain, env = self.link(b, os.path.join(folder, "plain"), reap=False)
        want = self.execute(plain, env)
        objects = [os.path.splitext(n)[0] + ".o" for n in self.spec.sources]
        out_dir, db = os.path.join(folder, "out"), os.path.join(folder, "db")
        r = run([env["REAP"], "gc", "--out-dir", out_dir, "--db", db, "--check",
                 *shlex.split(self.spec.get("gc")), *objects], cwd=self.work, env=env)
        if r.returncode:
            raise Failure(f"reap gc failed ({r.returncode}):\n{r.stdout}{r.stderr}")
        self.check_objects(out_dir, db)
        originals = {n: os.path.join(self.work, n) for n in objects}
        for name, path in originals.items():
            os.rename(path, path + ".original")
            if os.path.exists(os.path.join(out_dir, name)):
                shutil.copy(os.path.join(out_dir, name), path)
        try:
            again = os.path.join(folder, "again")
            r = run([env["REAP"], "gc", "--out-dir", again, *shlex.split(self.spec.get("gc")),
                     *[n for n in objects if os.path.exists(originals[n])]], cwd=self.work, env=env)
            for name in objects:
                if os.path.exists(originals[name]):
                    with open(originals[name], "rb") as f, open(os.path.join(again, name), "rb") as g:
                        if f.read() != g.read():
                            raise Failure(f"a second reap gc changes {name}")
            out, env = self.link(b, os.path.join(folder, "linked"), reap=False)
            if self.execute(out, env) != want:
                raise Failure("the program linked from reap gc's output prints something else")
            have = self.symbols(out)
            left = [n for n in " ".join(self.spec.many["drop"]).split() if n in have]
            if left:
                raise Failure(f"reap gc keeps {' '.join(left)}")
        finally:
            for path in originals.values():
                os.replace(path + ".original", path)

    def after(self, env, out, reports):
        more = {k.upper().replace("-", "_"): v for k, v in reports.items()}
        for command in self.spec.many["check"]:
            self.shell(command, self.work, dict(env, OUT=out, **more), "a check")

    def check_reports(self, reports):
        with open(reports["json"], encoding="utf-8") as f:
            doc = json.load(f)
        if not doc:
            raise Failure("the JSON report is empty")
        for path in reports.values():
            if not os.path.exists(path):
                raise Failure(f"{path} was not written")

    def oracle(self, backend, folder, removed):
        """level=linker removes what lld's --gc-sections removes; full level at least that."""
        if not backend.is_lld or self.spec.get("oracle", "yes") != "yes":
            return
        of = os.path.join(folder, "oracle")
        own = os.path.join(folder, "level-linker")
        self.link(backend, os.path.join(folder, "reap-level"), reap=True,
                  options=["level=linker", f"print-removed={own}"])
        extra = " -Wl,--gc-sections,-z,nostart-stop-gc,--print-gc-sections"
        self.link(backend, of, reap=False, extra=extra)
        with open(os.path.join(of, "link.log"), encoding="utf-8", errors="backslashreplace") as f:
            lld = sorted(normalised(l, self.work) for l in f.read().splitlines() if "removing unused section" in l)
        mine = self.removed(own)
        allowed = self.spec.many["oracle-extra"]
        only_lld = [l for l in multiset_minus(lld, mine) if not any(a in l for a in allowed)]
        only_mine = [l for l in multiset_minus(mine, lld) if not any(a in l for a in allowed)]
        if only_lld or only_mine:
            raise Failure("level=linker differs from lld's --gc-sections:\n" +
                          "".join(f"  only lld:  {l}\n" for l in only_lld[:20]) +
                          "".join(f"  only reap: {l}\n" for l in only_mine[:20]))
        missing = [l for l in multiset_minus(mine, removed) if not any(a in l for a in self.spec.many["stay"])]
        if missing:
            raise Failure("full level keeps what the linker removes:\n" + "".join(f"  {l}\n" for l in missing[:20]))


def multiset_minus(a, b):
    left = list(b)
    rest = []
    for x in a:
        if x in left:
            left.remove(x)
        else:
            rest.append(x)
    return rest


def normalised(line, work):
    """A removal line without what differs between a linker and Reap by spelling alone."""
    line = re.sub(r"^.*?(removing unused section )", r"\1", line)
    line = line.replace(work + "/", "").replace("'", "")
    line = re.sub(r"/tmp/cc\w+\.o", "/tmp/cc.o", line)
    return re.sub(r"[^ :(]*/\.\./", "", re.sub(r"/[^ :(]*/([^/ :(]+)", r"\1", line))


def is_object(path):
    """An ELF file or an archive, not the scripts that --reap-save writes beside them."""
    with open(path, "rb") as f:
        return f.read(8)[:4] in (b"\x7fELF", b"!<ar", b"!<th")


def complaints(path):
    """What eu-elflint says of an object or archive: {complaint without numbers: as printed}."""
    r = run(["eu-elflint", "--gnu-ld", path])
    found, member = {}, path
    for line in (r.stdout + r.stderr).splitlines():
        if line.startswith(path) and line.endswith(":"):
            member = line[:-1]
        elif line.strip() and line.strip() != "No errors":
            key = re.sub(r"[0-9]+", "N", re.sub(r"0x[0-9a-f]+", "N", line.replace(path, "")))
            found.setdefault(re.sub(r"symbol +N \(.*?\)", "symbol N", key), f"{member}: {line}")
    return found


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--case", required=True)
    p.add_argument("--backend", action="append")
    p.add_argument("--work")
    args = p.parse_args()
    build = os.path.abspath(args.build)
    spec = Spec(os.path.abspath(args.case))
    only = (spec.get("only") or "").split()
    skipped = {}
    for line in spec.many["skip"]:
        name, _, reason = line.partition(" ")
        if not reason:
            raise SystemExit(f"{args.case}: 'skip: {name}' gives no reason")
        skipped[name] = reason
    work = args.work or tempfile.mkdtemp(prefix="reap-e2e-")
    os.makedirs(work, exist_ok=True)
    case = Case(spec, build, os.path.realpath(work))
    failed, removed_by = [], {}
    try:
        case.compile()
        for b in backends.ALL:
            if args.backend and b.name not in args.backend:
                continue
            if only and b.linker not in only and b.name not in only:
                continue
            reason = skipped.get(b.name) or skipped.get(b.linker)
            if reason:
                print(f"SKIPPED {b.name}: {reason}")
                continue
            try:
                removed = case.one(b)
                if removed is not None:
                    removed_by[b.name] = removed
                print(f"ok {b.name}" + ("" if removed is None else f" ({len(removed)} sections removed)"))
            except Failure as e:
                failed.append(b.name)
                print(f"FAILED {b.name}: {e}")
    except Failure as e:
        failed.append("setup")
        print(f"FAILED: {e}")
    if spec.get("agree", "yes") == "yes":
        failed += disagreements(removed_by)
    if "gc" in spec.one and not failed and not args.backend:
        try:
            case.gc()
            print("ok reap gc")
        except Failure as e:
            failed.append("reap gc")
            print(f"FAILED reap gc: {e}")
    if failed:
        print(f"scratch folder: {work}")
        return 1
    if not args.work:
        shutil.rmtree(work)
    return 0


def disagreements(removed_by):
    """Front ends on the same linker must remove the same sections."""
    bad = []
    for linker in ("bfd", "gold"):
        a, b = removed_by.get(f"plugin-{linker}"), removed_by.get(f"driver-{linker}")
        if a is not None and b is not None and a != b:
            bad.append(f"agree-{linker}")
            print(f"FAILED: plugin and driver disagree on {linker}:")
            for line in multiset_minus(a, b)[:10]:
                print(f"  only plugin: {line}")
            for line in multiset_minus(b, a)[:10]:
                print(f"  only driver: {line}")
    return bad


if __name__ == "__main__":
    sys.exit(main())
