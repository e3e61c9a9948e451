/* print_typeid.c: print code that may read an RTTI slot without naming a class (lib/pass/typeid.h).
 *
 *   print_typeid [--live] [--strong] [--first] [--stats] -- WORD…
 *
 * The words are a linker's, without its name: objects, archives, options. Without --live all code
 * of what would be loaded is searched, with it what a collection leaves. One use a line:
 *
 *   FILE(MEMBER) SECTION+OFFSET strong|weak|allowed CLASS FUNCTION
 *
 * CLASS: the typeinfo of the class whose objects alone it asks, or "-".
 *
 * --strong leaves out weak uses, --first all but one that is in the way. --stats: how many, and the
 * time, on standard error. Archives are taken whole with
 * --whole-archive before them.
 */
#include "pass/typeid.h"

#include "arch/arch.h"
#include "util/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct args {
    bool live, stats, strong, first;
};

static void print_diag(void *user, const struct reap_diag *d)
{
    (void)user;
    if (d->severity >= REAP_WARNING)
        fprintf(stderr, "print_typeid: %s: %s: %s\n", d->code, d->where ? d->where : "-", d->text);
}

static void print_uses(const struct rp_model *m, const struct rp_rtti *rtti, const struct args *a,
                       double wall_s, double cpu_s)
{
    size_t n[3] = {0}; /* strong, weak, allowed */
    for (size_t i = 0; i < rtti->uses.n; i++) {
        static const char *const words[] = {"strong", "weak", "allowed"};
        const struct rp_typeid_use *u = &rtti->uses.v[i];
        rp_id section = m->nodes.v[u->node].section;
        const char *function = rp_typeid_function(m, section, u->offset);
        unsigned kind = u->allowed ? 2 : u->strong ? 0 : 1;
        n[kind]++;
        printf("%s %s+0x%llx %s %s %s\n", rp_section_file(m, section)->display,
               rp_section_name(m, section), (unsigned long long)u->offset, words[kind],
               u->of ? u->of : "-", function ? function : "-");
    }
    if (a->stats)
        fprintf(stderr, "%zu strong, %zu weak, %zu allowed; %.3f s wall, %.3f s cpu\n", n[0], n[1],
                n[2], wall_s, cpu_s);
}

static enum reap_status search(struct rp_ctx *ctx, struct rp_model *m, struct rp_job *job,
                               const struct args *a)
{
    struct rp_rtti rtti = {0};
    struct rp_marks marks = {0};
    RP_VEC(rp_id) nodes = {0};
    enum reap_status st = rp_model_index(m);
    if (st == REAP_OK)
        st = rp_split(m, job);
    if (st == REAP_OK)
        st = rp_edges(m, job);
    if (st == REAP_OK)
        st = rp_roots(m, job);
    if (st == REAP_OK)
        st = rp_rtti_find(m, job, &rtti);
    if (st == REAP_OK && a->live)
        st = rp_mark(m, &marks);
    for (rp_id i = 1; st == REAP_OK && i < m->nodes.n; i++)
        if (!a->live || marks.live[i])
            st = rp_vec_push(&nodes, i) ? REAP_OK : rp_nomem(ctx);
    rtti.strong_only = a->strong;
    rtti.first_only = a->first;
    struct rp_timer t = rp_phase_begin();
    if (st == REAP_OK)
        st = rp_typeid_scan(m, nodes.v, nodes.n, &rtti);
    size_t phase = ctx->n_phases;
    rp_phase_end(ctx, t, "typeid");
    if (st == REAP_OK)
        print_uses(m, &rtti, a, ctx->phases[phase].wall_s, ctx->phases[phase].cpu_s);
    rp_vec_free(&nodes);
    if (a->live)
        rp_marks_free(&marks);
    rp_rtti_free(&rtti);
    return st;
}

static int run(struct rp_ctx *ctx, const struct args *a, int argc, const char *const *argv)
{
    struct rp_link link;
    struct rp_model model;
    struct rp_resolve_result result;
    struct rp_rules rules = {0};
    struct rp_resolve_options opts = {.mode = RP_RESOLVE_LLD, .lld_major = 19};
    if (rp_link_parse(ctx, &link, RP_LINKER_LLD, argc, argv) != REAP_OK)
        return 1;
    rp_model_init(&model, ctx);
    enum reap_status st = rp_resolve(ctx, &link, &opts, &model, &result);
    struct rp_job job = {.level = RP_LEVEL_FULL, .link = &link, .rules = &rules};
    if (st == REAP_OK && !model.arch)
        st = rp_fail(ctx, REAP_ERR_INPUT, "no-object", rp_at(NULL), "no object to search");
    if (st == REAP_OK)
        st = search(ctx, &model, &job, a);
    rp_model_free(&model);
    rp_link_free(&link);
    return st == REAP_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct args a = {0};
    int i = 1;
    bool ok = true;
    for (; ok && i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--live") == 0)
            a.live = true;
        else if (strcmp(argv[i], "--strong") == 0)
            a.strong = true;
        else if (strcmp(argv[i], "--first") == 0)
            a.first = true;
        else if (strcmp(argv[i], "--stats") == 0)
            a.stats = true;
        else
            ok = false;
    }
    if (!ok || i >= argc) {
        fprintf(stderr, "usage: print_typeid [--live] [--strong] [--first] [--stats] -- WORD…\n");
        return 2;
    }
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, print_diag, NULL);
    ctx.n_threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    int rc = run(&ctx, &a, argc - i - 1, (const char *const *)argv + i + 1);
    rp_ctx_fini(&ctx);
    return rc;
}
