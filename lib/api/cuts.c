/* cuts.c: which references are worth cutting, and what changed between two links. */
#include "report/cuts.h"

#include "api/views.h"

#include <string.h>

/* The caller's struct may be an older, shorter one. */
#define TAKE(to, from) memcpy(&(to), from, (from)->size < sizeof(to) ? (from)->size : sizeof(to))

enum reap_status reap_cuts(struct reap_view *v, const struct reap_cuts_options *opts, FILE *out)
{
    struct reap_cuts_options o = {0};
    TAKE(o, opts);
    return o.what_if ? rp_what_if_write(v->ctx, v->f, &o, out)
                     : rp_cuts_write(v->ctx, v->f, &o, out);
}

enum reap_status reap_diff(struct reap_view *before, struct reap_view *after,
                           const struct reap_diff_options *opts, FILE *out, int64_t *ret_growth)
{
    struct reap_diff_options o = {0};
    TAKE(o, opts);
    return rp_diff_write(after->ctx, before->f, after->f, &o, out, ret_growth);
}
