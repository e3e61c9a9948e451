/* rtti.h: C++ typeinfo that nobody can observe.
 *
 * Each polymorphic class has a typeinfo object (_ZTI…) and its name (_ZTS…), kept alive by the RTTI
 * slot before each address point of its vtables (Itanium C++ ABI, 2.5.2 and 2.9.5). A slot is a
 * weak edge (RP_EDGE_RTTI): followed only once its class can be observed. See docs/typeinfo.md for
 * the rule and its proof.
 *
 *   rtti_find.c     typeinfos, slots and the class graph, before the marking
 *   rtti_outside.c  what code outside of the link can look at
 *   rtti_mark.c     verdicts, while mark.c marks          typeid.c   code that may read a slot
 *
 * After the marking a slot's relocation stays in the output exactly if its typeinfo is live. So
 * nothing but the edges and the marks decides what is rewritten: rp_slot_is_cut().
 */
#ifndef RP_PASS_RTTI_H
#define RP_PASS_RTTI_H

#include "pass/pass.h"

enum rp_class_why { /* why the slots of a class stay */
                    RP_CLASS_GONE = 0,
                    RP_CLASS_NO_SLOT,  /* no live vtable has a slot for it */
                    RP_CLASS_NAMED,    /* live bytes other than vtables and typeinfos name it or an
                                          ancestor: `by` names them */
                    RP_CLASS_VISIBLE,  /* it or an ancestor is visible outside of the link */
                    RP_CLASS_TYPEID,   /* live code may read the slot: `by` */
                    RP_CLASS_ODD,      /* not of a form that is understood: kept in doubt */
                    RP_CLASS_UNPROVED, /* nothing is known to look, but not that nobody does:
                                          rp_rtti.why_not */
                    RP_CLASS_PART, /* nobody looks, but it is part of another typeinfo that stays:
                                      `by` */
                    RP_N_CLASS_WHYS
};

struct rp_class {
    rp_id typeinfo, name;  /* nodes of _ZTI and _ZTS; name 0: not found */
    uint64_t offset, size; /* of the typeinfo in its section */
    rp_id file;            /* of the _ZTI symbol, and its number there */
    uint32_t sym;
    rp_id global;                 /* of the _ZTI symbol; 0: a local one */
    uint32_t first_base, n_bases; /* into rp_rtti.bases: class ids */
    uint32_t first_slot, n_slots; /* into rp_rtti.slots */
    uint8_t why;                  /* enum rp_class_why */
    rp_id ancestor;               /* the class that is named or visible, itself included */
    rp_id by;                     /* the node that names it or may read its slot; 0: none */
};

struct rp_rtti_slot {
    rp_id vtable;    /* node */
    rp_id cls;       /* id of the class */
    uint32_t reloc;  /* number within the vtable section's relocations */
    uint32_t edge;   /* into model->edges */
    uint64_t offset; /* in the vtable's section */
    bool live;       /* the vtable is live and the slot keeps its typeinfo */
};

/* A function that may read an RTTI slot without naming a class: `typeid(*p)`. */
struct rp_typeid_use {
    rp_id node;
    uint64_t offset; /* of the load, in the section */
    bool strong;     /* what was loaded is used as a type_info */
    bool live;
    const char *allowed; /* why it is harmless all the same (static), or NULL */
    const char *of; /* symbol of a typeinfo ("_ZTISt9type_info"; static or in the model's arena):
                       only objects of this class and its descendants are asked, whose slots are
                       then followed; NULL: of any class, or with `allowed` of none */
};

struct rp_rtti {
    RP_VEC(struct rp_class) classes; /* id = index + 1; by node, then offset */
    RP_VEC(rp_id) bases;
    RP_VEC(struct rp_rtti_slot) slots; /* by vtable, then offset */
    RP_VEC(struct rp_typeid_use) uses;
    /* What rp_typeid_scan() may leave out, because nobody is told: weak uses; all but one use that
     * keeps every slot. */
    bool strong_only, first_only;
    bool collected;      /* slots were weak in this run */
    bool assumed;        /* … because of an assumption, not by proof */
    const char *why_not; /* else why all stay (static or in the model's arena) */
    /* What may be read through a slot without naming a class, as far as code outside of the link
     * is concerned: why that cannot be excluded; NULL: it can (rtti_outside.c). */
    const char *outside;
    uint16_t tag;      /* for rp_slot_value() */
    const char *folds; /* why slots may not be cut in any case, or NULL */

    /* for the marking; by index, not for reports */
    struct rp_bitset special; /* by node: it holds a typeinfo or a vtable with slots */
    uint32_t *slot_order;     /* slots by class: [first_slot, first_slot + n_slots) of it */
    uint32_t *derived_start;  /* [n classes + 2] CSR: classes that have class i as a base */
    rp_id *derived;
    uint8_t *flags; /* by class - 1: private to rtti_*.c */
};

/* rtti_find.c: find typeinfos and slots, make the class graph, and turn the edges of slots into
 * RP_EDGE_RTTI and those from one typeinfo to another into RP_EDGE_BASE. After the roots. A link
 * without slots has no classes either. */
enum reap_status rp_rtti_find(struct rp_model *m, const struct rp_job *job, struct rp_rtti *ret);

/* rtti_outside.c: the classes that code outside of the link can name (RP_CLASS_VISIBLE), and
 * whether such code could read slots without naming a class. Called by rp_rtti_find(). */
enum reap_status rp_rtti_outside(struct rp_model *m, const struct rp_job *job,
                                 struct rp_rtti *rtti);

/* mark.c: rp_mark() with slots as weak references; the verdicts are put into `rtti`. */
enum reap_status rp_mark_classes(const struct rp_model *m, const struct rp_job *job,
                                 struct rp_rtti *rtti, struct rp_marks *ret);

/* rtti_mark.c: have the slots cut whose typeinfo is dead: their files are rewritten. */
enum reap_status rp_rtti_plan(const struct rp_model *m, const struct rp_marks *marks,
                              const struct rp_rtti *rtti, struct rp_plan *plan);

/* Whether the edge is a slot whose relocation does not go into the output: its vtable is live, its
 * typeinfo is not. */
static inline bool rp_slot_is_cut(const struct rp_marks *marks, const struct rp_edge *e)
{
    return e->kind == RP_EDGE_RTTI && !marks->live[e->to];
}

/* What a slot of `width` bytes holds when it is cut: a word that no program can read from, with the
 * number of the class in the lower half, so that vtables that differed still do, and a crash names
 * the class (docs/typeinfo-slots.md). `tag` tells the runs apart whose objects are linked together.
 * There is no such word of four bytes: 0. */
#define RP_SLOT_MARK UINT64_C(0x7265) /* the uppermost 16 bits: "re" */
#define RP_SLOT_TAG  0x6170           /* of a linked output: "ap" */
static inline uint64_t rp_slot_value(uint16_t tag, rp_id cls, unsigned width)
{
    return width == 8 ? RP_SLOT_MARK << 48 | (uint64_t)tag << 32 | cls : 0;
}
/* The class of the slot at a place of a vtable's node; 0: there is none. */
rp_id rp_rtti_slot_class(const struct rp_rtti *rtti, rp_id vtable, uint64_t offset);

void rp_rtti_free(struct rp_rtti *rtti);

#endif
