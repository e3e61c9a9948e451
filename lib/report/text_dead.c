/* text_dead.c: of a linked image, every dead function and object in the order of the file.
 *
 * In an image no section goes, so that the list of removed sections (text_removed.c) would say
 * little: here the parts are what counts. Records of tables and unwind information about dead code
 * stay in the image and are left out.
 *
 * Entry: rp_text_dead.
 */
#include "report/text.h"

#include <inttypes.h>

enum { INDENT = 14 };

static bool is_listed(const struct rp_fact_node *n, bool code)
{
    return !n->live && n->kind == RP_NODE_ATOM && (n->cls == RP_CLASS_TEXT) == code;
}

static void put_name(const struct rp_text *t, rp_id id, struct rp_strbuf *b)
{
    const struct rp_fact_node *n = &t->f->nodes.v[id];
    if (n->name)
        rp_word_symbol(rp_fact_str(t->f, n->name), b);
    else
        rp_strbuf_printf(b, "%s+0x%" PRIx64, rp_fact_str(t->f, n->section), n->offset);
}

/* The first thing that refers to it, and how many more: all of them are dead. */
static void put_reason(const struct rp_text *t, rp_id id, struct rp_strbuf *b)
{
    const struct rp_fact_node *node = &t->f->nodes.v[id];
    rp_id first = 0;
    uint32_t n = 0;
    for (uint32_t i = t->view.in_start[id]; i < t->view.in_start[id + 1]; i++) {
        rp_id from = t->f->edges.v[t->view.in_edges[i]].from;
        if (from == id)
            continue;
        first = first ? first : from;
        n++;
    }
    rp_strbuf_puts(b, rp_reason_name(node->reason));
    if (n) {
        rp_strbuf_puts(b, " from ");
        put_name(t, first, b);
    }
    if (n > 1)
        rp_strbuf_printf(b, " and %" PRIu32 " more", n - 1);
    if (node->head && node->head != id) {
        rp_strbuf_puts(b, "; head: ");
        put_name(t, node->head, b);
    } else if (!node->head) {
        rp_strbuf_puts(b, "; held by several chains");
    }
}

static void put_node(struct rp_text *t, rp_id id)
{
    const struct rp_fact_node *n = &t->f->nodes.v[id];
    struct rp_strbuf *b = &t->b;
    rp_text_number(b, n->size, INDENT - 2);
    rp_strbuf_puts(b, "  ");
    put_name(t, id, b);
    rp_strbuf_printf(b, "\n%*s%s+0x%" PRIx64 ": ", INDENT, "", rp_fact_str(t->f, n->section),
                     n->offset);
    put_reason(t, id, b);
    rp_strbuf_puts(b, "\n");
}

enum reap_status rp_text_dead(struct rp_text *t)
{
    enum { FLUSH = 1 << 16 };
    enum reap_status st = REAP_OK;
    for (int code = 1; code >= 0; code--) {
        const char *head = code ? "\nDEAD FUNCTIONS\n\n       bytes  function, place, reason\n"
                                : "\nDEAD DATA\n\n       bytes  object, place, reason\n";
        for (rp_id id = 1; id < t->f->nodes.n && !st; id++) {
            if (!is_listed(&t->f->nodes.v[id], code))
                continue;
            rp_strbuf_puts(&t->b, head);
            head = "";
            put_node(t, id);
            if (t->b.n > FLUSH)
                st = rp_text_flush(t);
        }
    }
    return st ? st : rp_text_flush(t);
}
