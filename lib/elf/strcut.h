/* strcut.h: what stays of a string table when some of its strings are no longer used. */
#ifndef RP_ELF_STRCUT_H
#define RP_ELF_STRCUT_H

#include "util/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rp_strcut_piece {
    uint32_t from, n; /* bytes of the old table, whole strings with their NULs */
};

struct rp_strcut {
    const char *base; /* the old table, NUL at base[base_size - 1] */
    size_t base_size;
    uint64_t *used;  /* bit by old offset: a string in use starts here */
    uint32_t *rank;  /* by word of `used`: bits set before it */
    uint32_t *fresh; /* by rank: new offset */
    struct rp_strcut_piece *pieces;
    uint32_t n_pieces;
    uint64_t size; /* bytes of the new table */
};

/* Memory comes from the arena. `base` is borrowed. False when out of memory, or when the table is
 * beyond 4 GiB. */
bool rp_strcut_init(struct rp_strcut *c, struct rp_arena *arena, const char *base,
                    uint64_t base_size);
/* Whether `s` points into the old table. */
static inline bool rp_strcut_has(const struct rp_strcut *c, const char *s)
{
    return (uintptr_t)s - (uintptr_t)c->base < c->base_size;
}
/* Note that a string of the old table is in use. */
static inline void rp_strcut_use(struct rp_strcut *c, const char *s)
{
    size_t at = (size_t)(s - c->base);
    c->used[at / 64] |= UINT64_C(1) << (at % 64);
}
/* After all uses: lay out the new table. False when out of memory. */
bool rp_strcut_settle(struct rp_strcut *c, struct rp_arena *arena);
/* New offset of a string in use. */
static inline uint32_t rp_strcut_offset(const struct rp_strcut *c, const char *s)
{
    size_t at = (size_t)(s - c->base);
    uint64_t before = c->used[at / 64] & ((UINT64_C(1) << (at % 64)) - 1);
    return c->fresh[c->rank[at / 64] + (unsigned)__builtin_popcountll(before)];
}
void rp_strcut_write(const struct rp_strcut *c, uint8_t *out);

#endif
