/* pieces.c: where code without names is divided.
 *
 * Why: assembly puts snippets into sections of their own (.altinstr_aux of Linux), one behind the
 * other, without a symbol. Taken as one they would keep every function that one of them serves.
 *
 * How: in a section of code that has no symbol at all, a piece starts wherever a relocation leads.
 * What is before the first one remains a gap.
 *
 * Entry: rp_image_find_pieces.
 */
#include "image/parts.h"

#include "arch/arch.h"
#include "util/bitset.h"

/* Sections of code in which no symbol of the program stands. */
static bool find_nameless(const struct rp_image *im, struct rp_bitset *ret)
{
    const struct rp_elf *e = im->e;
    if (!rp_bitset_init(ret, e->n_sections))
        return false;
    struct rp_bitset named;
    if (!rp_bitset_init(&named, e->n_sections)) {
        rp_bitset_free(ret);
        return false;
    }
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        uint32_t shndx = rp_sym_shndx(e, i);
        const char *name = rp_elf_symname(e, i);
        /* a mark at the end is what follows the section */
        if (shndx < e->n_sections && *name && rp_sym_type(&e->syms[i]) != STT_SECTION &&
            !rp_image_is_marker(name) && e->syms[i].value < e->shdrs[shndx].size)
            rp_bitset_set(&named, shndx);
    }
    for (uint32_t i = 1; i < e->n_sections; i++)
        if ((e->shdrs[i].flags & SHF_EXECINSTR) && !rp_bitset_get(&named, i))
            rp_bitset_set(ret, i);
    rp_bitset_free(&named);
    return true;
}

/* The address that a relocation by a section's symbol means. */
static uint64_t target_of(const struct rp_image *im, rp_id section, const struct rp_rela *r,
                          uint64_t symbol)
{
    const struct rp_shdr *sh = rp_shdr_of(im->m, section);
    uint64_t value = symbol + (uint64_t)r->addend;
    if (!(sh->flags & SHF_EXECINSTR) || !rp_reloc_info(im->m->arch, r->type)->pcrel)
        return value;
    return value + (unsigned)im->m->arch->pc_bias;
}

static bool add_pieces(struct rp_image_build *b, rp_id section, const struct rp_bitset *nameless)
{
    const struct rp_image *im = b->im;
    const struct rp_section *s = &im->m->sections[section];
    uint32_t n = 0;
    const struct rp_rela *r = s->rel ? rp_elf_relocs(im->e, s->rel, &n) : NULL;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t shndx = rp_sym_shndx(im->e, r[i].sym);
        uint64_t addr;
        if (shndx < im->e->n_sections && rp_bitset_get(nameless, shndx) &&
            rp_sym_type(&im->e->syms[r[i].sym]) == STT_SECTION &&
            rp_image_symbol_addr(im, r[i].sym, &addr) &&
            !rp_vec_push(&b->splits, target_of(im, section, &r[i], addr)))
            return false;
    }
    return true;
}

enum reap_status rp_image_find_pieces(struct rp_image_build *b)
{
    const struct rp_image *im = b->im;
    struct rp_bitset nameless;
    if (!find_nameless(im, &nameless))
        return rp_nomem(im->m->ctx);
    bool ok = true;
    for (uint32_t i = 0; i < im->n_sections && ok; i++)
        ok = add_pieces(b, im->sections[i], &nameless);
    rp_bitset_free(&nameless);
    return ok ? REAP_OK : rp_nomem(im->m->ctx);
}
