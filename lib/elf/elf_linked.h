/* elf_linked.h: a checked view of a linked image that was made with its relocations kept.
 *
 * Linkers write addresses into the symbols and relocations of an image (gABI, Symbol Values). Here
 * they are turned into offsets, so that an image reads like a relocatable object: a symbol's value
 * and a relocation's offset count from the start of their section. Whatever works on objects works
 * on images then.
 */
#ifndef RP_ELF_ELF_LINKED_H
#define RP_ELF_ELF_LINKED_H

#include "elf/elf_file.h"

/* A program header, checked against the file. */
struct rp_segment {
    uint32_t type, flags;
    uint64_t offset, addr, phys, file_size, size; /* addr: p_vaddr; size: in memory */
};

/* Open an ET_EXEC or ET_DYN of a 64-bit machine as rp_elf_open does an ET_REL. What holds
 * afterwards beyond that: allocated sections do not overlap, neither in memory (.tbss excepted) nor
 * in the file; LOAD segments do not overlap; there is a symbol table. A symbol whose section does
 * not hold its address is moved to the section that does, else it is RP_SHN_ABS with its address as
 * value. Relocation sections of allocated sections are checked, translated, and sorted by offset;
 * those of others (debug information) are not to be asked for. Sections of dynamic relocations
 * (SHF_ALLOC) are data here: see rp_elf_linked_dynamic().
 *
 * REAP_ERR_UNSUPPORTED, told as an error with its remedy: no section table (packed), no symbols,
 * another machine or type. No relocations: ret_n_relocs is 0. */
enum reap_status rp_elf_open_linked(struct rp_ctx *ctx, struct rp_elf *elf, const char *name,
                                    const uint8_t *data, uint64_t size, uint32_t *ret_n_relocs);

/* The program headers: malloc'd, *ret_n of them. Only after rp_elf_open_linked. */
enum reap_status rp_elf_segments(struct rp_ctx *ctx, const struct rp_elf *e,
                                 struct rp_segment **ret, uint32_t *ret_n);

/* The records of the allocated SHT_RELA section shndx: offsets are addresses, and symbol numbers
 * are those of its own symbol table, not checked. */
const struct rp_rela *rp_elf_linked_dynamic(const struct rp_elf *e, uint32_t shndx,
                                            uint32_t *ret_n);

#endif
