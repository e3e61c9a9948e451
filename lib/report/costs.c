/* costs.c: what keeps what: the bytes that live through each root.
 *
 * Why: a KEEP, an export or a rule line is cheap to write and may hold megabytes. Two figures for
 * each reason and for each (reason, detail): the bytes whose shortest path starts there, which sum
 * to everything that lives, and the bytes that nothing else holds.
 *
 * How: the second figure is a dominator question. The graph of the live nodes gets one more node
 * for each group of roots with one reason and detail, and one for each reason above its groups; the
 * reasons are the entries. The dominator subtree of a group is what dies without it.
 *
 * Entry: rp_costs_of.
 */
#include "report/view.h"

#include "util/strmap.h"

#include <string.h>

struct work {
    const struct rp_facts *f;
    const struct rp_view *v;
    uint32_t n_nodes;        /* node ids below, then groups, then reasons */
    uint32_t *group_of_root; /* root id -> group index */
    uint32_t n, n_edges;
    uint32_t *start, *to, *idom;
    uint64_t *weight;
};

static void work_free(struct work *w)
{
    free(w->group_of_root);
    free(w->start);
    free(w->to);
    free(w->idom);
    free(w->weight);
}

static bool find_groups(struct work *w, struct rp_costs *c)
{
    const struct rp_facts *f = w->f;
    struct rp_strmap map = {0};
    bool ok = false;
    struct key {
        uint32_t reason, detail;
    } *keys = calloc(f->roots.n, sizeof *keys);
    w->group_of_root = calloc(f->roots.n, sizeof *w->group_of_root);
    c->groups = calloc(f->roots.n, sizeof *c->groups);
    if (!keys || !w->group_of_root || !c->groups)
        goto out;
    for (size_t i = 1; i < f->roots.n; i++) {
        const struct rp_fact_root *r = &f->roots.v[i];
        keys[i] = (struct key){r->reason, r->detail};
        uint32_t *slot = rp_strmap_put(&map, (const char *)&keys[i], sizeof keys[i]);
        if (!slot)
            goto out;
        if (!*slot) {
            c->groups[c->n_groups] = (struct rp_cost){.reason = r->reason, .detail = r->detail};
            *slot = ++c->n_groups;
        }
        w->group_of_root[i] = *slot - 1;
        c->groups[*slot - 1].n_roots++;
        c->reasons[r->reason].n_roots++;
    }
    ok = true;
out:
    rp_strmap_free(&map);
    free(keys);
    return ok;
}

static uint32_t group_node(const struct work *w, uint32_t group)
{
    return w->n_nodes + 1 + group;
}

/* Edges of followed nodes to live ones; group -> its nodes; reason -> its groups. Two rounds: count
 * with to == NULL, then fill. */
static void each_edge(struct work *w, const struct rp_costs *c, uint32_t *at)
{
    const struct rp_facts *f = w->f;
    uint32_t first_reason = w->n_nodes + 1 + c->n_groups;
#define EDGE(from, target)                                                                         \
    do {                                                                                           \
        if (w->to)                                                                                 \
            w->to[at[from]++] = (target);                                                          \
        else                                                                                       \
            at[(from) + 1]++;                                                                      \
    } while (0)
    for (size_t i = 1; i < f->edges.n; i++) {
        const struct rp_fact_edge *e = &f->edges.v[i];
        if (f->nodes.v[e->from].live == 1 && f->nodes.v[e->to].live)
            EDGE(e->from, e->to);
    }
    for (size_t i = 1; i < f->roots.n; i++)
        if (f->nodes.v[f->roots.v[i].node].live)
            EDGE(group_node(w, w->group_of_root[i]), f->roots.v[i].node);
    for (uint32_t g = 0; g < c->n_groups; g++)
        EDGE(first_reason + c->groups[g].reason, group_node(w, g));
#undef EDGE
}

static bool connect(struct work *w, const struct rp_costs *c)
{
    uint32_t *at = calloc((size_t)w->n + 3, sizeof *at);
    w->start = calloc((size_t)w->n + 3, sizeof *w->start);
    w->idom = calloc((size_t)w->n + 1, sizeof *w->idom);
    w->weight = calloc((size_t)w->n + 1, sizeof *w->weight);
    if (!at || !w->start || !w->idom || !w->weight) {
        free(at);
        return false;
    }
    each_edge(w, c, w->start);
    for (uint32_t i = 1; i <= w->n + 1; i++)
        w->start[i] += w->start[i - 1];
    w->to = malloc(((size_t)w->start[w->n + 1] + 1) * sizeof *w->to);
    if (w->to) {
        memcpy(at, w->start, ((size_t)w->n + 2) * sizeof *at);
        each_edge(w, c, at);
    }
    free(at);
    return w->to != NULL;
}

/* `only` of groups and reasons: each live node's bytes go to the groups above it. A node's nearest
 * group or reason among its dominators is found by climbing with path memory. */
static void add_only(struct work *w, struct rp_costs *c, uint32_t *owner, uint32_t *stack)
{
    const struct rp_facts *f = w->f;
    uint32_t first_reason = w->n_nodes + 1 + c->n_groups;
    for (rp_id i = 1; i < f->nodes.n; i++) {
        const struct rp_fact_node *node = &f->nodes.v[i];
        if (!node->live || !rp_class_is_alloc(node->cls))
            continue;
        uint32_t depth = 0, v = i;
        while (v && v <= w->n_nodes && owner[v] == UINT32_MAX) {
            stack[depth++] = v;
            v = w->idom[v];
        }
        uint32_t found = v == 0 ? 0 : v > w->n_nodes ? v : owner[v];
        while (depth)
            owner[stack[--depth]] = found;
        if (found > w->n_nodes && found < first_reason) {
            struct rp_cost *g = &c->groups[found - w->n_nodes - 1];
            g->only += node->size;
            c->reasons[g->reason].only += node->size;
        } else if (found >= first_reason) {
            c->reasons[found - first_reason].only += node->size;
        }
    }
}

static void add_via(const struct work *w, struct rp_costs *c)
{
    const struct rp_facts *f = w->f;
    for (rp_id i = 1; i < f->nodes.n; i++) {
        const struct rp_fact_node *node = &f->nodes.v[i];
        if (!node->live || !node->root || !rp_class_is_alloc(node->cls))
            continue;
        struct rp_cost *g = &c->groups[w->group_of_root[node->root]];
        g->via += node->size;
        c->reasons[g->reason].via += node->size;
    }
}

static int by_cost(const void *a, const void *b)
{
    const struct rp_cost *x = a, *y = b;
    if (x->only != y->only)
        return x->only < y->only ? 1 : -1;
    if (x->via != y->via)
        return x->via < y->via ? 1 : -1;
    if (x->reason != y->reason)
        return x->reason < y->reason ? -1 : 1;
    return x->detail < y->detail ? -1 : x->detail > y->detail;
}

enum reap_status rp_costs_of(const struct rp_view *v, struct rp_costs *ret)
{
    enum reap_status st = REAP_OK;
    struct rp_costs c = {0};
    struct work w = {.f = v->f, .v = v, .n_nodes = (uint32_t)v->f->nodes.n - 1};
    uint32_t entries[RP_N_ROOT_REASONS], *owner = NULL, *stack = NULL;
    for (uint32_t r = 0; r < RP_N_ROOT_REASONS; r++)
        c.reasons[r].reason = r;
    if (!find_groups(&w, &c))
        goto nomem;
    w.n = w.n_nodes + c.n_groups + RP_N_ROOT_REASONS;
    if (!connect(&w, &c))
        goto nomem;
    for (uint32_t r = 0; r < RP_N_ROOT_REASONS; r++)
        entries[r] = w.n_nodes + 1 + c.n_groups + r;
    st = rp_dominators(v->ctx, w.n, w.start, w.to, entries, RP_N_ROOT_REASONS, w.idom);
    if (st)
        goto out;
    owner = malloc(((size_t)w.n_nodes + 1) * sizeof *owner);
    stack = malloc(((size_t)w.n_nodes + 1) * sizeof *stack);
    if (!owner || !stack)
        goto nomem;
    memset(owner, 0xff, ((size_t)w.n_nodes + 1) * sizeof *owner);
    add_only(&w, &c, owner, stack);
    add_via(&w, &c);
    qsort(c.groups, c.n_groups, sizeof *c.groups, by_cost);
    *ret = c;
    goto out;
nomem:
    st = rp_nomem(v->ctx);
out:
    if (st)
        rp_costs_free(&c);
    free(owner);
    free(stack);
    work_free(&w);
    return st;
}

void rp_costs_free(struct rp_costs *c)
{
    free(c->groups);
    c->groups = NULL;
    c->n_groups = 0;
}
