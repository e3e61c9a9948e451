/* pool.h: run a function over an index range on ctx->n_threads threads. */
#ifndef RP_UTIL_POOL_H
#define RP_UTIL_POOL_H

#include "util/ctx.h"

#include <stddef.h>

/* Call fn(arg, i) once for each i in [0, n), in any order, from several threads (work is handed
 * out in small chunks by an atomic counter). Returns the status of the lowest i that failed, so
 * that the result does not depend on timing; after a failure the rest may be skipped. Runs
 * inline with one thread or when threads cannot be started. */
enum reap_status rp_parallel(struct rp_ctx *ctx, size_t n, enum reap_status (*fn)(void *, size_t),
                             void *arg);
/* The same for few, large pieces of work: they are begun one by one in the order of their indices,
 * so that fn(arg, i) may wait for something that a call with a smaller index does. After a failure
 * at i only calls above i are skipped. */
enum reap_status rp_parallel_in_order(struct rp_ctx *ctx, size_t n,
                                      enum reap_status (*fn)(void *, size_t), void *arg);

#endif
