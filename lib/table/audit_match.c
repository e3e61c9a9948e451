/* audit_match.c: which symbol of the old image is which of the new one.
 *
 * A name with the name of its source file is nearly unique. Names that occur as often in both
 * images are paired in their order. When some of several namesakes are gone, the neighbours tell
 * which ones: a collection keeps the order of what stays, so that a survivor lies between the
 * survivors that lay around it.
 */
#include "table/audit.h"

#include "util/strbuf.h"
#include "util/strmap.h"

#include <string.h>

/* Symbols of one image by name and file: chains through `next`. */
struct names {
    struct rp_strmap map; /* key -> index + 1 of the first symbol, by address */
    char **keys;
    uint32_t *next, *last, *count; /* by symbol; last and count at the first one */
};

static char *key_of(const struct rp_audit_symbol *s)
{
    size_t n = strlen(s->name), k = strlen(s->file);
    char *key = malloc(n + k + 2);
    if (!key)
        return NULL;
    memcpy(key, s->name, n);
    key[n] = '\n';
    memcpy(key + n + 1, s->file, k + 1);
    return key;
}

static void names_free(struct names *x, size_t n)
{
    for (size_t i = 0; x->keys && i < n; i++)
        free(x->keys[i]);
    free(x->keys);
    free(x->next);
    free(x->last);
    free(x->count);
    rp_strmap_free(&x->map);
}

static bool names_make(const struct rp_audit_image *im, struct names *ret)
{
    size_t n = im->symbols.n;
    ret->keys = calloc(n + 1, sizeof *ret->keys);
    ret->next = calloc(n + 1, sizeof *ret->next);
    ret->last = calloc(n + 1, sizeof *ret->last);
    ret->count = calloc(n + 1, sizeof *ret->count);
    if (!ret->keys || !ret->next || !ret->last || !ret->count)
        return false;
    for (size_t i = 0; i < n; i++) {
        char *key = ret->keys[i] = key_of(&im->symbols.v[i]);
        uint32_t *first = key ? rp_strmap_put(&ret->map, key, strlen(key)) : NULL;
        if (!first)
            return false;
        if (!*first)
            *first = (uint32_t)i + 1;
        else
            ret->next[ret->last[*first - 1]] = (uint32_t)i + 1;
        ret->last[*first - 1] = (uint32_t)i;
        ret->count[*first - 1]++;
    }
    return true;
}

static void link_pair(struct rp_audit_image *a, uint32_t i, struct rp_audit_image *b, uint32_t k)
{
    a->symbols.v[i].match = k + 1;
    b->symbols.v[k].match = i + 1;
}

/* The address in the new image of the nearest symbol below (step -1) or above (+1) that has a
 * match and is no namesake. */
static uint64_t neighbour(const struct rp_audit_image *a, uint32_t i, int step,
                          const struct rp_audit_image *b)
{
    int64_t k = (int64_t)i + step;
    for (; k >= 0 && k < (int64_t)a->symbols.n; k += step) {
        const struct rp_audit_symbol *s = &a->symbols.v[k];
        if (s->match && s->solid && !s->ambiguous)
            return b->symbols.v[s->match - 1].addr;
    }
    return step < 0 ? 0 : UINT64_MAX;
}

static void pair_some(struct rp_audit_image *a, struct names *x, uint32_t first,
                      struct rp_audit_image *b, struct names *y, uint32_t other)
{
    for (uint32_t i = first; i; i = x->next[i - 1]) {
        uint64_t low = neighbour(a, i - 1, -1, b), high = neighbour(a, i - 1, 1, b);
        for (uint32_t k = other; k && !a->symbols.v[i - 1].match; k = y->next[k - 1]) {
            const struct rp_audit_symbol *s = &b->symbols.v[k - 1];
            if (!s->match && s->addr >= low && s->addr <= high &&
                s->size == a->symbols.v[i - 1].size)
                link_pair(a, i - 1, b, k - 1);
        }
    }
}

static void pair_all(struct rp_audit_image *a, struct names *x, struct rp_audit_image *b,
                     struct names *y, bool equal_counts)
{
    for (size_t i = 0; i < a->symbols.n; i++) {
        uint32_t n = x->count[i]; /* 0: not the first of its name */
        uint32_t other = n ? rp_strmap_get(&y->map, x->keys[i], strlen(x->keys[i])) : 0;
        if (!other || (y->count[other - 1] == n) != equal_counts)
            continue;
        if (!equal_counts) {
            pair_some(a, x, (uint32_t)i + 1, b, y, other);
            continue;
        }
        for (uint32_t p = (uint32_t)i + 1, q = other; p && q;
             p = x->next[p - 1], q = y->next[q - 1]) {
            link_pair(a, p - 1, b, q - 1);
            a->symbols.v[p - 1].ambiguous = n > 1;
        }
    }
}

enum reap_status rp_audit_match(struct rp_ctx *ctx, struct rp_audit_image *old_image,
                                struct rp_audit_image *new_image)
{
    struct names x = {0}, y = {0};
    bool ok = names_make(old_image, &x) && names_make(new_image, &y);
    if (ok) {
        pair_all(old_image, &x, new_image, &y, true);
        pair_all(old_image, &x, new_image, &y, false);
    }
    names_free(&x, old_image->symbols.n);
    names_free(&y, new_image->symbols.n);
    return ok ? REAP_OK : rp_nomem(ctx);
}
