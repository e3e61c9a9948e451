#!/usr/bin/env python3
"""`reap cuts` and `reap diff` as commands: what they say, in which format, with which exit status.

usage: commands.py --build DIR
"""

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile

FILES = {
    "main.c": """#include "x.h"
void never(void) { idle(); }
int main(void) { return
    used(); }
""",
    "more.c": """#include "x.h"
int main(void) { return used() + big(); }
""",
    "x.h": "int used(void), big(void); void idle(void);\n",
    "used.c": "char buffer[100]; int used(void) { return buffer[1]; }\n",
    "big.c": "char table[7000]; int big(void) { return table[5]; }\n",
    "idle.c": "char pool[5000]; __attribute__((constructor)) static void begin(void) { pool[1] = 1; }\n"
              "void idle(void) { pool[2] = 1; }\n",
}


class Tester:
    def __init__(self, build):
        self.reap = os.path.join(build, "reap")
        self.driver = ["-B" + os.path.join(build, "gcc-ld"), "-Wl,--reap-linker=ld.lld-19"]
        self.bad = 0

    def run(self, argv, status=0, **kw):
        r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)
        if r.returncode != status:
            self.fail(f"{' '.join(argv)}: status {r.returncode}, not {status}\n{r.stdout}{r.stderr}")
        return r.stdout + (r.stderr if status else "")

    def fail(self, text):
        print("FAILED", text)
        self.bad += 1

    def expect(self, what, ok, shown=""):
        if not ok:
            self.fail(f"{what}\n{shown}")

    def cuts(self, *words, status=0):
        return self.run([self.reap, "cuts", "--db", "main.db", *words], status)

    def rows(self, *words):
        return json.loads(self.cuts(*words, "--format", "json"))["rows"]

    def make(self):
        for name, text in FILES.items():
            with open(name, "w", encoding="utf-8") as f:
                f.write(text)
        os.mkdir("new") # where the next version is built
        for name, obj in (("main", "main"), ("more", "new/main"), ("used", "used"), ("big", "big"),
                          ("idle", "idle")):
            self.run(["gcc", "-O1", "-g", "-ffunction-sections", "-fdata-sections", "-c", name + ".c",
                      "-o", obj + ".o"])
        self.run(["ar", "rcs", "libx.a", "used.o", "big.o", "idle.o"])
        for name, obj in (("main", "main.o"), ("more", "new/main.o")):
            self.run(["gcc", *self.driver, obj, "libx.a", "-o", name],
                     env={**os.environ, "REAP_OPTIONS": f"db={name}.db"})

    def lists(self):
        row = [r for r in self.rows() if r["symbols"] == "used"][0]
        self.expect("source line", row["source"].endswith("main.c:4"), row)
        self.expect("place", row["place"].startswith("main.o:.text.main+0x"), row)
        self.expect("member goes", row["files"] == 1 and row["bytes"] > 100, row)
        text = self.cuts()
        self.expect("idle member", "libx.a(idle.o)" in text and "extraction=live" in text, text)
        only = self.rows("--from", "main.o", "--to", "used.o")
        self.expect("filter", len(only) == 1 and only[0]["symbols"] == "used", only)
        table = list(csv.DictReader(io.StringIO(self.cuts("--format", "csv"))))
        self.expect("csv", any(r["symbols"] == "used" for r in table), table)
        self.expect("markdown", "| ---: |" in self.cuts("--format", "md"))
        for level in ("archive", "section", "symbol"):
            self.expect(level, any(r["symbols"] == "used" for r in self.rows("--by", level)))
        what = self.rows("--what-if", "stub=used")
        self.expect("what-if", sum(r["bytes"] for r in what) == row["bytes"], what)
        self.cuts("--sets", "2")

    def verifies(self):
        words = ["--verify", "--format", "json", "--what-if", "cut=main.o->used.o", "--"]
        link = ["gcc", *self.driver, "main.o", "libx.a", "-o", "main"]
        before = os.path.getmtime("main")
        row = json.loads(self.cuts(*words, *link))["rows"][0]
        self.expect("saves what it says", row["saves"] == row["saved"] > 100, row)
        self.expect("the output stays", os.path.getmtime("main") == before)
        self.expect("a failed link", "failed" in self.cuts(*words, "false", status=1))

    def says_errors(self):
        for words, code in ((["--by", "planet"], "bad-level"), (["--sets", "3"], "bad-sets"),
                            (["--from", "nobody.o"], "no-match"), (["--verify"], "no-command"),
                            (["--what-if", "cut=main.o"], "bad-cut"),
                            (["--verify", "--by", "section", "--", "gcc"], "cannot-verify")):
            text = self.cuts(*words, status=2)
            self.expect(code, f"[{code}]" in text, text)
        self.run([self.reap, "cuts", "--db", "nowhere.db"], 1)

    def diffs(self):
        diff = [self.reap, "diff", "main.db", "more.db"]
        rows = json.loads(self.run(diff + ["--format", "json", "--max", "0"]))["rows"]
        new = [r for r in rows if r["symbol"] == "big"]
        self.expect("blame", len(new) == 1 and new[0]["change"] == "new" and new[0]["bytes"] >= 7000 and
                    "main+0x" in new[0]["cause"], rows)
        self.run(diff + ["--max-growth", "100000"])
        self.expect("growth", "[grew]" in self.run(diff + ["--max-growth", "1000"], 1))
        self.run([self.reap, "diff", "more.db", "main.db", "--max-growth", "0"])
        same = json.loads(self.run([self.reap, "diff", "main.db", "main.db", "--format", "json"]))
        self.expect("no difference", same["rows"] == [], same)
        self.run([self.reap, "diff", "main.db"], 2)
        self.run(diff + ["--max-growth", "much"], 2)
        self.run([self.reap, "diff", "main.db", "nowhere.db"], 1)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    t = Tester(os.path.abspath(p.parse_args().build))
    with tempfile.TemporaryDirectory(prefix="reap-cuts-") as work:
        os.chdir(work)
        t.make()
        t.lists()
        t.verifies()
        t.says_errors()
        t.diffs()
    sys.exit(1 if t.bad else 0)


if __name__ == "__main__":
    main()
