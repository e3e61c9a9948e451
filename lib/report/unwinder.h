/* unwinder.h: what keeps the unwinder in a static program, from the facts. */
#ifndef RP_REPORT_UNWINDER_H
#define RP_REPORT_UNWINDER_H

#include "report/view.h"

struct rp_unwinder_step {
    rp_id node;
    rp_str name; /* by which the step before refers to it, else its own; 0 = none */
};
struct rp_unwinder_facts {
    uint64_t kept, removed; /* bytes in memory of the files that define it */
    RP_VEC(struct rp_unwinder_step)
    path;                   /* from a root to the unwinder by what really asks for it,
                               not by landing pads and tables; empty: those alone do */
    struct rp_bitset files; /* by file: it defines a piece of the unwinder */
};
/* Needs RP_VIEW_OUT. */
enum reap_status rp_unwinder_of(const struct rp_view *v, struct rp_unwinder_facts *ret);
void rp_unwinder_facts_free(struct rp_unwinder_facts *u);
/* What became of it, and why, in a few lines; nothing when the objects of the link hold none. */
enum reap_status rp_word_unwinder(const struct rp_view *v, const struct rp_unwinder_facts *u,
                                  struct rp_strbuf *b);

#endif
