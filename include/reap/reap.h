/* reap.h: the public interface of libreap, the engine behind reap.so, ld.reap and reap.
 *
 * A front end says what the inputs are and what to do with the result; everything between is
 * here. One `struct reap` is one run; it is not thread-safe, and different ones are independent.
 */
#ifndef REAP_REAP_H
#define REAP_REAP_H

#include "reap/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REAP_VERSION "0.1.0"

struct reap; /* opaque */

enum reap_product { REAP_PRODUCT_DRIVER, REAP_PRODUCT_PLUGIN, REAP_PRODUCT_GC, REAP_PRODUCT_IMAGE };
enum reap_linker { REAP_LINKER_BFD, REAP_LINKER_GOLD, REAP_LINKER_LLD, REAP_LINKER_MOLD };

struct reap_init {
    size_t size; /* sizeof(struct reap_init) */
    enum reap_product product;
    reap_diag_fn diag; /* may be NULL */
    void *diag_user;
    bool progress; /* tell the phases at note level once a run takes more than two seconds */
};

/* Make a run. *ret is freed by reap_free. */
enum reap_status reap_new(const struct reap_init *init, struct reap **ret);
void reap_free(struct reap *r); /* NULL allowed; removes temporary files */

/* --- options: one table for all products (lib/api/options.c) -------------------------------- */

/* Set an option by its bare name ("report", value "FILE"; "stats", value NULL). REAP_ERR_USAGE,
 * with a diagnostic, for an unknown name or a missing or superfluous value. */
enum reap_status reap_option(struct reap *r, const char *name, const char *value);
/* Whether a word is one of Reap's options as this product spells it ("--reap-report=FILE" for the
 * driver, "report=FILE" for the plugin, "--report=FILE", "-oFILE" for gc); then *ret_name (into a
 * static table; for an unknown option into word, and reap_option says so) and *ret_value (into
 * word, or NULL; a separate value is not consumed: *ret_needs_value says that the next word is the
 * value). */
bool reap_option_match(enum reap_product product, const char *word, const char **ret_name,
                       const char **ret_value, bool *ret_needs_value);
/* Options from the environment variable REAP_OPTIONS: blank-separated, quotes as in response
 * files, each as "--reap-NAME=VALUE", "--NAME=VALUE" or "NAME=VALUE". */
enum reap_status reap_options_from_environment(struct reap *r);
/* Driver: set all of Reap's own options that stand in a linker's command line (without the
 * program's name), in response files too, and give what remains. *ret_words is owned by r and
 * ends with NULL; response files are expanded in it only when one held an option of Reap's. */
enum reap_status reap_take_options(struct reap *r, int argc, const char *const *argv,
                                   const char *const **ret_words, size_t *ret_n_words);
/* The options of a product for --help. */
void reap_print_options(enum reap_product product, FILE *out);

/* --- inputs ---------------------------------------------------------------------------------- */

/* A linker's command line without the program's name, response files not yet expanded. The words
 * are copied. Driver: the words that reap_take_options left. */
enum reap_status reap_set_command(struct reap *r, enum reap_linker linker, int argc,
                                  const char *const *argv);
/* Plugin: a file that the linker loaded, in its order. offset: of the member's contents within
 * the archive `path`, 0 for a plain file. size: bytes. */
enum reap_status reap_observe(struct reap *r, const char *path, uint64_t offset, uint64_t size);
/* `reap image`: the one linked image.
 * `reap gc`: an object or archive, whole. The roots come by reap_option ("entry", "undefined",
 * "export", "export-from", "script"). */
enum reap_status reap_add_input(struct reap *r, const char *path);

/* --- work ------------------------------------------------------------------------------------ */

enum reap_disposition {
    REAP_COLLECT,      /* analysed; there is something to link in place of the original */
    REAP_PASS_THROUGH, /* link the original: a probe, -r, IR, unsupported, mode=report|off */
};
/* Resolve, mark, plan. *ret_why (may be NULL) is set for PASS_THROUGH; static or owned by r. */
enum reap_status reap_analyse(struct reap *r, enum reap_disposition *ret, const char **ret_why);

/* Driver and plugin: write the rewritten inputs to the private temporary directory and give the
 * words of the final link (without the program's name; owned by r). */
enum reap_status reap_rewrite(struct reap *r, const char *const **ret_words, size_t *ret_n_words);
/* Tell which program is the linker, for the self-check of reap_analyse (--reap-check); a path.
 * major: of its version, for lld (14 loads archive members in another order than 15 and later);
 * 0 = unknown, taken as the newest. Before reap_analyse. */
enum reap_status reap_set_linker_program(struct reap *r, const char *program, unsigned major);
/* Run the linker `program` (a path) with these words, wait, and return its exit status in
 * *ret_exit (128 + signal when it was killed). On a failed link *and* a previous reap_rewrite,
 * explains through diagnostics which names in the linker's messages Reap had removed.
 * Words beyond the system's limit go through a response file. */
enum reap_status reap_run_linker(struct reap *r, const char *program, const char *const *words,
                                 size_t n_words, int *ret_exit);
/* `reap gc`: write one object (-o) or everything below a folder (--out-dir), by base name. */
enum reap_status reap_write_object(struct reap *r, const char *path);
enum reap_status reap_write_objects(struct reap *r, const char *dir);

/* `reap image`: write the image with its dead code filled; path NULL: only count what would be. */
enum reap_status reap_write_image(struct reap *r, const char *path);
/* `reap image`: the table of totals; after reap_write_image also of what was filled. */
enum reap_status reap_print_image(struct reap *r, FILE *out);

/* Write every report that the options ask for (report, json, db, print-removed). After
 * reap_analyse; also for a PASS_THROUGH of mode=report. */
enum reap_status reap_write_reports(struct reap *r);
/* The table of phases (option "stats"): wall time, CPU time, peak memory. */
void reap_print_stats(const struct reap *r, FILE *out);
/* The table of totals that `reap gc` prints: files, sections, bytes by class. */
enum reap_status reap_print_totals(struct reap *r, FILE *out);
/* Whether the option `name` was given (for front ends: "fallback", "quiet"); its value or NULL in
 * *ret_value, which may be NULL. */
bool reap_has_option(const struct reap *r, const char *name, const char **ret_value);
/* Totals of the analysis. */
struct reap_totals {
    size_t size;
    uint64_t kept_sections, removed_sections, kept_bytes, removed_bytes; /* allocated only */
};
enum reap_status reap_get_totals(const struct reap *r, struct reap_totals *ret);

/* --- questions to a report database ---------------------------------------------------------- */

struct reap_why_options {
    size_t size;
    bool all_roots, json;
    unsigned max;
    reap_diag_fn diag;
    void *diag_user;
};
/* `reap why PATTERN --db FILE`. *ret_matches: how many things matched. */
enum reap_status reap_why(const char *db, const char *pattern, const struct reap_why_options *opts,
                          FILE *out, unsigned *ret_matches);

/* The same of a run after reap_analyse (`reap why PATTERN --image FILE`). */
enum reap_status reap_why_run(struct reap *r, const char *pattern,
                              const struct reap_why_options *opts, FILE *out,
                              unsigned *ret_matches);

/* --- audit of a collected image --------------------------------------------------------------- */

struct reap_audit_options {
    size_t size;              /* sizeof(struct reap_audit_options) */
    bool all;                 /* print tables that are the same, too */
    const char *const *rules; /* rule files or shipped ones by name; none: linux, linux-ksymtab */
    size_t n_rules;
    reap_diag_fn diag;
    void *diag_user;
};
/* Compare the tables of a collected linked image with those of the uncollected one; a line a table
 * on `out`. *ret_findings: records that are missing, unknown or out of order. */
enum reap_status reap_audit(const char *old_path, const char *new_path,
                            const struct reap_audit_options *opts, FILE *out,
                            uint64_t *ret_findings);

struct reap_lint_options {
    size_t size;
    bool json;
    const char *fail_on; /* codes and severities, separated by commas; or NULL */
    reap_diag_fn diag;
    void *diag_user;
};
/* `reap lint --db FILE`: the findings by rank. *ret_findings: those that no rule file accepts.
 * REAP_ERR_LINK when fail_on holds. */
enum reap_status reap_lint(const char *db, const struct reap_lint_options *opts, FILE *out,
                           unsigned *ret_findings);

struct reap_explain_options {
    size_t size;
    const char *program;       /* path of the linked program; required */
    const char *core;          /* path of a core file of it, or NULL */
    const uint64_t *addresses; /* of the program's file: where execution stood, then its callers */
    size_t n_addresses;
    const char *text; /* a backtrace as gdb, glibc, a kernel or an emulator prints it, or NULL */
    size_t n_text;    /* bytes */
    bool json;
    unsigned max; /* answers at most, 0 = all */
    reap_diag_fn diag;
    void *diag_user;
};
/* `reap explain`: the removals that account for a crash, the guilty one first (docs/explain.md).
 * *ret_n: how many there are. */
enum reap_status reap_explain(const char *db, const struct reap_explain_options *opts, FILE *out,
                              unsigned *ret_n);

/* --- front ends' helpers --------------------------------------------------------------------- */

/* A reap_diag_fn that prints "PROGRAM: error: where: text" (and the remedy) on stderr; user is
 * the program's name. */
void reap_print_diag(void *user, const struct reap_diag *diag);
/* Install handlers for SIGINT, SIGTERM, SIGHUP, SIGPIPE that remove temporary files and
 * uncommitted outputs, pass the signal to a running linker, and die of the signal. */
void reap_handle_signals(void);

#ifdef __cplusplus
}
#endif
#endif
