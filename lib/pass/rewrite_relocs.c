/* rewrite_relocs.c: which relocations survive, what they name, and their addends.
 *
 * A relocation survives when its section and the piece that it is in do, unless its target is
 * gone (rewrite_debug.c). Order is kept, because some come in pairs. A reference through a
 * section symbol into a section with cuts is an offset in the addend, which moves with the piece
 * (in the contents for SHT_REL); one through a named symbol moves with the symbol's value.
 *
 * Two walks: the first marks the symbols that are needed, so that they can be numbered, and finds
 * cuts that would take away a piece that is referred to; the second writes the records.
 */
#include "pass/rewrite.h"

#include "util/checked.h"

#include <string.h>

/* One section whose relocations are walked. */
struct walk {
    struct rp_rewrite *rw;
    uint32_t from; /* section number */
    bool in_place; /* SHT_REL: addends are in the contents */
    bool executable;
    const struct rp_rela *r;
    uint32_t n;
};

static bool walk_start(struct walk *w, struct rp_rewrite *rw, uint32_t from)
{
    uint32_t rel = rp_rw_model_section(rw, from)->rel;
    if (!rw->sec[from].keep || rw->sec[from].trap || !rel)
        return false;
    w->rw = rw;
    w->from = from;
    w->in_place = rw->e->shdrs[rel].type == SHT_REL;
    w->executable = rw->e->shdrs[from].flags & SHF_EXECINSTR;
    w->r = rp_elf_relocs(rw->e, rel, &w->n);
    return true;
}

static bool is_cut_out(const struct walk *w, const struct rp_rela *r)
{
    const struct rp_cut *c = w->rw->sec[w->from].cut;
    return c && !c->live[rp_cut_piece(c, r->offset)];
}

/* The cut of the section that a relocation's symbol is defined in, or NULL. */
static struct rp_cut *target_cut(const struct walk *w, const struct rp_rela *r)
{
    uint32_t shndx = rp_sym_shndx(w->rw->e, r->sym);
    return rp_rw_is_section(w->rw, shndx) && w->rw->sec[shndx].keep ? w->rw->sec[shndx].cut : NULL;
}

static bool is_section_symbol(const struct walk *w, const struct rp_rela *r)
{
    return rp_sym_type(&w->rw->e->syms[r->sym]) == STT_SECTION;
}

static enum reap_status addend_of(const struct walk *w, const struct rp_rela *r, int64_t *ret)
{
    *ret = r->addend;
    if (!w->in_place)
        return REAP_OK;
    const struct rp_reloc_info *info = rp_reloc_info(w->rw->arch, r->type);
    const uint8_t *bytes;
    uint64_t size;
    enum reap_status rc = rp_rw_contents(w->rw, w->from, &bytes, &size);
    if (rc)
        return rc;
    const struct rp_cut *own = w->rw->sec[w->from].cut;
    bool moved = own && w->rw->sec[w->from].bytes; /* contents are the new ones already */
    uint64_t at = moved ? rp_cut_map(own, r->offset) : r->offset;
    *ret = bytes && rp_in_range(at, info->width, size) ? w->rw->arch->load_addend(info, bytes + at)
                                                       : 0;
    return REAP_OK;
}

/* Where in its section a reference through the section's symbol points. On x86 the field of a
 * PC-relative operand is followed by the next instruction, which the addend makes up for. */
static uint64_t place_of(const struct walk *w, const struct rp_rela *r, int64_t addend)
{
    const struct rp_reloc_info *info = rp_reloc_info(w->rw->arch, r->type);
    int bias = info->pcrel && w->executable ? w->rw->arch->pc_bias : 0;
    return w->rw->e->syms[r->sym].value + (uint64_t)addend + (uint64_t)(int64_t)bias;
}

/* --- first walk ------------------------------------------------------------------------------ */

static enum reap_status check_cut(const struct walk *w, const struct rp_rela *r, struct rp_cut *c)
{
    const struct rp_reloc_info *info = rp_reloc_info(w->rw->arch, r->type);
    uint64_t place = w->rw->e->syms[r->sym].value;
    if (info->cls == RP_REL_UNKNOWN) {
        c->spoiled = true;
        return REAP_OK;
    }
    if (is_section_symbol(w, r)) {
        int64_t addend;
        enum reap_status rc = addend_of(w, r, &addend);
        if (rc)
            return rc;
        place = place_of(w, r, addend);
    }
    if (place > c->old[c->n] || (place < c->old[c->n] && !c->live[rp_cut_piece(c, place)]))
        c->spoiled = true;
    return REAP_OK;
}

static enum reap_status scan_section(struct rp_rewrite *rw, uint32_t from)
{
    struct walk w;
    if (!walk_start(&w, rw, from))
        return REAP_OK;
    for (uint32_t i = 0; i < w.n; i++) {
        const struct rp_rela *r = &w.r[i];
        if (r->sym == 0 || is_cut_out(&w, r) || rp_rw_is_gone(rw, from, r))
            continue;
        rp_bitset_set(&rw->referenced, r->sym);
        struct rp_cut *c = target_cut(&w, r);
        enum reap_status rc = c && c->merge && !c->spoiled ? check_cut(&w, r, c) : REAP_OK;
        if (rc)
            return rc;
    }
    return REAP_OK;
}

/* A named object that spans several pieces of which some are dead cannot be cut. */
static void check_symbols(struct rp_rewrite *rw)
{
    for (uint32_t i = 1; i < rw->e->n_symbols; i++) {
        const struct rp_sym *s = &rw->e->syms[i];
        uint32_t shndx = rp_sym_shndx(rw->e, i);
        struct rp_cut *c = rp_rw_is_section(rw, shndx) ? rw->sec[shndx].cut : NULL;
        if (!c || !c->merge || c->spoiled || s->size == 0 || s->value >= c->old[c->n])
            continue;
        uint64_t end = c->old[c->n] - s->value < s->size ? c->old[c->n] : s->value + s->size;
        uint32_t first = rp_cut_piece(c, s->value), last = rp_cut_piece(c, end - 1);
        for (uint32_t k = first + 1; k <= last; k++)
            if (c->live[k] != c->live[first])
                c->spoiled = true;
    }
}

enum reap_status rp_rw_scan(struct rp_rewrite *rw)
{
    bool any_cut = false;
    for (uint32_t i = 1; i < rw->e->n_sections; i++) {
        enum reap_status rc = scan_section(rw, i);
        if (rc)
            return rc;
        any_cut |= rw->sec[i].cut != NULL;
    }
    if (any_cut)
        check_symbols(rw);
    return REAP_OK;
}

/* --- second walk ----------------------------------------------------------------------------- */

/* Move the addend of a reference through a section symbol by as much as its target moved. */
static enum reap_status move_addend(const struct walk *w, const struct rp_rela *old,
                                    struct rp_rela *r, const struct rp_cut *c)
{
    struct rp_rewrite *rw = w->rw;
    int64_t addend;
    enum reap_status rc = addend_of(w, old, &addend);
    if (rc)
        return rc;
    uint64_t place = place_of(w, old, addend);
    int64_t delta = (int64_t)(rp_cut_map(c, place) - place);
    if (delta == 0)
        return REAP_OK;
    if (!w->in_place) {
        r->addend += delta;
        return REAP_OK;
    }
    uint8_t *bytes;
    uint64_t size;
    rc = rp_rw_writable(rw, w->from, &bytes, &size);
    if (rc)
        return rc;
    const struct rp_reloc_info *info = rp_reloc_info(rw->arch, r->type);
    if (!rp_in_range(r->offset, info->width, size) ||
        !rw->arch->store_addend(info, bytes + r->offset, addend + delta))
        return rp_fail(rw->m->ctx, REAP_ERR_UNSUPPORTED, "addend-does-not-fit",
                       rp_rw_at(rw, w->from, old->offset),
                       "the moved addend does not fit in its %s field",
                       info->name ? info->name : "");
    return REAP_OK;
}

static enum reap_status rewrite_reloc(const struct walk *w, const struct rp_rela *old,
                                      struct rp_rela *r, bool *ret_keep)
{
    struct rp_rewrite *rw = w->rw;
    const struct rp_cut *own = rw->sec[w->from].cut;
    *ret_keep = true;
    if (rp_rw_is_gone(rw, w->from, old)) {
        enum reap_status rc =
            rp_rw_tombstone(rw, w->from, r, rp_rw_cut_of(rw, w->from, old), ret_keep);
        if (!rc && own)
            r->offset = rp_cut_map(own, old->offset);
        return rc;
    }
    if (own)
        r->offset = rp_cut_map(own, old->offset);
    if (old->sym == 0)
        return REAP_OK;
    r->sym = rw->sym_map[old->sym];
    if (!r->sym)
        return rp_fail(rw->m->ctx, REAP_ERR_INTERNAL, "lost-symbol",
                       rp_rw_at(rw, w->from, old->offset), "symbol %u is needed and was dropped",
                       old->sym);
    const struct rp_cut *c = target_cut(w, old);
    return c && is_section_symbol(w, old) ? move_addend(w, old, r, c) : REAP_OK;
}

static enum reap_status rewrite_section(struct rp_rewrite *rw, uint32_t from)
{
    struct walk w;
    if (!walk_start(&w, rw, from) || w.n == 0)
        return REAP_OK;
    struct rp_rela *out = rp_arena_alloc(&rw->arena, w.n * sizeof *out);
    if (!out)
        return rp_nomem(rw->m->ctx);
    uint32_t n = 0;
    for (uint32_t i = 0; i < w.n; i++) {
        if (is_cut_out(&w, &w.r[i]))
            continue;
        out[n] = w.r[i];
        bool keep;
        enum reap_status rc = rewrite_reloc(&w, &w.r[i], &out[n], &keep);
        if (rc)
            return rc;
        n += keep;
    }
    rw->sec[from].relocs = out;
    rw->sec[from].n_relocs = n;
    return REAP_OK;
}

enum reap_status rp_rw_relocs(struct rp_rewrite *rw)
{
    for (uint32_t i = 1; i < rw->e->n_sections; i++) {
        if (rw->e->shdrs[i].type == RP_SHT_LLVM_CALL_GRAPH) /* with its list, rewrite_lists.c */
            continue;
        enum reap_status rc = rewrite_section(rw, i);
        if (rc)
            return rc;
    }
    return REAP_OK;
}
