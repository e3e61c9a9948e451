/* rtti.h: C++ typeinfo that nobody can observe.
 *
 * Each polymorphic class has a typeinfo object (_ZTI…) and its name (_ZTS…), kept alive by the RTTI
 * slot before each address point of its vtables (Itanium C++ ABI, 2.5.2 and 2.9.5). A slot is a
 * weak edge (RP_EDGE_RTTI): followed only once its class can be observed. See docs/typeinfo.md for
 * the rule and its proof.
 *
 *   rtti.c        the class graph, slots, verdicts        typeid.c   code that may read a slot
 */
#ifndef RP_PASS_RTTI_H
#define RP_PASS_RTTI_H

#include "pass/pass.h"

enum rp_class_why { /* why the slots of a class stay */
                    RP_CLASS_GONE = 0,
                    RP_CLASS_NO_SLOT, /* no live vtable has a slot for it */
                    RP_CLASS_NAMED,   /* live bytes other than vtables and typeinfos name it or an
                                         ancestor: `by` names them */
                    RP_CLASS_VISIBLE, /* it or an ancestor is visible outside of the link */
                    RP_CLASS_TYPEID,  /* live code may read the slot: `by` */
                    RP_CLASS_ODD,     /* not of a form that is understood: kept in doubt */
                    RP_N_CLASS_WHYS
};

struct rp_class {
    rp_id typeinfo, name;         /* nodes of _ZTI and _ZTS; name 0: not found */
    rp_id global;                 /* of the _ZTI symbol; 0: a local one */
    uint32_t first_base, n_bases; /* into rp_rtti.bases: class ids */
    uint32_t first_slot, n_slots; /* into rp_rtti.slots */
    uint8_t why;                  /* enum rp_class_why */
    rp_id ancestor;               /* the class that is named or visible, itself included */
    rp_id by;                     /* the node that names it or may read its slot; 0: none */
};

struct rp_rtti_slot {
    rp_id vtable;   /* node */
    rp_id cls;      /* id of the class */
    uint32_t reloc; /* number within the vtable section's relocations */
    bool live;      /* the vtable is live and the slot keeps its typeinfo */
};

/* A function that may read an RTTI slot without naming a class: `typeid(*p)`. */
struct rp_typeid_use {
    rp_id node;
    uint64_t offset; /* of the load, in the section */
    bool strong;     /* what was loaded is used as a type_info */
    bool live;
    const char *allowed; /* why it is harmless all the same (static), or NULL */
};

struct rp_rtti {
    RP_VEC(struct rp_class) classes; /* id = index + 1 */
    RP_VEC(rp_id) bases;
    RP_VEC(struct rp_rtti_slot) slots;
    RP_VEC(struct rp_typeid_use) uses;
    bool collected;      /* slots were weak in this run */
    const char *why_not; /* else why all stay (static or in the model's arena) */
};

void rp_rtti_free(struct rp_rtti *rtti);

#endif
