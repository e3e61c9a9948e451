/* table.c: a table of numbers and names, as text, JSON, CSV (RFC 4180) or Markdown.
 *
 * Text fits the width that the caller names: columns of numbers are as wide as they must be, the
 * last column of text gets what is left, and names that are longer lose their middle. Nothing is
 * cut in the other formats.
 *
 * Entry: rp_table_write.
 */
#include "report/table.h"

#include "report/jsonw.h"
#include "report/view.h"

#include <inttypes.h>
#include <string.h>

static void add(struct rp_table *t, uint64_t n, bool is_set)
{
    t->oom |= !rp_vec_push(&t->cells, (struct rp_cell){n, is_set});
}

void rp_table_number(struct rp_table *t, uint64_t n)
{
    add(t, n, true);
}

void rp_table_percent(struct rp_table *t, uint64_t part, uint64_t whole)
{
    add(t, whole ? (uint64_t)(1000.0 * (double)part / (double)whole + 0.5) : 0, whole != 0);
}

void rp_table_text(struct rp_table *t, const char *s)
{
    add(t, t->texts.n, true);
    rp_strbuf_add(&t->texts, s, strlen(s) + 1);
    t->oom |= t->texts.oom;
}

void rp_table_take(struct rp_table *t, struct rp_strbuf *b)
{
    t->oom |= b->oom;
    rp_table_text(t, b->n && !b->oom ? b->s : "");
    b->n = 0;
}

void rp_table_empty(struct rp_table *t)
{
    add(t, 0, false);
}

void rp_table_free(struct rp_table *t)
{
    rp_vec_free(&t->cells);
    rp_strbuf_free(&t->texts);
}

struct writer {
    const struct rp_table *t;
    const struct reap_table_style *style;
    size_t n_rows, n_shown;
    struct rp_strbuf b;
};

static const struct rp_cell *cell(const struct writer *w, size_t row, unsigned column)
{
    return &w->t->cells.v[row * w->t->n_columns + column];
}

/* A cell as people read it. */
static void word(const struct writer *w, size_t row, unsigned column, struct rp_strbuf *b)
{
    const struct rp_cell *c = cell(w, row, column);
    if (!c->is_set)
        return;
    switch (w->t->columns[column].kind) {
    case RP_CELL_NUMBER: rp_word_number(c->n, b); break;
    case RP_CELL_PERCENT:
        rp_strbuf_printf(b, "%" PRIu64 ".%" PRIu64 " %%", c->n / 10, c->n % 10);
        break;
    case RP_CELL_TEXT: rp_strbuf_puts(b, w->t->texts.s + c->n); break;
    }
}

static size_t characters(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static void pad(struct rp_strbuf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rp_strbuf_puts(b, " ");
}

/* --- text ------------------------------------------------------------------------------------ */

enum { MAX_COLUMNS = 16, GAP = 2, LEAST_NAME = 12 };

/* Widths of the columns as they are, then the last ones of text are narrowed to fit. */
static void measure(struct writer *w, size_t width[MAX_COLUMNS])
{
    const struct rp_table *t = w->t;
    struct rp_strbuf cellb = {0};
    size_t sum = 0;
    for (unsigned c = 0; c < t->n_columns; c++) {
        width[c] = characters(t->columns[c].title);
        for (size_t row = 0; row < w->n_shown; row++) {
            cellb.n = 0;
            word(w, row, c, &cellb);
            size_t n = cellb.n ? characters(cellb.s) : 0;
            width[c] = n > width[c] ? n : width[c];
        }
        sum += width[c] + (c ? GAP : 0);
    }
    w->b.oom |= cellb.oom;
    rp_strbuf_free(&cellb);
    for (unsigned c = t->n_columns; c-- > 0 && w->style->columns && sum > w->style->columns;) {
        if (t->columns[c].kind != RP_CELL_TEXT || width[c] <= LEAST_NAME)
            continue;
        size_t excess = sum - w->style->columns, spare = width[c] - LEAST_NAME;
        size_t cut = excess < spare ? excess : spare;
        width[c] -= cut;
        sum -= cut;
    }
}

static void text_cell(struct writer *w, const char *s, unsigned column, size_t width)
{
    bool left = w->t->columns[column].kind == RP_CELL_TEXT, last = column + 1 == w->t->n_columns;
    size_t n = characters(s);
    if (column)
        pad(&w->b, GAP);
    if (!left)
        pad(&w->b, n < width ? width - n : 0);
    rp_word_fit(s, width, &w->b);
    if (left && !last)
        pad(&w->b, n < width ? width - n : 0);
}

static void write_text(struct writer *w)
{
    const struct rp_table *t = w->t;
    const char *bold = w->style->colour ? "\033[1m" : "", *dim = w->style->colour ? "\033[2m" : "";
    const char *plain = w->style->colour ? "\033[0m" : "";
    size_t width[MAX_COLUMNS] = {0};
    struct rp_strbuf cellb = {0};
    measure(w, width);
    if (t->title)
        rp_strbuf_printf(&w->b, "%s%s%s\n\n", bold, t->title, plain);
    rp_strbuf_puts(&w->b, dim);
    for (unsigned c = 0; c < t->n_columns; c++)
        text_cell(w, t->columns[c].title, c, width[c]);
    rp_strbuf_printf(&w->b, "%s\n", plain);
    for (size_t row = 0; row < w->n_shown; row++) {
        for (unsigned c = 0; c < t->n_columns; c++) {
            cellb.n = 0;
            word(w, row, c, &cellb);
            /* the first column is what the table is sorted by */
            rp_strbuf_puts(&w->b, c == 0 ? bold : "");
            text_cell(w, cellb.n ? cellb.s : "", c, width[c]);
            rp_strbuf_puts(&w->b, c == 0 ? plain : "");
        }
        rp_strbuf_puts(&w->b, "\n");
    }
    w->b.oom |= cellb.oom;
    rp_strbuf_free(&cellb);
    if (w->n_shown < w->n_rows)
        rp_strbuf_printf(&w->b, "%s… %zu more%s\n", dim, w->n_rows - w->n_shown, plain);
    if (t->note)
        rp_strbuf_printf(&w->b, "\n%s%s%s\n", dim, t->note, plain);
}

/* --- the others ------------------------------------------------------------------------------ */

static void write_json(struct writer *w)
{
    const struct rp_table *t = w->t;
    struct rp_jsonw j = {0};
    rp_jsonw_open(&j, NULL, '{', true);
    if (t->title)
        rp_jsonw_string(&j, "title", t->title);
    rp_jsonw_open(&j, "rows", '[', true);
    for (size_t row = 0; row < w->n_shown; row++) {
        rp_jsonw_open(&j, NULL, '{', false);
        for (unsigned c = 0; c < t->n_columns; c++) {
            const struct rp_cell *x = cell(w, row, c);
            const char *key = t->columns[c].key;
            if (!x->is_set)
                rp_jsonw_null(&j, key);
            else if (t->columns[c].kind == RP_CELL_TEXT)
                rp_jsonw_string(&j, key, t->texts.s + x->n);
            else
                rp_jsonw_number(&j, key, x->n);
        }
        rp_jsonw_close(&j, '}');
    }
    rp_jsonw_close(&j, ']');
    rp_jsonw_number(&j, "more", w->n_rows - w->n_shown);
    rp_jsonw_close(&j, '}');
    rp_strbuf_puts(&j.b, "\n");
    w->b = j.b;
}

static void csv_text(struct rp_strbuf *b, const char *s)
{
    if (!s[strcspn(s, ",\"\r\n")]) {
        rp_strbuf_puts(b, s);
        return;
    }
    rp_strbuf_puts(b, "\"");
    for (; *s; s++) {
        rp_strbuf_add(b, s, 1);
        if (*s == '"')
            rp_strbuf_puts(b, "\"");
    }
    rp_strbuf_puts(b, "\"");
}

static void write_csv(struct writer *w)
{
    const struct rp_table *t = w->t;
    for (unsigned c = 0; c < t->n_columns; c++)
        rp_strbuf_printf(&w->b, "%s%s", c ? "," : "", t->columns[c].key);
    rp_strbuf_puts(&w->b, "\r\n");
    for (size_t row = 0; row < w->n_shown; row++) {
        for (unsigned c = 0; c < t->n_columns; c++) {
            const struct rp_cell *x = cell(w, row, c);
            rp_strbuf_puts(&w->b, c ? "," : "");
            if (x->is_set && t->columns[c].kind == RP_CELL_TEXT)
                csv_text(&w->b, t->texts.s + x->n);
            else if (x->is_set)
                rp_strbuf_printf(&w->b, "%" PRIu64, x->n);
        }
        rp_strbuf_puts(&w->b, "\r\n");
    }
}

static void md_text(struct rp_strbuf *b, const char *s)
{
    for (; *s; s++) {
        if (strchr("|\\`*_<>[]", *s))
            rp_strbuf_puts(b, "\\");
        rp_strbuf_add(b, s, 1);
    }
}

static void write_md(struct writer *w)
{
    const struct rp_table *t = w->t;
    struct rp_strbuf cellb = {0};
    if (t->title) {
        md_text(&w->b, t->title);
        rp_strbuf_puts(&w->b, "\n\n");
    }
    rp_strbuf_puts(&w->b, "|");
    for (unsigned c = 0; c < t->n_columns; c++)
        rp_strbuf_printf(&w->b, " %s |", t->columns[c].title);
    rp_strbuf_puts(&w->b, "\n|");
    for (unsigned c = 0; c < t->n_columns; c++)
        rp_strbuf_puts(&w->b, t->columns[c].kind == RP_CELL_TEXT ? " --- |" : " ---: |");
    rp_strbuf_puts(&w->b, "\n");
    for (size_t row = 0; row < w->n_shown; row++) {
        rp_strbuf_puts(&w->b, "|");
        for (unsigned c = 0; c < t->n_columns; c++) {
            cellb.n = 0;
            word(w, row, c, &cellb);
            rp_strbuf_puts(&w->b, " ");
            md_text(&w->b, cellb.n ? cellb.s : "");
            rp_strbuf_puts(&w->b, " |");
        }
        rp_strbuf_puts(&w->b, "\n");
    }
    w->b.oom |= cellb.oom;
    rp_strbuf_free(&cellb);
    if (w->n_shown < w->n_rows)
        rp_strbuf_printf(&w->b, "\n… %zu more\n", w->n_rows - w->n_shown);
}

enum reap_status rp_table_write(struct rp_ctx *ctx, const struct rp_table *t,
                                const struct reap_table_style *style, FILE *out)
{
    struct writer w = {.t = t, .style = style, .n_rows = t->cells.n / t->n_columns};
    enum reap_status st = REAP_OK;
    w.n_shown = style->max && style->max < w.n_rows ? style->max : w.n_rows;
    if (t->oom)
        return rp_nomem(ctx);
    switch (style->format) {
    case REAP_FORMAT_TEXT: write_text(&w); break;
    case REAP_FORMAT_JSON: write_json(&w); break;
    case REAP_FORMAT_CSV: write_csv(&w); break;
    case REAP_FORMAT_MD: write_md(&w); break;
    }
    if (w.b.oom)
        st = rp_nomem(ctx);
    else if (w.b.n && fwrite(w.b.s, 1, w.b.n, out) != w.b.n)
        st = rp_fail(ctx, REAP_ERR_IO, "report-write", rp_at(NULL), "cannot write the table");
    rp_strbuf_free(&w.b);
    return st;
}
