/* weak.c: weak-null: a weak reference resolves to null although an archive on the line defines it.
 *
 * A weak reference extracts nothing (gABI, Symbol Table). Code that calls it without asking jumps
 * to address 0; code that asks (`if (hook) hook();`) does without, which is usually meant.
 *
 * Found when live code calls the name, or loads its address, without a comparison of the address in
 * the same function. Questions that are asked first, and references of the toolchain's libraries to
 * each other, are no findings.
 */
#include "danger/danger.h"

#include "arch/access.h"

#include <string.h>

/* Whether the function around a reference compares the name's address somewhere. */
static bool is_asked(struct rp_danger *d, size_t first, size_t end, size_t at)
{
    const struct rp_danger_ref *here = &d->refs.v[at];
    const struct rp_file *f = rp_section_file(d->m, here->section);
    const uint8_t *code = rp_elf_bytes(&f->elf, rp_section_no(d->m, here->section));
    uint64_t size = rp_shdr_of(d->m, here->section)->size;
    uint32_t n;
    const struct rp_rela *r = rp_danger_relocs(d, here->section, &n);
    uint32_t sym = rp_danger_symbol_at(d, here->section, r[here->reloc].offset);
    for (size_t i = first; i < end; i++) {
        const struct rp_danger_ref *x = &d->refs.v[i];
        if (x->section != here->section ||
            rp_danger_symbol_at(d, x->section, r[x->reloc].offset) != sym)
            continue;
        switch (rp_arch_access(d->m->arch, code, size, &r[x->reloc])) {
        case RP_ACCESS_TEST:
        case RP_ACCESS_READ: return true; /* cmp sym(%rip), …: doubt is silence */
        case RP_ACCESS_ADDRESS:
            if (rp_arch_is_tested(d->m->arch, code, size, &r[x->reloc]))
                return true;
            break;
        default: break;
        }
    }
    return false;
}

static void report(struct rp_danger *d, rp_id global, const struct rp_danger_ref *ref, bool called)
{
    struct rp_words w = {.next = 0};
    const struct rp_global *g = rp_global_of(d->m, global);
    const struct rp_ar *ar = &d->m->ars.v[g->lazy_ar - 1];
    const char *path = ar->archive.path, *slash = strrchr(path, '/');
    const char *member = ar->archive.members[g->lazy_member].name;
    struct rp_draft *x = rp_draft_new(d, RP_FIND_WEAK_NULL, RP_FINDING_ERROR);
    if (!x)
        return;
    x->file_fact = rp_danger_member(d, g->lazy_ar, g->lazy_member);
    uint32_t n;
    const struct rp_rela *r = rp_danger_relocs(d, ref->section, &n);
    const char *user = rp_danger_name_at(d, ref->section, r[ref->reloc].offset);
    const char *name = rp_word_name(&w, g->name), *code = rp_word_name(&w, user);
    rp_draft_part(d, x, g->name, 0);
    rp_draft_part(d, x, user, 0);
    x->score = called;
    rp_draft_say(x, "%s (%s+0x%llx) %s %s, a weak reference, without asking whether it is null",
                 code, rp_word_section(&w, d, ref->section),
                 (unsigned long long)r[ref->reloc].offset, called ? "calls" : "uses", name);
    rp_draft_say(x, "a definition is in %s(%s), which nothing extracts", slash ? slash + 1 : path,
                 member);
    rp_draft_chain(x, "a weak reference extracts no archive member: %s is null", name);
    rp_draft_chain(x, "%s %s address 0", code, called ? "calls" : "uses");
    rp_draft_remedy(x, "add -u %s to the link", g->name);
    rp_draft_remedy(x, "or make the reference strong");
}

void rp_danger_weak(struct rp_danger *d)
{
    for (size_t first = 0, end; first < d->refs.n; first = end) {
        rp_id global = d->refs.v[first].global;
        for (end = first; end < d->refs.n && d->refs.v[end].global == global;)
            end++;
        const struct rp_global *g = rp_global_of(d->m, global);
        if (!(g->flags & RP_GLOB_LAZY) || !g->lazy_ar || g->def_file ||
            g->flags & RP_GLOB_LINKER_DEF)
            continue;
        bool runtime = rp_danger_is_runtime(d->m->ars.v[g->lazy_ar - 1].archive.path);
        for (size_t i = first; i < end; i++) {
            const struct rp_danger_ref *x = &d->refs.v[i];
            const struct rp_file *f = rp_section_file(d->m, x->section);
            uint32_t n;
            const struct rp_rela *r = rp_danger_relocs(d, x->section, &n);
            if (!rp_danger_is_code(d, x->section) || (runtime && rp_danger_is_runtime(f->path)) ||
                is_asked(d, first, end, i))
                continue;
            enum rp_access how =
                rp_arch_access(d->m->arch, rp_elf_bytes(&f->elf, rp_section_no(d->m, x->section)),
                               rp_shdr_of(d->m, x->section)->size, &r[x->reloc]);
            report(d, global, x, how == RP_ACCESS_CALL || how == RP_ACCESS_JUMP);
            break;
        }
    }
}
