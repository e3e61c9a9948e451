/* decode_private.h: the machines' decoders, for decode.c alone. */
#ifndef RP_ARCH_DECODE_PRIVATE_H
#define RP_ARCH_DECODE_PRIVATE_H

#include "arch/decode.h"

/* *ret is zeroed but for length = the step; size is at least 1. */
void rp_decode_x86_64(const uint8_t *code, uint64_t size, uint64_t at, struct rp_insn *ret);
void rp_decode_flow_x86_64(const uint8_t *code, uint64_t size, uint64_t at, struct rp_insn *ret);
void rp_decode_aarch64(const uint8_t *code, uint64_t size, uint64_t at, struct rp_insn *ret);

static inline uint64_t rp_reg_bit(unsigned reg) /* NONE: no bit */
{
    return reg == RP_REG_NONE || reg == RP_REG_PC ? 0 : UINT64_C(1) << reg;
}

#endif
