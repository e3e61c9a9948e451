// A shared library on the line: exceptions and objects cross its border both ways. Part of its
// classes it exports; of others it has hidden copies, from a header, which nothing in its dynamic
// symbols tells, and it casts the program's objects to them.
// before: g++ -O1 -fPIC -shared -fvisibility=hidden -x c++ library.txt -o libborder.so
// link: $CXX main.o -L. -lborder -Wl,-rpath,. -o $OUT
// output: caught 5 caught by the library 6 cast 1 0 derived 1 filter 3
// keep: _ZTI8LibError _ZTI6Figure _ZTI5Round _ZTI6Angled _ZTI8MyFilter
#include <cstdio>
#include "border.h"

struct MyError : LibError {
    int code() const override { return 6; }
};
struct MyFilter : Filter {
    int apply(int x) override { return x + 1; }
};
static void throw_mine()
{
    throw MyError();
}
int main()
{
    try {
        library_throws();
    } catch (const LibError &e) {
        std::printf("caught %d", e.code());
    }
    std::printf(" caught by the library %d", library_catches(throw_mine));
    Round round;
    Angled angled;
    std::printf(" cast %d %d", is_round(&round), is_round(&angled));
    MyFilter mine;
    std::printf(" derived %d filter %d\n", is_filter(&mine), run_filter(&mine, 2));
}
