/* audit_image.c: what the audit reads of a linked image: named addresses, and bytes at addresses.
 *
 * Symbols with a size name the bytes that they cover, sorted by address; of several at one address
 * the order of names chooses, the same in both images. Marks of the linker script have no size:
 * they stand wherever the sections around them end, and name nothing but themselves.
 */
#include "table/audit.h"

#include "util/checked.h"

#include <string.h>

static int by_address(const void *a, const void *b)
{
    const struct rp_audit_symbol *x = a, *y = b;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    if (x->solid != y->solid)
        return x->solid ? -1 : 1;
    int names = strcmp(x->name, y->name);
    return names ? names : x->order < y->order ? -1 : x->order > y->order;
}

/* The symbol table's bytes and its strings, both checked. */
struct symtab {
    const uint8_t *symbols;
    uint64_t n;
    const char *strings;
    uint64_t strings_size;
};

static bool find_symtab(const struct rp_elf *e, struct symtab *ret)
{
    const uint64_t entry = 24; /* Elf64_Sym */
    for (uint32_t i = 1; i < e->n_sections; i++) {
        const struct rp_shdr *sh = &e->shdrs[i];
        if (sh->type != SHT_SYMTAB || sh->link >= e->n_sections || sh->entsize != entry)
            continue;
        const struct rp_shdr *str = &e->shdrs[sh->link];
        if (str->type != SHT_STRTAB || !rp_in_range(sh->offset, sh->size, e->size) ||
            !rp_in_range(str->offset, str->size, e->size) || str->size == 0 ||
            e->data[str->offset + str->size - 1] != 0)
            return false;
        *ret = (struct symtab){e->data + sh->offset, sh->size / entry,
                               (const char *)e->data + str->offset, str->size};
        return true;
    }
    return false;
}

/* gABI, Symbol Table: name, info, other, shndx, value, size. */
static enum reap_status read_symbols(struct rp_ctx *ctx, struct rp_audit_image *im)
{
    struct symtab t;
    if (im->elf.elf_class != ELFCLASS64 || !find_symtab(&im->elf, &t))
        return rp_fail(ctx, REAP_ERR_INPUT, "audit-no-symbols", rp_at(im->map.path),
                       "a 64-bit image with a symbol table is wanted");
    const char *file = "";
    if (t.n > UINT32_MAX / 2 || !rp_vec_reserve(&im->symbols, t.n))
        return rp_nomem(ctx);
    for (uint64_t i = 1; i < t.n; i++) {
        const uint8_t *p = t.symbols + i * 24;
        uint32_t name = rp_load32(p);
        unsigned type = p[4] & 15, bind = p[4] >> 4, shndx = rp_load16(p + 6);
        if (name >= t.strings_size)
            return rp_fail(ctx, REAP_ERR_INPUT, "audit-no-symbols", rp_at(im->map.path),
                           "a symbol's name lies outside of the string table");
        if (type == STT_FILE)
            file = t.strings + name;
        if (type == STT_FILE || type == STT_SECTION || type == STT_TLS || shndx == SHN_UNDEF ||
            shndx == SHN_ABS || !t.strings[name])
            continue;
        uint64_t size = rp_load64(p + 16);
        struct rp_audit_symbol s = {.addr = rp_load64(p + 8),
                                    .size = size,
                                    .name = t.strings + name,
                                    .file = bind == STB_LOCAL ? file : "",
                                    .order = (uint32_t)i,
                                    .solid = size != 0};
        if (!rp_vec_push(&im->symbols, s))
            return rp_nomem(ctx);
    }
    if (im->symbols.n)
        qsort(im->symbols.v, im->symbols.n, sizeof *im->symbols.v, by_address);
    return REAP_OK;
}

enum reap_status rp_audit_open(struct rp_ctx *ctx, const char *path, struct rp_audit_image *ret)
{
    *ret = (struct rp_audit_image){0};
    enum reap_status rc = rp_map_open(ctx, &ret->map, path);
    if (rc)
        return rc;
    rc = rp_elf_open(ctx, &ret->elf, ret->map.path, ret->map.data, ret->map.size);
    if (rc == REAP_OK) {
        ret->open = true;
        if (ret->elf.type == ET_REL)
            rc = rp_fail(ctx, REAP_ERR_USAGE, "audit-not-linked", rp_at(path),
                         "this is a relocatable object; audit wants linked images");
        else
            rc = read_symbols(ctx, ret);
    }
    if (rc)
        rp_audit_close(ret);
    return rc;
}

void rp_audit_close(struct rp_audit_image *im)
{
    if (im->open)
        rp_elf_close(&im->elf);
    rp_map_close(&im->map);
    rp_vec_free(&im->symbols);
    *im = (struct rp_audit_image){0};
}

uint32_t rp_audit_symbol_at(const struct rp_audit_image *im, uint64_t addr)
{
    size_t lo = 0, hi = im->symbols.n; /* symbols before lo are at or below addr */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (im->symbols.v[mid].addr <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!lo)
        return 0;
    uint64_t at = im->symbols.v[lo - 1].addr;
    while (lo > 1 && im->symbols.v[lo - 2].addr == at)
        lo--;
    enum { MAX_NESTED = 64 }; /* labels within one function, in assembly */
    for (size_t back = lo, steps = 0; back && steps < MAX_NESTED; back--, steps++) {
        const struct rp_audit_symbol *s = &im->symbols.v[back - 1];
        if (s->solid && addr - s->addr < s->size)
            return (uint32_t)back;
    }
    return 0;
}

static const struct rp_shdr *section_at(const struct rp_audit_image *im, uint64_t addr, uint64_t n)
{
    for (uint32_t i = 1; i < im->elf.n_sections; i++) {
        const struct rp_shdr *sh = &im->elf.shdrs[i];
        if ((sh->flags & SHF_ALLOC) && !(sh->flags & SHF_TLS) && sh->addr && addr >= sh->addr &&
            rp_in_range(addr - sh->addr, n, sh->size))
            return sh;
    }
    return NULL;
}

const uint8_t *rp_audit_bytes(const struct rp_audit_image *im, uint64_t addr, uint64_t n)
{
    const struct rp_shdr *sh = section_at(im, addr, n);
    if (!sh || sh->type == SHT_NOBITS || !rp_in_range(sh->offset, sh->size, im->elf.size))
        return NULL;
    return im->elf.data + sh->offset + (addr - sh->addr);
}

bool rp_audit_is_allocated(const struct rp_audit_image *im, uint64_t addr)
{
    return section_at(im, addr, 0) != NULL;
}

const uint8_t *rp_audit_section(const struct rp_audit_image *im, const char *name, uint64_t *ret_n)
{
    for (uint32_t i = 1; i < im->elf.n_sections; i++) {
        const struct rp_shdr *sh = &im->elf.shdrs[i];
        if (strcmp(rp_elf_shname(&im->elf, i), name) != 0 || sh->type == SHT_NOBITS ||
            !rp_in_range(sh->offset, sh->size, im->elf.size))
            continue;
        *ret_n = sh->size;
        return im->elf.data + sh->offset;
    }
    return NULL;
}

bool rp_audit_global(const struct rp_audit_image *im, const char *name, uint64_t *ret_addr)
{
    for (size_t i = 0; i < im->symbols.n; i++)
        if (strcmp(im->symbols.v[i].name, name) == 0 && !*im->symbols.v[i].file) {
            *ret_addr = im->symbols.v[i].addr;
            return true;
        }
    return false;
}
