/* kernel.c: what Reap knows of Linux kernels: rules by the look of the object, and modules.
 *
 * Why: a kernel's tables would keep nearly all of it, and who exports what for modules decides
 * most of the rest. How: an object that defines start_kernel() is a kernel, and the shipped rule
 * file `linux` is read for it; an object with a struct module section is a module, and
 * `linux-module` says what its loader reads. --kernel asks for the first in so many words.
 *
 * Exported symbols are roots through KEEP in vmlinux.lds. --modules=none takes that away: the
 * rules of `linux-ksymtab` make an entry of the export table live when its symbol does anyway, as
 * CONFIG_TRIM_UNUSED_KSYMS does at build time. --modules-from does the same, with the undefined
 * names of these modules as roots.
 *
 * Entries: rp_kernel_rules, rp_kernel_modules.
 */
#include "api/api.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 32 };

static bool has_section(const struct rp_file *f, const char *name)
{
    for (uint32_t no = 1; f->kind == RP_FILE_OBJECT && no < f->elf.n_sections; no++)
        if (strcmp(rp_elf_shname(&f->elf, no), name) == 0)
            return true;
    return false;
}

static bool is_kernel(const struct reap *r)
{
    rp_id g = rp_model_find_global(&r->model, "start_kernel");
    return g && rp_global_of(&r->model, g)->def_file &&
           rp_file_of(&r->model, rp_global_of(&r->model, g)->def_file)->kind == RP_FILE_OBJECT &&
           has_section(rp_file_of(&r->model, rp_global_of(&r->model, g)->def_file), ".init.text");
}

/* Without -ffunction-sections a kernel has some 100 sections in all, and in each of those with code
 * something is live. */
static void note_few_sections(struct reap *r)
{
    enum { FEW = 200 };
    uint32_t n = 0;
    for (size_t i = 0; i < r->model.files.n; i++) {
        const struct rp_file *f = &r->model.files.v[i];
        for (uint32_t no = 1; f->kind == RP_FILE_OBJECT && no < f->elf.n_sections; no++)
            n += strncmp(rp_elf_shname(&f->elf, no), ".text.", 6) == 0;
    }
    if (n < FEW)
        rp_warn(&r->ctx, "kernel-without-function-sections", rp_at(NULL),
                "the kernel has %u sections named .text.*; without -ffunction-sections "
                "(CONFIG_LD_DEAD_CODE_DATA_ELIMINATION) next to nothing can be removed",
                n);
}

static bool is_module(const struct reap *r)
{
    if (r->product != REAP_PRODUCT_GC || r->model.files.n != 1)
        return false;
    return has_section(&r->model.files.v[0], ".gnu.linkonce.this_module");
}

static bool trims_exports(const struct reap *r)
{
    const char *modules = rp_opt_value(r, RP_OPT_MODULES);
    return rp_opt_given(r, RP_OPT_MODULES_FROM) || (modules && strcmp(modules, "none") == 0);
}

/* kernel/module/version.c (before 5.19 in kernel/module.c) defines module_layout() for
 * CONFIG_MODVERSIONS only. */
static bool has_modversions(const struct reap *r)
{
    rp_id g = rp_model_find_global(&r->model, "module_layout");
    return g && rp_global_of(&r->model, g)->def_file;
}

enum reap_status rp_kernel_rules(struct reap *r)
{
    bool asked = rp_opt_given(r, RP_OPT_KERNEL);
    enum reap_status rc = REAP_OK;
    if (is_module(r)) {
        r->kernel_module = true;
        rp_note(&r->ctx, "kernel-module", rp_at(r->model.files.v[0].display),
                "this is a Linux module; the rules 'linux-module' apply");
        return rp_rules_read(&r->ctx, &r->rules, "linux-module");
    }
    if (!asked && !is_kernel(r))
        return REAP_OK;
    if (!asked)
        rp_note(&r->ctx, "kernel", rp_at(NULL), "this is a Linux kernel; the rules 'linux' apply");
    note_few_sections(r);
    if (!r->scripts.n)
        rp_warn(&r->ctx, "kernel-without-script", rp_at(NULL),
                "no linker script was given; the roots of a kernel are in its vmlinux.lds (-T)");
    rc = rp_rules_read(&r->ctx, &r->rules, "linux");
    if (rc != REAP_OK || !trims_exports(r))
        return rc;
    if (has_modversions(r)) {
        rp_warn(
            &r->ctx, "kernel-modversions", rp_at(NULL),
            "the kernel has CONFIG_MODVERSIONS: its table of checksums is parallel to that of the "
            "exported symbols, of which all stay");
        return REAP_OK;
    }
    return rp_rules_read(&r->ctx, &r->rules, "linux-ksymtab");
}

/* --- modules ---------------------------------------------------------------------------------- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static enum reap_status add_path(struct reap *r, const char *path, unsigned depth, unsigned *n);

static enum reap_status add_folder(struct reap *r, const char *path, unsigned depth, unsigned *n)
{
    DIR *dir = depth < MAX_DEPTH ? opendir(path) : NULL;
    enum reap_status rc = REAP_OK;
    if (!dir)
        return rp_fail(&r->ctx, REAP_ERR_IO, "cannot-read-folder", rp_at(path),
                       "cannot read the folder: %s",
                       depth < MAX_DEPTH ? strerror(errno) : "it is too deep");
    for (struct dirent *d; rc == REAP_OK && (d = readdir(dir));) {
        struct stat sb;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        const char *below = rp_arena_printf(&r->arena, "%s/%s", path, d->d_name);
        if (!below)
            rc = rp_nomem(&r->ctx);
        /* links lead to the source and the build folder in /lib/modules/VERSION */
        else if (lstat(below, &sb) == 0 && (S_ISDIR(sb.st_mode) || ends_with(below, ".ko")))
            rc = add_path(r, below, depth + 1, n);
        else if (ends_with(below, ".ko.xz") || ends_with(below, ".ko.zst") ||
                 ends_with(below, ".ko.gz"))
            rc = rp_fail_remedy(&r->ctx, REAP_ERR_UNSUPPORTED, "compressed-module", rp_at(below),
                                "decompress the modules first (xz -d, zstd -d)",
                                "compressed modules cannot be read");
    }
    closedir(dir);
    return rc;
}

static enum reap_status add_path(struct reap *r, const char *path, unsigned depth, unsigned *n)
{
    struct stat sb;
    if (stat(path, &sb))
        return rp_fail(&r->ctx, REAP_ERR_IO, "cannot-open", rp_at(path), "%s", strerror(errno));
    if (S_ISDIR(sb.st_mode))
        return add_folder(r, path, depth, n);
    ++*n;
    return rp_vec_push(&r->export_from, path) ? REAP_OK : rp_nomem(&r->ctx);
}

enum reap_status rp_kernel_modules(struct reap *r)
{
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < r->options.n && rc == REAP_OK; i++) {
        const struct rp_opt_value *o = &r->options.v[i];
        unsigned n = 0;
        if (o->opt != RP_OPT_MODULES_FROM)
            continue;
        rc = add_path(r, o->value, 0, &n);
        if (rc == REAP_OK && n == 0)
            rc = rp_fail(&r->ctx, REAP_ERR_USAGE, "no-modules", rp_at(o->value),
                         "there is no module (.ko) in this folder");
    }
    return rc;
}
