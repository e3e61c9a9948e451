/* bisect_search.c: a smallest set of removals that makes a test fail.
 *
 * Why: of thousands of removals one or a few matter, and a trial costs a link. How: removing more
 * is taken to fail more. Find the shortest failing prefix of the candidates by bisection: its last
 * candidate is needed. Keep it removed, look for the shortest failing prefix of what stands before
 * it, and so on until what is found fails by itself (the scheme of Zeller's delta debugging with
 * one half always the prefix, so that one culprit among n costs log2(n) trials and one more; m
 * culprits that only fail together cost m times that). The order of the candidates is that of
 * suspicion: the first one alone and the ranked ones alone are tried before anything is halved.
 *
 * A trial may be undecided; then its neighbours are tried, and where none helps, the answer says
 * that it is not exact.
 *
 * Entry: rp_search_minimal().
 */
#include "api/bisect.h"

#include <string.h>

struct state {
    const struct rp_search *s;
    const uint32_t *candidates;
    struct rp_found *found;
    struct rp_bitset removed;
};

static unsigned log2_up(uint32_t n)
{
    unsigned bits = 0;
    while ((UINT32_C(1) << bits) < n && bits < 31)
        bits++;
    return bits;
}

/* Remove what was found and the first k candidates. */
static enum reap_status trial(struct state *st, uint32_t k, uint32_t span, enum rp_verdict *ret)
{
    memset(st->removed.w, 0, (st->removed.n / 64 + 1) * sizeof *st->removed.w);
    for (size_t i = 0; i < st->found->v.n; i++)
        rp_bitset_set(&st->removed, st->found->v.v[i]);
    for (uint32_t i = 0; i < k; i++)
        rp_bitset_set(&st->removed, st->candidates[i]);
    return st->s->trial(st->s->user, &st->removed, log2_up(span) + 1, ret);
}

/* A trial between lo and hi, as near to `want` as can be decided; *ret_k is 0 when none can. */
static enum reap_status decided_trial(struct state *st, uint32_t lo, uint32_t hi, uint32_t want,
                                      uint32_t *ret_k, enum rp_verdict *ret)
{
    enum { MAX_TRIES = 9 };
    uint32_t k = want, distance = 1;
    for (int i = 0; i < MAX_TRIES; i++) {
        if (k > lo && k < hi) {
            enum reap_status status = trial(st, k, hi - lo, ret);
            if (status != REAP_OK)
                return status;
            if (*ret != RP_UNRESOLVED) {
                *ret_k = k;
                return REAP_OK;
            }
        }
        k = i % 2 ? want + distance : want > distance ? want - distance : 0;
        distance += i % 2 ? distance : 0;
    }
    *ret_k = 0;
    return REAP_OK;
}

/* The shortest failing prefix: lo passes, hi fails. Stops with lo + 1 < hi when undecided. */
static enum reap_status bisect(struct state *st, uint32_t lo, uint32_t hi, uint32_t *ret_lo,
                               uint32_t *ret_hi)
{
    uint32_t firsts[2] = {1, st->s->n_ranked};
    unsigned n_firsts = 0;
    while (hi - lo > 1) {
        uint32_t want = lo + (hi - lo) / 2, k;
        enum rp_verdict verdict = RP_UNRESOLVED;
        while (n_firsts < 2 && (firsts[n_firsts] <= lo || firsts[n_firsts] >= hi))
            n_firsts++;
        if (n_firsts < 2)
            want = firsts[n_firsts++];
        enum reap_status status = decided_trial(st, lo, hi, want, &k, &verdict);
        if (status != REAP_OK)
            return status;
        if (!k)
            break;
        if (verdict == RP_FAIL)
            hi = k;
        else
            lo = k;
    }
    *ret_lo = lo;
    *ret_hi = hi;
    return REAP_OK;
}

static void reverse(uint32_t *v, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        uint32_t t = v[i];
        v[i] = v[n - 1 - i];
        v[n - 1 - i] = t;
    }
}

enum reap_status rp_search_minimal(struct rp_ctx *ctx, const struct rp_search *s,
                                   const uint32_t *candidates, uint32_t n, struct rp_found *ret)
{
    struct state st = {.s = s, .candidates = candidates, .found = ret};
    enum reap_status status = REAP_OK;
    ret->exact = true;
    if (!rp_bitset_init(&st.removed, s->n))
        return rp_nomem(ctx);
    while (n) {
        enum rp_verdict alone = RP_PASS;
        if (ret->v.n) { /* does it fail by itself? */
            status = trial(&st, 0, 1, &alone);
            if (status != REAP_OK || alone == RP_FAIL)
                break;
        }
        uint32_t lo, hi;
        status = bisect(&st, 0, n, &lo, &hi);
        if (status != REAP_OK)
            break;
        if (hi - lo > 1)
            ret->exact = false;
        for (uint32_t i = hi; i > lo && status == REAP_OK; i--)
            if (!rp_vec_push(&ret->v, candidates[i - 1]))
                status = rp_nomem(ctx);
        if (status != REAP_OK)
            break;
        n = lo;
    }
    reverse(ret->v.v, ret->v.n);
    rp_bitset_free(&st.removed);
    return status;
}
