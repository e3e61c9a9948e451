/* rules.h: rule files: what must stay, as data (docs/rules.md has the syntax).
 *
 *   # comment
 *   keep-section GLOB [in FILEGLOB]     sections stay; FILEGLOB matches path or archive:member
 *   keep-symbol  GLOB                   definitions of these names stay
 *   keep-file    FILEGLOB               everything in these files stays
 *   export       GLOB                   names stay as if exported dynamically
 *   bracket      START END GLOB [GLOB…] a reference to START or END keeps the sections
 *   table        GLOB record SIZE…      the sections are arrays of records (rules_table.c)
 *   accept       CODE GLOB [in FILEGLOB] because REASON…   a finding is known and wanted
 *   include      NAME|FILE
 *
 * Words are separated by blanks; "…" and '…' quote. Errors name file and line.
 */
#ifndef RP_LINK_RULES_H
#define RP_LINK_RULES_H

#include "util/arena.h"
#include "util/ctx.h"
#include "util/vec.h"

#include <stdbool.h>
#include <stdint.h>

enum rp_rule_kind {
    RP_RULE_KEEP_SECTION,
    RP_RULE_KEEP_SYMBOL,
    RP_RULE_KEEP_FILE,
    RP_RULE_EXPORT,
    RP_RULE_BRACKET,
    RP_RULE_TABLE,
    RP_RULE_ACCEPT, /* start: code of the finding; glob; end: the reason */
};

/* How a field of a record says which address it means, in a linked image. In an object its
 * relocation says so. */
enum rp_field_encoding {
    RP_FIELD_PCREL32, /* distance from the field itself */
    RP_FIELD_PCREL64,
    RP_FIELD_ABS32,
    RP_FIELD_ABS64,
};

struct rp_field {
    uint32_t offset; /* bytes into the record */
    enum rp_field_encoding encoding;
};

enum { RP_TABLE_MAX_SIZES = 8, RP_TABLE_MAX_TARGETS = 8 };

/* A `table` line: sections that are arrays of records of one size about one place each. */
struct rp_rule_table {
    uint32_t sizes[RP_TABLE_MAX_SIZES]; /* bytes a record; what fits the relocations is taken */
    uint32_t n_sizes;                   /* 0: `auto`, told by the relocations alone */
    struct rp_field subject;
    struct rp_field targets[RP_TABLE_MAX_TARGETS]; /* other fields with relocations */
    uint32_t n_targets;
    bool any_targets;        /* no `targets`: relocations may be anywhere in a record */
    const char *parallel;    /* glob of the sections that are cut in parallel, or NULL */
    uint32_t parallel_size;  /* bytes a record there */
    const char *machine;     /* name of the only machine, or NULL */
    const char *start, *end; /* names that bracket the table in the linked image, or NULL */
    bool whole;              /* described for `reap audit` alone: nothing is cut out of it */
    bool sorted;             /* the image's records are in the order of their subjects */
    bool verified;           /* the program checks the code at the subjects before it patches it */
};

struct rp_rule {
    enum rp_rule_kind kind;
    const char *glob;      /* for BRACKET: unused */
    const char *file_glob; /* KEEP_SECTION: or NULL */
    const char *start, *end;
    const char *const *globs; /* BRACKET: section globs */
    uint32_t n_globs;
    const struct rp_rule_table *table; /* TABLE */
    const char *origin;                /* "linux.rules:12", or "--keep-symbol" */
};

struct rp_rules {
    RP_VEC(struct rp_rule) rules;
    struct rp_arena arena;
    const char *program_dir; /* rp_rules_set_dir, or NULL */
};

/* The folder of the running program or plugin: shipped rule files are looked for in
 * DIR/../share/reap/rules and DIR/rules. dir is copied. */
enum reap_status rp_rules_set_dir(struct rp_ctx *ctx, struct rp_rules *rules, const char *dir);

/* Add the rules of a file, or of a shipped rule file (NAME or NAME.rules) when `name` has no slash
 * and no such file exists; searched in $REAP_RULES_DIR, beside the program, in the source tree of
 * the build and in the installed place. On an error the rules read so far stay. */
enum reap_status rp_rules_read(struct rp_ctx *ctx, struct rp_rules *rules, const char *name);
/* Add one rule from an option, origin "--keep-symbol=GLOB". */
enum reap_status rp_rules_add(struct rp_ctx *ctx, struct rp_rules *rules, enum rp_rule_kind kind,
                              const char *glob, const char *origin);
void rp_rules_free(struct rp_rules *rules);

/* rules_table.c: the words of a `table` line after the directive and the glob. On an error NULL,
 * with *ret_why (static; NULL: out of memory). */
const struct rp_rule_table *rp_rules_table(struct rp_rules *rules, const char *const *words,
                                           size_t n, const char **ret_why);

/* Matches the path or base name of a file; for an archive member (member not NULL) also the
 * member's name, and "archive:member" and "archive(member)" with the archive's path or base name.
 * A match of the archive alone is a match of all its members. */
bool rp_file_glob_match(const char *glob, const char *path, const char *member);

#endif
