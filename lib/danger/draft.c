/* draft.c: writing a finding: evidence, remedy and chain, a line at a time, and words for names.
 *
 * Names come from files and may hold anything; what would garble a line is shown as \xNN, so that a
 * line of evidence stays one line.
 */
#include "danger/danger.h"

#include "report/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct rp_draft *rp_draft_new(struct rp_danger *d, unsigned code, unsigned severity)
{
    struct rp_draft x = {.code = (uint8_t)code, .severity = (uint8_t)severity, .count = 1};
    if (!rp_vec_push(&d->drafts, x)) {
        d->oom = true;
        return NULL;
    }
    return &d->drafts.v[d->drafts.n - 1];
}

void rp_draft_at(struct rp_danger *d, struct rp_draft *x, rp_id section)
{
    if (!x)
        return;
    x->section = section;
    x->file = d->m->sections[section].file;
    x->node = d->m->sections[section].node;
}

__attribute__((format(printf, 2, 0))) static void add_line(struct rp_strbuf *b, const char *fmt,
                                                           va_list ap)
{
    char text[2000];
    vsnprintf(text, sizeof text, fmt, ap);
    if (b->n)
        rp_strbuf_puts(b, "\n");
    rp_word_plain(text, b);
}

void rp_draft_say(struct rp_draft *x, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (x)
        add_line(&x->evidence, fmt, ap);
    va_end(ap);
}

void rp_draft_remedy(struct rp_draft *x, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (x)
        add_line(&x->remedy, fmt, ap);
    va_end(ap);
}

void rp_draft_chain(struct rp_draft *x, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (x)
        add_line(&x->chain, fmt, ap);
    va_end(ap);
}

void rp_draft_part(struct rp_danger *d, struct rp_draft *x, const char *name, rp_id node)
{
    enum { MAX = 1000 }; /* a list for people and for bisection; count has the number */
    struct rp_finding_part p = {.node = node};
    if (!x || x->parts.n >= MAX)
        return;
    if (name && *name && !rp_facts_intern(d->facts, name, strlen(name), &p.name))
        d->oom = true;
    for (size_t i = 0; i < x->parts.n; i++)
        if (x->parts.v[i].name == p.name && x->parts.v[i].node == p.node)
            return;
    if (!rp_vec_push(&x->parts, p))
        d->oom = true;
    else
        rp_bitset_set(&d->told, node);
}

void rp_draft_lost(struct rp_danger *d, struct rp_draft *x, rp_id section)
{
    const struct rp_file *f = rp_section_file(d->m, section);
    rp_id node = d->m->sections[section].node;
    bool named = false;
    uint32_t n;
    const uint32_t *sym = rp_danger_symbols_of(d, section, &n);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = rp_elf_symname(&f->elf, sym[i]);
        if (name[0] == '$' && name[1] && strchr("xdat", name[1]))
            continue;
        rp_draft_part(d, x, name, node);
        named = true;
    }
    if (!named)
        rp_draft_part(d, x, NULL, node);
}

/* --- words ----------------------------------------------------------------------------------- */

static char *next_word(struct rp_words *w)
{
    char *s = w->text[w->next];
    w->next = (w->next + 1) % RP_DANGER_WORDS;
    *s = '\0';
    return s;
}

const char *rp_word_name(struct rp_words *w, const char *mangled)
{
    char *s = next_word(w);
    char *plain = rp_demangle(mangled, RP_DEMANGLE_NO_RETURN);
    snprintf(s, RP_DANGER_WORD, "%s", plain ? plain : mangled);
    free(plain);
    return s;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *rp_word_section(struct rp_words *w, const struct rp_danger *d, rp_id section)
{
    char *s = next_word(w);
    const struct rp_file *f = rp_section_file(d->m, section);
    if (f->member)
        snprintf(s, RP_DANGER_WORD, "%s(%s):%s", base_name(f->path), f->member,
                 rp_section_name(d->m, section));
    else
        snprintf(s, RP_DANGER_WORD, "%s:%s", base_name(f->path), rp_section_name(d->m, section));
    return s;
}

const char *rp_word_code(struct rp_words *w, const struct rp_danger *d, rp_id node)
{
    const char *name = rp_danger_node_name(d, node);
    rp_id section = d->m->nodes.v[node].section;
    if (!section)
        return rp_word_name(w, name);
    const char *plain = rp_word_name(w, name), *where = rp_word_section(w, d, section);
    char text[RP_DANGER_WORD];
    snprintf(text, sizeof text, "%s (%s)", plain, where);
    return strcpy(next_word(w), text);
}

static void print_excludes(struct rp_strbuf *b, const char *const *list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        rp_strbuf_printf(b, "%s%s%s", i ? " " : "EXCLUDE_FILE(", list[i], i + 1 == n ? ") " : "");
}

static const char *sort_word(const char *glob)
{
    bool init = rp_danger_is_initializer(glob);
    return init ? "SORT_BY_INIT_PRIORITY" : "SORT_BY_NAME";
}

const char *rp_word_stmt(struct rp_words *w, const struct rp_input_stmt *st, bool keep)
{
    char *s = next_word(w);
    struct rp_strbuf b = {0};
    rp_strbuf_puts(&b, keep ? "KEEP (" : "");
    print_excludes(&b, st->exclude, st->n_exclude);
    rp_strbuf_puts(&b, st->file_glob);
    for (uint32_t i = 0; i < st->n_sections; i++) {
        const struct rp_section_pattern *p = &st->sections[i];
        rp_strbuf_puts(&b, i ? " " : "(");
        if (p->sorted)
            rp_strbuf_printf(&b, "%s(", sort_word(p->glob));
        print_excludes(&b, p->exclude, p->n_exclude);
        rp_strbuf_printf(&b, "%s%s", p->glob, p->sorted ? ")" : "");
    }
    rp_strbuf_puts(&b, st->n_sections ? keep ? "))" : ")" : keep ? ")" : "");
    snprintf(s, RP_DANGER_WORD, "%s", b.s && !b.oom ? b.s : "");
    rp_strbuf_free(&b);
    return s;
}

void rp_draft_keep(struct rp_danger *d, struct rp_draft *x, rp_id section)
{
    struct rp_words w = {.next = 0};
    const char *name = rp_section_name(d->m, section);
    const struct rp_input_stmt *st = rp_danger_stmt(d, section);
    const struct rp_file *f = rp_section_file(d->m, section);
    if (st && st->out_section && strcmp(st->out_section, "/DISCARD/") == 0)
        rp_draft_remedy(x, "%s:%u: take %s out of /DISCARD/ and place it: %s : { KEEP (*(%s)) }",
                        st->script, st->line, name, name, name);
    else if (st)
        rp_draft_remedy(x, "%s:%u: %s in place of %s", st->script, st->line,
                        rp_word_stmt(&w, st, true), rp_word_stmt(&w, st, false));
    else if (d->job->n_scripts)
        rp_draft_remedy(x, "in the linker script: KEEP (*(%s))", name);
    rp_draft_remedy(x, "rule file: keep-section %s in %s%s%s", name, base_name(f->path),
                    f->member ? ":" : "", f->member ? f->member : "");
}
