/* api.c: make and free a run, and take its inputs. */
#include "api/api.h"

#include "util/pool.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Between the engine and the front end: --quiet is the only thing that is decided here. */
static void forward_diag(void *user, const struct reap_diag *diag)
{
    const struct reap *r = user;
    if (r->diag && (diag->severity == REAP_ERROR || !r->quiet))
        r->diag(r->diag_user, diag);
}

static double monotonic_s(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

enum reap_status reap_new(const struct reap_init *init, struct reap **ret)
{
    struct reap *r = calloc(1, sizeof *r);
    if (!r)
        return REAP_ERR_NOMEM;
    r->product = init->product;
    r->diag = init->diag;
    r->diag_user = init->diag_user;
    if (init->size >= offsetof(struct reap_init, progress) + sizeof init->progress)
        r->progress = init->progress;
    r->started_s = monotonic_s();
    rp_ctx_init(&r->ctx, forward_diag, r);
    *ret = r;
    return REAP_OK;
}

/* Somebody waits for the end of the link: the files go while the mappings are taken down. */
static enum reap_status free_large(void *arg, size_t i)
{
    struct reap *r = arg;
    if (i == 0)
        rp_tempdir_remove(r->temp);
    else if (r->has_model)
        rp_model_free(&r->model);
    return REAP_OK;
}

void reap_free(struct reap *r)
{
    if (!r)
        return;
    if (r->has_facts)
        rp_facts_free(&r->facts);
    rp_plan_free(&r->plan);
    rp_marks_free(&r->marks);
    rp_image_run_free(r);
    rp_rtti_free(&r->rtti);
    rp_parallel(&r->ctx, 2, free_large, r);
    rp_rules_free(&r->rules);
    if (r->has_link)
        rp_link_free(&r->link);
    rp_strmap_free(&r->temp_names);
    rp_vec_free(&r->originals);
    rp_vec_free(&r->scripts);
    rp_vec_free(&r->export_from);
    rp_vec_free(&r->gc_inputs);
    rp_vec_free(&r->observed);
    rp_vec_free(&r->options);
    rp_arena_free(&r->arena);
    rp_ctx_fini(&r->ctx);
    free(r);
}

/* --- inputs ---------------------------------------------------------------------------------- */

static enum rp_linker_flavor flavor_of(enum reap_linker linker)
{
    switch (linker) {
    case REAP_LINKER_GOLD: return RP_LINKER_GOLD;
    case REAP_LINKER_LLD: return RP_LINKER_LLD;
    case REAP_LINKER_MOLD: return RP_LINKER_MOLD;
    case REAP_LINKER_BFD: break;
    }
    return RP_LINKER_BFD;
}

/* Copy words into r's arena, NULL at the end. */
static const char *const *copy_words(struct reap *r, size_t n, const char *const *words)
{
    const char **copy = rp_arena_alloc(&r->arena, (n + 1) * sizeof *copy);
    if (!copy)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        copy[i] = rp_arena_strdup(&r->arena, words[i]);
        if (!copy[i])
            return NULL;
    }
    copy[n] = NULL;
    return copy;
}

enum reap_status reap_set_command(struct reap *r, enum reap_linker linker, int argc,
                                  const char *const *argv)
{
    if (r->has_link || argc < 0)
        return rp_fail(&r->ctx, REAP_ERR_USAGE, "command-given-twice", rp_at(NULL),
                       "the command line of a run is set once");
    r->n_words = (size_t)argc;
    r->words = copy_words(r, r->n_words, argv);
    if (!r->words)
        return rp_nomem(&r->ctx);
    struct rp_timer t = rp_phase_begin();
    enum reap_status st = rp_link_parse(&r->ctx, &r->link, flavor_of(linker), argc, r->words);
    if (st == REAP_OK) {
        r->has_link = true;
        rp_phase_done(r, t, "parse");
    }
    return st;
}

enum reap_status reap_set_linker_program(struct reap *r, const char *program, unsigned major)
{
    r->linker_major = major;
    r->linker_program = rp_arena_strdup(&r->arena, program);
    return r->linker_program ? REAP_OK : rp_nomem(&r->ctx);
}

enum reap_status reap_observe(struct reap *r, const char *path, uint64_t offset, uint64_t size)
{
    const char *copy = rp_arena_strdup(&r->arena, path);
    if (!copy || !rp_vec_push(&r->observed, (struct rp_observed){copy, offset, size}))
        return rp_nomem(&r->ctx);
    return REAP_OK;
}

enum reap_status reap_add_input(struct reap *r, const char *path)
{
    const char *copy = rp_arena_strdup(&r->arena, path);
    if (!copy || !rp_vec_push(&r->gc_inputs, copy))
        return rp_nomem(&r->ctx);
    return REAP_OK;
}

enum reap_status reap_get_totals(const struct reap *r, struct reap_totals *ret)
{
    if (!r->analysed || !r->has_facts)
        return REAP_ERR_USAGE;
    const struct rp_totals *t = &r->facts.totals;
    uint64_t kept = 0, removed = 0;
    for (unsigned c = 0; c < RP_N_CLASSES; c++) {
        if (c == RP_CLASS_DEBUG || c == RP_CLASS_OTHER)
            continue; /* not loaded at run time */
        kept += t->kept[c];
        removed += t->removed[c];
    }
    size_t size = ret->size;
    struct reap_totals out = {size, t->kept_n, t->removed_n, kept, removed};
    memcpy(ret, &out, size < sizeof out ? size : sizeof out);
    return REAP_OK;
}
