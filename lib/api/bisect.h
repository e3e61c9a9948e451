/* bisect.h: what the parts of a bisection share.
 *
 *   bisect.c         the whole: ends, culprits, what is inside them
 *   bisect_saved.c   the link that --reap-save kept
 *   bisect_items.c   what can be kept or removed, most dangerous first
 *   bisect_script.c  what a linker script throws away, and a script that does not
 *   bisect_step.c    one link and the runs of its test
 *   bisect_search.c  the search, which knows nothing of links
 *   bisect_memory.c  results that outlive an interruption
 *   bisect_report.c  the answer as text and JSON
 */
#ifndef RP_API_BISECT_H
#define RP_API_BISECT_H

#include "reap/bisect.h"

#include "report/facts.h"
#include "util/arena.h"
#include "util/bitset.h"
#include "util/strbuf.h"
#include "util/strmap.h"
#include "util/vec.h"

/* --- bisect_saved.c ----------------------------------------------------------------------------
 */

struct rp_saved_link {
    const char *dir; /* the folder */
    const char *linker, *cwd;
    RP_VEC(const char *) options, words;
    uint64_t hash; /* of link.reap */
};
/* Read DIR/link.reap; inputs that changed since are an error. */
enum reap_status rp_saved_read(struct rp_ctx *ctx, struct rp_arena *arena, const char *dir,
                               struct rp_saved_link *ret);
void rp_saved_free(struct rp_saved_link *saved);

/* --- bisect_script.c ---------------------------------------------------------------------------
 */

/* A pattern in /DISCARD/, or (`wrap`) a statement that lacks its bracket symbols. Places are bytes
 * of the script's text. */
struct rp_script_unit {
    const char *pattern;         /* ".eh_frame" */
    size_t start, end;           /* the pattern */
    size_t stmt_start, stmt_end; /* the statement around it: `*(.a .b)` */
    bool wrap;
};
struct rp_script_text {
    const char *path; /* as the command names it */
    size_t word;      /* index of the word that names it */
    const char *text;
    size_t size;
    RP_VEC(struct rp_script_unit) units;
};
/* Find the units of one script. */
enum reap_status rp_script_units(struct rp_ctx *ctx, struct rp_arena *arena,
                                 struct rp_script_text *script);
/* The text with the units that `undo` names (by index) undone. */
void rp_script_undo(const struct rp_script_text *script, const bool *undo, struct rp_strbuf *ret);

/* --- bisect_items.c ----------------------------------------------------------------------------
 */

enum rp_item_kind {
    RP_ITEM_NODE = 1, /* a removed node that heads a chain; `id` is the node */
    RP_ITEM_MEMBER,   /* an archive member that is not extracted; `id` is the file */
    RP_ITEM_SCRIPT,   /* a unit of a script; `id` is script << 16 | unit */
};
struct rp_item {
    enum rp_item_kind kind;
    uint32_t id;
    uint32_t finding; /* 1-based index of the finding that put it here, 0 = none */
};
/* Items in order, the most suspicious first; items of one finding stand together: a group. */
struct rp_items {
    RP_VEC(struct rp_item) v;
    RP_VEC(uint32_t) group_start; /* group g is items [group_start[g], group_start[g + 1]) */
    uint32_t n_ranked;            /* groups that a finding names */
};
/* members: unextracted members without a finding too. */
enum reap_status rp_items_make(struct rp_ctx *ctx, const struct rp_facts *f,
                               const struct rp_script_text *scripts, size_t n_scripts, bool members,
                               struct rp_items *ret);
void rp_items_free(struct rp_items *items);

/* --- bisect_search.c ---------------------------------------------------------------------------
 */

enum rp_verdict { RP_PASS = 1, RP_FAIL, RP_UNRESOLVED };
/* Test with things [0, n) removed where the bit is set. */
typedef enum reap_status (*rp_trial_fn)(void *user, const struct rp_bitset *removed,
                                        unsigned steps_left, enum rp_verdict *ret);
struct rp_search {
    uint32_t n;        /* things */
    uint32_t n_ranked; /* the first of them are under suspicion */
    rp_trial_fn trial;
    void *user;
};
/* Removing `candidates` (n of them, ascending suspicion last) is known to fail. *ret gets a subset
 * that fails and of which nothing can be spared, in the order of the candidates; *ret_exact is
 * false where undecided trials left more in it than needed. */
struct rp_found {
    RP_VEC(uint32_t) v;
    bool exact;
};
enum reap_status rp_search_minimal(struct rp_ctx *ctx, const struct rp_search *s,
                                   const uint32_t *candidates, uint32_t n, struct rp_found *ret);

/* --- bisect_memory.c ---------------------------------------------------------------------------
 */

/* Verdicts by key (a hash of what was removed), kept in a file. */
struct rp_memory {
    FILE *file;
    struct rp_strmap map; /* key -> enum rp_verdict */
    struct rp_arena arena;
    unsigned n_known; /* read from an earlier run */
};
/* `what` names the job: verdicts of another one are forgotten. */
enum reap_status rp_memory_open(struct rp_ctx *ctx, struct rp_memory *ret, const char *path,
                                uint64_t what, bool restart);
enum rp_verdict rp_memory_get(const struct rp_memory *m, uint64_t key); /* 0 = unknown */
enum reap_status rp_memory_put(struct rp_ctx *ctx, struct rp_memory *m, uint64_t key,
                               enum rp_verdict verdict);
void rp_memory_close(struct rp_memory *m);

/* --- bisect_step.c -----------------------------------------------------------------------------
 */

struct rp_bisect {
    struct rp_ctx ctx;
    struct rp_arena arena;
    const struct reap_bisect_options *options;
    struct rp_saved_link saved;
    const char *work;   /* DIR/bisect */
    const char *driver; /* path of ld.reap */
    const char *test_cwd;
    const char *output; /* where the program is linked */
    RP_VEC(struct rp_script_text) scripts;
    struct rp_facts facts;
    bool has_facts;
    struct rp_items items;
    struct rp_memory memory;
    unsigned n_links, n_runs, n_remembered;
    bool flaky;     /* the test fails now and then with nothing removed: the majority decides */
    double trial_s; /* of the last real trial */
};

/* What a step keeps: by item, and single nodes inside of chains. */
struct rp_keep {
    struct rp_bitset items; /* bit: kept */
    RP_VEC(rp_id) nodes;
    const char *db; /* write the report database here, or NULL */
};
/* Link; false in *ret_linked when the link failed. */
enum reap_status rp_step_link(struct rp_bisect *b, const struct rp_keep *keep, bool *ret_linked);
/* Run the test, repeatedly where asked for. */
enum reap_status rp_step_test(struct rp_bisect *b, enum rp_verdict *ret);

/* --- bisect_report.c ---------------------------------------------------------------------------
 */

/* One cause. */
struct rp_culprit {
    RP_VEC(uint32_t) items; /* indices; all of them must be removed for the failure */
    rp_id guilty;           /* the node inside their chains whose removal does it, 0 = not known */
    bool exact;
};
struct rp_culprits {
    RP_VEC(struct rp_culprit) v;
};
enum reap_status rp_bisect_write(struct rp_bisect *b, const struct rp_culprits *culprits,
                                 enum reap_bisect_end end, FILE *out);

#endif
