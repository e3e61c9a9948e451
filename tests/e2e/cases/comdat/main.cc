// One template instantiated in two files: one copy stays, duplicates are no removals, and an
// instantiation that nobody calls goes from both.
// link: $CXX *.o -o $OUT
// output: 4 6
// keep: _Z5twiceIiET_S0_
// drop: _Z5twiceIlET_S0_ user_of_long
// gc: -e main
#include "t.h"
#include <cstdio>
int other();
int main()
{
    std::printf("%d %d\n", twice(2), other());
}
