/* what_if.c: what several cuts and stubs together would save, exactly.
 *
 *   cut=A->B     all references of A to B, things of a level (glob, name, member, section)
 *   stub=NAME    the definition of NAME is replaced by one that refers to nothing: all references
 *                by that name are cut
 *
 * Entries: rp_what_if_edges, rp_what_if_write.
 */
#include "report/cuts.h"

#include "report/table.h"

#include <string.h>

/* --- words ----------------------------------------------------------------------------------- */

static bool is_in(const uint32_t *list, size_t n, uint32_t x)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == x)
            return true;
    return false;
}

static enum reap_status add_arcs(struct rp_cutter *c, const char *word, const uint32_t *from,
                                 size_t n_from, const uint32_t *to, size_t n_to,
                                 struct rp_edge_list *ret)
{
    const struct rp_level_graph *g = &c->g;
    size_t before = ret->v.n;
    for (size_t i = 0; i < n_from; i++)
        for (uint32_t a = g->out_start[from[i]]; a < g->out_start[from[i] + 1]; a++) {
            if (!is_in(to, n_to, g->arcs.v[a].to))
                continue;
            for (uint32_t k = 0; k < g->arcs.v[a].n; k++)
                if (!rp_vec_push(&ret->v, g->arc_edges[g->arcs.v[a].first + k]))
                    return rp_nomem(c->ctx);
        }
    if (ret->v.n > before)
        return REAP_OK;
    return rp_fail(c->ctx, REAP_ERR_USAGE, "no-reference", rp_at(NULL),
                   "no live reference is meant by '%s'", word);
}

static enum reap_status find(struct rp_cutter *c, const char *word, size_t n, uint32_t **ret_list,
                             size_t *ret_n)
{
    char *copy = strndup(word, n);
    if (!copy)
        return rp_nomem(c->ctx);
    enum reap_status st = rp_vertices_find(&c->g, copy, ret_list, ret_n);
    if (!st && !*ret_n) {
        free(*ret_list);
        *ret_list = NULL;
        st = rp_fail(c->ctx, REAP_ERR_USAGE, "no-match", rp_at(NULL), "nothing live matches '%s'",
                     copy);
    }
    free(copy);
    return st;
}

static enum reap_status add_cut(struct rp_cutter *c, const char *word, struct rp_edge_list *ret)
{
    const char *arrow = strstr(word, "->");
    uint32_t *from = NULL, *to = NULL;
    size_t n_from, n_to;
    if (!arrow || arrow == word || !arrow[2])
        return rp_fail_remedy(c->ctx, REAP_ERR_USAGE, "bad-cut", rp_at(NULL), "write cut=A->B",
                              "'%s' says not which reference to cut", word);
    enum reap_status st = find(c, word, (size_t)(arrow - word), &from, &n_from);
    if (!st)
        st = find(c, arrow + 2, strlen(arrow + 2), &to, &n_to);
    if (!st)
        st = add_arcs(c, word, from, n_from, to, n_to, ret);
    free(from);
    free(to);
    return st;
}

/* References by a name, and references to a definition that has no other name. */
static enum reap_status add_stub(struct rp_cutter *c, const char *name, struct rp_edge_list *ret)
{
    const struct rp_facts *f = c->f;
    size_t before = ret->v.n;
    for (uint32_t i = 1; i < f->edges.n; i++) {
        const struct rp_fact_edge *e = &f->edges.v[i];
        bool by_reloc = rp_edge_is_reference(e->kind);
        rp_str s = e->symbol ? e->symbol : f->nodes.v[e->to].name;
        if (by_reloc && e->from != e->to && s && !strcmp(rp_fact_str(f, s), name) &&
            !rp_vec_push(&ret->v, i))
            return rp_nomem(c->ctx);
    }
    if (ret->v.n > before)
        return REAP_OK;
    return rp_fail(c->ctx, REAP_ERR_USAGE, "no-reference", rp_at(NULL),
                   "nothing refers to a symbol '%s'", name);
}

static enum reap_status one_change(struct rp_cutter *c, const char *word, struct rp_edge_list *ret)
{
    if (!strncmp(word, "cut=", 4))
        return add_cut(c, word + 4, ret);
    if (!strncmp(word, "stub=", 5) && word[5])
        return add_stub(c, word + 5, ret);
    return rp_fail_remedy(c->ctx, REAP_ERR_USAGE, "bad-what-if", rp_at(NULL),
                          "write cut=A->B or stub=SYMBOL, several with commas between",
                          "'%s' is no change", word);
}

/* All changes of a list; a comma before "cut=" or "stub=" separates (names may hold commas). */
enum reap_status rp_what_if_edges(struct rp_cutter *c, const char *words, struct rp_edge_list *ret)
{
    enum reap_status st = REAP_OK;
    char *copy = strdup(words);
    if (!copy)
        return rp_nomem(c->ctx);
    for (char *at = copy; !st && at;) {
        char *cut = strstr(at, ",cut="), *stub = strstr(at, ",stub=");
        char *end = !cut || (stub && stub < cut) ? stub : cut;
        if (end)
            *end = '\0';
        st = one_change(c, at, ret);
        at = end ? end + 1 : NULL;
    }
    free(copy);
    return st;
}

/* --- what goes ------------------------------------------------------------------------------- */

struct part {
    uint32_t vertex;
    uint64_t bytes;
    uint32_t n;
    bool whole;
};

static int by_bytes(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->vertex < y->vertex ? -1 : x->vertex > y->vertex;
}

static uint64_t live_bytes(const struct rp_facts *f)
{
    uint64_t sum = 0;
    for (rp_id i = 1; i < f->nodes.n; i++)
        if (f->nodes.v[i].live)
            sum += rp_node_weight(&f->nodes.v[i]);
    return sum;
}

static const struct rp_column columns[] = {
    {"bytes", "goes", RP_CELL_NUMBER},
    {"kept", "stays", RP_CELL_NUMBER},
    {"parts", "parts", RP_CELL_NUMBER},
    {"name", "name", RP_CELL_TEXT},
};

static enum reap_status write_loss(struct rp_cutter *c, const char *words, size_t n_edges,
                                   const struct rp_loss *loss, const struct rp_file_loss *files,
                                   const struct reap_cuts_options *opts, FILE *out)
{
    struct rp_table t = {.columns = columns, .n_columns = 4};
    struct rp_strbuf b = {0}, title = {0};
    struct part *parts = calloc(c->g.v.n, sizeof *parts);
    uint64_t all = live_bytes(c->f);
    uint32_t n = 0;
    if (!parts)
        return rp_nomem(c->ctx);
    for (uint32_t i = 0; i < loss->n; i++) {
        uint32_t v = c->g.vertex_of[loss->nodes[i]];
        parts[v].vertex = v;
        parts[v].bytes += rp_node_weight(&c->f->nodes.v[loss->nodes[i]]);
        parts[v].n++;
    }
    for (uint32_t v = 1; v < c->g.v.n; v++)
        if (parts[v].bytes)
            parts[n++] = parts[v];
    qsort(parts, n, sizeof *parts, by_bytes);
    for (uint32_t i = 0; i < n; i++) {
        rp_table_number(&t, parts[i].bytes);
        rp_table_number(&t, c->g.v.v[parts[i].vertex].bytes - parts[i].bytes);
        rp_table_number(&t, parts[i].n);
        rp_vertex_name(&c->g, parts[i].vertex, opts->style.format == REAP_FORMAT_TEXT, &b);
        rp_table_take(&t, &b);
    }
    rp_strbuf_printf(&title, "%s: %zu references cut, ", words, n_edges);
    rp_word_number(loss->bytes, &title);
    rp_strbuf_puts(&title, " of ");
    rp_word_number(all, &title);
    rp_strbuf_puts(&title, " bytes in memory go, ");
    rp_word_number(all - loss->bytes, &title);
    rp_strbuf_printf(&title, " stay; %u archive members are loaded no more", files->n);
    if (files->back_bytes) {
        rp_strbuf_puts(&title, "; ");
        rp_word_number(files->back_bytes, &title);
        rp_strbuf_puts(&title, " bytes of other definitions come in their place");
    }
    t.title = title.oom ? NULL : title.s;
    t.oom |= b.oom;
    enum reap_status st = rp_table_write(c->ctx, &t, &opts->style, out);
    rp_table_free(&t);
    rp_strbuf_free(&b);
    rp_strbuf_free(&title);
    free(parts);
    return st;
}

enum reap_status rp_what_if_write(struct rp_ctx *ctx, const struct rp_facts *f,
                                  const struct reap_cuts_options *opts, FILE *out)
{
    struct rp_cutter c = {0};
    struct rp_edge_list edges = {0};
    struct rp_loss loss;
    struct rp_file_loss files;
    enum rp_by by = RP_BY_OBJECT;
    if (opts->by && !rp_by_parse(opts->by, &by))
        return rp_fail(ctx, REAP_ERR_USAGE, "bad-level", rp_at(NULL),
                       "'%s' is no level: archive, object, section or symbol", opts->by);
    enum reap_status st = rp_cutter_init(ctx, f, by, &c);
    if (st)
        return st;
    st = rp_what_if_edges(&c, opts->what_if, &edges);
    bool whole = by == RP_BY_OBJECT || by == RP_BY_ARCHIVE;
    if (!st)
        st = rp_extraction_loss(&c.x, &c.live, edges.v.v, edges.v.n, whole, &loss, &files);
    if (!st)
        st = write_loss(&c, opts->what_if, edges.v.n, &loss, &files, opts, out);
    rp_vec_free(&edges.v);
    rp_cutter_free(&c);
    return st;
}
