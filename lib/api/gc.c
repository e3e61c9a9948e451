/* gc.c: what `reap gc` writes: one object, or all inputs below a folder.
 *
 * An archive comes out as a regular archive of the same base name, its members in their order:
 * those of which anything is live, rewritten, and those that are no objects as they are. A thin
 * archive becomes a regular one, because its members are not the files it named any more. A plain
 * object is always written, however little is left of it, so that the lists of files in a build
 * stay true.
 *
 * Entries: reap_write_object(), reap_write_objects().
 */
#include "api/api.h"

#include "util/pool.h"
#include "util/strmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static enum reap_status refuse(struct reap *r, const char *code, const char *path, const char *text)
{
    return rp_fail(&r->ctx, REAP_ERR_USAGE, code, rp_at(path), "%s", text);
}

/* Never write over an input, by whatever name. */
static enum reap_status check_target(struct reap *r, const char *path)
{
    struct stat out, in;
    if (stat(path, &out))
        return REAP_OK;
    for (size_t i = 0; i < r->gc_inputs.n; i++)
        if (!stat(r->gc_inputs.v[i], &in) && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return refuse(r, "output-is-input", path, "the output is one of the inputs");
    return REAP_OK;
}

/* --- the bytes of one file ------------------------------------------------------------------- */

struct image {
    const uint8_t *bytes;
    uint64_t size;
    uint8_t *owned; /* or NULL */
    bool rewritten;
};

/* The bytes of a file as it was read. */
static void original_image(const struct reap *r, const struct rp_file *f, struct image *ret)
{
    *ret = (struct image){0};
    if (f->elf.data) {
        ret->bytes = f->elf.data;
        ret->size = f->elf.size;
    } else if (f->ar && !f->map.data) {
        const struct rp_ar *ar = &r->model.ars.v[f->ar - 1];
        const struct rp_member *m = &ar->archive.members[f->member_no];
        ret->bytes = ar->map.data + m->offset;
        ret->size = m->size;
    } else {
        ret->bytes = f->map.data;
        ret->size = f->map.size;
    }
}

static enum reap_status make_image(struct reap *r, rp_id file, struct image *ret)
{
    const struct rp_file *f = rp_file_of(&r->model, file);
    original_image(r, f, ret);
    if (f->kind != RP_FILE_OBJECT || r->plan.fate[file - 1] == RP_FATE_UNCHANGED)
        return REAP_OK;
    uint8_t *bytes = NULL;
    uint64_t size = 0;
    enum reap_status st = rp_rewrite_object(&r->model, &r->marks, &r->plan, file, &bytes, &size);
    if (st == REAP_OK && rp_opt_given(r, RP_OPT_CHECK))
        st = rp_verify_object(&r->model, &r->marks, file, bytes, size);
    if (st != REAP_OK) {
        free(bytes);
        return st;
    }
    *ret = (struct image){bytes, size, bytes, true};
    return REAP_OK;
}

static enum reap_status write_image(struct reap *r, const char *path, const struct image *image)
{
    struct rp_out out;
    enum reap_status st = rp_out_open(&r->ctx, &out, path, 0666);
    if (st != REAP_OK)
        return st;
    st = rp_out_write(&r->ctx, &out, image->bytes, image->size);
    if (st == REAP_OK)
        st = rp_out_commit(&r->ctx, &out);
    else
        rp_out_abort(&out);
    if (st == REAP_OK) {
        r->gc_bytes_out += image->size;
        r->gc_files_out++;
    }
    return st;
}

static enum reap_status write_plain(struct reap *r, rp_id file, const char *path)
{
    struct image image;
    enum reap_status st = make_image(r, file, &image);
    if (st == REAP_OK)
        st = write_image(r, path, &image);
    free(image.owned);
    return st;
}

/* --- archives -------------------------------------------------------------------------------- */

/* One member on its way into the new archive. */
struct member_out {
    struct image image;
    const char **names; /* owned; the strings lie in the image */
    uint32_t n_names;
    bool stays;
};

struct archive_out {
    struct reap *r;
    const struct rp_ar *ar;
    struct member_out *members; /* by number in the old archive */
};

/* The names that a member's image defines, for the index of the archive. */
static enum reap_status index_names(struct reap *r, const struct rp_file *f, struct member_out *out)
{
    struct rp_elf elf;
    enum reap_status st = rp_elf_open(&r->ctx, &elf, f->display, out->image.bytes, out->image.size);
    if (st != REAP_OK)
        return st;
    out->names = calloc((size_t)(elf.n_symbols - elf.first_global) + 1, sizeof *out->names);
    for (uint32_t i = elf.first_global; out->names && i < elf.n_symbols; i++)
        if (rp_sym_shndx(&elf, i) != RP_SHN_UNDEF && rp_sym_bind(&elf.syms[i]) != STB_LOCAL)
            out->names[out->n_names++] = rp_elf_symname(&elf, i);
    rp_elf_close(&elf);
    return out->names ? REAP_OK : rp_nomem(&r->ctx);
}

static enum reap_status make_member(void *arg, size_t i)
{
    struct archive_out *a = arg;
    struct member_out *out = &a->members[i];
    const struct rp_member *member = &a->ar->archive.members[i];
    rp_id file = a->ar->loaded ? a->ar->loaded[i] : 0;
    if (!file) { /* nothing that the resolver loads: as it is */
        out->stays = !member->path;
        out->image = (struct image){a->ar->map.data + member->offset, member->size, NULL, false};
        return REAP_OK;
    }
    if (a->r->plan.fate[file - 1] == RP_FATE_DROP)
        return REAP_OK;
    enum reap_status st = make_image(a->r, file, &out->image);
    if (st != REAP_OK)
        return st;
    out->stays = true;
    const struct rp_file *f = rp_file_of(&a->r->model, file);
    return f->kind == RP_FILE_OBJECT ? index_names(a->r, f, out) : REAP_OK;
}

static enum reap_status write_members(struct archive_out *a, const char *path)
{
    uint32_t n_members = a->ar->archive.n_members, n = 0;
    struct rp_archive_item *items = calloc((size_t)n_members + 1, sizeof *items);
    if (!items)
        return rp_nomem(&a->r->ctx);
    for (uint32_t i = 0; i < n_members; i++) {
        const struct member_out *m = &a->members[i];
        if (m->stays)
            items[n++] =
                (struct rp_archive_item){base_name(a->ar->archive.members[i].name), m->image.bytes,
                                         m->image.size, m->names, m->n_names};
    }
    enum reap_status st = rp_archive_write(&a->r->ctx, path, items, n);
    free(items);
    return st;
}

static enum reap_status write_archive(struct reap *r, const struct rp_ar *ar, const char *path)
{
    uint32_t n = ar->archive.n_members;
    struct archive_out a = {.r = r, .ar = ar};
    a.members = calloc((size_t)n + 1, sizeof *a.members);
    if (!a.members)
        return rp_nomem(&r->ctx);
    if (ar->archive.thin)
        rp_note(&r->ctx, "thin-archive", rp_at(ar->archive.path),
                "the thin archive becomes a regular one");
    enum reap_status st = rp_parallel(&r->ctx, n, make_member, &a);
    if (st == REAP_OK)
        st = write_members(&a, path);
    struct stat sb;
    if (st == REAP_OK && !stat(path, &sb)) {
        r->gc_bytes_out += (uint64_t)sb.st_size;
        r->gc_files_out++;
    }
    for (uint32_t i = 0; i < n; i++) {
        free(a.members[i].names);
        free(a.members[i].image.owned);
    }
    free(a.members);
    return st;
}

/* --- inputs to outputs ----------------------------------------------------------------------- */

static void count_inputs(struct reap *r)
{
    struct stat sb;
    r->gc_files_in = r->gc_inputs.n;
    r->gc_bytes_in = r->gc_bytes_out = r->gc_files_out = 0;
    for (size_t i = 0; i < r->gc_inputs.n; i++)
        if (!stat(r->gc_inputs.v[i], &sb))
            r->gc_bytes_in += (uint64_t)sb.st_size;
}

/* Whether input number `input` (1-based) of the command line is this path of the caller's. */
static bool came_from(const struct reap *r, rp_id input, const char *path)
{
    if (!input || input > r->link.inputs.n)
        return false;
    const char *word = r->link.inputs.v[input - 1].word;
    if (path[0] == '-' || path[0] == '@')
        return !strncmp(word, "./", 2) && !strcmp(word + 2, path);
    return !strcmp(word, path);
}

static enum reap_status write_input(struct reap *r, const char *input, const char *path)
{
    for (size_t i = 0; i < r->model.ars.n; i++)
        if (came_from(r, r->model.ars.v[i].input, input))
            return write_archive(r, &r->model.ars.v[i], path);
    for (size_t i = 0; i < r->model.files.n; i++) {
        const struct rp_file *f = &r->model.files.v[i];
        if (f->ar || !came_from(r, f->input, input))
            continue;
        if (f->kind == RP_FILE_SHARED)
            return refuse(r, "not-relocatable", input, "a shared library is no input of reap gc");
        return write_plain(r, (rp_id)(i + 1), path);
    }
    return refuse(r, "not-relocatable", input, "this is no relocatable object and no archive");
}

enum reap_status reap_write_object(struct reap *r, const char *path)
{
    if (!r->analysed)
        return refuse(r, "not-analysed", path, "there is nothing to write");
    if (r->gc_inputs.n != 1 || r->model.ars.n)
        return refuse(r, "one-object", path,
                      "-o takes exactly one object; use --out-dir for archives and several inputs");
    enum reap_status st = check_target(r, path);
    if (st != REAP_OK)
        return st;
    count_inputs(r);
    struct rp_timer t = rp_phase_begin();
    st = write_input(r, r->gc_inputs.v[0], path);
    rp_phase_done(r, t, "rewrite");
    return st;
}

/* Two inputs of one base name cannot both be written. */
static enum reap_status check_names(struct reap *r)
{
    struct rp_strmap seen = {0};
    enum reap_status st = REAP_OK;
    for (size_t i = 0; st == REAP_OK && i < r->gc_inputs.n; i++) {
        const char *base = base_name(r->gc_inputs.v[i]);
        uint32_t *v = rp_strmap_put(&seen, base, strlen(base));
        if (!v)
            st = rp_nomem(&r->ctx);
        else if ((*v)++)
            st = refuse(r, "same-name", r->gc_inputs.v[i],
                        "another input has the same base name, and both go into one folder");
    }
    rp_strmap_free(&seen);
    return st;
}

enum reap_status reap_write_objects(struct reap *r, const char *dir)
{
    if (!r->analysed)
        return refuse(r, "not-analysed", dir, "there is nothing to write");
    enum reap_status st = check_names(r);
    if (st == REAP_OK && mkdir(dir, 0777) && errno != EEXIST)
        st = rp_fail(&r->ctx, REAP_ERR_IO, "cannot-create", rp_at(dir),
                     "cannot make the folder: %s", strerror(errno));
    size_t n = r->gc_inputs.n;
    const char **paths = rp_arena_alloc(&r->arena, (n + 1) * sizeof *paths);
    if (st == REAP_OK && !paths)
        st = rp_nomem(&r->ctx);
    for (size_t i = 0; st == REAP_OK && i < n; i++) { /* all checks before the first output */
        paths[i] = rp_arena_printf(&r->arena, "%s/%s", dir, base_name(r->gc_inputs.v[i]));
        st = paths[i] ? check_target(r, paths[i]) : rp_nomem(&r->ctx);
    }
    count_inputs(r);
    struct rp_timer t = rp_phase_begin();
    size_t done = 0;
    while (st == REAP_OK && done < n) {
        st = write_input(r, r->gc_inputs.v[done], paths[done]);
        done += st == REAP_OK;
    }
    while (st != REAP_OK && done-- > 0) /* all or nothing */
        unlink(paths[done]);
    rp_phase_done(r, t, "rewrite");
    return st;
}
