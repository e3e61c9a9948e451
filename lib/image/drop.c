/* drop.c: pretend that one function does not refer to another.
 *
 * Why: a removal that is wrong is what must not happen, so it has to be made on purpose where its
 * consequences are to be seen: that the trap stops the program and that `reap explain` names it.
 * How: the edges between the atoms of both names are cut out of the arrays of the analysis, so that
 * marks and reports agree about it.
 * Names are those of any symbol of an atom.
 *
 * Entry: rp_image_drop_edges.
 */
#include "image/image.h"

#include <string.h>

static bool is_called(const struct rp_image *im, rp_id node, const char *name, size_t n)
{
    for (size_t i = 0; i < im->symbols.n; i++) {
        const struct rp_image_symbol *s = &im->symbols.v[i];
        const char *own = s->node == node ? rp_elf_symname(im->e, s->symbol) : "";
        if (strncmp(own, name, n) == 0 && own[n] == '\0' && n)
            return true;
    }
    return false;
}

uint32_t rp_image_drop_edges(struct rp_image *im, const char *from, size_t n_from, const char *to)
{
    struct rp_model *m = im->m;
    size_t n_to = strlen(to);
    uint32_t out = 0, first = 0;
    struct rp_bitset sources;
    if (!rp_bitset_init(&sources, m->nodes.n + 1))
        return 0;
    for (size_t i = 0; i < im->symbols.n; i++) {
        const char *own = rp_elf_symname(im->e, im->symbols.v[i].symbol);
        if (strncmp(own, from, n_from) == 0 && own[n_from] == '\0')
            rp_bitset_set(&sources, im->symbols.v[i].node);
    }
    for (rp_id node = 0; node < m->nodes.n; node++) {
        uint32_t end = m->edge_start[node + 1], start = first;
        first = end;
        m->edge_start[node] = out;
        for (uint32_t k = start; k < end; k++) {
            if (rp_bitset_get(&sources, node) && is_called(im, m->edges[k].to, to, n_to))
                continue;
            m->edges[out] = m->edges[k];
            m->edge_place[out] = m->edge_place[k];
            im->edges.v.v[out] = im->edges.v.v[k];
            out++;
        }
    }
    m->edge_start[m->nodes.n] = out;
    uint32_t dropped = m->n_edges - out;
    m->n_edges = out;
    im->edges.v.n = out;
    rp_bitset_free(&sources);
    return dropped;
}
