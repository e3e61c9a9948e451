/* script_sections.c: the inside of SECTIONS: output sections and input section statements.
 *
 * After GNU ld's manual (SECTIONS, Input Section, Output Section Attributes, Overlay Description).
 * Each pattern of an input section statement keeps its EXCLUDE_FILE list; sorting is noted but
 * decides nothing here. Entry: rp_sections_body.
 */
#include "link/script_parse.h"

#include "util/glob.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* An input section statement while it is read. */
struct builder {
    struct rp_input_stmt stmt;
    RP_VEC(struct rp_section_pattern) patterns;
};

static bool is_sort(const struct rp_token *t)
{
    static const char *const words[] = {
        "SORT",      "SORT_BY_NAME", "SORT_BY_ALIGNMENT", "SORT_BY_INIT_PRIORITY",
        "SORT_NONE", "REVERSE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (t->kind == RP_TOK_NAME && rp_tok_is(t, words[i]))
            return true;
    return false;
}

/* A word that is a keyword only when a bracket follows: a section may be called KEEP. */
static bool accept_function(struct rp_parser *p, const char *word)
{
    if (!rp_look_is(p, RP_LEX_WILD, word) || p->tok.kind != RP_TOK_NAME)
        return false;
    struct rp_source at = *p->src;
    struct rp_token t = p->tok;
    rp_consume(p);
    if (rp_accept(p, RP_LEX_WILD, "("))
        return true;
    *p->src = at;
    p->tok = t;
    return false;
}

/* --- input section statements ---------------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t value;
} section_flags[] = {
    {"SHF_WRITE", SHF_WRITE},           {"SHF_ALLOC", SHF_ALLOC},
    {"SHF_EXECINSTR", SHF_EXECINSTR},   {"SHF_MERGE", SHF_MERGE},
    {"SHF_STRINGS", SHF_STRINGS},       {"SHF_INFO_LINK", SHF_INFO_LINK},
    {"SHF_LINK_ORDER", SHF_LINK_ORDER}, {"SHF_OS_NONCONFORMING", SHF_OS_NONCONFORMING},
    {"SHF_GROUP", SHF_GROUP},           {"SHF_TLS", SHF_TLS},
    {"SHF_COMPRESSED", SHF_COMPRESSED}, {"SHF_GNU_RETAIN", 1u << 21},
    {"SHF_EXCLUDE", SHF_EXCLUDE},       {"SHF_MASKOS", SHF_MASKOS},
    {"SHF_MASKPROC", SHF_MASKPROC},     {"SHF_X86_64_LARGE", 0x10000000},
    {"SHF_ENTRYSECT", 0x10000000},      {"SHF_COMDEF", 0x80000000},
    {"SHF_ARM_PURECODE", 0x20000000},   {"SHF_AARCH64_PURECODE", 0x20000000},
};

/* One flag name, or a number (lld). */
static bool flag_value(struct rp_parser *p, const char *s, uint32_t *ret)
{
    for (size_t i = 0; i < sizeof section_flags / sizeof *section_flags; i++)
        if (strcmp(section_flags[i].name, s) == 0) {
            *ret = section_flags[i].value;
            return true;
        }
    char *end;
    unsigned long v = strtoul(s, &end, 0);
    if (*s < '0' || *s > '9' || *end || v > UINT32_MAX)
        return rp_syntax(p, "unknown section flag '%.60s' in INPUT_SECTION_FLAGS", s);
    *ret = (uint32_t)v;
    return true;
}

/* After INPUT_SECTION_FLAGS and the bracket: SHF_A & !SHF_B ) */
static bool input_section_flags(struct rp_parser *p, struct rp_input_stmt *stmt)
{
    stmt->flags_want = stmt->flags_not = 0;
    do {
        bool negate = rp_accept(p, RP_LEX_EXPR, "!");
        const char *s = rp_name(p, RP_LEX_WILD, "a section flag");
        if (!s)
            return false;
        if (*s == '!') {
            negate = true;
            s++;
        }
        uint32_t v = 0;
        if (!flag_value(p, s, &v))
            return false;
        *(negate ? &stmt->flags_not : &stmt->flags_want) |= v;
    } while (rp_accept(p, RP_LEX_EXPR, "&"));
    return rp_expect(p, RP_LEX_WILD, ")");
}

/* After EXCLUDE_FILE and the bracket: the names up to the closing one. */
static bool exclude_list(struct rp_parser *p, const char *const **ret, uint32_t *ret_n)
{
    RP_VEC(const char *) v = {0};
    while (!rp_failed(p) && !rp_accept(p, RP_LEX_WILD, ")")) {
        if (rp_accept(p, RP_LEX_WILD, ","))
            continue;
        const char *name = rp_name(p, RP_LEX_WILD, "a file pattern");
        if (name && !rp_vec_push(&v, name))
            rp_out_of_memory(p);
    }
    const char **list = rp_arena_alloc(p->arena, v.n * sizeof *list + 1);
    if (list && v.n)
        memcpy(list, v.v, v.n * sizeof *list);
    if (list) {
        *ret = list;
        *ret_n = (uint32_t)v.n;
    } else {
        rp_out_of_memory(p);
    }
    rp_vec_free(&v);
    return !rp_failed(p);
}

/* Section patterns up to `close`, with SORT and EXCLUDE_FILE around them. GNU ld's EXCLUDE_FILE
 * counts for the pattern after it, lld's for all that follow up to the next EXCLUDE_FILE. */
static bool section_list(struct rp_parser *p, struct builder *b, const char *close)
{
    struct rp_section_pattern cur = {0};
    unsigned sorts = 0, none = 0; /* open SORT brackets, SORT_NONE among them */
    while (!rp_failed(p)) {
        if (rp_accept(p, RP_LEX_WILD, ","))
            continue;
        if (sorts && rp_accept(p, RP_LEX_WILD, ")")) {
            if (--sorts == 0)
                none = 0;
            continue;
        }
        if (rp_accept(p, RP_LEX_WILD, close))
            return !sorts || rp_syntax_expected(p, "')'");
        if (accept_function(p, "EXCLUDE_FILE")) {
            exclude_list(p, &cur.exclude, &cur.n_exclude);
            continue;
        }
        if (is_sort(rp_look(p, RP_LEX_WILD))) {
            bool is_none = rp_tok_is(&p->tok, "SORT_NONE");
            char word[32] = {0};
            memcpy(word, p->tok.s, p->tok.len);
            if (accept_function(p, word)) {
                sorts++;
                none += is_none;
                continue;
            }
        }
        cur.glob = rp_name(p, RP_LEX_WILD, "a section pattern");
        cur.sorted = sorts > none;
        if (cur.glob && !rp_vec_push(&b->patterns, cur))
            rp_out_of_memory(p);
        if (p->script->flavor != RP_LINKER_LLD)
            cur = (struct rp_section_pattern){0};
    }
    return false;
}

/* In lld a quoted file name has no wildcards; in GNU ld it has. */
static const char *quote_wildcards(struct rp_parser *p, const char *s)
{
    char *out = rp_arena_alloc(p->arena, 2 * strlen(s) + 1), *to = out;
    if (!out) {
        rp_out_of_memory(p);
        return NULL;
    }
    for (; *s; s++) {
        if (strchr("*?[\\", *s))
            *to++ = '\\';
        *to++ = *s;
    }
    *to = '\0';
    return out;
}

/* The file pattern of a statement, with SORT and EXCLUDE_FILE around it. An EXCLUDE_FILE before
 * the pattern is GNU ld's alone: lld takes it for a file of that name that is nowhere. */
static bool file_pattern(struct rp_parser *p, struct rp_input_stmt *stmt)
{
    unsigned sorts = 0;
    for (;;) {
        if (accept_function(p, "EXCLUDE_FILE")) {
            if (!exclude_list(p, &stmt->exclude, &stmt->n_exclude))
                return false;
            if (p->script->flavor == RP_LINKER_LLD)
                stmt->n_exclude = 0;
            continue;
        }
        if (!is_sort(rp_look(p, RP_LEX_WILD)))
            break;
        rp_consume(p);
        if (!rp_expect(p, RP_LEX_WILD, "("))
            return false;
        if (++sorts > 8)
            return rp_syntax(p, "too many nested SORT");
    }
    bool quoted = rp_look(p, RP_LEX_WILD)->kind == RP_TOK_STRING;
    stmt->file_glob = rp_name(p, RP_LEX_WILD, "a file pattern");
    if (quoted && stmt->file_glob && p->script->flavor == RP_LINKER_LLD)
        stmt->file_glob = quote_wildcards(p, stmt->file_glob);
    while (sorts--)
        if (!rp_expect(p, RP_LEX_WILD, ")"))
            return false;
    return stmt->file_glob != NULL;
}

/* Move the statement to the script. */
static void add_statement(struct rp_parser *p, struct builder *b)
{
    struct rp_input_stmt *s = &b->stmt;
    size_t n = b->patterns.n;
    s->sections = rp_arena_alloc(p->arena, n * sizeof *s->sections + 1);
    if (!s->sections) {
        rp_out_of_memory(p);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        s->sections[i] = b->patterns.v[i];
        s->sections[i].generic = rp_pattern_is_generic(s->file_glob, s->sections[i].glob);
    }
    s->n_sections = (uint32_t)n;
    if (!rp_glob_has_wildcard(s->file_glob) &&
        !rp_vec_push(&p->script->literal_files, s->file_glob))
        rp_out_of_memory(p);
    if (!rp_vec_push(&p->script->stmts, *s))
        rp_out_of_memory(p);
}

/* [INPUT_SECTION_FLAGS (…)] file [( sections )], or `[ sections ]` for all files. */
static void input_section(struct rp_parser *p, bool keep)
{
    struct builder b = {.stmt = {.keep = keep,
                                 .out_section = p->out_name,
                                 .out = (uint32_t)p->script->outs.n - 1,
                                 .script = p->src->name,
                                 .line = p->src->line}};
    bool ok = true;
    if (accept_function(p, "INPUT_SECTION_FLAGS"))
        ok = input_section_flags(p, &b.stmt);
    if (ok && rp_accept(p, RP_LEX_WILD, "[")) {
        b.stmt.file_glob = "*";
        ok = section_list(p, &b, "]");
    } else if (ok && file_pattern(p, &b.stmt)) {
        if (rp_accept(p, RP_LEX_WILD, "("))
            ok = section_list(p, &b, ")");
    } else {
        ok = false;
    }
    if (ok && !rp_failed(p))
        add_statement(p, &b);
    rp_vec_free(&b.patterns);
}

/* --- the statements of an output section ----------------------------------------------------- */

/* BYTE ( exp ) and the like, ASCIZ "text", CONSTRUCTORS. True when there was one. */
static bool data_statement(struct rp_parser *p)
{
    static const char *const with_value[] = {"BYTE", "SHORT", "LONG", "QUAD", "SQUAD", "FILL"};
    for (size_t i = 0; i < sizeof with_value / sizeof *with_value; i++)
        if (accept_function(p, with_value[i])) {
            if (rp_expression(p))
                rp_expect(p, RP_LEX_EXPR, ")");
            return true;
        }
    if (rp_accept(p, RP_LEX_WILD, "CREATE_OBJECT_SYMBOLS") ||
        rp_accept(p, RP_LEX_WILD, "CONSTRUCTORS") || rp_accept(p, RP_LEX_WILD, "LINKER_VERSION"))
        return true;
    if (rp_look_is(p, RP_LEX_WILD, "ASCIZ") && p->tok.kind == RP_TOK_NAME) {
        rp_consume(p);
        rp_name(p, RP_LEX_FILES, "a text");
        return true;
    }
    return false;
}

/* SORT ( CONSTRUCTORS ) and CLASS ( name ), which look like input section statements. */
static bool special_statement(struct rp_parser *p)
{
    struct rp_source at = *p->src;
    static const char *const sorts[] = {"SORT", "SORT_BY_NAME"};
    for (size_t i = 0; i < 2; i++)
        if (accept_function(p, sorts[i])) {
            if (rp_accept(p, RP_LEX_WILD, "CONSTRUCTORS") && rp_accept(p, RP_LEX_WILD, ")"))
                return true;
            *p->src = at;
        }
    if (accept_function(p, "CLASS")) { /* binutils 2.44: refers to patterns that stand elsewhere */
        if (rp_name(p, RP_LEX_PLAIN, "the name of a section class"))
            rp_expect(p, RP_LEX_WILD, ")");
        return true;
    }
    return false;
}

void rp_input_statements(struct rp_parser *p)
{
    while (!rp_failed(p)) {
        const struct rp_token *t = rp_look(p, RP_LEX_WILD);
        if (t->kind == RP_TOK_END || rp_tok_is(t, "}"))
            return;
        if (rp_tok_is(t, ";") || rp_tok_is(t, ",")) {
            rp_consume(p);
            continue;
        }
        if (t->kind == RP_TOK_NAME && rp_tok_is(t, "INCLUDE")) {
            rp_consume(p);
            rp_include(p, rp_input_statements);
            continue;
        }
        if (rp_statement_anywhere(p, RP_LEX_WILD) || data_statement(p) || special_statement(p))
            continue;
        if (accept_function(p, "KEEP")) {
            input_section(p, true);
            rp_expect(p, RP_LEX_WILD, ")");
        } else {
            input_section(p, false);
        }
    }
}

/* --- output sections ------------------------------------------------------------------------- */

/* `(NOLOAD)`, `(READONLY (TYPE = SHT_NOTE))`, `()`. Not at hand: nothing is consumed. */
static void output_type(struct rp_parser *p)
{
    static const char *const types[] = {"NOLOAD",  "DSECT",    "COPY", "INFO",
                                        "OVERLAY", "READONLY", "TYPE", ")"};
    struct rp_source at = *p->src;
    bool found = false;
    if (!rp_accept(p, RP_LEX_EXPR, "("))
        return;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        found = found || rp_look_is(p, RP_LEX_EXPR, types[i]);
    if (!found) {
        *p->src = at;
        return;
    }
    unsigned open = 1; /* names, numbers, `=` and brackets */
    while (open && !rp_failed(p)) {
        rp_look(p, RP_LEX_EXPR);
        if (p->tok.kind == RP_TOK_END || rp_tok_is(&p->tok, "{") || rp_tok_is(&p->tok, ";")) {
            rp_syntax_expected(p, "')'");
            return;
        }
        if (rp_tok_is(&p->tok, "("))
            open++;
        else if (rp_tok_is(&p->tok, ")"))
            open--;
        rp_consume(p);
    }
}

/* [address] [(type)] : [AT (…)] [ALIGN (…)] [SUBALIGN (…)] [constraint] */
static bool output_head(struct rp_parser *p)
{
    if (rp_accept(p, RP_LEX_EXPR, "BIND")) { /* svr3.ifile: BIND (exp) [BLOCK (exp)] */
        if (!rp_bracketed_expression(p))
            return false;
        if (rp_accept(p, RP_LEX_EXPR, "BLOCK") && !rp_bracketed_expression(p))
            return false;
    }
    output_type(p);
    if (!rp_look_is(p, RP_LEX_EXPR, ":")) {
        if (!rp_expression(p))
            return false;
        output_type(p);
    }
    return rp_expect(p, RP_LEX_EXPR, ":");
}

static bool output_attributes(struct rp_parser *p)
{
    static const char *const with_value[] = {"AT", "ALIGN", "SUBALIGN"};
    static const char *const bare[] = {"ONLY_IF_RO", "ONLY_IF_RW", "SPECIAL", "ALIGN_WITH_INPUT",
                                       "NOCROSSREFS"};
    while (!rp_failed(p)) {
        bool found = false;
        for (size_t i = 0; i < sizeof with_value / sizeof *with_value && !found; i++)
            if (rp_accept(p, RP_LEX_EXPR, with_value[i])) {
                found = true;
                rp_bracketed_expression(p);
            }
        for (size_t i = 0; i < sizeof bare / sizeof *bare && !found; i++)
            found = rp_accept(p, RP_LEX_EXPR, bare[i]);
        if (!found)
            break;
    }
    return !rp_failed(p);
}

/* [> region] [AT > region] [: phdr]… [= fill] [,] */
static void output_tail(struct rp_parser *p)
{
    while (!rp_failed(p)) {
        if (rp_accept(p, RP_LEX_EXPR, ">")) {
            rp_name(p, RP_LEX_PLAIN, "the name of a memory region");
        } else if (rp_accept(p, RP_LEX_EXPR, ":")) {
            rp_name(p, RP_LEX_PLAIN, "the name of a program header");
        } else if (rp_accept(p, RP_LEX_EXPR, "AT")) {
            if (rp_expect(p, RP_LEX_EXPR, ">"))
                rp_name(p, RP_LEX_PLAIN, "the name of a memory region");
        } else {
            break;
        }
    }
    if (rp_accept(p, RP_LEX_EXPR, "="))
        rp_expression(p);
    rp_accept(p, RP_LEX_EXPR, ",");
}

/* `{ statements }` of the output section `name`; returns its index into outs. */
static void output_body(struct rp_parser *p, const char *name)
{
    struct rp_script *s = p->script;
    struct rp_out_section out = {.name = name,
                                 .first_stmt = (uint32_t)s->stmts.n,
                                 .script = p->src->name,
                                 .line = p->src->line};
    size_t index = s->outs.n;
    if (!rp_expect(p, RP_LEX_EXPR, "{") || !rp_enter(p))
        return;
    if (!rp_vec_push(&s->outs, out)) {
        rp_out_of_memory(p);
        return;
    }
    p->out_name = name;
    rp_input_statements(p);
    p->out_name = NULL;
    s->outs.v[index].n_stmts = (uint32_t)s->stmts.n - out.first_stmt;
    rp_leave(p);
    rp_expect(p, RP_LEX_EXPR, "}");
}

/* The symbols that OVERLAY provides for a section: __load_start_NAME and __load_stop_NAME, with
 * the characters that C does not allow left out (GNU ld manual, Overlay Description). */
static void overlay_symbols(struct rp_parser *p, const char *section)
{
    static const char *const prefixes[] = {"__load_start_", "__load_stop_"};
    struct rp_script *s = p->script;
    for (size_t i = 0; i < 2 && !rp_failed(p); i++) {
        char *name = rp_arena_printf(p->arena, "%s%s", prefixes[i], section);
        struct rp_script_symbol sym = {.name = name,
                                       .out = UINT32_MAX,
                                       .stmt_before = (uint32_t)s->stmts.n,
                                       .provide = true,
                                       .in_sections = true,
                                       .addr_of = section,
                                       .addr_end = i == 1,
                                       .first_mention = (uint32_t)s->mentioned.n,
                                       .script = p->src->name,
                                       .line = p->src->line};
        if (!name || !rp_vec_push(&s->defined, sym)) {
            rp_out_of_memory(p);
            return;
        }
        char *to = name;
        for (const char *c = name; *c; c++)
            if (*c == '_' || (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                (*c >= 'A' && *c <= 'Z'))
                *to++ = *c;
        *to = '\0';
    }
}

/* After OVERLAY: [start] : [NOCROSSREFS] [AT (…)] [SUBALIGN (…)] { name { … } … } … */
static void overlay(struct rp_parser *p)
{
    if (!rp_look_is(p, RP_LEX_EXPR, ":") && !rp_expression(p))
        return;
    if (!rp_expect(p, RP_LEX_EXPR, ":") || !output_attributes(p) || !rp_expect(p, RP_LEX_EXPR, "{"))
        return;
    while (!rp_failed(p) && !rp_accept(p, RP_LEX_PLAIN, "}")) {
        if (rp_accept(p, RP_LEX_PLAIN, ",") || rp_accept(p, RP_LEX_PLAIN, ";"))
            continue;
        const char *name = rp_name(p, RP_LEX_PLAIN, "the name of an output section");
        if (!name)
            return;
        output_body(p, name);
        output_tail(p);
        overlay_symbols(p, name);
    }
    output_tail(p);
}

/* After the word GROUP inside SECTIONS (svr3.ifile): [address] : { sections } */
static void section_group(struct rp_parser *p)
{
    if (!output_head(p) || !rp_expect(p, RP_LEX_EXPR, "{") || !rp_enter(p))
        return;
    rp_sections_body(p);
    rp_leave(p);
    rp_expect(p, RP_LEX_EXPR, "}");
}

static void output_section(struct rp_parser *p)
{
    const char *name;
    if (accept_function(p, "CLASS")) { /* binutils 2.44 */
        name = rp_name(p, RP_LEX_PLAIN, "the name of a section class");
        rp_expect(p, RP_LEX_PLAIN, ")");
    } else {
        name = rp_name(p, RP_LEX_PLAIN, "an output section");
    }
    if (!name || rp_failed(p) || !output_head(p) || !output_attributes(p))
        return;
    output_body(p, name);
    output_tail(p);
}

void rp_sections_body(struct rp_parser *p)
{
    while (!rp_failed(p)) {
        const struct rp_token *t = rp_look(p, RP_LEX_PLAIN);
        if (t->kind == RP_TOK_END || rp_tok_is(t, "}"))
            return;
        if (rp_tok_is(t, ";"))
            rp_consume(p);
        else if (rp_accept(p, RP_LEX_PLAIN, "INCLUDE"))
            rp_include(p, rp_sections_body);
        else if (rp_accept(p, RP_LEX_PLAIN, "ENTRY"))
            rp_entry(p);
        else if (rp_accept(p, RP_LEX_PLAIN, "OVERLAY"))
            overlay(p);
        else if (rp_accept(p, RP_LEX_PLAIN, "GROUP"))
            section_group(p);
        else if (!rp_statement_anywhere(p, RP_LEX_PLAIN))
            output_section(p);
    }
}
