/* roots_exports.c: names that somebody outside of the output may ask for.
 *
 * Which names are in the dynamic symbol table (gABI, Dynamic Linking; ld manual, VERSION, and
 * --export-dynamic): in a shared library, or with --export-dynamic, all definitions of default or
 * protected visibility; else those that a dynamic list names, that a shared library on the line
 * refers to, or that such a library defines as well (the executable's definition preempts it). A
 * version script and --exclude-libs make names local again.
 *
 * Entry: rp_root_exports.
 */
#include "pass/roots.h"

#include "util/glob.h"

#include <string.h>

struct exports {
    struct rp_roots_state *st;
    const struct rp_link *link;
    struct rp_version_script **versions, **lists;
    size_t n_versions, n_lists;
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_excluded_lib(const struct exports *x, const struct rp_file *f)
{
    if (!f->ar)
        return false;
    for (size_t i = 0; i < x->link->exclude_libs.n; i++) {
        const char *name = x->link->exclude_libs.v[i].name;
        if (strcmp(name, "ALL") == 0 || strcmp(name, base_name(f->path)) == 0)
            return true;
    }
    return false;
}

/* What the version scripts say of a name: 1 global, 0 local, -1 nothing. A definition with a
 * version of its own (.symver) is not subject to them. */
static int version_says(const struct exports *x, const struct rp_global *g)
{
    const struct rp_file *f = rp_file_of(x->st->m, g->def_file);
    if (strchr(rp_elf_symname(&f->elf, g->def_sym), '@'))
        return 1;
    for (size_t i = 0; i < x->n_versions; i++) {
        int says = rp_version_script_lookup(x->versions[i], g->name);
        if (says >= 0)
            return says;
    }
    return -1;
}

/* Whether a definition can be in the dynamic symbol table at all. */
static bool may_export(const struct exports *x, const struct rp_global *g)
{
    if (g->visibility == STV_HIDDEN || g->visibility == STV_INTERNAL)
        return false;
    int says = x->n_versions ? version_says(x, g) : -1;
    if (is_excluded_lib(x, rp_file_of(x->st->m, g->def_file)))
        return x->link->flavor == RP_LINKER_LLD && says == 1; /* lld: the version script wins */
    return says != 0;
}

static bool matches(const char *pattern, const char *name)
{
    return rp_glob_has_wildcard(pattern) ? rp_glob_match(pattern, name) : !strcmp(pattern, name);
}

/* Why a name that may be exported is; NULL: it is not. */
static const char *export_reason(const struct exports *x, const struct rp_global *g)
{
    if (x->link->shared)
        return "exported: the output is a shared library";
    if (x->link->export_dynamic)
        return "exported: --export-dynamic";
    if (x->link->keep_exported)
        return "--gc-keep-exported";
    for (size_t i = 0; i < x->n_lists; i++)
        if (rp_version_script_lookup(x->lists[i], g->name) == 1)
            return rp_root_detail(x->st, "exported: --dynamic-list", x->lists[i]->path);
    for (size_t i = 0; i < x->link->export_symbols.n; i++)
        if (matches(x->link->export_symbols.v[i].name, g->name))
            return x->link->export_symbols.v[i].origin;
    return NULL;
}

static enum reap_status export_globals(struct exports *x)
{
    struct rp_model *m = x->st->m;
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < m->globals.n && !rc; i++) {
        struct rp_global *g = &m->globals.v[i];
        rp_id node = rp_global_node(m, (rp_id)i + 1);
        const char *detail = node ? export_reason(x, g) : NULL;
        if (!detail || !may_export(x, g))
            continue;
        g->flags |= RP_GLOB_EXPORTED;
        rc = rp_root_add(x->st, node, RP_ROOT_EXPORTED, detail);
    }
    return rc;
}

/* Names that a shared library refers to, and names that it defines as well. */
struct library {
    struct exports *x;
    const char *refers, *defines; /* details, made when needed */
};

static enum reap_status library_name(struct library *lib, const char *display, rp_id global,
                                     bool undefined)
{
    struct rp_roots_state *st = lib->x->st;
    rp_id node = global ? rp_global_node(st->m, global) : 0;
    if (!node || !may_export(lib->x, rp_global_of(st->m, global)))
        return REAP_OK;
    rp_global_of(st->m, global)->flags |= RP_GLOB_EXPORTED;
    const char **detail = undefined ? &lib->refers : &lib->defines;
    if (!*detail)
        *detail =
            rp_root_detail(st, undefined ? "referred to by" : "exported: also defined by", display);
    return rp_root_add(st, node, undefined ? RP_ROOT_SHARED_REF : RP_ROOT_EXPORTED, *detail);
}

static enum reap_status shared_library_roots(struct exports *x, const struct rp_file *f)
{
    struct library lib = {.x = x};
    enum reap_status rc = REAP_OK;
    for (uint32_t sym = f->elf.first_global; sym < f->elf.n_symbols && !rc; sym++)
        rc = library_name(&lib, f->display, rp_sym_global(f, sym),
                          rp_sym_shndx(&f->elf, sym) == RP_SHN_UNDEF);
    return rc;
}

/* The same for a library that is not on the line (roots_needed.c). */
static enum reap_status indirect_library_roots(void *arg, const struct rp_elf *elf,
                                               const char *path)
{
    struct library lib = {.x = arg};
    enum reap_status rc = REAP_OK;
    for (uint32_t sym = elf->first_global; sym < elf->n_symbols && !rc; sym++)
        rc = library_name(&lib, path, rp_model_find_global(lib.x->st->m, rp_elf_symname(elf, sym)),
                          rp_sym_shndx(elf, sym) == RP_SHN_UNDEF);
    return rc;
}

/* What the resolver noted without a file at hand. */
static enum reap_status flagged_roots(struct exports *x)
{
    struct rp_model *m = x->st->m;
    enum reap_status rc = REAP_OK;
    for (size_t i = 0; i < m->globals.n && !rc; i++) {
        const struct rp_global *g = &m->globals.v[i];
        if (g->flags & RP_GLOB_UNTOUCHED_REF)
            rc = rp_root_global(x->st, (rp_id)i + 1, RP_ROOT_UNTOUCHED,
                                "mentioned by a file that Reap leaves as it is");
        else if (g->flags & RP_GLOB_SHARED_REF && !(g->flags & RP_GLOB_EXPORTED) &&
                 rp_global_node(m, (rp_id)i + 1) && may_export(x, g))
            rc = rp_root_global(x->st, (rp_id)i + 1, RP_ROOT_SHARED_REF,
                                "referred to by a shared library");
    }
    return rc;
}

/* --export-from: the undefined names of another program or library. */
static enum reap_status export_from(struct exports *x, const char *path)
{
    struct rp_model *m = x->st->m;
    struct rp_map map;
    struct rp_elf elf;
    enum reap_status rc = rp_map_open(m->ctx, &map, path);
    if (rc)
        return rc;
    rc = rp_elf_open(m->ctx, &elf, path, map.data, map.size);
    if (rc)
        goto out;
    const char *detail = rp_root_detail(x->st, "--export-from", path);
    for (uint32_t sym = elf.first_global; sym < elf.n_symbols && !rc; sym++) {
        if (rp_sym_shndx(&elf, sym) != RP_SHN_UNDEF)
            continue;
        const char *name = rp_elf_symname(&elf, sym);
        rp_id global = rp_strmap_get(&m->global_map, name, strcspn(name, "@"));
        if (!global)
            continue;
        rp_global_of(m, global)->flags |= RP_GLOB_EXPORTED;
        rc = rp_root_global(x->st, global, RP_ROOT_OPTION, detail);
    }
    rp_elf_close(&elf);
out:
    rp_map_close(&map);
    return rc;
}

/* Read version scripts and dynamic lists; VERSION commands of linker scripts count as well. The
 * arena of the link is written to; nothing else of it changes. */
static enum reap_status read_lists(struct exports *x)
{
    struct rp_link *link = (struct rp_link *)x->link;
    struct rp_ctx *ctx = x->st->m->ctx;
    const struct rp_job *job = x->st->job;
    enum reap_status rc = REAP_OK;
    x->versions = calloc(link->version_scripts.n + job->n_scripts + 1, sizeof *x->versions);
    x->lists = calloc(link->dynamic_lists.n + 1, sizeof *x->lists);
    if (!x->versions || !x->lists)
        return rp_nomem(ctx);
    for (size_t i = 0; i < link->version_scripts.n && !rc; i++)
        rc = rp_version_script_read(ctx, link, link->version_scripts.v[i], false,
                                    &x->versions[x->n_versions++]);
    for (size_t i = 0; i < job->n_scripts; i++)
        if (job->scripts[i]->version)
            x->versions[x->n_versions++] = job->scripts[i]->version;
    for (size_t i = 0; i < link->dynamic_lists.n && !rc; i++)
        rc = rp_version_script_read(ctx, link, link->dynamic_lists.v[i], true,
                                    &x->lists[x->n_lists++]);
    return rc;
}

static bool is_dynamic(const struct rp_roots_state *st)
{
    const struct rp_link *link = st->job->link;
    bool any = link->shared || link->pie || link->export_dynamic;
    for (size_t i = 0; i < st->m->files.n && !any; i++)
        any = st->m->files.v[i].kind == RP_FILE_SHARED;
    return any;
}

enum reap_status rp_root_exports(struct rp_roots_state *st)
{
    struct exports x = {.st = st, .link = st->job->link};
    st->job->dynamic = is_dynamic(st);
    enum reap_status rc = read_lists(&x);
    bool wanted = x.link->shared || x.link->export_dynamic || x.link->keep_exported || x.n_lists ||
                  x.link->export_symbols.n;
    if (!rc && wanted && !x.link->relocatable)
        rc = export_globals(&x);
    for (size_t i = 0; i < st->m->files.n && !rc; i++)
        if (st->m->files.v[i].kind == RP_FILE_SHARED)
            rc = shared_library_roots(&x, &st->m->files.v[i]);
    if (!rc && x.link->flavor == RP_LINKER_BFD && !x.link->shared)
        rc = rp_root_needed(st, indirect_library_roots, &x);
    if (!rc)
        rc = flagged_roots(&x);
    for (size_t i = 0; i < st->job->n_export_from && !rc; i++)
        rc = export_from(&x, st->job->export_from[i]);
    free(x.versions);
    free(x.lists);
    return rc;
}
