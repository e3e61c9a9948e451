#!/usr/bin/env python3
"""reap top, dominators and graph as programs, on real links: figures against brute force over the
report database, formats, pictures.

usage: views.py BUILD
"""

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

BUILD = os.path.abspath(sys.argv[1])
REAP = os.path.join(BUILD, "reap")
FAILED = []


def check(name, ok, detail=""):
    if not ok:
        FAILED.append(name)
        print(f"FAILED: {name} {detail}")


def run(*words, status=0, **kw):
    r = subprocess.run(words, capture_output=True, **kw)
    check(" ".join(map(str, words))[:90], r.returncode == status,
          f"status {r.returncode}: {r.stderr.decode(errors='replace')[-500:]}")
    return r.stdout


class Facts:
    """What marks again, from the database alone."""

    def __init__(self, path):
        db = sqlite3.connect(path)
        db.text_factory = lambda b: b.decode(errors="surrogateescape")
        self.nodes = {}
        for i, file, section, size, cls, live, kind in db.execute(
                "select id, file, section, size, class, live, kind from nodes where live"):
            weight = size if cls not in ("debug", "other") else 0
            self.nodes[i] = (file, section, weight, live, kind, cls)
        self.out = {i: [] for i in self.nodes}
        for s, t in db.execute("select source, target from edge"):
            if s in self.nodes and t in self.nodes and self.nodes[s][3] == 1:
                self.out[s].append(t)
        self.roots = [n for (n,) in db.execute("select node from root") if n in self.nodes]
        self.kept = sum(n[2] for n in self.nodes.values())

    def lost_without(self, gone):
        seen = {r for r in self.roots if r not in gone}
        todo = list(seen)
        while todo:
            for t in self.out[todo.pop()]:
                if t not in seen and t not in gone:
                    seen.add(t)
                    todo.append(t)
        return sum(n[2] for i, n in self.nodes.items() if i not in seen)


def brute_force(name, db):
    facts = Facts(db)
    rows = json.loads(run(REAP, "top", "--by", "object", "--max", "0", "--format", "json", "--db", db))["rows"]
    by_file = {}
    for i, n in facts.nodes.items():
        if n[5] not in ("debug", "other") and n[4] != "set":
            by_file.setdefault(n[0], set()).add(i)
    wrong = []
    for r in rows:
        if r["name"] not in by_file:
            continue  # a set
        want = facts.lost_without(by_file[r["name"]])
        if r["retained"] != want:
            wrong.append((r["name"], r["retained"], want))
    check(f"{name}: what goes with each of {len(rows)} objects", not wrong and len(rows) > 10, str(wrong[:5]))
    check(f"{name}: bytes of the objects sum up", sum(r["bytes"] for r in rows) == facts.kept)
    for by in "archive", "section", "symbol":
        rows = json.loads(run(REAP, "top", "--by", by, "--max", "0", "--format", "json", "--db", db))["rows"]
        check(f"{name}: bytes by {by} sum up", sum(r["bytes"] for r in rows) == facts.kept)
    return facts


def tree(name, db, facts):
    """A child goes with its parent: never more bytes than that holds."""
    rows = json.loads(run(REAP, "dominators", "--max", "0", "--min", "0", "--format", "json", "--db", db))["rows"]
    stack, bad = [], 0
    for r in rows:
        del stack[r["depth"]:]
        bad += bool(stack) and stack[-1] < r["retained"]
        stack.append(r["retained"])
    check(f"{name}: tree", not bad and any(r["depth"] > 2 for r in rows) and
          sum(r["bytes"] for r in rows) == facts.kept, f"{bad} children hold more than their parent")
    text = run(REAP, "dominators", "--db", db, env=dict(os.environ, COLUMNS="100")).decode()
    check(f"{name}: the tree fits 100 columns", max(map(len, text.splitlines())) <= 100)


def formats(db):
    wide = run(REAP, "top", "--max", "7", "--db", db).decode()
    check("text: no colours off a terminal", "\033" not in wide)
    narrow = run(REAP, "top", "--by", "symbol", "--db", db, env=dict(os.environ, COLUMNS="80")).decode()
    check("text fits 80 columns", max(map(len, narrow.splitlines())) <= 80)
    rows = json.loads(run(REAP, "top", "--retained", "--max", "7", "--format", "json", "--db", db))
    check("json: as many rows as asked for", len(rows["rows"]) == 7 and rows["more"] > 0)
    held = [r["retained"] for r in rows["rows"]]
    check("json: sorted", held == sorted(held, reverse=True) and held[0] > held[-1])
    table = list(csv.DictReader(io.StringIO(
        run(REAP, "top", "--retained", "--max", "7", "--format", "csv", "--db", db).decode(), newline="")))
    check("csv says the same", [(int(r["retained"]), r["name"]) for r in table] ==
          [(r["retained"], r["name"]) for r in rows["rows"]])
    md = run(REAP, "top", "--max", "7", "--format", "md", "--db", db).decode().splitlines()
    check("md: a table", sum(l.startswith("|") for l in md) == 9 and len({l.count("|") for l in md if l[:1] == "|"}) == 1)
    dead = json.loads(run(REAP, "top", "--dead", "--by", "section", "--max", "0", "--format", "json", "--db", db))["rows"]
    total = sqlite3.connect(db).execute("select sum(bytes) from total "
                                        "where state = 'removed' and class not in ('debug', 'other')").fetchone()[0] \
        if dead else 0
    check("dead bytes sum up", dead and sum(r["removed"] for r in dead) == total,
          f"{sum(r['removed'] for r in dead)} {total}")
    roots = json.loads(run(REAP, "top", "--by", "root", "--max", "0", "--format", "json", "--db", db))["rows"]
    check("roots", any(r["reason"] == "entry" for r in roots) and roots[0]["only"] > 0)


def pictures(name, db):
    for kind, magic in ("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph"):
        run(REAP, "graph", "-o", f"a.{kind}", "--db", db)
        with open(f"a.{kind}", "rb") as f:
            first = f.read()
        check(f"{name}: {kind}", first.startswith(magic))
        if kind == "pdf":
            continue  # it holds the date
        run(REAP, "graph", "-o", f"b.{kind}", "--db", db)
        with open(f"b.{kind}", "rb") as f:
            check(f"{name}: {kind} is the same again", f.read() == first)
    root = ET.parse("a.svg").getroot()
    texts = [t.text or "" for t in root.iter("{http://www.w3.org/2000/svg}text")]
    boxes = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "node"]
    check(f"{name}: svg has text", any("puts" in t or "main" in t for t in texts) and len(texts) > len(boxes))
    check(f"{name}: svg keeps the limit", 5 < len(boxes) <= 60 + 19 + 9 + 1, str(len(boxes)))
    for words in (["--by", "archive"], ["--by", "section"], ["--by", "symbol", "--from", "main"], ["--only-dead"],
                  ["--by", "symbol", "--path", "_start", "main"], ["--dominators"], ["--with-dead", "--all-edges"],
                  ["--around", "main", "--depth", "1"], ["--max-nodes", "5", "--layout", "neato"]):
        run(REAP, "graph", *words, "-o", "c.svg", "--db", db)
        ET.parse("c.svg")


def link(compiler, source, out, *words):
    run(compiler, "-static", "-O1", source, "-o", out, "-B", BUILD + "/gcc-ld/", f"-Wl,--reap-db={out}.db", *words)
    return out + ".db"


def errors(db):
    run(REAP, "graph", "-o", "x.svg", "--from", "no_such_thing", "--db", db, status=1)
    run(REAP, "graph", "-o", "x.jpeg", "--db", db, status=2)
    run(REAP, "graph", "-o", "x.svg", "--layout", "no-such-engine", "--db", db, status=1)
    check("nothing is left of a picture that failed", not [f for f in os.listdir() if f.startswith("x.")])
    run(REAP, "top", "--by", "planet", "--db", db, status=2)
    run(REAP, "top", "--db", "missing.db", status=1)
    run(REAP, "top", status=2)
    run(REAP, "top", "--format", "xml", "--db", db, status=2)
    run(REAP, "top", "--db", db, "a.o", status=2)


def front_ends():
    """The same objects through the driver, the plugin and reap itself."""
    run("gcc", "-c", "hello.c", "-o", "hello.o")
    run("gcc", "-B", BUILD + "/gcc-ld/", "hello.o", "-o", "d", "-Wl,--reap-graph=d.dot,--reap-graph-by=section")
    run("gcc", "-fuse-ld=bfd", "hello.o", "-o", "p", f"-Wl,-plugin,{BUILD}/reap.so",
        "-Wl,-plugin-opt,graph=p.dot,-plugin-opt,graph-by=section")
    for name in "d.dot", "p.dot":
        with open(name, encoding="utf-8") as f:
            check(f"{name} shows main", "hello.o:.text" in f.read())
    out = run(REAP, "graph", "--by", "section", "-e", "main", "hello.o").decode()
    check("reap graph of an object", "hello.o:.text" in out and out.startswith("digraph"))
    rows = json.loads(run(REAP, "top", "--by", "section", "--format", "json", "-e", "main", "hello.o"))["rows"]
    check("reap top of an object", any(r["name"] == ".text" for r in rows))
    run("gcc", "-B", BUILD + "/gcc-ld/", "hello.o", "-o", "bad", "-Wl,--reap-graph=x.jpeg", status=1)


def main():
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        os.environ.pop("REAP_OPTIONS", None)
        os.environ.pop("COLUMNS", None)
        with open("hello.c", "w") as f:
            f.write('#include <stdio.h>\nint main(void) { puts("hello, world"); return 0; }\n')
        with open("hello.cc", "w") as f:
            f.write('#include <iostream>\nint main() { std::cout << "hello, world\\n"; }\n')
        for name, compiler, source in (("musl", "musl-gcc", "hello.c"), ("glibc", "gcc", "hello.c"),
                                       ("cxx", "g++", "hello.cc")):
            db = link(compiler, source, name)
            facts = brute_force(name, db)
            tree(name, db, facts)
            pictures(name, db)
        formats("cxx.db")
        errors("musl.db")
        front_ends()
    print("failed: " + ", ".join(FAILED) if FAILED else "all views agree")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
