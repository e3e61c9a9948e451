/* rtti.c: rtti: type information of live classes is gone where casts or catches are live.
 *
 * A vtable's RTTI slot may be cut when nobody can observe it. dynamic_cast, typeid and handlers
 * compare type information; what a cut leaves null there makes a cast crash.
 *
 * Found for an RTTI edge from a live vtable to type information that is dead for any other reason
 * than the proof that it cannot be observed, while live code casts, asks or catches.
 */
#include "danger/danger.h"

#include <string.h>

static const char *const observers[] = {"__dynamic_cast", "__cxa_bad_typeid", "__cxa_begin_catch",
                                        "__cxa_bad_cast"};

static void report(struct rp_danger *d, rp_id from, rp_id to, rp_id observer)
{
    struct rp_words w = {.next = 0};
    struct rp_draft *x = rp_draft_new(d, RP_FIND_RTTI, RP_FINDING_WARNING);
    if (!x)
        return;
    if (d->m->nodes.v[to].section) {
        rp_draft_at(d, x, d->m->nodes.v[to].section);
        rp_draft_lost(d, x, d->m->nodes.v[to].section);
    }
    rp_draft_say(x, "%s is live, and its type information %s is not", rp_word_code(&w, d, from),
                 rp_word_code(&w, d, to));
    rp_draft_say(x, "live code observes types: %s", rp_word_code(&w, d, observer));
    rp_draft_remedy(x, "rule file: keep-symbol %s", rp_danger_node_name(d, to));
}

void rp_danger_rtti(struct rp_danger *d)
{
    rp_id observer = 0;
    bool asked = false;
    for (rp_id from = 1; from < d->m->nodes.n; from++) {
        if (!d->marks->live[from])
            continue;
        for (uint32_t e = d->m->edge_start[from]; e < d->m->edge_start[from + 1]; e++) {
            rp_id to = d->m->edges[e].to;
            if (d->m->edges[e].kind != RP_EDGE_RTTI || d->marks->live[to] ||
                d->facts->nodes.v[to].reason == RP_REASON_RTTI_UNOBSERVABLE)
                continue;
            for (size_t i = 0; !asked && i < sizeof observers / sizeof *observers && !observer; i++)
                observer = rp_danger_user(d, observers[i]);
            asked = true;
            if (observer)
                report(d, from, to, observer);
        }
    }
}
