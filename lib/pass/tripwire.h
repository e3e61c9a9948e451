/* tripwire.h: traps in the place of removed functions.
 *
 * A trap is 8 bytes: an instruction that stops the program, and the number of the removed node, so
 * that the place where execution stopped names what was removed even in a stripped program. */
#ifndef RP_PASS_TRIPWIRE_H
#define RP_PASS_TRIPWIRE_H

#include "pass/pass.h"

enum { RP_TRAP_BYTES = 8 };

/* Whether there are traps for this machine (EM_…). */
bool rp_trap_has_machine(uint16_t machine);
/* Fill `n` bytes with traps for one node; what is left over at the end is made of plain traps. */
void rp_trap_fill(uint16_t machine, uint32_t id, uint8_t *to, uint64_t n);
/* Size of what stands for that much code: room for one trap at least. */
static inline uint64_t rp_trap_size(uint64_t code)
{
    return code < RP_TRAP_BYTES ? RP_TRAP_BYTES : code;
}
/* Whether the bytes are a trap, and then of which node. */
bool rp_trap_id(uint16_t machine, const uint8_t bytes[RP_TRAP_BYTES], uint32_t *ret_id);

/* Whether a section is one that gets traps: dead code that lies in the link and is no copy. */
bool rp_trap_is_wanted(const struct rp_model *m, const struct rp_marks *marks, rp_id section);

/* Make the plan keep such sections, in files that would be left out, too. The rewriter then writes
 * traps in their place. REAP_ERR_UNSUPPORTED for machines without traps. */
enum reap_status rp_tripwire_plan(const struct rp_model *m, const struct rp_marks *marks,
                                  struct rp_plan *plan);

#endif
