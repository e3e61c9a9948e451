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
 * Entry: rp_mark.
 */
#include "pass/pass.h"

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

static void traverse(const struct rp_model *m, struct rp_marks *marks, rp_id *queue)
{
    size_t head = 0, tail = 0;
    for (uint32_t i = 0; i < m->roots.n; i++) {
        const struct rp_root *r = &m->roots.v[i];
        if (!r->follow || marks->live[r->node])
            continue;
        mark_root(m, marks, i, 1);
        queue[tail++] = r->node;
    }
    while (head < tail) {
        rp_id from = queue[head++];
        for (uint32_t k = m->edge_start[from]; k < m->edge_start[from + 1]; k++) {
            rp_id to = m->edges[k].to;
            if (marks->live[to])
                continue;
            marks->live[to] = 1;
            marks->parent[to] = from;
            marks->cause[to] = k;
            marks->n_live++;
            queue[tail++] = to;
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

enum reap_status rp_mark(const struct rp_model *m, struct rp_marks *ret)
{
    size_t n = m->nodes.n;
    struct rp_marks marks = {.live = calloc(n + 1, sizeof *marks.live),
                             .parent = calloc(n + 1, sizeof *marks.parent),
                             .cause = calloc(n + 1, sizeof *marks.cause)};
    rp_id *queue = malloc((n + 1) * sizeof *queue);
    uint8_t *stays = calloc(m->files.n + 1, sizeof *stays);
    if (!marks.live || !marks.parent || !marks.cause || !queue || !stays) {
        rp_marks_free(&marks);
        free(queue);
        free(stays);
        return rp_nomem(m->ctx);
    }
    for (uint32_t i = 0; i < m->roots.n; i++)
        if (!m->roots.v[i].follow && !m->roots.v[i].with_file)
            mark_root(m, &marks, i, 2);
    traverse(m, &marks, queue);
    find_files(m, &marks, stays);
    for (uint32_t i = 0; i < m->roots.n; i++) {
        const struct rp_root *r = &m->roots.v[i];
        if (r->with_file && stays[m->sections[m->nodes.v[r->node].section].file - 1])
            mark_root(m, &marks, i, 2);
    }
    free(queue);
    free(stays);
    *ret = marks;
    return REAP_OK;
}

void rp_marks_free(struct rp_marks *marks)
{
    free(marks->live);
    free(marks->parent);
    free(marks->cause);
    memset(marks, 0, sizeof *marks);
}
