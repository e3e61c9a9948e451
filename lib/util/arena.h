/* arena.h: memory that lives as long as its owner and is freed at once. Not thread-safe. */
#ifndef RP_UTIL_ARENA_H
#define RP_UTIL_ARENA_H

#include <stddef.h>

struct rp_arena_block;
struct rp_arena {
    struct rp_arena_block *head;
};

/* `size` bytes aligned for any type, not cleared. NULL when out of memory. */
void *rp_arena_alloc(struct rp_arena *a, size_t size);
void *rp_arena_zalloc(struct rp_arena *a, size_t size);
char *rp_arena_strndup(struct rp_arena *a, const char *s, size_t n);
char *rp_arena_strdup(struct rp_arena *a, const char *s);
char *rp_arena_printf(struct rp_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void rp_arena_free(struct rp_arena *a);
/* Give everything back, but keep the memory for the next allocations: an owner that is used for
 * one thing after another soon asks the system for nothing more. */
void rp_arena_reset(struct rp_arena *a);

#endif
