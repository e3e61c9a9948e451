/* elf_internal.h: what the files of lib/elf share about opening an ELF file. */
#ifndef RP_ELF_ELF_INTERNAL_H
#define RP_ELF_ELF_INTERNAL_H

#include "elf/elf_file.h"

/* One opening: the view under construction and where to complain. */
struct rp_elf_check {
    struct rp_ctx *ctx;
    struct rp_elf *e;
};

/* "file: .section"; the section's name must have been checked. */
static inline struct rp_where rp_elf_at(const struct rp_elf *e, uint32_t shndx)
{
    return (struct rp_where){.file = e->name, .section = rp_elf_shname(e, shndx)};
}

/* The steps of rp_elf_open, in this order; each relies on those before it. */
enum reap_status rp_elf_read_header(struct rp_elf_check *c);    /* elf_header.c */
enum reap_status rp_elf_check_sections(struct rp_elf_check *c); /* elf_sections.c */
enum reap_status rp_elf_check_overlap(struct rp_elf_check *c);  /* elf_sections.c */
enum reap_status rp_elf_check_symbols(struct rp_elf_check *c);  /* elf_symbols.c */
enum reap_status rp_elf_check_relocs(struct rp_elf_check *c);   /* elf_relocs.c */
enum reap_status rp_elf_check_groups(struct rp_elf_check *c);   /* elf_sections.c */
enum reap_status rp_elf_read_dynamic(struct rp_elf_check *c);   /* elf_dynamic.c */

/* Use section `symtab` (SHT_SYMTAB or SHT_DYNSYM) as the file's symbol table. */
enum reap_status rp_elf_use_symtab(struct rp_elf_check *c, uint32_t symtab);
/* Point *ret_str at a string table; an empty one reads as "". Its range has been checked. */
enum reap_status rp_elf_use_strtab(struct rp_elf_check *c, uint32_t shndx, const char **ret_str,
                                   uint64_t *ret_size);
/* n symbols of the file's class at `bytes` as rp_sym records: in place, or translated into the
 * arena. NULL when out of memory. */
const struct rp_sym *rp_elf_translate_syms(struct rp_elf *e, const uint8_t *bytes, uint64_t n);

/* How a section is compressed, from its header. */
struct rp_compression {
    bool is_compressed;
    unsigned type;         /* ELFCOMPRESS_* */
    uint64_t size;         /* bytes when decompressed */
    const uint8_t *stream; /* the compressed bytes */
    uint64_t stream_size;
};
/* REAP_ERR_INPUT when the header is cut off or promises more than the stream can hold. */
enum reap_status rp_elf_compression(struct rp_ctx *ctx, const struct rp_elf *e, uint32_t shndx,
                                    struct rp_compression *ret);

/* libelf's translation of n records of `type` (an Elf_Type) of a 32-bit little-endian file to
 * memory (xlate.c). False when libelf refuses. */
bool rp_xlate32(int type, void *dst, uint64_t dst_size, const uint8_t *src, uint64_t src_size);

#endif
