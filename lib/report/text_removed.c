/* text_removed.c: every removed section of the text report, by object in load order.
 *
 * Names are demangled here, which takes most of the time of the whole report, so files are done in
 * parallel, a batch at a time, and written in order.
 *
 * Entry: rp_text_removed.
 */
#include "report/text.h"

#include "util/pool.h"

#include <inttypes.h>
#include <string.h>

enum { BATCH = 256 };

struct batch {
    struct rp_text *t;
    rp_id first;
    struct rp_strbuf texts[BATCH];
};

/* "only-from-dead from b.o:.text.g and 2 more; head: c.o:.text.h" */
static void write_reason(const struct rp_text *t, rp_id id, struct rp_strbuf *b)
{
    const struct rp_fact_node *node = &t->f->nodes.v[id];
    rp_strbuf_puts(b, rp_reason_name(node->reason));
    rp_text_referrers(t, id, node->file, b);
    if (node->head && node->head != id) {
        rp_strbuf_puts(b, "; head: ");
        rp_word_node(t->f, node->head, b);
    } else if (!node->head) {
        rp_strbuf_puts(b, "; held by several chains");
    }
}

static void write_whole(const struct rp_text *t, const struct rp_run *run, struct rp_strbuf *b)
{
    const char *indent = "              ";
    const struct rp_fact_node *first = &t->f->nodes.v[run->nodes[0]];
    const char *section = rp_fact_str(t->f, first->section), *name = rp_fact_str(t->f, first->name);
    rp_text_number(b, run->removed, 12);
    rp_strbuf_puts(b, "  ");
    rp_word_plain(section, b);
    size_t n = strlen(section), k = strlen(name);
    bool named_after = k && n >= k && !strcmp(section + n - k, name);
    if (k && !(named_after && strncmp(name, "_Z", 2) && strncmp(name, "_R", 2))) {
        rp_strbuf_printf(b, "\n%s", indent);
        rp_word_symbol(name, b);
    }
    rp_strbuf_printf(b, "\n%s", indent);
    if (run->n > 1)
        rp_strbuf_printf(b, "all %" PRIu32 " parts; the first: ", run->n);
    write_reason(t, run->nodes[0], b);
    rp_strbuf_puts(b, "\n");
}

static void write_part(const struct rp_text *t, const struct rp_run *run, struct rp_strbuf *b)
{
    uint32_t n_dead = 0;
    const struct rp_fact_node *dead = NULL;
    for (uint32_t i = 0; i < run->n; i++) {
        const struct rp_fact_node *node = &t->f->nodes.v[run->nodes[i]];
        n_dead += !node->live;
        dead = node->live || dead ? dead : node;
    }
    rp_text_number(b, run->removed, 12);
    rp_strbuf_puts(b, "  ");
    rp_word_plain(rp_fact_str(t->f, dead->section), b);
    rp_strbuf_printf(b, ": %" PRIu32 " of %" PRIu32 " %s (%s)\n", n_dead, run->n,
                     dead->kind == RP_NODE_STRING ? "strings" : "records",
                     rp_reason_name(dead->reason));
}

/* Empty sections that nothing refers to come with every assembler output: one line for all. */
static bool is_idle(const struct rp_text *t, const struct rp_run *run)
{
    const struct rp_fact_node *first = &t->f->nodes.v[run->nodes[0]];
    return run->state == RP_RUN_REMOVED && run->n == 1 && !first->size && !first->name &&
           first->reason == RP_REASON_UNREFERENCED;
}

static void write_idle(const struct rp_text *t, rp_id file, struct rp_strbuf *b)
{
    bool any = false;
    struct rp_run run;
    for (size_t at = 0; rp_view_run(&t->view, file, &at, &run);) {
        if (!is_idle(t, &run))
            continue;
        rp_strbuf_puts(b, any ? ", " : "           0  ");
        rp_word_plain(rp_fact_str(t->f, t->f->nodes.v[run.nodes[0]].section), b);
        any = true;
    }
    if (any)
        rp_strbuf_puts(b, "  (empty, unreferenced)\n");
}

static enum reap_status write_file(void *arg, size_t i)
{
    struct batch *batch = arg;
    const struct rp_text *t = batch->t;
    struct rp_strbuf *b = &batch->texts[i];
    rp_id file = batch->first + (rp_id)i;
    bool any = false;
    struct rp_run run;
    for (size_t at = 0; rp_view_run(&t->view, file, &at, &run);) {
        if (run.state != RP_RUN_REMOVED && run.state != RP_RUN_PARTIAL)
            continue;
        if (!any) {
            const struct rp_totals *tt = &t->file_totals[file];
            uint64_t removed = rp_text_alloc(tt->removed);
            rp_strbuf_puts(b, "\n");
            rp_word_file(t->f, file, b);
            rp_strbuf_puts(b, "  ");
            rp_word_size(removed, b);
            rp_strbuf_puts(b, " of ");
            rp_word_size(removed + rp_text_alloc(tt->kept), b);
            rp_strbuf_puts(b, "\n");
            any = true;
        }
        if (run.state == RP_RUN_PARTIAL)
            write_part(t, &run, b);
        else if (!is_idle(t, &run))
            write_whole(t, &run, b);
    }
    if (any)
        write_idle(t, file, b);
    return b->oom ? REAP_ERR_NOMEM : REAP_OK;
}

static enum reap_status write_batch(struct rp_text *t, struct batch *batch, rp_id first)
{
    size_t n = t->f->files.n - first;
    if (n > BATCH)
        n = BATCH;
    batch->first = first;
    enum reap_status st = rp_parallel(t->ctx, n, write_file, batch);
    if (st)
        rp_nomem(t->ctx);
    for (size_t i = 0; i < n; i++) {
        if (!st && batch->texts[i].n)
            rp_strbuf_add(&t->b, batch->texts[i].s, batch->texts[i].n);
        rp_strbuf_free(&batch->texts[i]);
        if (!st)
            st = rp_text_flush(t);
    }
    return st;
}

enum reap_status rp_text_removed(struct rp_text *t)
{
    const struct rp_totals *tt = &t->f->totals;
    uint64_t removed = 0;
    for (unsigned c = 0; c < RP_N_CLASSES; c++)
        removed += tt->removed[c] + tt->removed_sections[c];
    if (!removed)
        return REAP_OK;
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return rp_nomem(t->ctx);
    batch->t = t;
    rp_strbuf_puts(&t->b, "\nREMOVED SECTIONS\n\n       bytes  section, symbol, reason\n");
    enum reap_status st = rp_text_flush(t);
    for (rp_id first = 1; !st && first < t->f->files.n; first += BATCH)
        st = write_batch(t, batch, first);
    free(batch);
    return st;
}
