/* arena.c: bump allocation from a chain of blocks.
 *
 * Blocks start small, because each of thousands of object files has an arena, and double up to
 * 256 KiB. A request that is large for the current block size gets a block of its own, put second
 * in the chain, so that the room left in the first one is not lost. A reset arena keeps one block
 * with room for all that was in it.
 */
#include "util/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 1024, LARGEST_BLOCK = 256 * 1024 };

struct rp_arena_block {
    struct rp_arena_block *next;
    size_t used, size; /* bytes of data */
    _Alignas(max_align_t) unsigned char data[];
};

static struct rp_arena_block *block_new(size_t size)
{
    size_t bytes;
    if (__builtin_add_overflow(size, sizeof(struct rp_arena_block), &bytes))
        return NULL;
    struct rp_arena_block *b = malloc(bytes);
    if (!b)
        return NULL;
    b->next = NULL;
    b->used = 0;
    b->size = size;
    return b;
}

/* A block for one large request: behind the head, whose room is still good. */
static void *alloc_alone(struct rp_arena *a, size_t size)
{
    struct rp_arena_block *own = block_new(size);
    if (!own)
        return NULL;
    own->used = size;
    if (a->head) {
        own->next = a->head->next;
        a->head->next = own;
    } else {
        a->head = own;
    }
    return own->data;
}

void *rp_arena_alloc(struct rp_arena *a, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    if (size == 0)
        size = 1;
    if (size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) & ~(align - 1);
    struct rp_arena_block *b = a->head;
    if (!b || b->size - b->used < size) {
        size_t next = !b ? FIRST_BLOCK : b->size < LARGEST_BLOCK / 2 ? 2 * b->size : LARGEST_BLOCK;
        if (size > next / 2)
            return alloc_alone(a, size);
        struct rp_arena_block *fresh = block_new(next);
        if (!fresh)
            return NULL;
        fresh->next = b;
        a->head = b = fresh;
    }
    void *p = b->data + b->used;
    b->used += size;
    return p;
}

void *rp_arena_zalloc(struct rp_arena *a, size_t size)
{
    void *p = rp_arena_alloc(a, size);
    if (p)
        memset(p, 0, size);
    return p;
}

char *rp_arena_strndup(struct rp_arena *a, const char *s, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *p = rp_arena_alloc(a, n + 1);
    if (!p)
        return NULL;
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *rp_arena_strdup(struct rp_arena *a, const char *s)
{
    return rp_arena_strndup(a, s, strlen(s));
}

char *rp_arena_printf(struct rp_arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return NULL;
    char *p = rp_arena_alloc(a, (size_t)n + 1);
    if (!p)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}

void rp_arena_free(struct rp_arena *a)
{
    for (struct rp_arena_block *b = a->head; b;) {
        struct rp_arena_block *next = b->next;
        free(b);
        b = next;
    }
    a->head = NULL;
}

/* Several blocks become one of their size: what was needed once will be needed again. */
void rp_arena_reset(struct rp_arena *a)
{
    struct rp_arena_block *b = a->head;
    if (!b)
        return;
    if (b->next) {
        size_t total = 0;
        for (; b; b = b->next)
            total += b->size;
        rp_arena_free(a);
        a->head = b = block_new(total);
    }
    if (b)
        b->used = 0;
}
