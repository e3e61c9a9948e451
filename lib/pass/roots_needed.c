/* roots_needed.c: names that libraries refer to which are not on the line, but needed by those
 * that are.
 *
 * Why: GNU ld follows DT_NEEDED entries of the shared libraries of an executable, and what such a
 * library refers to is exported as if it were on the line (ld manual, -rpath-link). Without this
 * a callback that only an indirect library looks up would be collected. lld, gold and mold do not
 * look that far.
 *
 * How: a work list of names. Places are the folder of the library that needs it, -rpath-link,
 * -rpath, -L and the usual folders: more places than ld looks into, for one too many only keeps
 * more. A library that is not found or not readable is ld's to complain about.
 *
 * Entry: rp_root_needed.
 */
#include "pass/roots.h"

#include "arch/arch.h"
#include "elf/filemap.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_LIBRARIES = 1000 };

struct wanted {
    const char *name;   /* DT_NEEDED */
    const char *needer; /* path of the library that needs it */
};

struct needed_state {
    struct rp_roots_state *st;
    struct rp_ctx quiet; /* drops the complaints */
    RP_VEC(struct wanted) list;
    RP_VEC(const char *) dirs;
    struct rp_strmap seen; /* sonames and base names */
    rp_root_dynamic_fn fn;
    void *arg;
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Enter a name; *ret_name is a copy of it in the model's arena, NULL when it was known. */
static bool see(struct needed_state *s, const char *name, const char **ret_name)
{
    *ret_name = NULL;
    if (rp_strmap_get(&s->seen, name, strlen(name)))
        return true;
    const char *copy = rp_arena_strdup(&s->st->m->arena, name);
    uint32_t *slot = copy ? rp_strmap_put(&s->seen, copy, strlen(copy)) : NULL;
    if (!slot)
        return false;
    *slot = 1;
    *ret_name = copy;
    return true;
}

static bool want_all(struct needed_state *s, const struct rp_elf *elf, const char *path)
{
    for (uint32_t i = 0; i < elf->n_needed; i++) {
        struct wanted w = {NULL, path};
        if (!see(s, elf->needed[i], &w.name) || (w.name && !rp_vec_push(&s->list, w)))
            return false;
    }
    return true;
}

static bool add_dirs(struct needed_state *s, const char *list)
{
    while (*list) {
        size_t n = strcspn(list, ":,");
        const char *dir = n ? rp_arena_strndup(&s->st->m->arena, list, n) : NULL;
        if (n && (!dir || !rp_vec_push(&s->dirs, dir)))
            return false;
        list += n + (list[n] != 0);
    }
    return true;
}

/* -rpath DIR, -rpath=DIR, --rpath-link=DIR, … among the words that are passed through. */
static bool rpath_dirs(struct needed_state *s)
{
    const struct rp_link *link = s->st->job->link;
    for (size_t i = 0; i < link->args.n; i++) {
        const struct rp_arg *a = &link->args.v[i];
        const char *word = a->n_words ? a->words[0] : "";
        word += strspn(word, "-");
        if (a->n_words == 0 || word == a->words[0] || strncmp(word, "rpath", 5) != 0)
            continue;
        const char *value = strchr(word, '=');
        value = value ? value + 1 : a->n_words > 1 ? a->words[1] : "";
        if (!add_dirs(s, value))
            return false;
    }
    return true;
}

static bool find_dirs(struct needed_state *s)
{
    static const char *const usual[] = {"/lib", "/usr/lib", "/lib64", "/usr/lib64"};
    static const struct {
        uint16_t machine;
        const char *dirs;
    } multiarch[] = {
        {EM_X86_64, "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu"},
        {EM_AARCH64,
         "/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu:/usr/aarch64-linux-gnu/lib"},
        {EM_386, "/lib/i386-linux-gnu:/usr/lib/i386-linux-gnu:/usr/i686-linux-gnu/lib"},
    };
    const struct rp_link *link = s->st->job->link;
    bool ok = rpath_dirs(s);
    for (size_t i = 0; i < link->search_dirs.n && ok; i++)
        ok = rp_vec_push(&s->dirs, link->search_dirs.v[i]);
    for (size_t i = 0; i < sizeof multiarch / sizeof multiarch[0] && ok; i++)
        if (s->st->m->arch->machine == multiarch[i].machine)
            ok = add_dirs(s, multiarch[i].dirs);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0] && ok; i++)
        ok = rp_vec_push(&s->dirs, usual[i]);
    return ok;
}

static const char *try_place(struct needed_state *s, const char *dir, size_t n, const char *name)
{
    char path[4096];
    struct stat sb;
    int len = snprintf(path, sizeof path, "%.*s/%s", (int)n, dir, name);
    if (len <= 0 || (size_t)len >= sizeof path || stat(path, &sb) != 0 || !S_ISREG(sb.st_mode))
        return NULL;
    return rp_arena_strdup(&s->st->m->arena, path);
}

static const char *find_library(struct needed_state *s, const struct wanted *w)
{
    const char *base = base_name(w->needer);
    const char *path = base == w->needer
                           ? try_place(s, ".", 1, w->name)
                           : try_place(s, w->needer, (size_t)(base - w->needer - 1), w->name);
    for (size_t i = 0; i < s->dirs.n && !path; i++)
        path = try_place(s, s->dirs.v[i], strlen(s->dirs.v[i]), w->name);
    return path;
}

static enum reap_status read_library(struct needed_state *s, const char *path)
{
    struct rp_map map;
    struct rp_elf elf;
    enum reap_status rc = REAP_OK;
    if (rp_map_open(&s->quiet, &map, path) != REAP_OK)
        return REAP_OK;
    if (rp_magic_of(map.data, map.size) == RP_MAGIC_ELF_DYN &&
        rp_elf_open(&s->quiet, &elf, path, map.data, map.size) == REAP_OK) {
        if (elf.machine == s->st->m->arch->machine) {
            rc = s->fn(s->arg, &elf, path);
            if (!rc && !want_all(s, &elf, path))
                rc = rp_nomem(s->st->m->ctx);
        }
        rp_elf_close(&elf);
    }
    rp_map_close(&map);
    return rc;
}

enum reap_status rp_root_needed(struct rp_roots_state *st, rp_root_dynamic_fn fn, void *arg)
{
    struct needed_state s = {.st = st, .fn = fn, .arg = arg};
    const struct rp_model *m = st->m;
    enum reap_status rc = REAP_OK;
    if (!m->arch) /* nothing to collect */
        return REAP_OK;
    rp_ctx_init(&s.quiet, NULL, NULL);
    bool ok = find_dirs(&s);
    for (size_t i = 0; i < m->files.n && ok; i++) {
        const struct rp_file *f = &m->files.v[i];
        const char *name;
        if (f->kind == RP_FILE_SHARED)
            ok = see(&s, f->elf.soname ? f->elf.soname : base_name(f->path), &name);
    }
    for (size_t i = 0; i < m->files.n && ok; i++)
        if (m->files.v[i].kind == RP_FILE_SHARED)
            ok = want_all(&s, &m->files.v[i].elf, m->files.v[i].path);
    for (size_t i = 0; ok && i < s.list.n && i < MAX_LIBRARIES && !rc; i++) {
        struct wanted w = s.list.v[i];
        const char *path = find_library(&s, &w);
        if (path)
            rc = read_library(&s, path);
    }
    if (!ok)
        rc = rp_nomem(m->ctx);
    rp_strmap_free(&s.seen);
    rp_vec_free(&s.list);
    rp_vec_free(&s.dirs);
    rp_ctx_fini(&s.quiet);
    return rc;
}
