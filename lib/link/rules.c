/* rules.c: rule files (docs/rules.md): a directive and its words on each line.
 *
 * Lines are split into words, the directive is looked up in a table, and its words become one
 * rule. Globs are kept as written; backslashes belong to them and quote nothing here. Entry:
 * rp_rules_read.
 */
#include "link/rules.h"

#include "elf/filemap.h"
#include "util/glob.h"
#include "util/strbuf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_INCLUDE_DEPTH = 32 };

/* A file that is being read, and who included it. */
struct source {
    const struct source *parent;
    const char *path;  /* as opened */
    const char *shown; /* in origins and messages */
    dev_t dev;
    ino_t ino;
    unsigned depth;
};

struct words {
    RP_VEC(const char *) v;
};

struct reader {
    struct rp_ctx *ctx;
    struct rp_rules *rules;
    const struct source *source;
    uint32_t line;
};

#define INCLUDE (-1)

struct directive {
    const char *name;
    int kind; /* enum rp_rule_kind or INCLUDE */
    size_t min_words, max_words;
    const char *usage;
};

static const struct directive directives[] = {
    {"keep-section", RP_RULE_KEEP_SECTION, 1, 3, "keep-section GLOB [in FILEGLOB]"},
    {"keep-symbol", RP_RULE_KEEP_SYMBOL, 1, 1, "keep-symbol GLOB"},
    {"keep-file", RP_RULE_KEEP_FILE, 1, 1, "keep-file FILEGLOB"},
    {"export", RP_RULE_EXPORT, 1, 1, "export GLOB"},
    {"bracket", RP_RULE_BRACKET, 3, SIZE_MAX, "bracket START END GLOB [GLOB...]"},
    {"accept", RP_RULE_ACCEPT, 4, SIZE_MAX, "accept CODE GLOB [in FILEGLOB] because REASON..."},
    {"include", INCLUDE, 1, 1, "include NAME|FILE"},
    {"table", RP_RULE_TABLE, 5, SIZE_MAX, "table GLOB record SIZE[|SIZE...] subject OFFSET ..."},
};
enum { N_DIRECTIVES = sizeof directives / sizeof *directives };

static const char *origin_of(struct reader *r)
{
    return rp_arena_printf(&r->rules->arena, "%s:%u", r->source->shown, r->line);
}

/* --- words of a line ------------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* One word: runs of plain and quoted characters. *s is past it afterwards. */
static enum reap_status read_word(struct reader *r, const char **s, const char *end,
                                  const char **ret)
{
    char *word = rp_arena_alloc(&r->rules->arena, (size_t)(end - *s) + 1), *out = word;
    const char *p = *s;
    if (!word)
        return rp_nomem(r->ctx);
    while (p < end && !is_blank(*p)) {
        if (*p != '"' && *p != '\'') {
            *out++ = *p++;
            continue;
        }
        const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));
        if (!close)
            return rp_fail(r->ctx, REAP_ERR_INPUT, "rule-unterminated-quote", rp_at(origin_of(r)),
                           "quote without an end");
        memcpy(out, p + 1, (size_t)(close - p - 1));
        out += close - p - 1;
        p = close + 1;
    }
    *out = '\0';
    *s = p;
    *ret = word;
    return REAP_OK;
}

/* Words up to the end of the line or a word that begins with '#'. */
static enum reap_status split_line(struct reader *r, const char *s, const char *end,
                                   struct words *words)
{
    for (;;) {
        const char *word = NULL;
        while (s < end && is_blank(*s))
            s++;
        if (s == end || *s == '#')
            return REAP_OK;
        enum reap_status st = read_word(r, &s, end, &word);
        if (st)
            return st;
        if (!rp_vec_push(&words->v, word))
            return rp_nomem(r->ctx);
    }
}

/* --- rules ---------------------------------------------------------------------------------- */

static enum reap_status push_rule(struct reader *r, struct rp_rule rule)
{
    rule.origin = origin_of(r);
    if (!rule.origin || !rp_vec_push(&r->rules->rules, rule))
        return rp_nomem(r->ctx);
    return REAP_OK;
}

static enum reap_status add_bracket(struct reader *r, const struct words *w)
{
    size_t n = w->v.n - 3;
    const char **globs = rp_arena_alloc(&r->rules->arena, n * sizeof *globs);
    if (!globs)
        return rp_nomem(r->ctx);
    memcpy(globs, w->v.v + 3, n * sizeof *globs);
    return push_rule(r, (struct rp_rule){.kind = RP_RULE_BRACKET,
                                         .start = w->v.v[1],
                                         .end = w->v.v[2],
                                         .globs = globs,
                                         .n_globs = (uint32_t)n});
}

static enum reap_status add_table(struct reader *r, const struct words *w)
{
    const char *why = NULL;
    const struct rp_rule_table *t = rp_rules_table(r->rules, w->v.v + 2, w->v.n - 2, &why);
    if (!t)
        return why ? rp_fail(r->ctx, REAP_ERR_INPUT, "rule-bad-table", rp_at(origin_of(r)), "%s",
                             why)
                   : rp_nomem(r->ctx);
    return push_rule(r, (struct rp_rule){.kind = RP_RULE_TABLE, .glob = w->v.v[1], .table = t});
}

/* A finding of lint that is known and wanted; the reason is what follows, as one text. */
static enum reap_status add_accept(struct reader *r, const struct words *w)
{
    const char *const *v = w->v.v + 1;
    size_t n = w->v.n - 1, at = 2;
    struct rp_rule rule = {.kind = RP_RULE_ACCEPT, .start = v[0], .glob = v[1]};
    if (strcmp(v[at], "in") == 0 && n > at + 1) {
        rule.file_glob = v[at + 1];
        at += 2;
    }
    if (at + 1 >= n || strcmp(v[at], "because") != 0)
        return rp_fail(r->ctx, REAP_ERR_INPUT, "rule-no-reason", rp_at(origin_of(r)),
                       "an accepted finding wants a reason: accept CODE GLOB [in FILEGLOB] because "
                       "REASON...");
    for (at++; at < n; at++) {
        rule.end = rule.end ? rp_arena_printf(&r->rules->arena, "%s %s", rule.end, v[at]) : v[at];
        if (!rule.end)
            return rp_nomem(r->ctx);
    }
    return push_rule(r, rule);
}

static enum reap_status unknown_directive(struct reader *r, const char *name)
{
    struct rp_strbuf known = {0};
    for (size_t i = 0; i < N_DIRECTIVES; i++)
        rp_strbuf_printf(&known, "%s%s", i ? ", " : "", directives[i].name);
    enum reap_status st =
        known.oom ? rp_nomem(r->ctx)
                  : rp_fail(r->ctx, REAP_ERR_INPUT, "rule-unknown-directive", rp_at(origin_of(r)),
                            "unknown directive '%s'; known are %s", name, known.s);
    rp_strbuf_free(&known);
    return st;
}

static enum reap_status wrong_words(struct reader *r, const struct directive *d)
{
    return rp_fail(r->ctx, REAP_ERR_INPUT, "rule-wrong-words", rp_at(origin_of(r)),
                   "wrong number of words; the form is: %s", d->usage);
}

static enum reap_status read_named(struct rp_ctx *ctx, struct rp_rules *rules, const char *name,
                                   const struct source *parent, const char *origin);

static enum reap_status apply_line(struct reader *r, const struct words *w)
{
    const struct directive *d = NULL;
    size_t n = w->v.n - 1; /* words after the directive */
    for (size_t i = 0; i < N_DIRECTIVES && !d; i++)
        if (strcmp(directives[i].name, w->v.v[0]) == 0)
            d = &directives[i];
    if (!d)
        return unknown_directive(r, w->v.v[0]);
    if (n < d->min_words || n > d->max_words)
        return wrong_words(r, d);
    for (size_t i = 1; i <= n; i++)
        if (w->v.v[i][0] == '\0')
            return rp_fail(r->ctx, REAP_ERR_INPUT, "rule-empty-word", rp_at(origin_of(r)),
                           "word %zu of '%s' is empty", i, d->name);
    if (d->kind == INCLUDE) {
        const char *origin = origin_of(r);
        return origin ? read_named(r->ctx, r->rules, w->v.v[1], r->source, origin)
                      : rp_nomem(r->ctx);
    }
    if (d->kind == RP_RULE_BRACKET)
        return add_bracket(r, w);
    if (d->kind == RP_RULE_TABLE)
        return add_table(r, w);
    if (d->kind == RP_RULE_ACCEPT)
        return add_accept(r, w);
    struct rp_rule rule = {.kind = (enum rp_rule_kind)d->kind, .glob = w->v.v[1]};
    if (d->kind == RP_RULE_KEEP_SECTION && n > 1) {
        if (n != 3 || strcmp(w->v.v[2], "in") != 0)
            return wrong_words(r, d);
        rule.file_glob = w->v.v[3];
    }
    return push_rule(r, rule);
}

static enum reap_status read_text(struct reader *r, const char *s, size_t size)
{
    const char *end = s + size;
    struct words words = {0};
    enum reap_status st = REAP_OK;
    while (s < end && !st) {
        const char *eol = memchr(s, '\n', (size_t)(end - s));
        if (!eol)
            eol = end;
        r->line++;
        words.v.n = 0;
        if (memchr(s, '\0', (size_t)(eol - s)))
            st = rp_fail(r->ctx, REAP_ERR_INPUT, "rule-not-text", rp_at(origin_of(r)),
                         "not a text file");
        if (!st)
            st = split_line(r, s, eol, &words);
        if (!st && words.v.n)
            st = apply_line(r, &words);
        s = eol < end ? eol + 1 : end;
    }
    rp_vec_free(&words.v);
    return st;
}

/* --- files ---------------------------------------------------------------------------------- */

static bool is_file(const char *path)
{
    struct stat sb;
    return stat(path, &sb) == 0 && !S_ISDIR(sb.st_mode);
}

/* dir/sub/name or dir/sub/name.rules, whichever is there; *ret NULL when neither is. */
static enum reap_status try_in(struct rp_ctx *ctx, struct rp_rules *rules, const char *dir,
                               const char *sub, const char *name, const char **ret)
{
    static const char *const suffixes[] = {"", ".rules"};
    *ret = NULL;
    for (size_t i = 0; dir && i < 2; i++) {
        const char *path = rp_arena_printf(&rules->arena, "%s%s/%s%s", dir, sub, name, suffixes[i]);
        if (!path)
            return rp_nomem(ctx);
        if (is_file(path)) {
            *ret = path;
            break;
        }
    }
    return REAP_OK;
}

/* Where shipped rule files are: the user's choice, beside the program, in the source tree that it
 * was built from, in the installed place. */
static enum reap_status find_shipped(struct rp_ctx *ctx, struct rp_rules *rules, const char *name,
                                     const char **ret)
{
#ifdef REAP_RULES_BUILD_DIR
    const char *build_dir = REAP_RULES_BUILD_DIR;
#else
    const char *build_dir = NULL;
#endif
#ifdef REAP_RULES_INSTALL_DIR
    const char *install_dir = REAP_RULES_INSTALL_DIR;
#else
    const char *install_dir = NULL;
#endif
    const char *environment = getenv("REAP_RULES_DIR");
    const struct {
        const char *dir, *sub;
    } places[] = {
        {environment && *environment ? environment : NULL, ""},
        {rules->program_dir, "/../share/reap/rules"},
        {rules->program_dir, "/rules"},
        {build_dir, ""},
        {install_dir, ""},
    };
    enum reap_status st = REAP_OK;
    *ret = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places && !*ret && !st; i++)
        st = try_in(ctx, rules, places[i].dir, places[i].sub, name, ret);
    return st;
}

static enum reap_status read_file(struct rp_ctx *ctx, struct rp_rules *rules, const char *path,
                                  const char *shown, const struct source *parent,
                                  const char *origin)
{
    struct rp_map map;
    enum reap_status st = rp_map_open(ctx, &map, path);
    if (st)
        return st;
    struct source source = {.parent = parent,
                            .path = path,
                            .shown = shown,
                            .dev = map.dev,
                            .ino = map.ino,
                            .depth = parent ? parent->depth + 1 : 1};
    for (const struct source *s = parent; s && !st; s = s->parent)
        if ((s->dev == source.dev && s->ino == source.ino) || source.depth > MAX_INCLUDE_DEPTH)
            st = rp_fail(ctx, REAP_ERR_INPUT, "rule-include-loop", rp_at(origin),
                         "'%s' includes itself", shown);
    if (!st) {
        struct reader r = {.ctx = ctx, .rules = rules, .source = &source};
        st = read_text(&r, (const char *)map.data, (size_t)map.size);
    }
    rp_map_close(&map);
    return st;
}

/* A file of that name (for an include also beside the including file), or a shipped one. */
static enum reap_status read_named(struct rp_ctx *ctx, struct rp_rules *rules, const char *name,
                                   const struct source *parent, const char *origin)
{
    const char *slash = parent ? strrchr(parent->path, '/') : NULL, *path = NULL;
    enum reap_status st = REAP_OK;
    if (slash && name[0] != '/') {
        const char *dir = rp_arena_strndup(
            &rules->arena, parent->path, (size_t)(slash - parent->path) + (slash == parent->path));
        if (!dir)
            return rp_nomem(ctx);
        st = try_in(ctx, rules, dir, "", name, &path);
    }
    if (st)
        return st;
    if (path)
        return read_file(ctx, rules, path,
                         strchr(parent->shown, '/') ? path : strrchr(path, '/') + 1, parent,
                         origin);
    if (is_file(name) || strchr(name, '/')) {
        path = rp_arena_strdup(&rules->arena, name);
        return path ? read_file(ctx, rules, path, path, parent, origin) : rp_nomem(ctx);
    }
    st = find_shipped(ctx, rules, name, &path);
    if (st)
        return st;
    if (!path)
        return rp_fail_remedy(ctx, REAP_ERR_IO, "rules-not-found", rp_at(origin),
                              "give a path, or set REAP_RULES_DIR to the folder of the rule files",
                              "no rule file '%s', and none is shipped under that name", name);
    return read_file(ctx, rules, path, strrchr(path, '/') + 1, parent, origin);
}

enum reap_status rp_rules_read(struct rp_ctx *ctx, struct rp_rules *rules, const char *name)
{
    return read_named(ctx, rules, name, NULL, NULL);
}

enum reap_status rp_rules_set_dir(struct rp_ctx *ctx, struct rp_rules *rules, const char *dir)
{
    rules->program_dir = rp_arena_strdup(&rules->arena, dir);
    return rules->program_dir ? REAP_OK : rp_nomem(ctx);
}

enum reap_status rp_rules_add(struct rp_ctx *ctx, struct rp_rules *rules, enum rp_rule_kind kind,
                              const char *glob, const char *origin)
{
    struct rp_rule rule = {.kind = kind,
                           .glob = rp_arena_strdup(&rules->arena, glob),
                           .origin = rp_arena_strdup(&rules->arena, origin)};
    if (!rule.glob || !rule.origin || !rp_vec_push(&rules->rules, rule))
        return rp_nomem(ctx);
    return REAP_OK;
}

void rp_rules_free(struct rp_rules *rules)
{
    rp_vec_free(&rules->rules);
    rp_arena_free(&rules->arena);
    *rules = (struct rp_rules){0};
}

/* --- matching ------------------------------------------------------------------------------- */

/* glob against "archive" + open + "member" + close. Out of memory counts as a match: doubt keeps.
 */
static bool match_joined(const char *glob, const char *archive, const char *open,
                         const char *member, const char *close)
{
    struct rp_strbuf name = {0};
    rp_strbuf_printf(&name, "%s%s%s%s", archive, open, member, close);
    bool match = name.oom || rp_glob_match(glob, name.s);
    rp_strbuf_free(&name);
    return match;
}

bool rp_file_glob_match(const char *glob, const char *path, const char *member)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    if (rp_glob_match(glob, path) || rp_glob_match(glob, base))
        return true;
    if (!member)
        return false;
    return rp_glob_match(glob, member) || match_joined(glob, path, ":", member, "") ||
           match_joined(glob, base, ":", member, "") ||
           match_joined(glob, path, "(", member, ")") || match_joined(glob, base, "(", member, ")");
}
