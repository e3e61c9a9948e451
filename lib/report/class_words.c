/* class_words.c: classes, and why their typeinfo stays or goes, in words for people. */
#include "report/classes.h"

#include "report/level_graph.h"

#include <string.h>

const char *rp_class_part_name(unsigned part)
{
    static const char *const names[RP_N_PARTS] = {"vtables", "construction vtables", "VTTs",
                                                  "typeinfos", "typeinfo names"};
    return part < RP_N_PARTS ? names[part] : "?";
}

void rp_word_class_of(const char *symbol, struct rp_strbuf *b)
{
    char *name = rp_demangle(symbol, RP_DEMANGLE_FULL);
    if (!name) {
        b->oom = true;
        return;
    }
    /* "vtable for X", "typeinfo name for X", "construction vtable for B-in-X" */
    const char *at = strstr(name, " for "), *in = strstr(name, "-in-");
    if (at && !strncmp(symbol, "_ZTC", 4) && in)
        at = in - 1;
    rp_word_plain(at ? at + 5 : name, b);
    free(name);
}

void rp_word_class(const struct rp_facts *f, const struct rp_cxx_class *c, struct rp_strbuf *b)
{
    rp_word_class_of(rp_fact_str(f, c->symbol), b);
}

/* --- verdicts -------------------------------------------------------------------------------- */

rp_str rp_fact_function_at(const struct rp_facts *f, rp_id node, uint64_t offset)
{
    const struct rp_fact_node *n = &f->nodes.v[node];
    const char *section = rp_fact_str(f, n->section), *name = rp_fact_str(f, n->name);
    if (n->cls != RP_CLASS_TEXT || n->kind != RP_NODE_SECTION || (*name && strstr(section, name)))
        return n->name; /* the section is the function's own */
    rp_str best = n->name;
    uint64_t best_value = 0;
    bool found = false;
    for (size_t i = 1; i < f->symbols.n; i++) {
        const struct rp_fact_symbol *y = &f->symbols.v[i];
        if (y->node != node || y->value > offset || y->value + y->size <= offset ||
            (found && y->value < best_value))
            continue;
        found = true;
        best = y->name;
        best_value = y->value;
    }
    return best;
}

/* Where `from` refers to `to`: edges stand by source. False when it does not. */
static bool find_reference(const struct rp_facts *f, rp_id from, rp_id to, uint64_t *ret_offset)
{
    size_t lo = 1, hi = f->edges.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (f->edges.v[mid].from < from)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < f->edges.n && f->edges.v[lo].from == from; lo++)
        if (f->edges.v[lo].to == to) {
            *ret_offset = f->edges.v[lo].offset;
            return true;
        }
    return false;
}

void rp_word_by(const struct rp_facts *f, rp_id by, rp_id type, struct rp_strbuf *b)
{
    const struct rp_fact_node *n = &f->nodes.v[by];
    rp_str name = n->name;
    uint64_t offset;
    if (type && find_reference(f, by, f->types.v[type].typeinfo, &offset))
        name = rp_fact_function_at(f, by, offset);
    if (!n->name || n->kind == RP_NODE_FDE || n->kind == RP_NODE_CIE) {
        rp_word_node(f, by, b);
        return;
    }
    /* the indirect references of exception tables (gcc and clang call them so) */
    if (!strncmp(rp_fact_str(f, n->name), "DW.ref.", 7))
        rp_strbuf_puts(b, "exception tables");
    else
        rp_word_symbol_fit(rp_fact_str(f, name), 56, b);
    rp_strbuf_puts(b, " in ");
    rp_file_name(f, n->file, true, b);
}

/* Whose verdict it is: the class itself, or one of its bases. */
static void put_whom(const struct rp_facts *f, rp_id type, const char *itself,
                     const char *base_verb, struct rp_strbuf *b)
{
    rp_id ancestor = f->types.v[type].ancestor;
    if (!ancestor || ancestor == type) {
        rp_strbuf_puts(b, itself);
        return;
    }
    rp_strbuf_puts(b, "its base ");
    rp_word_class_of(rp_fact_str(f, f->types.v[ancestor].symbol), b);
    rp_strbuf_puts(b, base_verb);
}

void rp_word_verdict(const struct rp_facts *f, rp_id type, struct rp_strbuf *b)
{
    const struct rp_fact_type *t = &f->types.v[type];
    bool live = f->nodes.v[t->typeinfo].live != 0;
    switch (t->why) {
    case RP_CLASS_GONE:
        rp_strbuf_puts(b, live ? "no live slot needs its typeinfo, something else does"
                               : "nothing can observe it");
        return;
    case RP_CLASS_NO_SLOT:
        rp_strbuf_puts(b, live ? "no live vtable, but its typeinfo is referred to"
                               : "no live vtable holds it");
        return;
    case RP_CLASS_NAMED: put_whom(f, type, "named", " is named", b); break;
    case RP_CLASS_VISIBLE:
        put_whom(f, type, "visible outside of the link", " is visible outside of the link", b);
        break;
    case RP_CLASS_PART:
        rp_strbuf_puts(b, "nobody looks, but it is part of another that stays");
        break;
    case RP_CLASS_UNPROVED:
        rp_strbuf_puts(b, "nothing is known to look at it, but that is no proof");
        return;
    case RP_CLASS_TYPEID: rp_strbuf_puts(b, "typeid may read its slot"); break;
    default: rp_strbuf_puts(b, "kept in doubt: not of a form that is understood"); return;
    }
    if (!t->by)
        return;
    rp_strbuf_puts(b, t->why == RP_CLASS_TYPEID || t->why == RP_CLASS_PART ? ": " : " by ");
    rp_word_by(f, t->by, t->ancestor, b);
}
