/* text_tables.c: tables that were collected record by record, and what other tables hold.
 *
 * For each table: its records before and after, and what it would keep if it were kept whole, as
 * linkers do: everything dead that its dead records and their subjects lead to. Then, ranked, the
 * sections that are roots or that a bracket holds, with the bytes that would go if nobody asked for
 * them: what to make removable next. Both are asked of links with such tables alone, that is of
 * kernels; each line of the second costs a marking of its own.
 *
 * Entry: rp_text_tables.
 */
#include "report/text.h"

#include "model/model.h"
#include "util/strmap.h"

#include <string.h>

enum { MAX_TABLES = 64, MAX_GROUPS = 96 };

struct row {
    rp_str section;
    uint64_t n_old, n_new, old_bytes, new_bytes;
    uint64_t text, all; /* bytes that come back, or that go */
};

struct tables {
    struct rp_text *t;
    struct row rows[MAX_TABLES];
    uint32_t n;
    struct row groups[MAX_GROUPS + 1]; /* from 1 */
    uint32_t n_groups;
    uint8_t *group; /* by node: number in groups, 0 = none */
    uint8_t *seen;  /* by node */
    rp_id *queue;
};

static bool is_allocated(const struct rp_fact_node *n)
{
    return n->cls != RP_CLASS_OTHER && n->cls != RP_CLASS_DEBUG && n->kind != RP_NODE_SET;
}

static struct row *row_of(struct row *rows, uint32_t *n, uint32_t max, rp_str section)
{
    for (uint32_t i = 0; i < *n; i++)
        if (rows[i].section == section)
            return &rows[i];
    if (*n == max)
        return NULL;
    rows[*n] = (struct row){.section = section};
    return &rows[(*n)++];
}

static void count_records(struct tables *x)
{
    const struct rp_facts *f = x->t->f;
    for (rp_id i = 1; i < f->nodes.n; i++) {
        const struct rp_fact_node *n = &f->nodes.v[i];
        const char *section = rp_fact_str(f, n->section);
        if (n->kind != RP_NODE_RECORD || strcmp(section, ".eh_frame") == 0)
            continue;
        struct row *r = row_of(x->rows, &x->n, MAX_TABLES, n->section);
        if (!r)
            continue;
        r->n_old++;
        r->old_bytes += n->size;
        r->n_new += n->live != 0;
        r->new_bytes += n->live ? n->size : 0;
    }
}

/* --- what a table would keep ------------------------------------------------------------------ */

static void reach(struct tables *x, rp_id node, size_t *tail, struct row *r)
{
    const struct rp_fact_node *n = &x->t->f->nodes.v[node];
    if (!node || x->seen[node] || n->live)
        return;
    x->seen[node] = 1;
    x->queue[(*tail)++] = node;
    if (!is_allocated(n))
        return;
    r->all += n->size;
    r->text += n->cls == RP_CLASS_TEXT ? n->size : 0;
}

static void would_keep(struct tables *x, struct row *r)
{
    const struct rp_facts *f = x->t->f;
    size_t head = 0, tail = 0;
    memset(x->seen, 0, f->nodes.n);
    for (rp_id i = 1; i < f->nodes.n; i++) {
        if (f->nodes.v[i].kind != RP_NODE_RECORD || f->nodes.v[i].section != r->section)
            continue;
        reach(x, i, &tail, r);
        /* what the record is about: its subject refers to it, not it to the subject */
        for (uint32_t k = x->t->view.in_start[i]; k < x->t->view.in_start[i + 1]; k++)
            reach(x, f->edges.v[x->t->view.in_edges[k]].from, &tail, r);
    }
    while (head < tail) {
        rp_id i = x->queue[head++];
        for (uint32_t k = x->t->view.out_start[i]; k < x->t->view.out_start[i + 1]; k++)
            reach(x, f->edges.v[x->t->view.out_edges[k]].to, &tail, r);
    }
}

static enum reap_status write_tables(struct tables *x)
{
    struct rp_text *t = x->t;
    uint64_t text = t->f->totals.removed[RP_CLASS_TEXT];
    rp_strbuf_puts(&t->b,
                   "\nTABLES\n\n"
                   "  Collected record by record. kept whole: the bytes that would stay with "
                   "the table.\n\n"
                   "  section                     records     after       bytes     after  "
                   " kept whole: text              all\n");
    for (uint32_t i = 0; i < x->n; i++) {
        struct row *r = &x->rows[i];
        would_keep(x, r);
        rp_strbuf_printf(&t->b, "  %-24s", rp_fact_str(t->f, r->section));
        rp_text_number(&t->b, r->n_old, 11);
        rp_text_number(&t->b, r->n_new, 10);
        rp_text_number(&t->b, r->old_bytes, 12);
        rp_text_number(&t->b, r->new_bytes, 10);
        rp_text_number(&t->b, r->text, 11);
        rp_text_percent(&t->b, r->text, text, 9);
        rp_text_number(&t->b, r->all, 14);
        rp_strbuf_puts(&t->b, "\n");
    }
    return rp_text_flush(t);
}

/* --- what other tables hold ------------------------------------------------------------------- */

/* The number of a section's group, made when absent; 0 when there are too many. Exported symbols
 * have a section each, ___ksymtab+NAME, and are one group. */
static uint8_t group_of(struct tables *x, struct rp_strmap *groups, rp_id node)
{
    const char *name = rp_fact_str(x->t->f, x->t->f->nodes.v[node].section);
    size_t len = strcspn(name, "+");
    uint32_t known = rp_strmap_get(groups, name, len);
    if (known || x->n_groups == MAX_GROUPS)
        return (uint8_t)known;
    uint32_t *slot = rp_strmap_put(groups, name, len);
    if (!slot)
        return 0;
    *slot = ++x->n_groups;
    x->groups[*slot] = (struct row){.section = x->t->f->nodes.v[node].section};
    return (uint8_t)*slot;
}

static bool can_be_group(const struct rp_fact_node *n)
{
    return is_allocated(n) && n->live && n->cls != RP_CLASS_TEXT && n->kind == RP_NODE_SECTION;
}

/* Sections that are roots by themselves or members of a set, no code and no debug information. */
static void find_groups(struct tables *x)
{
    const struct rp_facts *f = x->t->f;
    struct rp_strmap groups = {0};
    for (size_t i = 0; i < f->roots.n; i++) {
        rp_id node = f->roots.v[i].node;
        if (node && can_be_group(&f->nodes.v[node]))
            x->group[node] = group_of(x, &groups, node);
    }
    for (size_t i = 0; i < f->edges.n; i++) {
        const struct rp_fact_edge *e = &f->edges.v[i];
        if (f->nodes.v[e->from].kind == RP_NODE_SET && can_be_group(&f->nodes.v[e->to]))
            x->group[e->to] = group_of(x, &groups, e->to);
    }
    rp_strmap_free(&groups);
}

static void visit(struct tables *x, rp_id node, size_t *tail)
{
    if (x->seen[node])
        return;
    x->seen[node] = 1;
    x->queue[(*tail)++] = node;
}

/* What dies when neither roots nor brackets ask for the sections of this name. */
static void would_free(struct tables *x, uint8_t group)
{
    struct row *r = &x->groups[group];
    const struct rp_facts *f = x->t->f;
    size_t head = 0, tail = 0;
    memset(x->seen, 0, f->nodes.n);
    for (size_t i = 0; i < f->roots.n; i++) {
        rp_id node = f->roots.v[i].node;
        if (node && f->nodes.v[node].live && x->group[node] != group)
            visit(x, node, &tail);
    }
    while (head < tail) {
        rp_id i = x->queue[head++];
        bool is_set = f->nodes.v[i].kind == RP_NODE_SET;
        if (f->nodes.v[i].live != 1)
            continue;
        for (uint32_t k = x->t->view.out_start[i]; k < x->t->view.out_start[i + 1]; k++) {
            rp_id to = f->edges.v[x->t->view.out_edges[k]].to;
            if (!is_set || x->group[to] != group)
                visit(x, to, &tail);
        }
    }
    for (rp_id i = 1; i < f->nodes.n; i++) {
        const struct rp_fact_node *n = &f->nodes.v[i];
        if (!n->live || x->seen[i] || !is_allocated(n))
            continue;
        r->all += n->size;
        r->text += n->cls == RP_CLASS_TEXT ? n->size : 0;
    }
}

static int by_gain(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->all != y->all)
        return x->all < y->all ? 1 : -1;
    return x->section < y->section ? -1 : x->section > y->section;
}

static enum reap_status write_groups(struct tables *x)
{
    enum { SHOWN = 25 };
    struct rp_text *t = x->t;
    find_groups(x);
    for (uint32_t i = 1; i <= x->n_groups; i++)
        would_free(x, (uint8_t)i);
    struct row *groups = x->groups + 1;
    qsort(groups, x->n_groups, sizeof *groups, by_gain);
    rp_strbuf_puts(&t->b,
                   "\nWHAT TO MAKE REMOVABLE NEXT\n\n"
                   "  Bytes that would go if no root and no bracket asked for these sections."
                   "\n\n           text             all  section\n");
    for (uint32_t i = 0; i < x->n_groups && i < SHOWN && groups[i].all; i++) {
        rp_text_number(&t->b, groups[i].text, 15);
        rp_text_number(&t->b, groups[i].all, 16);
        const char *name = rp_fact_str(t->f, groups[i].section);
        rp_strbuf_printf(&t->b, "  %.*s\n", (int)strcspn(name, "+"), name);
    }
    return rp_text_flush(t);
}

enum reap_status rp_text_tables(struct rp_text *t)
{
    struct tables x = {.t = t};
    enum reap_status st = REAP_OK;
    count_records(&x);
    if (!x.n)
        return REAP_OK;
    x.seen = malloc(t->f->nodes.n + 1);
    x.group = calloc(t->f->nodes.n + 1, 1);
    x.queue = malloc((t->f->nodes.n + 1) * sizeof *x.queue);
    if (!x.seen || !x.group || !x.queue)
        st = rp_nomem(t->ctx);
    if (!st)
        st = write_tables(&x);
    if (!st)
        st = write_groups(&x);
    free(x.seen);
    free(x.group);
    free(x.queue);
    return st;
}
