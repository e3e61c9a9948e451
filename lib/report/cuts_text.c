/* cuts_text.c: the list of `reap cuts`.
 *
 * First the members that are loaded for the sake of removed sections alone: what they bring costs
 * bytes though nothing live asks for it. Then the references, or the pairs of them.
 *
 * Entry: rp_cuts_write.
 */
#include "report/cuts.h"

#include "elf/source_line.h"
#include "report/table.h"

#include <inttypes.h>
#include <string.h>

/* --- words ----------------------------------------------------------------------------------- */

void rp_edge_place(const struct rp_facts *f, uint32_t edge, bool base, struct rp_strbuf *b)
{
    const struct rp_fact_edge *e = &f->edges.v[edge];
    const struct rp_fact_node *n = &f->nodes.v[e->from];
    if (n->kind == RP_NODE_SET) {
        rp_word_plain(rp_fact_str(f, n->section), b);
        return;
    }
    rp_file_name(f, n->file, base, b);
    rp_strbuf_puts(b, ":");
    rp_word_plain(rp_fact_str(f, n->section), b);
    rp_strbuf_printf(b, "+0x%" PRIx64, e->offset);
}

void rp_edge_source(struct rp_ctx *ctx, const struct rp_facts *f, uint32_t edge,
                    struct rp_strbuf *b)
{
    const struct rp_fact_edge *e = &f->edges.v[edge];
    const struct rp_fact_node *n = &f->nodes.v[e->from];
    const struct rp_fact_file *file = &f->files.v[n->file];
    char *line = NULL;
    if (n->kind == RP_NODE_SET || !n->shndx)
        return;
    if (rp_source_line(ctx, rp_fact_str(f, file->path), rp_fact_str(f, file->member), n->shndx,
                       e->offset, &line))
        rp_word_plain(line, b);
    free(line);
}

struct list {
    struct rp_cutter *c;
    const struct reap_cuts_options *opts;
    struct rp_table t;
    struct rp_strbuf b;
    uint64_t n_rows;
};

static bool is_data(const struct list *l) /* for programs: whole names */
{
    return l->opts->style.format == REAP_FORMAT_JSON || l->opts->style.format == REAP_FORMAT_CSV;
}

static void add_vertex(struct list *l, uint32_t vertex)
{
    if (is_data(l))
        rp_vertex_name(&l->c->g, vertex, false, &l->b);
    else
        rp_vertex_label(&l->c->g, vertex, &l->b);
}

/* The first edge of an arc that names a symbol, else its first. */
static uint32_t speaking_edge(const struct list *l, const struct rp_arc *a)
{
    const uint32_t *edges = l->c->g.arc_edges + a->first;
    for (uint32_t k = 0; k < a->n; k++)
        if (l->c->f->edges.v[edges[k]].symbol)
            return edges[k];
    return edges[0];
}

/* Names by which an arc refers: the first two different ones, and how many more. */
static void add_symbols(struct list *l, const struct rp_arc *a)
{
    enum { SHOWN = 2 };
    const struct rp_facts *f = l->c->f;
    rp_str shown[SHOWN] = {0};
    uint32_t n = 0, more = 0;
    for (uint32_t k = a->first; k < a->first + a->n; k++) {
        rp_str s = f->edges.v[l->c->g.arc_edges[k]].symbol;
        if (!s || (n > 0 && s == shown[0]) || (n > 1 && s == shown[1]))
            continue;
        if (n < SHOWN) {
            rp_strbuf_puts(&l->b, n ? ", " : "");
            rp_word_symbol(rp_fact_str(f, s), &l->b);
            shown[n++] = s;
        } else {
            more++;
        }
    }
    if (more)
        rp_strbuf_printf(&l->b, ", … %" PRIu32 " more", more);
}

static void take(struct list *l)
{
    rp_table_take(&l->t, &l->b);
}

/* Looking up a source line opens files: only for rows that are shown. */
static void add_where(struct list *l, uint32_t edge)
{
    bool shown = !l->opts->style.max || l->n_rows < l->opts->style.max;
    if (shown)
        rp_edge_place(l->c->f, edge, !is_data(l), &l->b);
    take(l);
    if (shown)
        rp_edge_source(l->c->ctx, l->c->f, edge, &l->b);
    take(l);
    l->n_rows++;
}

/* --- rows ------------------------------------------------------------------------------------ */

static const struct rp_column single_columns[] = {
    {"bytes", "saves", RP_CELL_NUMBER},
    {"files", "files", RP_CELL_NUMBER},
    {"references", "refs", RP_CELL_NUMBER},
    {"from", "from", RP_CELL_TEXT},
    {"to", "to", RP_CELL_TEXT},
    {"symbols", "by", RP_CELL_TEXT},
    {"place", "first at", RP_CELL_TEXT},
    {"source", "source", RP_CELL_TEXT},
};
static const struct rp_column pair_columns[] = {
    {"bytes", "save", RP_CELL_NUMBER},      {"gain", "together more", RP_CELL_NUMBER},
    {"from", "from", RP_CELL_TEXT},         {"to", "to", RP_CELL_TEXT},
    {"and_from", "and from", RP_CELL_TEXT}, {"and_to", "to", RP_CELL_TEXT},
    {"symbols", "by", RP_CELL_TEXT},        {"and_symbols", "by", RP_CELL_TEXT},
};
static const struct rp_column idle_columns[] = {
    {"bytes", "costs", RP_CELL_NUMBER}, {"roots", "constructors …", RP_CELL_NUMBER},
    {"member", "member", RP_CELL_TEXT}, {"because_of", "mentioned by", RP_CELL_TEXT},
    {"symbol", "symbol", RP_CELL_TEXT},
};

static void add_single(struct list *l, const struct rp_cut *cut)
{
    const struct rp_arc *a = &l->c->g.arcs.v[cut->arcs[0]];
    rp_table_number(&l->t, cut->bytes);
    rp_table_number(&l->t, cut->n_files);
    rp_table_number(&l->t, a->n);
    add_vertex(l, a->from);
    take(l);
    add_vertex(l, a->to);
    take(l);
    add_symbols(l, a);
    take(l);
    add_where(l, speaking_edge(l, a));
}

static void add_pair(struct list *l, const struct rp_cut *cut)
{
    rp_table_number(&l->t, cut->bytes);
    rp_table_number(&l->t, cut->gain);
    for (unsigned i = 0; i < 2; i++) {
        add_vertex(l, l->c->g.arcs.v[cut->arcs[i]].from);
        take(l);
        add_vertex(l, l->c->g.arcs.v[cut->arcs[i]].to);
        take(l);
    }
    for (unsigned i = 0; i < 2; i++) {
        add_symbols(l, &l->c->g.arcs.v[cut->arcs[i]]);
        take(l);
    }
}

static void add_idle(struct list *l, const struct rp_idle_member *m)
{
    const struct rp_facts *f = l->c->f;
    const struct rp_fact_file *file = &f->files.v[m->file];
    rp_table_number(&l->t, m->bytes);
    rp_table_number(&l->t, m->n_roots);
    rp_file_name(f, m->file, !is_data(l), &l->b);
    take(l);
    rp_file_name(f, file->extracted_by, !is_data(l), &l->b);
    take(l);
    rp_word_symbol(rp_fact_str(f, file->extracted_for), &l->b);
    take(l);
}

/* --- tables ---------------------------------------------------------------------------------- */

static enum reap_status finish(struct list *l, const struct rp_strbuf *title, const char *note,
                               FILE *out)
{
    l->t.title = title->oom ? NULL : title->s;
    l->t.note = note;
    l->t.oom |= l->b.oom;
    enum reap_status st = rp_table_write(l->c->ctx, &l->t, &l->opts->style, out);
    rp_table_free(&l->t);
    rp_strbuf_free(&l->b);
    return st;
}

static enum reap_status write_idle(struct rp_cutter *c, const struct reap_cuts_options *opts,
                                   FILE *out)
{
    struct list l = {.c = c, .opts = opts, .t = {.columns = idle_columns, .n_columns = 5}};
    struct rp_idle idle = {0};
    struct rp_strbuf title = {0};
    enum reap_status st = rp_idle_find(&c->x, &c->live, &idle);
    if (st || !idle.bytes) {
        rp_idle_free(&idle);
        return st;
    }
    rp_strbuf_puts(&title, "Archive members that only removed sections ask for cost ");
    rp_word_number(idle.bytes, &title);
    rp_strbuf_puts(&title, " bytes in all (extraction=live leaves them out):");
    for (size_t i = 0; i < idle.members.n; i++)
        if (idle.members.v[i].bytes)
            add_idle(&l, &idle.members.v[i]);
    st = finish(&l, &title, NULL, out);
    if (!st && fputs("\n", out) < 0)
        st = rp_fail(c->ctx, REAP_ERR_IO, "report-write", rp_at(NULL), "cannot write the table");
    rp_strbuf_free(&title);
    rp_idle_free(&idle);
    return st;
}

static enum reap_status write_singles(struct rp_cutter *c, const struct reap_cuts_options *opts,
                                      const struct rp_cuts *cuts, FILE *out)
{
    struct list l = {.c = c, .opts = opts, .t = {.columns = single_columns, .n_columns = 8}};
    struct rp_strbuf title = {0};
    rp_strbuf_printf(&title, "What goes when one reference between %ss is cut",
                     rp_by_name(c->g.by));
    for (size_t i = 0; i < cuts->v.n; i++)
        add_single(&l, &cuts->v.v[i]);
    enum reap_status st = finish(
        &l, &title, "saves: bytes in memory. files: archive members that are loaded no more.", out);
    rp_strbuf_free(&title);
    return st;
}

static enum reap_status write_pairs(struct rp_cutter *c, const struct reap_cuts_options *opts,
                                    const struct rp_cuts *pairs, FILE *out)
{
    struct list l = {.c = c, .opts = opts, .t = {.columns = pair_columns, .n_columns = 8}};
    struct rp_strbuf title = {0};
    rp_strbuf_printf(&title, "Pairs of references between %ss that pay only together",
                     rp_by_name(c->g.by));
    for (size_t i = 0; i < pairs->v.n; i++)
        add_pair(&l, &pairs->v.v[i]);
    enum reap_status st =
        finish(&l, &title, "together more: bytes beyond what the two save one by one.", out);
    rp_strbuf_free(&title);
    return st;
}

enum reap_status rp_cuts_write(struct rp_ctx *ctx, const struct rp_facts *f,
                               const struct reap_cuts_options *opts, FILE *out)
{
    struct rp_cutter c = {0};
    struct rp_cuts singles = {0}, pairs = {0};
    enum rp_by by = RP_BY_OBJECT;
    if (opts->by && !rp_by_parse(opts->by, &by))
        return rp_fail(ctx, REAP_ERR_USAGE, "bad-level", rp_at(NULL),
                       "'%s' is no level: archive, object, section or symbol", opts->by);
    if (opts->sets > 2)
        return rp_fail(ctx, REAP_ERR_USAGE, "bad-sets", rp_at(NULL),
                       "sets of one or two references can be listed; --what-if takes any number");
    enum reap_status st = rp_cutter_init(ctx, f, by, &c);
    if (st)
        return st;
    st = rp_cuts_single(&c, opts->from, opts->to, &singles);
    if (!st && opts->sets == 2)
        st = rp_cuts_pairs(&c, &singles, &pairs);
    if (!st && opts->sets == 2)
        st = write_pairs(&c, opts, &pairs, out);
    else if (!st && opts->style.format == REAP_FORMAT_TEXT && !opts->from && !opts->to)
        st = write_idle(&c, opts, out);
    if (!st && opts->sets != 2)
        st = write_singles(&c, opts, &singles, out);
    rp_vec_free(&singles.v);
    rp_vec_free(&pairs.v);
    rp_cutter_free(&c);
    return st;
}
