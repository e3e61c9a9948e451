/* cmdline.h: the link as its author wrote it: the linker's command line as data.
 *
 * Understands what changes the set, the order or the roots of the inputs; every other word is
 * passed through in its place, so that an unknown option cannot break a link. Response files are
 * expanded first (GNU quoting rules). GNU ld, gold, lld and mold agree on the options that are
 * modelled; where they do not, `flavor` decides.
 */
#ifndef RP_LINK_CMDLINE_H
#define RP_LINK_CMDLINE_H

#include "util/arena.h"
#include "util/ctx.h"
#include "util/vec.h"

#include <stdbool.h>
#include <stdint.h>

enum rp_linker_flavor { RP_LINKER_BFD, RP_LINKER_GOLD, RP_LINKER_LLD, RP_LINKER_MOLD };

enum rp_arg_kind {
    RP_ARG_OTHER,  /* passed through; may name inputs too (-T, -R), which are then `fixed` */
    RP_ARG_INPUT,  /* a file or -l: names inputs [first_input, first_input + n_inputs) */
    RP_ARG_STATE,  /* --whole-archive, --as-needed, --start-group, --push-state, -Bstatic, … */
    RP_ARG_DROP,   /* not for the final link: --gc-sections, --print-gc-sections, -plugin of ours */
    RP_ARG_OUTPUT, /* -o */
};

/* One option or input with its separate value: `n_words` words from `words`. */
struct rp_arg {
    enum rp_arg_kind kind;
    const char *const *words;
    uint32_t n_words;
    uint32_t first_input, n_inputs; /* indices into link->inputs */
};

/* One file that the line names, directly, by -l, or through an implicit linker script (libc.so). */
struct rp_input {
    uint32_t arg;       /* index into link->args */
    const char *word;   /* as written: "foo.o", "-lc" */
    const char *path;   /* what it was found as; NULL: not found (the linker will say so) */
    const char *script; /* implicit script that named it, or NULL */
    bool whole_archive, as_needed, is_static; /* state at this place */
    bool lazy;                                /* between --start-lib and --end-lib */
    bool just_symbols;                        /* -R file, --just-symbols */
    bool binary;                              /* -b binary, or another foreign format */
    bool fixed;     /* its argument stays as written in the final link, so this file is linked as it
                       is: named by a script that does more than name files, -b binary, -R */
    uint32_t group; /* 0, or the number of its outermost --start-group or GROUP() */
};

/* A name or pattern that an option gave, with the option for messages: "-u foo". */
struct rp_named {
    const char *name;
    const char *origin;
};

struct rp_link {
    enum rp_linker_flavor flavor;
    RP_VEC(struct rp_arg) args;
    RP_VEC(struct rp_input) inputs;

    const char *output;      /* "a.out" when not given */
    const char *entry;       /* NULL: the default (_start, or none with -shared/-r) */
    const char *init, *fini; /* default "_init", "_fini" */
    const char *emulation;   /* -m, or NULL */
    const char *sysroot;
    bool is_static; /* -static anywhere, or -Bstatic in force at the end */
    bool shared, pie, relocatable, export_dynamic, gc_sections, print_gc_sections;
    bool keep_exported; /* --gc-keep-exported (bfd, gold) */
    bool start_stop_gc; /* -z start-stop-gc; false: nostart-stop-gc or the default */
    bool start_stop_gc_set;
    bool bsymbolic, muldefs, emit_relocs, strip_debug, strip_all, no_dynamic_linker;
    bool print_version_only;           /* --version, --help, or no inputs: pass through */
    const char *pass_through_why;      /* the link must not be touched ("-c: an MRI script
                                          names the inputs"), or NULL */
    bool dynamic_list_data;            /* --dynamic-list-data: export_symbols has "*" for it */
    RP_VEC(struct rp_named) undefined; /* -u, --undefined, --require-defined */
    RP_VEC(struct rp_named) undefined_globs; /* --undefined-glob (lld) */
    RP_VEC(struct rp_named) wrap;
    RP_VEC(struct rp_named) defsym;         /* names on both sides of --defsym */
    RP_VEC(struct rp_named) defsym_defined; /* left sides only */
    RP_VEC(struct rp_named) export_symbols; /* --export-dynamic-symbol, --dynamic-list-… (globs) */
    RP_VEC(struct rp_named) exclude_libs;   /* "ALL" or base names */
    RP_VEC(const char *) dynamic_lists, version_scripts, scripts, retain_files, search_dirs;
    /* scripts: -T (--default-script without one), and implicit scripts that do more than name
     * inputs. dynamic_lists: --export-dynamic-symbol-list too. search_dirs: every -L, then -Y, then
     * the linker's own, with the sysroot in place. */
    struct rp_arena arena;
};

/* Model argv[0 .. argc) (without the program name). Files are looked for now; nothing is opened
 * but response files and implicit scripts. Missing inputs are not an error here. */
enum reap_status rp_link_parse(struct rp_ctx *ctx, struct rp_link *ret,
                               enum rp_linker_flavor flavor, int argc, const char *const *argv);
void rp_link_free(struct rp_link *link);

/* What takes the place of an input argument in the final link. */
struct rp_replacement {
    uint32_t arg;              /* at which argument; several for one keep their order */
    const char *path;          /* file to link */
    bool whole_archive;        /* wrap in --push-state --whole-archive … --pop-state */
    bool as_needed, is_shared; /* shared libraries that a script named */
    const char *original;      /* the input that a written file stands for, else NULL */
};

/* The words of the final command line: every RP_ARG_INPUT argument gives way to its replacements,
 * in ascending order of arg (rp_link_command keeps their order); arguments in `keep` (by argument
 * index, may be NULL) stay as written, and so does an argument with an input that was not found
 * or without any, so that the linker tells. A replacement of an argument that is kept, or that is
 * no input argument, is REAP_ERR_INTERNAL. Words are owned by link->arena.
 *
 * --start-lib … --end-lib: when every argument between them is kept, they stay. Otherwise they go,
 * because what replaces a lazy object was loaded and is linked for certain; a kept one among them
 * gets a --start-lib … --end-lib of its own and stays lazy. */
enum reap_status rp_link_command(struct rp_ctx *ctx, struct rp_link *link,
                                 const struct rp_replacement *repl, size_t n_repl, const bool *keep,
                                 const char *const **ret_words, size_t *ret_n_words);

/* Split one response file's text as GNU libiberty does; words go to arena. */
enum reap_status rp_response_split(struct rp_ctx *ctx, struct rp_arena *arena, const char *text,
                                   const char ***ret_words, size_t *ret_n);
/* Quote a word so that rp_response_split gives it back. */
const char *rp_response_quote(struct rp_arena *arena, const char *word);

#endif
