/* extraction.c: the graph of files that load each other, and what follows from it.
 *
 * Why: cutting a reference may leave a whole archive member out of the link, with its constructors,
 * its notes, and everything that is reached through weak references alone (musl's stdio is built
 * that way: exit refers weakly to what flushes streams). And members that only removed sections
 * mention are loaded all the same: their constructors run and keep things.
 *
 * How: files are nodes of a small graph of their own, and pairs of files its edges, so that the
 * same exact answer to "what is not reached any more" serves twice: which files are not loaded, and
 * then which nodes are not reached without the nodes of those files.
 *
 * Limits, all towards "it is still loaded": a file whose loading no known reference explains counts
 * as loaded by itself; a reference that only a discarded COMDAT copy makes is not known.
 *
 * Entries: rp_extraction_init, rp_extraction_loss, rp_idle_find.
 */
#include "report/extraction.h"

#include "util/strmap.h"

#include <string.h>

/* --- names that a file defines itself -------------------------------------------------------- */

/* (name, file) of every definition in an object: a reference from a file to a name of its own loads
 * nothing, even when another file's definition prevails. */
struct definition {
    rp_str name;
    rp_id file;
};
struct own {
    struct definition *keys;
    struct rp_strmap map, copies; /* copies: names that discarded COMDAT sections define */
};

static bool own_init(struct own *o, const struct rp_facts *f)
{
    o->keys = malloc(f->symbols.n * sizeof *o->keys);
    if (!o->keys || !rp_strmap_reserve(&o->map, f->symbols.n))
        return false;
    for (size_t i = 1; i < f->symbols.n; i++) {
        const struct rp_fact_symbol *s = &f->symbols.v[i];
        if (s->place != RP_PLACE_OBJECT)
            continue;
        o->keys[i] = (struct definition){s->name, s->file};
        uint32_t *slot = rp_strmap_put(&o->map, (const char *)&o->keys[i], sizeof o->keys[i]);
        if (!slot)
            return false;
        *slot = 1;
        if (!s->node || f->nodes.v[s->node].reason != RP_REASON_COMDAT_DUPLICATE)
            continue;
        slot = rp_strmap_put(&o->copies, (const char *)&o->keys[i].name, sizeof(rp_str));
        if (!slot)
            return false;
        *slot = 1;
    }
    return true;
}

static void own_free(struct own *o)
{
    rp_strmap_free(&o->map);
    rp_strmap_free(&o->copies);
    free(o->keys);
}

static bool defines(const struct own *o, rp_id file, rp_str name)
{
    struct definition key = {name, file};
    return name && rp_strmap_get(&o->map, (const char *)&key, sizeof key);
}

/* --- the graph of files ---------------------------------------------------------------------- */

struct file_pair {
    rp_id from, to;
};
struct maker {
    struct rp_extraction *x;
    struct own own;
    struct file_pair *keys; /* by edge of f, and one more for each file */
    struct rp_strmap pairs;
};

static uint32_t add_pair(struct maker *m, size_t key, rp_id from, rp_id to)
{
    struct rp_extraction *x = m->x;
    m->keys[key] = (struct file_pair){from, to};
    uint32_t *slot = rp_strmap_put(&m->pairs, (const char *)&m->keys[key], sizeof m->keys[key]);
    if (!slot)
        return 0;
    if (!*slot) {
        struct rp_fact_edge e = {.from = from, .to = to, .kind = RP_EDGE_RELOC};
        if (!rp_vec_push(&x->files.edges, e))
            return 0;
        *slot = (uint32_t)x->files.edges.n - 1;
    }
    return *slot;
}

static bool loads(const struct maker *m, const struct rp_fact_edge *e)
{
    const struct rp_facts *f = m->x->f;
    rp_id from = f->nodes.v[e->from].file, to = f->nodes.v[e->to].file;
    return rp_edge_is_reference(e->kind) && e->kind != RP_EDGE_WEAK && from && to && from != to &&
           !defines(&m->own, from, e->symbol);
}

static bool is_loaded(const struct rp_facts *f, rp_id file)
{
    return strcmp(rp_fact_str(f, f->files.v[file].kind), "member-not-extracted") != 0;
}

static bool make_edges(struct maker *m)
{
    struct rp_extraction *x = m->x;
    const struct rp_facts *f = x->f;
    for (uint32_t i = 1; i < f->edges.n; i++) {
        const struct rp_fact_edge *e = &f->edges.v[i];
        if (!loads(m, e))
            continue;
        x->pair[i] = add_pair(m, i, f->nodes.v[e->from].file, f->nodes.v[e->to].file);
        if (!x->pair[i])
            return false;
    }
    /* what the linker says, when no reference that is known says it */
    for (rp_id i = 1; i < f->files.n; i++) {
        rp_id by = f->files.v[i].extracted_by;
        if (by && by != i && !add_pair(m, f->edges.n + i, by, i))
            return false;
    }
    x->n_refs = calloc(x->files.edges.n, sizeof *x->n_refs);
    x->cut_refs = calloc(x->files.edges.n, sizeof *x->cut_refs);
    x->touched = malloc(x->files.edges.n * sizeof *x->touched);
    for (uint32_t i = 1; x->n_refs && i < f->edges.n; i++)
        x->n_refs[x->pair[i]]++;
    return x->n_refs && x->cut_refs && x->touched;
}

static bool add_root(struct rp_extraction *x, rp_id file)
{
    return rp_vec_push(&x->files.roots, (struct rp_fact_root){.node = file});
}

/* Everything that a file leads to. */
static void walk(const struct rp_extraction *x, const uint32_t *start, const uint32_t *out,
                 uint8_t *seen, rp_id *queue, rp_id first)
{
    uint32_t n = 0;
    seen[first] = 1;
    queue[n++] = first;
    while (n) {
        rp_id from = queue[--n];
        for (uint32_t k = start[from]; k < start[from + 1]; k++) {
            rp_id to = x->files.edges.v[out[k]].to;
            if (!seen[to]) {
                seen[to] = 1;
                queue[n++] = to;
            }
        }
    }
}

/* Files that are loaded by themselves: those of the command line, those that hold what a name of an
 * option or a script asks for, and whatever the known references do not explain. */
static bool make_roots(struct rp_extraction *x)
{
    const struct rp_facts *f = x->f;
    size_t n = f->files.n;
    uint8_t *is_root = calloc(n, 1), *seen = calloc(n, 1);
    uint32_t *start = calloc(n + 2, sizeof *start), *out = malloc(x->files.edges.n * sizeof *out);
    rp_id *queue = malloc(n * sizeof *queue);
    bool ok = is_root && seen && start && out && queue;
    for (uint32_t i = 1; ok && i < x->files.edges.n; i++)
        start[x->files.edges.v[i].from + 1]++;
    for (size_t k = 1; ok && k < n + 2; k++)
        start[k] += start[k - 1];
    for (uint32_t i = (uint32_t)x->files.edges.n; ok && i-- > 1;)
        out[--start[x->files.edges.v[i].from + 1]] = i;
    for (rp_id i = 1; ok && i < n; i++)
        is_root[i] = is_loaded(f, i) && !f->files.v[i].extracted_by;
    for (size_t i = 1; ok && i < f->roots.n; i++)
        if (!rp_root_comes_with_file(f->roots.v[i].reason) &&
            f->roots.v[i].reason != RP_ROOT_EXPORTED && f->roots.v[i].reason != RP_ROOT_OPTION &&
            f->roots.v[i].reason != RP_ROOT_RULE)
            is_root[f->nodes.v[f->roots.v[i].node].file] = 1;
    for (int pass = 0; ok && pass < 2; pass++)
        for (rp_id i = 1; ok && i < n; i++)
            if (is_loaded(f, i) && !seen[i] && (pass || is_root[i])) {
                ok = add_root(x, i);
                walk(x, start + 1, out, seen, queue, i);
            }
    /* a root that another leads to is one all the same */
    for (rp_id i = 1; ok && i < n; i++)
        ok = !is_root[i] || !seen[i] || add_root(x, i);
    free(is_root);
    free(seen);
    free(start);
    free(out);
    free(queue);
    return ok;
}

/* Nodes by file; one of which another file has a copy stays when its own file is not loaded. */
static bool list_nodes(struct maker *m)
{
    struct rp_extraction *x = m->x;
    const struct rp_facts *f = x->f;
    uint8_t *has_copy = x->has_copy = calloc(f->nodes.n, 1);
    x->file_start = calloc(f->files.n + 2, sizeof *x->file_start);
    x->file_nodes = malloc(f->nodes.n * sizeof *x->file_nodes);
    bool ok = has_copy && x->file_start && x->file_nodes;
    for (size_t i = 1; ok && i < f->symbols.n; i++) {
        const struct rp_fact_symbol *s = &f->symbols.v[i];
        if (s->node && rp_strmap_get(&m->own.copies, (const char *)&s->name, sizeof s->name))
            has_copy[s->node] = 1;
    }
    for (rp_id i = 1; ok && i < f->nodes.n; i++)
        if (!has_copy[i] && f->nodes.v[i].file)
            x->file_start[f->nodes.v[i].file + 1]++;
    for (size_t k = 1; ok && k < f->files.n + 2; k++)
        x->file_start[k] += x->file_start[k - 1];
    for (rp_id i = (rp_id)f->nodes.n; ok && i-- > 1;)
        if (!has_copy[i] && f->nodes.v[i].file)
            x->file_nodes[--x->file_start[f->nodes.v[i].file + 1]] = i;
    /* the filling moved each start one place up the list */
    if (ok)
        memmove(x->file_start, x->file_start + 1, (f->files.n + 1) * sizeof *x->file_start);
    return ok;
}

/* Definitions of one name in several objects, as rings; and all edges by their source. */
static bool index_others(struct rp_extraction *x)
{
    const struct rp_facts *f = x->f;
    uint32_t *last = x->first_of = calloc(f->pool.n + 1, sizeof *last); /* by name */
    x->other = calloc(f->symbols.n, sizeof *x->other);
    x->has_other = calloc(f->nodes.n, 1);
    x->mark = calloc(f->nodes.n, 1);
    x->back = malloc(f->nodes.n * sizeof *x->back);
    x->out_start = calloc(f->nodes.n + 2, sizeof *x->out_start);
    x->out = malloc(f->edges.n * sizeof *x->out);
    bool ok = last && x->other && x->has_other && x->mark && x->back && x->out_start && x->out;
    for (uint32_t i = 1; ok && i < f->symbols.n; i++) {
        const struct rp_fact_symbol *s = &f->symbols.v[i];
        if (s->place != RP_PLACE_OBJECT || s->bind == STB_LOCAL || !s->node ||
            f->nodes.v[s->node].reason == RP_REASON_COMDAT_DUPLICATE)
            continue;
        uint32_t before = last[s->name];
        last[s->name] = i;
        if (!before)
            continue;
        x->other[i] = x->other[before] ? x->other[before] : before;
        x->other[before] = i;
        x->has_other[s->node] = x->has_other[f->symbols.v[before].node] = 1;
    }
    for (uint32_t i = 1; ok && i < f->edges.n; i++)
        x->out_start[f->edges.v[i].from + 1]++;
    for (size_t k = 1; ok && k < f->nodes.n + 2; k++)
        x->out_start[k] += x->out_start[k - 1];
    for (uint32_t i = (uint32_t)f->edges.n; ok && i-- > 1;)
        x->out[--x->out_start[f->edges.v[i].from + 1]] = i;
    if (ok)
        memmove(x->out_start, x->out_start + 1, (f->nodes.n + 1) * sizeof *x->out_start);
    return ok;
}

enum reap_status rp_extraction_init(struct rp_ctx *ctx, const struct rp_facts *f,
                                    struct rp_extraction *ret)
{
    struct rp_extraction *x = ret;
    struct maker m = {.x = x};
    *x = (struct rp_extraction){.ctx = ctx, .f = f};
    x->pair = calloc(f->edges.n + 1, sizeof *x->pair);
    m.keys = malloc((f->edges.n + f->files.n + 1) * sizeof *m.keys);
    bool ok = x->pair && m.keys && rp_facts_init(&x->files) && own_init(&m.own, f);
    for (rp_id i = 1; ok && i < f->files.n; i++)
        ok =
            rp_vec_push(&x->files.nodes, (struct rp_fact_node){.file = i, .live = is_loaded(f, i)});
    ok = ok && make_edges(&m) && make_roots(x) && list_nodes(&m) && index_others(x);
    own_free(&m.own);
    rp_strmap_free(&m.pairs);
    free(m.keys);
    enum reap_status st =
        ok ? rp_reach_init(ctx, &x->files, RP_SCOPE_LIVE, &x->reach) : rp_nomem(ctx);
    if (st)
        rp_extraction_free(x);
    return st;
}

void rp_extraction_free(struct rp_extraction *x)
{
    rp_reach_free(&x->reach);
    rp_facts_free(&x->files);
    free(x->pair);
    free(x->n_refs);
    free(x->file_start);
    free(x->file_nodes);
    free(x->has_copy);
    free(x->other);
    free(x->first_of);
    free(x->has_other);
    free(x->mark);
    free(x->back);
    free(x->out_start);
    free(x->out);
    free(x->cut_refs);
    free(x->touched);
    memset(x, 0, sizeof *x);
}

/* --- cuts ------------------------------------------------------------------------------------ */

/* Pairs of files that these edges leave without a reference; *ret_n in x->touched. */
static uint32_t cut_pairs(struct rp_extraction *x, const uint32_t *edges, size_t n_edges,
                          bool whole_pairs)
{
    uint32_t n = 0, n_cut = 0;
    for (size_t i = 0; i < n_edges; i++) {
        uint32_t pair = x->pair[edges[i]];
        if (pair && x->cut_refs[pair]++ == 0)
            x->touched[n++] = pair;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t pair = x->touched[i];
        bool is_cut = whole_pairs || x->cut_refs[pair] >= x->n_refs[pair];
        x->cut_refs[pair] = 0;
        if (is_cut)
            x->touched[n_cut++] = pair;
    }
    return n_cut;
}

static enum reap_status nodes_of(const struct rp_extraction *x, const rp_id *files, uint32_t n,
                                 rp_id **ret, size_t *ret_n)
{
    size_t total = 0;
    for (uint32_t i = 0; i < n; i++)
        total += x->file_start[files[i] + 1] - x->file_start[files[i]];
    rp_id *nodes = malloc((total + 1) * sizeof *nodes);
    if (!nodes)
        return rp_nomem(x->ctx);
    *ret_n = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = x->file_start[files[i]]; k < x->file_start[files[i] + 1]; k++)
            nodes[(*ret_n)++] = x->file_nodes[k];
    *ret = nodes;
    return REAP_OK;
}

/* --- what comes back ------------------------------------------------------------------------- */

enum { STAYS, LOST, FILE_LOST, BACK };

/* Follow a definition that prevails now to everything that it needs; bytes that live again. */
static uint64_t revive(struct rp_extraction *x, rp_id first)
{
    const struct rp_facts *f = x->f;
    uint64_t bytes = 0;
    uint32_t n = 0;
    if (x->mark[first] == FILE_LOST || x->mark[first] == BACK ||
        (f->nodes.v[first].live && x->mark[first] == STAYS))
        return 0;
    x->mark[first] = BACK;
    x->back[n++] = first;
    for (uint32_t at = 0; at < n; at++) {
        rp_id from = x->back[at];
        bytes += rp_node_weight(&f->nodes.v[from]);
        for (uint32_t k = x->out_start[from]; k < x->out_start[from + 1]; k++) {
            rp_id to = f->edges.v[x->out[k]].to;
            if (x->mark[to] != LOST && (x->mark[to] != STAYS || f->nodes.v[to].live))
                continue;
            x->mark[to] = BACK;
            x->back[n++] = to;
        }
    }
    return bytes;
}

/* References that stay to a definition that goes with its file: the other one takes its place. */
static uint64_t revive_others(struct rp_extraction *x, const struct rp_reach *r, rp_id node)
{
    const struct rp_facts *f = x->f;
    uint64_t bytes = 0;
    for (uint32_t k = r->in_start[node]; k < r->in_start[node + 1]; k++) {
        const struct rp_fact_edge *e = &f->edges.v[r->in[k]];
        if (x->mark[e->from] != STAYS || r->edge_stamp[r->in[k]] == r->stamp || !e->symbol)
            continue;
        uint32_t s = x->first_of[e->symbol], at = s;
        for (; s && x->other[at]; at = x->other[at]) {
            if (f->symbols.v[at].node != node)
                bytes += revive(x, f->symbols.v[at].node);
            if (x->other[at] == s)
                break;
        }
    }
    return bytes;
}

static uint64_t come_back(struct rp_extraction *x, const struct rp_reach *r,
                          const struct rp_loss *loss, const struct rp_loss *files)
{
    uint64_t bytes = 0;
    bool any = false;
    for (uint32_t i = 0; i < files->n; i++)
        for (uint32_t k = x->file_start[files->nodes[i]]; k < x->file_start[files->nodes[i] + 1];
             k++) {
            x->mark[x->file_nodes[k]] = FILE_LOST;
            any |= x->has_other[x->file_nodes[k]];
        }
    if (any) {
        for (uint32_t i = 0; i < loss->n; i++)
            if (x->mark[loss->nodes[i]] == STAYS)
                x->mark[loss->nodes[i]] = LOST;
        for (uint32_t i = 0; i < loss->n; i++)
            if (x->mark[loss->nodes[i]] == FILE_LOST && x->has_other[loss->nodes[i]])
                bytes += revive_others(x, r, loss->nodes[i]);
        memset(x->mark, 0, x->f->nodes.n);
        return bytes;
    }
    for (uint32_t i = 0; i < files->n; i++)
        for (uint32_t k = x->file_start[files->nodes[i]]; k < x->file_start[files->nodes[i] + 1];
             k++)
            x->mark[x->file_nodes[k]] = STAYS;
    return 0;
}

enum reap_status rp_extraction_loss(struct rp_extraction *x, struct rp_reach *r,
                                    const uint32_t *edges, size_t n_edges, bool whole_pairs,
                                    struct rp_loss *ret, struct rp_file_loss *ret_files)
{
    struct rp_removal what = {.edges = edges, .n_edges = n_edges};
    struct rp_loss files = {0};
    rp_id *nodes = NULL;
    uint32_t n_pairs = cut_pairs(x, edges, n_edges, whole_pairs);
    if (n_pairs) {
        struct rp_removal pairs = {.edges = x->touched, .n_edges = n_pairs};
        files = rp_reach_loss(&x->reach, &pairs);
    }
    if (files.n) {
        enum reap_status st = nodes_of(x, files.nodes, files.n, &nodes, &what.n_nodes);
        if (st)
            return st;
        what.nodes = nodes;
    }
    *ret = rp_reach_loss(r, &what);
    free(nodes);
    uint64_t back = files.n ? come_back(x, r, ret, &files) : 0;
    ret->bytes = ret->bytes > back ? ret->bytes - back : 0;
    if (ret_files)
        *ret_files = (struct rp_file_loss){files.n, files.nodes, back};
    return REAP_OK;
}
