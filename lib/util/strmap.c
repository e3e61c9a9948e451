/* strmap.c: open addressing with linear probing over a power of two of slots, at most 3/4 full.
 *
 * The low 32 bits of the hash are stored: they choose the slot, spare most comparisons, and let
 * the table grow without hashing again. Nothing is ever removed, so there are no tombstones.
 */
#include "util/strmap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xxhash.h>

enum { FIRST_SLOTS = 16 };

uint64_t rp_hash(const void *data, size_t len)
{
    return XXH3_64bits(data, len);
}

static struct rp_strmap_slot *find(const struct rp_strmap *m, const char *key, size_t len,
                                   uint32_t hash)
{
    size_t i = hash & m->mask;
    for (;;) {
        struct rp_strmap_slot *s = &m->slots[i];
        if (!s->key || (s->hash == hash && s->len == len && memcmp(s->key, key, len) == 0))
            return s;
        i = (i + 1) & m->mask;
    }
}

/* A map of millions of names is hit all over: with large pages it costs fewer faults, and look-ups
 * do not miss the TLB as well. Best effort. */
static void want_large_pages(void *p, size_t bytes)
{
    enum { WORTH_IT = 4 << 20, PAGE = 4096 };
    uintptr_t from = ((uintptr_t)p + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    uintptr_t to = ((uintptr_t)p + bytes) & ~(uintptr_t)(PAGE - 1);
    if (bytes >= WORTH_IT)
        madvise((void *)from, to - from, MADV_HUGEPAGE);
}

static bool resize(struct rp_strmap *m, size_t n_slots)
{
    struct rp_strmap_slot *slots = calloc(n_slots, sizeof *slots);
    if (!slots)
        return false;
    want_large_pages(slots, n_slots * sizeof *slots);
    size_t mask = n_slots - 1, n_old = m->slots ? m->mask + 1 : 0;
    for (size_t i = 0; i < n_old; i++) {
        const struct rp_strmap_slot *s = &m->slots[i];
        if (!s->key)
            continue;
        size_t k = s->hash & mask;
        while (slots[k].key)
            k = (k + 1) & mask;
        slots[k] = *s;
    }
    free(m->slots);
    m->slots = slots;
    m->mask = mask;
    return true;
}

bool rp_strmap_reserve(struct rp_strmap *m, size_t n_keys)
{
    size_t n_slots = m->slots ? m->mask + 1 : FIRST_SLOTS;
    while (n_keys > n_slots / 4 * 3) {
        if (n_slots > SIZE_MAX / 2 / sizeof *m->slots)
            return false;
        n_slots *= 2;
    }
    return (m->slots && n_slots == m->mask + 1) || resize(m, n_slots);
}

uint32_t *rp_strmap_put_h(struct rp_strmap *m, const char *key, size_t len, uint64_t hash)
{
    if (len > UINT32_MAX || !rp_strmap_reserve(m, m->n + 1))
        return NULL;
    struct rp_strmap_slot *s = find(m, key, len, (uint32_t)hash);
    if (!s->key) {
        *s = (struct rp_strmap_slot){.key = key, .len = (uint32_t)len, .hash = (uint32_t)hash};
        m->n++;
    }
    return &s->value;
}

uint32_t *rp_strmap_put(struct rp_strmap *m, const char *key, size_t len)
{
    return rp_strmap_put_h(m, key, len, rp_hash(key, len));
}

uint32_t rp_strmap_get_h(const struct rp_strmap *m, const char *key, size_t len, uint64_t hash)
{
    if (!m->slots)
        return 0;
    const struct rp_strmap_slot *s = find(m, key, len, (uint32_t)hash);
    return s->key ? s->value : 0;
}

uint32_t rp_strmap_get(const struct rp_strmap *m, const char *key, size_t len)
{
    return m->slots ? rp_strmap_get_h(m, key, len, rp_hash(key, len)) : 0;
}

void rp_strmap_free(struct rp_strmap *m)
{
    free(m->slots);
    memset(m, 0, sizeof *m);
}
