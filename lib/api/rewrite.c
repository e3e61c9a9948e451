/* rewrite.c: the rewritten inputs in the temporary directory and the final link's command line.
 *
 * Entry: reap_rewrite().
 */
#include "api/api.h"

#include <stdlib.h>
#include <string.h>

enum reap_status rp_need_tempdir(struct reap *r)
{
    return r->temp ? REAP_OK : rp_tempdir_make(&r->ctx, &r->temp);
}

enum reap_status rp_temp_path(struct reap *r, const char *base, const char **ret_path)
{
    enum { OWN_NUMBERS = 4000000000u }; /* far above those of the rewritten files */
    enum reap_status st = rp_need_tempdir(r);
    if (st != REAP_OK)
        return st;
    return rp_tempdir_path(&r->ctx, r->temp, OWN_NUMBERS + r->n_temp++, base, ret_path);
}

enum reap_status reap_rewrite(struct reap *r, const char *const **ret_words, size_t *ret_n_words)
{
    if (!r->analysed)
        return rp_fail(&r->ctx, REAP_ERR_USAGE, "not-analysed", rp_at(NULL),
                       "there is nothing to rewrite");
    enum reap_status st = REAP_OK;
    if (rp_opt_given(r, RP_OPT_CHECK))
        st = rp_check_objects(r);
    if (st == REAP_OK)
        st = rp_need_tempdir(r);
    if (st != REAP_OK)
        return st;

    struct rp_timer t = rp_phase_begin();
    struct rp_replacement *repl = NULL;
    size_t n_repl = 0;
    bool *keep = NULL;
    st = rp_output_write(&r->model, &r->marks, &r->plan, &r->link, r->temp, &repl, &n_repl, &keep);
    if (st == REAP_OK)
        st = rp_link_command(&r->ctx, &r->link, repl, n_repl, keep, ret_words, ret_n_words);
    if (st == REAP_OK)
        st = rp_names_set(r, repl, n_repl);
    free(repl);
    free(keep);
    rp_phase_done(r, t, "rewrite");
    r->rewritten = st == REAP_OK;
    return st;
}
