/* decode_x86.c: x86-64, by Zydis.
 *
 * Zydis decodes in two steps: lengths, prefixes, opcode, displacement and immediate (what
 * rp_decode_flow() is content with), then operands. Control flow is read off the opcode, in both;
 * everything else off the mnemonic and the operands. Which registers are read and written comes
 * from Zydis' list of operands, which has the implicit ones, too.
 *
 * Entry functions: rp_decode_x86_64(), rp_decode_flow_x86_64().
 */
#include "arch/decode_private.h"

#include <Zydis/Zydis.h>

#include <elf.h>
#include <string.h>

enum { ALL_REGISTERS = 0xffff << 1 };

/* A register's number, 0 for all but the general ones. *ret_bytes: how much of it; *ret_high: ah,
 * ch, dh, bh. */
static unsigned register_number(ZydisRegister r, unsigned *ret_bytes, bool *ret_high)
{
    *ret_high = false;
    if (r >= ZYDIS_REGISTER_RAX && r <= ZYDIS_REGISTER_R15) {
        *ret_bytes = 8;
        return (unsigned)(r - ZYDIS_REGISTER_RAX) + 1;
    }
    if (r >= ZYDIS_REGISTER_EAX && r <= ZYDIS_REGISTER_R15D) {
        *ret_bytes = 4;
        return (unsigned)(r - ZYDIS_REGISTER_EAX) + 1;
    }
    if (r >= ZYDIS_REGISTER_AX && r <= ZYDIS_REGISTER_R15W) {
        *ret_bytes = 2;
        return (unsigned)(r - ZYDIS_REGISTER_AX) + 1;
    }
    *ret_bytes = 1;
    if (r >= ZYDIS_REGISTER_SPL && r <= ZYDIS_REGISTER_R15B)
        return (unsigned)(r - ZYDIS_REGISTER_SPL) + RP_REG_X86_RSP;
    if (r >= ZYDIS_REGISTER_AH && r <= ZYDIS_REGISTER_BH) {
        *ret_high = true;
        return (unsigned)(r - ZYDIS_REGISTER_AH) + 1;
    }
    if (r >= ZYDIS_REGISTER_AL && r <= ZYDIS_REGISTER_BL)
        return (unsigned)(r - ZYDIS_REGISTER_AL) + 1;
    *ret_bytes = 0;
    return RP_REG_NONE;
}

static unsigned any_register(ZydisRegister r)
{
    unsigned bytes;
    bool high;
    if (r == ZYDIS_REGISTER_RIP || r == ZYDIS_REGISTER_EIP)
        return RP_REG_PC;
    return register_number(r, &bytes, &high);
}

/* A general register of 4 or 8 bytes, whose value Reap follows. */
static unsigned whole_register(const ZydisDecodedOperand *o)
{
    unsigned bytes, reg;
    bool high;
    if (o->type != ZYDIS_OPERAND_TYPE_REGISTER)
        return RP_REG_NONE;
    reg = register_number(o->reg.value, &bytes, &high);
    return bytes >= 4 ? reg : RP_REG_NONE;
}

/* As whole_register(), or the low part of one. */
static unsigned low_register(const ZydisDecodedOperand *o)
{
    unsigned bytes, reg;
    bool high;
    if (o->type != ZYDIS_OPERAND_TYPE_REGISTER)
        return RP_REG_NONE;
    reg = register_number(o->reg.value, &bytes, &high);
    return high ? RP_REG_NONE : reg;
}

/* Control flow by the opcode: SDM volume 2, appendix A.2. */
static enum rp_insn_kind flow_of_one_byte(const ZydisDecodedInstruction *in)
{
    uint8_t op = in->opcode, reg = in->raw.modrm.reg;
    if ((op & 0xf0) == 0x70 || (op >= 0xe0 && op <= 0xe3))
        return RP_INSN_BRANCH; /* jcc rel8; loop, jrcxz */
    switch (op) {
    case 0xe8: return RP_INSN_CALL;
    case 0xe9:
    case 0xeb: return RP_INSN_JUMP;
    case 0xc2:
    case 0xc3:
    case 0xca:
    case 0xcb:
    case 0xcf: return RP_INSN_RETURN;
    case 0xcc:
    case 0xf1: return RP_INSN_TRAP;
    case 0xc7: return in->raw.imm[0].is_relative ? RP_INSN_BRANCH : RP_INSN_OTHER; /* xbegin */
    case 0xff:
        if (reg == 2 || reg == 3)
            return RP_INSN_CALL_REG;
        return reg == 4 || reg == 5 ? RP_INSN_JUMP_REG : RP_INSN_OTHER;
    default: return RP_INSN_OTHER;
    }
}

static enum rp_insn_kind flow_of(const ZydisDecodedInstruction *in)
{
    if (in->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
        return RP_INSN_OTHER;
    if (in->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT)
        return flow_of_one_byte(in);
    if (in->opcode_map != ZYDIS_OPCODE_MAP_0F)
        return RP_INSN_OTHER;
    if ((in->opcode & 0xf0) == 0x80)
        return RP_INSN_BRANCH;
    switch (in->opcode) {
    case 0x07: /* sysret */
    case 0x35: /* sysexit */ return RP_INSN_RETURN;
    case 0x0b:
    case 0xb9:
    case 0xff: return RP_INSN_TRAP; /* ud2, ud1, ud0 */
    default: return RP_INSN_OTHER;
    }
}

/* Where displacement and immediate stand, and a direct branch's target. */
static void take_fields(const ZydisDecodedInstruction *in, uint64_t at, struct rp_insn *ret)
{
    ret->length = in->length;
    if (in->raw.disp.size)
        ret->field_at[0] = in->raw.disp.offset;
    if (in->raw.imm[0].size == 0)
        return;
    unsigned unused = 64u - in->raw.imm[0].size;
    int64_t imm = (int64_t)(in->raw.imm[0].value.u << unused) >> unused;
    ret->field_at[1] = in->raw.imm[0].offset;
    if (in->raw.imm[0].is_relative) {
        ret->has_target = true;
        ret->target = at + in->length + (uint64_t)imm;
    } else {
        ret->has_imm = true;
        ret->imm = imm;
    }
}

static bool decode_head(const uint8_t *code, uint64_t size, bool minimal, ZydisDecoder *d,
                        ZydisDecoderContext *cx, ZydisDecodedInstruction *in)
{
    ZyanUSize n = size < ZYDIS_MAX_INSTRUCTION_LENGTH ? size : ZYDIS_MAX_INSTRUCTION_LENGTH;
    ZydisDecoderInit(d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (minimal)
        ZydisDecoderEnableMode(d, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
    return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(d, cx, code, n, in)) && in->length > 0;
}

/* mov of a constant to a register of 4 or 8 bytes; the narrow ones keep a part of it. */
static bool is_constant_move(const ZydisDecodedInstruction *in)
{
    if (in->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY ||
        in->opcode_map != ZYDIS_OPCODE_MAP_DEFAULT || in->raw.imm[0].size < 32)
        return false;
    return (in->opcode & 0xf8) == 0xb8 ||
           (in->opcode == 0xc7 && in->raw.modrm.mod == 3 && in->raw.modrm.reg == 0);
}

void rp_decode_flow_x86_64(const uint8_t *code, uint64_t size, uint64_t at, struct rp_insn *ret)
{
    ZydisDecoder d;
    ZydisDecoderContext cx;
    ZydisDecodedInstruction in;
    if (!decode_head(code, size, true, &d, &cx, &in))
        return;
    take_fields(&in, at, ret);
    ret->kind = (uint8_t)flow_of(&in);
    if ((in.attributes & ZYDIS_ATTRIB_HAS_MODRM) && in.raw.modrm.mod == 0 && in.raw.modrm.rm == 5 &&
        in.raw.disp.size == 32) {
        bool lea = in.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
                   in.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && in.opcode == 0x8d;
        ret->base = RP_REG_PC;
        ret->disp = in.raw.disp.value;
        ret->has_target = true;
        ret->target = at + in.length + (uint64_t)in.raw.disp.value;
        ret->is_memory = !lea;
        if (lea)
            ret->kind = RP_INSN_ADDRESS;
    } else if (is_constant_move(&in)) {
        bool wide = in.raw.imm[0].size == 64 || in.raw.rex.W;
        ret->kind = RP_INSN_ADDRESS;
        ret->has_target = true;
        ret->target = wide ? (uint64_t)ret->imm : (uint32_t)ret->imm;
    }
}

/* System calls, hypercalls, interrupts: what is on the other side changes what it likes. */
static uint64_t clobbers_of(ZydisMnemonic m)
{
    switch (m) {
    case ZYDIS_MNEMONIC_SYSCALL:
    case ZYDIS_MNEMONIC_SYSENTER:
    case ZYDIS_MNEMONIC_INT:
    case ZYDIS_MNEMONIC_INT1:
    case ZYDIS_MNEMONIC_INT3: return rp_decode_call_clobbers(EM_X86_64);
    case ZYDIS_MNEMONIC_XBEGIN: return rp_reg_bit(1); /* eax, when the transaction aborts */
    case ZYDIS_MNEMONIC_VMCALL:
    case ZYDIS_MNEMONIC_VMMCALL:
    case ZYDIS_MNEMONIC_VMLAUNCH:
    case ZYDIS_MNEMONIC_VMRESUME:
    case ZYDIS_MNEMONIC_VMRUN:
    case ZYDIS_MNEMONIC_VMFUNC:
    case ZYDIS_MNEMONIC_ENCLS:
    case ZYDIS_MNEMONIC_ENCLU:
    case ZYDIS_MNEMONIC_ENCLV:
    case ZYDIS_MNEMONIC_GETSEC:
    case ZYDIS_MNEMONIC_TDCALL:
    case ZYDIS_MNEMONIC_SEAMCALL:
    case ZYDIS_MNEMONIC_SEAMOPS:
    case ZYDIS_MNEMONIC_RSM: return ALL_REGISTERS & ~rp_reg_bit(RP_REG_X86_RSP);
    default: return 0;
    }
}

/* An explicit memory operand, or lea's address. */
static void take_memory(const ZydisDecodedInstruction *in, const ZydisDecodedOperand *o,
                        uint64_t at, struct rp_insn *ret)
{
    ret->base = (uint8_t)any_register(o->mem.base);
    ret->index = (uint8_t)any_register(o->mem.index); /* a vector of gathers is none */
    ret->scale = ret->index ? o->mem.scale : 0;
    ret->disp = o->mem.disp.has_displacement ? o->mem.disp.value : 0;
    ret->is_segment = o->mem.segment == ZYDIS_REGISTER_FS || o->mem.segment == ZYDIS_REGISTER_GS;
    if (ret->base == RP_REG_PC) {
        ret->has_target = true;
        ret->target = at + in->length + (uint64_t)ret->disp;
    }
    if (o->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
        return;
    ret->is_memory = true;
    ret->is_store = (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    ret->width = o->size / 8 < 256 ? (uint8_t)(o->size / 8) : 255;
}

/* Registers and the explicit memory operand of all operands, hidden ones too. */
static void take_operands(const ZydisDecodedInstruction *in, const ZydisDecodedOperand *ops,
                          uint64_t at, struct rp_insn *ret)
{
    for (unsigned i = 0; i < in->operand_count; i++) {
        const ZydisDecodedOperand *o = &ops[i];
        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY) {
            ret->reads |=
                rp_reg_bit(any_register(o->mem.base)) | rp_reg_bit(any_register(o->mem.index));
            if (o->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT && !ret->is_memory &&
                in->meta.category != ZYDIS_CATEGORY_NOP &&
                in->meta.category != ZYDIS_CATEGORY_WIDENOP)
                take_memory(in, o, at, ret);
        } else if (o->type == ZYDIS_OPERAND_TYPE_REGISTER) {
            uint64_t bit = rp_reg_bit(any_register(o->reg.value));
            if (o->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
                ret->reads |= bit;
            if (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
                ret->writes |= bit;
        }
    }
    ret->writes |= clobbers_of(in->mnemonic);
}

static void take_move(const ZydisDecodedInstruction *in, const ZydisDecodedOperand *ops,
                      struct rp_insn *ret)
{
    unsigned to = low_register(&ops[0]), from = low_register(&ops[1]);
    if (ops[0].type == ZYDIS_OPERAND_TYPE_MEMORY) {
        if (!from && ops[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
            return; /* ah, segment registers */
        ret->kind = RP_INSN_STORE;
        ret->src = (uint8_t)from;
    } else if (ops[1].type == ZYDIS_OPERAND_TYPE_MEMORY && to) {
        ret->kind = RP_INSN_LOAD;
        ret->dst = (uint8_t)to;
    } else if (in->operand_width >= 32 && whole_register(&ops[0])) {
        ret->width = in->operand_width / 8;
        ret->dst = (uint8_t)to;
        if (whole_register(&ops[1])) {
            ret->kind = RP_INSN_MOVE;
            ret->src = (uint8_t)from;
        } else if (ops[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
            ret->kind = RP_INSN_ADDRESS;
            ret->has_target = true;
            ret->target = ret->width == 8 ? (uint64_t)ret->imm : (uint32_t)ret->imm;
        } else {
            ret->dst = ret->width = 0; /* control and segment registers */
        }
    }
}

static void take_compare(const ZydisDecodedOperand *ops, struct rp_insn *ret)
{
    bool imm = ops[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
    unsigned a = low_register(&ops[0]), b = low_register(&ops[1]);
    if ((!a && ops[0].type != ZYDIS_OPERAND_TYPE_MEMORY) ||
        (!b && !imm && ops[1].type != ZYDIS_OPERAND_TYPE_MEMORY))
        return; /* ah */
    ret->kind = RP_INSN_COMPARE;
    ret->src = (uint8_t)(a ? a : b);
    if (!ret->is_memory) {
        ret->base = (uint8_t)b;
        ret->width = (uint8_t)(ops[0].size / 8);
    }
}

/* Arithmetic whose result Reap follows: reg += imm; reg = 0 by xor or sub with itself. */
static void take_arithmetic(const ZydisDecodedInstruction *in, const ZydisDecodedOperand *ops,
                            struct rp_insn *ret)
{
    unsigned to = whole_register(&ops[0]);
    if (!to || ret->is_memory)
        return;
    bool same = in->operand_count_visible > 1 && whole_register(&ops[1]) == to;
    if (same && (in->mnemonic == ZYDIS_MNEMONIC_XOR || in->mnemonic == ZYDIS_MNEMONIC_SUB)) {
        ret->kind = RP_INSN_ADDRESS;
        ret->has_target = true;
        ret->target = 0;
        ret->reads &= ~rp_reg_bit(to);
    } else if (in->mnemonic == ZYDIS_MNEMONIC_INC || in->mnemonic == ZYDIS_MNEMONIC_DEC) {
        ret->kind = RP_INSN_ADD;
        ret->imm = in->mnemonic == ZYDIS_MNEMONIC_INC ? 1 : -1;
    } else if (ret->has_imm && in->mnemonic != ZYDIS_MNEMONIC_XOR) {
        ret->kind = RP_INSN_ADD;
        if (in->mnemonic == ZYDIS_MNEMONIC_SUB)
            ret->imm = -ret->imm; /* 32 bits at most */
    } else {
        return;
    }
    ret->dst = ret->src = (uint8_t)to;
    if (ret->kind == RP_INSN_ADDRESS)
        ret->src = RP_REG_NONE;
    ret->width = (uint8_t)(ops[0].size / 8);
}

/* What of the kinds that are no control flow it is. */
static void take_kind(const ZydisDecodedInstruction *in, const ZydisDecodedOperand *ops,
                      struct rp_insn *ret)
{
    switch (in->mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
    case ZYDIS_MNEMONIC_MOVNTI: take_move(in, ops, ret); break;
    case ZYDIS_MNEMONIC_MOVZX:
    case ZYDIS_MNEMONIC_MOVSX:
    case ZYDIS_MNEMONIC_MOVSXD:
        if (ops[1].type == ZYDIS_OPERAND_TYPE_MEMORY)
            take_move(in, ops, ret);
        break;
    case ZYDIS_MNEMONIC_LEA:
        ret->dst = (uint8_t)whole_register(&ops[0]);
        ret->width = (uint8_t)(ops[0].size / 8);
        ret->kind = ret->dst ? RP_INSN_ADDRESS : RP_INSN_OTHER;
        break;
    case ZYDIS_MNEMONIC_CMP: take_compare(ops, ret); break;
    case ZYDIS_MNEMONIC_TEST:
        if (low_register(&ops[0]) && ops[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            ops[0].reg.value == ops[1].reg.value) {
            ret->kind = RP_INSN_COMPARE;
            ret->src = (uint8_t)low_register(&ops[0]);
            ret->width = (uint8_t)(ops[0].size / 8);
        }
        break;
    case ZYDIS_MNEMONIC_ADD:
    case ZYDIS_MNEMONIC_SUB:
    case ZYDIS_MNEMONIC_INC:
    case ZYDIS_MNEMONIC_DEC:
    case ZYDIS_MNEMONIC_XOR: take_arithmetic(in, ops, ret); break;
    default: break;
    }
}

void rp_decode_x86_64(const uint8_t *code, uint64_t size, uint64_t at, struct rp_insn *ret)
{
    ZydisDecoder d;
    ZydisDecoderContext cx;
    ZydisDecodedInstruction in;
    ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
    if (!decode_head(code, size, false, &d, &cx, &in) ||
        in.operand_count > ZYDIS_MAX_OPERAND_COUNT ||
        !ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&d, &cx, &in, ops, in.operand_count)))
        return;
    take_fields(&in, at, ret);
    take_operands(&in, ops, at, ret);
    ret->kind = (uint8_t)flow_of(&in);
    if (ret->kind == RP_INSN_CALL_REG || ret->kind == RP_INSN_JUMP_REG)
        ret->src = (uint8_t)whole_register(&ops[0]);
    else if (ret->kind == RP_INSN_OTHER && in.address_width == 64)
        take_kind(&in, ops, ret);
    else if (ret->kind == RP_INSN_OTHER && !ret->is_memory && in.mnemonic != ZYDIS_MNEMONIC_LEA)
        take_kind(&in, ops, ret); /* a prefix 67 that means nothing */
    if (!ret->is_memory && ret->kind == RP_INSN_OTHER)
        ret->base = ret->index = ret->scale = 0;
}
