/* access.h: what an instruction does with the place that a relocation in it names. */
#ifndef RP_ARCH_ACCESS_H
#define RP_ARCH_ACCESS_H

#include "arch/arch.h"

enum rp_access {
    RP_ACCESS_UNKNOWN, /* not understood, or no instruction */
    RP_ACCESS_CALL,
    RP_ACCESS_JUMP,
    RP_ACCESS_READ,
    RP_ACCESS_WRITE,   /* reads and writes too: add to memory */
    RP_ACCESS_ADDRESS, /* takes the address */
    RP_ACCESS_TEST,    /* compares the address itself, as `if (weak_function)` does */
};

/* What the instruction around relocation r does. `code` is the section's contents. A linear look
 * back from the field, no disassembly: an answer is a hint for reports, never a reason to drop. */
enum rp_access rp_arch_access(const struct rp_arch *a, const uint8_t *code, uint64_t size,
                              const struct rp_rela *r);
/* Bytes of the instruction behind the field of a PC-relative relocation: an immediate. The addend
 * counts from the end of the instruction, beyond them. */
unsigned rp_arch_pc_tail(const struct rp_arch *a, const uint8_t *code, uint64_t size,
                         const struct rp_rela *r);
/* Whether code that loads an address by the instruction around r (ACCESS_ADDRESS) compares it with
 * zero soon after. */
bool rp_arch_is_tested(const struct rp_arch *a, const uint8_t *code, uint64_t size,
                       const struct rp_rela *r);
/* Whether a section of code ends with an instruction that does not run on into what follows (a
 * return, a jump, a trap, or a call, which is taken for one that does not return); padding is
 * skipped. True when in doubt. last_reloc is the offset of the section's last relocation field, or
 * UINT64_MAX. */
bool rp_arch_ends(const struct rp_arch *a, const uint8_t *code, uint64_t size, uint64_t last_reloc);

#endif
