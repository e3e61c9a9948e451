/* arch.h: what differs between machines, behind a vtable. */
#ifndef RP_ARCH_ARCH_H
#define RP_ARCH_ARCH_H

#include "elf/elf_file.h"

#include <stdbool.h>
#include <stdint.h>

enum rp_reloc_class {
    RP_REL_NONE, /* R_*_NONE: keeps its target alive all the same (".reloc 0, R_X_NONE, sym") */
    RP_REL_ABS,  /* S + A */
    RP_REL_PC,   /* S + A - P */
    RP_REL_GOT,  /* through the GOT */
    RP_REL_PLT,  /* a call that may go through the PLT */
    RP_REL_TLS,
    RP_REL_SIZE,   /* st_size of the symbol */
    RP_REL_PAGE,   /* page of S + A (aarch64 ADRP) or its low bits */
    RP_REL_HINT,   /* relaxation and TLS descriptor call marks, no target of their own */
    RP_REL_UNKNOWN /* the file is kept untouched */
};

struct rp_reloc_info {
    const char *name; /* "R_X86_64_PC32" */
    uint8_t cls;      /* enum rp_reloc_class */
    uint8_t width;    /* bytes of the field: 1, 2, 4, 8; 0 for NONE and HINT */
    bool pcrel;
    bool insn; /* the field is a bit-field of an instruction, not a plain integer */
};

struct rp_arch {
    const char *name; /* "x86-64" */
    uint16_t machine;
    uint8_t elf_class;
    bool rela;         /* what its ABI uses; the section type decides for each section */
    uint32_t abs_word; /* the relocation that stores a word: R_X86_64_64, … */
    const struct rp_reloc_info *relocs;
    uint32_t n_relocs; /* relocs[type]; types beyond are UNKNOWN; holes have name NULL */
    /* For SHT_REL: the addend in the contents, and storing one. `field` has `width` bytes. */
    int64_t (*load_addend)(const struct rp_reloc_info *info, const uint8_t *field);
    /* false when the value does not fit */
    bool (*store_addend)(const struct rp_reloc_info *info, uint8_t *field, int64_t addend);
    /* When a PC-relative relocation in *code* names a section symbol, the distance between the
     * field and the place that the addend counts from: 4 on x86 (fields are followed by the next
     * instruction; -4 is in the addend), 0 on aarch64. Never for data. */
    int pc_bias;
    /* PC-relative addends count from a place that the field does not tell: pieces of a split
     * section that one names by the section's symbol stay together. */
    bool pc_loose;
    bool insn_addends; /* load_addend and store_addend know the bit-fields of instructions */
    const char *default_emulation; /* "elf_x86_64" */
};

const struct rp_arch *rp_arch_of(uint16_t machine, uint8_t elf_class); /* NULL: unsupported */
const struct rp_reloc_info *rp_reloc_info(const struct rp_arch *a, uint32_t type); /* never NULL */

/* The addend of relocation r of a section (number shndx) whose relocations are of type
 * SHT_RELA or SHT_REL: from the record or from the contents. */
int64_t rp_reloc_addend(const struct rp_arch *a, const struct rp_elf *e, uint32_t shndx,
                        uint32_t rel_type, const struct rp_rela *r);

#endif
