/* version_script.c: version scripts, dynamic lists, --export-dynamic-symbol-list.
 *
 * Grammar after GNU ld's manual (VERSION Command, --dynamic-list), with what gold and lld accept
 * on top: `global:` and `local:` in any order and number, the last `;` before a `}` left out.
 * Names are cut at blanks, `;`, braces and single colons. Comments are C's and `#` to the end of
 * the line.
 *
 * Lookup: exact names through an open-addressing table, wildcards in script order.
 * Entries: rp_version_script_read, rp_version_script_lookup.
 */
#include "link/script.h"

#include "link/script_parse.h"
#include "util/glob.h"
#include "util/strmap.h"

#include <libiberty/demangle.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NESTING = 50 };

struct reader {
    struct rp_ctx *ctx;
    struct rp_arena *arena;
    const char *file;
    const char *p, *end;
    uint32_t line;
    struct rp_version_script *v;
    enum reap_status status;
};

/* --- words ----------------------------------------------------------------------------------- */

static bool fail(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct reader *r, const char *fmt, ...)
{
    if (r->status != REAP_OK)
        return false;
    char text[300], where[4200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    snprintf(where, sizeof where, "%s:%u", r->file, r->line);
    r->status = rp_fail(r->ctx, REAP_ERR_INPUT, "version-script-syntax", rp_at(where), "%s", text);
    return false;
}

static bool skip_comment(struct reader *r)
{
    const char *q = r->p + 2;
    uint32_t line = r->line;
    while (r->end - q >= 2 && !(q[0] == '*' && q[1] == '/'))
        line += *q++ == '\n';
    if (r->end - q < 2)
        return fail(r, "comment is not closed");
    r->line = line;
    r->p = q + 2;
    return true;
}

/* The next byte after blanks and comments; '\0' at the end and after an error. */
static char next(struct reader *r)
{
    while (r->status == REAP_OK && r->p < r->end) {
        if (*r->p == '#') {
            const char *nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
            r->p = nl ? nl : r->end;
        } else if (r->end - r->p >= 2 && r->p[0] == '/' && r->p[1] == '*') {
            skip_comment(r);
        } else if (strchr(" \t\r\n\f\v", *r->p)) {
            r->line += *r->p++ == '\n';
        } else {
            return *r->p;
        }
    }
    return '\0';
}

static bool accept(struct reader *r, char c)
{
    if (next(r) != c)
        return false;
    r->p++;
    return true;
}

static bool expect(struct reader *r, char c)
{
    if (accept(r, c))
        return true;
    char got = next(r);
    if (!got)
        return fail(r, "expected '%c', but the file ends", c);
    return fail(r, "expected '%c', not '%c'", c, got);
}

/* A name or quoted string, copied; *ret_quoted. NULL and an error when there is none. */
static const char *word(struct reader *r, bool *ret_quoted)
{
    char c = next(r);
    const char *s = r->p, *q;
    *ret_quoted = c == '"';
    if (c == '"') {
        s++;
        q = memchr(s, '"', (size_t)(r->end - s));
        if (!q) {
            fail(r, "quoted name is not closed");
            return NULL;
        }
        for (const char *k = s; k < q; k++)
            r->line += *k == '\n';
        r->p = q + 1;
    } else {
        for (q = s; q < r->end && !strchr(" \t\r\n\f\v;{}\"", *q); q++)
            if (*q == ':' && !(q + 1 < r->end && q[1] == ':' && ++q))
                break;
        r->p = q;
        if (q == s) {
            if (c)
                fail(r, "expected a name, not '%c'", c);
            else
                fail(r, "expected a name, but the file ends");
            return NULL;
        }
    }
    const char *copy = rp_arena_strndup(r->arena, s, (size_t)(q - s));
    if (!copy)
        r->status = rp_nomem(r->ctx);
    return copy;
}

/* --- nodes ----------------------------------------------------------------------------------- */

/* What is true at the place that is read. */
struct scope {
    const char *version;
    bool local, cplusplus;
};

/* A name without a wildcard is literal; `\*` stands for a star (GNU ld, realsymbol). */
static bool set_pattern(struct reader *r, struct rp_version_pattern *pat, const char *s,
                        bool quoted)
{
    pat->glob = s;
    pat->literal = quoted || !rp_glob_has_wildcard(s);
    if (pat->literal || strpbrk(s, "*?["))
        return true;
    char *to = rp_arena_strdup(r->arena, s);
    if (!to) {
        r->status = rp_nomem(r->ctx);
        return false;
    }
    pat->glob = to;
    pat->literal = true;
    for (; *s; s++) {
        if (*s == '\\' && s[1])
            s++;
        *to++ = *s;
    }
    *to = '\0';
    return true;
}

static bool is_label(struct reader *r, const char *s, bool quoted, const char *label)
{
    return !quoted && strcmp(s, label) == 0 && next(r) == ':';
}

static void definitions(struct reader *r, struct scope scope, unsigned depth);

/* After the word extern: "C++" { … } */
static void extern_block(struct reader *r, struct scope scope, const char *language, unsigned depth)
{
    scope.cplusplus = strcmp(language, "C++") == 0;
    if (!scope.cplusplus && strcmp(language, "C") != 0 && strcmp(language, "Java") != 0)
        fail(r, "unknown language '%.60s' after extern", language);
    if (!expect(r, '{'))
        return;
    definitions(r, scope, depth + 1);
    expect(r, '}');
}

/* Labels, names and extern blocks up to a `}`, which stays. */
static void definitions(struct reader *r, struct scope scope, unsigned depth)
{
    if (depth > MAX_NESTING) {
        fail(r, "nested deeper than %d levels", MAX_NESTING);
        return;
    }
    for (;;) {
        bool quoted, language_quoted;
        char c = next(r);
        if (!c || c == '}')
            return;
        if (accept(r, ';'))
            continue;
        const char *s = word(r, &quoted);
        if (!s)
            return;
        if (is_label(r, s, quoted, "global") || is_label(r, s, quoted, "local")) {
            scope.local = *s == 'l';
            r->p++;
            continue;
        }
        c = next(r);
        if (!quoted && strcmp(s, "extern") == 0 && c == '"') {
            const char *language = word(r, &language_quoted);
            if (language)
                extern_block(r, scope, language, depth);
            continue;
        }
        struct rp_version_pattern pat = {
            .local = scope.local, .cplusplus = scope.cplusplus, .version = scope.version};
        if (c != '}' && !expect(r, ';'))
            return;
        if (!set_pattern(r, &pat, s, quoted))
            return;
        if (!rp_vec_push(&r->v->patterns, pat)) {
            r->status = rp_nomem(r->ctx);
            return;
        }
    }
}

/* [name] { … } [parent]… ; */
static void node(struct reader *r)
{
    bool quoted;
    struct scope scope = {.version = ""};
    if (next(r) != '{' && !(scope.version = word(r, &quoted)))
        return;
    if (!expect(r, '{'))
        return;
    definitions(r, scope, 0);
    if (!expect(r, '}'))
        return;
    while (next(r) && *r->p != ';' && *r->p != '{' && *r->p != '}')
        if (!word(r, &quoted))
            return;
    expect(r, ';');
}

enum reap_status rp_version_nodes(struct rp_ctx *ctx, struct rp_arena *arena, const char *file,
                                  const char **p, const char *end, uint32_t *line,
                                  struct rp_version_script *ret)
{
    struct reader r = {
        .ctx = ctx, .arena = arena, .file = file, .p = *p, .end = end, .line = *line, .v = ret};
    while (next(&r) && *r.p != '}')
        if (!accept(&r, ';'))
            node(&r);
    *p = r.p;
    *line = r.line;
    return r.status;
}

enum reap_status rp_version_script_read(struct rp_ctx *ctx, struct rp_link *link, const char *path,
                                        bool dynamic_list, struct rp_version_script **ret)
{
    char *text;
    size_t n;
    uint32_t line = 1;
    struct rp_version_script *v = rp_arena_zalloc(&link->arena, sizeof *v);
    if (!v || !(v->path = rp_arena_strdup(&link->arena, path)))
        return rp_nomem(ctx);
    enum reap_status st = rp_script_load(ctx, path, &text, &n);
    if (st != REAP_OK)
        return st;
    const char *p = text;
    st = rp_version_nodes(ctx, &link->arena, v->path, &p, text + n, &line, v);
    if (st == REAP_OK && p < text + n) {
        char where[4200];
        snprintf(where, sizeof where, "%s:%u", path, line);
        st = rp_fail(ctx, REAP_ERR_INPUT, "version-script-syntax", rp_at(where),
                     "'}' closes nothing");
    }
    free(text);
    if (dynamic_list) { /* `local:` says nothing there: what is not listed is not exported */
        size_t k = 0;
        for (size_t i = 0; i < v->patterns.n; i++)
            if (!v->patterns.v[i].local)
                v->patterns.v[k++] = v->patterns.v[i];
        v->patterns.n = k;
    }
    struct rp_version_pattern *own = rp_arena_alloc(&link->arena, v->patterns.n * sizeof *own + 1);
    if (own && v->patterns.n)
        memcpy(own, v->patterns.v, v->patterns.n * sizeof *own);
    free(v->patterns.v);
    v->patterns.v = own;
    v->patterns.cap = v->patterns.n;
    if (st == REAP_OK)
        st = own ? rp_version_compile(ctx, &link->arena, v) : rp_nomem(ctx);
    if (st == REAP_OK)
        *ret = v;
    return st;
}

/* --- lookup ---------------------------------------------------------------------------------- */

/* Exact names in an open-addressing table; patterns of one name are chained in script order. */
struct rp_version_index {
    uint32_t *slots; /* [mask + 1] first pattern of a name, 1-based, 0 = free */
    uint32_t mask;
    uint32_t *next;      /* [patterns.n] next pattern of the same name, 1-based */
    uint32_t *wildcards; /* patterns with wildcards, in script order */
    uint32_t n_wildcards;
    bool any_cplusplus;
};

enum reap_status rp_version_compile(struct rp_ctx *ctx, struct rp_arena *arena,
                                    struct rp_version_script *v)
{
    uint32_t n = (uint32_t)v->patterns.n, size = 4;
    struct rp_version_index *ix = rp_arena_zalloc(arena, sizeof *ix);
    while (size < n * UINT64_C(2) && size < UINT32_C(1) << 31)
        size *= 2;
    if (!ix || !(ix->slots = rp_arena_zalloc(arena, size * sizeof *ix->slots)) ||
        !(ix->next = rp_arena_zalloc(arena, n * sizeof *ix->next + 1)) ||
        !(ix->wildcards = rp_arena_alloc(arena, n * sizeof *ix->wildcards + 1)))
        return rp_nomem(ctx);
    ix->mask = size - 1;
    for (uint32_t i = n; i-- > 0;) { /* backwards, so that chains run forwards */
        const struct rp_version_pattern *pat = &v->patterns.v[i];
        ix->any_cplusplus |= pat->cplusplus;
        if (!pat->literal)
            continue;
        uint32_t h = (uint32_t)rp_hash(pat->glob, strlen(pat->glob)) & ix->mask;
        while (ix->slots[h] && strcmp(v->patterns.v[ix->slots[h] - 1].glob, pat->glob) != 0)
            h = (h + 1) & ix->mask;
        ix->next[i] = ix->slots[h];
        ix->slots[h] = i + 1;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!v->patterns.v[i].literal)
            ix->wildcards[ix->n_wildcards++] = i;
    v->index = ix;
    return REAP_OK;
}

/* What a name was found to be, best first (bfd_find_version_for_sym). */
enum match { EXACT, GLOBAL_GLOB, LOCAL_GLOB, GLOBAL_STAR, LOCAL_STAR, NO_MATCH };

struct query {
    const char *name, *demangled; /* the same when it is no C++ name */
    const char *version;          /* within this node alone, or NULL */
};

static bool concerns(const struct rp_version_pattern *pat, const struct query *q)
{
    return !q->version || strcmp(pat->version, q->version) == 0;
}

/* The first literal pattern for `name` in C or C++ blocks, 1-based, 0: none. */
static uint32_t find_literal(const struct rp_version_script *v, const struct query *q,
                             const char *name, bool cplusplus)
{
    const struct rp_version_index *ix = v->index;
    uint32_t h = (uint32_t)rp_hash(name, strlen(name)) & ix->mask;
    while (ix->slots[h] && strcmp(v->patterns.v[ix->slots[h] - 1].glob, name) != 0)
        h = (h + 1) & ix->mask;
    for (uint32_t i = ix->slots[h]; i; i = ix->next[i - 1]) {
        const struct rp_version_pattern *pat = &v->patterns.v[i - 1];
        if (pat->cplusplus == cplusplus && concerns(pat, q))
            return i;
    }
    return 0;
}

static enum match find_wildcard(const struct rp_version_script *v, const struct query *q)
{
    const struct rp_version_index *ix = v->index;
    enum match best = NO_MATCH;
    for (uint32_t k = 0; k < ix->n_wildcards && best > GLOBAL_GLOB; k++) {
        const struct rp_version_pattern *pat = &v->patterns.v[ix->wildcards[k]];
        bool star = strcmp(pat->glob, "*") == 0;
        enum match rank = star ? (pat->local ? LOCAL_STAR : GLOBAL_STAR)
                               : (pat->local ? LOCAL_GLOB : GLOBAL_GLOB);
        if (rank < best && concerns(pat, q) &&
            (star || rp_glob_match(pat->glob, pat->cplusplus ? q->demangled : q->name)))
            best = rank;
    }
    return best;
}

static int look_up(const struct rp_version_script *v, const struct query *q)
{
    uint32_t c = find_literal(v, q, q->name, false);
    uint32_t cpp = v->index->any_cplusplus ? find_literal(v, q, q->demangled, true) : 0;
    uint32_t first = c && cpp ? (c < cpp ? c : cpp) : c + cpp;
    if (first)
        return !v->patterns.v[first - 1].local;
    switch (find_wildcard(v, q)) {
    case GLOBAL_GLOB:
    case GLOBAL_STAR: return 1;
    case LOCAL_GLOB:
    case LOCAL_STAR: return 0;
    default: return -1;
    }
}

int rp_version_script_lookup(const struct rp_version_script *v, const char *name)
{
    char *base = NULL, *demangled = NULL;
    const char *at = strchr(name, '@');
    struct query q = {.name = name};
    if (at && at != name) {
        base = strndup(name, (size_t)(at - name));
        if (!base)
            return 1; /* out of memory: exported is the safe answer */
        q.name = base;
        q.version = at[1] == '@' ? at + 2 : at + 1;
    }
    q.demangled = q.name;
    if (v->index->any_cplusplus) {
        demangled = cplus_demangle(q.name, DMGL_PARAMS | DMGL_ANSI);
        if (demangled)
            q.demangled = demangled;
    }
    int ret = look_up(v, &q);
    if (q.version && ret < 0)
        ret = 1;
    free(demangled);
    free(base);
    return ret;
}
