#include "t.h"
int other()
{
    return twice(3);
}
extern "C" long user_of_long(long x)
{
    return twice(x);
}
