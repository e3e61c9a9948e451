/* script.h: linker scripts, version scripts and dynamic lists, as far as liveness needs them.
 *
 * The whole grammar of GNU ld's manual is read (SECTIONS, MEMORY, PHDRS, OVERLAY, INSERT, INCLUDE,
 * ASSERT, PROVIDE, EXCLUDE_FILE, SORT…, KEEP, INPUT, GROUP, VERSION, …); kept are the input section
 * statements in order with their KEEP, the symbols that are defined and mentioned, and the
 * brackets: symbols set next to input section statements.
 */
#ifndef RP_LINK_SCRIPT_H
#define RP_LINK_SCRIPT_H

#include "link/cmdline.h"
#include "model/model.h"

struct rp_section_pattern {
    const char *glob;           /* ".text.*" */
    const char *const *exclude; /* EXCLUDE_FILE globs */
    uint32_t n_exclude;
    bool sorted;  /* under any SORT, not SORT_NONE */
    bool generic; /* the compiler's own sections, no table: see rp_script_brackets */
};

/* One input section statement, `KEEP(*libx.a:m.o(.a .b.*))`. */
struct rp_input_stmt {
    const char *file_glob;      /* "*", "*libx.a:m.*", "crt0.o" */
    const char *const *exclude; /* outer EXCLUDE_FILE */
    uint32_t n_exclude;
    struct rp_section_pattern *sections;
    uint32_t n_sections; /* 0: the whole file */
    bool keep;
    const char *out_section;        /* "/DISCARD/" too */
    uint32_t flags_want, flags_not; /* INPUT_SECTION_FLAGS; 0 = none */
    uint32_t out;                   /* index into the script's outs */
    const char *script;
    uint32_t line;
};

/* One output section description. */
struct rp_out_section {
    const char *name;
    uint32_t first_stmt, n_stmts; /* its input section statements */
    const char *script;
    uint32_t line;
};

/* A symbol that the script sets, with the statements that stand before and after it. Symbols set
 * outside of SECTIONS are here too (`in_sections` is false). */
struct rp_script_symbol {
    const char *name;
    const char *out_section; /* NULL outside of one */
    uint32_t out;            /* index into outs, UINT32_MAX outside of one */
    uint32_t stmt_before;    /* number of input statements that precede it in the script */
    bool provide, hidden;
    bool is_dot; /* value is the location counter (perhaps aligned) */
    bool in_sections;
    const char *addr_of; /* output section in an ADDR, LOADADDR or SIZEOF of the value, or NULL */
    bool addr_end;       /* SIZEOF is in the value: it may be the end of addr_of */
    uint32_t first_mention, n_mentions; /* names in the value: range of the script's mentioned */
    const char *script;
    uint32_t line;
};

struct rp_script_matcher; /* script_match.c: patterns by literal prefix */

/* Read-only once it was read: the vectors lie in the arena. */
struct rp_script {
    const char *path;
    const char *entry; /* ENTRY(), or NULL */
    uint32_t entry_line;
    bool has_sections; /* a SECTIONS command: replaces the default script unless INSERT */
    bool has_insert;   /* INSERT or lld's OVERWRITE_SECTIONS: adds to the default script */
    enum rp_linker_flavor flavor; /* of the link: file patterns differ */
    RP_VEC(struct rp_input_stmt) stmts;
    RP_VEC(struct rp_out_section) outs;
    RP_VEC(struct rp_script_symbol) defined;
    RP_VEC(struct rp_named) mentioned;  /* names in expressions; origin "x.lds:12" */
    RP_VEC(struct rp_named) tested;     /* names that stand in DEFINED() only, see below */
    RP_VEC(struct rp_named) externs;    /* EXTERN() */
    RP_VEC(const char *) literal_files; /* files named without wildcard in statements, STARTUP */
    RP_VEC(const char *) search_dirs;   /* SEARCH_DIR(), as written */
    struct rp_script_files *files;      /* INPUT/GROUP/AS_NEEDED, for implicit scripts */
    bool only_files;                    /* nothing but INPUT/GROUP/OUTPUT_FORMAT/SEARCH_DIR/… */
    bool has_version;
    struct rp_version_script *version; /* VERSION { }, or NULL */
    const struct rp_script_matcher *matcher;
};

/* The tree of INPUT and GROUP, flattened: begin/end marks and names. `name` is as written
 * ("=/lib/x" and "$SYSROOT/x" too), for RP_SF_LIB without the "-l" ("c", ":libx.a"), for marks
 * NULL. */
enum rp_script_file_kind { RP_SF_FILE, RP_SF_LIB, RP_SF_GROUP, RP_SF_END_GROUP };
struct rp_script_file {
    enum rp_script_file_kind kind;
    const char *name;
    bool as_needed;
};
struct rp_script_files {
    RP_VEC(struct rp_script_file) v;
};

/* Read a script (and what it INCLUDEs, searched in `link`'s -L path). Syntax errors are
 * REAP_ERR_INPUT with file:line. Owned by link->arena.
 *
 * `tested`: DEFINED(x) does not mark x in any linker. GNU ld 2.40, gold and lld 14 look at the
 * symbol table, where x stays defined even when its section was collected; lld 19 counts a
 * collected x as undefined. Who takes definitions out of the linker's sight therefore changes
 * the value of DEFINED(x) for all but lld 19, and must keep x where that matters. */
enum reap_status rp_script_read(struct rp_ctx *ctx, struct rp_link *link, const char *path,
                                struct rp_script **ret);

/* The first statement that takes a section of this file and name, as the linker decides (GNU ld
 * manual, Input Section): index into stmts, or UINT32_MAX. `path`/`member` are as the final link
 * names them; `member` is NULL for a file outside of an archive. *ret_pattern (may be NULL) is the
 * pattern within the statement (0 for a whole file). Thread-safe.
 *
 * File patterns (measured with binutils 2.40, lld 14 and 19): GNU ld matches a pattern with
 * wildcards against a file's path, for an archive's member against the member's bare name;
 * `archive:member`, `archive:` and `:file` are as in the manual; without a wildcard it is a path
 * as on the command line. gold matches against "path" or "archive(member)", lld against "path" or
 * "archive:member". */
uint32_t rp_script_match(const struct rp_script *s, const char *path, const char *member,
                         const char *section, uint64_t sh_flags, uint32_t *ret_pattern);
/* The KEEP statement that keeps a section, or UINT32_MAX. GNU ld and lld keep what matches any
 * KEEP, also when an earlier statement takes the section; gold only what the KEEP takes. */
uint32_t rp_script_keep(const struct rp_script *s, const char *path, const char *member,
                        const char *section, uint64_t sh_flags);

/* The same questions for many sections of one file: its view (rp_script_view_size bytes, of the
 * caller) answers all file patterns once. A hundred times faster where a script has hundreds of
 * statements with file patterns. */
size_t rp_script_view_size(const struct rp_script *s);
void rp_script_view(const struct rp_script *s, const char *path, const char *member, uint8_t *view);
uint32_t rp_script_match_view(const struct rp_script *s, const uint8_t *view, const char *section,
                              uint64_t sh_flags, uint32_t *ret_pattern);
uint32_t rp_script_keep_view(const struct rp_script *s, const uint8_t *view, const char *section,
                             uint64_t sh_flags);

/* Brackets: symbols that a program uses to walk over what the linker put between them:
 *
 *     __tab_start = .;  KEEP(*(.tab)) *(.tab.*)  __tab_end = .;
 *
 * A reference to such a *mark* must keep the sections of the statements at it. The rules:
 *
 * 1. Marks are symbols set inside SECTIONS to a value that depends on the location counter, and
 *    symbols set anywhere to an ADDR, LOADADDR or SIZEOF of an output section. A symbol computed
 *    from marks (`__tab_size = __tab_end - __tab_start`) stands for all brackets of these marks.
 * 2. *Generic* patterns are the names that compilers and linkers give by themselves: .text,
 *    .data, .rodata, .bss, .sdata, .tbss, … bare, with a wildcard (`.data.*`, `.text.[a-z]*`) or
 *    with a suffix of the compiler's (.text.hot, .text.unlikely.*, .data.rel.ro*, .rodata.str*);
 *    COMMON, .gnu.linkonce.*, .eh_frame, .gcc_except_table, .got*, .plt*, .init, .fini, dynamic
 *    linking and debug sections; whatever ends in .text (.init.text); `*` and `.*`. Their contents
 *    are found by reference, they are no table. With a file pattern other than `*` only code is
 *    generic: `*blob.o(.rodata)` between marks is a table. `.text.mytable`, a suffix that no
 *    compiler makes, is specific. A statement is generic when all its patterns are.
 * 3. Two marks whose names differ by a word for start and one for end (start, begin, first, head,
 *    base, low, b, s; end, stop, last, tail, limit, high, e; __start_x and __stop_x; _sx and _ex)
 *    are a pair: they bracket all statements between them, inner pairs included, over several
 *    output sections too. When a generic statement stands between them they are the bounds of a
 *    region, and only the specific statements directly after the start mark and directly before
 *    the end mark, up to the next mark or generic statement, are bracketed.
 * 4. A mark without partner brackets the specific statements after it and before it, up to the
 *    next and previous mark or generic statement, inside its output section; outside of output
 *    sections, or when its name says start (forwards) or end (backwards), across their borders.
 * 5. ADDR, LOADADDR and SIZEOF marks bracket their whole output section when nothing in it is
 *    generic, else as the start or end mark of it would.
 * 6. The usual names of program regions (_etext, etext, _edata, _sdata, __bss_start, _end,
 *    __executable_start, __init_begin, __data_start, …) bracket nothing by rules 3 (region), 4
 *    and 5, except what stands alone between two of them.
 *
 * The statements of a bracket are contiguous and none is generic as a whole; a mixed statement's
 * generic patterns (`sections[i].generic`) do not belong to the table: rp_script_match_pattern
 * tells which pattern took a section. /DISCARD/ is left out. */
struct rp_bracket {
    const char *symbols[2]; /* start and end; [1] is NULL for a single mark */
    uint32_t first_stmt, n_stmts;
    const char *script;
    uint32_t line;
};
/* All brackets of a script; *ret is owned by the arena. One symbol may be in several. */
enum reap_status rp_script_brackets(struct rp_ctx *ctx, struct rp_link *link,
                                    const struct rp_script *s, struct rp_bracket **ret,
                                    uint32_t *ret_n);

/* Version scripts and dynamic lists: which names are global. */
struct rp_version_pattern {
    const char *glob;
    bool local;          /* in a local: part */
    bool cplusplus;      /* extern "C++": matches the demangled name */
    bool literal;        /* quoted, or without wildcard */
    const char *version; /* node name, "" for the anonymous one */
};
struct rp_version_index; /* version_script.c: exact names by hash, wildcards by precedence */

/* Read-only once it was read: the vector lies in the arena. */
struct rp_version_script {
    const char *path;
    RP_VEC(struct rp_version_pattern) patterns;
    const struct rp_version_index *index;
};
enum reap_status rp_version_script_read(struct rp_ctx *ctx, struct rp_link *link, const char *path,
                                        bool dynamic_list, struct rp_version_script **ret);
/* 1 global, 0 local, -1 not mentioned; literal matches win over globs, globs over "*", and within
 * each of these global over local (bfd_find_version_for_sym; for literal names the first version
 * node counts). "name@V" and "name@@V" are looked up within node V alone, and are global there
 * unless its local: part names them. Thread-safe. */
int rp_version_script_lookup(const struct rp_version_script *v, const char *name);

#endif
