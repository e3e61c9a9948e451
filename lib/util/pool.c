/* pool.c: fork-join over an index range.
 *
 * Threads take chunks of indices from an atomic counter. A failure at i lets every index above i
 * be skipped but none below it: those were handed out before i was and their threads finish them,
 * so the lowest failing index, whose status is returned, does not depend on timing.
 */
#include "util/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MAX_THREADS = 64, LARGEST_CHUNK = 64, CHUNKS_PER_THREAD = 16 };

struct job {
    size_t n, chunk;
    enum reap_status (*fn)(void *, size_t);
    void *arg;
    atomic_size_t next;
    atomic_size_t first_failed; /* lowest index that failed so far, n = none */
    pthread_mutex_t lock;
    enum reap_status status; /* of first_failed */
};

static void note_failure(struct job *j, size_t i, enum reap_status st)
{
    pthread_mutex_lock(&j->lock);
    if (i < atomic_load(&j->first_failed)) {
        atomic_store(&j->first_failed, i);
        j->status = st;
    }
    pthread_mutex_unlock(&j->lock);
}

static void *work(void *arg)
{
    struct job *j = arg;
    for (;;) {
        size_t i = atomic_fetch_add(&j->next, j->chunk);
        if (i >= j->n || i > atomic_load(&j->first_failed))
            return NULL;
        size_t end = j->n - i < j->chunk ? j->n : i + j->chunk;
        for (; i < end && i < atomic_load(&j->first_failed); i++) {
            enum reap_status st = j->fn(j->arg, i);
            if (st != REAP_OK)
                note_failure(j, i, st);
        }
    }
}

/* Signals go to the caller's thread: the workers of a library must not run handlers of the
 * program around it. Faults stay deliverable. */
static void block_signals(sigset_t *old)
{
    sigset_t all;
    sigfillset(&all);
    const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_BLOCK, &all, old);
}

static size_t threads_for(const struct rp_ctx *ctx, size_t n)
{
    size_t n_threads = ctx->n_threads < MAX_THREADS ? ctx->n_threads : MAX_THREADS;
    return n_threads < n ? n_threads : n;
}

static enum reap_status run(struct rp_ctx *ctx, size_t n, size_t chunk,
                            enum reap_status (*fn)(void *, size_t), void *arg)
{
    size_t n_threads = threads_for(ctx, n);
    if (n_threads < 2) {
        for (size_t i = 0; i < n; i++) {
            enum reap_status st = fn(arg, i);
            if (st != REAP_OK)
                return st;
        }
        return REAP_OK;
    }
    struct job j = {.n = n, .chunk = chunk, .fn = fn, .arg = arg, .status = REAP_OK};
    atomic_init(&j.next, 0);
    atomic_init(&j.first_failed, n);
    pthread_mutex_init(&j.lock, NULL);

    pthread_t threads[MAX_THREADS];
    size_t n_started = 0;
    sigset_t old;
    block_signals(&old);
    while (n_started < n_threads - 1 && pthread_create(&threads[n_started], NULL, work, &j) == 0)
        n_started++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    work(&j); /* whatever could not be started is done here */
    for (size_t i = 0; i < n_started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&j.lock);
    return j.status;
}

enum reap_status rp_parallel(struct rp_ctx *ctx, size_t n, enum reap_status (*fn)(void *, size_t),
                             void *arg)
{
    size_t n_threads = threads_for(ctx, n);
    size_t chunk = n_threads ? n / (n_threads * CHUNKS_PER_THREAD) : 1;
    return run(ctx, n, chunk < 1 ? 1 : chunk > LARGEST_CHUNK ? LARGEST_CHUNK : chunk, fn, arg);
}

enum reap_status rp_parallel_in_order(struct rp_ctx *ctx, size_t n,
                                      enum reap_status (*fn)(void *, size_t), void *arg)
{
    return run(ctx, n, 1, fn, arg);
}
