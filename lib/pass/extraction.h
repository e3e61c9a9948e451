/* extraction.h: members that were loaded for removed sections alone are not linked. */
#ifndef RP_PASS_EXTRACTION_H
#define RP_PASS_EXTRACTION_H

#include "link/cmdline.h"
#include "model/model.h"

/* Whether roots of a reason stand because their file is loaded, not because of a name that an
 * option, a script or a library asks for. */
bool rp_root_comes_with_file(unsigned reason);

/* Option extraction=live, between the roots and the mark: take away the roots that come with
 * members that nothing live refers to, so that their constructors, notes and kept sections keep
 * nothing. *ret_n: such members. */
enum reap_status rp_extraction_live(struct rp_model *m, const struct rp_link *link,
                                    uint32_t *ret_n);

/* A plugin sees which members the linker loads, not why: set extracted_for and extracted_by of
 * those that have none to the first reference from a file that was loaded before. */
void rp_extraction_reasons(struct rp_model *m, const struct rp_link *link);

#endif
