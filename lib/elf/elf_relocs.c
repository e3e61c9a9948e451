/* elf_relocs.c: relocation sections of relocatable files (gABI, Relocation).
 *
 * SHT_RELA of a 64-bit file is used in place. SHT_REL and everything 32-bit is translated to the
 * same records. LLVM writes one SHT_REL section into 64-bit objects too
 * (.rel.llvm.call-graph-profile), so the translated ones are a short list, not an array.
 */
#include "elf/elf_internal.h"

#include "util/bitset.h"
#include "util/checked.h"

#include <libelf.h>

#define BAD(c, i, code, ...)                                                                       \
    rp_fail((c)->ctx, REAP_ERR_INPUT, code, rp_elf_at((c)->e, i), __VA_ARGS__)

static bool is_reloc(const struct rp_shdr *s)
{
    return s->type == SHT_RELA || s->type == SHT_REL;
}

static uint64_t entry_size(const struct rp_elf *e, uint32_t type)
{
    if (e->elf_class == ELFCLASS64)
        return type == SHT_RELA ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
    return type == SHT_RELA ? sizeof(Elf32_Rela) : sizeof(Elf32_Rel);
}

/* R_X86_64_NONE, R_386_NONE and R_AARCH64_NONE are 0; 256 is the latter's withdrawn number. */
static bool is_none(uint32_t type)
{
    return type == 0 || type == 256;
}

/* Decode one record; false when libelf refuses. */
static bool decode(const struct rp_elf *e, uint32_t type, const uint8_t *p, struct rp_rela *ret)
{
    if (e->elf_class == ELFCLASS64) { /* SHT_REL: SHT_RELA is used in place */
        *ret = (struct rp_rela){
            .offset = rp_load64(p), .type = rp_load32(p + 8), .sym = rp_load32(p + 12)};
        return true;
    }
    Elf32_Rela r = {0};
    if (type == SHT_RELA ? !rp_xlate32(ELF_T_RELA, &r, sizeof r, p, sizeof(Elf32_Rela))
                         : !rp_xlate32(ELF_T_REL, &r, sizeof r, p, sizeof(Elf32_Rel)))
        return false;
    *ret = (struct rp_rela){
        .offset = r.r_offset,
        .type = ELF32_R_TYPE(r.r_info),
        .sym = ELF32_R_SYM(r.r_info),
        .addend = type == SHT_RELA ? r.r_addend : 0,
    };
    return true;
}

/* Records of section i: in place, or translated and noted in e->xrels. */
static enum reap_status load_records(struct rp_elf_check *c, uint32_t i, uint32_t n,
                                     const struct rp_rela **ret)
{
    struct rp_elf *e = c->e;
    const struct rp_shdr *s = &e->shdrs[i];
    const uint8_t *p = rp_elf_bytes(e, i);
    if (e->elf_class == ELFCLASS64 && s->type == SHT_RELA) {
        *ret = (const void *)p;
        return REAP_OK;
    }
    struct rp_rela *recs = rp_arena_alloc(&e->arena, n * sizeof *recs);
    if (!recs)
        return rp_nomem(c->ctx);
    uint64_t entsize = entry_size(e, s->type);
    for (uint32_t k = 0; k < n; k++)
        if (!decode(e, s->type, p + k * entsize, &recs[k]))
            return BAD(c, i, "bad-relocation-section", "relocation %u cannot be decoded", k);
    e->xrels[e->n_xrels++] = (struct rp_xrel){.shndx = i, .n = n, .recs = recs};
    *ret = recs;
    return REAP_OK;
}

/* The headers of section i and its target. */
static enum reap_status check_header(struct rp_elf_check *c, uint32_t i)
{
    const struct rp_elf *e = c->e;
    const struct rp_shdr *s = &e->shdrs[i];
    uint64_t entsize = entry_size(e, s->type);
    if (s->entsize != entsize || s->size % entsize != 0 || s->size / entsize > UINT32_MAX)
        return BAD(c, i, "bad-relocation-section",
                   "0x%llx bytes of entries of 0x%llx bytes each (expected 0x%x)",
                   (unsigned long long)s->size, (unsigned long long)s->entsize, (unsigned)entsize);
    if (s->link != e->symtab)
        return BAD(c, i, "bad-section-link", "sh_link names section %u instead of %u, %s", s->link,
                   e->symtab, "the symbol table");
    uint32_t type = s->info < e->n_sections ? e->shdrs[s->info].type : SHT_NULL;
    if (s->info == 0 || type == SHT_NULL || type == SHT_SYMTAB || type == SHT_STRTAB ||
        type == SHT_RELA || type == SHT_REL || type == SHT_GROUP || type == SHT_SYMTAB_SHNDX)
        return BAD(c, i, "bad-relocation-target", "relocates section %u of %u (section type 0x%x)",
                   s->info, e->n_sections, type);
    if (type == SHT_NOBITS && s->size) { /* as `objcopy --only-keep-debug` leaves them */
        rp_warn(c->ctx, "unsupported-relocations", rp_elf_at(e, i),
                "relocations of '%s', which has no contents, are not supported",
                rp_elf_shname(e, s->info));
        return REAP_ERR_UNSUPPORTED;
    }
    return REAP_OK;
}

static enum reap_status check_records(struct rp_elf_check *c, uint32_t i)
{
    const struct rp_elf *e = c->e;
    uint32_t n = (uint32_t)(e->shdrs[i].size / entry_size(e, e->shdrs[i].type));
    struct rp_compression z;
    enum reap_status st = rp_elf_compression(c->ctx, e, e->shdrs[i].info, &z);
    const struct rp_rela *r = NULL;
    if (st == REAP_OK)
        st = load_records(c, i, n, &r);
    if (st != REAP_OK)
        return st;
    uint64_t limit = z.size;
    uint32_t n_symbols = e->n_symbols ? e->n_symbols : 1; /* symbol 0 needs no table */
    for (uint32_t k = 0; k < n; k++) {
        if (r[k].sym >= n_symbols)
            return BAD(c, i, "bad-relocation-symbol", "relocation %u refers to symbol %u of %u", k,
                       r[k].sym, e->n_symbols);
        if (r[k].offset >= limit && !(r[k].offset == limit && is_none(r[k].type)))
            return BAD(c, i, "bad-relocation-offset",
                       "relocation %u is at 0x%llx, '%s' has 0x%llx bytes", k,
                       (unsigned long long)r[k].offset, rp_elf_shname(e, e->shdrs[i].info),
                       (unsigned long long)limit);
    }
    return REAP_OK;
}

/* Room for the sections that will be translated. */
static enum reap_status reserve_translated(struct rp_elf_check *c)
{
    struct rp_elf *e = c->e;
    size_t n = 0;
    for (uint32_t i = 1; i < e->n_sections; i++)
        n += is_reloc(&e->shdrs[i]) && (e->elf_class == ELFCLASS32 || e->shdrs[i].type == SHT_REL);
    e->xrels = n ? rp_arena_alloc(&e->arena, n * sizeof *e->xrels) : NULL;
    return n && !e->xrels ? rp_nomem(c->ctx) : REAP_OK;
}

enum reap_status rp_elf_check_relocs(struct rp_elf_check *c)
{
    const struct rp_elf *e = c->e;
    struct rp_bitset relocated;
    if (!rp_bitset_init(&relocated, e->n_sections))
        return rp_nomem(c->ctx);
    enum reap_status st = reserve_translated(c);
    for (uint32_t i = 1; i < e->n_sections && st == REAP_OK; i++) {
        if (!is_reloc(&e->shdrs[i]))
            continue;
        st = check_header(c, i);
        if (st != REAP_OK)
            break;
        uint32_t target = e->shdrs[i].info;
        if (rp_bitset_get(&relocated, target)) {
            rp_warn(c->ctx, "unsupported-relocations", rp_elf_at(e, i),
                    "a second relocation section for '%s' is not supported",
                    rp_elf_shname(e, target));
            st = REAP_ERR_UNSUPPORTED;
            break;
        }
        rp_bitset_set(&relocated, target);
        st = check_records(c, i);
    }
    rp_bitset_free(&relocated);
    return st;
}

const struct rp_rela *rp_elf_relocs(const struct rp_elf *e, uint32_t shndx, uint32_t *ret_n)
{
    const struct rp_shdr *s = &e->shdrs[shndx];
    /* those of a linked image are translated from addresses (elf_linked.c) */
    if (e->elf_class == ELFCLASS64 && s->type == SHT_RELA && e->type == ET_REL) {
        *ret_n = (uint32_t)(s->size / sizeof(struct rp_rela));
        return (const void *)(e->data + s->offset);
    }
    uint32_t low = 0, high = e->n_xrels;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (e->xrels[mid].shndx < shndx)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < e->n_xrels && e->xrels[low].shndx == shndx) {
        *ret_n = e->xrels[low].n;
        return e->xrels[low].recs;
    }
    *ret_n = 0;
    return NULL;
}

uint32_t rp_rela_from(const struct rp_rela *r, uint32_t n, uint64_t offset)
{
    uint32_t low = 0;
    while (low < n) {
        uint32_t mid = low + (n - low) / 2;
        if (r[mid].offset < offset)
            low = mid + 1;
        else
            n = mid;
    }
    return low;
}
