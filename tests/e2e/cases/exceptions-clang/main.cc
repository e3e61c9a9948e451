// Exceptions thrown in one file and caught in another, through frames that only pass them on;
// rethrow, catch by base, cleanups.
// compiler: clang
// cflags: -O1 -ffunction-sections -fdata-sections -fPIE
// link: $CXX -pie *.o -o $OUT
// output: caught 42 cleaned base:derived rethrown
// keep: middle
// drop: thrower_unused
// gc: -e main
#include <cstdio>
#include "x.h"
int main()
{
    try {
        middle(42);
    } catch (int v) {
        std::printf("caught %d", v);
    }
    std::printf(" %s", cleaned ? "cleaned" : "not cleaned");
    try {
        throw_derived();
    } catch (const Base &b) {
        std::printf(" base:%s", b.name());
    }
    try {
        try {
            middle(1);
        } catch (...) {
            throw;
        }
    } catch (int) {
        std::printf(" rethrown\n");
    }
}
