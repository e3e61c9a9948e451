/* frames.c: .eh_frame of an image: which function has which LSDA and personality.
 *
 * Why: taken whole, .eh_frame would keep every function that it describes. An FDE lives when the
 * code that it covers does; then its LSDA and its CIE's personality are needed (throw would end in
 * terminate without them).
 *
 * How: fields are decoded by value, as the unwinder does (LSB Core, "The .eh_frame section",
 * "DWARF Exception Header Encoding"). What is shaped otherwise leaves the section one node, which
 * keeps what its relocations name.
 *
 * Entries: rp_image_find_frames, rp_image_frame_edges.
 */
#include "image/parts.h"

#include "util/checked.h"

#include <string.h>

/* Encodings of addresses (LSB Core). */
enum {
    PE_ABSPTR = 0,
    PE_UDATA2 = 2,
    PE_UDATA4 = 3,
    PE_UDATA8 = 4,
    PE_SDATA2 = 10,
    PE_SDATA4 = 11,
    PE_SDATA8 = 12,
    PE_PCREL = 0x10,
    PE_INDIRECT = 0x80,
    PE_OMIT = 0xff
};

struct reader {
    const uint8_t *p; /* the section */
    uint64_t base;    /* its address */
    uint64_t at, end; /* offsets: of the next byte, of the record's end */
    bool bad;
};

/* What a CIE says of its FDEs. */
struct cie {
    uint8_t fde_encoding, lsda_encoding;
    bool has_augmentation;
};

static uint8_t byte(struct reader *r)
{
    if (r->at >= r->end) {
        r->bad = true;
        return 0;
    }
    return r->p[r->at++];
}

static uint64_t uleb(struct reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = byte(r);
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return v;
    }
    r->bad = true;
    return 0;
}

/* An encoded address; 0 stands for none. Its value is not loaded through PE_INDIRECT. */
static uint64_t encoded(struct reader *r, uint8_t encoding)
{
    static const uint8_t widths[16] = {
        [PE_ABSPTR] = 8, [PE_UDATA2] = 2, [PE_UDATA4] = 4, [PE_UDATA8] = 8,
        [PE_SDATA2] = 2, [PE_SDATA4] = 4, [PE_SDATA8] = 8};
    unsigned form = encoding & 15, width = widths[form], base = encoding & 0x70;
    if (encoding == PE_OMIT)
        return 0;
    if (!width || (base && base != PE_PCREL) || r->end - r->at < width || r->at > r->end) {
        r->bad = true;
        return 0;
    }
    const uint8_t *p = r->p + r->at;
    uint64_t v = width == 2 ? rp_load16(p) : width == 4 ? rp_load32(p) : rp_load64(p);
    if (form == PE_SDATA2)
        v = (uint64_t)(int64_t)(int16_t)v;
    else if (form == PE_SDATA4)
        v = (uint64_t)(int64_t)(int32_t)v;
    if (v && base == PE_PCREL)
        v += r->base + r->at;
    r->at += width;
    return v;
}

/* --- records -----------------------------------------------------------------------------------
 */

static struct cie read_cie(struct reader *r, struct rp_image_frame *f)
{
    struct cie c = {.lsda_encoding = PE_OMIT};
    uint8_t version = byte(r);
    char augmentation[16] = {0};
    for (size_t i = 0;; i++) {
        char ch = (char)byte(r);
        if (!ch || r->bad)
            break;
        if (i + 1 >= sizeof augmentation) {
            r->bad = true;
            break;
        }
        augmentation[i] = ch;
    }
    uleb(r); /* code alignment */
    uleb(r); /* data alignment: signed, of the same length */
    if (version == 1)
        byte(r);
    else
        uleb(r); /* return address register */
    if (augmentation[0] != 'z') {
        r->bad |= augmentation[0] != '\0';
        return c;
    }
    c.has_augmentation = true;
    uleb(r);
    for (const char *a = augmentation + 1; *a && !r->bad; a++) {
        uint8_t encoding;
        switch (*a) {
        case 'R': c.fde_encoding = byte(r); break;
        case 'L': c.lsda_encoding = byte(r); break;
        case 'P':
            encoding = byte(r);
            f->personality = encoded(r, encoding);
            f->indirect = encoding & PE_INDIRECT;
            break;
        case 'S':
        case 'B': break; /* signal frame, AArch64's B key */
        default: r->bad = true;
        }
    }
    return c;
}

static void read_fde(struct reader *r, const struct cie *c, struct rp_image_frame *f)
{
    f->subject = encoded(r, c->fde_encoding);
    encoded(r, c->fde_encoding & 15); /* length of the code */
    if (!c->has_augmentation)
        return;
    uint64_t size = uleb(r);
    if (size && c->lsda_encoding != PE_OMIT)
        f->lsda = encoded(r, c->lsda_encoding);
}

/* The CIE of an FDE: read again where it stands. */
static bool cie_of(const struct reader *all, uint64_t offset, struct cie *ret)
{
    if (offset + 8 < offset || !rp_in_range(offset, 8, all->end))
        return false;
    struct reader r = {.p = all->p, .base = all->base, .at = offset + 8};
    uint64_t length = rp_load32(all->p + offset);
    struct rp_image_frame ignored = {0};
    if (rp_load32(all->p + offset + 4) != 0 || !rp_in_range(offset + 4, length, all->end))
        return false;
    r.end = offset + 4 + length;
    *ret = read_cie(&r, &ignored);
    return !r.bad;
}

/* All records of a section; false: odd shape. */
static bool read_section(struct rp_image_build *b, const struct reader *all, bool *ret_nomem)
{
    struct cie last = {0};
    uint64_t last_cie = UINT64_MAX;
    for (uint64_t at = 0; at < all->end;) {
        if (all->end - at < 4)
            return false;
        uint64_t length = rp_load32(all->p + at);
        if (length == 0) { /* a terminator */
            at += 4;
            continue;
        }
        if (length == 0xffffffff || length < 4 || !rp_in_range(at + 4, length, all->end))
            return false;
        struct reader r = {.p = all->p, .base = all->base, .at = at + 8, .end = at + 4 + length};
        struct rp_image_frame f = {.addr = all->base + at, .size = length + 4};
        uint32_t distance = rp_load32(all->p + at + 4);
        f.is_cie = distance == 0;
        if (f.is_cie) {
            last = read_cie(&r, &f);
            last_cie = at;
        } else {
            uint64_t cie = at + 4 - (uint64_t)(int64_t)(int32_t)distance;
            if (cie != last_cie && !cie_of(all, cie, &last))
                return false;
            last_cie = cie;
            f.cie = all->base + cie;
            read_fde(&r, &last, &f);
        }
        if (r.bad)
            return false;
        if (!rp_vec_push(&b->frames, f)) {
            *ret_nomem = true;
            return false;
        }
        at += 4 + length;
    }
    return true;
}

enum reap_status rp_image_find_frames(struct rp_image_build *b)
{
    const struct rp_image *im = b->im;
    for (uint32_t i = 0; i < im->n_sections; i++) {
        rp_id s = im->sections[i];
        const struct rp_shdr *sh = rp_shdr_of(im->m, s);
        if (!(im->m->sections[s].flags & RP_SEC_EH_FRAME) || sh->type == SHT_NOBITS)
            continue;
        struct reader all = {.p = im->e->data + sh->offset, .base = sh->addr, .end = sh->size};
        size_t n = b->frames.n;
        bool nomem = false;
        if (!read_section(b, &all, &nomem)) {
            if (nomem)
                return rp_nomem(im->m->ctx);
            b->frames.n = n;
            rp_note(im->m->ctx, "odd-table",
                    (struct rp_where){.file = im->e->name, .section = ".eh_frame"},
                    "the frame descriptions are not understood; what they refer to stays");
            continue;
        }
        for (; n < b->frames.n; n++) {
            const struct rp_image_frame *f = &b->frames.v[n];
            uint32_t kind = f->is_cie ? RP_NODE_CIE : RP_NODE_FDE;
            if (!rp_vec_push(&b->cuts, (struct rp_image_cut){f->addr, f->size, kind, 0}))
                return rp_nomem(im->m->ctx);
        }
    }
    return REAP_OK;
}

/* --- edges -------------------------------------------------------------------------------------
 */

static bool add(struct rp_image_build *b, rp_id from, uint64_t to, enum rp_edge_kind kind,
                uint64_t place)
{
    rp_id node = to ? rp_image_node_at(b->im, to) : 0;
    return !node || !from || node == from ||
           rp_image_add_edge(&b->edges, from, node, kind, RP_IMAGE_RECORD, 0, place);
}

static bool fde_edges(struct rp_image_build *b, const struct rp_image_frame *f)
{
    rp_id node = rp_image_node_at(b->im, f->addr);
    rp_id subject = f->subject ? rp_image_node_at(b->im, f->subject) : 0;
    if (subject && node &&
        !rp_image_add_edge(&b->edges, subject, node, RP_EDGE_SUBJECT, RP_IMAGE_RECORD, 0,
                           f->subject))
        return false;
    return add(b, node, f->lsda, RP_EDGE_ASSOC, f->addr) &&
           add(b, node, f->cie, RP_EDGE_CIE, f->addr);
}

static bool cie_edges(struct rp_image_build *b, const struct rp_image_frame *f)
{
    rp_id node = rp_image_node_at(b->im, f->addr);
    if (!add(b, node, f->personality, RP_EDGE_ASSOC, f->addr))
        return false;
    const uint8_t *p = f->indirect ? rp_image_data(b->im, f->personality, 8) : NULL;
    return !p || add(b, node, rp_load64(p), RP_EDGE_ASSOC, f->addr);
}

enum reap_status rp_image_frame_edges(struct rp_image_build *b)
{
    for (size_t i = 0; i < b->frames.n; i++) {
        const struct rp_image_frame *f = &b->frames.v[i];
        if (!(f->is_cie ? cie_edges(b, f) : fde_edges(b, f)))
            return rp_nomem(b->im->m->ctx);
    }
    return REAP_OK;
}
