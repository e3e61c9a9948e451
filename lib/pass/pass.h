/* pass.h: the passes over the model, in the order in which they run. One file each.
 *
 *   split -> edges -> roots -> mark -> plan -> rewrite_object (for each file) -> output
 */
#ifndef RP_PASS_PASS_H
#define RP_PASS_PASS_H

#include "link/cmdline.h"
#include "link/resolve.h"
#include "link/rules.h"
#include "link/script.h"
#include "model/model.h"
#include "util/arena.h"
#include "util/bitset.h"
#include "util/outfile.h"
#include "util/strbuf.h"

enum rp_level {
    RP_LEVEL_LINKER, /* what lld's --gc-sections (-z nostart-stop-gc) would do: whole sections */
    RP_LEVEL_FULL,
};

/* What the passes need to know of the link. Pointers are borrowed. */
struct rp_job {
    enum rp_level level;
    const struct rp_link *link;
    const struct rp_script *const *scripts;
    size_t n_scripts;
    const struct rp_rules *rules;
    const char *const *export_from; /* ELF files whose undefined names are exports */
    size_t n_export_from;
    bool default_api_roots; /* `reap gc` without roots: all visible globals are roots */
    bool dynamic;           /* the output has a dynamic symbol table (set by roots) */
    bool predict;           /* level LINKER: as the linker of `link` does it (predict.c) */
    bool keep_unwinder;     /* dead code will be there as traps, so that weak references to it are
                               not null (unwind.h) */
    bool debug_refs;        /* fill model->debug_ref: a report wants it */
    bool keep_typeinfo;     /* no slot is weak (rtti.h) */
    bool no_typeid_deref;   /* taken on trust: nobody reads a slot without naming the class */
};

/* rewrite_check.c: leave files untouched that could not be rewritten (section types of unknown
 * meaning). After rp_model_index() and before rp_split(). */
enum reap_status rp_rewrite_check(struct rp_model *m);

/* split.c: make nodes. Sections of known tables by record, SHF_MERGE sections by piece (FULL
 * level), the rest whole; common symbols; parallel over files. Non-allocated sections get one
 * node each. META and DUPLICATE sections get none. */
enum reap_status rp_split(struct rp_model *m, const struct rp_job *job);

/* edges.c: all edges, in CSR, with one pass over the relocations; start-stop and bracket sets. */
enum reap_status rp_edges(struct rp_model *m, const struct rp_job *job);

/* roots.c: every root of design section 5, with reason and detail; decides exports. */
enum reap_status rp_roots(struct rp_model *m, struct rp_job *job);

/* predict.c: the linkers' differences, under `predict`. Why a section is a root for what it is (0:
 * it is none); lld_reason is what lld's rules say. */
unsigned rp_predict_reserved(const struct rp_model *m, const struct rp_job *job, rp_id section,
                             unsigned lld_reason);
/* Whether a reference to __start_X or __stop_X keeps the sections X. */
bool rp_predict_start_stop(const struct rp_job *job);
/* Whether the linker will leave out this .eh_frame section as a whole (the marks do not say so:
 * they follow what its records name, as the linkers do). */
bool rp_predict_drops_eh_frame(const struct rp_model *m, const struct rp_job *job, rp_id section);

/* mark.c: iterative breadth-first marking from the roots, in root order. */
struct rp_marks {
    uint8_t *live;   /* [n nodes] 0 dead, 1 live and followed, 2 live, not followed */
    rp_id *parent;   /* [n nodes] node through which it was reached; 0 for a root */
    uint32_t *cause; /* [n nodes] edge index (into m->edges), or root index for a root */
    uint32_t n_live;
};
enum reap_status rp_mark(const struct rp_model *m, struct rp_marks *ret);
void rp_marks_free(struct rp_marks *marks);

/* plan.c: what happens to each file and section. */
enum rp_file_fate {
    RP_FATE_UNCHANGED, /* every byte stays: link the original */
    RP_FATE_REWRITE,
    RP_FATE_DROP, /* nothing of it is live and nothing asks for it: it stays in the link as an
                     empty object only if its symbols are needed; else it is left out */
};
struct rp_rtti;
struct rp_plan {
    uint8_t *fate;        /* by file id - 1: enum rp_file_fate */
    uint8_t *keep_symbol; /* by global id - 1: an unsectioned definition (absolute, common) stays */
    struct rp_bitset live_sections; /* by section id: a node of it is live */
    struct rp_bitset cut_slots;     /* by first node of a section: relocations of live bytes of it
                                       are cut (rtti.h, unwind.h); w is NULL: none are */
    const struct rp_rtti *rtti;     /* of the slots among them; borrowed, may be NULL */
    bool tripwire; /* dead code stays as traps (tripwire.h); its sections count as live here */
};
enum reap_status rp_plan_make(const struct rp_model *m, const struct rp_marks *marks,
                              const struct rp_job *job, struct rp_plan *ret);
void rp_plan_free(struct rp_plan *plan);

/* rewrite_object.c: the smaller ET_REL of one file, appended to `out`. Thread-safe. The arena is
 * for working memory and is reset at the end: whoever rewrites many files keeps one, so that the
 * memory is asked for once. */
enum reap_status rp_rewrite_append(const struct rp_model *m, const struct rp_marks *marks,
                                   const struct rp_plan *plan, rp_id file, struct rp_arena *arena,
                                   struct rp_strbuf *out);
/* The same by itself. *ret_bytes is malloc'd. */
enum reap_status rp_rewrite_object(const struct rp_model *m, const struct rp_marks *marks,
                                   const struct rp_plan *plan, rp_id file, uint8_t **ret_bytes,
                                   uint64_t *ret_size);

/* verify.c: open the rewritten object again and hold it against the model: every live section is
 * there with its bytes (but for relocated and cut ones), every relocation of a live section names
 * what it named. Used by tests and --reap-check. */
enum reap_status rp_verify_object(const struct rp_model *m, const struct rp_marks *marks,
                                  rp_id file, const uint8_t *bytes, uint64_t size);

/* output.c: write all rewritten files under `dir` (runs of archive members as archives of the
 * same base name, in load order), and the replacements for the final command line. Parallel. */
enum reap_status rp_output_write(const struct rp_model *m, const struct rp_marks *marks,
                                 const struct rp_plan *plan, const struct rp_link *link,
                                 struct rp_tempdir *dir, struct rp_replacement **ret_repl,
                                 size_t *ret_n_repl, bool **ret_keep_args);

#endif
