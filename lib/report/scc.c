/* scc.c: strongly connected components (R. Tarjan, "Depth-first search and linear graph
 * algorithms", 1972), with an explicit stack because chains of dead code can be long.
 *
 * Entry: rp_scc.
 */
#include "report/scc.h"

#include <stdlib.h>

struct work {
    const uint32_t *start, *to;
    uint32_t *comp;          /* 0 while the node is on `open` or unseen */
    uint32_t *index, *low;   /* depth-first number, 0 = unseen; lowest number reached */
    uint32_t *open;          /* nodes whose component is not complete */
    uint32_t *path, *cursor; /* depth-first path, and where each of its nodes stands */
    uint32_t n_index, n_open, depth, n_comps;
};

static void enter(struct work *w, uint32_t v)
{
    w->index[v] = w->low[v] = ++w->n_index;
    w->open[w->n_open++] = v;
    w->cursor[w->depth] = w->start[v];
    w->path[w->depth++] = v;
}

static void leave(struct work *w, uint32_t v)
{
    w->depth--;
    if (w->depth) {
        uint32_t up = w->path[w->depth - 1];
        if (w->low[v] < w->low[up])
            w->low[up] = w->low[v];
    }
    if (w->low[v] != w->index[v])
        return;
    w->n_comps++;
    uint32_t u;
    do {
        u = w->open[--w->n_open];
        w->comp[u] = w->n_comps;
    } while (u != v);
}

static void walk(struct work *w, uint32_t first)
{
    enter(w, first);
    while (w->depth) {
        uint32_t v = w->path[w->depth - 1];
        if (w->cursor[w->depth - 1] == w->start[v + 1]) {
            leave(w, v);
            continue;
        }
        uint32_t next = w->to[w->cursor[w->depth - 1]++];
        if (!w->index[next])
            enter(w, next);
        else if (!w->comp[next] && w->index[next] < w->low[v])
            w->low[v] = w->index[next];
    }
}

enum reap_status rp_scc(struct rp_ctx *ctx, uint32_t n, const uint32_t *start, const uint32_t *to,
                        uint32_t *ret_comp, uint32_t *ret_n_comps)
{
    enum reap_status st = REAP_OK;
    size_t bytes = ((size_t)n + 1) * sizeof(uint32_t);
    struct work w = {.start = start, .to = to, .comp = ret_comp};
    w.index = calloc(1, bytes);
    w.low = malloc(bytes);
    w.open = malloc(bytes);
    w.path = malloc(bytes);
    w.cursor = malloc(bytes);
    if (!w.index || !w.low || !w.open || !w.path || !w.cursor) {
        st = rp_nomem(ctx);
        goto out;
    }
    for (uint32_t i = 0; i <= n; i++)
        ret_comp[i] = 0;
    for (uint32_t i = 1; i <= n; i++)
        if (!w.index[i])
            walk(&w, i);
    *ret_n_comps = w.n_comps;
out:
    free(w.cursor);
    free(w.path);
    free(w.open);
    free(w.low);
    free(w.index);
    return st;
}
