/* access.c: reading, writing, calling or taking an address: told from the bytes before a field.
 *
 * Why: to say who fills a table and who reads it, reports need to know which code writes a global.
 *
 * How: a relocated field has a fixed place in its instruction, so that the opcode is at a known
 * distance before it: on x86 a ModRM byte (and SIB) stands between them (Intel SDM 2A, 2.1), on
 * AArch64 the field is the instruction (Arm ARM C4). Nothing is disassembled.
 *
 * Entries: rp_arch_access, rp_arch_is_tested, rp_arch_ends.
 */
#include "arch/access.h"

#include <elf.h>

/* --- x86 ------------------------------------------------------------------------------------- */

/* One-byte opcodes with a memory operand. `reg` is the middle field of ModRM. */
static enum rp_access x86_opcode(uint8_t op, unsigned reg)
{
    if (op < 0x40 && (op & 7) < 4) /* add, or, adc, sbb, and, sub, xor, cmp */
        return (op & 7) < 2 && op < 0x38 ? RP_ACCESS_WRITE : RP_ACCESS_READ;
    switch (op) {
    case 0x8d: return RP_ACCESS_ADDRESS;
    case 0x86:
    case 0x87:
    case 0x88:
    case 0x89:
    case 0xc6:
    case 0xc7:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
    case 0xc0:
    case 0xc1: return RP_ACCESS_WRITE;
    case 0x80:
    case 0x81:
    case 0x83: return reg == 7 ? RP_ACCESS_READ : RP_ACCESS_WRITE;
    case 0xf6:
    case 0xf7: return reg == 2 || reg == 3 ? RP_ACCESS_WRITE : RP_ACCESS_READ;
    case 0xfe: return RP_ACCESS_WRITE;
    case 0xff:
        return reg < 2    ? RP_ACCESS_WRITE
               : reg == 2 ? RP_ACCESS_CALL
               : reg == 4 ? RP_ACCESS_JUMP
                          : RP_ACCESS_READ;
    case 0x63:
    case 0x69:
    case 0x6b:
    case 0x84:
    case 0x85:
    case 0x8a:
    case 0x8b: return RP_ACCESS_READ;
    default: return RP_ACCESS_UNKNOWN;
    }
}

/* Opcodes after 0f. */
static enum rp_access x86_opcode2(uint8_t op)
{
    switch (op) {
    case 0x11:
    case 0x13:
    case 0x17:
    case 0x29:
    case 0x2b:
    case 0x7e:
    case 0x7f:
    case 0xa3:
    case 0xab:
    case 0xb0:
    case 0xb1:
    case 0xb3:
    case 0xba:
    case 0xbb:
    case 0xc0:
    case 0xc1:
    case 0xc7:
    case 0xd6:
    case 0xe7: return RP_ACCESS_WRITE;
    default: return RP_ACCESS_READ;
    }
}

/* The place of the ModRM byte of a memory operand whose displacement is the field at `at`. */
static bool x86_modrm(const uint8_t *code, uint64_t at, uint64_t *ret)
{
    if (at >= 2 && (code[at - 1] & 0xc7) == 0x05) { /* RIP-relative, absolute on i386 */
        *ret = at - 1;
        return true;
    }
    /* with SIB: no base and disp32, or base and disp32 */
    if (at >= 3 && (((code[at - 2] & 0xc7) == 0x04 && (code[at - 1] & 7) == 5) ||
                    (code[at - 2] & 0xc7) == 0x84)) {
        *ret = at - 2;
        return true;
    }
    if (at >= 2 && (code[at - 1] & 0xc0) == 0x80 && (code[at - 1] & 7) != 4) { /* disp32(reg) */
        *ret = at - 1;
        return true;
    }
    return false;
}

static enum rp_access x86_memory(const uint8_t *code, uint64_t at, bool got)
{
    uint64_t modrm;
    if (!x86_modrm(code, at, &modrm) || modrm < 1)
        return RP_ACCESS_UNKNOWN;
    uint8_t op = code[modrm - 1];
    unsigned reg = code[modrm] >> 3 & 7;
    bool two = modrm >= 2 && code[modrm - 2] == 0x0f;
    enum rp_access how = two ? x86_opcode2(op) : x86_opcode(op, reg);
    if (!got || how == RP_ACCESS_CALL || how == RP_ACCESS_JUMP)
        return how;
    /* a slot of the GOT holds the address: what is compared there is the address */
    bool compares = !two && ((op == 0x83 && reg == 7) || op == 0x39 || op == 0x3b);
    return compares ? RP_ACCESS_TEST : RP_ACCESS_ADDRESS;
}

static enum rp_access x86_access(const struct rp_arch *a, const uint8_t *code, uint64_t size,
                                 const struct rp_rela *r)
{
    uint64_t at = r->offset;
    if (at < 1 || at >= size)
        return RP_ACCESS_UNKNOWN;
    const struct rp_reloc_info *info = rp_reloc_info(a, r->type);
    uint8_t before = code[at - 1];
    if (info->pcrel || info->cls == RP_REL_PLT) {
        if (before == 0xe8)
            return RP_ACCESS_CALL;
        if (before == 0xe9 || (at >= 2 && code[at - 2] == 0x0f && (before & 0xf0) == 0x80))
            return RP_ACCESS_JUMP;
    }
    bool got = info->cls == RP_REL_GOT;
    if (got || info->pcrel)
        return x86_memory(code, at, got);
    if ((before & 0xf8) == 0xb8 || before == 0x68) /* mov $sym,%reg; push $sym */
        return RP_ACCESS_ADDRESS;
    if (before == 0xa1 || before == 0xa0) /* i386: mov sym,%eax */
        return RP_ACCESS_READ;
    if (before == 0xa3 || before == 0xa2)
        return RP_ACCESS_WRITE;
    if (at >= 2 && code[at - 2] == 0xc7 && (before & 0xf8) == 0xc0) /* mov $sym,%reg */
        return RP_ACCESS_ADDRESS;
    enum rp_access how = x86_memory(code, at, false);
    return how == RP_ACCESS_UNKNOWN ? RP_ACCESS_ADDRESS : how; /* an immediate of some kind */
}

static unsigned x86_pc_tail(const uint8_t *code, uint64_t size, uint64_t at)
{
    if (at < 2 || at >= size || (code[at - 1] & 0xc7) != 0x05)
        return 0;
    unsigned reg = code[at - 1] >> 3 & 7;
    switch (code[at - 2]) {
    case 0x80:
    case 0x83:
    case 0xc6:
    case 0xc0:
    case 0xc1:
    case 0x6b: return 1;
    case 0xf6: return reg < 2;
    case 0x81:
    case 0xc7:
    case 0x69: return at >= 3 && code[at - 3] == 0x66 ? 2 : 4;
    case 0xf7: return reg < 2 ? 4 : 0;
    default: return 0;
    }
}

/* test %r,%r or cmp $0,%r within the next instructions. */
static bool x86_is_tested(const uint8_t *code, uint64_t size, uint64_t at)
{
    enum { WINDOW = 24 };
    uint64_t end = size - at > WINDOW ? at + WINDOW : size;
    for (uint64_t i = at + 4; i + 1 < end; i++) {
        if (code[i] == 0xe8 || (code[i] == 0xff && (code[i + 1] & 0xf8) == 0xd0))
            return false; /* called before any test */
        uint8_t m = code[i + 1];
        if (code[i] == 0x85 && m >= 0xc0 && (m >> 3 & 7) == (m & 7))
            return true;
        if (code[i] == 0x83 && m >= 0xf8 && i + 2 < end && code[i + 2] == 0)
            return true;
    }
    return false;
}

/* Whether the last bytes are an indirect jump or call through memory: ff /4, ff /2 with any form of
 * ModRM, SIB and displacement (tail calls through a table of virtual functions). */
static bool x86_ends_indirect(const uint8_t *code, uint64_t size)
{
    for (uint64_t n = 2; n <= 7 && n <= size; n++) {
        uint8_t m = code[size - n + 1];
        unsigned mod = m >> 6, reg = m >> 3 & 7, rm = m & 7;
        if (code[size - n] != 0xff || (reg != 2 && reg != 4))
            continue;
        uint64_t want = 2u + (mod != 3 && rm == 4) + (mod == 1 ? 1u : mod == 2 ? 4u : 0u);
        if (mod == 0 && (rm == 5 || (rm == 4 && n == 7 && (code[size - n + 2] & 7) == 5)))
            want += 4;
        if (want == n)
            return true;
    }
    return false;
}

static bool x86_ends_here(const uint8_t *code, uint64_t size, uint64_t last_reloc)
{
    if (!size)
        return true;
    uint8_t last = code[size - 1];
    if (last == 0xc3 || last == 0xcb || last == 0xf4 || last == 0xcf) /* ret, lret, hlt, iret */
        return true;
    if (size >= 2) {
        uint8_t op = code[size - 2];
        if (op == 0xeb || (op == 0xff && (last & 0xf8) >= 0xd0 && (last & 0xf8) <= 0xe8) ||
            (op == 0x0f && (last == 0x0b || last == 0x05 || last == 0x07)))
            return true;
    }
    if (size >= 3 && code[size - 3] == 0xc2) /* ret $imm16 */
        return true;
    if (size >= 5 && (code[size - 5] == 0xe8 || code[size - 5] == 0xe9)) /* call, jmp */
        return true;
    if (x86_ends_indirect(code, size))
        return true;
    /* jmp *mem and what else ends in a relocated field */
    if (last_reloc != UINT64_MAX && last_reloc + 4 == size && size >= 6 && code[size - 6] == 0xff)
        return true;
    /* multi-byte nops: what stands before them is not looked for */
    return size >= 3 && (code[size - 1] == 0 && code[size - 2] == 0);
}

/* What looks like padding may be the end of an instruction: eb 90 is a jump. */
static bool x86_ends(const uint8_t *code, uint64_t size, uint64_t last_reloc)
{
    while (size && !x86_ends_here(code, size, last_reloc)) {
        if (code[size - 1] != 0x90 && code[size - 1] != 0xcc)
            return false;
        size--;
    }
    return true;
}

/* --- AArch64 --------------------------------------------------------------------------------- */

static uint32_t a64_insn(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum rp_access a64_access(const uint8_t *code, uint64_t size, const struct rp_rela *r)
{
    if (r->offset > size || size - r->offset < 4)
        return RP_ACCESS_UNKNOWN;
    uint32_t insn = a64_insn(code + r->offset);
    switch (r->type) {
    case R_AARCH64_CALL26: return RP_ACCESS_CALL;
    case R_AARCH64_JUMP26:
    case R_AARCH64_CONDBR19:
    case R_AARCH64_TSTBR14: return RP_ACCESS_JUMP;
    case R_AARCH64_ADD_ABS_LO12_NC:
    case R_AARCH64_ADR_PREL_LO21:
    case R_AARCH64_LD64_GOT_LO12_NC: return RP_ACCESS_ADDRESS;
    case R_AARCH64_LDST8_ABS_LO12_NC:
    case R_AARCH64_LDST16_ABS_LO12_NC:
    case R_AARCH64_LDST32_ABS_LO12_NC:
    case R_AARCH64_LDST64_ABS_LO12_NC: /* opc 0 stores */
        return insn >> 22 & 3 ? RP_ACCESS_READ : RP_ACCESS_WRITE;
    case R_AARCH64_LDST128_ABS_LO12_NC: /* opc 2 stores 128 bits */
        return insn >> 22 & 1 ? RP_ACCESS_READ : RP_ACCESS_WRITE;
    default: return RP_ACCESS_UNKNOWN;
    }
}

/* cbz, cbnz or cmp …, #0 within the next instructions. */
static bool a64_is_tested(const uint8_t *code, uint64_t size, uint64_t at)
{
    enum { WINDOW = 24 };
    for (uint64_t i = at + 4; i + 4 <= size && i < at + WINDOW; i += 4) {
        uint32_t insn = a64_insn(code + i);
        if ((insn & 0x7e000000) == 0x34000000 || (insn & 0x7ffffc1f) == 0x7100001f)
            return true;
        if ((insn & 0xfc000000) == 0x94000000 || (insn & 0xfffffc1f) == 0xd63f0000)
            return false; /* bl, blr */
    }
    return false;
}

static bool a64_ends(const uint8_t *code, uint64_t size)
{
    while (size >= 4 && a64_insn(code + size - 4) == 0xd503201f) /* nop */
        size -= 4;
    if (size < 4)
        return true;
    uint32_t insn = a64_insn(code + size - 4);
    return (insn & 0x7c000000) == 0x14000000 || /* b, bl */
           (insn & 0xfe000000) == 0xd6000000 || /* br, blr, ret, eret */
           (insn & 0xff000000) == 0xd4000000 || /* brk, hlt, svc */
           insn < 0x10000;                      /* udf */
}

/* --- entries --------------------------------------------------------------------------------- */

static bool is_x86(const struct rp_arch *a)
{
    return a->machine == EM_X86_64 || a->machine == EM_386;
}

enum rp_access rp_arch_access(const struct rp_arch *a, const uint8_t *code, uint64_t size,
                              const struct rp_rela *r)
{
    if (!code)
        return RP_ACCESS_UNKNOWN;
    if (is_x86(a))
        return x86_access(a, code, size, r);
    return a->machine == EM_AARCH64 ? a64_access(code, size, r) : RP_ACCESS_UNKNOWN;
}

unsigned rp_arch_pc_tail(const struct rp_arch *a, const uint8_t *code, uint64_t size,
                         const struct rp_rela *r)
{
    return code && is_x86(a) ? x86_pc_tail(code, size, r->offset) : 0;
}

bool rp_arch_is_tested(const struct rp_arch *a, const uint8_t *code, uint64_t size,
                       const struct rp_rela *r)
{
    if (!code || r->offset >= size)
        return true;
    if (is_x86(a))
        return x86_is_tested(code, size, r->offset);
    return a->machine != EM_AARCH64 || a64_is_tested(code, size, r->offset);
}

bool rp_arch_ends(const struct rp_arch *a, const uint8_t *code, uint64_t size, uint64_t last_reloc)
{
    if (!code || !size)
        return true;
    if (is_x86(a))
        return x86_ends(code, size, last_reloc);
    return a->machine != EM_AARCH64 || a64_ends(code, size);
}
