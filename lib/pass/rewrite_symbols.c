/* rewrite_symbols.c: the symbol table of the smaller object.
 *
 * Order is kept, so that everything that a linker decides by the order of symbols stays decided
 * the same way. What stays:
 *   - definitions in sections that stay, moved with the piece that they are in;
 *   - absolute symbols, and common ones that are live;
 *   - undefined names, section symbols and dropped global definitions only if a surviving
 *     relocation or group names them; a dropped definition is then an undefined name, which the
 *     prevailing definition of another file answers;
 *   - an undefined name that narrows the visibility of a live definition (gABI, Symbol Table: the
 *     most constraining visibility of all mentions counts);
 *   - STT_FILE where a local symbol of that file remains.
 */
#include "pass/rewrite.h"

#include <string.h>

enum verdict { GONE, STAYS, BECOMES_UNDEFINED };

/* Whether a mention that nothing uses must stay for the sake of its visibility. */
static bool narrows_visibility(const struct rp_rewrite *rw, uint32_t sym)
{
    unsigned vis = rp_sym_vis(&rw->e->syms[sym]);
    rp_id global = rp_sym_global(rw->f, sym);
    if (vis == STV_DEFAULT || !global)
        return false;
    const struct rp_global *g = rp_global_of(rw->m, global);
    if (!g->def_file)
        return false;
    const struct rp_file *df = rp_file_of(rw->m, g->def_file);
    if (df == rw->f || df->kind != RP_FILE_OBJECT ||
        rp_sym_vis(&df->elf.syms[g->def_sym]) != STV_DEFAULT)
        return false;
    uint64_t offset;
    rp_id node, section = rp_symbol_target(rw->m, rw->f, sym, &offset, &node);
    return section && rp_bitset_get(&rw->plan->live_sections, section);
}

static enum verdict judge_dropped(const struct rp_rewrite *rw, uint32_t sym)
{
    if (!rp_sym_global(rw->f, sym))
        return rp_bitset_get(&rw->referenced, sym) ? BECOMES_UNDEFINED : GONE;
    if (rp_bitset_get(&rw->referenced, sym) || narrows_visibility(rw, sym))
        return BECOMES_UNDEFINED;
    return GONE;
}

static enum verdict judge_unsectioned(const struct rp_rewrite *rw, uint32_t sym, uint32_t shndx)
{
    rp_id global = rp_sym_global(rw->f, sym);
    if (rp_bitset_get(&rw->referenced, sym))
        return STAYS;
    switch (shndx) {
    case RP_SHN_UNDEF: return narrows_visibility(rw, sym) ? STAYS : GONE;
    case RP_SHN_COMMON: return global && rw->plan->keep_symbol[global - 1] ? STAYS : GONE;
    case RP_SHN_ABS: return !global || rw->plan->keep_symbol[global - 1] ? STAYS : GONE;
    default: return STAYS;
    }
}

static enum verdict judge(const struct rp_rewrite *rw, uint32_t sym)
{
    const struct rp_sym *s = &rw->e->syms[sym];
    uint32_t shndx = rp_sym_shndx(rw->e, sym);
    if (!rp_rw_is_section(rw, shndx))
        return judge_unsectioned(rw, sym, shndx);
    const struct rp_rw_section *rs = &rw->sec[shndx];
    if (!rs->keep)
        return judge_dropped(rw, sym);
    if (rp_sym_type(s) == STT_SECTION)
        return rp_bitset_get(&rw->referenced, sym) ? STAYS : GONE;
    const struct rp_cut *c = rs->cut;
    if (c && c->merge && s->value < c->old[c->n] && !c->live[rp_cut_piece(c, s->value)])
        return judge_dropped(rw, sym);
    return STAYS;
}

/* Fill one symbol of the output; its section number is still the old one (symbol_section). */
static void emit_symbol(struct rp_rewrite *rw, uint32_t sym, enum verdict v)
{
    const struct rp_sym *s = &rw->e->syms[sym];
    uint32_t shndx = rp_sym_shndx(rw->e, sym), i = rw->n_symbols++;
    struct rp_emit_symbol *out = &rw->symbols[i];
    *out = (struct rp_emit_symbol){.name = rp_elf_symname(rw->e, sym),
                                   .info = s->info,
                                   .other = s->other,
                                   .shndx = shndx,
                                   .value = s->value,
                                   .size = s->size};
    rw->symbol_section[i] = 0;
    rw->sym_map[sym] = i + 1;
    if (v == BECOMES_UNDEFINED) {
        /* Only TLS-ness matters in a reference; strong, so that a mistake cannot become a null
         * pointer without a message. */
        unsigned type = rp_sym_type(s) == STT_TLS ? STT_TLS : STT_NOTYPE;
        unsigned bind = sym < rw->e->first_global ? STB_LOCAL : STB_GLOBAL;
        out->info = (uint8_t)(bind << 4 | type);
        out->shndx = RP_SHN_UNDEF;
        out->value = out->size = 0;
    } else if (rp_rw_is_section(rw, shndx)) {
        rw->symbol_section[i] = shndx;
        const struct rp_cut *c = rw->sec[shndx].cut;
        if (c && rp_sym_type(s) != STT_SECTION) { /* a section symbol's value is its start */
            out->value = rp_cut_map(c, s->value);
            if (s->size && s->value <= c->old[c->n] && s->size <= c->old[c->n] - s->value)
                out->size = rp_cut_map(c, s->value + s->size) - out->value;
        }
    }
}

/* Local symbols; an STT_FILE is written when the first named local after it is. */
static void emit_locals(struct rp_rewrite *rw, uint32_t n)
{
    uint32_t pending_file = 0;
    for (uint32_t i = 1; i < n; i++) {
        unsigned type = rp_sym_type(&rw->e->syms[i]);
        if (type == STT_FILE) {
            if (rp_bitset_get(&rw->referenced, i))
                emit_symbol(rw, i, STAYS);
            else
                pending_file = i;
            continue;
        }
        enum verdict v = judge(rw, i);
        if (v == GONE)
            continue;
        if (pending_file && type != STT_SECTION) {
            emit_symbol(rw, pending_file, STAYS);
            pending_file = 0;
        }
        emit_symbol(rw, i, v);
    }
}

enum reap_status rp_rw_symbols(struct rp_rewrite *rw)
{
    uint32_t n = rw->e->n_symbols;
    uint32_t first_global = rw->e->first_global < n ? rw->e->first_global : n;
    rw->sym_map = rp_arena_zalloc(&rw->arena, (n + (size_t)1) * sizeof *rw->sym_map);
    rw->symbols = rp_arena_alloc(&rw->arena, (n + (size_t)1) * sizeof *rw->symbols);
    rw->symbol_section = rp_arena_alloc(&rw->arena, (n + (size_t)1) * sizeof(uint32_t));
    if (!rw->sym_map || !rw->symbols || !rw->symbol_section)
        return rp_nomem(rw->m->ctx);

    emit_locals(rw, first_global);
    rw->n_locals = rw->n_symbols;
    for (uint32_t i = first_global ? first_global : 1; i < n; i++) {
        enum verdict v = judge(rw, i);
        if (v != GONE)
            emit_symbol(rw, i, v);
    }
    return REAP_OK;
}
