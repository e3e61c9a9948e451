/* open.c: a linked image becomes a model of one file; addresses become nodes.
 *
 * The file is an object of the model, whose sections are numbered as those of objects are. Marks,
 * facts and reports then need to know nothing of images.
 *
 * Entries: rp_image_open, rp_image_node_at.
 */
#include "image/image.h"

#include "arch/arch.h"
#include "elf/elf_linked.h"

#include <stdio.h>
#include <string.h>

/* --- opening ---------------------------------------------------------------------------------- */

static bool is_meta(const struct rp_elf *e, uint32_t no)
{
    const struct rp_shdr *sh = &e->shdrs[no];
    switch (sh->type) {
    case SHT_NULL:
    case SHT_SYMTAB:
    case SHT_SYMTAB_SHNDX:
    case SHT_GROUP: return true;
    case SHT_REL:
    case SHT_RELA: return !(sh->flags & SHF_ALLOC);
    case SHT_STRTAB: return no == e->shstrndx || no == e->shdrs[e->symtab].link;
    default: return false;
    }
}

/* As rp_model_index() does for objects. */
static enum reap_status number_sections(struct rp_model *m)
{
    struct rp_file *f = &m->files.v[0];
    const struct rp_elf *e = &f->elf;
    f->sec_base = 1;
    m->n_section_ids = e->n_sections;
    m->sections = calloc((size_t)e->n_sections + 2, sizeof *m->sections);
    if (!m->sections)
        return rp_nomem(m->ctx);
    for (uint32_t no = 0; no < e->n_sections; no++) {
        struct rp_section *s = &m->sections[f->sec_base + no];
        const struct rp_shdr *sh = &e->shdrs[no];
        s->file = 1;
        s->flags = (sh->flags & SHF_ALLOC ? RP_SEC_ALLOC : 0) | (is_meta(e, no) ? RP_SEC_META : 0) |
                   (strcmp(rp_elf_shname(e, no), ".eh_frame") == 0 ? RP_SEC_EH_FRAME : 0);
    }
    for (uint32_t i = 0; i < e->n_xrels; i++)
        m->sections[f->sec_base + e->shdrs[e->xrels[i].shndx].info].rel = e->xrels[i].shndx;
    return REAP_OK;
}

static int by_addr(const void *a, const void *b, void *arg)
{
    const struct rp_model *m = arg;
    uint64_t x = rp_shdr_of(m, *(const rp_id *)a)->addr, y = rp_shdr_of(m, *(const rp_id *)b)->addr;
    return x < y ? -1 : x > y;
}

/* The sections that have addresses of their own, sorted. */
static enum reap_status map_sections(struct rp_image *im)
{
    const struct rp_model *m = im->m;
    im->sections = calloc((size_t)m->n_section_ids + 1, sizeof *im->sections);
    if (!im->sections)
        return rp_nomem(m->ctx);
    im->text_low = UINT64_MAX;
    for (rp_id s = 1; s <= m->n_section_ids; s++) {
        const struct rp_shdr *sh = rp_shdr_of(m, s);
        bool own = !((sh->flags & SHF_TLS) && sh->type == SHT_NOBITS);
        if (!(m->sections[s].flags & RP_SEC_ALLOC) || !sh->size || !own)
            continue;
        im->sections[im->n_sections++] = s;
        if (!(sh->flags & SHF_EXECINSTR))
            continue;
        im->text_low = sh->addr < im->text_low ? sh->addr : im->text_low;
        im->text_high = sh->addr + sh->size > im->text_high ? sh->addr + sh->size : im->text_high;
    }
    if (im->n_sections)
        qsort_r(im->sections, im->n_sections, sizeof *im->sections, by_addr, im->m);
    return REAP_OK;
}

static enum reap_status open_file(struct rp_ctx *ctx, const char *path, struct rp_model *m,
                                  struct rp_image *im)
{
    struct rp_file f = {.kind = RP_FILE_OBJECT};
    enum reap_status st = rp_map_open(ctx, &f.map, path);
    if (st != REAP_OK)
        return st;
    f.path = f.display = rp_arena_strdup(&m->arena, path);
    if (!f.path || !rp_vec_push(&m->files, f)) {
        rp_map_close(&f.map);
        return rp_nomem(ctx);
    }
    struct rp_file *file = &m->files.v[0];
    st = rp_elf_open_linked(ctx, &file->elf, file->path, file->map.data, file->map.size,
                            &im->n_relocs);
    if (st != REAP_OK)
        return st;
    im->e = &file->elf;
    m->arch = rp_arch_of(im->e->machine, im->e->elf_class);
    if (!im->n_relocs)
        return rp_fail_remedy(
            ctx, REAP_ERR_UNSUPPORTED, "no-relocations", rp_at(path),
            "link with --emit-relocs (-q; gcc -Wl,-q) and do not strip",
            "the image has no relocations, so that what refers to what is unknown");
    return REAP_OK;
}

/* Functions that refer to nothing at all, not even to data: somebody has taken the relocations of
 * their section away. Short ones may well be so. */
static enum reap_status check_relocations(const struct rp_image *im)
{
    enum { SHORT = 1024 };
    const struct rp_model *m = im->m;
    for (uint32_t i = 1; i < im->e->n_symbols; i++) {
        const struct rp_sym *sym = &im->e->syms[i];
        uint32_t n = 0, shndx = rp_sym_shndx(im->e, i);
        if (rp_sym_type(sym) != STT_FUNC || !sym->size || shndx == RP_SHN_UNDEF ||
            shndx >= im->e->n_sections)
            continue;
        const struct rp_shdr *sh = &im->e->shdrs[shndx];
        uint32_t rel = m->sections[m->files.v[0].sec_base + shndx].rel;
        if (rel)
            rp_elf_relocs(im->e, rel, &n);
        if (!n && sh->size >= SHORT && (sh->flags & SHF_EXECINSTR))
            return rp_fail_remedy(
                m->ctx, REAP_ERR_UNSUPPORTED, "no-relocations",
                (struct rp_where){.file = im->e->name, .section = rp_elf_shname(im->e, shndx)},
                "link with --emit-relocs (-q; gcc -Wl,-q) and do not strip",
                "the section has functions, and no relocations");
    }
    return REAP_OK;
}

enum reap_status rp_image_open(struct rp_ctx *ctx, const char *path, struct rp_model *m,
                               struct rp_image *ret)
{
    *ret = (struct rp_image){.m = m};
    enum reap_status st = open_file(ctx, path, m, ret);
    if (st == REAP_OK)
        st = number_sections(m);
    if (st == REAP_OK)
        st = check_relocations(ret);
    if (st == REAP_OK)
        st = map_sections(ret);
    if (st == REAP_OK && ret->text_low >= ret->text_high)
        st = rp_fail(ctx, REAP_ERR_UNSUPPORTED, "no-code", rp_at(path), "the image has no code");
    if (st != REAP_OK)
        rp_image_close(ret);
    return st;
}

void rp_image_close(struct rp_image *im)
{
    free(im->sections);
    rp_vec_free(&im->atoms);
    rp_vec_free(&im->symbols);
    rp_vec_free(&im->edges.v);
    rp_vec_free(&im->verified);
    memset(im, 0, sizeof *im);
}

/* --- addresses -------------------------------------------------------------------------------- */

rp_id rp_image_section_at(const struct rp_image *im, uint64_t addr)
{
    uint32_t lo = 0, hi = im->n_sections; /* sections before lo start at or below addr */
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (rp_shdr_of(im->m, im->sections[mid])->addr <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!lo)
        return 0;
    const struct rp_shdr *sh = rp_shdr_of(im->m, im->sections[lo - 1]);
    return addr - sh->addr < sh->size ? im->sections[lo - 1] : 0;
}

rp_id rp_image_node_at(const struct rp_image *im, uint64_t addr)
{
    rp_id s = rp_image_section_at(im, addr);
    if (!s || !im->m->sections[s].n_nodes)
        return 0;
    rp_id node = rp_node_at(im->m, s, addr - rp_shdr_of(im->m, s)->addr);
    return im->m->nodes.v[node].offset <= addr - rp_shdr_of(im->m, s)->addr ? node : 0;
}

const uint8_t *rp_image_data(const struct rp_image *im, uint64_t addr, uint64_t n)
{
    rp_id s = rp_image_section_at(im, addr);
    if (!s)
        return NULL;
    const struct rp_shdr *sh = rp_shdr_of(im->m, s);
    if (sh->type == SHT_NOBITS || n > sh->size - (addr - sh->addr))
        return NULL;
    return im->e->data + sh->offset + (addr - sh->addr);
}

size_t rp_image_first_symbol(const struct rp_image *im, uint64_t addr)
{
    size_t lo = 0, hi = im->symbols.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (im->symbols.v[mid].addr < addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct rp_image_symbol *rp_image_symbol_at(const struct rp_image *im, uint64_t addr)
{
    size_t i = rp_image_first_symbol(im, addr);
    return i < im->symbols.n && im->symbols.v[i].addr == addr ? &im->symbols.v[i] : NULL;
}

rp_id rp_image_code_at(const struct rp_image *im, uint64_t addr)
{
    if (addr < im->text_low || addr >= im->text_high)
        return 0;
    const struct rp_image_symbol *s = rp_image_symbol_at(im, addr);
    if (!s || !s->node || !(im->atoms.v[s->node].flags & RP_ATOM_CODE))
        return 0;
    return s->node;
}

size_t rp_image_verified_from(const struct rp_image *im, uint64_t addr)
{
    size_t lo = 0, hi = im->verified.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct rp_image_range *r = &im->verified.v[mid];
        if (r->addr <= addr && addr - r->addr >= r->size)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

char *rp_image_name_addr(const struct rp_image *im, uint64_t addr, char *buf, size_t size)
{
    rp_id node = rp_image_node_at(im, addr);
    uint32_t symbol = node ? im->atoms.v[node].symbol : 0;
    if (symbol)
        snprintf(buf, size, "%s+0x%llx", rp_elf_symname(im->e, symbol),
                 (unsigned long long)(addr - rp_image_node_addr(im, node)));
    else
        snprintf(buf, size, "0x%llx", (unsigned long long)addr);
    return buf;
}
