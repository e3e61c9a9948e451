/* elf_header.c: the ELF header, the section table and the names of sections (gABI, ELF Header and
 * Sections).
 *
 * Decides what the file is before it judges it: a well-formed file of another machine is
 * unsupported, not malformed. 64-bit section headers are used where they lie; 32-bit ones are
 * translated by libelf and widened.
 */
#include "elf/elf_internal.h"

#include "util/checked.h"

#include <libelf.h>
#include <string.h>

#define BAD(c, code, ...) rp_fail((c)->ctx, REAP_ERR_INPUT, code, rp_at((c)->e->name), __VA_ARGS__)

/* The fields of either class's header that are needed. */
struct header {
    uint64_t shoff;
    uint32_t version;
    uint16_t ehsize, shentsize, shnum, shstrndx;
};

static uint16_t half(const uint8_t *p, bool big_endian)
{
    /* not a conditional expression: gcc 12 warns of its type under the sanitizers */
    if (big_endian)
        return (uint16_t)(p[0] << 8 | p[1]);
    return rp_load16(p);
}

static enum reap_status unsupported(struct rp_elf_check *c, const char *code, const char *what,
                                    unsigned value)
{
    rp_warn(c->ctx, code, rp_at(c->e->name), "%s %u is not supported", what, value);
    return REAP_ERR_UNSUPPORTED;
}

/* e_ident, e_type and e_machine: is it an ELF file, and one for us? */
static enum reap_status check_ident(struct rp_elf_check *c)
{
    struct rp_elf *e = c->e;
    const uint8_t *p = e->data;
    if (e->size < EI_NIDENT || memcmp(p, ELFMAG, SELFMAG) != 0)
        return BAD(c, "not-elf", "is not an ELF file");
    if (p[EI_CLASS] != ELFCLASS32 && p[EI_CLASS] != ELFCLASS64)
        return BAD(c, "bad-elf-header", "unknown ELF class %u", p[EI_CLASS]);
    if (p[EI_DATA] != ELFDATA2LSB && p[EI_DATA] != ELFDATA2MSB)
        return BAD(c, "bad-elf-header", "unknown data encoding %u", p[EI_DATA]);
    if (p[EI_VERSION] != EV_CURRENT)
        return BAD(c, "bad-elf-header", "unknown ELF version %u", p[EI_VERSION]);
    e->elf_class = p[EI_CLASS];
    e->osabi = p[EI_OSABI];
    e->abiversion = p[EI_ABIVERSION];
    uint64_t need = e->elf_class == ELFCLASS64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    if (e->size < need)
        return BAD(c, "truncated", "ends inside the ELF header");
    bool big = p[EI_DATA] == ELFDATA2MSB;
    e->type = half(p + 16, big);
    e->machine = half(p + 18, big);
    bool known = !big && ((e->machine == EM_X86_64 && e->elf_class == ELFCLASS64) ||
                          (e->machine == EM_AARCH64 && e->elf_class == ELFCLASS64) ||
                          (e->machine == EM_386 && e->elf_class == ELFCLASS32) ||
                          (e->machine == EM_ARM && e->elf_class == ELFCLASS32));
    if (!known) {
        rp_warn(c->ctx, "unsupported-machine", rp_at(e->name),
                "machine %u (%s-bit, %s-endian) is not supported", e->machine,
                e->elf_class == ELFCLASS64 ? "64" : "32", big ? "big" : "little");
        return REAP_ERR_UNSUPPORTED;
    }
    if (e->type != ET_REL && e->type != ET_DYN && e->type != ET_EXEC)
        return unsupported(c, "unsupported-type", "file type", e->type);
    return REAP_OK;
}

static struct header load_header(struct rp_elf *e)
{
    const uint8_t *p = e->data;
    struct header h = {.version = rp_load32(p + 20)};
    if (e->elf_class == ELFCLASS64) {
        e->entry = rp_load64(p + 24);
        h.shoff = rp_load64(p + 40);
        e->flags = rp_load32(p + 48);
        p += 52;
    } else {
        e->entry = rp_load32(p + 24);
        h.shoff = rp_load32(p + 32);
        e->flags = rp_load32(p + 36);
        p += 40;
    }
    h.ehsize = rp_load16(p);
    h.shentsize = rp_load16(p + 6);
    h.shnum = rp_load16(p + 8);
    h.shstrndx = rp_load16(p + 10);
    return h;
}

/* One section header of the file at p. */
static bool load_shdr(const struct rp_elf *e, const uint8_t *p, struct rp_shdr *ret)
{
    if (e->elf_class == ELFCLASS64) {
        memcpy(ret, p, sizeof *ret);
        return true;
    }
    Elf32_Shdr s;
    if (!rp_xlate32(ELF_T_SHDR, &s, sizeof s, p, sizeof s))
        return false;
    *ret = (struct rp_shdr){
        .name = s.sh_name,
        .type = s.sh_type,
        .flags = s.sh_flags,
        .addr = s.sh_addr,
        .offset = s.sh_offset,
        .size = s.sh_size,
        .link = s.sh_link,
        .info = s.sh_info,
        .addralign = s.sh_addralign,
        .entsize = s.sh_entsize,
    };
    return true;
}

/* All n_sections headers, which lie inside the file. */
static enum reap_status load_table(struct rp_elf_check *c, const uint8_t *p, uint64_t entsize)
{
    struct rp_elf *e = c->e;
    if (e->elf_class == ELFCLASS64) {
        e->shdrs = (const void *)p;
        return REAP_OK;
    }
    struct rp_shdr *t = rp_arena_alloc(&e->arena, e->n_sections * sizeof *t);
    if (!t)
        return rp_nomem(c->ctx);
    for (uint32_t i = 0; i < e->n_sections; i++)
        if (!load_shdr(e, p + i * entsize, &t[i]))
            return BAD(c, "bad-section-table", "section %u cannot be decoded", i);
    e->shdrs = t;
    return REAP_OK;
}

/* Number of sections and of the name table; section 0 holds those that do not fit into the
 * header (gABI, Extended Section Header). */
static enum reap_status read_counts(struct rp_elf_check *c, const struct header *h,
                                    uint64_t entsize)
{
    struct rp_elf *e = c->e;
    struct rp_shdr first;
    if (h->shentsize != entsize)
        return BAD(c, "bad-section-table", "section headers of %u bytes instead of %u",
                   h->shentsize, (unsigned)entsize);
    if (!rp_in_range(h->shoff, entsize, e->size))
        return BAD(c, "bad-section-table", "section table at 0x%llx lies outside the file",
                   (unsigned long long)h->shoff);
    if (!load_shdr(e, e->data + h->shoff, &first))
        return BAD(c, "bad-section-table", "section 0 cannot be decoded");
    if (first.type != SHT_NULL)
        return BAD(c, "bad-section-table", "section 0 has type 0x%x instead of SHT_NULL",
                   first.type);
    if (h->shnum >= SHN_LORESERVE)
        return BAD(c, "bad-section-table", "reserved number of sections 0x%x", h->shnum);
    uint64_t n = h->shnum ? h->shnum : first.size, bytes;
    if (n == 0 || n >= RP_SHN_ABS || !rp_mul(n, entsize, &bytes) ||
        !rp_in_range(h->shoff, bytes, e->size))
        return BAD(c, "bad-section-table",
                   "section table of %llu entries at 0x%llx does not fit into the file",
                   (unsigned long long)n, (unsigned long long)h->shoff);
    e->n_sections = (uint32_t)n;
    e->shstrndx = h->shstrndx == SHN_XINDEX ? first.link : h->shstrndx;
    if (e->shstrndx >= n)
        return BAD(c, "bad-section-table", "section names in section %u of %u", e->shstrndx,
                   e->n_sections);
    return REAP_OK;
}

/* The string table of section names, and every name in it. */
static enum reap_status read_names(struct rp_elf_check *c)
{
    struct rp_elf *e = c->e;
    e->shstrtab = "";
    e->shstrtab_size = 1;
    if (e->shstrndx) {
        const struct rp_shdr *s = &e->shdrs[e->shstrndx];
        if (s->type != SHT_STRTAB)
            return BAD(c, "bad-section-names", "the section names are in a section of type 0x%x",
                       s->type);
        if (!rp_in_range(s->offset, s->size, e->size))
            return BAD(c, "bad-section-names", "the section names lie outside the file");
        if (s->size && e->data[s->offset + s->size - 1] != '\0')
            return BAD(c, "bad-section-names", "the section names do not end in NUL");
        if (s->size) {
            e->shstrtab = (const char *)e->data + s->offset;
            e->shstrtab_size = s->size;
        }
    }
    for (uint32_t i = 0; i < e->n_sections; i++)
        if (e->shdrs[i].name >= e->shstrtab_size)
            return BAD(c, "bad-section-names", "the name of section %u is outside the name table",
                       i);
    return REAP_OK;
}

enum reap_status rp_elf_read_header(struct rp_elf_check *c)
{
    struct rp_elf *e = c->e;
    enum reap_status st = check_ident(c);
    if (st != REAP_OK)
        return st;
    struct header h = load_header(e);
    bool is64 = e->elf_class == ELFCLASS64;
    uint64_t ehsize = is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    uint64_t shentsize = is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
    if (h.version != EV_CURRENT)
        return BAD(c, "bad-elf-header", "unknown object file version %u", h.version);
    if (h.ehsize != ehsize)
        return BAD(c, "bad-elf-header", "ELF header of %u bytes instead of %u", h.ehsize,
                   (unsigned)ehsize);
    if (h.shoff == 0) {
        if (h.shnum != 0)
            return BAD(c, "bad-section-table", "%u sections but no section table", h.shnum);
        e->shstrtab = "";
        e->shstrtab_size = 1;
        return REAP_OK;
    }
    st = read_counts(c, &h, shentsize);
    if (st == REAP_OK)
        st = load_table(c, e->data + h.shoff, shentsize);
    if (st == REAP_OK)
        st = read_names(c);
    return st;
}
