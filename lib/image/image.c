/* image.c: the map of the analysis of an image, one call for each part; edges into CSR form.
 *
 * Entry: rp_image_analyse.
 */
#include "image/parts.h"

#include <string.h>

/* Above all numbers of relocations (elf_linked.c): the reference has none. */
enum { NO_RELOC = (1 << 28) - 1 };

/* Edges by their sources, in the order in which they were found. */
static enum reap_status merge(struct rp_image_build *b)
{
    struct rp_image *im = b->im;
    struct rp_model *m = im->m;
    size_t n = b->edges.v.n, n_nodes = m->nodes.n;
    if (n >= UINT32_MAX / 2)
        return rp_fail(m->ctx, REAP_ERR_UNSUPPORTED, "too-many-edges", rp_at(im->e->name),
                       "the image has more references than Reap can number");
    m->edge_start = calloc(n_nodes + 2, sizeof *m->edge_start);
    m->edges = malloc((n + 1) * sizeof *m->edges);
    m->edge_place = malloc((n + 1) * sizeof *m->edge_place);
    if (!m->edge_start || !m->edges || !m->edge_place || !rp_vec_reserve(&im->edges.v, n + 1))
        return rp_nomem(m->ctx);
    for (size_t i = 0; i < n; i++)
        m->edge_start[b->edges.v.v[i].from + 1]++;
    for (size_t i = 0; i < n_nodes; i++)
        m->edge_start[i + 1] += m->edge_start[i];
    uint32_t *next = malloc((n_nodes + 1) * sizeof *next);
    if (!next)
        return rp_nomem(m->ctx);
    memcpy(next, m->edge_start, (n_nodes + 1) * sizeof *next);
    for (size_t i = 0; i < n; i++) {
        const struct rp_image_edge *e = &b->edges.v.v[i];
        uint32_t at = next[e->from]++;
        rp_id section = m->nodes.v[e->from].section;
        im->edges.v.v[at] = *e;
        uint32_t reloc = e->source == RP_IMAGE_RELOC ? e->reloc : NO_RELOC;
        m->edges[at] =
            (struct rp_edge){.to = e->to, .kind = e->kind & 15u, .reloc = reloc & NO_RELOC};
        m->edge_place[at] = e->addr - rp_shdr_of(m, section)->addr;
        im->n_by_source[e->source]++;
    }
    im->edges.v.n = n;
    m->n_edges = (uint32_t)n;
    free(next);
    return REAP_OK;
}

static enum reap_status find_edges(struct rp_image_build *b)
{
    enum reap_status st = rp_image_reloc_edges(b);
    if (st == REAP_OK)
        st = rp_image_record_edges(b);
    if (st == REAP_OK)
        st = rp_image_frame_edges(b);
    if (st == REAP_OK)
        st = rp_image_name_edges(b);
    if (st == REAP_OK)
        st = rp_image_value_edges(b);
    if (st == REAP_OK)
        st = rp_image_branches(b->im, b->o, &b->edges);
    return st;
}

enum reap_status rp_image_analyse(struct rp_image *im, const struct rp_image_options *o)
{
    struct rp_image_build b = {.im = im, .o = o};
    enum reap_status st = rp_elf_segments(im->m->ctx, im->e, &b.segments, &b.n_segments);
    if (st == REAP_OK)
        st = rp_image_names(&b);
    if (st == REAP_OK)
        st = rp_image_find_tables(&b);
    if (st == REAP_OK)
        st = rp_image_find_pieces(&b);
    if (st == REAP_OK)
        st = rp_image_find_frames(&b);
    if (st == REAP_OK)
        st = rp_image_atoms(&b);
    if (st == REAP_OK)
        st = find_edges(&b);
    if (st == REAP_OK)
        st = rp_image_roots(&b);
    if (st == REAP_OK)
        st = merge(&b);
    free(b.segments);
    rp_strmap_free(&b.globals);
    rp_vec_free(&b.tables);
    rp_vec_free(&b.frames);
    rp_vec_free(&b.cuts);
    rp_vec_free(&b.splits);
    rp_vec_free(&b.edges.v);
    return st;
}
