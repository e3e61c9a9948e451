/* program.c: symbols and segments of a linked program.
 *
 * Why: after a crash there are addresses, and what was linked at them is what the report knows by
 * name. How: the symbol table (the dynamic one when the program was stripped) sorted by address,
 * answered by binary search. Everything read from the file is checked here: a symbol whose name or
 * section makes no sense is left out, a segment is cut to what the file holds.
 *
 * Entry: rp_program_open.
 */
#include "elf/program.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

static bool add_segments(Elf *elf, struct rp_program *p)
{
    size_t n = 0;
    if (elf_getphdrnum(elf, &n))
        return true; /* no segments: nothing to read, names still count */
    for (size_t i = 0; i < n && i < INT32_MAX; i++) {
        GElf_Phdr ph;
        if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_LOAD)
            continue;
        struct rp_program_segment s = {
            .addr = ph.p_vaddr,
            .size = ph.p_memsz,
            .offset = ph.p_offset,
            .file_size = ph.p_filesz,
            .is_code = (ph.p_flags & PF_X) != 0,
        };
        if (s.offset > p->map.size)
            s.offset = s.file_size = 0;
        if (s.file_size > p->map.size - s.offset)
            s.file_size = p->map.size - s.offset;
        if (!rp_vec_push(&p->segments, s))
            return false;
    }
    return true;
}

static bool add_sections(Elf *elf, struct rp_program *p)
{
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names))
        return true;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)) != NULL;) {
        GElf_Shdr sh;
        const char *name;
        if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_EXECINSTR) ||
            !(name = elf_strptr(elf, names, sh.sh_name)))
            continue;
        struct rp_program_section s = {sh.sh_addr, sh.sh_size, rp_arena_strdup(&p->arena, name)};
        if (!s.name || !rp_vec_push(&p->sections, s))
            return false;
    }
    return true;
}

static bool is_wanted(const GElf_Sym *s)
{
    unsigned type = GELF_ST_TYPE(s->st_info);
    bool thing = type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_OBJECT ||
                 type == STT_NOTYPE || type == STT_TLS;
    return thing && s->st_shndx != SHN_UNDEF && s->st_shndx != SHN_ABS;
}

/* Mapping symbols ("ELF for the Arm Architecture", 5.5.5) and labels of the assembler. */
static bool is_label(const char *name)
{
    return !*name || name[0] == '$' || !strncmp(name, ".L", 2);
}

static bool add_symbols(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, struct rp_program *p)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    if (!data || !sh->sh_entsize)
        return true;
    size_t n = data->d_size / sh->sh_entsize;
    for (size_t i = 1; i < n && i < INT32_MAX; i++) {
        GElf_Sym s;
        if (!gelf_getsym(data, (int)i, &s) || !is_wanted(&s))
            continue;
        const char *name = elf_strptr(elf, sh->sh_link, s.st_name);
        if (!name || is_label(name))
            continue;
        unsigned type = GELF_ST_TYPE(s.st_info);
        struct rp_program_symbol out = {
            .addr = s.st_value,
            .size = s.st_size,
            .name = rp_arena_strdup(&p->arena, name),
            .is_function =
                type != STT_OBJECT && type != STT_TLS && rp_program_is_code(p, s.st_value),
            .is_global = GELF_ST_BIND(s.st_info) != STB_LOCAL,
        };
        if (out.is_function && p->machine == EM_ARM)
            out.addr &= ~UINT64_C(1); /* the Thumb bit */
        if (!out.name || !rp_vec_push(&p->symbols, out))
            return false;
    }
    return true;
}

static bool add_tables(Elf *elf, struct rp_program *p)
{
    for (unsigned type = SHT_SYMTAB; !p->symbols.n; type = SHT_DYNSYM) {
        for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)) != NULL;) {
            GElf_Shdr sh;
            if (gelf_getshdr(scn, &sh) && sh.sh_type == type && !add_symbols(elf, scn, &sh, p))
                return false;
        }
        if (type == SHT_DYNSYM)
            break;
    }
    return true;
}

/* By address; of several at one address the one that says most comes last. */
static int by_address(const void *a, const void *b)
{
    const struct rp_program_symbol *x = a, *y = b;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    if (x->is_function != y->is_function)
        return x->is_function ? 1 : -1;
    if (!x->size != !y->size)
        return x->size ? 1 : -1;
    if (x->is_global != y->is_global)
        return x->is_global ? 1 : -1;
    return strcmp(y->name, x->name);
}

static enum reap_status read_elf(struct rp_ctx *ctx, Elf *elf, struct rp_program *p)
{
    GElf_Ehdr eh;
    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh))
        return rp_fail(ctx, REAP_ERR_INPUT, "not-elf", rp_at(p->map.path), "no ELF file");
    if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
        return rp_fail(ctx, REAP_ERR_INPUT, "not-a-program", rp_at(p->map.path),
                       "neither a program nor a shared library");
    p->machine = eh.e_machine;
    p->is_pie = eh.e_type == ET_DYN;
    p->entry = eh.e_entry;
    if (!add_segments(elf, p) || !add_sections(elf, p) || !add_tables(elf, p))
        return rp_nomem(ctx);
    if (p->symbols.n)
        qsort(p->symbols.v, p->symbols.n, sizeof *p->symbols.v, by_address);
    return REAP_OK;
}

enum reap_status rp_program_open(struct rp_ctx *ctx, const char *path, struct rp_program *ret)
{
    struct rp_program p = {0};
    enum reap_status st = rp_map_open(ctx, &p.map, path);
    if (st)
        return st;
    elf_version(EV_CURRENT);
    /* libelf writes only on elf_update; a private mapping is safe in any case. */
    Elf *elf = elf_memory((char *)(uintptr_t)p.map.data, p.map.size);
    if (!elf)
        st = rp_fail(ctx, REAP_ERR_INPUT, "not-elf", rp_at(path), "no ELF file");
    else
        st = read_elf(ctx, elf, &p);
    elf_end(elf);
    if (st)
        rp_program_close(&p);
    else
        *ret = p;
    return st;
}

void rp_program_close(struct rp_program *p)
{
    rp_vec_free(&p->symbols);
    rp_vec_free(&p->segments);
    rp_vec_free(&p->sections);
    rp_arena_free(&p->arena);
    rp_map_close(&p->map);
}

/* --- questions ------------------------------------------------------------------------------- */

bool rp_program_is_code(const struct rp_program *p, uint64_t addr)
{
    for (size_t i = 0; i < p->segments.n; i++) {
        const struct rp_program_segment *s = &p->segments.v[i];
        if (s->is_code && addr >= s->addr && addr - s->addr < s->size)
            return true;
    }
    return false;
}

/* Number of symbols at or below an address. */
static size_t count_up_to(const struct rp_program *p, uint64_t addr)
{
    size_t lo = 0, hi = p->symbols.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (p->symbols.v[mid].addr <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct rp_program_symbol *rp_program_at(const struct rp_program *p, uint64_t addr)
{
    size_t n = count_up_to(p, addr);
    const struct rp_program_symbol *open = NULL;
    if (!rp_program_is_code(p, addr))
        return NULL;
    /* Labels within a function lie between it and the address: look back a little. */
    for (size_t i = n; i > 0 && n - i < 64; i--) {
        const struct rp_program_symbol *s = &p->symbols.v[i - 1];
        if (s->is_function && s->size && addr - s->addr < s->size)
            return s;
        if (s->is_function && !s->size && !open && i == n)
            open = s;
    }
    return open;
}

const struct rp_program_symbol *rp_program_before(const struct rp_program *p, uint64_t addr)
{
    for (size_t i = addr ? count_up_to(p, addr - 1) : 0; i > 0; i--)
        if (p->symbols.v[i - 1].is_function)
            return &p->symbols.v[i - 1];
    return NULL;
}

const struct rp_program_symbol *rp_program_named(const struct rp_program *p, const char *name)
{
    const struct rp_program_symbol *data = NULL;
    for (size_t i = 0; i < p->symbols.n; i++) {
        if (strcmp(p->symbols.v[i].name, name) != 0)
            continue;
        if (p->symbols.v[i].is_function)
            return &p->symbols.v[i];
        data = data ? data : &p->symbols.v[i];
    }
    return data;
}

size_t rp_program_read(const struct rp_program *p, uint64_t addr, void *to, size_t n)
{
    for (size_t i = 0; i < p->segments.n; i++) {
        const struct rp_program_segment *s = &p->segments.v[i];
        if (addr < s->addr || addr - s->addr >= s->file_size)
            continue;
        uint64_t at = addr - s->addr, left = s->file_size - at;
        size_t k = left < n ? (size_t)left : n;
        memcpy(to, p->map.data + s->offset + at, k);
        return k;
    }
    return 0;
}
