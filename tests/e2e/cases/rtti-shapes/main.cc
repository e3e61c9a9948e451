// Forms of classes: several bases, virtual bases with construction vtables (cast while they are in
// use), local classes, anonymous namespaces with the same names in two files, templates in COMDAT
// groups, private bases. Those that nobody casts are gone, of every form.
// cflags: -O0 -ffunction-sections -fdata-sections
// link: $CXX *.o -static -o $OUT
// output: multiple 1 1 1 virtual 1 1 while constructed 1 0 local 1 0 anonymous 1 0 template 1 0 private 0 plain 1 2 3 4 5 6
// keep: _ZTI7Amphibi _ZTI7Diamond _ZTC7Diamond0_4Left _ZTI4Left _ZTIN12_GLOBAL__N_16HiddenE _ZTI3BoxIiE _ZTI3BoxIlE
// drop: _ZTI9PlainBase _ZTI11PlainSingle _ZTI13PlainMultiple _ZTI12PlainVirtual _ZTIN12_GLOBAL__N_111PlainHiddenE _ZTI8PlainBoxIiE _ZTI8PlainBoxIlE
#include <cstdio>
#include "forms.h"
static int all()
{
    return multiple() + virtuals() + constructed() + locals() + anonymous() + templates() + privates() + plains();
}
int main()
{
    return all() ? 0 : 1;
}
