/* api.h: one run of Reap: what the public functions of reap.h share.
 *
 *   api.c       make and free a run, take inputs      options.c   the one table of options
 *   words.c     options out of a command line         pipeline.c  the passes, one call each
 *   rewrite.c   the final link's command line         gc.c        objects and archives for `reap
 * gc` run.c       run the linker                        blame.c     what Reap removed of a failed
 * link check.c     --reap-check                          save.c      --reap-save reports.c   the
 * reports, statistics, totals       signals.c   SIGINT and friends
 */
#ifndef RP_API_API_H
#define RP_API_API_H

#include "reap/reap.h"

#include "link/cmdline.h"
#include "link/resolve.h"
#include "link/rules.h"
#include "link/script.h"
#include "model/model.h"
#include "pass/pass.h"
#include "pass/rtti.h"
#include "pass/unwind.h"
#include "report/facts.h"
#include "util/arena.h"
#include "util/ctx.h"
#include "util/outfile.h"
#include "util/vec.h"

/* Set in the environment of every linker that Reap runs: ld.reap refuses to start below it. */
#define REAP_GUARD "REAP_DRIVER_ACTIVE"

/* Numbers of the options; the order is that of the table in options.c. */
enum rp_opt {
    RP_OPT_REPORT,
    RP_OPT_JSON,
    RP_OPT_DB,
    RP_OPT_PRINT_REMOVED,
    RP_OPT_FAIL_ON,
    RP_OPT_STATS,
    RP_OPT_SIZES,
    RP_OPT_VERBOSE,
    RP_OPT_QUIET,
    RP_OPT_GRAPH,
    RP_OPT_GRAPH_BY,
    RP_OPT_GRAPH_FROM,
    RP_OPT_GRAPH_TO,
    RP_OPT_GRAPH_AROUND,
    RP_OPT_GRAPH_DEPTH,
    RP_OPT_GRAPH_DEAD,
    RP_OPT_GRAPH_DOMINATORS,
    RP_OPT_GRAPH_MAX_NODES,
    RP_OPT_GRAPH_LAYOUT,
    RP_OPT_RULES,
    RP_OPT_KEEP_SYMBOL,
    RP_OPT_KEEP_SECTION,
    RP_OPT_KEEP_FILE,
    RP_OPT_KEEP_LIST,
    RP_OPT_EXPORT,
    RP_OPT_EXPORT_FROM,
    RP_OPT_ENTRY,
    RP_OPT_UNDEFINED,
    RP_OPT_SCRIPT,
    RP_OPT_KERNEL,
    RP_OPT_MODULES,
    RP_OPT_MODULES_FROM,
    RP_OPT_OUTPUT,
    RP_OPT_OUT_DIR,
    RP_OPT_LEVEL,
    RP_OPT_EXTRACTION,
    RP_OPT_TYPEINFO,
    RP_OPT_ASSUME,
    RP_OPT_MODE,
    RP_OPT_LINKER,
    RP_OPT_SAVE,
    RP_OPT_FALLBACK,
    RP_OPT_CHECK,
    RP_OPT_TRIPWIRE,
    RP_OPT_FILL,
    RP_OPT_DATA,
    RP_OPT_STRIP_DEAD_SYMBOLS,
    RP_OPT_STRIP_RELOCS,
    RP_OPT_NO_SCAN,
    RP_OPT_NO_DECODE,
    RP_OPT_TEST_DROP_EDGE,
    RP_OPT_THREADS,
    RP_OPT_HELP,
    RP_OPT_VERSION,
    RP_N_OPTS
};

enum rp_mode { RP_MODE_COLLECT, RP_MODE_REPORT, RP_MODE_OFF };

/* An option that was given. */
struct rp_opt_value {
    enum rp_opt opt;
    const char *value; /* or NULL */
};

struct reap {
    enum reap_product product;
    reap_diag_fn diag;
    void *diag_user;
    bool progress;
    double started_s; /* monotonic clock */
    struct rp_ctx ctx;
    struct rp_arena arena;

    /* options */
    RP_VEC(struct rp_opt_value) options; /* in the order in which they came */
    bool verbose, quiet;

    /* inputs */
    bool has_link;
    const char *const *words; /* the original command, NULL at the end */
    size_t n_words;
    struct rp_link link;
    const char *linker_program; /* or NULL */
    unsigned linker_major;      /* of its version; 0 = unknown */
    RP_VEC(struct rp_observed) observed;
    RP_VEC(const char *) gc_inputs;

    /* the analysis; what is set is freed by reap_free */
    struct rp_rules rules;
    RP_VEC(const struct rp_script *) scripts;
    RP_VEC(const char *) export_from;
    bool kernel_module; /* the one input is a Linux module */
    struct rp_model model;
    bool has_model;
    struct rp_resolve_result resolved;
    struct rp_job job;
    struct rp_rtti rtti;
    struct rp_unwinder unwinder;
    struct rp_marks marks;
    struct rp_plan plan;
    bool analysed;
    struct rp_image_run *image; /* of `reap image`, else NULL; image.c */
    struct rp_facts facts;
    bool has_facts;

    /* the result */
    struct rp_tempdir *temp;     /* made on demand */
    unsigned n_temp;             /* numbers used in it from the top: response files and the like */
    struct rp_strmap temp_names; /* path in it -> index + 1 of originals */
    RP_VEC(const char *) originals; /* the inputs that they stand for */
    bool rewritten;
    bool linked; /* the rewritten files were linked once; what runs now is the fallback */
    uint64_t gc_bytes_in, gc_bytes_out; /* of the files that `reap gc` read and wrote */
    uint64_t gc_files_in, gc_files_out;
};

/* options.c */
const char *rp_opt_name(enum rp_opt opt); /* "report" */
bool rp_opt_given(const struct reap *r, enum rp_opt opt);
const char *rp_opt_value(const struct reap *r, enum rp_opt opt); /* the last one, or NULL */
enum rp_mode rp_opt_mode(const struct reap *r);
enum rp_level rp_opt_level(const struct reap *r);
bool rp_opt_stock(const struct reap *r); /* level=stock: as the linker itself collects */

/* pipeline.c: a phase with its time, told at note level when verbose or slow. */
void rp_phase_done(struct reap *r, struct rp_timer t, const char *name);
/* Run one pass with its time; needs `r` and `st`, returns its failure. */
#define RP_PASS(name, call)                                                                        \
    do {                                                                                           \
        struct rp_timer pass_timer = rp_phase_begin();                                             \
        st = (call);                                                                               \
        rp_phase_done(r, pass_timer, name);                                                        \
        if (st != REAP_OK)                                                                         \
            return st;                                                                             \
    } while (0)
/* A note that is delivered whether or not notes are wanted (progress). */
void rp_tell(struct reap *r, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* reports.c: whether any report is asked for; the facts, built when first asked for. */
bool rp_reports_wanted(const struct reap *r);
enum reap_status rp_need_facts(struct reap *r);

/* lint.c: findings that the option "fail-on" names, told as errors; REAP_ERR_LINK when there are
 * some. And whether its value names codes and severities alone. */
enum reap_status rp_fail_on(struct reap *r);
bool rp_fail_on_is_known(const char *words);

/* rewrite.c: the temporary directory, made when first asked for, and a path of its own in it. */
enum reap_status rp_need_tempdir(struct reap *r);
enum reap_status rp_temp_path(struct reap *r, const char *base, const char **ret_path);

/* names.c: the inputs' own names in place of the temporary ones: in a text (added to out), and in
 * the map and the dependency file that the linker wrote. */
struct rp_strbuf;
enum reap_status rp_names_set(struct reap *r, const struct rp_replacement *repl, size_t n_repl);
void rp_names_translate(const struct reap *r, const char *text, size_t n, struct rp_strbuf *out);
enum reap_status rp_names_fix_files(struct reap *r);

/* image.c: the analysis of a linked image, in place of resolve and all that follows. */
enum reap_status rp_image_collect(struct reap *r);
/* What was filled and how references were found, into r->facts. */
enum reap_status rp_image_facts(struct reap *r);
void rp_image_run_free(struct reap *r);

/* kernel.c: rule files for kernels and modules, by option or by the look of the objects; and the
 * modules whose undefined names are exports. */
enum reap_status rp_kernel_rules(struct reap *r);
enum reap_status rp_kernel_modules(struct reap *r);

/* keep_list.c: what --reap-keep-list names becomes roots. */
enum reap_status rp_keep_list_roots(struct reap *r);

/* check.c */
enum reap_status rp_check_objects(struct reap *r);
enum reap_status rp_check_resolution(struct reap *r);

/* save_inputs.c: the original link, for `reap bisect`. save.c: copy (or link) one file. */
enum reap_status rp_save_inputs(struct reap *r);
enum reap_status rp_save_copy(struct reap *r, const char *from, const char *to);

/* save.c: where --reap-save keeps the rewritten files, and relink.sh. */
enum reap_status rp_save_link(struct reap *r, const char *program, const char *const *words,
                              size_t n_words);

/* run.c: run a program to its end. Standard output and error are captured up to a limit where
 * asked for (malloc'd, NUL-terminated) and forwarded where asked for. */
struct rp_run {
    const char *program;
    const char *const *words; /* without the program's name */
    size_t n_words;
    bool capture_out;   /* standard output: into out, not forwarded */
    bool capture_err;   /* standard error: into err */
    bool forward_err;   /* … and passed on as it comes */
    const char *output; /* a file that must not stay behind half-written, or NULL */
    /* results */
    int exit_status; /* 128 + signal when it was killed */
    char *out, *err;
    double cpu_s;
    uint64_t peak_rss; /* bytes */
};
enum reap_status rp_run_program(struct reap *r, struct rp_run *run);
void rp_run_free(struct rp_run *run);

/* blame.c: which names in the linker's messages Reap had removed, as diagnostics. */
void rp_blame(struct reap *r, const char *messages);

/* signals.c: before the linker is started, the output that must not stay behind half-written (NULL:
 * none); then the child that a signal is passed on to (0: none any more). */
void rp_signals_output(const char *path);
void rp_signals_child(long pid);

#endif
