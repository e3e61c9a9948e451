/* strcut.c: cutting unused strings out of a string table, without hashing.
 *
 * Whoever wrote the old table has already let equal strings and tails share their bytes; that
 * sharing is kept by keeping the bytes. A bit for each old offset says where a string in use
 * starts. One walk over the set bits finds the runs of bytes that stay: a start inside the string
 * before it is one of its tails. The new offset of a string is found by the rank of its bit. So the
 * cost is a few operations per symbol and one strlen for each string that stays.
 */
#include "elf/strcut.h"

#include <string.h>

bool rp_strcut_init(struct rp_strcut *c, struct rp_arena *arena, const char *base,
                    uint64_t base_size)
{
    *c = (struct rp_strcut){.base = base, .base_size = base_size};
    if (base_size > UINT32_MAX)
        return false;
    c->used = rp_arena_zalloc(arena, (c->base_size / 64 + 1) * sizeof *c->used);
    return c->used != NULL;
}

static bool count_used(struct rp_strcut *c, struct rp_arena *arena)
{
    size_t n_words = c->base_size / 64 + 1;
    uint32_t n = 0;
    c->rank = rp_arena_alloc(arena, n_words * sizeof *c->rank);
    if (!c->rank)
        return false;
    for (size_t w = 0; w < n_words; w++) {
        c->rank[w] = n;
        n += (unsigned)__builtin_popcountll(c->used[w]);
    }
    c->fresh = rp_arena_alloc(arena, n * sizeof *c->fresh);
    c->pieces = rp_arena_alloc(arena, n * sizeof *c->pieces);
    return c->fresh && c->pieces;
}

bool rp_strcut_settle(struct rp_strcut *c, struct rp_arena *arena)
{
    if (!count_used(c, arena))
        return false;
    uint32_t start = 0, end = 0, start_fresh = 0, n = 0; /* the string before: [start, end) */
    uint64_t size = 1;                                   /* offset 0 is the empty string */
    for (size_t w = 0; w < c->base_size / 64 + 1; w++) {
        for (uint64_t bits = c->used[w]; bits; bits &= bits - 1, n++) {
            uint32_t at = (uint32_t)(64 * w + (unsigned)__builtin_ctzll(bits));
            if (c->base[at] == '\0') {
                c->fresh[n] = 0;
                continue;
            }
            if (at >= end) {
                uint32_t len = (uint32_t)strlen(c->base + at) + 1;
                struct rp_strcut_piece *last = c->n_pieces ? &c->pieces[c->n_pieces - 1] : NULL;
                if (last && last->from + last->n == at)
                    last->n += len;
                else
                    c->pieces[c->n_pieces++] = (struct rp_strcut_piece){at, len};
                start = at, end = at + len, start_fresh = (uint32_t)size;
                size += len;
            }
            c->fresh[n] = start_fresh + (at - start);
        }
    }
    c->size = size;
    return size <= UINT32_MAX;
}

void rp_strcut_write(const struct rp_strcut *c, uint8_t *out)
{
    *out++ = '\0';
    for (uint32_t i = 0; i < c->n_pieces; i++) {
        memcpy(out, c->base + c->pieces[i].from, c->pieces[i].n);
        out += c->pieces[i].n;
    }
}
