/* values.c: addresses of functions that are stored in data without a relocation.
 *
 * Why: an assembler computes distances within a section by itself, a later tool stores what it
 * likes, and the relocations of a sorted table are stale (relocs.c). A word of data that equals the
 * start of a function is taken for its address. That keeps a function too many now and then.
 *
 * How: every 8-byte word at a multiple of 4, where no relocation that holds has been seen.
 *
 * Entry: rp_image_value_edges.
 */
#include "image/parts.h"

#include "util/checked.h"

/* Data that can hold addresses for the program itself: no symbol tables or strings of the dynamic
 * linker, which are roots of their own, and no descriptions of frames. */
static bool is_scanned(const struct rp_image *im, rp_id section)
{
    const struct rp_shdr *sh = rp_shdr_of(im->m, section);
    if ((sh->flags & SHF_EXECINSTR) || (im->m->sections[section].flags & RP_SEC_EH_FRAME))
        return false;
    return sh->type == SHT_PROGBITS || sh->type == SHT_INIT_ARRAY || sh->type == SHT_FINI_ARRAY ||
           sh->type == SHT_PREINIT_ARRAY;
}

/* Whether a relocation stands for this value: then relocs.c has followed it. */
static bool says(const struct rp_image *im, const struct rp_rela *r, uint64_t value)
{
    uint64_t addr;
    return r->sym && rp_image_symbol_addr(im, r->sym, &addr) && addr + (uint64_t)r->addend == value;
}

static bool scan_node(struct rp_image_build *b, rp_id node, const uint8_t *bytes,
                      const struct rp_rela *r, uint32_t n_relocs, uint32_t *next)
{
    const struct rp_image *im = b->im;
    const struct rp_node *n = &im->m->nodes.v[node];
    uint64_t end = n->offset + n->size;
    uint64_t base = rp_shdr_of(im->m, n->section)->addr;
    if (im->atoms.v[node].table)
        return true;
    for (uint64_t at = (n->offset + 3) & ~UINT64_C(3); at < end && end - at >= 8; at += 4) {
        rp_id to = rp_image_code_at(im, rp_load64(bytes + at));
        if (!to)
            continue;
        while (*next < n_relocs && r[*next].offset < at)
            ++*next;
        bool known =
            *next < n_relocs && r[*next].offset == at && says(im, &r[*next], rp_load64(bytes + at));
        if (!known && to != node &&
            !rp_image_add_edge(&b->edges, node, to, RP_EDGE_RELOC, RP_IMAGE_VALUE, 0, base + at))
            return false;
    }
    return true;
}

enum reap_status rp_image_value_edges(struct rp_image_build *b)
{
    const struct rp_image *im = b->im;
    for (uint32_t i = 0; i < im->n_sections; i++) {
        rp_id section = im->sections[i];
        const struct rp_section *s = &im->m->sections[section];
        if (!is_scanned(im, section))
            continue;
        const uint8_t *bytes = im->e->data + rp_shdr_of(im->m, section)->offset;
        uint32_t n = 0, next = 0;
        const struct rp_rela *r = s->rel ? rp_elf_relocs(im->e, s->rel, &n) : NULL;
        for (uint32_t k = 0; k < s->n_nodes; k++)
            if (!scan_node(b, s->node + k, bytes, r, n, &next))
                return rp_nomem(im->m->ctx);
    }
    return REAP_OK;
}
