#!/usr/bin/env python3
"""Hold the instruction decoder to objdump over all the code of real programs.

usage: objdump.py x86-64|aarch64 PRINT_INSNS [FILE…]

For every instruction that objdump knows: its length, where a branch goes, base, index and
displacement of a memory operand, that a register which objdump shows as the destination is among
those written, and that loads, stores, moves, additions and addresses are taken for what they are.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile

FILES = {
    "x86-64": ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"],
    "aarch64": ["/usr/aarch64-linux-gnu/lib/libc.so.6", "/usr/aarch64-linux-gnu/lib/libstdc++.so.6"],
}
OBJDUMP = {"x86-64": "objdump", "aarch64": "aarch64-linux-gnu-objdump"}
LINE = re.compile(r"^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+|[0-9a-f]{8} )\s*(?:\t(.*))?$")
FIELDS = ("at length kind dst dst2 src src2 base index scale width disp imm target reads writes "
          "flags").split()
SHOWN = 12


def x86_registers():
    names = {}
    for i, n in enumerate("ax cx dx bx sp bp si di".split()):
        names.update({"r" + n: (i + 1, 8), "e" + n: (i + 1, 4), n: (i + 1, 2)})
    for i, n in enumerate("al cl dl bl spl bpl sil dil".split()):
        names[n] = (i + 1, 1)
    for i, n in enumerate("ah ch dh bh".split()):
        names[n] = (i + 1, 0)
    for i in range(8, 16):
        names.update({f"r{i}": (i + 1, 8), f"r{i}d": (i + 1, 4), f"r{i}w": (i + 1, 2),
                      f"r{i}b": (i + 1, 1)})
    return names


X86 = x86_registers()
A64 = {**{f"{c}{i}": (i + 1, 8 if c == "x" else 4) for c in "xw" for i in range(31)},
       "sp": (32, 8), "wsp": (32, 4), "xzr": (0, 8), "wzr": (0, 4)}
PREFIX = re.compile(r"^(?:(?:lock|rep[nz]{0,2}|bnd|notrack|data16|[cdefgs]s|addr32|rex(?:\.[WRXB]+)?|"
                    r"xacquire|xrelease)\s+)+")
X86_MEMORY = re.compile(r"^\*?(?:%([cdefgs]s):)?(-?0x[0-9a-f]+)?\((%\w+)?(?:,(%\w+)(?:,(\d))?)?\)$")
# The last operand of these is read only.
X86_READERS = re.compile(r"^(cmp|test|push|jmp|call|bt[wlq]?$|ptest|v?u?comis|ptwrite|prefetch|"
                         r"nop|out|ver[rw]|l[lm]sw|lldt|ltr|inv|ud[01]|mov[wlq]? %\w+,%[cd]r|"
                         r"wr[fg]sbase|rdpid$|incssp|umonitor|tpause|umwait|vpbroadcast|wrss|wruss|"
                         r"xstore|m(onitor|wait)|vmwrite|kmov|vmptrld|enqcmd)")


def operands(text):
    """Split at commas outside of brackets."""
    out, depth, word = [], 0, ""
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            out.append(word.strip())
            word = ""
        else:
            word += c
    return out + [word.strip()] if word.strip() else out


def number(text):
    return int(text, 16) if text else 0


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def check_x86_memory(ins, got, word):
    m = X86_MEMORY.match(word)
    if not m or word in ("%es:(%rdi)", "%ds:(%rsi)", "(%dx)", "%ds:(%rbx)") or (m[1] or "") not in ("", "fs", "gs", "ds", "ss", "cs", "es"):
        return None
    base, index = (m[3] or "")[1:], (m[4] or "")[1:]
    if base.startswith("e") or index.startswith("e") and index != "eiz":
        return None
    want_base = 63 if base == "rip" else X86.get(base, (0,))[0]
    want_index = X86.get(index, (0,))[0]
    if signed(number(m[2]) & (1 << 64) - 1) != int(got["disp"]) or want_base != int(got["base"]):
        return "memory operand"
    if want_index != int(got["index"]) or (want_index and int(m[5] or 1) != int(got["scale"])):
        return "index"
    if (m[1] in ("fs", "gs")) != ("g" in got["flags"]):
        return "segment"
    return None


def check_x86(text, got):
    text, _, comment = text.partition("#")
    text = PREFIX.sub("", re.sub(r"<[^>]*>", "", text).strip()).strip()
    name, _, rest = text.partition(" ")
    name = re.sub(r",p[nt]$", "", name)
    ops = operands(rest)
    kind = got["kind"]
    if re.match(r"^(call|jmp|j[a-z]+|loop\w*|xbegin)q?$", name) and ops and re.match(r"^[0-9a-f]+$", ops[0]):
        want = "call" if name.startswith("call") else "jump" if name.startswith("jmp") else "branch"
        if kind != want or got["target"] != ops[0].lstrip("0"):
            return "branch"
        return None
    if name.startswith(("call", "jmp", "lcall", "ljmp")) and ops and ops[0].startswith("*"):
        if kind != ("call-reg" if "call" in name else "jump-reg"):
            return "indirect branch"
        return check_x86_memory(text, got, ops[0])
    if re.match(r"^(ret|lret|iret|sysret|sysexit)", name):
        return None if kind == "return" else "return"
    if re.match(r"^(int3|ud[012])", name):
        return None if kind == "trap" else "trap"
    if kind in ("call", "jump", "branch", "call-reg", "jump-reg", "return", "trap", "bad"):
        return "not a branch"
    nop = name.startswith("nop") or name.startswith("endbr")
    for word in [] if nop else ops:
        error = check_x86_memory(text, got, word)
        if error:
            return error
        if word.startswith("%") is False and "(%rip)" in word:
            if number(comment.split()[0]) != number(got["target"]):
                return "target of rip"
    return check_x86_values(name, ops, got)


def check_x86_values(name, ops, got):
    if not ops or name.startswith("nop") or (name == "xchg" and ops[0] == ops[1]):
        return None
    kind, last = got["kind"], ops[-1].lstrip("%")
    writes, reads = number(got["writes"]), number(got["reads"])
    alone = len(ops) == 1 and re.match(r"^i?(div|mul)[bwlq]?$", name)
    if ops[-1].startswith("%") and last in X86 and not alone and not X86_READERS.match(name):
        if not writes >> X86[last][0] & 1:
            return "destination is not written"
    for word in ops[:-1]:
        if word.startswith("%") and word[1:] in X86 and not name.startswith(("xor", "sub", "sbb")):
            if not (reads | writes) >> X86[word[1:]][0] & 1:
                return "source is not read"
    first = ops[0].lstrip("%")
    if re.match(r"^mov(abs)?[bwlq]?$", name) and len(ops) == 2:
        a, b = first in X86 and X86[first][1], last in X86 and X86[last][1]
        if "(" in ops[0] and b and "(%e" not in ops[0] and kind != "load":
            return "load"
        if "(" in ops[1] and a and "(%e" not in ops[1] and kind != "store":
            return "store"
        if a and b and a >= 4 and (kind != "move" or int(got["src"]) != X86[first][0] or
                                   int(got["dst"]) != X86[last][0]):
            return "move"
        if ops[0].startswith("$") and b and b >= 4:
            value = number(ops[0][1:]) & (1 << 64) - 1
            if kind != "address" or number(got["target"]) != value:
                return "constant"
    if re.match(r"^lea[lq]?$", name) and kind != "address" and "(%e" not in ops[0] and X86[last][1] >= 4:
        return "lea"
    if re.match(r"^(add|sub)[lq]?$", name) and ops[0].startswith("$") and last in X86 and X86[last][1] >= 4:
        value = number(ops[0][1:])
        value = signed(value) if X86[last][1] == 8 else value - (1 << 32) if value >> 31 else value
        # 32 bits: 0x80000000 and its negative are one
        if kind != "add" or (int(got["imm"]) - (value if name.startswith("add") else -value)) % (1 << 32):
            return "add"
    if re.match(r"^cmp[bwlq]?$", name) and "ah" not in ops and kind != "compare" and not any(
            w in ("%ah", "%bh", "%ch", "%dh") or "(%e" in w for w in ops):
        return "compare"
    return None


A64_STORES = re.compile(r"^(st(?!xr|lxr|xp|lxp|z?2?g$)\w*|prfu?m|sttr\w*)$")
A64_READERS = re.compile(r"^(cmp|cmn|tst|ccmp|ccmn|cb|tb|b|msr|sys|dc|ic|at|tlbi|prfu?m|dsb|dmb|isb|"
                         r"hint|nop|ret|f?ccmp|autibz|setf|rmif|svc|brk|hlt|udf|wf[ei]t|[sp]fence|"
                         r"clrex|sev|yield|csdb|eret|gmi|cfinv|st[2z]*g|whilerw|ptest)")
A64_MEMORY = re.compile(r"^\[(\w+)(?:, (?:#(-?\w+)|([xw]\d+|[xw]zr)(?:, (\w+)(?: #(\d+))?)?))?\](!?)$")


def check_a64_memory(name, ops, got):
    if ops and re.match(r"^(\{z|[zp]\d)", ops[0]):
        return None  # SVE: registers alone
    for i, word in enumerate(ops):
        m = A64_MEMORY.match(word)
        if not m or m[1] not in A64:
            continue
        if "m" not in got["flags"] or A64[m[1]][0] != int(got["base"]):
            return "base"
        if m[2] and int(m[2], 0) != int(got["disp"]):
            return "displacement"
        if m[3] and A64[m[3]][0] != int(got["index"]):
            return "index"
        if m[3] and A64[m[3]][0] and 1 << int(m[5] or 0) != int(got["scale"]):
            return "scale"
        writes = number(got["writes"])
        if (m[6] or len(ops) > i + 1) and not writes >> A64[m[1]][0] & 1:
            return "index is not written"
        if ops[0].startswith("{"):
            return None  # how far vectors' addresses go is not told
        if len(ops) > i + 1 and ops[i + 1].startswith("#") and int(ops[i + 1][1:], 0) != int(got["imm"]):
            return "post-index"
        if not m[6] and len(ops) == i + 1 and writes >> A64[m[1]][0] & 1 and A64[m[1]][0]:
            if m[1] not in ops[:i] and m[1].replace("x", "w") not in ops[:i]:
                return "base is written"
    return None


def check_a64_values(name, ops, got):
    writes, kind = number(got["writes"]), got["kind"]
    first = A64.get(ops[0]) if ops else None
    if first and first[0] and not A64_STORES.match(name) and not A64_READERS.match(name):
        if not writes >> first[0] & 1:
            return "destination is not written"
    if first and re.match(r"^ld(p|psw|np|xp|axp)$", name) and A64[ops[1]][0]:
        if not writes >> A64[ops[1]][0] & 1 or A64[ops[1]][0] != int(got["dst2"]):
            return "second destination"
    if first and re.match(r"^(ldr|ldur|ldp|ldar|ldrs?[bhw])$", name):
        extended = re.search(r"[us]xtw", ops[-1])
        if kind != ("other" if extended else "load") or int(got["dst"]) != first[0]:
            return "load"
        if name in ("ldr", "ldur", "ldp", "ldar") and int(got["width"]) != first[1]:
            return "width"
    if first and re.match(r"^(str|stur|stp|stlr|str[bh])$", name):
        if kind != ("other" if re.search(r"[us]xtw", ops[-1]) else "store") or int(got["src"]) != first[0]:
            return "store"
    if name == "mov" and first and first[0] and len(ops) == 2:
        if ops[1] in A64 and A64[ops[1]][0]:
            if kind != "move" or int(got["src"]) != A64[ops[1]][0] or int(got["dst"]) != first[0]:
                return "move"
        elif ops[1].startswith("#") and kind == "address":
            if number(got["target"]) != int(ops[1][1:], 0) & ((1 << 8 * first[1]) - 1):
                return "constant"
    if name in ("add", "sub") and first and len(ops) >= 3 and ops[2].startswith("#"):
        shift = 12 if len(ops) == 4 else 0
        value = int(ops[2][1:], 0) << shift
        if kind not in ("add", "move") or int(got["imm"]) != (value if name == "add" else -value):
            return "add"
    if name == "cmp" and len(ops) == 2 and kind != "compare":
        return "compare"
    return None


def check_aarch64(text, got):
    text = re.sub(r"<[^>]*>", "", text.partition("//")[0]).strip()
    name, _, rest = text.partition("\t")
    ops, kind = operands(rest), got["kind"]
    if re.match(r"^(bl?|b\.\w+|cbn?z|tbn?z)$", name):
        want = "call" if name == "bl" else "jump" if name == "b" else "branch"
        return None if kind == want and number(got["target"]) == number(ops[-1]) else "branch"
    if re.match(r"^(br|blr|bra\w+|blra\w+)$", name):
        want = "call-reg" if name.startswith("bl") else "jump-reg"
        return None if kind == want and int(got["src"]) == A64[ops[0]][0] else "indirect branch"
    if re.match(r"^(ret\w*|eret\w*)$", name):
        return None if kind == "return" else "return"
    if name in ("brk", "udf"):
        return None if kind == "trap" else "trap"
    if kind in ("call", "jump", "branch", "call-reg", "jump-reg", "return", "trap"):
        return "not a branch"
    if name in ("adr", "adrp"):
        right = kind == "address" and number(got["target"]) == number(ops[1])
        return None if right and (name == "adrp") == ("p" in got["flags"]) else "address"
    if name.startswith("ld") and len(ops) == 2 and re.match(r"^[0-9a-f]+$", ops[1]):
        return None if number(got["target"]) == number(ops[1]) else "literal"
    return check_a64_memory(name, ops, got) or check_a64_values(name, ops, got)


def disassemble(machine, path):
    """Each instruction: address, bytes, text."""
    out = subprocess.run([OBJDUMP[machine], "-dwz", "--insn-width=16", "-j", ".text", path],
                         check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        m = LINE.match(line)
        if m:
            code = bytes.fromhex(m[2].replace(" ", ""))
            yield int(m[1], 16), code[::-1] if machine == "aarch64" else code, (m[3] or "").strip()


def decode(machine, program, insns):
    base = insns[0][0]
    with tempfile.NamedTemporaryFile() as f:
        for at, code, _ in insns:
            f.seek(at - base)
            f.write(code)
        f.flush()
        out = subprocess.run([program, machine, f.name, f"{base:x}"], check=True, text=True,
                             capture_output=True, input="".join(f"{i[0]:x}\n" for i in insns)).stdout
    return [dict(zip(FIELDS, line.split(" ", len(FIELDS) - 1))) for line in out.splitlines()]


def check_file(machine, program, path):
    insns = list(disassemble(machine, path))
    got = decode(machine, program, insns)
    wrong, bad = collections.Counter(), 0
    if len(got) != len(insns):
        print(f"{path}: {len(insns)} instructions went in, {len(got)} came out")
        return 1
    for (at, code, text), g in zip(insns, got):
        if "(bad)" in text or text.startswith((".inst", ".byte", ".word")) or re.match(r"^rex[.\w]*$", text):
            bad += 1
            continue
        if int(g["length"]) != len(code):
            error = "length"
        elif "differs" in g["flags"]:
            error = "the quick decoder differs"
        else:
            error = (check_x86 if machine == "x86-64" else check_aarch64)(text, g)
        if error:
            wrong[error] += 1
            if sum(wrong.values()) <= SHOWN:
                print(f"{os.path.basename(path)}: {at:x}: {code.hex()}: {text}: {error}; {g}")
    kinds = collections.Counter(g["kind"] for g in got)
    print(f"{path}: {len(insns)} instructions, {bad} unknown to objdump, wrong: {dict(wrong)}; "
          + ", ".join(f"{n} {k}" for k, n in kinds.most_common()))
    return sum(wrong.values()) + (len(insns) < 10000)


def main():
    machine, program = sys.argv[1], sys.argv[2]
    return 1 if sum([check_file(machine, program, f) for f in sys.argv[3:] or FILES[machine]]) else 0


if __name__ == "__main__":
    sys.exit(main())
