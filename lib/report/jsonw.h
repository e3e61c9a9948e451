/* jsonw.h: a streaming JSON writer. */
#ifndef RP_REPORT_JSONW_H
#define RP_REPORT_JSONW_H

#include "util/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

/* Output grows in `b`; the caller empties it from time to time (b.n = 0). A zeroed writer
 * is ready. Objects and arrays that are opened with `lines` put each item on a line of its own. */
enum { RP_JSON_DEPTH = 16 };
struct rp_jsonw {
    struct rp_strbuf b;
    unsigned depth;
    bool lines[RP_JSON_DEPTH], some[RP_JSON_DEPTH]; /* by depth: style; has an item already */
};

/* `key` is NULL within arrays. */
void rp_jsonw_open(struct rp_jsonw *w, const char *key, char bracket, bool lines); /* '{' or '[' */
void rp_jsonw_close(struct rp_jsonw *w, char bracket);                             /* '}' or ']' */
void rp_jsonw_number(struct rp_jsonw *w, const char *key, uint64_t n);
void rp_jsonw_bool(struct rp_jsonw *w, const char *key, bool x);
void rp_jsonw_null(struct rp_jsonw *w, const char *key);
/* Any bytes: valid UTF-8 stays, every other byte 0xNN becomes the lone surrogate \udcNN (Python's
 * "surrogateescape", PEP 383), so that names survive a round trip. */
void rp_jsonw_string(struct rp_jsonw *w, const char *key, const char *s);
/* The comma and the white space before an item of the open array or object, whose text the caller
 * adds to `b` itself: for items that another writer made in parallel. */
void rp_jsonw_item(struct rp_jsonw *w);

#endif
