/* verify_cuts.c: `reap cuts --verify`: make a cut, link, and measure.
 *
 * Why: a prediction is worth what a measurement confirms. How: the objects whose references are cut
 * are written with those references renamed to a stub; an object in an archive goes into a copy of
 * the archive. The link command runs with the copies in place of the originals (a word that is the
 * path is replaced; a library that is found by -l is found in a folder that is searched first) and
 * the stub behind, into a temporary output. Sizes are those of the allocated sections; the first
 * link, without a cut, says where the prediction starts.
 *
 * Entry: reap_verify_cuts.
 */
#include "report/cuts.h"

#include "api/views.h"
#include "elf/archive.h"
#include "elf/cut_object.h"
#include "link/cmdline.h"
#include "report/table.h"
#include "util/outfile.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct size {
    uint64_t image; /* allocated sections of the output */
    uint64_t kept;  /* of them input sections that Reap kept, without the stub; 0 = not known */
};

struct verifier {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    const char *const *command;
    size_t n_command;
    struct rp_tempdir *temp;
    unsigned n_temp;  /* folders used in it */
    size_t n_renamed; /* symbols of the current cut */
    struct rp_arena arena;
    struct rp_cutter c;
    struct size before; /* the link as it is */
    double per_part;    /* bytes of padding and the like that a section costs on average */
    struct rp_table t;
    const struct reap_cuts_options *opts;
};

/* One name that one file shall refer to no more. */
struct change {
    rp_id file;
    rp_str name;
};
struct changes {
    RP_VEC(struct change) v;
};
struct swap { /* a file of the command and what takes its place */
    const char *path, *copy;
};
struct swaps {
    RP_VEC(struct swap) v;
};
struct names {
    RP_VEC(const char *) v;
};

/* --- running --------------------------------------------------------------------------------- */

/* The environment with one more option for Reap, if it is in the link: a database at `db`. */
static char **environment(struct verifier *v, const char *db)
{
    const char *before = getenv("REAP_OPTIONS");
    size_t n = 0, k = 0;
    while (environ[n])
        n++;
    char **env = rp_arena_alloc(&v->arena, (n + 2) * sizeof *env);
    char *options = rp_arena_printf(&v->arena, "REAP_OPTIONS=%s 'db=%s'", before ? before : "", db);
    if (!env || !options)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "REAP_OPTIONS=", 13) != 0)
            env[k++] = environ[i];
    env[k++] = options;
    env[k] = NULL;
    return env;
}

static enum reap_status run(struct verifier *v, const char *const *argv, const char *db,
                            int *ret_status)
{
    pid_t pid;
    int status = 0;
    char **env = environment(v, db);
    if (!env)
        return rp_nomem(v->ctx);
    fflush(NULL);
    int e = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, env);
    if (e)
        return rp_fail(v->ctx, REAP_ERR_IO, "cannot-run-linker", rp_at(argv[0]), "%s", strerror(e));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return REAP_OK;
}

static const char *temp_path(struct verifier *v, const char *base)
{
    const char *path = NULL;
    return rp_tempdir_path(v->ctx, v->temp, ++v->n_temp, base, &path) ? NULL : path;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* A library that the command names by -l: whether a folder that is searched first can replace it.
 */
static bool is_library(const char *path)
{
    const char *base = base_name(path), *dot = strrchr(base, '.');
    return !strncmp(base, "lib", 3) && dot && !strcmp(dot, ".a");
}

/* A folder that is searched first, for each copy of a library. */
static bool add_folders(struct verifier *v, const struct swaps *swaps, struct names *words)
{
    bool ok = true;
    for (size_t k = 0; ok && k < swaps->v.n; k++) {
        const char *copy = swaps->v.v[k].copy;
        int folder = (int)(base_name(copy) - copy) - 1;
        if (is_library(copy))
            ok = rp_vec_push(&words->v, rp_arena_printf(&v->arena, "-L%.*s", folder, copy));
    }
    return ok;
}

/* The command with other files and another output. *ret_missing: a file that could not be put in.
 */
static enum reap_status edit(struct verifier *v, const struct swaps *swaps, const char *stub,
                             const char *output, const char *const **ret, const char **ret_missing)
{
    struct names words = {0};
    bool ok = true, has_output = false, has_folders = false;
    for (size_t i = 0; ok && i < v->n_command; i++) {
        const char *w = v->command[i];
        /* not behind the first word: that may be a wrapper, as in "diet gcc" */
        if (w[0] == '-' && !has_folders) {
            has_folders = true;
            ok = add_folders(v, swaps, &words);
        }
        for (size_t k = 0; i > 0 && k < swaps->v.n; k++)
            if (!strcmp(w, swaps->v.v[k].path))
                w = swaps->v.v[k].copy;
        if (i > 0 && !strcmp(w, "-o") && i + 1 < v->n_command) {
            ok = ok && rp_vec_push(&words.v, "-o");
            w = output;
            has_output = true;
            i++;
        }
        ok = ok && rp_vec_push(&words.v, w);
    }
    if (!has_folders)
        ok = ok && add_folders(v, swaps, &words);
    if (!has_output)
        ok = ok && rp_vec_push(&words.v, "-o") && rp_vec_push(&words.v, output);
    ok = ok && (!stub || rp_vec_push(&words.v, stub)) && rp_vec_push(&words.v, NULL);
    *ret_missing = NULL;
    for (size_t k = 0; ok && k < swaps->v.n; k++) {
        bool found = is_library(swaps->v.v[k].path);
        for (size_t i = 1; i < v->n_command && !found; i++)
            found = !strcmp(v->command[i], swaps->v.v[k].path);
        if (!found)
            *ret_missing = swaps->v.v[k].path;
    }
    const char **copy = ok ? rp_arena_alloc(&v->arena, words.v.n * sizeof *copy) : NULL;
    if (copy)
        memcpy(copy, words.v.v, words.v.n * sizeof *copy);
    rp_vec_free(&words.v);
    *ret = copy;
    return copy ? REAP_OK : rp_nomem(v->ctx);
}

/* Bytes of input sections that Reap kept in that link; 0 when it was not in it. */
static uint64_t kept_bytes(const char *db)
{
    struct rp_ctx quiet;
    struct rp_facts facts;
    uint64_t sum = 0;
    if (access(db, R_OK) != 0)
        return 0;
    rp_ctx_init(&quiet, NULL, NULL);
    if (!rp_db_read(&quiet, db, &facts)) {
        for (rp_id i = 1; i < facts.nodes.n; i++)
            if (facts.nodes.v[i].live &&
                strcmp(rp_fact_str(&facts, facts.nodes.v[i].section), RP_STUB_SECTION) != 0)
                sum += rp_node_weight(&facts.nodes.v[i]);
        rp_facts_free(&facts);
    }
    rp_ctx_fini(&quiet);
    return sum;
}

/* Link with some files replaced, and measure. *ret_why: NULL, or why there is no result. */
static enum reap_status link_and_measure(struct verifier *v, const struct swaps *swaps,
                                         const char *stub, struct size *ret, const char **ret_why)
{
    const char *const *argv;
    const char *missing, *output = temp_path(v, "out"), *db = temp_path(v, "db");
    struct rp_map map;
    struct rp_elf elf;
    int status = 1;
    if (!output || !db)
        return REAP_ERR_IO;
    enum reap_status st = edit(v, swaps, stub, output, &argv, &missing);
    if (!st && missing) {
        *ret_why = rp_arena_printf(&v->arena, "%s is no word of the command", missing);
        return *ret_why ? REAP_OK : rp_nomem(v->ctx);
    }
    if (!st)
        st = run(v, argv, db, &status);
    if (!st && status) {
        *ret_why = rp_arena_printf(&v->arena, "the link failed with status %d", status);
        return *ret_why ? REAP_OK : rp_nomem(v->ctx);
    }
    if (!st)
        st = rp_map_open(v->ctx, &map, output);
    if (st)
        return st;
    st = rp_elf_open(v->ctx, &elf, output, map.data, map.size);
    if (!st) {
        ret->image = rp_image_bytes(&elf);
        ret->kept = kept_bytes(db);
        rp_elf_close(&elf);
    }
    rp_map_close(&map);
    return st;
}

/* --- writing --------------------------------------------------------------------------------- */

static enum reap_status write_file(struct verifier *v, const char *path, const uint8_t *bytes,
                                   uint64_t size)
{
    struct rp_out out;
    enum reap_status st = rp_out_open(v->ctx, &out, path, 0666);
    if (st)
        return st;
    st = rp_out_write(v->ctx, &out, bytes, size);
    if (!st)
        return rp_out_commit(v->ctx, &out);
    rp_out_abort(&out);
    return st;
}

/* Of an object that defines a name itself there is nothing to cut, and the table says so. */
static enum reap_status cut_one(struct verifier *v, const char *name, const uint8_t *data,
                                uint64_t size, const struct names *names, uint8_t **ret_bytes,
                                uint64_t *ret_size)
{
    struct rp_elf elf;
    size_t n = 0;
    enum reap_status st = rp_elf_open(v->ctx, &elf, name, data, size);
    if (st)
        return st;
    st = rp_cut_object(v->ctx, &elf, names->v.v, names->v.n, ret_bytes, ret_size, &n);
    rp_elf_close(&elf);
    v->n_renamed += st ? 0 : n;
    return st;
}

static enum reap_status names_of(struct verifier *v, const struct changes *changes, rp_id file,
                                 struct names *ret)
{
    for (size_t i = 0; i < changes->v.n; i++) {
        const struct change *c = &changes->v.v[i];
        if ((!file || c->file == file) && !rp_vec_push(&ret->v, rp_fact_str(v->f, c->name)))
            return rp_nomem(v->ctx);
    }
    return REAP_OK;
}

/* Write the archive again with the changed members. */
static enum reap_status copy_archive(struct verifier *v, const struct rp_map *map, rp_str path,
                                     const struct changes *changes, const char *copy)
{
    struct rp_archive a;
    enum reap_status st = rp_archive_open(v->ctx, &a, map);
    if (st)
        return st;
    struct rp_archive_item *items = calloc((size_t)a.n_members + 1, sizeof *items);
    const char **index = calloc((size_t)a.n_index + 1, sizeof *index);
    uint8_t **owned = calloc((size_t)a.n_members + 1, sizeof *owned);
    struct rp_map *maps = calloc((size_t)a.n_members + 1, sizeof *maps); /* of a thin archive */
    uint32_t n_index = 0;
    if (!items || !index || !owned || !maps)
        st = rp_nomem(v->ctx);
    for (uint32_t i = 0; !st && i < a.n_members; i++) {
        const struct rp_member *m = &a.members[i];
        struct names names = {0};
        items[i] =
            (struct rp_archive_item){m->name, map->data + m->offset, m->size, index + n_index, 0};
        if (m->path && !(st = rp_map_open(v->ctx, &maps[i], m->path)))
            items[i].data = maps[i].data, items[i].size = maps[i].size;
        for (uint32_t k = 0; !st && k < a.n_index; k++)
            if (a.index[k].member == i && n_index < a.n_index) {
                index[n_index++] = a.index[k].name;
                items[i].n_defined++;
            }
        for (size_t k = 0; !st && k < changes->v.n; k++) {
            const struct rp_fact_file *file = &v->f->files.v[changes->v.v[k].file];
            if (file->path != path || strcmp(rp_fact_str(v->f, file->member), m->name) != 0)
                continue;
            st = names_of(v, changes, changes->v.v[k].file, &names);
            break;
        }
        if (!st && names.v.n) {
            st = cut_one(v, m->name, items[i].data, items[i].size, &names, &owned[i],
                         &items[i].size);
            items[i].data = owned[i];
        }
        rp_vec_free(&names.v);
    }
    if (!st)
        st = rp_archive_write(v->ctx, copy, items, a.n_members);
    for (uint32_t i = 0; owned && maps && i < a.n_members; i++) {
        free(owned[i]);
        if (maps[i].path)
            rp_map_close(&maps[i]);
    }
    free(items);
    free(index);
    free(owned);
    free(maps);
    rp_archive_close(&a);
    return st;
}

/* The changed copy of one file of the command, an object or an archive. */
static enum reap_status make_copy(struct verifier *v, const struct changes *changes, rp_id file,
                                  struct swaps *swaps)
{
    const char *path = rp_fact_str(v->f, v->f->files.v[file].path);
    const char *copy = temp_path(v, base_name(path));
    struct rp_map map;
    struct names names = {0};
    uint8_t *bytes = NULL;
    uint64_t size;
    if (!copy || !rp_vec_push(&swaps->v, (struct swap){path, copy}))
        return copy ? rp_nomem(v->ctx) : REAP_ERR_IO;
    enum reap_status st = rp_map_open(v->ctx, &map, path);
    if (st)
        return st;
    if (v->f->files.v[file].member) {
        st = copy_archive(v, &map, v->f->files.v[file].path, changes, copy);
    } else {
        st = names_of(v, changes, file, &names);
        if (!st)
            st = cut_one(v, path, map.data, map.size, &names, &bytes, &size);
        if (!st)
            st = write_file(v, copy, bytes, size);
    }
    free(bytes);
    rp_vec_free(&names.v);
    rp_map_close(&map);
    return st;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void drop_repeats(struct names *names)
{
    size_t n = 0;
    if (names->v.n)
        qsort(names->v.v, names->v.n, sizeof *names->v.v, compare_names);
    for (size_t i = 0; i < names->v.n; i++)
        if (!n || strcmp(names->v.v[n - 1], names->v.v[i]) != 0)
            names->v.v[n++] = names->v.v[i];
    names->v.n = n;
}

/* An object with all the stubs, of the machine of the first plain object. */
static enum reap_status make_stub(struct verifier *v, const struct changes *changes,
                                  const struct swaps *swaps, const char **ret)
{
    struct rp_map map = {0};
    struct rp_archive archive;
    struct rp_elf elf;
    struct names names = {0};
    uint8_t *bytes = NULL;
    uint64_t size = 0;
    bool is_archive = false;
    enum reap_status st = rp_map_open(v->ctx, &map, swaps->v.v[0].copy);
    if (st)
        return st;
    const uint8_t *data = map.data;
    uint64_t n = map.size;
    if (rp_magic_of(data, n) == RP_MAGIC_ARCHIVE) {
        st = rp_archive_open(v->ctx, &archive, &map);
        is_archive = !st;
        for (uint32_t i = 0; is_archive && i < archive.n_members; i++)
            if (rp_magic_of(map.data + archive.members[i].offset, archive.members[i].size) ==
                RP_MAGIC_ELF_REL) {
                data = map.data + archive.members[i].offset;
                n = archive.members[i].size;
                break;
            }
    }
    if (!st)
        st = names_of(v, changes, 0, &names);
    drop_repeats(&names);
    if (!st)
        st = rp_elf_open(v->ctx, &elf, swaps->v.v[0].copy, data, n);
    if (!st) {
        st = rp_stub_object(v->ctx, &elf, names.v.v, names.v.n, &bytes, &size);
        rp_elf_close(&elf);
    }
    if (!st) {
        *ret = temp_path(v, "stub.o");
        st = *ret ? write_file(v, *ret, bytes, size) : REAP_ERR_IO;
    }
    free(bytes);
    rp_vec_free(&names.v);
    if (is_archive)
        rp_archive_close(&archive);
    rp_map_close(&map);
    return st;
}

/* --- one cut --------------------------------------------------------------------------------- */

static enum reap_status add_change(struct verifier *v, struct changes *changes, rp_id file,
                                   rp_str name)
{
    for (size_t i = 0; i < changes->v.n; i++)
        if (changes->v.v[i].name == name && changes->v.v[i].file == file)
            return REAP_OK;
    return rp_vec_push(&changes->v, (struct change){file, name}) ? REAP_OK : rp_nomem(v->ctx);
}

/* The names that files must not mention, for the edges and for all others of the same pairs of
 * files. *ret_why: a reference that goes by no name. */
static enum reap_status find_changes(struct verifier *v, const uint32_t *edges, size_t n,
                                     struct changes *ret, const char **ret_why)
{
    const struct rp_facts *f = v->f;
    uint8_t *is_cut = calloc(v->c.x.files.edges.n + 1, 1);
    enum reap_status st = is_cut ? REAP_OK : rp_nomem(v->ctx);
    for (size_t i = 0; !st && i < n; i++) {
        const struct rp_fact_edge *e = &f->edges.v[edges[i]];
        is_cut[v->c.x.pair[edges[i]]] = 1;
        if (!e->symbol || !f->nodes.v[e->from].file)
            *ret_why = "a reference within one object";
        else if (f->nodes.v[e->from].file == f->nodes.v[e->to].file)
            *ret_why = "a reference within one object";
        else
            st = add_change(v, ret, f->nodes.v[e->from].file, e->symbol);
    }
    /* the facts know one reference from section to section: whatever else the file may name there
     * goes as well, when it does */
    for (uint32_t p = 1; !st && p < v->c.x.files.edges.n; p++) {
        const struct rp_fact_edge *pair = &v->c.x.files.edges.v[p];
        for (size_t i = 1; is_cut[p] && !st && i < f->symbols.n; i++)
            if (f->symbols.v[i].file == pair->to && f->symbols.v[i].place == RP_PLACE_OBJECT &&
                f->symbols.v[i].bind != STB_LOCAL &&
                !rp_vec_push(&ret->v, (struct change){pair->from, f->symbols.v[i].name}))
                st = rp_nomem(v->ctx);
    }
    free(is_cut);
    return st;
}

static bool has_swap(const struct swaps *swaps, const char *path)
{
    for (size_t i = 0; i < swaps->v.n; i++)
        if (!strcmp(swaps->v.v[i].path, path))
            return true;
    return false;
}

static enum reap_status measure_cut(struct verifier *v, const uint32_t *edges, size_t n,
                                    struct size *ret, const char **ret_why)
{
    struct changes changes = {0};
    struct swaps swaps = {0};
    const char *stub = NULL;
    v->n_renamed = 0;
    enum reap_status st = find_changes(v, edges, n, &changes, ret_why);
    for (size_t i = 0; !st && !*ret_why && i < changes.v.n; i++) {
        rp_id file = changes.v.v[i].file;
        if (!has_swap(&swaps, rp_fact_str(v->f, v->f->files.v[file].path)))
            st = make_copy(v, &changes, file, &swaps);
    }
    if (!st && !*ret_why && !v->n_renamed)
        *ret_why = "the object defines the symbol itself";
    if (!st && !*ret_why)
        st = make_stub(v, &changes, &swaps, &stub);
    if (!st && !*ret_why)
        st = link_and_measure(v, &swaps, stub, ret, ret_why);
    rp_vec_free(&changes.v);
    rp_vec_free(&swaps.v);
    return st;
}

/* --- the table ------------------------------------------------------------------------------- */

static const struct rp_column columns[] = {
    {"saves", "saves", RP_CELL_NUMBER},
    {"saved", "saved", RP_CELL_NUMBER},

    {"predicted", "predicted", RP_CELL_NUMBER},
    {"measured", "measured", RP_CELL_NUMBER},
    {"off_per_mille", "off by", RP_CELL_PERCENT},
    {"cut", "cut", RP_CELL_TEXT},
    {"note", "note", RP_CELL_TEXT},
};

/* Whether padding comes before the node: records and strings stand close together. */
static bool is_part(const struct rp_fact_node *n)
{
    return rp_node_weight(n) && (n->kind == RP_NODE_SECTION || n->kind == RP_NODE_COMMON);
}

/* Bytes in the output: equal CIEs of different files become one (all four linkers). */
static uint64_t linked_bytes(const struct rp_fact_node *n)
{
    return n->kind == RP_NODE_CIE ? 0 : rp_node_weight(n);
}

/* What the linker adds, by section: alignment is not in the facts, but it is the bulk of it. */
static void estimate_padding(struct verifier *v)
{
    uint64_t bytes = 0, n = 0;
    for (rp_id i = 1; i < v->f->nodes.n; i++)
        if (v->f->nodes.v[i].live) {
            bytes += linked_bytes(&v->f->nodes.v[i]);
            n += is_part(&v->f->nodes.v[i]);
        }
    if (n && v->before.image > bytes)
        v->per_part = (double)(v->before.image - bytes) / (double)n;
}

static enum reap_status add_row(struct verifier *v, const uint32_t *edges, size_t n,
                                struct rp_strbuf *name)
{
    struct rp_loss loss;
    uint64_t n_parts = 0;
    enum reap_status st = rp_extraction_loss(&v->c.x, &v->c.live, edges, n, true, &loss, NULL);
    if (st)
        return st;
    uint64_t bytes = loss.bytes, all = bytes;
    for (uint32_t i = 0; i < loss.n; i++) {
        const struct rp_fact_node *node = &v->f->nodes.v[loss.nodes[i]];
        n_parts += is_part(node);
        all -= rp_node_weight(node) - linked_bytes(node);
    }
    all += (uint64_t)(v->per_part * (double)n_parts);
    struct size after = {0};
    uint64_t predicted = all < v->before.image ? v->before.image - all : 0;
    const char *why = NULL;
    st = measure_cut(v, edges, n, &after, &why);
    uint64_t measured = after.image;
    if (st)
        return st;
    if (!why && measured == v->before.image && bytes > sizeof(uint64_t))
        why = "the linker took the original file";
    rp_table_number(&v->t, bytes);
    if (after.kept && v->before.kept >= after.kept)
        rp_table_number(&v->t, v->before.kept - after.kept);
    else
        rp_table_empty(&v->t);
    rp_table_number(&v->t, predicted);
    if (why) {
        rp_table_empty(&v->t);
        rp_table_empty(&v->t);
    } else {
        rp_table_number(&v->t, measured);
        rp_table_percent(&v->t, predicted > measured ? predicted - measured : measured - predicted,
                         measured);
    }
    rp_table_take(&v->t, name);
    rp_table_text(&v->t, why ? why : "");
    return REAP_OK;
}

static enum reap_status verify_what_if(struct verifier *v, struct rp_strbuf *name)
{
    struct rp_edge_list edges = {0};
    enum reap_status st = rp_what_if_edges(&v->c, v->opts->what_if, &edges);
    rp_strbuf_puts(name, v->opts->what_if);
    if (!st)
        st = add_row(v, edges.v.v, edges.v.n, name);
    rp_vec_free(&edges.v);
    return st;
}

static enum reap_status verify_list(struct verifier *v, struct rp_strbuf *name)
{
    struct rp_cuts cuts = {0};
    const struct rp_level_graph *g = &v->c.g;
    enum reap_status st = rp_cuts_single(&v->c, v->opts->from, v->opts->to, &cuts);
    unsigned max = v->opts->style.max;
    for (size_t i = 0; !st && i < cuts.v.n && (!max || i < max); i++) {
        const struct rp_arc *a = &g->arcs.v[cuts.v.v[i].arcs[0]];
        rp_vertex_label(g, a->from, name);
        rp_strbuf_puts(name, " -> ");
        rp_vertex_label(g, a->to, name);
        st = add_row(v, g->arc_edges + a->first, a->n, name);
    }
    rp_vec_free(&cuts.v);
    return st;
}

/* The link as it is, then each cut. */
static enum reap_status verify(struct verifier *v, FILE *out)
{
    static const struct swaps none;
    struct rp_strbuf name = {0}, title = {0};
    const char *why = NULL;
    enum reap_status st = link_and_measure(v, &none, NULL, &v->before, &why);
    if (!st && why)
        st = rp_fail(v->ctx, REAP_ERR_IO, "link-failed", rp_at(v->command[0]), "%s", why);
    estimate_padding(v);
    if (!st)
        st = v->opts->what_if ? verify_what_if(v, &name) : verify_list(v, &name);
    rp_strbuf_puts(&title, "Cuts made and linked; without one the program has ");
    rp_word_number(v->before.image, &title);
    rp_strbuf_puts(&title, " bytes in memory");
    v->t.note =
        "saved: input sections that a Reap in the link kept no more. predicted, measured: the "
        "whole program; what the linker adds counts as a mean per section.";
    v->t.title = title.oom ? NULL : title.s;
    v->t.oom |= name.oom;
    if (!st)
        st = rp_table_write(v->ctx, &v->t, &v->opts->style, out);
    rp_strbuf_free(&name);
    rp_strbuf_free(&title);
    rp_table_free(&v->t);
    return st;
}

enum reap_status reap_verify_cuts(struct reap_view *view, const struct reap_cuts_options *opts,
                                  const char *const *command, size_t n_command, FILE *out)
{
    struct reap_cuts_options o = {0};
    memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);
    struct verifier v = {.ctx = view->ctx,
                         .f = view->f,
                         .opts = &o,
                         .command = command,
                         .n_command = n_command,
                         .t = {.columns = columns, .n_columns = 7}};
    enum rp_by by = RP_BY_OBJECT;
    if (!n_command)
        return rp_fail_remedy(v.ctx, REAP_ERR_USAGE, "no-command", rp_at(NULL),
                              "reap cuts --verify --db FILE -- gcc ... -o program",
                              "the command that links is needed to verify a cut");
    if ((o.by && !rp_by_parse(o.by, &by)) || (by != RP_BY_OBJECT && by != RP_BY_ARCHIVE) ||
        o.sets > 1)
        return rp_fail(v.ctx, REAP_ERR_USAGE, "cannot-verify", rp_at(NULL),
                       "only references between objects or archives can be cut and linked");
    enum reap_status st = rp_cutter_init(v.ctx, v.f, by, &v.c);
    if (st)
        return st;
    st = rp_tempdir_make(v.ctx, &v.temp);
    if (!st)
        st = verify(&v, out);
    rp_tempdir_remove(v.temp);
    rp_cutter_free(&v.c);
    rp_arena_free(&v.arena);
    return st;
}
