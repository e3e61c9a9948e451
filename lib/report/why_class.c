/* why_class.c: `reap why CLASS`: what a C++ class weighs beside its code, and why its typeinfo
 * stays or goes.
 *
 * A class is no symbol; its parts are. The answer sums them up, gives the verdict of the pass about
 * typeinfo with its evidence, and the class's place in the hierarchy. The parts can be asked for by
 * their own names: "vtable for X", "typeinfo for X".
 *
 * Entries: rp_why_find_classes, rp_why_class_text, rp_why_class_json.
 */
#include "report/why.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_LISTED = 10 };

enum reap_status rp_why_find_classes(struct rp_why *w, const char *word,
                                     bool (*matches)(const void *arg, const char *name),
                                     const void *arg)
{
    struct rp_strbuf name = {0};
    enum reap_status st = rp_classes_of(w->ctx, w->f, false, &w->classes);
    for (size_t i = 0; !st && i < w->classes.v.n; i++) {
        const struct rp_cxx_class *c = &w->classes.v.v[i];
        if (!strstr(rp_fact_str(w->f, c->symbol), word))
            continue;
        name.n = 0;
        rp_word_class(w->f, c, &name);
        struct rp_answer a = {.kind = RP_ANSWER_CLASS, .cls = (uint32_t)i};
        if (name.oom || (name.s && matches(arg, name.s) && !rp_vec_push(&w->answers, a)))
            st = rp_nomem(w->ctx);
    }
    rp_strbuf_free(&name);
    return st;
}

/* --- text ------------------------------------------------------------------------------------ */

static void put_parts(const struct rp_why *w, const struct rp_cxx_class *c, struct rp_strbuf *b)
{
    static const char *const one[RP_N_PARTS] = {"vtable", "construction vtables", "VTT", "typeinfo",
                                                "typeinfo name"};
    for (unsigned p = 0; p < RP_N_PARTS; p++) {
        const struct rp_bytes *x = &c->part[p];
        if (!x->n_kept && !x->n_removed)
            continue;
        rp_strbuf_printf(b, "  %-21s", one[p]);
        if (x->n_kept)
            rp_strbuf_printf(b, "%s, %" PRIu64 " bytes", "live", x->kept);
        if (x->n_removed)
            rp_strbuf_printf(b, "%sremoved, %" PRIu64 " bytes", x->n_kept ? "; " : "", x->removed);
        if (x->n_kept + x->n_removed == 1) {
            rp_strbuf_puts(b, "  ");
            rp_word_node(w->f, c->node[p], b);
        }
        rp_strbuf_puts(b, "\n");
    }
}

static void put_slots(const struct rp_why *w, rp_id type, struct rp_strbuf *b)
{
    const struct rp_facts *f = w->f;
    uint32_t n = 0;
    for (size_t i = 1; i < f->rtti_slots.n; i++) {
        const struct rp_fact_slot *s = &f->rtti_slots.v[i];
        if (s->type != type || n++ == MAX_LISTED)
            continue;
        if (n > MAX_LISTED)
            continue;
        rp_strbuf_printf(b, "%s    %s  ", n == 1 ? "  RTTI slots:\n" : "",
                         !f->nodes.v[s->vtable].live ? "dead with its vtable"
                         : s->kept                   ? "kept                "
                                                     : "cleared             ");
        rp_word_node(f, s->vtable, b);
        rp_strbuf_printf(b, "+0x%" PRIx64 "\n", s->offset);
    }
    if (n > MAX_LISTED)
        rp_strbuf_printf(b, "    … and %" PRIu32 " more\n", n - MAX_LISTED);
}

/* Bases, or what derives from it. */
static void put_relatives(const struct rp_why *w, rp_id type, bool bases, struct rp_strbuf *b)
{
    const struct rp_facts *f = w->f;
    uint32_t n = 0;
    for (size_t i = 1; i < f->bases.n; i++) {
        const struct rp_fact_base *r = &f->bases.v[i];
        rp_id other = bases ? r->base : r->type;
        if ((bases ? r->type : r->base) != type || ++n > MAX_LISTED)
            continue;
        rp_strbuf_puts(b, n > 1 ? ", " : bases ? "  bases: " : "  derived: ");
        rp_word_class_of(rp_fact_str(f, f->types.v[other].symbol), b);
    }
    if (n > MAX_LISTED)
        rp_strbuf_printf(b, " and %" PRIu32 " more", n - MAX_LISTED);
    if (n)
        rp_strbuf_puts(b, "\n");
}

void rp_why_class_head(const struct rp_why *w, const struct rp_answer *a, struct rp_strbuf *b,
                       rp_id *ret_evidence, const char **ret_about)
{
    const struct rp_cxx_class *c = &w->classes.v.v[a->cls];
    const struct rp_fact_type *t = c->type ? &w->f->types.v[c->type] : NULL;
    rp_strbuf_puts(b, "class ");
    rp_word_class(w->f, c, b);
    rp_strbuf_puts(b, "\n");
    put_parts(w, c, b);
    if (t) {
        rp_strbuf_printf(b,
                         "  its typeinfo %s: ", w->f->nodes.v[t->typeinfo].live ? "stays" : "goes");
        rp_word_verdict(w->f, c->type, b);
        rp_strbuf_puts(b, "\n");
        put_relatives(w, c->type, true, b);
        put_relatives(w, c->type, false, b);
        put_slots(w, c->type, b);
    }
    /* whose life explains it: what names it, else the typeinfo, else the vtable */
    rp_id by = t && t->by && w->f->nodes.v[t->by].live ? t->by : 0;
    *ret_about = by ? "what names it" : c->node[RP_PART_TYPEINFO] ? "its typeinfo" : "its vtable";
    *ret_evidence = by                          ? by
                    : c->node[RP_PART_TYPEINFO] ? c->node[RP_PART_TYPEINFO]
                                                : c->node[RP_PART_VTABLE];
}

/* --- JSON ------------------------------------------------------------------------------------ */

void rp_why_class_json(const struct rp_why *w, const struct rp_answer *a, struct rp_jsonw *j)
{
    const struct rp_cxx_class *c = &w->classes.v.v[a->cls];
    rp_jsonw_string(j, "kind", "class");
    rp_json_class(j, w->f, c);
    rp_jsonw_open(j, "nodes", '{', false);
    for (unsigned p = 0; p < RP_N_PARTS; p++)
        if (c->node[p])
            rp_jsonw_number(j, rp_class_part_name(p), c->node[p]);
    rp_jsonw_close(j, '}');
}
