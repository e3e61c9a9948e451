/* emit.h: lay out and encode an ET_REL from a list of sections.
 *
 * The caller gives sections in their final order with final numbers in link/info and in the
 * symbols; emit writes header, contents, string tables and section table for either class, with
 * extended numbering (e_shnum = 0, SHN_XINDEX, SYMTAB_SHNDX) where the counts ask for it. Same
 * input, same bytes. Encoding goes through libelf's translators for 32-bit classes.
 */
#ifndef RP_ELF_EMIT_H
#define RP_ELF_EMIT_H

#include "elf/elf_file.h"
#include "util/arena.h"
#include "util/ctx.h"
#include "util/strbuf.h"

/* A section to write. `bytes` for everything but NOBITS, symbols and relocations. */
struct rp_emit_section {
    const char *name;
    uint32_t type, link, info;
    uint64_t flags, addr, addralign, entsize;
    uint64_t size;                /* NOBITS and bytes */
    const uint8_t *bytes;         /* borrowed */
    const struct rp_rela *relocs; /* SHT_RELA or SHT_REL (addend ignored): n_relocs records */
    uint32_t n_relocs;
};

struct rp_emit_symbol {
    const char *name; /* borrowed; stored once, shared with tails of section names (strtab.c) */
    uint8_t info, other;
    uint32_t shndx; /* final number or RP_SHN_UNDEF/ABS/COMMON */
    uint64_t value, size;
};

struct rp_emit {
    const struct rp_elf *like; /* class, machine, osabi, flags come from here */
    const struct rp_emit_section *sections;
    uint32_t n_sections;                  /* numbers 1..n_sections are given to sections[0..] */
    const struct rp_emit_symbol *symbols; /* number 0 is implicit; symbols[0] is number 1 */
    uint32_t n_symbols, n_locals;         /* n_locals of them, the null symbol not counted */
    uint32_t symtab;       /* which section number is .symtab, 0 = none; contents made by emit */
    uint32_t strtab;       /* … its .strtab */
    uint32_t shstrtab;     /* … .shstrtab (may equal strtab) */
    uint32_t symtab_shndx; /* … .symtab_shndx, or 0: the caller adds one when emit_needs_xindex */
};

/* Whether any symbol's section number needs SYMTAB_SHNDX. */
bool rp_emit_needs_xindex(const struct rp_emit *e);

/* Append the object to `out`, where it starts at the end of what is there (callers see to the
 * alignment that they want). Working memory comes from the arena. On failure `out` is as it was.
 * See rp_emit_object. */
enum reap_status rp_emit_append(struct rp_ctx *ctx, const struct rp_emit *e, struct rp_arena *arena,
                                struct rp_strbuf *out);
/* *ret_bytes is malloc'd, *ret_size bytes. entsize of symbol and relocation tables, link and info
 * of the symbol table and link of its SHT_SYMTAB_SHNDX are set here, whatever the caller says.
 * Sections stand in the file in the order of their numbers. REAP_ERR_INTERNAL when the input
 * contradicts itself or does not fit into the class. */
enum reap_status rp_emit_object(struct rp_ctx *ctx, const struct rp_emit *e, uint8_t **ret_bytes,
                                uint64_t *ret_size);

#endif
