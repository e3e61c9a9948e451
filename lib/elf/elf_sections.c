/* elf_sections.c: what the gABI demands of section headers, one by one and together.
 *
 * Every number that a later pass uses as an index or a range is checked here. Overlap: contents
 * are put into two lists, relocation sections and others, because assemblers lay out each kind
 * in rising order; so sorting is hardly ever needed, and one merge over both finds any overlap.
 */
#include "elf/elf_internal.h"

#include "util/checked.h"

#include <stdlib.h>

#define BAD(c, i, code, ...)                                                                       \
    rp_fail((c)->ctx, REAP_ERR_INPUT, code, rp_elf_at((c)->e, i), __VA_ARGS__)

/* Larger than the address space of any supported machine. */
#define LARGEST_NOBITS (UINT64_C(1) << 57)

static bool hides_references(const struct rp_shdr *s)
{
    enum { SHT_ANDROID_REL = 0x60000001, SHT_ANDROID_RELA = 0x60000002 };
    return s->type == RP_SHT_CREL || s->type == SHT_RELR || s->type == SHT_ANDROID_REL ||
           s->type == SHT_ANDROID_RELA;
}

/* What holds for any section of any file. */
static enum reap_status check_range(struct rp_elf_check *c, uint32_t i)
{
    const struct rp_shdr *s = &c->e->shdrs[i];
    if (s->type == SHT_NOBITS) {
        if (s->size > LARGEST_NOBITS)
            return BAD(c, i, "bad-section-size", "absurd size 0x%llx", (unsigned long long)s->size);
    } else if (!rp_in_range(s->offset, s->size, c->e->size)) {
        return BAD(c, i, "bad-section-offset",
                   "contents [0x%llx, +0x%llx) lie outside the file of 0x%llx bytes",
                   (unsigned long long)s->offset, (unsigned long long)s->size,
                   (unsigned long long)c->e->size);
    }
    if (s->addralign & (s->addralign - 1))
        return BAD(c, i, "bad-section-align", "alignment 0x%llx is not a power of two",
                   (unsigned long long)s->addralign);
    return REAP_OK;
}

/* What holds for any section of a relocatable file. */
static enum reap_status check_relocatable(struct rp_elf_check *c, uint32_t i)
{
    const struct rp_elf *e = c->e;
    const struct rp_shdr *s = &e->shdrs[i];
    if (s->link >= e->n_sections)
        return BAD(c, i, "bad-section-link", "sh_link names section %u of %u", s->link,
                   e->n_sections);
    if ((s->flags & SHF_INFO_LINK) && s->info >= e->n_sections)
        return BAD(c, i, "bad-section-info", "sh_info names section %u of %u", s->info,
                   e->n_sections);
    if ((s->flags & SHF_LINK_ORDER) &&
        (s->link == i || (s->link && e->shdrs[s->link].type == SHT_NULL)))
        return BAD(c, i, "bad-link-order", "SHF_LINK_ORDER names section %u, which cannot be",
                   s->link);
    if (s->flags & SHF_COMPRESSED) {
        if (s->type == SHT_NOBITS || (s->flags & SHF_ALLOC))
            return BAD(c, i, "bad-compression", "a compressed section cannot be %s",
                       s->type == SHT_NOBITS ? "SHT_NOBITS" : "allocated");
        struct rp_compression ignored;
        enum reap_status st = rp_elf_compression(c->ctx, e, i, &ignored);
        if (st != REAP_OK)
            return st;
    }
    if (hides_references(s)) {
        rp_warn(c->ctx, "unsupported-relocations", rp_elf_at(e, i),
                "relocations of section type 0x%x are not supported", s->type);
        return REAP_ERR_UNSUPPORTED;
    }
    return REAP_OK;
}

enum reap_status rp_elf_check_sections(struct rp_elf_check *c)
{
    const struct rp_elf *e = c->e;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        if (e->shdrs[i].type == SHT_NULL) {
            if (e->type == ET_REL && e->shdrs[i].link >= e->n_sections)
                return BAD(c, i, "bad-section-link", "sh_link names section %u of %u",
                           e->shdrs[i].link, e->n_sections);
            continue;
        }
        enum reap_status st = check_range(c, i);
        if (st == REAP_OK && e->type == ET_REL)
            st = check_relocatable(c, i);
        if (st != REAP_OK)
            return st;
    }
    return REAP_OK;
}

/* --- overlap --------------------------------------------------------------------------------- */

struct extent {
    uint64_t begin, end; /* file offsets */
    uint32_t shndx;      /* 0: the ELF header or the section table */
};

/* One list in the order of the section table, and whether that is the order in the file. */
struct extents {
    struct extent *v;
    size_t n;
    bool unsorted;
};

static void extents_add(struct extents *x, uint64_t begin, uint64_t size, uint32_t shndx)
{
    if (size == 0)
        return;
    if (x->n && x->v[x->n - 1].begin > begin)
        x->unsorted = true;
    x->v[x->n++] = (struct extent){begin, begin + size, shndx};
}

static int by_begin(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->shndx < y->shndx ? -1 : x->shndx > y->shndx;
}

static const char *extent_name(const struct rp_elf *e, const struct extent *x)
{
    return x->shndx        ? rp_elf_shname(e, x->shndx)
           : x->begin == 0 ? "the ELF header"
                           : "the section table";
}

static enum reap_status merge_extents(struct rp_elf_check *c, const struct extents *a,
                                      const struct extents *b)
{
    const struct extent *last = NULL;
    for (size_t i = 0, k = 0; i < a->n || k < b->n;) {
        bool from_a = k == b->n || (i < a->n && by_begin(&a->v[i], &b->v[k]) < 0);
        const struct extent *next = from_a ? &a->v[i++] : &b->v[k++];
        if (last && next->begin < last->end)
            return rp_fail(c->ctx, REAP_ERR_INPUT, "overlapping-sections", rp_at(c->e->name),
                           "contents of '%s' [0x%llx, 0x%llx) and '%s' at 0x%llx overlap",
                           extent_name(c->e, last), (unsigned long long)last->begin,
                           (unsigned long long)last->end, extent_name(c->e, next),
                           (unsigned long long)next->begin);
        last = next;
    }
    return REAP_OK;
}

/* Where the section table lies: e_shoff again, which the header check found to be good. */
static uint64_t table_offset(const struct rp_elf *e)
{
    return e->elf_class == ELFCLASS64 ? rp_load64(e->data + 40) : rp_load32(e->data + 32);
}

enum reap_status rp_elf_check_overlap(struct rp_elf_check *c)
{
    const struct rp_elf *e = c->e;
    bool is64 = e->elf_class == ELFCLASS64;
    struct extent *v = malloc(((size_t)e->n_sections + 2) * 2 * sizeof *v);
    if (!v)
        return rp_nomem(c->ctx);
    struct extents others = {.v = v}, relocs = {.v = v + e->n_sections + 2};
    extents_add(&others, 0, is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), 0);
    for (uint32_t i = 1; i < e->n_sections; i++) {
        const struct rp_shdr *s = &e->shdrs[i];
        if (s->type == SHT_NULL || s->type == SHT_NOBITS)
            continue;
        bool is_reloc = s->type == SHT_RELA || s->type == SHT_REL;
        extents_add(is_reloc ? &relocs : &others, s->offset, s->size, i);
    }
    if (e->n_sections)
        extents_add(&others, table_offset(e),
                    e->n_sections * (is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)), 0);
    if (others.unsorted)
        qsort(others.v, others.n, sizeof *v, by_begin);
    if (relocs.unsorted)
        qsort(relocs.v, relocs.n, sizeof *v, by_begin);
    enum reap_status st = merge_extents(c, &others, &relocs);
    free(v);
    return st;
}

/* --- groups ---------------------------------------------------------------------------------- */

static enum reap_status check_group(struct rp_elf_check *c, uint32_t i, uint32_t *group_of)
{
    const struct rp_elf *e = c->e;
    const struct rp_shdr *s = &e->shdrs[i];
    if (s->size < 4 || s->size % 4 != 0)
        return BAD(c, i, "bad-group", "a group of 0x%llx bytes", (unsigned long long)s->size);
    if (!e->symtab || s->link != e->symtab)
        return BAD(c, i, "bad-group", "sh_link names section %u, which is not the symbol table",
                   s->link);
    if (s->info == 0 || s->info >= e->n_symbols)
        return BAD(c, i, "bad-group", "the signature is symbol %u of %u", s->info, e->n_symbols);
    const uint8_t *p = rp_elf_bytes(e, i);
    for (uint64_t off = 4; off < s->size; off += 4) {
        uint32_t member = rp_load32(p + off);
        if (member == 0 || member >= e->n_sections || e->shdrs[member].type == SHT_GROUP)
            return BAD(c, i, "bad-group", "section %u of %u cannot be a member", member,
                       e->n_sections);
        if (group_of[member])
            return BAD(c, i, "bad-group", "member '%s' (section %u) is in group section %u too",
                       rp_elf_shname(e, member), member, group_of[member]);
        group_of[member] = i;
    }
    return REAP_OK;
}

enum reap_status rp_elf_check_groups(struct rp_elf_check *c)
{
    const struct rp_elf *e = c->e;
    enum reap_status st = REAP_OK;
    uint32_t *group_of = NULL;
    for (uint32_t i = 1; i < e->n_sections && st == REAP_OK; i++) {
        if (e->shdrs[i].type != SHT_GROUP)
            continue;
        if (!group_of)
            group_of = calloc(e->n_sections, sizeof *group_of);
        st = group_of ? check_group(c, i, group_of) : rp_nomem(c->ctx);
    }
    free(group_of);
    return st;
}
