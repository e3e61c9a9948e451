/* script_symbols.c: script-only-symbol: an expression of the script is the only one that names a
 * definition, and it was removed.
 *
 * Reap and lld count a name in an expression as a reference. Where a linker does not, the
 * expression's value is 0 or the link fails; DEFINED(x) turns false under lld 19, which counts a
 * collected x as undefined.
 *
 * A name that is live, or that no object defines, is no finding.
 */
#include "danger/danger.h"

#include <string.h>

static rp_id lost_definition(const struct rp_danger *d, const char *name)
{
    rp_id global = rp_model_find_global(d->m, name);
    rp_id node = global ? rp_global_node(d->m, global) : 0;
    rp_id section = node ? d->m->nodes.v[node].section : 0;
    return section && rp_danger_is_lost(d, section) ? section : 0;
}

static void report(struct rp_danger *d, const struct rp_named *name, rp_id section, bool tested)
{
    struct rp_words w = {.next = 0};
    struct rp_draft *x = rp_draft_new(d, RP_FIND_SCRIPT_ONLY_SYMBOL, RP_FINDING_WARNING);
    if (!x)
        return;
    rp_draft_at(d, x, section);
    rp_draft_part(d, x, name->name, d->m->sections[section].node);
    rp_draft_say(x, "%s: %s%s%s is the only mention of %s (%s)", name->origin,
                 tested ? "DEFINED(" : "", name->name, tested ? ")" : "", name->name,
                 rp_word_section(&w, d, section));
    rp_draft_chain(x, "%s was dropped; the expression at %s has another value", name->name,
                   name->origin);
    rp_draft_remedy(x, "in the linker script: EXTERN(%s), or -u %s", name->name, name->name);
}

void rp_danger_script_symbols(struct rp_danger *d)
{
    for (size_t i = 0; i < d->job->n_scripts; i++) {
        const struct rp_script *s = d->job->scripts[i];
        for (size_t k = 0; k < s->mentioned.n; k++) {
            rp_id section = lost_definition(d, s->mentioned.v[k].name);
            if (section)
                report(d, &s->mentioned.v[k], section, false);
        }
        bool counts = !d->job->predict || d->job->link->flavor == RP_LINKER_LLD;
        for (size_t k = 0; counts && k < s->tested.n; k++) {
            rp_id section = lost_definition(d, s->tested.v[k].name);
            if (section)
                report(d, &s->tested.v[k], section, true);
        }
    }
}
