// The forms of rtti-shapes for aarch64.
// triple: aarch64-linux-gnu
// cflags: -O0 -ffunction-sections -fdata-sections -I$CASE
// option: assume=no-typeid-deref
// link: $CXX *.o -static -o $OUT
// run: qemu-aarch64 $OUT
// skip: gold the program that gold alone links for aarch64 dies before main (seen with 2.40 under qemu 7.2)
// output: multiple 1 1 1 virtual 1 1 while constructed 1 0 local 1 0 anonymous 1 0 template 1 0 private 0 plain 1 2 3 4 5 6
// keep: _ZTI7Amphibi _ZTI7Diamond _ZTC7Diamond0_4Left _ZTI4Left _ZTIN12_GLOBAL__N_16HiddenE _ZTI3BoxIiE _ZTI3BoxIlE
// drop: _ZTI9PlainBase _ZTI11PlainSingle _ZTI13PlainMultiple _ZTI12PlainVirtual _ZTIN12_GLOBAL__N_111PlainHiddenE _ZTI8PlainBoxIiE _ZTI8PlainBoxIlE
#include "../rtti-shapes/main.cc"
