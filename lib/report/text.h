/* text.h: between the parts of the text report. */
#ifndef RP_REPORT_TEXT_H
#define RP_REPORT_TEXT_H

#include "report/view.h"

/* Everything a section of the report needs. Text grows in `b`; `out` gets it piece by piece. */
struct rp_text {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    struct rp_view view;
    struct rp_totals *file_totals; /* by file id */
    struct rp_strbuf b;
    FILE *out;
};

enum { RP_TEXT_COLUMNS = 100 };

/* Right-aligned "12,345" in `width` columns. */
void rp_text_number(struct rp_strbuf *b, uint64_t n, int width);
/* Right-aligned "12.3 KiB". */
void rp_text_size(struct rp_strbuf *b, uint64_t bytes, int width);
/* "12.3 %" of whole, right-aligned. */
void rp_text_percent(struct rp_strbuf *b, uint64_t part, uint64_t whole, int width);
/* Sums over allocated classes. */
uint64_t rp_text_alloc(const uint64_t *by_class);
/* Write and empty t->b; the status of memory and of the stream. */
enum reap_status rp_text_flush(struct rp_text *t);
/* Who refers to a dead node: "from x.o:.text.f and 3 more", nothing when nobody does. */
void rp_text_referrers(const struct rp_text *t, rp_id node, rp_id here, struct rp_strbuf *b);

/* text_files.c: by archive and by object. */
enum reap_status rp_text_files(struct rp_text *t);
/* text_image.c: what became of a linked image, if it is one. */
enum reap_status rp_text_image(struct rp_text *t);
/* text_classes.c: C++ classes and template instantiations, if there are any. */
enum reap_status rp_text_classes(struct rp_text *t);
/* What keeps the unwinder, of a program with one in its objects. */
enum reap_status rp_text_unwinder(struct rp_text *t);
/* text_tables.c: tables that were collected by record, if there are any. */
enum reap_status rp_text_tables(struct rp_text *t);
/* text_dead.c: every dead function and object of a linked image. */
enum reap_status rp_text_dead(struct rp_text *t);
/* text_removed.c: every removed section. */
enum reap_status rp_text_removed(struct rp_text *t);
/* text_extraction.c: members that only removed sections ask for, if they cost anything. */
enum reap_status rp_text_extraction(struct rp_text *t);

#endif
