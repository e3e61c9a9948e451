/* classes.c: what each C++ class weighs beside its code.
 *
 * A polymorphic class has a vtable, a typeinfo and its name, and with virtual bases construction
 * vtables and a table of them (Itanium C++ ABI, 2.5 and 2.9). Their symbols say which class they
 * are of: the mangled class follows _ZTV, _ZTI, _ZTS and _ZTT. A construction vtable is named
 * _ZTC<class><offset>_<base>; where its class ends is found among the classes that have a vtable,
 * so that nothing has to be demangled.
 *
 * Bytes are those of the symbols: without -fdata-sections many share a section, which then lives
 * or dies as a whole. Symbols of one place count once.
 *
 * Entry: rp_classes_of.
 */
#include "report/classes.h"

#include "util/arena.h"
#include "util/strmap.h"

#include <ctype.h>
#include <string.h>

uint64_t rp_class_kept(const struct rp_cxx_class *c)
{
    uint64_t sum = 0;
    for (unsigned p = 0; p < RP_N_PARTS; p++)
        sum += c->part[p].kept;
    return sum;
}

uint64_t rp_class_removed(const struct rp_cxx_class *c)
{
    uint64_t sum = 0;
    for (unsigned p = 0; p < RP_N_PARTS; p++)
        sum += c->part[p].removed;
    return sum;
}

/* --- collecting ------------------------------------------------------------------------------ */

struct work {
    const struct rp_facts *f;
    struct rp_classes *c;
    struct rp_strmap map;  /* key -> number of the class + 1 */
    struct rp_arena arena; /* keys of local classes; the others are in the pool of the facts */
};

/* What tells classes apart: the mangled name, and the file when it is known there alone. */
struct key {
    const char *s; /* NULL: out of memory */
    size_t n;
};

static int part_of(const char *name)
{
    if (strncmp(name, "_ZT", 3) != 0 || !name[3] || !name[4])
        return -1;
    switch (name[3]) {
    case 'V': return RP_PART_VTABLE;
    case 'C': return RP_PART_CONSTRUCTION;
    case 'T': return RP_PART_VTT;
    case 'I': return RP_PART_TYPEINFO;
    case 'S': return RP_PART_NAME;
    default: return -1;
    }
}

static struct key make_key(struct work *w, const char *mangled, size_t n, rp_id local_file)
{
    if (!local_file)
        return (struct key){mangled, n};
    const char *s = rp_arena_printf(&w->arena, "%u\n%.*s", local_file, (int)n, mangled);
    return (struct key){s, s ? strlen(s) : 0};
}

/* The number of a class, made when absent; UINT32_MAX: out of memory. */
static uint32_t class_of(struct work *w, rp_str symbol, size_t n, rp_id local_file)
{
    struct key key = make_key(w, rp_fact_str(w->f, symbol) + 4, n, local_file);
    uint32_t *slot = key.s ? rp_strmap_put(&w->map, key.s, key.n) : NULL;
    if (slot && !*slot && rp_vec_push(&w->c->v, (struct rp_cxx_class){.symbol = symbol}))
        *slot = (uint32_t)w->c->v.n;
    return slot && *slot ? *slot - 1 : UINT32_MAX;
}

/* Characters of the class in "<class><offset>_<base>": the longest that is known. */
static size_t derived_length(struct work *w, const char *name, rp_id local_file)
{
    for (const char *p = strchr(name, '_'); p; p = strchr(p + 1, '_'))
        for (const char *d = p; d > name && isdigit((unsigned char)d[-1]);) {
            size_t n = (size_t)(--d - name);
            if (!n)
                continue;
            struct key key = make_key(w, name, n, local_file);
            if (key.s && rp_strmap_get(&w->map, key.s, key.n))
                return n;
        }
    return strlen(name);
}

static bool is_part(const struct rp_facts *f, rp_id symbol, unsigned *ret_part)
{
    const struct rp_fact_symbol *y = &f->symbols.v[symbol];
    const struct rp_fact_node *n = &f->nodes.v[y->node];
    int part = y->node ? part_of(rp_fact_str(f, y->name)) : -1;
    if (part < 0 || (!n->live && n->reason == RP_REASON_COMDAT_DUPLICATE))
        return false;
    *ret_part = (unsigned)part;
    return true;
}

static void count(struct rp_bytes *b, bool kept, uint64_t size)
{
    if (kept) {
        b->kept += size;
        b->n_kept++;
    } else {
        b->removed += size;
        b->n_removed++;
    }
}

static bool add_symbol(struct work *w, rp_id symbol, unsigned part)
{
    const struct rp_fact_symbol *y = &w->f->symbols.v[symbol];
    const char *name = rp_fact_str(w->f, y->name) + 4;
    rp_id local_file = y->bind == 0 ? y->file : 0; /* STB_LOCAL */
    size_t n = part == RP_PART_CONSTRUCTION ? derived_length(w, name, local_file) : strlen(name);
    uint32_t at = class_of(w, y->name, n, local_file);
    if (at == UINT32_MAX)
        return false;
    struct rp_cxx_class *c = &w->c->v.v[at];
    /* one class's part twice at one place: an alias */
    if (c->node[part] == y->node && part != RP_PART_CONSTRUCTION)
        return true;
    c->node[part] = y->node;
    if (part == RP_PART_TYPEINFO)
        c->symbol = y->name;
    bool kept = w->f->nodes.v[y->node].live != 0;
    count(&c->part[part], kept, y->size);
    count(&w->c->part[part], kept, y->size);
    return true;
}

static bool add_symbols(struct work *w, bool construction)
{
    for (rp_id i = 1; i < w->f->symbols.n; i++) {
        unsigned part;
        if (is_part(w->f, i, &part) && (part == RP_PART_CONSTRUCTION) == construction &&
            !add_symbol(w, i, part))
            return false;
    }
    return true;
}

/* Which class each type of the facts is. */
static bool link_types(struct work *w)
{
    const struct rp_facts *f = w->f;
    for (rp_id i = 1; i < f->types.n; i++) {
        const struct rp_fact_type *t = &f->types.v[i];
        const char *name = rp_fact_str(f, t->symbol);
        if (part_of(name) != RP_PART_TYPEINFO)
            continue;
        for (int local = 0; local < 2; local++) {
            struct key key =
                make_key(w, name + 4, strlen(name + 4), local ? f->nodes.v[t->typeinfo].file : 0);
            if (!key.s)
                return false;
            uint32_t at = rp_strmap_get(&w->map, key.s, key.n);
            if (at && w->c->v.v[at - 1].node[RP_PART_TYPEINFO] == t->typeinfo)
                w->c->v.v[at - 1].type = i;
        }
    }
    return true;
}

struct order {
    const struct rp_facts *f;
    bool removed_first;
};

static int by_bytes(const void *a, const void *b, void *arg)
{
    const struct rp_cxx_class *x = a, *y = b;
    const struct order *o = arg;
    uint64_t kx = rp_class_kept(x), ky = rp_class_kept(y);
    uint64_t rx = rp_class_removed(x), ry = rp_class_removed(y);
    if (o->removed_first ? rx != ry : kx != ky)
        return (o->removed_first ? rx < ry : kx < ky) ? 1 : -1;
    if (kx != ky || rx != ry)
        return kx < ky || (kx == ky && rx < ry) ? 1 : -1;
    int order = strcmp(rp_fact_str(o->f, x->symbol), rp_fact_str(o->f, y->symbol));
    rp_id nx = x->node[RP_PART_NAME], ny = y->node[RP_PART_NAME];
    return order ? order : (nx > ny) - (nx < ny);
}

enum reap_status rp_classes_of(struct rp_ctx *ctx, const struct rp_facts *f, bool removed_first,
                               struct rp_classes *ret)
{
    struct rp_classes c = {0};
    struct work w = {.f = f, .c = &c};
    struct order order = {f, removed_first};
    bool ok = add_symbols(&w, false) && add_symbols(&w, true) && link_types(&w);
    rp_strmap_free(&w.map);
    rp_arena_free(&w.arena);
    if (!ok) {
        rp_classes_free(&c);
        return rp_nomem(ctx);
    }
    if (c.v.n)
        qsort_r(c.v.v, c.v.n, sizeof *c.v.v, by_bytes, &order);
    *ret = c;
    return REAP_OK;
}

void rp_classes_free(struct rp_classes *c)
{
    rp_vec_free(&c->v);
}
