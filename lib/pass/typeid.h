/* typeid.h: live code that may read an RTTI slot without naming a class.
 *
 * gcc and clang make a plain load of `typeid(*p)`: the word before the address point that the
 * object's first word (or that of a base) holds. No relocation says so, and other code looks the
 * same: `vector::back()` loads the word before the end pointer. A *use* is such a load that could
 * not be proved to be something else. See docs/typeinfo-candidates.md for what is proved, and how.
 *
 * Objects of machines that are not decoded (rp_decode_has) cannot be judged.
 */
#ifndef RP_PASS_TYPEID_H
#define RP_PASS_TYPEID_H

#include "pass/rtti.h"

/* Whether code of this machine (EM_…) can be searched at all. Where it cannot, clause 3 of the rule
 * cannot be proved, whatever rp_typeid_scan() finds. */
bool rp_typeid_can(uint16_t machine);

/* Search the code of nodes[0 .. n) and append what may be `typeid(*p)` to rtti->uses: grouped by
 * node in the order given, by rising offset within. Nodes that are no code have no uses. `live` is
 * set. rtti->strong_only and first_only leave some out. `allowed` is set where the function is
 * known to be harmless (typeid_known.c): such a use keeps nothing. Parallel; costs little where
 * nothing looks like a use. */
enum reap_status rp_typeid_scan(const struct rp_model *m, const rp_id *nodes, size_t n,
                                struct rp_rtti *rtti);

/* The function that holds byte `offset` of a section: its symbol's name, or NULL. */
const char *rp_typeid_function(const struct rp_model *m, rp_id section, uint64_t offset);

#endif
