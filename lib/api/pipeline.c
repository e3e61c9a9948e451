/* pipeline.c: the map of the whole analysis, one call for each pass.
 *
 *   parse -> resolve -> index -> split -> edges -> roots -> mark -> plan
 *
 * After it the model, the marks and the plan stand; rewrite.c and gc.c make files of them,
 * reports.c tells them. A link that cannot be collected is no error: it is passed through to the
 * linker as it was written, and *ret_why says why.
 *
 * Entry: reap_analyse().
 */
#include "api/api.h"

#include "pass/tripwire.h"
#include "pass/extraction.h"
#include "pass/tripwire.h"
#include "table/record.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- phases ---------------------------------------------------------------------------------- */

void rp_tell(struct reap *r, const char *code, const char *fmt, ...)
{
    if (!r->diag || r->quiet)
        return;
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct reap_diag d = {.size = sizeof d, .severity = REAP_NOTE, .code = code, .text = text};
    pthread_mutex_lock(&r->ctx.diag_lock);
    r->diag(r->diag_user, &d);
    pthread_mutex_unlock(&r->ctx.diag_lock);
}

void rp_phase_done(struct reap *r, struct rp_timer t, const char *name)
{
    enum { SLOW_S = 2 }; /* from when on a person wonders */
    rp_phase_end(&r->ctx, t, name);
    if (!r->ctx.n_phases)
        return;
    const struct rp_phase *p = &r->ctx.phases[r->ctx.n_phases - 1];
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    double elapsed = (double)now.tv_sec + (double)now.tv_nsec * 1e-9 - r->started_s;
    if (r->verbose || (r->progress && elapsed > SLOW_S))
        rp_tell(r, "phase", "%s: %.2f s", name, p->wall_s);
}

/* --- what the passes are told ---------------------------------------------------------------- */

/* The folder of the program or plugin that holds this code: shipped rule files lie beside it. */
static enum reap_status set_rules_dir(struct reap *r)
{
    char path[PATH_MAX];
    if (r->product == REAP_PRODUCT_PLUGIN) {
        Dl_info info;
        if (!dladdr((const void *)(uintptr_t)set_rules_dir, &info) || !info.dli_fname ||
            !realpath(info.dli_fname, path))
            return REAP_OK;
    } else {
        ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
        if (n < 0)
            return REAP_OK;
        path[n] = '\0';
    }
    char *slash = strrchr(path, '/');
    if (!slash)
        return REAP_OK;
    *slash = '\0';
    return rp_rules_set_dir(&r->ctx, &r->rules, path);
}

static enum reap_status add_rules(struct reap *r)
{
    enum reap_status set = set_rules_dir(r);
    if (set != REAP_OK)
        return set;
    for (size_t i = 0; i < r->options.n; i++) {
        const struct rp_opt_value *o = &r->options.v[i];
        enum rp_rule_kind kind;
        const char *name;
        enum reap_status st = REAP_OK;
        switch (o->opt) {
        case RP_OPT_RULES:
            st = rp_rules_read(&r->ctx, &r->rules, o->value);
            if (st != REAP_OK)
                return st;
            continue;
        case RP_OPT_KEEP_SYMBOL: kind = RP_RULE_KEEP_SYMBOL, name = "--keep-symbol"; break;
        case RP_OPT_KEEP_SECTION: kind = RP_RULE_KEEP_SECTION, name = "--keep-section"; break;
        case RP_OPT_KEEP_FILE: kind = RP_RULE_KEEP_FILE, name = "--keep-file"; break;
        case RP_OPT_EXPORT: kind = RP_RULE_EXPORT, name = "--export"; break;
        case RP_OPT_EXPORT_FROM:
            if (!rp_vec_push(&r->export_from, o->value))
                return rp_nomem(&r->ctx);
            continue;
        default: continue;
        }
        const char *origin = rp_arena_printf(&r->arena, "%s=%s", name, o->value);
        if (!origin)
            return rp_nomem(&r->ctx);
        st = rp_rules_add(&r->ctx, &r->rules, kind, o->value, origin);
        if (st != REAP_OK)
            return st;
    }
    return REAP_OK;
}

static enum reap_status read_scripts(struct reap *r)
{
    for (size_t i = 0; i < r->link.scripts.n; i++) {
        struct rp_script *script = NULL;
        enum reap_status st = rp_script_read(&r->ctx, &r->link, r->link.scripts.v[i], &script);
        if (st != REAP_OK)
            return st;
        if (!rp_vec_push(&r->scripts, script))
            return rp_nomem(&r->ctx);
    }
    return REAP_OK;
}

/* `reap gc` has no linker's command line; the one that `ld -r` would be given says the same. */
static enum reap_status make_gc_command(struct reap *r)
{
    RP_VEC(const char *) w = {0};
    bool ok = rp_vec_push(&w, "-r");
    const char *output = rp_opt_value(r, RP_OPT_OUTPUT);
    if (output)
        ok = ok && rp_vec_push(&w, "-o") && rp_vec_push(&w, output);
    for (size_t i = 0; i < r->options.n; i++) {
        const struct rp_opt_value *o = &r->options.v[i];
        const char *option = o->opt == RP_OPT_ENTRY       ? "-e"
                             : o->opt == RP_OPT_UNDEFINED ? "-u"
                             : o->opt == RP_OPT_SCRIPT    ? "-T"
                                                          : NULL;
        if (option)
            ok = ok && rp_vec_push(&w, option) && rp_vec_push(&w, o->value);
    }
    for (size_t i = 0; i < r->gc_inputs.n && r->product == REAP_PRODUCT_GC; i++) {
        const char *path = r->gc_inputs.v[i];
        if (path[0] == '-' || path[0] == '@') /* a file all the same */
            path = rp_arena_printf(&r->arena, "./%s", path);
        ok = ok && path && rp_vec_push(&w, path);
    }
    enum reap_status st =
        ok ? reap_set_command(r, REAP_LINKER_BFD, (int)w.n, w.v) : rp_nomem(&r->ctx);
    rp_vec_free(&w);
    return st;
}

static bool has_export_rule(const struct reap *r)
{
    for (size_t i = 0; i < r->rules.rules.n; i++)
        if (r->rules.rules.v[i].kind == RP_RULE_EXPORT)
            return true;
    return false;
}

/* Whether anything names a root of a relocatable output. */
static bool has_roots(const struct reap *r)
{
    return r->link.entry || r->link.undefined.n || r->link.undefined_globs.n || r->export_from.n ||
           has_export_rule(r) || r->scripts.n || r->kernel_module;
}

/* reap gc and reap image: no linker's command line, no link to pass through. */
static bool is_command(const struct reap *r)
{
    return r->product == REAP_PRODUCT_GC || r->product == REAP_PRODUCT_IMAGE;
}

/* Under mode=report the link is left alone: with --gc-sections what goes is the linker's choice. */
static bool is_prediction(const struct reap *r)
{
    return !is_command(r) &&
           (rp_opt_stock(r) || (rp_opt_mode(r) == RP_MODE_REPORT && r->link.gc_sections));
}

static bool keeps_typeinfo(const struct reap *r)
{
    const char *how = rp_opt_value(r, RP_OPT_TYPEINFO);
    return how && !strcmp(how, "keep");
}

static void make_job(struct reap *r)
{
    bool predict = is_prediction(r);
    r->job = (struct rp_job){
        .level = predict ? RP_LEVEL_LINKER : rp_opt_level(r),
        .predict = predict,
        .link = &r->link,
        .scripts = r->scripts.v,
        .n_scripts = r->scripts.n,
        .rules = &r->rules,
        .export_from = r->export_from.v,
        .n_export_from = r->export_from.n,
        .debug_refs = rp_reports_wanted(r),
        .keep_unwinder = rp_opt_given(r, RP_OPT_TRIPWIRE),
        .keep_typeinfo = keeps_typeinfo(r),
        .no_typeid_deref = rp_opt_given(r, RP_OPT_ASSUME),
        .default_api_roots = r->product == REAP_PRODUCT_GC && !has_roots(r),
    };
    if (r->job.default_api_roots)
        rp_note(&r->ctx, "default-roots", rp_at(NULL),
                "no roots were given: every visible global symbol is one");
}

static struct rp_resolve_options resolve_options(const struct reap *r)
{
    static const enum rp_resolve_mode modes[] = {
        [RP_LINKER_BFD] = RP_RESOLVE_GNU,
        [RP_LINKER_GOLD] = RP_RESOLVE_GNU,
        [RP_LINKER_LLD] = RP_RESOLVE_LLD,
        [RP_LINKER_MOLD] = RP_RESOLVE_MOLD,
    };
    static const struct rp_observed none;
    struct rp_resolve_options o = {
        .mode = r->product == REAP_PRODUCT_GC ? RP_RESOLVE_ALL : modes[r->link.flavor],
        .scripts = r->scripts.v,
        .n_scripts = r->scripts.n,
        .gold = r->link.flavor == RP_LINKER_GOLD,
        .lld_major = r->link.flavor == RP_LINKER_LLD ? r->linker_major : 0,
    };
    if (r->product == REAP_PRODUCT_PLUGIN) {
        o.observed = r->observed.n ? r->observed.v : &none;
        o.n_observed = r->observed.n;
    }
    return o;
}

/* --- the passes ------------------------------------------------------------------------------ */

/* Reasons to leave a command alone that show in its words alone; NULL: go on. */
static const char *why_no_link(const struct reap *r)
{
    if (is_command(r))
        return NULL;
    if (r->link.print_version_only)
        return "nothing is linked";
    return r->link.pass_through_why;
}

/* Reasons to leave a link alone that show before any input is read; NULL: go on. */
static const char *why_not_collect(const struct reap *r)
{
    if (is_command(r))
        return NULL;
    if (r->link.relocatable && !has_roots(r))
        return "a relocatable link (-r) without -e or -u names no roots";
    /* A file that is not found is for the linker to complain about, in its own words. */
    for (size_t i = 0; i < r->link.inputs.n; i++)
        if (!r->link.inputs.v[i].path)
            return rp_arena_printf((struct rp_arena *)&r->arena, "'%s' was not found",
                                   r->link.inputs.v[i].word);
    return NULL;
}

/* The files: which are loaded, in which order, and whether all of them can be collected. */
static enum reap_status load(struct reap *r, const char **ret_why)
{
    struct rp_timer t = rp_phase_begin();
    rp_model_init(&r->model, &r->ctx);
    r->has_model = true;
    struct rp_resolve_options options = resolve_options(r);
    enum reap_status st = rp_resolve(&r->ctx, &r->link, &options, &r->model, &r->resolved);
    rp_phase_done(r, t, "resolve");
    if (st != REAP_OK)
        return st;
    if (r->resolved.ir_file)
        *ret_why = rp_arena_printf(&r->arena, "%s holds compiler IR (LTO)", r->resolved.ir_file);
    else if (r->resolved.unsupported_file)
        *ret_why = rp_arena_printf(&r->arena, "%s is of a machine that is not supported",
                                   r->resolved.unsupported_file);
    else if (!r->model.arch)
        *ret_why = "no object of a supported machine is among the inputs";
    return REAP_OK;
}

/* Why members were loaded, and option extraction=live. */
static enum reap_status live_extraction(struct reap *r)
{
    const char *how = rp_opt_value(r, RP_OPT_EXTRACTION);
    uint32_t n = 0;
    if (r->product == REAP_PRODUCT_PLUGIN)
        rp_extraction_reasons(&r->model, &r->link);
    if (!how || strcmp(how, "live") != 0)
        return REAP_OK;
    enum reap_status st = rp_extraction_live(&r->model, &r->link, &n);
    if (st == REAP_OK && n)
        rp_note(&r->ctx, "extraction-live", rp_at(NULL),
                "%u archive members are left out: nothing live refers to them", n);
    return st;
}

static enum reap_status collect(struct reap *r)
{
    struct rp_model *m = &r->model;
    enum reap_status st;
    RP_PASS("index", rp_model_index(m));    /* number the sections, settle COMDAT */
    RP_PASS("screen", rp_rewrite_check(m)); /* leave alone what cannot be rewritten */
    if (r->job.level == RP_LEVEL_FULL)
        RP_PASS("tables", rp_tables_find(m, &r->rules)); /* which sections hold records */
    RP_PASS("split", rp_split(m, &r->job));              /* sections into nodes */
    RP_PASS("edges", rp_edges(m, &r->job));              /* what refers to what */
    RP_PASS("roots", rp_roots(m, &r->job));              /* what must stay whatever refers to it */
    RP_PASS("keep-list", rp_keep_list_roots(r));         /* roots of a bisection */
    RP_PASS("extraction", live_extraction(r));           /* members that nothing live refers to */
    if (r->job.level == RP_LEVEL_FULL)
        RP_PASS("typeinfo", rp_rtti_find(m, &r->job, &r->rtti)); /* C++ classes, slots of vtables */
    if (r->job.level == RP_LEVEL_FULL)
        RP_PASS("unwinder", rp_unwind_find(m, &r->job, &r->unwinder)); /* can anything throw? */
    RP_PASS("mark", rp_mark_classes(m, &r->job, &r->rtti, &r->marks)); /* what the roots reach */
    RP_PASS("plan", rp_plan_make(m, &r->marks, &r->job, &r->plan)); /* what becomes of each file */
    RP_PASS("slots", rp_rtti_plan(m, &r->marks, &r->rtti, &r->plan)); /* … and of RTTI slots */
    RP_PASS("frames", rp_unwind_plan(m, &r->marks, &r->unwinder, &r->plan));
    if (rp_opt_given(r, RP_OPT_TRIPWIRE))
        RP_PASS("tripwire", rp_tripwire_plan(m, &r->marks, &r->plan)); /* dead code becomes traps */
    r->analysed = true;
    return REAP_OK;
}

static enum reap_status analyse(struct reap *r, const char **ret_why)
{
    enum reap_status st = REAP_OK;
    if (is_command(r))
        st = make_gc_command(r);
    if (st == REAP_OK && !r->has_link)
        st = rp_fail(&r->ctx, REAP_ERR_USAGE, "no-command", rp_at(NULL), "nothing to analyse");
    if (st == REAP_OK)
        *ret_why = why_no_link(r);
    if (st == REAP_OK && !*ret_why)
        st = add_rules(r);
    if (st == REAP_OK && !*ret_why)
        st = rp_kernel_modules(r);
    if (st == REAP_OK && !*ret_why)
        st = read_scripts(r);
    if (st == REAP_OK && !*ret_why)
        *ret_why = why_not_collect(r);
    if (st == REAP_OK && r->product == REAP_PRODUCT_IMAGE)
        return rp_image_collect(r);
    if (st == REAP_OK && !*ret_why)
        st = load(r, ret_why);
    if (st != REAP_OK || *ret_why)
        return st;
    st = rp_kernel_rules(r);
    if (st != REAP_OK)
        return st;
    make_job(r);
    st = collect(r);
    if (st == REAP_OK && rp_opt_given(r, RP_OPT_CHECK) && r->product == REAP_PRODUCT_DRIVER)
        st = rp_check_resolution(r);
    return st;
}

enum reap_status reap_analyse(struct reap *r, enum reap_disposition *ret, const char **ret_why)
{
    const char *why = NULL;
    enum reap_status st = REAP_OK;
    if (rp_opt_mode(r) == RP_MODE_OFF && !is_command(r))
        why = "mode=off";
    else
        st = analyse(r, &why);
    if (st == REAP_ERR_UNSUPPORTED && !is_command(r)) {
        why = "an input is of a kind that is not supported";
        st = REAP_OK;
    }
    if (st == REAP_OK)
        st = rp_save_inputs(r);
    if (st != REAP_OK)
        return st;
    if (!why && rp_opt_mode(r) == RP_MODE_REPORT)
        why = "mode=report";
    if (why)
        rp_note(&r->ctx, "pass-through", rp_at(NULL), "the link is passed through as written: %s",
                why);
    *ret = why ? REAP_PASS_THROUGH : REAP_COLLECT;
    if (ret_why)
        *ret_why = why;
    return REAP_OK;
}
