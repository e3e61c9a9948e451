/* decode.c: choose the machine's decoder. */
#include "arch/decode.h"

#include "arch/decode_private.h"

#include <elf.h>
#include <string.h>

bool rp_decode_has(uint16_t machine)
{
    return machine == EM_X86_64 || machine == EM_AARCH64;
}

unsigned rp_decode_step(uint16_t machine)
{
    return machine == EM_AARCH64 ? 4 : 1;
}

static void clear(uint16_t machine, uint64_t size, struct rp_insn *ret)
{
    unsigned step = rp_decode_step(machine);
    memset(ret, 0, sizeof *ret);
    ret->length = (uint8_t)(size < step ? size : step);
}

void rp_decode(uint16_t machine, const uint8_t *code, uint64_t size, uint64_t at,
               struct rp_insn *ret)
{
    clear(machine, size, ret);
    if (machine == EM_X86_64)
        rp_decode_x86_64(code, size, at, ret);
    else if (machine == EM_AARCH64)
        rp_decode_aarch64(code, size, at, ret);
}

void rp_decode_flow(uint16_t machine, const uint8_t *code, uint64_t size, uint64_t at,
                    struct rp_insn *ret)
{
    clear(machine, size, ret);
    if (machine == EM_X86_64)
        rp_decode_flow_x86_64(code, size, at, ret);
    else if (machine == EM_AARCH64)
        rp_decode_aarch64(code, size, at, ret);
}

uint64_t rp_decode_call_clobbers(uint16_t machine)
{
    switch (machine) {
    case EM_X86_64: /* psABI 3.2.1: all but rbx, rsp, rbp, r12 to r15 */
        return UINT64_C(0xfff) << 1 &
               ~(UINT64_C(1) << 4 | UINT64_C(1) << RP_REG_X86_RSP | UINT64_C(1) << RP_REG_X86_RBP);
    case EM_AARCH64: /* AAPCS64 6.1.1: x0 to x18 and the link register */
        return UINT64_C(0x7ffff) << 1 | UINT64_C(1) << RP_REG_A64_LR;
    default: return ~UINT64_C(0);
    }
}
