/* The search of a bisection: what it finds and what it costs, without any link. */
#include "api/bisect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

enum { MAX = 8000 };

/* A test that fails when all of one of these sets are removed. */
struct world {
    uint32_t set[2][4];
    unsigned n[2], n_sets;
    uint32_t undecided_from, undecided_to; /* prefixes of these lengths decide nothing */
    unsigned trials;
};

static enum reap_status trial(void *user, const struct rp_bitset *removed, unsigned steps_left,
                              enum rp_verdict *ret)
{
    struct world *w = user;
    uint32_t length = 0;
    assert_true(steps_left > 0);
    w->trials++;
    for (uint32_t i = 0; i < removed->n; i++)
        length += rp_bitset_get(removed, i);
    *ret = RP_PASS;
    for (unsigned s = 0; s < w->n_sets; s++) {
        bool all = true;
        for (unsigned i = 0; i < w->n[s]; i++)
            all &= rp_bitset_get(removed, w->set[s][i]);
        if (all)
            *ret = RP_FAIL;
    }
    if (length >= w->undecided_from && length < w->undecided_to)
        *ret = RP_UNRESOLVED;
    return REAP_OK;
}

static struct rp_found find(struct world *w, uint32_t n, uint32_t n_ranked)
{
    static uint32_t candidates[MAX];
    struct rp_ctx ctx;
    struct rp_found found = {0};
    struct rp_search s = {.n = n, .n_ranked = n_ranked, .trial = trial, .user = w};
    rp_ctx_init(&ctx, NULL, NULL);
    for (uint32_t i = 0; i < n; i++)
        candidates[i] = i;
    assert_int_equal(rp_search_minimal(&ctx, &s, candidates, n, &found), REAP_OK);
    rp_ctx_fini(&ctx);
    return found;
}

static void one_culprit_among_7900_costs_about_13_links(void **state)
{
    (void)state;
    static const uint32_t places[] = {1, 17, 3949, 3950, 5000, 7898, 7899};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct world w = {.set = {{places[i]}}, .n = {1}, .n_sets = 1};
        struct rp_found f = find(&w, 7900, 0);
        assert_int_equal(f.v.n, 1);
        assert_int_equal(f.v.v[0], places[i]);
        assert_true(f.exact);
        assert_true(w.trials <= 15);
        rp_vec_free(&f.v);
    }
}

static void culprit_that_is_ranked_first_is_found_at_once(void **state)
{
    (void)state;
    struct world w = {.set = {{0}}, .n = {1}, .n_sets = 1};
    struct rp_found f = find(&w, 7900, 12);
    assert_int_equal(f.v.n, 1);
    assert_int_equal(f.v.v[0], 0);
    assert_int_equal(w.trials, 1);
    rp_vec_free(&f.v);
}

static void ranked_culprits_are_looked_for_among_the_ranked(void **state)
{
    (void)state;
    struct world w = {.set = {{9}}, .n = {1}, .n_sets = 1};
    struct rp_found f = find(&w, 7900, 12);
    assert_int_equal(f.v.n, 1);
    assert_int_equal(f.v.v[0], 9);
    assert_true(w.trials <= 7);
    rp_vec_free(&f.v);
}

static void culprits_that_only_fail_together_are_all_found(void **state)
{
    (void)state;
    struct world w = {.set = {{5, 400, 6000}}, .n = {3}, .n_sets = 1};
    struct rp_found f = find(&w, 7900, 0);
    assert_int_equal(f.v.n, 3);
    assert_int_equal(f.v.v[0], 5);
    assert_int_equal(f.v.v[1], 400);
    assert_int_equal(f.v.v[2], 6000);
    rp_vec_free(&f.v);
}

static void of_independent_culprits_one_is_found(void **state)
{
    (void)state;
    struct world w = {.set = {{700}, {42}}, .n = {1, 1}, .n_sets = 2};
    struct rp_found f = find(&w, 1000, 0);
    assert_int_equal(f.v.n, 1);
    assert_int_equal(f.v.v[0], 42);
    rp_vec_free(&f.v);
}

static void undecided_trials_are_walked_around(void **state)
{
    (void)state;
    struct world w = {
        .set = {{900}}, .n = {1}, .n_sets = 1, .undecided_from = 499, .undecided_to = 503};
    struct rp_found f = find(&w, 1000, 0);
    assert_int_equal(f.v.n, 1);
    assert_int_equal(f.v.v[0], 900);
    assert_true(f.exact);
    rp_vec_free(&f.v);
}

static void what_cannot_be_decided_is_said(void **state)
{
    (void)state;
    struct world w = {
        .set = {{50}}, .n = {1}, .n_sets = 1, .undecided_from = 40, .undecided_to = 60};
    struct rp_found f = find(&w, 100, 0);
    assert_false(f.exact);
    bool found = false;
    for (size_t i = 0; i < f.v.n; i++)
        found |= f.v.v[i] == 50;
    assert_true(found);
    rp_vec_free(&f.v);
}

/* --- scripts -----------------------------------------------------------------------------------
 */

static struct rp_strbuf undone(const char *text, const char *pattern, size_t *ret_units)
{
    struct rp_ctx ctx;
    struct rp_arena arena = {0};
    struct rp_script_text t = {.path = "x.lds", .text = text, .size = strlen(text)};
    struct rp_strbuf out = {0};
    bool undo[16] = {0};
    rp_ctx_init(&ctx, NULL, NULL);
    assert_int_equal(rp_script_units(&ctx, &arena, &t), REAP_OK);
    assert_true(t.units.n < 16);
    for (size_t i = 0; i < t.units.n; i++)
        undo[i] = !strcmp(t.units.v[i].pattern, pattern);
    rp_script_undo(&t, undo, &out);
    *ret_units = t.units.n;
    rp_vec_free(&t.units);
    rp_arena_free(&arena);
    rp_ctx_fini(&ctx);
    return out;
}

static void discarded_patterns_are_units(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pattern, *want;
        size_t units;
    } cases[] = {
        {"/DISCARD/ : { *(.a .b) }", ".a", "/DISCARD/ : { *(   .b) }", 2},
        {"/DISCARD/ : { *(.a) *(.b) }", ".a", "/DISCARD/ : {       *(.b) }", 2},
        {"/DISCARD/ : { /* *(.x) */ *(SORT(.a)) }", ".a", "/DISCARD/ : { /* *(.x) */             }",
         1},
        {".text : { *(.a) }", ".a", ".text : { *(.a) }", 0},
        {"/DISCARD/ : { *(.a", ".a", "/DISCARD/ : {     ", 1},
        {"/DISCARD/ :", ".a", "/DISCARD/ :", 0},
        {"x : { *(.rela.iplt) }", ".rela.iplt",
         "x : {  __rela_iplt_start = .; *(.rela.iplt) __rela_iplt_end = .;  }", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n;
        struct rp_strbuf out = undone(cases[i].text, cases[i].pattern, &n);
        assert_string_equal(out.s, cases[i].want);
        assert_int_equal(n, cases[i].units);
        rp_strbuf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_culprit_among_7900_costs_about_13_links),
        cmocka_unit_test(culprit_that_is_ranked_first_is_found_at_once),
        cmocka_unit_test(ranked_culprits_are_looked_for_among_the_ranked),
        cmocka_unit_test(culprits_that_only_fail_together_are_all_found),
        cmocka_unit_test(of_independent_culprits_one_is_found),
        cmocka_unit_test(undecided_trials_are_walked_around),
        cmocka_unit_test(what_cannot_be_decided_is_said),
        cmocka_unit_test(discarded_patterns_are_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
