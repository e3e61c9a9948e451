/* table.h: a table of numbers and names, written as text, JSON, CSV or Markdown. */
#ifndef RP_REPORT_TABLE_H
#define RP_REPORT_TABLE_H

#include "reap/graph.h"
#include "report/facts.h"
#include "util/strbuf.h"

enum rp_cell_kind {
    RP_CELL_NUMBER,  /* "12,345"; a number elsewhere */
    RP_CELL_PERCENT, /* thousandths: "12.3 %"; JSON and CSV: 123, in thousandths */
    RP_CELL_TEXT, /* the last such column takes what width is left; names are cut in the middle */
};

struct rp_column {
    const char *key;   /* JSON, CSV */
    const char *title; /* text, Markdown */
    enum rp_cell_kind kind;
};

struct rp_cell {
    uint64_t n;  /* number, or the text's place in `texts` */
    bool is_set; /* else empty, null in JSON */
};

/* Cells are added row by row. A zeroed table with columns is ready. */
struct rp_table {
    const char *title; /* or NULL */
    const char *note;  /* a line below, or NULL */
    const struct rp_column *columns;
    unsigned n_columns;
    RP_VEC(struct rp_cell) cells;
    struct rp_strbuf texts;
    bool oom;
};
void rp_table_number(struct rp_table *t, uint64_t n);
/* part of whole, for an RP_CELL_PERCENT; empty when whole is 0. */
void rp_table_percent(struct rp_table *t, uint64_t part, uint64_t whole);
void rp_table_text(struct rp_table *t, const char *s);
/* The text that `b` holds, which is emptied (not freed). */
void rp_table_take(struct rp_table *t, struct rp_strbuf *b);
void rp_table_empty(struct rp_table *t);
/* Rows beyond style->max are counted in a last line of text and Markdown, and in JSON's "more". */
enum reap_status rp_table_write(struct rp_ctx *ctx, const struct rp_table *t,
                                const struct reap_table_style *style, FILE *out);
void rp_table_free(struct rp_table *t);

#endif
