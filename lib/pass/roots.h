/* roots.h: what the parts of the roots pass share (roots.c, roots_exports.c, roots_sections.c). */
#ifndef RP_PASS_ROOTS_H
#define RP_PASS_ROOTS_H

#include "pass/edges.h"

struct rp_roots_state {
    struct rp_model *m;
    struct rp_job *job;
};

/* A root that is followed. Node 0 is allowed and no root. */
enum reap_status rp_root_add(struct rp_roots_state *st, rp_id node, unsigned reason,
                             const char *detail);
/* The definition of a name, or of a global. Names that nothing defines are no error. At the full
 * level `__start_X` means the sections X. */
enum reap_status rp_root_global(struct rp_roots_state *st, rp_id global, unsigned reason,
                                const char *detail);
enum reap_status rp_root_name(struct rp_roots_state *st, const char *name, unsigned reason,
                              const char *detail);
/* "what name", in the model's arena; `what` itself when out of memory. */
const char *rp_root_detail(struct rp_roots_state *st, const char *what, const char *name);

/* roots_exports.c: names that the dynamic linker or another file may ask for. */
enum reap_status rp_root_exports(struct rp_roots_state *st);
/* roots_needed.c: call fn for each shared library that those on the line need (DT_NEEDED) and that
 * is not on the line itself; the view is gone when fn returns, `path` lives
 * in the model's arena. */
typedef enum reap_status (*rp_root_dynamic_fn)(void *arg, const struct rp_elf *elf,
                                               const char *path);
enum reap_status rp_root_needed(struct rp_roots_state *st, rp_root_dynamic_fn fn, void *arg);
/* roots_sections.c: sections that are needed for what they are. */
enum reap_status rp_root_sections(struct rp_roots_state *st);
/* roots_sections.c: what .eh_frame names, at the linkers' level. */
enum reap_status rp_root_eh_frames(struct rp_roots_state *st);

#endif
