/* test_strmap.c: the string map. */
#include "util/strmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void map_finds_every_key_after_growth(void **state)
{
    (void)state;
    enum { N = 50000 };
    char(*keys)[16] = calloc(N, sizeof *keys);
    struct rp_strmap m = {0};
    assert_int_equal(rp_strmap_get(&m, "k0", 2), 0);
    for (uint32_t i = 0; i < N; i++) {
        snprintf(keys[i], sizeof keys[i], "k%u", i);
        uint32_t *v = rp_strmap_put(&m, keys[i], strlen(keys[i]));
        assert_non_null(v);
        assert_int_equal(*v, 0);
        *v = i + 1;
    }
    assert_int_equal(m.n, N);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(rp_strmap_get(&m, keys[i], strlen(keys[i])), i + 1);
    assert_int_equal(rp_strmap_get(&m, "absent", 6), 0);
    assert_int_equal(*rp_strmap_put(&m, "k7", 2), 8);
    assert_int_equal(m.n, N);
    rp_strmap_free(&m);
    free(keys);
}

static void map_compares_by_length_and_bytes(void **state)
{
    (void)state;
    struct rp_strmap m = {0};
    /* One hash for all: only the comparison can tell them apart. */
    *rp_strmap_put_h(&m, "ab\0c", 4, 42) = 1;
    *rp_strmap_put_h(&m, "ab\0d", 4, 42) = 2;
    *rp_strmap_put_h(&m, "ab", 2, 42) = 3;
    *rp_strmap_put_h(&m, "", 0, 42) = 4;
    assert_int_equal(rp_strmap_get_h(&m, "ab\0c", 4, 42), 1);
    assert_int_equal(rp_strmap_get_h(&m, "ab\0d", 4, 42), 2);
    assert_int_equal(rp_strmap_get_h(&m, "ab", 2, 42), 3);
    assert_int_equal(rp_strmap_get_h(&m, "", 0, 42), 4);
    assert_int_equal(rp_strmap_get_h(&m, "ab", 1, 42), 0);
    rp_strmap_free(&m);
}

static void reserve_spares_later_growth(void **state)
{
    (void)state;
    struct rp_strmap m = {0};
    assert_true(rp_strmap_reserve(&m, 1000));
    size_t mask = m.mask;
    char keys[1000][8];
    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(keys[i], sizeof keys[i], "%u", i);
        *rp_strmap_put(&m, keys[i], strlen(keys[i])) = i + 1;
    }
    assert_int_equal(m.mask, mask);
    rp_strmap_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_finds_every_key_after_growth),
        cmocka_unit_test(map_compares_by_length_and_bytes),
        cmocka_unit_test(reserve_spares_later_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
