/* x86_64.c: relocations of x86-64 (System V ABI, AMD64 Supplement, table "Relocation Types").
 *
 * The table is data: number, name, class, width in bytes, PC-relative, instruction bit-field.
 * Types that only a linker writes (COPY, GLOB_DAT, JUMP_SLOT, RELATIVE, IRELATIVE, DTPMOD64 …)
 * are in it too, because partial links of other tools have been seen to carry them.
 */
#include "arch/arch_private.h"

/* clang-format off */
static const struct rp_reloc_info relocs[] = {
    /*                                        class       width pcrel insn */
    [R_X86_64_NONE]            = {"R_X86_64_NONE",            RP_REL_NONE, 0, false, false},
    [R_X86_64_64]              = {"R_X86_64_64",              RP_REL_ABS,  8, false, false},
    [R_X86_64_PC32]            = {"R_X86_64_PC32",            RP_REL_PC,   4, true,  false},
    [R_X86_64_GOT32]           = {"R_X86_64_GOT32",           RP_REL_GOT,  4, false, false},
    [R_X86_64_PLT32]           = {"R_X86_64_PLT32",           RP_REL_PLT,  4, true,  false},
    [R_X86_64_COPY]            = {"R_X86_64_COPY",            RP_REL_ABS,  0, false, false},
    [R_X86_64_GLOB_DAT]        = {"R_X86_64_GLOB_DAT",        RP_REL_ABS,  8, false, false},
    [R_X86_64_JUMP_SLOT]       = {"R_X86_64_JUMP_SLOT",       RP_REL_ABS,  8, false, false},
    [R_X86_64_RELATIVE]        = {"R_X86_64_RELATIVE",        RP_REL_ABS,  8, false, false},
    [R_X86_64_GOTPCREL]        = {"R_X86_64_GOTPCREL",        RP_REL_GOT,  4, true,  false},
    [R_X86_64_32]              = {"R_X86_64_32",              RP_REL_ABS,  4, false, false},
    [R_X86_64_32S]             = {"R_X86_64_32S",             RP_REL_ABS,  4, false, false},
    [R_X86_64_16]              = {"R_X86_64_16",              RP_REL_ABS,  2, false, false},
    [R_X86_64_PC16]            = {"R_X86_64_PC16",            RP_REL_PC,   2, true,  false},
    [R_X86_64_8]               = {"R_X86_64_8",               RP_REL_ABS,  1, false, false},
    [R_X86_64_PC8]             = {"R_X86_64_PC8",             RP_REL_PC,   1, true,  false},
    [R_X86_64_DTPMOD64]        = {"R_X86_64_DTPMOD64",        RP_REL_TLS,  8, false, false},
    [R_X86_64_DTPOFF64]        = {"R_X86_64_DTPOFF64",        RP_REL_TLS,  8, false, false},
    [R_X86_64_TPOFF64]         = {"R_X86_64_TPOFF64",         RP_REL_TLS,  8, false, false},
    [R_X86_64_TLSGD]           = {"R_X86_64_TLSGD",           RP_REL_TLS,  4, true,  false},
    [R_X86_64_TLSLD]           = {"R_X86_64_TLSLD",           RP_REL_TLS,  4, true,  false},
    [R_X86_64_DTPOFF32]        = {"R_X86_64_DTPOFF32",        RP_REL_TLS,  4, false, false},
    [R_X86_64_GOTTPOFF]        = {"R_X86_64_GOTTPOFF",        RP_REL_TLS,  4, true,  false},
    [R_X86_64_TPOFF32]         = {"R_X86_64_TPOFF32",         RP_REL_TLS,  4, false, false},
    [R_X86_64_PC64]            = {"R_X86_64_PC64",            RP_REL_PC,   8, true,  false},
    [R_X86_64_GOTOFF64]        = {"R_X86_64_GOTOFF64",        RP_REL_GOT,  8, false, false},
    [R_X86_64_GOTPC32]         = {"R_X86_64_GOTPC32",         RP_REL_GOT,  4, true,  false},
    [R_X86_64_GOT64]           = {"R_X86_64_GOT64",           RP_REL_GOT,  8, false, false},
    [R_X86_64_GOTPCREL64]      = {"R_X86_64_GOTPCREL64",      RP_REL_GOT,  8, true,  false},
    [R_X86_64_GOTPC64]         = {"R_X86_64_GOTPC64",         RP_REL_GOT,  8, true,  false},
    [R_X86_64_GOTPLT64]        = {"R_X86_64_GOTPLT64",        RP_REL_GOT,  8, false, false},
    [R_X86_64_PLTOFF64]        = {"R_X86_64_PLTOFF64",        RP_REL_PLT,  8, false, false},
    [R_X86_64_SIZE32]          = {"R_X86_64_SIZE32",          RP_REL_SIZE, 4, false, false},
    [R_X86_64_SIZE64]          = {"R_X86_64_SIZE64",          RP_REL_SIZE, 8, false, false},
    [R_X86_64_GOTPC32_TLSDESC] = {"R_X86_64_GOTPC32_TLSDESC", RP_REL_TLS,  4, true,  false},
    [R_X86_64_TLSDESC_CALL]    = {"R_X86_64_TLSDESC_CALL",    RP_REL_HINT, 0, false, false},
    [R_X86_64_TLSDESC]         = {"R_X86_64_TLSDESC",         RP_REL_TLS,  8, false, false},
    [R_X86_64_IRELATIVE]       = {"R_X86_64_IRELATIVE",       RP_REL_ABS,  8, false, false},
    [R_X86_64_RELATIVE64]      = {"R_X86_64_RELATIVE64",      RP_REL_ABS,  8, false, false},
    /* 39 and 40: PC32_BND and PLT32_BND of MPX, withdrawn but still met in old objects */
    [39]                       = {"R_X86_64_PC32_BND",        RP_REL_PC,   4, true,  false},
    [40]                       = {"R_X86_64_PLT32_BND",       RP_REL_PLT,  4, true,  false},
    [R_X86_64_GOTPCRELX]       = {"R_X86_64_GOTPCRELX",       RP_REL_GOT,  4, true,  false},
    [R_X86_64_REX_GOTPCRELX]   = {"R_X86_64_REX_GOTPCRELX",   RP_REL_GOT,  4, true,  false},
    /* 43..51: APX (psABI 1.0, 2024) */
    [43] = {"R_X86_64_CODE_4_GOTPCRELX",       RP_REL_GOT, 4, true, false},
    [44] = {"R_X86_64_CODE_4_GOTTPOFF",        RP_REL_TLS, 4, true, false},
    [45] = {"R_X86_64_CODE_4_GOTPC32_TLSDESC", RP_REL_TLS, 4, true, false},
    [46] = {"R_X86_64_CODE_5_GOTPCRELX",       RP_REL_GOT, 4, true, false},
    [47] = {"R_X86_64_CODE_5_GOTTPOFF",        RP_REL_TLS, 4, true, false},
    [48] = {"R_X86_64_CODE_5_GOTPC32_TLSDESC", RP_REL_TLS, 4, true, false},
    [49] = {"R_X86_64_CODE_6_GOTPCRELX",       RP_REL_GOT, 4, true, false},
    [50] = {"R_X86_64_CODE_6_GOTTPOFF",        RP_REL_TLS, 4, true, false},
    [51] = {"R_X86_64_CODE_6_GOTPC32_TLSDESC", RP_REL_TLS, 4, true, false},
};
/* clang-format on */

/* For the rare SHT_REL of other assemblers; the psABI itself uses RELA only. */
const struct rp_arch rp_arch_x86_64 = {
    .name = "x86-64",
    .machine = EM_X86_64,
    .elf_class = ELFCLASS64,
    .rela = true,
    .abs_word = R_X86_64_64,
    .relocs = relocs,
    .n_relocs = sizeof relocs / sizeof relocs[0],
    .load_addend = rp_arch_load_plain,
    .store_addend = rp_arch_store_plain,
    .pc_bias = 4,
    .default_emulation = "elf_x86_64",
};
