/* view.c: indexes over the facts that the views share, and whole sections as runs of nodes.
 *
 * The facts are plain arrays in the order in which they were found or read; every view asks for the
 * indexes it needs. All of them are made by counting sort, stable and in linear time.
 */
#include "report/view.h"

#include <string.h>

/* CSR of items [1, n) by key(i) in [0, n_keys). */
static bool index_by(const struct rp_facts *f, size_t n, size_t n_keys,
                     uint32_t (*key)(const struct rp_facts *, size_t), uint32_t **ret_start,
                     uint32_t **ret_list)
{
    uint32_t *start = calloc(n_keys + 2, sizeof *start);
    uint32_t *list = malloc((n + 1) * sizeof *list);
    *ret_start = start;
    *ret_list = list;
    if (!start || !list)
        return false;
    /* counts two places up, so that placing moves start[key + 1] to the end of key's items */
    for (size_t i = 1; i < n; i++)
        if (key(f, i) + (size_t)2 <= n_keys)
            start[key(f, i) + 2]++;
    for (size_t k = 1; k <= n_keys; k++)
        start[k] += start[k - 1];
    for (size_t i = 1; i < n; i++)
        list[start[key(f, i) + 1]++] = (uint32_t)i;
    return true;
}

static uint32_t node_file(const struct rp_facts *f, size_t i)
{
    return f->nodes.v[i].file;
}
static uint32_t edge_from(const struct rp_facts *f, size_t i)
{
    return f->edges.v[i].from;
}
static uint32_t edge_to(const struct rp_facts *f, size_t i)
{
    return f->edges.v[i].to;
}
static uint32_t symbol_node(const struct rp_facts *f, size_t i)
{
    return f->symbols.v[i].node;
}

/* File order: sections by number, their nodes by offset; common symbols and the like last. */
static bool comes_before(const struct rp_facts *f, uint32_t a, uint32_t b)
{
    const struct rp_fact_node *na = &f->nodes.v[a], *nb = &f->nodes.v[b];
    uint32_t sa = na->shndx - 1, sb = nb->shndx - 1; /* 0 becomes the largest */
    if (sa != sb)
        return sa < sb;
    return na->shndx && na->offset != nb->offset ? na->offset < nb->offset : a < b;
}

static int compare(const void *a, const void *b, void *facts)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x == y ? 0 : comes_before(facts, x, y) ? -1 : 1;
}

static void sort_files(struct rp_view *v)
{
    for (size_t file = 0; file < v->f->files.n; file++) {
        uint32_t *list = v->file_nodes + v->file_start[file];
        size_t n = v->file_start[file + 1] - v->file_start[file];
        bool sorted = true;
        for (size_t i = 1; i < n && sorted; i++)
            sorted = comes_before(v->f, list[i - 1], list[i]);
        if (!sorted)
            qsort_r(list, n, sizeof *list, compare, (void *)(uintptr_t)v->f);
    }
}

enum reap_status rp_view_init(struct rp_ctx *ctx, struct rp_view *ret, const struct rp_facts *f,
                              unsigned what)
{
    struct rp_view v = {.ctx = ctx, .f = f};
    bool ok = true;
    if (what & RP_VIEW_FILES)
        ok = index_by(f, f->nodes.n, f->files.n, node_file, &v.file_start, &v.file_nodes);
    if (ok && what & RP_VIEW_OUT)
        ok = index_by(f, f->edges.n, f->nodes.n, edge_from, &v.out_start, &v.out_edges);
    if (ok && what & RP_VIEW_IN)
        ok = index_by(f, f->edges.n, f->nodes.n, edge_to, &v.in_start, &v.in_edges);
    if (ok && what & RP_VIEW_SYMBOLS)
        ok = index_by(f, f->symbols.n, f->nodes.n, symbol_node, &v.sym_start, &v.syms);
    if (!ok) {
        rp_view_free(&v);
        return rp_nomem(ctx);
    }
    if (what & RP_VIEW_FILES)
        sort_files(&v);
    *ret = v;
    return REAP_OK;
}

void rp_view_free(struct rp_view *v)
{
    free(v->file_start);
    free(v->file_nodes);
    free(v->out_start);
    free(v->out_edges);
    free(v->in_start);
    free(v->in_edges);
    free(v->sym_start);
    free(v->syms);
    memset(v, 0, sizeof *v);
}

/* COMDAT duplicates and what is live or dead never mix within one section. */
static enum rp_run_state state_of(const struct rp_facts *f, const struct rp_run *run, bool live,
                                  bool dead)
{
    const struct rp_fact_node *first = &f->nodes.v[run->nodes[0]];
    if (first->kind == RP_NODE_SET)
        return RP_RUN_SYNTHETIC;
    if (first->reason == RP_REASON_COMDAT_DUPLICATE)
        return RP_RUN_DUPLICATE;
    return live && dead ? RP_RUN_PARTIAL : live ? RP_RUN_KEPT : RP_RUN_REMOVED;
}

bool rp_view_run(const struct rp_view *v, rp_id file, size_t *at, struct rp_run *ret)
{
    const uint32_t *list = v->file_nodes + v->file_start[file];
    size_t n = v->file_start[file + 1] - v->file_start[file], i = *at;
    if (i >= n)
        return false;
    const struct rp_fact_node *nodes = v->f->nodes.v, *first = &nodes[list[i]];
    struct rp_run run = {.nodes = list + i, .cls = first->cls};
    bool live = false, dead = false;
    do {
        const struct rp_fact_node *node = &nodes[list[i]];
        live |= node->live != 0;
        dead |= node->live == 0;
        if (node->live)
            run.kept += node->size;
        else
            run.removed += node->size;
        i++;
    } while (first->shndx && i < n && nodes[list[i]].shndx == first->shndx);
    run.n = (uint32_t)(i - *at);
    run.state = state_of(v->f, &run, live, dead);
    *at = i;
    *ret = run;
    return true;
}
