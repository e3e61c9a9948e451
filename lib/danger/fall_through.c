/* fall_through.c: fall-through: live code runs on into a section that is gone.
 *
 * Hand-written assembly may lay a function over several sections and trust that the linker keeps
 * them side by side. No relocation says so.
 *
 * Found when the last instruction of live code neither returns, jumps, traps nor calls, the file
 * was not made by a compiler (it has no .comment), and the next section of code of the same file
 * and the same kind is lost. Compilers end functions; where they do not, the end is never reached.
 */
#include "danger/danger.h"

#include "arch/access.h"

#include <string.h>

static bool is_compiled(const struct rp_file *f)
{
    for (uint32_t no = 1; no < f->elf.n_sections; no++)
        if (strcmp(rp_elf_shname(&f->elf, no), ".comment") == 0)
            return true;
    return false;
}

/* ".text.a" and ".text.b" are laid side by side, ".text" and ".init.text" are not. */
static bool same_kind(const char *a, const char *b)
{
    size_t n = strcspn(a + (*a == '.'), ".") + (*a == '.');
    size_t k = strcspn(b + (*b == '.'), ".") + (*b == '.');
    return n == k && memcmp(a, b, n) == 0;
}

static bool runs_on(const struct rp_danger *d, rp_id section)
{
    const struct rp_file *f = rp_section_file(d->m, section);
    uint32_t n;
    const struct rp_rela *r = rp_danger_relocs(d, section, &n);
    uint64_t last = UINT64_MAX;
    for (uint32_t i = 0; i < n; i++)
        if (last == UINT64_MAX || r[i].offset > last)
            last = r[i].offset;
    return !rp_arch_ends(d->m->arch, rp_elf_bytes(&f->elf, rp_section_no(d->m, section)),
                         rp_shdr_of(d->m, section)->size, last);
}

static void report(struct rp_danger *d, rp_id live, rp_id lost)
{
    struct rp_words w = {.next = 0};
    struct rp_draft *x = rp_draft_new(d, RP_FIND_FALL_THROUGH, RP_FINDING_ERROR);
    if (!x)
        return;
    rp_draft_at(d, x, lost);
    const char *from = rp_word_code(&w, d, d->m->sections[live].node);
    rp_draft_say(x, "%s is live, and its last instruction runs on into %s", from,
                 rp_word_section(&w, d, lost));
    rp_draft_say(x, "nothing refers to %s", rp_word_section(&w, d, lost));
    rp_draft_chain(x, "%s was dropped; something else stands behind %s",
                   rp_word_section(&w, d, lost), from);
    rp_draft_chain(x, "%s runs off its end into it", from);
    rp_draft_lost(d, x, lost);
    rp_draft_keep(d, x, lost);
    rp_draft_remedy(x,
                    "in the source: put %s and what it runs on from into one section, or add "
                    "'.reloc 0, R_X86_64_NONE, SYMBOL' that names it",
                    rp_section_name(d->m, lost));
}

void rp_danger_fall_through(struct rp_danger *d)
{
    for (size_t i = 0; i < d->m->files.n; i++) {
        const struct rp_file *f = &d->m->files.v[i];
        if (!f->sec_base || is_compiled(f) || rp_danger_is_runtime(f->path))
            continue;
        rp_id before = 0;
        for (uint32_t no = 1; no < f->elf.n_sections; no++) {
            rp_id id = f->sec_base + no;
            if (!d->m->sections[id].n_nodes || !rp_danger_is_code(d, id) ||
                !f->elf.shdrs[no].size || rp_danger_is_initializer(rp_section_name(d->m, id)))
                continue;
            if (before && rp_danger_is_live(d, before) && rp_danger_is_lost(d, id) &&
                same_kind(rp_section_name(d->m, before), rp_section_name(d->m, id)) &&
                runs_on(d, before))
                report(d, before, id);
            before = id;
        }
    }
}
