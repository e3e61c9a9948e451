/* typeid_private.h: values in registers of one function (typeid_flow.c, typeid_blocks.c), what they
 * prove (typeid_judge.c), and what is known of functions and files by name (typeid_known.c).
 */
#ifndef RP_PASS_TYPEID_PRIVATE_H
#define RP_PASS_TYPEID_PRIVATE_H

#include "arch/decode.h"
#include "pass/typeid.h"

enum { RP_TYPEID_SLOT = -8, RP_TYPEID_REGS = 33 };

/* Where a value may come from: one bit each, more after a join of paths. */
enum rp_val_kind {
    RP_VAL_FRAME = 1,   /* an address in the function's stack frame */
    RP_VAL_CONST = 2,   /* a number, or an address that a relocation names; no vtable's */
    RP_VAL_ENTRY = 4,   /* what the register held when the function was entered; id: its number */
    RP_VAL_RESULT = 8,  /* what a call returned */
    RP_VAL_NUMBER = 16, /* computed: the sum of registers, a product, a part of a register */
    RP_VAL_LOAD = 32,   /* a word from memory; id: by which instruction */
    RP_VAL_VTABLE = 64, /* an address in a vtable that a relocation names; id: which */
    RP_VAL_UNKNOWN = 128,
};

#define RP_VAL_MANY UINT32_MAX /* nothing is known of it */

/* A value: that of `id` plus one of several constants. They count for ENTRY, RESULT, LOAD and
 * UNKNOWN: bit i of `k` is 8 * (i - RP_VAL_ZERO) bytes, the outermost bits are that and beyond. */
struct rp_val {
    uint64_t k;
    uint32_t id;
    uint8_t kinds; /* enum rp_val_kind; 0: no path was followed to here yet */
};
enum { RP_VAL_ZERO = 32, RP_VAL_BITS = 64, RP_VAL_STEP = 8 };
#define RP_VAL_K0 (UINT64_C(1) << RP_VAL_ZERO)

/* Ids: of what instruction i loads (two, of a pair), returns or makes; of what a register held at
 * the entry; of a vtable's address; and of a register where paths with different values meet, at
 * the start of a block. 0: none. */
#define RP_ID_LOAD(i)   (2 * ((i) + 1))
#define RP_ID_INSN(id)  ((id) / 2 - 1)
#define RP_ID_ENTRY     0x20000000u
#define RP_ID_VTABLE    0x40000000u
#define RP_ID_PHI(b, r) (0x80000000u + (b)*RP_TYPEID_REGS + (r))

/* Whether id and k mean anything. */
static inline bool rp_val_has_id(struct rp_val v)
{
    return (v.kinds & ~(RP_VAL_FRAME | RP_VAL_CONST | RP_VAL_NUMBER)) != 0;
}
/* Whether it is what one instruction loaded, plus k. */
static inline bool rp_val_is_load(struct rp_val v)
{
    return v.kinds == RP_VAL_LOAD && v.id < RP_ID_ENTRY;
}
/* Whether it is an address in a vtable that is known. */
static inline bool rp_val_is_vtable(struct rp_val v)
{
    return v.kinds == RP_VAL_VTABLE && v.id >= RP_ID_VTABLE && v.id < RP_ID_PHI(0, 0);
}
bool rp_val_is_same(struct rp_val a, struct rp_val b);
/* Either of two values; if they differ, it is called `id`. */
struct rp_val rp_val_join(struct rp_val a, struct rp_val b, uint32_t id);

/* Whether the value may be that of its id plus n bytes. */
static inline bool rp_val_may_be(struct rp_val v, int64_t n)
{
    int64_t bit = n / RP_VAL_STEP + RP_VAL_ZERO;
    if (n % RP_VAL_STEP)
        return false;
    return v.k >> (bit < 0 ? 0 : bit >= RP_VAL_BITS ? RP_VAL_BITS - 1 : bit) & 1;
}

/* Whether it is that of its id plus one constant, which one. */
static inline bool rp_val_is_one(struct rp_val v, int64_t *ret)
{
    if (v.k == 0 || (v.k & (v.k - 1)) || (v.k & (UINT64_C(1) << (RP_VAL_BITS - 1) | 1)))
        return false;
    *ret = RP_VAL_STEP * ((int64_t)__builtin_ctzll(v.k) - RP_VAL_ZERO);
    return true;
}

struct rp_regs {
    struct rp_val r[RP_TYPEID_REGS];
};

struct rp_flow_block {
    uint32_t first, end; /* instructions */
    uint32_t succ[2];    /* blocks */
    uint32_t n_succ;
    uint32_t order, n_seen; /* 1 + its place in reverse postorder; successors numbered so far */
    uint32_t idom;          /* immediate dominator */
    uint64_t phis;          /* registers in which paths with different values meet */
    uint32_t test_id;       /* the value that it tests against null, RP_VAL_MANY: none */
    bool to_table;          /* it may end in a jump through a table */
    bool is_target;         /* of such a jump */
    bool has_pred;          /* a direct predecessor */
    bool is_start;          /* registers are unknown at its start, or it is the function's entry */
};
#define RP_FLOW_OPEN UINT32_MAX

/* A vtable whose address, or one near it, the function forms. */
struct rp_flow_vtable {
    rp_id node;
    uint64_t offset; /* of the address, in the vtable's section */
};

/* One function. Memory is reused from function to function. */
struct rp_flow {
    const struct rp_model *m;
    const struct rp_rtti *rtti;
    const struct rp_file *file;
    rp_id section;
    uint16_t machine;
    const uint8_t *code;          /* of the section */
    uint64_t start, end;          /* the function in the section */
    const struct rp_rela *relocs; /* of the section, by rising offset */
    uint32_t n_relocs;
    bool is_public; /* entered by the psABI alone: registers hold nothing but arguments */

    RP_VEC(struct rp_insn) insns;
    RP_VEC(uint32_t) at;    /* offset of each instruction in the function */
    RP_VEC(uint32_t) reloc; /* of each instruction: index + 1 of its relocation, 0: none */
    RP_VEC(struct rp_flow_block) blocks;
    RP_VEC(struct rp_regs) in, out;     /* by block: registers at its start and end */
    RP_VEC(uint32_t) pred_start, preds; /* predecessors of block b: [pred_start[b], [b + 1]) */
    RP_VEC(struct rp_flow_vtable) vtables;
    RP_VEC(struct rp_val) bases; /* by instruction: what the base of its memory operand holds */
    RP_VEC(uint32_t) order;      /* blocks in reverse postorder */
    RP_VEC(uint32_t) tables;     /* blocks that may end in a jump through a table */
    RP_VEC(uint32_t) scratch;
    uint32_t next_reloc, n_regs;
    bool has_targets; /* of jumps through tables */
    bool has_frame;   /* the frame register points into the frame in all of the body */
    bool is_odd;      /* bytes that are no instructions, or no end to it: nothing is proved */
    bool is_large;    /* too large to be followed */
};

/* What an instruction of kind OTHER does to registers, by its bytes. */
enum rp_op {
    RP_OP_UNKNOWN, /* the result may be anything */
    RP_OP_COPY,    /* the result is one of what it reads: cmov, csel, xchg */
    RP_OP_NUMBER,  /* arithmetic */
    RP_OP_SUB,     /* the difference of registers */
    RP_OP_SCALE,   /* shifted left by 1 to 6 */
};

/* typeid_ops.c */
enum rp_op rp_typeid_op(uint16_t machine, const uint8_t *code, unsigned length);
bool rp_typeid_is_nop(uint16_t machine, const uint8_t *code, unsigned length);
bool rp_typeid_is_gather(uint16_t machine, const uint8_t *code, unsigned length);
/* The next place of code[from .. size) that looks like a use, by its bytes. */
bool rp_typeid_prefilter(uint16_t machine, const uint8_t *code, uint64_t size, uint64_t from,
                         uint64_t *ret_at);

/* Whether anything in code[from .. end) looks like a comparison with '*': of a type_info's name. */
bool rp_typeid_has_star(uint16_t machine, const uint8_t *code, uint64_t from, uint64_t end);
/* Whether it is a branch on whether a register (src) is null: AArch64's cbz and cbnz. */
bool rp_typeid_is_null_branch(uint16_t machine, const uint8_t *code, unsigned length);

/* typeid_blocks.c: the caller has set the first group. Without `vtables` only loads at -8 are of
 * interest. False when out of memory, or is_large. */
bool rp_flow_run(struct rp_flow *f, bool vtables);
/* Decode one instruction more. False at the end, or when out of memory. */
bool rp_flow_decode_next(struct rp_flow *f);
void rp_flow_free(struct rp_flow *f);
/* Carry registers over instruction `insn`. */
void rp_flow_step(struct rp_flow *f, uint32_t insn, struct rp_regs *regs);
/* The name of what a call calls, "" when it is none. */
const char *rp_flow_callee(const struct rp_flow *f, uint32_t insn);
unsigned rp_flow_stack_register(uint16_t machine);
uint32_t rp_flow_block_of(const struct rp_flow *f, uint32_t insn);
bool rp_flow_dominates(const struct rp_flow *f, uint32_t block, uint32_t other);
/* What relocation r (1-based) names: section, offset in it, and symbol name (never NULL). */
rp_id rp_flow_target(const struct rp_flow *f, uint32_t r, const struct rp_insn *insn,
                     uint64_t *ret_offset, const char **ret_name);
/* Whether [node's section + offset] is an RTTI slot. */
/* The slot there, NULL: there is none. */
const struct rp_rtti_slot *rp_flow_slot(const struct rp_rtti *rtti, rp_id node, uint64_t offset);
/* The first slot of the node at or behind an offset, or NULL. */
const struct rp_rtti_slot *rp_flow_slot_from(const struct rp_rtti *rtti, rp_id node,
                                             uint64_t offset);
static inline bool rp_flow_is_slot(const struct rp_rtti *rtti, rp_id node, uint64_t offset)
{
    return rp_flow_slot(rtti, node, offset) != NULL;
}
bool rp_flow_has_slots(const struct rp_rtti *rtti, rp_id node);
unsigned rp_typeid_arg(uint16_t machine, unsigned n); /* the register of argument n < 6 */

/* typeid_vtable.c: the next relocation, from index *r on and in [from, end), that may lead to a
 * slot of a vtable that it names; where it stands. */
bool rp_typeid_next_vtable(struct rp_flow *f, uint32_t *r, uint64_t from, uint64_t end,
                           uint64_t *ret_at);

/* Whether a value may be an address in a vtable that is no address point. */
bool rp_typeid_is_open(const struct rp_flow *f, struct rp_val v);

/* typeid_judge.c: append the function's uses that no proof excludes. */
enum rp_proof {
    RP_PROOF_NONE = 0,
    RP_PROOF_ORIGIN, /* the base is no word of memory */
    RP_PROOF_BASE,   /* the base is used as no vptr is */
    RP_PROOF_RESULT, /* what was loaded is used as no type_info is */
    RP_PROOF_LAYOUT, /* the base is a known member of a standard container */
    RP_N_PROOFS
};
struct rp_judged {
    uint32_t offset; /* in the function */
    uint8_t proof;   /* enum rp_proof */
    bool strong;
    uint8_t
        arg;   /* 1 + which argument of the function points to the object, 0: none that is known */
    rp_id cls; /* the class whose slot it is, 0: not known */
};
struct rp_judge {
    RP_VEC(struct rp_judged) found; /* harmless ones, too */
};
bool rp_typeid_judge(struct rp_flow *f, const char *function, struct rp_judge *j);

/* typeid_named.c: the typeinfo ("_ZTI…", of the model) of the class of argument n by the function's
 * mangled name, if it has a vtable; NULL: not known. */
const char *rp_typeid_class_of(const struct rp_model *m, const struct rp_rtti *rtti,
                               const char *function, unsigned n);

/* typeid_known.c */
/* Why uses in a function of this name keep nothing (static), or NULL. *ret_hierarchy: but those of
 * this class (name of its typeinfo) and of what is derived from it; NULL: none. */
const char *rp_typeid_allowed(const char *function, const char **ret_hierarchy);
/* Whether a function never returns to its caller. */
bool rp_typeid_is_noreturn(const char *name);
/* Whether a function takes a type_info. */
bool rp_typeid_takes_typeinfo(const char *name);
/* Whether its first argument is an object of another class than type_info, or freed. */
bool rp_typeid_takes_other(const char *name);
/* Whether `this` + d is a pointer into the container's own array, in every member function of the
 * class that the function belongs to. */
bool rp_typeid_is_container(const char *function, int64_t d);
/* Whether a file was compiled with a sanitizer, so that its code cannot be searched; and whether
 * any file of the link may have been. */
bool rp_typeid_is_instrumented(const struct rp_file *f);
bool rp_typeid_any_instrumented(const struct rp_model *m);
/* What a file can have. A file of C has none; but a C++ compiler takes a file of that name, too, so
 * that strong uses count. C++ without RTTI has none. */
enum rp_file_typeid { RP_FILE_ANY, RP_FILE_STRONG, RP_FILE_NONE };
enum rp_file_typeid rp_typeid_of_file(const struct rp_model *m, const struct rp_file *f);

#endif
