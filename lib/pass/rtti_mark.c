/* rtti_mark.c: which RTTI slots are followed: the rule of docs/typeinfo.md while mark.c marks.
 *
 * A class is *observed* when a live reference other than a slot, or the reference of one typeinfo
 * to another, leads to its typeinfo (or straight into a slot of it), or when code outside of the
 * link can name it (rtti_outside.c). Who can name a class can look at objects of all classes
 * derived from it: they are observed with it. The slots of observed classes are edges like others,
 * those of vtables that are live already as well as of those that become live later; the other
 * slots are not followed. Each class becomes observed once and each slot is followed once, so that
 * all this costs no more than the marking itself, and each node's parent is the one that first
 * reached it.
 *
 * When nothing is left to follow, the code that is live is searched for what may read a slot
 * without naming a class (typeid.h). If something does, every slot is followed, and the marking
 * goes on.
 *
 * Doubt: a reference that could mean one of several typeinfos in a section names all of them.
 *
 * Entries: rtti_private.h.
 */
#include "pass/rtti_private.h"

#include "arch/arch.h"
#include "pass/typeid.h"

#include <string.h>

/* --- observed classes ------------------------------------------------------------------------ */

static void follow_slots(struct rp_marker *w, const struct rp_class *c)
{
    const struct rp_rtti *rtti = w->rtti;
    for (uint32_t k = c->first_slot; k < c->first_slot + c->n_slots; k++) {
        const struct rp_rtti_slot *s = &rtti->slots.v[rtti->slot_order[k]];
        if (w->marks->live[s->vtable])
            rp_mark_reach(w, w->m->edges[s->edge].to, s->vtable, s->edge);
    }
}

static size_t push(struct rp_marker *w, size_t n, rp_id cls, rp_id ancestor, enum rp_class_why why,
                   rp_id by)
{
    struct rp_class *c = &w->rtti->classes.v[cls - 1];
    uint8_t *flags = &w->rtti->flags[cls - 1];
    if (*flags & RP_CLS_OBSERVED)
        return n;
    *flags |= RP_CLS_OBSERVED;
    c->why = (uint8_t)why;
    c->ancestor = ancestor;
    c->by = by;
    w->stack[n] = cls;
    return n + 1;
}

/* The class and everything derived from it. */
static void observe(struct rp_marker *w, rp_id cls, enum rp_class_why why, rp_id by)
{
    const struct rp_rtti *rtti = w->rtti;
    size_t n = push(w, 0, cls, cls, why, by);
    while (n) {
        rp_id id = w->stack[--n];
        const struct rp_class *c = &rtti->classes.v[id - 1];
        follow_slots(w, c);
        for (uint32_t k = rtti->derived_start[id - 1]; k < rtti->derived_start[id]; k++)
            n = push(w, n, rtti->derived[k], cls, why, by);
        /* the address of a typeinfo is as good as the typeinfo */
        for (uint32_t k = 0; rtti->flags[id - 1] & RP_CLS_PROXY && k < c->n_bases; k++)
            n = push(w, n, rtti->bases.v[c->first_base + k], cls, why, by);
    }
}

static void observe_all(struct rp_marker *w, enum rp_class_why why, rp_id by)
{
    for (rp_id i = 1; i <= w->rtti->classes.n; i++)
        observe(w, i, why, by);
}

/* The first slot that is not before a place. */
static size_t slot_from(const struct rp_rtti *rtti, rp_id node, uint64_t offset)
{
    size_t lo = 0, hi = rtti->slots.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct rp_rtti_slot *s = &rtti->slots.v[mid];
        if (s->vtable < node || (s->vtable == node && s->offset < offset))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The slot that begins at a place, or NULL. */
static const struct rp_rtti_slot *slot_at(const struct rp_rtti *rtti, rp_id node, uint64_t offset)
{
    size_t k = slot_from(rtti, node, offset);
    const struct rp_rtti_slot *s = k < rtti->slots.n ? &rtti->slots.v[k] : NULL;
    return s && s->vtable == node && s->offset == offset ? s : NULL;
}

/* All classes of a node, and those that its slots tell of. */
static void observe_node(struct rp_marker *w, rp_id node, enum rp_class_why why, rp_id by)
{
    const struct rp_rtti *rtti = w->rtti;
    for (rp_id c = rp_rtti_class_at(rtti, node, UINT64_MAX);
         c && rtti->classes.v[c - 1].typeinfo == node; c--)
        observe(w, c, why, by);
    for (size_t k = slot_from(rtti, node, 0); k < rtti->slots.n; k++) {
        if (rtti->slots.v[k].vtable != node)
            break;
        observe(w, rtti->slots.v[k].cls, why, by);
    }
    /* nothing is left to find out about this node */
    w->rtti->special.w[node / 64] &= ~(UINT64_C(1) << (node % 64));
}

/* --- what a reference names ------------------------------------------------------------------ */

/* A typeinfo that holds the place, or a slot that begins there. */
static void observe_place(struct rp_marker *w, rp_id node, uint64_t offset, rp_id by)
{
    const struct rp_rtti *rtti = w->rtti;
    rp_id cls = rp_rtti_class_at(rtti, node, offset);
    if (cls && offset - rtti->classes.v[cls - 1].offset < rtti->classes.v[cls - 1].size)
        observe(w, cls, RP_CLASS_NAMED, by);
    const struct rp_rtti_slot *s = slot_at(rtti, node, offset);
    if (s)
        observe(w, s->cls, RP_CLASS_NAMED, by);
}

/* A reference by relocation from code or data. A typeinfo is named by its symbol, or by that of its
 * section and an offset. In PC-relative fields of x86 code the addend counts from the end of the
 * instruction, which is the end of the field or up to four bytes behind it (an immediate operand).
 *
 * gcc loads the slot of a vtable by its address when it knows the dynamic type: `_ZTV1D+8`. */
static void observe_reference(struct rp_marker *w, const struct rp_file *f, uint32_t shndx,
                              const struct rp_section *from, const struct rp_rela *r, rp_id to,
                              rp_id by)
{
    static const uint8_t biases[] = {4, 5, 6, 8};
    const struct rp_model *m = w->m;
    const struct rp_reloc_info *info = rp_reloc_info(m->arch, r->type);
    const struct rp_sym *sym = &f->elf.syms[r->sym];
    uint64_t offset;
    rp_id section = rp_symbol_target(m, f, r->sym, &offset, NULL);
    bool code = f->elf.shdrs[shndx].flags & SHF_EXECINSTR;
    bool named = (rp_sym_type(sym) == STT_OBJECT && sym->size) ||
                 (rp_sym_global(f, r->sym) && sym->shndx16 == SHN_UNDEF);
    bool place = rp_sym_type(sym) == STT_SECTION && m->arch->pc_bias && (code || !info->pcrel);
    if (!section || m->sections[section].node != to || (!named && !place)) {
        observe_node(w, to, RP_CLASS_NAMED, by); /* an anchor: code counts from it as it likes */
        return;
    }
    if (named)
        observe_place(w, to, offset, by);
    uint32_t rel_type = f->elf.shdrs[from->rel].type;
    uint64_t at = offset + (uint64_t)rp_reloc_addend(m->arch, &f->elf, shndx, rel_type, r);
    if (!code || !info->pcrel || !m->arch->pc_bias)
        observe_place(w, to, at, by);
    else
        for (size_t i = 0; i < sizeof biases; i++)
            observe_place(w, to, at + biases[i], by);
}

bool rp_rtti_follow(struct rp_marker *w, rp_id from, uint32_t k)
{
    const struct rp_model *m = w->m;
    const struct rp_edge *e = &m->edges[k];
    const struct rp_node *n = &m->nodes.v[from];
    if (e->kind == RP_EDGE_BASE || e->kind == RP_EDGE_GROUP)
        return true; /* holds the bytes, and looks at nothing */
    const struct rp_section *s = n->section ? &m->sections[n->section] : NULL;
    if (!s || !s->rel || !rp_edge_is_reference(e->kind)) {
        observe_node(w, e->to, RP_CLASS_NAMED, from);
        return true;
    }
    const struct rp_file *f = rp_section_file(m, n->section);
    uint32_t n_relocs;
    const struct rp_rela *r = rp_elf_relocs(&f->elf, s->rel, &n_relocs);
    if (e->reloc >= n_relocs) {
        observe_node(w, e->to, RP_CLASS_NAMED, from);
        return true;
    }
    if (e->kind == RP_EDGE_RTTI) {
        const struct rp_rtti_slot *slot = slot_at(w->rtti, from, r[e->reloc].offset);
        return !slot || w->rtti->flags[slot->cls - 1] & RP_CLS_OBSERVED;
    }
    observe_reference(w, f, rp_section_no(m, n->section), s, &r[e->reloc], e->to, from);
    return true;
}

void rp_rtti_root(struct rp_marker *w, rp_id node)
{
    observe_node(w, node, RP_CLASS_VISIBLE, 0);
}

void rp_rtti_begin(struct rp_marker *w)
{
    for (rp_id i = 1; i <= w->rtti->classes.n; i++) {
        uint8_t flags = w->rtti->flags[i - 1];
        if (flags & RP_CLS_VISIBLE)
            observe(w, i, RP_CLASS_VISIBLE, 0);
        else if (flags & RP_CLS_ODD)
            observe(w, i, RP_CLASS_ODD, 0);
    }
}

/* --- what nobody named ----------------------------------------------------------------------- */

/* Whether a live vtable has a slot that is not followed. */
static bool any_weak(const struct rp_marker *w)
{
    const struct rp_rtti *rtti = w->rtti;
    for (size_t i = 0; i < rtti->slots.n; i++) {
        const struct rp_rtti_slot *s = &rtti->slots.v[i];
        if (w->marks->live[s->vtable] && !w->marks->live[w->m->edges[s->edge].to] &&
            !(rtti->flags[s->cls - 1] & RP_CLS_OBSERVED))
            return true;
    }
    return false;
}

/* Search the code that became live since the last search. */
static enum reap_status search(struct rp_marker *w, size_t *ret_first)
{
    const struct rp_model *m = w->m;
    rp_id *code = malloc((w->tail - w->scanned + 1) * sizeof *code);
    size_t n = 0;
    *ret_first = w->rtti->uses.n;
    if (!code)
        return rp_nomem(m->ctx);
    for (; w->scanned < w->tail; w->scanned++) {
        rp_id section = m->nodes.v[w->queue[w->scanned]].section;
        if (section && rp_shdr_of(m, section)->flags & SHF_EXECINSTR)
            code[n++] = w->queue[w->scanned];
    }
    enum reap_status st = rp_typeid_scan(m, code, n, w->rtti);
    free(code);
    return st;
}

/* The class of a typeinfo's name; 0: there is none in the link. */
static rp_id class_named(const struct rp_marker *w, const char *symbol)
{
    rp_id global = rp_model_find_global(w->m, symbol);
    const struct rp_global *g = global ? rp_global_of(w->m, global) : NULL;
    rp_id node = g && g->def_file ? rp_global_node(w->m, global) : 0;
    if (!node)
        return 0;
    uint64_t offset = rp_file_of(w->m, g->def_file)->elf.syms[g->def_sym].value;
    rp_id cls = rp_rtti_class_at(w->rtti, node, offset);
    return cls && w->rtti->classes.v[cls - 1].offset == offset ? cls : 0;
}

/* Uses that ask objects of one class and its descendants alone. The assumption covers those that
 * may be something else; what is known of the runtime libraries is no assumption. */
static void observe_asked(struct rp_marker *w, size_t first)
{
    for (size_t i = first; i < w->rtti->uses.n; i++) {
        const struct rp_typeid_use *u = &w->rtti->uses.v[i];
        bool counts = u->of && (u->strong || u->allowed || !w->job->no_typeid_deref);
        rp_id cls = counts ? class_named(w, u->of) : 0;
        if (cls)
            observe(w, cls, RP_CLASS_TYPEID, u->node);
    }
}

/* The first use that keeps every slot; 0: none does. Under the assumption only what is certain to
 * be one counts. */
static const struct rp_typeid_use *objection(const struct rp_marker *w, size_t first)
{
    for (size_t i = first; i < w->rtti->uses.n; i++) {
        const struct rp_typeid_use *u = &w->rtti->uses.v[i];
        if (u->allowed || (u->of && (u->strong || !w->job->no_typeid_deref)))
            continue;
        if (u->strong || !w->job->no_typeid_deref)
            return u;
        w->rtti->assumed = true;
    }
    return NULL;
}

static void keep_all(struct rp_marker *w, const char *why, enum rp_class_why class_why, rp_id by)
{
    w->rtti->why_not = why;
    observe_all(w, class_why, by);
}

enum reap_status rp_rtti_settle(struct rp_marker *w)
{
    struct rp_rtti *rtti = w->rtti;
    bool on_trust = w->job->no_typeid_deref;
    bool searchable = rp_typeid_can(w->m->arch->machine);
    if (rtti->why_not || !any_weak(w))
        return REAP_OK;
    if (!rtti->outside && rp_rtti_loads(w->m, w->marks))
        rtti->outside = "libraries that the program loads by dlopen may look at its objects";
    if (rtti->folds) {
        keep_all(w, rtti->folds, RP_CLASS_UNPROVED, 0);
    } else if (w->job->keep_typeinfo) {
        keep_all(w, "typeinfo=keep", RP_CLASS_UNPROVED, 0);
    } else if (rtti->outside && !on_trust) {
        keep_all(w, rtti->outside, RP_CLASS_UNPROVED, 0);
    } else if (!searchable && !on_trust) {
        keep_all(w, "code of this machine is not searched for typeid", RP_CLASS_UNPROVED, 0);
    } else if (searchable) {
        size_t first;
        bool told = w->job->debug_refs; /* a report lists the uses */
        rtti->strong_only = on_trust && !told;
        rtti->first_only = !on_trust && !told;
        rtti->assumed |= rtti->strong_only;
        enum reap_status st = search(w, &first);
        if (st)
            return st;
        observe_asked(w, first);
        const struct rp_typeid_use *u = objection(w, first);
        if (u)
            keep_all(w,
                     on_trust ? "live code reads the typeinfo of objects, whatever is assumed"
                              : "live code may read the typeinfo of any object",
                     RP_CLASS_TYPEID, u->node);
    }
    rtti->assumed |= on_trust && (rtti->outside || !searchable);
    return REAP_OK;
}

void rp_rtti_verdicts(struct rp_marker *w)
{
    struct rp_rtti *rtti = w->rtti;
    rtti->collected = !rtti->why_not;
    rtti->assumed &= rtti->collected;
    for (size_t i = 0; i < rtti->slots.n; i++) {
        struct rp_rtti_slot *s = &rtti->slots.v[i];
        s->live = w->marks->live[s->vtable] && w->marks->live[w->m->edges[s->edge].to];
    }
    for (size_t i = 0; i < rtti->classes.n; i++) {
        struct rp_class *c = &rtti->classes.v[i];
        bool any = false;
        for (uint32_t k = c->first_slot; k < c->first_slot + c->n_slots && !any; k++)
            any = w->marks->live[rtti->slots.v[rtti->slot_order[k]].vtable];
        if (rtti->flags[i] & RP_CLS_OBSERVED)
            continue;
        c->why = any ? RP_CLASS_GONE : RP_CLASS_NO_SLOT;
        if (any && w->marks->live[c->typeinfo]) {
            c->why = RP_CLASS_PART;
            c->by = w->marks->parent[c->typeinfo];
        }
    }
}

rp_id rp_rtti_slot_class(const struct rp_rtti *rtti, rp_id vtable, uint64_t offset)
{
    const struct rp_rtti_slot *s = rtti ? slot_at(rtti, vtable, offset) : NULL;
    return s ? s->cls : 0;
}

enum reap_status rp_rtti_plan(const struct rp_model *m, const struct rp_marks *marks,
                              const struct rp_rtti *rtti, struct rp_plan *plan)
{
    plan->rtti = rtti;
    for (size_t i = 0; i < rtti->slots.n; i++) {
        const struct rp_rtti_slot *s = &rtti->slots.v[i];
        if (!marks->live[s->vtable] || !rp_slot_is_cut(marks, &m->edges[s->edge]))
            continue;
        if (!plan->cut_slots.w && !rp_bitset_init(&plan->cut_slots, m->nodes.n + 1))
            return rp_nomem(m->ctx);
        rp_bitset_set(&plan->cut_slots, s->vtable);
        uint8_t *fate = &plan->fate[m->sections[m->nodes.v[s->vtable].section].file - 1];
        if (*fate == RP_FATE_UNCHANGED)
            *fate = RP_FATE_REWRITE;
    }
    return REAP_OK;
}
