/* test_arena.c: arenas, vectors and string buffers. */
#include "util/arena.h"
#include "util/strbuf.h"
#include "util/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void arena_allocations_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    struct rp_arena a = {0};
    enum { N = 2000 };
    unsigned char *p[N];
    for (unsigned i = 0; i < N; i++) {
        size_t size = i % 97 == 0 ? 5000 * (i % 5) : i % 40;
        p[i] = rp_arena_alloc(&a, size);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
        memset(p[i], (int)(i & 0xff), size);
    }
    for (unsigned i = 0; i < N; i++) {
        size_t size = i % 97 == 0 ? 5000 * (i % 5) : i % 40;
        for (size_t k = 0; k < size; k++)
            assert_int_equal(p[i][k], i & 0xff);
    }
    rp_arena_free(&a);
    assert_null(a.head);
}

static void arena_refuses_absurd_sizes(void **state)
{
    (void)state;
    struct rp_arena a = {0};
    assert_null(rp_arena_alloc(&a, SIZE_MAX));
    assert_null(rp_arena_alloc(&a, SIZE_MAX - 20));
    assert_null(rp_arena_strndup(&a, "", SIZE_MAX));
    rp_arena_free(&a);
}

static void arena_copies_and_formats_strings(void **state)
{
    (void)state;
    struct rp_arena a = {0};
    assert_string_equal(rp_arena_strndup(&a, "abcdef", 3), "abc");
    assert_string_equal(rp_arena_strdup(&a, ""), "");
    assert_string_equal(rp_arena_printf(&a, "%s/%u", "dir", 7u), "dir/7");
    rp_arena_free(&a);
}

static void vector_keeps_what_is_pushed(void **state)
{
    (void)state;
    RP_VEC(uint64_t) v = {0};
    for (uint64_t i = 0; i < 10000; i++)
        assert_true(rp_vec_push(&v, i * i));
    assert_int_equal(v.n, 10000);
    for (uint64_t i = 0; i < 10000; i++)
        assert_int_equal(v.v[i], i * i);
    assert_false(rp_vec_reserve(&v, SIZE_MAX));
    assert_int_equal(v.v[9999], 9999u * 9999u);
    rp_vec_free(&v);
    assert_int_equal(v.cap, 0);
}

static void strbuf_grows_over_long_formats(void **state)
{
    (void)state;
    struct rp_strbuf b = {0};
    rp_strbuf_puts(&b, "x");
    for (int i = 0; i < 100; i++)
        rp_strbuf_printf(&b, "%0100d", i);
    rp_strbuf_add(&b, "\0y", 2);
    assert_false(b.oom);
    assert_int_equal(b.n, 1 + 100 * 100 + 2);
    assert_int_equal(b.s[100], '0');
    assert_int_equal(b.s[10000], '9');
    assert_int_equal(b.s[b.n - 1], 'y');
    assert_int_equal(b.s[b.n], '\0');
    rp_strbuf_free(&b);
}

static void reset_arena_reuses_its_memory(void **state)
{
    (void)state;
    struct rp_arena a = {0};
    rp_arena_reset(&a); /* nothing was there */
    char *first = NULL;
    for (int round = 0; round < 5; round++) {
        char *p = rp_arena_alloc(&a, 100000);
        assert_non_null(p);
        memset(p, round, 100000);
        for (int i = 0; i < 1000; i++)
            memset(rp_arena_zalloc(&a, 100), i, 100);
        assert_int_equal(p[0], round);
        assert_int_equal(p[99999], round);
        if (round == 2) /* the one block that the first reset made is large enough */
            first = p;
        if (round > 2)
            assert_ptr_equal(p, first);
        rp_arena_reset(&a);
    }
    rp_arena_free(&a);
}

static void strbuf_extends_by_bytes_to_be_filled_in(void **state)
{
    (void)state;
    struct rp_strbuf b = {0};
    rp_strbuf_puts(&b, "ab");
    char *p = rp_strbuf_extend(&b, 3);
    assert_non_null(p);
    memcpy(p, "cde", 3);
    assert_string_equal(b.s, "abcde");
    assert_int_equal(b.n, 5);
    assert_null(rp_strbuf_extend(&b, SIZE_MAX - 2));
    assert_true(b.oom);
    rp_strbuf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_allocations_are_aligned_and_do_not_overlap),
        cmocka_unit_test(arena_refuses_absurd_sizes),
        cmocka_unit_test(arena_copies_and_formats_strings),
        cmocka_unit_test(vector_keeps_what_is_pushed),
        cmocka_unit_test(strbuf_grows_over_long_formats),
        cmocka_unit_test(reset_arena_reuses_its_memory),
        cmocka_unit_test(strbuf_extends_by_bytes_to_be_filled_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
