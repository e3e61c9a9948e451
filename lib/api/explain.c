/* explain.c: from a crash and a report database to the removal that accounts for it. */
#include "reap/reap.h"

#include "elf/core.h"
#include "report/explain.h"

/* What the crash left: each part is optional. */
struct remains {
    struct rp_program program;
    struct rp_core core;
    struct rp_trace trace;
    bool has_program, has_core, has_trace;
};

static enum reap_status read_remains(struct rp_ctx *ctx, const struct reap_explain_options *o,
                                     struct remains *r)
{
    enum reap_status st = rp_program_open(ctx, o->program, &r->program);
    r->has_program = st == REAP_OK;
    if (!st && o->core) {
        st = rp_core_read(ctx, o->core, &r->program, &r->core);
        r->has_core = st == REAP_OK;
    }
    if (!st && o->text) {
        st = rp_trace_read(ctx, o->text, o->n_text, &r->trace);
        r->has_trace = st == REAP_OK;
    }
    return st;
}

static void release(struct remains *r)
{
    if (r->has_trace)
        rp_trace_free(&r->trace);
    if (r->has_core)
        rp_core_free(&r->core);
    if (r->has_program)
        rp_program_close(&r->program);
}

enum reap_status reap_explain(const char *db, const struct reap_explain_options *opts, FILE *out,
                              unsigned *ret_n)
{
    struct rp_ctx ctx;
    struct rp_facts facts = {0};
    struct remains r = {0};
    rp_ctx_init(&ctx, opts->diag, opts->diag_user);
    enum reap_status st = read_remains(&ctx, opts, &r);
    if (!st)
        st = rp_db_read(&ctx, db, &facts);
    if (!st) {
        struct rp_explain_input in = {
            .program = &r.program,
            .core = r.has_core ? &r.core : NULL,
            .trace = r.has_trace ? &r.trace : NULL,
            .addresses = opts->addresses,
            .n_addresses = opts->n_addresses,
        };
        struct rp_explain_options o = {.json = opts->json, .max = opts->max};
        st = rp_explain_write(&ctx, &facts, &in, &o, out, ret_n);
        rp_facts_free(&facts);
    }
    release(&r);
    rp_ctx_fini(&ctx);
    return st;
}
