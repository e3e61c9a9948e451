/* text_classes.c: the C++ part of the text report: what classes weigh beside their code, why their
 * typeinfo stays or goes, and which templates are instantiated how often.
 *
 * Then, of a static program, what keeps the unwinder in it.
 *
 * Entries: rp_text_classes, rp_text_unwinder.
 */
#include "report/text.h"

#include "report/classes.h"
#include "report/level_graph.h"
#include "report/unwinder.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN = 30 };

/* --- parts ----------------------------------------------------------------------------------- */

static void part_row(struct rp_strbuf *b, const char *name, const struct rp_bytes *x)
{
    rp_strbuf_printf(b, "  %-22s", name);
    rp_text_number(b, x->n_kept, 12);
    rp_text_number(b, x->kept, 16);
    rp_text_number(b, x->n_removed, 12);
    rp_text_number(b, x->removed, 16);
    rp_text_percent(b, x->removed, x->kept + x->removed, 10);
    rp_strbuf_puts(b, "\n");
}

static void write_parts(struct rp_text *t, const struct rp_classes *c)
{
    struct rp_bytes all = {0};
    rp_strbuf_printf(&t->b, "\nC++ CLASSES\n\n  %-22s%12s%16s%12s%16s\n", "", "kept", "bytes",
                     "removed", "bytes");
    for (unsigned p = 0; p < RP_N_PARTS; p++) {
        const struct rp_bytes *x = &c->part[p];
        all.kept += x->kept;
        all.removed += x->removed;
        all.n_kept += x->n_kept;
        all.n_removed += x->n_removed;
        if (x->n_kept + x->n_removed)
            part_row(&t->b, rp_class_part_name(p), x);
    }
    part_row(&t->b, "in all", &all);
}

/* --- verdicts -------------------------------------------------------------------------------- */

/* Types with a live typeinfo that stay for one reason, because of one class, by one node. */
struct cause {
    uint8_t why;
    rp_id ancestor, by;
    uint32_t n;
    uint64_t bytes; /* of their typeinfos and names */
};

struct tally {
    uint32_t types[RP_N_CLASS_WHYS];
    uint64_t bytes[RP_N_CLASS_WHYS];
    uint32_t live_slots, kept_slots, gone;
    struct cause *causes; /* by why, then falling bytes */
    size_t n_causes;
};

static int same_cause_together(const void *a, const void *b)
{
    const struct cause *x = a, *y = b;
    if (x->why != y->why)
        return x->why < y->why ? -1 : 1;
    if (x->ancestor != y->ancestor)
        return x->ancestor < y->ancestor ? -1 : 1;
    return x->by < y->by ? -1 : x->by > y->by;
}

static int heaviest_first(const void *a, const void *b)
{
    const struct cause *x = a, *y = b;
    if (x->why != y->why)
        return x->why < y->why ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return same_cause_together(a, b);
}

static void sum_up_causes(struct tally *y)
{
    size_t n = 0;
    qsort(y->causes, y->n_causes, sizeof *y->causes, same_cause_together);
    for (size_t i = 0; i < y->n_causes; i++) {
        if (n && !same_cause_together(&y->causes[n - 1], &y->causes[i])) {
            y->causes[n - 1].n += y->causes[i].n;
            y->causes[n - 1].bytes += y->causes[i].bytes;
        } else {
            y->causes[n++] = y->causes[i];
        }
    }
    y->n_causes = n;
    qsort(y->causes, n, sizeof *y->causes, heaviest_first);
}

static bool make_tally(const struct rp_facts *f, struct tally *ret)
{
    struct tally y = {.causes = calloc(f->types.n, sizeof *y.causes)};
    if (!y.causes)
        return false;
    for (size_t i = 1; i < f->rtti_slots.n; i++) {
        const struct rp_fact_slot *s = &f->rtti_slots.v[i];
        y.live_slots += f->nodes.v[s->vtable].live != 0;
        y.kept_slots += s->kept;
    }
    for (size_t i = 1; i < f->types.n; i++) {
        const struct rp_fact_type *t = &f->types.v[i];
        const struct rp_fact_node *n = &f->nodes.v[t->typeinfo];
        if (strncmp(rp_fact_str(f, t->symbol), "_ZTI", 4) != 0)
            continue; /* holds the address of a typeinfo, like DW.ref._ZTI… */
        if (!n->live) {
            y.gone += n->reason == RP_REASON_RTTI_UNOBSERVABLE;
            continue;
        }
        const struct rp_fact_node *name = &f->nodes.v[t->type_name];
        uint64_t bytes = n->size + (name->live ? name->size : 0);
        y.types[t->why]++;
        y.bytes[t->why] += bytes;
        y.causes[y.n_causes++] = (struct cause){t->why, t->ancestor, t->by, 1, bytes};
    }
    sum_up_causes(&y);
    *ret = y;
    return true;
}

/* Consecutive uses of one function. */
static size_t uses_of_function(const struct rp_facts *f, size_t from, bool *ret_strong)
{
    size_t n = 0;
    rp_str function = rp_fact_function_at(f, f->typeids.v[from].node, f->typeids.v[from].offset);
    *ret_strong = false;
    for (; from + n < f->typeids.n; n++) {
        const struct rp_fact_typeid *u = &f->typeids.v[from + n];
        if (u->node != f->typeids.v[from].node || u->allowed ||
            rp_fact_function_at(f, u->node, u->offset) != function)
            break;
        *ret_strong |= u->strong != 0;
    }
    return n;
}

static void use_row(struct rp_text *t, size_t use, size_t n, bool strong)
{
    enum { INDENT = 15 };
    const struct rp_facts *f = t->f;
    const struct rp_fact_typeid *u = &f->typeids.v[use];
    const struct rp_fact_node *node = &f->nodes.v[u->node];
    struct rp_strbuf *b = &t->b, file = {0};
    rp_strbuf_puts(b, strong ? "    certainly  " : "    perhaps    ");
    rp_str name = rp_fact_function_at(f, u->node, u->offset);
    if (name)
        rp_word_symbol_fit(rp_fact_str(f, name), RP_TEXT_COLUMNS - INDENT, b);
    else
        rp_word_plain(rp_fact_str(f, node->section), b);
    rp_strbuf_printf(b, "\n%*s", INDENT, "");
    rp_file_name(f, node->file, true, &file);
    b->oom |= file.oom;
    rp_word_fit(file.s ? file.s : "", 44, b);
    rp_strbuf_printf(b, "+0x%" PRIx64, u->offset);
    if (u->of) {
        rp_strbuf_puts(b, ", of objects of ");
        rp_word_class_of(rp_fact_str(f, u->of), b);
    }
    if (n > 1)
        rp_strbuf_printf(b, " and %zu more", n - 1);
    rp_strbuf_puts(b, "\n");
    rp_strbuf_free(&file);
}

/* Functions that may read slots: they keep what has no other reason. The certain ones first. */
static void write_typeids(struct rp_text *t, const struct tally *y)
{
    enum { MAX_FUNCTIONS = 12 };
    const struct rp_facts *f = t->f;
    struct rp_strbuf *b = &t->b;
    size_t n = 0, shown = 0, k;
    bool strong;
    for (size_t i = 1; i < f->typeids.n; i += k ? k : 1) {
        k = uses_of_function(f, i, &strong);
        n += k != 0;
    }
    if (!n)
        return;
    rp_strbuf_puts(b, "\n  ");
    rp_word_number(n, b);
    rp_strbuf_puts(b, n == 1 ? " function may ask an object for its type"
                             : " functions may ask an object for its type");
    if (y->types[RP_CLASS_TYPEID]) {
        rp_strbuf_printf(b, " and keep%s ", n == 1 ? "s" : "");
        rp_word_number(y->types[RP_CLASS_TYPEID], b);
        rp_strbuf_puts(b, " typeinfos");
    }
    rp_strbuf_puts(b, ":\n");
    for (int certain = 1; certain >= 0; certain--)
        for (size_t i = 1; i < f->typeids.n && shown < MAX_FUNCTIONS; i += k ? k : 1) {
            k = uses_of_function(f, i, &strong);
            if (!k || strong != certain)
                continue;
            use_row(t, i, k, strong);
            shown++;
        }
    if (n > shown) {
        rp_strbuf_puts(b, "    … and ");
        rp_word_number(n - shown, b);
        rp_strbuf_puts(b, " more: the table typeid_use of the database\n");
    }
}

static const char *const why_words[RP_N_CLASS_WHYS] = {
    [RP_CLASS_GONE] = "no slot needs it, but something else does",
    [RP_CLASS_NO_SLOT] = "referred to without a vtable",
    [RP_CLASS_NAMED] = "it or a base is named by live code or data:",
    [RP_CLASS_VISIBLE] = "it or a base is visible outside of the link:",
    [RP_CLASS_TYPEID] = "code that may be a typeid may read its slot",
    [RP_CLASS_ODD] = "not of a form that is understood",
    [RP_CLASS_UNPROVED] = "nothing is known to look at it, but that is no proof",
    [RP_CLASS_PART] = "nobody looks, but it is part of another that stays",
};

/* The classes that are named or visible, with who names them. */
static void write_causes(struct rp_text *t, const struct tally *y, unsigned why)
{
    enum { MAX_CAUSES = 12, INDENT = 28 };
    struct rp_strbuf *b = &t->b, word = {0};
    uint32_t n = 0, rest = 0;
    uint64_t rest_bytes = 0;
    for (size_t i = 0; i < y->n_causes; i++) {
        const struct cause *c = &y->causes[i];
        if (c->why != why || !c->ancestor)
            continue;
        if (c->n == 1 || n == MAX_CAUSES) { /* by falling bytes, so that the first ones say most */
            rest += c->n;
            rest_bytes += c->bytes;
            continue;
        }
        n++;
        rp_text_number(b, c->n, 11);
        rp_text_number(b, c->bytes, 13);
        rp_strbuf_puts(b, "    ");
        word.n = 0;
        rp_word_class_of(rp_fact_str(t->f, t->f->types.v[c->ancestor].symbol), &word);
        b->oom |= word.oom;
        rp_word_fit(word.s ? word.s : "", RP_TEXT_COLUMNS - INDENT, b);
        if (c->by) {
            rp_strbuf_printf(b, "\n%*sby ", INDENT + 2, "");
            word.n = 0;
            rp_word_by(t->f, c->by, c->ancestor, &word);
            b->oom |= word.oom;
            rp_word_fit(word.s ? word.s : "", RP_TEXT_COLUMNS - INDENT - 5, b);
        }
        rp_strbuf_puts(b, "\n");
    }
    if (rest && n) {
        rp_text_number(b, rest, 11);
        rp_text_number(b, rest_bytes, 13);
        rp_strbuf_puts(b, "    others, each by itself: reap why CLASS\n");
    }
    rp_strbuf_free(&word);
}

static void write_verdicts(struct rp_text *t, const struct tally *y)
{
    const char *how = rp_fact_str(t->f, t->f->typeinfo);
    struct rp_strbuf *b = &t->b;
    if (!*how)
        return;
    rp_strbuf_puts(b, "\n  ");
    bool assumed = !strcmp(how, "assumed");
    if (!assumed && strcmp(how, "collected") != 0) {
        rp_strbuf_puts(b, "Every typeinfo that a live vtable holds stays: ");
        rp_word_plain(how, b);
        rp_strbuf_puts(b, "\n");
    } else {
        rp_word_number(y->live_slots - y->kept_slots, b);
        rp_strbuf_puts(b, " of ");
        rp_word_number(y->live_slots, b);
        rp_strbuf_puts(b, " live RTTI slots were cleared; ");
        rp_word_number(y->gone, b);
        rp_strbuf_puts(b, assumed ? " typeinfos went with them\n  (on the assumption that was "
                                    "given; it is not proved).\n"
                                  : " typeinfos went with them.\n");
    }
    bool any = false;
    for (unsigned w = 0; w < RP_N_CLASS_WHYS; w++) {
        if (!y->types[w])
            continue;
        if (!any)
            rp_strbuf_puts(b, "\n       kept        bytes  typeinfo and name, because\n");
        any = true;
        rp_text_number(b, y->types[w], 11);
        rp_text_number(b, y->bytes[w], 13);
        rp_strbuf_printf(b, "  %s\n", why_words[w]);
        if (w == RP_CLASS_NAMED || w == RP_CLASS_VISIBLE)
            write_causes(t, y, w);
    }
    write_typeids(t, y);
}

/* --- classes --------------------------------------------------------------------------------- */

static void class_row(struct rp_text *t, const struct rp_cxx_class *c)
{
    enum { INDENT = 46 };
    struct rp_strbuf *b = &t->b, word = {0};
    rp_text_number(b, rp_class_kept(c), 12);
    rp_text_number(b, c->part[RP_PART_TYPEINFO].kept + c->part[RP_PART_NAME].kept, 10);
    rp_text_number(b, rp_class_removed(c), 10);
    rp_strbuf_printf(b, "  %-10s  ", c->type ? rp_class_why_name(t->f->types.v[c->type].why) : "");
    rp_word_class(t->f, c, &word);
    b->oom |= word.oom;
    rp_word_fit(word.s ? word.s : "", RP_TEXT_COLUMNS - INDENT, b);
    rp_strbuf_puts(b, "\n");
    rp_strbuf_free(&word);
}

static void write_classes(struct rp_text *t, const struct rp_classes *c)
{
    size_t n = 0;
    rp_strbuf_puts(&t->b,
                   "\n        kept  typeinfo   removed  why it stays, class: the biggest first\n");
    for (; n < c->v.n && n < SHOWN; n++)
        class_row(t, &c->v.v[n]);
    if (c->v.n > n) {
        rp_strbuf_puts(&t->b, "  … and ");
        rp_word_number(c->v.n - n, &t->b);
        rp_strbuf_puts(&t->b, " more: reap top --by class, reap why CLASS\n");
    }
}

/* --- templates ------------------------------------------------------------------------------- */

static void write_templates(struct rp_text *t, const struct rp_templates *x)
{
    struct rp_strbuf *b = &t->b;
    size_t n = 0, more = 0;
    rp_strbuf_puts(b, "\nTEMPLATES\n\n  ");
    rp_word_number(x->n_kept, b);
    rp_strbuf_puts(b, " instances were kept, ");
    rp_word_size(x->kept, b);
    rp_strbuf_puts(b, "; ");
    rp_word_number(x->n_removed, b);
    rp_strbuf_puts(b, " were removed, ");
    rp_word_size(x->removed, b);
    rp_strbuf_puts(b, ".\n  Many instances of one template may share code: what does not depend on"
                      " the arguments.\n\n"
                      "       bytes  instances   biggest   removed  template\n");
    for (; n < x->v.n && n < SHOWN && x->v.v[n].kept; n++) {
        const struct rp_template *p = &x->v.v[n];
        rp_text_number(b, p->kept, 12);
        rp_text_number(b, p->n_kept, 11);
        rp_text_number(b, p->biggest, 10);
        rp_text_number(b, p->removed, 10);
        rp_strbuf_puts(b, "  ");
        rp_word_fit(x->names.s + p->pattern, RP_TEXT_COLUMNS - 45, b);
        rp_strbuf_puts(b, "\n");
    }
    for (size_t i = n; i < x->v.n && x->v.v[i].kept; i++)
        more++;
    if (more) {
        rp_strbuf_puts(b, "  … and ");
        rp_word_number(more, b);
        rp_strbuf_puts(b, " more: reap top --by template\n");
    }
}

enum reap_status rp_text_unwinder(struct rp_text *t)
{
    struct rp_unwinder_facts u;
    if (!t->f->unwinder)
        return REAP_OK;
    enum reap_status st = rp_unwinder_of(&t->view, &u);
    if (st)
        return st;
    size_t before = t->b.n;
    rp_strbuf_puts(&t->b, "\nUNWINDER\n\n");
    size_t head = t->b.n;
    st = rp_word_unwinder(&t->view, &u, &t->b);
    if (t->b.n == head)
        t->b.n = before;
    rp_unwinder_facts_free(&u);
    return st ? st : rp_text_flush(t);
}

enum reap_status rp_text_classes(struct rp_text *t)
{
    struct rp_classes c = {0};
    struct rp_templates x = {0};
    struct tally y = {0};
    enum reap_status st = rp_classes_of(t->ctx, t->f, false, &c);
    if (!st && c.v.n) {
        write_parts(t, &c);
        if (make_tally(t->f, &y))
            write_verdicts(t, &y);
        else
            t->b.oom = true;
        free(y.causes);
        write_classes(t, &c);
        st = rp_text_flush(t);
    }
    if (!st)
        st = rp_templates_of(t->ctx, t->f, false, &x);
    if (!st && x.v.n) {
        write_templates(t, &x);
        st = rp_text_flush(t);
    }
    rp_classes_free(&c);
    rp_templates_free(&x);
    return st;
}
