/* json.c: the report as JSON (docs/report.md describes the format, version 1).
 *
 * Written in a stream: the text of one batch of files is all that is in memory. Nodes are done in
 * parallel because of their demangled names, as in text_removed.c, and written in order.
 *
 * Entry: rp_json_write.
 */
#include "report/facts.h"

#include "report/classes.h"
#include "report/json_image.h"
#include "report/jsonw.h"
#include "report/lint.h"
#include "report/view.h"
#include "util/pool.h"

enum { BATCH = 256, MAX_REFERRERS = 10, FORMAT_VERSION = 1 };

struct json {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    struct rp_view view;
    struct rp_totals *file_totals; /* by file id */
    struct rp_jsonw w;
    FILE *out;
};

static enum reap_status flush(struct json *j)
{
    if (j->w.b.oom)
        return rp_nomem(j->ctx);
    size_t n = j->w.b.n;
    j->w.b.n = 0;
    if (n && fwrite(j->w.b.s, 1, n, j->out) != n)
        return rp_fail(j->ctx, REAP_ERR_IO, "report-write", rp_at(NULL),
                       "cannot write the JSON report");
    return REAP_OK;
}

static void put(struct rp_jsonw *w, const struct rp_facts *f, const char *key, rp_str s)
{
    if (s)
        rp_jsonw_string(w, key, rp_fact_str(f, s));
}

/* --- run, totals, roots ---------------------------------------------------------------------- */

static void write_run(struct json *j)
{
    const struct rp_facts *f = j->f;
    rp_jsonw_open(&j->w, "run", '{', false);
    rp_jsonw_string(&j->w, "version", rp_fact_str(f, f->version));
    put(&j->w, f, "product", f->product);
    put(&j->w, f, "linker", f->linker);
    rp_jsonw_string(&j->w, "level", rp_fact_str(f, f->level));
    put(&j->w, f, "output", f->output);
    put(&j->w, f, "command", f->command);
    put(&j->w, f, "typeinfo", f->typeinfo);
    put(&j->w, f, "unwinder", f->unwinder);
    rp_jsonw_close(&j->w, '}');
}

static void write_part(struct rp_jsonw *w, const char *key, const uint64_t *bytes,
                       const uint64_t *sections)
{
    rp_jsonw_open(w, key, '{', false);
    for (unsigned c = 0; c < RP_N_CLASSES; c++) {
        if (!bytes[c] && !sections[c])
            continue;
        rp_jsonw_open(w, rp_class_name(c), '{', false);
        rp_jsonw_number(w, "sections", sections[c]);
        rp_jsonw_number(w, "bytes", bytes[c]);
        rp_jsonw_close(w, '}');
    }
    rp_jsonw_close(w, '}');
}

static void write_totals(struct rp_jsonw *w, const struct rp_totals *t, bool lines)
{
    rp_jsonw_open(w, "totals", '{', lines);
    write_part(w, "kept", t->kept, t->kept_sections);
    write_part(w, "removed", t->removed, t->removed_sections);
    write_part(w, "comdat-duplicates", t->duplicate, t->duplicate_sections);
    rp_jsonw_close(w, '}');
}

static enum reap_status write_roots(struct json *j)
{
    struct rp_costs costs;
    enum reap_status st = rp_costs_of(&j->view, &costs);
    if (st)
        return st;
    rp_jsonw_open(&j->w, "root-costs", '[', true);
    for (uint32_t i = 0; i < costs.n_groups; i++) {
        const struct rp_cost *c = &costs.groups[i];
        rp_jsonw_open(&j->w, NULL, '{', false);
        rp_jsonw_string(&j->w, "reason", rp_root_reason_name(c->reason));
        rp_jsonw_string(&j->w, "detail", rp_fact_str(j->f, c->detail));
        rp_jsonw_number(&j->w, "roots", c->n_roots);
        rp_jsonw_number(&j->w, "only-through-it", c->only);
        rp_jsonw_number(&j->w, "first-through-it", c->via);
        rp_jsonw_close(&j->w, '}');
    }
    rp_jsonw_close(&j->w, ']');
    rp_costs_free(&costs);
    rp_jsonw_open(&j->w, "roots", '[', true);
    for (rp_id i = 1; i < j->f->roots.n; i++) {
        const struct rp_fact_root *r = &j->f->roots.v[i];
        rp_jsonw_open(&j->w, NULL, '{', false);
        rp_jsonw_number(&j->w, "id", i);
        rp_jsonw_number(&j->w, "node", r->node);
        rp_jsonw_string(&j->w, "reason", rp_root_reason_name(r->reason));
        rp_jsonw_string(&j->w, "detail", rp_fact_str(j->f, r->detail));
        rp_jsonw_close(&j->w, '}');
    }
    rp_jsonw_close(&j->w, ']');
    return flush(j);
}

/* --- files ----------------------------------------------------------------------------------- */

static enum reap_status write_files(struct json *j)
{
    const struct rp_facts *f = j->f;
    enum reap_status st = REAP_OK;
    rp_jsonw_open(&j->w, "files", '[', true);
    for (rp_id i = 1; !st && i < f->files.n; i++) {
        const struct rp_fact_file *ff = &f->files.v[i];
        rp_jsonw_open(&j->w, NULL, '{', false);
        rp_jsonw_number(&j->w, "id", i);
        rp_jsonw_string(&j->w, "path", rp_fact_str(f, ff->path));
        put(&j->w, f, "member", ff->member);
        rp_jsonw_string(&j->w, "kind", rp_fact_str(f, ff->kind));
        rp_jsonw_number(&j->w, "size", ff->size);
        put(&j->w, f, "untouched", ff->untouched_why);
        put(&j->w, f, "extracted-for", ff->extracted_for);
        if (ff->extracted_by)
            rp_jsonw_number(&j->w, "extracted-by", ff->extracted_by);
        if (j->view.file_start[i] != j->view.file_start[i + 1])
            write_totals(&j->w, &j->file_totals[i], false);
        rp_jsonw_close(&j->w, '}');
        st = flush(j);
    }
    rp_jsonw_close(&j->w, ']');
    return st;
}

/* --- nodes ----------------------------------------------------------------------------------- */

static void write_edge(const struct rp_facts *f, struct rp_jsonw *w, const struct rp_fact_edge *e)
{
    rp_jsonw_number(w, "node", e->from);
    rp_jsonw_string(w, "kind", rp_edge_kind_name(e->kind));
    put(w, f, "symbol", e->symbol);
    rp_jsonw_number(w, "offset", e->offset);
}

static void write_live(const struct rp_facts *f, struct rp_jsonw *w,
                       const struct rp_fact_node *node)
{
    rp_jsonw_string(w, "state", "live");
    if (node->root) {
        rp_jsonw_string(w, "root-reason", rp_root_reason_name(f->roots.v[node->root].reason));
        rp_jsonw_number(w, "root", node->root);
    }
    if (!node->parent)
        return;
    rp_jsonw_open(w, "reached-from", '{', false);
    write_edge(f, w, &f->edges.v[node->parent_edge]);
    rp_jsonw_close(w, '}');
}

static void write_dead(const struct json *j, struct rp_jsonw *w, rp_id id)
{
    const struct rp_view *v = &j->view;
    const struct rp_fact_node *node = &j->f->nodes.v[id];
    uint32_t n = 0;
    rp_jsonw_string(w, "state", "removed");
    rp_jsonw_string(w, "reason", rp_reason_name(node->reason));
    rp_jsonw_open(w, "referrers", '[', false);
    for (uint32_t i = v->in_start[id]; i < v->in_start[id + 1]; i++) {
        if (n++ >= MAX_REFERRERS)
            continue;
        rp_jsonw_open(w, NULL, '{', false);
        write_edge(j->f, w, &j->f->edges.v[v->in_edges[i]]);
        rp_jsonw_close(w, '}');
    }
    rp_jsonw_close(w, ']');
    rp_jsonw_number(w, "n-referrers", n);
    if (node->head)
        rp_jsonw_number(w, "head", node->head);
    rp_jsonw_number(w, "retained", node->retained);
}

static void write_node(const struct json *j, struct rp_jsonw *w, rp_id id)
{
    const struct rp_facts *f = j->f;
    const struct rp_fact_node *node = &f->nodes.v[id];
    rp_jsonw_open(w, NULL, '{', false);
    rp_jsonw_number(w, "id", id);
    rp_jsonw_string(w, "kind", rp_node_kind_name(node->kind));
    if (node->file)
        rp_jsonw_number(w, "file", node->file);
    rp_jsonw_string(w, "section", rp_fact_str(f, node->section));
    if (node->shndx) {
        rp_jsonw_number(w, "shndx", node->shndx);
        rp_jsonw_number(w, "offset", node->offset);
    }
    rp_jsonw_number(w, "size", node->size);
    rp_jsonw_string(w, "class", rp_class_name(node->cls));
    if (node->name) {
        char *name = rp_demangle(rp_fact_str(f, node->name), RP_DEMANGLE_FULL);
        rp_jsonw_string(w, "symbol", rp_fact_str(f, node->name));
        rp_jsonw_string(w, "demangled", name ? name : "");
        w->b.oom |= !name;
        free(name);
    }
    if (node->live)
        write_live(f, w, node);
    else if (node->reason == RP_REASON_COMDAT_DUPLICATE)
        rp_jsonw_string(w, "state", "comdat-duplicate");
    else
        write_dead(j, w, id);
    rp_jsonw_close(w, '}');
}

struct batch {
    const struct json *j;
    rp_id first;
    struct rp_jsonw w[BATCH];
};

static enum reap_status write_file_nodes(void *arg, size_t i)
{
    struct batch *b = arg;
    struct rp_jsonw *w = &b->w[i];
    const struct rp_view *v = &b->j->view;
    rp_id file = b->first + (rp_id)i;
    w->depth = 2; /* within the array of the report's object */
    w->lines[1] = true;
    w->some[1] = false;
    for (uint32_t k = v->file_start[file]; k < v->file_start[file + 1]; k++)
        write_node(b->j, w, v->file_nodes[k]);
    return w->b.oom ? REAP_ERR_NOMEM : REAP_OK;
}

static enum reap_status write_batch(struct json *j, struct batch *batch, rp_id first)
{
    size_t n = j->f->files.n - first;
    if (n > BATCH)
        n = BATCH;
    batch->first = first;
    enum reap_status st = rp_parallel(j->ctx, n, write_file_nodes, batch);
    if (st)
        rp_nomem(j->ctx);
    for (size_t i = 0; i < n; i++) {
        struct rp_strbuf *text = &batch->w[i].b;
        if (!st && text->n) {
            if (j->w.some[1])
                rp_strbuf_puts(&j->w.b, ",");
            j->w.some[1] = true;
            rp_strbuf_add(&j->w.b, text->s, text->n);
            st = flush(j);
        }
        rp_strbuf_free(text);
    }
    return st;
}

static enum reap_status write_nodes(struct json *j)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return rp_nomem(j->ctx);
    batch->j = j;
    enum reap_status st = REAP_OK;
    rp_jsonw_open(&j->w, "nodes", '[', true);
    for (rp_id first = 0; !st && first < j->f->files.n; first += BATCH)
        st = write_batch(j, batch, first);
    rp_jsonw_close(&j->w, ']');
    free(batch);
    return st;
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum reap_status write_undefs(struct json *j)
{
    rp_jsonw_open(&j->w, "undefined", '[', true);
    for (rp_id i = 1; i < j->f->undefs.n; i++) {
        const struct rp_fact_undef *u = &j->f->undefs.v[i];
        rp_jsonw_open(&j->w, NULL, '{', false);
        rp_jsonw_string(&j->w, "name", rp_fact_str(j->f, u->name));
        rp_jsonw_number(&j->w, "node", u->node);
        rp_jsonw_number(&j->w, "offset", u->offset);
        rp_jsonw_bool(&j->w, "weak", u->weak);
        rp_jsonw_close(&j->w, '}');
    }
    rp_jsonw_close(&j->w, ']');
    return flush(j);
}

enum reap_status rp_json_write(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out)
{
    struct json j = {.ctx = ctx, .f = f, .out = out};
    enum reap_status st = rp_view_init(ctx, &j.view, f, RP_VIEW_FILES | RP_VIEW_IN);
    if (!st)
        st = rp_totals_by_file(&j.view, &j.file_totals);
    if (st)
        goto out;
    rp_jsonw_open(&j.w, NULL, '{', true);
    rp_jsonw_string(&j.w, "format", "reap-report");
    rp_jsonw_number(&j.w, "format-version", FORMAT_VERSION);
    write_run(&j);
    write_totals(&j.w, &f->totals, true);
    rp_json_image(&f->image, &j.w);
    rp_lint_json_array(&j.w, "findings", f);
    st = write_roots(&j);
    if (!st)
        st = write_files(&j);
    if (!st)
        st = write_nodes(&j);
    if (!st)
        st = write_undefs(&j);
    if (!st)
        st = rp_json_classes(ctx, f, &j.w);
    if (st)
        goto out;
    rp_jsonw_close(&j.w, '}');
    rp_strbuf_puts(&j.w.b, "\n");
    st = flush(&j);
out:
    rp_strbuf_free(&j.w.b);
    free(j.file_totals);
    rp_view_free(&j.view);
    return st;
}
