/* facts.h: what a run found out, detached from the inputs: the content of the report database.
 *
 * Text, JSON, print-removed, `why` and every later view read these arrays only, whether they come
 * from the model (facts_build.c) or from a database (db.c). Ids are 1-based, 0 = none; index 0 of
 * each array is unused. Strings are offsets into one pool. See docs/database.md.
 */
#ifndef RP_REPORT_FACTS_H
#define RP_REPORT_FACTS_H

#include "model/model.h"
#include "pass/pass.h"

typedef uint32_t rp_str; /* offset into facts->pool; 0 = "" */

enum rp_fact_class { /* what a byte is, for totals */
                     RP_CLASS_TEXT,
                     RP_CLASS_RODATA,
                     RP_CLASS_DATA,
                     RP_CLASS_BSS,
                     RP_CLASS_DEBUG,
                     RP_CLASS_EH_FRAME,
                     RP_CLASS_OTHER,
                     RP_N_CLASSES
};

enum rp_reason { /* why a node was removed; a closed list */
                 RP_REASON_LIVE = 0,
                 RP_REASON_UNREFERENCED, /* nothing refers to it */
                 RP_REASON_ONLY_FROM_DEAD,
                 RP_REASON_ONLY_FROM_DEBUG,
                 RP_REASON_DEAD_SUBJECT,     /* a record about dead code */
                 RP_REASON_COMDAT_DUPLICATE, /* not a removal: the prevailing copy is elsewhere */
                 RP_REASON_RTTI_UNOBSERVABLE,
                 RP_REASON_NOT_EXTRACTED, /* its member was never loaded */
                 RP_N_REASONS
};
const char *rp_reason_name(enum rp_reason r);     /* "only-from-dead" */
const char *rp_root_reason_name(unsigned reason); /* "init-array" */
const char *rp_edge_kind_name(unsigned kind);     /* "reloc" */
const char *rp_class_name(enum rp_fact_class c);  /* "text" */

struct rp_fact_file {
    rp_str path, member; /* member "" when plain */
    rp_str kind;         /* "object", "shared", "member-not-extracted", … */
    rp_str untouched_why;
    rp_str extracted_for;
    rp_id extracted_by;
    uint64_t size; /* bytes of the file image */
};

struct rp_fact_node {
    rp_id file;
    rp_str section;
    rp_str name;    /* symbol(s) that name it, mangled, the biggest first; "" = none */
    uint32_t kind;  /* enum rp_node_kind */
    uint32_t shndx; /* number in the file, 0 for synthetic nodes */
    uint64_t offset, size;
    uint8_t cls;          /* enum rp_fact_class */
    uint8_t live;         /* as in rp_marks */
    uint8_t reason;       /* enum rp_reason */
    rp_id parent;         /* live: node that reached it (0 = root) */
    uint32_t parent_edge; /* live, not a root: edge id; root: root id */
    rp_id head;        /* dead: the head of its dead chain (its outermost dominator among the dead;
                          itself when it is a head); 0 when several independent heads hold it */
    uint64_t retained; /* dead head: bytes that its life would bring back, itself included */
};

struct rp_fact_edge {
    rp_id from, to;
    uint8_t kind;    /* enum rp_edge_kind */
    rp_str symbol;   /* that the relocation names; "" = section symbol or none */
    uint64_t offset; /* of the relocation in the source section */
};

struct rp_fact_root {
    rp_id node;
    uint32_t reason;
    rp_str detail;
};

struct rp_fact_symbol { /* defined in a loaded object or unextracted member, or undefined */
    rp_str name;        /* mangled */
    rp_id node;         /* 0 = not in a node */
    rp_id file;         /* where it is defined; 0 = undefined in the link */
    uint64_t value, size;
    uint8_t bind, type, vis;
};

struct rp_totals {
    uint64_t kept_n, removed_n, duplicate_n;
    uint64_t kept[RP_N_CLASSES], removed[RP_N_CLASSES], duplicate[RP_N_CLASSES]; /* bytes */
};

struct rp_facts {
    rp_str product, command, output, linker, level, version; /* of the run */
    RP_VEC(struct rp_fact_file) files;
    RP_VEC(struct rp_fact_node) nodes;
    RP_VEC(struct rp_fact_edge) edges; /* live and dead, deduplicated by (from, to, kind) */
    RP_VEC(struct rp_fact_root) roots;
    RP_VEC(struct rp_fact_symbol) symbols;
    struct rp_totals totals;
    struct rp_strmap pool_map;
    RP_VEC(char) pool;
};

static inline const char *rp_fact_str(const struct rp_facts *f, rp_str s)
{
    return f->pool.v + s;
}

/* facts_build.c */
enum reap_status rp_facts_build(const struct rp_model *m, const struct rp_marks *marks,
                                const struct rp_job *job, struct rp_facts *ret);
void rp_facts_free(struct rp_facts *f);

/* dominate.c: dominators of the graph below a virtual root (Semi-NCA). idom[i] for i in
 * [1, n]; 0 for the root's children and for unreachable nodes. Edges in CSR as in the model. */
enum reap_status rp_dominators(struct rp_ctx *ctx, uint32_t n, const uint32_t *start,
                               const uint32_t *to, const uint32_t *entries, uint32_t n_entries,
                               uint32_t *ret_idom);

/* db.c: SQLite, schema version 1 */
enum reap_status rp_db_write(struct rp_ctx *ctx, const struct rp_facts *f, const char *path);
enum reap_status rp_db_read(struct rp_ctx *ctx, const char *path, struct rp_facts *ret);

/* text.c, json.c, removed.c */
enum reap_status rp_text_write(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out);
enum reap_status rp_json_write(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out);
enum reap_status rp_removed_write(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out);

/* why.c: `reap why`; patterns are globs over mangled and demangled names, section names and
 * files. *ret_matches counts what matched. */
struct rp_why_options {
    bool all_roots;
    bool json;
    unsigned max; /* answers printed at most, 0 = all */
};
enum reap_status rp_why_write(struct rp_ctx *ctx, const struct rp_facts *f, const char *pattern,
                              const struct rp_why_options *opts, FILE *out, unsigned *ret_matches);

#endif
