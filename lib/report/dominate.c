/* dominate.c: immediate dominators of a directed graph below a virtual root.
 *
 * Why: a dead node's head, what a node retains, and what only one root keeps alive are all
 * questions about dominators. Graphs have millions of nodes, so the algorithm is Semi-NCA
 * (L. Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005, section 2.2),
 * near-linear in practice and without recursion.
 *
 * How: nodes are numbered in depth-first preorder, the virtual root being 0, and everything after
 * that works on these numbers, which keeps the arrays local. Semidominators are computed in reverse
 * preorder over predecessors with path compression; immediate dominators then in preorder by
 * walking up the partial tree.
 *
 * Entry: rp_dominators.
 */
#include "report/facts.h"

#include <string.h>

struct work {
    uint32_t n, n_reached;
    const uint32_t *start, *to;
    uint32_t *number;             /* node -> preorder number, 0 = not reached */
    uint32_t *node;               /* preorder number -> node */
    uint32_t *parent;             /* depth-first tree, by number */
    uint32_t *pred_start, *pred;  /* predecessors in CSR, all by number; 0 = the virtual root */
    uint32_t *anc, *label, *semi; /* by number */
    uint32_t *stack, *cursor;     /* scratch: n + 1 items each */
};

static void work_free(struct work *w)
{
    free(w->number);
    free(w->node);
    free(w->parent);
    free(w->pred_start);
    free(w->pred);
    free(w->anc);
    free(w->label);
    free(w->semi);
    free(w->stack);
    free(w->cursor);
}

static bool work_alloc(struct work *w)
{
    size_t n = (size_t)w->n + 2;
    w->number = calloc(n, sizeof *w->number);
    w->node = malloc(n * sizeof *w->node);
    w->parent = malloc(n * sizeof *w->parent);
    w->pred_start = calloc(n + 1, sizeof *w->pred_start);
    w->anc = malloc(n * sizeof *w->anc);
    w->label = malloc(n * sizeof *w->label);
    w->semi = malloc(n * sizeof *w->semi);
    w->stack = malloc(n * sizeof *w->stack);
    w->cursor = malloc(n * sizeof *w->cursor);
    return w->number && w->node && w->parent && w->pred_start && w->anc && w->label && w->semi &&
           w->stack && w->cursor;
}

static void enter(struct work *w, uint32_t v, uint32_t parent_number, uint32_t *depth)
{
    uint32_t number = ++w->n_reached;
    w->number[v] = number;
    w->node[number] = v;
    w->parent[number] = parent_number;
    w->stack[*depth] = v;
    w->cursor[*depth] = w->start[v];
    ++*depth;
}

/* Depth-first preorder from one entry. */
static void walk(struct work *w, uint32_t entry)
{
    uint32_t depth = 0;
    enter(w, entry, 0, &depth);
    while (depth) {
        uint32_t v = w->stack[depth - 1];
        if (w->cursor[depth - 1] == w->start[v + 1]) {
            depth--;
            continue;
        }
        uint32_t next = w->to[w->cursor[depth - 1]++];
        if (!w->number[next])
            enter(w, next, w->number[v], &depth);
    }
}

/* Predecessor lists of reached nodes; the root counts as a predecessor of each entry. */
static bool invert(struct work *w, const uint32_t *entries, uint32_t n_entries)
{
    uint32_t *at = w->pred_start;
    for (uint32_t i = 0; i < n_entries; i++)
        at[w->number[entries[i]] + 1]++;
    for (uint32_t i = 1; i <= w->n_reached; i++)
        for (uint32_t e = w->start[w->node[i]]; e < w->start[w->node[i] + 1]; e++)
            at[w->number[w->to[e]] + 1]++;
    for (uint32_t i = 1; i <= w->n_reached + 1; i++)
        at[i] += at[i - 1];
    w->pred = malloc(((size_t)at[w->n_reached + 1] + 1) * sizeof *w->pred);
    if (!w->pred)
        return false;
    memcpy(w->cursor, at, ((size_t)w->n_reached + 1) * sizeof *at);
    for (uint32_t i = 0; i < n_entries; i++)
        w->pred[w->cursor[w->number[entries[i]]]++] = 0;
    for (uint32_t i = 1; i <= w->n_reached; i++)
        for (uint32_t e = w->start[w->node[i]]; e < w->start[w->node[i] + 1]; e++)
            w->pred[w->cursor[w->number[w->to[e]]]++] = i;
    return true;
}

/* The number with the smallest semidominator on the path from v up to, but without, the first
 * ancestor that is not linked yet (numbers below `linked`); compresses the path. */
static uint32_t eval(struct work *w, uint32_t v, uint32_t linked)
{
    if (w->anc[v] < linked)
        return w->label[v];
    uint32_t depth = 0;
    do {
        w->stack[depth++] = v;
        v = w->anc[v];
    } while (w->anc[v] >= linked);
    uint32_t above = v, best = w->label[v];
    while (depth) {
        v = w->stack[--depth];
        w->anc[v] = w->anc[above];
        if (w->semi[best] < w->semi[w->label[v]])
            w->label[v] = best;
        else
            best = w->label[v];
        above = v;
    }
    return w->label[v];
}

static void semi_nca(struct work *w)
{
    uint32_t *idom = w->cursor; /* free after invert() */
    for (uint32_t i = 1; i <= w->n_reached; i++) {
        w->anc[i] = idom[i] = w->parent[i];
        w->label[i] = w->semi[i] = i;
    }
    for (uint32_t i = w->n_reached; i >= 1; i--) {
        uint32_t semi = w->parent[i];
        for (uint32_t p = w->pred_start[i]; p < w->pred_start[i + 1]; p++) {
            uint32_t u = w->pred[p];
            uint32_t s = u == 0 ? 0 : w->semi[eval(w, u, i + 1)];
            if (s < semi)
                semi = s;
        }
        w->semi[i] = semi;
    }
    for (uint32_t i = 1; i <= w->n_reached; i++) {
        uint32_t d = idom[i];
        while (d > w->semi[i])
            d = idom[d];
        idom[i] = d;
    }
}

enum reap_status rp_dominators(struct rp_ctx *ctx, uint32_t n, const uint32_t *start,
                               const uint32_t *to, const uint32_t *entries, uint32_t n_entries,
                               uint32_t *ret_idom)
{
    enum reap_status st = REAP_OK;
    struct work w = {.n = n, .start = start, .to = to};
    if (!work_alloc(&w)) {
        st = rp_nomem(ctx);
        goto out;
    }
    for (uint32_t i = 0; i < n_entries; i++)
        if (!w.number[entries[i]])
            walk(&w, entries[i]);
    if (!invert(&w, entries, n_entries)) {
        st = rp_nomem(ctx);
        goto out;
    }
    semi_nca(&w);
    memset(ret_idom, 0, ((size_t)n + 1) * sizeof *ret_idom);
    for (uint32_t i = 1; i <= w.n_reached; i++)
        ret_idom[w.node[i]] = w.cursor[i] ? w.node[w.cursor[i]] : 0;
out:
    work_free(&w);
    return st;
}
