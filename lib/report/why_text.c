/* why_text.c: the answers of `reap why` for people.
 *
 * Each answer opens with the name and its state; then the evidence, one place a line:
 * file(member):.section+0xoffset, the kind of the edge, and what it names.
 *
 * Entry: rp_why_text.
 */
#include "report/why.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_REFERRERS = 10, MAX_NAMES = 10 };

/* The node, and the demangled symbol that names it. */
static void put_node(const struct rp_why *w, rp_id node, struct rp_strbuf *b)
{
    rp_word_node(w->f, node, b);
    if (w->f->nodes.v[node].name && w->f->nodes.v[node].kind != RP_NODE_COMMON) {
        rp_strbuf_puts(b, "  ");
        rp_word_symbol(rp_fact_str(w->f, w->f->nodes.v[node].name), b);
    }
}

static void put_bytes(uint64_t n, struct rp_strbuf *b)
{
    rp_word_number(n, b);
    rp_strbuf_puts(b, n == 1 ? " byte" : " bytes");
    if (n >= 1024) {
        rp_strbuf_puts(b, " (");
        rp_word_size(n, b);
        rp_strbuf_puts(b, ")");
    }
}

static bool has_place(const struct rp_facts *f, const struct rp_fact_edge *e)
{
    bool by_reloc = rp_edge_is_reference(e->kind);
    return f->nodes.v[e->from].kind != RP_NODE_SET && (by_reloc || e->symbol || e->offset);
}

/* "a.o:.text+0x12 --reloc--> f(int)  [b.o:.text._Z1fi]" */
static void put_edge(const struct rp_why *w, rp_id edge, bool with_target, struct rp_strbuf *b)
{
    const struct rp_facts *f = w->f;
    const struct rp_fact_edge *e = &f->edges.v[edge];
    const struct rp_fact_node *from = &f->nodes.v[e->from];
    if (has_place(f, e)) {
        rp_word_file(f, from->file, b);
        rp_strbuf_puts(b, ":");
        rp_word_plain(rp_fact_str(f, from->section), b);
        rp_strbuf_printf(b, "+0x%" PRIx64, e->offset);
    } else {
        rp_word_node(f, e->from, b);
    }
    rp_strbuf_printf(b, " --%s-->", rp_edge_kind_name(e->kind));
    rp_str symbol = e->symbol ? e->symbol : f->nodes.v[e->to].name;
    if (symbol) {
        rp_strbuf_puts(b, " ");
        rp_word_symbol(rp_fact_str(f, symbol), b);
    }
    if (with_target) {
        rp_strbuf_puts(b, "  [");
        rp_word_node(f, e->to, b);
        rp_strbuf_puts(b, "]");
    } else if (from->name && from->kind != RP_NODE_SET) {
        rp_strbuf_puts(b, "  (in ");
        rp_word_symbol(rp_fact_str(f, from->name), b);
        rp_strbuf_puts(b, ")");
    }
}

static void put_root(const struct rp_why *w, rp_id root, struct rp_strbuf *b)
{
    const struct rp_fact_root *r = &w->f->roots.v[root];
    rp_strbuf_puts(b, rp_root_reason_name(r->reason));
    if (r->detail) {
        rp_strbuf_puts(b, ": ");
        rp_word_plain(rp_fact_str(w->f, r->detail), b);
    }
}

/* --- live ------------------------------------------------------------------------------------ */

static enum reap_status put_all_roots(const struct rp_why *w, rp_id node, struct rp_strbuf *b)
{
    struct rp_ids roots = {0};
    enum reap_status st = rp_why_roots(w, node, &roots);
    if (!st)
        rp_strbuf_printf(b, "  all roots that reach it: %zu\n", roots.v.n);
    for (size_t i = 0; !st && i < roots.v.n; i++) {
        rp_strbuf_puts(b, "    ");
        put_root(w, roots.v.v[i], b);
        rp_strbuf_puts(b, "  [");
        rp_word_node(w->f, w->f->roots.v[roots.v.v[i]].node, b);
        rp_strbuf_puts(b, "]\n");
    }
    rp_vec_free(&roots.v);
    return st;
}

/* For a piece of the unwinder: what asks for it besides landing pads. */
static enum reap_status put_unwinder(const struct rp_why *w, rp_id node, struct rp_strbuf *b)
{
    if (!w->unwinder.files.w || !rp_bitset_get(&w->unwinder.files, w->f->nodes.v[node].file))
        return REAP_OK;
    return rp_word_unwinder(&w->view, &w->unwinder, b);
}

static enum reap_status put_live(const struct rp_why *w, rp_id node, struct rp_strbuf *b)
{
    const struct rp_fact_node *n = &w->f->nodes.v[node];
    struct rp_ids path = {0};
    enum reap_status st = rp_why_path(w, node, &path);
    if (st)
        goto out;
    rp_strbuf_puts(b, "  root: ");
    put_root(w, n->root, b);
    rp_strbuf_puts(b, "\n    ");
    put_node(w, path.v.v[0], b);
    rp_strbuf_puts(b, "\n");
    if (path.v.n > 1)
        rp_strbuf_printf(b, "  shortest path from it (%zu step%s):\n", path.v.n - 1,
                         path.v.n == 2 ? "" : "s");
    for (size_t i = 1; i < path.v.n; i++) {
        rp_strbuf_puts(b, "    ");
        put_edge(w, w->f->nodes.v[path.v.v[i]].parent_edge, true, b);
        rp_strbuf_puts(b, "\n");
    }
    if (!st)
        st = put_unwinder(w, node, b);
    if (n->live == 2)
        rp_strbuf_puts(b, "  it is kept, but what it refers to is not kept because of it\n");
    if (w->opts->all_roots)
        st = put_all_roots(w, node, b);
out:
    rp_vec_free(&path.v);
    return st;
}

/* --- dead ------------------------------------------------------------------------------------ */

static void put_referrers(const struct rp_why *w, rp_id node, struct rp_strbuf *b)
{
    const struct rp_view *v = &w->view;
    uint32_t n = 0, shown = 0;
    for (uint32_t i = v->in_start[node]; i < v->in_start[node + 1]; i++)
        n += w->f->edges.v[v->in_edges[i]].from != node;
    if (!n) {
        bool debug = w->f->nodes.v[node].reason == RP_REASON_ONLY_FROM_DEBUG;
        rp_strbuf_puts(b, debug ? "  nothing but debug information refers to it\n"
                                : "  nothing refers to it\n");
        return;
    }
    uint8_t reason = w->f->nodes.v[node].reason;
    const char *but = reason == RP_REASON_RTTI_UNOBSERVABLE ? " but RTTI slots that nobody reads"
                      : reason == RP_REASON_NEVER_UNWOUND
                          ? " but frames and landing pads that nothing unwinds"
                          : "";
    rp_strbuf_printf(b, "  referred to %" PRIu32 " time%s, by nothing that is live%s:\n", n,
                     n == 1 ? "" : "s", but);
    for (uint32_t i = v->in_start[node]; i < v->in_start[node + 1]; i++) {
        if (w->f->edges.v[v->in_edges[i]].from == node)
            continue;
        if (shown++ == MAX_REFERRERS) {
            rp_strbuf_printf(b, "    … and %" PRIu32 " more\n", n - MAX_REFERRERS);
            break;
        }
        rp_strbuf_puts(b, "    ");
        put_edge(w, v->in_edges[i], false, b);
        rp_strbuf_puts(b, "\n");
    }
}

static enum reap_status put_revival(const struct rp_why *w, rp_id node, const char *what,
                                    struct rp_strbuf *b)
{
    struct rp_revival r;
    enum reap_status st = rp_why_revival(w, node, &r);
    if (st)
        return st;
    rp_strbuf_printf(b, "  %s would bring back ", what);
    put_bytes(r.bytes, b);
    rp_strbuf_printf(b, " in %" PRIu32 " part%s", r.n_nodes, r.n_nodes == 1 ? "" : "s");
    uint64_t retained = w->f->nodes.v[node].retained;
    if (retained != r.bytes) {
        rp_strbuf_puts(b, ", ");
        rp_word_number(retained, b);
        rp_strbuf_puts(b, " of them through it alone");
    }
    rp_strbuf_puts(b, "\n");
    return REAP_OK;
}

/* The option that keeps it, as the product that wrote the facts spells it. */
static void put_keep(const struct rp_why *w, const struct rp_fact_node *n, struct rp_strbuf *b)
{
    const char *product = rp_fact_str(w->f, w->f->product);
    const char *prefix = !strcmp(product, "ld.reap")   ? "--reap-"
                         : !strcmp(product, "reap.so") ? "-plugin-opt "
                                                       : "--";
    bool by_symbol = n->name && n->kind != RP_NODE_FDE && n->kind != RP_NODE_CIE;
    if (!by_symbol && n->kind != RP_NODE_SECTION)
        return;
    rp_strbuf_printf(b, "  to keep it: %s%s=", prefix, by_symbol ? "keep-symbol" : "keep-section");
    rp_word_plain(rp_fact_str(w->f, by_symbol ? n->name : n->section), b);
    rp_strbuf_puts(b, "\n");
}

static enum reap_status put_dead(const struct rp_why *w, rp_id node, struct rp_strbuf *b)
{
    const struct rp_fact_node *n = &w->f->nodes.v[node];
    put_referrers(w, node, b);
    if (n->head && n->head != node) {
        rp_strbuf_puts(b, "  head of its dead chain: ");
        put_node(w, n->head, b);
        rp_strbuf_printf(b, "\n    which is %s\n", rp_reason_name(w->f->nodes.v[n->head].reason));
        enum reap_status st = put_revival(w, n->head, "a live reference to the head", b);
        if (st)
            return st;
    } else if (!n->head) {
        rp_strbuf_puts(b, "  held by several dead chains that do not depend on each other\n");
    } else {
        rp_strbuf_puts(b, "  it is the head of its dead chain\n");
    }
    enum reap_status st = put_revival(w, node, "a live reference to it, or a root,", b);
    put_keep(w, n, b);
    return st;
}

/* --- a node ---------------------------------------------------------------------------------- */

static void put_state(const struct rp_fact_node *n, struct rp_strbuf *b)
{
    if (n->live)
        rp_strbuf_puts(b, "live");
    else if (n->reason == RP_REASON_COMDAT_DUPLICATE)
        rp_strbuf_puts(b, "a COMDAT copy, which gave way to the first one of the link");
    else
        rp_strbuf_printf(b, "removed (%s)", rp_reason_name(n->reason));
}

static void put_title(const struct rp_why *w, const struct rp_answer *a, struct rp_strbuf *b)
{
    const struct rp_facts *f = w->f;
    rp_str name = a->name ? a->name : a->node ? f->nodes.v[a->node].name : 0;
    if (!name) {
        rp_word_node(f, a->node, b);
        return;
    }
    struct rp_strbuf plain = {0};
    rp_word_symbol(rp_fact_str(f, name), &plain);
    rp_strbuf_puts(b, plain.oom ? "?" : plain.s);
    if (!plain.oom && strcmp(plain.s, rp_fact_str(f, name)) != 0) {
        rp_strbuf_puts(b, "  ");
        rp_word_plain(rp_fact_str(f, name), b);
    }
    rp_strbuf_free(&plain);
}

static enum reap_status put_node_answer(const struct rp_why *w, const struct rp_answer *a,
                                        struct rp_strbuf *b)
{
    const struct rp_fact_node *n = &w->f->nodes.v[a->node];
    put_title(w, a, b);
    rp_strbuf_puts(b, "\n  ");
    put_state(n, b);
    rp_strbuf_puts(b, ": ");
    rp_word_node(w->f, a->node, b);
    if (n->kind != RP_NODE_SET) {
        rp_strbuf_puts(b, ", ");
        put_bytes(n->size, b);
        rp_strbuf_printf(b, " of %s", rp_class_name(n->cls));
    }
    rp_strbuf_puts(b, "\n");
    if (a->n_parts > 1)
        rp_strbuf_printf(b, "  %" PRIu32 " of the section's %" PRIu32 " parts live; this is one\n",
                         a->n_live_parts, a->n_parts);
    if (a->n_copies)
        rp_strbuf_printf(b, "  %" PRIu32 " COMDAT copies in other files gave way to it\n",
                         a->n_copies);
    if (n->live)
        return put_live(w, a->node, b);
    return n->reason == RP_REASON_COMDAT_DUPLICATE ? REAP_OK : put_dead(w, a->node, b);
}

/* --- classes --------------------------------------------------------------------------------- */

static enum reap_status put_class_answer(const struct rp_why *w, const struct rp_answer *a,
                                         struct rp_strbuf *b)
{
    rp_id evidence;
    const char *about;
    rp_why_class_head(w, a, b, &evidence, &about);
    if (!evidence)
        return REAP_OK;
    const struct rp_fact_node *n = &w->f->nodes.v[evidence];
    rp_strbuf_printf(b, "  %s is ", about);
    put_state(n, b);
    rp_strbuf_puts(b, ": ");
    put_node(w, evidence, b);
    rp_strbuf_puts(b, "\n");
    return n->live ? put_live(w, evidence, b) : put_dead(w, evidence, b);
}

/* --- names without a node, files ------------------------------------------------------------- */

static enum reap_status put_undefs(const struct rp_why *w, rp_str name, struct rp_strbuf *b)
{
    const struct rp_facts *f = w->f;
    struct rp_ids ids = {0};
    enum reap_status st = rp_why_undefs(w, name, &ids);
    bool weak = true;
    for (size_t i = 0; i < ids.v.n; i++)
        weak &= f->undefs.v[ids.v.v[i]].weak != 0;
    if (!ids.v.n)
        rp_strbuf_puts(b, "  nothing that was loaded refers to it\n");
    else if (weak)
        rp_strbuf_puts(b, "  only weak references, which load no member and resolve to nothing:\n");
    else
        rp_strbuf_puts(b, "  references to it:\n");
    for (size_t i = 0; i < ids.v.n && i < MAX_REFERRERS; i++) {
        const struct rp_fact_undef *u = &f->undefs.v[ids.v.v[i]];
        const struct rp_fact_node *n = &f->nodes.v[u->node];
        rp_strbuf_puts(b, "    ");
        rp_word_file(f, u->file, b);
        rp_strbuf_puts(b, ":");
        rp_word_plain(rp_fact_str(f, n->section), b);
        rp_strbuf_printf(b, "+0x%" PRIx64 "%s%s\n", u->offset, u->weak ? " (weak)" : "",
                         u->node && !n->live ? " (removed)" : "");
    }
    if (ids.v.n > MAX_REFERRERS)
        rp_strbuf_printf(b, "    … and %zu more\n", ids.v.n - MAX_REFERRERS);
    rp_vec_free(&ids.v);
    return st;
}

static enum reap_status put_symbol_answer(const struct rp_why *w, const struct rp_answer *a,
                                          struct rp_strbuf *b)
{
    const struct rp_fact_symbol *y = &w->f->symbols.v[a->symbol];
    put_title(w, a, b);
    rp_strbuf_puts(b, "\n  ");
    switch (y->place) {
    case RP_PLACE_SHARED:
        rp_strbuf_puts(b, "defined in the shared library ");
        rp_word_file(w->f, y->file, b);
        break;
    case RP_PLACE_LINKER: rp_strbuf_puts(b, "defined by the linker or its script"); break;
    case RP_PLACE_UNDEFINED:
        rp_strbuf_puts(b, "undefined: no input defines it\n");
        return put_undefs(w, y->name, b);
    case RP_PLACE_MEMBER:
        rp_strbuf_puts(b, "never extracted from its archive: ");
        rp_word_file(w->f, y->file, b);
        rp_strbuf_puts(b, "\n");
        return put_undefs(w, y->name, b);
    default:
        rp_strbuf_puts(b, "no part of a section: an absolute symbol, or a definition that did not"
                          " prevail, in ");
        rp_word_file(w->f, y->file, b);
    }
    rp_strbuf_puts(b, "\n");
    return REAP_OK;
}

/* Bytes of a file that live and that were removed. */
static void put_file_sizes(const struct rp_why *w, rp_id file, struct rp_strbuf *b)
{
    uint64_t kept = 0, removed = 0;
    for (rp_id i = 1; i < w->f->nodes.n; i++) {
        const struct rp_fact_node *n = &w->f->nodes.v[i];
        if (n->file != file || !rp_class_is_alloc(n->cls))
            continue;
        kept += n->live ? n->size : 0;
        removed += n->live || n->reason == RP_REASON_COMDAT_DUPLICATE ? 0 : n->size;
    }
    rp_strbuf_puts(b, "  kept: ");
    put_bytes(kept, b);
    rp_strbuf_puts(b, ", removed: ");
    put_bytes(removed, b);
    rp_strbuf_puts(b, "\n");
}

static enum reap_status put_file_answer(const struct rp_why *w, const struct rp_answer *a,
                                        struct rp_strbuf *b)
{
    const struct rp_facts *f = w->f;
    const struct rp_fact_file *ff = &f->files.v[a->file];
    bool loaded = strcmp(rp_fact_str(f, ff->kind), "member-not-extracted") != 0;
    rp_word_file(f, a->file, b);
    if (loaded) {
        rp_strbuf_printf(b, "\n  loaded: %s\n", rp_fact_str(f, ff->kind));
        if (ff->extracted_for) {
            rp_strbuf_puts(b, "  extracted from its archive for ");
            rp_word_symbol(rp_fact_str(f, ff->extracted_for), b);
            if (ff->extracted_by) {
                rp_strbuf_puts(b, ", which is referred to by ");
                rp_word_file(f, ff->extracted_by, b);
            }
            rp_strbuf_puts(b, "\n");
        }
        if (ff->untouched_why) {
            rp_strbuf_puts(b, "  linked as it is: ");
            rp_word_plain(rp_fact_str(f, ff->untouched_why), b);
            rp_strbuf_puts(b, "\n");
        }
        put_file_sizes(w, a->file, b);
        return REAP_OK;
    }
    rp_strbuf_puts(b, "\n  never extracted from its archive\n");
    struct rp_ids names = {0};
    enum reap_status st = rp_why_defines(w, a->file, &names);
    if (!st && names.v.n)
        rp_strbuf_printf(b, "  the link needed none of the %zu names that it defines:\n",
                         names.v.n);
    for (size_t i = 0; i < names.v.n && i < MAX_NAMES; i++) {
        rp_strbuf_puts(b, "    ");
        rp_word_symbol(rp_fact_str(f, f->symbols.v[names.v.v[i]].name), b);
        rp_strbuf_puts(b, "\n");
    }
    if (names.v.n > MAX_NAMES)
        rp_strbuf_printf(b, "    … and %zu more\n", names.v.n - MAX_NAMES);
    rp_vec_free(&names.v);
    return st;
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum reap_status put_nothing(const struct rp_why *w, struct rp_strbuf *b)
{
    rp_str near[RP_NEAR_MAX];
    unsigned n;
    enum reap_status st = rp_why_near(w, near, &n);
    if (st)
        return st;
    rp_strbuf_puts(b, "nothing in the link is called ");
    rp_word_plain(w->pattern, b);
    rp_strbuf_puts(b, "\n");
    if (n)
        rp_strbuf_puts(b, "  near to it:\n");
    for (unsigned i = 0; i < n; i++) {
        rp_strbuf_puts(b, "    ");
        rp_word_symbol(rp_fact_str(w->f, near[i]), b);
        rp_strbuf_puts(b, "\n");
    }
    return REAP_OK;
}

static enum reap_status flush(const struct rp_why *w, struct rp_strbuf *b, FILE *out)
{
    if (b->oom)
        return rp_nomem(w->ctx);
    if (b->n)
        fwrite(b->s, 1, b->n, out); /* ferror is looked at in the end */
    b->n = 0;
    return REAP_OK;
}

enum reap_status rp_why_text(const struct rp_why *w, FILE *out)
{
    struct rp_strbuf b = {0};
    enum reap_status st = REAP_OK;
    size_t max = w->opts->max ? w->opts->max : w->answers.n;
    for (size_t i = 0; !st && i < w->answers.n && i < max; i++) {
        const struct rp_answer *a = &w->answers.v[i];
        if (i)
            rp_strbuf_puts(&b, "\n");
        st = a->kind == RP_ANSWER_NODE    ? put_node_answer(w, a, &b)
             : a->kind == RP_ANSWER_CLASS ? put_class_answer(w, a, &b)
             : a->kind == RP_ANSWER_FILE  ? put_file_answer(w, a, &b)
                                          : put_symbol_answer(w, a, &b);
        if (!st)
            st = flush(w, &b, out);
    }
    if (!st && !w->answers.n)
        st = put_nothing(w, &b);
    if (w->answers.n > max)
        rp_strbuf_printf(&b, "\n… and %zu more matches\n", w->answers.n - max);
    if (!st)
        st = flush(w, &b, out);
    rp_strbuf_free(&b);
    return st;
}
