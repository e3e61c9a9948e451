/* jsonw.c: a streaming JSON writer (RFC 8259).
 *
 * Names come from object files and may hold any byte. What is no valid UTF-8 is escaped as a lone
 * surrogate, which JSON's grammar allows and which every reader can tell from a real character.
 */
#include "report/jsonw.h"

#include <inttypes.h>
#include <stddef.h>

/* Length of the valid UTF-8 sequence at s (RFC 3629), 0 when there is none. */
static size_t utf8_length(const unsigned char *s)
{
    unsigned char c = s[0], lo = 0x80, hi = 0xbf;
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : 0;
    if (c >= 0xf0 && c < 0xf5)
        n = 4;
    if (c == 0xe0)
        lo = 0xa0; /* overlong */
    else if (c == 0xed)
        hi = 0x9f; /* surrogates */
    else if (c == 0xf0)
        lo = 0x90; /* overlong */
    else if (c == 0xf4)
        hi = 0x8f; /* above U+10FFFF */
    for (size_t i = 1; i < n; i++) {
        if (s[i] < lo || s[i] > hi)
            return 0; /* the terminating NUL ends here too */
        lo = 0x80;
        hi = 0xbf;
    }
    return n;
}

static void quote(struct rp_strbuf *b, const char *text)
{
    const unsigned char *s = (const unsigned char *)text, *from = s;
    rp_strbuf_add(b, "\"", 1);
    while (*s) {
        size_t n = utf8_length(s);
        if (n && *s >= 0x20 && *s != '"' && *s != '\\' && *s != 0x7f) {
            s += n;
            continue;
        }
        rp_strbuf_add(b, (const char *)from, (size_t)(s - from));
        if (*s == '"' || *s == '\\')
            rp_strbuf_printf(b, "\\%c", *s);
        else
            rp_strbuf_printf(b, "\\u%s%02x", n ? "00" : "dc", *s);
        from = ++s;
    }
    rp_strbuf_add(b, (const char *)from, (size_t)(s - from));
    rp_strbuf_add(b, "\"", 1);
}

static void newline(struct rp_jsonw *w, unsigned depth)
{
    rp_strbuf_add(&w->b, "\n", 1);
    for (unsigned i = 0; i < depth; i++)
        rp_strbuf_add(&w->b, " ", 1);
}

void rp_jsonw_item(struct rp_jsonw *w)
{
    if (!w->depth)
        return;
    unsigned d = w->depth - 1;
    if (w->some[d])
        rp_strbuf_add(&w->b, ",", 1);
    if (w->lines[d])
        newline(w, w->depth);
    else if (w->some[d])
        rp_strbuf_add(&w->b, " ", 1);
    w->some[d] = true;
}

static void begin(struct rp_jsonw *w, const char *key)
{
    rp_jsonw_item(w);
    if (key) {
        quote(&w->b, key);
        rp_strbuf_add(&w->b, ": ", 2);
    }
}

void rp_jsonw_open(struct rp_jsonw *w, const char *key, char bracket, bool lines)
{
    begin(w, key);
    rp_strbuf_add(&w->b, &bracket, 1);
    if (w->depth >= RP_JSON_DEPTH) {
        w->b.oom = true; /* cannot happen: no caller nests that deep */
        return;
    }
    w->lines[w->depth] = lines;
    w->some[w->depth] = false;
    w->depth++;
}

void rp_jsonw_close(struct rp_jsonw *w, char bracket)
{
    if (!w->depth)
        return;
    w->depth--;
    if (w->lines[w->depth] && w->some[w->depth])
        newline(w, w->depth);
    rp_strbuf_add(&w->b, &bracket, 1);
}

void rp_jsonw_number(struct rp_jsonw *w, const char *key, uint64_t n)
{
    begin(w, key);
    rp_strbuf_printf(&w->b, "%" PRIu64, n);
}

void rp_jsonw_bool(struct rp_jsonw *w, const char *key, bool x)
{
    begin(w, key);
    rp_strbuf_puts(&w->b, x ? "true" : "false");
}

void rp_jsonw_null(struct rp_jsonw *w, const char *key)
{
    begin(w, key);
    rp_strbuf_puts(&w->b, "null");
}

void rp_jsonw_string(struct rp_jsonw *w, const char *key, const char *s)
{
    begin(w, key);
    quote(&w->b, s);
}
