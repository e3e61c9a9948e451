/* bitset.h: flat bit arrays. */
#ifndef RP_UTIL_BITSET_H
#define RP_UTIL_BITSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct rp_bitset {
    uint64_t *w;
    size_t n; /* bits */
};

static inline bool rp_bitset_init(struct rp_bitset *b, size_t n)
{
    b->n = n;
    b->w = calloc(n / 64 + 1, sizeof *b->w);
    return b->w != NULL;
}
static inline bool rp_bitset_get(const struct rp_bitset *b, size_t i)
{
    return (b->w[i / 64] >> (i % 64)) & 1;
}
static inline void rp_bitset_set(struct rp_bitset *b, size_t i)
{
    b->w[i / 64] |= UINT64_C(1) << (i % 64);
}
static inline void rp_bitset_free(struct rp_bitset *b)
{
    free(b->w);
    b->w = NULL;
    b->n = 0;
}

#endif
