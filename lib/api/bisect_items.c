/* bisect_items.c: what a bisection can keep or remove, the most suspicious first.
 *
 * Items are the heads of dead chains (what nothing else that is dead refers to: keeping one brings
 * back all that depends on it alone), archive members that a finding names and nothing extracts,
 * and what scripts throw away. A finding is about nodes that may stand deep in chains: its items
 * are the heads from which they are reached.
 *
 * Order: the findings by rank, each with its items as one group; then unextracted members of the
 * program's own archives; then what scripts discard; then heads with data before code before pieces
 * of strings, because tables are what is missed silently, in the order of the link.
 *
 * Entry: rp_items_make().
 */
#include "api/bisect.h"

#include "util/glob.h"

#include <stdlib.h>
#include <string.h>

struct making {
    const struct rp_facts *f;
    const struct rp_script_text *scripts;
    size_t n_scripts;
    struct rp_items *items;
    uint32_t *start, *from; /* edges among the dead, backwards, in CSR */
    uint8_t *taken;         /* by node: it is an item */
    uint8_t *seen;          /* by node: scratch of the search for heads */
    bool **unit_taken;
    bool members; /* unextracted members without a finding too */
};

static bool is_removed(const struct rp_facts *f, rp_id node)
{
    const struct rp_fact_node *n = &f->nodes.v[node];
    return !n->live && n->reason != RP_REASON_COMDAT_DUPLICATE &&
           n->reason != RP_REASON_NOT_EXTRACTED;
}

static bool index_edges(struct making *k)
{
    const struct rp_facts *f = k->f;
    k->start = calloc(f->nodes.n + 2, sizeof *k->start);
    k->from = malloc((f->edges.n + 1) * sizeof *k->from);
    if (!k->start || !k->from)
        return false;
    for (size_t i = 1; i < f->edges.n; i++)
        k->start[f->edges.v[i].to + 1]++;
    for (size_t i = 1; i <= f->nodes.n; i++)
        k->start[i] += k->start[i - 1];
    for (size_t i = f->edges.n; i-- > 1;)
        k->from[k->start[f->edges.v[i].to]++] = f->edges.v[i].from;
    memmove(k->start + 1, k->start, f->nodes.n * sizeof *k->start);
    k->start[0] = 0;
    return true;
}

static bool push(struct making *k, enum rp_item_kind kind, uint32_t id, uint32_t finding)
{
    return rp_vec_push(&k->items->v, (struct rp_item){kind, id, finding});
}

static bool take_node(struct making *k, rp_id node, uint32_t finding)
{
    if (k->taken[node])
        return true;
    k->taken[node] = 1;
    return push(k, RP_ITEM_NODE, node, finding);
}

/* The heads from which a dead node is reached, as items. */
static bool take_heads(struct making *k, rp_id node, uint32_t finding)
{
    const struct rp_facts *f = k->f;
    RP_VEC(rp_id) queue = {0};
    bool ok = rp_vec_push(&queue, node);
    memset(k->seen, 0, f->nodes.n);
    k->seen[node] = 1;
    for (size_t q = 0; ok && q < queue.n; q++) {
        rp_id at = queue.v[q];
        if (f->nodes.v[at].head == at) {
            ok = take_node(k, at, finding);
            continue;
        }
        for (uint32_t e = k->start[at]; ok && e < k->start[at + 1]; e++) {
            rp_id from = k->from[e];
            if (k->seen[from] || !is_removed(f, from))
                continue;
            k->seen[from] = 1;
            ok = rp_vec_push(&queue, from);
        }
    }
    rp_vec_free(&queue);
    return ok;
}

static bool take_units(struct making *k, const char *section, bool wrap, uint32_t finding)
{
    for (uint32_t s = 0; s < k->n_scripts; s++)
        for (uint32_t u = 0; u < k->scripts[s].units.n; u++) {
            const struct rp_script_unit *unit = &k->scripts[s].units.v[u];
            bool match = unit->wrap ? wrap : section && rp_glob_match(unit->pattern, section);
            if (k->unit_taken[s][u] || !match)
                continue;
            k->unit_taken[s][u] = true;
            if (!push(k, RP_ITEM_SCRIPT, s << 16 | u, finding))
                return false;
        }
    return true;
}

static bool end_group(struct making *k)
{
    struct rp_items *items = k->items;
    size_t last = items->group_start.v[items->group_start.n - 1];
    return items->v.n == last || rp_vec_push(&items->group_start, (uint32_t)items->v.n);
}

static bool take_finding(struct making *k, uint32_t number)
{
    const struct rp_facts *f = k->f;
    const struct rp_finding *x = &f->findings.v[number - 1];
    bool ok = true;
    if (x->file && !strcmp(rp_fact_str(f, f->files.v[x->file].kind), "member-not-extracted"))
        ok = push(k, RP_ITEM_MEMBER, x->file, number);
    if (x->node && is_removed(f, x->node))
        ok = ok && take_heads(k, x->node, number);
    for (uint32_t i = 0; ok && i < x->n_parts; i++) {
        rp_id node = f->finding_parts.v[x->first_part + i].node;
        if (node && is_removed(f, node))
            ok = take_heads(k, node, number);
    }
    const char *section = rp_fact_str(f, x->section);
    ok = ok && take_units(k, *section ? section : NULL, x->code == RP_FIND_IPLT_BRACKET, number);
    return ok && end_group(k);
}

/* 0 data first, 1 code, 2 strings; 3: not in memory, no item. */
static unsigned order_of(const struct rp_fact_node *n)
{
    if (!rp_class_is_alloc(n->cls) && n->kind != RP_NODE_SET)
        return 3;
    if (n->kind == RP_NODE_STRING)
        return 2;
    return n->cls == RP_CLASS_TEXT;
}

/* Members that nothing extracts, of archives that are the program's own; those of the system's
 * libraries are not missed by accident. */
static bool take_members(struct making *k)
{
    enum { MAX_MEMBERS = 200 };
    const struct rp_facts *f = k->f;
    unsigned n = 0;
    for (rp_id i = 1; i < f->files.n; i++) {
        const char *path = rp_fact_str(f, f->files.v[i].path);
        bool taken = strcmp(rp_fact_str(f, f->files.v[i].kind), "member-not-extracted") != 0 ||
                     !strncmp(path, "/usr/", 5) || !strncmp(path, "/lib", 4);
        for (size_t j = 0; !taken && j < k->items->v.n; j++)
            taken = k->items->v.v[j].kind == RP_ITEM_MEMBER && k->items->v.v[j].id == i;
        if (!taken && n++ < MAX_MEMBERS && (!push(k, RP_ITEM_MEMBER, i, 0) || !end_group(k)))
            return false;
    }
    return true;
}

static bool take_rest(struct making *k)
{
    const struct rp_facts *f = k->f;
    if (k->members && !take_members(k))
        return false;
    for (uint32_t s = 0; s < k->n_scripts; s++)
        for (uint32_t u = 0; u < k->scripts[s].units.n; u++)
            if (!k->unit_taken[s][u] && (!push(k, RP_ITEM_SCRIPT, s << 16 | u, 0) || !end_group(k)))
                return false;
    for (unsigned order = 0; order < 3; order++)
        for (rp_id i = 1; i < f->nodes.n; i++)
            if (is_removed(f, i) && f->nodes.v[i].head == i && order_of(&f->nodes.v[i]) == order &&
                !k->taken[i] && (!take_node(k, i, 0) || !end_group(k)))
                return false;
    return true;
}

static bool make(struct making *k)
{
    const struct rp_facts *f = k->f;
    k->taken = calloc(f->nodes.n + 1, 1);
    k->seen = calloc(f->nodes.n + 1, 1);
    k->unit_taken = calloc(k->n_scripts + 1, sizeof *k->unit_taken);
    if (!k->taken || !k->seen || !k->unit_taken || !index_edges(k))
        return false;
    for (size_t i = 0; i < k->n_scripts; i++) {
        k->unit_taken[i] = calloc(k->scripts[i].units.n + 1, sizeof(bool));
        if (!k->unit_taken[i])
            return false;
    }
    if (!rp_vec_push(&k->items->group_start, 0))
        return false;
    for (uint32_t i = 1; i <= f->findings.n; i++)
        if (!f->findings.v[i - 1].suppressed && !take_finding(k, i))
            return false;
    k->items->n_ranked = (uint32_t)k->items->group_start.n - 1;
    return take_rest(k);
}

enum reap_status rp_items_make(struct rp_ctx *ctx, const struct rp_facts *f,
                               const struct rp_script_text *scripts, size_t n_scripts, bool members,
                               struct rp_items *ret)
{
    struct making k = {
        .f = f, .scripts = scripts, .n_scripts = n_scripts, .items = ret, .members = members};
    bool ok = make(&k);
    for (size_t i = 0; k.unit_taken && i < n_scripts; i++)
        free(k.unit_taken[i]);
    free(k.unit_taken);
    free(k.start);
    free(k.from);
    free(k.taken);
    free(k.seen);
    return ok ? REAP_OK : rp_nomem(ctx);
}

void rp_items_free(struct rp_items *items)
{
    items->n_ranked = 0;
    rp_vec_free(&items->v);
    rp_vec_free(&items->group_start);
}
