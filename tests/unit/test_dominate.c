/* test_dominate.c: dominators and components against brute force, and at scale. */
#include "report_fixture.h"

#include "report/scc.h"

#include <time.h>

enum { MAX_N = 24 };

struct graph {
    uint32_t n, start[MAX_N + 2], to[MAX_N * MAX_N], entries[MAX_N], n_entries;
};

static uint32_t random_below(uint32_t n)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

static void make_graph(struct graph *g)
{
    g->n = 1 + random_below(MAX_N - 1);
    uint32_t density = 1 + random_below(g->n), k = 0;
    g->start[0] = g->start[1] = 0;
    for (uint32_t i = 1; i <= g->n; i++) {
        for (uint32_t j = 1; j <= g->n; j++)
            if (random_below(g->n * 2) < density)
                g->to[k++] = j;
        g->start[i + 1] = k;
    }
    g->n_entries = random_below(4);
    for (uint32_t i = 0; i < g->n_entries; i++)
        g->entries[i] = 1 + random_below(g->n); /* doubles too */
}

/* Nodes that are reached without going through `without` (0 = none). */
static void reach(const struct graph *g, uint32_t without, bool seen[MAX_N + 1])
{
    memset(seen, 0, MAX_N + 1);
    for (uint32_t i = 0; i < g->n_entries; i++)
        seen[g->entries[i]] = g->entries[i] != without;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 1; i <= g->n; i++)
            for (uint32_t e = g->start[i]; seen[i] && e < g->start[i + 1]; e++)
                if (!seen[g->to[e]] && g->to[e] != without)
                    seen[g->to[e]] = again = true;
    }
}

/* The dominator that every other dominator of the node dominates. */
static uint32_t brute_idom(const struct graph *g, uint32_t v, bool dom[MAX_N + 1][MAX_N + 1])
{
    for (uint32_t d = 1; d <= g->n; d++) {
        bool nearest = d != v && dom[d][v];
        for (uint32_t other = 1; nearest && other <= g->n; other++)
            if (other != v && dom[other][v] && other != d && !dom[other][d])
                nearest = false;
        if (nearest)
            return d;
    }
    return 0;
}

static void dominators_agree_with_brute_force(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    uint32_t n_nonzero = 0;
    for (int round = 0; round < 2000; round++) {
        static struct graph g;
        bool all[MAX_N + 1], rest[MAX_N + 1];
        static bool dom[MAX_N + 1][MAX_N + 1]; /* dom[d][v]: d dominates v */
        uint32_t idom[MAX_N + 1];
        make_graph(&g);
        reach(&g, 0, all);
        for (uint32_t d = 1; d <= g.n; d++) {
            reach(&g, d, rest);
            for (uint32_t v = 1; v <= g.n; v++)
                dom[d][v] = all[d] && all[v] && (d == v || !rest[v]);
        }
        assert_int_equal(rp_dominators(&x.ctx, g.n, g.start, g.to, g.entries, g.n_entries, idom),
                         REAP_OK);
        for (uint32_t v = 1; v <= g.n; v++) {
            uint32_t want = all[v] ? brute_idom(&g, v, dom) : 0;
            assert_int_equal(idom[v], want);
            n_nonzero += want != 0;
        }
    }
    assert_true(n_nonzero > 2000); /* the graphs are not trivial */
    fx_free(&x);
}

static void components_agree_with_brute_force(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    for (int round = 0; round < 500; round++) {
        static struct graph g;
        bool from[MAX_N + 1][MAX_N + 1];
        uint32_t comp[MAX_N + 1], n_comps;
        make_graph(&g);
        g.n_entries = 1;
        for (uint32_t v = 1; v <= g.n; v++) {
            g.entries[0] = v;
            reach(&g, 0, from[v]);
        }
        assert_int_equal(rp_scc(&x.ctx, g.n, g.start, g.to, comp, &n_comps), REAP_OK);
        for (uint32_t a = 1; a <= g.n; a++) {
            assert_in_range(comp[a], 1, n_comps);
            for (uint32_t b = 1; b <= g.n; b++) {
                assert_int_equal(comp[a] == comp[b], from[a][b] && from[b][a]);
                if (from[a][b]) /* reverse topological: what is reached comes first */
                    assert_true(comp[b] <= comp[a]);
            }
        }
    }
    fx_free(&x);
}

/* As many nodes and edges as all of LLVM has, a third of them one long chain: no recursion. */
static void dominators_of_millions_of_nodes_are_fast(void **state)
{
    (void)state;
    enum { N = 1500000, M = 2500000 };
    struct fx x;
    fx_init(&x);
    uint32_t *start = calloc(N + 3, sizeof *start), *to = calloc(M, sizeof *to);
    uint32_t *idom = calloc(N + 1, sizeof *idom), *from = calloc(M, sizeof *from);
    assert_true(start && to && idom && from);
    uint32_t *target = calloc(M, sizeof *target);
    assert_non_null(target);
    for (uint32_t e = 0; e < M; e++) {
        from[e] = e < N / 3 ? e + 1 : 1 + random_below(N);
        target[e] = e < N / 3 ? e + 2 : 1 + random_below(N);
        start[from[e] + 1]++;
    }
    for (uint32_t i = 1; i <= N + 1; i++)
        start[i] += start[i - 1];
    uint32_t *at = malloc((N + 3) * sizeof *at);
    assert_non_null(at);
    memcpy(at, start, (N + 2) * sizeof *at);
    for (uint32_t e = 0; e < M; e++)
        to[at[from[e]]++] = target[e];
    uint32_t entry = 1;
    struct timespec t0, t1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
    assert_int_equal(rp_dominators(&x.ctx, N, start, to, &entry, 1, idom), REAP_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
    double s = (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec);
    print_message("dominators of %d nodes, %d edges: %.2f s of CPU\n", N, M, s);
    assert_true(s < 10); /* about 0.6 s; sanitizers and a busy machine take more */
    assert_int_equal(idom[1], 0);
    free(start);
    free(to);
    free(idom);
    free(from);
    free(target);
    free(at);
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dominators_agree_with_brute_force),
        cmocka_unit_test(components_agree_with_brute_force),
        cmocka_unit_test(dominators_of_millions_of_nodes_are_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
