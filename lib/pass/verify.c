/* verify.c: hold a rewritten object against the model that it was made from.
 *
 * Why: a byte too few is somebody's crash. The rewriter's result is read again with the reader
 * that checks foreign files, and compared by what it means, not by how it was made: nothing of
 * rewrite.h is used here.
 *
 *   sections     every section with a live node is there, in order, with its header fields; what
 *                else is there has to be one of the few kinds that may stay without a live node
 *   contents     every live byte is there; fields of relocations may differ, for addends and
 *                tombstones, and the CIE pointer of a moved FDE
 *   relocations  each one of a live piece names what it named, at the same place of it; those that
 *                are missing stood in a section that is not followed, named what is dropped, or
 *                are RTTI slots of vtables at whose typeinfo nobody looks, or ask for what only a
 *                dead unwinder reads
 *
 * Entry: rp_verify_object().
 */
#include "pass/pass.h"

#include "arch/arch.h"
#include "pass/rtti.h"
#include "pass/tripwire.h"
#include "pass/unwind.h"
#include "table/table.h"
#include "util/checked.h"

#include <stdlib.h>
#include <string.h>

struct verifier {
    const struct rp_model *m;
    const struct rp_marks *marks;
    const struct rp_file *f;
    const struct rp_elf *old;
    struct rp_elf fresh;
    uint32_t *match;       /* by old section number: the new one, 0 = dropped */
    uint64_t **piece;      /* by old section number: new offsets of its nodes, NULL: not cut;
                              UINT64_MAX for a dead one */
    uint32_t *rel;         /* by new section number: that of its relocations */
    struct rp_arena arena; /* of piece */
};

static enum reap_status fault(const struct verifier *v, uint32_t shndx, uint64_t offset,
                              const char *what)
{
    struct rp_where where = {.file = v->f->display,
                             .section = rp_elf_shname(v->old, shndx),
                             .offset = offset,
                             .has_offset = true};
    return rp_fail(v->m->ctx, REAP_ERR_INTERNAL, "rewrite-check", where,
                   "the rewritten object is wrong: %s", what);
}

static const struct rp_section *section_of(const struct verifier *v, uint32_t shndx)
{
    return &v->m->sections[v->f->sec_base + shndx];
}

/* --- sections -------------------------------------------------------------------------------- */

/* Sections that are made anew, not carried over. */
static bool is_made(const struct rp_elf *e, uint32_t i)
{
    switch (e->shdrs[i].type) {
    case SHT_NULL:
    case SHT_SYMTAB:
    case SHT_SYMTAB_SHNDX:
    case SHT_REL:
    case SHT_RELA:
    case SHT_GROUP:
    case RP_SHT_LLVM_ADDRSIG:
    case RP_SHT_LLVM_CALL_GRAPH: return true;
    case SHT_STRTAB: return i == e->shstrndx || (e->symtab && i == e->shdrs[e->symtab].link);
    default: return false;
    }
}

static bool any_live(const struct verifier *v, uint32_t shndx, uint8_t *ret_how)
{
    const struct rp_section *s = section_of(v, shndx);
    uint8_t how = 0;
    for (uint32_t k = 0; k < s->n_nodes; k++) {
        uint8_t live = v->marks->live[s->node + k];
        if (live == 1 || (live && !how))
            how = live;
    }
    *ret_how = how;
    return how != 0;
}

static bool same_header(const struct verifier *v, uint32_t i, uint32_t k)
{
    const struct rp_shdr *a = &v->old->shdrs[i], *b = &v->fresh.shdrs[k];
    return a->type == b->type && a->flags == b->flags && a->addralign == b->addralign &&
           a->entsize == b->entsize &&
           strcmp(rp_elf_shname(v->old, i), rp_elf_shname(&v->fresh, k)) == 0;
}

static uint32_t next_carried(const struct rp_elf *e, uint32_t i)
{
    do
        i++;
    while (i < e->n_sections && is_made(e, i));
    return i;
}

/* Whether the dead section `i` stands as traps in section `k` (tripwire.h). */
static bool is_trapped(const struct verifier *v, uint32_t i, uint32_t k)
{
    const struct rp_shdr *sh = &v->fresh.shdrs[k];
    rp_id id = v->f->sec_base + i;
    uint32_t node = 0;
    if (!rp_trap_is_wanted(v->m, v->marks, id) || !same_header(v, i, k) ||
        sh->size != rp_trap_size(v->old->shdrs[i].size))
        return false;
    return rp_trap_id(v->fresh.machine, rp_elf_bytes(&v->fresh, k), &node) &&
           node == v->m->sections[id].node;
}

/* Of the sections that match: only as traps can dead code be there. */
static bool is_trap(const struct verifier *v, uint32_t i)
{
    return rp_trap_is_wanted(v->m, v->marks, v->f->sec_base + i);
}

static enum reap_status match_sections(struct verifier *v)
{
    uint32_t k = next_carried(&v->fresh, 0);
    for (uint32_t i = 1; i < v->old->n_sections; i++) {
        if (is_made(v->old, i))
            continue;
        const struct rp_section *s = section_of(v, i);
        uint8_t how;
        bool live = any_live(v, i, &how) && !(s->flags & RP_SEC_DUPLICATE);
        bool may_stay =
            live || !s->node || (s->flags & RP_SEC_DUPLICATE) || !(s->flags & RP_SEC_ALLOC);
        bool may_go = !live || (s->flags & (RP_SEC_EH_FRAME | RP_SEC_RECORDS)) ||
                      (v->old->shdrs[i].flags & SHF_LINK_ORDER && !(s->flags & RP_SEC_ALLOC));
        /* Of what may go and may stay, it stays when its header is next. */
        if (may_stay && k < v->fresh.n_sections && same_header(v, i, k)) {
            v->match[i] = k;
            k = next_carried(&v->fresh, k);
        } else if (!live && k < v->fresh.n_sections && is_trapped(v, i, k)) {
            v->match[i] = k;
            k = next_carried(&v->fresh, k);
        } else if (!may_go) {
            return fault(v, i, 0, "a live section is missing");
        }
    }
    if (k < v->fresh.n_sections)
        return rp_fail(
            v->m->ctx, REAP_ERR_INTERNAL, "rewrite-check",
            (struct rp_where){.file = v->f->display, .section = rp_elf_shname(&v->fresh, k)},
            "the rewritten object is wrong: a dead section is there");
    return REAP_OK;
}

/* --- contents -------------------------------------------------------------------------------- */

/* Whether old bytes [from, to) equal those at `b`, but for the fields of relocations. `r` are the
 * section's, in any order. */
static bool same_bytes(const struct verifier *v, const uint8_t *a, uint64_t from, uint64_t to,
                       const uint8_t *b, const struct rp_rela *r, uint32_t n)
{
    if (memcmp(a + from, b, to - from) == 0)
        return true;
    uint8_t *left = malloc(to - from), *right = malloc(to - from);
    bool same = false;
    if (left && right) {
        memcpy(left, a + from, to - from);
        memcpy(right, b, to - from);
        for (uint32_t i = 0; i < n; i++) {
            uint64_t width = rp_reloc_info(v->m->arch, r[i].type)->width;
            if (r[i].offset < from || !rp_in_range(r[i].offset - from, width, to - from))
                continue;
            memset(left + (r[i].offset - from), 0, width);
            memset(right + (r[i].offset - from), 0, width);
        }
        same = memcmp(left, right, to - from) == 0;
    }
    free(left);
    free(right);
    return same;
}

/* The bytes that a section should have: the old ones, but CIEs without personality routines that
 * only a dead unwinder would call. NULL: out of memory. */
static const uint8_t *expected_bytes(struct verifier *v, uint32_t i, const uint8_t *old,
                                     uint64_t size)
{
    const struct rp_section *s = section_of(v, i);
    uint8_t *copy = NULL;
    for (rp_id node = s->node; s->flags & RP_SEC_EH_FRAME && node < s->node + s->n_nodes; node++) {
        const struct rp_node *n = &v->m->nodes.v[node];
        unsigned word = v->old->elf_class == ELFCLASS64 ? 8 : 4;
        if (!rp_unwind_cuts_cie(v->m, v->marks, node) || !rp_in_range(n->offset, n->size, size))
            continue;
        if (!copy) {
            copy = rp_arena_alloc(&v->arena, size);
            if (!copy)
                return NULL;
            memcpy(copy, old, size);
        }
        rp_cie_without_personality(old + n->offset, n->size, word, copy + n->offset);
    }
    return copy ? copy : old;
}

/* A cut section: every live piece in order, with nothing but padding between. */
static enum reap_status check_pieces(struct verifier *v, uint32_t i, const struct rp_rela *r,
                                     uint32_t n_relocs)
{
    const struct rp_section *s = section_of(v, i);
    const struct rp_shdr *sh = &v->fresh.shdrs[v->match[i]];
    const uint8_t *a = rp_elf_bytes(v->old, i), *b = rp_elf_bytes(&v->fresh, v->match[i]);
    uint64_t at = 0, mask = sh->addralign ? sh->addralign - 1 : 0;
    uint64_t *to = rp_arena_alloc(&v->arena, s->n_nodes * sizeof *to);
    a = expected_bytes(v, i, a, v->old->shdrs[i].size);
    if (!to || !a)
        return rp_nomem(v->m->ctx);
    v->piece[i] = to;
    for (uint32_t k = 0; k < s->n_nodes; k++) {
        const struct rp_node *node = &v->m->nodes.v[s->node + k];
        to[k] = UINT64_MAX;
        if (!v->marks->live[s->node + k])
            continue;
        if (!(s->flags & (RP_SEC_EH_FRAME | RP_SEC_RECORDS)))
            at += (node->offset - at) & mask;
        /* length and CIE pointer of a record: the pointer moves, relocations do not cover it */
        uint64_t head = s->flags & RP_SEC_EH_FRAME ? (node->size < 8 ? node->size : 8) : 0;
        if (!rp_in_range(at, node->size, sh->size) ||
            (head >= 4 && memcmp(a + node->offset, b + at, 4) != 0) ||
            !same_bytes(v, a, node->offset + head, node->offset + node->size, b + at + head, r,
                        n_relocs))
            return fault(v, i, node->offset, "a live piece is missing or changed");
        to[k] = at;
        at += node->size;
    }
    return at == sh->size ? REAP_OK : fault(v, i, at, "there is more than the live pieces");
}

static enum reap_status check_whole(struct verifier *v, uint32_t i, const struct rp_rela *r,
                                    uint32_t n_relocs)
{
    const uint8_t *a, *b;
    uint64_t a_size, b_size;
    void *a_owned = NULL, *b_owned = NULL;
    enum reap_status rc = rp_elf_contents(v->m->ctx, v->old, i, &a, &a_size, &a_owned);
    if (!rc)
        rc = rp_elf_contents(v->m->ctx, &v->fresh, v->match[i], &b, &b_size, &b_owned);
    if (!rc) {
        a = expected_bytes(v, i, a, a_size);
        rc = a ? REAP_OK : rp_nomem(v->m->ctx);
    }
    if (!rc && (a_size != b_size || (a_size && !same_bytes(v, a, 0, a_size, b, r, n_relocs))))
        rc = fault(v, i, 0, "the contents changed");
    free(a_owned);
    free(b_owned);
    return rc;
}

static enum reap_status check_contents(struct verifier *v)
{
    enum reap_status rc = REAP_OK;
    for (uint32_t i = 1; i < v->old->n_sections && !rc; i++) {
        const struct rp_section *s = section_of(v, i);
        const struct rp_shdr *a = &v->old->shdrs[i];
        if (!v->match[i] || is_trap(v, i))
            continue;
        const struct rp_shdr *b = &v->fresh.shdrs[v->match[i]];
        if (a->type == SHT_NOBITS) {
            if (a->size != b->size)
                rc = fault(v, i, 0, "the size changed");
            continue;
        }
        uint32_t n = 0;
        const struct rp_rela *r = s->rel ? rp_elf_relocs(v->old, s->rel, &n) : NULL;
        bool cut = s->n_nodes > 1 && !(a->flags & SHF_COMPRESSED) && a->size != b->size;
        rc = cut ? check_pieces(v, i, r, n) : check_whole(v, i, r, n);
    }
    return rc;
}

/* --- relocations ----------------------------------------------------------------------------- */

/* New offset of an old one; UINT64_MAX when it was cut out. */
static uint64_t moved(const struct verifier *v, uint32_t shndx, uint64_t offset)
{
    const struct rp_section *s = section_of(v, shndx);
    if (!v->piece[shndx])
        return offset;
    rp_id node = rp_node_at(v->m, v->f->sec_base + shndx, offset);
    uint64_t to = v->piece[shndx][node - s->node];
    return to == UINT64_MAX ? to : to + (offset - v->m->nodes.v[node].offset);
}

static bool is_packed(const struct rp_elf *e, uint32_t shndx)
{
    return (e->shdrs[shndx].flags & SHF_COMPRESSED) ||
           strncmp(rp_elf_shname(e, shndx), ".zdebug", 7) == 0;
}

static int64_t addend(const struct verifier *v, const struct rp_elf *e, uint32_t shndx,
                      const struct rp_rela *r, uint32_t rel)
{
    if (e->shdrs[rel].type == SHT_REL && is_packed(e, shndx))
        return 0; /* not looked at: only debug information is compressed */
    return rp_reloc_addend(v->m->arch, e, shndx, e->shdrs[rel].type, r);
}

/* Whether the two relocations mean the same. */
static bool same_reloc(const struct verifier *v, uint32_t i, const struct rp_rela *a,
                       const struct rp_rela *b)
{
    if (moved(v, i, a->offset) != b->offset || a->type != b->type)
        return false;
    if (a->sym == 0 || b->sym == 0)
        return a->sym == b->sym;
    const struct rp_sym *x = &v->old->syms[a->sym], *y = &v->fresh.syms[b->sym];
    uint32_t from = rp_sym_shndx(v->old, a->sym), to = rp_sym_shndx(&v->fresh, b->sym);
    bool named = rp_sym_type(x) != STT_SECTION;
    if (named && strcmp(rp_elf_symname(v->old, a->sym), rp_elf_symname(&v->fresh, b->sym)) != 0)
        return false;
    if (to == RP_SHN_UNDEF) /* a dropped definition of a global name: another file has it */
        return rp_sym_global(v->f, a->sym) != 0 &&
               (from == RP_SHN_UNDEF || from == RP_SHN_COMMON ||
                (from < v->old->n_sections && !v->match[from]) ||
                (from < v->old->n_sections && moved(v, from, x->value) == UINT64_MAX));
    if (from >= v->old->n_sections)
        return from == to;
    if (v->match[from] != to)
        return false;
    int64_t ax = addend(v, v->old, i, a, section_of(v, i)->rel);
    if (!v->piece[from])
        return x->value == y->value &&
               (v->old->shdrs[section_of(v, i)->rel].type == SHT_REL || a->addend == b->addend);
    int64_t ay = addend(v, &v->fresh, v->match[i], b, v->rel[v->match[i]]);
    if (named)
        return moved(v, from, x->value) == y->value && ax == ay;
    const struct rp_reloc_info *info = rp_reloc_info(v->m->arch, a->type);
    int64_t bias =
        info->pcrel && (v->old->shdrs[i].flags & SHF_EXECINSTR) ? v->m->arch->pc_bias : 0;
    return moved(v, from, x->value + (uint64_t)(ax + bias)) == y->value + (uint64_t)(ay + bias);
}

enum { STAYS, CUT, CUT_SLOT };

/* By relocation of a section: whether it is cut, as an RTTI slot that nobody looks at, or for an
 * unwinder that is dead. NULL: out of memory. */
static const uint8_t *find_cuts(struct verifier *v, uint32_t i)
{
    const struct rp_section *s = section_of(v, i);
    uint32_t n;
    const struct rp_rela *r = rp_elf_relocs(v->old, s->rel, &n);
    uint8_t *cut = rp_arena_zalloc(&v->arena, n);
    for (uint32_t k = v->m->edge_start[s->node]; cut && k < v->m->edge_start[s->node + s->n_nodes];
         k++) {
        const struct rp_edge *e = &v->m->edges[k];
        if (e->reloc >= n)
            continue;
        if (rp_slot_is_cut(v->marks, e))
            cut[e->reloc] = CUT_SLOT;
        else if (rp_unwind_is_cut(v->marks, e, v->old, &r[e->reloc]))
            cut[e->reloc] = CUT;
    }
    return cut;
}

/* Whether a relocation of a live piece may be missing that is not cut. */
static bool may_be_missing(const struct verifier *v, uint32_t i, const struct rp_rela *r)
{
    uint8_t how;
    any_live(v, i, &how);
    if (!(section_of(v, i)->flags & RP_SEC_ALLOC) || how != 1)
        return true;
    uint32_t target = rp_sym_shndx(v->old, r->sym);
    return !rp_sym_global(v->f, r->sym) && target != RP_SHN_UNDEF && target < v->old->n_sections &&
           !v->match[target];
}

/* A cut RTTI slot holds what rtti.h says; the fields of other relocations are not looked at. */
static bool is_slot_right(const struct verifier *v, uint32_t i, const struct rp_rela *r)
{
    const uint8_t *bytes = rp_elf_bytes(&v->fresh, v->match[i]);
    uint64_t at = moved(v, i, r->offset), size = v->fresh.shdrs[v->match[i]].size;
    unsigned width = rp_reloc_info(v->m->arch, r->type)->width;
    if (!bytes || !rp_in_range(at, width, size))
        return false;
    return width == 8 ? rp_load64(bytes + at) >> 48 == RP_SLOT_MARK
                      : width == 4 && rp_load32(bytes + at) == 0;
}

/* A reference to a dropped thing that stores its tombstone itself (compressed sections). */
static bool is_stored_tombstone(const struct verifier *v, uint32_t i, const struct rp_rela *a,
                                const struct rp_rela *b)
{
    return is_packed(v->old, i) && b->sym == 0 && a->offset == b->offset;
}

static enum reap_status check_relocs(struct verifier *v, uint32_t i)
{
    uint32_t n_old = 0, n_new = 0, k = 0;
    uint32_t rel_old = section_of(v, i)->rel, rel_new = v->rel[v->match[i]];
    const struct rp_rela *a =
        rel_old && !is_trap(v, i) ? rp_elf_relocs(v->old, rel_old, &n_old) : NULL;
    const struct rp_rela *b = rel_new ? rp_elf_relocs(&v->fresh, rel_new, &n_new) : NULL;
    const uint8_t *cut = NULL;
    for (uint32_t j = 0; j < n_old; j++) {
        if (moved(v, i, a[j].offset) == UINT64_MAX)
            continue;
        if (k < n_new &&
            (same_reloc(v, i, &a[j], &b[k]) || is_stored_tombstone(v, i, &a[j], &b[k]))) {
            k++;
            continue;
        }
        if (!cut && !(cut = find_cuts(v, i)))
            return rp_nomem(v->m->ctx);
        if (!cut[j] && !may_be_missing(v, i, &a[j]))
            return fault(v, i, a[j].offset, "a relocation is missing or names something else");
        if (cut[j] == CUT_SLOT && !is_slot_right(v, i, &a[j]))
            return fault(v, i, a[j].offset, "a slot that is cut holds something else");
    }
    return k == n_new ? REAP_OK : fault(v, i, b[k].offset, "a relocation is there that was not");
}

static enum reap_status check_all_relocs(struct verifier *v)
{
    v->rel = rp_arena_zalloc(&v->arena, v->fresh.n_sections * sizeof *v->rel);
    if (!v->rel)
        return rp_nomem(v->m->ctx);
    for (uint32_t k = 1; k < v->fresh.n_sections; k++) {
        const struct rp_shdr *sh = &v->fresh.shdrs[k];
        if (sh->type == SHT_REL || sh->type == SHT_RELA)
            v->rel[sh->info] = k;
    }
    enum reap_status rc = REAP_OK;
    for (uint32_t i = 1; i < v->old->n_sections && !rc; i++)
        if (v->match[i])
            rc = check_relocs(v, i);
    return rc;
}

enum reap_status rp_verify_object(const struct rp_model *m, const struct rp_marks *marks,
                                  rp_id file, const uint8_t *bytes, uint64_t size)
{
    const struct rp_file *f = rp_file_of(m, file);
    struct verifier v = {.m = m, .marks = marks, .f = f, .old = &f->elf};
    enum reap_status rc = rp_elf_open(m->ctx, &v.fresh, f->display, bytes, size);
    if (rc)
        return rc == REAP_ERR_NOMEM ? rc : REAP_ERR_INTERNAL;
    v.match = rp_arena_zalloc(&v.arena, f->elf.n_sections * sizeof *v.match);
    v.piece = rp_arena_zalloc(&v.arena, f->elf.n_sections * sizeof *v.piece);
    if (!v.match || !v.piece)
        rc = rp_nomem(m->ctx);
    if (!rc)
        rc = match_sections(&v);
    if (!rc)
        rc = check_contents(&v);
    if (!rc)
        rc = check_all_relocs(&v);
    rp_arena_free(&v.arena);
    rp_elf_close(&v.fresh);
    return rc;
}
