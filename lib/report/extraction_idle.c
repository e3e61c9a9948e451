/* extraction_idle.c: archive members that are loaded only for the sake of dead references.
 *
 * How: mark as a linker would that loads a member at its first live reference: roots that come with
 * a file (constructors, notes, KEEP patterns) count once the file is needed. Files that are never
 * needed are idle, and what is live but was not reached is what loading them costs.
 *
 * Entry: rp_idle_find.
 */
#include "report/extraction.h"

#include <string.h>

struct marker {
    const struct rp_extraction *x;
    const struct rp_reach *r;
    uint8_t *live, *needed; /* by node, by file */
    rp_id *queue;
    uint32_t n;
};

static void need(struct marker *m, rp_id file)
{
    if (m->needed[file])
        return;
    m->needed[file] = 1;
    for (uint32_t k = m->x->file_start[file]; k < m->x->file_start[file + 1]; k++) {
        rp_id node = m->x->file_nodes[k];
        if (m->r->root_start[node] != m->r->root_start[node + 1] && !m->live[node]) {
            m->live[node] = 1;
            m->queue[m->n++] = node;
        }
    }
}

static void reach(struct marker *m, rp_id node)
{
    if (m->live[node])
        return;
    m->live[node] = 1;
    m->queue[m->n++] = node;
    need(m, m->r->f->nodes.v[node].file);
}

static void mark(struct marker *m)
{
    const struct rp_facts *f = m->r->f;
    m->needed[0] = 1; /* sets */
    for (rp_id i = 1; i < f->files.n; i++)
        if (!f->files.v[i].extracted_by)
            need(m, i);
    for (size_t i = 1; i < f->roots.n; i++) {
        rp_id node = f->roots.v[i].node;
        bool stays = !rp_root_comes_with_file(f->roots.v[i].reason) || m->x->has_copy[node];
        if (stays && f->nodes.v[node].live)
            reach(m, node);
    }
    while (m->n) {
        rp_id from = m->queue[--m->n];
        for (uint32_t k = m->r->out_start[from]; k < m->r->out_start[from + 1]; k++)
            reach(m, f->edges.v[m->r->out[k]].to);
    }
}

static int by_bytes(const void *a, const void *b)
{
    const struct rp_idle_member *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->file < y->file ? -1 : x->file > y->file;
}

/* What goes when one idle member is not loaded. */
static enum reap_status add_member(const struct marker *m, struct rp_reach *r, rp_id file,
                                   struct rp_idle *idle)
{
    const uint32_t *nodes = m->x->file_nodes + m->x->file_start[file];
    uint32_t n = m->x->file_start[file + 1] - m->x->file_start[file];
    struct rp_removal what = {.nodes = nodes, .n_nodes = n};
    struct rp_idle_member member = {.file = file, .bytes = rp_reach_loss(r, &what).bytes};
    for (uint32_t k = 0; k < n; k++)
        if (r->f->nodes.v[nodes[k]].live == 1 && rp_class_is_alloc(r->f->nodes.v[nodes[k]].cls))
            member.n_roots += r->root_start[nodes[k] + 1] - r->root_start[nodes[k]];
    return rp_vec_push(&idle->members, member) ? REAP_OK : rp_nomem(m->x->ctx);
}

enum reap_status rp_idle_find(struct rp_extraction *x, struct rp_reach *r, struct rp_idle *ret)
{
    const struct rp_facts *f = x->f;
    struct rp_idle idle = {0};
    struct marker m = {.x = x, .r = r};
    enum reap_status st = REAP_OK;
    m.live = calloc(f->nodes.n, 1);
    m.needed = calloc(f->files.n + 1, 1);
    m.queue = malloc((f->nodes.n + 1) * sizeof *m.queue);
    if (!m.live || !m.needed || !m.queue) {
        st = rp_nomem(x->ctx);
        goto out;
    }
    mark(&m);
    for (rp_id i = 1; !st && i < f->files.n; i++)
        if (!m.needed[i] && f->files.v[i].extracted_by && x->files.nodes.v[i].live)
            st = add_member(&m, r, i, &idle);
    for (rp_id i = 1; i < f->nodes.n; i++)
        if (f->nodes.v[i].live && !m.live[i] && f->nodes.v[i].live != 2)
            idle.bytes += rp_node_weight(&f->nodes.v[i]);
    if (idle.members.n)
        qsort(idle.members.v, idle.members.n, sizeof *idle.members.v, by_bytes);
out:
    free(m.live);
    free(m.needed);
    free(m.queue);
    if (st)
        rp_idle_free(&idle);
    else
        *ret = idle;
    return st;
}

void rp_idle_free(struct rp_idle *idle)
{
    rp_vec_free(&idle->members);
    memset(idle, 0, sizeof *idle);
}
