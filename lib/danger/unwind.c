/* unwind.c: lost-unwind: exceptions pass through live code whose unwind data is not in the output.
 *
 * Without an FDE for a frame, or an LSDA for a frame with handlers, the unwinder ends in
 * std::terminate. .eh_frame goes by /DISCARD/, and under GNU ld's --gc-sections also by a script of
 * one's own that takes it without KEEP.
 *
 * Found when live code throws (or unwinds by force) and unwind data of a file with live code is
 * lost. A program that never throws misses nothing: no finding.
 */
#include "danger/danger.h"

#include <string.h>

static const char *const throwers[] = {"__cxa_throw", "__cxa_rethrow", "_Unwind_RaiseException",
                                       "_Unwind_Resume_or_Rethrow", "_Unwind_ForcedUnwind"};

static bool mentions(const struct rp_file *f, const char *const *names, size_t n)
{
    for (uint32_t i = f->elf.first_global; i < f->elf.n_symbols; i++)
        for (size_t k = 0; k < n; k++)
            if (strcmp(rp_elf_symname(&f->elf, i), names[k]) == 0)
                return true;
    return false;
}

static bool has_live_code(const struct rp_danger *d, const struct rp_file *f)
{
    for (uint32_t no = 1; no < f->elf.n_sections; no++)
        if (d->m->sections[f->sec_base + no].n_nodes && rp_danger_is_code(d, f->sec_base + no) &&
            rp_danger_is_live(d, f->sec_base + no))
            return true;
    return false;
}

static void add_functions(struct rp_danger *d, struct rp_draft *x, const struct rp_file *f)
{
    for (uint32_t i = 1; i < f->elf.n_symbols; i++) {
        uint32_t no = rp_sym_shndx(&f->elf, i);
        if (rp_sym_type(&f->elf.syms[i]) == STT_FUNC && no && no < f->elf.n_sections &&
            d->m->sections[f->sec_base + no].n_nodes && rp_danger_is_live(d, f->sec_base + no))
            rp_draft_part(d, x, rp_elf_symname(&f->elf, i), 0);
    }
}

/* How much a file has to do with exceptions: handlers first, then throwers. */
static uint64_t weight(const struct rp_file *f)
{
    static const char *const handlers[] = {"__cxa_begin_catch", "__gxx_personality_v0"};
    return 2u * mentions(f, handlers, 1) + mentions(f, throwers, 2);
}

static bool is_unwind(const struct rp_danger *d, rp_id section, bool tables)
{
    const char *name = rp_section_name(d->m, section);
    return tables ? strncmp(name, ".gcc_except_table", 17) == 0
                  : strcmp(name, ".eh_frame") == 0 || strncmp(name, ".ARM.exidx", 10) == 0;
}

static void report(struct rp_danger *d, const rp_id *ids, size_t n, bool tables, rp_id thrower)
{
    struct rp_words w = {.next = 0};
    rp_id worst = ids[0];
    for (size_t i = 1; i < n; i++)
        if (weight(rp_section_file(d->m, ids[i])) > weight(rp_section_file(d->m, worst)))
            worst = ids[i];
    struct rp_draft *x = rp_draft_new(d, RP_FIND_LOST_UNWIND, RP_FINDING_ERROR);
    if (!x)
        return;
    rp_draft_at(d, x, worst);
    x->count = (uint32_t)n;
    x->score = n;
    const struct rp_input_stmt *s = rp_danger_stmt(d, worst);
    const char *name = rp_section_name(d->m, worst);
    if (s && d->gone[worst] == RP_GONE_DISCARDED)
        rp_draft_say(x, "%s:%u: /DISCARD/ takes %s", s->script, s->line, name);
    else if (s)
        rp_draft_say(x, "%s:%u: %s takes %s without KEEP", s->script, s->line,
                     rp_word_stmt(&w, s, false), name);
    rp_draft_say(x, "%zu files with live code have lost it", n);
    rp_draft_say(x, "live code throws: %s", rp_word_code(&w, d, thrower));
    rp_draft_chain(x, "%s throws", rp_word_code(&w, d, thrower));
    rp_draft_chain(x,
                   tables
                       ? "the frames of %s are found, but %s, which names their handlers, is not "
                         "in the output"
                       : "the frames of %s are not found: %s is not in the output",
                   rp_section_file(d->m, worst)->display, name);
    rp_draft_chain(x, "the unwinder gives up and std::terminate aborts");
    add_functions(d, x, rp_section_file(d->m, worst));
    for (size_t i = 0; i < n; i++)
        rp_draft_part(d, x, NULL, d->m->sections[ids[i]].node);
    if (tables)
        rp_draft_remedy(x, "in the linker script: .gcc_except_table : { *(.gcc_except_table "
                           ".gcc_except_table.*) }, before any /DISCARD/ of it");
    else
        rp_draft_remedy(x, "in the linker script: .eh_frame : { KEEP (*(.eh_frame)) }, before any "
                           "/DISCARD/ of it");
    rp_draft_keep(d, x, worst);
}

void rp_danger_unwind(struct rp_danger *d)
{
    rp_id thrower = 0;
    bool any = false;
    for (rp_id id = 1; id <= d->m->n_section_ids && !any; id++)
        any =
            d->gone[id] || (d->m->sections[id].flags & RP_SEC_ALLOC && d->m->sections[id].n_nodes &&
                            is_unwind(d, id, true) && rp_danger_is_lost(d, id));
    for (size_t i = 0; any && i < sizeof throwers / sizeof *throwers && !thrower; i++)
        thrower = rp_danger_user(d, throwers[i]);
    if (!thrower)
        return;
    for (int tables = 0; tables < 2; tables++) {
        RP_VEC(rp_id) lost = {0};
        for (rp_id id = 1; id <= d->m->n_section_ids; id++)
            if (d->m->sections[id].n_nodes && d->gone[id] && is_unwind(d, id, tables) &&
                rp_danger_is_lost(d, id) && has_live_code(d, rp_section_file(d->m, id)) &&
                !rp_vec_push(&lost, id))
                d->oom = true;
        if (lost.n)
            report(d, lost.v, lost.n, tables, thrower);
        rp_vec_free(&lost);
    }
}
