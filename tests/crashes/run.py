#!/usr/bin/env python3
"""Run cases of the catalogue.

usage: run.py --build DIR [--case NAME]... [--aspect stock|lint|explain|bisect]... [--work DIR] [--show]

stock: the program fails as told under the stock linker, and works when linked as `good` says.
lint, explain, bisect: the guilty removal is the first item of what the command says.
--show prints what came out of each, and does not stop at the first failure.
"""

import argparse
import os
import sys
import tempfile

import aspects
import catalogue


def run_case(case, options, work):
    failed = 0
    try:
        catalogue.compile_case(case, work)
    except catalogue.Failure as e:
        print(f"FAILED  {case.name}\n{e}")
        return 1
    for name in options.linker or case.linkers:
        linker = catalogue.Linker(case, name, options.build, work)
        for aspect in options.aspect:
            label = f"{case.name} {name} {aspect}"
            try:
                text = aspects.ASPECTS[aspect](case, linker, work)
                print(f"ok      {label}")
                if options.show and text:
                    print(text)
            except catalogue.Failure as e:
                failed += 1
                print(f"FAILED  {label}\n{e}")
            sys.stdout.flush()
    return failed


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--case", action="append")
    p.add_argument("--linker", action="append")
    p.add_argument("--aspect", action="append", choices=sorted(aspects.ASPECTS))
    p.add_argument("--work")
    p.add_argument("--show", action="store_true")
    options = p.parse_args()
    options.build = os.path.abspath(options.build)
    options.aspect = options.aspect or list(aspects.ASPECTS)
    failed = 0
    for name in options.case or catalogue.names():
        case = catalogue.Case(name)
        if options.work:
            work = os.path.join(os.path.abspath(options.work), name)
            os.makedirs(work, exist_ok=True)
            failed += run_case(case, options, work)
        else:
            with tempfile.TemporaryDirectory(prefix="crash-") as work:
                failed += run_case(case, options, work)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
