/* script.c: linker scripts: the commands outside of SECTIONS, included files, rp_script_read.
 *
 * A recursive reader after the grammar in GNU ld's manual (Scripts), with the additions of gold
 * and lld (OVERWRITE_SECTIONS, `;` where GNU ld wants none). It keeps what decides about life and
 * death and reads past the rest, but does not skip it blindly: a script that cannot be understood
 * is an error, since a KEEP in the part not understood would be lost.
 *
 * Entry: rp_script_read.
 */
#include "link/script.h"

#include "link/script_parse.h"
#include "util/glob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_INCLUDE_DEPTH = 32, /* GNU ld: 10 */
    MAX_INCLUDES = 10000,   /* in all: files that include each other twice grow without end */
};
static const uint64_t max_bytes = UINT64_C(256) << 20;

static void top_level(struct rp_parser *p);

/* --- INCLUDE --------------------------------------------------------------------------------- */

static bool is_readable(const char *path)
{
    return access(path, R_OK) == 0;
}

/* `dir/name`, where the directory may begin with `=` or $SYSROOT (GNU ld manual, -L). */
static const char *in_dir(struct rp_parser *p, const char *dir, const char *name)
{
    const char *root = "";
    if (*dir == '=' || strncmp(dir, "$SYSROOT", 8) == 0) {
        dir += *dir == '=' ? 1 : 8;
        root = p->link->sysroot ? p->link->sysroot : "";
    }
    const char *path = rp_arena_printf(p->arena, "%s%s/%s", root, dir, name);
    if (!path)
        rp_out_of_memory(p);
    return path;
}

/* Where an included file is: as named, then in the directories of -L and SEARCH_DIR (GNU ld
 * manual, File Commands). NULL when it is nowhere. */
static const char *find_included(struct rp_parser *p, const char *name)
{
    if (is_readable(name) || *name == '/')
        return is_readable(name) ? name : NULL;
    for (size_t i = 0; i < p->link->search_dirs.n; i++) {
        const char *path = in_dir(p, p->link->search_dirs.v[i], name);
        if (path && is_readable(path))
            return path;
    }
    for (size_t i = 0; i < p->script->search_dirs.n; i++) {
        const char *path = in_dir(p, p->script->search_dirs.v[i], name);
        if (path && is_readable(path))
            return path;
    }
    return NULL;
}

static bool may_include(struct rp_parser *p, const char *path)
{
    unsigned depth = 0;
    for (const struct rp_source *s = p->src; s; s = s->includer, depth++)
        if (strcmp(s->name, path) == 0)
            return rp_syntax(p, "'%s' includes itself", path);
    if (depth >= MAX_INCLUDE_DEPTH)
        return rp_syntax(p, "files included deeper than %d levels", MAX_INCLUDE_DEPTH);
    if (++p->n_includes > MAX_INCLUDES)
        return rp_syntax(p, "more than %d included files", MAX_INCLUDES);
    return true;
}

/* Read a file's text and let `body` take it, all of it. */
static void read_source(struct rp_parser *p, const char *path, void (*body)(struct rp_parser *))
{
    char *text;
    size_t n;
    p->status = rp_script_load(p->ctx, path, &text, &n);
    if (rp_failed(p))
        return;
    p->n_bytes += n;
    struct rp_source src = {
        .name = path, .p = text, .end = text + n, .line = 1, .includer = p->src};
    p->src = &src;
    if (p->n_bytes > max_bytes)
        rp_syntax(p, "included files are larger than %u MiB in all", (unsigned)(max_bytes >> 20));
    else
        body(p);
    if (rp_look(p, RP_LEX_EXPR)->kind != RP_TOK_END)
        rp_syntax_expected(p, "the end of the file");
    p->src = src.includer;
    free(text);
}

void rp_include(struct rp_parser *p, void (*body)(struct rp_parser *))
{
    const char *name = rp_name(p, RP_LEX_FILES, "a file name");
    if (!name || !rp_enter(p))
        return;
    const char *path = find_included(p, name);
    if (!path && !rp_failed(p)) {
        const char *at = rp_origin(p);
        if (at)
            p->status =
                rp_fail(p->ctx, REAP_ERR_IO, "script-include", rp_at(at),
                        "cannot find '%s', neither as named nor in the -L directories", name);
    }
    if (path && may_include(p, path))
        read_source(p, path, body);
    rp_leave(p);
}

/* --- INPUT, GROUP ---------------------------------------------------------------------------- */

static bool add_file(struct rp_parser *p, enum rp_script_file_kind kind, const char *name,
                     bool as_needed)
{
    return rp_vec_push(&p->script->files->v, (struct rp_script_file){kind, name, as_needed}) ||
           rp_out_of_memory(p);
}

/* The names up to the closing bracket, AS_NEEDED among them. */
static void input_list(struct rp_parser *p)
{
    bool as_needed = false;
    if (!rp_expect(p, RP_LEX_FILES, "("))
        return;
    while (!rp_failed(p)) {
        if (rp_accept(p, RP_LEX_FILES, ","))
            continue;
        if (rp_accept(p, RP_LEX_FILES, ")")) {
            if (!as_needed)
                return;
            as_needed = false;
            continue;
        }
        bool quoted = rp_look(p, RP_LEX_FILES)->kind == RP_TOK_STRING;
        const char *name = rp_name(p, RP_LEX_FILES, "a file name");
        if (!name)
            return;
        if (!quoted && !as_needed && strcmp(name, "AS_NEEDED") == 0 &&
            rp_accept(p, RP_LEX_FILES, "("))
            as_needed = true;
        else if (!quoted && strncmp(name, "-l", 2) == 0 && name[2])
            add_file(p, RP_SF_LIB, name + 2, as_needed);
        else
            add_file(p, RP_SF_FILE, name, as_needed);
    }
}

static void cmd_input(struct rp_parser *p)
{
    input_list(p);
}

static void cmd_group(struct rp_parser *p)
{
    if (add_file(p, RP_SF_GROUP, NULL, false))
        input_list(p);
    add_file(p, RP_SF_END_GROUP, NULL, false);
}

/* --- the other commands ---------------------------------------------------------------------- */

/* `( … )` whose inside does not matter here: names, commas, quoted names. */
static void cmd_skip_list(struct rp_parser *p)
{
    if (!rp_expect(p, RP_LEX_FILES, "("))
        return;
    while (!rp_failed(p) && !rp_accept(p, RP_LEX_FILES, ")"))
        if (!rp_accept(p, RP_LEX_FILES, ","))
            rp_name(p, RP_LEX_FILES, "')'");
}

static void cmd_nothing(struct rp_parser *p)
{
    (void)p;
}

static const char *one_argument(struct rp_parser *p, enum rp_lex_mode mode, const char *what)
{
    if (!rp_expect(p, mode, "("))
        return NULL;
    const char *name = rp_name(p, mode, what);
    return name && rp_expect(p, mode, ")") ? name : NULL;
}

static void cmd_search_dir(struct rp_parser *p)
{
    const char *dir = one_argument(p, RP_LEX_FILES, "a directory");
    if (dir && !rp_vec_push(&p->script->search_dirs, dir))
        rp_out_of_memory(p);
}

static void cmd_startup(struct rp_parser *p)
{
    const char *name = one_argument(p, RP_LEX_FILES, "a file name");
    if (name && !rp_vec_push(&p->script->literal_files, name))
        rp_out_of_memory(p);
}

/* The first ENTRY counts in lld, the last in GNU ld: both are wanted, the rest are externs. */
void rp_entry(struct rp_parser *p)
{
    uint32_t line = p->src->line;
    const char *name = one_argument(p, RP_LEX_PLAIN, "a symbol");
    const char *origin = rp_origin(p);
    if (!name || !origin)
        return;
    if (p->script->entry &&
        !rp_vec_push(&p->script->externs, (struct rp_named){p->script->entry, origin}))
        rp_out_of_memory(p);
    p->script->entry = name;
    p->script->entry_line = line;
}

static void cmd_extern(struct rp_parser *p)
{
    if (!rp_expect(p, RP_LEX_PLAIN, "("))
        return;
    while (!rp_failed(p) && !rp_accept(p, RP_LEX_PLAIN, ")")) {
        if (rp_accept(p, RP_LEX_PLAIN, ","))
            continue;
        const char *origin = rp_origin(p);
        const char *name = rp_name(p, RP_LEX_PLAIN, "a symbol");
        if (name && origin && !rp_vec_push(&p->script->externs, (struct rp_named){name, origin}))
            rp_out_of_memory(p);
    }
}

static void cmd_insert(struct rp_parser *p)
{
    p->script->has_insert = true;
    if (!rp_accept(p, RP_LEX_PLAIN, "AFTER") && !rp_accept(p, RP_LEX_PLAIN, "BEFORE"))
        rp_syntax_expected(p, "AFTER or BEFORE");
    else
        rp_name(p, RP_LEX_PLAIN, "the name of an output section");
}

static void cmd_include(struct rp_parser *p)
{
    rp_include(p, top_level);
}

static void cmd_sections(struct rp_parser *p)
{
    p->script->has_sections = true;
    if (!rp_expect(p, RP_LEX_PLAIN, "{"))
        return;
    p->in_sections = true;
    rp_sections_body(p);
    p->in_sections = false;
    rp_expect(p, RP_LEX_PLAIN, "}");
}

/* lld: sections that replace those of the same names in the default script, or are added. */
static void cmd_overwrite_sections(struct rp_parser *p)
{
    p->script->has_insert = true;
    cmd_sections(p);
}

/* `ORIGIN = exp` or `LENGTH = exp` in their spellings. */
static bool memory_attribute(struct rp_parser *p, const char *const spellings[3])
{
    for (int i = 0; i < 3; i++)
        if (rp_accept(p, RP_LEX_PLAIN, spellings[i]))
            return rp_expect(p, RP_LEX_EXPR, "=") && rp_expression(p);
    return rp_syntax_expected(p, spellings[0]);
}

static void memory_body(struct rp_parser *p)
{
    static const char *const origin[] = {"ORIGIN", "org", "o"};
    static const char *const length[] = {"LENGTH", "len", "l"};
    while (!rp_failed(p) && !rp_look_is(p, RP_LEX_PLAIN, "}") && p->tok.kind != RP_TOK_END) {
        if (rp_accept(p, RP_LEX_PLAIN, ",") || rp_accept(p, RP_LEX_PLAIN, ";"))
            continue;
        if (rp_accept(p, RP_LEX_PLAIN, "INCLUDE")) {
            rp_include(p, memory_body);
            continue;
        }
        if (!rp_name(p, RP_LEX_PLAIN, "the name of a memory region"))
            return;
        if (rp_accept(p, RP_LEX_PLAIN, "("))
            while (!rp_failed(p) && !rp_accept(p, RP_LEX_PLAIN, ")"))
                if (!rp_accept(p, RP_LEX_PLAIN, "!"))
                    rp_name(p, RP_LEX_PLAIN, "')'");
        if (!rp_expect(p, RP_LEX_PLAIN, ":") || !memory_attribute(p, origin))
            return;
        rp_accept(p, RP_LEX_PLAIN, ",");
        if (!memory_attribute(p, length))
            return;
    }
}

static void cmd_memory(struct rp_parser *p)
{
    if (!rp_expect(p, RP_LEX_PLAIN, "{"))
        return;
    memory_body(p);
    rp_expect(p, RP_LEX_PLAIN, "}");
}

/* name type [FILEHDR] [PHDRS] [AT ( exp )] [FLAGS ( exp )] ; */
static void program_header(struct rp_parser *p)
{
    if (!rp_name(p, RP_LEX_PLAIN, "the name of a program header"))
        return;
    const struct rp_token *t = rp_look(p, RP_LEX_EXPR);
    if (t->kind == RP_TOK_NAME && t->len > 3 && memcmp(t->s, "PT_", 3) == 0)
        rp_consume(p);
    else if (!rp_expression(p))
        return;
    while (!rp_failed(p) && !rp_accept(p, RP_LEX_EXPR, ";")) {
        if (rp_accept(p, RP_LEX_EXPR, "FILEHDR") || rp_accept(p, RP_LEX_EXPR, "PHDRS"))
            continue;
        if (!rp_accept(p, RP_LEX_EXPR, "AT") && !rp_accept(p, RP_LEX_EXPR, "FLAGS"))
            rp_syntax_expected(p, "';'");
        else
            rp_bracketed_expression(p);
    }
}

static void cmd_phdrs(struct rp_parser *p)
{
    if (!rp_expect(p, RP_LEX_PLAIN, "{"))
        return;
    while (!rp_failed(p) && !rp_accept(p, RP_LEX_PLAIN, "}"))
        if (!rp_accept(p, RP_LEX_PLAIN, ";"))
            program_header(p);
}

static void cmd_version(struct rp_parser *p)
{
    struct rp_script *s = p->script;
    s->has_version = true;
    if (!rp_expect(p, RP_LEX_PLAIN, "{"))
        return;
    if (!s->version && !(s->version = rp_arena_zalloc(p->arena, sizeof *s->version))) {
        rp_out_of_memory(p);
        return;
    }
    s->version->path = s->path;
    p->status = rp_version_nodes(p->ctx, p->arena, p->src->name, &p->src->p, p->src->end,
                                 &p->src->line, s->version);
    rp_expect(p, RP_LEX_PLAIN, "}");
}

/* --- top level ------------------------------------------------------------------------------- */

static const struct command {
    const char *name;
    void (*read)(struct rp_parser *p);
    bool files_only; /* may stand in a script that only names files */
} commands[] = {
    {"ENTRY", rp_entry, false},
    {"EXTERN", cmd_extern, false},
    {"FLOAT", cmd_nothing, true},
    {"FORCE_COMMON_ALLOCATION", cmd_nothing, false},
    {"FORCE_GROUP_ALLOCATION", cmd_nothing, false},
    {"GROUP", cmd_group, true},
    {"HLL", cmd_skip_list, false},
    {"INCLUDE", cmd_include, true},
    {"INHIBIT_COMMON_ALLOCATION", cmd_nothing, false},
    {"INPUT", cmd_input, true},
    {"INSERT", cmd_insert, false},
    {"LD_FEATURE", cmd_skip_list, false},
    {"MAP", cmd_skip_list, false},
    {"MEMORY", cmd_memory, false},
    {"NOCROSSREFS", cmd_skip_list, false},
    {"NOCROSSREFS_TO", cmd_skip_list, false},
    {"NOFLOAT", cmd_nothing, true},
    {"OUTPUT", cmd_skip_list, false},
    {"OUTPUT_ARCH", cmd_skip_list, true},
    {"OUTPUT_FORMAT", cmd_skip_list, true},
    {"OVERWRITE_SECTIONS", cmd_overwrite_sections, false},
    {"PHDRS", cmd_phdrs, false},
    {"REGION_ALIAS", cmd_skip_list, false},
    {"SEARCH_DIR", cmd_search_dir, true},
    {"SECTIONS", cmd_sections, false},
    {"STARTUP", cmd_startup, false},
    {"SYSLIB", cmd_skip_list, false},
    {"TARGET", cmd_skip_list, true},
    {"VERSION", cmd_version, false},
};

static const struct command *find_command(const struct rp_token *t)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (t->kind == RP_TOK_NAME && rp_tok_is(t, commands[i].name))
            return &commands[i];
    return NULL;
}

static void top_level(struct rp_parser *p)
{
    while (!rp_failed(p)) {
        const struct rp_token *t = rp_look(p, RP_LEX_PLAIN);
        const struct command *c;
        if (t->kind == RP_TOK_END)
            return;
        if (rp_tok_is(t, ";")) {
            rp_consume(p);
        } else if ((c = find_command(t))) {
            if (!c->files_only)
                p->script->only_files = false;
            rp_consume(p);
            c->read(p);
        } else if (rp_statement_anywhere(p, RP_LEX_PLAIN)) {
            p->script->only_files = false;
        } else {
            rp_look(p, RP_LEX_PLAIN);
            rp_syntax_expected(p, "a command of a linker script");
            return;
        }
    }
}

/* --- rp_script_read -------------------------------------------------------------------------- */

/* Move a vector's items to the arena, which owns the script. */
static bool settle(struct rp_arena *arena, void **v, size_t *n, size_t *cap, size_t elem)
{
    void *old = *v;
    void *mem = rp_arena_alloc(arena, *n * elem + 1);
    if (mem && *n)
        memcpy(mem, old, *n * elem);
    free(old);
    *v = mem;
    *cap = *n;
    if (!mem)
        *n = 0;
    return mem != NULL;
}
#define SETTLE(vec) settle(arena, (void **)&(vec).v, &(vec).n, &(vec).cap, sizeof *(vec).v)

static bool settle_all(struct rp_arena *arena, struct rp_script *s)
{
    bool ok = SETTLE(s->stmts);
    ok = SETTLE(s->outs) && ok;
    ok = SETTLE(s->defined) && ok;
    ok = SETTLE(s->mentioned) && ok;
    ok = SETTLE(s->tested) && ok;
    ok = SETTLE(s->externs) && ok;
    ok = SETTLE(s->literal_files) && ok;
    ok = SETTLE(s->search_dirs) && ok;
    ok = SETTLE(s->files->v) && ok;
    if (s->version)
        ok = SETTLE(s->version->patterns) && ok;
    return ok;
}

enum reap_status rp_script_read(struct rp_ctx *ctx, struct rp_link *link, const char *path,
                                struct rp_script **ret)
{
    struct rp_arena *arena = &link->arena;
    struct rp_script *s = rp_arena_zalloc(arena, sizeof *s);
    if (!s || !(s->files = rp_arena_zalloc(arena, sizeof *s->files)) ||
        !(s->path = rp_arena_strdup(arena, path)))
        return rp_nomem(ctx);
    s->flavor = link->flavor;
    s->only_files = true;
    struct rp_parser p = {.ctx = ctx, .link = link, .arena = arena, .script = s};
    read_source(&p, s->path, top_level);
    if (!settle_all(arena, s))
        rp_out_of_memory(&p);
    if (!rp_failed(&p) && s->version)
        p.status = rp_version_compile(ctx, arena, s->version);
    if (!rp_failed(&p))
        p.status = rp_script_compile(ctx, arena, s);
    if (!rp_failed(&p))
        *ret = s;
    return p.status;
}
