#!/usr/bin/env bash
# ld.reap as a program: which linker it finds, what it passes through, that it never runs itself.
# usage: driver.sh LD_REAP
set -uo pipefail
reap=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

check() { # NAME WANTED-STATUS WANTED-REGEX COMMAND...
    local name=$1 status=$2 regex=$3 out got
    shift 3
    out=$("$@" 2>&1)
    got=$?
    if [ "$got" != "$status" ] || ! grep -qE -- "$regex" <<<"$out"; then
        echo "FAILED: $name: status $got (wanted $status), output: $out"
        failed=1
    fi
}

check version_is_ours 0 '^ld\.reap [0-9]' "$reap" --reap-version
check help_is_ours 0 '--reap-linker=NAME' "$reap" --reap-help
check unknown_option_is_refused 1 "did you mean '--reap-report'" "$reap" --reap-reprot=x
check bad_environment_is_refused 1 'REAP_OPTIONS' env REAP_OPTIONS=nonsense "$reap" -v
check no_such_linker 1 'no linker of this name' "$reap" --reap-linker=nonesuch -v
check itself_by_path 1 'this is ld.reap itself' "$reap" --reap-linker="$reap" -v
check guard 1 'was run by the linker' env REAP_DRIVER_ACTIVE=1 "$reap" -v
check guard_in_mode_off 1 'was run by the linker' \
    env REAP_DRIVER_ACTIVE=1 "$reap" --reap-mode=off -v

for name in ld.bfd ld.gold ld.lld mold; do
    real=$(command -v $name) || continue
    short=${name#ld.}
    # The first line of --version is what configure scripts look at: untouched.
    check "probe_$name" 0 "^$("$real" --version | head -1 | sed 's/[][().*^$+?]/./g')$" \
        "$reap" --reap-linker="$short" --version
    check "probe_v_$name" "$("$real" -v >/dev/null 2>&1; echo $?)" . "$reap" --reap-linker="$short" -v
done

# Links to it and copies of it under the linkers' names, first in PATH, are passed over.
mkdir links copies
ln -s "$reap" links/ld
ln -s "$reap" links/ld.lld
cp "$reap" copies/ld.lld
cp "$reap" copies/ld
if command -v ld.lld >/dev/null; then wanted=LLD; else wanted='GNU ld'; fi
check link_in_path 0 "$wanted" env PATH="$work/links:$PATH" links/ld --version
check copy_in_path 0 "$wanted" env PATH="$work/copies:$PATH" copies/ld.lld --version
check two_of_them_in_path 0 "$wanted" env PATH="$work/links:$work/copies:$PATH" "$reap" --version

# A wrapper that runs ld.reap again is found out, not followed for ever.
printf '#!/bin/sh\nexec "%s" "$@"\n' "$reap" >wrapper-bfd
chmod +x wrapper-bfd
check wrapper_loop 1 'was run by the linker' "$reap" --reap-linker=./wrapper-bfd -v

# The linker's own status and message.
check no_inputs 1 'no input files' "$reap" --reap-linker=bfd
check missing_input 1 'nonesuch.o' "$reap" --reap-linker=bfd nonesuch.o -o out
test ! -e out || { echo "FAILED: an output was left behind"; failed=1; }
exit $failed
