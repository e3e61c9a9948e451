/* test_retained.c: what would go, against brute force: take it away and mark again. */
#include "report_fixture.h"

#include "report/level_graph.h"
#include "util/bitset.h"

enum { ROUNDS = 200, MAX_NODES = 40 };

static uint32_t random_below(uint32_t n)
{
    static uint64_t state = 0x2545f4914f6cdd1d;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

/* A program of a few archives, objects, sections and roots; some of it is dead. */
static void make_program(struct fx *x)
{
    char name[32], section[32], path[32];
    fx_init(x);
    uint32_t n_files = 1 + random_below(8), n = 2 + random_below(MAX_NODES - 2);
    for (uint32_t i = 0; i < n_files; i++) {
        uint32_t archive = random_below(4);
        snprintf(name, sizeof name, "m%u.o", i);
        snprintf(path, sizeof path, "lib%u.a", archive);
        if (archive)
            fx_file(x, path, name, "object");
        else
            fx_file(x, name, NULL, "object");
    }
    for (uint32_t i = 1; i <= n; i++) {
        snprintf(name, sizeof name, "s%u", i);
        snprintf(section, sizeof section, ".text.%u", i);
        fx_node(x, 1 + random_below(n_files), i, section, name, 1 + random_below(1000),
                random_below(9) ? RP_CLASS_TEXT : RP_CLASS_BSS);
    }
    uint32_t degree = 1 + random_below(3);
    for (uint32_t i = 0; i < n * degree; i++)
        fx_edge(x, 1 + random_below(n), 1 + random_below(n), RP_EDGE_RELOC, "", i);
    for (uint32_t i = 1 + random_below(4); i > 0; i--)
        fx_root(x, 1 + random_below(n), RP_ROOT_KEEP, "KEEP");
    fx_finish(x);
}

/* Bytes that are in the scope but not reached when nodes, edges and roots are taken away. */
static uint64_t brute(const struct fx *x, enum rp_scope scope, const struct rp_bitset *nodes,
                      const struct rp_bitset *edges, const struct rp_bitset *roots)
{
    const struct rp_facts *f = &x->f;
    bool *seen = calloc(f->nodes.n, sizeof *seen);
    uint64_t lost = 0;
    assert_non_null(seen);
    for (rp_id i = 1; scope == RP_SCOPE_LIVE && i < f->roots.n; i++)
        if (!rp_bitset_get(roots, i) && !rp_bitset_get(nodes, f->roots.v[i].node))
            seen[f->roots.v[i].node] = true;
    for (rp_id i = 1; scope == RP_SCOPE_DEAD && i < f->nodes.n; i++)
        if (f->nodes.v[i].head == i && !rp_bitset_get(nodes, i))
            seen[i] = true;
    for (bool again = true; again;) {
        again = false;
        for (rp_id i = 1; i < f->edges.n; i++) {
            const struct rp_fact_edge *e = &f->edges.v[i];
            if (!seen[e->from] || seen[e->to] || rp_bitset_get(edges, i) ||
                rp_bitset_get(nodes, e->to) || f->nodes.v[e->to].live != f->nodes.v[e->from].live)
                continue;
            seen[e->to] = again = true;
        }
    }
    for (rp_id i = 1; i < f->nodes.n; i++)
        if ((scope == RP_SCOPE_LIVE) == (f->nodes.v[i].live != 0) && !seen[i])
            lost += f->nodes.v[i].size;
    free(seen);
    return lost;
}

struct sets {
    struct rp_bitset nodes, edges, roots;
};
static void sets_init(struct sets *s, const struct fx *x)
{
    assert_true(rp_bitset_init(&s->nodes, x->f.nodes.n));
    assert_true(rp_bitset_init(&s->edges, x->f.edges.n));
    assert_true(rp_bitset_init(&s->roots, x->f.roots.n));
}
static void sets_free(struct sets *s)
{
    rp_bitset_free(&s->nodes);
    rp_bitset_free(&s->edges);
    rp_bitset_free(&s->roots);
}

static void check_nodes(struct fx *x, struct rp_reach *r)
{
    rp_id *idom;
    uint64_t *retained;
    assert_int_equal(rp_reach_dominators(r, &idom), REAP_OK);
    assert_int_equal(rp_reach_retained(r, idom, &retained), REAP_OK);
    for (rp_id i = 1; i < x->f.nodes.n; i++) {
        if (!rp_reach_has(r, i))
            continue;
        struct sets s;
        sets_init(&s, x);
        rp_bitset_set(&s.nodes, i);
        uint64_t want = brute(x, r->scope, &s.nodes, &s.edges, &s.roots);
        struct rp_removal what = {.nodes = &i, .n_nodes = 1};
        assert_int_equal(rp_reach_loss(r, &what).bytes, want);
        assert_int_equal(retained[i], want);
        if (r->scope == RP_SCOPE_DEAD)
            assert_int_equal(x->f.nodes.v[i].retained, want);
        sets_free(&s);
    }
    free(idom);
    free(retained);
}

static void retained_bytes_of_every_node_equal_brute_force(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct fx x;
        make_program(&x);
        for (int scope = RP_SCOPE_LIVE; scope <= RP_SCOPE_DEAD; scope++) {
            struct rp_reach r;
            assert_int_equal(rp_reach_init(&x.ctx, &x.f, (enum rp_scope)scope, &r), REAP_OK);
            check_nodes(&x, &r);
            rp_reach_free(&r);
        }
        fx_free(&x);
    }
}

static void retained_bytes_of_every_vertex_equal_brute_force(void **state)
{
    (void)state;
    unsigned groups = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct fx x;
        struct rp_reach live, dead;
        make_program(&x);
        assert_int_equal(rp_reach_init(&x.ctx, &x.f, RP_SCOPE_LIVE, &live), REAP_OK);
        assert_int_equal(rp_reach_init(&x.ctx, &x.f, RP_SCOPE_DEAD, &dead), REAP_OK);
        for (int by = 0; by < RP_N_BYS; by++) {
            struct rp_level_graph g;
            assert_int_equal(
                rp_level_graph_make(&x.ctx, &x.f, (enum rp_by)by, RP_WITH_LIVE | RP_WITH_DEAD, &g),
                REAP_OK);
            rp_level_graph_retained(&g, &live, &dead);
            for (uint32_t v = 1; v < g.v.n; v++) {
                struct sets s;
                sets_init(&s, &x);
                enum rp_scope scope = g.v.v[v].is_dead ? RP_SCOPE_DEAD : RP_SCOPE_LIVE;
                for (uint32_t k = g.node_start[v]; k < g.node_start[v + 1]; k++)
                    rp_bitset_set(&s.nodes, g.nodes[k]);
                groups += g.v.v[v].n_nodes > 1;
                assert_int_equal(g.v.v[v].retained, brute(&x, scope, &s.nodes, &s.edges, &s.roots));
                sets_free(&s);
            }
            rp_level_graph_free(&g);
        }
        rp_reach_free(&live);
        rp_reach_free(&dead);
        fx_free(&x);
    }
    assert_true(groups > 1000);
}

static void removals_of_any_kind_equal_brute_force(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct fx x;
        struct rp_reach r;
        make_program(&x);
        assert_int_equal(rp_reach_init(&x.ctx, &x.f, RP_SCOPE_LIVE, &r), REAP_OK);
        for (int cut = 0; cut < 20; cut++) {
            struct sets s;
            uint32_t nodes[4], edges[8], roots[2];
            struct rp_removal what = {.nodes = nodes, .edges = edges, .roots = roots};
            sets_init(&s, &x);
            for (uint32_t i = random_below(3); i > 0; i--) {
                rp_id id = 1 + random_below((uint32_t)x.f.nodes.n - 1);
                nodes[what.n_nodes++] = id;
                rp_bitset_set(&s.nodes, id);
            }
            for (uint32_t i = random_below(9); i > 0; i--) {
                rp_id id = 1 + random_below((uint32_t)x.f.edges.n - 1);
                edges[what.n_edges++] = id;
                rp_bitset_set(&s.edges, id);
            }
            for (uint32_t i = random_below(3); i > 0; i--) {
                rp_id id = 1 + random_below((uint32_t)x.f.roots.n - 1);
                roots[what.n_roots++] = id;
                rp_bitset_set(&s.roots, id);
            }
            assert_int_equal(rp_reach_loss(&r, &what).bytes,
                             brute(&x, RP_SCOPE_LIVE, &s.nodes, &s.edges, &s.roots));
            sets_free(&s);
        }
        rp_reach_free(&r);
        fx_free(&x);
    }
}

/* --- the graph at a level -------------------------------------------------------------------- */

static uint32_t find_arc(const struct rp_level_graph *g, rp_id from, rp_id to)
{
    for (uint32_t i = 1; i < g->arcs.n; i++)
        if (g->arcs.v[i].from == g->vertex_of[from] && g->arcs.v[i].to == g->vertex_of[to])
            return g->arcs.v[i].n;
    return 0;
}

static void levels_group_nodes_and_edges(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    struct rp_level_graph g;
    fx_init(&x);
    fx_program(&x, &p);
    assert_int_equal(rp_level_graph_make(&x.ctx, &x.f, RP_BY_OBJECT, RP_WITH_LIVE, &g), REAP_OK);
    assert_int_equal(g.v.n - 1, 3); /* main.o, m.o and the set */
    assert_int_equal(find_arc(&g, p.main, p.f), 1);
    assert_int_equal(g.vertex_of[p.debug], 0);
    assert_int_equal(g.vertex_of[p.copy], 0);
    assert_true(g.v.v[g.vertex_of[p.set]].is_set);
    assert_int_equal(g.v.v[g.vertex_of[p.main]].bytes, 16 + 32);
    rp_level_graph_free(&g);

    assert_int_equal(
        rp_level_graph_make(&x.ctx, &x.f, RP_BY_SECTION, RP_WITH_LIVE | RP_WITH_DEAD, &g), REAP_OK);
    assert_int_equal(g.vertex_of[p.fde_f], g.vertex_of[p.f]); /* frames stand with their code */
    assert_int_equal(g.vertex_of[p.fde_g], g.vertex_of[p.g]);
    assert_int_equal(g.v.v[g.vertex_of[p.f]].bytes, 124);
    assert_true(g.v.v[g.vertex_of[p.g]].is_dead);
    assert_int_equal(g.v.v[g.vertex_of[p.g]].dead_bytes, 1028);
    struct rp_strbuf b = {0};
    rp_vertex_name(&g, g.vertex_of[p.f], false, &b);
    assert_string_equal(b.s, "lib/libx.a(m.o):.text._ZN2ns1fEi");
    b.n = 0;
    rp_vertex_label(&g, g.vertex_of[p.f], &b);
    assert_string_equal(b.s, "ns::f");
    rp_strbuf_free(&b);
    rp_level_graph_free(&g);
    fx_free(&x);
}

static void words_find_vertices(void **state)
{
    static const struct {
        const char *word;
        enum rp_by by;
        size_t n;
    } cases[] = {
        {"ns::f", RP_BY_OBJECT, 1},       {"m.o", RP_BY_OBJECT, 1},
        {"libx.a", RP_BY_ARCHIVE, 1},     {"libx.a", RP_BY_OBJECT, 1},
        {"main.o", RP_BY_SECTION, 5},     {"left", RP_BY_SYMBOL, 1},
        {"nothing", RP_BY_SYMBOL, 0},     {"libx.a(m.o)", RP_BY_OBJECT, 1},
        {"__start_tab", RP_BY_OBJECT, 1},
    };
    (void)state;
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rp_level_graph g;
        uint32_t *list;
        size_t n;
        assert_int_equal(
            rp_level_graph_make(&x.ctx, &x.f, cases[i].by, RP_WITH_LIVE | RP_WITH_DEAD, &g),
            REAP_OK);
        assert_int_equal(rp_vertices_find(&g, cases[i].word, &list, &n), REAP_OK);
        if (n != cases[i].n)
            fail_msg("%s: %zu vertices, not %zu", cases[i].word, n, cases[i].n);
        free(list);
        rp_level_graph_free(&g);
    }
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retained_bytes_of_every_node_equal_brute_force),
        cmocka_unit_test(retained_bytes_of_every_vertex_equal_brute_force),
        cmocka_unit_test(removals_of_any_kind_equal_brute_force),
        cmocka_unit_test(levels_group_nodes_and_edges),
        cmocka_unit_test(words_find_vertices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
