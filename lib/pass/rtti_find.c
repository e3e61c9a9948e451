/* rtti_find.c: typeinfos, RTTI slots and the class graph.
 *
 * What they look like (Itanium C++ ABI):
 *   typeinfo  an object `_ZTI…` (2.9.5): vtable pointer, name, then what the kind of class needs,
 *             among it pointers to the typeinfos of the bases, or of the pointee of a pointer type;
 *   vtable    an object `_ZTV…` or, for the construction of a base, `_ZTC…` (2.5.2): the word
 *             before each address point holds the typeinfo. clang's relative vtables hold 32-bit
 *             distances, to the typeinfo's entry of the GOT or to a `_ZTI….rtti_proxy` with its
 *             address, which counts as a typeinfo that has the real one as its base.
 * Only symbols tell these apart from other data, so an object without a name or a size is none, and
 * its references are plain ones, which keep (rtti_mark.c).
 *
 * How: every file, in parallel, lists its own prevailing typeinfos and vtables by node and offset;
 * numbering them in file order sorts the classes of the link. Then every file, in parallel, looks
 * at the edges of the nodes of its objects and sets their kinds. An edge out of an object that is
 * not what the ABI puts there stays as it is.
 *
 * Entry: rp_rtti_find.
 */
#include "pass/rtti.h"

#include "pass/rtti_private.h"

#include "arch/arch.h"
#include "util/pool.h"
#include "util/strmap.h"

#include <string.h>

enum what { TYPEINFO, PROXY, VTABLE };

/* A typeinfo or vtable of a file. */
struct object {
    rp_id node;
    uint32_t sym; /* number in its file */
    uint64_t offset, size;
    enum what what;
    rp_id cls; /* of a typeinfo */
};

struct base_of {
    rp_id cls, base;
};

struct file_objects {
    RP_VEC(struct object) objects; /* by node, then offset */
    RP_VEC(struct rp_rtti_slot) slots;
    RP_VEC(struct base_of) bases; /* by class */
};

struct finder {
    struct rp_model *m;
    struct rp_rtti *rtti;
    struct file_objects *files;
    uint64_t word; /* bytes of a pointer */
};

/* --- objects --------------------------------------------------------------------------------- */

static bool is_kind(const char *name, enum what *ret)
{
    if (name[0] != '_' || name[1] != 'Z' || name[2] != 'T')
        return false;
    if (name[3] == 'V' || name[3] == 'C') {
        *ret = VTABLE;
        return true;
    }
    if (name[3] != 'I')
        return false;
    const char *dot = strchr(name, '.');
    *ret = dot && !strncmp(dot, ".rtti_proxy", 11) ? PROXY : TYPEINFO;
    return true;
}

/* Whether symbol `sym` is a typeinfo or a vtable, and the definition that prevails. */
static bool look_at_symbol(const struct finder *x, const struct rp_file *f, uint32_t sym,
                           struct object *ret)
{
    const struct rp_model *m = x->m;
    const struct rp_sym *s = &f->elf.syms[sym];
    uint32_t shndx = rp_sym_shndx(&f->elf, sym);
    if (rp_sym_type(s) != STT_OBJECT || shndx == RP_SHN_UNDEF || shndx >= f->elf.n_sections ||
        !s->size || !is_kind(rp_elf_symname(&f->elf, sym), &ret->what))
        return false;
    const struct rp_section *sec = &m->sections[f->sec_base + shndx];
    if (sec->n_nodes != 1 || m->nodes.v[sec->node].kind != RP_NODE_SECTION ||
        !(sec->flags & RP_SEC_ALLOC))
        return false;
    rp_id global = rp_sym_global(f, sym);
    const struct rp_global *g = global ? rp_global_of(m, global) : NULL;
    if (g && (g->def_file != (rp_id)(f - m->files.v) + 1 || g->def_sym != sym))
        return false;
    ret->node = sec->node;
    ret->sym = sym;
    ret->offset = s->value;
    ret->size = s->size;
    ret->cls = 0;
    return true;
}

/* By node, then offset; of several names for one place the last, which is a global one if any is.
 */
static int by_place(const void *pa, const void *pb)
{
    const struct object *a = pa, *b = pb;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return a->sym > b->sym ? -1 : a->sym < b->sym;
}

static enum reap_status list_objects(void *arg, size_t i)
{
    struct finder *x = arg;
    const struct rp_file *f = &x->m->files.v[i];
    struct file_objects *fo = &x->files[i];
    if (!f->sec_base || f->untouched || f->kind != RP_FILE_OBJECT)
        return REAP_OK;
    for (uint32_t sym = 1; sym < f->elf.n_symbols; sym++) {
        struct object o;
        if (look_at_symbol(x, f, sym, &o) && !rp_vec_push(&fo->objects, o))
            return REAP_ERR_NOMEM;
    }
    if (!fo->objects.n)
        return REAP_OK;
    qsort(fo->objects.v, fo->objects.n, sizeof *fo->objects.v, by_place);
    size_t n = 1;
    for (size_t k = 1; k < fo->objects.n; k++) {
        const struct object *a = &fo->objects.v[n - 1], *b = &fo->objects.v[k];
        if (a->node != b->node || a->offset != b->offset)
            fo->objects.v[n++] = *b;
    }
    fo->objects.n = n;
    return REAP_OK;
}

/* Number the typeinfos; they come sorted, for the nodes of a file are consecutive. */
static bool number_classes(struct finder *x)
{
    for (size_t i = 0; i < x->m->files.n; i++) {
        const struct rp_file *f = &x->m->files.v[i];
        for (size_t k = 0; k < x->files[i].objects.n; k++) {
            struct object *o = &x->files[i].objects.v[k];
            if (o->what == VTABLE)
                continue;
            struct rp_class c = {.typeinfo = o->node,
                                 .offset = o->offset,
                                 .size = o->size,
                                 .file = (rp_id)i + 1,
                                 .sym = o->sym,
                                 .global = rp_sym_global(f, o->sym)};
            if (!rp_vec_push(&x->rtti->classes, c))
                return false;
            o->cls = (rp_id)x->rtti->classes.n;
        }
    }
    x->rtti->flags = calloc(x->rtti->classes.n + 1, 1);
    for (size_t i = 0; x->rtti->flags && i < x->m->files.n; i++)
        for (size_t k = 0; k < x->files[i].objects.n; k++)
            if (x->files[i].objects.v[k].what == PROXY)
                x->rtti->flags[x->files[i].objects.v[k].cls - 1] |= RP_CLS_PROXY;
    return x->rtti->flags != NULL;
}

rp_id rp_rtti_class_at(const struct rp_rtti *rtti, rp_id node, uint64_t offset)
{
    size_t lo = 0, hi = rtti->classes.n; /* the first class behind the place */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct rp_class *c = &rtti->classes.v[mid];
        if (c->typeinfo < node || (c->typeinfo == node && c->offset <= offset))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo && rtti->classes.v[lo - 1].typeinfo == node ? (rp_id)lo : 0;
}

/* --- edges ----------------------------------------------------------------------------------- */

/* What the walk over the edges of one node carries along. */
struct node_walk {
    struct finder *x;
    struct rp_file *f;
    struct file_objects *fo;
    rp_id node;
    uint32_t shndx, rel_type;
    const struct rp_rela *relocs;
    uint32_t n_relocs;
    const struct object *objects; /* of the node */
    size_t n_objects;
};

/* The object of the node that holds the whole field of a relocation, NULL: none. */
static const struct object *object_at(const struct node_walk *w, uint64_t offset, uint64_t width)
{
    size_t lo = 0, hi = w->n_objects;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->objects[mid].offset <= offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!lo)
        return NULL;
    const struct object *o = &w->objects[lo - 1];
    uint64_t at = offset - o->offset;
    return at < o->size && width <= o->size - at ? o : NULL;
}

/* The class whose typeinfo a relocation of data names exactly; 0: none. */
static rp_id named_class(const struct node_walk *w, const struct rp_rela *r)
{
    const struct rp_model *m = w->x->m;
    const struct rp_reloc_info *info = rp_reloc_info(m->arch, r->type);
    bool section_symbol = rp_sym_type(&w->f->elf.syms[r->sym]) == STT_SECTION;
    uint64_t offset;
    rp_id section = rp_symbol_target(m, w->f, r->sym, &offset, NULL);
    if (!section || m->sections[section].n_nodes != 1)
        return 0;
    if (info->cls == RP_REL_ABS && info->width == w->x->word)
        offset += (uint64_t)rp_reloc_addend(m->arch, &w->f->elf, w->shndx, w->rel_type, r);
    else if (!info->pcrel || info->width != 4 || section_symbol)
        return 0; /* the addend of a distance tells where it is counted from, not the place */
    rp_id cls = rp_rtti_class_at(w->x->rtti, m->sections[section].node, offset);
    return cls && w->x->rtti->classes.v[cls - 1].offset == offset ? cls : 0;
}

static bool in_vtable(struct node_walk *w, struct rp_edge *e, uint32_t edge,
                      const struct rp_rela *r, const struct object *vtable)
{
    uint64_t width = rp_reloc_info(w->x->m->arch, r->type)->width, at = r->offset - vtable->offset;
    rp_id cls = width ? named_class(w, r) : 0;
    if (!cls || at < width || at % width != 0)
        return true;
    struct rp_rtti_slot s = {
        .vtable = w->node, .cls = cls, .reloc = e->reloc, .edge = edge, .offset = r->offset};
    e->kind = RP_EDGE_RTTI;
    return rp_vec_push(&w->fo->slots, s);
}

/* Whether a symbol is a typeinfo by its name, of whatever file. */
static bool is_foreign_typeinfo(const struct node_walk *w, uint32_t sym)
{
    return rp_sym_global(w->f, sym) && !strncmp(rp_elf_symname(&w->f->elf, sym), "_ZTI", 4);
}

/* A reference out of a typeinfo; `e` is NULL when it leads out of the link. */
static bool in_typeinfo(struct node_walk *w, struct rp_edge *e, const struct rp_rela *r,
                        const struct object *o)
{
    struct rp_rtti *rtti = w->x->rtti;
    uint64_t at = r->offset - o->offset;
    uint8_t *flags = &rtti->flags[o->cls - 1];
    if (o->what == TYPEINFO && at == 0) /* vtable of the typeinfo itself */
        return true;
    if (o->what == TYPEINFO && at == w->x->word) {
        rtti->classes.v[o->cls - 1].name = e ? e->to : 0;
        return true;
    }
    rp_id base = e ? named_class(w, r) : 0;
    if (!base) {
        *flags |= is_foreign_typeinfo(w, r->sym) ? RP_CLS_FOREIGN_BASE : RP_CLS_ODD;
        return true;
    }
    e->kind = RP_EDGE_BASE;
    struct base_of b = {o->cls, base};
    return rp_vec_push(&w->fo->bases, b);
}

static bool walk_edges(struct node_walk *w)
{
    struct rp_model *m = w->x->m;
    for (uint32_t k = m->edge_start[w->node]; k < m->edge_start[w->node + 1]; k++) {
        struct rp_edge *e = &m->edges[k];
        if ((e->kind != RP_EDGE_RELOC && e->kind != RP_EDGE_WEAK) || e->reloc >= w->n_relocs)
            continue;
        const struct rp_rela *r = &w->relocs[e->reloc];
        const struct object *o = object_at(w, r->offset, rp_reloc_info(m->arch, r->type)->width);
        if (o && !(o->what == VTABLE ? in_vtable(w, e, k, r, o) : in_typeinfo(w, e, r, o)))
            return false;
    }
    return true;
}

/* References of typeinfos that lead out of the link have no edges. */
static bool walk_foreign(struct node_walk *w)
{
    for (uint32_t i = 0; i < w->n_relocs; i++) {
        const struct rp_rela *r = &w->relocs[i];
        uint64_t offset;
        rp_id node;
        const struct object *o = object_at(w, r->offset, 1);
        if (!o || o->what == VTABLE || r->sym == 0 ||
            rp_symbol_target(w->x->m, w->f, r->sym, &offset, &node) || node)
            continue;
        if (!in_typeinfo(w, NULL, r, o))
            return false;
    }
    return true;
}

static enum reap_status walk_file(void *arg, size_t i)
{
    struct finder *x = arg;
    struct node_walk w = {.x = x, .f = &x->m->files.v[i], .fo = &x->files[i]};
    for (size_t k = 0, end; k < w.fo->objects.n; k = end) {
        w.objects = &w.fo->objects.v[k];
        w.node = w.objects->node;
        for (end = k + 1; end < w.fo->objects.n && w.fo->objects.v[end].node == w.node; end++)
            ;
        w.n_objects = end - k;
        const struct rp_section *s = &x->m->sections[x->m->nodes.v[w.node].section];
        if (!s->rel)
            continue;
        w.shndx = rp_section_no(x->m, x->m->nodes.v[w.node].section);
        w.rel_type = w.f->elf.shdrs[s->rel].type;
        w.relocs = rp_elf_relocs(&w.f->elf, s->rel, &w.n_relocs);
        if (!walk_edges(&w) || !walk_foreign(&w))
            return REAP_ERR_NOMEM;
    }
    return REAP_OK;
}

/* --- the graph ------------------------------------------------------------------------------- */

static int by_class(const void *pa, const void *pb)
{
    const struct base_of *a = pa, *b = pb;
    if (a->cls != b->cls)
        return a->cls < b->cls ? -1 : 1;
    return a->base < b->base ? -1 : a->base > b->base;
}

static int by_slot_place(const void *pa, const void *pb)
{
    const struct rp_rtti_slot *a = pa, *b = pb;
    if (a->vtable != b->vtable)
        return a->vtable < b->vtable ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return a->edge < b->edge ? -1 : a->edge > b->edge;
}

/* The slots of a file by place. Two relocations of one place are not what a compiler makes: the
 * second is a reference like others. */
static bool gather_slots(struct finder *x, struct file_objects *fo)
{
    if (fo->slots.n)
        qsort(fo->slots.v, fo->slots.n, sizeof *fo->slots.v, by_slot_place);
    for (size_t k = 0; k < fo->slots.n; k++) {
        const struct rp_rtti_slot *s = &fo->slots.v[k];
        if (k && s->vtable == s[-1].vtable && s->offset == s[-1].offset)
            x->m->edges[s->edge].kind = RP_EDGE_RELOC;
        else if (!rp_vec_push(&x->rtti->slots, *s))
            return false;
    }
    return true;
}

/* Slots and bases of all files together, in file order. */
static bool gather(struct finder *x)
{
    struct rp_rtti *rtti = x->rtti;
    for (size_t i = 0; i < x->m->files.n; i++) {
        struct file_objects *fo = &x->files[i];
        if (!gather_slots(x, fo))
            return false;
        if (fo->bases.n)
            qsort(fo->bases.v, fo->bases.n, sizeof *fo->bases.v, by_class);
        for (size_t k = 0; k < fo->bases.n; k++) {
            const struct base_of *b = &fo->bases.v[k];
            struct rp_class *c = &rtti->classes.v[b->cls - 1];
            if (k && !by_class(b, b - 1))
                continue; /* the same base twice: Itanium ABI, 2.9.5p6c */
            if (!c->n_bases++)
                c->first_base = (uint32_t)rtti->bases.n;
            if (!rp_vec_push(&rtti->bases, b->base))
                return false;
        }
    }
    return true;
}

/* The classes derived from each class, and the slots of each, in CSR form. */
static bool index_classes(struct rp_rtti *rtti)
{
    size_t n = rtti->classes.n;
    rtti->derived_start = calloc(n + 3, sizeof *rtti->derived_start);
    rtti->derived = malloc((rtti->bases.n + 1) * sizeof *rtti->derived);
    rtti->slot_order = malloc((rtti->slots.n + 1) * sizeof *rtti->slot_order);
    if (!rtti->derived_start || !rtti->derived || !rtti->slot_order)
        return false;
    uint32_t *start = rtti->derived_start;
    for (size_t i = 0; i < rtti->bases.n; i++)
        start[rtti->bases.v[i] + 1]++;
    for (size_t i = 1; i < n + 3; i++)
        start[i] += start[i - 1];
    /* start[c] is the end of what class c - 1 has; after filling it is the end of class c */
    for (size_t i = 0; i < n; i++) {
        const struct rp_class *c = &rtti->classes.v[i];
        for (uint32_t k = 0; k < c->n_bases; k++)
            rtti->derived[start[rtti->bases.v[c->first_base + k]]++] = (rp_id)i + 1;
    }
    for (size_t i = 0; i < rtti->slots.n; i++)
        rtti->classes.v[rtti->slots.v[i].cls - 1].n_slots++;
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        rtti->classes.v[i].first_slot = at;
        at += rtti->classes.v[i].n_slots;
        rtti->classes.v[i].n_slots = 0;
    }
    for (uint32_t i = 0; i < rtti->slots.n; i++) {
        struct rp_class *c = &rtti->classes.v[rtti->slots.v[i].cls - 1];
        rtti->slot_order[c->first_slot + c->n_slots++] = i;
    }
    return true;
}

static bool mark_special(struct finder *x)
{
    struct rp_rtti *rtti = x->rtti;
    if (!rp_bitset_init(&rtti->special, x->m->nodes.n + 1))
        return false;
    for (size_t i = 0; i < rtti->classes.n; i++)
        rp_bitset_set(&rtti->special, rtti->classes.v[i].typeinfo);
    for (size_t i = 0; i < rtti->slots.n; i++)
        rp_bitset_set(&rtti->special, rtti->slots.v[i].vtable);
    return true;
}

static void free_files(struct finder *x)
{
    for (size_t i = 0; x->files && i < x->m->files.n; i++) {
        rp_vec_free(&x->files[i].objects);
        rp_vec_free(&x->files[i].slots);
        rp_vec_free(&x->files[i].bases);
    }
    free(x->files);
}

/* Objects that were collected by themselves are linked together later: their numbers must differ.
 */
static uint16_t tag_of(const struct rp_model *m, const struct rp_job *job)
{
    uint64_t h = 0;
    if (!job->link->relocatable)
        return RP_SLOT_TAG;
    for (size_t i = 0; i < m->files.n; i++)
        h = h * 31 + rp_hash(m->files.v[i].display, strlen(m->files.v[i].display));
    return (uint16_t)(h ^ h >> 16 ^ h >> 32 ^ h >> 48);
}

enum reap_status rp_rtti_find(struct rp_model *m, const struct rp_job *job, struct rp_rtti *ret)
{
    struct rp_rtti rtti = {.tag = tag_of(m, job)};
    struct finder x = {.m = m, .rtti = &rtti};
    x.word = m->arch->elf_class == ELFCLASS64 ? 8 : 4;
    x.files = calloc(m->files.n + 1, sizeof *x.files);
    enum reap_status rc = x.files ? REAP_OK : REAP_ERR_NOMEM;
    if (!rc) /* typeinfos and vtables of each file */
        rc = rp_parallel(m->ctx, m->files.n, list_objects, &x);
    if (!rc && !number_classes(&x))
        rc = REAP_ERR_NOMEM;
    if (!rc && rtti.classes.n) /* what their relocations mean */
        rc = rp_parallel(m->ctx, m->files.n, walk_file, &x);
    if (!rc && !(gather(&x) && index_classes(&rtti) && mark_special(&x)))
        rc = REAP_ERR_NOMEM;
    free_files(&x);
    if (rc == REAP_ERR_NOMEM)
        rp_nomem(m->ctx);
    if (!rc && rtti.slots.n) /* what code outside can see of them */
        rc = rp_rtti_outside(m, job, &rtti);
    if (rc)
        rp_rtti_free(&rtti);
    else
        *ret = rtti;
    return rc;
}

void rp_rtti_free(struct rp_rtti *rtti)
{
    rp_vec_free(&rtti->classes);
    rp_vec_free(&rtti->bases);
    rp_vec_free(&rtti->slots);
    rp_vec_free(&rtti->uses);
    rp_bitset_free(&rtti->special);
    free(rtti->slot_order);
    free(rtti->derived_start);
    free(rtti->derived);
    free(rtti->flags);
    memset(rtti, 0, sizeof *rtti);
}
