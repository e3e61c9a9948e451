/* level_tree.c: the dominator tree of a graph at a level.
 *
 * Entries are the vertices in which a root stands, and those that head a chain of the dead. A root
 * that refers to nothing (a note, the terminator of a table) keeps only itself: it makes its object
 * an entry only when nothing else leads there, or every object with a note would be held by none.
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

enum reap_status rp_level_tree_make(const struct rp_level_graph *g, struct rp_level_tree *ret)
{
    struct rp_level_tree t = {0};
    uint32_t n = (uint32_t)g->v.n - 1, *to = malloc(g->arcs.n * sizeof *to);
    uint32_t *start = calloc((size_t)n + 3, sizeof *start);
    struct entries e = {.list = malloc(((size_t)n + 1) * sizeof *e.list),
                        .seen = calloc((size_t)n + 1, sizeof *e.seen),
                        .queue = malloc(((size_t)n + 1) * sizeof *e.queue)};
    uint8_t *leads = find_leading(g->f);
    t.idom = calloc((size_t)n + 1, sizeof *t.idom);
    t.is_entry = calloc((size_t)n + 1, sizeof *t.is_entry);
    enum reap_status st = REAP_OK;
    if (!to || !start || !e.list || !e.seen || !e.queue || !leads || !t.idom || !t.is_entry) {
        st = rp_nomem(g->ctx);
        goto out;
    }
    for (uint32_t i = 1; i < g->arcs.n; i++)
        to[i - 1] = g->arcs.v[i].to;
    for (uint32_t v = 1; v <= n + 1; v++)
        start[v] = g->out_start[v] - 1; /* arcs are numbered from 1 */
    find_entries(g, &t, &e, leads);
    st = rp_dominators(g->ctx, n, start, to, e.list, e.n, t.idom);
    if (!st && !make_children(g, &t))
        st = rp_nomem(g->ctx);
out:
    free(to);
    free(start);
    free(e.list);
    free(e.seen);
    free(e.queue);
    free(leads);
    if (st)
        rp_level_tree_free(&t);
    else
        *ret = t;
    return st;
}

void rp_level_tree_free(struct rp_level_tree *t)
{
    free(t->idom);
    free(t->is_entry);
    free(t->child_start);
    free(t->children);
    memset(t, 0, sizeof *t);
}
