// The forms of rtti-shapes as clang makes them, position-independent, with libc++ and its ABI library.
// compiler: clang
// cflags: -O0 -ffunction-sections -fdata-sections -fPIE -stdlib=libc++ -I$CASE
// link: $CXX -stdlib=libc++ -static *.o -lc++abi -o $OUT
// output: multiple 1 1 1 virtual 1 1 while constructed 1 0 local 1 0 anonymous 1 0 template 1 0 private 0 plain 1 2 3 4 5 6
// keep: _ZTI7Amphibi _ZTI7Diamond _ZTC7Diamond0_4Left _ZTI4Left _ZTIN12_GLOBAL__N_16HiddenE _ZTI3BoxIiE _ZTI3BoxIlE
// drop: _ZTI9PlainBase _ZTI11PlainSingle _ZTI13PlainMultiple _ZTI12PlainVirtual _ZTIN12_GLOBAL__N_111PlainHiddenE _ZTI8PlainBoxIiE _ZTI8PlainBoxIlE
#include "../rtti-shapes/main.cc"
