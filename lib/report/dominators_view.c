/* dominators_view.c: `reap dominators`: what holds what alone, as a tree on the terminal.
 *
 * Below a thing stands what would go with it, at least nine tenths (level_tree.h). A thing can hold
 * more than itself and the sum of what stands below it: parts of others, which stand elsewhere.
 *
 * Entry: rp_dominators_write.
 */
#include "report/views.h"

#include "report/jsonw.h"
#include "report/level_tree.h"
#include "report/table.h"

#include <inttypes.h>
#include <string.h>

struct tree {
    struct rp_ctx *ctx;
    const struct reap_dominators_options *opts;
    struct rp_level_graph g;
    struct rp_level_tree t;
    uint32_t *tops;
    size_t n_tops;
    struct rp_strbuf b, line;
    FILE *out;
};

struct item {
    uint32_t vertex;
    unsigned depth;
    uint32_t more; /* 0, or: this item sums up so many smaller ones */
    uint64_t more_bytes;
    bool last; /* of its siblings */
};

static uint64_t own_bytes(const struct tree *t, uint32_t vertex)
{
    const struct rp_vertex *v = &t->g.v.v[vertex];
    return t->opts->dead ? v->dead_bytes : v->bytes;
}

static enum reap_status flush(struct tree *t)
{
    if (t->b.oom || t->line.oom)
        return rp_nomem(t->ctx);
    size_t n = t->b.n;
    t->b.n = 0;
    if (n && fwrite(t->b.s, 1, n, t->out) != n)
        return rp_fail(t->ctx, REAP_ERR_IO, "report-write", rp_at(NULL), "cannot write the tree");
    return REAP_OK;
}

/* --- forms ----------------------------------------------------------------------------------- */

static void number(struct rp_strbuf *b, uint64_t n, int width)
{
    struct rp_strbuf word = {0};
    rp_word_number(n, &word);
    b->oom |= word.oom;
    rp_strbuf_printf(b, "%*s", width, word.oom ? "" : word.s);
    rp_strbuf_free(&word);
}

enum { NUMBERS = 14 + 2 + 12 + 2, MAX_DEPTH = 64 };

static void text_item(struct tree *t, const struct item *i, const bool last[MAX_DEPTH])
{
    const char *bold = t->opts->style.colour ? "\033[1m" : "";
    const char *dim = t->opts->style.colour ? "\033[2m" : "";
    const char *plain = t->opts->style.colour ? "\033[0m" : "";
    struct rp_strbuf *b = &t->b;
    unsigned shown = i->depth < MAX_DEPTH ? i->depth : MAX_DEPTH - 1;
    rp_strbuf_puts(b, bold);
    number(b, i->more ? i->more_bytes : t->g.v.v[i->vertex].retained, 14);
    rp_strbuf_puts(b, plain);
    if (i->more)
        rp_strbuf_printf(b, "%14s", "");
    else
        number(b, own_bytes(t, i->vertex), 14);
    rp_strbuf_puts(b, "  ");
    for (unsigned d = 1; d < shown; d++)
        rp_strbuf_puts(b, last[d] ? "   " : "│  ");
    if (shown)
        rp_strbuf_puts(b, i->last ? "└─ " : "├─ ");
    if (i->more) {
        rp_strbuf_printf(b, "%s… %" PRIu32 " more%s\n", dim, i->more, plain);
        return;
    }
    unsigned used = NUMBERS + 3 * shown, columns = t->opts->style.columns;
    t->line.n = 0;
    rp_vertex_name(&t->g, i->vertex, true, &t->line);
    rp_word_fit(t->line.n ? t->line.s : "",
                columns > used + 20 ? columns - used
                : columns           ? 20
                                    : 4096,
                b);
    rp_strbuf_puts(b, "\n");
}

static void item_name(struct tree *t, const struct item *i)
{
    t->line.n = 0;
    if (i->more)
        rp_strbuf_printf(&t->line, "… %" PRIu32 " more", i->more);
    else
        rp_vertex_name(&t->g, i->vertex, t->opts->style.format == REAP_FORMAT_MD, &t->line);
}

static void add_cells(struct tree *t, struct rp_table *table, const struct item *i)
{
    rp_table_number(table, i->depth);
    rp_table_number(table, i->more ? i->more_bytes : t->g.v.v[i->vertex].retained);
    if (i->more)
        rp_table_empty(table);
    else
        rp_table_number(table, own_bytes(t, i->vertex));
    item_name(t, i);
    rp_table_take(table, &t->line);
}

/* --- the walk -------------------------------------------------------------------------------- */

struct level { /* siblings that are still to come */
    const uint32_t *v;
    size_t n, at;
};

/* How many of the siblings are shown one by one: the first ones, for they are sorted. */
static size_t n_shown(const struct tree *t, const struct level *l)
{
    size_t n = 0, max = t->opts->style.max ? t->opts->style.max : SIZE_MAX;
    while (n < l->n && n < max && t->g.v.v[l->v[n]].retained >= t->opts->min_bytes)
        n++;
    return n + 1 == l->n && n == max ? l->n : n; /* "… 1 more" says less than the one */
}

static bool next_item(const struct tree *t, struct level *l, unsigned depth, struct item *ret)
{
    size_t shown = n_shown(t, l);
    *ret = (struct item){.depth = depth};
    if (l->at < shown) {
        ret->vertex = l->v[l->at++];
        ret->last = l->at == l->n;
        return true;
    }
    if (l->at >= l->n)
        return false;
    ret->more = (uint32_t)(l->n - l->at);
    ret->last = true;
    while (l->at < l->n)
        ret->more_bytes += t->t.subtree[l->v[l->at++]];
    return true;
}

static enum reap_status walk(struct tree *t, struct rp_table *table)
{
    struct {
        RP_VEC(struct level) v;
    } stack = {0};
    bool last[MAX_DEPTH] = {false};
    enum reap_status st = REAP_OK;
    bool ok = rp_vec_push(&stack.v, (struct level){t->tops, t->n_tops, 0});
    while (ok && !st && stack.v.n) {
        unsigned depth = (unsigned)stack.v.n - 1;
        struct item i;
        if (!next_item(t, &stack.v.v[depth], depth, &i)) {
            stack.v.n--;
            continue;
        }
        if (depth < MAX_DEPTH)
            last[depth] = i.last;
        if (table)
            add_cells(t, table, &i);
        else
            text_item(t, &i, last);
        if (!i.more && (!t->opts->depth || depth + 1 < t->opts->depth)) {
            struct level below = {t->t.children + t->t.child_start[i.vertex],
                                  t->t.child_start[i.vertex + 1] - t->t.child_start[i.vertex], 0};
            ok = rp_vec_push(&stack.v, below);
        }
        if (t->b.n > 1 << 16)
            st = flush(t);
    }
    rp_vec_free(&stack.v);
    return ok ? st : rp_nomem(t->ctx);
}

static enum reap_status write_tree(struct tree *t)
{
    static const struct rp_column columns[] = {
        {"depth", "depth", RP_CELL_NUMBER},
        {"retained", "goes with it", RP_CELL_NUMBER},
        {"bytes", "bytes", RP_CELL_NUMBER},
        {"name", "name", RP_CELL_TEXT},
    };
    const char *dim = t->opts->style.colour ? "\033[2m" : "";
    const char *plain = t->opts->style.colour ? "\033[0m" : "";
    if (t->opts->style.format == REAP_FORMAT_TEXT) {
        rp_strbuf_printf(&t->b, "%s%14s%14s  what stands below is reached through it alone%s\n",
                         dim, t->opts->dead ? "brings back" : "goes with it", "bytes", plain);
        enum reap_status st = walk(t, NULL);
        return st ? st : flush(t);
    }
    struct rp_table table = {.columns = columns, .n_columns = 4};
    struct reap_table_style style = t->opts->style;
    style.max = 0; /* children of one thing, not rows */
    enum reap_status st = walk(t, &table);
    if (!st)
        st = t->line.oom ? rp_nomem(t->ctx) : rp_table_write(t->ctx, &table, &style, t->out);
    rp_table_free(&table);
    return st;
}

static enum reap_status find_tops(struct tree *t)
{
    const char *from = t->opts->from;
    if (!from) {
        t->tops = t->t.children + t->t.child_start[0];
        t->n_tops = t->t.child_start[1] - t->t.child_start[0];
        return REAP_OK;
    }
    enum reap_status st = rp_vertices_find(&t->g, from, &t->tops, &t->n_tops);
    if (!st && !t->n_tops) {
        free(t->tops);
        t->tops = NULL;
        st = rp_fail(t->ctx, REAP_ERR_INPUT, "no-match", rp_at(NULL), "nothing here is called '%s'",
                     from);
    }
    return st;
}

enum reap_status rp_dominators_write(struct rp_ctx *ctx, const struct rp_facts *f,
                                     const struct reap_dominators_options *opts, FILE *out)
{
    struct tree t = {.ctx = ctx, .opts = opts, .out = out};
    struct rp_reach r = {0};
    unsigned by, with = opts->dead ? RP_WITH_DEAD : RP_WITH_LIVE;
    enum reap_status st = rp_views_level(ctx, opts->by, &by);
    if (!st)
        st = rp_level_graph_make(ctx, f, (enum rp_by)by, with, &t.g);
    if (!st)
        st = rp_reach_init(ctx, f, opts->dead ? RP_SCOPE_DEAD : RP_SCOPE_LIVE, &r);
    if (!st) {
        st = rp_level_tree_make(&t.g, opts->dead ? NULL : &r, opts->dead ? &r : NULL, &t.t);
    }
    rp_reach_free(&r);
    if (!st)
        st = find_tops(&t);
    if (!st)
        st = write_tree(&t);
    if (opts->from)
        free(t.tops);
    rp_strbuf_free(&t.b);
    rp_strbuf_free(&t.line);
    rp_level_tree_free(&t.t);
    rp_level_graph_free(&t.g);
    return st;
}
