/* why.c: `reap why`: why something is in the output, or why it is not.
 *
 * Everything comes from the facts: the shortest path from a root is stored with each live node;
 * referrers, all the roots that reach a node, and what a dead node would bring back are searches
 * over the edges.
 *
 * Entry: rp_why_write.
 */
#include "report/why.h"

#include "util/bitset.h"

#include <string.h>

enum reap_status rp_why_path(const struct rp_why *w, rp_id node, struct rp_ids *ret)
{
    for (rp_id v = node; v; v = w->f->nodes.v[v].parent)
        if (!rp_vec_push(&ret->v, v))
            return rp_nomem(w->ctx);
    for (size_t i = 0, k = ret->v.n; i + 1 < k; i++) {
        rp_id x = ret->v.v[i];
        ret->v.v[i] = ret->v.v[--k];
        ret->v.v[k] = x;
    }
    return REAP_OK;
}

/* Nodes from which `node` is reached over edges against their direction (backward), or which it
 * reaches: only through nodes that `passes` lets through. */
static bool search(const struct rp_why *w, rp_id node, bool backward,
                   bool (*passes)(const struct rp_fact_node *), struct rp_bitset *seen,
                   struct rp_ids *queue)
{
    const struct rp_view *v = &w->view;
    const uint32_t *start = backward ? v->in_start : v->out_start;
    const uint32_t *list = backward ? v->in_edges : v->out_edges;
    if (!rp_bitset_init(seen, w->f->nodes.n) || !rp_vec_push(&queue->v, node))
        return false;
    rp_bitset_set(seen, node);
    for (size_t i = 0; i < queue->v.n; i++) {
        rp_id at = queue->v.v[i];
        for (uint32_t k = start[at]; k < start[at + 1]; k++) {
            const struct rp_fact_edge *e = &w->f->edges.v[list[k]];
            rp_id next = backward ? e->from : e->to;
            if (rp_bitset_get(seen, next) || !passes(&w->f->nodes.v[next]))
                continue;
            rp_bitset_set(seen, next);
            if (!rp_vec_push(&queue->v, next))
                return false;
        }
    }
    return true;
}

static bool is_followed(const struct rp_fact_node *node)
{
    return node->live == 1;
}

static bool is_dead(const struct rp_fact_node *node)
{
    return !node->live && node->reason != RP_REASON_COMDAT_DUPLICATE;
}

static int by_reason(const void *a, const void *b, void *facts)
{
    const struct rp_facts *f = facts;
    rp_id x = *(const rp_id *)a, y = *(const rp_id *)b;
    uint32_t rx = f->roots.v[x].reason, ry = f->roots.v[y].reason;
    return rx != ry ? (rx < ry ? -1 : 1) : x < y ? -1 : x > y;
}

enum reap_status rp_why_roots(const struct rp_why *w, rp_id node, struct rp_ids *ret)
{
    const struct rp_facts *f = w->f;
    struct rp_bitset seen = {0};
    struct rp_ids queue = {0};
    bool ok = search(w, node, true, is_followed, &seen, &queue);
    for (rp_id i = 1; ok && i < f->roots.n; i++)
        if (rp_bitset_get(&seen, f->roots.v[i].node))
            ok = rp_vec_push(&ret->v, i);
    if (ok && ret->v.n)
        qsort_r(ret->v.v, ret->v.n, sizeof *ret->v.v, by_reason, (void *)(uintptr_t)f);
    rp_vec_free(&queue.v);
    rp_bitset_free(&seen);
    return ok ? REAP_OK : rp_nomem(w->ctx);
}

enum reap_status rp_why_revival(const struct rp_why *w, rp_id node, struct rp_revival *ret)
{
    struct rp_bitset seen = {0};
    struct rp_ids queue = {0};
    bool ok = search(w, node, false, is_dead, &seen, &queue);
    struct rp_revival sum = {0};
    for (size_t i = 0; i < queue.v.n; i++)
        sum.bytes += w->f->nodes.v[queue.v.v[i]].size;
    sum.n_nodes = (uint32_t)queue.v.n;
    rp_vec_free(&queue.v);
    rp_bitset_free(&seen);
    if (!ok)
        return rp_nomem(w->ctx);
    *ret = sum;
    return REAP_OK;
}

enum reap_status rp_why_undefs(const struct rp_why *w, rp_str name, struct rp_ids *ret)
{
    for (rp_id i = 1; i < w->f->undefs.n; i++)
        if (w->f->undefs.v[i].name == name && !rp_vec_push(&ret->v, i))
            return rp_nomem(w->ctx);
    return REAP_OK;
}

enum reap_status rp_why_defines(const struct rp_why *w, rp_id file, struct rp_ids *ret)
{
    for (rp_id i = 1; i < w->f->symbols.n; i++)
        if (w->f->symbols.v[i].file == file && !rp_vec_push(&ret->v, i))
            return rp_nomem(w->ctx);
    return REAP_OK;
}

enum reap_status rp_why_write(struct rp_ctx *ctx, const struct rp_facts *f, const char *pattern,
                              const struct rp_why_options *opts, FILE *out, unsigned *ret_matches)
{
    struct rp_why w = {.ctx = ctx, .f = f, .pattern = pattern, .opts = opts};
    enum reap_status st = rp_why_find(&w);
    if (!st)
        st = rp_view_init(ctx, &w.view, f, RP_VIEW_OUT | RP_VIEW_IN);
    if (!st && !opts->json && f->unwinder && w.answers.n)
        st = rp_unwinder_of(&w.view, &w.unwinder);
    if (!st)
        st = opts->json ? rp_why_json(&w, out) : rp_why_text(&w, out);
    if (!st && ferror(out))
        st = rp_fail(ctx, REAP_ERR_IO, "report-write", rp_at(NULL), "cannot write the answer");
    if (!st)
        *ret_matches = (unsigned)w.answers.n;
    rp_vec_free(&w.answers);
    rp_classes_free(&w.classes);
    rp_unwinder_facts_free(&w.unwinder);
    rp_view_free(&w.view);
    return st;
}
