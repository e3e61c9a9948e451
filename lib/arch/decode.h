/* decode.h: instructions, as far as Reap has to understand them: where control goes, which
 * registers are loaded from where.
 *
 * Zydis decodes x86-64; AArch64's fixed width needs a table of its own only. Other machines are not
 * decoded: rp_decode_has() says so, and whoever asks keeps what he cannot judge.
 *
 * One instruction at a time, without state: whoever follows values calls rp_decode() from one
 * instruction to the next and models calls himself (rp_decode_call_clobbers()).
 */
#ifndef RP_ARCH_DECODE_H
#define RP_ARCH_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum rp_insn_kind {
    RP_INSN_BAD,      /* no instruction of this machine; length is the step to the next try */
    RP_INSN_OTHER,    /* none of those below; reads, writes and memory operand hold all the same.
                         Loads and stores of vector registers and atomic ones that read and write
                         are here */
    RP_INSN_CALL,     /* direct: `target` */
    RP_INSN_JUMP,     /* direct, always taken */
    RP_INSN_BRANCH,   /* direct, conditional (loop, cbz, tbz, xbegin, too) */
    RP_INSN_CALL_REG, /* through a register (src) or memory (is_memory) */
    RP_INSN_JUMP_REG,
    RP_INSN_RETURN,
    RP_INSN_TRAP,    /* ud2, int3, udf, brk: goes on only where a handler steps over it, as Linux
                        does after WARN's ud2 */
    RP_INSN_LOAD,    /* dst = [base + index * scale + disp] of `width` bytes; a pair loads dst2 from
                        `width` bytes further on. Whether the rest of dst becomes zero or the sign
                        is not told; below 4 bytes x86 may keep it */
    RP_INSN_STORE,   /* [base + index * scale + disp] = src (src2: pair); src NONE: imm or zero */
    RP_INSN_ADDRESS, /* dst = `target` (lea of rip, adr, adrp, mov of an immediate, xor with itself)
                        when has_target, else base + index * scale + disp */
    RP_INSN_MOVE,    /* dst = src, `width` bytes: 4 or 8 */
    RP_INSN_ADD,     /* dst = src + imm, `width` bytes: 4 or 8 */
    RP_INSN_COMPARE, /* flags from src against imm, a register (base) or memory (is_memory; src
                        NONE: memory against imm). test of a register with itself: imm 0 */
};

/* Registers are numbered from 1: x86-64 1 + (rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 … r15);
 * AArch64 1 + n for xn, 32 for sp. 0: none, and AArch64's zero register. */
enum {
    RP_REG_NONE = 0,
    RP_REG_X86_RSP = 5,
    RP_REG_X86_RBP = 6,
    RP_REG_A64_FP = 30,
    RP_REG_A64_LR = 31,
    RP_REG_A64_SP = 32,
    RP_REG_PC = 63
};

struct rp_insn {
    uint8_t length; /* bytes, at least 1 */
    uint8_t kind;   /* enum rp_insn_kind */
    uint8_t dst, dst2, src, src2;
    uint8_t base, index, scale; /* of the memory operand, or of ADDRESS; scale 0: no index */
    uint8_t width;              /* bytes of the memory operand or of the register written */
    bool is_memory;             /* base, index, scale and disp are a memory operand that is read or
                                   written (explicit ones alone: not push's stack) */
    bool is_store;              /* … is written (perhaps read, too) */
    bool is_segment;            /* … counts from fs or gs */
    bool is_page;               /* target is the page alone (adrp) */
    bool has_target;        /* `target` is set: a direct branch, an address or a memory operand that
                               counts from the instruction (base is RP_REG_PC), a constant */
    bool has_imm;           /* an immediate stands in the instruction */
    int64_t disp, imm;      /* sign-extended; AArch64's pre- and post-indexed forms: disp is that of
                               the access, imm what is added to base, which `writes` names */
    uint64_t target;        /* an address, in the terms of `at` */
    uint64_t reads, writes; /* bit n: register n is read, written (as a whole or in part); may
                               name more than happens, never less; a call's callee is not in it */
    uint8_t field_at[2];    /* displacement and immediate: where in the instruction; 0: none */
};

/* Whether instructions of this machine (EM_…) are decoded. */
bool rp_decode_has(uint16_t machine);
/* Bytes between instructions: 1 on x86, 4 on AArch64. */
unsigned rp_decode_step(uint16_t machine);
/* The instruction in code[0 .. size) that stands at address `at`. size is at least 1. Thread-safe.
 */
void rp_decode(uint16_t machine, const uint8_t *code, uint64_t size, uint64_t at,
               struct rp_insn *ret);
/* As rp_decode(), in half the time on x86: length, the kinds of control flow and ADDRESS (OTHER for
 * all the rest), target, imm, field_at and is_memory of operands that count from the instruction.
 * No registers but AArch64's. */
void rp_decode_flow(uint16_t machine, const uint8_t *code, uint64_t size, uint64_t at,
                    struct rp_insn *ret);
/* Registers that a call may change by the psABI (caller-saved), as a mask of `writes`. */
uint64_t rp_decode_call_clobbers(uint16_t machine);

#endif
