/* elf_symbols.c: the symbol table, its names and its extended section numbers (gABI, Symbol
 * Table). */
#include "elf/elf_internal.h"

#include "util/checked.h"

#include <libelf.h>

#define BAD(c, i, code, ...)                                                                       \
    rp_fail((c)->ctx, REAP_ERR_INPUT, code, rp_elf_at((c)->e, i), __VA_ARGS__)

const struct rp_sym *rp_elf_translate_syms(struct rp_elf *e, const uint8_t *bytes, uint64_t n)
{
    if (e->elf_class == ELFCLASS64)
        return (const void *)bytes;
    struct rp_sym *t = rp_arena_alloc(&e->arena, n * sizeof *t);
    if (!t)
        return NULL;
    for (uint64_t i = 0; i < n; i++) {
        Elf32_Sym s;
        if (!rp_xlate32(ELF_T_SYM, &s, sizeof s, bytes + i * sizeof s, sizeof s))
            return NULL;
        t[i] = (struct rp_sym){
            .name = s.st_name,
            .info = s.st_info,
            .other = s.st_other,
            .shndx16 = s.st_shndx,
            .value = s.st_value,
            .size = s.st_size,
        };
    }
    return t;
}

enum reap_status rp_elf_use_strtab(struct rp_elf_check *c, uint32_t shndx, const char **ret_str,
                                   uint64_t *ret_size)
{
    const struct rp_elf *e = c->e;
    const struct rp_shdr *s = &e->shdrs[shndx];
    if (s->type != SHT_STRTAB)
        return BAD(c, shndx, "bad-string-table", "section type 0x%x is not SHT_STRTAB", s->type);
    if (s->size == 0) {
        *ret_str = "";
        *ret_size = 1;
        return REAP_OK;
    }
    if (e->data[s->offset + s->size - 1] != '\0')
        return BAD(c, shndx, "bad-string-table", "the string table does not end in NUL");
    *ret_str = (const char *)e->data + s->offset;
    *ret_size = s->size;
    return REAP_OK;
}

enum reap_status rp_elf_use_symtab(struct rp_elf_check *c, uint32_t symtab)
{
    struct rp_elf *e = c->e;
    const struct rp_shdr *s = &e->shdrs[symtab];
    uint64_t entsize = e->elf_class == ELFCLASS64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    if (s->entsize != entsize || s->size % entsize != 0)
        return BAD(c, symtab, "bad-symbol-table",
                   "0x%llx bytes of entries of 0x%llx bytes each (expected 0x%x)",
                   (unsigned long long)s->size, (unsigned long long)s->entsize, (unsigned)entsize);
    uint64_t n = s->size / entsize;
    if (n > UINT32_MAX)
        return BAD(c, symtab, "bad-symbol-table", "too many symbols");
    if (s->info > n || (n && s->info == 0))
        return BAD(c, symtab, "bad-symbol-table", "the first global symbol is %u of %u", s->info,
                   (unsigned)n);
    if (s->link == 0 || s->link >= e->n_sections)
        return BAD(c, symtab, "bad-section-link", "sh_link names section %u of %u", s->link,
                   e->n_sections);
    enum reap_status st = rp_elf_use_strtab(c, s->link, &e->strtab, &e->strtab_size);
    if (st != REAP_OK)
        return st;
    e->syms = rp_elf_translate_syms(e, rp_elf_bytes(e, symtab), n);
    if (!e->syms)
        return rp_nomem(c->ctx);
    e->symtab = symtab;
    e->n_symbols = (uint32_t)n;
    e->first_global = s->info;
    return REAP_OK;
}

/* Find the one SHT_SYMTAB and the SHT_SYMTAB_SHNDX that belongs to it. */
static enum reap_status find_tables(struct rp_elf_check *c)
{
    struct rp_elf *e = c->e;
    uint32_t symtab = 0;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        if (e->shdrs[i].type != SHT_SYMTAB)
            continue;
        if (symtab)
            return BAD(c, i, "bad-symbol-table", "a second symbol table (gABI allows one)");
        symtab = i;
    }
    e->strtab = "";
    e->strtab_size = 1;
    if (!symtab)
        return REAP_OK;
    enum reap_status st = rp_elf_use_symtab(c, symtab);
    for (uint32_t i = 1; i < e->n_sections && st == REAP_OK; i++) {
        const struct rp_shdr *s = &e->shdrs[i];
        if (s->type != SHT_SYMTAB_SHNDX)
            continue;
        if (e->symtab_shndx || s->link != symtab || s->entsize != 4 ||
            s->size != 4 * (uint64_t)e->n_symbols)
            return BAD(c, i, "bad-symtab-shndx",
                       "does not hold one number for each of the %u symbols", e->n_symbols);
        e->symtab_shndx = i;
        e->xindex = rp_elf_bytes(e, i);
    }
    return st;
}

static enum reap_status check_symbol(struct rp_elf_check *c, uint32_t i)
{
    const struct rp_elf *e = c->e;
    const struct rp_sym *s = &e->syms[i];
    if (s->name >= e->strtab_size)
        return BAD(c, e->symtab, "bad-symbol-name", "the name of symbol %u is outside %s", i,
                   "the string table");
    if (s->shndx16 == SHN_XINDEX && !e->xindex)
        return BAD(c, e->symtab, "bad-symbol-section",
                   "symbol %u '%s' has SHN_XINDEX, but there is no SHT_SYMTAB_SHNDX", i,
                   rp_elf_symname(e, i));
    uint32_t shndx = rp_sym_shndx(e, i);
    bool numbered = s->shndx16 < SHN_LORESERVE || s->shndx16 == SHN_XINDEX;
    if (numbered && shndx >= e->n_sections)
        return BAD(c, e->symtab, "bad-symbol-section", "symbol %u '%s' is in section %u of %u", i,
                   rp_elf_symname(e, i), shndx, e->n_sections);
    if ((rp_sym_bind(s) == STB_LOCAL) != (i < e->first_global))
        return BAD(c, e->symtab, "bad-symbol-order",
                   "symbol %u '%s' is %s, but the first global one is %u", i, rp_elf_symname(e, i),
                   rp_sym_bind(s) == STB_LOCAL ? "local" : "not local", e->first_global);
    return REAP_OK;
}

enum reap_status rp_elf_check_symbols(struct rp_elf_check *c)
{
    enum reap_status st = find_tables(c);
    for (uint32_t i = 0; i < c->e->n_symbols && st == REAP_OK; i++)
        st = check_symbol(c, i);
    return st;
}
