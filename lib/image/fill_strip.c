/* fill_strip.c: relocations and symbols of an image after its dead code was filled.
 *
 * Why: a relocation that was kept for code which is gone says a wrong thing: arch/x86/tools/relocs
 * makes of it an entry of the kernel's relocation table, and the boot code then adds the load
 * offset to the middle of a trap. It becomes R_*_NONE. Symbols of filled functions and kept
 * relocations are of use to debuggers and to Reap itself; who wants a smaller file drops them.
 * How: no allocated byte moves, nor does a program header. What is allocated or in a segment is
 * copied as it is ("fixed"); the other sections are laid out again behind it, in their order, and
 * the section table comes last. Numbers of sections and symbols follow in links, symbols and kept
 * relocations. A symbol stays when a relocation that stays names it, when it is a mark of the
 * linker script (global, no type, no size) or one of the Arm ABI's mapping symbols.
 *
 * Entry: rp_fill_strip.
 */
#include "image/fill_private.h"
#include "image/parts.h"

#include "arch/arch.h"
#include "elf/elf_linked.h"
#include "elf/strcut.h"
#include "util/checked.h"

#include <string.h>

enum { SYM = 24, RELA = 24, REL = 16, SHDR = 64, MAX_ALIGN = 4096 };

struct strip {
    struct rp_fill *f;
    const struct rp_elf *e;
    struct rp_bitset filled; /* by node */
    struct rp_bitset used;   /* by symbol: a relocation that stays names it */
    uint32_t *new_sym;       /* by symbol; 0 = gone */
    uint32_t n_syms, n_locals;
    struct rp_arena arena;
    uint8_t *symtab, *strtab;
    uint64_t strtab_size;
};

static bool is_reloc_section(const struct rp_shdr *sh)
{
    return (sh->type == SHT_RELA || sh->type == SHT_REL) && !(sh->flags & SHF_ALLOC);
}

/* The records of a kept relocation section in the copy; *ret_n = 0 when it is none. */
static uint8_t *records(const struct rp_fill *f, uint32_t shndx, uint64_t *ret_n,
                        uint64_t *ret_size)
{
    const struct rp_shdr *sh = &f->im->e->shdrs[shndx];
    *ret_size = sh->type == SHT_RELA ? RELA : REL;
    *ret_n = is_reloc_section(sh) && rp_in_range(sh->offset, sh->size, f->size)
                 ? sh->size / *ret_size
                 : 0;
    return *ret_n ? f->copy + sh->offset : NULL;
}

/* --- relocations of filled bytes -------------------------------------------------------------- */

/* Where the reference leads to, when that is data; 0 = elsewhere, or not known. x86 counts from the
 * end of the field, as long as no immediate follows it; nothing does where the address of a table
 * is taken. */
static uint64_t leads_to(const struct rp_fill *f, const struct rp_fill_span *span, const uint8_t *r)
{
    const struct rp_image *im = f->im;
    const struct rp_reloc_info *info = rp_reloc_info(im->m->arch, rp_load32(r + 8));
    uint64_t place = rp_load64(r), at = place - span->addr, to = 0;
    if (im->e->machine == EM_X86_64 && info->width == 4 && span->size - at >= 4 &&
        rp_in_range(span->offset + at, 4, im->e->size))
        to = place + 4 + (uint64_t)(int64_t)(int32_t)rp_load32(im->e->data + span->offset + at);
    else if (info->cls == RP_REL_PAGE && rp_image_symbol_addr(im, rp_load32(r + 12), &to))
        to += rp_load64(r + 16);
    rp_id node = to ? rp_image_node_at(im, to) : 0;
    return node && !(im->atoms.v[node].flags & RP_ATOM_CODE) ? to : 0;
}

/* Whoever looks at the filled image has to know which tables the code referred to, or he takes a
 * jump table for a table of functions (offsets.c). R_*_NONE has no use for its addend: it becomes
 * the address in data that the reference led to.
 * r_offset is an address in a linked file (gABI, Relocation), where it belongs to memory. */
static void neutralise(struct rp_fill *f)
{
    const struct rp_elf *e = f->im->e;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        uint64_t n, size;
        uint8_t *r = records(f, i, &n, &size);
        uint32_t target = e->shdrs[i].info;
        if (!n || target >= e->n_sections || !(e->shdrs[target].flags & SHF_ALLOC))
            continue;
        for (; n; n--, r += size) {
            const struct rp_fill_span *span = rp_fill_span_at(f, rp_load64(r));
            if (rp_load64(r + 8) == 0 || !span)
                continue;
            if (size == RELA)
                rp_store64(r + 16, span->is_code ? leads_to(f, span, r) : 0);
            rp_store64(r + 8, 0);
            f->ret->n_relocs++;
        }
    }
}

/* --- which symbols go ------------------------------------------------------------------------- */

static bool find_used(struct strip *s)
{
    const struct rp_elf *e = s->e;
    if (!rp_bitset_init(&s->used, e->n_symbols))
        return false;
    for (uint32_t i = 1; i < e->n_sections && !s->f->o->strip_relocs; i++) {
        uint64_t n, size;
        const uint8_t *r = records(s->f, i, &n, &size);
        if (e->shdrs[i].link != e->symtab)
            continue;
        for (; n; n--, r += size)
            if (rp_load32(r + 12) < e->n_symbols)
                rp_bitset_set(&s->used, rp_load32(r + 12));
    }
    return true;
}

static bool find_filled(struct strip *s)
{
    if (!rp_bitset_init(&s->filled, s->f->im->m->nodes.n))
        return false;
    for (size_t i = 0; i < s->f->spans.n; i++)
        rp_bitset_set(&s->filled, s->f->spans.v[i].node);
    return true;
}

/* AAELF64, Mapping symbols: "$x", "$d", and these with ".anything". */
static bool is_mapping_symbol(const struct rp_elf *e, uint32_t sym)
{
    const char *n = rp_elf_symname(e, sym);
    return e->machine == EM_AARCH64 && n[0] == '$' && n[1] && (!n[2] || n[2] == '.');
}

static bool is_dead_symbol(const struct strip *s, const uint8_t *sym, uint32_t no)
{
    uint32_t shndx = rp_load16(sym + 6), type = sym[4] & 15, bind = sym[4] >> 4;
    if (shndx == SHN_UNDEF || shndx >= s->e->n_sections ||
        !(s->e->shdrs[shndx].flags & SHF_ALLOC) || rp_bitset_get(&s->used, no))
        return false;
    if (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE && type != STT_GNU_IFUNC)
        return false;
    if (type == STT_NOTYPE && bind != STB_LOCAL && rp_load64(sym + 16) == 0)
        return false;
    if (is_mapping_symbol(s->e, no))
        return false;
    rp_id node = rp_image_node_at(s->f->im, rp_load64(sym + 8));
    return node && rp_bitset_get(&s->filled, node) &&
           rp_section_no(s->f->im->m, s->f->im->m->nodes.v[node].section) == shndx;
}

/* A loader's relocation section of a static program is linked to .symtab by some linkers, but none
 * of its records (R_*_IRELATIVE) has a symbol. */
static bool names_symbols(const struct rp_fill *f, const struct rp_shdr *sh)
{
    uint64_t size = sh->type == SHT_RELA ? RELA : REL;
    if (sh->type != SHT_RELA && sh->type != SHT_REL)
        return true;
    for (uint64_t at = 0; at + size <= sh->size; at += size)
        if (rp_load32(f->copy + sh->offset + at + 12))
            return true;
    return false;
}

/* Something else than kept relocations counts symbols by number: they stay. */
static bool has_other_users(const struct strip *s)
{
    const struct rp_elf *e = s->e;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        const struct rp_shdr *sh = &e->shdrs[i];
        if (sh->link == e->symtab && sh->size && sh->type != SHT_NOBITS && !is_reloc_section(sh) &&
            names_symbols(s->f, sh))
            return true;
    }
    return false;
}

/* New numbers of the symbols. */
static bool number_symbols(struct strip *s)
{
    const struct rp_elf *e = s->e;
    const uint8_t *syms = s->f->copy + e->shdrs[e->symtab].offset;
    bool drop = s->f->o->strip_dead_symbols && !has_other_users(s);
    s->new_sym = calloc((size_t)e->n_symbols + 1, sizeof *s->new_sym);
    if (!s->new_sym)
        return false;
    s->n_syms = s->n_locals = e->n_symbols ? 1 : 0;
    if (s->f->o->strip_dead_symbols && !drop)
        rp_warn(
            s->f->ctx, "symbols-kept", rp_at(e->name),
            "a section other than kept relocations refers to symbols by number: all of them stay");
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        const uint8_t *sym = syms + (uint64_t)i * SYM;
        uint32_t shndx = rp_load16(sym + 6);
        bool homeless = shndx && shndx < e->n_sections && !s->f->new_shndx[shndx];
        if ((drop && is_dead_symbol(s, sym, i)) || homeless) {
            s->f->ret->n_symbols++;
            continue;
        }
        s->n_locals += sym[4] >> 4 == STB_LOCAL;
        s->new_sym[i] = s->n_syms++;
    }
    return true;
}

/* --- the new tables --------------------------------------------------------------------------- */

/* The string table without the names that went, unless something else reads it. */
static bool make_strtab(struct strip *s)
{
    const struct rp_elf *e = s->e;
    uint32_t strtab = e->shdrs[e->symtab].link;
    struct rp_strcut cut;
    bool shared = s->f->ret->n_symbols == 0 || strtab == e->shstrndx;
    for (uint32_t i = 1; i < e->n_sections; i++)
        shared |= i != e->symtab && e->shdrs[i].link == strtab;
    if (shared)
        return true;
    if (!rp_strcut_init(&cut, &s->arena, e->strtab, e->strtab_size))
        return false;
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (s->new_sym[i])
            rp_strcut_use(&cut, rp_elf_symname(e, i));
    if (!rp_strcut_settle(&cut, &s->arena))
        return false;
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (s->new_sym[i])
            rp_store32(s->symtab + (uint64_t)s->new_sym[i] * SYM,
                       rp_strcut_offset(&cut, rp_elf_symname(e, i)));
    s->strtab_size = cut.size;
    s->strtab = malloc(cut.size ? cut.size : 1);
    if (s->strtab)
        rp_strcut_write(&cut, s->strtab);
    return s->strtab != NULL;
}

static bool make_symtab(struct strip *s)
{
    const struct rp_elf *e = s->e;
    const uint8_t *syms = s->f->copy + e->shdrs[e->symtab].offset;
    s->symtab = calloc((size_t)s->n_syms + 1, SYM);
    if (!s->symtab)
        return false;
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        if (!s->new_sym[i])
            continue;
        uint8_t *to = s->symtab + (uint64_t)s->new_sym[i] * SYM;
        memcpy(to, syms + (uint64_t)i * SYM, SYM);
        uint32_t shndx = rp_load16(to + 6);
        if (shndx && shndx < e->n_sections)
            rp_store16(to + 6, (uint16_t)s->f->new_shndx[shndx]);
    }
    return make_strtab(s);
}

/* Numbers of symbols in kept relocations, in the copy. */
static void renumber_relocs(const struct strip *s)
{
    const struct rp_elf *e = s->e;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        uint64_t n, size;
        uint8_t *r = records(s->f, i, &n, &size);
        if (e->shdrs[i].link != e->symtab)
            continue;
        for (; n; n--, r += size)
            if (rp_load32(r + 12) < e->n_symbols)
                rp_store32(r + 12, s->new_sym[rp_load32(r + 12)]);
    }
}

/* --- sections --------------------------------------------------------------------------------- */

static bool number_sections(struct rp_fill *f)
{
    const struct rp_elf *e = f->im->e;
    f->new_shndx = calloc((size_t)e->n_sections + 1, sizeof *f->new_shndx);
    if (!f->new_shndx)
        return false;
    f->n_shdrs = 1;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        if (f->o->strip_relocs && is_reloc_section(&e->shdrs[i]))
            f->ret->n_reloc_sections++;
        else
            f->new_shndx[i] = f->n_shdrs++;
    }
    return true;
}

static void extend(uint64_t *end, uint64_t from, uint64_t n)
{
    uint64_t to;
    if (!rp_add(from, n, &to))
        to = UINT64_MAX;
    if (n && to > *end)
        *end = to;
}

/* Where the bytes end that may not move: headers, segments, allocated sections. */
static enum reap_status find_fixed(struct rp_fill *f)
{
    const struct rp_elf *e = f->im->e;
    uint64_t end = sizeof(Elf64_Ehdr);
    struct rp_segment *segs = NULL;
    uint32_t n = 0;
    enum reap_status st = rp_elf_segments(f->ctx, e, &segs, &n);
    if (st)
        return st;
    extend(&end, rp_load64(f->copy + 32), (uint64_t)n * sizeof(Elf64_Phdr));
    for (uint32_t i = 0; i < n; i++)
        extend(&end, segs[i].offset, segs[i].file_size);
    for (uint32_t i = 1; i < e->n_sections; i++)
        if ((e->shdrs[i].flags & SHF_ALLOC) && e->shdrs[i].type != SHT_NOBITS)
            extend(&end, e->shdrs[i].offset, e->shdrs[i].size);
    f->fixed = end < f->size ? end : f->size;
    free(segs);
    return REAP_OK;
}

static int by_offset(const void *a, const void *b, void *arg)
{
    const struct rp_fill_piece *x = a, *y = b;
    const struct rp_shdr *shdrs = arg;
    uint64_t p = shdrs[x->shndx].offset, q = shdrs[y->shndx].offset;
    if (p != q)
        return p < q ? -1 : 1;
    return x->shndx < y->shndx ? -1 : x->shndx > y->shndx;
}

static bool find_pieces(struct strip *s)
{
    struct rp_fill *f = s->f;
    const struct rp_elf *e = s->e;
    uint32_t strtab = e->shdrs[e->symtab].link;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        const struct rp_shdr *sh = &e->shdrs[i];
        bool moves = sh->offset >= f->fixed || i == e->symtab || (i == strtab && s->strtab);
        if (!f->new_shndx[i] || (sh->flags & SHF_ALLOC) || sh->type == SHT_NOBITS || !moves)
            continue;
        struct rp_fill_piece p = {i, f->copy + sh->offset, sh->size, NULL};
        if (i == e->symtab) {
            p.bytes = p.owned = s->symtab;
            p.size = (uint64_t)s->n_syms * SYM;
        } else if (i == strtab && s->strtab) {
            p.bytes = p.owned = s->strtab;
            p.size = s->strtab_size;
        }
        if (!rp_vec_push(&f->pieces, p))
            return false;
        if (i == e->symtab)
            s->symtab = NULL;
        else if (p.owned)
            s->strtab = NULL;
    }
    if (f->pieces.n)
        qsort_r(f->pieces.v, f->pieces.n, sizeof *f->pieces.v, by_offset,
                (void *)(uintptr_t)e->shdrs);
    return true;
}

/* The section table with new numbers and places; the size of the whole file. */
static bool lay_out(struct strip *s)
{
    struct rp_fill *f = s->f;
    const struct rp_elf *e = s->e;
    uint64_t at = f->fixed;
    f->shdrs = calloc(f->n_shdrs, SHDR);
    if (!f->shdrs)
        return false;
    memcpy(f->shdrs, &e->shdrs[0], SHDR);
    for (uint32_t i = 1; i < e->n_sections; i++) {
        if (!f->new_shndx[i])
            continue;
        struct rp_shdr sh = e->shdrs[i];
        bool names_section =
            sh.type == SHT_RELA || sh.type == SHT_REL || (sh.flags & SHF_INFO_LINK);
        sh.link = sh.link < e->n_sections ? f->new_shndx[sh.link] : sh.link;
        if (i == e->symtab)
            sh.info = s->n_locals;
        else if (names_section && sh.info < e->n_sections)
            sh.info = f->new_shndx[sh.info];
        memcpy(f->shdrs + (uint64_t)f->new_shndx[i] * SHDR, &sh, SHDR);
    }
    for (size_t i = 0; i < f->pieces.n; i++) {
        const struct rp_fill_piece *p = &f->pieces.v[i];
        uint64_t align = e->shdrs[p->shndx].addralign;
        if (align > MAX_ALIGN || (align & (align - 1)))
            align = 8;
        uint8_t *sh = f->shdrs + (uint64_t)f->new_shndx[p->shndx] * SHDR;
        if (!rp_align(at, align, &at))
            return false;
        rp_store64(sh + 24, at);
        rp_store64(sh + 32, p->size);
        at += p->size;
    }
    if (!rp_align(at, 8, &at))
        return false;
    f->ret->size_after = at + (uint64_t)f->n_shdrs * SHDR;
    rp_store64(f->copy + 40, at);
    rp_store16(f->copy + 60, (uint16_t)f->n_shdrs);
    rp_store16(f->copy + 62, (uint16_t)f->new_shndx[e->shstrndx]);
    return true;
}

static enum reap_status strip(struct strip *s)
{
    const struct rp_elf *e = s->e;
    if (e->n_sections >= SHN_LORESERVE || e->symtab_shndx)
        return rp_fail(s->f->ctx, REAP_ERR_UNSUPPORTED, "strip-sections", rp_at(e->name),
                       "symbols and relocations of a file with so many sections cannot be "
                       "stripped");
    if (!find_filled(s) || !number_sections(s->f) || !find_used(s) || !number_symbols(s))
        return rp_nomem(s->f->ctx);
    if (!s->f->ret->n_symbols && !s->f->ret->n_reloc_sections)
        return REAP_OK; /* nothing goes: the file keeps its layout */
    s->f->is_stripped = true;
    enum reap_status st = make_symtab(s) ? find_fixed(s->f) : rp_nomem(s->f->ctx);
    if (st)
        return st;
    renumber_relocs(s);
    return find_pieces(s) && lay_out(s) ? REAP_OK : rp_nomem(s->f->ctx);
}

enum reap_status rp_fill_strip(struct rp_fill *f)
{
    struct strip s = {.f = f, .e = f->im->e};
    enum reap_status st = REAP_OK;
    neutralise(f);
    if (f->o->strip_dead_symbols || f->o->strip_relocs)
        st = strip(&s);
    rp_arena_free(&s.arena);
    free(s.symtab);
    free(s.strtab);
    free(s.new_sym);
    rp_bitset_free(&s.used);
    rp_bitset_free(&s.filled);
    return st;
}
