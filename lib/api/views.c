/* views.c: the views of a report database or of a run: tables, trees and pictures.
 *
 * A picture goes through the same whole-or-not-at-all output as every report.
 */
#include "api/views.h"

#include "api/api.h"

#include "reap/graph.h"
#include "report/views.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum reap_status reap_view_open(const char *db, reap_diag_fn diag, void *diag_user,
                                struct reap_view **ret)
{
    struct reap_view *v = calloc(1, sizeof *v);
    if (!v)
        return REAP_ERR_NOMEM;
    rp_ctx_init(&v->own_ctx, diag, diag_user);
    v->ctx = &v->own_ctx;
    v->f = &v->own_facts;
    enum reap_status st = rp_db_read(v->ctx, db, &v->own_facts);
    if (st != REAP_OK) {
        rp_ctx_fini(&v->own_ctx);
        free(v);
        return st;
    }
    *ret = v;
    return REAP_OK;
}

enum reap_status reap_view_of_run(struct reap *r, struct reap_view **ret)
{
    enum reap_status st = rp_need_facts(r);
    if (st != REAP_OK)
        return st;
    struct reap_view *v = calloc(1, sizeof *v);
    if (!v)
        return rp_nomem(&r->ctx);
    v->ctx = &r->ctx;
    v->f = &r->facts;
    *ret = v;
    return REAP_OK;
}

void reap_view_close(struct reap_view *v)
{
    if (!v)
        return;
    if (v->f == &v->own_facts) {
        rp_facts_free(&v->own_facts);
        rp_ctx_fini(&v->own_ctx);
    }
    free(v);
}

bool reap_format_parse(const char *word, enum reap_format *ret)
{
    static const char *const words[] = {"text", "json", "csv", "md"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(word, words[i])) {
            *ret = (enum reap_format)i;
            return true;
        }
    return false;
}

/* The caller's struct may be an older, shorter one. */
#define TAKE(to, from) memcpy(&(to), from, (from)->size < sizeof(to) ? (from)->size : sizeof(to))

enum reap_status reap_top(struct reap_view *v, const struct reap_top_options *opts, FILE *out)
{
    struct reap_top_options o = {0};
    TAKE(o, opts);
    return rp_top_write(v->ctx, v->f, &o, out);
}

enum reap_status reap_dominators(struct reap_view *v, const struct reap_dominators_options *opts,
                                 FILE *out)
{
    struct reap_dominators_options o = {0};
    TAKE(o, opts);
    return rp_dominators_write(v->ctx, v->f, &o, out);
}

/* --- pictures -------------------------------------------------------------------------------- */

static enum reap_status picture_format(struct rp_ctx *ctx, const char *path, const char *given,
                                       const char **ret)
{
    static const char *const formats[] = {"dot", "gv", "svg", "png", "pdf"};
    const char *dot = strrchr(path, '.');
    const char *word = given ? given : dot && !strchr(dot, '/') ? dot + 1 : "";
    if (!given && !strcmp(path, "-"))
        word = "dot";
    for (unsigned i = 0; i < sizeof formats / sizeof *formats; i++)
        if (!strcmp(word, formats[i])) {
            *ret = i < 2 ? "dot" : formats[i];
            return REAP_OK;
        }
    return rp_fail_remedy(ctx, REAP_ERR_USAGE, "bad-picture-format", rp_at(path),
                          "let the name end in .dot, .svg, .png or .pdf",
                          "what kind of picture shall this be?");
}

static enum reap_status draw(struct rp_ctx *ctx, const struct rp_facts *f,
                             const struct reap_graph_options *o, const char *format, FILE *out)
{
    if (!strcmp(format, "dot"))
        return rp_graph_dot(ctx, f, o, out);
    char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);
    if (!memory)
        return rp_nomem(ctx);
    enum reap_status st = rp_graph_dot(ctx, f, o, memory);
    if (fclose(memory) != 0 && st == REAP_OK)
        st = rp_nomem(ctx);
    if (st == REAP_OK)
        st = rp_graph_render(ctx, text, o->layout ? o->layout : "dot", format, out);
    free(text);
    return st;
}

enum reap_status rp_graph_write(struct rp_ctx *ctx, const struct rp_facts *f,
                                const struct reap_graph_options *opts, const char *path)
{
    const char *format = NULL;
    struct rp_out out;
    enum reap_status st = picture_format(ctx, path, opts->format, &format);
    if (st == REAP_OK)
        st = rp_out_open(ctx, &out, path, 0666);
    if (st != REAP_OK)
        return st;
    FILE *stream = rp_out_stream(&out);
    st = stream ? draw(ctx, f, opts, format, stream) : rp_nomem(ctx);
    if (st == REAP_OK)
        return rp_out_commit(ctx, &out);
    rp_out_abort(&out);
    return st;
}

enum reap_status reap_graph(struct reap_view *v, const struct reap_graph_options *opts,
                            const char *path)
{
    struct reap_graph_options o = {0};
    TAKE(o, opts);
    return rp_graph_write(v->ctx, v->f, &o, path);
}

/* --- --reap-graph ---------------------------------------------------------------------------- */

bool rp_is_picture_name(const char *path)
{
    static const char *const endings[] = {".dot", ".gv", ".svg", ".png", ".pdf"};
    size_t n = strlen(path);
    for (unsigned i = 0; i < sizeof endings / sizeof *endings; i++)
        if (n > strlen(endings[i]) && !strcmp(path + n - strlen(endings[i]), endings[i]))
            return true;
    return !strcmp(path, "-");
}

static unsigned number_of(const struct reap *r, enum rp_opt opt)
{
    const char *value = rp_opt_value(r, opt);
    return value ? (unsigned)atoi(value) : 0; /* options.c has checked it */
}

enum reap_status rp_report_graph(struct reap *r)
{
    const char *dead = rp_opt_value(r, RP_OPT_GRAPH_DEAD);
    struct reap_graph_options o = {
        .size = sizeof o,
        .by = rp_opt_value(r, RP_OPT_GRAPH_BY),
        .from = rp_opt_value(r, RP_OPT_GRAPH_FROM),
        .to = rp_opt_value(r, RP_OPT_GRAPH_TO),
        .around = rp_opt_value(r, RP_OPT_GRAPH_AROUND),
        .depth = number_of(r, RP_OPT_GRAPH_DEPTH),
        .max_nodes = number_of(r, RP_OPT_GRAPH_MAX_NODES),
        .layout = rp_opt_value(r, RP_OPT_GRAPH_LAYOUT),
        .only_dead = dead && !strcmp(dead, "only"),
        .with_dead = dead && !strcmp(dead, "with"),
        .dominators = rp_opt_given(r, RP_OPT_GRAPH_DOMINATORS),
    };
    return rp_graph_write(&r->ctx, &r->facts, &o, rp_opt_value(r, RP_OPT_GRAPH));
}
