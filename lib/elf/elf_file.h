/* elf_file.h: a checked, uniform view of an ELF file in memory.
 *
 * rp_elf_open checks every bound once (header, section table, string tables, symbol tables,
 * SYMTAB_SHNDX, relocation entsize/link/info/symbol numbers and r_offset, groups, link order);
 * after that nobody checks again. 64-bit little-endian tables are used in place; 32-bit ones are
 * translated (by libelf) to the same records in memory that the view owns. All records are packed,
 * because archive members are only 2-byte aligned.
 *
 * Supported: EM_X86_64 and EM_AARCH64 (ELFCLASS64, LE), EM_386 and EM_ARM (ELFCLASS32, LE).
 * Everything else is REAP_ERR_UNSUPPORTED with a message.
 */
#ifndef RP_ELF_ELF_FILE_H
#define RP_ELF_ELF_FILE_H

#include "util/arena.h"
#include "util/ctx.h"

#include <elf.h> /* constants only; the records are those below */
#include <stdbool.h>
#include <stdint.h>

/* Layout of Elf64_Shdr, Elf64_Sym, Elf64_Rela (gABI), without alignment. */
struct rp_shdr {
    uint32_t name, type;
    uint64_t flags, addr, offset, size;
    uint32_t link, info;
    uint64_t addralign, entsize;
} __attribute__((packed));

struct rp_sym {
    uint32_t name;
    uint8_t info, other;
    uint16_t shndx16; /* use rp_sym_shndx() */
    uint64_t value, size;
} __attribute__((packed));

struct rp_rela {
    uint64_t offset;
    uint32_t type, sym; /* r_info of a little-endian 64-bit file is (type, sym) */
    int64_t addend;     /* 0 for SHT_REL: see arch.h for the addend in the contents */
} __attribute__((packed));

/* Section numbers after SHN_XINDEX is resolved; the special ones are moved out of the way. */
#define RP_SHN_UNDEF  0u
#define RP_SHN_ABS    0xfffffff1u
#define RP_SHN_COMMON 0xfffffff2u
#define RP_SHN_OTHER  0xfffffff3u /* a processor's or OS's own number: keep the file untouched */

/* Not yet in glibc 2.36's <elf.h> (gABI; LLVM's extensions). */
#define RP_ELFCOMPRESS_ZSTD    2u
#define RP_SHT_LLVM_ADDRSIG    0x6fff4c03u
#define RP_SHT_LLVM_CALL_GRAPH 0x6fff4c09u /* SHT_LLVM_CALL_GRAPH_PROFILE */
#define RP_SHT_LLVM_LTO        0x6fff4c0cu
#define RP_SHT_CREL            0x40000014u

struct rp_elf {
    const char *name;    /* for messages: "path" or "archive(member)"; owned by the caller */
    const uint8_t *data; /* the whole file image; owned by the caller */
    uint64_t size;       /* bytes */
    uint16_t type, machine;
    uint8_t elf_class, osabi, abiversion;
    uint32_t flags; /* e_flags */
    uint64_t entry;

    uint32_t n_sections; /* section numbers are [0, n_sections); 0 is the null section */
    const struct rp_shdr *shdrs;
    const char *shstrtab; /* NUL-terminated at shstrtab_size - 1 */
    uint64_t shstrtab_size;
    uint32_t shstrndx;

    uint32_t symtab; /* section number of SHT_SYMTAB (ET_REL), of SHT_DYNSYM for ET_DYN; 0 = none */
    uint32_t symtab_shndx; /* section number of its SHT_SYMTAB_SHNDX, 0 = none */
    uint32_t n_symbols, first_global;
    const struct rp_sym *syms;
    const uint8_t *xindex; /* n_symbols 32-bit little-endian numbers, or NULL */
    const char *strtab;    /* NUL-terminated at strtab_size - 1 */
    uint64_t strtab_size;

    /* ET_DYN only, else empty: */
    const char *soname;  /* or NULL */
    const char **needed; /* DT_NEEDED names, n_needed of them */
    uint32_t n_needed;
    const uint16_t *versym; /* DT_VERSYM in symbol order, unaligned little-endian, or NULL */

    struct rp_arena arena; /* translated tables */
    struct rp_xrel *xrels; /* translated relocation sections, by rising section number */
    uint32_t n_xrels;
};

/* A relocation section that could not be used in place: any of a 32-bit file, and SHT_REL. */
struct rp_xrel {
    uint32_t shndx, n; /* section number, number of records */
    const struct rp_rela *recs;
};

/* Check `data` and fill *elf. On failure *elf needs no close. `data` must stay mapped until
 * rp_elf_close. Accepts ET_REL, ET_DYN and ET_EXEC.
 *
 * REAP_ERR_INPUT: malformed. REAP_ERR_UNSUPPORTED: another machine or file type, or well-formed
 * with something that would hide references from us (SHT_CREL, two relocation sections for one
 * section). That is told as a warning, not as an error: such a file can be linked untouched.
 *
 * What holds afterwards for an ET_REL: every name offset is inside its string table; contents
 * ranges are inside the file and do not overlap (NOBITS excepted); sh_link of every section is a
 * section number; symbols before first_global are STB_LOCAL and the others are not; section
 * numbers of symbols are in range or one of RP_SHN_*; a section has at most one relocation
 * section, r_sym is in range, r_offset is below the (uncompressed) size of the section, or equal
 * to it for an R_*_NONE; group members are in range and in one group only.
 * For ET_DYN and ET_EXEC only the dynamic symbols, their names, and the ranges of sections are
 * checked: of a symbol's section number use only whether it is RP_SHN_UNDEF, and look at the
 * binding instead of first_global (some producers mix them). */
enum reap_status rp_elf_open(struct rp_ctx *ctx, struct rp_elf *elf, const char *name,
                             const uint8_t *data, uint64_t size);
void rp_elf_close(struct rp_elf *elf);

static inline const char *rp_elf_shname(const struct rp_elf *e, uint32_t shndx)
{
    return e->shstrtab + e->shdrs[shndx].name;
}
static inline const char *rp_elf_symname(const struct rp_elf *e, uint32_t sym)
{
    return e->strtab + e->syms[sym].name;
}
/* Section number of a symbol, SHN_XINDEX resolved, special numbers as RP_SHN_*. */
static inline uint32_t rp_sym_shndx(const struct rp_elf *e, uint32_t sym)
{
    uint32_t n = e->syms[sym].shndx16;
    if (n < SHN_LORESERVE)
        return n;
    if (n == SHN_XINDEX && e->xindex) {
        const uint8_t *p = e->xindex + 4 * (uint64_t)sym;
        return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    }
    return n == SHN_ABS ? RP_SHN_ABS : n == SHN_COMMON ? RP_SHN_COMMON : RP_SHN_OTHER;
}
static inline unsigned rp_sym_bind(const struct rp_sym *s)
{
    return s->info >> 4;
}
static inline unsigned rp_sym_type(const struct rp_sym *s)
{
    return s->info & 15;
}
static inline unsigned rp_sym_vis(const struct rp_sym *s)
{
    return s->other & 3;
}

/* The name that identifies the SHT_GROUP section `sh`: its symbol's, or, for the section symbols
 * that older assemblers used, its section's (gABI, Section Groups). NULL: it has none. */
static inline const char *rp_elf_group_signature(const struct rp_elf *e, const struct rp_shdr *sh)
{
    if (!e->symtab || sh->link != e->symtab || sh->info >= e->n_symbols)
        return NULL;
    const char *name = rp_elf_symname(e, sh->info);
    if (!*name && (e->syms[sh->info].info & 15) == STT_SECTION) {
        uint32_t shndx = rp_sym_shndx(e, sh->info);
        if (shndx < e->n_sections)
            name = rp_elf_shname(e, shndx);
    }
    return name;
}

/* Raw file bytes of a section (still compressed if SHF_COMPRESSED); NULL for SHT_NOBITS. */
static inline const uint8_t *rp_elf_bytes(const struct rp_elf *e, uint32_t shndx)
{
    return e->shdrs[shndx].type == SHT_NOBITS ? NULL : e->data + e->shdrs[shndx].offset;
}

/* The relocations of the SHT_RELA or SHT_REL section `shndx`: *ret_n records, in file order. For
 * 64-bit SHT_RELA this is the file itself; otherwise a translation made by rp_elf_open. */
const struct rp_rela *rp_elf_relocs(const struct rp_elf *e, uint32_t shndx, uint32_t *ret_n);
/* The first of n relocations, sorted by offset, at or above an offset, as an index; n: none. */
uint32_t rp_rela_from(const struct rp_rela *r, uint32_t n, uint64_t offset);

/* Contents of a section, decompressed when SHF_COMPRESSED (zlib, zstd where libelf has it, and
 * the older .zdebug_ names). *ret_owned is NULL or memory that the caller frees. */
enum reap_status rp_elf_contents(struct rp_ctx *ctx, const struct rp_elf *e, uint32_t shndx,
                                 const uint8_t **ret_bytes, uint64_t *ret_size, void **ret_owned);
/* Compress debug contents again as libelf does: a compression header (gABI) of the class, then
 * the stream. ch_type is ELFCOMPRESS_ZLIB or RP_ELFCOMPRESS_ZSTD; the result may be larger. */
enum reap_status rp_elf_compress(struct rp_ctx *ctx, unsigned elf_class, unsigned ch_type,
                                 uint64_t addralign, const uint8_t *bytes, uint64_t size,
                                 uint8_t **ret_owned, uint64_t *ret_size);

enum rp_magic {
    RP_MAGIC_UNKNOWN, /* a linker script, or a binary blob */
    RP_MAGIC_ELF_REL,
    RP_MAGIC_ELF_DYN,
    RP_MAGIC_ELF_EXEC,
    RP_MAGIC_ELF_OTHER, /* a machine or class that Reap does not collect */
    RP_MAGIC_ARCHIVE,
    RP_MAGIC_THIN_ARCHIVE,
    RP_MAGIC_BITCODE,
};
/* By the first bytes and, for ELF, by e_type/e_machine; never fails. */
enum rp_magic rp_magic_of(const uint8_t *data, uint64_t size);

/* Whether an opened ET_REL carries compiler IR: GCC's .gnu.lto_*, clang's .llvm.lto or
 * .llvmbc. ret_fat: it has real code as well. */
bool rp_elf_has_ir(const struct rp_elf *e, bool *ret_fat);

#endif
