/* branches.c: references between code that have no relocation, found by decoding it.
 *
 * Why: an assembler computes distances within a section itself, and a linker that relaxes code
 * leaves relocations behind that say something else. In a kernel without -ffunction-sections a
 * third of all branches between functions is such.
 *
 * How, for every atom of code, on several threads:
 * - Decode from its start to its end. A direct branch refers to the atom that holds its target; so
 *   does an address that counts from the instruction (lea, adr, adrp with what is added to it, a
 *   memory operand), and a constant that equals the address of a function. What is found where a
 *   relocation says the same is left out.
 * - When the last instruction lets control go on, the next atom is referred to: assembly falls
 *   through. A function that a compiler made does not, but for the end of a block that cannot be
 *   reached; a call at its end is one that does not return.
 * - The safety net on x86, for data amid code and for what was decoded out of step: at every byte,
 *   what would be a direct branch to exactly a symbol counts as one (scan.c). Two bytes that look
 *   like a short branch are common, so these count only where decoding may be out of step: it is in
 *   step when a function of known size is all instructions, the last of which ends where the
 *   function does, no branch within it goes to the middle of one, and relocations stand at their
 *   displacements and immediates.
 *
 * - Distances of 32 bits in data, and in code: offsets.c.
 *
 * Replacement instructions of alternatives are decoded where they stand, although they run where
 * they are copied to: Linux computes the distance of a branch anew from there (arch/x86/kernel/
 * alternative.c, arch/arm64/kernel/alternative.c), so that its target is that of the replacement.
 *
 * Entry: rp_image_branches.
 */
#include "image/branches.h"

#include "arch/arch.h"
#include "arch/decode.h"
#include "image/fill.h"
#include "util/checked.h"
#include "util/pool.h"

#include <elf.h>
#include <string.h>

enum { NODES_AT_ONCE = 64, N_REGISTERS = 64 };

struct work {
    const struct rp_image *im;
    const struct rp_image_options *o;
    uint16_t machine;
    struct rp_image_knowns known;
    struct piece *pieces; /* of NODES_AT_ONCE nodes each */
    struct rp_image_knowns starts;
};

struct piece {
    struct rp_image_edges edges;
    struct rp_image_knowns starts; /* places in data that its code refers to */
};

/* --- what relocations said ---------------------------------------------------------------------
 */

static int compare_known(const void *a, const void *b)
{
    const struct rp_image_known *x = a, *y = b;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static void sort_known(struct rp_image_knowns *k)
{
    if (k->v.n)
        qsort(k->v.v, k->v.n, sizeof *k->v.v, compare_known);
}

static bool collect_known(struct work *w, const struct rp_image_edges *edges)
{
    struct rp_image_knowns *ks = &w->known;
    bool sorted = true;
    for (size_t i = 0; i < edges->v.n; i++) {
        const struct rp_image_edge *e = &edges->v.v[i];
        struct rp_image_known k = {e->addr, e->to};
        if (e->source != RP_IMAGE_RELOC || !(w->im->atoms.v[e->from].flags & RP_ATOM_CODE))
            continue;
        if (ks->v.n && compare_known(&ks->v.v[ks->v.n - 1], &k) > 0)
            sorted = false;
        if (!rp_vec_push(&ks->v, k))
            return false;
    }
    if (!sorted)
        sort_known(ks);
    return true;
}

bool rp_image_is_known(const struct rp_image_knowns *k, uint64_t addr, rp_id to)
{
    struct rp_image_known key = {addr, to};
    return k->v.n && bsearch(&key, k->v.v, k->v.n, sizeof key, compare_known);
}

/* What a thread needs while it decodes; grows. */
struct scratch {
    RP_VEC(uint8_t) starts; /* a bit for each byte: an instruction starts here */
    RP_VEC(uint64_t) inner; /* offsets that branches of the atom itself go to */
};

/* --- one atom ----------------------------------------------------------------------------------
 */

struct atom {
    const struct work *w;
    struct rp_image_edges *out;
    rp_id node;
    uint64_t addr, size;
    const uint8_t *bytes;
    uint64_t page[N_REGISTERS]; /* AArch64: what adrp left in a register, 1 = not known */
    bool goes_on;               /* control may leave at the end */
    bool in_step;               /* so far */
    struct scratch *scratch;
    struct rp_image_knowns *starts;
    const struct rp_rela *relocs; /* of its section, and the next one */
    uint32_t n_relocs, next;
};

static bool add(struct atom *a, uint64_t target, uint64_t place, enum rp_image_source source)
{
    if (target - a->addr < a->size) /* as most do */
        return true;
    rp_id to = rp_image_node_at(a->w->im, target);
    if (to && !(a->w->im->atoms.v[to].flags & RP_ATOM_CODE) &&
        !rp_vec_push(&a->starts->v, (struct rp_image_known){target, a->node}))
        return false;
    if (!to || to == a->node || rp_image_is_known(&a->w->known, place, to))
        return true;
    return rp_image_add_edge(a->out, a->node, to, RP_EDGE_RELOC, source, 0, place);
}

/* Constants: an address by its value alone, so the start of a symbol of code. (The per-CPU data of
 * x86 Linux is linked at address 0, where every small number would be an address.) */
static bool add_constant(struct atom *a, uint64_t value, uint64_t place)
{
    const struct rp_image *im = a->w->im;
    if (value < im->text_low || value >= im->text_high)
        return true;
    const struct rp_image_symbol *s = rp_image_symbol_at(im, value);
    if (!s || !s->node || !(im->atoms.v[s->node].flags & RP_ATOM_CODE))
        return true;
    return add(a, value, place, RP_IMAGE_VALUE);
}

/* adrp leaves a page in a register; add, load and store add the rest. */
static bool follow_page(struct atom *a, const struct rp_insn *i, uint64_t at)
{
    bool ok = true;
    if (i->kind == RP_INSN_ADD && a->page[i->src] != 1)
        ok = add(a, a->page[i->src] + (uint64_t)i->imm, at, RP_IMAGE_BRANCH);
    else if (i->is_memory && i->base < N_REGISTERS && a->page[i->base] != 1)
        ok = add(a, a->page[i->base] + (uint64_t)i->disp, at, RP_IMAGE_BRANCH);
    for (unsigned r = 1; r < N_REGISTERS && i->writes >> r; r++)
        if (i->writes >> r & 1)
            a->page[r] = 1;
    if (i->kind == RP_INSN_ADDRESS && i->is_page)
        a->page[i->dst] = i->target;
    return ok;
}

static bool follow(struct atom *a, const struct rp_insn *i, uint64_t at)
{
    bool a64 = a->w->machine == EM_AARCH64;
    switch (i->kind) {
    case RP_INSN_BAD: a->in_step = false; return true;
    case RP_INSN_CALL:
    case RP_INSN_JUMP:
    case RP_INSN_BRANCH:
        if (i->target - a->addr < a->size && !rp_vec_push(&a->scratch->inner, i->target - a->addr))
            return false;
        return add(a, i->target, at + i->field_at[1], RP_IMAGE_BRANCH);
    default: break;
    }
    if (a64 && !follow_page(a, i, at))
        return false;
    if (i->has_target && i->base == RP_REG_PC) {
        if (!i->is_page && !add(a, i->target, at + i->field_at[0], RP_IMAGE_BRANCH))
            return false;
    } else if (i->has_target && i->kind == RP_INSN_ADDRESS) {
        return add_constant(a, i->target, at + i->field_at[1]);
    }
    return a64 || !i->has_imm || add_constant(a, (uint64_t)i->imm, at + i->field_at[1]);
}

static bool is_nop(uint16_t machine, const uint8_t *p, unsigned length)
{
    unsigned i = 0;
    if (machine == EM_AARCH64)
        return rp_load32(p) == 0xd503201f;
    while (i + 1 < length && (p[i] == 0x66 || p[i] == 0x2e))
        i++;
    return p[i] == 0x90 || (i + 1 < length && p[i] == 0x0f && p[i + 1] == 0x1f);
}

/* Whether control goes on behind the instruction; padding says what the one before it did. */
static bool goes_on(const struct atom *a, const struct rp_insn *i, const uint8_t *p)
{
    bool function = a->w->im->atoms.v[a->node].flags & RP_ATOM_FUNCTION;
    switch (i->kind) {
    case RP_INSN_JUMP:
    case RP_INSN_JUMP_REG:
    case RP_INSN_RETURN:
    case RP_INSN_TRAP:
    case RP_INSN_BAD: return false;
    case RP_INSN_CALL:
    case RP_INSN_CALL_REG: return !function;
    default: break;
    }
    return is_nop(a->w->machine, p, i->length) ? a->goes_on : true;
}

/* Whether the relocations of this instruction stand at its fields, as in code they do; what the
 * linker rewrites (TLS, the GOT) may stand elsewhere. a->next goes on to the next instruction. */
static bool relocs_fit(struct atom *a, const struct rp_insn *i, uint64_t offset)
{
    bool fit = true;
    for (; a->next < a->n_relocs && a->relocs[a->next].offset < offset + i->length; a->next++) {
        uint64_t at = a->relocs[a->next].offset - offset;
        unsigned cls = rp_reloc_info(a->w->im->m->arch, a->relocs[a->next].type)->cls;
        if (a->relocs[a->next].offset >= offset &&
            (cls == RP_REL_ABS || cls == RP_REL_PC || cls == RP_REL_PLT))
            fit = fit && at && (at == i->field_at[0] || at == i->field_at[1]);
    }
    return fit;
}

static bool is_start(const struct scratch *s, uint64_t offset)
{
    return s->starts.v[offset / 8] >> offset % 8 & 1;
}

static bool decode(struct atom *a)
{
    struct scratch *s = a->scratch;
    uint64_t offset = a->w->im->m->nodes.v[a->node].offset; /* into the section */
    if (!rp_vec_reserve(&s->starts, a->size / 8 + 1))
        return false;
    memset(s->starts.v, 0, a->size / 8 + 1);
    s->inner.n = 0;
    for (unsigned r = 0; r < N_REGISTERS; r++)
        a->page[r] = 1;
    a->goes_on = true;
    a->in_step = a->w->im->atoms.v[a->node].flags & RP_ATOM_FUNCTION;
    for (uint64_t off = 0; off < a->size;) {
        struct rp_insn i;
        rp_decode_flow(a->w->machine, a->bytes + off, a->size - off, a->addr + off, &i);
        if (!follow(a, &i, a->addr + off))
            return false;
        a->goes_on = goes_on(a, &i, a->bytes + off);
        if (a->w->machine == EM_X86_64 && !relocs_fit(a, &i, offset + off))
            a->in_step = false;
        s->starts.v[off / 8] |= (uint8_t)(1u << off % 8);
        off += i.length; /* never beyond the end: that would be a bad one */
    }
    for (size_t k = 0; k < s->inner.n && a->in_step; k++)
        a->in_step = is_start(s, s->inner.v[k]);
    return true;
}

/* The next atom of code in the section, when control may run into it. What a record names
 * (replacement instructions) is copied from there, not run into. */
static bool add_next(struct atom *a)
{
    const struct rp_image *im = a->w->im;
    rp_id next = a->node + 1;
    if (!a->goes_on || next >= im->m->nodes.n || !(im->atoms.v[next].flags & RP_ATOM_CODE) ||
        (im->atoms.v[next].flags & RP_ATOM_PIECE) ||
        im->m->nodes.v[next].section != im->m->nodes.v[a->node].section)
        return true;
    return rp_image_add_edge(a->out, a->node, next, RP_EDGE_ASSOC, RP_IMAGE_BRANCH, 0,
                             a->addr + a->size - 1);
}

/* Whether an earlier run has filled the atom, all but the bytes that the program verifies. */
static bool is_filled(const struct atom *a)
{
    const struct rp_image *im = a->w->im;
    uint64_t at = a->addr, end = a->addr + a->size;
    bool some = false;
    for (size_t i = rp_image_verified_from(im, at); at < end; i++) {
        const struct rp_image_range *r = i < im->verified.n ? &im->verified.v[i] : NULL;
        uint64_t stop = !r || r->addr > end ? end : r->addr;
        if (stop > at) {
            if (!rp_fill_is_filled(a->w->machine, a->bytes + (at - a->addr), stop - at))
                return false;
            some = true;
        }
        at = r ? r->addr + r->size : end;
    }
    return some;
}

/* Data of the program: no records, which are decoded by what they are, no frames, no strings of the
 * dynamic linker. */
static bool may_hold_distances(const struct rp_image *im, rp_id node)
{
    const struct rp_node *n = &im->m->nodes.v[node];
    const struct rp_shdr *sh = rp_shdr_of(im->m, n->section);
    return (n->kind == RP_NODE_ATOM || n->kind == RP_NODE_GAP) && sh->type == SHT_PROGBITS &&
           (sh->flags & SHF_ALLOC) && !im->atoms.v[node].table &&
           !(im->m->sections[n->section].flags & RP_SEC_EH_FRAME) &&
           strcmp(rp_section_name(im->m, n->section), ".eh_frame_hdr") != 0;
}

static void find_relocs(struct atom *a)
{
    const struct rp_model *m = a->w->im->m;
    const struct rp_node *n = &m->nodes.v[a->node];
    uint32_t rel = m->sections[n->section].rel;
    if (!rel)
        return;
    a->relocs = rp_elf_relocs(a->w->im->e, rel, &a->n_relocs);
    a->next = rp_rela_from(a->relocs, a->n_relocs, n->offset);
}

/* The tables that a filled function referred to: fill_strip.c has left a note of each. */
static bool recall_starts(struct atom *a)
{
    uint64_t start = a->w->im->m->nodes.v[a->node].offset;
    for (; a->next < a->n_relocs && a->relocs[a->next].offset - start < a->size; a->next++) {
        const struct rp_rela *r = &a->relocs[a->next];
        uint64_t to = (uint64_t)r->addend;
        rp_id node = r->type || r->sym || !to ? 0 : rp_image_node_at(a->w->im, to);
        if (node && !(a->w->im->atoms.v[node].flags & RP_ATOM_CODE) &&
            !rp_vec_push(&a->starts->v, (struct rp_image_known){to, a->node}))
            return false;
    }
    return true;
}

static enum reap_status do_code(const struct work *w, rp_id node, struct scratch *scratch,
                                struct piece *out)
{
    const struct rp_image *im = w->im;
    struct rp_image_edges *edges = &out->edges;
    struct atom a = {
        .w = w, .out = edges, .node = node, .scratch = scratch, .starts = &out->starts};
    a.addr = rp_image_node_addr(im, node);
    a.size = im->m->nodes.v[node].size;
    a.bytes = rp_image_data(im, a.addr, a.size);
    if (!a.bytes)
        return REAP_OK;
    find_relocs(&a);
    if (is_filled(&a))
        return recall_starts(&a) ? REAP_OK : REAP_ERR_NOMEM;
    size_t first = edges->v.n;
    bool ok = w->o->no_decode || (decode(&a) && add_next(&a));
    if (ok && !w->o->no_scan && w->machine == EM_X86_64)
        ok = rp_image_scan(im, node, a.bytes, a.in_step ? scratch->starts.v : NULL, &w->known,
                           first, edges);
    if (ok && !a.in_step)
        ok = rp_image_offsets(im, node, a.bytes, true, &w->starts, edges);
    return ok ? REAP_OK : REAP_ERR_NOMEM;
}

/* --- all of them -------------------------------------------------------------------------------
 */

static enum reap_status do_piece(void *arg, size_t piece)
{
    struct work *w = arg;
    const struct rp_image *im = w->im;
    size_t first = piece * NODES_AT_ONCE + 1, end = first + NODES_AT_ONCE;
    struct scratch scratch = {0};
    enum reap_status st = REAP_OK;
    for (size_t n = first; n < end && n < im->m->nodes.n && st == REAP_OK; n++)
        if ((im->atoms.v[n].flags & RP_ATOM_CODE) && im->m->nodes.v[n].size)
            st = do_code(w, (rp_id)n, &scratch, &w->pieces[piece]);
    rp_vec_free(&scratch.starts);
    rp_vec_free(&scratch.inner);
    return st;
}

static enum reap_status do_data(void *arg, size_t piece)
{
    struct work *w = arg;
    const struct rp_image *im = w->im;
    size_t first = piece * NODES_AT_ONCE + 1, end = first + NODES_AT_ONCE;
    for (size_t n = first; n < end && n < im->m->nodes.n; n++) {
        uint64_t size = im->m->nodes.v[n].size;
        if ((im->atoms.v[n].flags & RP_ATOM_CODE) || !size || !may_hold_distances(im, (rp_id)n))
            continue;
        const uint8_t *bytes = rp_image_data(im, rp_image_node_addr(im, (rp_id)n), size);
        if (bytes &&
            !rp_image_offsets(im, (rp_id)n, bytes, false, &w->starts, &w->pieces[piece].edges))
            return REAP_ERR_NOMEM;
    }
    return REAP_OK;
}

static bool collect_starts(struct work *w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rp_image_knowns *k = &w->pieces[i].starts;
        if (!k->v.n)
            continue;
        if (!rp_vec_reserve(&w->starts.v, w->starts.v.n + k->v.n))
            return false;
        memcpy(w->starts.v.v + w->starts.v.n, k->v.v, k->v.n * sizeof *k->v.v);
        w->starts.v.n += k->v.n;
        rp_vec_free(&k->v);
    }
    sort_known(&w->starts);
    return true;
}

static bool append(struct rp_image_edges *to, const struct rp_image_edges *from)
{
    if (!rp_vec_reserve(&to->v, to->v.n + from->v.n))
        return false;
    if (from->v.n)
        memcpy(to->v.v + to->v.n, from->v.v, from->v.n * sizeof *from->v.v);
    to->v.n += from->v.n;
    return true;
}

/* What only the scan found is told, as long as it is the exception. */
static void tell_scanned(const struct rp_image *im, const struct rp_image_edges *edges,
                         size_t first)
{
    for (size_t i = first; i < edges->v.n; i++) {
        const struct rp_image_edge *e = &edges->v.v[i];
        char from[256], to[256];
        if (e->source == RP_IMAGE_SCAN)
            rp_note(im->m->ctx, "scan-only", rp_at(im->e->name),
                    "%s may branch to %s: bytes there look like it, and decoding does not say so",
                    rp_image_name_addr(im, e->addr, from, sizeof from),
                    rp_image_name_addr(im, rp_image_node_addr(im, e->to), to, sizeof to));
    }
}

enum reap_status rp_image_branches(const struct rp_image *im, const struct rp_image_options *o,
                                   struct rp_image_edges *ret)
{
    struct work w = {.im = im, .o = o, .machine = im->e->machine};
    struct rp_ctx *ctx = im->m->ctx;
    size_t n = (im->m->nodes.n + NODES_AT_ONCE - 1) / NODES_AT_ONCE;
    size_t n_before = ret->v.n;
    if (!rp_decode_has(w.machine))
        return REAP_OK;
    w.pieces = calloc(n + 1, sizeof *w.pieces);
    bool ok = w.pieces && collect_known(&w, ret) && rp_parallel(ctx, n, do_piece, &w) == REAP_OK &&
              collect_starts(&w, n) && rp_parallel(ctx, n, do_data, &w) == REAP_OK;
    for (size_t i = 0; i < n && ok; i++)
        ok = append(ret, &w.pieces[i].edges);
    if (ok && !o->no_decode)
        tell_scanned(im, ret, n_before);
    for (size_t i = 0; i < n && w.pieces; i++) {
        rp_vec_free(&w.pieces[i].edges.v);
        rp_vec_free(&w.pieces[i].starts.v);
    }
    free(w.pieces);
    rp_vec_free(&w.known.v);
    rp_vec_free(&w.starts.v);
    return ok ? REAP_OK : rp_nomem(ctx);
}
