/* strbuf.h: a growing string. A zeroed buffer is an empty string; failure is sticky in `oom`. */
#ifndef RP_UTIL_STRBUF_H
#define RP_UTIL_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct rp_strbuf {
    char *s; /* NUL-terminated once anything was added */
    size_t n, cap;
    bool oom;
};

void rp_strbuf_add(struct rp_strbuf *b, const char *s, size_t n);
void rp_strbuf_puts(struct rp_strbuf *b, const char *s);
void rp_strbuf_printf(struct rp_strbuf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Append n bytes that the caller fills in; where they start, or NULL when out of memory. Valid
 * until the next call that appends. */
char *rp_strbuf_extend(struct rp_strbuf *b, size_t n);
void rp_strbuf_free(struct rp_strbuf *b);

#endif
