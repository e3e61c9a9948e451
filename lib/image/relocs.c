/* relocs.c: edges from the relocations that the linker kept, and from dynamic ones.
 *
 * Why a check: tools that work on an image after the link (sorttable and objtool of Linux) change
 * its contents and leave the relocations as they were. A relocation counts when the value that it
 * stands for is what is stored: S + A, or S + A - P (psABI). One of data that does not hold is
 * stale, counted and left out; values.c and records.c look at what is stored instead. What goes
 * through a GOT, a PLT or TLS is the linker's own doing, and counts without a check, as all does
 * that cannot be compared: an edge too many costs some bytes.
 *
 * What a relocation means after the link:
 * - By a named symbol: the symbol, and what S + A lies in.
 * - By a section's symbol: what S + A lies in. In x86 code the addend of a PC-relative field counts
 *   from the next instruction; in data it does not.
 * - From data to the middle of a function, where no symbol stands, by the section's symbol: a jump
 *   table of that function, or a label in C. Nobody else can go there; it does not keep the
 * function (names.c keeps the parts of a function together).
 *
 * Entry: rp_image_reloc_edges.
 */
#include "image/parts.h"

#include "arch/access.h"
#include "arch/arch.h"
#include "util/checked.h"

/* One relocation under way. */
struct place {
    const struct rp_rela *r;
    const struct rp_reloc_info *info;
    rp_id node;
    uint32_t number;
    uint64_t addr;    /* of the field */
    const uint8_t *p; /* the field; NULL: no contents */
    uint64_t room;    /* bytes up to the section's end */
    bool code;
};

struct dynamic_value {
    uint64_t place, value;
};

struct relocs {
    struct rp_image_build *b;
    RP_VEC(struct dynamic_value) dynamic; /* what the loader will store, by place */
    uint32_t n_globals;    /* references of code by a section's symbol to a global object's start */
    struct rp_bitset kept; /* sections that keep_section() has seen */
};

static bool add_edge(struct relocs *s, const struct place *x, rp_id to, enum rp_edge_kind kind)
{
    if (!to || to == x->node)
        return true;
    return rp_image_add_edge(&s->b->edges, x->node, to, kind, RP_IMAGE_RELOC, x->number, x->addr);
}

/* --- the check ---------------------------------------------------------------------------------
 */

enum verdict { HOLDS, STALE, UNKNOWN };

static uint64_t stored(const struct place *x)
{
    switch (x->info->width) {
    case 1: return x->p[0];
    case 2: return rp_load16(x->p);
    case 4: return rp_load32(x->p);
    default: return rp_load64(x->p);
    }
}

static bool is_dynamic(const struct relocs *s, uint64_t place, uint64_t value)
{
    size_t lo = 0, hi = s->dynamic.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->dynamic.v[mid].place < place)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->dynamic.n && s->dynamic.v[lo].place == place && s->dynamic.v[lo].value == value;
}

/* Whether the field holds `value` (S + A). */
static enum verdict check(const struct relocs *s, const struct place *x, uint64_t value)
{
    unsigned cls = x->info->cls, width = x->info->width;
    if ((cls != RP_REL_ABS && cls != RP_REL_PC) || x->info->insn || !width)
        return UNKNOWN;
    if (!x->p || width > x->room)
        return STALE;
    uint64_t mask = width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
    uint64_t want = value - (x->info->pcrel ? x->addr : 0);
    if (((stored(x) ^ want) & mask) == 0)
        return HOLDS;
    return width == 8 && is_dynamic(s, x->addr, value) ? HOLDS : STALE;
}

/* Where a call really goes that the linker led through a PLT entry or a veneer. 0: unknown. */
static uint64_t stored_target(const struct relocs *s, const struct place *x)
{
    if (!x->p || x->room < 4 || !x->code)
        return 0;
    uint32_t raw = rp_load32(x->p);
    if (s->b->im->e->machine == EM_X86_64)
        return x->info->cls == RP_REL_PLT && x->info->width == 4 && x->info->pcrel
                   ? x->addr + 4 + (uint64_t)(int64_t)(int32_t)raw
                   : 0;
    bool branch = x->r->type == R_AARCH64_CALL26 || x->r->type == R_AARCH64_JUMP26;
    if (s->b->im->e->machine != EM_AARCH64 || !branch || (raw & 0x7c000000) != 0x14000000)
        return 0;
    return x->addr + (uint64_t)((int64_t)((uint64_t)raw << 38) >> 36);
}

/* --- the meaning -------------------------------------------------------------------------------
 */

/* A function's own label, in data: a jump table, or the address of a label in C. */
static bool is_inner_label(const struct relocs *s, uint64_t value, rp_id to)
{
    return (s->b->im->atoms.v[to].flags & RP_ATOM_FUNCTION) && !rp_image_symbol_at(s->b->im, value);
}

/* A section's symbol plus an addend that leads out of the image: which data is meant is unknown, so
 * all of it. Code that is named so is the start of the program's text. */
static bool keep_section(struct relocs *s, const struct place *x, uint64_t value)
{
    struct rp_model *m = s->b->im->m;
    uint32_t shndx = rp_sym_shndx(s->b->im->e, x->r->sym);
    if (shndx >= s->b->im->e->n_sections)
        return true;
    rp_id section = m->files.v[0].sec_base + shndx;
    const struct rp_shdr *sh = rp_shdr_of(m, section);
    if ((sh->flags & SHF_EXECINSTR) || value == sh->addr + sh->size ||
        rp_bitset_get(&s->kept, section))
        return true;
    rp_bitset_set(&s->kept, section);
    for (uint32_t i = 0; i < m->sections[section].n_nodes; i++) {
        struct rp_root r = {.node = m->sections[section].node + i,
                            .reason = RP_ROOT_ODD_SHAPE,
                            .detail = "a reference to its section leads out of the image",
                            .follow = true};
        if (!rp_vec_push(&m->roots, r))
            return false;
    }
    return true;
}

/* Compilers fold constants into addresses: lbase[i - 257] of zlib names what is half a KiB before
 * the table. An address by a section's symbol that is no object's start may mean the object before
 * it, and any that starts in the next 4 KiB. (Without --data all of them stay anyway.) */
static bool add_neighbours(struct relocs *s, const struct place *x, uint64_t value, rp_id to)
{
    enum { REACH = 4096 };
    const struct rp_image *im = s->b->im;
    if (!s->b->o->data || !x->code || (im->atoms.v[to].flags & RP_ATOM_CODE) ||
        rp_image_node_addr(im, to) == value)
        return true;
    const struct rp_section *sec = &im->m->sections[im->m->nodes.v[to].section];
    for (rp_id node = to > sec->node ? to - 1 : to; node < sec->node + sec->n_nodes; node++) {
        uint64_t addr = rp_image_node_addr(im, node);
        if (addr > value && addr - value > REACH)
            break;
        if (!add_edge(s, x, node, RP_EDGE_RELOC))
            return false;
    }
    return true;
}

/* LLVM's `f$local`: code that is compiled for a shared library, and may rely on its own
 * definitions, names its global objects by a local symbol, that is by their section. */
static void count_global(struct relocs *s, const struct place *x, uint64_t value, rp_id to)
{
    const struct rp_image *im = s->b->im;
    uint32_t flags = im->atoms.v[to].flags;
    if (x->code && im->m->nodes.v[to].kind == RP_NODE_ATOM &&
        !(flags & (RP_ATOM_CODE | RP_ATOM_LOCAL | RP_ATOM_UNSIZED)) &&
        rp_image_node_addr(im, to) == value)
        s->n_globals++;
}

/* What an address means that is S + A, or lies in x86 code behind the field. */
static bool add_address(struct relocs *s, const struct place *x, uint64_t value, bool named)
{
    const struct rp_image *im = s->b->im;
    if (x->code && x->info->pcrel && im->m->arch->pc_bias) {
        const struct rp_shdr *sh = rp_shdr_of(im->m, im->m->nodes.v[x->node].section);
        const uint8_t *bytes = im->e->data + sh->offset;
        value += (unsigned)im->m->arch->pc_bias;
        unsigned tail = rp_arch_pc_tail(im->m->arch, bytes, sh->size, x->r);
        /* the tail is a guess: without it, too */
        if (tail && !add_edge(s, x, rp_image_node_at(im, value), RP_EDGE_RELOC))
            return false;
        value += tail;
    }
    rp_id to = rp_image_node_at_any(s->b, value);
    if (!to)
        return named || keep_section(s, x, value);
    if (!x->code && !named && is_inner_label(s, value, to))
        return true;
    if (!named && !add_neighbours(s, x, value, to))
        return false;
    if (!named)
        count_global(s, x, value, to);
    return add_edge(s, x, to, RP_EDGE_RELOC);
}

static bool add_reloc(struct relocs *s, const struct place *x)
{
    struct rp_image *im = s->b->im;
    const struct rp_sym *sym = &im->e->syms[x->r->sym];
    uint64_t S = 0;
    if (x->info->cls == RP_REL_HINT || x->info->cls == RP_REL_SIZE || !x->r->sym ||
        !rp_image_symbol_addr(im, x->r->sym, &S))
        return true;
    uint64_t value = S + (uint64_t)x->r->addend;
    if (rp_sym_type(sym) == STT_TLS) { /* an offset into the thread's block: the symbol says all */
        uint32_t shndx = rp_sym_shndx(im->e, x->r->sym);
        rp_id section = shndx < im->e->n_sections ? im->m->files.v[0].sec_base + shndx : 0;
        return !section || add_edge(s, x, rp_node_at(im->m, section, sym->value), RP_EDGE_RELOC);
    }
    enum verdict verdict = check(s, x, value);
    if (verdict == STALE && rp_sym_type(sym) == STT_GNU_IFUNC)
        verdict = UNKNOWN; /* the address of an ifunc is that of its PLT entry */
    if (verdict == STALE) {
        im->n_stale++;
        return true;
    }
    uint64_t through = verdict == UNKNOWN ? stored_target(s, x) : 0;
    if (through && !add_edge(s, x, rp_image_node_at(im, through), RP_EDGE_RELOC))
        return false;
    bool named = rp_sym_type(sym) != STT_SECTION;
    enum rp_edge_kind kind = rp_sym_bind(sym) == STB_WEAK ? RP_EDGE_WEAK : RP_EDGE_RELOC;
    uint32_t shndx = rp_sym_shndx(im->e, x->r->sym);
    if (named && shndx < im->e->n_sections) {
        rp_id section = im->m->files.v[0].sec_base + shndx;
        rp_id node = im->m->sections[section].n_nodes ? rp_node_at(im->m, section, sym->value) : 0;
        if (!add_edge(s, x, node, kind))
            return false;
    }
    return add_address(s, x, value, named);
}

/* --- kept relocations --------------------------------------------------------------------------
 */

/* Whether records.c or frames.c says what this node refers to. */
static bool is_decoded(const struct rp_image_build *b, rp_id node, uint64_t offset)
{
    const struct rp_node *n = &b->im->m->nodes.v[node];
    if (n->kind == RP_NODE_FDE || n->kind == RP_NODE_CIE)
        return true;
    uint32_t table = b->im->atoms.v[node].table;
    if (!table)
        return false;
    const struct rp_image_table *t = &b->tables.v[table - 1];
    return !t->rule->table->any_targets || offset - n->offset == t->rule->table->subject.offset;
}

static bool section_edges(struct relocs *s, rp_id section)
{
    const struct rp_image *im = s->b->im;
    const struct rp_section *sec = &im->m->sections[section];
    const struct rp_shdr *sh = rp_shdr_of(im->m, section);
    const uint8_t *bytes = sh->type == SHT_NOBITS ? NULL : im->e->data + sh->offset;
    uint32_t n = 0;
    const struct rp_rela *r = sec->rel ? rp_elf_relocs(im->e, sec->rel, &n) : NULL;
    rp_id node = sec->node, end = sec->node + sec->n_nodes;
    if (!sec->n_nodes)
        return true;
    for (uint32_t i = 0; i < n; i++) {
        while (node + 1 < end && im->m->nodes.v[node + 1].offset <= r[i].offset)
            node++;
        if (im->m->nodes.v[node].offset > r[i].offset || is_decoded(s->b, node, r[i].offset))
            continue;
        struct place x = {.r = &r[i],
                          .info = rp_reloc_info(im->m->arch, r[i].type),
                          .node = node,
                          .number = i,
                          .addr = sh->addr + r[i].offset,
                          .p = bytes ? bytes + r[i].offset : NULL,
                          .room = sh->size - r[i].offset,
                          .code = sh->flags & SHF_EXECINSTR};
        if (!add_reloc(s, &x))
            return false;
    }
    return true;
}

/* --- dynamic relocations -----------------------------------------------------------------------
 */

static int by_place(const void *a, const void *b)
{
    const struct dynamic_value *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return x->value < y->value ? -1 : x->value > y->value;
}

/* R_*_RELATIVE and R_*_IRELATIVE store their addend, or what the function there returns. */
static bool stores_addend(const struct rp_image *im, uint32_t type)
{
    if (im->e->machine == EM_X86_64)
        return type == R_X86_64_RELATIVE || type == R_X86_64_IRELATIVE ||
               type == R_X86_64_RELATIVE64;
    return type == R_AARCH64_RELATIVE || type == R_AARCH64_IRELATIVE;
}

static enum reap_status read_dynamic(struct relocs *s)
{
    const struct rp_image *im = s->b->im;
    for (uint32_t i = 1; i < im->e->n_sections; i++) {
        uint32_t n;
        const struct rp_rela *r = rp_elf_linked_dynamic(im->e, i, &n);
        for (uint32_t k = 0; k < n; k++) {
            struct dynamic_value v = {r[k].offset, (uint64_t)r[k].addend};
            if (stores_addend(im, r[k].type) && !rp_vec_push(&s->dynamic, v))
                return rp_nomem(im->m->ctx);
        }
    }
    if (s->dynamic.n)
        qsort(s->dynamic.v, s->dynamic.n, sizeof *s->dynamic.v, by_place);
    return REAP_OK;
}

/* From the place to what will be stored there; a place that no node holds keeps it always. */
static bool dynamic_edges(struct relocs *s)
{
    struct rp_image *im = s->b->im;
    for (size_t i = 0; i < s->dynamic.n; i++) {
        const struct dynamic_value *v = &s->dynamic.v[i];
        rp_id from = rp_image_node_at(im, v->place), to = rp_image_node_at(im, v->value);
        const struct rp_node *n = &im->m->nodes.v[from];
        bool inside = from && v->place - rp_image_node_addr(im, from) < n->size;
        if (!to || is_inner_label(s, v->value, to))
            continue;
        if (inside && n->kind != RP_NODE_FDE && n->kind != RP_NODE_CIE &&
            !im->atoms.v[from].table) {
            if (to != from && !rp_image_add_edge(&s->b->edges, from, to, RP_EDGE_RELOC,
                                                 RP_IMAGE_VALUE, 0, v->place))
                return false;
        } else if (!inside) {
            struct rp_root r = {.node = to,
                                .reason = RP_ROOT_LINKER_REF,
                                .detail = "a dynamic relocation stores its address",
                                .follow = true};
            if (!rp_vec_push(&im->m->roots, r))
                return false;
        }
    }
    return true;
}

/* A few are chance: what is before a global object, and the first byte behind it. */
enum { MANY_GLOBALS = 64 };

enum reap_status rp_image_reloc_edges(struct rp_image_build *b)
{
    struct relocs s = {.b = b};
    struct rp_model *m = b->im->m;
    if (!rp_bitset_init(&s.kept, (size_t)m->n_section_ids + 1))
        return rp_nomem(m->ctx);
    enum reap_status st = read_dynamic(&s);
    bool ok = true;
    for (rp_id i = 1; st == REAP_OK && ok && i <= m->n_section_ids; i++)
        if ((m->sections[i].flags & RP_SEC_ALLOC) && !(m->sections[i].flags & RP_SEC_META))
            ok = section_edges(&s, i);
    if (st == REAP_OK && ok)
        ok = dynamic_edges(&s);
    b->globals_by_section = s.n_globals >= MANY_GLOBALS;
    rp_bitset_free(&s.kept);
    rp_vec_free(&s.dynamic);
    return ok ? st : rp_nomem(m->ctx);
}
