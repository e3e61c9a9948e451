/* rtti.c: rtti: type information of live classes is gone where casts, typeid or catches are live.
 *
 * A vtable's RTTI slot may be cut when nobody can observe it. dynamic_cast, typeid and handlers
 * compare type information; what a cut leaves null there makes them crash.
 *
 * Found in two cases:
 *   - slots were cut on trust (assume=no-typeid-deref), not by proof: one finding for all of them,
 *     with the functions that may read one. A warning where live code has the call that compilers
 *     make for typeid of a null pointer, else a note;
 *   - an RTTI edge from a live vtable leads to type information that is dead for any other reason
 *     than that nobody can observe it, while live code casts, asks or catches.
 */
#include "danger/danger.h"

#include <string.h>

enum { MAX_NAMED = 8 }; /* of the functions and classes in the evidence */

static const char *const observers[] = {"__cxa_bad_typeid", "__dynamic_cast", "__cxa_begin_catch",
                                        "__cxa_bad_cast"};

static rp_id find_observer(struct rp_danger *d)
{
    rp_id user = 0;
    for (size_t i = 0; i < sizeof observers / sizeof *observers && !user; i++)
        user = rp_danger_user(d, observers[i]);
    return user;
}

static bool is_cut(const struct rp_danger *d, rp_id from, const struct rp_edge *e)
{
    return e->kind == RP_EDGE_RTTI && d->marks->live[from] && !d->marks->live[e->to];
}

/* --- for another reason ---------------------------------------------------------------------- */

static void report_lost(struct rp_danger *d, rp_id from, rp_id to, rp_id observer)
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

/* --- on trust -------------------------------------------------------------------------------- */

/* The functions that may read a slot, each once; they are grouped by node. */
static void say_readers(struct rp_danger *d, struct rp_draft *x)
{
    struct rp_words w = {.next = 0};
    uint32_t n = 0;
    rp_id last = 0;
    for (size_t i = 1; i < d->facts->typeids.n; i++) {
        const struct rp_fact_typeid *u = &d->facts->typeids.v[i];
        if (u->allowed || u->node == last)
            continue;
        last = u->node;
        if (n++ < MAX_NAMED)
            rp_draft_say(x, "may read the type information of any object: %s",
                         rp_word_code(&w, d, u->node));
    }
    if (n > MAX_NAMED)
        rp_draft_say(x, "… and %u more functions", (unsigned)(n - MAX_NAMED));
}

static void report_trust(struct rp_danger *d)
{
    struct rp_words w = {.next = 0};
    rp_id asks = rp_danger_user(d, observers[0]);
    rp_id observer = asks ? asks : find_observer(d);
    struct rp_draft *x = NULL;
    uint32_t n = 0;
    rp_id first = 0;
    for (rp_id from = 1; from < d->m->nodes.n; from++)
        for (uint32_t e = d->m->edge_start[from]; e < d->m->edge_start[from + 1]; e++) {
            rp_id to = d->m->edges[e].to;
            if (!is_cut(d, from, &d->m->edges[e]))
                continue;
            if (!n++) {
                x = rp_draft_new(d, RP_FIND_RTTI, asks ? RP_FINDING_WARNING : RP_FINDING_NOTE);
                first = to;
            }
            if (x && d->m->nodes.v[to].section)
                rp_draft_part(d, x, rp_danger_node_name(d, to), to);
        }
    if (!x)
        return;
    if (d->m->nodes.v[first].section)
        rp_draft_at(d, x, d->m->nodes.v[first].section);
    x->count = n;
    rp_draft_say(x,
                 "RTTI slots of live vtables were cleared on the assumption that nobody reads one "
                 "without naming the class, which is not proved: %u",
                 n);
    if (asks)
        rp_draft_say(x, "asks for the type of an object: %s", rp_word_code(&w, d, asks));
    else if (observer)
        rp_draft_say(x, "casts or catches: %s", rp_word_code(&w, d, observer));
    say_readers(d, x);
    rp_draft_remedy(x, "leave out the option assume=no-typeid-deref, or say typeinfo=keep");
    rp_draft_remedy(x, "rule file, for one class and all derived from it: keep-symbol %s",
                    rp_danger_node_name(d, first));
}

void rp_danger_rtti(struct rp_danger *d)
{
    rp_id observer = 0;
    bool asked = false;
    if (!strcmp(rp_fact_str(d->facts, d->facts->typeinfo), "assumed")) {
        report_trust(d);
        return;
    }
    for (rp_id from = 1; from < d->m->nodes.n; from++)
        for (uint32_t e = d->m->edge_start[from]; e < d->m->edge_start[from + 1]; e++) {
            rp_id to = d->m->edges[e].to;
            if (!is_cut(d, from, &d->m->edges[e]) ||
                d->facts->nodes.v[to].reason == RP_REASON_RTTI_UNOBSERVABLE)
                continue;
            if (!asked)
                observer = find_observer(d);
            asked = true;
            if (observer)
                report_lost(d, from, to, observer);
        }
}
