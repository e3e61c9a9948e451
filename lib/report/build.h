/* build.h: between the parts of facts_build.c and facts_symbols.c. */
#ifndef RP_REPORT_BUILD_H
#define RP_REPORT_BUILD_H

#include "report/facts.h"

struct rp_build {
    const struct rp_model *m;
    struct rp_facts *f;
    rp_id *dup_node;     /* section id -> node of a COMDAT duplicate, 0 = none */
    uint32_t *edge_id;   /* index of a model's edge -> edge id */
    rp_str *global_name; /* global id -> its name in the pool, 0 = not yet */
};

/* facts_symbols.c */
enum reap_status rp_build_symbols(struct rp_build *b); /* also names the nodes */
enum reap_status rp_build_undefs(struct rp_build *b);
enum reap_status rp_build_members(struct rp_build *b); /* not extracted: files and symbols */

/* The pool's offset of a global's name; false when out of memory. */
bool rp_build_global_name(struct rp_build *b, rp_id global, rp_str *ret);
static inline bool rp_build_str(struct rp_build *b, const char *s, rp_str *ret)
{
    *ret = 0;
    return !s || rp_facts_intern(b->f, s, __builtin_strlen(s), ret);
}

#endif
