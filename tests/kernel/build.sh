#!/usr/bin/env bash
# build.sh NAME [DIR]: build a kernel to collect; NAME is tiny, tiny-nofs, mid or arm64.
#
# Unpacks Debian's linux-source-6.1 below DIR (default: /var/tmp/kernel), applies hook.patch, and
# builds DIR/NAME with -ffunction-sections; tiny-nofs is tiny without them. What comes out: vmlinux.o, and vmlinux linked from it
# without any collection, kept as vmlinux.base. The second call does nothing. docs/kernel.md tells
# what the patch is for.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=$1
root=${2:-/var/tmp/kernel}
case $name in
tiny) arch=x86_64 fragment=tiny-x86_64 init=init-x86_64.c cross= ;;
tiny-nofs) arch=x86_64 fragment=tiny-nofs-x86_64 init=init-x86_64.c cross= ;;
mid) arch=x86_64 fragment=mid-x86_64 init=init-x86_64.c cross= ;;
arm64) arch=arm64 fragment=tiny-arm64 init=init-arm64.c cross=aarch64-linux-gnu- ;;
*) echo "build.sh: no kernel is called '$name'" >&2; exit 2 ;;
esac
mkdir -p "$root"
exec 9>"$root/.lock-$name"
flock 9
[ -e "$root/$name/vmlinux.base" ] && exit 0

unpack() ( # in a shell of its own, so that the lock ends with it
    exec 8>"$root/.lock-source"
    flock 8
    [ -e "$root/linux/.reap-hook" ] && return
    rm -rf "$root/linux" "$root/linux-source-6.1"
    tar -C "$root" -xf /usr/src/linux-source-6.1.tar.xz
    mv "$root/linux-source-6.1" "$root/linux"
    patch -s -p1 -d "$root/linux" <"$here/hook.patch"
    touch "$root/linux/.reap-hook"
)
unpack

out=$root/$name
rm -rf "$out"
mkdir -p "$out"
"${cross}gcc" -static -nostdlib -ffreestanding -Os -o "$out/reap-init" "$here/$init"
cat >"$out/initramfs.list" <<LIST
dir /dev 0755 0 0
nod /dev/console 0600 0 0 c 5 1
dir /root 0700 0 0
file /init $out/reap-init 0755 0 0
LIST
sed "s|@LIST@|$out/initramfs.list|" "$here/config/$fragment.config" >"$out/fragment.config"

# The same bytes each time: dmesg and the report are compared.
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 2026' KBUILD_BUILD_USER=reap KBUILD_BUILD_HOST=reap
export KBUILD_BUILD_VERSION=1
mk() { make -C "$root/linux" O="$out" ARCH="$arch" CROSS_COMPILE="$cross" "$@"; }
mk -s tinyconfig
(cd "$root/linux" && ARCH="$arch" scripts/kconfig/merge_config.sh -m -O "$out" "$out/.config" "$out/fragment.config") >/dev/null
mk -s olddefconfig
targets=vmlinux
[ "$name" = mid ] && targets="vmlinux modules"
mk -j"${JOBS:-2}" REAP="$here/identity.sh" $targets
cp "$out/vmlinux" "$out/vmlinux.base"
