"""Random small links: the resolver against every linker.

    fuzz_resolution.py --tool print_resolution [--seed N] [--count N] [--linker L]...

Each case is a handful of objects that define and refer to a few names in every way there is
(strong, weak, common, COMDAT, unique, hidden), in archives and shared libraries, in a random order
with groups, --whole-archive, --as-needed, --start-lib, -u, -e, --wrap and --defsym. A case that
differs is kept, and its command line printed.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys

import resolution

LINKERS = ["ld.bfd", "ld.gold", "ld.lld-14", "ld.lld-19", "mold"]
NAMES = [f"n{i}" for i in range(10)]


def asm(rng, own, features):
    lines = [f".globl own_{own}", ".data", f"own_{own}: .quad 0"]
    roles = ["def", "def", "func", "weak", "undef", "undef", "undef", "wundef", "none", "none",
             "none"]
    for f in ("common", "comdat", "hidden", "unique"):
        if f in features:
            roles.append(f)
    if "versions" in features:
        roles += ["symver", "usymver"]
    if "common" in features:
        roles += ["common", "common"]
    names = NAMES + (["__wrap_n0", "__real_n0", "__wrap_n1"] if "wrap" in features else [])
    for name in names:
        role = rng.choice(roles)
        if role == "def":
            lines += [".data", f".globl {name}", f".type {name},@object", f"{name}: .quad 1"]
        elif role == "func":
            lines += [".text", f".globl {name}", f".type {name},@function", f"{name}: ret"]
        elif role == "weak":
            lines += [".data", f".weak {name}", f"{name}: .quad 1"]
        elif role == "common":
            lines += [f".comm {name},{rng.choice([4, 8, 16])},4"]
        elif role == "comdat":
            lines += [f'.section .data.{name},"awG",@progbits,{name},comdat', f".weak {name}",
                      f"{name}: .quad 2"]
        elif role == "symver":
            mark = rng.choice(["@@V1", "@V1", "@@V2"])
            lines += [".data", f".globl v{own}_{name}", f"v{own}_{name}: .quad 1",
                      f".symver v{own}_{name}, {name}{mark}"]
        elif role == "usymver":
            lines += [".data", f".symver u{own}_{name}, {name}@{rng.choice(['V1', 'V2'])}",
                      f".quad u{own}_{name}"]
        elif role == "unique":
            lines += [".data", f".globl {name}", f".type {name},@gnu_unique_object",
                      f"{name}: .quad 1"]
        elif role in ("undef", "wundef", "hidden"):
            if role == "wundef":
                lines.append(f".weak {name}")
            if role == "hidden":
                lines.append(f".hidden {name}")
            lines += [".data", f".quad {name}"]
    return "\n".join(lines) + "\n"


def make_object(path, text):
    subprocess.run(["as", "-o", path, "-"], input=text, text=True, check=True)


def make_case(rng, folder):
    features = [f for f in ("common", "comdat", "hidden", "unique", "wrap", "defsym", "group",
                            "whole", "needed", "lib", "u", "e", "so", "thin", "script", "versions")
                if rng.random() < 0.35]
    objects = []
    for i in range(rng.randint(4, 12)):
        path = os.path.join(folder, f"o{i}.o")
        make_object(path, asm(rng, i, features))
        objects.append(path)
    make_object(os.path.join(folder, "start.o"),
                ".globl _start\n_start: ret\n.data\n" +
                "".join(f".quad {n}\n" for n in rng.sample(NAMES, 3)))
    words = [os.path.join(folder, "start.o")]
    inputs = []
    while objects:
        n = min(len(objects), rng.randint(1, 4))
        part, objects = objects[:n], objects[n:]
        kind = rng.choice(["o", "a", "a", "a", "so"] if "so" in features else ["o", "a", "a"])
        if kind == "a":
            path = os.path.join(folder, f"l{len(inputs)}.a")
            flags = "rcsT" if "thin" in features and rng.random() < 0.5 else "rcs"
            subprocess.run(["ar", flags, path, *part], check=True)
            inputs.append([path])
        elif kind == "so":
            path = os.path.join(folder, f"l{len(inputs)}.so")
            script = os.path.join(folder, "versions")
            with open(script, "w") as f:
                f.write("V1 { global: n1; n2; n3; }; V2 { global: n4; n5; };\n")
            extra = ["--version-script", script] if "versions" in features else []
            subprocess.run(["ld.bfd", "-shared", "-z", "muldefs", *extra, "-o", path, *part],
                           stderr=subprocess.DEVNULL)
            if os.path.exists(path):
                inputs.append([path])
        else:
            inputs += [[p] for p in part]
    if rng.random() < 0.3 and inputs:
        inputs.append(rng.choice([i for i in inputs if i[0].endswith((".a", ".so"))] or [[]]))
    for i, item in enumerate(inputs):
        if not item:
            continue
        path = item[0]
        if "whole" in features and path.endswith(".a") and rng.random() < 0.3:
            inputs[i] = ["--whole-archive", path, "--no-whole-archive"]
        elif "needed" in features and path.endswith(".so") and rng.random() < 0.6:
            inputs[i] = ["--as-needed", path, "--no-as-needed"]
        elif "lib" in features and path.endswith(".o") and rng.random() < 0.5:
            inputs[i] = ["--start-lib", path, "--end-lib"]
    rng.shuffle(inputs)
    if "group" in features and len(inputs) > 2:
        a, b = sorted(rng.sample(range(len(inputs) + 1), 2))
        inputs.insert(b, ["--end-group"])
        inputs.insert(a, ["--start-group"])
    for item in inputs:
        words += item
    if "u" in features:
        words += ["-u", rng.choice(NAMES)]
    if "e" in features:
        words += ["-e", rng.choice(NAMES)]
    if "wrap" in features:
        words += ["--wrap", "n0"]
    if "script" in features:
        path = os.path.join(folder, "s.lds")
        with open(path, "w") as f:
            a, b, c, d, e = rng.sample(NAMES, 5)
            f.write(f"{a} = {rng.choice(['1', b])};\nSECTIONS {{ .text : {{ *(.text) }}\n"
                    f".data : {{ {rng.choice([c, '__c'])} = {rng.choice(['.', d])}; *(.data*) }}\n"
                    f"PROVIDE({e} = {rng.choice(['1', b, d])}); }}\n")
            if rng.random() < 0.3:
                f.write(f"EXTERN({rng.choice(NAMES)})\n")
            if rng.random() < 0.3:
                f.write(f"ENTRY({rng.choice(NAMES)})\n")
        words = ["-T", path] + words
    if "defsym" in features:
        words.append(f"--defsym={rng.choice(NAMES)}={rng.choice(['0x10'] + NAMES)}")
    return words


def for_linker(linker, words):
    if linker == "ld.bfd":
        words = [w for w in words if w not in ("--start-lib", "--end-lib")]
    if linker == "mold":  # its map needs a link that succeeds
        if any("defsym" in w or w == "-T" for w in words):
            return None
        words = words + ["-z", "muldefs", "--unresolved-symbols=ignore-all", "--no-gc-sections"]
    return words


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--linker", action="append")
    parser.add_argument("--keep", default="/tmp/reap-fuzz")
    args = parser.parse_args()
    linkers = args.linker or [l for l in LINKERS if shutil.which(l)]
    failed = compared = 0
    for seed in range(args.seed, args.seed + args.count):
        rng = random.Random(seed)
        folder = os.path.join(args.keep, str(seed))
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        words = make_case(rng, folder)
        bad = False
        for linker in linkers:
            mine = for_linker(linker, words)
            if mine is None:
                continue
            result = resolution.check(args.tool, linker, mine)
            compared += result is not None
            if result is False:
                print(f"seed {seed}, {linker}: {' '.join(mine)}")
                bad = True
        failed += bad
        if not bad:
            shutil.rmtree(folder)
    print(f"{compared} comparisons, {failed} of {args.count} cases differ")
    sys.exit(1 if failed or not compared else 0)


if __name__ == "__main__":
    main()
