/* text_image.c: what became of a linked image: what is filled, how what keeps the rest was found,
 * whole dead pages, and what the image gains where it is shipped: compressed.
 *
 * Entry: rp_text_image.
 */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

enum { LABEL = 16 };

static void label(struct rp_strbuf *b, const char *text)
{
    rp_strbuf_printf(b, "  %-*s", LABEL, text);
}

static void count(struct rp_strbuf *b, uint64_t n, const char *one, const char *many)
{
    rp_word_number(n, b);
    rp_strbuf_printf(b, " %s", n == 1 ? one : many);
}

static void bytes(struct rp_strbuf *b, uint64_t n)
{
    rp_word_number(n, b);
    rp_strbuf_puts(b, n == 1 ? " byte" : " bytes");
}

static void write_filled(struct rp_strbuf *b, const struct rp_fact_image *im)
{
    label(b, im->is_written ? "filled" : "would be filled");
    count(b, im->n_code, "function", "functions");
    rp_strbuf_puts(b, ", ");
    bytes(b, im->code_bytes);
    rp_strbuf_puts(b, im->is_zero ? ", with zeros\n" : ", with traps\n");
    if (im->n_data) {
        label(b, "");
        count(b, im->n_data, "object", "objects");
        rp_strbuf_puts(b, " of data, ");
        bytes(b, im->data_bytes);
        rp_strbuf_puts(b, ", with zeros\n");
    }
    if (im->n_filled_before) {
        label(b, "");
        rp_word_number(im->n_filled_before, b);
        rp_strbuf_puts(b, " of these held nothing else before\n");
    }
    if (im->protected_bytes) {
        label(b, "left alone");
        bytes(b, im->protected_bytes);
        rp_strbuf_puts(b, " within dead functions that the program verifies when it patches "
                          "itself\n");
    }
    if (im->n_data_left) {
        label(b, "left alone");
        count(b, im->n_data_left, "dead object", "dead objects");
        rp_strbuf_puts(b, " of data, ");
        bytes(b, im->data_left_bytes);
        rp_strbuf_puts(b, " (--data fills them)\n");
    }
}

static void write_file(struct rp_strbuf *b, const struct rp_fact_image *im)
{
    if (im->n_relocs) {
        label(b, "relocations");
        rp_word_number(im->n_relocs, b);
        rp_strbuf_puts(b, " of filled bytes become R_*_NONE\n");
    }
    if (im->n_symbols || im->n_reloc_sections) {
        label(b, "stripped");
        count(b, im->n_symbols, "symbol", "symbols");
        rp_strbuf_puts(b, ", ");
        count(b, im->n_reloc_sections, "relocation section", "relocation sections");
        rp_strbuf_puts(b, "\n");
    }
    label(b, "file");
    bytes(b, im->file_before);
    if (im->file_after != im->file_before) {
        rp_strbuf_puts(b, " before, ");
        bytes(b, im->file_after);
        rp_strbuf_puts(b, " after");
    }
    if (im->punched) {
        rp_strbuf_puts(b, "; ");
        bytes(b, im->punched);
        rp_strbuf_puts(b, " of it are holes");
    }
    rp_strbuf_puts(b, "\n");
}

/* References that relocations show need no doubt; the other sources are told apart. */
static void write_edges(struct rp_strbuf *b, const struct rp_fact_image *im)
{
    if (!im->n_edges)
        return;
    label(b, "references");
    const char *comma = "";
    for (uint32_t i = 0; i < im->n_edges; i++) {
        if (!im->edges[i].n)
            continue;
        rp_strbuf_puts(b, comma);
        rp_word_number(im->edges[i].n, b);
        rp_strbuf_printf(b, " %s", im->edges[i].name);
        comma = ", ";
    }
    rp_strbuf_puts(b, "\n");
    if (im->n_stale) {
        label(b, "");
        count(b, im->n_stale, "relocation says", "relocations say");
        rp_strbuf_puts(b, " another thing than the contents, and did not count\n");
    }
}

static void write_pages(struct rp_strbuf *b, const struct rp_fact_image *im)
{
    enum { SHOWN = 20, PAGE = 4096 };
    label(b, "whole pages");
    rp_word_number(im->n_pages[0], b);
    rp_strbuf_puts(b, " of 4 KiB, ");
    rp_word_number(im->n_pages[1], b);
    rp_strbuf_puts(b, " of 64 KiB, ");
    rp_word_number(im->n_pages[2], b);
    rp_strbuf_puts(b, " of 2 MiB are dead\n");
    for (size_t i = 0; i < im->pages.n && i < SHOWN; i++) {
        const struct rp_fact_pages *p = &im->pages.v[i];
        label(b, "");
        rp_strbuf_printf(b, "0x%" PRIx64 "-0x%" PRIx64 "  ", p->addr, p->addr + p->size);
        count(b, p->size / PAGE, "page", "pages");
        rp_strbuf_puts(b, "\n");
    }
    if (im->pages.n > SHOWN) {
        label(b, "");
        rp_strbuf_puts(b, "… and ");
        rp_word_number(im->pages.n - SHOWN, b);
        rp_strbuf_puts(b, " more places (all are in the JSON report)\n");
    }
}

static void write_sizes(struct rp_strbuf *b, const struct rp_fact_image *im)
{
    if (!im->has_sizes)
        return;
    rp_strbuf_printf(b, "\n  %-14s%16s%16s%16s%10s%13s\n", "loaded bytes", "before", "after",
                     "saved", "", "");
    for (int i = 0; i < RP_IMAGE_PACKS; i++) {
        if (!im->before[i])
            continue;
        bool less = im->after[i] <= im->before[i];
        uint64_t saved = less ? im->before[i] - im->after[i] : im->after[i] - im->before[i];
        rp_strbuf_printf(b, "  %-14s", im->pack[i]);
        rp_text_number(b, im->before[i], 16);
        rp_text_number(b, im->after[i], 16);
        if (less) {
            rp_text_number(b, saved, 16);
            rp_text_percent(b, saved, im->before[i], 10);
            rp_text_size(b, saved, 13);
        } else {
            struct rp_strbuf word = {0};
            rp_word_number(saved, &word);
            rp_strbuf_printf(b, "%*s%s", 16 - (int)word.n, "-", word.oom ? "" : word.s);
            b->oom |= word.oom;
            rp_strbuf_free(&word);
        }
        rp_strbuf_puts(b, "\n");
    }
}

enum reap_status rp_text_image(struct rp_text *t)
{
    const struct rp_fact_image *im = &t->f->image;
    if (!im->is_image)
        return REAP_OK;
    rp_strbuf_puts(&t->b, "\nIMAGE\n\n");
    write_filled(&t->b, im);
    write_file(&t->b, im);
    write_edges(&t->b, im);
    write_pages(&t->b, im);
    write_sizes(&t->b, im);
    return rp_text_flush(t);
}
