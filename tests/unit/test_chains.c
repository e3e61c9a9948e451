/* test_chains.c: reasons, heads, retained bytes, totals and costs of roots. */
#include "report_fixture.h"

#include "report/view.h"

static void reasons_heads_and_bytes_of_a_small_program(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    const struct rp_fact_node *n = x.f.nodes.v;
    assert_int_equal(n[p.f].live, 1);
    assert_int_equal(n[p.f].reason, RP_REASON_LIVE);
    assert_int_equal(n[p.g].reason, RP_REASON_UNREFERENCED); /* its own call does not count */
    assert_int_equal(n[p.g].head, p.g);
    assert_int_equal(n[p.g].retained, 1000 + 5000 + 28);
    assert_int_equal(n[p.h].reason, RP_REASON_ONLY_FROM_DEAD);
    assert_int_equal(n[p.h].head, p.g);
    assert_int_equal(n[p.fde_g].reason, RP_REASON_DEAD_SUBJECT);
    assert_int_equal(n[p.fde_g].head, p.g);
    assert_int_equal(n[p.fde_f].live, 1);
    assert_int_equal(n[p.shared].head, 0); /* left and right hold it independently */
    assert_int_equal(n[p.shared].reason, RP_REASON_ONLY_FROM_DEAD);
    assert_int_equal(n[p.left].retained, 10);
    assert_int_equal(n[p.cycle_b].head, p.cycle_b); /* code stands for a cycle */
    assert_int_equal(n[p.cycle_a].head, p.cycle_b);
    assert_int_equal(n[p.cycle_b].reason, RP_REASON_ONLY_FROM_DEAD);
    assert_int_equal(n[p.seen].reason, RP_REASON_ONLY_FROM_DEBUG);
    assert_int_equal(n[p.copy].reason, RP_REASON_COMDAT_DUPLICATE);
    assert_int_equal(n[p.copy].head, 0);
    fx_free(&x);
}

static void members_of_a_group_do_not_explain_each_other(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    rp_id file = fx_file(&x, "a.o", NULL, "object");
    rp_id data = fx_node(&x, file, 1, ".data.x", NULL, 1, RP_CLASS_DATA);
    rp_id text = fx_node(&x, file, 2, ".text.x", NULL, 2, RP_CLASS_TEXT);
    fx_edge(&x, data, text, RP_EDGE_GROUP, "", 0);
    fx_edge(&x, text, data, RP_EDGE_GROUP, "", 0);
    fx_finish(&x);
    assert_int_equal(x.f.nodes.v[text].reason, RP_REASON_UNREFERENCED);
    assert_int_equal(x.f.nodes.v[text].head, text);
    assert_int_equal(x.f.nodes.v[data].reason, RP_REASON_ONLY_FROM_DEAD);
    assert_int_equal(x.f.nodes.v[data].head, text);
    assert_int_equal(x.f.nodes.v[text].retained, 3);
    fx_free(&x);
}

static void debug_bits_give_the_reason(void **state)
{
    (void)state;
    struct fx x;
    struct rp_bitset bits;
    fx_init(&x);
    rp_id file = fx_file(&x, "a.o", NULL, "object");
    rp_id a = fx_node(&x, file, 1, ".text.a", NULL, 1, RP_CLASS_TEXT);
    rp_id b = fx_node(&x, file, 2, ".text.b", NULL, 2, RP_CLASS_TEXT);
    assert_true(rp_bitset_init(&bits, x.f.nodes.n));
    rp_bitset_set(&bits, a);
    assert_int_equal(rp_facts_chains(&x.ctx, &x.f, &bits), REAP_OK);
    assert_int_equal(x.f.nodes.v[a].reason, RP_REASON_ONLY_FROM_DEBUG);
    assert_int_equal(x.f.nodes.v[b].reason, RP_REASON_UNREFERENCED);
    rp_bitset_free(&bits);
    fx_free(&x);
}

/* --- random graphs --------------------------------------------------------------------------- */

enum { N = 20 };

static uint32_t random_below(uint32_t n)
{
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

/* What is reached from the nodes in `from`, without `without`. */
static void reach(const struct rp_facts *f, const bool from[N + 1], rp_id without, bool seen[N + 1])
{
    for (rp_id i = 0; i <= N; i++)
        seen[i] = from[i] && i != without;
    for (bool again = true; again;) {
        again = false;
        for (rp_id e = 1; e < f->edges.n; e++) {
            rp_id a = f->edges.v[e].from, b = f->edges.v[e].to;
            if (seen[a] && !seen[b] && b != without && !f->nodes.v[b].live)
                seen[b] = again = true;
        }
    }
}

static void random_facts(struct fx *x)
{
    rp_id file = fx_file(x, "a.o", NULL, "object");
    for (uint32_t i = 1; i <= N; i++)
        fx_node(x, file, i, ".text", NULL, 1 + random_below(100),
                (enum rp_fact_class)random_below(3));
    uint32_t n_edges = random_below(3 * N);
    for (uint32_t e = 0; e < n_edges; e++)
        fx_edge(x, 1 + random_below(N), 1 + random_below(N), RP_EDGE_RELOC, "", 0);
    if (random_below(2))
        fx_root(x, 1 + random_below(N), RP_ROOT_ENTRY, "");
    fx_finish(x);
}

/* Entries are the nodes that are their own heads. */
static void check_chains(const struct rp_facts *f)
{
    bool entries[N + 1] = {false}, one[N + 1], all[N + 1], rest[N + 1];
    for (rp_id i = 1; i <= N; i++)
        entries[i] = !f->nodes.v[i].live && f->nodes.v[i].head == i;
    reach(f, entries, 0, all);
    for (rp_id i = 1; i <= N; i++)
        assert_int_equal(all[i], !f->nodes.v[i].live); /* everything dead hangs on an entry */
    for (rp_id i = 1; i <= N; i++) {
        if (f->nodes.v[i].live)
            continue;
        memset(one, 0, sizeof one);
        one[i] = true;
        bool from[N + 1];
        reach(f, one, 0, from);
        for (rp_id k = 1; entries[i] && k <= N; k++)
            assert_false(k != i && from[k] && entries[k]); /* no entry leads to another */
        reach(f, entries, i, rest);
        uint64_t bytes = 0;
        for (rp_id k = 1; k <= N; k++)
            bytes += !f->nodes.v[k].live && !rest[k] ? f->nodes.v[k].size : 0;
        assert_int_equal(f->nodes.v[i].retained, bytes);
    }
    for (rp_id v = 1; v <= N; v++) {
        if (f->nodes.v[v].live)
            continue;
        rp_id head = f->nodes.v[v].head;
        for (rp_id e = 1; e <= N; e++) {
            if (!entries[e])
                continue;
            reach(f, entries, e, rest);
            if (!rest[v]) /* this entry alone holds it */
                assert_int_equal(head, e);
        }
        if (head) { /* the head holds it */
            reach(f, entries, head, rest);
            assert_false(rest[v]);
        }
    }
}

static void heads_and_retained_bytes_agree_with_brute_force(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        struct fx x;
        fx_init(&x);
        random_facts(&x);
        check_chains(&x.f);
        fx_free(&x);
    }
}

/* --- sums ------------------------------------------------------------------------------------ */

static void totals_are_the_sums_of_nodes_and_of_files(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    struct rp_view view;
    struct rp_totals *by_file;
    fx_init(&x);
    fx_program(&x, &p);
    const struct rp_totals *t = &x.f.totals;
    assert_int_equal(t->kept[RP_CLASS_TEXT], 16 + 32 + 100);
    assert_int_equal(t->removed[RP_CLASS_TEXT], 1000 + 10 + 20 + 8 + 4);
    assert_int_equal(t->duplicate[RP_CLASS_TEXT], 100);
    assert_int_equal(t->kept[RP_CLASS_EH_FRAME], 24);
    assert_int_equal(t->removed[RP_CLASS_EH_FRAME], 28);
    assert_int_equal(t->kept_sections[RP_CLASS_EH_FRAME], 1); /* a part of it lives */
    assert_int_equal(t->removed_sections[RP_CLASS_EH_FRAME], 0);
    assert_int_equal(t->kept_n, 4);
    assert_int_equal(t->removed_n, 8);
    assert_int_equal(t->duplicate_n, 1);
    uint64_t nodes = 0, sums = 0, files = 0;
    for (rp_id i = 1; i < x.f.nodes.n; i++)
        nodes += x.f.nodes.v[i].size;
    assert_int_equal(rp_view_init(&x.ctx, &view, &x.f, RP_VIEW_FILES), REAP_OK);
    assert_int_equal(rp_totals_by_file(&view, &by_file), REAP_OK);
    for (unsigned c = 0; c < RP_N_CLASSES; c++) {
        sums += t->kept[c] + t->removed[c] + t->duplicate[c];
        for (rp_id i = 0; i < x.f.files.n; i++)
            files += by_file[i].kept[c] + by_file[i].removed[c] + by_file[i].duplicate[c];
    }
    assert_int_equal(sums, nodes);
    assert_int_equal(files, nodes);
    free(by_file);
    rp_view_free(&view);
    fx_free(&x);
}

static void costs_of_roots_are_what_dies_without_them(void **state)
{
    (void)state;
    struct fx x;
    struct rp_view view;
    struct rp_costs c;
    fx_init(&x);
    rp_id file = fx_file(&x, "a.o", NULL, "object");
    rp_id entry = fx_node(&x, file, 1, ".text.e", NULL, 1, RP_CLASS_TEXT);
    rp_id keep1 = fx_node(&x, file, 2, ".text.k1", NULL, 10, RP_CLASS_TEXT);
    rp_id keep2 = fx_node(&x, file, 3, ".text.k2", NULL, 20, RP_CLASS_TEXT);
    rp_id both = fx_node(&x, file, 4, ".text.both", NULL, 100, RP_CLASS_TEXT);
    rp_id keeps = fx_node(&x, file, 5, ".text.keeps", NULL, 1000, RP_CLASS_TEXT);
    fx_edge(&x, entry, both, RP_EDGE_RELOC, "", 0);
    fx_edge(&x, keep1, both, RP_EDGE_RELOC, "", 0);
    fx_edge(&x, keep1, keeps, RP_EDGE_RELOC, "", 0);
    fx_edge(&x, keep2, keeps, RP_EDGE_RELOC, "", 0);
    fx_root(&x, entry, RP_ROOT_ENTRY, "_start");
    fx_root(&x, keep1, RP_ROOT_KEEP, "x.lds:1");
    fx_root(&x, keep2, RP_ROOT_KEEP, "x.lds:2");
    fx_finish(&x);
    assert_int_equal(rp_view_init(&x.ctx, &view, &x.f, 0), REAP_OK);
    assert_int_equal(rp_costs_of(&view, &c), REAP_OK);
    assert_int_equal(c.reasons[RP_ROOT_ENTRY].only, 1);
    assert_int_equal(c.reasons[RP_ROOT_ENTRY].via, 101);
    assert_int_equal(c.reasons[RP_ROOT_KEEP].only, 1030); /* both KEEPs together hold keeps */
    assert_int_equal(c.reasons[RP_ROOT_KEEP].via, 1030);
    assert_int_equal(c.reasons[RP_ROOT_KEEP].n_roots, 2);
    assert_int_equal(c.n_groups, 3);
    assert_int_equal(c.groups[0].only, 20);
    assert_string_equal(rp_fact_str(&x.f, c.groups[0].detail), "x.lds:2");
    assert_int_equal(c.groups[1].only, 10);
    rp_costs_free(&c);
    rp_view_free(&view);
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_heads_and_bytes_of_a_small_program),
        cmocka_unit_test(members_of_a_group_do_not_explain_each_other),
        cmocka_unit_test(debug_bits_give_the_reason),
        cmocka_unit_test(heads_and_retained_bytes_agree_with_brute_force),
        cmocka_unit_test(totals_are_the_sums_of_nodes_and_of_files),
        cmocka_unit_test(costs_of_roots_are_what_dies_without_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
