/* script_parse.h: what the parts of the linker script reader share: tokens, parser state.
 *
 * The lexer has no state of its own between tokens. GNU ld's words change with the place: `a*b.o`
 * is a file pattern in one and a product in another. So the parser says with each look what it
 * expects, and a token that was looked at but not consumed may be looked at again in another mode.
 *
 * Errors are sticky: after the first one every look gives the end of the file, so that all loops
 * end, and `status` says what happened.
 */
#ifndef RP_LINK_SCRIPT_PARSE_H
#define RP_LINK_SCRIPT_PARSE_H

#include "link/script.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rp_lex_mode {
    RP_LEX_WILD,  /* file and section patterns: `=`, `:`, `*`, `[` belong to a name */
    RP_LEX_PLAIN, /* names that `:` and `=` end: output sections, memory regions */
    RP_LEX_EXPR,  /* expressions */
    RP_LEX_FILES, /* INPUT, GROUP, INCLUDE, SEARCH_DIR: anything up to a blank or a bracket */
};

enum rp_token_kind { RP_TOK_END, RP_TOK_NAME, RP_TOK_STRING, RP_TOK_NUMBER, RP_TOK_OP };

struct rp_token {
    enum rp_token_kind kind;
    const char *s; /* into the text, without quotes */
    size_t len;    /* bytes */
    const char *end;
};

/* One open file. */
struct rp_source {
    const char *name;
    const char *p, *end;
    uint32_t line;
    struct rp_source *includer;
};

/* What an expression turned out to be made of. */
struct rp_expr_info {
    bool has_dot;        /* depends on the location counter */
    const char *addr_of; /* first ADDR, LOADADDR or SIZEOF */
    bool has_sizeof;
    uint32_t first_mention, n_mentions;
};

struct rp_parser {
    struct rp_ctx *ctx;
    struct rp_link *link;
    struct rp_arena *arena;
    struct rp_script *script;
    struct rp_source *src;
    struct rp_token tok; /* of the last look */
    enum reap_status status;
    unsigned depth;        /* open brackets of all kinds */
    unsigned n_includes;   /* in all */
    uint64_t n_bytes;      /* in all */
    bool in_sections;      /* inside SECTIONS */
    const char *out_name;  /* output section that is open, or NULL */
    struct rp_expr_info e; /* of the expression at hand */
};

/* --- script_lex.c --- */

/* Read a whole file (a pipe too) into malloc'd memory. A NUL byte is an error. */
enum reap_status rp_script_load(struct rp_ctx *ctx, const char *path, char **ret, size_t *ret_n);
/* Look at the next token; it stays until rp_consume. */
const struct rp_token *rp_look(struct rp_parser *p, enum rp_lex_mode mode);
void rp_consume(struct rp_parser *p);
bool rp_tok_is(const struct rp_token *t, const char *op_or_name); /* unquoted */
bool rp_look_is(struct rp_parser *p, enum rp_lex_mode mode, const char *what);
/* Consume `what` when it is next. */
bool rp_accept(struct rp_parser *p, enum rp_lex_mode mode, const char *what);
bool rp_expect(struct rp_parser *p, enum rp_lex_mode mode, const char *what);
/* Consume a name or quoted string and copy it; NULL (and an error) when there is none. */
const char *rp_name(struct rp_parser *p, enum rp_lex_mode mode, const char *what_for);
/* Copy the token at hand. */
const char *rp_tok_copy(struct rp_parser *p);
/* "file:line" of the token at hand, in the arena. */
const char *rp_origin(struct rp_parser *p);
/* Record an error at the current line; the first one counts. Returns false. */
bool rp_syntax(struct rp_parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool rp_syntax_expected(struct rp_parser *p, const char *what);
bool rp_out_of_memory(struct rp_parser *p);
static inline bool rp_failed(const struct rp_parser *p)
{
    return p->status != REAP_OK;
}
/* Count one more level of nesting; false (and an error) when it is too deep. */
bool rp_enter(struct rp_parser *p);
static inline void rp_leave(struct rp_parser *p)
{
    p->depth--;
}

/* --- script_expr.c --- */

/* Read an expression; what is in it is in p->e afterwards. */
bool rp_expression(struct rp_parser *p);
/* The same in brackets: `(exp)`. */
bool rp_bracketed_expression(struct rp_parser *p);
/* What may stand at every place of a script: assignments, PROVIDE, HIDDEN, ASSERT. True when there
 * was one (or an error). `mode`: how names are read at this place. */
bool rp_statement_anywhere(struct rp_parser *p, enum rp_lex_mode mode);

/* --- script_sections.c --- */

/* The inside of SECTIONS { … }, up to `}` or the end of an included file. */
void rp_sections_body(struct rp_parser *p);
/* One item of an included file's part; see rp_include. */
void rp_input_statements(struct rp_parser *p);

/* --- script.c --- */

/* After the word INCLUDE: open the file, let `body` read it, close it. */
void rp_include(struct rp_parser *p, void (*body)(struct rp_parser *));
/* After the word ENTRY: ( symbol ). */
void rp_entry(struct rp_parser *p);

/* --- script_match.c --- */
enum reap_status rp_script_compile(struct rp_ctx *ctx, struct rp_arena *arena,
                                   struct rp_script *script);

/* --- brackets.c --- */

/* Whether a pattern takes sections of the compiler's own naming (see rp_script_brackets). */
bool rp_pattern_is_generic(const char *file_glob, const char *section_glob);

/* --- version_script.c --- */

/* The nodes of a version script up to the end of the text, or to a `}` that closes none of them
 * (*p is left at it). */
enum reap_status rp_version_nodes(struct rp_ctx *ctx, struct rp_arena *arena, const char *file,
                                  const char **p, const char *end, uint32_t *line,
                                  struct rp_version_script *ret);
/* Sort and hash the patterns once all are there. */
enum reap_status rp_version_compile(struct rp_ctx *ctx, struct rp_arena *arena,
                                    struct rp_version_script *v);

#endif
