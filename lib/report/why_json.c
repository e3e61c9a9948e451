/* why_json.c: the answers of `reap why` as JSON (docs/report.md).
 *
 * The same evidence as why_text.c, complete: all referrers, and ids that a database query can use.
 *
 * Entry: rp_why_json.
 */
#include "report/why.h"

#include "report/jsonw.h"

static void put(const struct rp_why *w, struct rp_jsonw *j, const char *key, rp_str s)
{
    if (s)
        rp_jsonw_string(j, key, rp_fact_str(w->f, s));
}

static void put_name(const struct rp_why *w, struct rp_jsonw *j, rp_str name)
{
    if (!name)
        return;
    char *plain = rp_demangle(rp_fact_str(w->f, name), RP_DEMANGLE_FULL);
    rp_jsonw_string(j, "symbol", rp_fact_str(w->f, name));
    rp_jsonw_string(j, "demangled", plain ? plain : "");
    j->b.oom |= !plain;
    free(plain);
}

/* The members of an object about a node. */
static void put_node(const struct rp_why *w, struct rp_jsonw *j, rp_id id)
{
    const struct rp_fact_node *n = &w->f->nodes.v[id];
    rp_jsonw_number(j, "node", id);
    rp_jsonw_string(j, "kind", rp_node_kind_name(n->kind));
    if (n->file) {
        const struct rp_fact_file *ff = &w->f->files.v[n->file];
        rp_jsonw_string(j, "file", rp_fact_str(w->f, ff->path));
        put(w, j, "member", ff->member);
    }
    rp_jsonw_string(j, "section", rp_fact_str(w->f, n->section));
    rp_jsonw_number(j, "offset", n->offset);
    rp_jsonw_number(j, "size", n->size);
    rp_jsonw_string(j, "class", rp_class_name(n->cls));
}

/* An edge and the node at its other end. */
static void put_edge(const struct rp_why *w, struct rp_jsonw *j, rp_id edge, bool target)
{
    const struct rp_fact_edge *e = &w->f->edges.v[edge];
    rp_id other = target ? e->to : e->from;
    rp_jsonw_open(j, NULL, '{', false);
    rp_jsonw_string(j, "edge", rp_edge_kind_name(e->kind));
    rp_jsonw_number(j, "at-offset", e->offset);
    put(w, j, "names", e->symbol);
    rp_jsonw_open(j, target ? "to" : "from", '{', false);
    put_node(w, j, other);
    put_name(w, j, w->f->nodes.v[other].name);
    rp_jsonw_close(j, '}');
    rp_jsonw_close(j, '}');
}

static void put_root(const struct rp_why *w, struct rp_jsonw *j, const char *key, rp_id root)
{
    const struct rp_fact_root *r = &w->f->roots.v[root];
    rp_jsonw_open(j, key, '{', false);
    rp_jsonw_string(j, "reason", rp_root_reason_name(r->reason));
    rp_jsonw_string(j, "detail", rp_fact_str(w->f, r->detail));
    put_node(w, j, r->node);
    put_name(w, j, w->f->nodes.v[r->node].name);
    rp_jsonw_close(j, '}');
}

static enum reap_status put_live(const struct rp_why *w, struct rp_jsonw *j, rp_id node)
{
    struct rp_ids path = {0}, roots = {0};
    rp_jsonw_string(j, "state", "live");
    put_root(w, j, "root", w->f->nodes.v[node].root);
    enum reap_status st = rp_why_path(w, node, &path);
    if (!st) {
        rp_jsonw_open(j, "path", '[', true);
        for (size_t i = 1; i < path.v.n; i++)
            put_edge(w, j, w->f->nodes.v[path.v.v[i]].parent_edge, true);
        rp_jsonw_close(j, ']');
    }
    if (!st && w->opts->all_roots) {
        st = rp_why_roots(w, node, &roots);
        rp_jsonw_open(j, "all-roots", '[', true);
        for (size_t i = 0; i < roots.v.n; i++)
            put_root(w, j, NULL, roots.v.v[i]);
        rp_jsonw_close(j, ']');
    }
    rp_vec_free(&path.v);
    rp_vec_free(&roots.v);
    return st;
}

static enum reap_status put_dead(const struct rp_why *w, struct rp_jsonw *j, rp_id node)
{
    const struct rp_fact_node *n = &w->f->nodes.v[node];
    const struct rp_view *v = &w->view;
    rp_jsonw_string(j, "state", "removed");
    rp_jsonw_string(j, "reason", rp_reason_name(n->reason));
    rp_jsonw_open(j, "referrers", '[', true);
    for (uint32_t i = v->in_start[node]; i < v->in_start[node + 1]; i++)
        if (w->f->edges.v[v->in_edges[i]].from != node)
            put_edge(w, j, v->in_edges[i], false);
    rp_jsonw_close(j, ']');
    if (n->head) {
        rp_jsonw_open(j, "head", '{', false);
        put_node(w, j, n->head);
        put_name(w, j, w->f->nodes.v[n->head].name);
        rp_jsonw_string(j, "reason", rp_reason_name(w->f->nodes.v[n->head].reason));
        rp_jsonw_number(j, "retained", w->f->nodes.v[n->head].retained);
        rp_jsonw_close(j, '}');
    }
    struct rp_revival r;
    enum reap_status st = rp_why_revival(w, node, &r);
    if (st)
        return st;
    rp_jsonw_number(j, "would-bring-back", r.bytes);
    rp_jsonw_number(j, "through-it-alone", n->retained);
    return REAP_OK;
}

static enum reap_status put_node_answer(const struct rp_why *w, struct rp_jsonw *j,
                                        const struct rp_answer *a)
{
    const struct rp_fact_node *n = &w->f->nodes.v[a->node];
    put_name(w, j, a->name ? a->name : n->name);
    put_node(w, j, a->node);
    if (a->n_parts > 1) {
        rp_jsonw_number(j, "parts", a->n_parts);
        rp_jsonw_number(j, "live-parts", a->n_live_parts);
    }
    if (a->n_copies)
        rp_jsonw_number(j, "comdat-copies", a->n_copies);
    if (n->live)
        return put_live(w, j, a->node);
    if (n->reason != RP_REASON_COMDAT_DUPLICATE)
        return put_dead(w, j, a->node);
    rp_jsonw_string(j, "state", "comdat-duplicate");
    return REAP_OK;
}

static enum reap_status put_undefs(const struct rp_why *w, struct rp_jsonw *j, rp_str name)
{
    struct rp_ids ids = {0};
    enum reap_status st = rp_why_undefs(w, name, &ids);
    rp_jsonw_open(j, "references", '[', true);
    for (size_t i = 0; i < ids.v.n; i++) {
        const struct rp_fact_undef *u = &w->f->undefs.v[ids.v.v[i]];
        rp_jsonw_open(j, NULL, '{', false);
        rp_jsonw_number(j, "at-offset", u->offset);
        rp_jsonw_bool(j, "weak", u->weak);
        if (u->node)
            put_node(w, j, u->node);
        rp_jsonw_close(j, '}');
    }
    rp_jsonw_close(j, ']');
    rp_vec_free(&ids.v);
    return st;
}

static void put_file(const struct rp_why *w, struct rp_jsonw *j, rp_id file)
{
    const struct rp_fact_file *ff = &w->f->files.v[file];
    if (!file)
        return;
    rp_jsonw_string(j, "file", rp_fact_str(w->f, ff->path));
    put(w, j, "member", ff->member);
}

static enum reap_status put_symbol_answer(const struct rp_why *w, struct rp_jsonw *j,
                                          const struct rp_answer *a)
{
    const struct rp_fact_symbol *y = &w->f->symbols.v[a->symbol];
    put_name(w, j, a->name);
    rp_jsonw_string(j, "kind", "name");
    put_file(w, j, y->file);
    rp_jsonw_string(j, "state",
                    y->place == RP_PLACE_MEMBER ? "not-extracted" : rp_place_name(y->place));
    if (y->place == RP_PLACE_MEMBER || y->place == RP_PLACE_UNDEFINED)
        return put_undefs(w, j, y->name);
    return REAP_OK;
}

static enum reap_status put_file_answer(const struct rp_why *w, struct rp_jsonw *j,
                                        const struct rp_answer *a)
{
    const struct rp_fact_file *ff = &w->f->files.v[a->file];
    rp_jsonw_string(j, "kind", "file");
    put_file(w, j, a->file);
    rp_jsonw_string(j, "state", rp_fact_str(w->f, ff->kind));
    put(w, j, "untouched", ff->untouched_why);
    put(w, j, "extracted-for", ff->extracted_for);
    if (ff->extracted_by) {
        rp_jsonw_open(j, "extracted-by", '{', false);
        put_file(w, j, ff->extracted_by);
        rp_jsonw_close(j, '}');
    }
    return REAP_OK;
}

static enum reap_status flush(const struct rp_why *w, struct rp_jsonw *j, FILE *out)
{
    if (j->b.oom)
        return rp_nomem(w->ctx);
    if (j->b.n)
        fwrite(j->b.s, 1, j->b.n, out); /* ferror is looked at in the end */
    j->b.n = 0;
    return REAP_OK;
}

static enum reap_status put_near(const struct rp_why *w, struct rp_jsonw *j)
{
    rp_str near[RP_NEAR_MAX];
    unsigned n = 0;
    enum reap_status st = w->answers.n ? REAP_OK : rp_why_near(w, near, &n);
    rp_jsonw_open(j, "near", '[', false);
    for (unsigned i = 0; i < n; i++)
        rp_jsonw_string(j, NULL, rp_fact_str(w->f, near[i]));
    rp_jsonw_close(j, ']');
    return st;
}

enum reap_status rp_why_json(const struct rp_why *w, FILE *out)
{
    struct rp_jsonw j = {0};
    size_t max = w->opts->max ? w->opts->max : w->answers.n;
    rp_jsonw_open(&j, NULL, '{', true);
    rp_jsonw_string(&j, "format", "reap-why");
    rp_jsonw_number(&j, "format-version", 1);
    rp_jsonw_string(&j, "pattern", w->pattern);
    rp_jsonw_number(&j, "n-matches", w->answers.n);
    enum reap_status st = put_near(w, &j);
    rp_jsonw_open(&j, "matches", '[', true);
    for (size_t i = 0; !st && i < w->answers.n && i < max; i++) {
        const struct rp_answer *a = &w->answers.v[i];
        rp_jsonw_open(&j, NULL, '{', true);
        if (a->kind == RP_ANSWER_CLASS)
            rp_why_class_json(w, a, &j);
        else
            st = a->kind == RP_ANSWER_NODE   ? put_node_answer(w, &j, a)
                 : a->kind == RP_ANSWER_FILE ? put_file_answer(w, &j, a)
                                             : put_symbol_answer(w, &j, a);
        rp_jsonw_close(&j, '}');
        if (!st)
            st = flush(w, &j, out);
    }
    rp_jsonw_close(&j, ']');
    rp_jsonw_close(&j, '}');
    rp_strbuf_puts(&j.b, "\n");
    if (!st)
        st = flush(w, &j, out);
    rp_strbuf_free(&j.b);
    return st;
}
