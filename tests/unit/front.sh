#!/usr/bin/env bash
# The front ends as programs: links through ld.reap, reap gc, reap why, and what happens when
# something goes wrong.
# usage: front.sh BUILD
set -uo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir tmp
export TMPDIR=$work/tmp LC_ALL=C
unset REAP_OPTIONS
failed=0
[ -x "$build/ld.reap" ] && [ -x "$build/reap" ] || { echo "FAILED: the products are not built"; exit 1; }

fail() {
    echo "FAILED: $*"
    failed=1
}
check() { # NAME WANTED-STATUS WANTED-REGEX COMMAND...
    local name=$1 status=$2 regex=$3 got
    shift 3
    out=$("$@" 2>&1)
    got=$?
    if [ "$got" != "$status" ] || ! grep -qE -- "$regex" <<<"$out"; then
        fail "$name: status $got (wanted $status), output: $out"
    fi
    if [ -n "$(ls -A tmp)" ]; then
        fail "$name: temporary files stay: $(find tmp)"
        rm -rf tmp/*
    fi
}

cat >main.c <<'C'
#include <stdio.h>
extern int answer(void);
int unused_data[100] = {1};
int unused(void) { return unused_data[0]; }
int only_from_unused(void) { return unused(); }
int main(void) { printf("%d\n", answer()); return 0; }
C
cat >lib.c <<'C'
int answer(void) { return 42; }
int never(void) { return 43; }
C
cat >other.c <<'C'
int nobody_asked(void) { return 1; }
C
# shellcheck disable=SC2086
cflags="-O1 -ffunction-sections -fdata-sections"
gcc $cflags -c main.c && gcc $cflags -c lib.c && gcc $cflags -c other.c && ar rc libx.a lib.o other.o ||
    exit 1
gccreap() {
    gcc -B "$build/gcc-ld/" "$@"
}

# --- links --------------------------------------------------------------------------------------
linkers=
for name in bfd gold lld lld-14 lld-19 mold; do
    command -v "ld.$name" >/dev/null && linkers="$linkers $name"
done
for name in $linkers; do
    rm -f out
    check "link_$name" 0 '^$' gccreap main.o libx.a -o out "-Wl,--reap-linker=$name"
    check "runs_$name" 0 '^42$' ./out
    nm out >symbols
    grep -qw answer symbols || fail "link_$name: answer is gone"
    grep -qwE 'unused|only_from_unused|unused_data|never' symbols && fail "link_$name: dead symbols stay"
    rm -f out
    check "checked_$name" 0 '^$' gccreap main.o libx.a -o out "-Wl,--reap-linker=$name" -Wl,--reap-check
done
check static_link 0 '^$' gccreap -static main.o libx.a -o out -Wl,--reap-linker=bfd
check static_runs 0 '^42$' ./out

# mode=report and mode=off give the bytes of the plain link.
gcc -fuse-ld=bfd main.o libx.a -o plain
for mode in report off; do
    check "mode_$mode" 0 '^$' gccreap main.o libx.a -o out -Wl,--reap-linker=bfd "-Wl,--reap-mode=$mode"
    cmp -s out plain || fail "mode=$mode changes the output"
done
check report_in_report_mode 0 'unused' gccreap main.o libx.a -o out -Wl,--reap-linker=bfd \
    -Wl,--reap-mode=report,--reap-print-removed
cmp -s out plain || fail "mode=report with a report changes the output"

# --- reports and why ----------------------------------------------------------------------------
check reports 0 'phase' gccreap main.o libx.a -o out \
    -Wl,--reap-report=r.txt,--reap-json=r.json,--reap-db=r.db,--reap-stats,--reap-print-removed=r.removed
grep -q only_from_unused r.txt || fail "the text report misses a name"
python3 -m json.tool r.json >/dev/null || fail "the JSON is none"
grep -q '^removing unused section main.o:(.text.unused)$' r.removed || fail "print-removed: $(cat r.removed)"
check why_live 0 'main' "$build/reap" why answer --db r.db
check why_dead 0 'unreferenced|nothing refers' "$build/reap" why only_from_unused --db r.db
check why_not_extracted 0 'libx.a' "$build/reap" why nobody_asked --db=r.db
check why_json 0 '^[[{]' "$build/reap" why answer --db r.db --format json
check why_none 1 . "$build/reap" why no_such_name_at_all --db r.db
check why_no_db 1 nonesuch "$build/reap" why x --db nonesuch.db
check why_usage 2 'wants a name' "$build/reap" why
check unwritable_report 1 'the link is done' gccreap main.o libx.a -o out -Wl,--reap-report=/nonexistent/r
test -x out || fail "the output of a good link is gone"
check no_report_dir_left 0 . ls .

# REAP_OPTIONS
check environment 0 '^$' env REAP_OPTIONS='--reap-print-removed=env.removed linker=bfd' \
    gcc -B "$build/gcc-ld/" main.o libx.a -o out
test -s env.removed || fail "REAP_OPTIONS did nothing"

# --- a final link that fails --------------------------------------------------------------------
# The wrapper asks for a symbol that nothing asked for when Reap looked.
cat >wrapper-bfd <<'S'
#!/bin/sh
case "$*" in *reap-*) exec ld.bfd -u unused --require-defined=unused "$@" ;; *) exec ld.bfd "$@" ;; esac
S
chmod +x wrapper-bfd
rm -f out
check failing_link 1 'removed-but-needed' gccreap main.o libx.a -o out -Wl,--reap-linker=./wrapper-bfd
grep -q 'keep-symbol=unused' <<<"$out" || fail "failing_link names no remedy: $out"
test ! -e out || fail "failing_link leaves an output"
check fallback 0 'original files are linked' gccreap main.o libx.a -o out \
    -Wl,--reap-linker=./wrapper-bfd,--reap-fallback
check fallback_runs 0 '^42$' ./out
check kept 0 '^$' gccreap main.o libx.a -o out -Wl,--reap-linker=./wrapper-bfd,--reap-keep-symbol=unused

# The same with C++ names, which each linker demangles in its own way.
cat >ns.cc <<'C'
#include <string>
#include <vector>
namespace ns {
struct S { std::vector<std::string> f(const std::string &, unsigned long); };
#ifdef USER
auto p = &S::f;
#else
std::vector<std::string> S::f(const std::string &s, unsigned long n) { return {n, s}; }
#endif
}
#ifndef USER
int main() {}
#endif
C
g++ $cflags -c ns.cc -o ns.o && g++ $cflags -DUSER -c ns.cc -o user.o || exit 1
for name in $linkers; do
    printf '#!/bin/sh\ncase "$*" in *reap-*) set -- "$@" user.o ;; esac\nexec ld.%s "$@"\n' "$name" >"more-$name"
    chmod +x "more-$name"
    check "failing_link_$name" 1 "names 'ns::S::f.*removed-but-needed" g++ -B "$build/gcc-ld/" ns.o -o out \
        "-Wl,--reap-linker=./more-$name"
done

# --- the user's own names in what the linker writes ---------------------------------------------
for name in $linkers; do
    rm -f map deps
    check "names_$name" 0 '^$' gccreap -static main.o libx.a -o out "-Wl,--reap-linker=$name,-Map=map"
    grep -q "$TMPDIR" map && fail "names_$name: the map names temporary files"
    grep -q 'main\.o' map || fail "names_$name: the map misses main.o"
    [ "$name" = mold ] || [ "$name" = gold ] && continue
    check "deps_$name" 0 '^$' gccreap main.o libx.a -o out "-Wl,--reap-linker=$name,--dependency-file=deps"
    grep -q "$TMPDIR" deps && fail "deps_$name: the dependency file names temporary files"
    grep -qE '(^| )main\.o' deps || fail "deps_$name: the dependency file misses main.o"
done
echo 'int missing(void); int main(void) { return missing(); }' >calls.c
gcc $cflags -g0 -c calls.c || exit 1
check names_in_messages 1 'calls\.o' gccreap calls.o -o out -Wl,--reap-linker=bfd
grep -q "$TMPDIR" <<<"$out" && fail "names_in_messages: $out"

# --- save ---------------------------------------------------------------------------------------
check save 0 '^$' gccreap main.o libx.a -o out -Wl,--reap-linker=bfd,--reap-save="it's saved"
cp out first
rm out
check relink 0 '^$' "./it's saved/relink.sh"
cmp -s out first || fail "relink.sh gives another output"

# --- bad input ----------------------------------------------------------------------------------
head -c 500 main.o >short.o
rm -f out
check truncated 1 'short.o' gccreap short.o libx.a -o out
test ! -e out || fail "truncated: an output is left"
check read_only_tmpdir 1 'nonexistent' env TMPDIR=/nonexistent gcc -B "$build/gcc-ld/" main.o libx.a -o out
test ! -e out || fail "read_only_tmpdir: an output is left"

# --- signals ------------------------------------------------------------------------------------
printf '#!/bin/sh\necho partial >out\nsleep 2\n' >slow-bfd
chmod +x slow-bfd
gcc -### main.o libx.a -o out 2>&1 | grep collect2 | tail -1 >words
for signal in INT TERM HUP; do
    rm -f out
    eval "set -- $(cat words)"
    shift
    # set -m: a background job of a script would ignore SIGINT otherwise
    (set -m; "$build/ld.reap" --reap-linker=./slow-bfd "$@" 2>/dev/null & echo $! >pid; wait $!; echo $? >status)  2>/dev/null &
    for _ in $(seq 100); do
        test -e out && break
        sleep 0.1
    done
    test -e out || fail "signal_$signal: the linker was never run"
    kill -s "$signal" "$(cat pid)"
    wait
    [ "$(cat status)" = $((128 + $(kill -l "$signal"))) ] || fail "signal_$signal: status $(cat status)"
    test ! -e out || fail "signal_$signal: a partial output is left"
    test -z "$(ls -A tmp)" || fail "signal_$signal: temporary files are left"
done

# --- reap gc ------------------------------------------------------------------------------------
check gc_object 0 'sections' "$build/reap" gc -e main -o small.o main.o
nm small.o | grep -qw unused && fail "gc_object keeps a dead function"
nm small.o | grep -qw main || fail "gc_object loses main"
check gc_object_links 0 '^$' gcc small.o libx.a -o out
check gc_object_runs 0 '^42$' ./out
check gc_dir 0 'sections' "$build/reap" gc -e main --out-dir small main.o libx.a
[ "$(ar t small/libx.a)" = lib.o ] || fail "gc_dir: members $(ar t small/libx.a)"
check gc_dir_links 0 '^$' gcc small/main.o small/libx.a -o out
check gc_dir_runs 0 '^42$' ./out
check gc_default_roots 0 'sections' "$build/reap" gc -o all.o main.o
nm all.o | grep -qw only_from_unused || fail "gc_default_roots: a visible global is gone"
check gc_separate_value 0 'sections' "$build/reap" gc --entry main --output=small.o main.o
check gc_export_from 0 'sections' "$build/reap" gc --export-from main.o --out-dir small libx.a
[ "$(nm small/libx.a | grep -wE 'answer|never' | awk '{print $3}')" = answer ] ||
    fail "gc_export_from: $(nm small/libx.a)"
cp main.o same.o
ln same.o link.o
check gc_over_input 2 'one of the inputs' "$build/reap" gc -o link.o same.o
cmp -s main.o same.o || fail "gc_over_input changed an input"
check gc_same_names 2 'same base name' "$build/reap" gc --out-dir small main.o ./main.o
check gc_two_for_o 2 'exactly one' "$build/reap" gc -o x.o main.o lib.o
check gc_archive_for_o 2 'exactly one' "$build/reap" gc -o x.o libx.a
check gc_no_output 2 'where shall' "$build/reap" gc main.o
check gc_no_inputs 2 'wants objects' "$build/reap" gc
check gc_missing 1 'nonesuch.o' "$build/reap" gc -o x.o nonesuch.o
check gc_truncated 1 'short.o' "$build/reap" gc -o x.o short.o
check gc_unknown 2 "did you mean '--report'" "$build/reap" gc --reprot=x -o x.o main.o
test ! -e x.o || fail "a failed gc leaves an output"
ar rcT thin.a lib.o other.o
check gc_thin 0 'sections' "$build/reap" gc -e answer --out-dir small thin.a
[ "$(head -c 7 small/thin.a)" = '!<arch>' ] || fail "gc_thin writes no regular archive"
[ "$(ar t small/thin.a)" = lib.o ] || fail "gc_thin: members $(ar t small/thin.a)"
check help 0 'reap COMMAND' "$build/reap" --help
check help_gc 0 '--out-dir' "$build/reap" help gc
check version 0 '^reap [0-9]' "$build/reap" --version
check no_command 2 'usage' "$build/reap"
check unknown_command 2 'no such command' "$build/reap" frobnicate
exit $failed
