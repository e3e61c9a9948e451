/* diff.c: what became live, what died, what changed its size from one link to the next, and why.
 *
 * Why: a program that grew by 200 KB grew for a reason that has a name: one new reference, or one
 * new root, at the edge between what was live before and what was not.
 *
 * How: things of both links (symbols, strings of a section, sets) are paired by archive, member,
 * section and symbol; the path of the file does not count, so that two build folders can be
 * compared. A thing that is live in one link alone is led back along its shortest path to the last
 * thing that is live in both: the edge after it did it. Every byte of difference is in one row.
 *
 * Entry: rp_diff_write.
 */
#include "report/cuts.h"

#include "report/table.h"
#include "util/strmap.h"

#include <string.h>

/* One of the two links. */
struct side {
    const struct rp_facts *f;
    struct rp_level_graph g; /* symbols */
    struct rp_strbuf keys;   /* NUL-terminated parts, one key after another */
    size_t *key;             /* by vertex: where it begins */
    uint32_t *mate;          /* by vertex: of the other side, 0 = none */
    uint64_t bytes;          /* live */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void add_part(struct rp_strbuf *b, const char *s)
{
    rp_strbuf_add(b, s, strlen(s) + 1);
}

static void add_key(struct side *s, uint32_t vertex)
{
    const struct rp_vertex *v = &s->g.v.v[vertex];
    const struct rp_fact_node *n = &s->f->nodes.v[v->node];
    const struct rp_fact_file *file = &s->f->files.v[v->file];
    s->key[vertex] = s->keys.n;
    add_part(&s->keys, v->is_set ? "" : base_name(rp_fact_str(s->f, file->path)));
    add_part(&s->keys, v->is_set ? "" : rp_fact_str(s->f, file->member));
    add_part(&s->keys, rp_fact_str(s->f, n->section));
    add_part(&s->keys, rp_fact_str(s->f, n->name));
}

static enum reap_status side_init(struct rp_ctx *ctx, const struct rp_facts *f, struct side *s)
{
    *s = (struct side){.f = f};
    enum reap_status st =
        rp_level_graph_make(ctx, f, RP_BY_SYMBOL, RP_WITH_LIVE | RP_WITH_DEAD, &s->g);
    if (st)
        return st;
    s->key = calloc(s->g.v.n + 1, sizeof *s->key);
    s->mate = calloc(s->g.v.n + 1, sizeof *s->mate);
    if (!s->key || !s->mate)
        return rp_nomem(ctx);
    for (uint32_t v = 1; v < s->g.v.n; v++) {
        add_key(s, v);
        s->bytes += s->g.v.v[v].bytes;
    }
    s->key[s->g.v.n] = s->keys.n;
    return s->keys.oom ? rp_nomem(ctx) : REAP_OK;
}

static void side_free(struct side *s)
{
    rp_level_graph_free(&s->g);
    rp_strbuf_free(&s->keys);
    free(s->key);
    free(s->mate);
}

/* Pair the things of equal keys, the first with the first and so on. */
static enum reap_status pair_up(struct rp_ctx *ctx, struct side *a, struct side *b)
{
    struct rp_strmap map = {0};
    uint32_t *next = calloc(a->g.v.n, sizeof *next);
    bool ok = next && rp_strmap_reserve(&map, a->g.v.n);
    for (uint32_t v = (uint32_t)a->g.v.n; ok && v-- > 1;) {
        uint32_t *slot = rp_strmap_put(&map, a->keys.s + a->key[v], a->key[v + 1] - a->key[v]);
        ok = slot != NULL;
        if (ok) {
            next[v] = *slot;
            *slot = v;
        }
    }
    for (uint32_t w = 1; ok && w < b->g.v.n; w++) {
        size_t n = b->key[w + 1] - b->key[w];
        uint32_t v = rp_strmap_get(&map, b->keys.s + b->key[w], n);
        if (!v)
            continue;
        uint32_t *slot = rp_strmap_put(&map, b->keys.s + b->key[w], n);
        b->mate[w] = v;
        a->mate[v] = w;
        if (slot)
            *slot = next[v];
    }
    rp_strmap_free(&map);
    free(next);
    return ok ? REAP_OK : rp_nomem(ctx);
}

/* --- whom to blame --------------------------------------------------------------------------- */

enum change { NEW, GONE, GREW, SHRANK };
static const char *const change_names[] = {"new", "gone", "grew", "shrank"};

/* Things that changed for one reason. */
struct group {
    enum change change;
    uint32_t edge, root; /* of the side where they are live: what did it; or 0 */
    uint64_t bytes;
    uint32_t n, biggest; /* things, a vertex */
    uint64_t biggest_bytes;
};

struct diff {
    struct rp_ctx *ctx;
    struct side old, new;
    RP_VEC(struct group) groups;
};

static bool lives(const struct side *s, uint32_t vertex)
{
    return vertex && !s->g.v.v[vertex].is_dead;
}

/* The edge or root of `s` below which `node`, dead or absent on the other side, hangs. */
static void blame(const struct side *s, const struct side *other, rp_id node, uint32_t *ret_edge,
                  uint32_t *ret_root)
{
    *ret_edge = *ret_root = 0;
    for (;;) {
        const struct rp_fact_node *n = &s->f->nodes.v[node];
        if (!n->parent) {
            *ret_root = n->parent_edge;
            return;
        }
        *ret_edge = n->parent_edge;
        uint32_t v = s->g.vertex_of[n->parent];
        if (v && lives(other, s->mate[v]))
            return;
        node = n->parent;
    }
}

static enum reap_status add(struct diff *d, uint32_t **slots, size_t at, struct group g)
{
    uint32_t *slot = slots ? &(*slots)[at] : NULL;
    if (!slot || !*slot) {
        if (!rp_vec_push(&d->groups, g))
            return rp_nomem(d->ctx);
        if (slot)
            *slot = (uint32_t)d->groups.n;
        return REAP_OK;
    }
    struct group *have = &d->groups.v[*slot - 1];
    have->bytes += g.bytes;
    have->n++;
    if (g.bytes > have->biggest_bytes) {
        have->biggest = g.biggest;
        have->biggest_bytes = g.bytes;
    }
    return REAP_OK;
}

/* What lives on side s alone. */
static enum reap_status find_one_sided(struct diff *d, const struct side *s,
                                       const struct side *other, enum change change)
{
    size_t n_edges = s->f->edges.n;
    uint32_t *slots = calloc(n_edges + s->f->roots.n, sizeof *slots);
    enum reap_status st = slots ? REAP_OK : rp_nomem(d->ctx);
    for (uint32_t v = 1; !st && v < s->g.v.n; v++) {
        const struct rp_vertex *x = &s->g.v.v[v];
        if (!lives(s, v) || lives(other, s->mate[v]) || !x->bytes)
            continue;
        struct group g = {change, 0, 0, x->bytes, 1, v, x->bytes};
        blame(s, other, x->node, &g.edge, &g.root);
        st = add(d, &slots, g.edge ? g.edge : n_edges + g.root, g);
    }
    free(slots);
    return st;
}

static enum reap_status find_resized(struct diff *d)
{
    enum reap_status st = REAP_OK;
    for (uint32_t v = 1; !st && v < d->new.g.v.n; v++) {
        uint32_t mate = d->new.mate[v];
        if (!lives(&d->new, v) || !lives(&d->old, mate))
            continue;
        uint64_t before = d->old.g.v.v[mate].bytes, after = d->new.g.v.v[v].bytes;
        uint64_t bytes = after > before ? after - before : before - after;
        struct group g = {after > before ? GREW : SHRANK, 0, 0, bytes, 1, v, bytes};
        if (bytes)
            st = add(d, NULL, 0, g);
    }
    return st;
}

/* --- the table ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    if (x->change != y->change)
        return x->change < y->change ? -1 : 1;
    return x->biggest < y->biggest ? -1 : x->biggest > y->biggest;
}

static const struct rp_column columns[] = {
    {"bytes", "bytes", RP_CELL_NUMBER}, {"change", "change", RP_CELL_TEXT},
    {"parts", "parts", RP_CELL_NUMBER}, {"biggest", "biggest", RP_CELL_TEXT},
    {"file", "of", RP_CELL_TEXT},       {"cause", "because of", RP_CELL_TEXT},
    {"symbol", "symbol", RP_CELL_TEXT},
};

static void add_cause(struct rp_table *t, const struct side *s, const struct group *g,
                      struct rp_strbuf *b)
{
    const char *adjective = g->change == NEW ? "new" : "lost";
    if (g->edge) {
        rp_strbuf_printf(b, "%s reference at ", adjective);
        rp_edge_place(s->f, g->edge, true, b);
        rp_table_take(t, b);
        rp_word_symbol(rp_fact_str(s->f, s->f->edges.v[g->edge].symbol), b);
        rp_table_take(t, b);
        return;
    }
    if (g->root) {
        const struct rp_fact_root *r = &s->f->roots.v[g->root];
        rp_strbuf_printf(b, "%s root, %s: ", adjective, rp_root_reason_name(r->reason));
        rp_word_plain(rp_fact_str(s->f, r->detail), b);
        rp_table_take(t, b);
        rp_table_empty(t);
        return;
    }
    rp_table_text(t, "its own size");
    rp_table_empty(t);
}

static void add_row(struct rp_table *t, const struct diff *d, const struct group *g,
                    struct rp_strbuf *b)
{
    const struct side *s = g->change == GONE ? &d->old : &d->new;
    rp_table_number(t, g->bytes);
    rp_table_text(t, change_names[g->change]);
    rp_table_number(t, g->n);
    rp_vertex_label(&s->g, g->biggest, b);
    rp_table_take(t, b);
    if (s->g.v.v[g->biggest].file)
        rp_file_name(s->f, s->g.v.v[g->biggest].file, true, b);
    rp_table_take(t, b);
    add_cause(t, s, g, b);
}

static void add_title(const struct diff *d, struct rp_strbuf *b)
{
    uint64_t sums[4] = {0};
    for (size_t i = 0; i < d->groups.n; i++)
        sums[d->groups.v[i].change] += d->groups.v[i].bytes;
    bool shrank = d->new.bytes < d->old.bytes;
    rp_word_number(d->old.bytes, b);
    rp_strbuf_puts(b, " bytes in memory became ");
    rp_word_number(d->new.bytes, b);
    rp_strbuf_puts(b, shrank ? " (-" : " (+");
    rp_word_number(shrank ? d->old.bytes - d->new.bytes : d->new.bytes - d->old.bytes, b);
    rp_strbuf_puts(b, ")");
    for (unsigned i = 0; i < 4; i++) {
        rp_strbuf_printf(b, "%s %s ", i ? "," : ":", change_names[i]);
        rp_word_number(sums[i], b);
    }
}

static enum reap_status write_table(struct diff *d, const struct reap_diff_options *opts, FILE *out)
{
    struct rp_table t = {.columns = columns, .n_columns = 7};
    struct rp_strbuf b = {0}, title = {0};
    if (d->groups.n)
        qsort(d->groups.v, d->groups.n, sizeof *d->groups.v, compare);
    for (size_t i = 0; i < d->groups.n; i++)
        add_row(&t, d, &d->groups.v[i], &b);
    add_title(d, &title);
    t.title = title.oom ? NULL : title.s;
    t.oom |= b.oom;
    enum reap_status st = rp_table_write(d->ctx, &t, &opts->style, out);
    rp_table_free(&t);
    rp_strbuf_free(&b);
    rp_strbuf_free(&title);
    return st;
}

enum reap_status rp_diff_write(struct rp_ctx *ctx, const struct rp_facts *before,
                               const struct rp_facts *after, const struct reap_diff_options *opts,
                               FILE *out, int64_t *ret_growth)
{
    struct diff d = {.ctx = ctx};
    enum reap_status st = side_init(ctx, before, &d.old);
    if (!st)
        st = side_init(ctx, after, &d.new);
    if (!st)
        st = pair_up(ctx, &d.old, &d.new);
    if (!st)
        st = find_one_sided(&d, &d.new, &d.old, NEW);
    if (!st)
        st = find_one_sided(&d, &d.old, &d.new, GONE);
    if (!st)
        st = find_resized(&d);
    if (!st)
        st = write_table(&d, opts, out);
    if (!st)
        *ret_growth = (int64_t)(d.new.bytes - d.old.bytes);
    side_free(&d.old);
    side_free(&d.new);
    rp_vec_free(&d.groups);
    return st;
}
