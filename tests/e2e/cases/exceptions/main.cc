// Exceptions thrown in one file and caught in another, through frames that only pass them on;
// rethrow, catch by base, cleanups.
// link: $CXX *.o -o $OUT
// output: caught 42 cleaned base:derived rethrown
// keep: middle
// drop: thrower_unused
// gc: -e main
// keep-section: main.o:(.gcc_except_table
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
