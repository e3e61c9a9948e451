/* totals.c: sections and bytes by class, summed over the nodes of the facts.
 *
 * Bytes are counted by node, because pieces and records of one section may differ. Sections are
 * counted whole: removed when all of its nodes are dead, else kept. The same sums by file serve the
 * views.
 *
 * Entries: rp_facts_totals, rp_totals_by_file.
 */
#include "report/facts.h"

#include "report/view.h"

static void add_node(struct rp_totals *t, const struct rp_fact_node *node)
{
    if (node->kind == RP_NODE_SET)
        return;
    if (node->live)
        t->kept[node->cls] += node->size;
    else if (node->reason == RP_REASON_COMDAT_DUPLICATE)
        t->duplicate[node->cls] += node->size;
    else
        t->removed[node->cls] += node->size;
}

static void add_section(struct rp_totals *t, const struct rp_run *run)
{
    bool alloc = rp_class_is_alloc(run->cls);
    switch (run->state) {
    case RP_RUN_SYNTHETIC: break;
    case RP_RUN_KEPT:
    case RP_RUN_PARTIAL:
        t->kept_sections[run->cls]++;
        t->kept_n += alloc;
        break;
    case RP_RUN_REMOVED:
        t->removed_sections[run->cls]++;
        t->removed_n += alloc;
        break;
    case RP_RUN_DUPLICATE:
        t->duplicate_sections[run->cls]++;
        t->duplicate_n += alloc;
        break;
    }
}

enum reap_status rp_totals_by_file(const struct rp_view *v, struct rp_totals **ret)
{
    const struct rp_facts *f = v->f;
    struct rp_totals *by_file = calloc(f->files.n, sizeof *by_file);
    if (!by_file)
        return rp_nomem(v->ctx);
    for (rp_id i = 1; i < f->nodes.n; i++)
        add_node(&by_file[f->nodes.v[i].file], &f->nodes.v[i]);
    struct rp_run run;
    for (rp_id file = 0; file < f->files.n; file++)
        for (size_t at = 0; rp_view_run(v, file, &at, &run);)
            add_section(&by_file[file], &run);
    *ret = by_file;
    return REAP_OK;
}

enum reap_status rp_facts_totals(struct rp_ctx *ctx, struct rp_facts *f)
{
    struct rp_view view;
    enum reap_status st = rp_view_init(ctx, &view, f, RP_VIEW_FILES);
    if (st)
        return st;
    f->totals = (struct rp_totals){0};
    for (size_t i = 1; i < f->nodes.n; i++)
        add_node(&f->totals, &f->nodes.v[i]);
    struct rp_run run;
    for (rp_id file = 0; file < f->files.n; file++)
        for (size_t at = 0; rp_view_run(&view, file, &at, &run);)
            add_section(&f->totals, &run);
    rp_view_free(&view);
    return REAP_OK;
}
