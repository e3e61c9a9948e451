/* retained.c: what would go with a node, a group of nodes, a reference or a root.
 *
 * Why: "what does this cost?" has one honest answer: the bytes that marking again without it would
 * not reach. For one node that is its dominator subtree, but for a group (an object, an archive)
 * no dominator tree over nodes says it, and a graph of contracted groups has paths that the
 * program does not have.
 *
 * How: a breadth-first tree proves every node reachable. Taking something away breaks only the
 * proofs of the nodes in the subtrees below it; those are looked at again: whatever of them is
 * still referred to from outside of the subtrees, or is a root, is saved, and saves what it refers
 * to. The rest is lost. The work for one question is the size of the subtrees and their edges, and
 * since the tree is shallow, asking for every object of a big link costs little more than one mark.
 *
 * Entries: rp_reach_init, rp_reach_loss, rp_reach_dominators, rp_reach_retained.
 */
#include "report/retained.h"

#include <string.h>

uint64_t rp_node_weight(const struct rp_fact_node *node)
{
    return rp_class_is_alloc(node->cls) ? node->size : 0;
}

static bool in_scope(const struct rp_facts *f, enum rp_scope scope, rp_id node)
{
    const struct rp_fact_node *n = &f->nodes.v[node];
    if (scope == RP_SCOPE_LIVE)
        return n->live != 0;
    return !n->live && n->reason != RP_REASON_COMDAT_DUPLICATE;
}

bool rp_reach_has(const struct rp_reach *r, rp_id node)
{
    return in_scope(r->f, r->scope, node);
}

/* --- indexes --------------------------------------------------------------------------------- */

static bool is_edge(const struct rp_reach *r, uint32_t edge)
{
    const struct rp_fact_edge *e = &r->f->edges.v[edge];
    return e->from != e->to && rp_reach_has(r, e->from) && rp_reach_has(r, e->to) &&
           r->f->nodes.v[e->from].live != 2;
}

static uint32_t edge_from(const struct rp_reach *r, uint32_t i)
{
    return is_edge(r, i) ? r->f->edges.v[i].from : 0;
}
static uint32_t edge_to(const struct rp_reach *r, uint32_t i)
{
    return is_edge(r, i) ? r->f->edges.v[i].to : 0;
}
static uint32_t root_node(const struct rp_reach *r, uint32_t i)
{
    rp_id node = r->f->roots.v[i].node;
    return r->scope == RP_SCOPE_LIVE && rp_reach_has(r, node) ? node : 0;
}
static uint32_t node_parent(const struct rp_reach *r, uint32_t i)
{
    return r->parent[i];
}

/* CSR of items [1, n) by key(i), a node; key 0 is left out. */
static bool index_by(const struct rp_reach *r, size_t n,
                     uint32_t (*key)(const struct rp_reach *, uint32_t), uint32_t **ret_start,
                     uint32_t **ret_list)
{
    size_t n_nodes = r->f->nodes.n;
    uint32_t *start = calloc(n_nodes + 3, sizeof *start), *list = NULL;
    *ret_start = start;
    if (!start)
        return false;
    /* counts two places up, so that placing moves start[key + 1] to the end of key's items */
    for (uint32_t i = 1; i < n; i++) {
        uint32_t k = key(r, i);
        if (k)
            start[k + 2]++;
    }
    for (size_t k = 1; k < n_nodes + 3; k++)
        start[k] += start[k - 1];
    *ret_list = list = malloc(((size_t)start[n_nodes + 2] + 1) * sizeof *list);
    if (!list)
        return false;
    for (uint32_t i = 1; i < n; i++) {
        uint32_t k = key(r, i);
        if (k)
            list[start[k + 1]++] = i;
    }
    return true;
}

/* --- the breadth-first tree ------------------------------------------------------------------ */

static bool is_entry(const struct rp_reach *r, rp_id node)
{
    if (r->scope == RP_SCOPE_DEAD)
        return r->f->nodes.v[node].head == node;
    return r->root_start[node] != r->root_start[node + 1];
}

static void make_tree(struct rp_reach *r)
{
    uint32_t head = 0;
    uint32_t *seen = r->node_stamp; /* cleared again below */
    for (rp_id i = 1; i < r->f->nodes.n; i++)
        if (rp_reach_has(r, i) && is_entry(r, i)) {
            seen[i] = 1;
            r->order[r->n_order++] = i;
        }
    while (head < r->n_order) {
        rp_id from = r->order[head++];
        for (uint32_t k = r->out_start[from]; k < r->out_start[from + 1]; k++) {
            rp_id to = r->f->edges.v[r->out[k]].to;
            if (seen[to])
                continue;
            seen[to] = 1;
            r->parent[to] = from;
            r->parent_edge[to] = r->out[k];
            r->order[r->n_order++] = to;
        }
    }
    memset(seen, 0, r->f->nodes.n * sizeof *seen);
}

enum reap_status rp_reach_init(struct rp_ctx *ctx, const struct rp_facts *f, enum rp_scope scope,
                               struct rp_reach *ret)
{
    struct rp_reach r = {.ctx = ctx, .f = f, .scope = scope};
    size_t n = f->nodes.n + 1;
    r.parent = calloc(n, sizeof *r.parent);
    r.parent_edge = calloc(n, sizeof *r.parent_edge);
    r.order = malloc(n * sizeof *r.order);
    r.node_stamp = calloc(n, sizeof *r.node_stamp);
    r.state_stamp = calloc(n, sizeof *r.state_stamp);
    r.edge_stamp = calloc(f->edges.n + 1, sizeof *r.edge_stamp);
    r.root_stamp = calloc(f->roots.n + 1, sizeof *r.root_stamp);
    r.queue = malloc(n * sizeof *r.queue);
    r.lost = malloc(n * sizeof *r.lost);
    bool ok = r.parent && r.parent_edge && r.order && r.node_stamp && r.state_stamp &&
              r.edge_stamp && r.root_stamp && r.queue && r.lost &&
              index_by(&r, f->edges.n, edge_from, &r.out_start, &r.out) &&
              index_by(&r, f->edges.n, edge_to, &r.in_start, &r.in) &&
              index_by(&r, f->roots.n, root_node, &r.root_start, &r.roots);
    if (ok) {
        make_tree(&r);
        ok = index_by(&r, f->nodes.n, node_parent, &r.child_start, &r.children);
    }
    if (!ok) {
        rp_reach_free(&r);
        return rp_nomem(ctx);
    }
    *ret = r;
    return REAP_OK;
}

void rp_reach_free(struct rp_reach *r)
{
    free(r->out_start);
    free(r->out);
    free(r->in_start);
    free(r->in);
    free(r->root_start);
    free(r->roots);
    free(r->parent);
    free(r->parent_edge);
    free(r->child_start);
    free(r->children);
    free(r->order);
    free(r->node_stamp);
    free(r->state_stamp);
    free(r->edge_stamp);
    free(r->root_stamp);
    free(r->queue);
    free(r->lost);
    memset(r, 0, sizeof *r);
}

/* --- what is lost ---------------------------------------------------------------------------- */

/* A node's stamp within one question; anything older means: not looked at, safe. */
enum { GONE, DOUBTFUL, SAVED };

static uint32_t state(const struct rp_reach *r, rp_id node)
{
    return r->node_stamp[node] == r->stamp ? r->state_stamp[node] : SAVED;
}
static void set_state(struct rp_reach *r, rp_id node, uint32_t s)
{
    r->node_stamp[node] = r->stamp;
    r->state_stamp[node] = s;
}

static void next_stamp(struct rp_reach *r)
{
    if (++r->stamp)
        return;
    /* after 2^32 questions: no stamp may be taken for an older one */
    memset(r->node_stamp, 0, r->f->nodes.n * sizeof *r->node_stamp);
    memset(r->edge_stamp, 0, r->f->edges.n * sizeof *r->edge_stamp);
    memset(r->root_stamp, 0, r->f->roots.n * sizeof *r->root_stamp);
    r->stamp = 1;
}

static void doubt(struct rp_reach *r, rp_id node, uint32_t *n)
{
    if (r->node_stamp[node] == r->stamp)
        return;
    set_state(r, node, DOUBTFUL);
    r->lost[(*n)++] = node;
}

static bool has_other_root(const struct rp_reach *r, rp_id node)
{
    if (r->scope == RP_SCOPE_DEAD)
        return is_entry(r, node);
    for (uint32_t k = r->root_start[node]; k < r->root_start[node + 1]; k++)
        if (r->root_stamp[r->roots[k]] != r->stamp)
            return true;
    return false;
}

/* Everything whose place in the tree is below something that is taken away; *ret_n in r->lost. */
static uint32_t find_doubtful(struct rp_reach *r, const struct rp_removal *what)
{
    uint32_t n = 0;
    for (size_t i = 0; i < what->n_nodes; i++) {
        rp_id node = what->nodes[i];
        if (!rp_reach_has(r, node) || r->node_stamp[node] == r->stamp)
            continue;
        set_state(r, node, GONE);
        r->lost[n++] = node;
    }
    for (size_t i = 0; i < what->n_edges; i++) {
        uint32_t edge = what->edges[i];
        r->edge_stamp[edge] = r->stamp;
        rp_id to = r->f->edges.v[edge].to;
        if (r->parent_edge[to] == edge)
            doubt(r, to, &n);
    }
    for (size_t i = 0; i < what->n_roots; i++)
        r->root_stamp[what->roots[i]] = r->stamp;
    for (size_t i = 0; i < what->n_roots; i++) {
        rp_id node = root_node(r, what->roots[i]);
        if (node)
            doubt(r, node, &n);
    }
    for (uint32_t at = 0; at < n; at++) {
        rp_id node = r->lost[at];
        for (uint32_t k = r->child_start[node]; k < r->child_start[node + 1]; k++)
            doubt(r, r->children[k], &n);
    }
    return n;
}

/* Whether something that is not in doubt still reaches the node. */
static bool is_held(const struct rp_reach *r, rp_id node)
{
    if (has_other_root(r, node))
        return true;
    for (uint32_t k = r->in_start[node]; k < r->in_start[node + 1]; k++)
        if (r->edge_stamp[r->in[k]] != r->stamp && state(r, r->f->edges.v[r->in[k]].from) == SAVED)
            return true;
    return false;
}

static void save(struct rp_reach *r, rp_id first)
{
    uint32_t n = 0;
    set_state(r, first, SAVED);
    r->queue[n++] = first;
    while (n) {
        rp_id from = r->queue[--n];
        for (uint32_t k = r->out_start[from]; k < r->out_start[from + 1]; k++) {
            rp_id to = r->f->edges.v[r->out[k]].to;
            if (r->edge_stamp[r->out[k]] == r->stamp || state(r, to) != DOUBTFUL)
                continue;
            set_state(r, to, SAVED);
            r->queue[n++] = to;
        }
    }
}

struct rp_loss rp_reach_loss(struct rp_reach *r, const struct rp_removal *what)
{
    next_stamp(r);
    uint32_t n = find_doubtful(r, what);
    for (uint32_t i = 0; i < n; i++)
        if (state(r, r->lost[i]) == DOUBTFUL && is_held(r, r->lost[i]))
            save(r, r->lost[i]);
    struct rp_loss loss = {.nodes = r->lost};
    for (uint32_t i = 0; i < n; i++) {
        rp_id node = r->lost[i];
        if (state(r, node) == SAVED)
            continue;
        r->lost[loss.n++] = node;
        loss.bytes += rp_node_weight(&r->f->nodes.v[node]);
    }
    return loss;
}

/* --- dominators ------------------------------------------------------------------------------ */

enum reap_status rp_reach_dominators(const struct rp_reach *r, rp_id **ret_idom)
{
    uint32_t n = (uint32_t)r->f->nodes.n - 1, n_entries = 0, n_to = r->out_start[n + 1];
    enum reap_status st = REAP_OK;
    uint32_t *to = malloc(((size_t)n_to + 1) * sizeof *to);
    uint32_t *entries = malloc(((size_t)n + 1) * sizeof *entries);
    rp_id *idom = calloc((size_t)n + 1, sizeof *idom);
    if (!to || !entries || !idom) {
        st = rp_nomem(r->ctx);
        goto out;
    }
    for (uint32_t k = 0; k < n_to; k++)
        to[k] = r->f->edges.v[r->out[k]].to;
    for (rp_id i = 1; i <= n; i++)
        if (rp_reach_has(r, i) && is_entry(r, i))
            entries[n_entries++] = i;
    st = rp_dominators(r->ctx, n, r->out_start, to, entries, n_entries, idom);
out:
    free(to);
    free(entries);
    if (st)
        free(idom);
    else
        *ret_idom = idom;
    return st;
}

/* A child's number in the breadth-first order is above its dominator's, because the dominator lies
 * on every path: sums run from the end. */
enum reap_status rp_reach_retained(const struct rp_reach *r, const rp_id *idom,
                                   uint64_t **ret_bytes)
{
    uint64_t *bytes = calloc(r->f->nodes.n, sizeof *bytes);
    if (!bytes)
        return rp_nomem(r->ctx);
    for (uint32_t i = r->n_order; i-- > 0;) {
        rp_id node = r->order[i];
        bytes[node] += rp_node_weight(&r->f->nodes.v[node]);
        if (idom[node])
            bytes[idom[node]] += bytes[node];
    }
    *ret_bytes = bytes;
    return REAP_OK;
}
