/* why_find.c: what a pattern of `reap why` matches.
 *
 * C++ classes by name; symbols by mangled name, demangled name and demangled name without
 * parameters; sections by name or "file:section"; sets of start-stop names and brackets by their
 * symbols; files by path, base name, member, "archive(member)" or "archive:member". Every form is
 * compared literally and, when it holds wildcards, as a glob.
 *
 * Demangling every name of a big link takes seconds, so a name is demangled only when it holds the
 * longest word of the pattern: the Itanium C++ ABI and Rust's scheme write every source name out at
 * least once. Words that manglings abbreviate ("std", "int", "vtable") do not count.
 *
 * Entry: rp_why_find.
 */
#include "report/why.h"

#include "util/bitset.h"
#include "util/glob.h"
#include "util/strmap.h"

#include <ctype.h>
#include <string.h>

struct finder {
    struct rp_why *w;
    bool is_glob;
    char word[256];        /* what a mangled name must hold to be demangled; "" = nothing */
    struct rp_bitset done; /* nodes among the answers */
    bool set_matched;
    struct {
        RP_VEC(struct rp_answer) v;
    } copies; /* COMDAT duplicates */
};

/* --- names ----------------------------------------------------------------------------------- */

static bool matches(const void *finder, const char *text)
{
    const struct finder *s = finder;
    return !strcmp(s->w->pattern, text) || (s->is_glob && rp_glob_match(s->w->pattern, text));
}

/* Words that stand in demangled names but are abbreviated or made up by the mangling: of the C++
 * library's substitutions, of builtin types, of special names, of Rust. */
static const char made_up[] =
    " "
    "std allocator basic_string string istream ostream iostream basic_istream "
    "basic_ostream basic_iostream char_traits int char unsigned signed long short bool "
    "float double void wchar_t char8_t char16_t char32_t __int128 __float128 decltype "
    "auto nullptr_t operator new delete vtable for typeinfo name VTT construction thunk "
    "virtual non covariant return to guard variable reference temporary hidden alias TLS "
    "init wrapper function transaction clone lambda unnamed type anonymous namespace "
    "const volatile default arg literal string_literal template parameter object in cold "
    "isra constprop part u8 u16 u32 u64 i8 i16 i32 i64 usize isize str f32 f64 closure "
    "impl as dyn mut fn extern unsafe shim complex imaginary restrict noexcept throw "
    "sizeof typeid this true false co_await decimal32 decimal64 decimal128 half nullptr "
    "_Float16 initializer module concept requires friend enum ops struct union ";

static bool is_made_up(const char *word, size_t n)
{
    for (const char *p = made_up; (p = strchr(p, ' ')) != NULL; p++)
        if (!strncmp(p + 1, word, n) && p[1 + n] == ' ')
            return true;
    return false;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The longest word of the pattern before its parameters and template arguments, outside of
 * brackets. A word that touches a wildcard may be a piece of a made-up one, so it does not count
 * unless it is long. */
static void find_word(struct finder *s)
{
    const char *p = s->w->pattern, *best = NULL;
    size_t best_n = 0;
    while (*p && *p != '(' && *p != '<' && *p != '[') {
        const char *from = p;
        while (is_word_char(*p))
            p++;
        size_t n = (size_t)(p - from);
        bool cut = (from > s->w->pattern && strchr("*?]\\", from[-1])) || (*p && strchr("*?[", *p));
        bool digit = isdigit((unsigned char)*from);
        if (n > best_n && n < sizeof s->word && !digit && !is_made_up(from, n) &&
            (!cut || n > 14)) {
            best = from;
            best_n = n;
        }
        p += !n;
    }
    if (best)
        memcpy(s->word, best, best_n);
    s->word[best_n] = '\0';
}

/* 1 matches, 0 does not, -1 out of memory. */
static int matches_name(const struct finder *s, const char *mangled)
{
    if (matches(s, mangled))
        return 1;
    if (mangled[0] != '_' || !strstr(mangled, s->word))
        return 0;
    int found = 0;
    for (int form = RP_DEMANGLE_FULL; form <= RP_DEMANGLE_SHORT && !found; form++) {
        char *name = rp_demangle(mangled, (enum rp_demangle_form)form);
        if (!name)
            return -1;
        found = strcmp(name, mangled) && matches(s, name);
        free(name);
    }
    return found;
}

/* --- answers --------------------------------------------------------------------------------- */

static bool add_node(struct finder *s, struct rp_answer a)
{
    if (rp_bitset_get(&s->done, a.node))
        return true;
    rp_bitset_set(&s->done, a.node);
    const struct rp_fact_node *node = &s->w->f->nodes.v[a.node];
    if (!node->live && node->reason == RP_REASON_COMDAT_DUPLICATE)
        return rp_vec_push(&s->copies.v, a);
    return rp_vec_push(&s->w->answers, a);
}

static bool find_symbols(struct finder *s)
{
    const struct rp_facts *f = s->w->f;
    rp_str last = 0;
    int found = 0;
    for (rp_id i = 1; i < f->symbols.n; i++) {
        const struct rp_fact_symbol *y = &f->symbols.v[i];
        if (y->name != last || i == 1)
            found = matches_name(s, rp_fact_str(f, y->name));
        last = y->name;
        if (found < 0)
            return false;
        if (!found || (y->place == RP_PLACE_LINKER && s->set_matched))
            continue;
        struct rp_answer a = {.node = y->node, .symbol = i, .file = y->file, .name = y->name};
        a.kind = y->node ? RP_ANSWER_NODE : RP_ANSWER_SYMBOL;
        if (y->node ? !add_node(s, a) : !rp_vec_push(&s->w->answers, a))
            return false;
    }
    return true;
}

/* "__start_x/__stop_x" and "bracket a…b (x.lds:12)": the whole, or one of the symbols. */
static bool matches_set(const struct finder *s, const char *name)
{
    if (matches(s, name))
        return true;
    char buf[512];
    for (const char *p = name; *p;) {
        size_t n = 0;
        while (is_word_char(p[n]) || p[n] == '.' || p[n] == '$')
            n++;
        if (n && n < sizeof buf) {
            memcpy(buf, p, n);
            buf[n] = '\0';
            /* the words of the description are no symbols, and a glob must not match them */
            if (strcmp(buf, "bracket") != 0 && !strcmp(s->w->pattern, buf))
                return true;
        }
        p += n ? n : 1;
    }
    return false;
}

static bool matches_place(const struct finder *s, const struct rp_fact_node *node)
{
    const struct rp_facts *f = s->w->f;
    struct rp_strbuf b = {0};
    const char *section = rp_fact_str(f, node->section);
    const struct rp_fact_file *ff = &f->files.v[node->file];
    bool found = false;
    for (int form = 0; form < 2 && !found; form++) {
        b.n = 0;
        rp_strbuf_puts(&b, rp_fact_str(f, ff->path));
        if (ff->member)
            rp_strbuf_printf(&b, "(%s)", rp_fact_str(f, ff->member));
        rp_strbuf_printf(&b, form ? ":(%s)" : ":%s", section);
        found = !b.oom && matches(s, b.s);
    }
    rp_strbuf_free(&b);
    return found;
}

/* A section is answered by its first live part, else by its first part. */
static bool answer_section(struct finder *s, rp_id first, rp_id end)
{
    struct rp_answer a = {.kind = RP_ANSWER_NODE, .node = first, .n_parts = end - first};
    for (rp_id i = first; i < end; i++) {
        if (!s->w->f->nodes.v[i].live)
            continue;
        if (!a.n_live_parts++)
            a.node = i;
    }
    return add_node(s, a);
}

static bool find_sections(struct finder *s)
{
    const struct rp_facts *f = s->w->f;
    const char *colon = strchr(s->w->pattern, ':');
    bool place = colon && (colon[1] == '.' || colon[1] == '(' || s->is_glob);
    rp_str last = 0;
    bool last_found = false;
    for (rp_id i = 1, end; i < f->nodes.n; i = end) {
        const struct rp_fact_node *node = &f->nodes.v[i];
        end = i + 1;
        while (node->shndx && end < f->nodes.n && f->nodes.v[end].shndx == node->shndx &&
               f->nodes.v[end].file == node->file)
            end++;
        if (node->kind == RP_NODE_SET)
            continue;
        if (node->section != last || i == 1)
            last_found = matches(s, rp_fact_str(f, node->section));
        last = node->section;
        if ((last_found || (place && matches_place(s, node))) && !answer_section(s, i, end))
            return false;
    }
    return true;
}

static bool find_sets(struct finder *s)
{
    const struct rp_facts *f = s->w->f;
    for (rp_id i = 1; i < f->nodes.n; i++) {
        if (f->nodes.v[i].kind != RP_NODE_SET ||
            !matches_set(s, rp_fact_str(f, f->nodes.v[i].section)))
            continue;
        s->set_matched = true;
        if (!add_node(s, (struct rp_answer){.kind = RP_ANSWER_NODE, .node = i}))
            return false;
    }
    return true;
}

static bool matches_file(const struct finder *s, const struct rp_fact_file *ff)
{
    const char *path = rp_fact_str(s->w->f, ff->path), *member = rp_fact_str(s->w->f, ff->member);
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    if (!ff->member)
        return matches(s, path) || matches(s, base);
    if (matches(s, member))
        return true;
    struct rp_strbuf b = {0};
    bool found = false;
    for (int form = 0; form < 4 && !found; form++) {
        b.n = 0;
        rp_strbuf_printf(&b, form & 1 ? "%s(%s)" : "%s:%s", form & 2 ? base : path, member);
        found = !b.oom && matches(s, b.s);
    }
    rp_strbuf_free(&b);
    return found;
}

/* A glob such as "f*" means names; one with a dot, slash or parenthesis may mean files. */
static bool find_files(struct finder *s)
{
    const struct rp_facts *f = s->w->f;
    if (s->is_glob && !strpbrk(s->w->pattern, "./("))
        return true;
    for (rp_id i = 1; i < f->files.n; i++) {
        struct rp_answer a = {.kind = RP_ANSWER_FILE, .file = i};
        if (matches_file(s, &f->files.v[i]) && !rp_vec_push(&s->w->answers, a))
            return false;
    }
    return true;
}

/* --- COMDAT copies, order -------------------------------------------------------------------- */

/* Copies of an answer are counted with it; others are answers of their own. */
static bool settle_copies(struct finder *s)
{
    const struct rp_facts *f = s->w->f;
    struct rp_strmap map = {0};
    bool ok = true;
    for (size_t pass = 0; pass < 2 && ok; pass++) {
        for (size_t i = 0; i < s->w->answers.n && ok && !pass; i++) {
            const struct rp_answer *a = &s->w->answers.v[i];
            if (a->kind != RP_ANSWER_NODE)
                continue;
            const char *section = rp_fact_str(f, f->nodes.v[a->node].section);
            uint32_t *slot = rp_strmap_put(&map, section, strlen(section));
            ok = slot != NULL;
            if (ok && !*slot)
                *slot = (uint32_t)i + 1;
        }
        for (size_t i = 0; i < s->copies.v.n && ok && pass; i++) {
            const struct rp_answer *a = &s->copies.v.v[i];
            const char *section = rp_fact_str(f, f->nodes.v[a->node].section);
            uint32_t at = rp_strmap_get(&map, section, strlen(section));
            if (at)
                s->w->answers.v[at - 1].n_copies++;
            else
                ok = rp_vec_push(&s->w->answers, *a);
        }
    }
    rp_strmap_free(&map);
    return ok;
}

/* A name that nothing defines but an unextracted member would: the member's answer says both. */
static bool drop_undefined(struct rp_why *w)
{
    const struct rp_facts *f = w->f;
    struct rp_strmap members = {0};
    bool ok = true;
    for (size_t i = 0; i < w->answers.n && ok; i++) {
        const struct rp_answer *a = &w->answers.v[i];
        const char *name = rp_fact_str(f, a->name);
        if (a->kind != RP_ANSWER_SYMBOL || f->symbols.v[a->symbol].place != RP_PLACE_MEMBER)
            continue;
        uint32_t *slot = rp_strmap_put(&members, name, strlen(name));
        ok = slot != NULL;
        if (ok)
            *slot = 1;
    }
    size_t n = 0;
    for (size_t i = 0; i < w->answers.n && ok; i++) {
        const struct rp_answer a = w->answers.v[i];
        const char *name = rp_fact_str(f, a.name);
        bool undefined =
            a.kind == RP_ANSWER_SYMBOL && f->symbols.v[a.symbol].place == RP_PLACE_UNDEFINED;
        if (!undefined || !rp_strmap_get(&members, name, strlen(name)))
            w->answers.v[n++] = a;
    }
    if (ok)
        w->answers.n = n;
    rp_strmap_free(&members);
    return ok;
}

static bool is_clone(const struct rp_facts *f, const struct rp_answer *a)
{
    const char *name = rp_fact_str(f, a->name);
    return !strncmp(name, "_Z", 2) && strchr(name, '.');
}

/* What a compiler split off ("f.cold", "f.part.0") follows the functions themselves. */
static bool clones_last(struct rp_why *w)
{
    size_t n = 0;
    struct rp_answer *sorted = malloc((w->answers.n + 1) * sizeof *sorted);
    if (!sorted)
        return false;
    for (int clones = 0; clones < 2; clones++)
        for (size_t i = 0; i < w->answers.n; i++)
            if (is_clone(w->f, &w->answers.v[i]) == clones)
                sorted[n++] = w->answers.v[i];
    free(w->answers.v);
    w->answers.v = sorted;
    w->answers.cap = w->answers.n + 1;
    return true;
}

enum reap_status rp_why_find(struct rp_why *w)
{
    struct finder s = {.w = w, .is_glob = rp_glob_has_wildcard(w->pattern)};
    enum reap_status st = REAP_OK;
    find_word(&s);
    st = rp_why_find_classes(w, s.word, matches, &s);
    if (st)
        return st;
    if (!rp_bitset_init(&s.done, w->f->nodes.n) || !find_sets(&s) || !find_symbols(&s) ||
        !find_sections(&s) || !find_files(&s) || !settle_copies(&s) || !drop_undefined(w) ||
        !clones_last(w))
        st = rp_nomem(w->ctx);
    rp_vec_free(&s.copies.v);
    rp_bitset_free(&s.done);
    return st;
}
