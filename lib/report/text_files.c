/* text_files.c: the totals of the text report by archive and by object.
 *
 * Both tables hold allocated bytes, the biggest loss first, and each sums to the row "in memory" of
 * the totals.
 *
 * Entry: rp_text_files.
 */
#include "report/text.h"

#include "util/strmap.h"

#include <string.h>

struct row {
    rp_str path;        /* of an archive; 0 = the objects outside of archives */
    rp_id file;         /* of an object */
    uint32_t n_members; /* loaded */
    uint32_t n_unused;  /* loaded, but nothing of it is live */
    uint64_t kept, removed, removed_sections;
};

static int by_loss(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->removed != y->removed)
        return x->removed < y->removed ? 1 : -1;
    if (x->path != y->path)
        return x->path < y->path ? -1 : 1;
    return x->file < y->file ? -1 : x->file > y->file;
}

static void add_file(const struct rp_text *t, rp_id file, struct row *row)
{
    const struct rp_totals *tt = &t->file_totals[file];
    uint64_t kept = rp_text_alloc(tt->kept), removed = rp_text_alloc(tt->removed);
    row->n_members++;
    row->n_unused += !kept && removed;
    row->kept += kept;
    row->removed += removed;
    row->removed_sections += tt->removed_n;
}

static void write_row(struct rp_text *t, const struct row *r)
{
    rp_text_number(&t->b, r->removed, 14);
    rp_text_number(&t->b, r->kept + r->removed, 14);
    rp_text_percent(&t->b, r->removed, r->kept + r->removed, 9);
    rp_text_number(&t->b, r->removed_sections, 10);
    rp_strbuf_puts(&t->b, "  ");
}

static enum reap_status write_archives(struct rp_text *t, struct row *rows)
{
    const struct rp_facts *f = t->f;
    struct rp_strmap row_of = {0}; /* by path */
    uint32_t n = 1, none = 0;
    for (rp_id i = 1; i < f->files.n; i++) {
        const struct rp_fact_file *ff = &f->files.v[i];
        if (t->view.file_start[i] == t->view.file_start[i + 1])
            continue;
        const char *path = rp_fact_str(f, ff->path);
        uint32_t *at = ff->member ? rp_strmap_put(&row_of, path, strlen(path)) : &none;
        if (!at) {
            rp_strmap_free(&row_of);
            return rp_nomem(t->ctx);
        }
        if (ff->member && !*at) {
            *at = n++;
            rows[*at].path = ff->path;
        }
        add_file(t, i, &rows[*at]);
    }
    rp_strmap_free(&row_of);
    qsort(rows, n, sizeof *rows, by_loss);
    rp_strbuf_puts(&t->b, "\nARCHIVES\n\n       removed        before         %  sections  archive"
                          " (members loaded, of them unused)\n");
    for (uint32_t i = 0; i < n; i++) {
        if (!rows[i].n_members)
            continue;
        write_row(t, &rows[i]);
        if (rows[i].path)
            rp_word_plain(rp_fact_str(f, rows[i].path), &t->b);
        else
            rp_strbuf_puts(&t->b, "objects outside of archives");
        rp_strbuf_printf(&t->b, " (%u, %u)\n", rows[i].n_members, rows[i].n_unused);
    }
    return rp_text_flush(t);
}

static enum reap_status write_objects(struct rp_text *t, struct row *rows)
{
    uint32_t n = 0, n_whole = 0;
    for (rp_id i = 1; i < t->f->files.n; i++) {
        struct row row = {.file = i};
        if (t->view.file_start[i] == t->view.file_start[i + 1])
            continue;
        add_file(t, i, &row);
        if (row.removed || row.removed_sections)
            rows[n++] = row;
        else
            n_whole++;
    }
    qsort(rows, n, sizeof *rows, by_loss);
    if (n)
        rp_strbuf_puts(&t->b,
                       "\nOBJECTS\n\n       removed        before         %  sections  object\n");
    for (uint32_t i = 0; i < n; i++) {
        write_row(t, &rows[i]);
        rp_word_file(t->f, rows[i].file, &t->b);
        rp_strbuf_puts(&t->b, "\n");
    }
    if (n_whole) {
        rp_strbuf_puts(&t->b, "\n  ");
        rp_word_number(n_whole, &t->b);
        rp_strbuf_puts(&t->b, n ? " other objects lost nothing.\n" : " objects lost nothing.\n");
    }
    return rp_text_flush(t);
}

enum reap_status rp_text_files(struct rp_text *t)
{
    struct row *rows = calloc(t->f->files.n + 1, sizeof *rows);
    enum reap_status st = rows ? write_archives(t, rows) : rp_nomem(t->ctx);
    if (!st)
        st = write_objects(t, rows);
    free(rows);
    return st;
}
