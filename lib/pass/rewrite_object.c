/* rewrite_object.c: write one object again without what is dead (the gABI's ET_REL).
 *
 * What: a valid relocatable object with the live sections in their old order, their relocations,
 * and the symbols that are still needed. Why: a really smaller object is the only thing that every
 * linker understands in the same way; flags and emptied sections are not. How: decide section by
 * section what stays, then let the parts (rewrite.h) work out pieces, symbols and relocations, and
 * hand the result to elf/emit.h, which copies each live byte once from the mapped input.
 *
 * What is not followed by its meaning is not rewritten at all: rp_rewrite_check() finds such
 * files before anything is marked, and leaves them untouched.
 *
 * Entry: rp_rewrite_append().
 */
#include "pass/rewrite.h"

#include "pass/rtti.h"
#include "pass/tripwire.h"
#include "pass/unwind.h"
#include "table/table.h"
#include "util/checked.h"

#include <string.h>

/* --- which sections stay --------------------------------------------------------------------- */

/* Group without allocated members: type units and macro information. The linker keeps the first
 * of each signature, as it would have; that the prevailing copy's file may be dropped does no
 * harm then. */
static bool is_debug_group(const struct rp_rewrite *rw, uint32_t group)
{
    const uint8_t *words = rp_elf_bytes(rw->e, group);
    uint64_t n = rw->e->shdrs[group].size / 4;
    for (uint64_t k = 1; k < n; k++)
        if (rw->e->shdrs[rp_load32(words + 4 * k)].flags & SHF_ALLOC)
            return false;
    return true;
}

static bool keep_section(const struct rp_rewrite *rw, uint32_t i, bool debug_stays)
{
    const struct rp_section *s = rp_rw_model_section(rw, i);
    const struct rp_shdr *sh = &rw->e->shdrs[i];
    switch (sh->type) {
    case SHT_NULL:
    case SHT_GROUP: return false; /* groups: rp_rw_choose_groups() */
    case SHT_REL:
    case SHT_RELA:
    case SHT_SYMTAB_SHNDX: return false; /* as their section or symbol table asks for it */
    default: break;
    }
    if (s->flags & RP_SEC_DUPLICATE)
        return s->group && debug_stays && is_debug_group(rw, s->group);
    if (!s->node) /* symbol and string tables, lists of symbols */
        return true;
    /* An object without it would ask for an executable stack. */
    if (!(sh->flags & SHF_ALLOC) && strcmp(rp_elf_shname(rw->e, i), ".note.GNU-stack") == 0)
        return true;
    return rp_bitset_get(&rw->plan->live_sections, rw->f->sec_base + i);
}

static bool is_quiet(const struct rp_rewrite *rw, uint32_t i)
{
    const struct rp_section *s = rp_rw_model_section(rw, i);
    if (!(s->flags & RP_SEC_ALLOC))
        return true;
    for (uint32_t k = 0; k < s->n_nodes; k++)
        if (rw->marks->live[s->node + k] == 1)
            return false;
    return s->n_nodes > 0;
}

/* The relocations that are cut: RTTI slots of vtables that stay, of which nobody looks at the
 * typeinfo (rtti.h), and references to what only a dead unwinder reads (unwind.h). */
static enum reap_status choose_slots(struct rp_rewrite *rw)
{
    const struct rp_model *m = rw->m;
    for (uint32_t i = 1; rw->plan->cut_slots.w && i < rw->e->n_sections; i++) {
        const struct rp_section *s = rp_rw_model_section(rw, i);
        uint32_t n;
        if (!rw->sec[i].keep || !s->node || !rp_bitset_get(&rw->plan->cut_slots, s->node))
            continue;
        const struct rp_rela *r = rp_elf_relocs(rw->e, s->rel, &n);
        rw->sec[i].slots = rp_arena_zalloc(&rw->arena, n * sizeof *rw->sec[i].slots);
        if (!rw->sec[i].slots)
            return rp_nomem(m->ctx);
        for (uint32_t k = m->edge_start[s->node]; k < m->edge_start[s->node + s->n_nodes]; k++) {
            const struct rp_edge *e = &m->edges[k];
            if (e->reloc >= n)
                continue;
            if (rp_slot_is_cut(rw->marks, e))
                rw->sec[i].slots[e->reloc] =
                    rp_rtti_slot_class(rw->plan->rtti, s->node, r[e->reloc].offset);
            else if (rp_unwind_is_cut(rw->marks, e, rw->e, &r[e->reloc]))
                rw->sec[i].slots[e->reloc] = RP_CUT;
        }
    }
    return REAP_OK;
}

static void choose_sections(struct rp_rewrite *rw)
{
    const struct rp_elf *e = rw->e;
    bool debug_stays = false;
    for (uint32_t i = 1; i < e->n_sections && !debug_stays; i++) {
        const struct rp_section *s = rp_rw_model_section(rw, i);
        debug_stays = !(s->flags & RP_SEC_ALLOC) && s->node &&
                      rp_bitset_get(&rw->plan->live_sections, rw->f->sec_base + i);
    }
    for (uint32_t i = 1; i < e->n_sections; i++) {
        rw->sec[i].keep = keep_section(rw, i, debug_stays);
        rw->sec[i].quiet = is_quiet(rw, i);
        rw->sec[i].trap =
            rw->plan->tripwire && rp_trap_is_wanted(rw->m, rw->marks, rw->f->sec_base + i);
        rw->sec[i].packed =
            (e->shdrs[i].flags & SHF_COMPRESSED) || strncmp(rp_elf_shname(e, i), ".zdebug", 7) == 0;
    }
    /* Information about a section goes with it (SHF_LINK_ORDER; .stack_sizes, address maps). */
    for (uint32_t i = 1; i < e->n_sections; i++) {
        const struct rp_shdr *sh = &e->shdrs[i];
        if ((sh->flags & SHF_LINK_ORDER) && !(sh->flags & SHF_ALLOC) && sh->link &&
            sh->link < e->n_sections && !rw->sec[sh->link].keep)
            rw->sec[i].keep = false;
    }
}

/* --- numbers and links ----------------------------------------------------------------------- */

/* Number the surviving sections in their old order. */
static uint32_t number_sections(struct rp_rewrite *rw, bool want_xindex)
{
    const struct rp_elf *e = rw->e;
    uint32_t n = 0;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        struct rp_rw_section *rs = &rw->sec[i];
        uint32_t type = e->shdrs[i].type;
        if ((type == SHT_REL || type == SHT_RELA) && e->shdrs[i].info < e->n_sections) {
            const struct rp_rw_section *target = &rw->sec[e->shdrs[i].info];
            rs->keep = target->keep && target->n_relocs > 0;
        } else if (type == SHT_SYMTAB_SHNDX) {
            rs->keep = want_xindex && i == e->symtab_shndx;
        }
        rs->new_no = rs->keep ? ++n : 0;
    }
    return n;
}

static uint32_t new_section(const struct rp_rewrite *rw, uint32_t old)
{
    return old < rw->e->n_sections ? rw->sec[old].new_no : 0;
}

static void emit_links(const struct rp_rewrite *rw, const struct rp_shdr *sh,
                       struct rp_emit_section *out)
{
    out->link = new_section(rw, sh->link);
    switch (sh->type) {
    case SHT_SYMTAB: out->info = rw->n_locals + 1; break;
    case SHT_GROUP: out->info = rw->sym_map[sh->info]; break;
    case SHT_REL:
    case SHT_RELA: out->info = new_section(rw, sh->info); break;
    default: out->info = sh->flags & SHF_INFO_LINK ? new_section(rw, sh->info) : sh->info; break;
    }
}

static void emit_section(const struct rp_rewrite *rw, uint32_t i, struct rp_emit_section *out)
{
    const struct rp_shdr *sh = &rw->e->shdrs[i];
    const struct rp_rw_section *rs = &rw->sec[i];
    *out = (struct rp_emit_section){.name = rp_elf_shname(rw->e, i),
                                    .type = sh->type,
                                    .flags = sh->flags,
                                    .addr = sh->addr,
                                    .addralign = sh->addralign,
                                    .entsize = sh->entsize,
                                    .size = rs->bytes ? rs->size : sh->size,
                                    .bytes = rs->bytes ? rs->bytes : rp_elf_bytes(rw->e, i)};
    emit_links(rw, sh, out);
    if (sh->type == SHT_REL || sh->type == SHT_RELA) {
        out->relocs = rw->sec[sh->info].relocs;
        out->n_relocs = rw->sec[sh->info].n_relocs;
    }
}

static enum reap_status emit(struct rp_rewrite *rw, struct rp_strbuf *out)
{
    const struct rp_elf *e = rw->e;
    struct rp_emit_section *sections = NULL;
    struct rp_emit em = {
        .like = e, .symbols = rw->symbols, .n_symbols = rw->n_symbols, .n_locals = rw->n_locals};
    /* Numbers only become smaller: a table of extended ones is never needed anew. */
    em.n_sections = number_sections(rw, e->symtab_shndx != 0);
    for (int again = 0; again < 2; again++) {
        for (uint32_t i = 0; i < rw->n_symbols; i++)
            if (rw->symbol_section[i])
                rw->symbols[i].shndx = rw->sec[rw->symbol_section[i]].new_no;
        if (again || !e->symtab_shndx || rp_emit_needs_xindex(&em))
            break;
        em.n_sections = number_sections(rw, false);
    }
    enum reap_status rc = rp_rw_groups(rw);
    if (rc)
        return rc;
    sections = rp_arena_alloc(&rw->arena, (em.n_sections + (size_t)1) * sizeof *sections);
    if (!sections)
        return rp_nomem(rw->m->ctx);
    for (uint32_t i = 1; i < e->n_sections; i++)
        if (rw->sec[i].new_no)
            emit_section(rw, i, &sections[rw->sec[i].new_no - 1]);
    em.sections = sections;
    em.symtab = new_section(rw, e->symtab);
    em.strtab = e->symtab ? new_section(rw, e->shdrs[e->symtab].link) : 0;
    em.shstrtab = new_section(rw, e->shstrndx);
    em.symtab_shndx = new_section(rw, e->symtab_shndx);
    return rp_emit_append(rw->m->ctx, &em, &rw->arena, out);
}

/* --- all ------------------------------------------------------------------------------------- */

/* Contents of the sections that become traps. */
static enum reap_status make_traps(struct rp_rewrite *rw)
{
    for (uint32_t i = 1; i < rw->e->n_sections; i++) {
        struct rp_rw_section *rs = &rw->sec[i];
        if (!rs->trap)
            continue;
        rs->size = rp_trap_size(rw->e->shdrs[i].size);
        rs->writable = rp_arena_alloc(&rw->arena, rs->size);
        if (!rs->writable)
            return rp_nomem(rw->m->ctx);
        rp_trap_fill(rw->e->machine, rp_rw_model_section(rw, i)->node, rs->writable, rs->size);
        rs->bytes = rs->writable;
    }
    return REAP_OK;
}

/* CIEs whose personality routine nobody calls (unwind.h) name none. After rp_rw_relocs. */
static enum reap_status rewrite_cies(struct rp_rewrite *rw)
{
    const struct rp_model *m = rw->m;
    for (uint32_t i = 1; rw->plan->cut_slots.w && i < rw->e->n_sections; i++) {
        const struct rp_section *s = rp_rw_model_section(rw, i);
        if (!rw->sec[i].slots || !(s->flags & RP_SEC_EH_FRAME))
            continue;
        for (rp_id node = s->node; node < s->node + s->n_nodes; node++) {
            const struct rp_node *n = &m->nodes.v[node];
            uint8_t *bytes;
            uint64_t size;
            if (!rw->marks->live[node] || !rp_unwind_cuts_cie(m, rw->marks, node))
                continue;
            enum reap_status rc = rp_rw_writable(rw, i, &bytes, &size);
            if (rc)
                return rc;
            uint64_t at = rw->sec[i].cut ? rp_cut_map(rw->sec[i].cut, n->offset) : n->offset;
            unsigned word = rw->e->elf_class == ELFCLASS64 ? 8 : 4;
            const uint8_t *old = rp_elf_bytes(rw->e, i) + n->offset;
            if (!rp_in_range(at, n->size, size) ||
                !rp_cie_without_personality(old, n->size, word, bytes + at))
                return rp_fail(m->ctx, REAP_ERR_INTERNAL, "lost-cie", rp_rw_at(rw, i, n->offset),
                               "the CIE cannot be rewritten");
        }
    }
    return REAP_OK;
}

static enum reap_status rewrite(struct rp_rewrite *rw)
{
    enum reap_status rc;
    choose_sections(rw);
    if ((rc = choose_slots(rw)) || (rc = rp_rw_cuts(rw)) || (rc = make_traps(rw)))
        return rc;
    rp_rw_choose_groups(rw);
    if ((rc = rp_rw_scan(rw)) || (rc = rp_rw_cut_contents(rw)) || (rc = rp_rw_symbols(rw)) ||
        (rc = rp_rw_relocs(rw)) || (rc = rewrite_cies(rw)) || (rc = rp_rw_symbol_lists(rw)))
        return rc;
    return rp_rw_recompress(rw);
}

enum reap_status rp_rewrite_append(const struct rp_model *m, const struct rp_marks *marks,
                                   const struct rp_plan *plan, rp_id file, struct rp_arena *arena,
                                   struct rp_strbuf *out)
{
    const struct rp_file *f = rp_file_of(m, file);
    struct rp_rewrite rw = {.m = m, .marks = marks, .plan = plan, .f = f, .e = &f->elf};
    rw.arch = m->arch;
    rw.arena = *arena;
    enum reap_status rc = REAP_OK;
    rw.sec = rp_arena_zalloc(&rw.arena, f->elf.n_sections * sizeof *rw.sec);
    if (!rw.sec || !rp_bitset_init(&rw.referenced, f->elf.n_symbols)) {
        rc = rp_nomem(m->ctx);
        goto out;
    }
    rc = rewrite(&rw);
    if (!rc)
        rc = emit(&rw, out);
out:
    for (size_t i = 0; i < rw.owned.n; i++)
        free(rw.owned.v[i]);
    rp_vec_free(&rw.owned);
    rp_bitset_free(&rw.referenced);
    *arena = rw.arena;
    rp_arena_reset(arena);
    return rc;
}

enum reap_status rp_rewrite_object(const struct rp_model *m, const struct rp_marks *marks,
                                   const struct rp_plan *plan, rp_id file, uint8_t **ret_bytes,
                                   uint64_t *ret_size)
{
    struct rp_arena arena = {0};
    struct rp_strbuf out = {0};
    enum reap_status rc = rp_rewrite_append(m, marks, plan, file, &arena, &out);
    rp_arena_free(&arena);
    if (rc) {
        rp_strbuf_free(&out);
        return rc;
    }
    *ret_bytes = (uint8_t *)out.s;
    *ret_size = out.n;
    return REAP_OK;
}
