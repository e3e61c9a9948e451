/* resolve_needed.c: shared libraries that the libraries on the line need in turn.
 *
 * GNU ld opens what DT_NEEDED names (ld manual, -rpath-link), reports names that those libraries
 * refer to and nobody defines, and exports the executable's definitions of them; dropping such a
 * definition would break the link and the program. gold, lld and mold do not look at them.
 * They are no inputs: only the names that they mention are marked.
 *
 * Entry: rp_res_mark_needed.
 */
#include "link/resolve_internal.h"

#include <unistd.h>

struct needed {
    struct resolver *r;
    RP_VEC(const char *) dirs; /* in the order of search */
    RP_VEC(const char *) todo; /* sonames */
    struct rp_strmap seen;     /* sonames and base names */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Remember a name; *ret_new says whether it was not there. False when out of memory. */
static bool see(struct needed *n, const char *name, bool *ret_new)
{
    uint32_t *slot = rp_strmap_put(&n->seen, name, strlen(name));
    if (!slot)
        return false;
    *ret_new = !*slot;
    *slot = 1;
    return true;
}

static bool add_needed(struct needed *n, const struct rp_elf *e)
{
    for (uint32_t i = 0; i < e->n_needed; i++) {
        bool is_new;
        /* the string goes with the library */
        const char *name = rp_arena_strdup(&n->r->model->arena, e->needed[i]);
        if (!name || !see(n, name, &is_new) || (is_new && !rp_vec_push(&n->todo, name)))
            return false;
    }
    return true;
}

/* --- where they are -------------------------------------------------------------------------- */

static bool add_dirs(struct needed *n, const char *list)
{
    while (list && *list) {
        size_t len = strcspn(list, ":");
        const char *dir = rp_arena_strndup(&n->r->model->arena, list, len);
        if (!dir || (len && !rp_vec_push(&n->dirs, dir)))
            return false;
        list += len + (list[len] == ':');
    }
    return true;
}

/* -rpath-link, -rpath, LD_LIBRARY_PATH, the folders of the libraries that are there, -L and the
 * usual places. (ld reads DT_RUNPATH and ld.so.conf too; a library that is found nowhere here
 * marks nothing, which ld's own message shows.) */
static bool list_dirs(struct needed *n)
{
    static const char *const usual[] = {
        "/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu",
        "/usr/local/lib",
        "/lib64",
        "/usr/lib64",
        "/lib",
        "/usr/lib",
    };
    const struct rp_link *link = n->r->link;
    for (size_t i = 0; i < link->args.n; i++) {
        const struct rp_arg *a = &link->args.v[i];
        const char *word = a->n_words ? a->words[0] : "";
        word += strspn(word, "-");
        size_t len = strncmp(word, "rpath-link", 10) == 0 ? 10
                     : strncmp(word, "rpath", 5) == 0     ? 5
                                                          : 0;
        if (len == 0 || (word[len] != '=' && word[len] != '\0'))
            continue;
        const char *list = word[len] == '=' ? word + len + 1 : a->n_words > 1 ? a->words[1] : NULL;
        if (!add_dirs(n, list))
            return false;
    }
    if (!add_dirs(n, getenv("LD_LIBRARY_PATH")))
        return false;
    for (size_t i = 0; i < n->r->dsos.n; i++) {
        const char *path = n->r->dsos.v[i].path, *base = base_name(path);
        const char *dir =
            base == path ? "." : rp_arena_strndup(&n->r->model->arena, path, (size_t)(base - path));
        if (!dir || !rp_vec_push(&n->dirs, dir))
            return false;
    }
    for (size_t i = 0; i < link->search_dirs.n; i++)
        if (!rp_vec_push(&n->dirs, link->search_dirs.v[i]))
            return false;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!rp_vec_push(&n->dirs, usual[i]))
            return false;
    return true;
}

/* Map and open the first library of this name that is one; false: there is none. */
static bool open_needed(struct needed *n, const char *name, struct rp_map *map, struct rp_elf *e)
{
    struct rp_ctx *quiet = &n->r->quiet;
    for (size_t i = 0; i < n->dirs.n; i++) {
        char *path = rp_arena_printf(&n->r->model->arena, "%s/%s", n->dirs.v[i], name);
        if (!path || access(path, R_OK) != 0 || rp_map_open(quiet, map, path) != REAP_OK)
            continue;
        if (rp_magic_of(map->data, map->size) == RP_MAGIC_ELF_DYN &&
            rp_elf_open(quiet, e, path, map->data, map->size) == REAP_OK)
            return true;
        rp_map_close(map);
    }
    return false;
}

/* --- what they mention ----------------------------------------------------------------------- */

/* References to plain names and to versions of our own; and names that both define. */
static void mark_names(struct needed *n, const struct rp_elf *e)
{
    struct rp_model *m = n->r->model;
    for (uint32_t i = e->first_global; i < e->n_symbols; i++) {
        rp_id g = rp_model_find_global(m, rp_elf_symname(e, i));
        if (g && rp_global_of(m, g)->def_file && !(rp_global_of(m, g)->flags & RP_GLOB_SHARED_DEF))
            rp_global_of(m, g)->flags |= RP_GLOB_SHARED_REF;
    }
}

static enum reap_status run(struct needed *n)
{
    struct resolver *r = n->r;
    for (size_t i = 0; i < r->dsos.n; i++) {
        const struct dso *d = &r->dsos.v[i];
        bool is_new;
        if (!see(n, d->elf.soname ? d->elf.soname : base_name(d->path), &is_new) ||
            !see(n, base_name(d->path), &is_new))
            return rp_nomem(r->ctx);
    }
    for (size_t i = 0; i < r->dsos.n; i++)
        if (!add_needed(n, &r->dsos.v[i].elf))
            return rp_nomem(r->ctx);
    while (n->todo.n) {
        struct rp_map map;
        struct rp_elf e;
        if (!open_needed(n, n->todo.v[--n->todo.n], &map, &e))
            continue;
        mark_names(n, &e);
        bool ok = add_needed(n, &e);
        rp_elf_close(&e);
        rp_map_close(&map);
        if (!ok)
            return rp_nomem(r->ctx);
    }
    return REAP_OK;
}

enum reap_status rp_res_mark_needed(struct resolver *r)
{
    if (r->dsos.n == 0)
        return REAP_OK;
    struct needed n = {.r = r};
    enum reap_status st = list_dirs(&n) ? run(&n) : rp_nomem(r->ctx);
    rp_vec_free(&n.dirs);
    rp_vec_free(&n.todo);
    rp_strmap_free(&n.seen);
    return st;
}
