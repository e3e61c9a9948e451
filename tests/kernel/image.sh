#!/usr/bin/env bash
# image.sh NAME [DIR]: a linked kernel with its relocations, for `reap image`: DIR/images/NAME.
#
# Links once more in the tree DIR/NAME that build.sh makes, with --emit-relocs, sorttable and
# kallsyms as the kernel's build does it, without any collection. The second call does nothing.
#
# image.sh --boot NAME VMLINUX OUT: what QEMU boots of VMLINUX, made as the build does.
# image.sh --bzImage NAME VMLINUX OUT [DIR]: a bzImage around VMLINUX (x86).
# image.sh --collected NAME COLLECTOR OUT [DIR]: as the first, but vmlinux.o goes through the command
# COLLECTOR before it is linked.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
do=image
case $1 in --*) do=${1#--}; shift ;; esac
name=$1
[ "$do" = image ] || { vmlinux=$2 out=$(readlink -m "$3"); shift 2; }
root=${2:-/var/tmp/kernel}
arch=x86_64 cross=
[ "$name" = arm64 ] && arch=arm64 cross=aarch64-linux-gnu-
tree=$root/$name
collector=

export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 2026' KBUILD_BUILD_USER=reap KBUILD_BUILD_HOST=reap
export KBUILD_BUILD_VERSION=1
mk() { make -s -C "$root/linux" O="$tree" ARCH="$arch" CROSS_COMPILE="$cross" REAP="${collector:-$here/identity.sh}" "$@"; }
link() { # OUT: as the tree was built, but for relocations of vmlinux
    local flags command=$tree/.vmlinux.cmd status=0
    flags=$(sed -n 's/^cmd_vmlinux := .*link-vmlinux.sh "[^"]*" "[^"]*" "\([^"]*\)".*/\1/p' "$command" |
        sed 's/ *--gc-sections//; s/ *--emit-relocs//')
    cp "$command" "$command.saved"
    rm -f "$tree/vmlinux"
    mk LDFLAGS_vmlinux="$flags --emit-relocs" vmlinux >&2 || status=$?
    mv "$command.saved" "$command" # what make compares: a vmlinux put in its place is not linked anew
    [ $status = 0 ] && mv "$tree/vmlinux" "$1"
}
lock() {
    mkdir -p "$root/images"
    exec 9>"$root/images/.lock-$name"
    flock 9
}

case $do in
image)
    "$here/build.sh" "$name" "$root"
    lock
    [ -e "$root/images/$name" ] && exit 0
    link "$root/images/$name"
    ;;
collected)
    lock
    collector=$vmlinux
    link "$out"
    ;;
boot)
    if [ "$arch" = arm64 ]; then # arch/arm64/boot/Makefile
        "${cross}objcopy" -O binary -R .note -R .note.gnu.build-id -R .comment -S "$vmlinux" "$out"
    else
        cp "$vmlinux" "$out" # PVH
    fi
    ;;
bzImage)
    lock
    mk vmlinux >&2 # so that nothing else is out of date
    cp "$vmlinux" "$tree/vmlinux"
    touch "$tree/vmlinux"
    mk bzImage >&2
    cmp -s "$vmlinux" "$tree/vmlinux" || { echo "image.sh: the build linked vmlinux anew" >&2; exit 1; }
    cp "$tree/arch/x86/boot/bzImage" "$out"
    ;;
*) echo "image.sh: unknown --$do" >&2; exit 2 ;;
esac
