/* typeid_ops.c: machine code for the search for typeid, where the decoder tells too little: a fast
 * look for bytes that may be a use, and what an instruction without a kind of its own computes.
 *
 * A use is a read of the word at -8 from a register. As compilers write it:
 *
 *   x86-64   mov -8(%rax),%rax and what else can read memory in its place (cmp, push, cmov, movq
 * and movhps of GCC's vectorizer, gathers); GCC at -O0: sub $8,%rax; mov (%rax),%rax AArch64  ldur
 * x0,[x0,#-8]; ldp x0,x1,[x0,#-16]; GCC at -O0: sub x0,x0,#8; ldr x0,[x0]
 *
 * The look passes everything of that kind and some more; typeid_flow.c sees what it really is.
 *
 * Entries: rp_typeid_prefilter, rp_typeid_op.
 */
#include "pass/typeid_private.h"

#include "util/checked.h"

#include <elf.h>
#include <string.h>

/* --- x86-64 ---------------------------------------------------------------------------------- */

/* Whether an instruction with its ModRM at m may read 8 bytes of memory and be made of a read of a
 * type_info pointer: mov, cmp and cmov with REX.W, push, and vector loads. */
static bool is_reading(const uint8_t *code, uint64_t m)
{
    if (m < 1)
        return false;
    uint8_t op = code[m - 1], reg = code[m] >> 3 & 7, before = m >= 2 ? code[m - 2] : 0;
    bool vector = op == 0x10 || op == 0x12 || op == 0x16 || op == 0x28 || op == 0x6e ||
                  op == 0x6f || op == 0x7e;
    if (op == 0xff)
        return reg == 6;         /* push */
    if ((before & 0xf8) == 0x48) /* REX.W */
        return op == 0x8b || op == 0x3b || op == 0x39 || ((op == 0x81 || op == 0x83) && reg == 7);
    if (before == 0x0f)
        return vector || (op & 0xf0) == 0x40; /* cmov */
    if (op == 0x22 && before == 0x3a)
        return true; /* pinsrq */
    bool vex = (m >= 3 && code[m - 3] == 0xc5) || (m >= 4 && code[m - 4] == 0xc4) ||
               (m >= 5 && code[m - 5] == 0x62);
    return vex && (vector || op == 0x22 || (op & 0xfc) == 0x90); /* 0x90 to 0x93: gathers */
}

/* Whether the byte at `at`, 0xf8, may be a displacement of -8 from a register without an index, of
 * such an instruction: behind ModRM, or ModRM and a SIB whose index is none (r12 and rsp as base)
 * or a vector. */
static bool is_disp(const uint8_t *code, uint64_t size, uint64_t at)
{
    if (at < 2)
        return false;
    unsigned mod = code[at - 1] >> 6, rm = code[at - 1] & 7;
    bool wide = at + 4 <= size && rp_load32(code + at) == 0xfffffff8;
    if (rm != 4 && (mod == 1 || (mod == 2 && wide)))
        return is_reading(code, at - 1);
    unsigned modrm = code[at - 2], sib = code[at - 1];
    if ((modrm & 7) != 4 || modrm >> 6 == 3)
        return false;
    if (modrm >> 6 == 0 && !((sib & 7) == 5 && wide)) /* no base: 32 bits */
        return false;
    bool gather = at >= 3 && (code[at - 3] & 0xfc) == 0x90;
    return ((sib >> 3 & 7) == 4 || gather) && is_reading(code, at - 2);
}

/* sub $8,%reg; mov (%reg),… at `at`, that of the opcode 0x83: 48 83 e8+r 08 48 8b … */
static bool is_sub(const uint8_t *code, uint64_t size, uint64_t at)
{
    if (at < 1 || at + 6 > size || (code[at + 1] & 0xf8) != 0xe8 || code[at + 2] != 8 ||
        (code[at - 1] & 0xfe) != 0x48 || (code[at + 3] & 0xf8) != 0x48 || code[at + 4] != 0x8b)
        return false;
    unsigned reg = code[at + 1] & 7, modrm = code[at + 5];
    return (modrm & 7) == reg && (code[at - 1] & 1) == (code[at + 3] & 1) &&
           (modrm >> 6 == 0 || reg == 5); /* rbp and r13 have a displacement of 0 */
}

static bool x86_prefilter(const uint8_t *code, uint64_t size, uint64_t from, uint64_t *ret_at)
{
    const uint8_t *p = code + from, *end = code + size;
    uint64_t best = UINT64_MAX;
    for (; (p = memchr(p, 0xf8, (size_t)(end - p))) != NULL; p++) {
        uint64_t at = (uint64_t)(p - code);
        if (is_disp(code, size, at)) {
            best = at;
            break;
        }
    }
    uint64_t stop = best == UINT64_MAX ? size : best;
    for (p = code + from; (p = memchr(p, 0x83, (size_t)(code + stop - p))) != NULL; p++) {
        uint64_t at = (uint64_t)(p - code);
        if (is_sub(code, size, at)) {
            best = at;
            break;
        }
    }
    *ret_at = best;
    return best != UINT64_MAX;
}

/* The opcode behind prefixes; map: 0, 1 (0f), 2 (0f 38, 0f 3a), 3: VEX and EVEX. */
struct x86_op {
    uint8_t map, vex_map, opcode, modrm;
};

static bool is_prefix(uint8_t b)
{
    return b == 0x66 || b == 0xf2 || b == 0xf3 || b == 0x2e || b == 0x3e || b == 0x26 ||
           b == 0x36 || b == 0x64 || b == 0x65 || b == 0x67 || b == 0xf0;
}

static struct x86_op x86_split(const uint8_t *c, unsigned n)
{
    struct x86_op op = {0};
    unsigned i = 0;
    while (i < n && is_prefix(c[i]))
        i++;
    if (i < n && (c[i] & 0xf0) == 0x40)
        i++;
    unsigned vex = i < n && c[i] == 0xc5   ? 2
                   : i < n && c[i] == 0xc4 ? 3
                   : i < n && c[i] == 0x62 ? 4
                                           : 0;
    if (vex) {
        op.map = 3;
        op.vex_map = vex == 2 ? 1 : i + 1 < n ? c[i + 1] & 7 : 0;
        i += vex;
    } else if (i < n && c[i] == 0x0f) {
        op.map = 1;
        i++;
        if (i < n && (c[i] == 0x38 || c[i] == 0x3a)) {
            op.map = 2;
            i++;
        }
    }
    op.opcode = i < n ? c[i] : 0;
    op.modrm = i + 1 < n ? c[i + 1] : 0;
    return op;
}

static enum rp_op x86_alu(unsigned n)
{
    return n == 5 ? RP_OP_SUB : RP_OP_NUMBER; /* add or adc sbb and sub xor cmp */
}

static enum rp_op x86_one_byte(const struct x86_op *op, const uint8_t *code, unsigned length)
{
    uint8_t o = op->opcode;
    unsigned ext = op->modrm >> 3 & 7;
    if (o < 0x40 && (o & 7) < 6)
        return x86_alu(o >> 3 & 7);
    switch (o) {
    case 0x63: /* movslq */
    case 0x69:
    case 0x6b: /* imul */
    case 0x98:
    case 0x99: /* cltq, cqto */
    case 0xd0:
    case 0xd2:
    case 0xd3: /* shifts */
    case 0xf6:
    case 0xf7: /* not, neg, mul, div */
    case 0xfe: return RP_OP_NUMBER;
    case 0xff: return ext == 6 ? RP_OP_UNKNOWN : RP_OP_NUMBER; /* push; inc, dec */
    case 0x80:
    case 0x81:
    case 0x83: return x86_alu(ext);
    case 0xc0:
    case 0xc1:
        return (ext == 4 || ext == 6) && code[length - 1] >= 1 && code[length - 1] <= 6
                   ? RP_OP_SCALE
                   : RP_OP_NUMBER;
    case 0xd1: return ext == 4 || ext == 6 ? RP_OP_SCALE : RP_OP_NUMBER;
    case 0x86:
    case 0x87:
    case 0x90:
    case 0x91:
    case 0x92:
    case 0x93:
    case 0x94:
    case 0x95:
    case 0x96:
    case 0x97: return RP_OP_COPY; /* xchg */
    default: return RP_OP_UNKNOWN;
    }
}

static enum rp_op x86_two_bytes(const struct x86_op *op)
{
    uint8_t o = op->opcode;
    if (o >= 0x40 && o <= 0x4f)
        return RP_OP_COPY;                    /* cmov */
    bool number = (o >= 0x90 && o <= 0x9f) || /* set */
                  o == 0xa2 || o == 0x31 ||   /* cpuid, rdtsc */
                  o == 0xa3 || o == 0xab || o == 0xb3 || o == 0xbb || o == 0xba || /* bt… */
                  o == 0xa4 || o == 0xa5 || o == 0xac || o == 0xad || o == 0xaf || /* shld, imul */
                  o == 0xb6 || o == 0xb7 || o == 0xbe || o == 0xbf || /* movzx, movsx */
                  o == 0xb8 || o == 0xbc || o == 0xbd ||              /* popcnt, bsf, bsr */
                  (o >= 0xc8 && o <= 0xcf) ||                         /* bswap */
                  o == 0x50 || o == 0xd7 || o == 0xc5 || /* movmskps, pmovmskb, pextrw */
                  o == 0x2c || o == 0x2d;                /* cvttsd2si */
    return number ? RP_OP_NUMBER : RP_OP_UNKNOWN;
}

static enum rp_op x86_op(const uint8_t *code, unsigned length)
{
    struct x86_op op = x86_split(code, length);
    switch (op.map) {
    case 0: return x86_one_byte(&op, code, length);
    case 1: return x86_two_bytes(&op);
    case 3: /* BMI: andn, bzhi, pext, shlx, …, rorx */
        return op.vex_map >= 2 && op.opcode >= 0xf0 ? RP_OP_NUMBER : RP_OP_UNKNOWN;
    default: return RP_OP_UNKNOWN;
    }
}

/* --- AArch64 --------------------------------------------------------------------------------- */

/* Loads at -8 (plain, pre-indexed), pairs that reach it, and the subtraction of 8. */
static bool a64_is_near(uint32_t w)
{
    uint32_t mem = w & 0xfffffc00; /* without base and target */
    if (mem == 0xf85f8000 || mem == 0xf85f8c00 || mem == 0xd1002000)
        return true;
    if (mem == 0xfc5f8000 || mem == 0xfc5f8c00) /* into a vector register */
        return true;
    uint32_t pair = w & 0xffff8000; /* ldp: imm7 in units of 8 at bits 21:15 */
    return pair == 0xa97f8000 || pair == 0xa97f0000 || pair == 0xa9ff8000 || pair == 0xa9ff0000 ||
           pair == 0x6d7f8000 || pair == 0x6d7f0000;
}

static bool a64_prefilter(const uint8_t *code, uint64_t size, uint64_t from, uint64_t *ret_at)
{
    for (uint64_t at = (from + 3) & ~UINT64_C(3); at + 4 <= size; at += 4) {
        uint32_t w = rp_load32(code + at);
        if (a64_is_near(w) && (w >> 5 & 31) != 31) { /* not from sp */
            *ret_at = at;
            return true;
        }
    }
    return false;
}

static enum rp_op a64_op(const uint8_t *code)
{
    uint32_t w = rp_load32(code);
    unsigned group = w >> 25 & 15;
    if ((w & 0x1fe00000) == 0x1a800000)
        return RP_OP_COPY; /* csel, csinc, csinv, csneg */
    if ((w & 0x7f200000) == 0x4b000000)
        return RP_OP_SUB;
    if ((w & 0xffc00000) == 0xd3400000) { /* ubfm, 64 bits: lsl when immr == imms + 1 */
        unsigned immr = w >> 16 & 63, imms = w >> 10 & 63;
        return imms != 63 && immr == imms + 1 && 63 - imms <= 6 ? RP_OP_SCALE : RP_OP_NUMBER;
    }
    return (group & 7) == 5 || (group & 14) == 8 ? RP_OP_NUMBER : RP_OP_UNKNOWN;
}

/* --- both ------------------------------------------------------------------------------------ */

bool rp_typeid_prefilter(uint16_t machine, const uint8_t *code, uint64_t size, uint64_t from,
                         uint64_t *ret_at)
{
    if (from >= size)
        return false;
    return machine == EM_X86_64 ? x86_prefilter(code, size, from, ret_at)
                                : a64_prefilter(code, size, from, ret_at);
}

enum rp_op rp_typeid_op(uint16_t machine, const uint8_t *code, unsigned length)
{
    if (machine == EM_X86_64)
        return x86_op(code, length);
    return length == 4 ? a64_op(code) : RP_OP_UNKNOWN;
}

bool rp_typeid_is_nop(uint16_t machine, const uint8_t *code, unsigned length)
{
    if (machine != EM_X86_64)
        return length == 4 && rp_load32(code) == 0xd503201f;
    struct x86_op op = x86_split(code, length);
    return (op.map == 1 && op.opcode == 0x1f) ||
           (op.map == 0 && op.opcode == 0x90 && code[0] != 0x41 && code[0] != 0x49);
}

bool rp_typeid_is_gather(uint16_t machine, const uint8_t *code, unsigned length)
{
    if (machine != EM_X86_64)
        return false; /* SVE's have no displacement of this kind */
    struct x86_op op = x86_split(code, length);
    return op.map == 3 && op.vex_map == 2 && op.opcode >= 0x90 && op.opcode <= 0x93;
}

bool rp_typeid_is_null_branch(uint16_t machine, const uint8_t *code, unsigned length)
{
    return machine == EM_AARCH64 && length == 4 && (rp_load32(code) & 0xfe000000) == 0xb4000000;
}

/* A comparison with '*' that begins near its constant: cmp $42,%al; cmpb $42,(…); cmp $42,%ecx. */
static bool is_star(const uint8_t *code, uint64_t at)
{
    for (unsigned back = 2; back <= 4 && back <= at; back++)
        if (code[at - back] == 0x80 || code[at - back] == 0x83)
            return true;
    return at >= 1 && code[at - 1] == 0x3c;
}

bool rp_typeid_has_star(uint16_t machine, const uint8_t *code, uint64_t from, uint64_t end)
{
    if (machine == EM_X86_64) {
        const uint8_t *p = code + from, *stop = code + end;
        for (; (p = memchr(p, '*', (size_t)(stop - p))) != NULL; p++)
            if (is_star(code + from, (uint64_t)(p - code) - from))
                return true;
        return false;
    }
    for (uint64_t at = (from + 3) & ~UINT64_C(3); at + 4 <= end; at += 4)
        if ((rp_load32(code + at) & 0xfffffc1f) == 0x7100a81f) /* cmp w0,#42 */
            return true;
    return false;
}

unsigned rp_typeid_arg(uint16_t machine, unsigned n)
{
    static const uint8_t x86[6] = {8, 7, 3, 2, 9, 10}; /* rdi rsi rdx rcx r8 r9 */
    return machine == EM_X86_64 ? x86[n] : n + 1;
}
