/* text.c: the text report.
 *
 * For a person: what the link lost by class, the dead chains that are worth a look, the same by
 * archive and object, then every removed section with its reason and evidence, and in the end what
 * the roots cost. Everything is in 100 columns but names, which are never cut.
 *
 * Entry: rp_text_write.
 */
#include "report/text.h"

#include "report/lint.h"

#include <inttypes.h>
#include <string.h>

/* --- columns --------------------------------------------------------------------------------- */

static void pad(struct rp_strbuf *b, struct rp_strbuf *word, int width)
{
    if (word->oom)
        b->oom = true;
    else
        rp_strbuf_printf(b, "%*s", width, word->s);
    rp_strbuf_free(word);
}

void rp_text_number(struct rp_strbuf *b, uint64_t n, int width)
{
    struct rp_strbuf word = {0};
    rp_word_number(n, &word);
    pad(b, &word, width);
}

void rp_text_size(struct rp_strbuf *b, uint64_t bytes, int width)
{
    struct rp_strbuf word = {0};
    rp_word_size(bytes, &word);
    pad(b, &word, width);
}

void rp_text_percent(struct rp_strbuf *b, uint64_t part, uint64_t whole, int width)
{
    rp_strbuf_printf(b, "%*.1f %%", width - 2, whole ? 100.0 * (double)part / (double)whole : 0.0);
}

uint64_t rp_text_alloc(const uint64_t *by_class)
{
    uint64_t sum = 0;
    for (unsigned c = 0; c < RP_N_CLASSES; c++)
        sum += rp_class_is_alloc(c) ? by_class[c] : 0;
    return sum;
}

enum reap_status rp_text_flush(struct rp_text *t)
{
    if (t->b.oom)
        return rp_nomem(t->ctx);
    size_t n = t->b.n;
    t->b.n = 0;
    if (n && fwrite(t->b.s, 1, n, t->out) != n)
        return rp_fail(t->ctx, REAP_ERR_IO, "report-write", rp_at(NULL), "cannot write the report");
    return REAP_OK;
}

/* Members of a group hold each other; that explains only what is held. */
static bool tells(const struct rp_text *t, const struct rp_fact_edge *e)
{
    return e->from != e->to && (e->kind != RP_EDGE_GROUP || t->f->nodes.v[e->to].head != e->to);
}

void rp_text_referrers(const struct rp_text *t, rp_id node, rp_id here, struct rp_strbuf *b)
{
    const struct rp_view *v = &t->view;
    uint32_t n = 0;
    rp_id first = 0;
    for (uint32_t i = v->in_start[node]; i < v->in_start[node + 1]; i++) {
        const struct rp_fact_edge *e = &t->f->edges.v[v->in_edges[i]];
        if (!tells(t, e))
            continue;
        /* a referrer from another file says more than a neighbour */
        if (!first || (t->f->nodes.v[first].file == here && t->f->nodes.v[e->from].file != here))
            first = e->from;
        n++;
    }
    if (!n)
        return;
    const struct rp_fact_node *from = &t->f->nodes.v[first];
    if (t->f->nodes.v[node].head == node && !from->live)
        rp_strbuf_puts(b, ", a cycle that nothing else refers to,");
    rp_strbuf_puts(b, " from ");
    if (from->file == here && from->kind != RP_NODE_SET) {
        rp_word_plain(rp_fact_str(t->f, from->section), b);
        if (from->kind != RP_NODE_SECTION)
            rp_strbuf_printf(b, "+0x%" PRIx64, from->offset);
    } else {
        rp_word_node(t->f, first, b);
    }
    if (n > 1)
        rp_strbuf_printf(b, " and %" PRIu32 " more", n - 1);
}

/* --- head ------------------------------------------------------------------------------------ */

/* The command line, wrapped, at most `max_lines`; the rest is in the database. */
static void write_command(struct rp_text *t, const char *command, unsigned max_lines)
{
    struct rp_strbuf *b = &t->b;
    size_t column = 9;
    unsigned lines = 1;
    rp_strbuf_puts(b, "command ");
    while (*command) {
        size_t n = strcspn(command, " ");
        if (column + n + 1 > RP_TEXT_COLUMNS && column > 9) {
            if (lines++ == max_lines) {
                rp_strbuf_puts(b, " …");
                break;
            }
            rp_strbuf_puts(b, "\n        ");
            column = 9;
        }
        rp_strbuf_printf(b, " %.*s", (int)(n > 4096 ? 4096 : n), command);
        column += n + 1;
        command += n + (command[n] == ' ');
    }
    rp_strbuf_puts(b, "\n");
}

static void write_head(struct rp_text *t)
{
    const struct rp_facts *f = t->f;
    struct rp_strbuf *b = &t->b;
    rp_strbuf_printf(b, "Reap %s: what was removed, and why\n\n", rp_fact_str(f, f->version));
    if (f->product)
        rp_strbuf_printf(b, "product  %s\n", rp_fact_str(f, f->product));
    if (f->linker)
        rp_strbuf_printf(b, "linker   %s\n", rp_fact_str(f, f->linker));
    rp_strbuf_printf(b, "level    %s\n", rp_fact_str(f, f->level));
    if (f->output)
        rp_strbuf_printf(b, "output   %s\n", rp_fact_str(f, f->output));
    if (f->command)
        write_command(t, rp_fact_str(f, f->command), 6);
}

/* --- danger ---------------------------------------------------------------------------------- */

static void write_danger(struct rp_text *t)
{
    if (t->f->findings.n <= 1)
        return;
    rp_strbuf_puts(&t->b,
                   "\nDANGER\n\n  What was removed and may hurt, worst first; docs/crashes.md "
                   "explains the classes.\n\n");
    rp_lint_list(&t->b, t->f);
}

/* --- totals ---------------------------------------------------------------------------------- */

static void total_row(struct rp_strbuf *b, const char *name, uint64_t kept, uint64_t removed,
                      bool bytes)
{
    rp_strbuf_printf(b, "  %-14s", name);
    rp_text_number(b, kept + removed, 16);
    rp_text_number(b, kept, 16);
    rp_text_number(b, removed, 16);
    rp_text_percent(b, removed, kept + removed, 10);
    if (bytes)
        rp_text_size(b, removed, 13);
    rp_strbuf_puts(b, "\n");
}

static void write_totals(struct rp_text *t)
{
    const struct rp_totals *tt = &t->f->totals;
    struct rp_strbuf *b = &t->b;
    rp_strbuf_printf(b, "\nTOTALS\n\n  %-14s%16s%16s%16s%10s%13s\n", "bytes", "before", "after",
                     "removed", "", "");
    for (unsigned c = 0; c < RP_N_CLASSES; c++)
        if (rp_class_is_alloc(c) && tt->kept[c] + tt->removed[c])
            total_row(b, rp_class_name(c), tt->kept[c], tt->removed[c], true);
    total_row(b, "in memory", rp_text_alloc(tt->kept), rp_text_alloc(tt->removed), true);
    for (unsigned c = 0; c < RP_N_CLASSES; c++)
        if (!rp_class_is_alloc(c) && tt->kept[c] + tt->removed[c])
            total_row(b, rp_class_name(c), tt->kept[c], tt->removed[c], true);
    rp_strbuf_puts(b, "\n");
    total_row(b, "sections", tt->kept_n, tt->removed_n, false);
    if (tt->duplicate_n) {
        rp_strbuf_puts(b, "\n  Not counted: ");
        rp_word_number(tt->duplicate_n, b);
        rp_strbuf_puts(b, " COMDAT duplicates (");
        rp_word_size(rp_text_alloc(tt->duplicate), b);
        rp_strbuf_puts(b, "), which every linker drops.\n");
    }
}

/* --- chains ---------------------------------------------------------------------------------- */

struct head {
    rp_id node;
    uint32_t n_nodes;
    uint64_t retained;
};

static int by_retained(const void *a, const void *b)
{
    const struct head *x = a, *y = b;
    if (x->retained != y->retained)
        return x->retained < y->retained ? 1 : -1;
    return x->node < y->node ? -1 : x->node > y->node;
}

static void write_chain(struct rp_text *t, const struct head *h)
{
    enum { INDENT = 24, WIDTH = RP_TEXT_COLUMNS - INDENT };
    const struct rp_fact_node *node = &t->f->nodes.v[h->node];
    const struct rp_fact_file *file = &t->f->files.v[node->file];
    struct rp_strbuf *b = &t->b, where = {0};
    rp_text_size(b, h->retained, 12);
    rp_text_number(b, h->n_nodes, 10);
    rp_strbuf_puts(b, "  ");
    if (node->name)
        rp_word_symbol_fit(rp_fact_str(t->f, node->name), WIDTH, b);
    else
        rp_word_plain(rp_fact_str(t->f, node->section), b);
    bool cycle = node->reason == RP_REASON_ONLY_FROM_DEAD;
    rp_strbuf_printf(b, "\n%*s%s%s, in ", INDENT, "", rp_reason_name(node->reason),
                     cycle ? " (a cycle)" : "");
    /* base names: the whole paths are with the removed sections */
    const char *path = rp_fact_str(t->f, file->path), *slash = strrchr(path, '/');
    rp_word_plain(slash ? slash + 1 : path, &where);
    if (file->member) {
        rp_strbuf_puts(&where, "(");
        rp_word_plain(rp_fact_str(t->f, file->member), &where);
        rp_strbuf_puts(&where, ")");
    }
    b->oom |= where.oom;
    if (where.s && !where.oom)
        rp_word_fit(where.s, 50, b);
    rp_strbuf_free(&where);
    rp_strbuf_puts(b, "\n");
}

/* Heads of dead chains: their nodes are counted by their head. */
static bool find_heads(const struct rp_facts *f, struct head **ret, uint32_t *ret_n)
{
    uint32_t n = 0, *index = calloc(f->nodes.n, sizeof *index);
    struct head *heads = NULL;
    for (rp_id i = 1; index && i < f->nodes.n; i++)
        if (f->nodes.v[i].head == i)
            index[i] = ++n;
    heads = index ? calloc((size_t)n + 1, sizeof *heads) : NULL;
    for (rp_id i = 1; heads && i < f->nodes.n; i++) {
        const struct rp_fact_node *node = &f->nodes.v[i];
        if (!node->head || !index[node->head])
            continue;
        struct head *h = &heads[index[node->head] - 1];
        h->node = node->head;
        h->n_nodes++;
        h->retained = f->nodes.v[node->head].retained;
    }
    free(index);
    if (!heads)
        return false;
    qsort(heads, n, sizeof *heads, by_retained);
    *ret = heads;
    *ret_n = n;
    return true;
}

static enum reap_status write_chains(struct rp_text *t)
{
    enum { SHOWN = 40 };
    struct head *heads;
    uint32_t n;
    if (!find_heads(t->f, &heads, &n))
        return rp_nomem(t->ctx);
    while (n && !heads[n - 1].retained)
        n--;
    if (n) {
        rp_strbuf_puts(&t->b,
                       "\nBIGGEST DEAD CHAINS\n\n"
                       "  The head is the one thing whose life would bring the bytes back.\n\n"
                       "       bytes     parts  head of the chain, why it is dead, where\n");
        for (uint32_t i = 0; i < n && i < SHOWN; i++)
            write_chain(t, &heads[i]);
        if (n > SHOWN) {
            rp_strbuf_puts(&t->b, "  … and ");
            rp_word_number(n - SHOWN, &t->b);
            rp_strbuf_printf(&t->b, " smaller ones: each %s below names its head.\n",
                             t->f->image.is_image ? "dead function" : "removed section");
        }
    }
    free(heads);
    return rp_text_flush(t);
}

/* --- what keeps what ------------------------------------------------------------------------- */

static void cost_row(struct rp_text *t, const struct rp_cost *c)
{
    rp_text_size(&t->b, c->only, 14);
    rp_text_size(&t->b, c->via, 14);
    rp_text_number(&t->b, c->n_roots, 10);
    rp_strbuf_printf(&t->b, "  %s", rp_root_reason_name(c->reason));
    if (c->detail) {
        rp_strbuf_puts(&t->b, ": ");
        rp_word_plain(rp_fact_str(t->f, c->detail), &t->b);
    }
    rp_strbuf_puts(&t->b, "\n");
}

static enum reap_status write_costs(struct rp_text *t)
{
    enum { SHOWN = 40 };
    struct rp_costs costs;
    enum reap_status st = rp_costs_of(&t->view, &costs);
    if (st)
        return st;
    rp_strbuf_puts(&t->b, "\nWHAT KEEPS WHAT\n\n"
                          "  only through it: would go if this root went. first through it: the "
                          "shortest path starts there.\n\n"
                          "  only through         first     roots  reason\n");
    for (unsigned r = 0; r < RP_N_ROOT_REASONS; r++)
        if (costs.reasons[r].n_roots && costs.reasons[r].via + costs.reasons[r].only)
            cost_row(t, &costs.reasons[r]);
    rp_strbuf_puts(&t->b, "\n  The roots that hold most alone:\n\n");
    uint32_t n = 0;
    while (n < costs.n_groups && n < SHOWN && costs.groups[n].only)
        cost_row(t, &costs.groups[n++]);
    rp_costs_free(&costs);
    return rp_text_flush(t);
}

/* --- all of it ------------------------------------------------------------------------------- */

enum reap_status rp_text_write(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out)
{
    struct rp_text t = {.ctx = ctx, .f = f, .out = out};
    enum reap_status st = rp_view_init(ctx, &t.view, f, RP_VIEW_FILES | RP_VIEW_OUT | RP_VIEW_IN);
    if (!st)
        st = rp_totals_by_file(&t.view, &t.file_totals);
    if (st)
        goto out;
    write_head(&t);
    write_danger(&t);
    write_totals(&t);
    st = rp_text_image(&t);
    if (!st)
        st = write_chains(&t);
    if (!st)
        st = rp_text_classes(&t);
    if (!st)
        st = rp_text_unwinder(&t);
    if (!st)
        st = f->image.is_image ? REAP_OK : rp_text_files(&t);
    if (!st)
        st = f->image.is_image ? rp_text_dead(&t) : rp_text_removed(&t);
    if (!st)
        st = write_costs(&t);
    if (!st)
        st = rp_text_extraction(&t);
    if (!st)
        st = rp_text_tables(&t);
out:
    rp_strbuf_free(&t.b);
    free(t.file_totals);
    rp_view_free(&t.view);
    return st;
}
