/* typeid_judge.c: which loads of a function may be `typeid(*p)`, and which cannot.
 *
 * A load from b - 8 is harmless when one of these is proved:
 *
 *   origin   b is no word of memory: the frame, a constant, a sum, what a call returned, or an
 *            argument of a function that the psABI alone enters
 *   base     b is used as no vptr is: stored through, read by bytes, indexed by a register times
 *            the size of something, compared with null or with another pointer, stepped in a loop,
 *            moved on and stored, subtracted
 *   result   what was loaded is used as no type_info is: stored through, read where no type_info
 *            has a member, indexed, scaled, freed, `this` of a const member function, called
 *            through at a place where type_info's vtable has no function that anybody calls
 *   layout   b is a member of a standard container that points into its array
 *
 * Evidence counts only if it stands on every path through the load: compilers merge equal loads of
 * two branches, and a union may hold a vptr in the one and another pointer in the other. So it must
 * stand in a block that dominates the load's, or behind the load before paths part (other than by a
 * test of the value itself).
 *
 * A load through the address of a vtable that is named by a relocation, where it meets a slot, is a
 * strong use: gcc does so for an object whose class it knows.
 *
 * Entry: rp_typeid_judge().
 */
#include "pass/typeid_private.h"

#include "arch/arch.h"

#include <elf.h>
#include <string.h>

enum { TYPE_INFO_SIZE = 16, NAME_AT = 8, STAR = '*', FIRST_UNKNOWN_VIRTUAL = 0x48 };

/* A load that may be a use. */
struct hit {
    uint32_t insn, block;
    uint32_t result; /* id of what it loads, RP_VAL_MANY: it goes nowhere that is followed */
    struct rp_val base;
    bool strong, vtable;
    uint8_t proof;
    rp_id cls; /* whose slot it is, when the vtable is known */
};

struct judge {
    struct rp_flow *f;
    const char *function;
    RP_VEC(struct hit) hits;
    bool may_return_first;      /* the first argument may be where the result is to be put */
    bool returns;               /* it comes back, as far as is seen */
    uint32_t insn, block;       /* being looked at */
    const struct rp_regs *regs; /* before it */
};

static struct rp_val reg_val(const struct rp_regs *regs, unsigned reg)
{
    static const struct rp_val none;
    return reg == RP_REG_NONE || reg >= RP_TYPEID_REGS ? none : regs->r[reg];
}

static bool is_value(struct rp_val v, uint32_t id)
{
    return v.id == id && id != 0 && id != RP_VAL_MANY;
}

/* --- finding --------------------------------------------------------------------------------- */

/* Whether a read at b + disp, b = v, may be one of the word at -8. It is written with that
 * displacement, or, by GCC at -O0, from a place that was moved by it; what is moved in a loop
 * happens to come by. */
static bool reads_slot(struct rp_val v, const struct rp_insn *in)
{
    int64_t k, disp = in->disp;
    for (unsigned n = 0; n <= (in->dst2 != 0); n++, disp += in->width)
        if ((disp == RP_TYPEID_SLOT && rp_val_may_be(v, 0)) ||
            (rp_val_is_one(v, &k) && k + disp == RP_TYPEID_SLOT))
            return true;
    return false;
}

/* *ret_class: whose slot, 0: not known. */
static bool reads_vtable_slot(const struct rp_flow *f, struct rp_val v, const struct rp_insn *in,
                              rp_id *ret_class)
{
    *ret_class = 0;
    if (!rp_val_is_vtable(v))
        return true;
    const struct rp_flow_vtable *t = &f->vtables.v[v.id - RP_ID_VTABLE];
    uint64_t at = t->offset + (uint64_t)in->disp;
    const struct rp_rtti_slot *slot = rp_flow_slot(f->rtti, t->node, at);
    if (!slot && in->dst2)
        slot = rp_flow_slot(f->rtti, t->node, at + in->width);
    *ret_class = slot ? slot->cls : 0;
    return slot != NULL;
}

static bool is_read(const struct rp_insn *in)
{
    if (!in->is_memory || in->is_store || in->is_segment)
        return false;
    return in->kind == RP_INSN_LOAD || in->kind == RP_INSN_OTHER || in->kind == RP_INSN_COMPARE;
}

/* A read at an address that a relocation names: mov _ZTV1D+8(%rip),%rax, ldr x0,[x0,:lo12:…]. */
static const struct rp_rtti_slot *named_slot(struct rp_flow *f, uint32_t i)
{
    const struct rp_insn *in = &f->insns.v[i];
    uint64_t offset;
    const char *name;
    if (!f->reloc.v[i] || !f->rtti || !f->rtti->special.w)
        return NULL;
    const struct rp_rela *rel = &f->relocs[f->reloc.v[i] - 1];
    if (rp_reloc_info(f->m->arch, rel->type)->cls == RP_REL_GOT)
        return NULL;
    rp_id section = rp_flow_target(f, f->reloc.v[i], in, &offset, &name);
    rp_id node = section ? rp_node_at(f->m, section, offset) : 0;
    return node ? rp_flow_slot(f->rtti, node, offset) : NULL;
}

static uint32_t result_of(const struct judge *j, const struct rp_insn *in)
{
    if (in->kind != RP_INSN_LOAD || in->width != 8)
        return RP_VAL_MANY;
    bool second = in->dst2 && in->disp != RP_TYPEID_SLOT;
    return RP_ID_LOAD(j->insn) + second;
}

static bool note_hit(struct judge *j, const struct rp_insn *in, struct rp_val base, bool vtable,
                     rp_id cls)
{
    struct hit h = {.insn = j->insn,
                    .block = j->block,
                    .result = result_of(j, in),
                    .base = base,
                    .strong = cls != 0,
                    .vtable = vtable,
                    .cls = cls};
    return rp_vec_push(&j->hits, h);
}

/* An instruction that computes with what it reads is of no typeid. */
static bool is_plain_read(const struct judge *j, const struct rp_insn *in)
{
    const struct rp_flow *f = j->f;
    if (!is_read(in) || in->width < 8)
        return false;
    enum rp_op op = rp_typeid_op(f->machine, f->code + f->start + f->at.v[j->insn], in->length);
    return in->kind != RP_INSN_OTHER || op == RP_OP_UNKNOWN || op == RP_OP_COPY;
}

/* An address in a vtable that is put aside, to be read through later: any slot behind it may be,
 * and all slots of a vtable are of one class. */
static bool note_aside(struct judge *j, const struct rp_insn *in, struct rp_val v)
{
    const struct rp_rtti_slot *slot = NULL;
    if (rp_val_is_vtable(v)) {
        const struct rp_flow_vtable *t = &j->f->vtables.v[v.id - RP_ID_VTABLE];
        slot = rp_flow_slot_from(j->f->rtti, t->node, t->offset);
    }
    if (!note_hit(j, in, v, true, slot ? slot->cls : 0))
        return false;
    j->hits.v[j->hits.n - 1].strong = false;
    return true;
}

/* The large code model loads the place in the GOT first (R_X86_64_GOT64), and then through it and
 * the GOT's address together, which is not followed. */
static bool is_got_place(const struct judge *j, const struct rp_insn *in)
{
    const struct rp_flow *f = j->f;
    uint32_t r = f->reloc.v[j->insn];
    return in->kind == RP_INSN_ADDRESS && r && f->machine == EM_X86_64 &&
           rp_reloc_info(f->m->arch, f->relocs[r - 1].type)->cls == RP_REL_GOT;
}

static bool find_hit(struct judge *j)
{
    const struct rp_insn *in = &j->f->insns.v[j->insn];
    if (in->kind == RP_INSN_STORE && rp_typeid_is_open(j->f, reg_val(j->regs, in->src)))
        return note_aside(j, in, reg_val(j->regs, in->src));
    if (in->kind == RP_INSN_STORE && rp_typeid_is_open(j->f, reg_val(j->regs, in->src2)))
        return note_aside(j, in, reg_val(j->regs, in->src2));
    if (is_got_place(j, in)) {
        struct rp_regs after = *j->regs;
        rp_flow_step(j->f, j->insn, &after);
        struct rp_val v = reg_val(&after, in->dst);
        return !rp_typeid_is_open(j->f, v) || note_aside(j, in, v);
    }
    if (!is_plain_read(j, in))
        return true;
    rp_id cls;
    const struct rp_rtti_slot *slot = named_slot(j->f, j->insn);
    if (slot)
        return note_hit(j, in, (struct rp_val){.kinds = RP_VAL_VTABLE}, true, slot->cls);
    struct rp_val base = reg_val(j->regs, in->base);
    if (in->base == RP_REG_NONE || in->base == RP_REG_PC || in->index) {
        const uint8_t *code = j->f->code + j->f->start + j->f->at.v[j->insn];
        bool gather =
            in->disp == RP_TYPEID_SLOT && rp_typeid_is_gather(j->f->machine, code, in->length);
        base = (struct rp_val){.kinds = RP_VAL_UNKNOWN, .id = RP_VAL_MANY, .k = RP_VAL_K0};
        return !gather || note_hit(j, in, base, false, 0);
    }
    if ((base.kinds & RP_VAL_VTABLE) && reads_vtable_slot(j->f, base, in, &cls))
        return note_hit(j, in, base, true, cls);
    if ((base.kinds & ~(RP_VAL_FRAME | RP_VAL_CONST | RP_VAL_NUMBER)) && reads_slot(base, in))
        return note_hit(j, in, base, false, 0);
    return true;
}

/* --- evidence -------------------------------------------------------------------------------- */

/* Whether what is in the current block happens whenever the hit does: the block dominates the
 * hit's, or is reached from it before paths part, but by a test of the hit's own values. */
static bool is_certain(const struct judge *j, const struct hit *h)
{
    enum { FOLLOW = 8 };
    const struct rp_flow *f = j->f;
    uint32_t b = h->block;
    if (rp_flow_dominates(f, j->block, b))
        return true;
    for (unsigned n = 0; n < FOLLOW; n++) {
        const struct rp_flow_block *x = &f->blocks.v[b];
        uint32_t id = x->test_id;
        if (x->n_succ == 2 && id != RP_VAL_MANY && (id == h->base.id || id == h->result))
            return x->succ[0] == j->block || x->succ[1] == j->block;
        if (x->n_succ != 1)
            return false;
        b = x->succ[0];
        if (b == j->block)
            return true;
    }
    return false;
}

/* Value v is used as no vptr (BASE) or no type_info (RESULT) is. */
static void prove(struct judge *j, struct rp_val v, enum rp_proof proof)
{
    if (!rp_val_has_id(v) || v.id == RP_VAL_MANY)
        return;
    for (size_t i = 0; i < j->hits.n; i++) {
        struct hit *h = &j->hits.v[i];
        bool about = proof == RP_PROOF_BASE ? is_value(h->base, v.id) : h->result == v.id;
        if (about && !h->proof && !h->vtable && is_certain(j, h))
            h->proof = (uint8_t)proof;
    }
}

static void prove_both(struct judge *j, struct rp_val v)
{
    prove(j, v, RP_PROOF_BASE);
    prove(j, v, RP_PROOF_RESULT);
}

/* The base is moved in a loop, so that the hit's base is what the loop moves. */
static void prove_stepped(struct judge *j, struct rp_val v)
{
    int64_t k;
    if (!rp_val_has_id(v) || v.id == RP_VAL_MANY || rp_val_is_one(v, &k))
        return;
    for (size_t i = 0; i < j->hits.n; i++) {
        struct hit *h = &j->hits.v[i];
        if (!h->proof && !h->vtable && is_value(h->base, v.id) && !rp_val_is_one(h->base, &k))
            h->proof = RP_PROOF_BASE;
    }
}

static void mark_strong(struct judge *j, struct rp_val v)
{
    for (size_t i = 0; i < j->hits.n; i++)
        if (is_value(v, j->hits.v[i].result) && v.k == RP_VAL_K0)
            j->hits.v[i].strong = true;
}

/* The value that a load of the function went through, {0}: v is no such. */
static struct rp_val through(const struct judge *j, struct rp_val v, int64_t *ret_at)
{
    static const struct rp_val none;
    if (!rp_val_is_load(v) || v.k != RP_VAL_K0)
        return none;
    const struct rp_insn *in = &j->f->insns.v[RP_ID_INSN(v.id)];
    struct rp_val base = j->f->bases.v[RP_ID_INSN(v.id)];
    int64_t k = 0;
    if (in->index || (base.k && !rp_val_is_one(base, &k)))
        return none;
    *ret_at = k + in->disp + (v.id & 1 ? in->width : 0);
    return base;
}

/* --- what instructions tell ------------------------------------------------------------------- */

/* A call or read through a vtable of the object that a hit loaded. */
static void look_at_virtual(struct judge *j, const struct rp_insn *in)
{
    int64_t at = 0;
    struct rp_val vptr = reg_val(j->regs, in->base), object = through(j, vptr, &at);
    bool is_vptr = rp_val_has_id(object) && at == 0;
    if (is_vptr && in->width == 8 && !in->index &&
        (in->disp == 0 || in->disp == 8 || in->disp >= FIRST_UNKNOWN_VIRTUAL))
        prove(j, object, RP_PROOF_RESULT);
}

/* cmpb $'*',(name), or a load of that byte and then the comparison: name = [result + 8]. */
static void look_for_star(struct judge *j, const struct rp_insn *in)
{
    enum { NEAR = 8 };
    int64_t at = 0;
    struct rp_val object = through(j, reg_val(j->regs, in->base), &at);
    if (in->width != 1 || in->disp != 0 || !rp_val_has_id(object) || at != NAME_AT)
        return;
    for (uint32_t n = 0; n < NEAR && j->insn + n < j->f->insns.n; n++)
        if (in[n].kind == RP_INSN_COMPARE && in[n].imm == STAR)
            mark_strong(j, object);
}

static void look_at_memory(struct judge *j, const struct rp_insn *in)
{
    struct rp_val base = reg_val(j->regs, in->base), index = reg_val(j->regs, in->index);
    bool call = in->kind == RP_INSN_CALL_REG || in->kind == RP_INSN_JUMP_REG;
    if ((in->is_memory || in->kind == RP_INSN_ADDRESS) && in->index && in->scale > 1) {
        prove_both(j, base);
        prove(j, index, RP_PROOF_BASE);
    }
    if (!in->is_memory || !rp_val_has_id(base))
        return;
    if (call || is_read(in))
        look_at_virtual(j, in);
    if (in->is_store || (is_read(in) && in->width && in->width < 8))
        prove_both(j, base);
    if (is_read(in))
        look_for_star(j, in);
    int64_t at = 0;
    if (is_read(in) && in->width >= 8 && !in->index && rp_val_is_one(base, &at)) {
        at += in->disp;
        if (at < 0 || at >= TYPE_INFO_SIZE)
            prove(j, base, RP_PROOF_RESULT);
    }
}

/* A value that a vptr is never compared with or subtracted from. The address of a vtable or
 * function is none: gcc and clang guess classes so. */
static bool is_plain(struct rp_val v)
{
    return v.kinds && !(v.kinds & (RP_VAL_CONST | RP_VAL_VTABLE | RP_VAL_UNKNOWN));
}

static bool is_null_test(const struct judge *j, const struct rp_insn *in)
{
    const struct rp_flow *f = j->f;
    bool compare = in->kind == RP_INSN_COMPARE && !in->is_memory && in->imm == 0 &&
                   in->base == RP_REG_NONE && in->width == 8 && !f->reloc.v[j->insn];
    return compare ||
           rp_typeid_is_null_branch(f->machine, f->code + f->start + f->at.v[j->insn], in->length);
}

static void look_at_compare(struct judge *j, const struct rp_insn *in)
{
    struct rp_val a = reg_val(j->regs, in->src), b = reg_val(j->regs, in->base);
    if (is_null_test(j, in))
        prove(j, a, RP_PROOF_BASE);
    if (in->kind != RP_INSN_COMPARE || in->width != 8 || in->has_imm || in->base == RP_REG_PC)
        return;
    if (in->is_memory) {
        if (in->src && !j->f->reloc.v[j->insn])
            prove(j, a, RP_PROOF_BASE);
    } else if (in->base != RP_REG_NONE) {
        if (is_plain(b))
            prove(j, a, RP_PROOF_BASE);
        if (is_plain(a))
            prove(j, b, RP_PROOF_BASE);
    }
}

/* Pointers that are moved on and kept, and counters. */
static void look_at_store(struct judge *j, const struct rp_insn *in)
{
    int64_t k;
    struct rp_val to = reg_val(j->regs, in->base), v = reg_val(j->regs, in->src);
    if (in->kind != RP_INSN_STORE || in->width != 8 || (to.kinds & RP_VAL_FRAME) ||
        v.k == RP_VAL_K0)
        return;
    prove(j, v, RP_PROOF_BASE);
    if (rp_val_is_one(v, &k))
        prove(j, v, RP_PROOF_RESULT);
}

/* The address of a member that is made for later: none of type_info is there. Sums with other
 * constants may be hashes. */
static void look_at_member(struct judge *j, const struct rp_insn *in)
{
    enum { FAR = 4096 };
    bool add = in->kind == RP_INSN_ADD, lea = in->kind == RP_INSN_ADDRESS && !in->index;
    struct rp_val v = reg_val(j->regs, add ? in->src : in->base);
    int64_t n = add ? in->imm : in->disp;
    if ((add || lea) && in->width == 8 && v.k == RP_VAL_K0 && n >= TYPE_INFO_SIZE && n <= FAR &&
        n % RP_VAL_STEP == 0)
        prove(j, v, RP_PROOF_RESULT);
}

static void look_at_arithmetic(struct judge *j, const struct rp_insn *in)
{
    const struct rp_flow *f = j->f;
    bool writes_back = in->is_memory && in->base && (in->writes >> in->base & 1);
    if (in->kind == RP_INSN_ADD && in->imm)
        prove_stepped(j, reg_val(j->regs, in->src));
    if (in->kind == RP_INSN_ADDRESS && in->disp && !in->index)
        prove_stepped(j, reg_val(j->regs, in->base));
    look_at_member(j, in);
    if (writes_back && in->imm && f->machine == EM_AARCH64)
        prove_stepped(j, reg_val(j->regs, in->base));
    if (in->kind != RP_INSN_OTHER)
        return;
    enum rp_op op = rp_typeid_op(f->machine, f->code + f->start + f->at.v[j->insn], in->length);
    if (op != RP_OP_SUB && op != RP_OP_SCALE)
        return;
    bool plain = true;
    for (unsigned r = 1; r < RP_TYPEID_REGS; r++)
        if (in->reads >> r & 1)
            plain &= is_plain(j->regs->r[r]);
    for (unsigned r = 1; plain && r < RP_TYPEID_REGS; r++)
        if ((in->reads >> r & 1) && !(in->is_memory && (r == in->base || r == in->index)))
            prove(j, j->regs->r[r], RP_PROOF_BASE);
}

/* A call of a container's member function with a known `this`: there is a container. */
static void look_at_container(struct judge *j, struct rp_val container, const char *name)
{
    int64_t from, at = 0;
    if (!rp_val_has_id(container) || container.id == RP_VAL_MANY ||
        !rp_val_is_one(container, &from))
        return;
    for (size_t i = 0; i < j->hits.n; i++) {
        struct hit *h = &j->hits.v[i];
        struct rp_val object = through(j, h->base, &at);
        if (!h->proof && !h->vtable && is_value(object, container.id) &&
            rp_typeid_is_container(name, at - from) && rp_flow_dominates(j->f, j->block, h->block))
            h->proof = RP_PROOF_LAYOUT;
    }
}

static void look_at_call(struct judge *j, const struct rp_insn *in)
{
    enum { ARGS = 6 };
    uint64_t offset;
    const char *name;
    const struct rp_flow *f = j->f;
    if ((in->kind != RP_INSN_CALL && in->kind != RP_INSN_JUMP) || !f->reloc.v[j->insn])
        return;
    rp_flow_target(f, f->reloc.v[j->insn], in, &offset, &name);
    struct rp_val first = reg_val(j->regs, rp_typeid_arg(f->machine, 0));
    if (first.k == RP_VAL_K0 && rp_typeid_takes_other(name))
        prove(j, first, RP_PROOF_RESULT);
    look_at_container(j, first, name);
    for (unsigned n = 0; n < ARGS && rp_typeid_takes_typeinfo(name); n++)
        mark_strong(j, reg_val(j->regs, rp_typeid_arg(f->machine, n)));
}

static bool look(struct judge *j)
{
    const struct rp_insn *in = &j->f->insns.v[j->insn];
    look_at_memory(j, in);
    look_at_compare(j, in);
    look_at_store(j, in);
    look_at_arithmetic(j, in);
    look_at_call(j, in);
    return true;
}

/* --- verdicts -------------------------------------------------------------------------------- */

/* Whether a value is surely not what the first argument was. */
static bool is_not_first(const struct rp_flow *f, struct rp_val v)
{
    if (v.kinds == 0 || (v.kinds & (RP_VAL_RESULT | RP_VAL_UNKNOWN)))
        return false;
    if (!(v.kinds & RP_VAL_ENTRY))
        return true;
    bool one = v.kinds == RP_VAL_ENTRY && v.id >= RP_ID_ENTRY && v.id < RP_ID_VTABLE;
    return one && (v.id != RP_ID_ENTRY + rp_typeid_arg(f->machine, 0) || !rp_val_may_be(v, 0));
}

/* … or such a call's result: compilers know of some functions that they return one of their
 * arguments (strcpy; LLVM finds out of others). */
static bool is_other(const struct judge *j, struct rp_val v)
{
    const struct rp_flow *f = j->f;
    if (is_not_first(f, v))
        return true;
    if (v.kinds != RP_VAL_RESULT || v.id >= RP_ID_ENTRY || RP_ID_INSN(v.id) >= f->insns.n)
        return false;
    return f->bases.v[RP_ID_INSN(v.id)].kinds == RP_VAL_NUMBER; /* note_call() */
}

/* A function that returns a class gets its place as the first argument, before `this`, and returns
 * it (x86-64 psABI 3.2.3). If it does not return at all, nothing is known. */
static bool note_return(struct judge *j)
{
    const struct rp_flow *f = j->f;
    const struct rp_insn *in = &f->insns.v[j->insn];
    bool leaves =
        in->kind == RP_INSN_JUMP_REG || (in->kind == RP_INSN_JUMP && f->reloc.v[j->insn] != 0);
    if (f->machine != EM_X86_64) {
        j->returns = true;
        return true;
    }
    if (in->kind == RP_INSN_RETURN) {
        struct rp_val v = reg_val(j->regs, 1);
        j->returns = true;
        j->may_return_first |= !is_other(j, v);
    } else if (leaves) {
        j->returns = true;
        for (unsigned n = 0; n < 6; n++)
            j->may_return_first |= !is_other(j, reg_val(j->regs, rp_typeid_arg(f->machine, n)));
    }
    return true;
}

/* At a call, `bases` tells whether an argument may be what the first one of the function was. */
static void note_call(struct judge *j)
{
    struct rp_flow *f = j->f;
    bool other = true;
    for (unsigned n = 0; n < 6; n++) {
        struct rp_val v = reg_val(j->regs, rp_typeid_arg(f->machine, n));
        other &= is_other(j, v);
    }
    f->bases.v[j->insn] = (struct rp_val){.kinds = other ? RP_VAL_NUMBER : RP_VAL_UNKNOWN};
}

static bool note_first(struct judge *j)
{
    const struct rp_insn *in = &j->f->insns.v[j->insn];
    j->f->bases.v[j->insn] = reg_val(j->regs, in->base);
    struct rp_val tested = reg_val(j->regs, in->src);
    if (is_null_test(j, in) && rp_val_has_id(tested) && tested.k == RP_VAL_K0)
        j->f->blocks.v[j->block].test_id = tested.id;
    if (in->kind == RP_INSN_CALL || in->kind == RP_INSN_CALL_REG)
        note_call(j);
    return find_hit(j);
}

static bool walk(struct judge *j, bool (*fn)(struct judge *))
{
    struct rp_flow *f = j->f;
    for (j->block = 0; j->block < f->blocks.n; j->block++) {
        struct rp_regs regs = f->in.v[j->block];
        j->regs = &regs;
        for (j->insn = f->blocks.v[j->block].first; j->insn < f->blocks.v[j->block].end;
             j->insn++) {
            if (!fn(j))
                return false;
            rp_flow_step(f, j->insn, &regs);
        }
    }
    return true;
}

/* Which argument points to the object whose first word the base is, 1-based; 0: none is known to.
 */
static uint8_t argument_of(const struct judge *j, const struct hit *h)
{
    int64_t at = 0;
    struct rp_val object = through(j, h->base, &at);
    if (!j->f->is_public || !j->returns || j->may_return_first || at != 0 || object.k != RP_VAL_K0)
        return 0;
    for (unsigned n = 0; n < 6; n++)
        if (object.id == RP_ID_ENTRY + rp_typeid_arg(j->f->machine, n))
            return (uint8_t)(n + 1);
    return 0;
}

/* The value that the hit's base was loaded through. */
static bool is_member(const struct judge *j, const struct hit *h)
{
    int64_t at = 0;
    struct rp_val base = h->base;
    base.k = RP_VAL_K0;
    struct rp_val object = through(j, base, &at);
    return object.id == RP_ID_ENTRY + rp_typeid_arg(j->f->machine, 0) &&
           rp_typeid_is_container(j->function, at);
}

/* Whether a loop moves the base: paths with different constants meet at the loop's head. (Where
 * they meet elsewhere, the compiler may have put the ends of two branches together.) */
static bool is_moved(const struct rp_flow *f, struct rp_val v)
{
    int64_t k;
    if (v.id < RP_ID_PHI(0, 0) || v.id == RP_VAL_MANY || rp_val_is_one(v, &k))
        return false;
    uint32_t b = (v.id - RP_ID_PHI(0, 0)) / RP_TYPEID_REGS;
    for (uint32_t i = f->pred_start.v[b]; i < f->pred_start.v[b + 1]; i++)
        if (rp_flow_dominates(f, b, f->preds.v[i]))
            return true;
    return false;
}

static void judge_origin(const struct judge *j, struct hit *h)
{
    unsigned harmless = RP_VAL_FRAME | RP_VAL_CONST | RP_VAL_NUMBER | RP_VAL_RESULT;
    if (j->f->is_public)
        harmless |= RP_VAL_ENTRY;
    if (h->vtable)
        return;
    if (!(h->base.kinds & ~harmless))
        h->proof = RP_PROOF_ORIGIN;
    else if (is_moved(j->f, h->base))
        h->proof = RP_PROOF_BASE;
    else if (is_member(j, h))
        h->proof = RP_PROOF_LAYOUT;
}

bool rp_typeid_judge(struct rp_flow *f, const char *function, struct rp_judge *ret)
{
    struct judge j = {.f = f, .function = function};
    bool ok = rp_vec_reserve(&f->bases, f->insns.n);
    f->bases.n = ok ? f->insns.n : 0;
    for (uint32_t b = 0; b < f->blocks.n; b++)
        f->blocks.v[b].test_id = RP_VAL_MANY;
    ok = ok && walk(&j, note_first) && (!j.hits.n || walk(&j, note_return));
    for (size_t i = 0; ok && !f->is_odd && i < j.hits.n; i++)
        judge_origin(&j, &j.hits.v[i]);
    if (ok && !f->is_odd && j.hits.n)
        ok = walk(&j, look);
    for (size_t i = 0; ok && i < j.hits.n; i++) {
        const struct hit *h = &j.hits.v[i];
        uint8_t proof = h->strong ? RP_PROOF_NONE : h->proof;
        ok = rp_vec_push(&ret->found, (struct rp_judged){.offset = f->at.v[h->insn],
                                                         .proof = proof,
                                                         .strong = h->strong,
                                                         .arg = proof ? 0 : argument_of(&j, h),
                                                         .cls = h->cls});
    }
    rp_vec_free(&j.hits);
    return ok;
}
