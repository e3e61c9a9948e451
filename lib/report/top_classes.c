/* top_classes.c: `reap top --by class` and `--by template`.
 *
 * Entries: rp_top_classes, rp_top_templates.
 */
#include "report/classes.h"

#include "report/table.h"
#include "report/views.h"

static const struct rp_column class_columns[] = {
    {"bytes", "bytes", RP_CELL_NUMBER},     {"removed", "removed", RP_CELL_NUMBER},
    {"vtables", "vtables", RP_CELL_NUMBER}, {"rtti", "typeinfo, name", RP_CELL_NUMBER},
    {"class", "class", RP_CELL_TEXT},       {"why", "its typeinfo", RP_CELL_TEXT},
};
static const struct rp_column template_columns[] = {
    {"bytes", "bytes", RP_CELL_NUMBER},         {"per_mille", "of all", RP_CELL_PERCENT},
    {"instances", "instances", RP_CELL_NUMBER}, {"biggest", "biggest", RP_CELL_NUMBER},
    {"removed", "removed", RP_CELL_NUMBER},     {"removed_instances", "instances", RP_CELL_NUMBER},
    {"template", "template", RP_CELL_TEXT},
};

static void class_row(struct rp_table *t, const struct rp_facts *f, const struct rp_cxx_class *c,
                      struct rp_strbuf *b)
{
    rp_table_number(t, rp_class_kept(c));
    rp_table_number(t, rp_class_removed(c));
    rp_table_number(t, c->part[RP_PART_VTABLE].kept + c->part[RP_PART_CONSTRUCTION].kept +
                           c->part[RP_PART_VTT].kept);
    rp_table_number(t, c->part[RP_PART_TYPEINFO].kept + c->part[RP_PART_NAME].kept);
    rp_word_class(f, c, b);
    rp_table_take(t, b);
    if (!c->type) {
        rp_table_empty(t);
        return;
    }
    rp_strbuf_puts(b, f->nodes.v[f->types.v[c->type].typeinfo].live ? "stays: " : "goes: ");
    rp_word_verdict(f, c->type, b);
    rp_table_take(t, b);
}

enum reap_status rp_top_classes(struct rp_ctx *ctx, const struct rp_facts *f,
                                const struct reap_top_options *opts, FILE *out)
{
    struct rp_classes c;
    struct rp_strbuf b = {0}, title = {0};
    enum reap_status st = rp_classes_of(ctx, f, opts->dead, &c);
    if (st)
        return st;
    struct rp_table t = {.columns = class_columns, .n_columns = 6};
    uint64_t sum = 0, n = 0;
    for (size_t i = 0; i < c.v.n; i++) {
        const struct rp_cxx_class *x = &c.v.v[i];
        uint64_t bytes = opts->dead ? rp_class_removed(x) : rp_class_kept(x);
        if (!bytes)
            continue;
        sum += bytes;
        n++;
        class_row(&t, f, x, &b);
    }
    rp_strbuf_puts(&title, opts->dead ? "Removed bytes of C++ classes beside their code: "
                                      : "Live bytes of C++ classes beside their code: ");
    rp_word_number(sum, &title);
    rp_strbuf_puts(&title, " in ");
    rp_word_number(n, &title);
    t.title = title.oom ? NULL : title.s;
    t.oom |= b.oom;
    st = rp_table_write(ctx, &t, &opts->style, out);
    rp_table_free(&t);
    rp_strbuf_free(&b);
    rp_strbuf_free(&title);
    rp_classes_free(&c);
    return st;
}

enum reap_status rp_top_templates(struct rp_ctx *ctx, const struct rp_facts *f,
                                  const struct reap_top_options *opts, FILE *out)
{
    struct rp_templates x;
    struct rp_strbuf title = {0};
    enum reap_status st = rp_templates_of(ctx, f, opts->dead, &x);
    if (st)
        return st;
    struct rp_table t = {
        .columns = template_columns,
        .n_columns = 7,
        .note = "Template arguments are shown as …; overloads of one name are counted together.",
    };
    uint64_t whole = opts->dead ? x.removed : x.kept;
    for (size_t i = 0; i < x.v.n; i++) {
        const struct rp_template *p = &x.v.v[i];
        if (!(opts->dead ? p->removed : p->kept))
            continue;
        rp_table_number(&t, p->kept);
        rp_table_percent(&t, opts->dead ? p->removed : p->kept, whole);
        rp_table_number(&t, p->n_kept);
        rp_table_number(&t, p->biggest);
        rp_table_number(&t, p->removed);
        rp_table_number(&t, p->n_removed);
        rp_table_text(&t, x.names.s + p->pattern);
    }
    rp_strbuf_puts(&title, opts->dead ? "Removed template instances: " : "Template instances: ");
    rp_word_number(opts->dead ? x.n_removed : x.n_kept, &title);
    rp_strbuf_puts(&title, ", ");
    rp_word_number(whole, &title);
    rp_strbuf_puts(&title, " bytes");
    t.title = title.oom ? NULL : title.s;
    st = rp_table_write(ctx, &t, &opts->style, out);
    rp_table_free(&t);
    rp_strbuf_free(&title);
    rp_templates_free(&x);
    return st;
}
