/* text_extraction.c: what it costs that archive members are loaded for removed sections.
 *
 * Entry: rp_text_extraction.
 */
#include "report/text.h"

#include "report/extraction.h"
#include "report/level_graph.h"

enum { SHOWN = 10 };

static void write_member(struct rp_text *t, const struct rp_idle_member *m)
{
    const struct rp_fact_file *file = &t->f->files.v[m->file];
    struct rp_strbuf *b = &t->b;
    size_t from = b->n;
    rp_strbuf_puts(b, "  ");
    rp_word_size(m->bytes, b);
    while (!b->oom && b->n - from < 14)
        rp_strbuf_puts(b, " ");
    rp_file_name(t->f, m->file, true, b);
    rp_strbuf_puts(b, ", because ");
    rp_file_name(t->f, file->extracted_by, true, b);
    rp_strbuf_puts(b, " mentions ");
    rp_word_symbol_fit(rp_fact_str(t->f, file->extracted_for), 60, b);
    rp_strbuf_puts(b, "\n");
}

static void write_members(struct rp_text *t, const struct rp_idle *idle)
{
    struct rp_strbuf *b = &t->b;
    size_t n = 0;
    rp_strbuf_puts(b, "\nLOADED FOR REMOVED SECTIONS ALONE\n\n  Archive members that only removed "
                      "sections ask for keep ");
    rp_word_size(idle->bytes, b);
    rp_strbuf_puts(b,
                   " alive, by\n  constructors and the like. extraction=live leaves them out.\n\n");
    for (size_t i = 0; i < idle->members.n; i++)
        n += idle->members.v[i].bytes != 0;
    for (size_t i = 0; i < n && i < SHOWN; i++)
        write_member(t, &idle->members.v[i]);
    if (n > SHOWN)
        rp_strbuf_printf(b, "  … %zu more\n", n - SHOWN);
}

enum reap_status rp_text_extraction(struct rp_text *t)
{
    struct rp_reach live = {0};
    struct rp_extraction x = {0};
    struct rp_idle idle = {0};
    enum reap_status st = rp_reach_init(t->ctx, t->f, RP_SCOPE_LIVE, &live);
    if (!st)
        st = rp_extraction_init(t->ctx, t->f, &x);
    if (!st)
        st = rp_idle_find(&x, &live, &idle);
    if (!st && idle.bytes) {
        write_members(t, &idle);
        st = rp_text_flush(t);
    }
    rp_idle_free(&idle);
    rp_extraction_free(&x);
    rp_reach_free(&live);
    return st;
}
