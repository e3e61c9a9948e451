/* bisect_report.c: the answer of a bisection, as text and as JSON.
 *
 * Each culprit has the keys of a finding of `reap lint` (rank, code, severity, file, section,
 * symbols, evidence, remedy). Where a finding had named the removal, code, evidence and remedy are
 * the finding's; else the code is "removal" (or "not-extracted") and the remedy is a line that
 * keeps it.
 *
 * Entry: rp_bisect_write().
 */
#include "api/bisect.h"

#include "report/jsonw.h"

#include <string.h>

/* A culprit in words. Strings are in the arena or in the facts. */
struct answer {
    const char *code, *severity, *file, *section, *evidence, *remedy;
    const struct rp_finding *finding; /* or NULL */
    rp_id node;                       /* or 0 */
};

static const char *display(struct rp_bisect *b, rp_id file)
{
    const struct rp_facts *f = &b->facts;
    const char *path = rp_fact_str(f, f->files.v[file].path);
    const char *member = rp_fact_str(f, f->files.v[file].member);
    return *member ? rp_arena_printf(&b->arena, "%s(%s)", path, member) : path;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* -u reaches global names only. */
static bool is_global(const struct rp_facts *f, rp_id node, rp_str name)
{
    for (size_t i = 1; i < f->symbols.n; i++)
        if (f->symbols.v[i].node == node && f->symbols.v[i].name == name)
            return f->symbols.v[i].bind != STB_LOCAL;
    return false;
}

/* The line that keeps a section: with a script, KEEP; else an option of Reap's. */
static const char *keep_line(struct rp_bisect *b, rp_id node)
{
    const struct rp_facts *f = &b->facts;
    const struct rp_fact_node *n = &f->nodes.v[node];
    const struct rp_fact_file *file = &f->files.v[n->file];
    const char *section = rp_fact_str(f, n->section), *name = rp_fact_str(f, n->name);
    const char *member = rp_fact_str(f, file->member);
    const char *base = base_name(*member ? member : rp_fact_str(f, file->path));
    if (b->scripts.n)
        return rp_arena_printf(&b->arena, "KEEP(*%s(%s))", base, section);
    if (*name && is_global(f, node, n->name))
        return rp_arena_printf(&b->arena, "-u %s, or --reap-keep-symbol=%s", name, name);
    if (*name)
        return rp_arena_printf(&b->arena, "--reap-keep-symbol=%s", name);
    return rp_arena_printf(&b->arena, "a rule file with the line: keep-section %s in *%s", section,
                           base);
}

static void describe_node(struct rp_bisect *b, rp_id node, struct answer *a)
{
    const struct rp_facts *f = &b->facts;
    const struct rp_fact_node *n = &f->nodes.v[node];
    a->node = node;
    a->file = n->file ? display(b, n->file) : "";
    a->section = rp_fact_str(f, n->section);
    a->evidence = rp_arena_printf(&b->arena,
                                  "with this removed and all else kept the test fails; with this "
                                  "kept it passes; it was removed as %s",
                                  rp_reason_name(n->reason));
    a->remedy = keep_line(b, node);
}

static void describe_script(struct rp_bisect *b, uint32_t id, struct answer *a)
{
    const struct rp_script_text *t = &b->scripts.v[id >> 16];
    const struct rp_script_unit *u = &t->units.v[id & 0xffff];
    a->file = t->path;
    a->section = u->pattern;
    if (u->wrap) {
        a->evidence = "with __rela_iplt_start and __rela_iplt_end set the test passes";
        a->remedy = "__rela_iplt_start = .; *(.rela.iplt) __rela_iplt_end = .;";
        return;
    }
    a->evidence = rp_arena_printf(
        &b->arena, "with %s in /DISCARD/ the test fails, without it it passes", u->pattern);
    a->remedy = rp_arena_printf(&b->arena, "take %s out of /DISCARD/ in %s", u->pattern, t->path);
}

/* A name that asks for a member: a global that it defines. NULL: it has none. */
static const char *member_symbol(const struct rp_bisect *b, rp_id file)
{
    const struct rp_facts *f = &b->facts;
    for (size_t i = 1; i < f->symbols.n; i++)
        if (f->symbols.v[i].file == file && *rp_fact_str(f, f->symbols.v[i].name))
            return rp_fact_str(f, f->symbols.v[i].name);
    return NULL;
}

static void describe_member(struct rp_bisect *b, rp_id file, struct answer *a)
{
    const struct rp_facts *f = &b->facts;
    const char *symbol = member_symbol(b, file);
    a->code = "not-extracted";
    a->file = display(b, file);
    a->evidence = "nothing asks for this member of its archive; with it linked the test passes";
    if (symbol)
        a->remedy = rp_arena_printf(&b->arena, "-u %s", symbol);
    else
        a->remedy = rp_arena_printf(&b->arena,
                                    "--whole-archive %s --no-whole-archive, or the object itself",
                                    rp_fact_str(f, f->files.v[file].path));
}

static struct answer describe(struct rp_bisect *b, const struct rp_culprit *c)
{
    const struct rp_facts *f = &b->facts;
    const struct rp_item *first = &b->items.v.v[c->items.v[0]];
    struct answer a = {.code = "removal", .severity = "error"};
    if (c->guilty)
        describe_node(b, c->guilty, &a);
    else if (first->kind == RP_ITEM_SCRIPT)
        describe_script(b, first->id, &a);
    else if (first->kind == RP_ITEM_MEMBER)
        describe_member(b, first->id, &a);
    else
        describe_node(b, first->id, &a);
    if (!first->finding)
        return a;
    const struct rp_finding *x = a.finding = &f->findings.v[first->finding - 1];
    a.code = rp_finding_code_name(x->code);
    a.severity = rp_finding_severity_name(x->severity);
    a.evidence = rp_fact_str(f, x->evidence);
    a.remedy = rp_fact_str(f, x->remedy);
    if (first->kind != RP_ITEM_NODE || !a.node) {
        a.file = x->file ? display(b, x->file) : a.file;
        a.section = rp_fact_str(f, x->section);
    }
    return a;
}

/* --- JSON --------------------------------------------------------------------------------------
 */

static const char *end_name(enum reap_bisect_end end)
{
    switch (end) {
    case REAP_BISECT_FOUND: return "found";
    case REAP_BISECT_NO_FAIL: return "passes-with-all-removed";
    case REAP_BISECT_ALL_FAIL: return "fails-with-nothing-removed";
    default: return "unresolved";
    }
}

static void write_symbols(struct rp_bisect *b, const struct answer *a, struct rp_jsonw *w)
{
    const struct rp_facts *f = &b->facts;
    rp_jsonw_open(w, "symbols", '[', false);
    if (a->finding)
        for (uint32_t i = 0; i < a->finding->n_parts; i++) {
            const char *name = rp_fact_str(f, f->finding_parts.v[a->finding->first_part + i].name);
            if (*name)
                rp_jsonw_string(w, NULL, name);
        }
    else if (a->node && *rp_fact_str(f, f->nodes.v[a->node].name))
        rp_jsonw_string(w, NULL, rp_fact_str(f, f->nodes.v[a->node].name));
    rp_jsonw_close(w, ']');
}

static void write_item(struct rp_bisect *b, const struct rp_item *it, struct rp_jsonw *w)
{
    const struct rp_facts *f = &b->facts;
    rp_jsonw_open(w, NULL, '{', false);
    if (it->kind == RP_ITEM_NODE) {
        const struct rp_fact_node *n = &f->nodes.v[it->id];
        rp_jsonw_string(w, "kind", rp_node_kind_name(n->kind));
        rp_jsonw_string(w, "file", n->file ? display(b, n->file) : "");
        rp_jsonw_string(w, "section", rp_fact_str(f, n->section));
        rp_jsonw_number(w, "offset", n->offset);
        rp_jsonw_number(w, "size", n->size);
        rp_jsonw_string(w, "symbol", rp_fact_str(f, n->name));
    } else if (it->kind == RP_ITEM_MEMBER) {
        rp_jsonw_string(w, "kind", "member-not-extracted");
        rp_jsonw_string(w, "file", display(b, it->id));
    } else {
        const struct rp_script_text *t = &b->scripts.v[it->id >> 16];
        rp_jsonw_string(w, "kind", t->units.v[it->id & 0xffff].wrap ? "script" : "discard");
        rp_jsonw_string(w, "file", t->path);
        rp_jsonw_string(w, "section", t->units.v[it->id & 0xffff].pattern);
    }
    rp_jsonw_close(w, '}');
}

static void write_culprit(struct rp_bisect *b, const struct rp_culprit *c, unsigned rank,
                          struct rp_jsonw *w)
{
    struct answer a = describe(b, c);
    rp_jsonw_open(w, NULL, '{', true);
    rp_jsonw_number(w, "rank", rank);
    rp_jsonw_string(w, "code", a.code);
    rp_jsonw_string(w, "severity", a.severity);
    rp_jsonw_string(w, "file", a.file ? a.file : "");
    rp_jsonw_string(w, "section", a.section ? a.section : "");
    write_symbols(b, &a, w);
    rp_jsonw_string(w, "evidence", a.evidence ? a.evidence : "");
    rp_jsonw_string(w, "remedy", a.remedy ? a.remedy : "");
    rp_jsonw_bool(w, "exact", c->exact);
    rp_jsonw_open(w, "removals", '[', true);
    for (size_t i = 0; i < c->items.n; i++)
        write_item(b, &b->items.v.v[c->items.v[i]], w);
    rp_jsonw_close(w, ']');
    rp_jsonw_close(w, '}');
}

static void write_json(struct rp_bisect *b, const struct rp_culprits *culprits,
                       enum reap_bisect_end end, struct rp_jsonw *w)
{
    rp_jsonw_open(w, NULL, '{', true);
    rp_jsonw_string(w, "result", end_name(end));
    rp_jsonw_number(w, "removals", b->items.v.n);
    rp_jsonw_number(w, "links", b->n_links);
    rp_jsonw_number(w, "runs", b->n_runs);
    rp_jsonw_number(w, "remembered", b->n_remembered);
    rp_jsonw_bool(w, "flaky", b->flaky);
    rp_jsonw_open(w, "culprits", '[', true);
    for (size_t i = 0; i < culprits->v.n; i++)
        if (culprits->v.v[i].items.n)
            write_culprit(b, &culprits->v.v[i], (unsigned)i + 1, w);
    rp_jsonw_close(w, ']');
    rp_jsonw_close(w, '}');
    rp_strbuf_puts(&w->b, "\n");
}

/* --- text --------------------------------------------------------------------------------------
 */

/* A text of several lines, indented. */
static void add_lines(struct rp_strbuf *s, const char *label, const char *text)
{
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        rp_strbuf_printf(s, "  %-9s %.*s\n", label, (int)n, text);
        text += n + (text[n] == '\n');
        label = "";
    }
}

static void text_item(struct rp_bisect *b, const struct rp_item *it, struct rp_strbuf *s)
{
    const struct rp_facts *f = &b->facts;
    if (it->kind == RP_ITEM_NODE) {
        const struct rp_fact_node *n = &f->nodes.v[it->id];
        const char *name = rp_fact_str(f, n->name);
        rp_strbuf_printf(s, "  removed   %s:%s+0x%llx%s%s\n", n->file ? display(b, n->file) : "",
                         rp_fact_str(f, n->section), (unsigned long long)n->offset,
                         *name ? " " : "", name);
    } else if (it->kind == RP_ITEM_MEMBER) {
        rp_strbuf_printf(s, "  missing   %s, which nothing extracted\n", display(b, it->id));
    } else {
        const struct rp_script_text *t = &b->scripts.v[it->id >> 16];
        rp_strbuf_printf(s, "  script    %s: %s\n", t->path, t->units.v[it->id & 0xffff].pattern);
    }
}

static void text_culprit(struct rp_bisect *b, const struct rp_culprit *c, size_t rank,
                         struct rp_strbuf *s)
{
    struct answer a = describe(b, c);
    rp_strbuf_printf(s, "\n%zu. %s%s%s [%s]\n", rank, a.file ? a.file : "",
                     a.section && *a.section ? ":" : "", a.section ? a.section : "", a.code);
    for (size_t i = 0; i < c->items.n; i++)
        text_item(b, &b->items.v.v[c->items.v[i]], s);
    add_lines(s, "evidence", a.evidence);
    add_lines(s, "remedy", a.remedy);
    if (c->items.n > 1)
        rp_strbuf_puts(s, "  all of these must be missing for the test to fail\n");
    if (!c->exact)
        rp_strbuf_puts(s, "  some steps could not be decided: not all of these may be needed\n");
}

static void write_text(struct rp_bisect *b, const struct rp_culprits *culprits,
                       enum reap_bisect_end end, struct rp_strbuf *s)
{
    switch (end) {
    case REAP_BISECT_NO_FAIL:
        rp_strbuf_puts(s, "The test passes with everything removed: nothing is missing.\n");
        return;
    case REAP_BISECT_ALL_FAIL:
        rp_strbuf_puts(s, "The test fails with nothing removed: the cause is no removal.\n");
        return;
    case REAP_BISECT_UNRESOLVED:
        rp_strbuf_puts(s, "The test could not be decided at the ends of the search.\n");
        return;
    default: break;
    }
    rp_strbuf_printf(s, "%zu %s among %zu removals, after %u links and %u runs of the test:\n",
                     culprits->v.n, culprits->v.n == 1 ? "culprit" : "independent culprits",
                     b->items.v.n, b->n_links, b->n_runs);
    for (size_t i = 0; i < culprits->v.n; i++)
        if (culprits->v.v[i].items.n)
            text_culprit(b, &culprits->v.v[i], i + 1, s);
}

enum reap_status rp_bisect_write(struct rp_bisect *b, const struct rp_culprits *culprits,
                                 enum reap_bisect_end end, FILE *out)
{
    struct rp_jsonw w = {0};
    if (b->options->json)
        write_json(b, culprits, end, &w);
    else
        write_text(b, culprits, end, &w.b);
    bool bad = w.b.oom || fwrite(w.b.s, 1, w.b.n, out) != w.b.n;
    rp_strbuf_free(&w.b);
    return bad ? rp_nomem(&b->ctx) : REAP_OK;
}
