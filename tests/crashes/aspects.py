"""What is asked of a case: each function returns text worth showing or raises Failure."""

import filecmp
import json
import os
import shlex
import signal
import subprocess
import time

import catalogue
from catalogue import Failure


def stock(case, linker, work):
    """The stock linker's program fails as told; the good link's works."""
    bad, good = (os.path.join(work, f"{kind}-{linker.backend.linker}.out") for kind in ("bad", "good"))
    linker.bad(bad)
    linker.good(good)
    death = catalogue.run(case, bad)
    if not catalogue.died_as_told(case, death):
        raise Failure(f"expected {case.one['died']}, got {death.how}\n{death.output}")
    end = catalogue.run(case, good)
    if end.how != "exit 0":
        raise Failure(f"the good link's program fails too: {end.how}\n{end.output}")
    return death.output


# --- findings --------------------------------------------------------------------------------


def reap(linker, words, stdin=None, timeout=300):
    """Run the reap command; its standard output as JSON, and the text for a person."""
    r = subprocess.run([os.path.join(linker.build, "reap")] + words, text=True, cwd=linker.work,
                       errors="backslashreplace", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=timeout, **({"input": stdin} if stdin is not None else
                                           {"stdin": subprocess.DEVNULL}))
    if r.returncode == 2:
        raise Failure(f"reap {shlex.join(words)} is refused:\n{r.stderr}")
    try:
        return json.loads(r.stdout), r.stderr
    except ValueError:
        raise Failure(f"reap {shlex.join(words)} gives no JSON (exit {r.returncode}):\n"
                      f"{r.stdout}{r.stderr}") from None


def is_guilty(guilty, finding):
    """Whether FILE:SECTION is what the finding names; an empty section is the whole file."""
    file, _, section = guilty.partition(":")
    if not finding["file"].endswith(file):
        return False
    return not section or (finding.get("section") or "") == section


def check_first(case, findings, what):
    """The first finding must be the guilty removal, with its evidence and remedy."""
    shown = json.dumps(findings[:3], indent=1)
    if not findings:
        raise Failure(f"{what} finds nothing; expected {case.one['code']} {case.many['guilty']}")
    first = findings[0]
    if first["code"] not in case.codes:
        raise Failure(f"{what}: first is '{first['code']}', expected {case.one['code']}\n{shown}")
    if not any(is_guilty(g, first) for g in case.many["guilty"]):
        raise Failure(f"{what}: first is {first['file']} {first.get('section')}, "
                      f"expected {case.many['guilty']}\n{shown}")
    for key in ("evidence", "remedy", "symbol"):
        text = json.dumps(first["symbols"] + [first["evidence"]] if key == "symbol" else first[key])
        for wanted in case.many[key]:
            if wanted not in text:
                raise Failure(f"{what}: the {key} does not mention '{wanted}'\n{shown}")
    return json.dumps(first, indent=1)


def analysed(case, linker, work):
    """The link that Reap only watches: output and database. It must not change the output."""
    stem = os.path.join(work, f"watched-{linker.backend.linker}")
    out, plain, db = stem + ".out", os.path.join(work, f"bad-{linker.backend.linker}.out"), stem + ".db"
    if not os.path.exists(plain):
        linker.bad(plain)
    if not os.path.exists(db):
        linker.bad(out, ["mode=report", f"db={db}"])
        if not os.path.exists(db):
            raise Failure("mode=report wrote no database")
        if not filecmp.cmp(out, plain, shallow=False):
            raise Failure("mode=report changed the output")
    return out, db


def lint(case, linker, work):
    _, db = analysed(case, linker, work)
    findings, _ = reap(linker, ["lint", "--db", db, "--format", "json"])
    return check_first(case, findings, "lint")


# --- after the crash -------------------------------------------------------------------------


def gdb(words, work):
    r = subprocess.run(["gdb", "-nx", "-batch"] + words, stdin=subprocess.DEVNULL, text=True, cwd=work,
                       errors="backslashreplace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       env=dict(os.environ, DEBUGINFOD_URLS="", LC_ALL="C"), timeout=120)
    return r.stdout


def core_and_trace(case, out, work):
    """Let the program die under gdb; its core file and gdb's backtrace."""
    core = out + ".core"
    save = ["-ex", f"generate-core-file {core}", "-ex", "bt"]
    if case.one["died"] != "hang":
        text = gdb(["-ex", "set follow-fork-mode parent", "-ex", "handle SIGCHLD nostop noprint",
                    "-ex", "run"] + (["-ex", "continue"] * (int(case.one.get("stops", "1")) - 1)) +
                   save + [out], work)
    else:
        p = subprocess.Popen([out], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(0.5)
        text = gdb(save + ["-p", str(p.pid)], work)
        p.send_signal(signal.SIGKILL)
        p.wait()
    if not os.path.exists(core):
        raise Failure(f"gdb wrote no core file:\n{text}")
    return core, text[text.rfind("\n#0"):]


def explain(case, linker, work):
    """From the core, and from the text of a backtrace or of the emulator."""
    out, db = analysed(case, linker, work)
    base = ["explain", "--db", db, "--exe", out, "--format", "json"]
    shown = ""
    if "run" in case.one: # an emulator: there is no core file
        text = catalogue.run(case, out).output
    else:
        core, text = core_and_trace(case, out, work)
        findings, _ = reap(linker, base + ["--core", core])
        shown = check_first(case, findings, "explain from the core")
    findings, _ = reap(linker, base + ["-"], stdin=text)
    return shown + check_first(case, findings, "explain from text:\n" + text)


# --- by experiment ---------------------------------------------------------------------------


def bisect(case, linker, work):
    """Links and runs until the removals that turn success into failure are left."""
    save = os.path.join(work, f"save-{linker.backend.linker}")
    out = os.path.join(work, f"saved-{linker.backend.linker}.out")
    linker.bad(out, ["mode=report", f"save={save}"])
    test = "exec " + case.one.get("run", '"$OUT"').replace("$OUT", "$REAP_OUTPUT")
    if case.one["died"].startswith("output "):
        test = f"! timeout {catalogue.HANG_SECONDS} {test[5:]} 2>&1 | grep -Eq {shlex.quote(case.one['died'][7:])}"
    words = ["bisect", "--save", save, "--timeout", str(catalogue.HANG_SECONDS), "--format", "json",
             "--", "sh", "-c", test]
    result, told = reap(linker, words)
    findings = result["culprits"]
    shown = check_first(case, findings, "bisect")
    if len(findings) != 1:
        raise Failure(f"bisect: {len(findings)} culprits, expected one\n{json.dumps(result, indent=1)}")
    return shown + f"\n{result['links']} links\n{told}"


ASPECTS = {"stock": stock, "lint": lint, "explain": explain, "bisect": bisect}
