/* facts_pool.c: the string pool of the facts, and their birth and end.
 *
 * Names repeat a lot (section names, symbols, archive paths), and facts must not point into the
 * mapped inputs. The pool holds each string once, NUL-terminated; a string is its offset. The hash
 * table keeps offsets, not pointers, so that the pool may move while it grows.
 */
#include "report/facts.h"

#include "util/strmap.h"

#include <string.h>

bool rp_facts_init(struct rp_facts *f)
{
    memset(f, 0, sizeof *f);
    /* index 0 of every array is unused, offset 0 of the pool is "" */
    if (rp_vec_push(&f->pool, '\0') && rp_vec_push(&f->files, (struct rp_fact_file){0}) &&
        rp_vec_push(&f->nodes, (struct rp_fact_node){0}) &&
        rp_vec_push(&f->edges, (struct rp_fact_edge){0}) &&
        rp_vec_push(&f->roots, (struct rp_fact_root){0}) &&
        rp_vec_push(&f->symbols, (struct rp_fact_symbol){0}) &&
        rp_vec_push(&f->undefs, (struct rp_fact_undef){0}) &&
        rp_vec_push(&f->findings, (struct rp_finding){0}) &&
        rp_vec_push(&f->finding_parts, (struct rp_finding_part){0}) &&
        rp_vec_push(&f->types, (struct rp_fact_type){0}) &&
        rp_vec_push(&f->bases, (struct rp_fact_base){0}) &&
        rp_vec_push(&f->rtti_slots, (struct rp_fact_slot){0}) &&
        rp_vec_push(&f->typeids, (struct rp_fact_typeid){0}))
        return true;
    rp_facts_free(f);
    return false;
}

void rp_facts_free(struct rp_facts *f)
{
    rp_vec_free(&f->files);
    rp_vec_free(&f->nodes);
    rp_vec_free(&f->edges);
    rp_vec_free(&f->roots);
    rp_vec_free(&f->symbols);
    rp_vec_free(&f->undefs);
    rp_vec_free(&f->findings);
    rp_vec_free(&f->finding_parts);
    rp_vec_free(&f->types);
    rp_vec_free(&f->bases);
    rp_vec_free(&f->rtti_slots);
    rp_vec_free(&f->typeids);
    rp_vec_free(&f->image.pages);
    rp_vec_free(&f->pool);
    free(f->slots);
    memset(f, 0, sizeof *f);
}

/* Double the table; entries are placed again by their stored hash. */
static bool grow(struct rp_facts *f)
{
    size_t n = f->slots ? 2 * (f->slot_mask + 1) : 1024;
    struct rp_pool_slot *slots = calloc(n, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; f->slots && i <= f->slot_mask; i++) {
        if (!f->slots[i].offset)
            continue;
        size_t at = f->slots[i].hash & (n - 1);
        while (slots[at].offset)
            at = (at + 1) & (n - 1);
        slots[at] = f->slots[i];
    }
    free(f->slots);
    f->slots = slots;
    f->slot_mask = n - 1;
    return true;
}

static bool append(struct rp_facts *f, const char *s, size_t n, rp_str *ret)
{
    size_t at = f->pool.n;
    if (n >= UINT32_MAX - at || !rp_vec_reserve(&f->pool, at + n + 1))
        return false;
    memcpy(f->pool.v + at, s, n);
    f->pool.v[at + n] = '\0';
    f->pool.n = at + n + 1;
    *ret = (rp_str)at;
    return true;
}

bool rp_facts_intern(struct rp_facts *f, const char *s, size_t n, rp_str *ret)
{
    if (n == 0) {
        *ret = 0;
        return true;
    }
    if ((!f->slots || f->n_slots_used * 2 > f->slot_mask) && !grow(f))
        return false;
    uint32_t hash = (uint32_t)rp_hash(s, n);
    size_t at = hash & f->slot_mask;
    for (; f->slots[at].offset; at = (at + 1) & f->slot_mask) {
        const char *have = f->pool.v + f->slots[at].offset;
        /* strncmp stops at the end of a shorter string, so this reads no further */
        if (f->slots[at].hash == hash && strncmp(have, s, n) == 0 && have[n] == '\0') {
            *ret = f->slots[at].offset;
            return true;
        }
    }
    rp_str offset;
    if (!append(f, s, n, &offset))
        return false;
    f->slots[at] = (struct rp_pool_slot){hash, offset};
    f->n_slots_used++;
    *ret = offset;
    return true;
}
