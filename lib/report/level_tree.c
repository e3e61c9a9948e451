/* level_tree.c: what holds what at a level.
 *
 * How: each vertex is taken away once (rp_reach_loss), which gives its retained bytes. A vertex of
 * which nine tenths of the bytes are among what is lost goes with the one that was taken; of these
 * the one that holds least is its parent. The order (bytes held, then place in the breadth-first
 * walk) is strict, so that two that hold each other make no cycle.
 *
 * Entries are the vertices in which a root stands, and those that head a chain of the dead.
 *
 * Entry: rp_level_tree_make.
 */
#include "report/level_tree.h"

#include <string.h>

struct entries {
    uint32_t *list, n;
    uint8_t *seen; /* by vertex: reached from the entries so far */
    uint32_t *queue;
};

/* Make v an entry, and mark what it reaches. */
static void enter(const struct rp_level_graph *g, struct rp_level_tree *t, struct entries *e,
                  uint32_t v)
{
    uint32_t n = 0;
    if (!v || t->is_entry[v]) /* 0: the node is not in the graph */
        return;
    t->is_entry[v] = 1;
    e->list[e->n++] = v;
    if (!e->seen[v])
        e->queue[n++] = v;
    e->seen[v] = 1;
    while (n) {
        uint32_t from = e->queue[--n];
        for (uint32_t a = g->out_start[from]; a < g->out_start[from + 1]; a++) {
            uint32_t to = g->arcs.v[a].to;
            if (!e->seen[to])
                e->queue[n++] = to;
            e->seen[to] = 1;
        }
    }
}

static void find_entries(const struct rp_level_graph *g, struct rp_level_tree *t, struct entries *e,
                         const uint8_t *leads)
{
    const struct rp_facts *f = g->f;
    for (rp_id i = 1; i < f->roots.n; i++) {
        rp_id node = f->roots.v[i].node;
        if (f->nodes.v[node].live && leads[node])
            enter(g, t, e, g->vertex_of[node]);
    }
    for (rp_id i = 1; i < f->nodes.n; i++)
        if (!f->nodes.v[i].live && f->nodes.v[i].head == i)
            enter(g, t, e, g->vertex_of[i]);
    for (rp_id i = 1; i < f->roots.n; i++) {
        rp_id node = f->roots.v[i].node;
        if (f->nodes.v[node].live && !e->seen[g->vertex_of[node]])
            enter(g, t, e, g->vertex_of[node]);
    }
}

/* By node: whether it refers to another one; malloc'd. */
static uint8_t *find_leading(const struct rp_facts *f)
{
    uint8_t *leads = calloc(f->nodes.n, sizeof *leads);
    for (uint32_t i = 1; leads && i < f->edges.n; i++)
        if (f->edges.v[i].from != f->edges.v[i].to && f->nodes.v[f->edges.v[i].from].live != 2)
            leads[f->edges.v[i].from] = 1;
    return leads;
}

/* --- parents --------------------------------------------------------------------------------- */

struct holder {
    struct rp_level_graph *g;
    uint64_t *weight;  /* by node: its bytes and one; 0 = a root that refers to nothing */
    uint64_t *whole;   /* by vertex: the sum over its nodes */
    uint32_t *place;   /* by vertex: in the breadth-first walk */
    uint64_t *lost;    /* by vertex; scratch */
    uint32_t *touched; /* vertices with lost bytes; scratch */
};

static struct rp_reach *scope_of(const struct rp_vertex *v, struct rp_reach *live,
                                 struct rp_reach *dead)
{
    return v->is_dead || !live ? dead : live;
}

static void count_nodes(struct holder *h, const uint8_t *leads, struct rp_reach *live,
                        struct rp_reach *dead)
{
    const struct rp_facts *f = h->g->f;
    for (rp_id i = 1; i < f->nodes.n; i++)
        h->weight[i] = rp_node_weight(&f->nodes.v[i]) + 1;
    for (rp_id i = 1; i < f->roots.n; i++)
        if (!leads[f->roots.v[i].node])
            h->weight[f->roots.v[i].node] = 0;
    for (rp_id i = 1; i < f->nodes.n; i++) {
        uint32_t v = h->g->vertex_of[i];
        struct rp_reach *r = v ? scope_of(&h->g->v.v[v], live, dead) : NULL;
        if (!r || !rp_reach_has(r, i))
            h->weight[i] = 0;
        h->whole[v] += h->weight[i];
    }
    for (int k = 0; k < 2; k++) {
        const struct rp_reach *r = k ? dead : live;
        for (uint32_t i = 0; r && i < r->n_order; i++) {
            uint32_t v = h->g->vertex_of[r->order[i]];
            if (!h->place[v])
                h->place[v] = i + 1;
        }
    }
}

/* Whether `a` stands above `b`, if it holds it at all. */
static bool is_above(const struct holder *h, uint32_t a, uint32_t b)
{
    uint64_t ra = h->g->v.v[a].retained, rb = h->g->v.v[b].retained;
    if (ra != rb)
        return ra > rb;
    return h->place[a] != h->place[b] ? h->place[a] < h->place[b] : a < b;
}

/* Take `by` away; note it as the holder of what goes as a whole. With ret_idom == NULL only the
 * bytes are noted: they must all be known before they are compared. */
static void take_away(struct holder *h, uint32_t by, struct rp_reach *r, uint32_t *ret_idom)
{
    struct rp_level_graph *g = h->g;
    struct rp_removal what = {.nodes = g->nodes + g->node_start[by],
                              .n_nodes = g->node_start[by + 1] - g->node_start[by]};
    struct rp_loss loss = rp_reach_loss(r, &what);
    uint32_t n = 0;
    g->v.v[by].retained = loss.bytes;
    for (uint32_t i = 0; ret_idom && i < loss.n; i++) {
        uint32_t v = g->vertex_of[loss.nodes[i]];
        uint64_t weight = h->weight[loss.nodes[i]];
        if (!v || v == by || !weight)
            continue;
        if (!h->lost[v])
            h->touched[n++] = v;
        h->lost[v] += weight;
    }
    while (n) {
        uint32_t v = h->touched[--n];
        if (h->lost[v] >= h->whole[v] - h->whole[v] / 10 && is_above(h, by, v) &&
            (!ret_idom[v] || is_above(h, ret_idom[v], by)))
            ret_idom[v] = by;
        h->lost[v] = 0;
    }
}

static bool find_holders(struct rp_level_graph *g, struct rp_reach *live, struct rp_reach *dead,
                         const uint8_t *leads, uint32_t *ret_idom)
{
    struct holder h = {.g = g,
                       .weight = calloc(g->f->nodes.n, sizeof *h.weight),
                       .whole = calloc(g->v.n, sizeof *h.whole),
                       .place = calloc(g->v.n, sizeof *h.place),
                       .lost = calloc(g->v.n, sizeof *h.lost),
                       .touched = calloc(g->v.n, sizeof *h.touched)};
    bool ok = h.weight && h.whole && h.place && h.lost && h.touched;
    if (ok)
        count_nodes(&h, leads, live, dead);
    for (int round = 0; ok && round < 2; round++)
        for (uint32_t v = 1; v < g->v.n; v++) {
            struct rp_reach *r = scope_of(&g->v.v[v], live, dead);
            if (r)
                take_away(&h, v, r, round ? ret_idom : NULL);
        }
    free(h.weight);
    free(h.whole);
    free(h.place);
    free(h.lost);
    free(h.touched);
    return ok;
}

/* --- the tree -------------------------------------------------------------------------------- */

static int by_retained(const void *a, const void *b, void *arg)
{
    const struct rp_level_graph *g = arg;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const struct rp_vertex *vx = &g->v.v[x], *vy = &g->v.v[y];
    if (vx->retained != vy->retained)
        return vx->retained < vy->retained ? 1 : -1;
    return x < y ? -1 : x > y;
}

static bool make_children(const struct rp_level_graph *g, struct rp_level_tree *t)
{
    size_t n = g->v.n;
    t->child_start = calloc(n + 2, sizeof *t->child_start);
    t->children = malloc((n + 1) * sizeof *t->children);
    if (!t->child_start || !t->children)
        return false;
    for (uint32_t v = 1; v < n; v++)
        t->child_start[t->idom[v] + 2]++;
    for (size_t k = 1; k < n + 2; k++)
        t->child_start[k] += t->child_start[k - 1];
    for (uint32_t v = 1; v < n; v++)
        t->children[t->child_start[t->idom[v] + 1]++] = v;
    for (uint32_t v = 0; v < n; v++)
        qsort_r(t->children + t->child_start[v], t->child_start[v + 1] - t->child_start[v],
                sizeof *t->children, by_retained, (void *)(uintptr_t)g);
    return true;
}

static bool sum_up(const struct rp_level_graph *g, const struct rp_reach *live,
                   struct rp_level_tree *t)
{
    t->subtree = calloc(g->v.n, sizeof *t->subtree);
    for (uint32_t v = 1; t->subtree && v < g->v.n; v++)
        for (uint32_t up = v; up; up = t->idom[up])
            t->subtree[up] += g->v.v[v].is_dead || !live ? g->v.v[v].dead_bytes : g->v.v[v].bytes;
    return t->subtree != NULL;
}

enum reap_status rp_level_tree_make(struct rp_level_graph *g, struct rp_reach *live,
                                    struct rp_reach *dead, struct rp_level_tree *ret)
{
    struct rp_level_tree t = {0};
    struct entries e = {.list = malloc(g->v.n * sizeof *e.list),
                        .seen = calloc(g->v.n, sizeof *e.seen),
                        .queue = malloc(g->v.n * sizeof *e.queue)};
    uint8_t *leads = find_leading(g->f);
    t.idom = calloc(g->v.n, sizeof *t.idom);
    t.is_entry = calloc(g->v.n, sizeof *t.is_entry);
    bool ok = e.list && e.seen && e.queue && leads && t.idom && t.is_entry;
    if (ok) {
        find_entries(g, &t, &e, leads);
        ok = find_holders(g, live, dead, leads, t.idom) && make_children(g, &t) &&
             sum_up(g, live, &t);
    }
    free(e.list);
    free(e.seen);
    free(e.queue);
    free(leads);
    if (!ok) {
        rp_level_tree_free(&t);
        return rp_nomem(g->ctx);
    }
    *ret = t;
    return REAP_OK;
}

void rp_level_tree_free(struct rp_level_tree *t)
{
    free(t->idom);
    free(t->is_entry);
    free(t->child_start);
    free(t->children);
    free(t->subtree);
    memset(t, 0, sizeof *t);
}
