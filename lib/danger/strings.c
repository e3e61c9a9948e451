/* strings.c: named-in-string: a name that live code looks up at run time is gone.
 *
 * dlsym and its like find a definition by a text that no linker reads. When the text is a literal,
 * or is built from one (`codec_%s_open`, `plugin_` and a suffix), and a definition of that name was
 * removed or stayed in an archive, the lookup gives null.
 *
 * Found for texts that code which calls a lookup function uses, its direct callers' texts, and
 * tables of texts that these use. Texts elsewhere in the program are no evidence: no finding.
 */
#include "danger/danger.h"

#include "util/glob.h"

#include <ctype.h>
#include <string.h>

static const char *const lookups[] = {
    "dlsym",           "dlvsym",           "lt_dlsym",
    "g_module_symbol", "SDL_LoadFunction", "kallsyms_lookup_name",
    "__symbol_get",    "symbol_get",       "lookup_symbol",
    "find_symbol",     "elf_lookup",       "symbol_lookup",
};

enum { MAX_TEXTS = 4000 };

/* A definition that is not in the output. */
struct lost_name {
    const char *name;
    rp_id global;    /* a removed definition, or 0: … */
    rp_id ar;        /* … in this archive's … */
    uint32_t member; /* … unextracted member */
};

struct text {
    const char *s;
    rp_id user; /* node of the code */
};

struct state {
    struct rp_danger *d;
    const char *lookup;
    RP_VEC(struct lost_name) names;
    struct rp_strmap by_name; /* index + 1 */
    RP_VEC(struct text) texts;
    struct rp_bitset seen; /* by node: its texts are taken */
};

/* --- what is gone ---------------------------------------------------------------------------- */

static void add_name(struct state *s, struct lost_name x)
{
    uint32_t *slot = rp_strmap_put(&s->by_name, x.name, strlen(x.name));
    if (slot && *slot)
        return;
    if (!slot || !rp_vec_push(&s->names, x))
        s->d->oom = true;
    else
        *slot = (uint32_t)s->names.n;
}

static void find_names(struct state *s)
{
    const struct rp_model *m = s->d->m;
    for (size_t i = 0; i < m->globals.n; i++) {
        const struct rp_global *g = &m->globals.v[i];
        rp_id node = rp_global_node(m, (rp_id)i + 1);
        if (node && !s->d->marks->live[node] && g->visibility != STV_HIDDEN &&
            g->visibility != STV_INTERNAL &&
            !rp_danger_is_runtime(rp_file_of(m, g->def_file)->path))
            add_name(s, (struct lost_name){.name = g->name, .global = (rp_id)i + 1});
    }
    for (size_t i = 0; i < m->ars.n; i++) {
        const struct rp_ar *a = &m->ars.v[i];
        if (rp_danger_is_runtime(a->archive.path))
            continue;
        for (uint32_t k = 0; k < a->archive.n_index; k++) {
            const struct rp_armap_entry *e = &a->archive.index[k];
            rp_id global = rp_model_find_global(m, e->name);
            if (e->member < a->archive.n_members && !(a->loaded && a->loaded[e->member]) &&
                !(global && rp_global_of(m, global)->def_file))
                add_name(s, (struct lost_name){e->name, 0, (rp_id)i + 1, e->member});
        }
    }
}

/* --- texts ----------------------------------------------------------------------------------- */

static void add_text(struct state *s, const char *text, rp_id user)
{
    size_t n = strnlen(text, 200);
    if (n < 3 || n == 200 || s->texts.n >= MAX_TEXTS)
        return;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("_%.-$@", text[i]))
            return; /* not part of a name */
    if (!rp_vec_push(&s->texts, (struct text){text, user}))
        s->d->oom = true;
}

/* The texts that the relocations of a range of a section lead to; through pointers in data once. */
static void take_texts(struct state *s, rp_id section, uint64_t start, uint64_t end, rp_id user,
                       bool through)
{
    struct rp_danger *d = s->d;
    uint32_t n, i;
    const struct rp_rela *r = rp_danger_relocs(d, section, &n);
    for (n = rp_danger_relocs_in(d, section, start, end, &i); i < n; i++) {
        if (r[i].offset < start || r[i].offset >= end)
            continue;
        uint64_t offset;
        rp_id to = rp_danger_target(d, section, &r[i], &offset);
        if (!to || rp_danger_is_code(d, to))
            continue;
        const char *text = rp_danger_text_at(d, to, offset);
        if (text)
            add_text(s, text, user);
        if (!through || !d->m->sections[to].rel)
            continue;
        uint32_t sym = rp_danger_symbol_at(d, to, offset);
        const struct rp_sym *o = sym ? &rp_section_file(d->m, to)->elf.syms[sym] : NULL;
        take_texts(s, to, o ? o->value : 0,
                   o && o->size ? o->value + o->size : rp_shdr_of(d->m, to)->size, user, false);
    }
}

/* The texts of the function around a place of live code; *ret_start is where it begins. */
static void take_function(struct state *s, rp_id section, uint64_t at, uint64_t *ret_start)
{
    struct rp_danger *d = s->d;
    uint32_t sym = rp_danger_symbol_at(d, section, at);
    const struct rp_sym *f = sym ? &rp_section_file(d->m, section)->elf.syms[sym] : NULL;
    uint64_t start = f ? f->value : 0,
             end = f && f->size ? f->value + f->size : rp_shdr_of(d->m, section)->size;
    *ret_start = start;
    take_texts(s, section, start, end, rp_node_at(d->m, section, start), true);
}

/* A place of live code that calls a lookup function, and the callers of the function around it. */
static void take_caller(struct state *s, rp_id section, uint64_t at)
{
    struct rp_danger *d = s->d;
    uint64_t start, ignored;
    take_function(s, section, at, &start);
    rp_id node = rp_node_at(d->m, section, start);
    if (!node || !rp_danger_need_in(d) || rp_bitset_get(&s->seen, node))
        return;
    rp_bitset_set(&s->seen, node);
    for (uint32_t i = d->in_start[node]; i < d->in_start[node + 1]; i++) {
        uint32_t edge = d->in_edge[i];
        rp_id from = d->edge_from[edge], sec = d->m->nodes.v[from].section;
        uint32_t n;
        if (!d->marks->live[from] || from == node || !rp_danger_is_code(d, sec) ||
            rp_danger_is_runtime(rp_section_file(d->m, sec)->path))
            continue;
        const struct rp_rela *r = rp_danger_relocs(d, sec, &n);
        uint64_t offset;
        if (d->m->edges[edge].reloc < n &&
            rp_danger_target(d, sec, &r[d->m->edges[edge].reloc], &offset) == section &&
            offset == start)
            take_function(s, sec, r[d->m->edges[edge].reloc].offset, &ignored);
    }
}

/* All live code that refers to the lookup function. */
static void find_texts(struct state *s)
{
    struct rp_danger *d = s->d;
    rp_id global = rp_model_find_global(d->m, s->lookup);
    size_t first, end = rp_danger_refs_of(d, global, &first);
    uint32_t n;
    for (size_t i = first; i < end; i++) {
        const struct rp_danger_ref *x = &d->refs.v[i];
        if (rp_danger_is_code(d, x->section))
            take_caller(s, x->section, rp_danger_relocs(d, x->section, &n)[x->reloc].offset);
    }
    rp_id node = rp_global_node(d->m, global);
    if (!node || !rp_danger_need_in(d))
        return;
    for (uint32_t i = d->in_start[node]; i < d->in_start[node + 1]; i++) {
        uint32_t edge = d->in_edge[i];
        rp_id from = d->edge_from[edge], sec = d->m->nodes.v[from].section;
        if (!d->marks->live[from] || !rp_danger_is_code(d, sec) ||
            rp_danger_is_runtime(rp_section_file(d->m, sec)->path))
            continue;
        const struct rp_rela *r = rp_danger_relocs(d, sec, &n);
        if (d->m->edges[edge].reloc < n)
            take_caller(s, sec, r[d->m->edges[edge].reloc].offset);
    }
}

/* --- matching -------------------------------------------------------------------------------- */

/* "codec_%s_open" as a glob; false when it is no pattern for names. *ret_wild: it has wildcards. */
static bool to_glob(const char *text, char *glob, size_t size, bool *ret_wild)
{
    size_t n = 0, literal = 0;
    *ret_wild = false;
    for (const char *p = text; *p; p++) {
        if (n + 2 >= size)
            return false;
        if (*p == '%') {
            p += 1 + strspn(p + 1, "-+ #0123456789.hlzjt");
            if (!*p || !strchr("sdiuxXc", *p))
                return false;
            glob[n++] = '*';
            *ret_wild = true;
        } else if (isalnum((unsigned char)*p) || *p == '_') {
            glob[n++] = *p;
            literal++;
        } else {
            return false;
        }
    }
    if (!*ret_wild && n >= 4 && (text[n - 1] == '_' || text[0] == '_')) {
        /* a prefix or a suffix: the rest is joined at run time */
        if (text[n - 1] == '_') {
            glob[n++] = '*';
        } else {
            memmove(glob + 1, glob, n++);
            glob[0] = '*';
        }
        *ret_wild = true;
    }
    glob[n] = '\0';
    return literal >= 4;
}

/* Whether the part of a name that the wildcard stands for is a text of the program's own. */
static bool is_spelled(const struct state *s, const char *glob, const char *name)
{
    size_t head = strcspn(glob, "*"), tail = strlen(glob + head + 1), n = strlen(name);
    if (n < head + tail || strchr(glob + head + 1, '*'))
        return false;
    for (size_t i = 0; i < s->texts.n; i++)
        if (strlen(s->texts.v[i].s) == n - head - tail &&
            memcmp(s->texts.v[i].s, name + head, n - head - tail) == 0)
            return true;
    return false;
}

static void say_where(struct rp_danger *d, struct rp_draft *x, const struct lost_name *name)
{
    struct rp_words w = {.next = 0};
    if (name->global) {
        rp_id node = rp_global_node(d->m, name->global);
        if (!x->file && !x->file_fact && d->m->nodes.v[node].section)
            rp_draft_at(d, x, d->m->nodes.v[node].section);
        rp_draft_part(d, x, name->name, node);
        rp_draft_say(x, "%s was removed: %s", name->name, rp_word_code(&w, d, node));
        rp_draft_remedy(x,
                        "keep it: -u %s, or --export-dynamic-symbol=%s where dlsym is to find it",
                        name->name, name->name);
        return;
    }
    const struct rp_archive *a = &d->m->ars.v[name->ar - 1].archive;
    const char *slash = strrchr(a->path, '/');
    if (!x->file && !x->file_fact)
        x->file_fact = rp_danger_member(d, name->ar, name->member);
    rp_draft_part(d, x, name->name, 0);
    rp_draft_say(x, "%s is defined by %s(%s), which nothing extracts", name->name,
                 slash ? slash + 1 : a->path, a->members[name->member].name);
    rp_draft_remedy(x, "add -u %s to the link", name->name);
}

static void report(struct state *s, const struct text *text, const uint32_t *hits, size_t n,
                   bool built)
{
    enum { SHOWN = 8 };
    struct rp_words w = {.next = 0};
    struct rp_danger *d = s->d;
    struct rp_draft *x =
        rp_draft_new(d, RP_FIND_NAMED_IN_STRING, built ? RP_FINDING_WARNING : RP_FINDING_ERROR);
    if (!x)
        return;
    x->count = (uint32_t)n;
    const char *code = rp_word_code(&w, d, text->user);
    rp_draft_say(x, "%s looks up \"%s\" at run time (%s)", code, text->s, s->lookup);
    for (size_t i = 0; i < n && i < SHOWN; i++)
        say_where(d, x, &s->names.v[hits[i]]);
    rp_draft_chain(x, "%s is no reference to a linker: %s is not in the program", text->s,
                   s->names.v[hits[0]].name);
    rp_draft_chain(x, "%s finds nothing, and %s gets null", s->lookup, code);
}

static void judge(struct state *s, const struct text *text)
{
    char glob[256];
    bool wild = false;
    uint32_t exact = rp_strmap_get(&s->by_name, text->s, strlen(text->s));
    if (exact) {
        uint32_t hit = exact - 1;
        report(s, text, &hit, 1, false);
        return;
    }
    if (!to_glob(text->s, glob, sizeof glob, &wild) || !wild)
        return;
    RP_VEC(uint32_t) hits = {0};
    for (uint32_t i = 0; i < s->names.n; i++)
        if (rp_glob_match(glob, s->names.v[i].name) && !rp_vec_push(&hits, i))
            s->d->oom = true;
    for (size_t i = 0; i < hits.n; i++) /* what the program spells comes first */
        if (is_spelled(s, glob, s->names.v[hits.v[i]].name)) {
            uint32_t best = hits.v[i];
            hits.v[i] = hits.v[0];
            hits.v[0] = best;
            break;
        }
    if (hits.n)
        report(s, text, hits.v, hits.n, true);
    rp_vec_free(&hits);
}

void rp_danger_strings(struct rp_danger *d)
{
    struct state s = {.d = d};
    if (!rp_bitset_init(&s.seen, d->m->nodes.n + 1)) {
        d->oom = true;
        return;
    }
    for (size_t i = 0; i < sizeof lookups / sizeof *lookups && !d->oom; i++) {
        s.lookup = lookups[i];
        if (!rp_model_find_global(d->m, s.lookup) || !rp_danger_user(d, s.lookup))
            continue;
        if (!s.names.n)
            find_names(&s);
        s.texts.n = 0;
        if (s.names.n)
            find_texts(&s);
        for (size_t k = 0; k < s.texts.n && !d->oom; k++) {
            bool again = false; /* once for each text */
            for (size_t j = 0; j < k && !again; j++)
                again = strcmp(s.texts.v[j].s, s.texts.v[k].s) == 0;
            if (!again)
                judge(&s, &s.texts.v[k]);
        }
    }
    rp_vec_free(&s.names);
    rp_vec_free(&s.texts);
    rp_strmap_free(&s.by_name);
    rp_bitset_free(&s.seen);
}
