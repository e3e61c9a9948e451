/* unwinder.c: what keeps the unwinder in a static program.
 *
 * The shortest path to the unwinder nearly always leads through a landing pad or a frame's
 * personality routine, which says nothing: those only matter once something throws. So the path is
 * searched again without them (pass/unwind.c says which edges those are, and calls them held). What
 * is then found is what really asks for the unwinder: a throw, a cancellation, a backtrace.
 *
 * Entries: rp_unwinder_of, rp_word_unwinder.
 */
#include "report/unwinder.h"

#include <string.h>

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_registration(const char *name)
{
    return starts_with(name, "__register_frame") || starts_with(name, "__deregister_frame");
}

static bool is_held(const struct rp_facts *f, const struct rp_fact_edge *e)
{
    const struct rp_fact_node *from = &f->nodes.v[e->from];
    const char *name = rp_fact_str(f, e->symbol);
    if (e->kind == RP_EDGE_UNWIND)
        return true;
    if (from->kind == RP_NODE_FDE || from->kind == RP_NODE_CIE)
        return e->kind == RP_EDGE_RELOC || e->kind == RP_EDGE_WEAK;
    return (e->kind == RP_EDGE_WEAK && is_registration(name)) ||
           (e->kind == RP_EDGE_RELOC && from->cls == RP_CLASS_TEXT &&
            !strcmp(name, "_Unwind_Resume"));
}

/* --- where it is ----------------------------------------------------------------------------- */

static bool find_files(const struct rp_facts *f, struct rp_unwinder_facts *u)
{
    if (!rp_bitset_init(&u->files, f->files.n))
        return false;
    for (size_t i = 1; i < f->symbols.n; i++) {
        const struct rp_fact_symbol *y = &f->symbols.v[i];
        const char *name = rp_fact_str(f, y->name);
        if (y->place == RP_PLACE_OBJECT && y->bind != 0 &&
            (starts_with(name, "_Unwind_") || is_registration(name)))
            rp_bitset_set(&u->files, y->file);
    }
    for (size_t i = 1; i < f->nodes.n; i++) {
        const struct rp_fact_node *n = &f->nodes.v[i];
        if (!rp_class_is_alloc(n->cls) || !rp_bitset_get(&u->files, n->file))
            continue;
        if (n->live)
            u->kept += n->size;
        else if (n->reason != RP_REASON_COMDAT_DUPLICATE)
            u->removed += n->size;
    }
    return true;
}

/* Sections of COMDAT groups that stand in the unwinder's files by chance. */
static bool is_common(const char *section)
{
    return starts_with(section, ".text.__x86.get_pc_thunk.") || strstr(section, ".DW.ref.");
}

static bool is_piece(const struct rp_facts *f, const struct rp_unwinder_facts *u, rp_id node)
{
    const struct rp_fact_node *n = &f->nodes.v[node];
    return rp_bitset_get(&u->files, n->file) && n->size && n->kind == RP_NODE_SECTION &&
           rp_class_is_alloc(n->cls) && !starts_with(rp_fact_str(f, n->section), ".note") &&
           !is_common(rp_fact_str(f, n->section));
}

/* --- what asks for it ------------------------------------------------------------------------ */

struct search {
    uint32_t *edge; /* by node: the edge that reached it, UINT32_MAX: a root */
    rp_id *queue;
    size_t n;
};

static void reach(struct search *s, rp_id node, uint32_t edge)
{
    if (s->edge[node])
        return;
    s->edge[node] = edge;
    s->queue[s->n++] = node;
}

/* The first piece of the unwinder that is reached, 0 = none. */
static rp_id search(const struct rp_view *v, const struct rp_unwinder_facts *u, struct search *s)
{
    const struct rp_facts *f = v->f;
    for (size_t i = 1; i < f->roots.n; i++)
        if (f->nodes.v[f->roots.v[i].node].live == 1)
            reach(s, f->roots.v[i].node, UINT32_MAX);
    for (size_t i = 0; i < s->n; i++) {
        rp_id at = s->queue[i];
        if (is_piece(f, u, at))
            return at;
        for (uint32_t k = v->out_start[at]; k < v->out_start[at + 1]; k++) {
            const struct rp_fact_edge *e = &f->edges.v[v->out_edges[k]];
            if (f->nodes.v[e->to].live == 1 && !is_held(f, e))
                reach(s, e->to, v->out_edges[k]);
        }
    }
    return 0;
}

static bool trace(const struct rp_facts *f, const struct search *s, rp_id node,
                  struct rp_unwinder_facts *u)
{
    for (;; node = f->edges.v[s->edge[node]].from) {
        bool root = s->edge[node] == UINT32_MAX;
        rp_str name = root ? 0 : f->edges.v[s->edge[node]].symbol;
        struct rp_unwinder_step step = {node, name ? name : f->nodes.v[node].name};
        if (!rp_vec_push(&u->path, step))
            return false;
        if (root)
            break;
    }
    for (size_t i = 0, k = u->path.n; i + 1 < k; i++) {
        struct rp_unwinder_step x = u->path.v[i];
        u->path.v[i] = u->path.v[--k];
        u->path.v[k] = x;
    }
    return true;
}

enum reap_status rp_unwinder_of(const struct rp_view *v, struct rp_unwinder_facts *ret)
{
    const struct rp_facts *f = v->f;
    struct rp_unwinder_facts u = {0};
    struct search s = {.edge = calloc(f->nodes.n, sizeof *s.edge),
                       .queue = malloc(f->nodes.n * sizeof *s.queue)};
    bool ok = s.edge && s.queue && find_files(f, &u);
    if (ok && u.kept) {
        rp_id node = search(v, &u, &s);
        ok = !node || trace(f, &s, node, &u);
    }
    free(s.edge);
    free(s.queue);
    if (!ok) {
        rp_unwinder_facts_free(&u);
        return rp_nomem(v->ctx);
    }
    *ret = u;
    return REAP_OK;
}

void rp_unwinder_facts_free(struct rp_unwinder_facts *u)
{
    rp_vec_free(&u->path);
    rp_bitset_free(&u->files);
}

/* --- words ----------------------------------------------------------------------------------- */

/* Names of the path in lines of 100 columns. */
static void put_path(const struct rp_facts *f, const struct rp_unwinder_facts *u,
                     struct rp_strbuf *b)
{
    enum { COLUMNS = 100, INDENT = 4, WIDEST = 72 };
    size_t column = INDENT;
    struct rp_strbuf word = {0};
    rp_strbuf_printf(b, "%*s", INDENT, "");
    for (size_t i = 0; i < u->path.n; i++) {
        const struct rp_unwinder_step *step = &u->path.v[i];
        const struct rp_fact_node *n = &f->nodes.v[step->node];
        bool last = i + 1 == u->path.n;
        /* frames between code and what they name are no step that a reader knows */
        if ((n->kind == RP_NODE_FDE || n->kind == RP_NODE_CIE) && !last)
            continue;
        word.n = 0;
        if (step->name)
            rp_word_symbol_fit(rp_fact_str(f, step->name), WIDEST, &word);
        else
            rp_word_node(f, step->node, &word);
        size_t width = word.n + (i ? 5 : 0);
        if (i && column + width > COLUMNS) {
            rp_strbuf_printf(b, "\n%*s", INDENT, "");
            column = INDENT;
        }
        rp_strbuf_puts(b, !i ? "" : column == INDENT ? "-> " : " -> ");
        rp_strbuf_puts(b, word.s && !word.oom ? word.s : "?");
        rp_strbuf_puts(b, last ? "\n" : "");
        column += width;
    }
    b->oom |= word.oom;
    rp_strbuf_free(&word);
}

enum reap_status rp_word_unwinder(const struct rp_view *v, const struct rp_unwinder_facts *u,
                                  struct rp_strbuf *b)
{
    const char *how = rp_fact_str(v->f, v->f->unwinder);
    if (!*how)
        return REAP_OK;
    if (!strcmp(how, "collected")) {
        rp_strbuf_puts(b, "  The unwinder went (");
        rp_word_size(u->removed, b);
        rp_strbuf_puts(b, "): nothing that lives can raise an exception or cancel a thread, so that"
                          "\n  nothing enters a landing pad or calls a personality routine "
                          "(docs/unwinder.md).\n");
        return REAP_OK;
    }
    if (!u->kept)
        return REAP_OK;
    rp_strbuf_puts(b, "  The unwinder (");
    rp_word_size(u->kept, b);
    if (!u->path.n) {
        rp_strbuf_puts(
            b, ") stays, although only tables of frames and landing pads ask for it:\n    ");
        rp_word_plain(how, b);
        rp_strbuf_puts(b, "\n");
        return REAP_OK;
    }
    rp_strbuf_puts(b, ") stays because of:\n");
    put_path(v->f, u, b);
    return REAP_OK;
}
