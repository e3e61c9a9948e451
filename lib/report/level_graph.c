/* level_graph.c: the graph of the nodes seen as archives, objects, sections or symbols.
 *
 * Why: people think in objects and archives, the collector in sections and records. Pictures,
 * tables and the list of references worth cutting share this one translation.
 *
 * How: each node gets a vertex by a key of its level; edges between different vertices, sorted by
 * two stable counting sorts, fall into arcs. What describes code (a frame description) belongs to
 * the code: a table of frames that "refers" to every function would be a hub of nothing.
 *
 * Entries: rp_level_graph_make, rp_level_graph_retained.
 */
#include "report/level_graph.h"

#include "util/strmap.h"

#include <string.h>

static const char *const by_names[RP_N_BYS] = {"archive", "object", "section", "symbol"};

bool rp_by_parse(const char *word, enum rp_by *ret)
{
    for (unsigned i = 0; i < RP_N_BYS; i++)
        if (!strcmp(word, by_names[i])) {
            *ret = (enum rp_by)i;
            return true;
        }
    return false;
}

const char *rp_by_name(enum rp_by by)
{
    return by < RP_N_BYS ? by_names[by] : "?";
}

/* --- vertices -------------------------------------------------------------------------------- */

struct maker {
    struct rp_level_graph *g;
    unsigned with;
    rp_id *subject; /* by node: the code that a frame description describes, 0 = none */
    struct key {
        uint32_t file, shndx;
    } * keys; /* by node, where keys of `by_section` stand */
    struct rp_strmap by_section, by_path;
    uint32_t *by_file;
};

static bool is_wanted(const struct maker *m, rp_id node)
{
    const struct rp_fact_node *n = &m->g->f->nodes.v[node];
    if (n->kind != RP_NODE_SET && !rp_class_is_alloc(n->cls))
        return false; /* debug information and the like: nothing refers to it, it weighs nothing */
    if (n->live)
        return m->with & RP_WITH_LIVE;
    return n->reason != RP_REASON_COMDAT_DUPLICATE && m->with & RP_WITH_DEAD;
}

static uint32_t *section_slot(struct maker *m, rp_id node)
{
    const struct rp_fact_node *n = &m->g->f->nodes.v[node];
    m->keys[node] = (struct key){n->file, n->shndx};
    return rp_strmap_put(&m->by_section, (const char *)&m->keys[node], sizeof m->keys[node]);
}

/* Where the number of the node's vertex stands (0 = not yet made); NULL when out of memory. */
static uint32_t *find_slot(struct maker *m, rp_id node)
{
    const struct rp_facts *f = m->g->f;
    const struct rp_fact_node *n = &f->nodes.v[node];
    const struct rp_fact_file *file = &f->files.v[n->file];
    if (n->kind == RP_NODE_SET)
        return &m->g->vertex_of[node];
    switch (m->g->by) {
    case RP_BY_ARCHIVE:
        if (file->member) {
            const char *path = rp_fact_str(f, file->path);
            return rp_strmap_put(&m->by_path, path, strlen(path));
        }
        return &m->by_file[n->file];
    case RP_BY_OBJECT: return &m->by_file[n->file];
    case RP_BY_SECTION: break;
    default:
        if (n->kind == RP_NODE_SECTION || n->kind == RP_NODE_ATOM || n->kind == RP_NODE_GAP)
            return &m->g->vertex_of[node];
    }
    return n->shndx ? section_slot(m, node) : &m->g->vertex_of[node];
}

static bool place(struct maker *m, rp_id node)
{
    struct rp_level_graph *g = m->g;
    uint32_t *slot = find_slot(m, node);
    if (!slot)
        return false;
    if (!*slot) {
        struct rp_vertex v = {.is_set = g->f->nodes.v[node].kind == RP_NODE_SET, .is_dead = true};
        if (!rp_vec_push(&g->v, v))
            return false;
        *slot = (uint32_t)g->v.n - 1;
    }
    g->vertex_of[node] = *slot;
    return true;
}

/* Frame descriptions stand with their code where sections are told apart. */
static bool find_subjects(struct maker *m)
{
    const struct rp_facts *f = m->g->f;
    m->subject = calloc(f->nodes.n, sizeof *m->subject);
    if (!m->subject)
        return false;
    if (m->g->by == RP_BY_SECTION || m->g->by == RP_BY_SYMBOL)
        for (uint32_t i = 1; i < f->edges.n; i++) {
            const struct rp_fact_edge *e = &f->edges.v[i];
            if (e->kind == RP_EDGE_SUBJECT && f->nodes.v[e->to].kind == RP_NODE_FDE &&
                !m->subject[e->to] && f->nodes.v[e->from].kind != RP_NODE_FDE)
                m->subject[e->to] = e->from;
        }
    return true;
}

/* What a reader would call the vertex by: its biggest live node, else its biggest. */
static bool names_better(const struct rp_fact_node *a, const struct rp_fact_node *b)
{
    if (!a->live != !b->live)
        return a->live;
    if (!a->name != !b->name)
        return a->name != 0;
    bool fa = a->kind == RP_NODE_FDE, fb = b->kind == RP_NODE_FDE;
    return fa != fb ? fb : a->size > b->size;
}

static void describe(struct rp_level_graph *g)
{
    for (rp_id i = 1; i < g->f->nodes.n; i++) {
        if (!g->vertex_of[i])
            continue;
        const struct rp_fact_node *n = &g->f->nodes.v[i];
        struct rp_vertex *v = &g->v.v[g->vertex_of[i]];
        v->n_nodes++;
        v->is_dead &= !n->live;
        if (n->live)
            v->bytes += rp_node_weight(n);
        else
            v->dead_bytes += rp_node_weight(n);
        if (!v->node || names_better(n, &g->f->nodes.v[v->node])) {
            v->node = i;
            v->file = n->file;
        }
    }
}

static bool make_vertices(struct maker *m)
{
    struct rp_level_graph *g = m->g;
    size_t n = g->f->nodes.n;
    g->vertex_of = calloc(n, sizeof *g->vertex_of);
    m->keys = calloc(n, sizeof *m->keys);
    m->by_file = calloc(g->f->files.n, sizeof *m->by_file);
    if (!g->vertex_of || !m->keys || !m->by_file || !find_subjects(m) ||
        !rp_vec_push(&g->v, (struct rp_vertex){0}))
        return false;
    for (rp_id i = 1; i < n; i++) {
        bool follows = m->subject[i] && is_wanted(m, m->subject[i]);
        if (is_wanted(m, i) && !follows && !place(m, i))
            return false;
    }
    for (rp_id i = 1; i < n; i++)
        if (!g->vertex_of[i] && m->subject[i] && is_wanted(m, i))
            g->vertex_of[i] = g->vertex_of[m->subject[i]];
    describe(g);
    return true;
}

/* --- arcs ------------------------------------------------------------------------------------ */

/* Place items by key, stably: ret_start[k] .. ret_start[k + 1] of ret_list; keys below n_keys. */
static bool sort_by(const uint32_t *items, size_t n, size_t n_keys, const void *arg,
                    uint32_t (*key)(const void *, uint32_t), uint32_t **ret_start,
                    uint32_t **ret_list)
{
    uint32_t *start = *ret_start = calloc(n_keys + 2, sizeof *start);
    uint32_t *list = *ret_list = malloc((n + 1) * sizeof *list);
    if (!start || !list)
        return false;
    for (size_t i = 0; i < n; i++)
        if (key(arg, items[i]) + (size_t)2 < n_keys + 2)
            start[key(arg, items[i]) + 2]++;
    for (size_t k = 1; k < n_keys + 2; k++)
        start[k] += start[k - 1];
    for (size_t i = 0; i < n; i++)
        list[start[key(arg, items[i]) + 1]++] = items[i];
    return true;
}

static uint32_t from_vertex(const void *arg, uint32_t edge)
{
    const struct rp_level_graph *g = arg;
    return g->vertex_of[g->f->edges.v[edge].from];
}
static uint32_t to_vertex(const void *arg, uint32_t edge)
{
    const struct rp_level_graph *g = arg;
    return g->vertex_of[g->f->edges.v[edge].to];
}
static uint32_t arc_from(const void *arg, uint32_t arc)
{
    return ((const struct rp_level_graph *)arg)->arcs.v[arc].from;
}
static uint32_t arc_to(const void *arg, uint32_t arc)
{
    return ((const struct rp_level_graph *)arg)->arcs.v[arc].to;
}

static bool cut_into_arcs(struct rp_level_graph *g, const uint32_t *edges, size_t n)
{
    if (!rp_vec_push(&g->arcs, (struct rp_arc){0}))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = from_vertex(g, edges[i]), to = to_vertex(g, edges[i]);
        struct rp_arc *last = &g->arcs.v[g->arcs.n - 1];
        if (g->arcs.n > 1 && last->from == from && last->to == to)
            last->n++;
        else if (!rp_vec_push(&g->arcs, (struct rp_arc){from, to, i, 1}))
            return false;
    }
    return true;
}

static bool make_arcs(struct rp_level_graph *g)
{
    const struct rp_facts *f = g->f;
    size_t n = 0, n_keys = g->v.n;
    uint32_t *all = malloc(f->edges.n * sizeof *all), *by_to = NULL, *start = NULL, *ids = NULL;
    bool ok = all != NULL;
    for (uint32_t i = 1; ok && i < f->edges.n; i++) {
        uint32_t from = from_vertex(g, i), to = to_vertex(g, i);
        if (from && to && from != to && f->nodes.v[f->edges.v[i].from].live != 2)
            all[n++] = i;
    }
    ok = ok && sort_by(all, n, n_keys, g, to_vertex, &start, &by_to);
    free(start);
    start = NULL;
    ok = ok && sort_by(by_to, n, n_keys, g, from_vertex, &start, &g->arc_edges) &&
         cut_into_arcs(g, g->arc_edges, n);
    free(start);
    free(by_to);
    free(all);
    ids = ok ? malloc(g->arcs.n * sizeof *ids) : NULL;
    for (uint32_t i = 1; ids && i < g->arcs.n; i++)
        ids[i - 1] = i;
    uint32_t *same = NULL; /* sorted by from already */
    ok = ids && sort_by(ids, g->arcs.n - 1, n_keys, g, arc_from, &g->out_start, &same) &&
         sort_by(ids, g->arcs.n - 1, n_keys, g, arc_to, &g->in_start, &g->in_arcs);
    for (size_t k = 0; ok && k < n_keys + 2; k++)
        g->out_start[k]++; /* arcs are numbered from 1 */
    free(same);
    free(ids);
    return ok;
}

static uint32_t node_vertex(const void *arg, uint32_t node)
{
    return ((const struct rp_level_graph *)arg)->vertex_of[node];
}

static bool list_nodes(struct rp_level_graph *g)
{
    size_t n = 0;
    uint32_t *all = malloc(g->f->nodes.n * sizeof *all);
    for (rp_id i = 1; all && i < g->f->nodes.n; i++)
        if (g->vertex_of[i])
            all[n++] = i;
    bool ok = all && sort_by(all, n, g->v.n, g, node_vertex, &g->node_start, &g->nodes);
    free(all);
    return ok;
}

enum reap_status rp_level_graph_make(struct rp_ctx *ctx, const struct rp_facts *f, enum rp_by by,
                                     unsigned with, struct rp_level_graph *ret)
{
    struct rp_level_graph g = {.ctx = ctx, .f = f, .by = by};
    struct maker m = {.g = &g, .with = with};
    bool ok = make_vertices(&m) && make_arcs(&g) && list_nodes(&g);
    rp_strmap_free(&m.by_section);
    rp_strmap_free(&m.by_path);
    free(m.keys);
    free(m.by_file);
    free(m.subject);
    if (!ok) {
        rp_level_graph_free(&g);
        return rp_nomem(ctx);
    }
    *ret = g;
    return REAP_OK;
}

void rp_level_graph_free(struct rp_level_graph *g)
{
    rp_vec_free(&g->v);
    rp_vec_free(&g->arcs);
    free(g->vertex_of);
    free(g->node_start);
    free(g->nodes);
    free(g->arc_edges);
    free(g->out_start);
    free(g->in_start);
    free(g->in_arcs);
    memset(g, 0, sizeof *g);
}

void rp_level_graph_retained(struct rp_level_graph *g, struct rp_reach *live, struct rp_reach *dead)
{
    for (uint32_t i = 1; i < g->v.n; i++) {
        struct rp_vertex *v = &g->v.v[i];
        struct rp_reach *r = v->is_dead || !live ? dead : live;
        if (!r)
            continue;
        /* nodes outside of the scope are passed over: the live ones of a mixed vertex count */
        struct rp_removal what = {.nodes = g->nodes + g->node_start[i],
                                  .n_nodes = g->node_start[i + 1] - g->node_start[i]};
        v->retained = rp_reach_loss(r, &what).bytes;
    }
}
