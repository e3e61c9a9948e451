/* script_lex.c: the words of linker scripts.
 *
 * Accepts what GNU ld, gold and lld accept, taken together: C comments, `#` to the end of the
 * line (lld; GNU ld ignores a stray `#`), quoted names that may span lines, numbers with K and M,
 * `$ff` and `0ffH` (GNU ld manual, Constants). Where the linkers' words differ the reading that
 * mentions more names is taken.
 */
#include "link/script_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAX_FILE = 64 << 20, /* bytes of one script; the largest real ones are below 1 MiB */
    MAX_DEPTH = 500,     /* nested brackets */
};

static bool grow(char **buf, size_t *cap, size_t want)
{
    if (want <= *cap)
        return true;
    size_t n = *cap ? *cap * 2 : 64 * 1024;
    char *b = realloc(*buf, n);
    if (!b)
        return false;
    *buf = b;
    *cap = n;
    return true;
}

static enum reap_status read_all(struct rp_ctx *ctx, const char *path, int fd, char **buf,
                                 size_t *ret_n)
{
    size_t n = 0, cap = 0;
    for (;;) {
        if (!grow(buf, &cap, n + 1))
            return rp_nomem(ctx);
        ssize_t got = read(fd, *buf + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rp_fail(ctx, REAP_ERR_IO, "script-unreadable", rp_at(path), "cannot read: %s",
                           strerror(errno));
        if (got == 0)
            break;
        n += (size_t)got;
        if (n > MAX_FILE)
            return rp_fail(ctx, REAP_ERR_INPUT, "script-too-large", rp_at(path),
                           "larger than %d MiB, which no script is", MAX_FILE >> 20);
    }
    if (memchr(*buf, '\0', n))
        return rp_fail(ctx, REAP_ERR_INPUT, "script-binary", rp_at(path),
                       "has a NUL byte: not a script");
    *ret_n = n;
    return REAP_OK;
}

enum reap_status rp_script_load(struct rp_ctx *ctx, const char *path, char **ret, size_t *ret_n)
{
    char *buf = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rp_fail(ctx, REAP_ERR_IO, "script-unreadable", rp_at(path), "cannot open: %s",
                       strerror(errno));
    enum reap_status st = read_all(ctx, path, fd, &buf, ret_n);
    close(fd);
    if (st != REAP_OK) {
        free(buf);
        return st;
    }
    *ret = buf;
    return REAP_OK;
}

/* --- errors ---------------------------------------------------------------------------------- */

bool rp_out_of_memory(struct rp_parser *p)
{
    if (!rp_failed(p))
        p->status = rp_nomem(p->ctx);
    return false;
}

const char *rp_origin(struct rp_parser *p)
{
    const char *s = rp_arena_printf(p->arena, "%s:%u", p->src->name, p->src->line);
    if (!s)
        rp_out_of_memory(p);
    return s;
}

bool rp_syntax(struct rp_parser *p, const char *fmt, ...)
{
    if (rp_failed(p))
        return false;
    const char *at = rp_origin(p);
    if (!at)
        return false;
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    p->status = rp_fail(p->ctx, REAP_ERR_INPUT, "script-syntax", rp_at(at), "%s", text);
    return false;
}

bool rp_syntax_expected(struct rp_parser *p, const char *what)
{
    if (rp_failed(p))
        return false;
    if (p->tok.kind == RP_TOK_END)
        return rp_syntax(p, "expected %s, but the file ends", what);
    int n = p->tok.len > 60 ? 60 : (int)p->tok.len;
    return rp_syntax(p, "expected %s, not '%.*s'", what, n, p->tok.s);
}

bool rp_enter(struct rp_parser *p)
{
    if (++p->depth > MAX_DEPTH)
        return rp_syntax(p, "nested deeper than %d levels", MAX_DEPTH);
    return true;
}

/* --- tokens ---------------------------------------------------------------------------------- */

static void count_lines(struct rp_source *s, const char *from, const char *to)
{
    for (; from < to; from++)
        if (*from == '\n')
            s->line++;
}

/* Skip blanks and comments. */
static void skip_blanks(struct rp_parser *p)
{
    struct rp_source *s = p->src;
    while (s->p < s->end) {
        if (strchr(" \t\r\n\f\v", *s->p)) {
            if (*s->p == '\n')
                s->line++;
            s->p++;
        } else if (*s->p == '#') {
            const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p));
            s->p = nl ? nl : s->end;
        } else if (s->end - s->p >= 2 && s->p[0] == '/' && s->p[1] == '*') {
            const char *q = s->p + 2;
            while (s->end - q >= 2 && !(q[0] == '*' && q[1] == '/'))
                q++;
            if (s->end - q < 2) {
                rp_syntax(p, "comment is not closed");
                return;
            }
            count_lines(s, s->p, q);
            s->p = q + 2;
        } else {
            return;
        }
    }
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80; /* names in UTF-8 */
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool in_name(char c, enum rp_lex_mode mode)
{
    if (is_alnum(c) || c == '_' || c == '.' || c == '$' || c == '\\')
        return true;
    switch (mode) {
    case RP_LEX_EXPR: return c == '@';
    case RP_LEX_WILD: return c != '\0' && strchr("/-+=:[]~?*^!@%", c);
    case RP_LEX_PLAIN: return c != '\0' && strchr("/-+[]~?*^@%", c);
    case RP_LEX_FILES: return !strchr(" \t\r\n\f\v(),;{}\"", c);
    }
    return false;
}

/* `foo=1` and `foo+=1` without blanks: a name that runs into an assignment ends before it. */
static const char *before_assignment(const char *s, const char *q, const char *end)
{
    if (q < end && *q == '=' && q - s >= 2 && strchr("+-*/&|^", q[-1]))
        return q - 1;
    return q;
}

/* Multi-byte operators, longest first. */
static size_t operator_length(const char *s, size_t left)
{
    static const char *const ops[] = {"<<=", ">>=", "<<", ">>", "==", "!=", "<=", ">=", "&&",
                                      "||",  "+=",  "-=", "*=", "/=", "&=", "|=", "^="};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        size_t n = strlen(ops[i]);
        if (n <= left && memcmp(s, ops[i], n) == 0)
            return n;
    }
    return 1;
}

/* `$` and hexadecimal digits is a number (GNU ld manual, Constants), else a name. */
static bool is_dollar_number(const char *s, const char *q)
{
    if (*s != '$' || q - s < 2)
        return false;
    for (const char *c = s + 1; c < q; c++)
        if (!is_hex(*c) && !(c + 1 == q && strchr("kKmM", *c)))
            return false;
    return true;
}

static struct rp_token lex_word(const struct rp_source *s, enum rp_lex_mode mode)
{
    const char *q = s->p;
    while (q < s->end && in_name(*q, mode))
        q++;
    if (mode == RP_LEX_PLAIN)
        q = before_assignment(s->p, q, s->end);
    struct rp_token t = {.kind = RP_TOK_NAME, .s = s->p, .len = (size_t)(q - s->p), .end = q};
    if (mode == RP_LEX_EXPR && (is_digit(*s->p) || is_dollar_number(s->p, q)))
        t.kind = RP_TOK_NUMBER;
    return t;
}

static struct rp_token lex_string(struct rp_parser *p)
{
    const struct rp_source *s = p->src;
    const char *q = memchr(s->p + 1, '"', (size_t)(s->end - s->p - 1));
    if (!q) {
        rp_syntax(p, "quoted name is not closed");
        return (struct rp_token){.kind = RP_TOK_END, .s = "", .end = s->p};
    }
    return (struct rp_token){
        .kind = RP_TOK_STRING, .s = s->p + 1, .len = (size_t)(q - s->p - 1), .end = q + 1};
}

const struct rp_token *rp_look(struct rp_parser *p, enum rp_lex_mode mode)
{
    struct rp_source *s = p->src;
    if (!rp_failed(p))
        skip_blanks(p);
    if (rp_failed(p) || s->p >= s->end) {
        p->tok = (struct rp_token){.kind = RP_TOK_END, .s = "", .end = s->p};
    } else if (*s->p == '"') {
        p->tok = lex_string(p);
    } else if (in_name(*s->p, mode)) {
        p->tok = lex_word(s, mode);
    } else {
        size_t left = (size_t)(s->end - s->p);
        size_t n = mode == RP_LEX_EXPR ? operator_length(s->p, left) : 1;
        p->tok = (struct rp_token){.kind = RP_TOK_OP, .s = s->p, .len = n, .end = s->p + n};
    }
    return &p->tok;
}

void rp_consume(struct rp_parser *p)
{
    if (p->tok.kind == RP_TOK_END)
        return;
    count_lines(p->src, p->src->p, p->tok.end);
    p->src->p = p->tok.end;
}

bool rp_tok_is(const struct rp_token *t, const char *what)
{
    return (t->kind == RP_TOK_OP || t->kind == RP_TOK_NAME) && t->len == strlen(what) &&
           memcmp(t->s, what, t->len) == 0;
}

bool rp_look_is(struct rp_parser *p, enum rp_lex_mode mode, const char *what)
{
    return rp_tok_is(rp_look(p, mode), what);
}

bool rp_accept(struct rp_parser *p, enum rp_lex_mode mode, const char *what)
{
    if (!rp_look_is(p, mode, what))
        return false;
    rp_consume(p);
    return true;
}

bool rp_expect(struct rp_parser *p, enum rp_lex_mode mode, const char *what)
{
    if (rp_accept(p, mode, what))
        return true;
    char quoted[40];
    snprintf(quoted, sizeof quoted, "'%s'", what);
    return rp_syntax_expected(p, quoted);
}

const char *rp_tok_copy(struct rp_parser *p)
{
    const char *s = rp_arena_strndup(p->arena, p->tok.s, p->tok.len);
    if (!s)
        rp_out_of_memory(p);
    return s;
}

const char *rp_name(struct rp_parser *p, enum rp_lex_mode mode, const char *what_for)
{
    const struct rp_token *t = rp_look(p, mode);
    if (t->kind != RP_TOK_NAME && t->kind != RP_TOK_STRING) {
        rp_syntax_expected(p, what_for);
        return NULL;
    }
    const char *s = rp_tok_copy(p);
    rp_consume(p);
    return s;
}
