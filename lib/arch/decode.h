/* decode.h: instructions, as far as Reap has to understand them: where control goes, which
 * registers are loaded from where.
 *
 * Zydis decodes x86-64; AArch64's fixed width needs a table of its own only. Other machines are not
 * decoded: rp_decode_has() says so, and whoever asks keeps what he cannot judge.
 */
#ifndef RP_ARCH_DECODE_H
#define RP_ARCH_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum rp_insn_kind {
    RP_INSN_BAD,      /* no instruction of this machine; length is the step to the next try */
    RP_INSN_OTHER,    /* none of those below; `writes` holds all the same */
    RP_INSN_CALL,     /* direct: `target` */
    RP_INSN_JUMP,     /* direct, always taken */
    RP_INSN_BRANCH,   /* direct, conditional */
    RP_INSN_CALL_REG, /* through a register or memory (base, disp) */
    RP_INSN_JUMP_REG,
    RP_INSN_RETURN,
    RP_INSN_TRAP,    /* never goes on: ud2, int3, hlt, udf, brk */
    RP_INSN_LOAD,    /* dst = [base + index * scale + disp] of `width` bytes */
    RP_INSN_STORE,   /* [base + index * scale + disp] = src */
    RP_INSN_ADDRESS, /* dst = `target` (lea of rip, adr, adrp, mov of an immediate) when has_target,
                        else base + index * scale + disp */
    RP_INSN_MOVE,    /* dst = src */
    RP_INSN_ADD,     /* dst = src + imm */
    RP_INSN_COMPARE, /* flags from src against imm, a register (base) or memory (is_memory) */
};

/* Registers are numbered from 1: x86-64 1 + (rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 … r15);
 * AArch64 1 + n for xn, 32 for sp. 0: none. */
enum { RP_REG_NONE = 0, RP_REG_PC = 63 };

struct rp_insn {
    uint8_t length; /* bytes, at least 1 */
    uint8_t kind;   /* enum rp_insn_kind */
    uint8_t dst, src, base, index;
    uint8_t width;       /* bytes of the memory operand or of the register written */
    bool is_memory;      /* base, index and disp are a memory operand, read or written */
    bool has_target;     /* a direct branch, or an address that counts from the instruction */
    int64_t disp, imm;   /* sign-extended */
    uint64_t target;     /* an address, in the terms of `at` */
    uint64_t writes;     /* bit n: register n is written, as a whole or in part */
    uint8_t field_at[2]; /* displacement and immediate: where in the instruction; 0: it has none */
};

/* Whether instructions of this machine (EM_…) are decoded. */
bool rp_decode_has(uint16_t machine);
/* Bytes between instructions: 1 on x86, 4 on AArch64. */
unsigned rp_decode_step(uint16_t machine);
/* The instruction in code[0 .. size) that stands at address `at`. size is at least 1. Thread-safe.
 */
void rp_decode(uint16_t machine, const uint8_t *code, uint64_t size, uint64_t at,
               struct rp_insn *ret);

#endif
