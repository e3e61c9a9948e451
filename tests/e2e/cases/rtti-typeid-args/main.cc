// Whose typeid it is that a function asks: its name tells the classes of its arguments, but not that
// a hidden one for the result comes before them; strcpy returns it, or nobody does.
// cflags: -O2 -ffunction-sections -fdata-sections
// link: $CXX *.o -static -o $OUT
// output: 8FirstOne 9SilentOne
// keep: _ZTI8FirstOne _ZTI9SilentOne
#include <cstdio>
#include <stdexcept>
#include "args.h"

int main()
{
    Second *s = make_second();
    std::printf("%s", free_function(*make_first(), *s).text);
    try {
        make_silent()->missing(*s);
    } catch (const std::runtime_error &e) {
        std::printf(" %s\n", e.what());
    }
}
