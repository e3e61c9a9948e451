/* unwind.h: the unwinder of a program in which nothing raises an exception.
 *
 * Every frame of a C program with -fexceptions (glibc is built so, for thread cancellation) names a
 * personality routine, an LSDA and landing pads that end in _Unwind_Resume; together they keep the
 * unwinder of libgcc in each static program. Only the unwinder itself reads or enters any of them.
 * When nothing else refers to the unwinder, they do not count: their edges become RP_EDGE_UNWIND,
 * which the marking does not follow and the rewriting cuts. docs/unwinder.md has the proof.
 */
#ifndef RP_PASS_UNWIND_H
#define RP_PASS_UNWIND_H

#include "pass/pass.h"

struct rp_unwinder {
    bool collected;      /* edges were cut */
    const char *why_not; /* else why the unwinder stays (static or in the model's arena); NULL: the
                            link has none in its objects */
};

/* unwind.c: after the roots, before the marking. */
enum reap_status rp_unwind_find(struct rp_model *m, const struct rp_job *job,
                                struct rp_unwinder *ret);

/* Have the relocations cut of what is live: their files are rewritten. After rp_plan_make. */
enum reap_status rp_unwind_plan(const struct rp_model *m, const struct rp_marks *marks,
                                const struct rp_unwinder *unwinder, struct rp_plan *plan);

/* Whether edge e, of relocation r, does not go into the output. Weak references to what registers
 * frames stay: they are null, and the code asks. */
bool rp_unwind_is_cut(const struct rp_marks *marks, const struct rp_edge *e,
                      const struct rp_elf *elf, const struct rp_rela *r);
/* Whether a CIE loses its personality routine (table.h: rp_cie_without_personality). */
bool rp_unwind_cuts_cie(const struct rp_model *m, const struct rp_marks *marks, rp_id node);
/* What the four bytes of a branch become whose relocation is cut: the branch traps. */
uint32_t rp_unwind_trap(const struct rp_arch *arch);

#endif
