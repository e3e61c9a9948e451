/* test_cuts.c: what a cut saves, against brute force: load and mark again without the reference. */
#include "report_fixture.h"

#include "report/cuts.h"
#include "util/bitset.h"

enum { ROUNDS = 200, MAX_NODES = 30 };

static uint32_t random_below(uint32_t n)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

/* --- a linker in a few lines ------------------------------------------------------------------ */

/* Which files are loaded: plain objects, members that a strong reference from a loaded file asks
 * for. Edges of `cut` are not there. */
static void load(const struct rp_facts *f, const struct rp_bitset *cut, bool *loaded)
{
    for (rp_id i = 1; i < f->files.n; i++)
        loaded[i] = !f->files.v[i].member;
    for (size_t i = 1; i < f->roots.n; i++)
        if (f->roots.v[i].reason == RP_ROOT_ENTRY)
            loaded[f->nodes.v[f->roots.v[i].node].file] = true;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 1; i < f->edges.n; i++) {
            const struct rp_fact_edge *e = &f->edges.v[i];
            rp_id to = f->nodes.v[e->to].file;
            if (e->kind != RP_EDGE_RELOC || loaded[to] || !loaded[f->nodes.v[e->from].file] ||
                rp_bitset_get(cut, i))
                continue;
            loaded[to] = again = true;
        }
    }
}

/* Bytes that live, and which nodes. */
static uint64_t mark(const struct rp_facts *f, const struct rp_bitset *cut, bool *live)
{
    bool *loaded = calloc(f->files.n, sizeof *loaded);
    uint64_t bytes = 0;
    assert_non_null(loaded);
    memset(live, 0, f->nodes.n * sizeof *live);
    load(f, cut, loaded);
    for (size_t i = 1; i < f->roots.n; i++)
        if (loaded[f->nodes.v[f->roots.v[i].node].file])
            live[f->roots.v[i].node] = true;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 1; i < f->edges.n; i++) {
            const struct rp_fact_edge *e = &f->edges.v[i];
            if (!live[e->from] || live[e->to] || rp_bitset_get(cut, i) ||
                !loaded[f->nodes.v[e->to].file])
                continue;
            live[e->to] = again = true;
        }
    }
    for (rp_id i = 1; i < f->nodes.n; i++)
        bytes += live[i] ? f->nodes.v[i].size : 0;
    free(loaded);
    return bytes;
}

/* --- random programs -------------------------------------------------------------------------- */

/* Members that nothing asks for are not of the program: they get no nodes' life from the fixture,
 * which knows no loading, only when every root and edge respects it; so the program is made first
 * and what is not loaded is told to be so. */
static void make_program(struct fx *x)
{
    char name[32], section[32];
    fx_init(x);
    fx_file(x, "main.o", NULL, "object");
    uint32_t n_files = 2 + random_below(8), n = n_files + random_below(MAX_NODES);
    for (uint32_t i = 2; i <= n_files; i++) {
        snprintf(name, sizeof name, "m%u.o", i);
        fx_file(x, i % 2 ? "libx.a" : "liby.a", name, "object");
    }
    for (uint32_t i = 1; i <= n; i++) {
        snprintf(name, sizeof name, "s%u", i);
        snprintf(section, sizeof section, ".text.%u", i);
        uint32_t file = i <= n_files ? i : 1 + random_below(n_files);
        fx_node(x, file, i, section, name, 1 + random_below(1000), RP_CLASS_TEXT);
    }
    /* every member is asked for by an earlier file: the node i <= n_files stands in file i */
    for (uint32_t i = 2; i <= n_files; i++) {
        rp_id by = 1 + random_below(i - 1);
        snprintf(name, sizeof name, "s%u", i);
        x->f.files.v[i].extracted_by = by;
        x->f.files.v[i].extracted_for = fx_str(x, name);
        fx_edge(x, by, i, RP_EDGE_RELOC, name, i);
    }
    for (uint32_t i = random_below(3 * n); i > 0; i--) {
        rp_id to = 1 + random_below(n);
        snprintf(name, sizeof name, "s%u", to);
        fx_edge(x, 1 + random_below(n), to, random_below(4) ? RP_EDGE_RELOC : RP_EDGE_WEAK, name,
                i);
    }
    fx_root(x, 1 + (n > n_files && random_below(2) ? n_files : 0), RP_ROOT_ENTRY, "entry");
    for (uint32_t i = random_below(4); i > 0; i--)
        fx_root(x, 1 + random_below(n), RP_ROOT_INIT_ARRAY, ".init_array");
    fx_finish(x);
}

static void cut_arc(const struct rp_cutter *c, uint32_t arc, struct rp_bitset *cut)
{
    const struct rp_arc *a = &c->g.arcs.v[arc];
    bool whole = c->g.by == RP_BY_OBJECT || c->g.by == RP_BY_ARCHIVE;
    for (uint32_t k = 0; k < a->n; k++) {
        uint32_t edge = c->g.arc_edges[a->first + k];
        const struct rp_fact_edge *e = &c->f->edges.v[edge];
        rp_bitset_set(cut, edge);
        /* an object that is written anew mentions the other one no more */
        for (uint32_t i = 1; whole && e->kind == RP_EDGE_RELOC && i < c->f->edges.n; i++) {
            const struct rp_fact_edge *o = &c->f->edges.v[i];
            if (o->kind == RP_EDGE_RELOC &&
                c->f->nodes.v[o->from].file == c->f->nodes.v[e->from].file &&
                c->f->nodes.v[o->to].file == c->f->nodes.v[e->to].file)
                rp_bitset_set(cut, i);
        }
    }
}

static uint64_t brute(const struct rp_cutter *c, uint32_t one, uint32_t two)
{
    struct rp_bitset cut = {0};
    bool *live = calloc(c->f->nodes.n, sizeof *live);
    assert_true(live && rp_bitset_init(&cut, c->f->edges.n));
    uint64_t before = mark(c->f, &cut, live);
    cut_arc(c, one, &cut);
    if (two)
        cut_arc(c, two, &cut);
    uint64_t after = mark(c->f, &cut, live);
    rp_bitset_free(&cut);
    free(live);
    return before - after;
}

static uint64_t found(const struct rp_cuts *cuts, uint32_t one, uint32_t two)
{
    for (size_t i = 0; i < cuts->v.n; i++)
        if (cuts->v.v[i].arcs[0] == one && cuts->v.v[i].arcs[1] == two)
            return cuts->v.v[i].bytes;
    return 0;
}

static void savings_of_every_reference_equal_brute_force(void **state)
{
    (void)state;
    unsigned n_files_lost = 0, n_cuts = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct fx x;
        make_program(&x);
        for (int by = 0; by < RP_N_BYS; by++) {
            struct rp_cutter c;
            struct rp_cuts cuts = {0};
            assert_int_equal(rp_cutter_init(&x.ctx, &x.f, (enum rp_by)by, &c), REAP_OK);
            assert_int_equal(rp_cuts_single(&c, NULL, NULL, &cuts), REAP_OK);
            for (uint32_t a = 1; a < c.g.arcs.n; a++)
                if (found(&cuts, a, 0) != brute(&c, a, 0))
                    fail_msg("round %d, by %s, arc %u: %llu, not %llu", round,
                             rp_by_name((enum rp_by)by), a, (unsigned long long)found(&cuts, a, 0),
                             (unsigned long long)brute(&c, a, 0));
            for (size_t i = 0; i < cuts.v.n; i++)
                n_files_lost += cuts.v.v[i].n_files;
            n_cuts += (unsigned)cuts.v.n;
            rp_vec_free(&cuts.v);
            rp_cutter_free(&c);
        }
        fx_free(&x);
    }
    assert_true(n_cuts > 1000 && n_files_lost > 500);
}

static void pairs_of_references_equal_brute_force(void **state)
{
    (void)state;
    unsigned n_pairs = 0;
    for (int round = 0; round < ROUNDS / 8; round++) {
        struct fx x;
        struct rp_cutter c;
        struct rp_cuts singles = {0}, pairs = {0};
        make_program(&x);
        assert_int_equal(rp_cutter_init(&x.ctx, &x.f, RP_BY_OBJECT, &c), REAP_OK);
        assert_int_equal(rp_cuts_single(&c, NULL, NULL, &singles), REAP_OK);
        assert_int_equal(rp_cuts_pairs(&c, &singles, &pairs), REAP_OK);
        for (uint32_t a = 1; a < c.g.arcs.n; a++)
            for (uint32_t b = a + 1; b < c.g.arcs.n; b++) {
                uint64_t both = brute(&c, a, b);
                bool pays = both > found(&singles, a, 0) + found(&singles, b, 0);
                assert_int_equal(found(&pairs, a, b), pays ? both : 0);
                n_pairs += pays;
            }
        rp_vec_free(&singles.v);
        rp_vec_free(&pairs.v);
        rp_cutter_free(&c);
        fx_free(&x);
    }
    assert_true(n_pairs > 50);
}

/* More references than all pairs of which are tried: what two of them guard together is found. */
static void guards_are_found_in_a_big_program(void **state)
{
    enum { N_OTHERS = 700 };
    (void)state;
    struct fx x;
    struct rp_cutter c;
    struct rp_cuts singles = {0}, pairs = {0};
    char name[32];
    fx_init(&x);
    rp_id main_node =
        fx_node(&x, fx_file(&x, "main.o", NULL, "object"), 1, ".text", "main", 10, RP_CLASS_TEXT);
    rp_id nodes[3];
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"left", "right", "shared"};
        snprintf(name, sizeof name, "%s.o", names[i]);
        nodes[i] = fx_node(&x, fx_file(&x, name, NULL, "object"), 1, ".text", names[i],
                           i == 2 ? 5000 : 10, RP_CLASS_TEXT);
    }
    fx_edge(&x, main_node, nodes[0], RP_EDGE_RELOC, "left", 1);
    fx_edge(&x, main_node, nodes[1], RP_EDGE_RELOC, "right", 2);
    fx_edge(&x, nodes[0], nodes[2], RP_EDGE_RELOC, "shared", 1);
    fx_edge(&x, nodes[1], nodes[2], RP_EDGE_RELOC, "shared", 1);
    for (unsigned i = 0; i < N_OTHERS; i++) {
        snprintf(name, sizeof name, "o%u.o", i);
        rp_id other =
            fx_node(&x, fx_file(&x, name, NULL, "object"), 1, ".text", name, 3, RP_CLASS_TEXT);
        fx_edge(&x, main_node, other, RP_EDGE_RELOC, name, 10 + i);
    }
    fx_root(&x, main_node, RP_ROOT_ENTRY, "entry");
    fx_finish(&x);
    assert_int_equal(rp_cutter_init(&x.ctx, &x.f, RP_BY_OBJECT, &c), REAP_OK);
    assert_int_equal(rp_cuts_single(&c, NULL, NULL, &singles), REAP_OK);
    assert_int_equal(rp_cuts_pairs(&c, &singles, &pairs), REAP_OK);
    /* each of (main, left), (left, shared) with each of (main, right), (right, shared) */
    assert_int_equal(pairs.v.n, 4);
    for (size_t i = 0; i < pairs.v.n; i++) {
        const struct rp_cut *p = &pairs.v.v[i];
        assert_int_equal(p->gain, 5000);
        assert_int_equal(p->bytes, brute(&c, p->arcs[0], p->arcs[1]));
    }
    rp_vec_free(&singles.v);
    rp_vec_free(&pairs.v);
    rp_cutter_free(&c);
    fx_free(&x);
}

/* --- particular programs ---------------------------------------------------------------------- */

/* main.o refers to lib.a(f.o) and, from a removed section, to lib.a(g.o), whose constructor holds
 * h; a weak definition of `alloc` in f.o loses against lib.a(big.o). */
struct small {
    rp_id main_o, f_o, g_o, big_o;
    rp_id main, dead, f, g, begin, h, weak, big;
};

static rp_id member(struct fx *x, const char *name, const char *symbol, rp_id by)
{
    rp_id file = fx_file(x, "lib.a", name, "object");
    x->f.files.v[file].extracted_for = fx_str(x, symbol);
    x->f.files.v[file].extracted_by = by;
    return file;
}

static void make_small(struct fx *x, struct small *p)
{
    fx_init(x);
    p->main_o = fx_file(x, "main.o", NULL, "object");
    p->f_o = member(x, "f.o", "f", p->main_o);
    p->g_o = member(x, "g.o", "g", p->main_o);
    p->big_o = member(x, "big.o", "alloc_big", p->main_o);
    p->main = fx_node(x, p->main_o, 1, ".text.main", "main", 10, RP_CLASS_TEXT);
    p->dead = fx_node(x, p->main_o, 2, ".text.dead", "dead", 20, RP_CLASS_TEXT);
    p->f = fx_node(x, p->f_o, 1, ".text.f", "f", 100, RP_CLASS_TEXT);
    p->weak = fx_node(x, p->f_o, 2, ".text.alloc", NULL, 30, RP_CLASS_TEXT);
    p->g = fx_node(x, p->g_o, 1, ".text.g", "g", 200, RP_CLASS_TEXT);
    p->begin = fx_node(x, p->g_o, 2, ".init_array", NULL, 8, RP_CLASS_DATA);
    p->h = fx_node(x, p->g_o, 3, ".bss.h", "h", 4000, RP_CLASS_BSS);
    p->big = fx_node(x, p->big_o, 1, ".text.alloc", "alloc", 5000, RP_CLASS_TEXT);
    fx_symbol(x, "alloc", p->weak, p->f_o, RP_PLACE_OBJECT);
    fx_edge(x, p->main, p->f, RP_EDGE_RELOC, "f", 1);
    fx_edge(x, p->dead, p->g, RP_EDGE_RELOC, "g", 1);
    fx_edge(x, p->begin, p->h, RP_EDGE_RELOC, "h", 0);
    fx_edge(x, p->f, p->big, RP_EDGE_RELOC, "alloc", 5);
    fx_edge(x, p->main, p->big, RP_EDGE_RELOC, "alloc_big", 6);
    fx_root(x, p->main, RP_ROOT_ENTRY, "entry");
    fx_root(x, p->begin, RP_ROOT_INIT_ARRAY, ".init_array");
    fx_finish(x);
}

static void members_for_removed_sections_alone_are_told(void **state)
{
    (void)state;
    struct fx x;
    struct small p;
    struct rp_cutter c;
    struct rp_idle idle;
    make_small(&x, &p);
    assert_int_equal(rp_cutter_init(&x.ctx, &x.f, RP_BY_OBJECT, &c), REAP_OK);
    assert_int_equal(rp_idle_find(&c.x, &c.live, &idle), REAP_OK);
    assert_int_equal(idle.members.n, 1);
    assert_int_equal(idle.members.v[0].file, p.g_o);
    assert_int_equal(idle.members.v[0].bytes, 4008);
    assert_int_equal(idle.members.v[0].n_roots, 1);
    assert_int_equal(idle.bytes, 4008);
    rp_idle_free(&idle);
    rp_cutter_free(&c);
    fx_free(&x);
}

static void another_definition_takes_the_place_of_one_that_goes(void **state)
{
    (void)state;
    struct fx x;
    struct small p;
    struct rp_cutter c;
    struct rp_edge_list edges = {0};
    struct rp_loss loss;
    struct rp_file_loss files;
    make_small(&x, &p);
    assert_int_equal(rp_cutter_init(&x.ctx, &x.f, RP_BY_OBJECT, &c), REAP_OK);
    assert_int_equal(rp_what_if_edges(&c, "cut=main.o->big.o", &edges), REAP_OK);
    assert_int_equal(edges.v.n, 1);
    assert_int_equal(rp_extraction_loss(&c.x, &c.live, edges.v.v, edges.v.n, true, &loss, &files),
                     REAP_OK);
    assert_int_equal(files.n, 1);
    assert_int_equal(files.back_bytes, 30); /* f.o's own, weak one */
    assert_int_equal(loss.bytes, 5000 - 30);
    rp_vec_free(&edges.v);
    rp_cutter_free(&c);
    fx_free(&x);
}

static void wrong_words_are_told(void **state)
{
    static const struct {
        const char *words, *code;
    } cases[] = {
        {"cut=main.o", "bad-cut"},
        {"cut=->f.o", "bad-cut"},
        {"cut=nothing->f.o", "no-match"},
        {"cut=f.o->main.o", "no-reference"},
        {"stub=nobody", "no-reference"},
        {"remove=f", "bad-what-if"},
        {"cut=main.o->f.o,stub=", "bad-what-if"},
    };
    (void)state;
    struct fx x;
    struct small p;
    struct rp_cutter c;
    make_small(&x, &p);
    assert_int_equal(rp_cutter_init(&x.ctx, &x.f, RP_BY_OBJECT, &c), REAP_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rp_edge_list edges = {0};
        assert_int_equal(rp_what_if_edges(&c, cases[i].words, &edges), REAP_ERR_USAGE);
        assert_string_equal(x.last_code, cases[i].code);
        rp_vec_free(&edges.v);
    }
    rp_cutter_free(&c);
    fx_free(&x);
}

/* --- diff ------------------------------------------------------------------------------------- */

static void growth_is_blamed_on_the_new_reference(void **state)
{
    (void)state;
    struct fx before, after;
    struct fx_program p, q;
    struct reap_diff_options o = {.size = sizeof o};
    char *text = NULL;
    size_t n = 0;
    int64_t growth = 0;
    fx_init(&before);
    fx_program(&before, &p);
    fx_init(&after);
    fx_program(&after, &q); /* the same, and main refers to g */
    fx_edge(&after, q.main, q.g, RP_EDGE_RELOC, "_ZN2ns1gEv", 77);
    for (rp_id i = 1; i < after.f.nodes.n; i++)
        after.f.nodes.v[i].live = 0;
    memset(&after.f.totals, 0, sizeof after.f.totals);
    fx_finish(&after);
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    assert_int_equal(rp_diff_write(&after.ctx, &before.f, &after.f, &o, out, &growth), REAP_OK);
    fclose(out);
    assert_int_equal(growth, 1000 + 28 + 5000);
    assert_non_null(strstr(text, "new 6,028, gone 0, grew 0, shrank 0"));
    assert_non_null(strstr(text, "new reference at main.o:.text.main+0x4d"));
    free(text);
    text = NULL;
    out = open_memstream(&text, &n);
    assert_int_equal(rp_diff_write(&after.ctx, &after.f, &before.f, &o, out, &growth), REAP_OK);
    fclose(out);
    assert_int_equal(growth, -(1000 + 28 + 5000));
    assert_non_null(strstr(text, "lost reference at main.o:.text.main+0x4d"));
    free(text);
    fx_free(&before);
    fx_free(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(savings_of_every_reference_equal_brute_force),
        cmocka_unit_test(pairs_of_references_equal_brute_force),
        cmocka_unit_test(guards_are_found_in_a_big_program),
        cmocka_unit_test(members_for_removed_sections_alone_are_told),
        cmocka_unit_test(another_definition_takes_the_place_of_one_that_goes),
        cmocka_unit_test(wrong_words_are_told),
        cmocka_unit_test(growth_is_blamed_on_the_new_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
