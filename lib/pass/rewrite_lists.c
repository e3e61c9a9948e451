/* rewrite_lists.c: sections whose contents are section or symbol numbers.
 *
 *   SHT_GROUP (gABI, Section Groups): a flag word and the members; dropped members leave, and an
 *   empty group goes.
 *   SHT_LLVM_ADDRSIG (LLVM Extensions): ULEB128 symbol numbers whose addresses matter; numbers of
 *   dropped symbols leave. An emptied table stays: without one, every address would matter.
 *   SHT_LLVM_CALL_GRAPH_PROFILE (LLVM Extensions): 8-byte weights with two relocations each for
 *   caller and callee; an edge with a dropped end leaves.
 */
#include "pass/rewrite.h"

#include "util/checked.h"

#include <string.h>

enum { CGP_ENTRY = 8 };

/* --- groups ---------------------------------------------------------------------------------- */

static bool is_reloc_type(uint32_t type)
{
    return type == SHT_REL || type == SHT_RELA;
}

void rp_rw_choose_groups(struct rp_rewrite *rw)
{
    const struct rp_elf *e = rw->e;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        if (e->shdrs[i].type != SHT_GROUP)
            continue;
        const uint8_t *words = rp_elf_bytes(e, i);
        uint64_t n = e->shdrs[i].size / 4;
        bool keep = false;
        for (uint64_t k = 1; k < n && !keep; k++) {
            uint32_t no = rp_load32(words + 4 * k);
            keep = no < e->n_sections && !is_reloc_type(e->shdrs[no].type) && rw->sec[no].keep;
        }
        rw->sec[i].keep = keep;
        if (keep)
            rp_bitset_set(&rw->referenced, e->shdrs[i].info);
    }
}

enum reap_status rp_rw_groups(struct rp_rewrite *rw)
{
    const struct rp_elf *e = rw->e;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        struct rp_rw_section *rs = &rw->sec[i];
        if (e->shdrs[i].type != SHT_GROUP || !rs->keep)
            continue;
        const uint8_t *words = rp_elf_bytes(e, i);
        uint64_t n = e->shdrs[i].size / 4, at = 4;
        rs->writable = rp_arena_alloc(&rw->arena, 4 * n);
        if (!rs->writable)
            return rp_nomem(rw->m->ctx);
        memcpy(rs->writable, words, 4);
        for (uint64_t k = 1; k < n; k++) {
            uint32_t no = rp_load32(words + 4 * k);
            if (no < e->n_sections && rw->sec[no].new_no) {
                rp_store32(rs->writable + at, rw->sec[no].new_no);
                at += 4;
            }
        }
        rs->bytes = rs->writable;
        rs->size = at;
    }
    return REAP_OK;
}

/* --- address significance -------------------------------------------------------------------- */

/* One ULEB128 number of at most 32 bits at *at; false at the end of the data or beyond 32 bits. */
static bool read_uleb(const uint8_t *p, uint64_t size, uint64_t *at, uint32_t *ret)
{
    uint64_t v = 0;
    for (unsigned shift = 0; *at < size && shift < 35; shift += 7) {
        uint8_t b = p[(*at)++];
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) {
            *ret = (uint32_t)v;
            return v <= UINT32_MAX;
        }
    }
    return false;
}

static uint64_t write_uleb(uint8_t *p, uint32_t v)
{
    uint64_t n = 0;
    for (; v >= 0x80; v >>= 7)
        p[n++] = (uint8_t)(v | 0x80);
    p[n++] = (uint8_t)v;
    return n;
}

static enum reap_status rewrite_addrsig(struct rp_rewrite *rw, uint32_t shndx)
{
    struct rp_rw_section *rs = &rw->sec[shndx];
    const uint8_t *p = rp_elf_bytes(rw->e, shndx);
    uint64_t size = rw->e->shdrs[shndx].size, at = 0, out = 0;
    /* numbers only become smaller, so that no encoding becomes longer */
    rs->writable = rp_arena_alloc(&rw->arena, size);
    if (!rs->writable)
        return rp_nomem(rw->m->ctx);
    while (at < size) {
        uint32_t sym;
        if (!read_uleb(p, size, &at, &sym) || sym >= rw->e->n_symbols) {
            /* objcopy and strip renumber symbols and leave the list as it was, as in Debian's LLVM
             * libraries; without it every address matters, which is safe (lld does the same) */
            rs->keep = false;
            return REAP_OK;
        }
        if (rw->sym_map[sym])
            out += write_uleb(rs->writable + out, rw->sym_map[sym]);
    }
    rs->bytes = rs->writable;
    rs->size = out;
    return REAP_OK;
}

/* --- call graph profile ---------------------------------------------------------------------- */

static enum reap_status rewrite_profile(struct rp_rewrite *rw, uint32_t shndx)
{
    struct rp_rw_section *rs = &rw->sec[shndx];
    uint32_t rel = rp_rw_model_section(rw, shndx)->rel, n = 0, n_out = 0;
    uint64_t n_entries = rw->e->shdrs[shndx].size / CGP_ENTRY, size = 0;
    const struct rp_rela *r = rel ? rp_elf_relocs(rw->e, rel, &n) : NULL;
    struct rp_rela *out = rp_arena_alloc(&rw->arena, n * sizeof *out);
    rs->writable = rp_arena_alloc(&rw->arena, rw->e->shdrs[shndx].size);
    if (!out || !rs->writable)
        return rp_nomem(rw->m->ctx);
    for (uint32_t i = 0; i + 1 < n; i += 2) { /* pairs, in the order of the entries */
        uint64_t entry = r[i].offset / CGP_ENTRY;
        uint32_t from = rw->sym_map[r[i].sym], to = rw->sym_map[r[i + 1].sym];
        if (!from || !to || entry >= n_entries || r[i + 1].offset / CGP_ENTRY != entry)
            continue;
        memcpy(rs->writable + size, rp_elf_bytes(rw->e, shndx) + entry * CGP_ENTRY, CGP_ENTRY);
        for (uint32_t k = 0; k < 2; k++) {
            out[n_out] = r[i + k];
            out[n_out].sym = k ? to : from;
            out[n_out++].offset = size;
        }
        size += CGP_ENTRY;
    }
    rs->bytes = rs->writable;
    rs->size = size;
    rs->relocs = out;
    rs->n_relocs = n_out;
    rs->keep = size > 0;
    return REAP_OK;
}

enum reap_status rp_rw_symbol_lists(struct rp_rewrite *rw)
{
    enum reap_status rc = REAP_OK;
    for (uint32_t i = 1; i < rw->e->n_sections && !rc; i++) {
        uint32_t type = rw->e->shdrs[i].type;
        if (!rw->sec[i].keep)
            continue;
        if (type == RP_SHT_LLVM_ADDRSIG)
            rc = rewrite_addrsig(rw, i);
        else if (type == RP_SHT_LLVM_CALL_GRAPH)
            rc = rewrite_profile(rw, i);
    }
    return rc;
}
