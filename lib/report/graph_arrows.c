/* graph_arrows.c: which arrows a picture has.
 *
 * A C library refers to itself everywhere; all references between sixty of its objects are a
 * hairball. So each thing is drawn with the one arrow that explains best why it is there: from its
 * immediate dominator, else from what reaches it first, if need be through things that are folded
 * up. Then come the references that would save much if they were cut, and others only in a graph
 * that is so small that all of them can be drawn.
 *
 * Entry: rp_picture_arrows.
 */
#include "report/graph_picture.h"

#include <string.h>

static bool is_drawn_arc(const struct rp_picture *p, const struct rp_arc *a)
{
    if (p->state[a->from] != RP_DRAWN || p->state[a->to] != RP_DRAWN)
        return false;
    /* of a path: only steps along it */
    return !p->distance || p->distance[a->to] == p->distance[a->from] + 1;
}

static uint64_t savings(struct rp_picture *p, const struct rp_arc *a)
{
    struct rp_reach *r = p->g.v.v[a->to].is_dead ? &p->dead : &p->live;
    struct rp_removal what = {.edges = p->g.arc_edges + a->first, .n_edges = a->n};
    return r->f ? rp_reach_loss(r, &what).bytes : 0;
}

/* The arc by which a breadth-first walk from the entries first reaches each vertex: over drawn
 * ones alone, or over all that are wanted; 0 = by none. */
static bool first_arcs(const struct rp_picture *p, bool drawn_only, uint32_t *ret)
{
    const struct rp_level_graph *g = &p->g;
    uint8_t least = drawn_only ? RP_DRAWN : RP_FOLDED;
    uint32_t *queue = malloc(g->v.n * sizeof *queue);
    uint8_t *seen = calloc(g->v.n, sizeof *seen);
    size_t head = 0, tail = 0;
    for (uint32_t v = 1; queue && seen && v < g->v.n; v++)
        if (p->t.is_entry[v] && p->state[v] >= least) {
            seen[v] = 1;
            queue[tail++] = v;
        }
    while (head < tail) {
        uint32_t v = queue[head++];
        for (uint32_t a = g->out_start[v]; a < g->out_start[v + 1]; a++) {
            uint32_t to = g->arcs.v[a].to;
            if (seen[to] || p->state[to] < least || (drawn_only && !is_drawn_arc(p, &g->arcs.v[a])))
                continue;
            seen[to] = 1;
            ret[to] = a;
            queue[tail++] = to;
        }
    }
    bool ok = queue && seen;
    free(queue);
    free(seen);
    return ok;
}

static uint32_t find_arc(const struct rp_level_graph *g, uint32_t from, uint32_t to)
{
    for (uint32_t a = g->out_start[from]; a < g->out_start[from + 1]; a++)
        if (g->arcs.v[a].to == to)
            return a;
    return 0;
}

/* The nearest drawn vertex that holds v, when one does. */
static uint32_t drawn_above(const struct rp_picture *p, uint32_t v)
{
    uint32_t up = p->t.idom[v];
    while (up && p->state[up] != RP_DRAWN)
        up = p->t.idom[up];
    return up;
}

/* Any drawn arc to v. */
static uint32_t any_arc(const struct rp_picture *p, uint32_t v)
{
    const struct rp_level_graph *g = &p->g;
    for (uint32_t k = g->in_start[v]; k < g->in_start[v + 1]; k++)
        if (is_drawn_arc(p, &g->arcs.v[g->in_arcs[k]]))
            return g->in_arcs[k];
    return 0;
}

/* An arrow to v through folded things: from the nearest drawn one on the way from the roots, or
 * from the root itself. */
static bool lead_through(struct rp_picture *p, uint32_t v, const uint32_t *first_of_all)
{
    struct rp_arrow arrow = {RP_ARROW_THROUGH, 0, v, 0, 0, true};
    uint32_t up = v;
    while (first_of_all[up]) {
        up = p->g.arcs.v[first_of_all[up]].from;
        if (p->state[up] == RP_DRAWN) {
            arrow.from = up;
            break;
        }
        arrow.arc = up; /* in the end the first folded one on the way */
        arrow.bytes++;
    }
    return !arrow.arc || rp_vec_push(&p->arrows, arrow);
}

/* One arrow for each vertex; its arc is marked in `used`. */
static bool explain(struct rp_picture *p, const uint32_t *first, const uint32_t *first_of_all,
                    uint8_t *used)
{
    for (uint32_t v = 1; v < p->g.v.n; v++) {
        if (p->state[v] != RP_DRAWN)
            continue;
        uint32_t up = p->t.idom[v], arc = 0;
        if (up && p->state[up] == RP_DRAWN)
            arc = find_arc(&p->g, up, v);
        if (arc && !is_drawn_arc(p, &p->g.arcs.v[arc]))
            arc = 0;
        if (!arc && first_of_all[v] && is_drawn_arc(p, &p->g.arcs.v[first_of_all[v]]))
            arc = first_of_all[v];
        if (!arc)
            arc = first[v];
        if (!arc && !first_of_all[v] && !p->t.is_entry[v])
            arc = any_arc(p, v); /* of a selection that roots do not reach */
        if (arc)
            used[arc] = 1;
        else if (!p->distance && !p->t.is_entry[v] && !lead_through(p, v, first_of_all))
            return false;
    }
    return true;
}

struct candidate {
    uint32_t arc;
    uint64_t bytes;
    bool used;
};

static int by_bytes(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->used != y->used)
        return x->used ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->arc < y->arc ? -1 : x->arc > y->arc;
}

static bool add_references(struct rp_picture *p, const uint8_t *used)
{
    const struct rp_level_graph *g = &p->g;
    struct {
        RP_VEC(struct candidate) v;
    } all = {0};
    bool ok = true;
    for (uint32_t a = 1; ok && a < g->arcs.n; a++)
        if (is_drawn_arc(p, &g->arcs.v[a]))
            ok = rp_vec_push(&all.v, (struct candidate){a, savings(p, &g->arcs.v[a]), used[a]});
    if (all.v.n)
        qsort(all.v.v, all.v.n, sizeof *all.v.v, by_bytes);
    bool few = all.v.n <= p->n_drawn + p->n_drawn / 2 || p->distance || p->opts->all_edges;
    for (size_t i = 0; ok && i < all.v.n; i++) {
        const struct candidate *c = &all.v.v[i];
        const struct rp_arc *a = &g->arcs.v[c->arc];
        if (!c->used && !few && (!c->bytes || c->bytes * 200 < p->bytes_wanted)) {
            p->n_left_out = (uint32_t)(all.v.n - i);
            break;
        }
        struct rp_arrow arrow = {RP_ARROW_REFERENCE, a->from, a->to, c->arc, c->bytes, c->used};
        ok = rp_vec_push(&p->arrows, arrow);
    }
    rp_vec_free(&all.v);
    return ok;
}

static bool add_dominators(struct rp_picture *p)
{
    for (uint32_t v = 1; v < p->g.v.n; v++) {
        uint32_t up = p->state[v] == RP_DRAWN ? drawn_above(p, v) : 0;
        struct rp_arrow arrow = {RP_ARROW_HOLDS, up, v, 0, p->g.v.v[v].retained, true};
        if (up && !rp_vec_push(&p->arrows, arrow))
            return false;
    }
    return true;
}

enum reap_status rp_picture_arrows(struct rp_picture *p)
{
    uint32_t *first = calloc(p->g.v.n, sizeof *first);
    uint32_t *first_of_all = calloc(p->g.v.n, sizeof *first_of_all);
    uint8_t *used = calloc(p->g.arcs.n, sizeof *used);
    bool ok = first && first_of_all && used;
    if (ok && p->opts->dominators)
        ok = add_dominators(p);
    else if (ok)
        ok = first_arcs(p, true, first) && first_arcs(p, false, first_of_all) &&
             explain(p, first, first_of_all, used) && add_references(p, used);
    free(first);
    free(first_of_all);
    free(used);
    return ok ? REAP_OK : rp_nomem(p->ctx);
}
