/* entry.c: entry-like: a section that hardware, firmware or a loader reads is gone.
 *
 * Vector tables, boot headers and reset code have no references: the processor or the boot loader
 * finds them at a fixed address. They are known by their names, and by standing first in the script
 * of a program without an operating system. What /DISCARD/ takes was somebody's decision: no
 * finding; nor are notes, which tools read.
 */
#include "danger/danger.h"

#include "util/glob.h"

#include <string.h>

static const char *const names[] = {
    ".vectors*",
    ".vector",
    ".vector.*",
    ".vector_table*",
    ".isr_vector*",
    ".isr_vectors*",
    ".intvec*",
    ".int_vector*",
    ".interrupt_vector*",
    ".exception_vector*",
    ".ivt*",
    ".resetvec*",
    ".reset",
    ".reset.*",
    ".reset_vector*",
    ".boot",
    ".boot.*",
    ".bootblock*",
    ".boot2*",
    ".start",
    ".start.*",
    ".startup",
    ".startup.*",
    ".multiboot*",
    ".head",
    ".head.*",
    ".header",
    ".entry",
    ".entry.*",
    ".text.start",
    ".text.boot*",
    ".text.reset*",
    ".text.vectors*",
    ".flash_config*",
    ".FlashConfig*",
    ".cfmconfig*",
    ".image_header*",
    ".note.Xen*",
};

static bool is_first(const struct rp_danger *d, rp_id section)
{
    for (size_t i = 0; i < d->job->n_scripts; i++)
        if (d->stmt[i] && d->stmt[i][section] == 0 && d->job->scripts[i]->has_sections &&
            !d->job->scripts[i]->has_insert)
            return true;
    return false;
}

static bool is_plain(const char *name)
{
    static const char *const plain[] = {".text",  ".text.*", ".rodata*", ".data*",
                                        ".bss*",  ".note*",  ".hash",    ".gnu*",
                                        ".init*", ".fini*",  ".interp"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (rp_glob_match(plain[i], name))
            return true;
    return false;
}

/* Whether the script names the section without a wildcard. */
static bool is_named(const struct rp_danger *d, rp_id section)
{
    const struct rp_input_stmt *s = rp_danger_stmt(d, section);
    for (uint32_t i = 0; s && i < s->n_sections; i++)
        if (strcmp(s->sections[i].glob, rp_section_name(d->m, section)) == 0)
            return true;
    return false;
}

static bool is_entry(const struct rp_danger *d, rp_id section)
{
    const char *name = rp_section_name(d->m, section);
    bool like = false;
    for (size_t i = 0; i < sizeof names / sizeof *names && !like; i++)
        like = rp_glob_match(names[i], name);
    if (like) /* -ffunction-sections makes .text.reset_user of a function */
        return strncmp(name, ".text.", 6) != 0 || is_named(d, section);
    return is_first(d, section) && !is_plain(name);
}

void rp_danger_entry(struct rp_danger *d)
{
    for (rp_id id = 1; id <= d->m->n_section_ids; id++) {
        const struct rp_section *s = &d->m->sections[id];
        if (!s->n_nodes || !(s->flags & RP_SEC_ALLOC) || d->gone[id] || !is_entry(d, id) ||
            !rp_danger_is_lost(d, id))
            continue;
        struct rp_words w = {.next = 0};
        struct rp_draft *x = rp_draft_new(d, RP_FIND_ENTRY_LIKE, RP_FINDING_ERROR);
        if (!x)
            return;
        rp_draft_at(d, x, id);
        const struct rp_input_stmt *st = rp_danger_stmt(d, id);
        rp_draft_say(x,
                     "%s has the name or the place of what hardware or a loader reads; no code "
                     "refers to it",
                     rp_word_section(&w, d, id));
        if (st)
            rp_draft_say(x, "%s:%u: %s takes it without KEEP", st->script, st->line,
                         rp_word_stmt(&w, st, false));
        x->score = is_first(d, id);
        rp_draft_chain(x, "%s is dropped, and what follows it in the output moves to its address",
                       rp_word_section(&w, d, id));
        rp_draft_chain(x, "the processor or the loader reads other bytes in its place");
        rp_draft_lost(d, x, id);
        rp_danger_effects(d, x, id, false);
        rp_draft_keep(d, x, id);
        rp_draft_remedy(x, "in the source: __attribute__((used, retain))");
    }
}
