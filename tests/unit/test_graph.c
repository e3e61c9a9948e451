/* test_graph.c: pictures as text, parsed again by Graphviz's own reader. */
#include "report_fixture.h"

#include "report/graph_picture.h"

#include <graphviz/cgraph.h>

static char *dot_of(struct fx *x, const struct reap_graph_options *o)
{
    char *s = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&s, &n);
    assert_non_null(out);
    assert_int_equal(rp_graph_dot(&x->ctx, &x->f, o, out), REAP_OK);
    fclose(out);
    return s;
}

static Agraph_t *parsed(const char *dot)
{
    Agraph_t *g = agmemread(dot);
    if (!g)
        fail_msg("libcgraph does not read:\n%s", dot);
    return g;
}

/* Nodes whose names begin with `prefix`. */
static int count(Agraph_t *g, const char *prefix)
{
    int n = 0;
    for (Agnode_t *v = agfstnode(g); v; v = agnxtnode(g, v))
        n += !strncmp(agnameof(v), prefix, strlen(prefix));
    return n;
}

/* The box whose tooltip is the long name. */
static Agnode_t *box(Agraph_t *g, const char *name)
{
    for (Agnode_t *v = agfstnode(g); v; v = agnxtnode(g, v)) {
        char *tip = agget(v, (char *)"tooltip");
        if (tip && !strcmp(tip, name))
            return v;
    }
    return NULL;
}

static void objects_and_their_reference_are_drawn(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    struct reap_graph_options o = {0};
    fx_init(&x);
    fx_program(&x, &p);
    char *dot = dot_of(&x, &o);
    Agraph_t *g = parsed(dot);
    assert_int_equal(count(g, "v"), 3); /* main.o, m.o, the set */
    Agnode_t *main_o = box(g, "main.o"), *member = box(g, "lib/libx.a(m.o)");
    assert_non_null(main_o);
    assert_non_null(member);
    Agedge_t *e = agedge(g, main_o, member, NULL, 0);
    assert_non_null(e);
    const char *label = agget(e, (char *)"label");
    assert_non_null(strstr(label, "ns::f"));
    assert_non_null(strstr(label, "124 B")); /* f and its frame would go */
    assert_null(agedge(g, member, main_o, NULL, 0));
    assert_int_equal(count(g, "legend"), 1);
    assert_non_null(agsubg(g, (char *)"cluster_0", 0)); /* libx.a */
    assert_int_equal(count(g, "root"), 1);
    agclose(g);
    char *again = dot_of(&x, &o);
    assert_string_equal(dot, again);
    free(again);
    free(dot);
    fx_free(&x);
}

static void dead_boxes_are_grey_and_dashed(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    struct reap_graph_options o = {.by = "section", .with_dead = true};
    fx_init(&x);
    fx_program(&x, &p);
    char *dot = dot_of(&x, &o);
    Agraph_t *g = parsed(dot);
    Agnode_t *dead = box(g, "lib/libx.a(m.o):.text._ZN2ns1gEv");
    Agnode_t *live = box(g, "lib/libx.a(m.o):.text._ZN2ns1fEi");
    assert_non_null(dead);
    assert_non_null(live);
    assert_non_null(strstr(agget(dead, (char *)"style"), "dashed"));
    assert_null(strstr(agget(live, (char *)"style"), "dashed"));
    agclose(g);
    free(dot);
    o = (struct reap_graph_options){.by = "section", .only_dead = true};
    dot = dot_of(&x, &o);
    g = parsed(dot);
    assert_non_null(box(g, "lib/libx.a(m.o):.text._ZN2ns1gEv"));
    assert_null(box(g, "lib/libx.a(m.o):.text._ZN2ns1fEi"));
    agclose(g);
    free(dot);
    fx_free(&x);
}

/* A chain s0 -> s1 -> … and a shortcut s0 -> s5; every third one is big. */
static void make_chain(struct fx *x, uint32_t n)
{
    char name[32];
    fx_init(x);
    rp_id file = fx_file(x, "chain.o", NULL, "object");
    for (uint32_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "s%u", i);
        fx_node(x, file, i + 1, name, name, i % 3 ? 10 : 1000, RP_CLASS_TEXT);
        if (i)
            fx_edge(x, i, i + 1, RP_EDGE_RELOC, name, 0);
    }
    fx_edge(x, 1, 6, RP_EDGE_RELOC, "s5", 0);
    fx_root(x, 1, RP_ROOT_ENTRY, "entry s0");
    fx_finish(x);
}

static void selections_keep_what_they_say(void **state)
{
    static const struct {
        struct reap_graph_options o;
        int n;
    } cases[] = {
        {{.by = "symbol"}, 20},
        {{.by = "symbol", .from = "s12"}, 8},
        {{.by = "symbol", .to = "s3"}, 4},
        {{.by = "symbol", .from = "s5", .to = "s7"}, 3},
        {{.by = "symbol", .from = "s12", .depth = 2}, 3},
        {{.by = "symbol", .around = "s12"}, 5},
        {{.by = "symbol", .around = "s12", .depth = 1}, 3},
        {{.by = "symbol", .path_from = "s0", .path_to = "s7"}, 4}, /* by the shortcut */
        {{.by = "object"}, 1},
    };
    (void)state;
    struct fx x;
    make_chain(&x, 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *dot = dot_of(&x, &cases[i].o);
        Agraph_t *g = parsed(dot);
        if (count(g, "v") != cases[i].n)
            fail_msg("case %zu: %d boxes, not %d", i, count(g, "v"), cases[i].n);
        agclose(g);
        free(dot);
    }
    fx_free(&x);
}

static void folds_keep_the_limit_and_the_bytes(void **state)
{
    (void)state;
    struct fx x;
    make_chain(&x, 200);
    for (uint32_t max = 1; max <= 220; max += 13) {
        struct reap_graph_options o = {.by = "symbol", .max_nodes = max};
        struct rp_picture p;
        uint64_t bytes = 0;
        uint32_t drawn = 0, folded = 0;
        assert_int_equal(rp_picture_make(&x.ctx, &x.f, &o, &p), REAP_OK);
        for (uint32_t v = 1; v < p.g.v.n; v++)
            if (p.state[v] == RP_DRAWN) {
                bytes += p.g.v.v[v].bytes;
                drawn++;
            }
        for (size_t i = 0; i < p.folds.n; i++) {
            bytes += p.folds.v[i].bytes;
            folded += p.folds.v[i].n;
        }
        assert_int_equal(drawn, max < 200 ? max : 200);
        assert_int_equal(drawn + folded, 200);
        assert_int_equal(bytes, 67 * 1000 + 133 * 10);
        rp_picture_free(&p);
    }
    fx_free(&x);
}

static void hostile_names_stay_names(void **state)
{
    static const char *const names[] = {
        "a\"];b[label=\"x", "<b>&amp;",        "back\\slash\\", "new\nline", "\xff\xfe\x80",
        "\xed\xa0\x80",     "umlaut \xc3\xa4", "%s%n",          "->",        "*/ // #",
    };
    (void)state;
    struct fx x;
    fx_init(&x);
    enum { N = sizeof names / sizeof *names };
    for (uint32_t i = 0; i < N; i++) {
        rp_id file = fx_file(&x, names[i], i % 2 ? names[i] : NULL, "object");
        fx_node(&x, file, 1, names[i], names[i], 10, RP_CLASS_TEXT);
        if (i)
            fx_edge(&x, i, i + 1, RP_EDGE_RELOC, names[i], 0);
    }
    fx_root(&x, 1, RP_ROOT_ENTRY, names[0]);
    fx_finish(&x);
    for (int by = 0; by < RP_N_BYS; by++) {
        struct reap_graph_options o = {.by = rp_by_name((enum rp_by)by)};
        char *dot = dot_of(&x, &o);
        Agraph_t *g = parsed(dot);
        assert_int_equal(count(g, "v"), N);
        assert_int_equal(count(g, ""), N + 2); /* a root, the legend: nothing was injected */
        agclose(g);
        free(dot);
    }
    fx_free(&x);
}

static void what_is_not_there_is_an_error(void **state)
{
    static const struct {
        struct reap_graph_options o;
        const char *code;
    } cases[] = {
        {{.from = "nothing"}, "no-match"},
        {{.by = "planet"}, "bad-level"},
        {{.by = "symbol", .path_from = "s7", .path_to = "s0"}, "no-path"},
    };
    (void)state;
    struct fx x;
    make_chain(&x, 10);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rp_picture p;
        assert_int_not_equal(rp_picture_make(&x.ctx, &x.f, &cases[i].o, &p), REAP_OK);
        assert_string_equal(x.last_code, cases[i].code);
    }
    fx_free(&x);
}

static void dominators_are_arrows_that_hold(void **state)
{
    (void)state;
    struct fx x;
    make_chain(&x, 10);
    struct reap_graph_options o = {.by = "symbol", .dominators = true};
    struct rp_picture p;
    assert_int_equal(rp_picture_make(&x.ctx, &x.f, &o, &p), REAP_OK);
    assert_int_equal(p.arrows.n, 9);
    for (size_t i = 0; i < p.arrows.n; i++) {
        assert_int_equal(p.arrows.v[i].kind, RP_ARROW_HOLDS);
        /* s5 is reached by the shortcut too: s0 holds it */
        if (p.arrows.v[i].to == p.g.vertex_of[6])
            assert_int_equal(p.arrows.v[i].from, p.g.vertex_of[1]);
        else
            assert_int_equal(p.arrows.v[i].from + 1, p.arrows.v[i].to);
    }
    rp_picture_free(&p);
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_and_their_reference_are_drawn),
        cmocka_unit_test(dead_boxes_are_grey_and_dashed),
        cmocka_unit_test(selections_keep_what_they_say),
        cmocka_unit_test(folds_keep_the_limit_and_the_bytes),
        cmocka_unit_test(hostile_names_stay_names),
        cmocka_unit_test(what_is_not_there_is_an_error),
        cmocka_unit_test(dominators_are_arrows_that_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
