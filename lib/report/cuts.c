/* cuts.c: what each reference, and each pair of references, alone keeps.
 *
 * Why: a person who wants a smaller program can break one reference at a time, and wants to know
 * which. How: at a level every arc is cut in thought (retained.h answers exactly and fast, with
 * extraction.h for archive members that would not be loaded). Most arcs lie outside of the
 * breadth-first trees that prove things reachable, and save nothing, for sure.
 *
 * A pair pays only together when each of the two keeps alive what the other would have let go. For
 * a big graph, candidates come from dominators: a thing that is reached from exactly two branches
 * below its dominator is guarded by one arc of each branch.
 *
 * Entries: rp_cuts_single, rp_cuts_pairs.
 */
#include "report/cuts.h"

#include <string.h>

enum reap_status rp_cutter_init(struct rp_ctx *ctx, const struct rp_facts *f, enum rp_by by,
                                struct rp_cutter *ret)
{
    struct rp_cutter *c = ret;
    *c = (struct rp_cutter){.ctx = ctx, .f = f};
    enum reap_status st = rp_level_graph_make(ctx, f, by, RP_WITH_LIVE, &c->g);
    if (!st)
        st = rp_reach_init(ctx, f, RP_SCOPE_LIVE, &c->live);
    if (!st)
        st = rp_extraction_init(ctx, f, &c->x);
    if (!st && !(c->edges = malloc((f->edges.n + 1) * sizeof *c->edges)))
        st = rp_nomem(ctx);
    if (st)
        rp_cutter_free(c);
    return st;
}

void rp_cutter_free(struct rp_cutter *c)
{
    rp_level_graph_free(&c->g);
    rp_reach_free(&c->live);
    rp_extraction_free(&c->x);
    free(c->edges);
    memset(c, 0, sizeof *c);
}

static bool whole_pairs(const struct rp_cutter *c)
{
    return c->g.by == RP_BY_OBJECT || c->g.by == RP_BY_ARCHIVE;
}

enum reap_status rp_cutter_loss(struct rp_cutter *c, const uint32_t *arcs, size_t n_arcs,
                                struct rp_loss *ret, struct rp_file_loss *ret_files)
{
    size_t n = 0;
    for (size_t i = 0; i < n_arcs; i++) {
        const struct rp_arc *a = &c->g.arcs.v[arcs[i]];
        memcpy(c->edges + n, c->g.arc_edges + a->first, a->n * sizeof *c->edges);
        n += a->n;
    }
    return rp_extraction_loss(&c->x, &c->live, c->edges, n, whole_pairs(c), ret, ret_files);
}

/* Whether the arc proves nothing reachable and nothing loaded: its cut saves nothing. */
static bool is_idle(const struct rp_cutter *c, const struct rp_arc *a)
{
    for (uint32_t k = a->first; k < a->first + a->n; k++) {
        uint32_t edge = c->g.arc_edges[k], pair = c->x.pair[edge];
        if (c->live.parent_edge[c->f->edges.v[edge].to] == edge)
            return false;
        if (pair && c->x.reach.parent_edge[c->x.files.edges.v[pair].to] == pair)
            return false;
    }
    return true;
}

/* --- single cuts ----------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    const struct rp_cut *x = a, *y = b;
    if (x->gain != y->gain)
        return x->gain < y->gain ? 1 : -1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    if (x->arcs[0] != y->arcs[0])
        return x->arcs[0] < y->arcs[0] ? -1 : 1;
    return x->arcs[1] < y->arcs[1] ? -1 : x->arcs[1] > y->arcs[1];
}

static void sort(struct rp_cuts *cuts)
{
    if (cuts->v.n)
        qsort(cuts->v.v, cuts->v.n, sizeof *cuts->v.v, by_bytes);
}

/* Vertices that a word means, as a bit by vertex; all of them for NULL. malloc'd. */
static enum reap_status matching(const struct rp_cutter *c, const char *word, uint8_t **ret)
{
    uint32_t *list = NULL;
    size_t n = 0;
    uint8_t *bits = malloc(c->g.v.n);
    if (!bits)
        return rp_nomem(c->ctx);
    memset(bits, word == NULL, c->g.v.n);
    enum reap_status st = word ? rp_vertices_find(&c->g, word, &list, &n) : REAP_OK;
    if (!st && word && !n)
        st = rp_fail(c->ctx, REAP_ERR_USAGE, "no-match", rp_at(NULL), "nothing live matches '%s'",
                     word);
    for (size_t i = 0; !st && i < n; i++)
        bits[list[i]] = 1;
    free(list);
    if (st)
        free(bits);
    else
        *ret = bits;
    return st;
}

enum reap_status rp_cuts_single(struct rp_cutter *c, const char *from, const char *to,
                                struct rp_cuts *ret)
{
    uint8_t *is_from = NULL, *is_to = NULL;
    struct rp_cuts cuts = {0};
    enum reap_status st = matching(c, from, &is_from);
    if (!st)
        st = matching(c, to, &is_to);
    for (uint32_t i = 1; !st && i < c->g.arcs.n; i++) {
        const struct rp_arc *a = &c->g.arcs.v[i];
        struct rp_loss loss;
        struct rp_file_loss files;
        if (!is_from[a->from] || !is_to[a->to] || is_idle(c, a))
            continue;
        st = rp_cutter_loss(c, &i, 1, &loss, &files);
        if (!st && loss.bytes &&
            !rp_vec_push(&cuts.v, (struct rp_cut){{i, 0}, loss.bytes, 0, files.n}))
            st = rp_nomem(c->ctx);
    }
    free(is_from);
    free(is_to);
    if (st) {
        rp_vec_free(&cuts.v);
        return st;
    }
    sort(&cuts);
    *ret = cuts;
    return REAP_OK;
}

/* --- pairs ----------------------------------------------------------------------------------- */

enum {
    SMALL = 600,        /* arcs of a graph of which all pairs are tried */
    MAX_PER_BRANCH = 3, /* arcs tried on each side of a thing with two guards */
    MAX_TRIES = 150000,
};

struct pairs {
    struct rp_cutter *c;
    uint64_t *alone; /* by arc: bytes of its single cut */
    struct rp_cuts found;
    uint32_t *idom;      /* by vertex */
    uint32_t *last_mate; /* by arc: the last one that it was tried with */
    unsigned n_tries;
};

static enum reap_status try_pair(struct pairs *p, uint32_t a, uint32_t b)
{
    uint32_t arcs[2] = {a < b ? a : b, a < b ? b : a};
    struct rp_loss loss;
    struct rp_file_loss files;
    if (a == b || p->last_mate[arcs[0]] == arcs[1] || p->n_tries >= MAX_TRIES)
        return REAP_OK;
    p->last_mate[arcs[0]] = arcs[1];
    p->n_tries++;
    enum reap_status st = rp_cutter_loss(p->c, arcs, 2, &loss, &files);
    uint64_t sum = p->alone[arcs[0]] + p->alone[arcs[1]];
    if (st || loss.bytes <= sum)
        return st;
    struct rp_cut cut = {{arcs[0], arcs[1]}, loss.bytes, loss.bytes - sum, files.n};
    return rp_vec_push(&p->found.v, cut) ? REAP_OK : rp_nomem(p->c->ctx);
}

static enum reap_status try_all(struct pairs *p)
{
    enum reap_status st = REAP_OK;
    for (uint32_t a = 1; !st && a < p->c->g.arcs.n; a++)
        for (uint32_t b = a + 1; !st && b < p->c->g.arcs.n; b++)
            st = try_pair(p, a, b);
    return st;
}

static enum reap_status dominators(struct pairs *p)
{
    const struct rp_level_graph *g = &p->c->g;
    uint32_t n = (uint32_t)g->v.n - 1, n_entries = 0;
    uint32_t *to = malloc((g->arcs.n + 1) * sizeof *to);
    uint32_t *start = malloc(((size_t)n + 2) * sizeof *start);
    uint32_t *entries = malloc((p->c->f->roots.n + 1) * sizeof *entries);
    enum reap_status st = to && start && entries ? REAP_OK : rp_nomem(p->c->ctx);
    for (uint32_t i = 1; !st && i < g->arcs.n; i++)
        to[i - 1] = g->arcs.v[i].to;
    for (uint32_t i = 0; !st && i <= n + 1; i++)
        start[i] = g->out_start[i] - 1;
    for (size_t i = 1; !st && i < p->c->f->roots.n; i++)
        if (g->vertex_of[p->c->f->roots.v[i].node])
            entries[n_entries++] = g->vertex_of[p->c->f->roots.v[i].node];
    if (!st)
        st = rp_dominators(p->c->ctx, n, start, to, entries, n_entries, p->idom);
    free(to);
    free(start);
    free(entries);
    return st;
}

/* The branch below the dominator `top` through which the source of an arc hangs; 0 when the arc
 * comes from `top` itself or from elsewhere. */
static uint32_t branch_of(const struct pairs *p, uint32_t vertex, uint32_t top)
{
    while (vertex && p->idom[vertex] != top)
        vertex = p->idom[vertex];
    return vertex;
}

/* The arcs of one side of v that alone cut the side off: its only arc, and those above it. */
static unsigned side_arcs(const struct pairs *p, uint32_t branch, uint32_t arc, unsigned n_arcs,
                          uint32_t *ret)
{
    const struct rp_level_graph *g = &p->c->g;
    unsigned n = 0;
    if (n_arcs == 1)
        ret[n++] = arc;
    for (uint32_t v = g->arcs.v[arc].from; v && n < MAX_PER_BRANCH; v = p->idom[v]) {
        uint32_t only = 0, n_in = 0;
        for (uint32_t k = g->in_start[v]; k < g->in_start[v + 1]; k++) {
            uint32_t from = g->arcs.v[g->in_arcs[k]].from, up = from;
            while (up && up != v)
                up = p->idom[up];
            if (up != v) /* not from below */
                only = g->in_arcs[k], n_in++;
        }
        if (n_in == 1)
            ret[n++] = only;
        if (v == branch)
            break;
    }
    return n;
}

static enum reap_status try_guards(struct pairs *p, uint32_t v)
{
    const struct rp_level_graph *g = &p->c->g;
    uint32_t sides[2] = {0}, arcs[2] = {0};
    unsigned n_arcs[2] = {0}, n_sides = 0;
    for (uint32_t k = g->in_start[v]; k < g->in_start[v + 1]; k++) {
        uint32_t arc = g->in_arcs[k], from = g->arcs.v[arc].from;
        uint32_t side = from == p->idom[v] ? from : branch_of(p, from, p->idom[v]);
        if (side == v)
            continue; /* from below */
        unsigned i = 0;
        while (i < n_sides && sides[i] != side)
            i++;
        if (i == 2)
            return REAP_OK; /* three guards */
        if (i == n_sides)
            sides[n_sides++] = side;
        arcs[i] = arc;
        n_arcs[i]++;
    }
    if (n_sides != 2)
        return REAP_OK;
    uint32_t first[MAX_PER_BRANCH + 1], second[MAX_PER_BRANCH + 1];
    unsigned n_first = side_arcs(p, sides[0], arcs[0], n_arcs[0], first);
    unsigned n_second = side_arcs(p, sides[1], arcs[1], n_arcs[1], second);
    enum reap_status st = REAP_OK;
    for (unsigned i = 0; !st && i < n_first; i++)
        for (unsigned k = 0; !st && k < n_second; k++)
            st = try_pair(p, first[i], second[k]);
    return st;
}

static enum reap_status try_guarded(struct pairs *p)
{
    enum reap_status st = dominators(p);
    for (uint32_t v = 1; !st && v < p->c->g.v.n; v++)
        st = try_guards(p, v);
    return st;
}

/* The same pair may have guarded several things. */
static void drop_repeats(struct rp_cuts *cuts)
{
    size_t n = 0;
    for (size_t i = 0; i < cuts->v.n; i++)
        if (!n || memcmp(cuts->v.v[n - 1].arcs, cuts->v.v[i].arcs, sizeof cuts->v.v[i].arcs) != 0)
            cuts->v.v[n++] = cuts->v.v[i];
    cuts->v.n = n;
}

enum reap_status rp_cuts_pairs(struct rp_cutter *c, const struct rp_cuts *singles,
                               struct rp_cuts *ret)
{
    struct pairs p = {.c = c};
    enum reap_status st = REAP_OK;
    p.alone = calloc(c->g.arcs.n + 1, sizeof *p.alone);
    p.last_mate = calloc(c->g.arcs.n + 1, sizeof *p.last_mate);
    p.idom = calloc(c->g.v.n + 1, sizeof *p.idom);
    if (!p.alone || !p.last_mate || !p.idom)
        st = rp_nomem(c->ctx);
    for (size_t i = 0; !st && i < singles->v.n; i++)
        p.alone[singles->v.v[i].arcs[0]] = singles->v.v[i].bytes;
    if (!st)
        st = c->g.arcs.n <= SMALL ? try_all(&p) : try_guarded(&p);
    free(p.alone);
    free(p.last_mate);
    free(p.idom);
    if (st) {
        rp_vec_free(&p.found.v);
        return st;
    }
    sort(&p.found);
    drop_repeats(&p.found);
    *ret = p.found;
    return REAP_OK;
}
