/* mark.c: what is live: everything that a root reaches.
 *
 * Why breadth-first: the edge that first reached a node is then the last of a shortest path from
 * a root, so that "why is it live" needs no second search. How: one queue of node ids, no
 * recursion; roots enter in their order. Nodes that stay without being followed (debug sections)
 * are marked before anything else, so that no edge can make them followed.
 *
 * Afterwards come the roots that stay only with their file (rp_root.with_file): the debug
 * sections of a file of which nothing else is left describe nothing.
 *
 * RTTI slots of vtables are followed when rtti_mark.c says so; the rest of the marking knows no
 * C++. What only a dead unwinder asks for (unwind.h) is never followed.
 *
 * Entries: rp_mark, rp_mark_classes.
 */
#include "pass/pass.h"

#include "pass/rtti_private.h"

#include <string.h>

static void mark_root(const struct rp_model *m, struct rp_marks *marks, uint32_t root, uint8_t live)
{
    rp_id node = m->roots.v[root].node;
    if (marks->live[node])
        return;
    marks->live[node] = live;
    marks->parent[node] = 0;
    marks->cause[node] = root;
    marks->n_live++;
}

static void enter_roots(struct rp_marker *w)
{
    for (uint32_t i = 0; i < w->m->roots.n; i++) {
        const struct rp_root *r = &w->m->roots.v[i];
        if (!r->follow)
            continue;
        if (w->rtti && rp_bitset_get(&w->rtti->special, r->node))
            rp_rtti_root(w, r->node);
        if (w->marks->live[r->node])
            continue;
        mark_root(w->m, w->marks, i, 1);
        w->queue[w->tail++] = r->node;
    }
}

static void traverse(struct rp_marker *w)
{
    const struct rp_model *m = w->m;
    while (w->head < w->tail) {
        rp_id from = w->queue[w->head++];
        for (uint32_t k = m->edge_start[from]; k < m->edge_start[from + 1]; k++) {
            rp_id to = m->edges[k].to;
            if (m->edges[k].kind == RP_EDGE_UNWIND)
                continue;
            if (w->rtti && rp_bitset_get(&w->rtti->special, to) && !rp_rtti_follow(w, from, k))
                continue;
            rp_mark_reach(w, to, from, k);
        }
    }
}

/* Whether the life of a node says that its file takes part in the program. Notes do not: every
 * object has them. */
static bool counts_for_file(const struct rp_model *m, const struct rp_node *n)
{
    return n->section && (m->sections[n->section].flags & RP_SEC_ALLOC) &&
           rp_shdr_of(m, n->section)->type != SHT_NOTE;
}

/* Files that stay: something of them is live, or they had nothing that could have been. */
static void find_files(const struct rp_model *m, const struct rp_marks *marks, uint8_t *stays)
{
    for (size_t i = 0; i < m->files.n; i++) {
        const struct rp_file *f = &m->files.v[i];
        bool live = f->untouched, had_any = false;
        for (uint32_t k = 0; k < f->n_nodes && !live; k++) {
            rp_id node = f->first_node + k;
            const struct rp_node *n = &m->nodes.v[node];
            if (n->kind != RP_NODE_COMMON && !counts_for_file(m, n))
                continue;
            had_any |= n->size != 0;
            live = marks->live[node] != 0;
        }
        stays[i] = live || !had_any;
    }
}

static enum reap_status mark(struct rp_marker *w)
{
    const struct rp_model *m = w->m;
    uint8_t *stays = calloc(m->files.n + 1, sizeof *stays);
    enum reap_status rc = REAP_OK;
    if (!stays)
        return rp_nomem(m->ctx);
    for (uint32_t i = 0; i < m->roots.n; i++)
        if (!m->roots.v[i].follow && !m->roots.v[i].with_file)
            mark_root(m, w->marks, i, 2);
    if (w->rtti)
        rp_rtti_begin(w);
    enter_roots(w);
    traverse(w);
    while (w->rtti && !rc) { /* until no slot brings anything more */
        size_t before = w->tail;
        rc = rp_rtti_settle(w);
        if (w->tail == before)
            break;
        traverse(w);
    }
    if (w->rtti && !rc)
        rp_rtti_verdicts(w);
    find_files(m, w->marks, stays);
    for (uint32_t i = 0; i < m->roots.n; i++) {
        const struct rp_root *r = &m->roots.v[i];
        if (r->with_file && stays[m->sections[m->nodes.v[r->node].section].file - 1])
            mark_root(m, w->marks, i, 2);
    }
    free(stays);
    return rc;
}

enum reap_status rp_mark_classes(const struct rp_model *m, const struct rp_job *job,
                                 struct rp_rtti *rtti, struct rp_marks *ret)
{
    size_t n = m->nodes.n;
    struct rp_marks marks = {.live = calloc(n + 1, sizeof *marks.live),
                             .parent = calloc(n + 1, sizeof *marks.parent),
                             .cause = calloc(n + 1, sizeof *marks.cause)};
    struct rp_marker w = {.m = m, .job = job, .marks = &marks};
    w.queue = malloc((n + 1) * sizeof *w.queue);
    enum reap_status rc = REAP_OK;
    if (rtti && rtti->slots.n) {
        w.rtti = rtti;
        w.stack = malloc((rtti->classes.n + 1) * sizeof *w.stack);
    }
    if (!marks.live || !marks.parent || !marks.cause || !w.queue || (w.rtti && !w.stack))
        rc = rp_nomem(m->ctx);
    if (!rc)
        rc = mark(&w);
    free(w.queue);
    free(w.stack);
    if (rc)
        rp_marks_free(&marks);
    else
        *ret = marks;
    return rc;
}

enum reap_status rp_mark(const struct rp_model *m, struct rp_marks *ret)
{
    return rp_mark_classes(m, NULL, NULL, ret);
}

void rp_marks_free(struct rp_marks *marks)
{
    free(marks->live);
    free(marks->parent);
    free(marks->cause);
    memset(marks, 0, sizeof *marks);
}
