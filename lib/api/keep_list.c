/* keep_list.c: --reap-keep-list=FILE: roots that `reap bisect` names.
 *
 * Why not a rule file: a step of a bisection keeps single nodes, also such that have no name of
 * their own (records, pieces of strings, sections that share their name in one file). How: the
 * file is a row of NUL-terminated fields, five for each node: 's' (file, member, section number,
 * offset), 'c' (a common symbol: file, member, name, "") or 'g' (a set: "", "", name, ""). What is
 * not in this link is passed over: a step may load other files.
 *
 * Entry: rp_keep_list_roots().
 */
#include "api/api.h"

#include "elf/filemap.h"
#include "util/strmap.h"

#include <stdlib.h>
#include <string.h>

enum { N_FIELDS = 5 };

struct keep_list {
    struct reap *r;
    struct rp_strmap sets;  /* name -> node */
    struct rp_strmap files; /* path -> the first file of it */
    rp_id *next;            /* [n files + 1]: the next file of the same path */
};

static bool index_files(struct keep_list *k)
{
    const struct rp_model *m = &k->r->model;
    k->next = calloc(m->files.n + 1, sizeof *k->next);
    if (!k->next)
        return false;
    for (size_t i = m->files.n; i-- > 0;) {
        const struct rp_file *f = &m->files.v[i];
        uint32_t *first = rp_strmap_put(&k->files, f->path, strlen(f->path));
        if (!first)
            return false;
        k->next[i + 1] = *first;
        *first = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < m->sets.n; i++) {
        uint32_t *node = rp_strmap_put(&k->sets, m->sets.v[i].name, strlen(m->sets.v[i].name));
        if (!node)
            return false;
        *node = m->sets.v[i].node;
    }
    return true;
}

static bool add(struct keep_list *k, rp_id node)
{
    if (!node || node >= k->r->model.nodes.n)
        return true;
    struct rp_root root = {
        .node = node, .reason = RP_ROOT_OPTION, .detail = "--keep-list", .follow = true};
    return rp_vec_push(&k->r->model.roots, root);
}

static rp_id section_node(const struct rp_model *m, const struct rp_file *f, const char *number,
                          const char *offset)
{
    uint64_t shndx = strtoull(number, NULL, 10);
    if (f->kind != RP_FILE_OBJECT || !f->sec_base || !shndx || shndx >= f->elf.n_sections)
        return 0;
    return rp_node_at(m, f->sec_base + (rp_id)shndx, strtoull(offset, NULL, 10));
}

/* The node of one entry in every file of the name: members of one archive may share theirs. */
static bool add_entry(struct keep_list *k, const char *const field[N_FIELDS])
{
    const struct rp_model *m = &k->r->model;
    if (field[0][0] == 'g')
        return add(k, rp_strmap_get(&k->sets, field[3], strlen(field[3])));
    if (field[0][0] == 'c') {
        rp_id global = rp_model_find_global(m, field[3]);
        return !global || add(k, rp_global_of(m, global)->node);
    }
    rp_id file = rp_strmap_get(&k->files, field[1], strlen(field[1]));
    for (; file; file = k->next[file]) {
        const struct rp_file *f = rp_file_of(m, file);
        if (!strcmp(f->member ? f->member : "", field[2]) &&
            !add(k, section_node(m, f, field[3], field[4])))
            return false;
    }
    return true;
}

static enum reap_status read_list(struct keep_list *k, const struct rp_map *map)
{
    const char *p = (const char *)map->data, *end = p + map->size;
    const char *field[N_FIELDS];
    while (p < end) {
        for (int i = 0; i < N_FIELDS; i++) {
            const char *stop = p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;
            if (!stop)
                return rp_fail(&k->r->ctx, REAP_ERR_INPUT, "bad-keep-list", rp_at(map->path),
                               "the list ends in the middle of an entry");
            field[i] = p;
            p = stop + 1;
        }
        if (!add_entry(k, field))
            return rp_nomem(&k->r->ctx);
    }
    return REAP_OK;
}

enum reap_status rp_keep_list_roots(struct reap *r)
{
    const char *path = rp_opt_value(r, RP_OPT_KEEP_LIST);
    if (!path)
        return REAP_OK;
    struct keep_list k = {.r = r};
    struct rp_map map = {0};
    enum reap_status st = rp_map_open(&r->ctx, &map, path);
    if (st != REAP_OK)
        return st;
    st = index_files(&k) ? read_list(&k, &map) : rp_nomem(&r->ctx);
    rp_map_close(&map);
    rp_strmap_free(&k.sets);
    rp_strmap_free(&k.files);
    free(k.next);
    return st;
}
