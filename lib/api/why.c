/* why.c: questions to a report database, without the inputs. */
#include "api/api.h"

#include <stddef.h>

enum reap_status reap_why(const char *db, const char *pattern, const struct reap_why_options *opts,
                          FILE *out, unsigned *ret_matches)
{
    struct rp_ctx ctx;
    struct rp_facts facts = {0};
    rp_ctx_init(&ctx, opts->diag, opts->diag_user);
    enum reap_status st = rp_db_read(&ctx, db, &facts);
    if (st == REAP_OK) {
        struct rp_why_options o = {
            .all_roots = opts->all_roots,
            .json = opts->json,
            .max = opts->max,
        };
        st = rp_why_write(&ctx, &facts, pattern, &o, out, ret_matches);
        rp_facts_free(&facts);
    }
    rp_ctx_fini(&ctx);
    return st;
}

enum reap_status reap_why_run(struct reap *r, const char *pattern,
                              const struct reap_why_options *opts, FILE *out, unsigned *ret_matches)
{
    enum reap_status st = rp_need_facts(r);
    struct rp_why_options o = {
        .all_roots = opts->all_roots,
        .json = opts->json,
        .max = opts->max,
    };
    return st == REAP_OK ? rp_why_write(&r->ctx, &r->facts, pattern, &o, out, ret_matches) : st;
}
