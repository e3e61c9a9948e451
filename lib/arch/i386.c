/* i386.c: relocations of i386 (System V ABI, Intel386 Supplement, and its TLS additions).
 *
 * i386 uses SHT_REL: the addend is what the field holds before the link, as wide as the field and
 * sign-extended. All fields are plain integers.
 */
#include "arch/arch_private.h"

/* clang-format off */
static const struct rp_reloc_info relocs[] = {
    /*                                       class       width pcrel insn */
    [R_386_NONE]          = {"R_386_NONE",          RP_REL_NONE, 0, false, false},
    [R_386_32]            = {"R_386_32",            RP_REL_ABS,  4, false, false},
    [R_386_PC32]          = {"R_386_PC32",          RP_REL_PC,   4, true,  false},
    [R_386_GOT32]         = {"R_386_GOT32",         RP_REL_GOT,  4, false, false},
    [R_386_PLT32]         = {"R_386_PLT32",         RP_REL_PLT,  4, true,  false},
    [R_386_COPY]          = {"R_386_COPY",          RP_REL_ABS,  0, false, false},
    [R_386_GLOB_DAT]      = {"R_386_GLOB_DAT",      RP_REL_ABS,  4, false, false},
    [R_386_JMP_SLOT]      = {"R_386_JMP_SLOT",      RP_REL_ABS,  4, false, false},
    [R_386_RELATIVE]      = {"R_386_RELATIVE",      RP_REL_ABS,  4, false, false},
    [R_386_GOTOFF]        = {"R_386_GOTOFF",        RP_REL_GOT,  4, false, false},
    [R_386_GOTPC]         = {"R_386_GOTPC",         RP_REL_GOT,  4, true,  false},
    [R_386_32PLT]         = {"R_386_32PLT",         RP_REL_PLT,  4, false, false},
    [R_386_TLS_TPOFF]     = {"R_386_TLS_TPOFF",     RP_REL_TLS,  4, false, false},
    [R_386_TLS_IE]        = {"R_386_TLS_IE",        RP_REL_TLS,  4, false, false},
    [R_386_TLS_GOTIE]     = {"R_386_TLS_GOTIE",     RP_REL_TLS,  4, false, false},
    [R_386_TLS_LE]        = {"R_386_TLS_LE",        RP_REL_TLS,  4, false, false},
    [R_386_TLS_GD]        = {"R_386_TLS_GD",        RP_REL_TLS,  4, false, false},
    [R_386_TLS_LDM]       = {"R_386_TLS_LDM",       RP_REL_TLS,  4, false, false},
    [R_386_16]            = {"R_386_16",            RP_REL_ABS,  2, false, false},
    [R_386_PC16]          = {"R_386_PC16",          RP_REL_PC,   2, true,  false},
    [R_386_8]             = {"R_386_8",             RP_REL_ABS,  1, false, false},
    [R_386_PC8]           = {"R_386_PC8",           RP_REL_PC,   1, true,  false},
    [R_386_TLS_GD_32]     = {"R_386_TLS_GD_32",     RP_REL_TLS,  4, false, false},
    [R_386_TLS_GD_PUSH]   = {"R_386_TLS_GD_PUSH",   RP_REL_HINT, 0, false, false},
    [R_386_TLS_GD_CALL]   = {"R_386_TLS_GD_CALL",   RP_REL_TLS,  4, true,  false},
    [R_386_TLS_GD_POP]    = {"R_386_TLS_GD_POP",    RP_REL_HINT, 0, false, false},
    [R_386_TLS_LDM_32]    = {"R_386_TLS_LDM_32",    RP_REL_TLS,  4, false, false},
    [R_386_TLS_LDM_PUSH]  = {"R_386_TLS_LDM_PUSH",  RP_REL_HINT, 0, false, false},
    [R_386_TLS_LDM_CALL]  = {"R_386_TLS_LDM_CALL",  RP_REL_TLS,  4, true,  false},
    [R_386_TLS_LDM_POP]   = {"R_386_TLS_LDM_POP",   RP_REL_HINT, 0, false, false},
    [R_386_TLS_LDO_32]    = {"R_386_TLS_LDO_32",    RP_REL_TLS,  4, false, false},
    [R_386_TLS_IE_32]     = {"R_386_TLS_IE_32",     RP_REL_TLS,  4, false, false},
    [R_386_TLS_LE_32]     = {"R_386_TLS_LE_32",     RP_REL_TLS,  4, false, false},
    [R_386_TLS_DTPMOD32]  = {"R_386_TLS_DTPMOD32",  RP_REL_TLS,  4, false, false},
    [R_386_TLS_DTPOFF32]  = {"R_386_TLS_DTPOFF32",  RP_REL_TLS,  4, false, false},
    [R_386_TLS_TPOFF32]   = {"R_386_TLS_TPOFF32",   RP_REL_TLS,  4, false, false},
    [R_386_SIZE32]        = {"R_386_SIZE32",        RP_REL_SIZE, 4, false, false},
    [R_386_TLS_GOTDESC]   = {"R_386_TLS_GOTDESC",   RP_REL_TLS,  4, false, false},
    [R_386_TLS_DESC_CALL] = {"R_386_TLS_DESC_CALL", RP_REL_HINT, 0, false, false},
    [R_386_TLS_DESC]      = {"R_386_TLS_DESC",      RP_REL_TLS,  4, false, false},
    [R_386_IRELATIVE]     = {"R_386_IRELATIVE",     RP_REL_ABS,  4, false, false},
    [R_386_GOT32X]        = {"R_386_GOT32X",        RP_REL_GOT,  4, false, false},
};
/* clang-format on */

const struct rp_arch rp_arch_i386 = {
    .name = "i386",
    .machine = EM_386,
    .elf_class = ELFCLASS32,
    .rela = false,
    .abs_word = R_386_32,
    .relocs = relocs,
    .n_relocs = sizeof relocs / sizeof relocs[0],
    .load_addend = rp_arch_load_plain,
    .store_addend = rp_arch_store_plain,
    .pc_bias = 4,
    .default_emulation = "elf_i386",
};
