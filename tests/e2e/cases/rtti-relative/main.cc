// clang's relative vtables: slots are 32-bit distances to a proxy that points to the typeinfo. No
// C++ runtime of Debian is built that way, so that the case brings a small one of its own.
// compiler: clang
// cflags: -O1 -ffunction-sections -fdata-sections -fPIE -fexperimental-relative-c++-abi-vtables -fno-exceptions -nostdinc++
// option: assume=no-typeid-deref
// link: $CC *.o -static -o $OUT
// output: cast 1 0 called 3 4 5
// keep: _ZTI5Asked _ZTI4Down _ZTI5Aside _ZTV5Plain _ZTV10PlainChild
// drop: _ZTI5Plain _ZTS5Plain _ZTI10PlainChild _ZTS10PlainChild
#include "classes.h"
extern "C" int printf(const char *, ...);
int main()
{
    Asked *volatile down = make_asked(0), *volatile aside = make_asked(1);
    printf("cast %d %d", dynamic_cast<Down *>(down) != nullptr, dynamic_cast<Down *>(aside) != nullptr);
    Plain *volatile p = make_plain(0), *volatile c = make_plain(1);
    printf(" called %d %d %d\n", p->number(), c->number(), aside->number());
}
