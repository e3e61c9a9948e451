/* graph_select.c: which things are drawn, and which are folded up into "… 212 more".
 *
 * A selection (from, to, around, path) says what is wanted. Of that the things that hold most are
 * drawn, at most so many that a person can take them in; those that were named are always drawn.
 * The others are folded: below the drawn thing that holds them alone, or into one box.
 *
 * Entry: rp_picture_make.
 */
#include "report/graph_picture.h"

#include <string.h>

enum { DEFAULT_MAX = 60, DEFAULT_AROUND = 2 };

struct selection {
    uint32_t *list;
    size_t n;
};

static enum reap_status find(struct rp_picture *p, const char *name, struct selection *ret)
{
    enum reap_status st = rp_vertices_find(&p->g, name, &ret->list, &ret->n);
    if (st || ret->n)
        return st;
    free(ret->list);
    ret->list = NULL;
    return rp_fail_remedy(p->ctx, REAP_ERR_INPUT, "no-match", rp_at(NULL),
                          p->opts->only_dead || p->opts->with_dead
                              ? NULL
                              : "removed things are there with --with-dead or --only-dead",
                          "nothing in this graph is called '%s'", name);
}

enum { FORWARD = 1, BACKWARD = 2 };

/* Distances from the selection, UINT32_MAX where it does not lead; malloc'd. */
static uint32_t *distances(const struct rp_picture *p, const struct selection *from, int way,
                           uint32_t limit)
{
    const struct rp_level_graph *g = &p->g;
    uint32_t *d = malloc(g->v.n * sizeof *d), *queue = malloc(g->v.n * sizeof *queue);
    size_t head = 0, tail = 0;
    if (!d || !queue) {
        free(d);
        free(queue);
        return NULL;
    }
    memset(d, 0xff, g->v.n * sizeof *d);
    for (size_t i = 0; i < from->n; i++) {
        d[from->list[i]] = 0;
        queue[tail++] = from->list[i];
    }
    while (head < tail) {
        uint32_t v = queue[head++];
        if (d[v] >= limit)
            break;
        for (uint32_t a = g->out_start[v]; way & FORWARD && a < g->out_start[v + 1]; a++)
            if (d[g->arcs.v[a].to] == UINT32_MAX) {
                d[g->arcs.v[a].to] = d[v] + 1;
                queue[tail++] = g->arcs.v[a].to;
            }
        for (uint32_t k = g->in_start[v]; way & BACKWARD && k < g->in_start[v + 1]; k++) {
            uint32_t u = g->arcs.v[g->in_arcs[k]].from;
            if (d[u] == UINT32_MAX) {
                d[u] = d[v] + 1;
                queue[tail++] = u;
            }
        }
    }
    free(queue);
    return d;
}

/* --- what is wanted -------------------------------------------------------------------------- */

static enum reap_status keep_near(struct rp_picture *p, const char *name, int way, uint32_t limit,
                                  uint8_t *named)
{
    struct selection s = {0};
    enum reap_status st = find(p, name, &s);
    if (st)
        return st;
    uint32_t *d = distances(p, &s, way, limit);
    for (uint32_t v = 1; d && v < p->g.v.n; v++)
        if (d[v] == UINT32_MAX)
            p->state[v] = RP_NOT_WANTED;
    for (size_t i = 0; i < s.n; i++)
        named[s.list[i]] = 1;
    free(s.list);
    free(d);
    return d ? REAP_OK : rp_nomem(p->ctx);
}

/* Only what lies on a shortest way. */
static enum reap_status keep_path(struct rp_picture *p, uint8_t *named)
{
    struct selection a = {0}, b = {0};
    uint32_t *from = NULL, *to = NULL, best = UINT32_MAX;
    enum reap_status st = find(p, p->opts->path_from, &a);
    if (!st)
        st = find(p, p->opts->path_to, &b);
    if (st)
        goto out;
    from = distances(p, &a, FORWARD, UINT32_MAX);
    to = distances(p, &b, BACKWARD, UINT32_MAX);
    if (!from || !to) {
        st = rp_nomem(p->ctx);
        goto out;
    }
    for (size_t i = 0; i < b.n; i++)
        best = from[b.list[i]] < best ? from[b.list[i]] : best;
    if (best == UINT32_MAX) {
        st = rp_fail(p->ctx, REAP_ERR_INPUT, "no-path", rp_at(NULL),
                     "no references lead from '%s' to '%s'", p->opts->path_from, p->opts->path_to);
        goto out;
    }
    for (uint32_t v = 1; v < p->g.v.n; v++) {
        bool on_way = from[v] != UINT32_MAX && to[v] != UINT32_MAX && from[v] + to[v] == best;
        named[v] = on_way;
        if (!on_way)
            p->state[v] = RP_NOT_WANTED;
    }
    p->distance = from;
    from = NULL;
out:
    free(a.list);
    free(b.list);
    free(from);
    free(to);
    return st;
}

static enum reap_status select_wanted(struct rp_picture *p, uint8_t *named)
{
    const struct reap_graph_options *o = p->opts;
    uint32_t limit = o->depth ? o->depth : UINT32_MAX;
    enum reap_status st = REAP_OK;
    for (uint32_t v = 1; v < p->g.v.n; v++)
        p->state[v] = RP_FOLDED;
    if (o->path_from)
        return keep_path(p, named);
    if (o->around)
        return keep_near(p, o->around, FORWARD | BACKWARD, o->depth ? o->depth : DEFAULT_AROUND,
                         named);
    if (o->from)
        st = keep_near(p, o->from, FORWARD, limit, named);
    if (!st && o->to)
        st = keep_near(p, o->to, BACKWARD, limit, named);
    return st;
}

/* --- what is drawn --------------------------------------------------------------------------- */

struct order {
    const struct rp_picture *p;
    const uint8_t *named;
};

static int by_weight(const void *a, const void *b, void *arg)
{
    const struct order *o = arg;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const struct rp_vertex *vx = &o->p->g.v.v[x], *vy = &o->p->g.v.v[y];
    if (o->named[x] != o->named[y])
        return o->named[x] ? -1 : 1;
    if (vx->retained != vy->retained)
        return vx->retained < vy->retained ? 1 : -1;
    uint64_t own_x = rp_picture_bytes(o->p, x), own_y = rp_picture_bytes(o->p, y);
    if (own_x != own_y)
        return own_x < own_y ? 1 : -1;
    return x < y ? -1 : x > y;
}

static enum reap_status select_drawn(struct rp_picture *p, const uint8_t *named)
{
    uint32_t max = p->opts->max_nodes ? p->opts->max_nodes : DEFAULT_MAX;
    uint32_t *list = malloc(p->g.v.n * sizeof *list);
    struct order order = {p, named};
    if (!list)
        return rp_nomem(p->ctx);
    for (uint32_t v = 1; v < p->g.v.n; v++)
        if (p->state[v]) {
            list[p->n_wanted++] = v;
            p->bytes_wanted += rp_picture_bytes(p, v);
        }
    qsort_r(list, p->n_wanted, sizeof *list, by_weight, &order);
    for (uint32_t i = 0; i < p->n_wanted && i < max; i++)
        p->state[list[i]] = RP_DRAWN;
    p->n_drawn = p->n_wanted < max ? p->n_wanted : max;
    free(list);
    return REAP_OK;
}

/* --- folds ----------------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    const struct rp_fold *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->under < y->under ? -1 : x->under > y->under;
}

static enum reap_status fold(struct rp_picture *p)
{
    struct rp_fold *by_vertex = calloc(p->g.v.n, sizeof *by_vertex), rest = {0};
    if (!by_vertex)
        return rp_nomem(p->ctx);
    for (uint32_t v = 1; v < p->g.v.n; v++) {
        if (p->state[v] != RP_FOLDED)
            continue;
        uint32_t up = p->t.idom[v];
        while (up && p->state[up] != RP_DRAWN)
            up = p->t.idom[up];
        by_vertex[up].n++;
        by_vertex[up].bytes += rp_picture_bytes(p, v);
    }
    bool ok = true;
    for (uint32_t v = 0; ok && v < p->g.v.n; v++) {
        by_vertex[v].under = v;
        if (by_vertex[v].n)
            ok = rp_vec_push(&p->folds, by_vertex[v]);
    }
    free(by_vertex);
    if (!ok)
        return rp_nomem(p->ctx);
    if (p->folds.n)
        qsort(p->folds.v, p->folds.n, sizeof *p->folds.v, by_bytes);
    /* A box for each would be as many again: the heaviest stay, the rest is one. */
    size_t kept = 0, max = p->n_drawn / 8 + 1;
    for (size_t i = 0; i < p->folds.n; i++) {
        struct rp_fold *x = &p->folds.v[i];
        if (x->under && kept < max && x->bytes * 100 >= p->bytes_wanted) {
            p->folds.v[kept++] = *x;
        } else {
            rest.n += x->n;
            rest.bytes += x->bytes;
        }
    }
    p->folds.n = kept;
    return !rest.n || rp_vec_push(&p->folds, rest) ? REAP_OK : rp_nomem(p->ctx);
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum reap_status make(struct rp_picture *p)
{
    const struct reap_graph_options *o = p->opts;
    unsigned by, with = (o->only_dead ? 0u : RP_WITH_LIVE) |
                        (o->only_dead || o->with_dead ? RP_WITH_DEAD : 0u);
    enum reap_status st = rp_views_level(p->ctx, o->by, &by);
    if (!st)
        st = rp_level_graph_make(p->ctx, p->f, (enum rp_by)by, with, &p->g);
    if (!st && with & RP_WITH_LIVE)
        st = rp_reach_init(p->ctx, p->f, RP_SCOPE_LIVE, &p->live);
    if (!st && with & RP_WITH_DEAD)
        st = rp_reach_init(p->ctx, p->f, RP_SCOPE_DEAD, &p->dead);
    if (st)
        return st;
    st = rp_level_tree_make(&p->g, with & RP_WITH_LIVE ? &p->live : NULL,
                            with & RP_WITH_DEAD ? &p->dead : NULL, &p->t);
    if (st)
        return st;
    uint8_t *named = calloc(p->g.v.n, sizeof *named);
    p->state = calloc(p->g.v.n, sizeof *p->state);
    st = named && p->state ? select_wanted(p, named) : rp_nomem(p->ctx);
    if (!st)
        st = select_drawn(p, named);
    if (!st)
        st = fold(p);
    free(named);
    return st ? st : rp_picture_arrows(p);
}

enum reap_status rp_picture_make(struct rp_ctx *ctx, const struct rp_facts *f,
                                 const struct reap_graph_options *opts, struct rp_picture *ret)
{
    *ret = (struct rp_picture){.ctx = ctx, .f = f, .opts = opts};
    enum reap_status st = make(ret);
    if (st)
        rp_picture_free(ret);
    return st;
}

void rp_picture_free(struct rp_picture *p)
{
    rp_vec_free(&p->arrows);
    rp_vec_free(&p->folds);
    free(p->state);
    free(p->distance);
    rp_reach_free(&p->live);
    rp_reach_free(&p->dead);
    rp_level_tree_free(&p->t);
    rp_level_graph_free(&p->g);
    memset(p, 0, sizeof *p);
}
