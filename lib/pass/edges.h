/* edges.h: what the parts of the edges pass share (edges.c, edges_sets.c), and the matching of
 * sections against scripts that roots.c needs too. */
#ifndef RP_PASS_EDGES_H
#define RP_PASS_EDGES_H

#include "pass/pass.h"

/* An edge of a set node, before it is in CSR form. */
struct rp_set_edge {
    rp_id from, to; /* nodes */
    uint32_t kind;  /* enum rp_edge_kind */
};
struct rp_set_edges {
    RP_VEC(struct rp_set_edge) v; /* by ascending `from` */
};

/* Make the start-stop and bracket sets that some name of the link asks for: set nodes are added
 * behind all others, and target[global] (the node that a reference to the global reaches) is
 * pointed to them. */
enum reap_status rp_sets_make(struct rp_model *m, const struct rp_job *job, rp_id *target,
                              struct rp_set_edges *ret);

/* For each section id the statement of script `s` that takes it, UINT32_MAX for none; malloc'd,
 * m->n_section_ids + 1 numbers. Sections without nodes are left at UINT32_MAX; with
 * `tables_only`, those that a generic pattern takes, too (script.h). */
enum reap_status rp_match_sections(const struct rp_model *m, const struct rp_script *s,
                                   bool tables_only, uint32_t **ret);

/* Whether a section's name can be part of a `__start_`/`__stop_` symbol. */
bool rp_is_c_identifier(const char *name);

/* Whether the group of a section has an allocated member: then all its members are collected
 * together; a group of debug sections stays as other debug sections do. */
bool rp_in_alloc_group(const struct rp_model *m, rp_id section);

#endif
