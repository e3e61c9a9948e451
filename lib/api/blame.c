/* blame.c: a link of rewritten files failed: which names in the linker's messages had Reap removed?
 *
 * The messages are cut into words, and into quoted pieces and line ends for demangled names; every
 * name that Reap removed, or whose archive member it left out, is looked up among them. Whatever
 * the linker's wording, a name that appears is worth telling, together with the option that keeps
 * it.
 *
 * Entry: rp_blame().
 */
#include "api/api.h"

#include <demangle.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BLAMED = 20 };

struct words {
    struct rp_strmap plain;   /* identifiers */
    struct rp_strmap phrases; /* what may be a demangled name, without blanks */
    struct rp_arena arena;    /* of the phrases */
};

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '$' || c == '@' || (unsigned char)c >= 0x80;
}

static bool add_word(struct rp_strmap *map, const char *s, size_t n)
{
    if (!n)
        return true;
    uint32_t *v = rp_strmap_put(map, s, n);
    if (v)
        *v = 1;
    return v != NULL;
}

static bool add_plain(struct words *w, const char *text)
{
    for (const char *p = text; *p;) {
        if (!is_name_char(*p)) {
            p++;
            continue;
        }
        const char *start = p;
        while (is_name_char(*p))
            p++;
        size_t n = (size_t)(p - start);
        bool ok = add_word(&w->plain, start, n);
        while (n && start[n - 1] == '.') /* the end of a sentence, not of a name */
            n--;
        if (!ok || !add_word(&w->plain, start, n))
            return false;
    }
    return true;
}

/* Demanglers differ in their blanks: "> >" and ">>". Returns the new length. */
static size_t without_blanks(char *s, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (s[i] != ' ')
            s[k++] = s[i];
    s[k] = '\0';
    return k;
}

static bool add_phrase(struct words *w, const char *s, size_t n)
{
    char *copy = rp_arena_strndup(&w->arena, s, n);
    return copy && add_word(&w->phrases, copy, without_blanks(copy, n));
}

/* Pieces between quotes, `like this' or 'this', and what follows "symbol: " up to the line's end.
 */
static bool add_phrases(struct words *w, const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (line[i] != '`' && line[i] != '\'' && line[i] != '"')
            continue;
        char close = line[i] == '"' ? '"' : '\'';
        for (size_t j = i + 1; j < n; j++)
            if (line[j] == close && !add_phrase(w, line + i + 1, j - i - 1))
                return false;
    }
    static const char mark[] = "symbol: ";
    const char *at = memmem(line, n, mark, sizeof mark - 1);
    return !at || add_phrase(w, at + sizeof mark - 1, n - (size_t)(at - line) - (sizeof mark - 1));
}

static bool read_messages(struct words *w, const char *text)
{
    enum { LONGEST = 4096 }; /* quotes are paired in all ways: keep that small */
    if (!add_plain(w, text))
        return false;
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (!add_phrases(w, line, n < LONGEST ? n : LONGEST))
            return false;
        line += n + (line[n] != '\0');
    }
    return true;
}

/* Whether the messages mention a symbol, by its mangled or demangled name. */
static bool mentions(const struct words *w, const char *name)
{
    if (rp_strmap_get(&w->plain, name, strlen(name)))
        return true;
    if (name[0] != '_' || name[1] != 'Z' || !w->phrases.n)
        return false;
    char *plain = cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI);
    bool found = plain && rp_strmap_get(&w->phrases, plain, without_blanks(plain, strlen(plain)));
    free(plain);
    return found;
}

/* The reason in the words of the report; "removed" when there is none. */
static const char *reason_of(struct reap *r, const char *name)
{
    if (rp_need_facts(r) != REAP_OK)
        return "removed";
    const struct rp_facts *f = &r->facts;
    for (size_t i = 1; i < f->symbols.n; i++) {
        const struct rp_fact_symbol *s = &f->symbols.v[i];
        if (s->node && !strcmp(rp_fact_str(f, s->name), name) && !f->nodes.v[s->node].live)
            return rp_reason_name((enum rp_reason)f->nodes.v[s->node].reason);
    }
    return "removed";
}

/* The section a dead definition lies in; 0 when the symbol is live or has none. */
static rp_id dead_section(const struct reap *r, rp_id global)
{
    rp_id node = rp_global_node(&r->model, global);
    return node && !r->marks.live[node] ? r->model.nodes.v[node].section : 0;
}

static bool blame_global(struct reap *r, const struct words *w, rp_id global)
{
    const struct rp_global *g = rp_global_of(&r->model, global);
    rp_id section = dead_section(r, global);
    bool lazy = !g->def_file && (g->flags & RP_GLOB_LAZY) && g->lazy_ar;
    if ((!section && !lazy) || !mentions(w, g->name))
        return false;
    const char *remedy =
        r->product == REAP_PRODUCT_PLUGIN
            ? rp_arena_printf(&r->arena, "keep it with -plugin-opt keep-symbol=%s", g->name)
            : rp_arena_printf(&r->arena, "keep it with --reap-keep-symbol=%s", g->name);
    char *plain = cplus_demangle(g->name, DMGL_PARAMS | DMGL_ANSI);
    const char *display = plain ? plain : g->name;
    if (section) {
        struct rp_where where = {.file = rp_section_file(&r->model, section)->display,
                                 .section = rp_section_name(&r->model, section)};
        rp_fail_remedy(&r->ctx, REAP_ERR_LINK, "removed-but-needed", where, remedy,
                       "the linker names '%s', which Reap had removed (%s)", display,
                       reason_of(r, g->name));
    } else {
        const struct rp_archive *a = &r->model.ars.v[g->lazy_ar - 1].archive;
        const char *member = g->lazy_member < a->n_members ? a->members[g->lazy_member].name : "?";
        rp_warn(&r->ctx, "not-extracted-but-needed", rp_at(a->path),
                "the linker names '%s', which '%s' defines; nothing had asked for that member",
                display, member);
    }
    free(plain);
    return true;
}

void rp_blame(struct reap *r, const char *messages)
{
    struct words w = {0};
    unsigned n = 0;
    if (read_messages(&w, messages))
        for (rp_id i = 1; i <= r->model.globals.n && n < MAX_BLAMED; i++)
            n += blame_global(r, &w, i);
    if (n == MAX_BLAMED)
        rp_warn(&r->ctx, "removed-but-needed", rp_at(NULL), "further names are not listed");
    if (!n) /* most failed links are the author's own */
        rp_note(&r->ctx, "link-failed", rp_at(NULL),
                "the linker's messages name nothing that Reap removed");
    rp_strmap_free(&w.plain);
    rp_strmap_free(&w.phrases);
    rp_arena_free(&w.arena);
}
