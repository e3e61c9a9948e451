/* test_mark.c: marking on hand-made graphs, and what stays with its file. */
#include "graph_help.h"

#define FUNC(name) ".section .text." name ",\"ax\",@progbits\n.globl " name "\n" name ": "

/* A graph of n nodes without files: edges (from, to) by ascending from. */
static void make_graph(struct rp_model *m, struct rp_ctx *ctx, uint32_t n,
                       const uint32_t (*edges)[2], uint32_t n_edges)
{
    rp_model_init(m, ctx);
    assert_true(rp_vec_reserve(&m->nodes, (size_t)n + 1));
    memset(m->nodes.v, 0, ((size_t)n + 1) * sizeof *m->nodes.v);
    m->nodes.n = (size_t)n + 1;
    m->edges = calloc((size_t)n_edges + 1, sizeof *m->edges);
    m->edge_start = calloc((size_t)n + 2, sizeof *m->edge_start);
    assert_non_null(m->edges);
    assert_non_null(m->edge_start);
    m->n_edges = n_edges;
    for (uint32_t k = 0; k < n_edges; k++) {
        m->edges[k].to = edges[k][1];
        for (uint32_t i = edges[k][0] + 1; i <= n + 1; i++)
            m->edge_start[i]++;
    }
}

static void add_root(struct rp_model *m, rp_id node, bool follow)
{
    struct rp_root r = {node, RP_ROOT_KEEP, "test", follow, false};
    assert_true(rp_vec_push(&m->roots, r));
}

static void marking_gives_shortest_paths(void **state)
{
    (void)state;
    struct rp_ctx ctx;
    struct rp_model m;
    struct rp_marks marks;
    rp_ctx_init(&ctx, NULL, NULL);
    /* 1 -> 2 -> 3 -> 5, 1 -> 4 -> 5, a cycle 6 <-> 7, 5 -> 1 */
    static const uint32_t edges[][2] = {{1, 2}, {1, 4}, {2, 3}, {3, 5},
                                        {4, 5}, {5, 1}, {6, 7}, {7, 6}};
    make_graph(&m, &ctx, 7, edges, 8);
    add_root(&m, 1, true);
    assert_int_equal(rp_mark(&m, &marks), REAP_OK);
    for (rp_id i = 1; i <= 5; i++)
        assert_int_equal(marks.live[i], 1);
    assert_int_equal(marks.live[6], 0);
    assert_int_equal(marks.live[7], 0);
    assert_int_equal(marks.n_live, 5);
    assert_int_equal(marks.parent[1], 0);
    assert_int_equal(marks.cause[1], 0);
    assert_int_equal(marks.parent[5], 4);
    assert_int_equal(marks.cause[5], 4);
    rp_marks_free(&marks);
    rp_model_free(&m);
    rp_ctx_fini(&ctx);
}

static void unfollowed_roots_stay_unfollowed(void **state)
{
    (void)state;
    struct rp_ctx ctx;
    struct rp_model m;
    struct rp_marks marks;
    rp_ctx_init(&ctx, NULL, NULL);
    static const uint32_t edges[][2] = {{1, 2}, {2, 3}};
    make_graph(&m, &ctx, 3, edges, 2);
    add_root(&m, 1, true);
    add_root(&m, 2, false);
    assert_int_equal(rp_mark(&m, &marks), REAP_OK);
    assert_int_equal(marks.live[2], 2);
    assert_int_equal(marks.cause[2], 1);
    assert_int_equal(marks.live[3], 0);
    rp_marks_free(&marks);
    rp_model_free(&m);
    rp_ctx_fini(&ctx);
}

/* Against a fixed point computed naively. */
static void random_graphs_agree_with_a_fixed_point(void **state)
{
    (void)state;
    uint32_t seed = 7;
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, NULL, NULL);
    for (unsigned round = 0; round < 300; round++) {
        uint32_t n = 1 + round % 40, n_edges = 0, edges[200][2];
        for (uint32_t from = 1; from <= n; from++)
            for (uint32_t to = 1; to <= n && n_edges < 200; to++) {
                seed = seed * 1664525 + 1013904223;
                if (seed >> 28 == 0) {
                    edges[n_edges][0] = from;
                    edges[n_edges++][1] = to;
                }
            }
        struct rp_model m;
        struct rp_marks marks;
        make_graph(&m, &ctx, n, (const uint32_t(*)[2])edges, n_edges);
        bool live[64] = {false};
        for (uint32_t i = 1; i <= n; i += 7) {
            add_root(&m, i, true);
            live[i] = true;
        }
        for (bool again = true; again;) {
            again = false;
            for (uint32_t k = 0; k < n_edges; k++)
                if (live[edges[k][0]] && !live[edges[k][1]])
                    again = live[edges[k][1]] = true;
        }
        assert_int_equal(rp_mark(&m, &marks), REAP_OK);
        for (uint32_t i = 1; i <= n; i++) {
            assert_int_equal(marks.live[i], live[i]);
            if (live[i] && marks.parent[i]) {
                assert_int_equal(m.edges[marks.cause[i]].to, i);
                assert_true(marks.cause[i] >= m.edge_start[marks.parent[i]] &&
                            marks.cause[i] < m.edge_start[marks.parent[i] + 1]);
            }
        }
        rp_marks_free(&marks);
        rp_model_free(&m);
    }
    rp_ctx_fini(&ctx);
}

static void a_long_chain_needs_no_stack(void **state)
{
    (void)state;
    enum { N = 2000000 };
    struct rp_ctx ctx;
    struct rp_model m;
    struct rp_marks marks;
    rp_ctx_init(&ctx, NULL, NULL);
    make_graph(&m, &ctx, N, NULL, 0);
    free(m.edges);
    m.edges = calloc(N, sizeof *m.edges);
    assert_non_null(m.edges);
    for (uint32_t i = 1; i < N; i++) {
        m.edge_start[i] = i - 1;
        m.edges[i - 1].to = i + 1;
    }
    m.edge_start[N] = m.edge_start[N + 1] = m.n_edges = N - 1;
    add_root(&m, 1, true);
    assert_int_equal(rp_mark(&m, &marks), REAP_OK);
    assert_int_equal(marks.n_live, N);
    rp_marks_free(&marks);
    rp_model_free(&m);
    rp_ctx_fini(&ctx);
}

static const char debug[] = ".section .debug_info,\"\"\n.quad 0\n";

static void debug_sections_go_with_a_dead_file(void **state)
{
    (void)state;
    struct graph g;
    char text[1024];
    snprintf(text, sizeof text, FUNC("_start") "call f\n%s", debug);
    assemble("a.o", text);
    snprintf(text, sizeof text, FUNC("f") "nop\n" FUNC("g") "nop\n%s", debug);
    assemble("live.o", text);
    snprintf(text, sizeof text, FUNC("dead") "nop\n.section .note.z,\"a\",@note\n.quad 0\n%s",
             debug);
    assemble("dead.o", text);
    assemble("data.o", debug); /* nothing of it could have been live */
    snprintf(text, sizeof text, FUNC("dead2") "nop\n%s.globl early\nearly:\n", debug);
    assemble("early.o", text); /* LTO's early debug information */
    graph_begin(&g, RP_LEVEL_FULL);
    graph_run(&g, RP_LINKER_LLD, "a.o live.o dead.o data.o early.o");
    assert_int_equal(graph_live(&g, "a.o", ".debug_info"), 2);
    assert_int_equal(graph_live(&g, "live.o", ".debug_info"), 2);
    assert_int_equal(graph_live(&g, "dead.o", ".debug_info"), 0);
    assert_int_equal(graph_live(&g, "dead.o", ".note.z"), 1);
    assert_int_equal(graph_live(&g, "data.o", ".debug_info"), 2);
    assert_int_equal(graph_live(&g, "early.o", ".debug_info"), 2);
    graph_free(&g);

    graph_begin(&g, RP_LEVEL_LINKER); /* linkers keep them all */
    graph_run(&g, RP_LINKER_LLD, "a.o live.o dead.o data.o early.o");
    assert_int_equal(graph_live(&g, "dead.o", ".debug_info"), 2);
    graph_free(&g);
}

static void debug_groups_stay_and_mixed_groups_follow(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") "nop\n"
                                   ".section .debug_macro,\"G\",@progbits,wm4,comdat\n.quad 0\n"
                                   ".section .text.f,\"axG\",@progbits,f,comdat\nf: nop\n"
                                   ".section .debug_of_f,\"G\",@progbits,f,comdat\n.quad 0\n");
    for (int level = 0; level < 2; level++) {
        graph_begin(&g, level ? RP_LEVEL_FULL : RP_LEVEL_LINKER);
        graph_run(&g, RP_LINKER_LLD, "a.o");
        assert_int_equal(graph_live(&g, "a.o", ".debug_macro"), 2);
        assert_int_equal(graph_live(&g, "a.o", ".debug_of_f"), 0);
        graph_free(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marking_gives_shortest_paths),
        cmocka_unit_test(unfollowed_roots_stay_unfollowed),
        cmocka_unit_test(random_graphs_agree_with_a_fixed_point),
        cmocka_unit_test(a_long_chain_needs_no_stack),
        cmocka_unit_test(debug_sections_go_with_a_dead_file),
        cmocka_unit_test(debug_groups_stay_and_mixed_groups_follow),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
