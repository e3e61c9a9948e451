/* test_pool.c: the thread pool. */
#include "util/pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { N = 5000 };

struct work {
    atomic_int calls[N];
    size_t fail_at[2];
};

static enum reap_status count(void *arg, size_t i)
{
    struct work *w = arg;
    atomic_fetch_add(&w->calls[i], 1);
    if (i == w->fail_at[0])
        return REAP_ERR_INPUT;
    return i == w->fail_at[1] ? REAP_ERR_IO : REAP_OK;
}

static void every_index_is_visited_once(void **state)
{
    (void)state;
    struct work *w = calloc(1, sizeof *w);
    w->fail_at[0] = w->fail_at[1] = N;
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, NULL, NULL);
    for (unsigned threads = 1; threads < 9; threads++) {
        ctx.n_threads = threads;
        assert_int_equal(rp_parallel(&ctx, N, count, w), REAP_OK);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(w->calls[i], threads);
    }
    assert_int_equal(rp_parallel(&ctx, 0, count, w), REAP_OK);
    rp_ctx_fini(&ctx);
    free(w);
}

static void the_lowest_failure_wins_whatever_the_timing(void **state)
{
    (void)state;
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, NULL, NULL);
    ctx.n_threads = 4;
    for (int round = 0; round < 200; round++) {
        struct work *w = calloc(1, sizeof *w);
        w->fail_at[0] = 1000; /* REAP_ERR_INPUT */
        w->fail_at[1] = 1001 + (size_t)round;
        assert_int_equal(rp_parallel(&ctx, N, count, w), REAP_ERR_INPUT);
        for (size_t i = 0; i <= 1000; i++)
            assert_int_equal(w->calls[i], 1);
        free(w);
    }
    rp_ctx_fini(&ctx);
}

struct chain {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t n_done;
};

/* Waits for the call before it, which must have been begun. */
static enum reap_status after_the_one_before(void *arg, size_t i)
{
    struct chain *c = arg;
    pthread_mutex_lock(&c->lock);
    while (c->n_done != i)
        pthread_cond_wait(&c->changed, &c->lock);
    c->n_done++;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return REAP_OK;
}

static void calls_in_order_may_wait_for_those_before(void **state)
{
    (void)state;
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, NULL, NULL);
    for (unsigned threads = 1; threads < 9; threads++) {
        struct chain c = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
        ctx.n_threads = threads;
        assert_int_equal(rp_parallel_in_order(&ctx, N, after_the_one_before, &c), REAP_OK);
        assert_int_equal(c.n_done, N);
    }
    rp_ctx_fini(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_is_visited_once),
        cmocka_unit_test(the_lowest_failure_wins_whatever_the_timing),
        cmocka_unit_test(calls_in_order_may_wait_for_those_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
