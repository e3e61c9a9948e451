/* top.c: `reap top`: the biggest things, by their own bytes or by what would go with them.
 *
 * Rows are archives, objects, sections or symbols, live ones or (dead) removed ones; or what the
 * roots of each reason, each KEEP line or each exported symbol hold alone; or C++ classes and
 * templates (top_classes.c).
 *
 * Entry: rp_top_write.
 */
#include "report/views.h"

#include "report/classes.h"
#include "report/level_graph.h"
#include "report/table.h"

#include <string.h>

enum reap_status rp_views_level(struct rp_ctx *ctx, const char *word, unsigned *ret_by)
{
    enum rp_by by = RP_BY_OBJECT;
    if (word && !rp_by_parse(word, &by))
        return rp_fail(ctx, REAP_ERR_USAGE, "bad-level", rp_at(NULL),
                       "'%s' is no level: archive, object, section or symbol", word);
    *ret_by = by;
    return REAP_OK;
}

/* --- levels ---------------------------------------------------------------------------------- */

static const struct rp_column live_columns[] = {
    {"retained", "goes with it", RP_CELL_NUMBER},
    {"bytes", "bytes", RP_CELL_NUMBER},
    {"per_mille", "of all", RP_CELL_PERCENT},
    {"removed", "removed", RP_CELL_NUMBER},
    {"parts", "parts", RP_CELL_NUMBER},
    {"name", "name", RP_CELL_TEXT},
    {"file", "in", RP_CELL_TEXT},
};
static const struct rp_column dead_columns[] = {
    {"retained", "brings back", RP_CELL_NUMBER},
    {"removed", "removed", RP_CELL_NUMBER},
    {"per_mille", "of all", RP_CELL_PERCENT},
    {"bytes", "kept", RP_CELL_NUMBER},
    {"parts", "parts", RP_CELL_NUMBER},
    {"name", "name", RP_CELL_TEXT},
    {"file", "in", RP_CELL_TEXT},
};

enum { N_COLUMNS = sizeof live_columns / sizeof *live_columns };

/* Folders are for programs; a person knows which libc it is. */
static bool is_for_people(enum reap_format format)
{
    return format == REAP_FORMAT_TEXT || format == REAP_FORMAT_MD;
}

struct order {
    const struct rp_level_graph *g;
    bool retained, dead;
};

static int compare(const void *a, const void *b, void *arg)
{
    const struct order *o = arg;
    uint32_t ia = *(const uint32_t *)a, ib = *(const uint32_t *)b;
    const struct rp_vertex *x = &o->g->v.v[ia], *y = &o->g->v.v[ib];
    uint64_t own_x = o->dead ? x->dead_bytes : x->bytes;
    uint64_t own_y = o->dead ? y->dead_bytes : y->bytes;
    uint64_t first_x = o->retained ? x->retained : own_x, second_x = x->retained + own_x - first_x;
    uint64_t first_y = o->retained ? y->retained : own_y, second_y = y->retained + own_y - first_y;
    if (first_x != first_y)
        return first_x < first_y ? 1 : -1;
    if (second_x != second_y)
        return second_x < second_y ? 1 : -1;
    return ia < ib ? -1 : ia > ib;
}

/* The file of a section or symbol stands in a column of its own. */
static void add_names(struct rp_table *t, const struct rp_level_graph *g, uint32_t vertex,
                      bool base, struct rp_strbuf *b)
{
    const struct rp_vertex *v = &g->v.v[vertex];
    const struct rp_fact_node *n = &g->f->nodes.v[v->node];
    if (v->is_set || g->by == RP_BY_ARCHIVE || g->by == RP_BY_OBJECT) {
        rp_vertex_name(g, vertex, base, b);
        rp_table_take(t, b);
        if (t->n_columns == N_COLUMNS)
            rp_table_empty(t);
        return;
    }
    bool whole = n->kind == RP_NODE_SECTION || n->kind == RP_NODE_ATOM;
    if (g->by == RP_BY_SYMBOL && whole && n->name)
        rp_word_symbol(rp_fact_str(g->f, n->name), b);
    else
        rp_word_plain(rp_fact_str(g->f, n->section), b);
    if (n->kind == RP_NODE_COMMON) {
        rp_strbuf_puts(b, " ");
        rp_word_symbol(rp_fact_str(g->f, n->name), b);
    }
    rp_table_take(t, b);
    rp_file_name(g->f, v->file, base, b);
    rp_table_take(t, b);
}

static void add_row(struct rp_table *t, const struct rp_level_graph *g, uint32_t vertex,
                    const struct reap_top_options *opts, uint64_t whole, struct rp_strbuf *b)
{
    bool dead = opts->dead, base = is_for_people(opts->style.format);
    const struct rp_vertex *v = &g->v.v[vertex];
    uint64_t own = dead ? v->dead_bytes : v->bytes, other = dead ? v->bytes : v->dead_bytes;
    rp_table_number(t, v->retained);
    rp_table_number(t, own);
    rp_table_percent(t, own, whole);
    rp_table_number(t, other);
    rp_table_number(t, v->n_nodes);
    add_names(t, g, vertex, base, b);
}

static enum reap_status write_rows(struct rp_level_graph *g, const struct reap_top_options *opts,
                                   FILE *out)
{
    struct rp_strbuf b = {0}, title = {0}, note = {0};
    struct rp_table t = {.columns = opts->dead ? dead_columns : live_columns,
                         .n_columns = N_COLUMNS - (g->by <= RP_BY_OBJECT)};
    struct order order = {g, opts->retained, opts->dead};
    uint32_t *list = malloc(g->v.n * sizeof *list), n = 0;
    uint64_t whole = 0;
    enum reap_status st = REAP_OK;
    if (!list)
        return rp_nomem(g->ctx);
    for (uint32_t i = 1; i < g->v.n; i++) {
        const struct rp_vertex *v = &g->v.v[i];
        whole += opts->dead ? v->dead_bytes : v->bytes;
        /* sets have no bytes, but may hold some */
        if (opts->dead ? v->dead_bytes || (v->is_set && v->is_dead && v->retained)
                       : !v->is_dead && (v->bytes || v->retained))
            list[n++] = i;
    }
    qsort_r(list, n, sizeof *list, compare, &order);
    for (uint32_t i = 0; i < n; i++)
        add_row(&t, g, list[i], opts, whole, &b);
    rp_strbuf_printf(&title, "%s bytes by %s: ", opts->dead ? "Removed" : "Live",
                     rp_by_name(g->by));
    rp_word_number(whole, &title);
    rp_strbuf_puts(&title, " in ");
    rp_word_number(n, &title);
    rp_strbuf_puts(&note, opts->dead ? "brings back: removed bytes that depend on it alone."
                                     : "goes with it: bytes that nothing else keeps.");
    t.title = title.oom ? NULL : title.s;
    t.note = note.oom ? NULL : note.s;
    t.oom |= b.oom;
    st = rp_table_write(g->ctx, &t, &opts->style, out);
    rp_table_free(&t);
    rp_strbuf_free(&b);
    rp_strbuf_free(&title);
    rp_strbuf_free(&note);
    free(list);
    return st;
}

static enum reap_status top_of_level(struct rp_ctx *ctx, const struct rp_facts *f, unsigned by,
                                     const struct reap_top_options *opts, FILE *out)
{
    struct rp_level_graph g = {0};
    struct rp_reach r = {0};
    enum rp_scope scope = opts->dead ? RP_SCOPE_DEAD : RP_SCOPE_LIVE;
    enum reap_status st =
        rp_level_graph_make(ctx, f, (enum rp_by)by, RP_WITH_LIVE | RP_WITH_DEAD, &g);
    if (!st)
        st = rp_reach_init(ctx, f, scope, &r);
    if (!st) {
        rp_level_graph_retained(&g, opts->dead ? NULL : &r, opts->dead ? &r : NULL);
        st = write_rows(&g, opts, out);
    }
    rp_reach_free(&r);
    rp_level_graph_free(&g);
    return st;
}

/* --- roots ----------------------------------------------------------------------------------- */

static const struct rp_column root_columns[] = {
    {"only", "only through it", RP_CELL_NUMBER}, {"first", "first through it", RP_CELL_NUMBER},
    {"roots", "roots", RP_CELL_NUMBER},          {"reason", "reason", RP_CELL_TEXT},
    {"detail", "which", RP_CELL_TEXT},
};

static bool is_asked_for(const char *by, uint32_t reason)
{
    if (!strcmp(by, "keep"))
        return reason == RP_ROOT_KEEP;
    if (!strcmp(by, "export"))
        return reason == RP_ROOT_EXPORTED || reason == RP_ROOT_SHARED_REF ||
               reason == RP_ROOT_DEFAULT_API;
    return true;
}

static enum reap_status top_of_roots(struct rp_ctx *ctx, const struct rp_facts *f,
                                     const struct reap_top_options *opts, FILE *out)
{
    struct rp_view view = {.ctx = ctx, .f = f};
    struct rp_costs costs;
    struct rp_table t = {
        .title = "What keeps what",
        .note = "only through it: would go if it went. first through it: the shortest path from a "
                "root starts there.",
        .columns = root_columns,
        .n_columns = 5,
    };
    struct rp_strbuf b = {0};
    enum reap_status st = rp_costs_of(&view, &costs);
    if (st)
        return st;
    for (uint32_t i = 0; i < costs.n_groups; i++) {
        const struct rp_cost *c = &costs.groups[i];
        if (!is_asked_for(opts->by, c->reason))
            continue;
        rp_table_number(&t, c->only);
        rp_table_number(&t, c->via);
        rp_table_number(&t, c->n_roots);
        rp_table_text(&t, rp_root_reason_name(c->reason));
        rp_word_plain(rp_fact_str(f, c->detail), &b);
        rp_table_take(&t, &b);
    }
    st = rp_table_write(ctx, &t, &opts->style, out);
    rp_table_free(&t);
    rp_strbuf_free(&b);
    rp_costs_free(&costs);
    return st;
}

enum reap_status rp_top_write(struct rp_ctx *ctx, const struct rp_facts *f,
                              const struct reap_top_options *opts, FILE *out)
{
    static const char *const roots[] = {"root", "keep", "export"};
    unsigned by;
    if (opts->by && !strcmp(opts->by, "class"))
        return rp_top_classes(ctx, f, opts, out);
    if (opts->by && !strcmp(opts->by, "template"))
        return rp_top_templates(ctx, f, opts, out);
    for (size_t i = 0; opts->by && i < sizeof roots / sizeof *roots; i++) {
        if (strcmp(opts->by, roots[i]) != 0)
            continue;
        if (opts->dead)
            return rp_fail(ctx, REAP_ERR_USAGE, "no-dead-roots", rp_at(NULL),
                           "roots are never dead");
        return top_of_roots(ctx, f, opts, out);
    }
    enum reap_status st = rp_views_level(ctx, opts->by, &by);
    return st ? st : top_of_level(ctx, f, by, opts, out);
}
