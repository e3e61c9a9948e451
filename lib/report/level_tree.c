/* level_tree.c: the dominator tree of a graph at a level.
 *
 * Entries are the vertices in which a root stands, and those that head a chain of the dead.
 *
 * Entry: rp_level_tree_make.
 */
#include "report/level_tree.h"

#include <string.h>

static uint32_t find_entries(const struct rp_level_graph *g, struct rp_level_tree *t,
                             uint32_t *entries)
{
    const struct rp_facts *f = g->f;
    uint32_t n = 0;
    for (rp_id i = 1; i < f->roots.n; i++) {
        rp_id node = f->roots.v[i].node;
        if (f->nodes.v[node].live)
            t->is_entry[g->vertex_of[node]] = 1;
    }
    for (rp_id i = 1; i < f->nodes.n; i++)
        if (!f->nodes.v[i].live && f->nodes.v[i].head == i)
            t->is_entry[g->vertex_of[i]] = 1;
    t->is_entry[0] = 0; /* nodes that are not in the graph */
    for (uint32_t v = 1; v < g->v.n; v++)
        if (t->is_entry[v])
            entries[n++] = v;
    return n;
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
    uint32_t *entries = malloc(((size_t)n + 1) * sizeof *entries);
    t.idom = calloc((size_t)n + 1, sizeof *t.idom);
    t.is_entry = calloc((size_t)n + 1, sizeof *t.is_entry);
    enum reap_status st = REAP_OK;
    if (!to || !start || !entries || !t.idom || !t.is_entry) {
        st = rp_nomem(g->ctx);
        goto out;
    }
    for (uint32_t i = 1; i < g->arcs.n; i++)
        to[i - 1] = g->arcs.v[i].to;
    for (uint32_t v = 1; v <= n + 1; v++)
        start[v] = g->out_start[v] - 1; /* arcs are numbered from 1 */
    uint32_t n_entries = find_entries(g, &t, entries);
    st = rp_dominators(g->ctx, n, start, to, entries, n_entries, t.idom);
    if (!st && !make_children(g, &t))
        st = rp_nomem(g->ctx);
out:
    free(to);
    free(start);
    free(entries);
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
