/* graph_edges.c: the arrows of a picture as text: references by the symbols that cause them, and
 * the roots.
 *
 * Entries: rp_dot_arrows, rp_dot_roots.
 */
#include "report/graph_dot.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* --- what causes a reference ----------------------------------------------------------------- */

/* The symbol of an edge, or for a section symbol the biggest one there. */
static rp_str cause(const struct rp_facts *f, uint32_t edge)
{
    const struct rp_fact_edge *e = &f->edges.v[edge];
    return e->symbol ? e->symbol : f->nodes.v[e->to].name;
}

enum { NAMED = 2, NAME_COLUMNS = 26 };

/* "fflush, fclose +3": the first different names, and how many more edges there are. */
static void put_causes(struct rp_dot *d, const struct rp_arc *a)
{
    const struct rp_facts *f = d->p->f;
    rp_str shown[NAMED];
    unsigned n = 0;
    uint32_t unnamed = 0;
    for (uint32_t k = a->first; k < a->first + a->n; k++) {
        rp_str name = cause(f, d->p->g.arc_edges[k]);
        bool again = false;
        for (unsigned i = 0; i < n; i++)
            again |= shown[i] == name;
        if (again)
            continue;
        if (n == NAMED || !name) {
            unnamed++;
            continue;
        }
        shown[n++] = name;
        d->word.n = 0;
        rp_word_symbol_fit(rp_fact_str(f, name), NAME_COLUMNS, &d->word);
        rp_strbuf_puts(&d->b, n > 1 ? ", " : "");
        rp_dot_html(&d->b, d->word.n ? d->word.s : "");
    }
    if (unnamed && n)
        rp_strbuf_printf(&d->b, " +%" PRIu32, unnamed);
    else if (unnamed)
        rp_strbuf_puts(&d->b, rp_edge_kind_name(f->edges.v[d->p->g.arc_edges[a->first]].kind));
}

/* At the level of symbols the box itself often bears the name. */
static bool says_more(const struct rp_dot *d, const struct rp_arc *a)
{
    if (d->p->g.by != RP_BY_SYMBOL && d->p->g.by != RP_BY_SECTION)
        return true;
    rp_str own = d->p->f->nodes.v[d->p->g.v.v[a->to].node].name;
    return a->n > 1 || cause(d->p->f, d->p->g.arc_edges[a->first]) != own;
}

/* --- arrows ---------------------------------------------------------------------------------- */

static void put_reference(struct rp_dot *d, const struct rp_arrow *x)
{
    const struct rp_arc *a = &d->p->g.arcs.v[x->arc];
    double share = d->max_saved ? sqrt((double)x->bytes / (double)d->max_saved) : 0;
    bool dead = d->p->g.v.v[a->from].is_dead, heavy = x->bytes * 100 >= d->p->bytes_wanted;
    rp_strbuf_printf(&d->b, "  v%" PRIu32 " -> v%" PRIu32 " [", x->from, x->to);
    if (says_more(d, a) || (x->bytes && heavy)) {
        rp_strbuf_puts(&d->b, "label=<");
        if (says_more(d, a))
            put_causes(d, a);
        if (x->bytes && heavy) {
            rp_strbuf_puts(&d->b, says_more(d, a) ? "<br/>" : "");
            rp_strbuf_puts(&d->b, "<font color=\"#b02a1a\"><b>");
            rp_word_size(x->bytes, &d->b);
            rp_strbuf_puts(&d->b, "</b></font>");
        }
        rp_strbuf_puts(&d->b, ">, ");
    }
    rp_strbuf_printf(&d->b, "penwidth=%.1f, color=\"%s\", fontcolor=\"#4a4a4a\"%s%s];\n",
                     0.7 + 5 * share, x->bytes ? "#4a4a4a" : "#a8a8a8",
                     dead ? ", style=dashed" : "", x->explains ? "" : ", weight=0");
}

/* "via x.o +2": the folded things on the way. */
static void put_through(struct rp_dot *d, const struct rp_arrow *x)
{
    if (x->from)
        rp_strbuf_printf(&d->b, "  v%" PRIu32, x->from);
    else if (d->reason_of[x->arc])
        rp_strbuf_printf(&d->b, "  root%u", d->reason_of[x->arc]);
    else
        return; /* removed things have no roots */
    rp_strbuf_printf(&d->b, " -> v%" PRIu32 " [label=<<i>via ", x->to);
    d->word.n = 0;
    rp_vertex_label(&d->p->g, x->arc, &d->word);
    rp_dot_html(&d->b, d->word.n ? d->word.s : "?");
    if (x->bytes > 1)
        rp_strbuf_printf(&d->b, " +%" PRIu64, x->bytes - 1);
    rp_strbuf_puts(&d->b, "</i>>, style=dotted, color=\"#8c8c8c\", fontcolor=\"#8c8c8c\"];\n");
}

void rp_dot_arrows(struct rp_dot *d)
{
    for (size_t i = 0; i < d->p->arrows.n; i++) {
        const struct rp_arrow *x = &d->p->arrows.v[i];
        double share = d->max_saved ? sqrt((double)x->bytes / (double)d->max_saved) : 0;
        switch (x->kind) {
        case RP_ARROW_REFERENCE: put_reference(d, x); break;
        case RP_ARROW_THROUGH: put_through(d, x); break;
        case RP_ARROW_HOLDS:
            rp_strbuf_printf(&d->b,
                             "  v%" PRIu32 " -> v%" PRIu32 " [penwidth=%.1f, color=\"#4a4a4a\"];\n",
                             x->from, x->to, 0.7 + 5 * share);
            break;
        }
    }
}

/* --- roots ----------------------------------------------------------------------------------- */

static void put_root(struct rp_dot *d, uint32_t reason, uint32_t n, rp_str detail)
{
    rp_strbuf_printf(&d->b,
                     "  root%" PRIu32 " [shape=box, style=filled, fillcolor=\"#404040\", "
                     "fontcolor=white, fontsize=12, label=<<b>%s</b>",
                     reason, rp_root_reason_name(reason));
    if (n == 1 && detail) {
        d->word.n = 0;
        rp_word_fit(rp_fact_str(d->p->f, detail), 36, &d->word);
        rp_strbuf_puts(&d->b, "<br/>");
        rp_dot_html(&d->b, d->word.n ? d->word.s : "");
    } else if (n > 1) {
        rp_strbuf_printf(&d->b, "<br/>%" PRIu32 " roots", n);
    }
    rp_strbuf_puts(&d->b, ">];\n");
}

/* Whether a root's node leads into the picture: it is drawn, or an arrow comes through it. */
static void find_reasons(struct rp_dot *d)
{
    const struct rp_picture *p = d->p;
    const struct rp_facts *f = p->f;
    for (uint32_t v = 1; v < p->g.v.n; v++)
        d->reason_of[v] = p->state[v] == RP_DRAWN && p->t.is_entry[v] ? UINT8_MAX : 0;
    for (size_t i = 0; i < p->arrows.n; i++)
        if (p->arrows.v[i].kind == RP_ARROW_THROUGH && !p->arrows.v[i].from)
            d->reason_of[p->arrows.v[i].arc] = UINT8_MAX;
    /* the first of the list of reasons says most */
    for (rp_id i = 1; i < f->roots.n; i++) {
        const struct rp_fact_root *r = &f->roots.v[i];
        uint32_t v = p->g.vertex_of[r->node];
        if (v && f->nodes.v[r->node].live && r->reason < d->reason_of[v])
            d->reason_of[v] = (uint8_t)r->reason;
    }
    for (uint32_t v = 1; v < p->g.v.n; v++)
        if (d->reason_of[v] == UINT8_MAX)
            d->reason_of[v] = 0;
}

static void put_reason(struct rp_dot *d, uint32_t reason)
{
    const struct rp_picture *p = d->p;
    const struct rp_facts *f = p->f;
    uint32_t n = 0;
    rp_str detail = 0;
    for (rp_id i = 1; i < f->roots.n; i++) {
        const struct rp_fact_root *r = &f->roots.v[i];
        if (r->reason != reason || !f->nodes.v[r->node].live ||
            d->reason_of[p->g.vertex_of[r->node]] != reason)
            continue;
        n++;
        detail = r->detail;
    }
    if (n)
        put_root(d, reason, n, detail);
    for (uint32_t v = 1; n && v < p->g.v.n; v++)
        if (d->reason_of[v] == reason && p->state[v] == RP_DRAWN)
            rp_strbuf_printf(&d->b,
                             "  root%" PRIu32 " -> v%" PRIu32
                             " [color=\"#404040\", penwidth=0.8, arrowhead=open];\n",
                             reason, v);
}

bool rp_dot_roots(struct rp_dot *d)
{
    d->reason_of = calloc(d->p->g.v.n, sizeof *d->reason_of);
    if (!d->reason_of)
        return false;
    find_reasons(d);
    for (uint32_t reason = 1; reason < RP_N_ROOT_REASONS; reason++)
        put_reason(d, reason);
    return true;
}
