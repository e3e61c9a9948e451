/* elf_linked.c: a linked image with its relocations kept, checked and turned into offsets.
 *
 * Why: symbols and relocations of an image hold addresses; every pass and report reads offsets into
 * sections. One translation here spares all of them a second way to read.
 *
 * How: the header, the section table and the symbol table pass the checks of elf_file.c. Then the
 * allocated sections are sorted by address; that they do not overlap makes an address mean one
 * byte. Symbols are moved to the section that holds their address; TLS symbols count from the start
 * of the PT_TLS segment (gABI, Symbol Values). Relocations are copied, sorted by offset: linker
 * scripts that sort input sections leave them in another order.
 *
 * Entry: rp_elf_open_linked.
 */
#include "elf/elf_linked.h"

#include "elf/elf_internal.h"
#include "util/bitset.h"
#include "util/checked.h"

#include <stdlib.h>
#include <string.h>

#define BAD(c, i, code, ...)                                                                       \
    rp_fail((c)->ctx, REAP_ERR_INPUT, code, rp_elf_at((c)->e, i), __VA_ARGS__)
#define REFUSE(c, code, remedy, ...)                                                               \
    rp_fail_remedy((c)->ctx, REAP_ERR_UNSUPPORTED, code, rp_at((c)->e->name), remedy, __VA_ARGS__)

/* What a translation needs to know of the memory image. */
struct layout {
    uint32_t *by_addr; /* allocated sections with bytes, by rising address */
    uint32_t n;
    struct rp_segment *segments;
    uint32_t n_segments;
    uint64_t tls; /* address of PT_TLS, 0 = none */
};

/* --- program headers -------------------------------------------------------------------------- */

enum reap_status rp_elf_segments(struct rp_ctx *ctx, const struct rp_elf *e,
                                 struct rp_segment **ret, uint32_t *ret_n)
{
    uint64_t offset = rp_load64(e->data + 32), n = rp_load16(e->data + 56), bytes;
    uint64_t entsize = rp_load16(e->data + 54);
    if (n == PN_XNUM && e->n_sections)
        n = e->shdrs[0].info;
    if ((n && entsize != sizeof(Elf64_Phdr)) || !rp_mul(n, sizeof(Elf64_Phdr), &bytes) ||
        (n && !rp_in_range(offset, bytes, e->size)))
        return rp_fail(ctx, REAP_ERR_INPUT, "bad-program-headers", rp_at(e->name),
                       "the program headers do not fit into the file");
    struct rp_segment *v = calloc(n + 1, sizeof *v);
    if (!v)
        return rp_nomem(ctx);
    for (uint64_t i = 0; i < n; i++) { /* gABI, Program Header */
        const uint8_t *p = e->data + offset + i * entsize;
        v[i] = (struct rp_segment){.type = rp_load32(p),
                                   .flags = rp_load32(p + 4),
                                   .offset = rp_load64(p + 8),
                                   .addr = rp_load64(p + 16),
                                   .phys = rp_load64(p + 24),
                                   .file_size = rp_load64(p + 32),
                                   .size = rp_load64(p + 40)};
        uint64_t end;
        if (v[i].type == PT_NULL || (v[i].file_size == 0 && v[i].size == 0))
            continue;
        if (!rp_in_range(v[i].offset, v[i].file_size, e->size) ||
            !rp_add(v[i].addr, v[i].size, &end) ||
            (v[i].type == PT_LOAD && v[i].file_size > v[i].size)) {
            free(v);
            return rp_fail(ctx, REAP_ERR_INPUT, "bad-program-headers", rp_at(e->name),
                           "segment %u lies outside the file or the address space", (unsigned)i);
        }
    }
    *ret = v;
    *ret_n = (uint32_t)n;
    return REAP_OK;
}

/* What must be loaded once cannot be at two places. */
static enum reap_status check_segments(struct rp_elf_check *c, struct layout *l)
{
    enum { MAX_LOADS = 4096 };
    uint32_t n_loads = 0;
    for (uint32_t i = 0; i < l->n_segments; i++) {
        const struct rp_segment *a = &l->segments[i];
        if (a->type == PT_TLS)
            l->tls = a->addr;
        if (a->type != PT_LOAD || !a->size)
            continue;
        if (++n_loads > MAX_LOADS)
            return REFUSE(c, "too-many-segments", NULL, "more than %d segments are loaded",
                          (int)MAX_LOADS);
        for (uint32_t k = 0; k < i; k++) {
            const struct rp_segment *b = &l->segments[k];
            if (b->type == PT_LOAD && b->size && a->addr < b->addr + b->size &&
                b->addr < a->addr + a->size)
                return REFUSE(c, "overlapping-segments",
                              "images with overlays cannot be analysed by address; collect their "
                              "objects at the link instead (ld.reap, reap gc)",
                              "segments %u and %u overlap at 0x%llx", k, i,
                              (unsigned long long)(a->addr > b->addr ? a->addr : b->addr));
        }
    }
    return REAP_OK;
}

/* --- sections by address -----------------------------------------------------------------------
 */

static bool is_mapped(const struct rp_shdr *s)
{
    return s->type != SHT_NULL && (s->flags & SHF_ALLOC) && s->size &&
           !((s->flags & SHF_TLS) && s->type == SHT_NOBITS);
}

struct by_addr {
    uint64_t addr;
    uint32_t shndx;
};

static int compare_addr(const void *a, const void *b)
{
    const struct by_addr *x = a, *y = b;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    return x->shndx < y->shndx ? -1 : x->shndx > y->shndx;
}

static enum reap_status check_memory(struct rp_elf_check *c, const struct by_addr *v, uint32_t n)
{
    const struct rp_elf *e = c->e;
    for (uint32_t i = 0; i < n; i++) {
        const struct rp_shdr *s = &e->shdrs[v[i].shndx];
        uint64_t end;
        if (!rp_add(s->addr, s->size, &end))
            return BAD(c, v[i].shndx, "bad-section-size", "reaches beyond the address space");
        if (i + 1 < n && end > v[i + 1].addr)
            return REFUSE(c, "overlapping-sections",
                          "images with overlays cannot be analysed by address; collect their "
                          "objects at the link instead (ld.reap, reap gc)",
                          "sections '%s' and '%s' overlap at 0x%llx", rp_elf_shname(e, v[i].shndx),
                          rp_elf_shname(e, v[i + 1].shndx), (unsigned long long)v[i + 1].addr);
    }
    return REAP_OK;
}

static enum reap_status sort_sections(struct rp_elf_check *c, struct layout *l)
{
    const struct rp_elf *e = c->e;
    struct by_addr *v = malloc(((size_t)e->n_sections + 1) * sizeof *v);
    l->by_addr = malloc(((size_t)e->n_sections + 1) * sizeof *l->by_addr);
    enum reap_status st = v && l->by_addr ? REAP_OK : rp_nomem(c->ctx);
    uint32_t n = 0;
    for (uint32_t i = 1; i < e->n_sections && st == REAP_OK; i++)
        if (is_mapped(&e->shdrs[i]))
            v[n++] = (struct by_addr){e->shdrs[i].addr, i};
    if (n)
        qsort(v, n, sizeof *v, compare_addr);
    if (st == REAP_OK)
        st = check_memory(c, v, n);
    for (uint32_t i = 0; i < n && st == REAP_OK; i++)
        l->by_addr[i] = v[i].shndx;
    l->n = n;
    free(v);
    return st;
}

/* The section that holds an address, 0 = none. */
static uint32_t section_at(const struct rp_elf *e, const struct layout *l, uint64_t addr)
{
    uint32_t lo = 0, hi = l->n; /* sections before lo start at or below addr */
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (e->shdrs[l->by_addr[mid]].addr <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!lo)
        return 0;
    const struct rp_shdr *s = &e->shdrs[l->by_addr[lo - 1]];
    return addr - s->addr < s->size ? l->by_addr[lo - 1] : 0;
}

/* The bytes of a section of code are those that a segment loads there: a packer's own section table
 * may say anything. */
static enum reap_status check_code(struct rp_elf_check *c, const struct layout *l)
{
    const struct rp_elf *e = c->e;
    for (uint32_t i = 0; i < l->n; i++) {
        const struct rp_shdr *s = &e->shdrs[l->by_addr[i]];
        if (!(s->flags & SHF_EXECINSTR))
            continue;
        if (s->type == SHT_NOBITS)
            return REFUSE(c, "no-code",
                          "give the program itself, not its file of debug information",
                          "the code section '%s' has no contents", rp_elf_shname(e, l->by_addr[i]));
        bool loaded = l->n_segments == 0;
        for (uint32_t k = 0; k < l->n_segments && !loaded; k++) {
            const struct rp_segment *g = &l->segments[k];
            loaded = g->type == PT_LOAD && s->addr >= g->addr &&
                     rp_in_range(s->addr - g->addr, s->size, g->file_size) &&
                     s->offset == g->offset + (s->addr - g->addr);
        }
        if (!loaded)
            return REFUSE(c, "sections-not-loaded",
                          "if the image is packed or edited, give the linker's own output",
                          "no segment loads the section '%s'", rp_elf_shname(e, l->by_addr[i]));
    }
    return REAP_OK;
}

/* --- symbols -----------------------------------------------------------------------------------
 */

/* The address of a symbol of the file; false: it has none. */
static bool address_of(const struct rp_elf *e, const struct layout *l, uint32_t sym, uint64_t *ret)
{
    const struct rp_sym *s = &e->syms[sym];
    uint32_t shndx = rp_sym_shndx(e, sym);
    if (shndx == RP_SHN_UNDEF || shndx >= e->n_sections || rp_sym_type(s) == STT_FILE ||
        !(e->shdrs[shndx].flags & SHF_ALLOC))
        return false;
    *ret = s->value + (rp_sym_type(s) == STT_TLS ? l->tls : 0);
    return true;
}

static void move_symbol(const struct rp_elf *e, const struct layout *l, uint32_t sym,
                        struct rp_sym *t)
{
    uint64_t addr;
    if (!address_of(e, l, sym, &addr)) {
        uint32_t shndx = rp_sym_shndx(e, sym);
        if (shndx && shndx < e->n_sections)
            t->value -= e->shdrs[shndx].addr;
        return;
    }
    uint32_t shndx = rp_sym_shndx(e, sym);
    const struct rp_shdr *s = &e->shdrs[shndx];
    if (addr < s->addr || addr - s->addr > s->size) {
        shndx = section_at(e, l, addr);
        if (!shndx || shndx >= SHN_LORESERVE) {
            t->shndx16 = SHN_ABS;
            t->value = addr;
            return;
        }
        t->shndx16 = (uint16_t)shndx;
        s = &e->shdrs[shndx];
    }
    t->value = addr - s->addr;
}

static enum reap_status move_symbols(struct rp_elf_check *c, const struct layout *l)
{
    struct rp_elf *e = c->e;
    struct rp_sym *t = rp_arena_alloc(&e->arena, ((size_t)e->n_symbols + 1) * sizeof *t);
    if (!t)
        return rp_nomem(c->ctx);
    memcpy(t, e->syms, e->n_symbols * sizeof *t);
    for (uint32_t i = 1; i < e->n_symbols; i++)
        move_symbol(e, l, i, &t[i]);
    e->syms = t;
    return REAP_OK;
}

/* --- relocations -------------------------------------------------------------------------------
 */

static int by_offset(const void *a, const void *b)
{
    const struct rp_rela *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->type < y->type ? -1 : x->type > y->type;
}

static bool is_reloc(const struct rp_shdr *s)
{
    return s->type == SHT_RELA || s->type == SHT_REL;
}

/* Relocations that the linker kept for the contents of an allocated section. */
static bool is_kept(const struct rp_elf *e, uint32_t i)
{
    const struct rp_shdr *s = &e->shdrs[i];
    return is_reloc(s) && !(s->flags & SHF_ALLOC) && s->info < e->n_sections &&
           (e->shdrs[s->info].flags & SHF_ALLOC);
}

/* A section that is passed over by mistake would hide what the image needs. */
static enum reap_status check_targets(struct rp_elf_check *c)
{
    const struct rp_elf *e = c->e;
    for (uint32_t i = 1; i < e->n_sections; i++) {
        const struct rp_shdr *s = &e->shdrs[i];
        if (!is_reloc(s) || (s->flags & SHF_ALLOC) || !s->size)
            continue;
        uint32_t type = s->info < e->n_sections ? e->shdrs[s->info].type : SHT_NULL;
        if (!s->info || type == SHT_NULL || is_reloc(&e->shdrs[s->info]) || type == SHT_SYMTAB ||
            type == SHT_STRTAB)
            return BAD(c, i, "bad-relocation-target", "relocates section %u of %u (type 0x%x)",
                       s->info, e->n_sections, type);
    }
    return REAP_OK;
}

static enum reap_status check_kept(struct rp_elf_check *c, uint32_t i)
{
    const struct rp_elf *e = c->e;
    const struct rp_shdr *s = &e->shdrs[i];
    if (s->type == SHT_REL)
        return REFUSE(c, "unsupported-relocations", NULL,
                      "relocations of type SHT_REL ('%s') are not supported on this machine",
                      rp_elf_shname(e, i));
    if (s->entsize != sizeof(struct rp_rela) || s->size % sizeof(struct rp_rela) ||
        s->size / sizeof(struct rp_rela) >= 1u << 28)
        return BAD(c, i, "bad-relocation-section",
                   "0x%llx bytes of entries of 0x%llx bytes each (expected 0x18)",
                   (unsigned long long)s->size, (unsigned long long)s->entsize);
    if (s->link != e->symtab)
        return BAD(c, i, "bad-section-link", "sh_link names section %u instead of %u, %s", s->link,
                   e->symtab, "the symbol table");
    return REAP_OK;
}

static enum reap_status move_relocs(struct rp_elf_check *c, uint32_t i, uint32_t *n_relocs)
{
    struct rp_elf *e = c->e;
    const struct rp_shdr *s = &e->shdrs[i], *target = &e->shdrs[s->info];
    const struct rp_rela *from = (const void *)(e->data + s->offset);
    uint32_t n = (uint32_t)(s->size / sizeof *from), k = 0;
    bool sorted = true;
    struct rp_rela *to = rp_arena_alloc(&e->arena, ((size_t)n + 1) * sizeof *to);
    if (!to)
        return rp_nomem(c->ctx);
    for (uint32_t r = 0; r < n; r++) {
        bool none = from[r].type == 0 || from[r].type == 256; /* R_*_NONE */
        uint64_t offset = from[r].offset - target->addr;
        if (from[r].sym >= e->n_symbols)
            return BAD(c, i, "bad-relocation-symbol", "relocation %u refers to symbol %u of %u", r,
                       from[r].sym, e->n_symbols);
        bool note = (target->flags & SHF_EXECINSTR) && from[r].addend > 0; /* image/fill_strip.c */
        if (none && ((!from[r].sym && !note) || offset >= target->size))
            continue; /* what a later tool has taken back (sorttable and objtool of Linux) */
        if (offset >= target->size)
            return BAD(c, i, "bad-relocation-offset",
                       "relocation %u is at 0x%llx, '%s' has the addresses [0x%llx, +0x%llx)", r,
                       (unsigned long long)from[r].offset, rp_elf_shname(e, s->info),
                       (unsigned long long)target->addr, (unsigned long long)target->size);
        to[k] = from[r];
        to[k].offset = offset;
        sorted &= !k || to[k - 1].offset <= offset;
        k++;
    }
    if (!sorted)
        qsort(to, k, sizeof *to, by_offset);
    e->xrels[e->n_xrels++] = (struct rp_xrel){.shndx = i, .n = k, .recs = to};
    *n_relocs += k;
    return REAP_OK;
}

static enum reap_status read_relocs(struct rp_elf_check *c, uint32_t *ret_n)
{
    struct rp_elf *e = c->e;
    struct rp_bitset relocated;
    size_t n = 0;
    for (uint32_t i = 1; i < e->n_sections; i++)
        n += is_kept(e, i);
    e->xrels = rp_arena_alloc(&e->arena, (n + 1) * sizeof *e->xrels);
    if (!e->xrels || !rp_bitset_init(&relocated, e->n_sections))
        return rp_nomem(c->ctx);
    enum reap_status st = REAP_OK;
    for (uint32_t i = 1; i < e->n_sections && st == REAP_OK; i++) {
        if (!is_kept(e, i))
            continue;
        if (rp_bitset_get(&relocated, e->shdrs[i].info)) {
            st = REFUSE(c, "unsupported-relocations", NULL,
                        "a second relocation section for '%s' is not supported",
                        rp_elf_shname(e, e->shdrs[i].info));
            break;
        }
        rp_bitset_set(&relocated, e->shdrs[i].info);
        st = check_kept(c, i);
        if (st == REAP_OK)
            st = move_relocs(c, i, ret_n);
    }
    rp_bitset_free(&relocated);
    return st;
}

const struct rp_rela *rp_elf_linked_dynamic(const struct rp_elf *e, uint32_t shndx, uint32_t *ret_n)
{
    const struct rp_shdr *s = &e->shdrs[shndx];
    *ret_n = 0;
    if (s->type != SHT_RELA || !(s->flags & SHF_ALLOC) || s->entsize != sizeof(struct rp_rela))
        return NULL;
    *ret_n = (uint32_t)(s->size / sizeof(struct rp_rela));
    return (const void *)(e->data + s->offset);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

/* Whether this is something that is looked at at all. */
static enum reap_status check_kind(struct rp_elf_check *c)
{
    const struct rp_elf *e = c->e;
    if (e->type != ET_EXEC && e->type != ET_DYN)
        return REFUSE(c, "not-linked", "'reap gc' takes objects",
                      "this is a relocatable object, not a linked image");
    if (e->elf_class != ELFCLASS64)
        return REFUSE(c, "unsupported-machine",
                      "only x86-64 and AArch64 images are analysed after the link; "
                      "ld.reap and 'reap gc' take 32-bit objects",
                      "32-bit images are not supported");
    if (!e->n_sections)
        return REFUSE(
            c, "no-sections",
            "if the image is packed, unpack it first (upx -d), or give the linker's output",
            "the image has no section table");
    return REAP_OK;
}

static enum reap_status check_symtab(struct rp_elf_check *c)
{
    enum reap_status st = rp_elf_check_symbols(c);
    if (st == REAP_OK && !c->e->symtab)
        return REFUSE(c, "no-symbols",
                      "do not strip the image (no -s, no strip) before 'reap image'",
                      "the image has no symbol table");
    return st;
}

enum reap_status rp_elf_open_linked(struct rp_ctx *ctx, struct rp_elf *elf, const char *name,
                                    const uint8_t *data, uint64_t size, uint32_t *ret_n_relocs)
{
    *elf = (struct rp_elf){.name = name, .data = data, .size = size};
    struct rp_elf_check c = {.ctx = ctx, .e = elf};
    struct layout l = {0};
    uint32_t n_relocs = 0;
    enum reap_status st = rp_elf_read_header(&c);
    if (st == REAP_ERR_UNSUPPORTED) /* it was a warning: objects like this are passed through */
        st = REFUSE(&c, "unsupported-machine", "x86-64 and AArch64 images are supported",
                    "this image cannot be analysed");
    if (st == REAP_OK)
        st = check_kind(&c);
    if (st == REAP_OK)
        st = rp_elf_check_sections(&c);
    if (st == REAP_OK)
        st = rp_elf_segments(ctx, elf, &l.segments, &l.n_segments);
    if (st == REAP_OK)
        st = check_segments(&c, &l);
    if (st == REAP_OK)
        st = sort_sections(&c, &l);
    if (st == REAP_OK)
        st = check_code(&c, &l);
    if (st == REAP_OK)
        st = check_symtab(&c);
    if (st == REAP_OK)
        st = move_symbols(&c, &l);
    if (st == REAP_OK)
        st = check_targets(&c);
    if (st == REAP_OK)
        st = read_relocs(&c, &n_relocs);
    free(l.by_addr);
    free(l.segments);
    if (st != REAP_OK)
        rp_elf_close(elf);
    else
        *ret_n_relocs = n_relocs;
    return st;
}
