/* facts.h: what a run found out, detached from the inputs: the content of the report database.
 *
 * Text, JSON, print-removed, `why` and every later view read these arrays only, whether they come
 * from the model (facts_build.c) or from a database (db_read.c). Ids are 1-based, 0 = none; index 0
 * of each array is unused. Strings are offsets into one pool. See docs/database.md.
 */
#ifndef RP_REPORT_FACTS_H
#define RP_REPORT_FACTS_H

#include "model/model.h"
#include "pass/pass.h"
#include "pass/rtti.h"
#include "pass/unwind.h"
#include "report/fact_image.h"
#include "report/finding.h"
#include "util/bitset.h"

#include <stdio.h>

typedef uint32_t rp_str; /* offset into facts->pool; 0 = "" */

enum rp_fact_class { /* what a byte is, for totals */
                     RP_CLASS_TEXT,
                     RP_CLASS_RODATA,
                     RP_CLASS_DATA,
                     RP_CLASS_BSS,
                     RP_CLASS_DEBUG,
                     RP_CLASS_EH_FRAME,
                     RP_CLASS_OTHER, /* not allocated, but not debug: .comment, notes of tools */
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
                 RP_REASON_NEVER_UNWOUND, /* only an unwinder would ask, and nothing unwinds */
                 RP_N_REASONS
};

enum rp_symbol_place {                      /* where the definition of a name stands */
                       RP_PLACE_OBJECT = 1, /* in an object of the link */
                       RP_PLACE_SHARED,     /* in a shared library of the link */
                       RP_PLACE_LINKER,     /* the linker or its script makes it */
                       RP_PLACE_UNDEFINED,  /* nowhere */
                       RP_PLACE_MEMBER,     /* in an archive member that was not extracted */
                       RP_N_PLACES
};

/* Names of the lists above and of those of the model; "?" for numbers beyond. */
const char *rp_reason_name(unsigned r);           /* "only-from-dead" */
const char *rp_root_reason_name(unsigned reason); /* "init-array" */
const char *rp_edge_kind_name(unsigned kind);     /* "reloc" */
const char *rp_node_kind_name(unsigned kind);     /* "section" */
const char *rp_class_name(unsigned c);            /* "text" */
const char *rp_place_name(unsigned p);            /* "shared" */
const char *rp_class_why_name(unsigned why);      /* "named" */

/* Facts about one input file, archive member or unextracted archive member. */
struct rp_fact_file {
    rp_str path, member;  /* member "" when plain */
    rp_str kind;          /* "object", "shared", "ir", "opaque" or "member-not-extracted" */
    rp_str untouched_why; /* "" = it was analysed */
    rp_str extracted_for; /* the symbol that extracted it from its archive, "" = none */
    rp_id extracted_by;   /* the file that referred to it */
    uint64_t size;        /* bytes of the file image */
};

struct rp_fact_node {
    rp_id file;
    rp_str section; /* "COMMON" for a common symbol; the set's name for a set */
    rp_str name;    /* the biggest symbol defined in it, mangled; "" = none */
    uint32_t kind;  /* enum rp_node_kind */
    uint32_t shndx; /* number in the file, 0 for synthetic nodes */
    uint64_t offset, size;
    uint8_t cls;          /* enum rp_fact_class */
    uint8_t live;         /* as in rp_marks */
    uint8_t reason;       /* enum rp_reason */
    rp_id parent;         /* live: node that reached it (0 = root) */
    uint32_t parent_edge; /* live, not a root: edge id; root: root id */
    rp_id root;           /* live: the root at the start of its path */
    rp_id head;        /* dead: the head of its dead chain (its outermost dominator among the dead;
                          itself when it is a head); 0 when several independent heads hold it */
    uint64_t retained; /* dead: bytes that depend on it alone, itself included: what its life, and
                          nothing else's, would bring back (its dominator subtree) */
};

struct rp_fact_edge {
    rp_id from, to;
    uint8_t kind;    /* enum rp_edge_kind */
    rp_str symbol;   /* that the relocation names; "" = section symbol or none */
    uint64_t offset; /* of the relocation in the source section */
};

struct rp_fact_root {
    rp_id node;
    uint32_t reason; /* enum rp_root_reason */
    rp_str detail;
};

struct rp_fact_symbol {
    rp_str name;   /* mangled */
    rp_id node;    /* 0 = not in a node: absolute, or not in an object */
    rp_id file;    /* where it is defined; 0 for RP_PLACE_LINKER and RP_PLACE_UNDEFINED */
    uint8_t place; /* enum rp_symbol_place */
    uint8_t bind, type, vis;
    uint64_t value, size; /* as in the object */
};

/* A reference to a name that no loaded file defines: weak ones resolve to nothing. */
struct rp_fact_undef {
    rp_str name;
    rp_id file, node;
    uint64_t offset; /* of the relocation in the node's section */
    uint8_t weak;
};

/* A C++ class of the link that has a typeinfo: pass/rtti.h says what the fields mean. Ids of this
 * kind are of facts->types. */
struct rp_fact_type {
    rp_str symbol;             /* of its typeinfo, mangled: "_ZTI3Foo"; "" = unknown */
    rp_id typeinfo, type_name; /* nodes; type_name 0: not found */
    uint8_t why;               /* enum rp_class_why: why its slots stay */
    rp_id ancestor;            /* the type that is named or visible, itself included; 0 = none */
    rp_id by;                  /* node that names it or that may read its slot; 0 = none */
};
struct rp_fact_base { /* rows of one type are consecutive, in the order of the types */
    rp_id type, base; /* types */
};
struct rp_fact_slot {
    rp_id vtable, type;
    uint64_t offset; /* in the vtable's section */
    uint8_t kept;    /* the vtable is live and the slot holds its typeinfo */
};
/* Live code that may read any slot: typeid(*p). */
struct rp_fact_typeid {
    rp_id node;
    uint64_t offset; /* in the section */
    uint8_t strong;
    rp_str allowed; /* why it is harmless; "" = it is not */
    rp_str of;      /* symbol of the typeinfo of the one class that it asks objects of; "" = any */
};

/* Bytes and sections. A section of which pieces died counts as kept; its dead pieces count as
 * removed bytes. Set nodes and metadata (symbol tables, relocations, groups) do not count. */
struct rp_totals {
    uint64_t kept_n, removed_n, duplicate_n; /* allocated sections and common symbols */
    uint64_t kept[RP_N_CLASSES], removed[RP_N_CLASSES], duplicate[RP_N_CLASSES]; /* bytes */
    uint64_t kept_sections[RP_N_CLASSES], removed_sections[RP_N_CLASSES],
        duplicate_sections[RP_N_CLASSES];
};

/* Strings stored once. `slots` serves interning alone and is empty after a read. */
struct rp_pool_slot {
    uint32_t hash, offset; /* offset 0 = free */
};

struct rp_facts {
    rp_str product, command, output, linker, level, version; /* of the run */
    RP_VEC(struct rp_fact_file) files;
    RP_VEC(struct rp_fact_node) nodes; /* of the model under its ids, then COMDAT duplicates */
    RP_VEC(struct rp_fact_edge) edges; /* live and dead, deduplicated by (from, to, kind) */
    RP_VEC(struct rp_fact_root) roots;
    RP_VEC(struct rp_fact_symbol) symbols;
    RP_VEC(struct rp_fact_undef) undefs;
    RP_VEC(struct rp_finding) findings; /* by rank */
    RP_VEC(struct rp_finding_part) finding_parts;
    rp_str typeinfo; /* "collected", "assumed" (collected without a proof), else why every typeinfo
                        stays; "" = nobody looked */
    rp_str unwinder; /* "collected", else why it stays; "" = the objects hold none */
    RP_VEC(struct rp_fact_type) types;
    RP_VEC(struct rp_fact_base) bases;
    RP_VEC(struct rp_fact_slot) rtti_slots;
    RP_VEC(struct rp_fact_typeid) typeids;
    struct rp_totals totals;
    struct rp_fact_image image; /* of a linked image; not in the database */
    RP_VEC(char) pool;
    struct rp_pool_slot *slots;
    size_t n_slots_used, slot_mask;
};

static inline const char *rp_fact_str(const struct rp_facts *f, rp_str s)
{
    return f->pool.v + s;
}
/* Bytes of this class are part of the memory image. */
static inline bool rp_class_is_alloc(unsigned cls)
{
    return cls != RP_CLASS_DEBUG && cls != RP_CLASS_OTHER;
}

/* facts_pool.c: start with the empty string and unused items; false when out of memory. */
bool rp_facts_init(struct rp_facts *f);
void rp_facts_free(struct rp_facts *f);
/* Store s[0 .. n) once. False when out of memory or beyond 4 GiB of names. */
bool rp_facts_intern(struct rp_facts *f, const char *s, size_t n, rp_str *ret);

/* facts_build.c. `product` stays "": the caller sets it with rp_facts_set_product. `job->link` may
 * be NULL. Call only when a report is asked for. On failure *ret needs no free. */
enum reap_status rp_facts_build(const struct rp_model *m, const struct rp_marks *marks,
                                const struct rp_job *job, struct rp_facts *ret);
/* facts_classes.c: what the pass about typeinfo found; once, after rp_facts_build. */
enum reap_status rp_facts_add_classes(const struct rp_model *m, const struct rp_rtti *rtti,
                                      struct rp_facts *f);
/* The same of the pass about the unwinder. */
enum reap_status rp_facts_add_unwinder(struct rp_ctx *ctx, const struct rp_unwinder *unwinder,
                                       struct rp_facts *f);
/* Of all that only the totals: they need neither edges nor names. */
enum reap_status rp_facts_sum(const struct rp_model *m, const struct rp_marks *marks,
                              struct rp_totals *ret);
enum reap_status rp_facts_set_product(struct rp_ctx *ctx, struct rp_facts *f, const char *product);

/* chains.c: reasons, heads and retained bytes of dead nodes, from the edges alone. debug_ref may be
 * NULL: bit of a node that debug information refers to. */
enum reap_status rp_facts_chains(struct rp_ctx *ctx, struct rp_facts *f,
                                 const struct rp_bitset *debug_ref);
/* totals.c: the sums over the nodes. */
enum reap_status rp_facts_totals(struct rp_ctx *ctx, struct rp_facts *f);

/* dominate.c: dominators of the graph below a virtual root (Semi-NCA). ret_idom[i] for i in
 * [1, n]; 0 for the root's children and for unreachable nodes. The targets of node i are
 * to[start[i] .. start[i + 1]), so that start has n + 2 items, as in the model; `entries` are the
 * root's successors. ret_idom has n + 1 items. */
enum reap_status rp_dominators(struct rp_ctx *ctx, uint32_t n, const uint32_t *start,
                               const uint32_t *to, const uint32_t *entries, uint32_t n_entries,
                               uint32_t *ret_idom);

/* db_write.c, db_read.c: SQLite, schema version 3. The file appears whole or not at all. A database
 * that was read is checked: every id is in range, paths to roots have no loops. */
enum { RP_DB_SCHEMA_VERSION = 3 };
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
