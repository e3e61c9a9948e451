"""Hold what the resolver says against what a linker says that it loads.

    resolution.py --tool print_resolution --linker ld.lld-19 -- WORD...

Each linker is asked in its own way:

    lld   `-t` lists every object as it is loaded. Two more objects that define one name make it
          stop after resolution, so that nothing is written.
    bfd   `-t -t` lists members, after their archives
    gold  `-t` lists members
    mold  lists nothing that it has loaded, but its map has the sections of every live object

Prints the differences; exits with 1 when there are any.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

MODES = {"ld.bfd": "bfd", "ld.gold": "gold", "ld.lld-14": "lld14", "ld.lld-19": "lld19",
         "mold": "mold"}


def run(words, **kwargs):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="surrogateescape", **kwargs)


def duplicates(scratch):
    """Two objects that define the same name."""
    paths = []
    for n in (1, 2):
        path = os.path.join(scratch, f"reap-stop-{n}.o")
        subprocess.run(["as", "-o", path, "-"], check=True, text=True,
                       input=".globl __reap_stop\n__reap_stop: .byte 0\n")
        paths.append(path)
    return paths


def lld_list(linker, words, scratch):
    # lld 14 stops before it looks at --wrap
    early = linker.endswith("14") and any(w.startswith("--wrap") for w in words)
    stop = [] if early else duplicates(scratch)
    r = run([linker, "-t", "--error-limit=0", "-o", os.path.join(scratch, "out"), *words, *stop])
    files = [line for line in r.stdout.splitlines() if line and line not in stop]
    return files, r


def bfd_list(linker, words, scratch):
    r = run([linker, "-t", "-t", *words, "-o", os.path.join(scratch, "out")])
    files = []
    for line in r.stdout.splitlines():
        m = re.fullmatch(r"\((.*)\)([^/]*)", line)
        if m:
            files.append(f"{m[1]}({m[2]})")
        elif os.path.exists(line):
            files.append(line)
    return [f for f in files if not is_container(f)], r


def is_container(path):
    """Archives and scripts, which bfd lists beside what it takes from them."""
    try:
        with open(path, "rb") as f:
            return not f.read(4) == b"\x7fELF"
    except OSError:
        return False


def gold_list(linker, words, scratch):
    r = run([linker, "-t", *words, "-o", os.path.join(scratch, "out")])
    return [f for f in r.stdout.splitlines() if f and not is_container(f)], r


def mold_lists(linker, words, scratch):
    """For each output section the files in it, in order."""
    path = os.path.join(scratch, "map")
    r = run([linker, *words, "-o", os.path.join(scratch, "out"), f"-Map={path}"])
    lists, current = [], None
    if os.path.exists(path):
        with open(path, errors="surrogateescape") as f:
            for line in f:
                m = re.match(r"\s*(?:0x)?[0-9a-f]+\s+\d+\s+\d+ (\S.*)?( +)(.*)", line.rstrip("\n"))
                m = re.match(r"\s*0x[0-9a-f]+ +\d+ +\d+ (.*)", line.rstrip("\n"))
                if not m:
                    continue
                if not m[1].startswith("  "):
                    current = []
                    lists.append((m[1], current))
                    continue
                s = re.match(r" +(\S.*):\(([^()]*)\)$", m[1])
                if s and (not current or current[-1] != s[1]):
                    current.append(s[1])
    return lists, r


def normal(path):
    m = re.fullmatch(r"(.*)\((.*)\)", path)
    outer, member = (m[1], m[2]) if m else (path, None)
    outer = os.path.normpath(outer)
    return f"{outer}({os.path.basename(member)})" if member else outer


def thin_member_path(path):
    """bfd names members of thin archives by their own paths."""
    m = re.fullmatch(r"(.*)\((.*)\)", path)
    try:
        with open(m[1], "rb") as f:
            thin = f.read(7) == b"!<thin>"
    except (OSError, TypeError):
        thin = False
    return os.path.join(os.path.dirname(m[1]), m[2]) if thin else path


def is_shared(path):
    try:
        with open(path, "rb") as f:
            head = f.read(18)
        return head[:4] == b"\x7fELF" and head[16] == 3
    except OSError:
        return False


def ours(tool, mode, words):
    r = run([tool, mode, "--", *words])
    if r.returncode:
        sys.exit(f"the tool failed: {r.stderr}")
    return [line for line in r.stdout.splitlines() if line]


def compare(name, mine, theirs):
    if mine == theirs:
        return True
    a, b = set(mine), set(theirs)
    print(f"{name}: {len(mine)} files, the linker has {len(theirs)}")
    for f in mine:
        if f not in b:
            print(f"  too many: {f}")
    for f in theirs:
        if f not in a:
            print(f"  missing:  {f}")
    if a == b:
        for i, (x, y) in enumerate(zip(mine, theirs)):
            if x != y:
                print(f"  order differs at {i}: {x}, the linker has {y}")
                break
    return False


def compare_mold(mine, lists):
    place = {f: i for i, f in enumerate(mine)}
    ok = True
    for section, files in lists:
        files = [normal(f) for f in files if normal(f) != "<internal>"]
        for f in files:
            if f not in place:
                print(f"mold: missing: {f} (in {section})")
                ok = False
        known = [place[f] for f in files if f in place]
        if section.startswith((".text", ".data", ".rodata")) and known != sorted(known):
            print(f"mold: order differs in {section}")
            ok = False
    seen = {normal(f) for _, files in lists for f in files}
    for f in mine:
        if f not in seen and not is_shared(f) and "(" in f:
            print(f"mold: too many: {f}")
            ok = False
    return ok


def check(tool, linker, words):
    """True when they agree, None when the linker did not get that far."""
    mode = MODES[os.path.basename(linker)]
    mine = [normal(f) for f in ours(tool, mode, words)]
    with tempfile.TemporaryDirectory() as scratch:
        if mode == "mold":
            lists, r = mold_lists(linker, words, scratch)
            if not lists:
                print(r.stderr[:500], file=sys.stderr)
                return None
            return compare_mold(mine, lists)
        get = {"bfd": bfd_list, "gold": gold_list}.get(mode, lld_list)
        theirs, r = get(linker, words, scratch)
    theirs = [normal(f) for f in theirs]
    if not theirs:
        print(r.stderr[:500], file=sys.stderr)
        return None
    if mode == "bfd":
        mine = [thin_member_path(f) for f in mine]
    if mode in ("bfd", "gold"):  # these list libraries when they open them, or not at all
        mine = [f for f in mine if not is_shared(f)]
        theirs = [f for f in theirs if not is_shared(f)]
    return compare(linker, mine, theirs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--linker", required=True)
    parser.add_argument("words", nargs="+")
    args = parser.parse_args()
    result = check(args.tool, args.linker, args.words)
    if result:
        print(f"{args.linker}: equal, {len(ours(args.tool, MODES[os.path.basename(args.linker)], args.words))} files")
    sys.exit(0 if result else 1)


if __name__ == "__main__":
    main()
