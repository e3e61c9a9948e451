/* level_names.c: what the vertices of a level graph are called, and which of them a word means.
 *
 * Entries: rp_vertex_name, rp_vertex_label, rp_vertices_find.
 */
#include "report/level_graph.h"

#include "report/why.h"
#include "util/bitset.h"
#include "util/glob.h"

#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

rp_str rp_vertex_archive(const struct rp_level_graph *g, uint32_t vertex)
{
    const struct rp_vertex *v = &g->v.v[vertex];
    return v->is_set || !g->f->files.v[v->file].member ? 0 : g->f->files.v[v->file].path;
}

/* The pieces of a section that one vertex holds have no name in common but the section's. */
static bool is_pieces(const struct rp_fact_node *n)
{
    return n->kind == RP_NODE_STRING || n->kind == RP_NODE_RECORD || n->kind == RP_NODE_CIE ||
           n->kind == RP_NODE_FDE;
}

void rp_file_name(const struct rp_facts *f, rp_id file, bool base, struct rp_strbuf *b)
{
    const struct rp_fact_file *ff = &f->files.v[file];
    const char *path = rp_fact_str(f, ff->path);
    rp_word_plain(base ? base_name(path) : path, b);
    if (ff->member) {
        rp_strbuf_puts(b, "(");
        rp_word_plain(rp_fact_str(f, ff->member), b);
        rp_strbuf_puts(b, ")");
    }
}

void rp_vertex_name(const struct rp_level_graph *g, uint32_t vertex, bool base, struct rp_strbuf *b)
{
    const struct rp_vertex *v = &g->v.v[vertex];
    const struct rp_fact_node *n = &g->f->nodes.v[v->node];
    if (v->is_set) {
        rp_word_node(g->f, v->node, b);
        return;
    }
    if (g->by == RP_BY_ARCHIVE) {
        const char *path = rp_fact_str(g->f, g->f->files.v[v->file].path);
        rp_word_plain(base ? base_name(path) : path, b);
        return;
    }
    if (g->by == RP_BY_SYMBOL && n->name && !is_pieces(n)) {
        rp_word_symbol(rp_fact_str(g->f, n->name), b);
        return;
    }
    rp_file_name(g->f, v->file, base, b);
    if (g->by != RP_BY_OBJECT) {
        rp_strbuf_puts(b, ":");
        rp_word_plain(rp_fact_str(g->f, n->section), b);
    }
}

void rp_vertex_label(const struct rp_level_graph *g, uint32_t vertex, struct rp_strbuf *b)
{
    const struct rp_vertex *v = &g->v.v[vertex];
    const struct rp_fact_node *n = &g->f->nodes.v[v->node];
    const struct rp_fact_file *file = &g->f->files.v[v->file];
    if (v->is_set) {
        rp_word_plain(rp_fact_str(g->f, n->section), b);
        return;
    }
    const char *object = rp_fact_str(g->f, file->member ? file->member : file->path);
    if (g->by == RP_BY_ARCHIVE)
        rp_word_plain(base_name(rp_fact_str(g->f, file->path)), b);
    else if (g->by == RP_BY_OBJECT)
        rp_word_plain(base_name(object), b);
    else if (n->name && !is_pieces(n))
        rp_word_symbol_fit(rp_fact_str(g->f, n->name), 40, b);
    else {
        rp_word_plain(base_name(object), b);
        rp_strbuf_puts(b, " ");
        rp_word_plain(rp_fact_str(g->f, n->section), b);
    }
}

/* --- finding --------------------------------------------------------------------------------- */

static bool is_archive_match(const struct rp_level_graph *g, uint32_t vertex, const char *pattern)
{
    rp_str archive = rp_vertex_archive(g, vertex);
    if (!archive)
        return false;
    const char *path = rp_fact_str(g->f, archive);
    return !strcmp(pattern, path) || !strcmp(pattern, base_name(path)) ||
           (rp_glob_has_wildcard(pattern) && strchr(pattern, '.') &&
            (rp_glob_match(pattern, path) || rp_glob_match(pattern, base_name(path))));
}

static void mark_file(const struct rp_level_graph *g, rp_id file, struct rp_bitset *found)
{
    for (rp_id i = 1; i < g->f->nodes.n; i++)
        if (g->f->nodes.v[i].file == file && g->vertex_of[i])
            rp_bitset_set(found, g->vertex_of[i]);
}

enum reap_status rp_vertices_find(const struct rp_level_graph *g, const char *pattern,
                                  uint32_t **ret_list, size_t *ret_n)
{
    struct rp_why w = {.ctx = g->ctx, .f = g->f, .pattern = pattern};
    struct rp_bitset found = {0};
    uint32_t *list = malloc(g->v.n * sizeof *list);
    size_t n = 0;
    enum reap_status st =
        list && rp_bitset_init(&found, g->v.n) ? rp_why_find(&w) : rp_nomem(g->ctx);
    for (size_t i = 0; !st && i < w.answers.n; i++) {
        const struct rp_answer *a = &w.answers.v[i];
        if (a->node && g->vertex_of[a->node])
            rp_bitset_set(&found, g->vertex_of[a->node]);
        else if (a->kind == RP_ANSWER_FILE)
            mark_file(g, a->file, &found);
    }
    for (uint32_t i = 1; !st && i < g->v.n; i++)
        if (rp_bitset_get(&found, i) || is_archive_match(g, i, pattern))
            list[n++] = i;
    rp_vec_free(&w.answers);
    rp_bitset_free(&found);
    if (st) {
        free(list);
        return st;
    }
    *ret_list = list;
    *ret_n = n;
    return REAP_OK;
}
