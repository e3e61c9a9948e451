/* atoms.c: the nodes of an image: what its symbols cover, records of tables, and gaps.
 *
 * The rules:
 * - Symbols of one address share an atom (aliases); symbols that overlap are one atom.
 * - A label without a size belongs to the symbol before it when it stands in it or behind it in
 *   code: assembly runs on from label to label. In data it starts an atom of its own, unless its
 *   address is odd: assemblers put such labels into the middle of a table's entry. So do words that
 *   stand behind a symbol and are not aligned to their size.
 * - Such an atom, and whatever assembly it follows, reaches to the next symbol.
 * - What no symbol covers is a gap, unless it is padding (zeros, no-ops): padding is in no node,
 *   and never changed. Gaps of code are divided where records of tables point to (the replacement
 *   instructions of an alternative stand in a row without names), and by pieces.c.
 * - Records of tables go before symbols.
 *
 * How: the symbols of all sections, sorted by address; then each section is swept once. Nothing
 * here looks at the contents of symbols, so that an image that was filled has the same atoms.
 *
 * Entry: rp_image_atoms.
 */
#include "image/parts.h"

#include "util/checked.h"

#include <string.h>

bool rp_image_is_marker(const char *name)
{
    if (name[0] == '$') /* AAELF64, Mapping symbols: $x, $d, $x.foo */
        return name[1] && strchr("xdat", name[1]) && (!name[2] || name[2] == '.');
    return name[0] == '.' && name[1] == 'L';
}

/* --- symbols by address ------------------------------------------------------------------------
 */

static bool is_counted(const struct rp_elf *e, uint32_t sym)
{
    const struct rp_sym *s = &e->syms[sym];
    const char *name = rp_elf_symname(e, sym);
    unsigned type = rp_sym_type(s);
    return *name && type != STT_SECTION && type != STT_FILE &&
           !(rp_sym_bind(s) == STB_LOCAL && rp_image_is_marker(name));
}

/* Of symbols at one address the one that says most comes first: with a size, a function, global. */
static unsigned rank(const struct rp_sym *s)
{
    unsigned bind = rp_sym_bind(s);
    return (s->size ? 8 : 0) | (rp_sym_type(s) == STT_FUNC ? 4 : 0) |
           (bind == STB_GLOBAL  ? 2
            : bind == STB_LOCAL ? 0
                                : 1);
}

static int compare_symbols(const void *a, const void *b, void *arg)
{
    const struct rp_image_symbol *x = a, *y = b;
    const struct rp_elf *e = arg;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    unsigned rx = rank(&e->syms[x->symbol]), ry = rank(&e->syms[y->symbol]);
    if (rx != ry)
        return rx > ry ? -1 : 1;
    return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

static enum reap_status collect_symbols(struct rp_image *im)
{
    const struct rp_elf *e = im->e;
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        struct rp_image_symbol s = {.symbol = i};
        uint32_t shndx = rp_sym_shndx(e, i);
        if (!is_counted(e, i) || shndx == RP_SHN_UNDEF || shndx >= e->n_sections ||
            !(e->shdrs[shndx].flags & SHF_ALLOC) ||
            ((e->shdrs[shndx].flags & SHF_TLS) && e->shdrs[shndx].type == SHT_NOBITS))
            continue;
        s.addr = e->shdrs[shndx].addr + e->syms[i].value;
        if (!rp_vec_push(&im->symbols, s))
            return rp_nomem(im->m->ctx);
    }
    if (im->symbols.n)
        qsort_r(im->symbols.v, im->symbols.n, sizeof *im->symbols.v, compare_symbols, (void *)e);
    return REAP_OK;
}

/* --- sweeping a section ------------------------------------------------------------------------
 */

struct sweep {
    struct rp_image_build *b;
    rp_id section;
    uint64_t addr, end;   /* of the section */
    const uint8_t *bytes; /* NULL: no contents */
    bool code, writable;
    size_t symbol, cut, split; /* next ones */
    /* the atom under construction */
    bool open;
    uint64_t from, to;
    struct rp_atom atom;
};

static bool add_node(struct sweep *s, uint32_t kind, uint64_t from, uint64_t to,
                     struct rp_atom atom)
{
    struct rp_node n = {s->section, kind, from - s->addr, to - from};
    return rp_vec_push(&s->b->im->m->nodes, n) && rp_vec_push(&s->b->im->atoms, atom);
}

/* Bytes of the no-operation of x86 at p that gas and the linkers pad with, 0 = none. */
static uint64_t nop_length(const uint8_t *p, uint64_t n)
{
    static const uint8_t by_modrm[8] = {3, 4, 7, 0, 0, 0, 0, 0}; /* 0f 1f /0, without SIB */
    uint64_t i = 0;
    while (i < n && i < 12 && (p[i] == 0x66 || p[i] == 0x2e))
        i++;
    if (i < n && (p[i] == 0x90 || p[i] == 0xcc))
        return i + 1;
    if (n - i < 3 || p[i] != 0x0f || p[i + 1] != 0x1f)
        return 0;
    uint8_t modrm = p[i + 2];
    uint64_t length = by_modrm[modrm >> 6] + ((modrm & 7) == 4 ? 1u : 0u);
    return length >= 3 && length <= n - i ? i + length : 0;
}

static bool is_padding(const struct sweep *s, uint64_t from, uint64_t to)
{
    uint16_t machine = s->b->im->e->machine;
    if (!s->bytes)
        return true;
    const uint8_t *p = s->bytes + (from - s->addr);
    for (uint64_t n = to - from; n;) {
        uint64_t step = *p == 0 ? 1 : 0;
        if (!step && s->code && machine == EM_X86_64)
            step = nop_length(p, n);
        else if (!step && s->code && n >= 4 && rp_load32(p) == 0xd503201f) /* AArch64's nop */
            step = 4;
        if (!step)
            return false;
        p += step;
        n -= step;
    }
    return true;
}

/* What no symbol covers: as one node, or divided where records say. */
static bool add_gap(struct sweep *s, uint64_t from, uint64_t to)
{
    struct rp_atom atom = {.flags = RP_ATOM_GAP | (s->code ? RP_ATOM_CODE : 0)};
    const uint64_t *splits = s->b->splits.v;
    size_t n = s->b->splits.n;
    while (s->split < n && splits[s->split] < from)
        s->split++;
    while (from < to) {
        uint64_t next = to;
        struct rp_atom piece = atom;
        if (s->split < n && splits[s->split] == from) {
            piece.flags |= RP_ATOM_PIECE;
            while (s->split < n && splits[s->split] == from)
                s->split++;
        }
        if (s->code && s->split < n && splits[s->split] < to)
            next = splits[s->split];
        if (!is_padding(s, from, next) && !add_node(s, RP_NODE_GAP, from, next, piece))
            return false;
        from = next;
    }
    return true;
}

static bool close_atom(struct sweep *s)
{
    bool ok = !s->open || s->from == s->to || add_node(s, RP_NODE_ATOM, s->from, s->to, s->atom);
    s->open = false;
    return ok;
}

/* Up to `to` there is no further symbol. */
static bool close_until(struct sweep *s, uint64_t to)
{
    uint64_t from = s->open ? s->to : s->from;
    bool runs_on = s->open && (s->atom.flags & RP_ATOM_UNSIZED) && s->to < to;
    if (runs_on && !(s->code && is_padding(s, s->to, to))) /* not a mark like _etext */
        s->to = from = to;
    if (!close_atom(s))
        return false;
    bool ok = from >= to || add_gap(s, from, to);
    s->from = to;
    return ok;
}

static uint32_t flags_of(const struct sweep *s, const struct rp_sym *sym)
{
    unsigned type = rp_sym_type(sym);
    return (s->code ? RP_ATOM_CODE : 0) |
           (s->code && sym->size && (type == STT_FUNC || type == STT_GNU_IFUNC) ? RP_ATOM_FUNCTION
                                                                                : 0) |
           (rp_sym_bind(sym) != STB_LOCAL ? RP_ATOM_GLOBAL : RP_ATOM_LOCAL);
}

/* A word that is not aligned as compilers align it: assembly goes on with what it began before. */
static bool is_unaligned(const struct sweep *s, uint64_t at, uint64_t size)
{
    if (s->code || size > 8 || at != s->to)
        return false;
    return (size == 2 || size == 4 || size == 8) && at % size != 0;
}

/* One symbol at `at` within [s->from, limit). */
static bool take_symbol(struct sweep *s, uint64_t at, uint32_t number, uint64_t limit)
{
    const struct rp_sym *sym = &s->b->im->e->syms[number];
    uint64_t size = sym->size < limit - at ? sym->size : limit - at;
    uint32_t flags = flags_of(s, sym);
    bool unsized = size == 0;
    bool joins = s->open && (at < s->to || at == s->from ||
                             (unsized && (s->code || (at & 3)) && s->atom.symbol) ||
                             is_unaligned(s, at, size));
    if (joins) {
        s->atom.flags |= flags & (RP_ATOM_GLOBAL | RP_ATOM_LOCAL);
        if (at == s->from)
            s->atom.flags |= flags & RP_ATOM_FUNCTION;
        if (unsized && at >= s->to) { /* a label behind it: the code runs on */
            s->atom.flags |= RP_ATOM_UNSIZED;
            s->to = at;
        }
        if (at + size > s->to)
            s->to = at + size;
        return true;
    }
    if (!close_until(s, at))
        return false;
    s->open = true;
    s->from = at;
    s->to = at + size;
    s->atom = (struct rp_atom){.symbol = number, .flags = flags | (unsized ? RP_ATOM_UNSIZED : 0)};
    return true;
}

/* Symbols between two cuts. */
static bool sweep_symbols(struct sweep *s, uint64_t limit)
{
    const struct rp_image *im = s->b->im;
    for (; s->symbol < im->symbols.n && im->symbols.v[s->symbol].addr < limit; s->symbol++) {
        const struct rp_image_symbol *x = &im->symbols.v[s->symbol];
        if (x->addr >= s->addr && x->addr >= s->from && !take_symbol(s, x->addr, x->symbol, limit))
            return false;
    }
    return close_until(s, limit);
}

static bool sweep_section(struct sweep *s)
{
    const struct rp_image_build *b = s->b;
    s->from = s->addr;
    for (; s->cut < b->cuts.n && b->cuts.v[s->cut].addr < s->end; s->cut++) {
        const struct rp_image_cut *c = &b->cuts.v[s->cut];
        if (c->addr < s->from || c->size > s->end - c->addr)
            continue;
        if (!sweep_symbols(s, c->addr))
            return false;
        struct rp_atom atom = {.table = c->table};
        if (!add_node(s, c->kind, c->addr, c->addr + c->size, atom))
            return false;
        s->from = c->addr + c->size;
    }
    return sweep_symbols(s, s->end);
}

/* --- all sections ------------------------------------------------------------------------------
 */

/* A section that has no address of its own: debug information, .tbss, empty ones. */
static bool add_whole(struct rp_image *im, rp_id section)
{
    struct rp_node n = {section, RP_NODE_SECTION, 0, rp_shdr_of(im->m, section)->size};
    return rp_vec_push(&im->m->nodes, n) && rp_vec_push(&im->atoms, (struct rp_atom){0});
}

static size_t first_cut(const struct rp_image_build *b, uint64_t addr)
{
    size_t lo = 0, hi = b->cuts.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (b->cuts.v[mid].addr < addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool split_section(struct rp_image_build *b, rp_id section)
{
    struct rp_image *im = b->im;
    const struct rp_shdr *sh = rp_shdr_of(im->m, section);
    bool mapped =
        (sh->flags & SHF_ALLOC) && sh->size && rp_image_section_at(im, sh->addr) == section;
    if (!mapped)
        return add_whole(im, section);
    struct sweep s = {.b = b, .section = section, .addr = sh->addr, .end = sh->addr + sh->size};
    s.bytes = sh->type == SHT_NOBITS ? NULL : im->e->data + sh->offset;
    s.code = sh->flags & SHF_EXECINSTR;
    s.symbol = rp_image_first_symbol(im, s.addr);
    s.cut = first_cut(b, s.addr);
    return sweep_section(&s);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static int by_cut(const void *a, const void *b)
{
    const struct rp_image_cut *x = a, *y = b;
    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void find_nodes_of_symbols(struct rp_image *im)
{
    for (size_t i = 0; i < im->symbols.n; i++) {
        const struct rp_elf *e = im->e;
        rp_id section = im->m->files.v[0].sec_base + rp_sym_shndx(e, im->symbols.v[i].symbol);
        uint64_t offset = e->syms[im->symbols.v[i].symbol].value;
        rp_id node = im->m->sections[section].n_nodes ? rp_node_at(im->m, section, offset) : 0;
        im->symbols.v[i].node = node && im->m->nodes.v[node].offset <= offset ? node : 0;
    }
}

enum reap_status rp_image_atoms(struct rp_image_build *b)
{
    struct rp_image *im = b->im;
    struct rp_model *m = im->m;
    enum reap_status st = collect_symbols(im);
    if (st != REAP_OK)
        return st;
    if (b->cuts.n)
        qsort(b->cuts.v, b->cuts.n, sizeof *b->cuts.v, by_cut);
    if (b->splits.n)
        qsort(b->splits.v, b->splits.n, sizeof *b->splits.v, by_number);
    if (!rp_vec_push(&m->nodes, (struct rp_node){0}) ||
        !rp_vec_push(&im->atoms, (struct rp_atom){0}))
        return rp_nomem(m->ctx);
    m->files.v[0].first_node = 1;
    for (rp_id s = 1; s <= m->n_section_ids; s++) {
        if (m->sections[s].flags & RP_SEC_META)
            continue;
        size_t first = m->nodes.n;
        if (!split_section(b, s))
            return rp_nomem(m->ctx);
        if (m->nodes.n >= UINT32_MAX / 2)
            return rp_fail(m->ctx, REAP_ERR_UNSUPPORTED, "too-many-sections", rp_at(im->e->name),
                           "the image has more parts than Reap can number");
        m->sections[s].n_nodes = (uint32_t)(m->nodes.n - first);
        m->sections[s].node = m->sections[s].n_nodes ? (rp_id)first : 0;
    }
    m->files.v[0].n_nodes = (uint32_t)m->nodes.n - 1;
    find_nodes_of_symbols(im);
    return REAP_OK;
}
