/* reports.c: the reports that the options ask for, the table of phases, the table of totals. */
#include "api/api.h"

#include "api/views.h"

#include "danger/danger.h"

#include <inttypes.h>

static const char *product_name(enum reap_product product)
{
    switch (product) {
    case REAP_PRODUCT_DRIVER: return "ld.reap";
    case REAP_PRODUCT_PLUGIN: return "reap.so";
    case REAP_PRODUCT_IMAGE: return "reap image";
    default: return "reap gc";
    }
}

enum reap_status rp_need_facts(struct reap *r)
{
    if (r->has_facts)
        return REAP_OK;
    if (!r->analysed)
        return REAP_ERR_USAGE;
    struct rp_timer t = rp_phase_begin();
    enum reap_status st = rp_facts_build(&r->model, &r->marks, &r->job, &r->facts);
    rp_phase_done(r, t, "facts");
    if (st == REAP_OK)
        st = rp_facts_add_classes(&r->model, &r->rtti, &r->facts);
    if (st == REAP_OK)
        st = rp_facts_add_unwinder(&r->ctx, &r->unwinder, &r->facts);
    r->has_facts = st == REAP_OK;
    if (st == REAP_OK && rp_reports_wanted(r)) {
        t = rp_phase_begin();
        st = r->image ? rp_danger_find_image(&r->model, &r->marks, &r->job, &r->facts)
                      : rp_danger_find(&r->model, &r->marks, &r->job, &r->facts);
        rp_phase_done(r, t, "danger");
    }
    if (st == REAP_OK)
        st = rp_facts_set_product(&r->ctx, &r->facts, product_name(r->product));
    if (st == REAP_OK && r->image)
        st = rp_image_facts(r);
    return st;
}

typedef enum reap_status (*write_fn)(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out);

static enum reap_status write_one(struct reap *r, const char *path, write_fn fn)
{
    struct rp_out out;
    enum reap_status st = rp_out_open(&r->ctx, &out, path, 0666);
    if (st != REAP_OK)
        return st;
    FILE *stream = rp_out_stream(&out);
    st = stream ? fn(&r->ctx, &r->facts, stream) : rp_nomem(&r->ctx);
    if (st == REAP_OK)
        return rp_out_commit(&r->ctx, &out);
    rp_out_abort(&out);
    return st;
}

static enum reap_status write_removed(struct reap *r)
{
    const char *path = rp_opt_value(r, RP_OPT_PRINT_REMOVED);
    return write_one(r, path ? path : "-", rp_removed_write);
}

bool rp_reports_wanted(const struct reap *r)
{
    return rp_opt_given(r, RP_OPT_REPORT) || rp_opt_given(r, RP_OPT_JSON) ||
           rp_opt_given(r, RP_OPT_DB) || rp_opt_given(r, RP_OPT_PRINT_REMOVED) ||
           rp_opt_given(r, RP_OPT_FAIL_ON) || rp_opt_given(r, RP_OPT_GRAPH);
}

enum reap_status reap_write_reports(struct reap *r)
{
    const char *text = rp_opt_value(r, RP_OPT_REPORT);
    const char *json = rp_opt_value(r, RP_OPT_JSON);
    const char *db = rp_opt_value(r, RP_OPT_DB);
    bool removed = rp_opt_given(r, RP_OPT_PRINT_REMOVED);
    if (!rp_reports_wanted(r))
        return REAP_OK;
    if (!r->analysed) {
        rp_warn(&r->ctx, "no-report", rp_at(NULL),
                "no report is written: the link was passed through as it was written");
        return REAP_OK;
    }
    enum reap_status st = rp_need_facts(r);
    if (st != REAP_OK)
        return st;
    struct rp_timer t = rp_phase_begin();
    if (removed)
        st = write_removed(r);
    if (st == REAP_OK && text)
        st = write_one(r, text, rp_text_write);
    if (st == REAP_OK && json)
        st = write_one(r, json, rp_json_write);
    if (st == REAP_OK && db)
        st = rp_db_write(&r->ctx, &r->facts, db);
    if (st == REAP_OK && rp_opt_given(r, RP_OPT_GRAPH))
        st = rp_report_graph(r);
    rp_phase_done(r, t, "report");
    return st == REAP_OK ? rp_fail_on(r) : st;
}

void reap_print_stats(const struct reap *r, FILE *out)
{
    struct rp_timer now = rp_phase_begin();
    fprintf(out, "%-10s %10s %10s %12s\n", "phase", "wall s", "cpu s", "peak MiB");
    for (unsigned i = 0; i < r->ctx.n_phases; i++) {
        const struct rp_phase *p = &r->ctx.phases[i];
        fprintf(out, "%-10s %10.3f %10.3f %12.1f\n", p->name, p->wall_s, p->cpu_s,
                (double)p->peak_rss / (1 << 20));
    }
    /* Not the sum: facts are built beside the link, and the linker's CPU time is its own. */
    fprintf(out, "%-10s %10.3f %10.3f\n", "total", now.wall_s - r->started_s, now.cpu_s);
}

/* --- totals of reap gc ----------------------------------------------------------------------- */

static void print_row(FILE *out, const char *name, uint64_t before, uint64_t after,
                      uint64_t removed)
{
    if (before)
        fprintf(out, "%-12s %14" PRIu64 " %14" PRIu64 " %14" PRIu64 "\n", name, before, after,
                removed);
}

/* The totals alone, unless a report wants all facts anyway. */
static enum reap_status totals(struct reap *r, struct rp_totals *ret)
{
    enum reap_status st = REAP_OK;
    if (r->has_facts || rp_reports_wanted(r)) {
        st = rp_need_facts(r);
        if (st == REAP_OK)
            *ret = r->facts.totals;
        return st;
    }
    struct rp_timer timer = rp_phase_begin();
    st = r->analysed ? rp_facts_sum(&r->model, &r->marks, ret) : REAP_ERR_USAGE;
    rp_phase_done(r, timer, "totals");
    return st;
}

enum reap_status reap_print_totals(struct reap *r, FILE *out)
{
    struct rp_totals sums, *t = &sums;
    enum reap_status st = totals(r, t);
    if (st != REAP_OK)
        return st;
    fprintf(out, "%-12s %14s %14s %14s\n", "", "before", "after", "removed");
    print_row(out, "files", r->gc_files_in, r->gc_files_out, r->gc_files_in - r->gc_files_out);
    if (r->gc_bytes_in >= r->gc_bytes_out)
        print_row(out, "file bytes", r->gc_bytes_in, r->gc_bytes_out,
                  r->gc_bytes_in - r->gc_bytes_out);
    print_row(out, "sections", t->kept_n + t->removed_n, t->kept_n, t->removed_n);
    uint64_t kept = 0, removed = 0;
    for (unsigned c = 0; c < RP_N_CLASSES; c++) {
        print_row(out, rp_class_name((enum rp_fact_class)c), t->kept[c] + t->removed[c], t->kept[c],
                  t->removed[c]);
        kept += t->kept[c];
        removed += t->removed[c];
    }
    print_row(out, "bytes", kept + removed, kept, removed);
    if (t->duplicate_n)
        fprintf(out, "COMDAT duplicates, not counted above: %" PRIu64 " sections\n",
                t->duplicate_n);
    return REAP_OK;
}
