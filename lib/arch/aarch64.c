/* aarch64.c: relocations of AArch64 (ELF for the Arm 64-bit Architecture, IHI 0056).
 *
 * R(name, number, class, width in bytes, PC-relative, instruction bit-field). AArch64 uses RELA
 * only, so that no instruction field is ever read or written here: an SHT_REL section with one
 * makes its file untouched (pass/edges.c). Numbers are written out because <elf.h> of Debian 12
 * lacks the newest.
 */
#include "arch/arch_private.h"

#define R(name, number, cls, width, pcrel, insn)                                                   \
    [number] = {"R_AARCH64_" #name, RP_REL_##cls, width, pcrel, insn},

/* clang-format off */
static const struct rp_reloc_info relocs[] = {
    /* 256 is the withdrawn second number of NONE */
    [256] = {"R_AARCH64_NONE", RP_REL_NONE, 0, false, false},
    R(NONE,                                     0, NONE, 0, 0, 0)
    R(ABS64,                                  257, ABS, 8, 0, 0)
    R(ABS32,                                  258, ABS, 4, 0, 0)
    R(ABS16,                                  259, ABS, 2, 0, 0)
    R(PREL64,                                 260, PC,  8, 1, 0)
    R(PREL32,                                 261, PC,  4, 1, 0)
    R(PREL16,                                 262, PC,  2, 1, 0)
    R(MOVW_UABS_G0,                           263, ABS, 4, 0, 1)
    R(MOVW_UABS_G0_NC,                        264, ABS, 4, 0, 1)
    R(MOVW_UABS_G1,                           265, ABS, 4, 0, 1)
    R(MOVW_UABS_G1_NC,                        266, ABS, 4, 0, 1)
    R(MOVW_UABS_G2,                           267, ABS, 4, 0, 1)
    R(MOVW_UABS_G2_NC,                        268, ABS, 4, 0, 1)
    R(MOVW_UABS_G3,                           269, ABS, 4, 0, 1)
    R(MOVW_SABS_G0,                           270, ABS, 4, 0, 1)
    R(MOVW_SABS_G1,                           271, ABS, 4, 0, 1)
    R(MOVW_SABS_G2,                           272, ABS, 4, 0, 1)
    R(LD_PREL_LO19,                           273, PC,  4, 1, 1)
    R(ADR_PREL_LO21,                          274, PC,  4, 1, 1)
    R(ADR_PREL_PG_HI21,                       275, PAGE, 4, 1, 1)
    R(ADR_PREL_PG_HI21_NC,                    276, PAGE, 4, 1, 1)
    R(ADD_ABS_LO12_NC,                        277, PAGE, 4, 0, 1)
    R(LDST8_ABS_LO12_NC,                      278, PAGE, 4, 0, 1)
    R(TSTBR14,                                279, PC,  4, 1, 1)
    R(CONDBR19,                               280, PC,  4, 1, 1)
    R(JUMP26,                                 282, PLT, 4, 1, 1)
    R(CALL26,                                 283, PLT, 4, 1, 1)
    R(LDST16_ABS_LO12_NC,                     284, PAGE, 4, 0, 1)
    R(LDST32_ABS_LO12_NC,                     285, PAGE, 4, 0, 1)
    R(LDST64_ABS_LO12_NC,                     286, PAGE, 4, 0, 1)
    R(MOVW_PREL_G0,                           287, PC,  4, 1, 1)
    R(MOVW_PREL_G0_NC,                        288, PC,  4, 1, 1)
    R(MOVW_PREL_G1,                           289, PC,  4, 1, 1)
    R(MOVW_PREL_G1_NC,                        290, PC,  4, 1, 1)
    R(MOVW_PREL_G2,                           291, PC,  4, 1, 1)
    R(MOVW_PREL_G2_NC,                        292, PC,  4, 1, 1)
    R(MOVW_PREL_G3,                           293, PC,  4, 1, 1)
    R(LDST128_ABS_LO12_NC,                    299, PAGE, 4, 0, 1)
    R(MOVW_GOTOFF_G0,                         300, GOT, 4, 0, 1)
    R(MOVW_GOTOFF_G0_NC,                      301, GOT, 4, 0, 1)
    R(MOVW_GOTOFF_G1,                         302, GOT, 4, 0, 1)
    R(MOVW_GOTOFF_G1_NC,                      303, GOT, 4, 0, 1)
    R(MOVW_GOTOFF_G2,                         304, GOT, 4, 0, 1)
    R(MOVW_GOTOFF_G2_NC,                      305, GOT, 4, 0, 1)
    R(MOVW_GOTOFF_G3,                         306, GOT, 4, 0, 1)
    R(GOTREL64,                               307, GOT, 8, 0, 0)
    R(GOTREL32,                               308, GOT, 4, 0, 0)
    R(GOT_LD_PREL19,                          309, GOT, 4, 1, 1)
    R(LD64_GOTOFF_LO15,                       310, GOT, 4, 0, 1)
    R(ADR_GOT_PAGE,                           311, GOT, 4, 1, 1)
    R(LD64_GOT_LO12_NC,                       312, GOT, 4, 0, 1)
    R(LD64_GOTPAGE_LO15,                      313, GOT, 4, 0, 1)
    R(PLT32,                                  314, PLT, 4, 1, 0)
    R(GOTPCREL32,                             315, GOT, 4, 1, 0)
    R(TLSGD_ADR_PREL21,                       512, TLS, 4, 1, 1)
    R(TLSGD_ADR_PAGE21,                       513, TLS, 4, 1, 1)
    R(TLSGD_ADD_LO12_NC,                      514, TLS, 4, 0, 1)
    R(TLSGD_MOVW_G1,                          515, TLS, 4, 0, 1)
    R(TLSGD_MOVW_G0_NC,                       516, TLS, 4, 0, 1)
    R(TLSLD_ADR_PREL21,                       517, TLS, 4, 1, 1)
    R(TLSLD_ADR_PAGE21,                       518, TLS, 4, 1, 1)
    R(TLSLD_ADD_LO12_NC,                      519, TLS, 4, 0, 1)
    R(TLSLD_MOVW_G1,                          520, TLS, 4, 0, 1)
    R(TLSLD_MOVW_G0_NC,                       521, TLS, 4, 0, 1)
    R(TLSLD_LD_PREL19,                        522, TLS, 4, 1, 1)
    R(TLSLD_MOVW_DTPREL_G2,                   523, TLS, 4, 0, 1)
    R(TLSLD_MOVW_DTPREL_G1,                   524, TLS, 4, 0, 1)
    R(TLSLD_MOVW_DTPREL_G1_NC,                525, TLS, 4, 0, 1)
    R(TLSLD_MOVW_DTPREL_G0,                   526, TLS, 4, 0, 1)
    R(TLSLD_MOVW_DTPREL_G0_NC,                527, TLS, 4, 0, 1)
    R(TLSLD_ADD_DTPREL_HI12,                  528, TLS, 4, 0, 1)
    R(TLSLD_ADD_DTPREL_LO12,                  529, TLS, 4, 0, 1)
    R(TLSLD_ADD_DTPREL_LO12_NC,               530, TLS, 4, 0, 1)
    R(TLSLD_LDST8_DTPREL_LO12,                531, TLS, 4, 0, 1)
    R(TLSLD_LDST8_DTPREL_LO12_NC,             532, TLS, 4, 0, 1)
    R(TLSLD_LDST16_DTPREL_LO12,               533, TLS, 4, 0, 1)
    R(TLSLD_LDST16_DTPREL_LO12_NC,            534, TLS, 4, 0, 1)
    R(TLSLD_LDST32_DTPREL_LO12,               535, TLS, 4, 0, 1)
    R(TLSLD_LDST32_DTPREL_LO12_NC,            536, TLS, 4, 0, 1)
    R(TLSLD_LDST64_DTPREL_LO12,               537, TLS, 4, 0, 1)
    R(TLSLD_LDST64_DTPREL_LO12_NC,            538, TLS, 4, 0, 1)
    R(TLSIE_MOVW_GOTTPREL_G1,                 539, TLS, 4, 0, 1)
    R(TLSIE_MOVW_GOTTPREL_G0_NC,              540, TLS, 4, 0, 1)
    R(TLSIE_ADR_GOTTPREL_PAGE21,              541, TLS, 4, 1, 1)
    R(TLSIE_LD64_GOTTPREL_LO12_NC,            542, TLS, 4, 0, 1)
    R(TLSIE_LD_GOTTPREL_PREL19,               543, TLS, 4, 1, 1)
    R(TLSLE_MOVW_TPREL_G2,                    544, TLS, 4, 0, 1)
    R(TLSLE_MOVW_TPREL_G1,                    545, TLS, 4, 0, 1)
    R(TLSLE_MOVW_TPREL_G1_NC,                 546, TLS, 4, 0, 1)
    R(TLSLE_MOVW_TPREL_G0,                    547, TLS, 4, 0, 1)
    R(TLSLE_MOVW_TPREL_G0_NC,                 548, TLS, 4, 0, 1)
    R(TLSLE_ADD_TPREL_HI12,                   549, TLS, 4, 0, 1)
    R(TLSLE_ADD_TPREL_LO12,                   550, TLS, 4, 0, 1)
    R(TLSLE_ADD_TPREL_LO12_NC,                551, TLS, 4, 0, 1)
    R(TLSLE_LDST8_TPREL_LO12,                 552, TLS, 4, 0, 1)
    R(TLSLE_LDST8_TPREL_LO12_NC,              553, TLS, 4, 0, 1)
    R(TLSLE_LDST16_TPREL_LO12,                554, TLS, 4, 0, 1)
    R(TLSLE_LDST16_TPREL_LO12_NC,             555, TLS, 4, 0, 1)
    R(TLSLE_LDST32_TPREL_LO12,                556, TLS, 4, 0, 1)
    R(TLSLE_LDST32_TPREL_LO12_NC,             557, TLS, 4, 0, 1)
    R(TLSLE_LDST64_TPREL_LO12,                558, TLS, 4, 0, 1)
    R(TLSLE_LDST64_TPREL_LO12_NC,             559, TLS, 4, 0, 1)
    R(TLSDESC_LD_PREL19,                      560, TLS, 4, 1, 1)
    R(TLSDESC_ADR_PREL21,                     561, TLS, 4, 1, 1)
    R(TLSDESC_ADR_PAGE21,                     562, TLS, 4, 1, 1)
    R(TLSDESC_LD64_LO12,                      563, TLS, 4, 0, 1)
    R(TLSDESC_ADD_LO12,                       564, TLS, 4, 0, 1)
    R(TLSDESC_OFF_G1,                         565, TLS, 4, 0, 1)
    R(TLSDESC_OFF_G0_NC,                      566, TLS, 4, 0, 1)
    R(TLSDESC_LDR,                            567, HINT, 0, 0, 0)
    R(TLSDESC_ADD,                            568, HINT, 0, 0, 0)
    R(TLSDESC_CALL,                           569, HINT, 0, 0, 0)
    R(TLSLE_LDST128_TPREL_LO12,               570, TLS, 4, 0, 1)
    R(TLSLE_LDST128_TPREL_LO12_NC,            571, TLS, 4, 0, 1)
    R(TLSLD_LDST128_DTPREL_LO12,              572, TLS, 4, 0, 1)
    R(TLSLD_LDST128_DTPREL_LO12_NC,           573, TLS, 4, 0, 1)
    R(COPY,                                  1024, ABS, 0, 0, 0)
    R(GLOB_DAT,                              1025, ABS, 8, 0, 0)
    R(JUMP_SLOT,                             1026, ABS, 8, 0, 0)
    R(RELATIVE,                              1027, ABS, 8, 0, 0)
    R(TLS_DTPMOD,                            1028, TLS, 8, 0, 0)
    R(TLS_DTPREL,                            1029, TLS, 8, 0, 0)
    R(TLS_TPREL,                             1030, TLS, 8, 0, 0)
    R(TLSDESC,                               1031, TLS, 8, 0, 0)
    R(IRELATIVE,                             1032, ABS, 8, 0, 0)
};
/* clang-format on */
#undef R

const struct rp_arch rp_arch_aarch64 = {
    .name = "aarch64",
    .machine = EM_AARCH64,
    .elf_class = ELFCLASS64,
    .rela = true,
    .abs_word = R_AARCH64_ABS64,
    .relocs = relocs,
    .n_relocs = sizeof relocs / sizeof relocs[0],
    .load_addend = rp_arch_load_plain,
    .store_addend = rp_arch_store_plain,
    .pc_bias = 0,
    .default_emulation = "aarch64linux",
};
