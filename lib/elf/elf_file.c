/* elf_file.c: opening an ELF file, and telling what kind of file some bytes are.
 *
 * Entry: rp_elf_open, which is the order of the checks. Each stands in a file of its own.
 */
#include "elf/elf_file.h"

#include "elf/elf_internal.h"
#include "util/checked.h"

#include <string.h>

enum reap_status rp_elf_open(struct rp_ctx *ctx, struct rp_elf *elf, const char *name,
                             const uint8_t *data, uint64_t size)
{
    *elf = (struct rp_elf){.name = name, .data = data, .size = size};
    struct rp_elf_check c = {.ctx = ctx, .e = elf};
    enum reap_status st = rp_elf_read_header(&c);
    if (st == REAP_OK)
        st = rp_elf_check_sections(&c);
    if (st == REAP_OK && elf->type != ET_REL)
        st = rp_elf_read_dynamic(&c);
    if (st == REAP_OK && elf->type == ET_REL) {
        st = rp_elf_check_overlap(&c);
        if (st == REAP_OK)
            st = rp_elf_check_symbols(&c);
        if (st == REAP_OK)
            st = rp_elf_check_relocs(&c);
        if (st == REAP_OK)
            st = rp_elf_check_groups(&c);
    }
    if (st != REAP_OK)
        rp_elf_close(elf);
    return st;
}

void rp_elf_close(struct rp_elf *elf)
{
    rp_arena_free(&elf->arena);
    memset(elf, 0, sizeof *elf);
}

static enum rp_magic elf_magic(const uint8_t *p, uint64_t size)
{
    if (size < 20 || p[EI_DATA] != ELFDATA2LSB)
        return RP_MAGIC_ELF_OTHER;
    unsigned type = rp_load16(p + 16), machine = rp_load16(p + 18);
    bool known = p[EI_CLASS] == ELFCLASS64   ? machine == EM_X86_64 || machine == EM_AARCH64
                 : p[EI_CLASS] == ELFCLASS32 ? machine == EM_386 || machine == EM_ARM
                                             : false;
    if (!known)
        return RP_MAGIC_ELF_OTHER;
    return type == ET_REL    ? RP_MAGIC_ELF_REL
           : type == ET_DYN  ? RP_MAGIC_ELF_DYN
           : type == ET_EXEC ? RP_MAGIC_ELF_EXEC
                             : RP_MAGIC_ELF_OTHER;
}

enum rp_magic rp_magic_of(const uint8_t *data, uint64_t size)
{
    /* LLVM bitcode, bare or in the wrapper for Darwin (LLVM Bitcode File Format). */
    static const uint8_t bitcode[4] = {'B', 'C', 0xc0, 0xde};
    static const uint8_t wrapper[4] = {0xde, 0xc0, 0x17, 0x0b};
    if (size >= 8 && memcmp(data, "!<arch>\n", 8) == 0)
        return RP_MAGIC_ARCHIVE;
    if (size >= 8 && memcmp(data, "!<thin>\n", 8) == 0)
        return RP_MAGIC_THIN_ARCHIVE;
    if (size >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0)
        return elf_magic(data, size);
    if (size >= 4 && (memcmp(data, bitcode, 4) == 0 || memcmp(data, wrapper, 4) == 0))
        return RP_MAGIC_BITCODE;
    return RP_MAGIC_UNKNOWN;
}

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool rp_elf_has_ir(const struct rp_elf *e, bool *ret_fat)
{
    bool ir = false, code = false;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        const struct rp_shdr *s = &e->shdrs[i];
        const char *name = rp_elf_shname(e, i);
        if (has_prefix(name, ".gnu.lto_") || s->type == RP_SHT_LLVM_LTO ||
            strcmp(name, ".llvm.lto") == 0 || strcmp(name, ".llvmbc") == 0)
            ir = true;
        else if ((s->flags & SHF_ALLOC) && s->size && s->type != SHT_NOTE)
            code = true;
    }
    if (ret_fat)
        *ret_fat = ir && code;
    return ir;
}
