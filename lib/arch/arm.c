/* arm.c: relocations of 32-bit ARM, A32 and T32 code (ELF for the Arm Architecture, "Relocation").
 *
 * ARM uses SHT_REL, and most fields of code are bit-fields of instructions that hold the addend in
 * pieces: both directions are decoded here. A Thumb-2 instruction is two halfwords, the first one
 * at the lower address. Types that compilers do not write into objects are holes: files that have
 * them are left untouched.
 *
 * Addends of PC-relative fields count from a place that the field does not tell: a branch from
 * itself plus 4 (T32) or 8 (A32), a literal from whatever instruction adds the PC. `pc_loose` says
 * so, and pieces of a section that such a field names stay together.
 */
#include "arch/arch_private.h"

#include "util/checked.h"

#include <stddef.h>

/* clang-format off */
static const struct rp_reloc_info relocs[] = {
    /*                                            class       width pcrel insn */
    [R_ARM_NONE]             = {"R_ARM_NONE",             RP_REL_NONE, 0, false, false},
    [R_ARM_PC24]             = {"R_ARM_PC24",             RP_REL_PLT,  4, true,  true},
    [R_ARM_ABS32]            = {"R_ARM_ABS32",            RP_REL_ABS,  4, false, false},
    [R_ARM_REL32]            = {"R_ARM_REL32",            RP_REL_PC,   4, true,  false},
    [R_ARM_ABS16]            = {"R_ARM_ABS16",            RP_REL_ABS,  2, false, false},
    [R_ARM_ABS8]             = {"R_ARM_ABS8",             RP_REL_ABS,  1, false, false},
    [R_ARM_THM_PC22]         = {"R_ARM_THM_CALL",         RP_REL_PLT,  4, true,  true},
    [R_ARM_GOTOFF]           = {"R_ARM_GOTOFF32",         RP_REL_GOT,  4, false, false},
    [R_ARM_GOTPC]            = {"R_ARM_BASE_PREL",        RP_REL_GOT,  4, true,  false},
    [R_ARM_GOT32]            = {"R_ARM_GOT_BREL",         RP_REL_GOT,  4, false, false},
    [R_ARM_PLT32]            = {"R_ARM_PLT32",            RP_REL_PLT,  4, true,  true},
    [R_ARM_CALL]             = {"R_ARM_CALL",             RP_REL_PLT,  4, true,  true},
    [R_ARM_JUMP24]           = {"R_ARM_JUMP24",           RP_REL_PLT,  4, true,  true},
    [R_ARM_THM_JUMP24]       = {"R_ARM_THM_JUMP24",       RP_REL_PLT,  4, true,  true},
    [R_ARM_TARGET1]          = {"R_ARM_TARGET1",          RP_REL_ABS,  4, false, false},
    [R_ARM_V4BX]             = {"R_ARM_V4BX",             RP_REL_HINT, 0, false, false},
    [R_ARM_TARGET2]          = {"R_ARM_TARGET2",          RP_REL_GOT,  4, true,  false},
    [R_ARM_PREL31]           = {"R_ARM_PREL31",           RP_REL_PC,   4, true,  true},
    [R_ARM_MOVW_ABS_NC]      = {"R_ARM_MOVW_ABS_NC",      RP_REL_ABS,  4, false, true},
    [R_ARM_MOVT_ABS]         = {"R_ARM_MOVT_ABS",         RP_REL_ABS,  4, false, true},
    [R_ARM_MOVW_PREL_NC]     = {"R_ARM_MOVW_PREL_NC",     RP_REL_PC,   4, true,  true},
    [R_ARM_MOVT_PREL]        = {"R_ARM_MOVT_PREL",        RP_REL_PC,   4, true,  true},
    [R_ARM_THM_MOVW_ABS_NC]  = {"R_ARM_THM_MOVW_ABS_NC",  RP_REL_ABS,  4, false, true},
    [R_ARM_THM_MOVT_ABS]     = {"R_ARM_THM_MOVT_ABS",     RP_REL_ABS,  4, false, true},
    [R_ARM_THM_MOVW_PREL_NC] = {"R_ARM_THM_MOVW_PREL_NC", RP_REL_PC,   4, true,  true},
    [R_ARM_THM_MOVT_PREL]    = {"R_ARM_THM_MOVT_PREL",    RP_REL_PC,   4, true,  true},
    [R_ARM_THM_JUMP19]       = {"R_ARM_THM_JUMP19",       RP_REL_PLT,  4, true,  true},
    [R_ARM_GOT_PREL]         = {"R_ARM_GOT_PREL",         RP_REL_GOT,  4, true,  false},
    [R_ARM_THM_PC11]         = {"R_ARM_THM_JUMP11",       RP_REL_PC,   2, true,  true},
    [R_ARM_THM_PC9]          = {"R_ARM_THM_JUMP8",        RP_REL_PC,   2, true,  true},
    [R_ARM_TLS_GD32]         = {"R_ARM_TLS_GD32",         RP_REL_TLS,  4, true,  false},
    [R_ARM_TLS_LDM32]        = {"R_ARM_TLS_LDM32",        RP_REL_TLS,  4, true,  false},
    [R_ARM_TLS_LDO32]        = {"R_ARM_TLS_LDO32",        RP_REL_TLS,  4, false, false},
    [R_ARM_TLS_IE32]         = {"R_ARM_TLS_IE32",         RP_REL_TLS,  4, true,  false},
    [R_ARM_TLS_LE32]         = {"R_ARM_TLS_LE32",         RP_REL_TLS,  4, false, false},
};
/* clang-format on */

static int64_t sign_extend(uint32_t value, unsigned bits)
{
    uint32_t sign = UINT32_C(1) << (bits - 1);
    return (int64_t)(value & (sign - 1)) - (int64_t)(value & sign);
}

/* Bits of an addend within an instruction: `n` bits from bit `low` of the addend, at bit `at`. */
struct part {
    uint8_t low, n, at;
};

/* How an instruction holds its addend: parts, its width with the zero bits below, and whether the
 * instruction is two halfwords, the first of which is taken as the upper half of a word. */
struct form {
    struct part parts[5];
    uint8_t bits;  /* of the addend */
    uint8_t scale; /* low bits that are always zero */
    bool thumb32;
    bool j_bits; /* T32 branches: bits 22 and 23 are stored as NOT(J EOR S) */
};

static const struct form form_branch24 = {{{2, 24, 0}}, 26, 2, false, false};
static const struct form form_prel31 = {{{0, 31, 0}}, 31, 0, false, false};
static const struct form form_mov = {{{0, 12, 0}, {12, 4, 16}}, 16, 0, false, false};
static const struct form form_thumb_mov = {
    {{0, 8, 0}, {8, 3, 12}, {11, 1, 26}, {12, 4, 16}}, 16, 0, true, false};
static const struct form form_thumb_call = {
    {{1, 11, 0}, {12, 10, 16}, {22, 1, 11}, {23, 1, 13}, {24, 1, 26}}, 25, 1, true, true};
static const struct form form_thumb_jump19 = {
    {{1, 11, 0}, {12, 6, 16}, {18, 1, 13}, {19, 1, 11}, {20, 1, 26}}, 21, 1, true, false};
static const struct form form_thumb_jump11 = {{{1, 11, 0}}, 12, 1, false, false};
static const struct form form_thumb_jump8 = {{{1, 8, 0}}, 9, 1, false, false};

static const struct form *form_of(const struct rp_reloc_info *info)
{
    switch (info - relocs) {
    case R_ARM_PC24:
    case R_ARM_PLT32:
    case R_ARM_CALL:
    case R_ARM_JUMP24: return &form_branch24;
    case R_ARM_PREL31: return &form_prel31;
    case R_ARM_MOVW_ABS_NC:
    case R_ARM_MOVT_ABS:
    case R_ARM_MOVW_PREL_NC:
    case R_ARM_MOVT_PREL: return &form_mov;
    case R_ARM_THM_MOVW_ABS_NC:
    case R_ARM_THM_MOVT_ABS:
    case R_ARM_THM_MOVW_PREL_NC:
    case R_ARM_THM_MOVT_PREL: return &form_thumb_mov;
    case R_ARM_THM_PC22:
    case R_ARM_THM_JUMP24: return &form_thumb_call;
    case R_ARM_THM_JUMP19: return &form_thumb_jump19;
    case R_ARM_THM_PC11: return &form_thumb_jump11;
    case R_ARM_THM_PC9: return &form_thumb_jump8;
    default: return NULL;
    }
}

static uint32_t load_insn(const struct rp_reloc_info *info, const struct form *f, const uint8_t *p)
{
    if (info->width == 2)
        return rp_load16(p);
    return f->thumb32 ? (uint32_t)rp_load16(p) << 16 | rp_load16(p + 2) : rp_load32(p);
}

/* Between I1, I2 of an offset and J1, J2 of an instruction: I = NOT(J EOR S), both ways. */
static uint32_t swap_j(uint32_t addend)
{
    uint32_t s = addend >> 24 & 1;
    uint32_t i1 = addend >> 23 & 1, i2 = addend >> 22 & 1;
    addend &= ~(UINT32_C(3) << 22);
    return addend | (~(i1 ^ s) & 1) << 23 | (~(i2 ^ s) & 1) << 22;
}

static int64_t load_addend(const struct rp_reloc_info *info, const uint8_t *field)
{
    const struct form *f = info->insn ? form_of(info) : NULL;
    if (!f)
        return rp_arch_load_plain(info, field);
    uint32_t insn = load_insn(info, f, field), addend = 0;
    for (size_t i = 0; i < sizeof f->parts / sizeof f->parts[0]; i++) {
        const struct part *p = &f->parts[i];
        if (p->n)
            addend |= (insn >> p->at & ((UINT32_C(1) << p->n) - 1)) << p->low;
    }
    /* In J1 and J2 the bits of S apply: a negative S is at bit 24 of the addend already. */
    if (f->j_bits)
        addend = swap_j(addend);
    return sign_extend(addend, f->bits);
}

static bool store_addend(const struct rp_reloc_info *info, uint8_t *field, int64_t addend)
{
    const struct form *f = info->insn ? form_of(info) : NULL;
    if (!f)
        return rp_arch_store_plain(info, field, addend);
    int64_t limit = INT64_C(1) << (f->bits - 1);
    if (addend < -limit || addend >= limit || addend & ((INT64_C(1) << f->scale) - 1))
        return false;
    uint32_t insn = load_insn(info, f, field), value = (uint32_t)addend;
    if (f->j_bits)
        value = swap_j(value);
    for (size_t i = 0; i < sizeof f->parts / sizeof f->parts[0]; i++) {
        const struct part *p = &f->parts[i];
        uint32_t mask = (UINT32_C(1) << p->n) - 1;
        if (p->n)
            insn = (insn & ~(mask << p->at)) | (value >> p->low & mask) << p->at;
    }
    if (info->width == 2) {
        rp_store16(field, (uint16_t)insn);
    } else if (f->thumb32) {
        rp_store16(field, (uint16_t)(insn >> 16));
        rp_store16(field + 2, (uint16_t)insn);
    } else {
        rp_store32(field, insn);
    }
    return true;
}

const struct rp_arch rp_arch_arm = {
    .name = "arm",
    .machine = EM_ARM,
    .elf_class = ELFCLASS32,
    .rela = false,
    .abs_word = R_ARM_ABS32,
    .relocs = relocs,
    .n_relocs = sizeof relocs / sizeof relocs[0],
    .load_addend = load_addend,
    .store_addend = store_addend,
    .pc_bias = 0,
    .pc_loose = true,
    .insn_addends = true,
    .default_emulation = "armelf",
};
