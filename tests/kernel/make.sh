#!/bin/bash
# make.sh LD_REAP DIR: a whole kernel build through the driver: `make LD=ld.reap bzImage`. All links
# of the build go through it: vmlinux, the vdsos, the real mode code, the boot loader's stages.
#
# The tree is a copy of build.sh's tiny; that LD has another name makes Kbuild build everything
# again. The bzImage must boot and pass init's checks, and have lost functions.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
driver=$(realpath "$1") dir=$(realpath -m "$2")
tree=$dir/tiny-make
failed=0

check() { # NAME TEST...
    if "${@:2}"; then
        echo "ok      $1"
    else
        echo "FAILED  $1"
        failed=$((failed + 1))
    fi
}
build() { # LD TARGET
    REAP_OPTIONS="--reap-linker=bfd --reap-rules=linux" make -s -C "$tree" -j"$(nproc)" LD="$1" "$2" \
        >"$tree.log" 2>&1 || { tail -20 "$tree.log"; return 1; }
}
functions() { nm "$1" | grep -c ' [tT] '; }
boots() {
    timeout 300 qemu-system-x86_64 -accel tcg -m 128 -nographic -no-reboot -kernel "$1" \
        -append "console=ttyS0 panic=-1" </dev/null >"$tree.console" 2>&1 || true
    grep -q "checks passed 8 of 8" "$tree.console" || { tail -20 "$tree.console"; return 1; }
}

"$here/build.sh" tiny "$dir" >/dev/null
rm -rf "$tree"
cp -a "$dir/tiny" "$tree"
rm -f "$tree/vmlinux" "$tree/vmlinux.reap.o"
image=$tree/arch/x86/boot/bzImage

check "make LD=ld.reap bzImage" build "$driver" bzImage
((failed == 0)) || exit 1
check "it boots, and init's checks pass" boots "$image"
lost=$(($(functions "$tree/vmlinux.base") - $(functions "$tree/vmlinux")))
check "at least 2,000 functions went ($lost)" test "$lost" -ge 2000
small=$(stat -c %s "$image")
cp "$tree/vmlinux.base" "$tree/vmlinux" # newer than all else: only the image is made again
check "the image of the uncollected kernel" build "$driver" bzImage
whole=$(stat -c %s "$image")
check "bzImage is smaller: $whole -> $small" test "$small" -lt "$whole"
rm -rf "$tree"
echo "$failed failed"
exit $((failed > 0))
