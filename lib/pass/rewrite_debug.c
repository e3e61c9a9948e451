/* rewrite_debug.c: references from debug information to code that is gone, and the contents of
 * sections that have to be changed for them.
 *
 * A debugger must not take the description of a dropped function for one of live code. As
 * linkers do (lld's -z dead-reloc-in-nonalloc, GNU ld's discarded sections), the relocation is
 * removed and its field becomes 0; 1 in .debug_loc and .debug_ranges, whose lists would end at a
 * pair of zeros (DWARF 4, 2.17.3); all ones in .debug_names, where 0 is the offset of a unit.
 *
 * Compressed sections: where the addends are in the relocations, nothing has to be decompressed:
 * the relocation stays and stores the tombstone itself, as an absolute one against symbol 0.
 * Otherwise the contents are decompressed, patched, and compressed the same way again.
 */
#include "pass/rewrite.h"

#include "pass/rtti.h"
#include "pass/unwind.h"

#include "util/checked.h"

#include <string.h>

/* --- contents -------------------------------------------------------------------------------- */

enum reap_status rp_rw_contents(struct rp_rewrite *rw, uint32_t shndx, const uint8_t **ret_bytes,
                                uint64_t *ret_size)
{
    struct rp_rw_section *rs = &rw->sec[shndx];
    if (!rs->bytes && rs->packed) {
        const uint8_t *bytes;
        uint64_t size;
        void *owned = NULL;
        enum reap_status rc = rp_elf_contents(rw->m->ctx, rw->e, shndx, &bytes, &size, &owned);
        if (rc)
            return rc;
        if (owned && !rp_vec_push(&rw->owned, owned)) {
            free(owned);
            return rp_nomem(rw->m->ctx);
        }
        rs->bytes = bytes;
        rs->size = size;
        rs->writable = owned; /* NULL when the bytes lie in the file */
    }
    *ret_bytes = rs->bytes ? rs->bytes : rp_elf_bytes(rw->e, shndx);
    *ret_size = rs->bytes ? rs->size : *ret_bytes ? rw->e->shdrs[shndx].size : 0;
    return REAP_OK;
}

enum reap_status rp_rw_writable(struct rp_rewrite *rw, uint32_t shndx, uint8_t **ret_bytes,
                                uint64_t *ret_size)
{
    struct rp_rw_section *rs = &rw->sec[shndx];
    const uint8_t *bytes;
    uint64_t size;
    enum reap_status rc = rp_rw_contents(rw, shndx, &bytes, &size);
    if (rc)
        return rc;
    if (!rs->writable) {
        uint8_t *copy = rp_arena_alloc(&rw->arena, size);
        if (!copy)
            return rp_nomem(rw->m->ctx);
        if (size)
            memcpy(copy, bytes, size);
        rs->bytes = rs->writable = copy;
        rs->size = size;
    }
    rs->packed = false; /* what is written is no longer what is in the file */
    *ret_bytes = rs->writable;
    *ret_size = rs->size;
    return REAP_OK;
}

/* --- what is gone ---------------------------------------------------------------------------- */

/* A section whose contents describe other sections for a debugger or the like. */
static bool is_debug_name(const char *name)
{
    return strncmp(name, ".debug", 6) == 0 || strncmp(name, ".zdebug", 7) == 0 ||
           strncmp(name, ".stab", 5) == 0 || strncmp(name, ".gnu.debug", 10) == 0;
}

/* Whether the prevailing definition of a global symbol stays in the link. */
static bool prevailing_stays(const struct rp_rewrite *rw, uint32_t sym)
{
    uint64_t offset;
    rp_id node;
    rp_id section = rp_symbol_target(rw->m, rw->f, sym, &offset, &node);
    if (node)
        return rw->marks->live[node] != 0;
    return !section || rp_bitset_get(&rw->plan->live_sections, section);
}

/* Whether the place a symbol stands for is cut out of its section. */
static bool piece_gone(const struct rp_rewrite *rw, uint32_t from, const struct rp_rela *r,
                       uint32_t shndx)
{
    const struct rp_cut *c = rw->sec[shndx].cut;
    if (!c || !c->merge || !rw->sec[from].quiet)
        return false;
    uint64_t offset = rw->e->syms[r->sym].value;
    if (rp_sym_type(&rw->e->syms[r->sym]) == STT_SECTION) {
        uint32_t rel = rp_rw_model_section(rw, from)->rel;
        if (rw->e->shdrs[rel].type == SHT_REL)
            return false; /* the addend is in the contents: rather keep the piece */
        offset += (uint64_t)r->addend;
    }
    return !c->live[rp_cut_piece(c, offset)];
}

uint32_t rp_rw_cut_of(const struct rp_rewrite *rw, uint32_t from, const struct rp_rela *r)
{
    uint32_t n;
    if (!rw->sec[from].slots)
        return 0;
    return rw->sec[from].slots[r - rp_elf_relocs(rw->e, rp_rw_model_section(rw, from)->rel, &n)];
}

bool rp_rw_is_gone(const struct rp_rewrite *rw, uint32_t from, const struct rp_rela *r)
{
    uint32_t sym = r->sym;
    if (sym == 0)
        return false;
    if (rp_rw_cut_of(rw, from, r))
        return true;
    bool quiet = rw->sec[from].quiet;
    uint32_t shndx = rp_sym_shndx(rw->e, sym);
    rp_id global = rp_sym_global(rw->f, sym);
    if (rp_rw_is_section(rw, shndx)) {
        if (rw->sec[shndx].keep)
            return piece_gone(rw, from, r, shndx);
        if (!global)
            return true;
        /* A global definition that was dropped: live code means the one that prevails. Debug
         * information meant this one. */
        return quiet && (is_debug_name(rp_elf_shname(rw->e, from)) || !prevailing_stays(rw, sym));
    }
    if (!quiet || !global)
        return false;
    return (shndx == RP_SHN_UNDEF || shndx == RP_SHN_COMMON) && !prevailing_stays(rw, sym);
}

/* --- tombstones ------------------------------------------------------------------------------ */

static uint64_t tombstone_value(const char *name)
{
    if (strncmp(name, ".zdebug", 7) == 0)
        name += 2;
    else if (*name == '.')
        name += 1;
    if (strcmp(name, "debug_loc") == 0 || strcmp(name, "debug_ranges") == 0)
        return 1;
    return strcmp(name, "debug_names") == 0 ? UINT64_MAX : 0;
}

/* The relocation type that stores S + A in `width` bytes; 0 = none. */
static uint32_t absolute_type(const struct rp_arch *a, unsigned width)
{
    for (uint32_t t = 1; t < a->n_relocs; t++) {
        const struct rp_reloc_info *info = &a->relocs[t];
        if (info->name && info->cls == RP_REL_ABS && info->width == width && !info->pcrel &&
            !info->insn)
            return t;
    }
    return 0;
}

static void store(uint8_t *p, unsigned width, uint64_t value)
{
    switch (width) {
    case 1: *p = (uint8_t)value; break;
    case 2: rp_store16(p, (uint16_t)value); break;
    case 4: rp_store32(p, (uint32_t)value); break;
    case 8: rp_store64(p, value); break;
    default: break;
    }
}

static bool holds(const uint8_t *p, unsigned width, uint64_t value)
{
    uint8_t want[8];
    store(want, width, value);
    return memcmp(p, want, width) == 0;
}

enum reap_status rp_rw_tombstone(struct rp_rewrite *rw, uint32_t from, struct rp_rela *r,
                                 uint32_t cut, bool *ret_keep)
{
    struct rp_rw_section *rs = &rw->sec[from];
    const struct rp_reloc_info *info = rp_reloc_info(rw->arch, r->type);
    uint32_t rel = rp_rw_model_section(rw, from)->rel;
    uint64_t value = rs->quiet ? tombstone_value(rp_elf_shname(rw->e, from)) : 0;
    *ret_keep = false;
    if (!rs->quiet && !cut && strncmp(rp_elf_shname(rw->e, from), ".gcc_except_table", 17) != 0)
        rp_warn(rw->m->ctx, "reference-to-discarded", rp_rw_at(rw, from, r->offset),
                "refers to the discarded section '%s'; linkers reject or zero this",
                rp_elf_shname(rw->e, rp_sym_shndx(rw->e, r->sym)));
    if (cut == RP_CUT && rw->e->shdrs[from].flags & SHF_EXECINSTR) {
        value = rp_unwind_trap(rw->arch);
    } else if (cut && cut != RP_CUT) {
        value = rp_slot_value(rw->plan->rtti->tag, cut, info->width);
    } else if (info->insn || info->width == 0 || info->width > 8) {
        return REAP_OK;
    }

    uint32_t absolute = absolute_type(rw->arch, info->width);
    if (rs->packed && absolute && rw->e->shdrs[rel].type == SHT_RELA) {
        r->type = absolute;
        r->sym = 0;
        r->addend = (int64_t)value;
        *ret_keep = true;
        return REAP_OK;
    }
    const uint8_t *bytes;
    uint64_t size, at = rs->cut ? rp_cut_map(rs->cut, r->offset) : r->offset;
    enum reap_status rc = rp_rw_contents(rw, from, &bytes, &size);
    if (rc || !bytes || !rp_in_range(at, info->width, size) ||
        holds(bytes + at, info->width, value))
        return rc;
    uint8_t *writable;
    rc = rp_rw_writable(rw, from, &writable, &size);
    if (!rc)
        store(writable + at, info->width, value);
    return rc;
}

/* --- compressed sections --------------------------------------------------------------------- */

/* A .zdebug_* section (the GNU form before SHF_COMPRESSED): "ZLIB" and the size, big-endian, in
 * front of the stream, which has the gABI form's header to replace. */
static enum reap_status gnu_header(struct rp_rewrite *rw, struct rp_rw_section *rs,
                                   uint64_t unpacked, uint8_t *packed, uint64_t packed_size)
{
    uint64_t chdr = rw->e->elf_class == ELFCLASS64 ? sizeof(Elf64_Chdr) : sizeof(Elf32_Chdr);
    if (packed_size < chdr)
        return REAP_ERR_INTERNAL;
    uint8_t *p = packed + chdr - 12;
    memcpy(p, "ZLIB", 4);
    for (int i = 0; i < 8; i++)
        p[4 + i] = (uint8_t)(unpacked >> (56 - 8 * i));
    rs->bytes = p;
    rs->size = packed_size - (chdr - 12);
    return REAP_OK;
}

enum reap_status rp_rw_recompress(struct rp_rewrite *rw)
{
    for (uint32_t i = 1; i < rw->e->n_sections; i++) {
        struct rp_rw_section *rs = &rw->sec[i];
        const struct rp_shdr *sh = &rw->e->shdrs[i];
        bool gnu = strncmp(rp_elf_shname(rw->e, i), ".zdebug", 7) == 0;
        if (!rs->keep || !rs->bytes || !((sh->flags & SHF_COMPRESSED) || gnu))
            continue;
        if (rs->packed) { /* only looked at */
            rs->bytes = NULL;
            continue;
        }
        const uint8_t *raw = rp_elf_bytes(rw->e, i);
        uint32_t type = ELFCOMPRESS_ZLIB;
        uint64_t align = sh->addralign;
        if (!gnu) {
            bool wide = rw->e->elf_class == ELFCLASS64;
            type = rp_load32(raw); /* ch_type; ch_addralign ends either header */
            align = wide ? rp_load64(raw + 16) : rp_load32(raw + 8);
        }
        uint8_t *packed;
        uint64_t size, unpacked = rs->size;
        enum reap_status rc = rp_elf_compress(rw->m->ctx, rw->e->elf_class, type, align, rs->bytes,
                                              rs->size, &packed, &size);
        if (rc)
            return rc;
        if (!rp_vec_push(&rw->owned, packed)) {
            free(packed);
            return rp_nomem(rw->m->ctx);
        }
        rs->bytes = packed;
        rs->size = size;
        if (gnu && (rc = gnu_header(rw, rs, unpacked, packed, size)))
            return rc;
    }
    return REAP_OK;
}
