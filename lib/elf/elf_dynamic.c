/* elf_dynamic.c: what a shared library (or an executable) offers to a link: its dynamic symbols,
 * DT_SONAME, DT_NEEDED and symbol versions.
 *
 * By the section table where there is one with SHT_DYNSYM, as linkers do; else by the dynamic
 * segment (gABI, Dynamic Section), where the number of symbols has to be learnt from DT_HASH or
 * DT_GNU_HASH.
 */
#include "elf/elf_internal.h"

#include "util/checked.h"

#include <string.h>

#define BAD(c, code, ...) rp_fail((c)->ctx, REAP_ERR_INPUT, code, rp_at((c)->e->name), __VA_ARGS__)

/* A word of the file's class. */
static uint64_t load_word(const struct rp_elf *e, const uint8_t *p)
{
    return e->elf_class == ELFCLASS64 ? rp_load64(p) : rp_load32(p);
}

static uint64_t word_size(const struct rp_elf *e)
{
    return e->elf_class == ELFCLASS64 ? 8 : 4;
}

/* --- program headers ------------------------------------------------------------------------- */

struct phdr {
    uint32_t type;
    uint64_t offset, vaddr, filesz;
};

struct phdrs {
    const uint8_t *p;
    uint64_t n, entsize;
};

static struct phdr phdr_at(const struct rp_elf *e, const struct phdrs *t, uint64_t i)
{
    const uint8_t *p = t->p + i * t->entsize;
    if (e->elf_class == ELFCLASS64)
        return (struct phdr){rp_load32(p), rp_load64(p + 8), rp_load64(p + 16), rp_load64(p + 32)};
    return (struct phdr){rp_load32(p), rp_load32(p + 4), rp_load32(p + 8), rp_load32(p + 16)};
}

static enum reap_status find_phdrs(struct rp_elf_check *c, struct phdrs *ret)
{
    const struct rp_elf *e = c->e;
    bool is64 = e->elf_class == ELFCLASS64;
    const uint8_t *h = e->data + (is64 ? 54 : 42); /* e_phentsize, e_phnum */
    uint64_t offset = is64 ? rp_load64(e->data + 32) : rp_load32(e->data + 28), bytes;
    struct phdrs t = {.entsize = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)};
    t.n = rp_load16(h + 2);
    if (t.n == PN_XNUM && e->n_sections)
        t.n = e->shdrs[0].info;
    if (t.n && rp_load16(h) != t.entsize)
        return BAD(c, "bad-program-headers", "program headers of %u bytes instead of %u",
                   rp_load16(h), (unsigned)t.entsize);
    if (!rp_mul(t.n, t.entsize, &bytes) || !rp_in_range(offset, bytes, e->size))
        return BAD(c, "bad-program-headers", "the program headers lie outside the file");
    t.p = e->data + (t.n ? offset : 0);
    for (uint64_t i = 0; i < t.n; i++) {
        struct phdr p = phdr_at(e, &t, i);
        if ((p.type == PT_LOAD || p.type == PT_DYNAMIC) &&
            !rp_in_range(p.offset, p.filesz, e->size))
            return BAD(c, "bad-program-headers", "segment %u lies outside the file", (unsigned)i);
    }
    *ret = t;
    return REAP_OK;
}

/* The file bytes at a virtual address, and how many follow in its segment; NULL: not loaded from
 * the file. */
static const uint8_t *at_vaddr(const struct rp_elf *e, const struct phdrs *t, uint64_t vaddr,
                               uint64_t *ret_avail)
{
    for (uint64_t i = 0; i < t->n; i++) {
        struct phdr p = phdr_at(e, t, i);
        if (p.type != PT_LOAD || vaddr < p.vaddr || vaddr - p.vaddr >= p.filesz)
            continue;
        *ret_avail = p.filesz - (vaddr - p.vaddr);
        return e->data + p.offset + (vaddr - p.vaddr);
    }
    return NULL;
}

/* --- the dynamic entries --------------------------------------------------------------------- */

struct dynamic {
    const uint8_t *p;
    uint64_t n; /* entries before DT_NULL */
};

static struct dynamic dynamic_of(const struct rp_elf *e, const uint8_t *p, uint64_t size)
{
    struct dynamic d = {.p = p};
    uint64_t entsize = 2 * word_size(e);
    while ((d.n + 1) * entsize <= size && load_word(e, p + d.n * entsize) != DT_NULL)
        d.n++;
    return d;
}

static uint64_t dyn_tag(const struct rp_elf *e, const struct dynamic *d, uint64_t i)
{
    return load_word(e, d->p + i * 2 * word_size(e));
}

static uint64_t dyn_value(const struct rp_elf *e, const struct dynamic *d, uint64_t i)
{
    return load_word(e, d->p + (i * 2 + 1) * word_size(e));
}

static bool dyn_find(const struct rp_elf *e, const struct dynamic *d, uint64_t tag, uint64_t *ret)
{
    for (uint64_t i = 0; i < d->n; i++)
        if (dyn_tag(e, d, i) == tag) {
            *ret = dyn_value(e, d, i);
            return true;
        }
    return false;
}

/* DT_SONAME and DT_NEEDED, from the string table `str` of `size` bytes. */
static enum reap_status read_names(struct rp_elf_check *c, const struct dynamic *d, const char *str,
                                   uint64_t size)
{
    struct rp_elf *e = c->e;
    uint32_t n = 0;
    for (uint64_t i = 0; i < d->n; i++)
        n += dyn_tag(e, d, i) == DT_NEEDED;
    if (n && !(e->needed = rp_arena_alloc(&e->arena, n * sizeof *e->needed)))
        return rp_nomem(c->ctx);
    for (uint64_t i = 0; i < d->n; i++) {
        uint64_t tag = dyn_tag(e, d, i), value = dyn_value(e, d, i);
        if (tag != DT_NEEDED && tag != DT_SONAME)
            continue;
        if (value >= size)
            return BAD(c, "bad-dynamic", "a name of the dynamic section is outside its strings");
        if (tag == DT_SONAME)
            e->soname = str + value;
        else
            e->needed[e->n_needed++] = str + value;
    }
    return REAP_OK;
}

/* --- by sections ----------------------------------------------------------------------------- */

static uint32_t find_section(const struct rp_elf *e, uint32_t type)
{
    for (uint32_t i = 1; i < e->n_sections; i++)
        if (e->shdrs[i].type == type)
            return i;
    return 0;
}

static enum reap_status read_by_sections(struct rp_elf_check *c, uint32_t dynsym)
{
    struct rp_elf *e = c->e;
    enum reap_status st = rp_elf_use_symtab(c, dynsym);
    if (st != REAP_OK)
        return st;
    uint32_t dynamic = find_section(e, SHT_DYNAMIC), versym = find_section(e, SHT_GNU_versym);
    if (dynamic && e->shdrs[dynamic].type != SHT_NOBITS) {
        const struct rp_shdr *s = &e->shdrs[dynamic];
        const char *str;
        uint64_t size;
        if (s->link == 0 || s->link >= e->n_sections)
            return BAD(c, "bad-section-link", "sh_link of the dynamic section names section %u",
                       s->link);
        st = rp_elf_use_strtab(c, s->link, &str, &size);
        if (st != REAP_OK)
            return st;
        struct dynamic d = dynamic_of(e, rp_elf_bytes(e, dynamic), s->size);
        st = read_names(c, &d, str, size);
    }
    if (versym) {
        if (e->shdrs[versym].size / 2 < e->n_symbols)
            return BAD(c, "bad-versions", "fewer symbol versions than symbols");
        e->versym = (const void *)rp_elf_bytes(e, versym);
    }
    return st;
}

/* --- by the dynamic segment ------------------------------------------------------------------ */

/* Number of symbols that a DT_GNU_HASH table covers: walk the chain of the highest bucket to its
 * end. False when the table is cut off. */
static bool count_by_gnu_hash(const struct rp_elf *e, const uint8_t *p, uint64_t avail,
                              uint64_t *ret)
{
    if (avail < 16)
        return false;
    uint64_t n_buckets = rp_load32(p), first = rp_load32(p + 4), n_bloom = rp_load32(p + 8);
    uint64_t buckets = 16 + n_bloom * word_size(e), chains = buckets + 4 * n_buckets;
    if (chains > avail)
        return false;
    uint64_t last = 0;
    for (uint64_t i = 0; i < n_buckets; i++) {
        uint64_t b = rp_load32(p + buckets + 4 * i);
        last = b > last ? b : last;
    }
    if (last < first) {
        *ret = first;
        return true;
    }
    for (;; last++) {
        uint64_t at = chains + 4 * (last - first);
        if (!rp_in_range(at, 4, avail))
            return false;
        if (rp_load32(p + at) & 1)
            break;
    }
    *ret = last + 1;
    return true;
}

static bool count_symbols(const struct rp_elf *e, const struct phdrs *t, const struct dynamic *d,
                          uint64_t *ret)
{
    uint64_t vaddr, avail = 0;
    const uint8_t *p;
    if (dyn_find(e, d, DT_HASH, &vaddr) && (p = at_vaddr(e, t, vaddr, &avail)) && avail >= 8) {
        *ret = rp_load32(p + 4); /* nchain */
        return true;
    }
    return dyn_find(e, d, DT_GNU_HASH, &vaddr) && (p = at_vaddr(e, t, vaddr, &avail)) &&
           count_by_gnu_hash(e, p, avail, ret);
}

static enum reap_status use_dynamic_symbols(struct rp_elf_check *c, const struct phdrs *t,
                                            const struct dynamic *d)
{
    struct rp_elf *e = c->e;
    uint64_t entsize = e->elf_class == ELFCLASS64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    uint64_t vaddr, n, avail = 0;
    if (!dyn_find(e, d, DT_SYMTAB, &vaddr))
        return REAP_OK;
    const uint8_t *p = at_vaddr(e, t, vaddr, &avail);
    if (!p || !count_symbols(e, t, d, &n) || n > UINT32_MAX || n * entsize > avail)
        return BAD(c, "bad-dynamic", "the dynamic symbols cannot be counted or are cut off");
    e->syms = rp_elf_translate_syms(e, p, n);
    if (!e->syms)
        return rp_nomem(c->ctx);
    e->n_symbols = (uint32_t)n;
    while (e->first_global < n &&
           (e->first_global == 0 || rp_sym_bind(&e->syms[e->first_global]) == STB_LOCAL))
        e->first_global++;
    if (dyn_find(e, d, DT_VERSYM, &vaddr)) {
        const uint8_t *v = at_vaddr(e, t, vaddr, &avail);
        if (!v || avail / 2 < n)
            return BAD(c, "bad-versions", "fewer symbol versions than symbols");
        e->versym = (const void *)v;
    }
    return REAP_OK;
}

static enum reap_status read_by_segment(struct rp_elf_check *c)
{
    struct rp_elf *e = c->e;
    struct phdrs t = {0};
    enum reap_status st = find_phdrs(c, &t);
    if (st != REAP_OK)
        return st;
    for (uint64_t i = 0; i < t.n; i++) {
        struct phdr ph = phdr_at(e, &t, i);
        if (ph.type != PT_DYNAMIC)
            continue;
        struct dynamic d = dynamic_of(e, e->data + ph.offset, ph.filesz);
        uint64_t vaddr, size, avail = 0;
        const uint8_t *str = NULL;
        if (dyn_find(e, &d, DT_STRTAB, &vaddr) && dyn_find(e, &d, DT_STRSZ, &size))
            str = at_vaddr(e, &t, vaddr, &avail);
        if (!str || size == 0 || size > avail || str[size - 1] != '\0')
            return BAD(c, "bad-dynamic", "the dynamic strings are missing or cut off");
        e->strtab = (const char *)str;
        e->strtab_size = size;
        st = read_names(c, &d, e->strtab, size);
        return st == REAP_OK ? use_dynamic_symbols(c, &t, &d) : st;
    }
    return REAP_OK;
}

enum reap_status rp_elf_read_dynamic(struct rp_elf_check *c)
{
    struct rp_elf *e = c->e;
    e->strtab = "";
    e->strtab_size = 1;
    uint32_t dynsym = find_section(e, SHT_DYNSYM);
    enum reap_status st = dynsym ? read_by_sections(c, dynsym) : read_by_segment(c);
    for (uint32_t i = 0; i < e->n_symbols && st == REAP_OK; i++)
        if (e->syms[i].name >= e->strtab_size)
            st = BAD(c, "bad-symbol-name", "the name of dynamic symbol %u is outside its strings",
                     i);
    return st;
}
