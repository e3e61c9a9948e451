/* archive_write.c: writing a regular archive in GNU format.
 *
 * Order in the file: index, name table, members, each at an even offset. Only the headers, the
 * index and the names are made in memory; contents go from where they lie by writev(2).
 * Headers are deterministic (date and ids 0, mode 644), as `ar D` writes them. The index is
 * always there: ld.bfd and gold refuse an archive without one.
 *
 * An archive with an empty index can also be written member after member (rp_archive_start), in any
 * order and by several threads, once the size of everything before a member is known.
 */
#include "elf/archive.h"

#include "util/checked.h"
#include "util/outfile.h"
#include "util/strbuf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_SIZE = RP_ARCHIVE_HEADER, SIZE_FIELD = 48, LONGEST_SHORT_NAME = 15 };

/* The size field has ten digits. */
#define LARGEST_MEMBER UINT64_C(9999999999)

struct writer {
    struct rp_ctx *ctx;
    const char *path;
    const struct rp_archive_item *items;
    uint32_t n_items;
    struct rp_strbuf names; /* contents of "//" */
    struct rp_strbuf head;  /* magic, index, header and contents of the name table */
    char (*headers)[HEADER_SIZE];
    struct iovec *iov;
};

static void format_header(char out[HEADER_SIZE], const char *name, uint64_t size)
{
    char text[HEADER_SIZE + 32];
    snprintf(text, sizeof text, "%-16.16s%-12s%-6s%-6s%-8s%-10" PRIu64 "`\n", name, "0", "0", "0",
             "644", size);
    memcpy(out, text, HEADER_SIZE);
}

/* Whether the name fits into the header as "name/" and reads back as itself. */
static bool is_short(const char *name)
{
    return *name && strlen(name) <= LONGEST_SHORT_NAME && !strchr(name, '/') &&
           !strchr(name, '\n') && strncmp(name, "__.SYMDEF", 9) != 0;
}

static enum reap_status too_large(struct rp_ctx *ctx, const char *path,
                                  const struct rp_archive_item *it)
{
    return rp_fail(ctx, REAP_ERR_UNSUPPORTED, "member-too-large", rp_at(path),
                   "member '%s' of %" PRIu64 " bytes is too large for an archive", it->name,
                   it->size);
}

/* Headers of all members; long names go to the name table. A newline would end a name there for
 * every reader, so it is replaced. */
static enum reap_status make_headers(struct writer *w)
{
    for (uint32_t i = 0; i < w->n_items; i++) {
        const struct rp_archive_item *it = &w->items[i];
        char field[32];
        if (it->size > LARGEST_MEMBER)
            return too_large(w->ctx, w->path, it);
        if (is_short(it->name)) {
            snprintf(field, sizeof field, "%s/", it->name);
        } else {
            snprintf(field, sizeof field, "/%zu", w->names.n);
            for (const char *p = it->name; *p; p++)
                rp_strbuf_add(&w->names, *p == '\n' ? "_" : p, 1);
            rp_strbuf_add(&w->names, "/\n", 2);
        }
        format_header(w->headers[i], field, it->size);
    }
    if (w->names.n & 1)
        rp_strbuf_add(&w->names, "\n", 1);
    return w->names.oom ? rp_nomem(w->ctx) : REAP_OK;
}

static uint64_t padded(uint64_t n)
{
    return n + (n & 1);
}

static void add_number(struct rp_strbuf *b, uint64_t v, unsigned width)
{
    uint8_t big[8];
    rp_store64(big, __builtin_bswap64(v));
    rp_strbuf_add(b, (const char *)big + 8 - width, width);
}

/* Bytes of the index with numbers of `width` bytes. */
static uint64_t index_size(const struct writer *w, unsigned width, uint64_t *ret_n)
{
    uint64_t n = 0, names = 0;
    for (uint32_t i = 0; i < w->n_items; i++) {
        n += w->items[i].n_defined;
        for (uint32_t k = 0; k < w->items[i].n_defined; k++)
            names += strlen(w->items[i].defined[k]) + 1;
    }
    *ret_n = n;
    return padded(width + n * width + names);
}

/* Magic, index and name table. */
static enum reap_status make_head(struct writer *w)
{
    uint64_t n, total = 0, before;
    for (uint32_t i = 0; i < w->n_items; i++)
        if (!rp_add(total, HEADER_SIZE + padded(w->items[i].size), &total))
            return rp_nomem(w->ctx);
    uint64_t table = w->names.n ? HEADER_SIZE + w->names.n : 0;
    unsigned width = 4;
    uint64_t size = index_size(w, width, &n);
    before = 8 + HEADER_SIZE + size + table;
    if (before + total > UINT32_MAX || n > UINT32_MAX) {
        width = 8;
        size = index_size(w, width, &n);
        before = 8 + HEADER_SIZE + size + table;
    }
    char header[HEADER_SIZE];
    struct rp_strbuf *b = &w->head;
    rp_strbuf_puts(b, "!<arch>\n");
    format_header(header, width == 4 ? "/" : "/SYM64/", size);
    rp_strbuf_add(b, header, HEADER_SIZE);
    add_number(b, n, width);
    uint64_t at = before;
    for (uint32_t i = 0; i < w->n_items; i++) {
        for (uint32_t k = 0; k < w->items[i].n_defined; k++)
            add_number(b, at, width);
        at += HEADER_SIZE + padded(w->items[i].size);
    }
    for (uint32_t i = 0; i < w->n_items; i++)
        for (uint32_t k = 0; k < w->items[i].n_defined; k++)
            rp_strbuf_add(b, w->items[i].defined[k], strlen(w->items[i].defined[k]) + 1);
    if (b->n & 1)
        rp_strbuf_add(b, "", 1);
    if (table) {
        format_header(header, "//", w->names.n);
        memset(header + 16, ' ', 32); /* as GNU ar: the table has no date, ids and mode */
        rp_strbuf_add(b, header, HEADER_SIZE);
        rp_strbuf_add(b, w->names.s, w->names.n);
    }
    return b->oom ? rp_nomem(w->ctx) : REAP_OK;
}

static enum reap_status write_pieces(struct writer *w)
{
    static const char newline[] = "\n";
    size_t n = 0;
    w->iov[n++] = (struct iovec){w->head.s, w->head.n};
    for (uint32_t i = 0; i < w->n_items; i++) {
        const struct rp_archive_item *it = &w->items[i];
        w->iov[n++] = (struct iovec){w->headers[i], HEADER_SIZE};
        w->iov[n++] = (struct iovec){(void *)(uintptr_t)it->data, (size_t)it->size};
        if (it->size & 1)
            w->iov[n++] = (struct iovec){(void *)(uintptr_t)newline, 1};
    }
    struct rp_out out;
    enum reap_status st = rp_out_open(w->ctx, &out, w->path, 0666);
    if (st != REAP_OK)
        return st;
    st = rp_out_writev(w->ctx, &out, w->iov, n);
    if (st == REAP_OK)
        return rp_out_commit(w->ctx, &out);
    rp_out_abort(&out);
    return st;
}

enum reap_status rp_archive_write(struct rp_ctx *ctx, const char *path,
                                  const struct rp_archive_item *items, uint32_t n_items)
{
    struct writer w = {.ctx = ctx, .path = path, .items = items, .n_items = n_items};
    w.headers = calloc((size_t)n_items + 1, sizeof *w.headers);
    w.iov = calloc(3 * (size_t)n_items + 1, sizeof *w.iov);
    enum reap_status st = w.headers && w.iov ? make_headers(&w) : rp_nomem(ctx);
    if (st == REAP_OK)
        st = make_head(&w);
    if (st == REAP_OK)
        st = write_pieces(&w);
    free(w.headers);
    free(w.iov);
    rp_strbuf_free(&w.names);
    rp_strbuf_free(&w.head);
    return st;
}

/* --- member after member --------------------------------------------------------------------- */

enum reap_status rp_archive_start(struct rp_ctx *ctx, struct rp_archive_out *a, const char *path,
                                  const struct rp_archive_item *items, uint32_t n_items)
{
    /* Only the names count; the head is the same whatever the sizes, without names in the index. */
    struct writer w = {.ctx = ctx, .path = path, .items = items, .n_items = n_items};
    *a = (struct rp_archive_out){.out.fd = -1, .n_items = n_items};
    w.headers = calloc((size_t)n_items + 1, sizeof *w.headers);
    enum reap_status st = w.headers ? make_headers(&w) : rp_nomem(ctx);
    if (st == REAP_OK)
        st = make_head(&w);
    if (st == REAP_OK)
        st = rp_out_open(ctx, &a->out, path, 0600);
    if (st == REAP_OK)
        st = rp_out_write(ctx, &a->out, w.head.s, w.head.n);
    a->at = w.head.n;
    a->headers = w.headers;
    rp_strbuf_free(&w.names);
    rp_strbuf_free(&w.head);
    if (st != REAP_OK)
        rp_archive_abort(a);
    return st;
}

uint64_t rp_archive_room(uint64_t size)
{
    return HEADER_SIZE + padded(size);
}

enum reap_status rp_archive_put(struct rp_ctx *ctx, struct rp_archive_out *a, uint64_t at,
                                uint32_t first, const struct rp_archive_item *items, uint32_t n)
{
    static const char newline[] = "\n";
    struct iovec *iov = calloc(3 * (size_t)n + 1, sizeof *iov);
    size_t n_iov = 0;
    if (!iov)
        return rp_nomem(ctx);
    for (uint32_t i = 0; i < n; i++) {
        char *header = a->headers[first + i], digits[32];
        if (items[i].size > LARGEST_MEMBER) {
            free(iov);
            return too_large(ctx, a->out.path, &items[i]);
        }
        snprintf(digits, sizeof digits, "%-10" PRIu64, items[i].size);
        memcpy(header + SIZE_FIELD, digits, 10);
        iov[n_iov++] = (struct iovec){header, HEADER_SIZE};
        iov[n_iov++] = (struct iovec){(void *)(uintptr_t)items[i].data, (size_t)items[i].size};
        if (items[i].size & 1)
            iov[n_iov++] = (struct iovec){(void *)(uintptr_t)newline, 1};
    }
    enum reap_status st = rp_out_pwritev(ctx, &a->out, at, iov, n_iov);
    free(iov);
    return st;
}

enum reap_status rp_archive_finish(struct rp_ctx *ctx, struct rp_archive_out *a)
{
    free(a->headers);
    a->headers = NULL;
    return rp_out_commit(ctx, &a->out);
}

void rp_archive_abort(struct rp_archive_out *a)
{
    free(a->headers);
    a->headers = NULL;
    rp_out_abort(&a->out);
}
