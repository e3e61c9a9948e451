/* bisect_script.c: what a linker script throws away by /DISCARD/, and a script that does not.
 *
 * Sections that a script discards are in no list of removals that adding roots could shorten: the
 * script itself must change. How: the text of /DISCARD/ is read just far enough to find the words
 * between the parentheses of its statements, each a unit; undoing a unit blanks the word, or the
 * whole statement when no word of it is left, and the linker then places the sections as orphans.
 * A unit of another kind is a statement that collects .rela.iplt without __rela_iplt_start and
 * __rela_iplt_end around it: undoing it sets them. What INCLUDE names is not looked at.
 *
 * Entries: rp_script_units(), rp_script_undo().
 */
#include "api/bisect.h"

#include <ctype.h>
#include <string.h>

/* Behind white space and comments. */
static size_t skip_blank(const char *s, size_t n, size_t i)
{
    while (i < n) {
        if (isspace((unsigned char)s[i])) {
            i++;
        } else if (i + 1 < n && s[i] == '/' && s[i + 1] == '*') {
            const char *stop = memmem(s + i + 2, n - i - 2, "*/", 2);
            i = stop ? (size_t)(stop - s) + 2 : n;
        } else {
            break;
        }
    }
    return i;
}

static bool is_word(char c)
{
    return c && !isspace((unsigned char)c) && !strchr("(){};,", c);
}

/* The units of one statement; `open` is at its first parenthesis. Behind its last one. */
static size_t take_statement(struct rp_arena *arena, struct rp_script_text *t, size_t stmt,
                             size_t open, bool *ok)
{
    const char *s = t->text;
    size_t first = t->units.n, i = open + 1;
    unsigned depth = 1;
    while (i < t->size && depth) {
        i = skip_blank(s, t->size, i);
        if (i >= t->size)
            break;
        size_t start = i;
        while (i < t->size && is_word(s[i]))
            i++;
        if (i == start) {
            depth += s[i] == '(';
            depth -= s[i] == ')';
            i++;
            continue;
        }
        if (i < t->size && s[i] == '(') /* a function of the script: SORT, KEEP, EXCLUDE_FILE */
            continue;
        struct rp_script_unit u = {.pattern = rp_arena_strndup(arena, s + start, i - start),
                                   .start = start,
                                   .end = i,
                                   .stmt_start = stmt};
        *ok = *ok && u.pattern && rp_vec_push(&t->units, u);
    }
    for (size_t k = first; k < t->units.n; k++)
        t->units.v[k].stmt_end = i;
    return i;
}

/* The statements of one /DISCARD/ body; i is behind its brace. */
static size_t take_discard(struct rp_arena *arena, struct rp_script_text *t, size_t i, bool *ok)
{
    for (;;) {
        i = skip_blank(t->text, t->size, i);
        if (i >= t->size || t->text[i] == '}')
            return i;
        size_t stmt = i;
        while (i < t->size && is_word(t->text[i]))
            i++;
        if (i < t->size && t->text[i] == '(')
            i = take_statement(arena, t, stmt, i, ok);
        else if (i == stmt)
            i++;
    }
}

static bool find_discards(struct rp_arena *arena, struct rp_script_text *t)
{
    static const char mark[] = "/DISCARD/";
    bool ok = true;
    for (size_t i = 0; i < t->size;) {
        const char *p = memmem(t->text + i, t->size - i, mark, sizeof mark - 1);
        if (!p)
            break;
        i = (size_t)(p - t->text) + sizeof mark - 1;
        const char *brace = memchr(t->text + i, '{', t->size - i);
        if (brace)
            i = take_discard(arena, t, (size_t)(brace - t->text) + 1, &ok);
    }
    return ok;
}

static bool find_iplt(struct rp_arena *arena, struct rp_script_text *t)
{
    static const char name[] = ".rela.iplt)";
    const char *p = memmem(t->text, t->size, name, sizeof name - 1);
    if (!p || memmem(t->text, t->size, "__rela_iplt_start", 17))
        return true;
    size_t end = (size_t)(p - t->text) + sizeof name - 1, start = end - sizeof name + 1;
    while (start && !isspace((unsigned char)t->text[start - 1]) && t->text[start - 1] != '{')
        start--;
    struct rp_script_unit u = {.pattern = rp_arena_strdup(arena, ".rela.iplt"),
                               .start = start,
                               .end = end,
                               .stmt_start = start,
                               .stmt_end = end,
                               .wrap = true};
    return u.pattern && rp_vec_push(&t->units, u);
}

enum reap_status rp_script_units(struct rp_ctx *ctx, struct rp_arena *arena,
                                 struct rp_script_text *script)
{
    return find_discards(arena, script) && find_iplt(arena, script) ? REAP_OK : rp_nomem(ctx);
}

static void blank(char *s, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++)
        if (s[i] != '\n')
            s[i] = ' ';
}

void rp_script_undo(const struct rp_script_text *script, const bool *undo, struct rp_strbuf *ret)
{
    rp_strbuf_add(ret, script->text, script->size);
    if (ret->oom)
        return;
    const struct rp_script_unit *wrap = NULL;
    for (size_t i = 0; i < script->units.n; i++) {
        const struct rp_script_unit *u = &script->units.v[i];
        if (!undo[i])
            continue;
        if (u->wrap) {
            wrap = u;
            continue;
        }
        bool all = true;
        for (size_t k = 0; k < script->units.n; k++)
            all &= script->units.v[k].stmt_start != u->stmt_start || undo[k];
        blank(ret->s, all ? u->stmt_start : u->start, all ? u->stmt_end : u->end);
    }
    if (!wrap)
        return;
    struct rp_strbuf with = {0};
    rp_strbuf_add(&with, ret->s, wrap->start);
    rp_strbuf_puts(&with, " __rela_iplt_start = .; ");
    rp_strbuf_add(&with, ret->s + wrap->start, wrap->end - wrap->start);
    rp_strbuf_puts(&with, " __rela_iplt_end = .; ");
    rp_strbuf_add(&with, ret->s + wrap->end, ret->n - wrap->end);
    rp_strbuf_free(ret);
    *ret = with;
}
