/* templates.c: template instantiations by their template, as a hint which to share.
 *
 * Two instantiations are of one template when their demangled names without parameters are the same
 * once every list of template arguments is "<…>". That unites overloads of a member function, which
 * a reader wants to see together, and tells apart what differs in name alone.
 *
 * Brackets are matched with a stack, because not every '<' opens a list: operators are skipped
 * where they are named, '->' is no bracket, and libiberty writes comparisons in template arguments
 * as "(a)<(b)" and "((a)>(b))". A ')' that meets an open '<' shows that it was a comparison.
 *
 * Only names that hold an 'I' can have arguments in the Itanium C++ ABI and in Rust's scheme; only
 * those are demangled, in parallel.
 *
 * Entry: rp_templates_of.
 */
#include "report/classes.h"

#include "util/pool.h"
#include "util/strmap.h"

#include <ctype.h>
#include <string.h>

/* --- one name -------------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Characters of "operator<<" and its like at p, 0 when there is none; `first`: of the whole name.
 */
static size_t operator_length(const char *p, const char *first)
{
    static const char *const brackets[] = {
        "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "()", "[]", "<", ">"};
    enum { WORD = 8 };
    if (strncmp(p, "operator", WORD) != 0 || (p > first && is_word(p[-1])))
        return 0;
    for (size_t i = 0; i < sizeof brackets / sizeof *brackets; i++)
        if (!strncmp(p + WORD, brackets[i], strlen(brackets[i])))
            return WORD + strlen(brackets[i]);
    return 0;
}

/* Behind the '>' that closes the list that opens at p; NULL when none does. */
static const char *list_end(const char *p, const char *first)
{
    enum { DEEP = 512 };
    char open[DEEP];
    size_t depth = 0;
    for (; *p; p++) {
        size_t skip = operator_length(p, first);
        if (skip) {
            p += skip - 1;
            continue;
        }
        char before = p > first ? p[-1] : ' ';
        bool comparison = *p == '<' && before == ')' && depth;
        bool opens = *p == '(' || *p == '[' || *p == '{' || (*p == '<' && !comparison);
        if (opens) {
            if (depth == DEEP)
                return NULL;
            open[depth++] = *p;
        } else if (*p == ')' || *p == ']' || *p == '}') {
            while (depth && open[depth - 1] == '<')
                depth--;
            if (!depth)
                return NULL;
            depth--;
        } else if (*p == '>' && before != '-' && depth && open[depth - 1] == '<') {
            if (!--depth)
                return p + 1;
        }
    }
    return NULL;
}

bool rp_template_pattern(const char *name, struct rp_strbuf *b)
{
    bool found = false;
    size_t mark = b->n;
    const char *end = strstr(name, " [clone ");
    const char *stop = end ? end : name + strlen(name);
    for (const char *p = name; p < stop;) {
        size_t skip = operator_length(p, name);
        const char *close = !skip && *p == '<' ? list_end(p, name) : NULL;
        if (close && close <= stop) {
            rp_strbuf_puts(b, "<…>");
            p = close;
            found = true;
        } else {
            rp_strbuf_add(b, p, skip ? skip : 1);
            p += skip ? skip : 1;
        }
    }
    if (!found && b->s) {
        b->n = mark;
        b->s[mark] = '\0';
    }
    return found;
}

/* --- all of them ----------------------------------------------------------------------------- */

enum { SLICE = 1024 };

struct item {
    rp_id symbol;
    char *pattern; /* NULL: no instantiation */
};
struct work {
    const struct rp_facts *f;
    RP_VEC(struct item) items;
};

static int by_place(const void *a, const void *b, void *facts)
{
    const struct rp_facts *f = facts;
    const struct rp_fact_symbol *x = &f->symbols.v[((const struct item *)a)->symbol];
    const struct rp_fact_symbol *y = &f->symbols.v[((const struct item *)b)->symbol];
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Functions and variables whose names may have template arguments, one for each place. */
static bool collect(struct work *w)
{
    const struct rp_facts *f = w->f;
    for (rp_id i = 1; i < f->symbols.n; i++) {
        const struct rp_fact_symbol *y = &f->symbols.v[i];
        const struct rp_fact_node *n = &f->nodes.v[y->node];
        const char *name = rp_fact_str(f, y->name);
        bool candidate = y->node && y->size && name[0] == '_' && strchr(name, 'I') &&
                         strncmp(name, "_ZT", 3) != 0 &&
                         (n->live || n->reason != RP_REASON_COMDAT_DUPLICATE);
        if (candidate && !rp_vec_push(&w->items, (struct item){.symbol = i}))
            return false;
    }
    if (!w->items.n)
        return true;
    qsort_r(w->items.v, w->items.n, sizeof *w->items.v, by_place, (void *)(uintptr_t)f);
    size_t n = 1;
    for (size_t i = 1; i < w->items.n; i++) {
        const struct rp_fact_symbol *a = &f->symbols.v[w->items.v[n - 1].symbol];
        const struct rp_fact_symbol *b = &f->symbols.v[w->items.v[i].symbol];
        if (a->node != b->node || a->value != b->value)
            w->items.v[n++] = w->items.v[i];
    }
    w->items.n = n;
    return true;
}

static enum reap_status name_slice(void *arg, size_t slice)
{
    struct work *w = arg;
    size_t end = (slice + 1) * SLICE < w->items.n ? (slice + 1) * SLICE : w->items.n;
    for (size_t i = slice * SLICE; i < end; i++) {
        struct item *it = &w->items.v[i];
        struct rp_strbuf b = {0}, plain = {0};
        char *name =
            rp_demangle(rp_fact_str(w->f, w->f->symbols.v[it->symbol].name), RP_DEMANGLE_SHORT);
        bool ok = name != NULL;
        if (name && rp_template_pattern(name, &b) && !b.oom)
            rp_word_plain(b.s, &plain);
        ok = ok && !b.oom && !plain.oom;
        it->pattern = plain.s; /* the item's own from now on */
        free(name);
        rp_strbuf_free(&b);
        if (!ok)
            return REAP_ERR_NOMEM;
    }
    return REAP_OK;
}

static bool add(struct rp_templates *t, struct rp_strmap *map, const struct work *w,
                const struct item *it)
{
    const struct rp_fact_symbol *y = &w->f->symbols.v[it->symbol];
    uint32_t *slot = rp_strmap_put(map, it->pattern, strlen(it->pattern));
    if (!slot)
        return false;
    if (!*slot) {
        struct rp_template fresh = {.pattern = (rp_str)t->names.n};
        rp_strbuf_add(&t->names, it->pattern, strlen(it->pattern) + 1);
        if (t->names.oom || !rp_vec_push(&t->v, fresh))
            return false;
        *slot = (uint32_t)t->v.n;
    }
    struct rp_template *x = &t->v.v[*slot - 1];
    /* the unlikely half of a function is no instance of its own */
    uint32_t one = strstr(rp_fact_str(w->f, y->name), ".cold") ? 0 : 1;
    if (w->f->nodes.v[y->node].live) {
        x->kept += y->size;
        x->n_kept += one;
        x->biggest = y->size > x->biggest ? y->size : x->biggest;
        t->kept += y->size;
        t->n_kept += one;
    } else {
        x->removed += y->size;
        x->n_removed += one;
        t->removed += y->size;
        t->n_removed += one;
    }
    return true;
}

struct order {
    const char *names;
    bool removed_first;
};

static int by_bytes(const void *a, const void *b, void *arg)
{
    const struct rp_template *x = a, *y = b;
    const struct order *o = arg;
    if (o->removed_first ? x->removed != y->removed : x->kept != y->kept)
        return (o->removed_first ? x->removed < y->removed : x->kept < y->kept) ? 1 : -1;
    if (x->kept != y->kept || x->removed != y->removed)
        return x->kept < y->kept || (x->kept == y->kept && x->removed < y->removed) ? 1 : -1;
    return strcmp(o->names + x->pattern, o->names + y->pattern);
}

enum reap_status rp_templates_of(struct rp_ctx *ctx, const struct rp_facts *f, bool removed_first,
                                 struct rp_templates *ret)
{
    struct work w = {.f = f};
    struct rp_templates t = {0};
    struct rp_strmap map = {0};
    bool ok = collect(&w);
    if (ok && w.items.n)
        ok = rp_parallel(ctx, (w.items.n + SLICE - 1) / SLICE, name_slice, &w) == REAP_OK;
    for (size_t i = 0; ok && i < w.items.n; i++)
        if (w.items.v[i].pattern)
            ok = add(&t, &map, &w, &w.items.v[i]);
    for (size_t i = 0; i < w.items.n; i++)
        free(w.items.v[i].pattern);
    rp_vec_free(&w.items);
    rp_strmap_free(&map);
    if (!ok) {
        rp_templates_free(&t);
        return rp_nomem(ctx);
    }
    struct order order = {t.names.s, removed_first};
    if (t.v.n)
        qsort_r(t.v.v, t.v.n, sizeof *t.v.v, by_bytes, &order);
    *ret = t;
    return REAP_OK;
}

void rp_templates_free(struct rp_templates *t)
{
    rp_vec_free(&t->v);
    rp_strbuf_free(&t->names);
}
