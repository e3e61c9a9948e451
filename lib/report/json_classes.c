/* json_classes.c: the C++ part of the JSON report: classes with their verdicts, code that may be a
 * typeid, and templates.
 *
 * Entry: rp_json_classes.
 */
#include "report/classes.h"

static void write_bytes(struct rp_jsonw *w, const char *key, const struct rp_bytes *x)
{
    if (!x->n_kept && !x->n_removed)
        return;
    rp_jsonw_open(w, key, '{', false);
    rp_jsonw_number(w, "kept", x->n_kept);
    rp_jsonw_number(w, "kept-bytes", x->kept);
    rp_jsonw_number(w, "removed", x->n_removed);
    rp_jsonw_number(w, "removed-bytes", x->removed);
    rp_jsonw_close(w, '}');
}

void rp_json_class(struct rp_jsonw *w, const struct rp_facts *f, const struct rp_cxx_class *c)
{
    struct rp_strbuf word = {0};
    rp_word_class(f, c, &word);
    rp_jsonw_string(w, "class", word.s ? word.s : "");
    rp_jsonw_string(w, "symbol", rp_fact_str(f, c->symbol));
    rp_jsonw_number(w, "kept-bytes", rp_class_kept(c));
    rp_jsonw_number(w, "removed-bytes", rp_class_removed(c));
    for (unsigned p = 0; p < RP_N_PARTS; p++)
        write_bytes(w, rp_class_part_name(p), &c->part[p]);
    if (c->type) {
        const struct rp_fact_type *t = &f->types.v[c->type];
        word.n = 0;
        rp_word_verdict(f, c->type, &word);
        rp_jsonw_bool(w, "typeinfo-kept", f->nodes.v[t->typeinfo].live != 0);
        rp_jsonw_string(w, "why", rp_class_why_name(t->why));
        rp_jsonw_string(w, "why-text", word.s ? word.s : "");
        if (t->ancestor)
            rp_jsonw_string(w, "because-of", rp_fact_str(f, f->types.v[t->ancestor].symbol));
        if (t->by)
            rp_jsonw_number(w, "by-node", t->by);
    }
    w->b.oom |= word.oom;
    rp_strbuf_free(&word);
}

static void write_typeids(struct rp_jsonw *w, const struct rp_facts *f)
{
    rp_jsonw_open(w, "typeid-uses", '[', true);
    for (size_t i = 1; i < f->typeids.n; i++) {
        const struct rp_fact_typeid *u = &f->typeids.v[i];
        rp_jsonw_open(w, NULL, '{', false);
        rp_jsonw_number(w, "node", u->node);
        rp_jsonw_string(w, "symbol", rp_fact_str(f, f->nodes.v[u->node].name));
        rp_jsonw_number(w, "offset", u->offset);
        rp_jsonw_bool(w, "strong", u->strong);
        if (u->allowed)
            rp_jsonw_string(w, "allowed", rp_fact_str(f, u->allowed));
        if (u->of)
            rp_jsonw_string(w, "of", rp_fact_str(f, u->of));
        rp_jsonw_close(w, '}');
    }
    rp_jsonw_close(w, ']');
}

static void write_templates(struct rp_jsonw *w, const struct rp_templates *x)
{
    rp_jsonw_open(w, "templates", '[', true);
    for (size_t i = 0; i < x->v.n; i++) {
        const struct rp_template *p = &x->v.v[i];
        rp_jsonw_open(w, NULL, '{', false);
        rp_jsonw_string(w, "template", x->names.s + p->pattern);
        rp_jsonw_number(w, "instances", p->n_kept);
        rp_jsonw_number(w, "bytes", p->kept);
        rp_jsonw_number(w, "biggest", p->biggest);
        rp_jsonw_number(w, "removed-instances", p->n_removed);
        rp_jsonw_number(w, "removed-bytes", p->removed);
        rp_jsonw_close(w, '}');
    }
    rp_jsonw_close(w, ']');
}

enum reap_status rp_json_classes(struct rp_ctx *ctx, const struct rp_facts *f, struct rp_jsonw *w)
{
    struct rp_classes c = {0};
    struct rp_templates x = {0};
    enum reap_status st = rp_classes_of(ctx, f, false, &c);
    if (!st)
        st = rp_templates_of(ctx, f, false, &x);
    if (!st && (c.v.n || x.v.n)) {
        rp_jsonw_open(w, "cxx", '{', true);
        for (unsigned p = 0; p < RP_N_PARTS; p++)
            write_bytes(w, rp_class_part_name(p), &c.part[p]);
        rp_jsonw_open(w, "classes", '[', true);
        for (size_t i = 0; i < c.v.n; i++) {
            rp_jsonw_open(w, NULL, '{', false);
            rp_json_class(w, f, &c.v.v[i]);
            rp_jsonw_close(w, '}');
        }
        rp_jsonw_close(w, ']');
        write_typeids(w, f);
        write_templates(w, &x);
        rp_jsonw_close(w, '}');
    }
    rp_classes_free(&c);
    rp_templates_free(&x);
    return st;
}
