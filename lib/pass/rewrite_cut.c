/* rewrite_cut.c: which pieces of a split section stay, and where they move.
 *
 * Mergeable sections: pieces that nothing refers to are cut out and the others move up. A linker
 * aligns the pieces of a string section by the alignment that their offset shows, so each piece
 * keeps its offset modulo sh_addralign; the gap is filled with zero bytes, as the assembler's
 * own padding is, and like that reads as empty strings that nothing refers to.
 *
 * .eh_frame: the table (table/table.h) knows the records and moves them. A record without a node
 * of its own (whole sections at linker level) is dead when its subject was dropped. Without a
 * live record only a terminator keeps the section.
 */
#include "pass/rewrite.h"

#include "table/table.h"
#include "util/checked.h"

#include <string.h>

uint32_t rp_cut_piece(const struct rp_cut *c, uint64_t old_offset)
{
    uint32_t lo = *c->last, hi = c->n; /* old[lo] <= old_offset */
    if (c->old[lo] > old_offset)
        lo = 0;
    else if (lo + 1 >= c->n || old_offset < c->old[lo + 1])
        return lo;
    else if (lo + 2 >= c->n || old_offset < c->old[lo + 2])
        return *c->last = lo + 1;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->old[mid] <= old_offset)
            lo = mid;
        else
            hi = mid;
    }
    return *c->last = lo;
}

uint64_t rp_cut_map(const struct rp_cut *c, uint64_t old_offset)
{
    if (old_offset >= c->old[c->n])
        return c->fresh[c->n] + (old_offset - c->old[c->n]);
    uint32_t i = rp_cut_piece(c, old_offset);
    return c->live[i] ? c->fresh[i] + (old_offset - c->old[i]) : c->fresh[i];
}

static struct rp_cut *cut_new(struct rp_rewrite *rw, uint32_t n)
{
    struct rp_cut *c = rp_arena_zalloc(&rw->arena, sizeof *c);
    if (!c)
        return NULL;
    c->n = n;
    c->old = rp_arena_alloc(&rw->arena, (n + (size_t)1) * sizeof *c->old);
    c->fresh = rp_arena_alloc(&rw->arena, (n + (size_t)1) * sizeof *c->fresh);
    c->live = rp_arena_zalloc(&rw->arena, n * sizeof *c->live);
    c->last = rp_arena_zalloc(&rw->arena, sizeof *c->last);
    return c->old && c->fresh && c->live && c->last ? c : NULL;
}

/* --- mergeable sections ---------------------------------------------------------------------- */

static bool is_power_of_2(uint64_t x)
{
    return x && !(x & (x - 1));
}

/* Place the live pieces one after the other, each at its old offset modulo the alignment. False
 * when a gap could not be filled with whole characters, or a constant would need one. */
static bool place_pieces(const struct rp_shdr *sh, const struct rp_node *nodes, struct rp_cut *c)
{
    uint64_t align = sh->addralign ? sh->addralign : 1, at = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        c->old[i] = nodes[i].offset;
        if (!c->live[i])
            continue;
        uint64_t gap = (nodes[i].offset - at) & (align - 1); /* no more than was cut before */
        if (gap && (!(sh->flags & SHF_STRINGS) || gap % sh->entsize))
            return false;
        at += gap;
        c->fresh[i] = at;
        at += nodes[i].size;
    }
    c->old[c->n] = sh->size;
    c->fresh[c->n] = at;
    for (uint32_t i = c->n; i-- > 0;)
        if (!c->live[i])
            c->fresh[i] = c->fresh[i + 1];
    return true;
}

static enum reap_status cut_merge(struct rp_rewrite *rw, uint32_t shndx)
{
    const struct rp_section *s = rp_rw_model_section(rw, shndx);
    const struct rp_shdr *sh = &rw->e->shdrs[shndx];
    const uint8_t *live = &rw->marks->live[s->node];
    uint32_t n_live = 0;
    for (uint32_t i = 0; i < s->n_nodes; i++)
        n_live += live[i] != 0;
    if (n_live == s->n_nodes || (s->flags & RP_SEC_WHOLE) || !sh->entsize ||
        (sh->flags & SHF_COMPRESSED) || (sh->addralign && !is_power_of_2(sh->addralign)))
        return REAP_OK;
    struct rp_cut *c = cut_new(rw, s->n_nodes);
    if (!c)
        return rp_nomem(rw->m->ctx);
    for (uint32_t i = 0; i < c->n; i++)
        c->live[i] = live[i] != 0;
    c->merge = true;
    if (place_pieces(sh, &rw->m->nodes.v[s->node], c))
        rw->sec[shndx].cut = c;
    return REAP_OK;
}

static enum reap_status merge_contents(struct rp_rewrite *rw, uint32_t shndx)
{
    struct rp_rw_section *rs = &rw->sec[shndx];
    const struct rp_cut *c = rs->cut;
    const uint8_t *from = rp_elf_bytes(rw->e, shndx);
    rs->size = c->fresh[c->n];
    rs->bytes = rs->writable = rp_arena_zalloc(&rw->arena, rs->size);
    if (!rs->writable)
        return rp_nomem(rw->m->ctx);
    for (uint32_t i = 0; i < c->n; i++)
        if (c->live[i])
            memcpy(rs->writable + c->fresh[i], from + c->old[i], c->old[i + 1] - c->old[i]);
    return REAP_OK;
}

/* --- tables ---------------------------------------------------------------------------------- */

/* Whether the record's subject is among the dropped sections of the file. */
static bool subject_dropped(const struct rp_rewrite *rw, uint32_t shndx,
                            const struct rp_record *rec)
{
    uint32_t rel = rp_rw_model_section(rw, shndx)->rel, n = 0;
    const struct rp_rela *r = rel ? rp_elf_relocs(rw->e, rel, &n) : NULL;
    if (rec->subject_reloc >= n)
        return false;
    uint32_t target = rp_sym_shndx(rw->e, r[rec->subject_reloc].sym);
    return rp_rw_is_section(rw, target) && !rw->sec[target].keep;
}

static void live_records(const struct rp_rewrite *rw, uint32_t shndx, const struct rp_records *recs,
                         bool *live)
{
    const struct rp_section *s = rp_rw_model_section(rw, shndx);
    bool own_nodes = s->n_nodes == recs->v.n && recs->v.n > 1;
    for (size_t i = 0; i < recs->v.n; i++) {
        const struct rp_record *rec = &recs->v.v[i];
        if (own_nodes)
            live[i] = rw->marks->live[s->node + i] != 0;
        else if (rec->terminator || rec->node_kind != RP_NODE_CIE)
            live[i] = !subject_dropped(rw, shndx, rec);
    }
    if (own_nodes)
        return;
    for (size_t i = 0; i < recs->v.n; i++) /* a CIE is needed by its FDEs */
        if (live[i] && recs->v.v[i].parent < recs->v.n)
            live[recs->v.v[i].parent] = true;
}

static enum reap_status apply_table(struct rp_rewrite *rw, uint32_t shndx, const struct rp_table *t,
                                    const struct rp_records *recs)
{
    struct rp_rw_section *rs = &rw->sec[shndx];
    uint32_t n = (uint32_t)recs->v.n;
    struct rp_cut *c = cut_new(rw, n);
    if (!c)
        return rp_nomem(rw->m->ctx);
    live_records(rw, shndx, recs, c->live);
    uint32_t n_live = 0;
    for (uint32_t i = 0; i < n; i++)
        n_live += c->live[i];
    if (n_live == n)
        return REAP_OK;
    if (n_live == 0) {
        rs->keep = false;
        return REAP_OK;
    }
    rs->writable = rp_arena_alloc(&rw->arena, rw->e->shdrs[shndx].size);
    if (!rs->writable)
        return rp_nomem(rw->m->ctx);
    rs->bytes = rs->writable;
    rs->size = t->rewrite(rw->f, shndx, recs, c->live, rs->writable, c->fresh);
    for (uint32_t i = 0; i < n; i++)
        c->old[i] = recs->v.v[i].offset;
    c->old[n] = rw->e->shdrs[shndx].size;
    c->fresh[n] = rs->size;
    for (uint32_t i = n; i-- > 0;)
        if (!c->live[i])
            c->fresh[i] = c->fresh[i + 1];
    rs->cut = c;
    return REAP_OK;
}

static enum reap_status cut_table(struct rp_rewrite *rw, uint32_t shndx, const struct rp_table *t)
{
    struct rp_records recs = {0};
    const char *why = NULL;
    enum reap_status rc = REAP_OK;
    if (t->split(rw->arch, rw->f, shndx, rp_rw_model_section(rw, shndx)->rel, &recs, &why)) {
        if (recs.v.n && recs.v.n < UINT32_MAX)
            rc = apply_table(rw, shndx, t, &recs);
    } else if (!why) {
        rc = rp_nomem(rw->m->ctx);
    }
    rp_vec_free(&recs.v);
    return rc;
}

/* --- all ------------------------------------------------------------------------------------- */

enum reap_status rp_rw_cuts(struct rp_rewrite *rw)
{
    for (uint32_t i = 1; i < rw->e->n_sections; i++) {
        const struct rp_section *s = rp_rw_model_section(rw, i);
        const struct rp_shdr *sh = &rw->e->shdrs[i];
        if (!rw->sec[i].keep || !s->node || !(s->flags & RP_SEC_ALLOC) || sh->type == SHT_NOBITS)
            continue;
        enum reap_status rc = REAP_OK;
        const struct rp_table *t = rp_table_of(rw->f, i);
        if (t)
            rc = cut_table(rw, i, t);
        else if (s->n_nodes > 1 && (sh->flags & SHF_MERGE))
            rc = cut_merge(rw, i);
        if (rc)
            return rc;
    }
    return REAP_OK;
}

enum reap_status rp_rw_cut_contents(struct rp_rewrite *rw)
{
    for (uint32_t i = 1; i < rw->e->n_sections; i++) {
        struct rp_rw_section *rs = &rw->sec[i];
        if (!rs->cut || !rs->cut->merge)
            continue;
        if (rs->cut->spoiled) {
            rp_note(rw->m->ctx, "merge-section-kept-whole", rp_rw_at(rw, i, 0),
                    "kept whole: a reference into it can be read in two ways");
            rs->cut = NULL;
            continue;
        }
        enum reap_status rc = merge_contents(rw, i);
        if (rc)
            return rc;
    }
    return REAP_OK;
}
