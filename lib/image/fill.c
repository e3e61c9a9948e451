/* fill.c: fill what is dead in an image that is linked already.
 *
 * Why: after the link nothing can move, but what is not reachable can be made to say so: a trap
 * that names what was there, or zeros, which compress to nothing. How: the dead atoms of the marks,
 * without the bytes that self-patching code verifies (a jump label, a static call, an mcount nop:
 * the kernel stops when it finds something else there), are spans; a copy of the file is filled
 * span by span. A span begins with a trap wherever it starts, so that code which runs on from
 * verified bytes stops at the first byte behind them. An atom that holds nothing but such a filling
 * is left as it is, whatever its number: a second run gives the same bytes.
 *
 * With zeros, padding between two filled functions becomes zeros, too, so that whole pages come
 * about: it is no-operations, which would have run on into what is filled. Traps leave it.
 *
 * Entries: rp_image_fill, rp_fill_is_filled.
 */
#include "image/fill_private.h"

#include "pass/tripwire.h"
#include "util/checked.h"

#include <string.h>

enum { PAGE = 4096, BIG_PAGE = 64 << 10, HUGE_PAGE = 2 << 20 };

/* --- what is filled already ------------------------------------------------------------------ */

static bool is_zero(const uint8_t *p, uint64_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* The length of padding at p, 0 = none: bytes that do nothing and run on into the next byte, or
 * stop, as assemblers and linkers put them between functions. x86: NOP of every length (Intel SDM
 * 2B, NOP), with prefixes, and INT3; AArch64: NOP. Zeros, too. */
static uint64_t padding_at(uint16_t machine, const uint8_t *p, uint64_t n)
{
    uint64_t at = 0;
    if (machine == EM_AARCH64)
        return n >= 4 && (rp_load32(p) == 0xd503201f || rp_load32(p) == 0) ? 4 : 0;
    if (p[0] == 0)
        return 1;
    while (at < n && (p[at] == 0x66 || p[at] == 0x2e))
        at++;
    if (at < n && (p[at] == 0x90 || p[at] == 0xcc))
        return at + 1;
    if (n - at < 3 || p[at] != 0x0f || p[at + 1] != 0x1f || (p[at + 2] & 0x38))
        return 0;
    unsigned mod = p[at + 2] >> 6, sib = (p[at + 2] & 7) == 4;
    at += 3 + sib + (mod == 1 ? 1u : mod == 2 ? 4u : 0u);
    return at <= n ? at : 0;
}

static bool is_padding(uint16_t machine, const uint8_t *p, uint64_t n)
{
    for (uint64_t at = 0, k; at < n; at += k)
        if ((k = padding_at(machine, p + at, n - at)) == 0)
            return false;
    return true;
}

/* Nothing but traps, of whichever nodes, and padding: where symbols were stripped, an atom may
 * reach over what were several. Code that is too small for a number is plain traps alone. */
static bool is_traps(uint16_t machine, const uint8_t *p, uint64_t n)
{
    uint8_t plain[RP_TRAP_BYTES];
    bool some = n < RP_TRAP_BYTES;
    uint32_t id;
    uint64_t unit = machine == EM_AARCH64 ? 4 : 1;
    rp_trap_fill(machine, 0, plain, unit);
    if (some) {
        rp_trap_fill(machine, 0, plain, n);
        return memcmp(p, plain, n) == 0;
    }
    for (uint64_t at = 0, k; at < n; at += k) {
        k = padding_at(machine, p + at, n - at);
        if (n - at >= RP_TRAP_BYTES && rp_trap_id(machine, p + at, &id)) {
            k = RP_TRAP_BYTES;
            some = true;
        } else if (n - at >= unit && memcmp(p + at, plain, unit) == 0) {
            k = unit;
        }
        if (!k)
            return false;
    }
    return some;
}

bool rp_fill_is_filled(uint16_t machine, const uint8_t *bytes, uint64_t n)
{
    return n > 0 &&
           (is_zero(bytes, n) || (rp_trap_has_machine(machine) && is_traps(machine, bytes, n)));
}

/* --- spans ----------------------------------------------------------------------------------- */

/* What may be filled at all: code, and atoms of data when asked for. Records of tables and unwind
 * information are read by somebody whatever they are about. */
static bool is_fillable(const struct rp_fill *f, rp_id node, bool *ret_code)
{
    const struct rp_node *n = &f->im->m->nodes.v[node];
    if (!n->section || !n->size || (n->kind != RP_NODE_ATOM && n->kind != RP_NODE_SECTION))
        return false;
    const struct rp_shdr *sh = rp_shdr_of(f->im->m, n->section);
    if (!(sh->flags & SHF_ALLOC) || sh->type != SHT_PROGBITS)
        return false;
    *ret_code = (sh->flags & SHF_EXECINSTR) != 0;
    return (*ret_code || n->kind == RP_NODE_ATOM) && rp_in_range(n->offset, n->size, sh->size) &&
           rp_in_range(sh->offset, sh->size, f->size);
}

static bool add_span(struct rp_fill *f, struct rp_fill_span s)
{
    return s.size == 0 || rp_vec_push(&f->spans, s);
}

/* The spans of one atom: what the verified ranges leave of it. AArch64 patches whole words. */
static bool add_atom(struct rp_fill *f, rp_id node, bool is_code)
{
    const struct rp_node *n = &f->im->m->nodes.v[node];
    const struct rp_shdr *sh = rp_shdr_of(f->im->m, n->section);
    uint64_t unit = f->im->e->machine == EM_AARCH64 ? 4 : 1;
    uint64_t at = sh->addr + n->offset, end = at + n->size;
    uint64_t offset = sh->offset + n->offset - at;
    for (size_t i = rp_image_verified_from(f->im, at); is_code && i < f->im->verified.n; i++) {
        uint64_t from = f->im->verified.v[i].addr & ~(unit - 1), to;
        if (!rp_add(f->im->verified.v[i].addr, f->im->verified.v[i].size, &to) ||
            !rp_align(to, unit, &to))
            to = UINT64_MAX;
        if (from >= end)
            break;
        from = from > at ? from : at;
        to = to < end ? to : end;
        if (to <= at)
            continue;
        if (!add_span(f, (struct rp_fill_span){at, offset + at, from - at, node, is_code}))
            return false;
        f->ret->protected_bytes += to - from;
        at = to;
    }
    return at >= end ||
           add_span(f, (struct rp_fill_span){at, offset + at, end - at, node, is_code});
}

/* Whether the spans [from, spans.n) hold what would be written into them; and write it. */
static bool fill_spans(struct rp_fill *f, size_t from)
{
    uint16_t machine = f->im->e->machine;
    bool filled = true;
    for (size_t i = from; i < f->spans.n && filled; i++) {
        const struct rp_fill_span *s = &f->spans.v[i];
        const uint8_t *p = f->copy + s->offset;
        filled = f->o->zero || !s->is_code ? is_zero(p, s->size) : is_traps(machine, p, s->size);
    }
    for (size_t i = from; i < f->spans.n && !filled; i++) {
        const struct rp_fill_span *s = &f->spans.v[i];
        if (f->o->zero || !s->is_code)
            memset(f->copy + s->offset, 0, s->size);
        else
            rp_trap_fill(machine, s->node, f->copy + s->offset, s->size);
    }
    return filled;
}

static bool fill_atom(struct rp_fill *f, rp_id node, bool is_code)
{
    size_t from = f->spans.n;
    uint64_t bytes = 0;
    if (!add_atom(f, node, is_code))
        return false;
    for (size_t i = from; i < f->spans.n; i++)
        bytes += f->spans.v[i].size;
    if (!bytes)
        return true;
    f->ret->n_filled_before += fill_spans(f, from);
    *(is_code ? &f->ret->n_code : &f->ret->n_data) += 1;
    *(is_code ? &f->ret->code_bytes : &f->ret->data_bytes) += bytes;
    return true;
}

/* --- padding --------------------------------------------------------------------------------- */

/* Padding behind filled code up to the next filled code of the same section. */
static bool fill_padding(struct rp_fill *f)
{
    size_t n = f->spans.n;
    for (size_t i = 0; i + 1 < n; i++) {
        const struct rp_fill_span a = f->spans.v[i], b = f->spans.v[i + 1];
        uint64_t from = a.addr + a.size;
        if (!a.is_code || !b.is_code || b.addr <= from ||
            f->im->m->nodes.v[a.node].section != f->im->m->nodes.v[b.node].section)
            continue;
        size_t k = rp_image_verified_from(f->im, from);
        if ((k < f->im->verified.n && f->im->verified.v[k].addr < b.addr) ||
            !is_padding(f->im->e->machine, f->copy + a.offset + a.size, b.addr - from))
            continue;
        if (f->o->zero)
            memset(f->copy + a.offset + a.size, 0, b.addr - from);
        /* counted as filled, for pages alone */
        f->spans.v[i].size += b.addr - from;
    }
    return true;
}

/* --- pages ----------------------------------------------------------------------------------- */

static uint64_t whole_pages(uint64_t from, uint64_t to, uint64_t page)
{
    uint64_t first;
    return rp_align(from, page, &first) && first < to ? (to - first) / page : 0;
}

/* Runs of filled bytes that touch, as pages. */
static bool find_pages(struct rp_fill *f)
{
    static const uint64_t sizes[3] = {PAGE, BIG_PAGE, HUGE_PAGE};
    for (size_t i = 0; i < f->spans.n;) {
        uint64_t from = f->spans.v[i].addr, to = from;
        for (; i < f->spans.n && f->spans.v[i].addr == to; i++)
            to += f->spans.v[i].size;
        for (int k = 0; k < 3; k++)
            f->ret->n_pages[k] += whole_pages(from, to, sizes[k]);
        uint64_t n = whole_pages(from, to, PAGE), first = 0;
        if (!n || !rp_align(from, PAGE, &first))
            continue;
        if (!rp_vec_push(&f->ret->pages, (struct rp_fill_pages){first, n * PAGE}))
            return false;
    }
    return true;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int by_addr(const void *a, const void *b)
{
    const struct rp_fill_span *x = a, *y = b;
    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

const struct rp_fill_span *rp_fill_span_at(const struct rp_fill *f, uint64_t addr)
{
    size_t lo = 0, hi = f->spans.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct rp_fill_span *s = &f->spans.v[mid];
        if (addr < s->addr)
            hi = mid;
        else if (addr - s->addr >= s->size)
            lo = mid + 1;
        else
            return s;
    }
    return NULL;
}

static enum reap_status fill_all(struct rp_fill *f, const struct rp_marks *marks)
{
    const struct rp_model *m = f->im->m;
    for (rp_id id = 1; id < m->nodes.n; id++) {
        bool is_code;
        if (marks->live[id] || !is_fillable(f, id, &is_code))
            continue;
        if (!is_code && !f->o->data) {
            f->ret->n_data_left++;
            f->ret->data_left_bytes += m->nodes.v[id].size;
        } else if (!fill_atom(f, id, is_code)) {
            return rp_nomem(f->ctx);
        }
    }
    if (f->spans.n)
        qsort(f->spans.v, f->spans.n, sizeof *f->spans.v, by_addr);
    return REAP_OK;
}

static enum reap_status measure(struct rp_fill *f)
{
    const struct rp_elf *e = f->im->e;
    enum reap_status st = rp_sizes_measure(f->ctx, e, f->copy, &f->ret->sizes);
    f->ret->has_sizes = st == REAP_OK;
    return st;
}

enum reap_status rp_image_fill(const struct rp_image *im, const struct rp_marks *marks,
                               const struct rp_fill_options *o, const char *out_path,
                               struct rp_fill_result *ret)
{
    const struct rp_elf *e = im->e;
    struct rp_fill_result r = {.size_before = e->size, .size_after = e->size};
    struct rp_fill f = {.ctx = im->m->ctx, .im = im, .o = o, .ret = &r, .size = e->size};
    if (!rp_trap_has_machine(e->machine) || e->elf_class != ELFCLASS64)
        return rp_fail(f.ctx, REAP_ERR_UNSUPPORTED, "image-machine", rp_at(e->name),
                       "images of this machine cannot be filled");
    f.copy = malloc(e->size);
    if (!f.copy)
        return rp_nomem(f.ctx);
    memcpy(f.copy, e->data, e->size);
    enum reap_status st = fill_all(&f, marks);
    if (!st)
        st = rp_fill_strip(&f); /* asks for the spans of atoms alone */
    if (!st && (!fill_padding(&f) || !find_pages(&f)))
        st = rp_nomem(f.ctx);
    if (!st && o->sizes)
        st = measure(&f);
    if (!st && out_path)
        st = rp_fill_write(&f, out_path);
    for (size_t i = 0; i < f.pieces.n; i++)
        free(f.pieces.v[i].owned);
    rp_vec_free(&f.pieces);
    free(f.new_shndx);
    free(f.shdrs);
    rp_vec_free(&f.spans);
    free(f.copy);
    if (st)
        rp_fill_result_free(&r);
    else
        *ret = r;
    return st;
}

void rp_fill_result_free(struct rp_fill_result *r)
{
    rp_vec_free(&r->pages);
}
