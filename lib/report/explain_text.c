/* explain_text.c: the answer of `reap explain` for people: what happened, the removals that account
 * for it with a chain from cause to effect, and, when the facts do not suffice, what was ruled out
 * and what to run next.
 *
 * Entry: rp_explain_text.
 */
#include "report/explain.h"

#include <string.h>

static const char *const ends[RP_N_CRASH_KINDS] = {
    [RP_CRASH_UNKNOWN] = "execution was at",
    [RP_CRASH_NULL_CALL] = "the program called address 0 from",
    [RP_CRASH_HOLE] = "execution left the program's functions, coming from",
    [RP_CRASH_TERMINATE] = "an exception found no handler; it passed through",
    [RP_CRASH_ABORT] = "the program ended itself in",
    [RP_CRASH_FAULT] = "a memory access or a division failed in",
    [RP_CRASH_ILLEGAL] = "an illegal instruction or a trap stopped the program in",
    [RP_CRASH_HANG] = "the program was running in",
    [RP_CRASH_LOCKUP] = "the processor locked up; the last known place is",
};

static void put_frame(const struct rp_explain_frame *f, struct rp_strbuf *b)
{
    if (f->symbol)
        rp_word_symbol(f->symbol, b);
    else
        rp_strbuf_printf(b, "0x%llx", (unsigned long long)f->pc);
    if (f->symbol && f->has_offset)
        rp_strbuf_printf(b, "+0x%llx", (unsigned long long)f->offset);
}

static const struct rp_explain_frame *next_frame(const struct rp_explain *x, size_t *at)
{
    while (*at < x->frames.n) {
        const struct rp_explain_frame *f = &x->frames.v[(*at)++];
        if (f->symbol && !f->is_messenger)
            return f;
    }
    return NULL;
}

void rp_explain_story(const struct rp_explain *x, struct rp_strbuf *b)
{
    enum { CALLERS = 4 };
    size_t at = 0;
    const struct rp_explain_frame *f = next_frame(x, &at);
    if (!f && !x->frames.n) {
        rp_strbuf_puts(b, x->kind == RP_CRASH_LOCKUP ? "the processor locked up"
                                                     : "no place in the program's code is known");
    } else {
        rp_strbuf_printf(b, "%s ", ends[x->kind]);
        put_frame(f ? f : x->frames.v, b);
    }
    for (int i = 0; i < CALLERS && f; i++) {
        f = next_frame(x, &at);
        if (!f)
            break;
        rp_strbuf_puts(b, f->is_guess ? ", perhaps called from " : ", called from ");
        put_frame(f, b);
    }
    if (x->before && !(x->frames.v[0].node && !x->f->nodes.v[x->frames.v[0].node].live)) {
        rp_strbuf_puts(b, "; before that place stands ");
        rp_word_symbol(x->before, b);
    }
}

/* --- chains ---------------------------------------------------------------------------------- */

static void put_node(const struct rp_explain *x, rp_id node, struct rp_strbuf *b)
{
    const struct rp_fact_node *n = &x->f->nodes.v[node];
    rp_strbuf_puts(b, "'");
    if (n->name)
        rp_word_symbol(rp_fact_str(x->f, n->name), b);
    else
        rp_word_node(x->f, node, b);
    rp_strbuf_puts(b, "'");
}

static const char *verb(const struct rp_explain *x, rp_id target)
{
    switch (x->f->nodes.v[target].cls) {
    case RP_CLASS_TEXT: return "calls";
    case RP_CLASS_RODATA: return "reads";
    default: return "uses";
    }
}

/* How the crash's function leads to the node where both meet. */
static void put_way(const struct rp_explain *x, rp_id link, struct rp_strbuf *b)
{
    rp_id way[16];
    unsigned n = 0;
    for (rp_id at = link; at && n < 16; at = x->near.v[x->near_index[at] - 1].from)
        way[n++] = at;
    if (n < 2)
        return;
    put_node(x, way[n - 1], b);
    for (unsigned i = n - 1; i > 0; i--) {
        rp_strbuf_printf(b, "%s %s ", i < n - 1 ? ", which" : "", verb(x, way[i - 1]));
        put_node(x, way[i - 1], b);
    }
    rp_strbuf_puts(b, "\n");
}

void rp_explain_chain(const struct rp_explain *x, const struct rp_candidate *c, struct rp_strbuf *b)
{
    const struct rp_finding *f = &x->f->findings.v[c->finding];
    rp_explain_story(x, b);
    rp_strbuf_puts(b, "\n");
    if (c->link && x->near_index[c->link])
        put_way(x, c->link, b);
    if (c->link && c->link_from && x->f->nodes.v[c->link_from].name) {
        put_node(x, c->link_from, b);
        rp_strbuf_printf(b, " %s it too%s\n", verb(x, c->link),
                         x->f->nodes.v[c->link_from].live ? "" : ", and was removed");
    }
    const char *own = rp_fact_str(x->f, f->chain);
    if (!*own)
        own = rp_fact_str(x->f, f->evidence);
    rp_strbuf_puts(b, own);
    if (*own && own[strlen(own) - 1] != '\n')
        rp_strbuf_puts(b, "\n");
}

/* --- text ------------------------------------------------------------------------------------ */

static void put_lines(struct rp_strbuf *b, const char *head, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        rp_strbuf_printf(b, "%s", head);
        rp_strbuf_add(b, text, n);
        rp_strbuf_puts(b, "\n");
        text += n + (text[n] == '\n');
    }
}

static void put_candidate(const struct rp_explain *x, size_t i, struct rp_strbuf *b)
{
    const struct rp_candidate *c = &x->candidates.v[i];
    const struct rp_finding *f = &x->f->findings.v[c->finding];
    struct rp_strbuf chain = {0};
    rp_strbuf_printf(b, "\n%zu. %s (%s, %s): ", i + 1, rp_finding_code_name(f->code),
                     rp_finding_severity_name(f->severity),
                     c->certain ? "certain"
                     : i        ? "possible"
                                : "likely");
    rp_word_file(x->f, f->file, b);
    if (f->section)
        rp_strbuf_printf(b, ":%s", rp_fact_str(x->f, f->section));
    if (f->count > 1)
        rp_strbuf_printf(b, " and %u more", f->count - 1);
    rp_strbuf_printf(b, "\n   %s\n", rp_finding_headline(f->code));
    rp_explain_chain(x, c, &chain);
    if (chain.s)
        put_lines(b, "   - ", chain.s);
    b->oom |= chain.oom;
    rp_strbuf_free(&chain);
    put_lines(b, "   remedy: ", rp_fact_str(x->f, f->remedy));
}

/* What was looked at and does not account for the crash. */
static void put_ruled_out(const struct rp_explain *x, struct rp_strbuf *b)
{
    size_t placed = 0;
    for (size_t i = 0; i < x->frames.n; i++)
        placed += x->frames.v[i].node != 0;
    rp_strbuf_puts(b, "\nruled out:\n");
    rp_strbuf_printf(b, "   - %zu of %zu places of the backtrace are code of this link\n", placed,
                     x->frames.n);
    rp_strbuf_printf(b, "   - %zu findings of 'reap lint' are about code that is not near it\n",
                     x->f->findings.n - 1 - x->candidates.n);
    if (x->kind == RP_CRASH_NULL_CALL)
        rp_strbuf_puts(b, "   - no weak reference without a definition stands at the call\n");
    rp_strbuf_puts(b, "   - no removed table leads to functions that use what this code reads\n");
}

static void put_next(const struct rp_explain *x, struct rp_strbuf *b)
{
    rp_strbuf_puts(b, "\nwhat to run next:\n");
    if (!x->frames.n || !rp_explain_culprit_frame(x))
        rp_strbuf_puts(b, "   - give a place in the program: --core FILE, or a backtrace on "
                          "standard input ('-')\n");
    rp_strbuf_puts(b,
                   rp_explain_is_image(x)
                       ? "   - reap image --fill=trap, and run that: removed code that is executed "
                         "stops there\n"
                       : "   - link with --reap-tripwire and run again: removed code that is "
                         "executed stops there\n"
                         "   - reap bisect --save DIR -- TEST: finds the removal by experiment\n");
}

enum reap_status rp_explain_text(const struct rp_explain *x, unsigned max, FILE *out)
{
    struct rp_strbuf b = {0};
    rp_explain_story(x, &b);
    rp_strbuf_puts(&b, "\n");
    for (size_t i = 0; i < x->candidates.n && (!max || i < max); i++)
        put_candidate(x, i, &b);
    if (max && x->candidates.n > max)
        rp_strbuf_printf(&b, "\n%zu more with --max 0\n", x->candidates.n - max);
    if (!x->candidates.n) {
        rp_strbuf_puts(&b, "no removal is known that accounts for it\n");
        put_ruled_out(x, &b);
    }
    if (!x->candidates.n || !x->candidates.v[0].certain)
        put_next(x, &b);
    enum reap_status st = b.oom ? rp_nomem(x->ctx) : REAP_OK;
    if (!st && fwrite(b.s, 1, b.n, out) != b.n)
        st = rp_fail(x->ctx, REAP_ERR_IO, "cannot-write", rp_at(NULL),
                     "the output cannot be written");
    rp_strbuf_free(&b);
    return st;
}
