/* rewrite_check.c: find the objects that cannot be rewritten, before anything is marked.
 *
 * A section type that is not known may hold section or symbol numbers in its link and info fields
 * or in its contents. Renumbering would break it, so its file is left untouched: all of it stays,
 * and everything that it mentions. Doubt keeps.
 *
 * Entry: rp_rewrite_check().
 */
#include "pass/pass.h"

#include "util/checked.h"
#include "util/pool.h"

/* LLVM Extensions, ELF section types; without symbol or section numbers in the contents but for
 * the two lists that rewrite_lists.c knows. */
#define SHT_LLVM_FIRST_          0x6fff4c00u
#define SHT_LLVM_LAST_           0x6fff4c12u
#define SHT_LLVM_CALL_GRAPH_OLD_ 0x6fff4c02u /* symbol numbers in the contents; LLVM 9 to 12 */
#define SHT_LLVM_SYMPART_        0x6fff4c05u
#define SHT_AARCH64_ATTRIBUTES_  0x70000003u

static bool is_known_type(const struct rp_elf *e, uint32_t type)
{
    if (type >= SHT_LLVM_FIRST_ && type <= SHT_LLVM_LAST_)
        return type != SHT_LLVM_CALL_GRAPH_OLD_ && type != SHT_LLVM_SYMPART_;
    switch (type) {
    case SHT_NULL:
    case SHT_PROGBITS:
    case SHT_SYMTAB:
    case SHT_STRTAB:
    case SHT_RELA:
    case SHT_NOTE:
    case SHT_NOBITS:
    case SHT_REL:
    case SHT_INIT_ARRAY:
    case SHT_FINI_ARRAY:
    case SHT_PREINIT_ARRAY:
    case SHT_GROUP:
    case SHT_SYMTAB_SHNDX:
    case SHT_GNU_ATTRIBUTES: return true;
    case SHT_X86_64_UNWIND: return e->machine == EM_X86_64;
    case SHT_AARCH64_ATTRIBUTES_: return e->machine == EM_AARCH64;
    default: return false;
    }
}

static const char *why_not_section(const struct rp_elf *e, uint32_t i)
{
    const struct rp_shdr *sh = &e->shdrs[i];
    switch (sh->type) {
    case SHT_NULL:
    case SHT_SYMTAB:
    case SHT_SYMTAB_SHNDX: return NULL;
    case SHT_GROUP: {
        /* A section symbol names the group by its section, which then has to stay with it. */
        if (!e->symtab || sh->info >= e->n_symbols)
            return "a section group has no signature";
        if (rp_sym_type(&e->syms[sh->info]) != STT_SECTION)
            return NULL;
        uint32_t shndx = rp_sym_shndx(e, sh->info);
        if (shndx == i) /* gold's -r: the group itself */
            return NULL;
        const uint8_t *words = rp_elf_bytes(e, i);
        for (uint64_t k = 1; k < sh->size / 4; k++)
            if (rp_load32(words + 4 * k) == shndx)
                return NULL;
        return "a section group is named after a section outside of it";
    }
    case SHT_REL:
    case SHT_RELA:
        if ((sh->flags & SHF_ALLOC) || !sh->info || sh->link != e->symtab)
            return "relocations of another kind than an object's";
        return NULL;
    default: break;
    }
    if (sh->info && !(sh->flags & SHF_INFO_LINK))
        return "a section has an info field of unknown meaning";
    if (is_known_type(e, sh->type) || (!sh->link && !sh->info))
        return NULL;
    return sh->flags & (SHF_LINK_ORDER | SHF_INFO_LINK) ? NULL
                                                        : "a section of unknown type has links";
}

static enum reap_status check_file(void *arg, size_t k)
{
    struct rp_model *m = arg;
    struct rp_file *f = &m->files.v[k];
    if (!f->sec_base || f->untouched)
        return REAP_OK;
    for (uint32_t i = 1; i < f->elf.n_sections; i++) {
        const char *why = why_not_section(&f->elf, i);
        if (!why && f->elf.shdrs[i].type == SHT_LLVM_CALL_GRAPH_OLD_)
            why = "a call graph profile of LLVM 12 or older";
        if (!why)
            continue;
        f->untouched = true;
        f->untouched_why = why;
        rp_note(m->ctx, "left-untouched",
                (struct rp_where){.file = f->display, .section = rp_elf_shname(&f->elf, i)},
                "the file is linked as it is: %s", why);
        return REAP_OK;
    }
    return REAP_OK;
}

enum reap_status rp_rewrite_check(struct rp_model *m)
{
    return rp_parallel(m->ctx, m->files.n, check_file, m);
}
