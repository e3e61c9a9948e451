/* vec.c: growth of the arrays of vec.h: doubling, so that appending is amortised O(1). */
#include "util/vec.h"

#include <stdint.h>

bool rp_vec_grow(void **v, size_t *cap, size_t want, size_t elem)
{
    size_t n = *cap < 8 ? 8 : *cap;
    while (n < want) {
        if (n > SIZE_MAX / 2)
            return false;
        n *= 2;
    }
    size_t bytes;
    if (__builtin_mul_overflow(n, elem, &bytes))
        return false;
    void *p = realloc(*v, bytes);
    if (!p)
        return false;
    *v = p;
    *cap = n;
    return true;
}
