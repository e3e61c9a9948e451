/* output.c: write what the linker will be given in place of the original inputs.
 *
 * Which file goes where (design: the final link): plain objects keep their own path when nothing
 * of them is dead; otherwise they are written as N/base-name below the temporary directory.
 * Consecutive loaded members of one archive become an archive of the same base name, to be linked
 * whole, so that the order of sections is the linker's own and patterns such as
 * `*libx.a:port.*(.text)` still match. N counts the files of one base name: files that were
 * sorted by name before are so now.
 *
 * Place on the command line: a file goes where the argument stood that named it, or, when the
 * linker loads it later than files of later arguments (lld and mold extract at the reference),
 * where the latest file loaded before it went.
 *
 * How: a serial walk in load order makes a list of outputs and their members; output_write.c writes
 * them.
 *
 * Entry: rp_output_write().
 */
#include "pass/output.h"

#include <stdlib.h>
#include <string.h>

/* One file to be linked. */
struct output {
    const char *path; /* NULL: to be written as `base` */
    const char *base;
    uint32_t arg;
    rp_id ar;               /* of a run of members, else 0 */
    uint32_t part, n_parts; /* its objects among the parts */
    uint32_t seq;           /* number in the list */
    bool is_shared, as_needed, whole_archive;
};

struct writer {
    const struct rp_model *m;
    const struct rp_marks *marks;
    const struct rp_plan *plan;
    const struct rp_link *link;
    struct rp_tempdir *dir;
    RP_VEC(struct output) outputs;
    RP_VEC(rp_id) parts; /* files */
    bool *keep_args;
    uint32_t anchor; /* no output goes before this argument any more */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const struct rp_input *input_of(const struct writer *w, const struct rp_file *f)
{
    return f->input && f->input <= w->link->inputs.n ? &w->link->inputs.v[f->input - 1] : NULL;
}

/* --- what stays as written ------------------------------------------------------------------- */

static bool stays_written(const struct writer *w, const struct rp_arg *a)
{
    if (a->n_inputs == 0)
        return true;
    for (uint32_t i = 0; i < a->n_inputs; i++) {
        const struct rp_input *in = &w->link->inputs.v[a->first_input + i];
        if (!in->path || in->fixed || in->just_symbols || in->binary)
            return true;
    }
    return false;
}

/* Keep the arguments that name a shared library, or something that is not understood, alone. */
static void keep_by_file(struct writer *w)
{
    for (size_t i = 0; i < w->m->files.n; i++) {
        const struct rp_file *f = &w->m->files.v[i];
        const struct rp_input *in = input_of(w, f);
        if (!in || f->kind == RP_FILE_OBJECT || f->ar)
            continue;
        if (!in->script || f->kind != RP_FILE_SHARED)
            w->keep_args[in->arg] = true;
    }
}

static enum reap_status choose_kept(struct writer *w)
{
    w->keep_args = calloc(w->link->args.n + 1, sizeof *w->keep_args);
    if (!w->keep_args)
        return rp_nomem(w->m->ctx);
    for (size_t i = 0; i < w->link->args.n; i++)
        w->keep_args[i] =
            w->link->args.v[i].kind != RP_ARG_INPUT || stays_written(w, &w->link->args.v[i]);
    keep_by_file(w);
    return REAP_OK;
}

/* --- the list of outputs --------------------------------------------------------------------- */

static bool add_output(struct writer *w, struct output o)
{
    o.seq = (uint32_t)w->outputs.n;
    return rp_vec_push(&w->outputs, o);
}

static bool add_part(struct writer *w, rp_id file)
{
    w->outputs.v[w->outputs.n - 1].n_parts++;
    return rp_vec_push(&w->parts, file);
}

/* A member goes with the run before it, or begins a new one. */
static bool add_member(struct writer *w, rp_id file, uint32_t arg)
{
    const struct rp_file *f = rp_file_of(w->m, file);
    struct output *last = w->outputs.n ? &w->outputs.v[w->outputs.n - 1] : NULL;
    if (!last || last->ar != f->ar || last->arg != arg) {
        struct output o = {.base = base_name(f->path),
                           .arg = arg,
                           .ar = f->ar,
                           .part = (uint32_t)w->parts.n,
                           .whole_archive = true};
        if (!add_output(w, o))
            return false;
    }
    return add_part(w, file);
}

static bool add_object(struct writer *w, rp_id file, uint32_t arg)
{
    const struct rp_file *f = rp_file_of(w->m, file);
    struct output o = {.arg = arg, .part = (uint32_t)w->parts.n};
    if (w->plan->fate[file - 1] == RP_FATE_UNCHANGED) {
        o.path = f->path;
        return add_output(w, o);
    }
    o.base = base_name(f->path);
    return add_output(w, o) && add_part(w, file);
}

static enum reap_status add_file(struct writer *w, rp_id file)
{
    const struct rp_file *f = rp_file_of(w->m, file);
    const struct rp_input *in = input_of(w, f);
    bool ok = true;
    if (!in)
        return rp_fail(w->m->ctx, REAP_ERR_INTERNAL, "file-without-input", rp_at(f->display),
                       "no argument of the command line names this file");
    if (w->keep_args[in->arg]) /* nothing can be put next to it; it has no sections as a rule */
        return REAP_OK;
    if (in->arg > w->anchor)
        w->anchor = in->arg;
    if (f->ar) {
        if (w->plan->fate[file - 1] != RP_FATE_DROP)
            ok = add_member(w, file, w->anchor);
    } else if (f->kind == RP_FILE_OBJECT) {
        if (w->plan->fate[file - 1] != RP_FATE_DROP)
            ok = add_object(w, file, w->anchor);
    } else {
        struct output o = {.path = f->path,
                           .arg = w->anchor,
                           .is_shared = true,
                           .as_needed = in->as_needed,
                           .part = (uint32_t)w->parts.n};
        ok = add_output(w, o);
    }
    return ok ? REAP_OK : rp_nomem(w->m->ctx);
}

/* Whether the model knows what the input is; an archive no member of which was loaded has
 * nothing to give to the link. */
static bool input_is_known(const struct writer *w, size_t index)
{
    const struct rp_input *in = &w->link->inputs.v[index];
    for (size_t i = 0; i < w->m->ars.n; i++)
        if (w->m->ars.v[i].archive.path && strcmp(w->m->ars.v[i].archive.path, in->path) == 0)
            return true;
    for (size_t i = 0; i < w->m->files.n; i++)
        if (w->m->files.v[i].input == index + 1)
            return true;
    return false;
}

/* Shared libraries that a replaced script names and that were not needed: the linker is to see
 * them all the same. */
static enum reap_status add_unloaded(struct writer *w)
{
    for (size_t i = 0; i < w->link->inputs.n; i++) {
        const struct rp_input *in = &w->link->inputs.v[i];
        if (!in->script || w->keep_args[in->arg] || input_is_known(w, i))
            continue;
        struct rp_map map;
        enum reap_status rc = rp_map_open(w->m->ctx, &map, in->path);
        if (rc)
            return rc;
        bool shared = rp_magic_of(map.data, map.size) == RP_MAGIC_ELF_DYN;
        rp_map_close(&map);
        struct output o = {.path = in->path,
                           .arg = in->arg,
                           .is_shared = true,
                           .as_needed = in->as_needed,
                           .part = (uint32_t)w->parts.n};
        if (shared && !add_output(w, o))
            return rp_nomem(w->m->ctx);
    }
    return REAP_OK;
}

/* A run of all members of an archive, in its order and unchanged, is the archive itself. */
static void use_originals(struct writer *w)
{
    for (size_t i = 0; i < w->outputs.n; i++) {
        struct output *o = &w->outputs.v[i];
        if (!o->ar)
            continue;
        const struct rp_ar *ar = &w->m->ars.v[o->ar - 1];
        bool same = o->n_parts == ar->archive.n_members;
        for (uint32_t k = 0; k < o->n_parts && same; k++) {
            rp_id file = w->parts.v[o->part + k];
            same = rp_file_of(w->m, file)->member_no == k &&
                   w->plan->fate[file - 1] == RP_FATE_UNCHANGED;
        }
        if (same)
            o->path = rp_file_of(w->m, w->parts.v[o->part])->path;
    }
}

/* Give every output to be written a path; the number counts outputs of one base name. */
static enum reap_status choose_paths(struct writer *w)
{
    struct rp_strmap counts = {0};
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < w->outputs.n && !rc; i++) {
        struct output *o = &w->outputs.v[i];
        if (o->path) {
            o->n_parts = 0; /* nothing to write */
            continue;
        }
        uint32_t *n = rp_strmap_put(&counts, o->base, strlen(o->base));
        rc =
            n ? rp_tempdir_path(w->m->ctx, w->dir, (*n)++, o->base, &o->path) : rp_nomem(w->m->ctx);
    }
    rp_strmap_free(&counts);
    return rc;
}

static int by_arg(const void *a, const void *b)
{
    const struct output *x = a, *y = b;
    if (x->arg != y->arg)
        return x->arg < y->arg ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static enum reap_status list_outputs(struct writer *w)
{
    enum reap_status rc = choose_kept(w);
    for (rp_id file = 1; file <= w->m->files.n && !rc; file++)
        rc = add_file(w, file);
    if (rc || (rc = add_unloaded(w)))
        return rc;
    use_originals(w);
    return choose_paths(w);
}

static enum reap_status write_all(struct writer *w)
{
    struct rp_output_file *files = calloc(w->outputs.n + 1, sizeof *files);
    size_t n = 0;
    if (!files)
        return rp_nomem(w->m->ctx);
    for (size_t i = 0; i < w->outputs.n; i++) {
        const struct output *o = &w->outputs.v[i];
        if (o->n_parts)
            files[n++] = (struct rp_output_file){.path = o->path,
                                                 .is_archive = o->ar != 0,
                                                 .files = w->parts.v + o->part,
                                                 .n_files = o->n_parts};
    }
    enum reap_status rc = rp_output_write_files(w->m, w->marks, w->plan, files, n);
    free(files);
    return rc;
}

/* --- result ---------------------------------------------------------------------------------- */

static enum reap_status make_replacements(struct writer *w, struct rp_replacement **ret,
                                          size_t *ret_n)
{
    struct rp_replacement *repl = calloc(w->outputs.n + 1, sizeof *repl);
    if (!repl)
        return rp_nomem(w->m->ctx);
    for (size_t i = 0; i < w->outputs.n; i++) {
        const struct output *o = &w->outputs.v[i];
        repl[i] = (struct rp_replacement){.arg = o->arg,
                                          .path = o->path,
                                          .whole_archive = o->whole_archive,
                                          .as_needed = o->as_needed,
                                          .is_shared = o->is_shared};
        if (o->n_parts) /* written, under a name of our own */
            repl[i].original = rp_file_of(w->m, w->parts.v[o->part])->path;
    }
    *ret = repl;
    *ret_n = w->outputs.n;
    return REAP_OK;
}

enum reap_status rp_output_write(const struct rp_model *m, const struct rp_marks *marks,
                                 const struct rp_plan *plan, const struct rp_link *link,
                                 struct rp_tempdir *dir, struct rp_replacement **ret_repl,
                                 size_t *ret_n_repl, bool **ret_keep_args)
{
    struct writer w = {.m = m, .marks = marks, .plan = plan, .link = link, .dir = dir};
    enum reap_status rc = list_outputs(&w);
    if (!rc)
        rc = write_all(&w);
    if (!rc) {
        /* what was not loaded came last in the list */
        qsort(w.outputs.v, w.outputs.n, sizeof *w.outputs.v, by_arg);
        rc = make_replacements(&w, ret_repl, ret_n_repl);
    }
    if (!rc) {
        *ret_keep_args = w.keep_args;
        w.keep_args = NULL;
    }
    free(w.keep_args);
    rp_vec_free(&w.outputs);
    rp_vec_free(&w.parts);
    return rc;
}
