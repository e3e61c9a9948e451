// Whose typeid it is that a function asks: its name tells the classes of its arguments, but not that
// a hidden one for the result comes before them; it is returned, or what a call returned, or never.
// cflags: -O2 -ffunction-sections -fdata-sections
// link: $CXX *.o -static -o $OUT
// output: 8FirstOne 9MemberOne 8SilentOne
// keep: _ZTI8FirstOne _ZTI9MemberOne _ZTI8SilentOne
#include <cstdio>
#include <stdexcept>
#include "args.h"

int main()
{
    Second *s = make_second();
    std::printf("%s", free_function(*make_first(), *s).text);
    std::printf(" %s", make_member()->describe(*s).text);
    try {
        make_silent()->missing(*s);
    } catch (const std::runtime_error &e) {
        std::printf(" %s\n", e.what());
    }
}
