/* options.h: what the four linkers' command-line words are, as data.
 *
 * The one question that must never be answered wrong is whether an option takes the next word:
 * a file taken for a value is lost from the link. The table (options_table.c) has every option of
 * GNU ld 2.40, gold 2.40, lld 14 to 20 and mold 1.10 with the form of its value and the few
 * meanings that Reap models; rp_option_find applies each linker's own way of matching words.
 */
#ifndef RP_LINK_OPTIONS_H
#define RP_LINK_OPTIONS_H

#include "link/cmdline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an option means here. RP_O_PASS: nothing, the words are passed on. */
enum rp_option {
    RP_O_PASS,
    RP_O_UNMODELLED, /* the link must not be touched: row->why says why */
    RP_O_PROBE,      /* prints something and exits */
    /* the output */
    RP_O_OUTPUT,
    RP_O_ENTRY,
    RP_O_INIT,
    RP_O_FINI,
    RP_O_EMULATION,
    RP_O_SYSROOT,
    RP_O_SHARED,
    RP_O_PIE,
    RP_O_NO_PIE,
    RP_O_RELOCATABLE,
    RP_O_EMIT_RELOCS,
    RP_O_STRIP_DEBUG,
    RP_O_STRIP_ALL,
    RP_O_NO_DYNAMIC_LINKER,
    RP_O_BSYMBOLIC,
    RP_O_NO_BSYMBOLIC,
    RP_O_MULDEFS,
    RP_O_NO_MULDEFS,
    RP_O_Z,
    /* garbage collection */
    RP_O_GC,
    RP_O_NO_GC,
    RP_O_PRINT_GC,
    RP_O_NO_PRINT_GC,
    RP_O_GC_KEEP_EXPORTED,
    /* roots */
    RP_O_UNDEFINED,
    RP_O_UNDEFINED_GLOB,
    RP_O_WRAP,
    RP_O_DEFSYM,
    RP_O_EXPORT_DYNAMIC,
    RP_O_NO_EXPORT_DYNAMIC,
    RP_O_EXPORT_SYMBOL,
    RP_O_DYNAMIC_LIST, /* and --export-dynamic-symbol-list */
    RP_O_DYNAMIC_LIST_DATA,
    RP_O_DYNAMIC_LIST_CPP_NEW,
    RP_O_DYNAMIC_LIST_CPP_TYPEINFO,
    RP_O_VERSION_SCRIPT,
    RP_O_EXCLUDE_LIBS,
    RP_O_RETAIN,
    RP_O_SCRIPT,
    RP_O_DEFAULT_SCRIPT,
    /* inputs and where they are looked for */
    RP_O_LIBRARY,
    RP_O_LIBRARY_PATH,
    RP_O_DEFAULT_PATH, /* -Y */
    RP_O_NOSTDLIB,
    RP_O_JUST_SYMBOLS,
    RP_O_FILE_OR_DIR, /* -R of bfd and gold: a file's symbols, or a run path */
    RP_O_FORMAT,
    /* state of the inputs that follow */
    RP_O_STATIC,  /* -static: for the whole link, and the same as -Bstatic */
    RP_O_BSTATIC, /* -l finds archives only */
    RP_O_BDYNAMIC,
    RP_O_HPUX_A, /* -a archive, -a shared, -a default */
    RP_O_MAGIC,  /* -n, -N: imply -Bstatic in all but mold's -n, which does not exist */
    RP_O_WHOLE_ARCHIVE,
    RP_O_NO_WHOLE_ARCHIVE,
    RP_O_AS_NEEDED,
    RP_O_NO_AS_NEEDED,
    RP_O_START_GROUP,
    RP_O_END_GROUP,
    RP_O_START_LIB,
    RP_O_END_LIB,
    RP_O_PUSH_STATE,
    RP_O_POP_STATE,
    /* plugins */
    RP_O_PLUGIN,
    RP_O_PLUGIN_OPT,
};

enum rp_option_value {
    RP_V_NONE,     /* a flag */
    RP_V_ARG,      /* long: "--x v" or "--x=v"; short: "-xv" or "-x v" */
    RP_V_OPTIONAL, /* "--x" or "--x=v": never the next word */
    RP_V_EQUALS,   /* "--x=v" alone */
    RP_V_SEPARATE, /* "-x v" alone */
    RP_V_NUMBER,   /* "-G": a value when a digit follows (GNU ld), else a flag */
};

/* Which linkers know a row. */
enum {
    RP_IN_BFD = 1 << RP_LINKER_BFD,
    RP_IN_GOLD = 1 << RP_LINKER_GOLD,
    RP_IN_LLD = 1 << RP_LINKER_LLD,
    RP_IN_MOLD = 1 << RP_LINKER_MOLD,
};

struct rp_option_row {
    const char *name; /* without dashes; one character: a short option as well ("-o", "-ofile") */
    enum rp_option_value value;
    uint8_t linkers; /* RP_IN_… */
    bool two_dashes; /* "--name" alone: "-name" is something else */
    bool negatable;  /* "--no-name" exists too and is RP_O_PASS like the row itself */
    enum rp_option meaning;
    const char *why; /* RP_O_UNMODELLED */
};

extern const struct rp_option_row rp_option_table[];
extern const size_t rp_n_option_rows;

/* One option found in a word. */
struct rp_found {
    const struct rp_option_row *row; /* NULL: unknown, or not an option */
    const char *value;               /* points into the words, NULL without one */
    bool takes_next;                 /* the value is the next word */
    bool negated;                    /* a "no-" form */
};

/* What `word` is to the linker; `next` is the word after it or NULL. GNU ld and gold allow short
 * flags to be clustered ("-rs"): *ret_rest is the rest of a cluster to be looked up again as
 * "-rest", or NULL. */
struct rp_found rp_option_find(enum rp_linker_flavor flavor, const char *word, const char *next,
                               const char **ret_rest);

#endif
