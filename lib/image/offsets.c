/* offsets.c: functions that are named by a distance of 32 bits, without a relocation that tells.
 *
 * Why: a table of distances (`.long f - table`) is either the assembler's own work, when table and
 * function stand in one section, or has relocations that mean something else after the link: the
 * entry k words into the table becomes S + A - P with k words in A, and when S is a section's
 * symbol, S + A lies k words behind the start of f, in f or even behind it. relocs.c takes such
 * addresses for labels within a function, which they are in jump tables.
 *
 * How:
 * - In code that is not plainly instructions a word that is the distance from itself, or from a
 *   label of the atom, to a function keeps it. (From data to code a linker kept the relocation.)
 * - A word of data keeps the function that it is the distance to when it has a relocation that says
 *   something else: a tool has sorted the table after the link.
 * - A relocated distance in data that leads to no symbol belongs to a table. Where the table starts
 *   is what code refers to, and the table then says where it leads: within the function that refers
 *   to it, and it is a jump table, or to a function. When nobody refers to it by decoded code,
 * every function counts that starts where the distance leads for some start of the table; it starts
 * no further back than the atom does, and than distances stand word by word.
 *
 * Entry: rp_image_offsets.
 */
#include "image/branches.h"
#include "image/parts.h"

#include "arch/arch.h"
#include "util/checked.h"

enum { MAX_LABELS = 8, MAX_TABLE = 1024 /* words */, MAX_STARTS = 4096 };

struct words {
    const struct rp_image *im;
    const struct rp_image_knowns *starts; /* what code refers to in data, and who does */
    struct rp_image_edges *out;
    rp_id node;
    uint64_t addr, size;
    uint64_t bases[MAX_LABELS]; /* labels of an atom of code */
    unsigned n_bases;
};

static rp_id function_at(const struct words *w, uint64_t addr)
{
    if (addr < w->im->text_low || addr >= w->im->text_high || addr - w->addr < w->size)
        return 0;
    const struct rp_image_symbol *s = rp_image_symbol_at(w->im, addr);
    return s && s->node && (w->im->atoms.v[s->node].flags & RP_ATOM_FUNCTION) ? s->node : 0;
}

static bool add(const struct words *w, rp_id to, uint64_t place)
{
    return !to || to == w->node ||
           rp_image_add_edge(w->out, w->node, to, RP_EDGE_RELOC, RP_IMAGE_VALUE, 0, place);
}

static void find_bases(struct words *w)
{
    for (size_t i = rp_image_first_symbol(w->im, w->addr); i < w->im->symbols.n; i++) {
        uint64_t at = w->im->symbols.v[i].addr;
        if (at - w->addr >= w->size || w->n_bases == MAX_LABELS)
            break;
        if (!w->n_bases || at != w->bases[w->n_bases - 1])
            w->bases[w->n_bases++] = at;
    }
}

static bool plain_word(const struct words *w, uint64_t place, uint64_t distance)
{
    if (!add(w, function_at(w, place + distance), place))
        return false;
    for (unsigned k = 0; k < w->n_bases; k++)
        if (!add(w, function_at(w, w->bases[k] + distance), place))
            return false;
    return true;
}

/* The first of what code refers to at or above an address. */
static size_t start_from(const struct rp_image_knowns *k, uint64_t addr)
{
    size_t lo = 0, hi = k->v.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (k->v.v[mid].addr < addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Tables that start at what code refers to in [low, place]. *ret_any: there are some. */
static bool known_tables(const struct words *w, uint64_t low, uint64_t place, uint64_t distance,
                         bool *ret_any)
{
    const struct rp_image_knowns *k = w->starts;
    size_t first = start_from(k, low), end = first;
    for (; end < k->v.n && k->v.v[end].addr <= place; end++) {
        if (end - first == MAX_STARTS)
            return true; /* as if nobody knew */
        if (k->v.v[end].to == rp_image_node_at(w->im, k->v.v[end].addr + distance))
            return *ret_any = true; /* its own jump table */
    }
    *ret_any = end > first;
    for (size_t i = first; i < end; i++)
        if ((i == first || k->v.v[i].addr != k->v.v[i - 1].addr) &&
            !add(w, function_at(w, k->v.v[i].addr + distance), place))
            return false;
    return true;
}

/* An entry that may be any of the first `n` of its table, counted from 0. One that leads to a
 * symbol is taken to count from itself when nobody knows of a table. */
static bool table_word(const struct words *w, uint64_t place, uint64_t distance, uint64_t n)
{
    const struct rp_image *im = w->im;
    uint64_t value = place + distance, low = value - 4 * n;
    bool any = false;
    if (value < im->text_low || low >= im->text_high || low > value)
        return true; /* none of code */
    if (!known_tables(w, place - 4 * n, place, distance, &any))
        return false;
    if (any || rp_image_symbol_at(im, value))
        return true;
    for (size_t i = rp_image_first_symbol(im, low);
         i < im->symbols.n && im->symbols.v[i].addr < value;
         i = rp_image_first_symbol(im, im->symbols.v[i].addr + 1)) /* not every alias */
        if ((value - im->symbols.v[i].addr) % 4 == 0 &&
            !add(w, function_at(w, im->symbols.v[i].addr), place))
            return false;
    return true;
}

static bool is_distance(const struct rp_image *im, const struct rp_rela *r)
{
    const struct rp_reloc_info *info = rp_reloc_info(im->m->arch, r->type);
    return info->cls == RP_REL_NONE || (info->cls == RP_REL_PC && info->width == 4);
}

/* Whether the relocation is why the word leads there. */
static bool says(const struct rp_image *im, const struct rp_rela *r, uint64_t value)
{
    uint64_t addr;
    return r->sym && rp_image_symbol_addr(im, r->sym, &addr) && addr + (uint64_t)r->addend == value;
}

bool rp_image_offsets(const struct rp_image *im, rp_id node, const uint8_t *bytes, bool code,
                      const struct rp_image_knowns *starts, struct rp_image_edges *out)
{
    const struct rp_node *n = &im->m->nodes.v[node];
    struct words w = {.im = im, .starts = starts, .out = out, .node = node, .size = n->size};
    uint32_t n_relocs = 0, rel = im->m->sections[n->section].rel;
    const struct rp_rela *r = rel ? rp_elf_relocs(im->e, rel, &n_relocs) : NULL;
    uint32_t next = rp_rela_from(r, n_relocs, n->offset);
    uint64_t in_row = 0, last = 0; /* distances word by word; where the last one stands */
    w.addr = rp_image_node_addr(im, node);
    if (code)
        find_bases(&w);
    for (uint64_t at = -w.addr & 3; at < w.size && w.size - at >= 4; at += 4) {
        uint64_t place = w.addr + at;
        uint64_t distance = (uint64_t)(int64_t)(int32_t)rp_load32(bytes + at);
        while (next < n_relocs && r[next].offset < n->offset + at)
            next++;
        bool related = next < n_relocs && r[next].offset == n->offset + at;
        if (code && !related && distance && !plain_word(&w, place, distance))
            return false;
        if (code || !related || !is_distance(im, &r[next]))
            continue;
        in_row = in_row && last + 4 == at ? in_row + 1 : 1;
        last = at;
        if (!says(im, &r[next], place + distance) &&
            !add(&w, function_at(&w, place + distance), place))
            return false;
        if (in_row > 1 &&
            !table_word(&w, place, distance, in_row - 1 < MAX_TABLE ? in_row - 1 : MAX_TABLE))
            return false;
    }
    return true;
}
