#include <stdlib.h>

/* Fails by itself: no removal has to do with it. */
static volatile int limit = 1;

int own_mistake(int n)
{
    if (n > limit)
        abort();
    return n;
}
