/* script_expr.c: expressions and assignments of linker scripts.
 *
 * Nothing is computed. An expression is read for its form, so that its end is found and mistakes
 * are told, and for the names in it: a name that a script mentions must not lose its definition.
 * The order of evaluation does not matter for that, so there is no table of precedences.
 *
 * DEFINED(x) alone mentions nothing, as in all linkers; such names go to `tested` (script.h says
 * what that means).
 */
#include "link/script_parse.h"

#include <string.h>

/* What the brackets of a builtin function hold (GNU ld manual, Builtin Functions). */
enum arg_form {
    ARG_EXPRESSIONS, /* one or more */
    ARG_ALIGN,       /* like that; with one alone the location counter takes part */
    ARG_SECTION,     /* name of an output section */
    ARG_REGION,      /* name of a memory region, a constant: no symbol */
    ARG_DEFINED,     /* a symbol */
    ARG_SEGMENT,     /* segment name, expression */
    ARG_ASSERT,      /* expression, message */
};

static const struct builtin {
    const char *name;
    enum arg_form form;
    bool uses_dot;
} builtins[] = {
    {"ABSOLUTE", ARG_EXPRESSIONS, false},
    {"absolute", ARG_EXPRESSIONS, false},
    {"ADDR", ARG_SECTION, false},
    {"ALIGN", ARG_ALIGN, false},
    {"ALIGNOF", ARG_SECTION, false},
    {"ASSERT", ARG_ASSERT, false},
    {"BLOCK", ARG_ALIGN, false},
    {"CONSTANT", ARG_REGION, false},
    {"DATA_SEGMENT_ALIGN", ARG_EXPRESSIONS, true},
    {"DATA_SEGMENT_END", ARG_EXPRESSIONS, false},
    {"DATA_SEGMENT_RELRO_END", ARG_EXPRESSIONS, false},
    {"DEFINED", ARG_DEFINED, false},
    {"LENGTH", ARG_REGION, false},
    {"LOADADDR", ARG_SECTION, false},
    {"LOG2CEIL", ARG_EXPRESSIONS, false},
    {"MAX", ARG_EXPRESSIONS, false},
    {"MIN", ARG_EXPRESSIONS, false},
    {"NEXT", ARG_EXPRESSIONS, true},
    {"ORIGIN", ARG_REGION, false},
    {"SEGMENT_START", ARG_SEGMENT, false},
    {"SIZEOF", ARG_SECTION, false},
};

static const struct builtin *find_builtin(const struct rp_token *t)
{
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (t->kind == RP_TOK_NAME && rp_tok_is(t, builtins[i].name))
            return &builtins[i];
    return NULL;
}

static bool expression(struct rp_parser *p);

static bool mention(struct rp_parser *p, const char *name)
{
    const char *origin = rp_origin(p);
    if (!name || !origin)
        return rp_out_of_memory(p);
    if (!rp_vec_push(&p->script->mentioned, (struct rp_named){name, origin}))
        return rp_out_of_memory(p);
    p->e.n_mentions++;
    return true;
}

/* GNU ld reads `a/b`, `a~b` and `a:b` as one name, gold and lld as an operation: take both. */
static bool mention_joined(struct rp_parser *p)
{
    const char *q = p->tok.end;
    if (p->script->flavor != RP_LINKER_BFD || q >= p->src->end || !strchr("/~:", *q))
        return true;
    while (q < p->src->end && *q != '"' &&
           (strchr("/~:._$", *q) || (*q >= '0' && *q <= '9') || (*q >= 'a' && *q <= 'z') ||
            (*q >= 'A' && *q <= 'Z')))
        q++;
    return mention(p, rp_arena_strndup(p->arena, p->tok.s, (size_t)(q - p->tok.s)));
}

static bool symbol(struct rp_parser *p)
{
    if (rp_tok_is(&p->tok, ".")) {
        p->e.has_dot = true;
    } else if (!(rp_tok_is(&p->tok, "SIZEOF_HEADERS") || rp_tok_is(&p->tok, "sizeof_headers"))) {
        if (p->tok.kind == RP_TOK_NAME && !mention_joined(p))
            return false;
        if (!mention(p, rp_tok_copy(p)))
            return false;
    }
    rp_consume(p);
    return true;
}

static bool section_argument(struct rp_parser *p, const struct builtin *b)
{
    const char *name = rp_name(p, RP_LEX_WILD, "the name of an output section");
    if (!name)
        return false;
    if (!p->e.addr_of && strcmp(b->name, "ALIGNOF") != 0)
        p->e.addr_of = name;
    if (strcmp(b->name, "SIZEOF") == 0)
        p->e.has_sizeof = true;
    return true;
}

static bool defined_argument(struct rp_parser *p)
{
    const char *name = rp_name(p, RP_LEX_EXPR, "a symbol");
    const char *origin = rp_origin(p);
    if (!name || !origin)
        return false;
    return rp_vec_push(&p->script->tested, (struct rp_named){name, origin}) || rp_out_of_memory(p);
}

/* exp {',' exp} */
static bool expression_list(struct rp_parser *p, unsigned *ret_n)
{
    *ret_n = 0;
    do {
        if (!expression(p))
            return false;
        ++*ret_n;
    } while (rp_accept(p, RP_LEX_EXPR, ","));
    return true;
}

static bool call(struct rp_parser *p, const struct builtin *b)
{
    unsigned n;
    bool ok = false;
    if (!rp_enter(p) || !rp_expect(p, RP_LEX_EXPR, "("))
        return false;
    if (b->uses_dot)
        p->e.has_dot = true;
    switch (b->form) {
    case ARG_EXPRESSIONS: ok = expression_list(p, &n); break;
    case ARG_ALIGN:
        ok = expression_list(p, &n);
        if (n == 1)
            p->e.has_dot = true;
        break;
    case ARG_SECTION: ok = section_argument(p, b); break;
    case ARG_REGION: ok = rp_name(p, RP_LEX_PLAIN, "a name") != NULL; break;
    case ARG_DEFINED: ok = defined_argument(p); break;
    case ARG_SEGMENT:
        ok = rp_name(p, RP_LEX_PLAIN, "the name of a segment") && rp_expect(p, RP_LEX_EXPR, ",") &&
             expression(p);
        break;
    case ARG_ASSERT:
        ok = expression(p) && rp_expect(p, RP_LEX_EXPR, ",") &&
             rp_name(p, RP_LEX_FILES, "a message");
        break;
    }
    rp_leave(p);
    return ok && rp_expect(p, RP_LEX_EXPR, ")");
}

/* A name is a function only before a bracket: a symbol may be called LENGTH. */
static bool name_or_call(struct rp_parser *p)
{
    const struct builtin *b = find_builtin(&p->tok);
    if (!b)
        return symbol(p);
    struct rp_token name = p->tok;
    struct rp_source at = *p->src;
    rp_consume(p);
    if (rp_look_is(p, RP_LEX_EXPR, "("))
        return call(p, b);
    *p->src = at;
    p->tok = name;
    return symbol(p);
}

static bool primary(struct rp_parser *p)
{
    static const char *const unary[] = {"-", "+", "!", "~"};
    for (;;) {
        rp_look(p, RP_LEX_EXPR);
        bool is_unary = false;
        for (size_t i = 0; i < sizeof unary / sizeof *unary; i++)
            is_unary = is_unary || rp_tok_is(&p->tok, unary[i]);
        if (!is_unary)
            break;
        rp_consume(p);
    }
    if (rp_tok_is(&p->tok, "("))
        return rp_bracketed_expression(p);
    switch (p->tok.kind) {
    case RP_TOK_NUMBER: rp_consume(p); return true;
    case RP_TOK_NAME: return name_or_call(p);
    case RP_TOK_STRING: return symbol(p);
    default: return rp_syntax_expected(p, "an expression");
    }
}

static bool is_binary_operator(const struct rp_token *t)
{
    static const char *const ops[] = {"*", "/", "%",  "+",  "-", "<<", ">>", "==", "!=",
                                      "<", ">", "<=", ">=", "&", "^",  "|",  "&&", "||"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (t->kind == RP_TOK_OP && rp_tok_is(t, ops[i]))
            return true;
    return false;
}

/* primary {operator primary} ['?' exp ':' exp]; the last part by going round, not down. */
static bool expression(struct rp_parser *p)
{
    if (!rp_enter(p))
        return false;
    for (;;) {
        if (!primary(p))
            return false;
        const struct rp_token *t = rp_look(p, RP_LEX_EXPR);
        if (rp_tok_is(t, "?")) {
            rp_consume(p);
            if (!expression(p) || !rp_expect(p, RP_LEX_EXPR, ":"))
                return false;
        } else if (is_binary_operator(t)) {
            rp_consume(p);
        } else {
            break;
        }
    }
    rp_leave(p);
    return !rp_failed(p);
}

bool rp_expression(struct rp_parser *p)
{
    p->e = (struct rp_expr_info){.first_mention = (uint32_t)p->script->mentioned.n};
    return expression(p);
}

bool rp_bracketed_expression(struct rp_parser *p)
{
    return rp_expect(p, RP_LEX_EXPR, "(") && expression(p) && rp_expect(p, RP_LEX_EXPR, ")");
}

/* --- assignments ----------------------------------------------------------------------------- */

static bool is_assignment_operator(const struct rp_token *t)
{
    static const char *const ops[] = {"=", "+=", "-=", "*=", "/=", "<<=", ">>=", "&=", "|=", "^="};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (t->kind == RP_TOK_OP && rp_tok_is(t, ops[i]))
            return true;
    return false;
}

/* After `name` and with the operator at hand: operator, value; note the symbol. */
static bool assign(struct rp_parser *p, const char *name, bool provide, bool hidden)
{
    struct rp_script_symbol sym = {
        .name = name,
        .provide = provide,
        .hidden = hidden,
        .out_section = p->out_name,
        .out = p->out_name ? (uint32_t)p->script->outs.n - 1 : UINT32_MAX,
        .in_sections = p->in_sections,
        .stmt_before = (uint32_t)p->script->stmts.n,
        .script = p->src->name,
        .line = p->src->line,
    };
    if (!name)
        return rp_out_of_memory(p);
    if (!is_assignment_operator(rp_look(p, RP_LEX_EXPR)))
        return rp_syntax_expected(p, "an assignment");
    rp_consume(p);
    if (!rp_expression(p))
        return false;
    if (strcmp(name, ".") == 0)
        return true;
    sym.is_dot = p->e.has_dot;
    sym.addr_of = p->e.addr_of;
    sym.addr_end = p->e.has_sizeof;
    sym.first_mention = p->e.first_mention;
    sym.n_mentions = p->e.n_mentions;
    return rp_vec_push(&p->script->defined, sym) || rp_out_of_memory(p);
}

/* PROVIDE ( name = exp ), PROVIDE_HIDDEN, HIDDEN; the keyword is at hand. */
static bool provide(struct rp_parser *p)
{
    bool hidden = !rp_tok_is(&p->tok, "PROVIDE");
    bool provides = !rp_tok_is(&p->tok, "HIDDEN");
    rp_consume(p);
    if (!rp_expect(p, RP_LEX_EXPR, "("))
        return false;
    const char *name = rp_name(p, RP_LEX_PLAIN, "a symbol");
    return name && assign(p, name, provides, hidden) && rp_expect(p, RP_LEX_EXPR, ")");
}

static bool is_symbol_char(char c)
{
    return c == '_' || c == '.' || c == '$' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Whether the word at hand, read as a pattern, is the left side of an assignment: an operator
 * follows, or is in the word itself (`x=.;`, which no linker takes, but which is clear). Cuts
 * the word before the operator. */
static bool is_assignment(struct rp_parser *p)
{
    struct rp_token name = p->tok;
    if (name.kind == RP_TOK_NAME) {
        size_t n = 0;
        while (n < name.len && is_symbol_char(name.s[n]))
            n++;
        struct rp_source at = *p->src;
        p->src->p = name.s + n;
        bool cut = n > 0 && n < name.len && is_assignment_operator(rp_look(p, RP_LEX_EXPR)) &&
                   !(name.end < p->src->end && *name.end == '(' && name.s[0] != '.');
        *p->src = at;
        if (cut) {
            name.len = n;
            name.end = name.s + n;
        }
    }
    struct rp_source at = *p->src;
    p->tok = name;
    rp_consume(p);
    bool yes = is_assignment_operator(rp_look(p, RP_LEX_EXPR));
    *p->src = at;
    p->tok = name;
    return yes;
}

/* `;` or `,` ends an assignment; before a `}` or the end lld lets it go. */
static bool end_of_statement(struct rp_parser *p, bool optional)
{
    const struct rp_token *t = rp_look(p, RP_LEX_EXPR);
    if (rp_tok_is(t, ";") || rp_tok_is(t, ",")) {
        rp_consume(p);
        return true;
    }
    if (rp_failed(p) || optional || t->kind == RP_TOK_END || rp_tok_is(t, "}"))
        return true;
    return rp_syntax_expected(p, "';'");
}

bool rp_statement_anywhere(struct rp_parser *p, enum rp_lex_mode mode)
{
    const struct rp_token *t = rp_look(p, mode);
    if (t->kind == RP_TOK_NAME) {
        if (rp_tok_is(t, "PROVIDE") || rp_tok_is(t, "PROVIDE_HIDDEN") || rp_tok_is(t, "HIDDEN")) {
            if (provide(p))
                end_of_statement(p, true);
            return true;
        }
        if (rp_tok_is(t, "ASSERT")) {
            rp_consume(p);
            p->e = (struct rp_expr_info){0};
            if (call(p, &(struct builtin){"ASSERT", ARG_ASSERT, false}))
                end_of_statement(p, true);
            return true;
        }
    }
    if ((t->kind != RP_TOK_NAME && t->kind != RP_TOK_STRING) || !is_assignment(p))
        return rp_failed(p);
    const char *name = rp_tok_copy(p);
    rp_consume(p);
    if (assign(p, name, false, false))
        end_of_statement(p, false);
    return true;
}
