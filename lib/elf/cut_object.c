/* cut_object.c: cut references out of an object, to see what a link without them is like.
 *
 * How: the string table is copied to the end of the file with the new names behind it, and the
 * symbols name those; every other byte stays. A reference to a stub that is called is an illegal
 * instruction, which nobody can mistake for a result.
 *
 * Entries: rp_cut_object, rp_stub_object.
 */
#include "elf/cut_object.h"

#include "elf/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void store(uint8_t *p, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        p[i] = (uint8_t)(value >> (8 * i)); /* all supported machines are little-endian */
}

static uint64_t load(const uint8_t *p, unsigned n_bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < n_bytes; i++)
        value |= (uint64_t)p[i] << (8 * i);
    return value;
}

static bool is_wanted(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

/* Point the section header of the string table to its copy (gABI, Section Header). */
static void move_strtab(const struct rp_elf *elf, uint8_t *bytes, uint32_t strtab, uint64_t offset,
                        uint64_t size)
{
    bool wide = elf->elf_class == ELFCLASS64;
    uint64_t table = wide ? load(bytes + 0x28, 8) : load(bytes + 0x20, 4);
    uint64_t entry = wide ? load(bytes + 0x3a, 2) : load(bytes + 0x2e, 2);
    uint8_t *header = bytes + table + entry * strtab;
    store(header + (wide ? 24 : 16), offset, wide ? 8 : 4);
    store(header + (wide ? 32 : 20), size, wide ? 8 : 4);
}

enum reap_status rp_cut_object(struct rp_ctx *ctx, const struct rp_elf *elf,
                               const char *const *names, size_t n, uint8_t **ret_bytes,
                               uint64_t *ret_size, size_t *ret_n)
{
    uint64_t more = 0, offset = (elf->size + 7) & ~UINT64_C(7);
    uint64_t entry = elf->elf_class == ELFCLASS64 ? 24 : 16;
    size_t n_renamed = 0;
    if (!elf->symtab)
        return rp_fail(ctx, REAP_ERR_INPUT, "cannot-cut", rp_at(elf->name), "no symbol table");
    for (size_t i = 0; i < n; i++)
        more += strlen(names[i]) + sizeof RP_STUB_PREFIX;
    uint8_t *bytes = calloc(1, offset + elf->strtab_size + more);
    if (!bytes)
        return rp_nomem(ctx);
    memcpy(bytes, elf->data, elf->size);
    memcpy(bytes + offset, elf->strtab, elf->strtab_size);
    uint64_t end = elf->strtab_size;
    for (uint32_t i = elf->first_global; i < elf->n_symbols && end < elf->strtab_size + more; i++) {
        const char *name = rp_elf_symname(elf, i);
        if (rp_sym_shndx(elf, i) != RP_SHN_UNDEF || !is_wanted(name, names, n))
            continue;
        store(bytes + elf->shdrs[elf->symtab].offset + entry * i, end, 4);
        char *to = (char *)bytes + offset + end;
        memcpy(to, RP_STUB_PREFIX, sizeof RP_STUB_PREFIX - 1);
        memcpy(to + sizeof RP_STUB_PREFIX - 1, name, strlen(name) + 1);
        end += strlen(name) + sizeof RP_STUB_PREFIX;
        n_renamed++;
    }
    move_strtab(elf, bytes, elf->shdrs[elf->symtab].link, offset, end);
    *ret_bytes = bytes;
    *ret_size = offset + end;
    *ret_n = n_renamed;
    return REAP_OK;
}

enum reap_status rp_stub_object(struct rp_ctx *ctx, const struct rp_elf *like,
                                const char *const *names, size_t n, uint8_t **ret_bytes,
                                uint64_t *ret_size)
{
    static const uint8_t ud2[] = {0x0f, 0x0b, 0x0f, 0x0b}, brk[] = {0x00, 0x00, 0x20, 0xd4},
                         udf[] = {0xf0, 0x00, 0xf0, 0xe7};
    struct rp_emit_section sections[] = {
        {.name = RP_STUB_SECTION,
         .type = SHT_PROGBITS,
         .flags = SHF_ALLOC | SHF_EXECINSTR,
         .addralign = 4,
         .size = sizeof ud2,
         .bytes = like->machine == EM_AARCH64 ? brk
                  : like->machine == EM_ARM   ? udf
                                              : ud2},
        {.name = ".note.GNU-stack", .type = SHT_PROGBITS, .addralign = 1, .bytes = ud2},
        {.name = ".symtab", .type = SHT_SYMTAB, .addralign = 8},
        {.name = ".strtab", .type = SHT_STRTAB, .addralign = 1},
    };
    struct rp_emit_symbol *symbols = calloc(n + 1, sizeof *symbols);
    char **stubs = calloc(n + 1, sizeof *stubs);
    bool ok = symbols && stubs;
    for (size_t i = 0; ok && i < n; i++) {
        size_t size = strlen(names[i]) + sizeof RP_STUB_PREFIX;
        stubs[i] = malloc(size);
        ok = stubs[i] != NULL;
        if (!ok)
            break;
        snprintf(stubs[i], size, "%s%s", RP_STUB_PREFIX, names[i]);
        symbols[i] = (struct rp_emit_symbol){.name = stubs[i], .info = STB_GLOBAL << 4, .shndx = 1};
    }
    struct rp_emit emit = {
        .like = like,
        .sections = sections,
        .n_sections = 4,
        .symbols = symbols,
        .n_symbols = (uint32_t)n,
        .symtab = 3,
        .strtab = 4,
        .shstrtab = 4,
    };
    enum reap_status st = ok ? rp_emit_object(ctx, &emit, ret_bytes, ret_size) : rp_nomem(ctx);
    for (size_t i = 0; stubs && i < n; i++)
        free(stubs[i]);
    free(stubs);
    free(symbols);
    return st;
}

uint64_t rp_image_bytes(const struct rp_elf *elf)
{
    uint64_t sum = 0;
    for (uint32_t i = 1; i < elf->n_sections; i++) {
        const struct rp_shdr *s = &elf->shdrs[i];
        /* .tbss takes no room of its own in the image */
        if ((s->flags & SHF_ALLOC) && !(s->type == SHT_NOBITS && (s->flags & SHF_TLS)))
            sum += s->size;
    }
    return sum;
}
