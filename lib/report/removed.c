/* removed.c: one line for each removed section, in the words of lld's --print-gc-sections.
 *
 * The wording and the set are lld's (ELF/MarkLive.cpp, versions 14 and 19), so that scripts can
 * compare the two: whole sections only; .eh_frame is never listed, because lld always treats it as
 * live; common symbols are sections called COMMON, after all others; COMDAT duplicates, which lld
 * has discarded before, are not there. The order is load order, then section order.
 *
 * Of a linked image no section goes: there a line stands for each dead function or object.
 *
 * Entry: rp_removed_write.
 */
#include "report/facts.h"

#include "report/view.h"

#include <inttypes.h>

static bool is_listed(const struct rp_facts *f, const struct rp_run *run, bool common)
{
    const struct rp_fact_node *first = &f->nodes.v[run->nodes[0]];
    return run->state == RP_RUN_REMOVED && run->cls != RP_CLASS_EH_FRAME &&
           (first->kind == RP_NODE_COMMON) == common;
}

static void write_line(const struct rp_facts *f, rp_id file, const struct rp_run *run, FILE *out)
{
    const struct rp_fact_file *ff = &f->files.v[file];
    const char *path = rp_fact_str(f, ff->path), *member = rp_fact_str(f, ff->member);
    const char *section = rp_fact_str(f, f->nodes.v[run->nodes[0]].section);
    if (ff->member)
        fprintf(out, "removing unused section %s(%s):(%s)\n", path, member, section);
    else
        fprintf(out, "removing unused section %s:(%s)\n", path, section);
}

/* Those of which the bytes are, or would be, filled. */
static void write_image(const struct rp_facts *f, FILE *out)
{
    for (rp_id id = 1; id < f->nodes.n; id++) {
        const struct rp_fact_node *n = &f->nodes.v[id];
        bool filled = n->cls == RP_CLASS_TEXT || (n->cls != RP_CLASS_BSS && f->image.n_data);
        if (n->live || n->kind != RP_NODE_ATOM || !filled)
            continue;
        fprintf(out, "filling unused %s %s:(%s+0x%" PRIx64 "): %s\n",
                n->cls == RP_CLASS_TEXT ? "function" : "object",
                rp_fact_str(f, f->files.v[n->file].path), rp_fact_str(f, n->section), n->offset,
                n->name ? rp_fact_str(f, n->name) : "(no name)");
    }
}

enum reap_status rp_removed_write(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out)
{
    struct rp_view view;
    enum reap_status st = rp_view_init(ctx, &view, f, RP_VIEW_FILES);
    if (st)
        return st;
    struct rp_run run;
    if (f->image.is_image)
        write_image(f, out);
    for (int common = 0; common < 2 && !f->image.is_image; common++)
        for (rp_id file = 1; file < f->files.n; file++)
            for (size_t at = 0; rp_view_run(&view, file, &at, &run);)
                if (is_listed(f, &run, common))
                    write_line(f, file, &run, out);
    rp_view_free(&view);
    return ferror(out) ? rp_fail(ctx, REAP_ERR_IO, "report-write", rp_at(NULL),
                                 "cannot write the list of removed sections")
                       : REAP_OK;
}
