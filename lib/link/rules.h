/* rules.h: rule files: what must stay, as data (docs/rules.md has the syntax).
 *
 *   # comment
 *   keep-section GLOB [in FILEGLOB]     sections stay; FILEGLOB matches path or archive:member
 *   keep-symbol  GLOB                   definitions of these names stay
 *   keep-file    FILEGLOB               everything in these files stays
 *   export       GLOB                   names stay as if exported dynamically
 *   bracket      START END GLOB [GLOB…] a reference to START or END keeps the sections
 *   include      NAME|FILE
 *
 * Words are separated by blanks; "…" and '…' quote. Errors name file and line.
 */
#ifndef RP_LINK_RULES_H
#define RP_LINK_RULES_H

#include "util/arena.h"
#include "util/ctx.h"
#include "util/vec.h"

#include <stdint.h>

enum rp_rule_kind {
    RP_RULE_KEEP_SECTION,
    RP_RULE_KEEP_SYMBOL,
    RP_RULE_KEEP_FILE,
    RP_RULE_EXPORT,
    RP_RULE_BRACKET,
};

struct rp_rule {
    enum rp_rule_kind kind;
    const char *glob;      /* for BRACKET: unused */
    const char *file_glob; /* KEEP_SECTION: or NULL */
    const char *start, *end;
    const char *const *globs; /* BRACKET: section globs */
    uint32_t n_globs;
    const char *origin; /* "linux.rules:12", or "--keep-symbol" */
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

/* Matches the path or base name of a file; for an archive member (member not NULL) also the
 * member's name, and "archive:member" and "archive(member)" with the archive's path or base name.
 * A match of the archive alone is a match of all its members. */
bool rp_file_glob_match(const char *glob, const char *path, const char *member);

#endif
