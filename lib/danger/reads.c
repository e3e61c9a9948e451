/* reads.c: which live code reads a node, or takes its address, and where in the node.
 *
 * Why: effects.c asks this for each object that a lost entry fills, and thousands of lost entries
 * of a kernel fill the same few objects, whose nodes have thousands of references.
 *
 * How: a list for each node that is asked about, made once, sorted by the place in the node that is
 * read. References that only write are left out.
 *
 * Entry: rp_danger_reads_of.
 */
#include "danger/danger.h"

#include "arch/access.h"

struct rp_danger_reads {
    size_t n;
    struct rp_danger_read v[];
};

static int by_place(const void *a, const void *b)
{
    const struct rp_danger_read *x = a, *y = b;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Whether the edge is a read by live code; fills *ret. */
static bool is_read(const struct rp_danger *d, uint32_t edge, rp_id section_read,
                    struct rp_danger_read *ret)
{
    const struct rp_edge *e = &d->m->edges[edge];
    rp_id from = d->edge_from[edge], section = d->m->nodes.v[from].section;
    uint32_t n;
    if (!d->marks->live[from] || !rp_danger_is_code(d, section) || e->kind != RP_EDGE_RELOC)
        return false;
    const struct rp_rela *r = rp_danger_relocs(d, section, &n);
    if (e->reloc >= n || rp_danger_target(d, section, &r[e->reloc], &ret->to) != section_read)
        return false;
    const struct rp_file *f = rp_section_file(d->m, section);
    const uint8_t *code = rp_elf_bytes(&f->elf, rp_section_no(d->m, section));
    ret->section = section;
    ret->offset = r[e->reloc].offset;
    return rp_arch_access(d->m->arch, code, rp_shdr_of(d->m, section)->size, &r[e->reloc]) !=
           RP_ACCESS_WRITE;
}

static struct rp_danger_reads *make(struct rp_danger *d, rp_id node)
{
    uint32_t first = d->in_start[node], n = d->in_start[node + 1] - first;
    struct rp_danger_reads *list = malloc(sizeof *list + n * sizeof *list->v);
    if (!list)
        return NULL;
    list->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_danger_read read = {.order = i};
        if (is_read(d, d->in_edge[first + i], d->m->nodes.v[node].section, &read))
            list->v[list->n++] = read;
    }
    if (list->n)
        qsort(list->v, list->n, sizeof *list->v, by_place);
    return list;
}

const struct rp_danger_read *rp_danger_reads_of(struct rp_danger *d, rp_id node, size_t *ret_n)
{
    *ret_n = 0;
    if (!d->reads)
        d->reads = calloc(d->m->nodes.n + 1, sizeof *d->reads);
    if (!d->reads) {
        d->oom = true;
        return NULL;
    }
    if (!d->reads[node] && rp_danger_need_in(d) && !(d->reads[node] = make(d, node)))
        d->oom = true;
    if (!d->reads[node])
        return NULL;
    *ret_n = d->reads[node]->n;
    return d->reads[node]->v;
}

void rp_danger_reads_free(struct rp_danger *d)
{
    for (size_t i = 0; d->reads && i < d->m->nodes.n; i++)
        free(d->reads[i]);
    free(d->reads);
}
