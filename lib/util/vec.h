/* vec.h: growable arrays. A zeroed vector is an empty one. */
#ifndef RP_UTIL_VEC_H
#define RP_UTIL_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* clang-format off */
#define RP_VEC(T) struct { T *v; size_t n, cap; }
/* clang-format on */

/* Grow *v, an array of `elem`-byte items, to room for `want` items. False when out of memory. */
bool rp_vec_grow(void **v, size_t *cap, size_t want, size_t elem);

#define rp_vec_reserve(vec, want)                                                                  \
    ((want) <= (vec)->cap || rp_vec_grow((void **)&(vec)->v, &(vec)->cap, (want), sizeof *(vec)->v))

/* Append by value; false when out of memory. */
#define rp_vec_push(vec, ...)                                                                      \
    (rp_vec_reserve((vec), (vec)->n + 1) && ((vec)->v[(vec)->n++] = (__VA_ARGS__), true))

#define rp_vec_free(vec) (free((vec)->v), (vec)->v = NULL, (vec)->n = (vec)->cap = 0)

#endif
