/* chains.c: why each dead node is dead, which node heads its chain, and what it retains.
 *
 * Why: "nothing that is live refers to it" is true of every dead node and helps nobody. What a
 * reader wants to know is which single node would bring a whole chain back. That is the outermost
 * dominator of the node in the graph of the dead alone.
 *
 * How: the dead nodes become a graph of their own. It is entered where no other dead node refers
 * in: at every node without a dead referrer, at one node of each cycle that nothing outside the
 * cycle refers to (strongly connected components without incoming edges), and at every typeinfo
 * that the slot of a live vtable would hold. Dominators below a virtual root over these entries
 * give the head, the child of the root above a node, and the bytes of the dominator subtree, what
 * depends on the node alone. A child of the root that is no entry is held by several independent
 * chains: its head is 0.
 *
 * Entry: rp_facts_chains.
 */
#include "report/facts.h"

#include "report/scc.h"

#include <string.h>

struct dead {
    struct rp_facts *f;
    uint32_t n;           /* dead nodes, numbered [1, n] in the order of their ids */
    uint32_t *local;      /* node id -> number, 0 = live or a duplicate */
    rp_id *id;            /* number -> node id */
    uint32_t *start, *to; /* edges among the dead, without loops of one node */
    uint32_t *comp;       /* number -> component */
    uint32_t *entries;
    uint32_t n_entries;
    uint8_t *is_entry; /* by number */
    uint8_t *referred; /* by number: REF_* */
    uint32_t *idom, *top, *depth;
};

enum {
    REF_DEAD = 1,
    REF_SIBLING = 2,
    REF_DEBUG = 4,
    REF_SUBJECT = 8,
    REF_RTTI = 16,
    REF_UNWIND = 32,
};

static void dead_free(struct dead *d)
{
    free(d->local);
    free(d->id);
    free(d->start);
    free(d->to);
    free(d->comp);
    free(d->entries);
    free(d->is_entry);
    free(d->referred);
    free(d->idom);
    free(d->top);
    free(d->depth);
}

static bool number_nodes(struct dead *d)
{
    struct rp_facts *f = d->f;
    d->local = calloc(f->nodes.n, sizeof *d->local);
    if (!d->local)
        return false;
    for (rp_id i = 1; i < f->nodes.n; i++)
        if (!f->nodes.v[i].live && f->nodes.v[i].reason != RP_REASON_COMDAT_DUPLICATE)
            d->local[i] = ++d->n;
    size_t n = (size_t)d->n + 2;
    d->id = malloc(n * sizeof *d->id);
    d->start = calloc(n + 1, sizeof *d->start);
    d->comp = malloc(n * sizeof *d->comp);
    d->entries = malloc(n * sizeof *d->entries);
    d->is_entry = calloc(n, 1);
    d->referred = calloc(n, 1);
    d->idom = malloc(n * sizeof *d->idom);
    d->top = malloc(n * sizeof *d->top);
    d->depth = calloc(n, sizeof *d->depth);
    if (!d->id || !d->start || !d->comp || !d->entries || !d->is_entry || !d->referred ||
        !d->idom || !d->top || !d->depth)
        return false;
    for (rp_id i = 1; i < f->nodes.n; i++)
        if (d->local[i])
            d->id[d->local[i]] = i;
    return true;
}

/* What kind of referrer an edge is for the reason: members of one group hold each other, so that
 * alone says nothing about why the group is dead. */
static uint8_t referrer_kind(const struct rp_fact_edge *e)
{
    switch (e->kind) {
    case RP_EDGE_GROUP: return REF_SIBLING;
    case RP_EDGE_SUBJECT: return REF_SUBJECT;
    default: return REF_DEAD;
    }
}

static bool connect(struct dead *d)
{
    const struct rp_facts *f = d->f;
    for (size_t i = 1; i < f->edges.n; i++) {
        const struct rp_fact_edge *e = &f->edges.v[i];
        uint32_t to = d->local[e->to], from = d->local[e->from];
        if (to && from && from != to) {
            d->start[from + 1]++;
            d->referred[to] |= referrer_kind(e);
        } else if (to && f->nodes.v[e->from].live == 2) {
            d->referred[to] |= REF_DEBUG; /* the source is kept, but not followed */
        } else if (to && f->nodes.v[e->from].live && e->kind == RP_EDGE_RTTI) {
            d->referred[to] |= REF_RTTI;
        } else if (to && f->nodes.v[e->from].live && e->kind == RP_EDGE_UNWIND) {
            d->referred[to] |= REF_UNWIND;
        }
    }
    for (uint32_t i = 1; i <= d->n + 1; i++)
        d->start[i] += d->start[i - 1];
    d->to = malloc(((size_t)d->start[d->n + 1] + 1) * sizeof *d->to);
    uint32_t *at = malloc(((size_t)d->n + 2) * sizeof *at);
    if (!d->to || !at) {
        free(at);
        return false;
    }
    memcpy(at, d->start, ((size_t)d->n + 2) * sizeof *at);
    for (size_t i = 1; i < f->edges.n; i++) {
        uint32_t to = d->local[f->edges.v[i].to], from = d->local[f->edges.v[i].from];
        if (to && from && from != to)
            d->to[at[from]++] = to;
    }
    free(at);
    return true;
}

/* How well a node stands for a cycle: code before data, but cold halves of functions last of the
 * code. */
static int standing(const struct dead *d, uint32_t i)
{
    const struct rp_fact_node *node = &d->f->nodes.v[d->id[i]];
    const char *section = rp_fact_str(d->f, node->section);
    if (node->cls != RP_CLASS_TEXT)
        return 2;
    return !strncmp(section, ".text.unlikely", 14) ||
           strstr(rp_fact_str(d->f, node->name), ".cold");
}

static bool stands_before(const struct dead *d, uint32_t a, uint32_t b)
{
    int sa = standing(d, a), sb = standing(d, b);
    return sa != sb ? sa < sb : a < b;
}

static enum reap_status find_entries(struct rp_ctx *ctx, struct dead *d)
{
    uint32_t n_comps;
    enum reap_status st = rp_scc(ctx, d->n, d->start, d->to, d->comp, &n_comps);
    if (st)
        return st;
    uint8_t *entered = calloc((size_t)n_comps + 1, 1);
    uint32_t *rep = calloc((size_t)n_comps + 1, sizeof *rep);
    if (!entered || !rep) {
        free(entered);
        free(rep);
        return rp_nomem(ctx);
    }
    for (uint32_t i = 1; i <= d->n; i++) {
        uint32_t c = d->comp[i];
        if (!rep[c] || stands_before(d, i, rep[c]))
            rep[c] = i;
        for (uint32_t e = d->start[i]; e < d->start[i + 1]; e++)
            if (d->comp[d->to[e]] != c)
                entered[d->comp[d->to[e]]] = 1;
    }
    for (uint32_t i = 1; i <= d->n; i++) {
        /* a typeinfo that a live vtable has a slot for comes back by that slot alone */
        if (!(d->referred[i] & REF_RTTI) && (entered[d->comp[i]] || rep[d->comp[i]] != i))
            continue;
        d->entries[d->n_entries++] = i;
        d->is_entry[i] = 1;
    }
    free(entered);
    free(rep);
    return REAP_OK;
}

/* top[i]: the root's child above i; depth[i]: its depth in the dominator tree, from 1. Every chain
 * is walked up to the first known node, then filled in on the way back. */
static void climb(struct dead *d, uint32_t *stack)
{
    for (uint32_t i = 1; i <= d->n; i++) {
        uint32_t depth = 0, v = i;
        while (v && !d->depth[v]) {
            stack[depth++] = v;
            v = d->idom[v];
        }
        while (depth) {
            uint32_t u = stack[--depth];
            d->top[u] = v ? d->top[v] : u;
            d->depth[u] = v ? d->depth[v] + 1 : 1;
            v = u;
        }
    }
}

/* Bytes of dominator subtrees: deepest nodes first, each added to its dominator. */
static bool retain(struct dead *d)
{
    uint32_t *count = calloc((size_t)d->n + 2, sizeof *count);
    uint32_t *order = malloc(((size_t)d->n + 1) * sizeof *order);
    if (!count || !order) {
        free(count);
        free(order);
        return false;
    }
    for (uint32_t i = 1; i <= d->n; i++)
        count[d->depth[i]]++;
    for (uint32_t i = 1; i <= d->n; i++)
        count[i] += count[i - 1];
    for (uint32_t i = d->n; i >= 1; i--)
        order[--count[d->depth[i]]] = i;
    struct rp_fact_node *nodes = d->f->nodes.v;
    for (uint32_t i = 1; i <= d->n; i++)
        nodes[d->id[i]].retained = nodes[d->id[i]].size;
    for (uint32_t k = d->n; k-- > 0;) {
        uint32_t i = order[k];
        if (d->idom[i])
            nodes[d->id[d->idom[i]]].retained += nodes[d->id[i]].retained;
    }
    free(count);
    free(order);
    return true;
}

static enum rp_reason reason_of(const struct dead *d, uint32_t i, bool debug)
{
    const struct rp_fact_node *node = &d->f->nodes.v[d->id[i]];
    uint8_t ref = d->referred[i];
    /* A record whose subject is in a discarded COMDAT copy has no referrer at all. */
    if (node->kind == RP_NODE_FDE || node->kind == RP_NODE_RECORD || ref & REF_SUBJECT)
        return RP_REASON_DEAD_SUBJECT;
    if (ref & REF_RTTI)
        return RP_REASON_RTTI_UNOBSERVABLE;
    if (ref & REF_UNWIND)
        return RP_REASON_NEVER_UNWOUND;
    if (ref & REF_DEAD || (ref & REF_SIBLING && !d->is_entry[i]))
        return RP_REASON_ONLY_FROM_DEAD;
    return debug || ref & REF_DEBUG ? RP_REASON_ONLY_FROM_DEBUG : RP_REASON_UNREFERENCED;
}

static void publish(struct dead *d, const struct rp_bitset *debug_ref)
{
    for (uint32_t i = 1; i <= d->n; i++) {
        rp_id id = d->id[i];
        struct rp_fact_node *node = &d->f->nodes.v[id];
        bool debug = debug_ref && debug_ref->w && id < debug_ref->n && rp_bitset_get(debug_ref, id);
        bool shared = d->top[i] == i && !d->is_entry[i];
        node->reason = (uint8_t)reason_of(d, i, debug);
        node->head = shared ? 0 : d->id[d->top[i]];
    }
    /* The name of a typeinfo goes for the reason for which its only owner goes. */
    for (uint32_t i = 1; i <= d->n; i++) {
        struct rp_fact_node *node = &d->f->nodes.v[d->id[i]];
        if (node->reason == RP_REASON_ONLY_FROM_DEAD && node->head &&
            d->f->nodes.v[node->head].reason == RP_REASON_RTTI_UNOBSERVABLE &&
            !strncmp(rp_fact_str(d->f, node->name), "_ZTS", 4))
            node->reason = RP_REASON_RTTI_UNOBSERVABLE;
    }
}

enum reap_status rp_facts_chains(struct rp_ctx *ctx, struct rp_facts *f,
                                 const struct rp_bitset *debug_ref)
{
    enum reap_status st = REAP_OK;
    struct dead d = {.f = f};
    if (!number_nodes(&d) || !connect(&d)) {
        st = rp_nomem(ctx);
        goto out;
    }
    st = find_entries(ctx, &d);
    if (st)
        goto out;
    st = rp_dominators(ctx, d.n, d.start, d.to, d.entries, d.n_entries, d.idom);
    if (st)
        goto out;
    climb(&d, d.comp); /* components are not needed any more */
    if (!retain(&d)) {
        st = rp_nomem(ctx);
        goto out;
    }
    publish(&d, debug_ref);
out:
    dead_free(&d);
    return st;
}
