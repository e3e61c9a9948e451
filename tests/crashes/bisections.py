#!/usr/bin/env python3
"""Bisections of Reap's own removals: several culprits, flaky tests, interruptions, bad input.

usage: bisections.py --build DIR [TEST]...

The program has many functions that nothing calls. A test of it looks at the names in its symbol
table: it fails when certain functions are gone, so that the culprits are known.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

N = 400


class Failure(Exception):
    """What makes a test fail; the text is for a person."""


class Bench:
    """A linked program in a scratch folder."""

    def __init__(self, build, work):
        self.build, self.work = build, work
        self.save = os.path.join(work, "save")
        with open(os.path.join(work, "many.c"), "w", encoding="utf-8") as f:
            for i in range(N):
                f.write(f"int f{i}(int n) {{ return n * {i + 3} + 1; }}\n")
            # a chain, of which the last link matters
            f.write("__attribute__((noinline)) int g2(int n) { return n ^ 77; }\n"
                    "__attribute__((noinline)) int g1(int n) { return g2(n) - 1; }\n"
                    "int g0(int n) { return g1(n) * 3; }\n"
                    "int main(void) { return 0; }\n")
        os.symlink(os.path.join(build, "ld.reap"), os.path.join(work, "ld"))
        # One command: the object is the compiler's own temporary file.
        self.run(["gcc", "-B", work + "/", "-O1", "-fno-ipa-cp", "-ffunction-sections", "many.c",
                  "-o", "many"],
                 env=dict(os.environ, REAP_OPTIONS=f"--reap-linker=lld-19 --reap-save={self.save}"))

    def run(self, argv, ok=True, **kw):
        r = subprocess.run(argv, cwd=self.work, text=True, capture_output=True, timeout=600, **kw)
        if ok and r.returncode:
            raise Failure(f"{argv} failed ({r.returncode}):\n{r.stdout}{r.stderr}")
        return r

    def words(self, test, *options):
        return [os.path.join(self.build, "reap"), "bisect", "--save", self.save, "--format", "json",
                *options, "--", "sh", "-c", test]

    def bisect(self, test, *options, ok=True):
        r = self.run(self.words(test, *options), ok=ok)
        return json.loads(r.stdout), r.stderr


def has(name):
    return f'nm "$REAP_OUTPUT" | grep -qw {name}'


def culprits(result):
    return [[r.get("symbol") for r in c["removals"]] for c in result["culprits"]]


def expect(what, got, wanted):
    if got != wanted:
        raise Failure(f"{what}: expected {wanted}, got {got}")


def one_culprit_costs_a_logarithm_of_links(b):
    result, told = b.bisect(has("f237"))
    expect("culprits", culprits(result), [["f237"]])
    expect("code", result["culprits"][0]["code"], "removal")
    if "f237" not in result["culprits"][0]["remedy"]:
        raise Failure(f"the remedy does not name f237: {result['culprits'][0]}")
    if result["links"] > 16: # 9 halvings of about 400, both ends, inside, what is left
        raise Failure(f"{result['links']} links for {result['removals']} removals")
    if "left" not in told:
        raise Failure(f"no progress is told: {told}")


def independent_culprits_are_all_found(b):
    result, _ = b.bisect(f"{has('f50')} && {has('f300')}")
    expect("culprits", sorted(culprits(result)), [["f300"], ["f50"]])


def culprits_that_fail_together_are_one(b):
    result, _ = b.bisect(f"{has('f50')} || {has('f300')}")
    expect("culprits", culprits(result), [["f50", "f300"]])


def the_guilty_node_inside_a_chain_is_named(b):
    result, _ = b.bisect(has("g2"))
    expect("culprits", culprits(result), [["g0"]])
    expect("section", result["culprits"][0]["section"], ".text.g2")


def undecided_steps_are_walked_around(b):
    # Whenever f100 is there without f101, nothing can be said.
    test = f"if {has('f100')} && ! {has('f101')}; then exit 125; fi; {has('f20')}"
    result, _ = b.bisect(test)
    expect("culprits", culprits(result), [["f20"]])


def a_flaky_failure_is_found_with_retries(b):
    # Without f33 the test fails every second time only.
    test = f"{has('f33')} && exit; n=$(cat count 2>/dev/null || echo 0); echo $((n + 1)) > count; exit $((n % 2))"
    result, _ = b.bisect(test, "--retry", "3")
    expect("culprits", culprits(result), [["f33"]])


def a_test_that_hangs_fails(b):
    start = time.monotonic()
    result, _ = b.bisect(f"{has('f7')} || sleep 1000", "--timeout", "0.5")
    expect("culprits", culprits(result), [["f7"]])
    if time.monotonic() - start > 60:
        raise Failure("the time limit does not hold")


def an_interrupted_bisection_goes_on(b):
    test = f"sleep 0.3; {has('f350')}"
    p = subprocess.Popen(b.words(test), cwd=b.work, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    state = os.path.join(b.save, "bisect", "state")
    while p.poll() is None and not (os.path.exists(state) and
                                    len(open(state, encoding="ascii").readlines()) > 4):
        time.sleep(0.05)
    p.send_signal(signal.SIGTERM)
    p.wait()
    if p.returncode == 0:
        raise Failure("it was not interrupted")
    result, told = b.bisect(test)
    expect("culprits", culprits(result), [["f350"]])
    if result["remembered"] < 3 or "resuming" not in told:
        raise Failure(f"nothing was remembered: {result['remembered']}\n{told}")
    result, _ = b.bisect(test, "--restart")
    expect("remembered after --restart", result["remembered"], 0)


def nothing_to_find_is_said(b):
    result, _ = b.bisect("true", ok=False)
    expect("result", result["result"], "passes-with-all-removed")
    result, _ = b.bisect("false", ok=False)
    expect("result", result["result"], "fails-with-nothing-removed")
    result, _ = b.bisect("exit 125", ok=False)
    expect("result", result["result"], "unresolved")


def what_cannot_work_is_refused(b):
    reap = os.path.join(b.build, "reap")
    for words, status, text in [
            (["bisect"], 2, "no-save"),
            (["bisect", "--save", b.save], 2, "no-test"),
            (["bisect", "--save", b.save, "--timeout", "-1", "--", "true"], 2, "bad-option-value"),
            (["bisect", "--save", b.work, "--", "true"], 1, "cannot-read"),
            (["bisect", "--save", b.save, "--", "/nowhere"], 1, "cannot-run")]:
        r = b.run([reap] + words, ok=False)
        expect(f"exit status of {words}", r.returncode, status)
        if text not in r.stderr:
            raise Failure(f"{words}: no '{text}' in {r.stderr}")
    link = os.path.join(b.save, "link.reap")
    with open(link, encoding="utf-8") as f:
        text = f.read()
    shutil.copy(link, link + ".good")
    for change, code in [(text + "input 1 1 /etc/hostname\n", "input-changed"),
                         (text + "input 1 1 /nowhere\n", "input-changed"),
                         ("", "bad-saved-link"), ("reap-link 1\n", "bad-saved-link")]:
        with open(link, "w", encoding="utf-8") as f:
            f.write(change)
        r = b.run([reap, "bisect", "--save", b.save, "--", "true"], ok=False)
        expect("exit status", r.returncode, 1)
        if code not in r.stderr:
            raise Failure(f"no '{code}' in {r.stderr}")
    shutil.move(link + ".good", link)


TESTS = [one_culprit_costs_a_logarithm_of_links, independent_culprits_are_all_found,
         culprits_that_fail_together_are_one, the_guilty_node_inside_a_chain_is_named,
         undecided_steps_are_walked_around, a_flaky_failure_is_found_with_retries,
         a_test_that_hangs_fails, an_interrupted_bisection_goes_on, nothing_to_find_is_said,
         what_cannot_work_is_refused]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("tests", nargs="*")
    options = p.parse_args()
    failed = 0
    for test in TESTS:
        if options.tests and test.__name__ not in options.tests:
            continue
        with tempfile.TemporaryDirectory(prefix="bisect-") as work:
            try:
                test(Bench(os.path.abspath(options.build), work))
                print(f"ok      {test.__name__}")
            except (Failure, ValueError) as e:
                failed += 1
                print(f"FAILED  {test.__name__}: {e}")
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
