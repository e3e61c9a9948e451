/* strbuf.c: a growing string; see strbuf.h. */
#include "util/strbuf.h"

#include "util/vec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for n more bytes and a NUL. */
static bool reserve(struct rp_strbuf *b, size_t n)
{
    size_t want;
    if (b->oom)
        return false;
    if (__builtin_add_overflow(b->n, n, &want) || __builtin_add_overflow(want, 1, &want) ||
        (want > b->cap && !rp_vec_grow((void **)&b->s, &b->cap, want, 1)))
        b->oom = true;
    return !b->oom;
}

void rp_strbuf_add(struct rp_strbuf *b, const char *s, size_t n)
{
    if (!reserve(b, n))
        return;
    if (n)
        memcpy(b->s + b->n, s, n);
    b->n += n;
    b->s[b->n] = '\0';
}

void rp_strbuf_puts(struct rp_strbuf *b, const char *s)
{
    rp_strbuf_add(b, s, strlen(s));
}

void rp_strbuf_printf(struct rp_strbuf *b, const char *fmt, ...)
{
    if (!reserve(b, 0))
        return;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(b->s + b->n, b->cap - b->n, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->oom = true;
    } else if ((size_t)n >= b->cap - b->n) {
        if (!reserve(b, (size_t)n)) {
            b->s[b->n] = '\0';
            return;
        }
        va_start(ap, fmt);
        vsnprintf(b->s + b->n, b->cap - b->n, fmt, ap);
        va_end(ap);
    }
    if (!b->oom)
        b->n += (size_t)n;
}

char *rp_strbuf_extend(struct rp_strbuf *b, size_t n)
{
    if (!reserve(b, n))
        return NULL;
    char *p = b->s + b->n;
    b->n += n;
    b->s[b->n] = '\0';
    return p;
}

void rp_strbuf_free(struct rp_strbuf *b)
{
    free(b->s);
    memset(b, 0, sizeof *b);
}
