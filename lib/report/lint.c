/* lint.c: the findings as text and as JSON: `reap lint`, and the head of every report.
 *
 * Text is for a person who asks what may hurt: the class in one sentence, then evidence and remedy.
 * JSON is for a build that wants to know; its keys are documented in docs/crashes.md.
 *
 * Entries: rp_lint_text, rp_lint_json, rp_lint_json_array.
 */
#include "report/lint.h"

#include "report/view.h"

#include <inttypes.h>
#include <string.h>

/* --- text ------------------------------------------------------------------------------------ */

/* The lines of a text, each after `first` or, from the second on, `rest`; wrapped. */
static void write_lines(struct rp_strbuf *b, const char *text, const char *first, const char *rest)
{
    enum { COLUMNS = 100 };
    const char *lead = first;
    while (*text) {
        size_t n = strcspn(text, "\n");
        size_t at = strlen(rest);
        rp_strbuf_puts(b, lead);
        for (size_t i = 0; i < n;) {
            size_t word = strcspn(text + i, " \n");
            if (word > n - i)
                word = n - i;
            if (at + word + 1 > COLUMNS && at > strlen(rest)) {
                rp_strbuf_printf(b, "\n%*s", (int)strlen(rest), "");
                at = strlen(rest);
            }
            rp_strbuf_printf(b, "%s%.*s", at > strlen(rest) ? " " : "", (int)word, text + i);
            at += word + 1;
            i += word + 1;
        }
        rp_strbuf_puts(b, "\n");
        text += n + (text[n] == '\n');
        lead = rest;
    }
}

static void write_symbols(struct rp_strbuf *b, const struct rp_facts *f, const struct rp_finding *x)
{
    enum { SHOWN = 6 };
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->n_parts; i++) {
        const struct rp_finding_part *p = &f->finding_parts.v[x->first_part + i];
        if (!p->name)
            continue;
        if (n < SHOWN) {
            rp_strbuf_puts(b, n ? ", " : "   symbols  ");
            rp_word_symbol_fit(rp_fact_str(f, p->name), 60, b);
        }
        n++;
    }
    if (n > SHOWN)
        rp_strbuf_printf(b, " and %" PRIu32 " more", n - SHOWN);
    if (n)
        rp_strbuf_puts(b, "\n");
}

static void write_finding(struct rp_strbuf *b, const struct rp_facts *f, uint32_t rank)
{
    const struct rp_finding *x = &f->findings.v[rank];
    rp_strbuf_printf(b, "%" PRIu32 ". %s: %s: %s", rank, rp_finding_severity_name(x->severity),
                     rp_finding_code_name(x->code), rp_finding_headline(x->code));
    if (x->count > 1)
        rp_strbuf_printf(b, " (%" PRIu32 " removals)", x->count);
    rp_strbuf_puts(b, "\n   where    ");
    if (x->file)
        rp_word_file(f, x->file, b);
    if (x->section) {
        rp_strbuf_puts(b, ":");
        rp_word_plain(rp_fact_str(f, x->section), b);
    }
    rp_strbuf_puts(b, "\n");
    write_symbols(b, f, x);
    write_lines(b, rp_fact_str(f, x->evidence), "   because  ", "            ");
    write_lines(b, rp_fact_str(f, x->remedy), "   remedy   ", "         or ");
    if (x->suppressed)
        write_lines(b, rp_fact_str(f, x->suppressed), "   accepted ", "            ");
}

uint32_t rp_lint_count(const struct rp_facts *f)
{
    uint32_t n = 0;
    for (size_t i = 1; i < f->findings.n; i++)
        n += !f->findings.v[i].suppressed;
    return n;
}

void rp_lint_list(struct rp_strbuf *b, const struct rp_facts *f)
{
    for (uint32_t i = 1; i < f->findings.n; i++) {
        rp_strbuf_puts(b, i > 1 ? "\n" : "");
        write_finding(b, f, i);
    }
}

static enum reap_status flush(struct rp_ctx *ctx, struct rp_strbuf *b, FILE *out)
{
    enum reap_status st = REAP_OK;
    if (b->oom)
        st = rp_nomem(ctx);
    else if (b->n && fwrite(b->s, 1, b->n, out) != b->n)
        st = rp_fail(ctx, REAP_ERR_IO, "report-write", rp_at(NULL), "cannot write the findings");
    rp_strbuf_free(b);
    return st;
}

enum reap_status rp_lint_text(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out)
{
    struct rp_strbuf b = {0};
    rp_lint_list(&b, f);
    if (f->findings.n <= 1)
        rp_strbuf_puts(&b, "Nothing that was removed looks dangerous.\n");
    return flush(ctx, &b, out);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void json_lines(struct rp_jsonw *w, const char *key, const struct rp_facts *f, rp_str text)
{
    rp_jsonw_string(w, key, rp_fact_str(f, text));
}

static void json_file(struct rp_jsonw *w, const struct rp_facts *f, rp_id file)
{
    struct rp_strbuf name = {0};
    const struct rp_fact_file *x = &f->files.v[file];
    rp_strbuf_puts(&name, rp_fact_str(f, x->path));
    if (x->member)
        rp_strbuf_printf(&name, "(%s)", rp_fact_str(f, x->member));
    w->b.oom |= name.oom;
    rp_jsonw_string(w, "file", name.s && !name.oom ? name.s : "");
    rp_strbuf_free(&name);
}

static void json_finding(struct rp_jsonw *w, const struct rp_facts *f, uint32_t rank)
{
    const struct rp_finding *x = &f->findings.v[rank];
    rp_jsonw_open(w, NULL, '{', false);
    rp_jsonw_number(w, "rank", rank);
    rp_jsonw_string(w, "code", rp_finding_code_name(x->code));
    rp_jsonw_string(w, "severity", rp_finding_severity_name(x->severity));
    json_file(w, f, x->file);
    rp_jsonw_string(w, "section", rp_fact_str(f, x->section));
    rp_jsonw_open(w, "symbols", '[', false);
    for (uint32_t i = 0; i < x->n_parts; i++) {
        rp_str name = f->finding_parts.v[x->first_part + i].name;
        if (name)
            rp_jsonw_string(w, NULL, rp_fact_str(f, name));
    }
    rp_jsonw_close(w, ']');
    rp_jsonw_number(w, "count", x->count);
    json_lines(w, "evidence", f, x->evidence);
    json_lines(w, "remedy", f, x->remedy);
    if (x->suppressed)
        rp_jsonw_string(w, "accepted", rp_fact_str(f, x->suppressed));
    rp_jsonw_close(w, '}');
}

void rp_lint_json_array(struct rp_jsonw *w, const char *key, const struct rp_facts *f)
{
    rp_jsonw_open(w, key, '[', true);
    for (uint32_t i = 1; i < f->findings.n; i++)
        json_finding(w, f, i);
    rp_jsonw_close(w, ']');
}

enum reap_status rp_lint_json(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out)
{
    struct rp_jsonw w = {0};
    rp_lint_json_array(&w, NULL, f);
    rp_strbuf_puts(&w.b, "\n");
    return flush(ctx, &w.b, out);
}
