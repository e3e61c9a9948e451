/* explain.c: `reap explain`: from a crash to the removal that accounts for it.
 *
 * The steps: what happened (explain_crash.c), what stands near it (explain_near.c), findings that
 * only the crash shows (explain_own.c), ranking of these and lint's (explain_score.c), and the
 * answer (explain_text.c, explain_json.c).
 *
 * Entry: rp_explain_write.
 */
#include "report/explain.h"

#include <string.h>

static bool index_names(struct rp_explain *x)
{
    const struct rp_facts *f = x->f;
    x->next_symbol = calloc(f->symbols.n, sizeof *x->next_symbol);
    if (!x->next_symbol)
        return false;
    for (uint32_t i = 1; i < f->symbols.n; i++) {
        const char *name = rp_fact_str(f, f->symbols.v[i].name);
        uint32_t *slot = rp_strmap_put(&x->names, name, strlen(name));
        if (!slot)
            return false;
        x->next_symbol[i] = *slot;
        *slot = i;
    }
    return true;
}

static void release(struct rp_explain *x)
{
    rp_view_free(&x->view);
    rp_strmap_free(&x->names);
    free(x->next_symbol);
    free(x->near_index);
    rp_vec_free(&x->frames);
    rp_vec_free(&x->near);
    rp_vec_free(&x->candidates);
    rp_arena_free(&x->arena);
}

enum reap_status rp_explain_write(struct rp_ctx *ctx, struct rp_facts *f,
                                  const struct rp_explain_input *in,
                                  const struct rp_explain_options *opts, FILE *out, unsigned *ret_n)
{
    enum { ROOM = 1 << 20 }; /* for the texts of findings of our own */
    struct rp_explain x = {.ctx = ctx, .f = f, .in = in};
    enum reap_status st = rp_view_init(ctx, &x.view, f, RP_VIEW_OUT | RP_VIEW_IN | RP_VIEW_SYMBOLS);
    /* The index of names points into the pool, so it is grown once, before. */
    if (!st && (f->pool.n > UINT32_MAX - ROOM || !rp_vec_reserve(&f->pool, f->pool.n + ROOM) ||
                !index_names(&x)))
        st = rp_nomem(ctx);
    if (!st)
        st = rp_explain_crash(&x);
    if (!st)
        st = rp_explain_near(&x);
    if (!st)
        st = rp_explain_own(&x);
    if (!st)
        st = rp_explain_score(&x);
    if (!st)
        st = opts->json ? rp_explain_json(&x, opts->max, out) : rp_explain_text(&x, opts->max, out);
    if (!st)
        *ret_n = (unsigned)x.candidates.n;
    release(&x);
    return st;
}
