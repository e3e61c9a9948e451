/* strmap.h: open-addressing hash map from byte strings to 32-bit ids. Keys are not copied. */
#ifndef RP_UTIL_STRMAP_H
#define RP_UTIL_STRMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rp_strmap_slot {
    const char *key; /* NULL = free */
    uint32_t len;
    uint32_t hash; /* the low half; the high half chose nothing */
    uint32_t value;
};

struct rp_strmap {
    struct rp_strmap_slot *slots;
    size_t n, mask; /* mask + 1 slots, a power of two; 0 slots when slots is NULL */
};

/* A good 64-bit hash of a name (XXH3 of libxxhash). */
uint64_t rp_hash(const void *data, size_t len);

/* The slot's value for key, created as 0 when absent. NULL when out of memory. The pointer is
 * valid until the next insertion. The *_h forms take a hash that the caller computed before,
 * for example in another thread. */
uint32_t *rp_strmap_put(struct rp_strmap *m, const char *key, size_t len);
uint32_t *rp_strmap_put_h(struct rp_strmap *m, const char *key, size_t len, uint64_t hash);
/* The value, or 0 when absent. */
uint32_t rp_strmap_get(const struct rp_strmap *m, const char *key, size_t len);
uint32_t rp_strmap_get_h(const struct rp_strmap *m, const char *key, size_t len, uint64_t hash);
/* Nearly every look-up in a large map misses the caches, first for the slot and then for its key.
 * Who knows the next hashes asks for the slot early, and for the key when the slot is there. */
static inline void rp_strmap_fetch_slot(const struct rp_strmap *m, uint64_t hash)
{
    if (m->slots)
        __builtin_prefetch(&m->slots[(uint32_t)hash & m->mask]);
}
static inline void rp_strmap_fetch_key(const struct rp_strmap *m, uint64_t hash)
{
    if (m->slots)
        __builtin_prefetch(m->slots[(uint32_t)hash & m->mask].key);
}
/* Room for n_keys without growing. */
bool rp_strmap_reserve(struct rp_strmap *m, size_t n_keys);
void rp_strmap_free(struct rp_strmap *m);

#endif
