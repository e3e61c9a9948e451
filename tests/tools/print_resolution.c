/* print_resolution.c: print what the resolver says a linker loads, one file a line, in order.
 *
 *   print_resolution MODE [--defs] [--why] [--stats] [--observed FILE] -- WORD…
 *
 * MODE: bfd, gold, lld14, lld19, mold or all. The words are the linker's, without its name. Lines
 * are as `ld.lld -t` prints them: "a.o", "libx.a(m.o)", "/lib/libc.so.6". --defs adds the
 * prevailing definition of each name, --why what extracted a member, --stats times. --observed: a
 * file with lines "OFFSET SIZE PATH", as a plugin would report them.
 */
#include "link/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct args {
    struct rp_resolve_options opts;
    enum rp_linker_flavor flavor;
    bool defs, stats, why;
    const char *observed;
};

static void print_diag(void *user, const struct reap_diag *d)
{
    (void)user;
    fprintf(stderr, "print_resolution: %s: %s: %s\n", d->code, d->where ? d->where : "-", d->text);
}

static bool set_mode(struct args *a, const char *name)
{
    static const struct {
        const char *name;
        enum rp_resolve_mode mode;
        enum rp_linker_flavor flavor;
        bool gold;
        unsigned lld_major;
    } modes[] = {
        {"bfd", RP_RESOLVE_GNU, RP_LINKER_BFD, false, 0},
        {"gold", RP_RESOLVE_GNU, RP_LINKER_GOLD, true, 0},
        {"lld14", RP_RESOLVE_LLD, RP_LINKER_LLD, false, 14},
        {"lld19", RP_RESOLVE_LLD, RP_LINKER_LLD, false, 19},
        {"mold", RP_RESOLVE_MOLD, RP_LINKER_MOLD, false, 0},
        {"all", RP_RESOLVE_ALL, RP_LINKER_BFD, false, 0},
    };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, name) != 0)
            continue;
        a->opts.mode = modes[i].mode;
        a->opts.gold = modes[i].gold;
        a->opts.lld_major = modes[i].lld_major;
        a->flavor = modes[i].flavor;
        return true;
    }
    return false;
}

/* Lines "OFFSET SIZE PATH"; the memory is the process's. */
static bool read_observed(const char *path, struct rp_observed **ret, size_t *ret_n)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    char *line = NULL;
    size_t cap = 0, n = 0;
    struct rp_observed *v = NULL;
    while (getline(&line, &cap, f) > 0) {
        char *p = line;
        struct rp_observed o = {0};
        o.offset = strtoull(p, &p, 10);
        o.size = strtoull(p, &p, 10);
        p += *p == ' ';
        p[strcspn(p, "\n")] = '\0';
        o.path = strdup(p);
        struct rp_observed *grown = realloc(v, (n + 1) * sizeof *v);
        if (!grown || !o.path)
            break;
        v = grown;
        v[n++] = o;
    }
    free(line);
    fclose(f);
    *ret = v;
    *ret_n = n;
    return true;
}

static void print_file(const struct rp_model *m, const struct rp_file *f, bool why)
{
    printf("%s", f->display);
    if (why && f->extracted_for)
        printf("\tfor %s by %s", f->extracted_for,
               f->extracted_by ? rp_file_of(m, f->extracted_by)->display : "an option");
    putchar('\n');
}

static void print_defs(const struct rp_model *m)
{
    for (rp_id g = 1; g <= m->globals.n; g++) {
        const struct rp_global *gl = rp_global_of(m, g);
        if (!(gl->flags & RP_GLOB_REFERENCED) && !gl->def_file)
            continue;
        printf("%.*s: %s flags=%x vis=%u\n", (int)gl->name_len, gl->name,
               gl->def_file ? rp_file_of(m, gl->def_file)->display : "-", gl->flags,
               gl->visibility);
    }
}

static int run(struct rp_ctx *ctx, struct args *a, int argc, const char *const *argv)
{
    struct rp_link link;
    struct rp_model model;
    struct rp_resolve_result result;
    if (rp_link_parse(ctx, &link, a->flavor, argc, argv) != REAP_OK)
        return 1;
    rp_model_init(&model, ctx);
    struct rp_script *scripts[16];
    for (size_t i = 0; i < link.scripts.n && a->opts.n_scripts < 16; i++)
        if (rp_script_read(ctx, &link, link.scripts.v[i], &scripts[a->opts.n_scripts]) == REAP_OK)
            a->opts.n_scripts++;
    a->opts.scripts = (const struct rp_script *const *)scripts;
    struct rp_timer t = rp_phase_begin();
    enum reap_status st = rp_resolve(ctx, &link, &a->opts, &model, &result);
    rp_phase_end(ctx, t, "resolve");
    if (result.ir_file)
        printf("IR: %s\n", result.ir_file);
    if (result.unsupported_file)
        printf("UNSUPPORTED: %s\n", result.unsupported_file);
    for (size_t i = 0; i < model.files.n && st == REAP_OK; i++)
        print_file(&model, &model.files.v[i], a->why);
    if (a->defs)
        print_defs(&model);
    if (a->stats)
        fprintf(stderr, "%u of %u members, %zu names, %.3f s wall, %.3f s cpu, %.1f MB\n",
                result.n_members_loaded, result.n_members_seen, model.globals.n,
                ctx->phases[0].wall_s, ctx->phases[0].cpu_s, (double)ctx->phases[0].peak_rss / 1e6);
    rp_model_free(&model);
    rp_link_free(&link);
    return st == REAP_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct args a = {0};
    int i = 2;
    bool ok = argc > 2 && set_mode(&a, argv[1]);
    for (; ok && i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--defs") == 0)
            a.defs = true;
        else if (strcmp(argv[i], "--why") == 0)
            a.why = true;
        else if (strcmp(argv[i], "--stats") == 0)
            a.stats = true;
        else if (strcmp(argv[i], "--observed") == 0 && i + 1 < argc)
            a.observed = argv[++i];
        else
            ok = false;
    }
    struct rp_observed *observed = NULL;
    if (ok && a.observed)
        ok = read_observed(a.observed, &observed, &a.opts.n_observed);
    a.opts.observed = observed;
    if (!ok || i >= argc) {
        fprintf(
            stderr,
            "usage: print_resolution MODE [--defs] [--why] [--stats] [--observed FILE] -- WORD…\n");
        return 2;
    }
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, print_diag, NULL);
    ctx.n_threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    int rc = run(&ctx, &a, argc - i - 1, (const char *const *)argv + i + 1);
    rp_ctx_fini(&ctx);
    for (size_t k = 0; k < a.opts.n_observed; k++)
        free((void *)(uintptr_t)observed[k].path);
    free(observed);
    return rc;
}
