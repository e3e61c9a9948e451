/* words.c: names, sizes and places as people read them.
 *
 * Names come from files and may hold any byte; what could garble a terminal is shown as \xNN.
 */
#include "report/view.h"

#include <demangle.h>
#include <inttypes.h>
#include <string.h>

void rp_word_plain(const char *s, struct rp_strbuf *b)
{
    const char *from = s;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >= 0x20 && c != 0x7f)
            continue;
        rp_strbuf_add(b, from, (size_t)(s - from));
        rp_strbuf_printf(b, "\\x%02x", c);
        from = s + 1;
    }
    rp_strbuf_add(b, from, (size_t)(s - from));
}

void rp_word_file(const struct rp_facts *f, rp_id file, struct rp_strbuf *b)
{
    const struct rp_fact_file *ff = &f->files.v[file];
    rp_word_plain(rp_fact_str(f, ff->path), b);
    if (ff->member) {
        rp_strbuf_puts(b, "(");
        rp_word_plain(rp_fact_str(f, ff->member), b);
        rp_strbuf_puts(b, ")");
    }
}

void rp_word_node(const struct rp_facts *f, rp_id id, struct rp_strbuf *b)
{
    const struct rp_fact_node *node = &f->nodes.v[id];
    if (node->kind == RP_NODE_SET) {
        rp_word_plain(rp_fact_str(f, node->section), b);
        return;
    }
    rp_word_file(f, node->file, b);
    rp_strbuf_puts(b, ":");
    rp_word_plain(rp_fact_str(f, node->section), b);
    if (node->kind == RP_NODE_COMMON) {
        rp_strbuf_puts(b, " ");
        rp_word_plain(rp_fact_str(f, node->name), b);
    } else if (node->kind != RP_NODE_SECTION) {
        rp_strbuf_printf(b, "+0x%" PRIx64, node->offset);
    }
}

char *rp_demangle(const char *name, enum rp_demangle_form form)
{
    static const int forms[] = {
        [RP_DEMANGLE_FULL] = DMGL_PARAMS | DMGL_ANSI,
        [RP_DEMANGLE_NO_RETURN] = DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP,
        [RP_DEMANGLE_SHORT] = DMGL_NO_OPTS,
    };
    int options = forms[form];
    /* Only what a mangler makes; "i" alone would become "int". */
    char *s = name[0] == '_' ? cplus_demangle(name, options) : NULL;
    return s ? s : strdup(name);
}

void rp_word_symbol(const char *mangled, struct rp_strbuf *b)
{
    char *s = rp_demangle(mangled, RP_DEMANGLE_FULL);
    if (s)
        rp_word_plain(s, b);
    else
        b->oom = true;
    free(s);
}

/* Bytes of the UTF-8 character at s. */
static size_t step(const char *s)
{
    size_t n = 1;
    while (((unsigned char)s[n] & 0xc0) == 0x80)
        n++;
    return n;
}

void rp_word_fit(const char *s, size_t columns, struct rp_strbuf *b)
{
    size_t n = 0;
    for (const char *p = s; *p; p += step(p))
        n++;
    if (n <= columns) {
        rp_strbuf_puts(b, s);
        return;
    }
    /* the beginning and the end say most: cut in the middle */
    size_t head = (columns - 1) * 2 / 3, tail = columns - 1 - head, at = 0;
    const char *p = s;
    for (; at < head; at++)
        p += step(p);
    rp_strbuf_add(b, s, (size_t)(p - s));
    rp_strbuf_puts(b, "…");
    for (; at < n - tail; at++)
        p += step(p);
    rp_strbuf_puts(b, p);
}

void rp_word_symbol_fit(const char *mangled, size_t columns, struct rp_strbuf *b)
{
    char *s = rp_demangle(mangled, RP_DEMANGLE_SHORT);
    struct rp_strbuf plain = {0};
    if (s)
        rp_word_plain(s, &plain);
    if (s && !plain.oom && plain.s)
        rp_word_fit(plain.s, columns, b);
    else
        b->oom |= !s || plain.oom;
    rp_strbuf_free(&plain);
    free(s);
}

void rp_word_size(uint64_t bytes, struct rp_strbuf *b)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned unit = 0;
    double x = (double)bytes;
    while (x >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
        x /= 1024;
        unit++;
    }
    if (unit)
        rp_strbuf_printf(b, "%.1f %s", x, units[unit]);
    else
        rp_strbuf_printf(b, "%" PRIu64 " B", bytes);
}

void rp_word_number(uint64_t n, struct rp_strbuf *b)
{
    char digits[24], out[32];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n), k = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[k++] = ',';
        out[k++] = digits[i];
    }
    rp_strbuf_add(b, out, (size_t)k);
}
