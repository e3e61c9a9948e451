/* emit.c: laying out and encoding a relocatable object.
 *
 * Three steps: string tables (their sizes are needed for the layout), layout (offsets of all
 * sections in the order of their numbers, the section table last), encoding straight into one
 * buffer. Contents and 64-bit relocations are copied once; 32-bit records go through libelf's
 * translators one by one. Numbers that do not fit into their 16-bit fields go where the gABI says
 * (Extended Section Header; SHT_SYMTAB_SHNDX).
 *
 * When all names come from the old file, as they do when an object is made smaller, its string
 * tables are cut down (strcut.h); otherwise new ones are made (strtab.h), which is slower.
 */
#include "elf/emit.h"

#include "elf/elf_internal.h"
#include "elf/strcut.h"
#include "elf/strtab.h"
#include "util/checked.h"

#include <libelf.h>
#include <stdlib.h>
#include <string.h>

/* sh_offset need not be a multiple of sh_addralign (the gABI binds sh_addr alone), but readers
 * that map the file like it. Beyond a page nobody gains, and a hostile alignment would cost. */
enum { LARGEST_FILE_ALIGN = 4096 };

struct emitter {
    struct rp_ctx *ctx;
    const struct rp_emit *in;
    bool is64;
    struct rp_arena *arena;
    bool cut;                            /* the names are those of the old file */
    struct rp_strcut cut_str, cut_shstr; /* with `cut`, else: */
    struct rp_strtab str, shstr;         /* shstr unused when both are one section */
    uint32_t *section_name;              /* [n_sections] offsets in the name table */
    uint32_t *symbol_name;               /* [n_symbols] */
    uint64_t *offset;                    /* [n_sections] */
    uint64_t table, size;                /* offset of the section table; of the end: bytes */
    uint8_t *out;
};

static enum reap_status internal(const struct emitter *m, const char *what)
{
    return rp_fail(m->ctx, REAP_ERR_INTERNAL, "cannot-emit", rp_at(m->in->like->name),
                   "the object cannot be written: %s", what);
}

static uint64_t by_class(const struct emitter *m, uint64_t size32, uint64_t size64)
{
    return m->is64 ? size64 : size32;
}

static bool is_reloc(const struct rp_emit_section *s)
{
    return s->type == SHT_RELA || s->type == SHT_REL;
}

bool rp_emit_needs_xindex(const struct rp_emit *e)
{
    for (uint32_t i = 0; i < e->n_symbols; i++)
        if (e->symbols[i].shndx >= SHN_LORESERVE && e->symbols[i].shndx < RP_SHN_ABS)
            return true;
    return false;
}

/* --- string tables --------------------------------------------------------------------------- */

static bool is_shared(const struct emitter *m)
{
    return m->in->strtab == m->in->shstrtab;
}

/* Whether all names are strings of the old file's tables; notes them as used in the cuts. */
static bool use_old_names(struct emitter *m)
{
    const struct rp_emit *in = m->in;
    struct rp_strcut *names = is_shared(m) ? &m->cut_str : &m->cut_shstr;
    for (uint32_t i = 0; i < in->n_sections; i++) {
        if (!rp_strcut_has(names, in->sections[i].name))
            return false;
        rp_strcut_use(names, in->sections[i].name);
    }
    for (uint32_t i = 0; i < in->n_symbols; i++) {
        if (!rp_strcut_has(&m->cut_str, in->symbols[i].name))
            return false;
        rp_strcut_use(&m->cut_str, in->symbols[i].name);
    }
    return true;
}

static enum reap_status cut_strings(struct emitter *m)
{
    const struct rp_emit *in = m->in;
    const struct rp_elf *old = in->like;
    if (!old->strtab || !old->shstrtab || old->strtab_size >= UINT32_MAX ||
        old->shstrtab_size >= UINT32_MAX)
        return REAP_OK;
    if (!rp_strcut_init(&m->cut_str, m->arena, old->strtab, old->strtab_size) ||
        !rp_strcut_init(&m->cut_shstr, m->arena, old->shstrtab, old->shstrtab_size))
        return rp_nomem(m->ctx);
    if (!use_old_names(m))
        return REAP_OK;
    if (!rp_strcut_settle(&m->cut_str, m->arena) || !rp_strcut_settle(&m->cut_shstr, m->arena))
        return rp_nomem(m->ctx);
    const struct rp_strcut *names = is_shared(m) ? &m->cut_str : &m->cut_shstr;
    for (uint32_t i = 0; i < in->n_sections; i++)
        m->section_name[i] = rp_strcut_offset(names, in->sections[i].name);
    for (uint32_t i = 0; i < in->n_symbols; i++)
        m->symbol_name[i] = rp_strcut_offset(&m->cut_str, in->symbols[i].name);
    m->cut = true;
    return REAP_OK;
}

static enum reap_status make_strings(struct emitter *m)
{
    const struct rp_emit *in = m->in;
    struct rp_strtab *names = is_shared(m) ? &m->str : &m->shstr;
    m->section_name = rp_arena_alloc(m->arena, in->n_sections * sizeof *m->section_name);
    m->symbol_name = rp_arena_alloc(m->arena, in->n_symbols * sizeof *m->symbol_name);
    if (!m->section_name || !m->symbol_name)
        return rp_nomem(m->ctx);
    enum reap_status st = cut_strings(m);
    if (st != REAP_OK || m->cut)
        return st;
    /* Names of relocation sections first: they contain those of what they relocate. */
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < in->n_sections; i++)
            if (is_reloc(&in->sections[i]) == (pass == 0) &&
                !rp_strtab_add_section(names, in->sections[i].name, is_shared(m),
                                       &m->section_name[i]))
                return rp_nomem(m->ctx);
    for (uint32_t i = 0; i < in->n_symbols; i++)
        if (!rp_strtab_add(&m->str, in->symbols[i].name, &m->symbol_name[i]))
            return rp_nomem(m->ctx);
    return REAP_OK;
}

static uint64_t strings_size(const struct emitter *m, bool symbols)
{
    if (m->cut)
        return symbols ? m->cut_str.size : m->cut_shstr.size;
    return rp_strtab_size(symbols ? &m->str : &m->shstr);
}

static void put_strings(const struct emitter *m, bool symbols, uint8_t *out)
{
    if (m->cut)
        rp_strcut_write(symbols ? &m->cut_str : &m->cut_shstr, out);
    else
        rp_strtab_write(symbols ? &m->str : &m->shstr, out);
}

/* --- layout ---------------------------------------------------------------------------------- */

static uint64_t entry_size(const struct emitter *m, const struct rp_emit_section *s)
{
    switch (s->type) {
    case SHT_SYMTAB: return by_class(m, sizeof(Elf32_Sym), sizeof(Elf64_Sym));
    case SHT_SYMTAB_SHNDX: return 4;
    case SHT_RELA: return by_class(m, sizeof(Elf32_Rela), sizeof(Elf64_Rela));
    case SHT_REL: return by_class(m, sizeof(Elf32_Rel), sizeof(Elf64_Rel));
    default: return s->entsize;
    }
}

/* Bytes of section number i + 1. */
static uint64_t section_size(const struct emitter *m, uint32_t i)
{
    const struct rp_emit *in = m->in;
    const struct rp_emit_section *s = &in->sections[i];
    uint32_t number = i + 1;
    if (number == in->strtab || number == in->shstrtab)
        return strings_size(m, number == in->strtab);
    if (number == in->symtab || number == in->symtab_shndx)
        return ((uint64_t)in->n_symbols + 1) * entry_size(m, s);
    return is_reloc(s) ? s->n_relocs * entry_size(m, s) : s->size;
}

static enum reap_status lay_out(struct emitter *m)
{
    const struct rp_emit *in = m->in;
    uint64_t at = by_class(m, sizeof(Elf32_Ehdr), sizeof(Elf64_Ehdr)), bytes;
    m->offset = rp_arena_alloc(m->arena, in->n_sections * sizeof *m->offset);
    if (!m->offset)
        return rp_nomem(m->ctx);
    for (uint32_t i = 0; i < in->n_sections; i++) {
        const struct rp_emit_section *s = &in->sections[i];
        uint64_t align = s->addralign < LARGEST_FILE_ALIGN ? s->addralign : LARGEST_FILE_ALIGN;
        if (s->type != SHT_NOBITS && !rp_align(at, align, &at))
            return internal(m, "it is too large");
        m->offset[i] = at;
        if (s->type != SHT_NOBITS && !rp_add(at, section_size(m, i), &at))
            return internal(m, "it is too large");
    }
    bytes = ((uint64_t)in->n_sections + 1) * by_class(m, sizeof(Elf32_Shdr), sizeof(Elf64_Shdr));
    if (!rp_align(at, by_class(m, 4, 8), &m->table) || !rp_add(m->table, bytes, &m->size) ||
        m->size > by_class(m, UINT32_MAX, INT64_MAX))
        return internal(m, "it is too large");
    return REAP_OK;
}

/* --- encoding -------------------------------------------------------------------------------- */

/* One 32-bit record from memory to the file. */
static bool to_file32(Elf_Type type, uint8_t *out, const void *rec, size_t size)
{
    Elf_Data from = {
        .d_buf = (void *)(uintptr_t)rec, .d_type = type, .d_size = size, .d_version = EV_CURRENT};
    Elf_Data to = {.d_buf = out, .d_type = type, .d_size = size, .d_version = EV_CURRENT};
    return elf32_xlatetof(&to, &from, ELFDATA2LSB) != NULL;
}

static bool fits32(uint64_t v)
{
    return v <= UINT32_MAX;
}

static enum reap_status put_header(struct emitter *m)
{
    const struct rp_emit *in = m->in;
    uint64_t n = (uint64_t)in->n_sections + 1;
    unsigned shnum = n < SHN_LORESERVE ? (unsigned)n : 0;
    unsigned shstrndx = in->shstrtab < SHN_LORESERVE ? in->shstrtab : SHN_XINDEX;
    unsigned char ident[EI_NIDENT] = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3};
    ident[EI_CLASS] = in->like->elf_class;
    ident[EI_DATA] = ELFDATA2LSB;
    ident[EI_VERSION] = EV_CURRENT;
    ident[EI_OSABI] = in->like->osabi;
    ident[EI_ABIVERSION] = in->like->abiversion;
    if (!m->is64) {
        Elf32_Ehdr h = {.e_type = ET_REL, .e_version = EV_CURRENT, .e_ehsize = sizeof h};
        memcpy(h.e_ident, ident, EI_NIDENT);
        h.e_machine = in->like->machine;
        h.e_flags = in->like->flags;
        h.e_shoff = (Elf32_Off)m->table;
        h.e_shentsize = sizeof(Elf32_Shdr);
        h.e_shnum = (Elf32_Half)shnum;
        h.e_shstrndx = (Elf32_Half)shstrndx;
        return to_file32(ELF_T_EHDR, m->out, &h, sizeof h) ? REAP_OK : internal(m, "header");
    }
    uint8_t *p = m->out;
    memset(p, 0, sizeof(Elf64_Ehdr));
    memcpy(p, ident, EI_NIDENT);
    rp_store16(p + 16, ET_REL);
    rp_store16(p + 18, in->like->machine);
    rp_store32(p + 20, EV_CURRENT);
    rp_store64(p + 40, m->table);
    rp_store32(p + 48, in->like->flags);
    rp_store16(p + 52, sizeof(Elf64_Ehdr));
    rp_store16(p + 58, sizeof(Elf64_Shdr));
    rp_store16(p + 60, (uint16_t)shnum);
    rp_store16(p + 62, (uint16_t)shstrndx);
    return REAP_OK;
}

/* Section header number `number`. rp_shdr is Elf64_Shdr as it lies in a little-endian file. */
static enum reap_status put_shdr(struct emitter *m, uint32_t number, const struct rp_shdr *s)
{
    if (m->is64) {
        memcpy(m->out + m->table + (uint64_t)number * sizeof *s, s, sizeof *s);
        return REAP_OK;
    }
    if (!fits32(s->flags) || !fits32(s->addr) || !fits32(s->size) || !fits32(s->addralign) ||
        !fits32(s->entsize))
        return internal(m, "a section does not fit into 32 bits");
    Elf32_Shdr h = {
        .sh_name = s->name,
        .sh_type = s->type,
        .sh_flags = (Elf32_Word)s->flags,
        .sh_addr = (Elf32_Addr)s->addr,
        .sh_offset = (Elf32_Off)s->offset,
        .sh_size = (Elf32_Word)s->size,
        .sh_link = s->link,
        .sh_info = s->info,
        .sh_addralign = (Elf32_Word)s->addralign,
        .sh_entsize = (Elf32_Word)s->entsize,
    };
    uint8_t *p = m->out + m->table + (uint64_t)number * sizeof h;
    return to_file32(ELF_T_SHDR, p, &h, sizeof h) ? REAP_OK : internal(m, "section header");
}

static enum reap_status put_table(struct emitter *m)
{
    const struct rp_emit *in = m->in;
    struct rp_shdr null = {0};
    if (in->n_sections + 1 >= SHN_LORESERVE)
        null.size = (uint64_t)in->n_sections + 1;
    if (in->shstrtab >= SHN_LORESERVE)
        null.link = in->shstrtab;
    enum reap_status st = put_shdr(m, 0, &null);
    for (uint32_t i = 0; i < in->n_sections && st == REAP_OK; i++) {
        const struct rp_emit_section *s = &in->sections[i];
        struct rp_shdr h = {
            .name = m->section_name[i],
            .type = s->type,
            .flags = s->flags,
            .addr = s->addr,
            .offset = m->offset[i],
            .size = section_size(m, i),
            .link = s->link,
            .info = s->info,
            .addralign = s->addralign,
            .entsize = entry_size(m, s),
        };
        if (i + 1 == in->symtab) {
            h.link = in->strtab;
            h.info = in->n_locals + 1;
        } else if (i + 1 == in->symtab_shndx) {
            h.link = in->symtab;
        }
        st = put_shdr(m, i + 1, &h);
    }
    return st;
}

static bool put_symbol(struct emitter *m, uint8_t *p, const struct rp_sym *s)
{
    if (m->is64) { /* rp_sym is Elf64_Sym as it lies in a little-endian file */
        memcpy(p, s, sizeof *s);
        return true;
    }
    Elf32_Sym e = {
        .st_name = s->name,
        .st_value = (Elf32_Addr)s->value,
        .st_size = (Elf32_Word)s->size,
        .st_info = s->info,
        .st_other = s->other,
        .st_shndx = s->shndx16,
    };
    return fits32(s->value) && fits32(s->size) && to_file32(ELF_T_SYM, p, &e, sizeof e);
}

/* st_shndx, and the entry of SHT_SYMTAB_SHNDX in *ret_extended. */
static uint16_t encode_shndx(uint32_t shndx, uint32_t *ret_extended)
{
    *ret_extended = 0;
    if (shndx == RP_SHN_ABS)
        return SHN_ABS;
    if (shndx == RP_SHN_COMMON)
        return SHN_COMMON;
    if (shndx < SHN_LORESERVE)
        return (uint16_t)shndx;
    *ret_extended = shndx;
    return SHN_XINDEX;
}

static enum reap_status put_symbols(struct emitter *m)
{
    const struct rp_emit *in = m->in;
    uint64_t entsize = by_class(m, sizeof(Elf32_Sym), sizeof(Elf64_Sym));
    uint8_t *p = m->out + m->offset[in->symtab - 1];
    uint8_t *x = in->symtab_shndx ? m->out + m->offset[in->symtab_shndx - 1] : NULL;
    memset(p, 0, entsize);
    if (x)
        rp_store32(x, 0);
    for (uint32_t i = 0; i < in->n_symbols; i++) {
        const struct rp_emit_symbol *y = &in->symbols[i];
        uint32_t extended;
        struct rp_sym s = {
            .name = m->symbol_name[i],
            .info = y->info,
            .other = y->other,
            .shndx16 = encode_shndx(y->shndx, &extended),
            .value = y->value,
            .size = y->size,
        };
        p += entsize;
        if (extended > in->n_sections || (extended && !x) ||
            (s.shndx16 < SHN_LORESERVE && s.shndx16 > in->n_sections))
            return internal(m, "a symbol's section number cannot be encoded");
        if ((rp_sym_bind(&s) == STB_LOCAL) != (i < in->n_locals))
            return internal(m, "local symbols do not come first");
        if (!put_symbol(m, p, &s))
            return internal(m, "a symbol does not fit into 32 bits");
        if (x)
            rp_store32(x + 4 * ((uint64_t)i + 1), extended);
    }
    return REAP_OK;
}

static bool put_reloc32(uint32_t type, uint8_t *p, const struct rp_rela *r)
{
    if (!fits32(r->offset) || r->sym > 0xffffff || r->type > 0xff)
        return false;
    Elf32_Rela a = {
        .r_offset = (Elf32_Addr)r->offset,
        .r_info = ELF32_R_INFO(r->sym, r->type),
        .r_addend = (Elf32_Sword)r->addend,
    };
    Elf32_Rel b = {.r_offset = a.r_offset, .r_info = a.r_info};
    return type == SHT_RELA ? to_file32(ELF_T_RELA, p, &a, sizeof a)
                            : to_file32(ELF_T_REL, p, &b, sizeof b);
}

static enum reap_status put_relocs(struct emitter *m, const struct rp_emit_section *s, uint8_t *p)
{
    if (m->is64 && s->type == SHT_RELA) {
        if (s->n_relocs)
            memcpy(p, s->relocs, s->n_relocs * sizeof *s->relocs);
        return REAP_OK;
    }
    uint64_t entsize = entry_size(m, s);
    for (uint32_t i = 0; i < s->n_relocs; i++, p += entsize) {
        const struct rp_rela *r = &s->relocs[i];
        if (m->is64) {
            rp_store64(p, r->offset);
            rp_store32(p + 8, r->type);
            rp_store32(p + 12, r->sym);
        } else if (!put_reloc32(s->type, p, r)) {
            return internal(m, "a relocation does not fit into 32 bits");
        }
    }
    return REAP_OK;
}

/* Contents of all sections, and zeros between them. */
static enum reap_status put_contents(struct emitter *m)
{
    const struct rp_emit *in = m->in;
    uint64_t at = by_class(m, sizeof(Elf32_Ehdr), sizeof(Elf64_Ehdr));
    enum reap_status st = REAP_OK;
    for (uint32_t i = 0; i < in->n_sections && st == REAP_OK; i++) {
        const struct rp_emit_section *s = &in->sections[i];
        if (s->type == SHT_NOBITS)
            continue;
        uint8_t *p = m->out + m->offset[i];
        memset(m->out + at, 0, m->offset[i] - at);
        uint64_t size = section_size(m, i);
        at = m->offset[i] + size;
        if (i + 1 == in->symtab)
            st = put_symbols(m);
        else if (i + 1 == in->symtab_shndx)
            continue; /* by put_symbols */
        else if (i + 1 == in->strtab || i + 1 == in->shstrtab)
            put_strings(m, i + 1 == in->strtab, p);
        else if (is_reloc(s))
            st = put_relocs(m, s, p);
        else if (size)
            memcpy(p, s->bytes, size);
    }
    memset(m->out + at, 0, m->table - at);
    return st;
}

static enum reap_status check_input(const struct emitter *m)
{
    const struct rp_emit *in = m->in;
    uint32_t n = in->n_sections;
    if (n >= RP_SHN_ABS - 1)
        return internal(m, "too many sections");
    if (in->symtab > n || in->strtab > n || in->shstrtab > n || in->symtab_shndx > n ||
        in->shstrtab == 0 || (in->symtab && !in->strtab) || (in->n_symbols && !in->symtab))
        return internal(m, "a table is missing");
    if ((in->symtab && in->sections[in->symtab - 1].type != SHT_SYMTAB) ||
        (in->strtab && in->sections[in->strtab - 1].type != SHT_STRTAB) ||
        (in->symtab_shndx && in->sections[in->symtab_shndx - 1].type != SHT_SYMTAB_SHNDX) ||
        in->sections[in->shstrtab - 1].type != SHT_STRTAB)
        return internal(m, "a table has the wrong type");
    return REAP_OK;
}

enum reap_status rp_emit_append(struct rp_ctx *ctx, const struct rp_emit *e, struct rp_arena *arena,
                                struct rp_strbuf *out)
{
    struct emitter m = {
        .ctx = ctx, .in = e, .arena = arena, .is64 = e->like->elf_class == ELFCLASS64};
    size_t before = out->n;
    enum reap_status st = check_input(&m);
    if (st == REAP_OK)
        st = make_strings(&m);
    if (st == REAP_OK)
        st = lay_out(&m);
    if (st == REAP_OK && !(m.out = (uint8_t *)rp_strbuf_extend(out, (size_t)m.size)))
        st = rp_nomem(ctx);
    if (st == REAP_OK)
        st = put_header(&m);
    if (st == REAP_OK)
        st = put_contents(&m);
    if (st == REAP_OK)
        st = put_table(&m);
    if (st != REAP_OK)
        out->n = before;
    rp_strtab_free(&m.shstr);
    rp_strtab_free(&m.str);
    return st;
}

enum reap_status rp_emit_object(struct rp_ctx *ctx, const struct rp_emit *e, uint8_t **ret_bytes,
                                uint64_t *ret_size)
{
    struct rp_arena arena = {0};
    struct rp_strbuf out = {0};
    enum reap_status st = rp_emit_append(ctx, e, &arena, &out);
    rp_arena_free(&arena);
    if (st != REAP_OK) {
        rp_strbuf_free(&out);
        return st;
    }
    *ret_bytes = (uint8_t *)out.s;
    *ret_size = out.n;
    return REAP_OK;
}
