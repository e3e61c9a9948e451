/* script_match.c: which input section statement takes a section.
 *
 * A link may have 500,000 sections and a script hundreds of patterns, so they are not tried one
 * by one: a trie over the literal beginnings of all section patterns gives, by one walk along
 * the section's name, those that can match at all; each is then tried in full. Of those that
 * match, the first of the script wins. Built once by rp_script_compile, then read-only.
 *
 * Scripts with hundreds of `*libx.a:m.*(.text .text.*)` make every name match many patterns, and
 * the file decides. What it decides is the same for all sections of one file: a *view* is that
 * answer for each pattern, worked out once a file.
 */
#include "link/script_parse.h"

#include "util/glob.h"

#include <stdlib.h>
#include <string.h>

/* One section pattern of one statement, numbered in script order. */
struct pattern {
    const char *glob;
    uint32_t stmt, index;
    uint32_t next; /* of the same trie node, a higher number; UINT32_MAX: none */
    bool exact;    /* no wildcard: the whole name is in the trie */
};

struct trie_node {
    uint32_t child, sibling; /* node numbers, 0: none */
    uint32_t first, last;    /* patterns whose literal beginning ends here */
    char c;
};

struct rp_script_matcher {
    struct pattern *patterns; /* [n_patterns] */
    struct trie_node *nodes;  /* [0] is the root */
    uint32_t n_patterns;
};

static const uint32_t none = UINT32_MAX;

/* --- building -------------------------------------------------------------------------------- */

struct trie {
    RP_VEC(struct trie_node) nodes;
    RP_VEC(struct pattern) patterns;
};

static bool child_of(struct trie *t, uint32_t node, char c, uint32_t *ret)
{
    for (uint32_t k = t->nodes.v[node].child; k; k = t->nodes.v[k].sibling)
        if (t->nodes.v[k].c == c) {
            *ret = k;
            return true;
        }
    struct trie_node n = {.sibling = t->nodes.v[node].child, .first = none, .last = none, .c = c};
    if (!rp_vec_push(&t->nodes, n))
        return false;
    *ret = t->nodes.v[node].child = (uint32_t)t->nodes.n - 1;
    return true;
}

static bool insert(struct trie *t, const char *glob, uint32_t stmt, uint32_t index)
{
    uint32_t node = 0, number = (uint32_t)t->patterns.n;
    size_t literal = strcspn(glob, "*?[\\");
    for (size_t i = 0; i < literal; i++)
        if (!child_of(t, node, glob[i], &node))
            return false;
    struct pattern p = {glob, stmt, index, none, glob[literal] == '\0'};
    if (!rp_vec_push(&t->patterns, p))
        return false;
    struct trie_node *n = &t->nodes.v[node];
    if (n->last == none)
        n->first = number;
    else
        t->patterns.v[n->last].next = number;
    n->last = number;
    return true;
}

static bool build(struct trie *t, const struct rp_script *s)
{
    if (!rp_vec_push(&t->nodes, (struct trie_node){.first = none, .last = none}))
        return false;
    for (uint32_t i = 0; i < s->stmts.n; i++) {
        const struct rp_input_stmt *stmt = &s->stmts.v[i];
        if (stmt->n_sections == 0 && !insert(t, "*", i, 0))
            return false;
        for (uint32_t k = 0; k < stmt->n_sections; k++)
            if (!insert(t, stmt->sections[k].glob, i, k))
                return false;
    }
    return true;
}

enum reap_status rp_script_compile(struct rp_ctx *ctx, struct rp_arena *arena,
                                   struct rp_script *script)
{
    struct trie t = {0};
    struct rp_script_matcher *m = rp_arena_alloc(arena, sizeof *m);
    bool ok = m && build(&t, script);
    if (ok) {
        m->nodes = rp_arena_alloc(arena, t.nodes.n * sizeof *m->nodes);
        m->patterns = rp_arena_alloc(arena, t.patterns.n * sizeof *m->patterns + 1);
        ok = m->nodes && m->patterns;
    }
    if (ok) {
        memcpy(m->nodes, t.nodes.v, t.nodes.n * sizeof *m->nodes);
        if (t.patterns.n)
            memcpy(m->patterns, t.patterns.v, t.patterns.n * sizeof *m->patterns);
        m->n_patterns = (uint32_t)t.patterns.n;
        script->matcher = m;
    }
    rp_vec_free(&t.nodes);
    rp_vec_free(&t.patterns);
    return ok ? REAP_OK : rp_nomem(ctx);
}

/* --- files ----------------------------------------------------------------------------------- */

/* A pattern, or the name itself when there is no wildcard in it. */
static bool name_match(const char *pattern, size_t n, const char *name)
{
    char buf[4096];
    if (n >= sizeof buf)
        return false;
    memcpy(buf, pattern, n);
    buf[n] = '\0';
    return rp_glob_has_wildcard(buf) ? rp_glob_match(buf, name) : strcmp(buf, name) == 0;
}

/* GNU ld's `archive:member`, `archive:` and `:file`; `colon` points into the pattern. */
static bool match_archive_form(const char *pattern, const char *colon, const char *path,
                               const char *member)
{
    bool in_archive = colon != pattern;
    if (in_archive != (member != NULL))
        return false;
    if (colon[1] && !name_match(colon + 1, strlen(colon + 1), member ? member : path))
        return false;
    return !in_archive || name_match(pattern, (size_t)(colon - pattern), path);
}

static bool match_file_bfd(const char *pattern, const char *path, const char *member)
{
    const char *colon = strchr(pattern, ':');
    if (colon)
        return match_archive_form(pattern, colon, path, member);
    if (!rp_glob_has_wildcard(pattern))
        return !member && strcmp(pattern, path) == 0;
    return rp_glob_match(pattern, member ? member : path);
}

/* gold and lld have one name for a member: "archive(member)" and "archive:member". */
static bool match_file_joined(const char *pattern, const char *path, const char *member,
                              const char *open, const char *close)
{
    if (!member)
        return name_match(pattern, strlen(pattern), path);
    char buf[4096], *name = buf;
    size_t n = strlen(path) + strlen(member) + strlen(open) + strlen(close) + 1;
    if (n > sizeof buf && !(name = malloc(n)))
        return false;
    stpcpy(stpcpy(stpcpy(stpcpy(name, path), open), member), close);
    bool hit = name_match(pattern, strlen(pattern), name);
    if (name != buf)
        free(name);
    return hit;
}

static bool match_file(const struct rp_script *s, const char *pattern, const char *path,
                       const char *member)
{
    if (strcmp(pattern, "*") == 0)
        return true;
    switch (s->flavor) {
    case RP_LINKER_GOLD: return match_file_joined(pattern, path, member, "(", ")");
    case RP_LINKER_LLD: return match_file_joined(pattern, path, member, ":", "");
    default: return match_file_bfd(pattern, path, member);
    }
}

/* EXCLUDE_FILE: as file patterns, but in GNU ld a name without a wildcard may be a member's, and
 * that of an archive stands for its members. */
static bool is_excluded(const struct rp_script *s, const char *const *list, uint32_t n,
                        const char *path, const char *member)
{
    for (uint32_t i = 0; i < n; i++) {
        if (match_file(s, list[i], path, member))
            return true;
        if (s->flavor == RP_LINKER_BFD && member && !strchr(list[i], ':') &&
            (name_match(list[i], strlen(list[i]), member) ||
             name_match(list[i], strlen(list[i]), path)))
            return true;
    }
    return false;
}

/* --- matching -------------------------------------------------------------------------------- */

/* Whether a pattern's statement is about this file. */
static bool file_takes(const struct rp_script *s, const struct pattern *p, const char *path,
                       const char *member)
{
    const struct rp_input_stmt *stmt = &s->stmts.v[p->stmt];
    if (!match_file(s, stmt->file_glob, path, member) ||
        is_excluded(s, stmt->exclude, stmt->n_exclude, path, member))
        return false;
    if (p->index >= stmt->n_sections)
        return true;
    const struct rp_section_pattern *sec = &stmt->sections[p->index];
    return !is_excluded(s, sec->exclude, sec->n_exclude, path, member);
}

struct question {
    const struct rp_script *s;
    const uint8_t *view; /* of the file; NULL: ask path and member */
    const char *path, *member, *section;
    uint64_t flags;
    bool keep_only;
};

static bool takes(const struct question *q, uint32_t i)
{
    const struct pattern *p = &q->s->matcher->patterns[i];
    const struct rp_input_stmt *stmt = &q->s->stmts.v[p->stmt];
    if (q->view && !(q->view[i / 8] >> (i % 8) & 1))
        return false;
    if (q->keep_only && !stmt->keep)
        return false;
    if ((q->flags & stmt->flags_want) != stmt->flags_want || (q->flags & stmt->flags_not))
        return false;
    if (!p->exact && !rp_glob_match(p->glob, q->section))
        return false;
    return q->view || file_takes(q->s, p, q->path, q->member);
}

/* Walk the trie along the name; at each node try the patterns that end there and stand before
 * the best one so far. */
static uint32_t find(const struct question *q)
{
    const struct rp_script_matcher *m = q->s->matcher;
    uint32_t best = none, node = 0;
    for (const char *c = q->section;; c++) {
        for (uint32_t i = m->nodes[node].first; i < best; i = m->patterns[i].next)
            if ((!m->patterns[i].exact || !*c) && takes(q, i))
                best = i;
        if (!*c)
            break;
        uint32_t k = m->nodes[node].child;
        while (k && m->nodes[k].c != *c)
            k = m->nodes[k].sibling;
        if (!k)
            break;
        node = k;
    }
    return best;
}

static uint32_t find_taker(struct question q, uint32_t *ret_pattern)
{
    uint32_t i = find(&q);
    if (i == none)
        return none;
    if (ret_pattern)
        *ret_pattern = q.s->matcher->patterns[i].index;
    return q.s->matcher->patterns[i].stmt;
}

static uint32_t find_keep(struct question q)
{
    q.keep_only = q.s->flavor != RP_LINKER_GOLD;
    uint32_t stmt = find_taker(q, NULL);
    return stmt != none && q.s->stmts.v[stmt].keep ? stmt : none;
}

uint32_t rp_script_match(const struct rp_script *s, const char *path, const char *member,
                         const char *section, uint64_t sh_flags, uint32_t *ret_pattern)
{
    return find_taker((struct question){s, NULL, path, member, section, sh_flags, false},
                      ret_pattern);
}

uint32_t rp_script_keep(const struct rp_script *s, const char *path, const char *member,
                        const char *section, uint64_t sh_flags)
{
    return find_keep((struct question){s, NULL, path, member, section, sh_flags, false});
}

/* --- views ----------------------------------------------------------------------------------- */

size_t rp_script_view_size(const struct rp_script *s)
{
    return s->matcher->n_patterns / 8 + 1;
}

void rp_script_view(const struct rp_script *s, const char *path, const char *member, uint8_t *view)
{
    const struct rp_script_matcher *m = s->matcher;
    memset(view, 0, rp_script_view_size(s));
    for (uint32_t i = 0; i < m->n_patterns; i++) {
        const struct pattern *p = &m->patterns[i];
        const struct rp_input_stmt *stmt = &s->stmts.v[p->stmt];
        bool same = i && m->patterns[i - 1].stmt == p->stmt && p->index < stmt->n_sections &&
                    stmt->sections[p->index].exclude == stmt->sections[p->index - 1].exclude;
        bool yes = same ? view[(i - 1) / 8] >> ((i - 1) % 8) & 1 : file_takes(s, p, path, member);
        if (yes)
            view[i / 8] |= (uint8_t)(1u << (i % 8));
    }
}

uint32_t rp_script_match_view(const struct rp_script *s, const uint8_t *view, const char *section,
                              uint64_t sh_flags, uint32_t *ret_pattern)
{
    return find_taker((struct question){s, view, NULL, NULL, section, sh_flags, false},
                      ret_pattern);
}

uint32_t rp_script_keep_view(const struct rp_script *s, const uint8_t *view, const char *section,
                             uint64_t sh_flags)
{
    return find_keep((struct question){s, view, NULL, NULL, section, sh_flags, false});
}
