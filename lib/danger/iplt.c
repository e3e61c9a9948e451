/* iplt.c: iplt-bracket: IFUNCs of a static program whose relocations nobody applies.
 *
 * In a program without dynamic linker the startup code runs over the IRELATIVE relocations between
 * __rela_iplt_start and __rela_iplt_end. gold, lld and mold define these symbols themselves; GNU
 * ld's *default script* does, so that a script of one's own must as well. References to them are
 * weak in many startup files: then the loop runs zero times, and the first call goes to an address
 * that is none.
 *
 * Found when a live IFUNC is in a static link and the relocations are out of reach. Dynamic and
 * static-pie links apply them by DT_RELA: no finding.
 */
#include "danger/danger.h"

#include "arch/arch.h"
#include "util/glob.h"

#include <string.h>

#define STT_GNU_IFUNC_ 10

/* A live IFUNC definition, 0 = none. */
static rp_id live_ifunc(const struct rp_danger *d)
{
    for (size_t i = 0; i < d->m->globals.n; i++) {
        const struct rp_global *g = &d->m->globals.v[i];
        if (!g->def_file || rp_file_of(d->m, g->def_file)->kind != RP_FILE_OBJECT)
            continue;
        const struct rp_elf *e = &rp_file_of(d->m, g->def_file)->elf;
        rp_id node = rp_global_node(d->m, (rp_id)i + 1);
        if (node && d->marks->live[node] && rp_sym_type(&e->syms[g->def_sym]) == STT_GNU_IFUNC_)
            return (rp_id)i + 1;
    }
    return 0;
}

static bool has_relocations(const struct rp_input_stmt *s)
{
    static const char *const names[] = {".rela.iplt", ".rel.iplt", ".rela.plt", ".rel.plt"};
    for (uint32_t p = 0; p < s->n_sections; p++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (rp_glob_match(s->sections[p].glob, names[k]) &&
                strcmp(s->out_section, "/DISCARD/") != 0)
                return true;
    return false;
}

static const struct rp_script_symbol *defined(const struct rp_danger *d, const char *name,
                                              const struct rp_script **ret_script)
{
    for (size_t i = 0; i < d->job->n_scripts; i++) {
        const struct rp_script *s = d->job->scripts[i];
        for (size_t k = 0; k < s->defined.n; k++)
            if (strcmp(s->defined.v[k].name, name) == 0) {
                *ret_script = s;
                return &s->defined.v[k];
            }
    }
    return NULL;
}

/* Whether the relocations stand between the script's two symbols. */
static bool is_between(const struct rp_danger *d, const char *start, const char *end)
{
    const struct rp_script *s = NULL;
    const struct rp_script_symbol *a = defined(d, start, &s), *b = defined(d, end, &s);
    for (uint32_t k = a && b ? a->stmt_before : 0; a && b && k < b->stmt_before; k++)
        if (k < s->stmts.n && has_relocations(&s->stmts.v[k]))
            return true;
    return false;
}

/* Symbols of other names around the relocations, which live code uses. */
static bool has_other_marks(struct rp_danger *d)
{
    for (size_t i = 0; i < d->job->n_scripts; i++) {
        const struct rp_script *s = d->job->scripts[i];
        for (size_t k = 0; k < s->defined.n; k++) {
            uint32_t at = s->defined.v[k].stmt_before;
            if (((at < s->stmts.n && has_relocations(&s->stmts.v[at])) ||
                 (at && at <= s->stmts.n && has_relocations(&s->stmts.v[at - 1]))) &&
                rp_danger_user(d, s->defined.v[k].name))
                return true;
        }
    }
    return false;
}

void rp_danger_iplt(struct rp_danger *d)
{
    if (rp_danger_is_dynamic(d) || !d->job->link || d->job->link->relocatable)
        return;
    rp_id ifunc = live_ifunc(d);
    if (!ifunc)
        return;
    struct rp_words w = {.next = 0};
    bool rel = d->m->arch->rela == false;
    const char *start = rel ? "__rel_iplt_start" : "__rela_iplt_start";
    const char *end = rel ? "__rel_iplt_end" : "__rela_iplt_end";
    rp_id user = rp_danger_user(d, start);
    if (user && (d->job->link->flavor != RP_LINKER_BFD || !rp_danger_has_script(d) ||
                 is_between(d, start, end)))
        return;
    if (!user && has_other_marks(d))
        return;
    struct rp_draft *x = rp_draft_new(d, RP_FIND_IPLT_BRACKET, RP_FINDING_ERROR);
    if (!x)
        return;
    const struct rp_global *g = rp_global_of(d->m, ifunc);
    x->file = g->def_file;
    rp_draft_part(d, x, g->name, 0);
    const struct rp_script *s = NULL;
    rp_draft_say(x, "%s is an IFUNC, and live", rp_word_name(&w, g->name));
    if (user && !defined(d, start, &s))
        rp_draft_say(x,
                     "%s reads %s, which GNU ld defines in its default script alone; this "
                     "script does not",
                     rp_word_code(&w, d, user), start);
    else if (user)
        rp_draft_say(x, "the script defines %s, but .rela.iplt is not between it and %s", start,
                     end);
    else
        rp_draft_say(x, "no live code reads %s: nobody applies the relocations", start);
    rp_draft_chain(x, "the relocations between %s and %s are not applied", start, end);
    rp_draft_chain(x, "a call of %s goes through a slot that holds no function",
                   rp_word_name(&w, g->name));
    rp_draft_remedy(x, "in the linker script: .rela.plt : { %s = .; *(.rela.iplt) %s = .; }", start,
                    end);
    if (!user)
        rp_draft_remedy(x, "in the startup code: apply the relocations from %s to %s", start, end);
}
