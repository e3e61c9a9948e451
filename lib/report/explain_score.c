/* explain_score.c: which removal accounts for the crash best.
 *
 * A removal scores by how well its class goes with the way the program ended (a table of points:
 * a call of address 0 is what a weak reference does, an uncaught exception what lost unwind tables
 * do), by how near it is to the functions of the backtrace (explain_near.c), and last by its
 * severity and its place in lint's ranking. What the crash proves (explain_own.c) comes before
 * everything. What fits neither by class nor by nearness is left out.
 *
 * Entry: rp_explain_score.
 */
#include "report/explain.h"

#include <limits.h>
#include <string.h>

/* Points from 0 (does not go together) to 100. Columns as in enum rp_crash_kind. */
static const uint8_t points[RP_N_FINDING_CODES][RP_N_CRASH_KINDS] = {
    /*                            ?  null hole term abrt fault ill hang lock */
    [RP_FIND_EMPTY_BRACKET] = {50, 50, 40, 10, 60, 60, 30, 60, 40},
    [RP_FIND_START_STOP] = {50, 50, 40, 10, 60, 60, 30, 60, 40},
    [RP_FIND_LOST_INITIALIZER] = {50, 50, 45, 20, 60, 60, 40, 60, 40},
    [RP_FIND_LOST_UNWIND] = {20, 0, 5, 100, 20, 10, 5, 5, 5},
    [RP_FIND_IPLT_BRACKET] = {30, 75, 80, 5, 20, 70, 50, 20, 50},
    [RP_FIND_ENTRY_LIKE] = {40, 40, 60, 0, 20, 40, 60, 50, 100},
    [RP_FIND_WEAK_NULL] = {40, 60, 10, 5, 20, 40, 5, 30, 30},
    [RP_FIND_UNEXTRACTED_REGISTRATION] = {50, 40, 10, 10, 55, 50, 10, 65, 30},
    [RP_FIND_NAMED_IN_STRING] = {45, 65, 10, 10, 55, 50, 10, 40, 10},
    [RP_FIND_FALL_THROUGH] = {40, 40, 75, 5, 40, 55, 85, 40, 50},
    [RP_FIND_SORTED_SIBLINGS] = {50, 50, 45, 10, 60, 60, 30, 60, 40},
    [RP_FIND_SCRIPT_ONLY_SYMBOL] = {30, 40, 30, 5, 30, 40, 20, 30, 40},
    [RP_FIND_RTTI] = {20, 5, 5, 80, 40, 30, 5, 5, 5},
    [RP_FIND_TRIPWIRE] = {90, 90, 90, 90, 90, 90, 100, 90, 90},
};

/* An IFUNC that a call of nowhere may have meant: the caller names it. */
static bool calls_ifunc(const struct rp_explain *x)
{
    enum { GNU_IFUNC = 10 }; /* STT_GNU_IFUNC */
    const struct rp_explain_frame *f = rp_explain_culprit_frame(x);
    if (!f)
        return false;
    for (uint32_t k = x->view.out_start[f->node]; k < x->view.out_start[f->node + 1]; k++) {
        const char *name = rp_fact_str(x->f, x->f->edges.v[x->view.out_edges[k]].symbol);
        for (uint32_t i = *name ? rp_strmap_get(&x->names, name, strlen(name)) : 0; i;
             i = x->next_symbol[i])
            if (x->f->symbols.v[i].type == GNU_IFUNC)
                return true;
    }
    return false;
}

static void score(const struct rp_explain *x, struct rp_candidate *c)
{
    enum { NEARNESS = 45, STEP = 5, CERTAIN = 1000, LOOSE = 30, FAR = 7 };
    const struct rp_finding *f = &x->f->findings.v[c->finding];
    int fit = points[f->code][x->kind];
    unsigned d = rp_explain_distance(x, f, &c->link, &c->link_from);
    bool near = d < FAR; /* beyond, everything hangs together */
    c->score = fit + f->severity * 5;
    if (near)
        c->score += d * STEP < NEARNESS ? NEARNESS - (int)d * STEP : 0;
    else
        c->score -= x->near.n ? LOOSE : 0;
    if (f->code == RP_FIND_IPLT_BRACKET && calls_ifunc(x)) {
        c->score += LOOSE;
        c->related = true;
    }
    const struct rp_explain_frame *caller = rp_explain_culprit_frame(x);
    if (f->code == RP_FIND_WEAK_NULL && x->kind == RP_CRASH_NULL_CALL && !c->certain && caller &&
        caller->has_offset)
        c->score -= LOOSE; /* the call is known, and is another one */
    if (c->certain)
        c->score += CERTAIN;
    /* Alone its class can carry a finding only where that says nearly everything. */
    c->related |= c->certain || (near && fit >= 30) || fit >= 80 || (!x->near.n && fit >= 40);
}

static bool is_candidate(const struct rp_explain *x, uint32_t finding)
{
    for (size_t i = 0; i < x->candidates.n; i++)
        if (x->candidates.v[i].finding == finding)
            return true;
    return false;
}

static int by_score(const void *a, const void *b)
{
    const struct rp_candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->finding < y->finding ? -1 : x->finding > y->finding;
}

enum reap_status rp_explain_score(struct rp_explain *x)
{
    for (uint32_t i = 1; i < x->f->findings.n; i++)
        if (!x->f->findings.v[i].suppressed && !is_candidate(x, i) &&
            !rp_vec_push(&x->candidates, (struct rp_candidate){.finding = i}))
            return rp_nomem(x->ctx);
    size_t n = 0;
    for (size_t i = 0; i < x->candidates.n; i++) {
        struct rp_candidate c = x->candidates.v[i];
        score(x, &c);
        if (c.related)
            x->candidates.v[n++] = c;
    }
    x->candidates.n = n;
    if (n)
        qsort(x->candidates.v, n, sizeof *x->candidates.v, by_score);
    return REAP_OK;
}
