/* graph_help.h: what the tests of split, edges, roots and mark share: objects assembled when the
 * test runs, the passes from a command line to the marks, and questions by file and section.
 */
#ifndef REAP_TESTS_GRAPH_HELP_H
#define REAP_TESTS_GRAPH_HELP_H

#include "link_helpers.h"
#include "pass/pass.h"

/* Run a command of the shell in the scratch folder. */
#define must(...)                                                                                  \
    do {                                                                                           \
        char must_cmd[1024];                                                                       \
        snprintf(must_cmd, sizeof must_cmd, __VA_ARGS__);                                          \
        if (system(must_cmd) != 0)                                                                 \
            fail_msg("command failed: %s", must_cmd);                                              \
    } while (0)

/* Assemble `text` to NAME.o with one of the three machines' assemblers. */
static inline void assemble_for(const char *as, const char *object, const char *text)
{
    write_text("in.s", text);
    must("%s -o %s in.s", as, object);
}
static inline void assemble(const char *object, const char *text)
{
    assemble_for("as", object, text);
}

struct graph {
    struct rp_ctx ctx;
    struct seen seen;
    struct rp_link link;
    struct rp_model m;
    struct rp_rules rules;
    struct rp_job job;
    struct rp_marks marks;
    const struct rp_script *scripts[8];
    char *words; /* the command line: the model points into it */
};

static inline void graph_begin(struct graph *g, enum rp_level level)
{
    memset(g, 0, sizeof *g);
    rp_ctx_init(&g->ctx, remember_diag, &g->seen);
    g->ctx.n_threads = 2;
    g->ctx.verbose = true;
    g->job.level = level;
    g->job.rules = &g->rules;
}

/* All passes; rules and other fields of the job may be set before. Words are blank-separated. */
static inline void graph_run(struct graph *g, enum rp_linker_flavor flavor, const char *words)
{
    const char *argv[64];
    int argc = 0;
    g->words = strdup(words);
    assert_non_null(g->words);
    for (char *w = strtok(g->words, " "); w && argc < 63; w = strtok(NULL, " "))
        argv[argc++] = w;
    rp_model_init(&g->m, &g->ctx);
    assert_int_equal(rp_link_parse(&g->ctx, &g->link, flavor, argc, argv), REAP_OK);
    for (size_t i = 0; i < g->link.scripts.n && i < 8; i++) {
        struct rp_script *s;
        assert_int_equal(rp_script_read(&g->ctx, &g->link, g->link.scripts.v[i], &s), REAP_OK);
        g->scripts[g->job.n_scripts++] = s;
    }
    g->job.scripts = g->scripts;
    g->job.link = &g->link;
    struct rp_resolve_options opts = {.mode =
                                          flavor == RP_LINKER_LLD ? RP_RESOLVE_LLD : RP_RESOLVE_GNU,
                                      .scripts = g->scripts,
                                      .n_scripts = g->job.n_scripts};
    struct rp_resolve_result result;
    memset(&result, 0, sizeof result);
    assert_int_equal(rp_resolve(&g->ctx, &g->link, &opts, &g->m, &result), REAP_OK);
    assert_int_equal(rp_model_index(&g->m), REAP_OK);
    assert_int_equal(rp_split(&g->m, &g->job), REAP_OK);
    assert_int_equal(rp_edges(&g->m, &g->job), REAP_OK);
    assert_int_equal(rp_roots(&g->m, &g->job), REAP_OK);
    assert_int_equal(rp_mark(&g->m, &g->marks), REAP_OK);
}

static inline void graph_free(struct graph *g)
{
    rp_marks_free(&g->marks);
    rp_model_free(&g->m);
    rp_link_free(&g->link);
    rp_rules_free(&g->rules);
    rp_ctx_fini(&g->ctx);
    free(g->words);
}

/* The id of the nth section of a name (from 0) in a file; fails when there is none. `file` is the
 * path, or the member of an archive. */
static inline rp_id graph_section_nth(const struct graph *g, const char *file, const char *section,
                                      unsigned nth)
{
    for (size_t i = 0; i < g->m.files.n; i++) {
        const struct rp_file *f = &g->m.files.v[i];
        if (!f->sec_base || strcmp(f->member ? f->member : f->path, file) != 0)
            continue;
        for (uint32_t no = 1; no < f->elf.n_sections; no++)
            if (strcmp(rp_elf_shname(&f->elf, no), section) == 0 && nth-- == 0)
                return f->sec_base + no;
    }
    fail_msg("no section %s in %s", section, file);
    return 0;
}
static inline rp_id graph_section(const struct graph *g, const char *file, const char *section)
{
    return graph_section_nth(g, file, section, 0);
}

/* Node that holds an offset of a section. */
static inline rp_id graph_node(const struct graph *g, const char *file, const char *section,
                               uint64_t offset)
{
    return rp_node_at(&g->m, graph_section(g, file, section), offset);
}

/* 0, 1 or 2 as in rp_marks; of a section without nodes 0. */
static inline int graph_live_at(const struct graph *g, const char *file, const char *section,
                                uint64_t offset)
{
    rp_id node = graph_node(g, file, section, offset);
    return node ? g->marks.live[node] : 0;
}
static inline int graph_live(const struct graph *g, const char *file, const char *section)
{
    return graph_live_at(g, file, section, 0);
}

/* Whether a section is a root for this reason. */
static inline bool graph_is_root(const struct graph *g, const char *file, const char *section,
                                 unsigned reason)
{
    rp_id node = graph_section(g, file, section);
    node = g->m.sections[node].node;
    for (size_t i = 0; i < g->m.roots.n; i++)
        if (g->m.roots.v[i].node == node && g->m.roots.v[i].reason == reason)
            return true;
    return false;
}

/* Whether there is an edge of a kind between two nodes. */
static inline bool graph_has_edge(const struct graph *g, rp_id from, rp_id to, unsigned kind)
{
    for (uint32_t k = g->m.edge_start[from]; k < g->m.edge_start[from + 1]; k++)
        if (g->m.edges[k].to == to && g->m.edges[k].kind == kind)
            return true;
    return false;
}

#endif
