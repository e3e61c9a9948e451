/* typeid_vtable.c: references to vtables that may lead to one of its RTTI slots.
 *
 * Why: where gcc knows an object's class, but not the contents of its vtable, typeid becomes a load
 * from the vtable's address: _ZTV1D+8(%rip), or 8(%rax) behind a load of that address. Nearly all
 * code that names a vtable does so to put an address point into an object, though, and is not worth
 * following as a whole.
 *
 * How: a reference straight to an address point is none of interest; a load at a slot's distance
 * from there would be found by its bytes (typeid_ops.c). For others the few instructions behind the
 * reference are followed, until the address is gone from all registers, or was moved to an address
 * point. If that does not become clear, the function is looked at as a whole.
 *
 * Entry: rp_typeid_next_vtable().
 */
#include "pass/typeid_private.h"

#include "arch/arch.h"

#include <elf.h>
#include <string.h>

enum { LOOK_AHEAD = 32, POINTER = 8 };

/* Whether the word before a place is a slot: then it is an address point. */
static bool is_address_point(const struct rp_rtti *rtti, rp_id node, uint64_t offset)
{
    return offset >= POINTER && rp_flow_is_slot(rtti, node, offset - POINTER);
}

bool rp_typeid_is_open(const struct rp_flow *f, struct rp_val v)
{
    if (!(v.kinds & RP_VAL_VTABLE))
        return false;
    if (!rp_val_is_vtable(v))
        return true;
    const struct rp_flow_vtable *t = &f->vtables.v[v.id - RP_ID_VTABLE];
    return !is_address_point(f->rtti, t->node, t->offset);
}

/* What may become of the registers that hold an open address, by one instruction. */
enum verdict { GO_ON, HARMLESS, CLOSER };

static enum verdict look(struct rp_flow *f, const struct rp_insn *in, const struct rp_regs *regs)
{
    uint64_t open = 0, kept = ~rp_decode_call_clobbers(f->machine);
    for (unsigned r = 1; r < RP_TYPEID_REGS; r++)
        open |= rp_typeid_is_open(f, regs->r[r]) ? UINT64_C(1) << r : 0;
    bool through = in->is_memory && (open >> in->base & 1);
    bool moved = in->kind == RP_INSN_ADD || in->kind == RP_INSN_ADDRESS;
    switch (in->kind) {
    case RP_INSN_CALL:
    case RP_INSN_CALL_REG: return open & kept ? CLOSER : HARMLESS;
    case RP_INSN_RETURN:
    case RP_INSN_TRAP: return HARMLESS;
    case RP_INSN_JUMP:
    case RP_INSN_JUMP_REG:
    case RP_INSN_BRANCH:
    case RP_INSN_BAD: return open ? CLOSER : HARMLESS;
    default:
        if (!open)
            return HARMLESS;
        if (through || (!moved && (in->reads & open)))
            return CLOSER; /* read through, copied, kept in memory, compared */
        return GO_ON;
    }
}

/* Whether the address that the instruction with relocation r (1-based) makes is gone soon. */
static bool is_harmless(struct rp_flow *f, uint32_t r, uint64_t end)
{
    const struct rp_rela *rel = &f->relocs[r - 1];
    unsigned before = f->machine == EM_X86_64 ? 3 : 0; /* REX, opcode, ModRM */
    struct rp_regs regs = {0};
    if (rel->offset < before)
        return false;
    f->start = rel->offset - before;
    f->end = end;
    f->insns.n = f->at.n = f->reloc.n = f->vtables.n = 0;
    for (uint32_t i = 0; i < LOOK_AHEAD; i++) {
        if (!rp_flow_decode_next(f))
            return false;
        const struct rp_insn *in = &f->insns.v[i];
        if (i == 0 &&
            (f->reloc.v[0] != r || (in->kind != RP_INSN_LOAD && in->kind != RP_INSN_ADDRESS &&
                                    in->kind != RP_INSN_ADD && in->kind != RP_INSN_MOVE)))
            return false;
        enum verdict v = i == 0 ? GO_ON : look(f, in, &regs);
        if (v != GO_ON)
            return v == HARMLESS;
        rp_flow_step(f, i, &regs);
    }
    return false;
}

/* Whether relocation r (1-based) names a vtable in a way that may lead to a slot of it. */
static bool is_worth(struct rp_flow *f, uint32_t r, uint64_t end)
{
    const struct rp_rela *rel = &f->relocs[r - 1];
    const struct rp_reloc_info *info = rp_reloc_info(f->m->arch, rel->type);
    uint64_t value;
    rp_id section = rp_symbol_target(f->m, f->file, rel->sym, &value, NULL);
    if (!section)
        return false;
    uint64_t at = value;
    if (info->cls != RP_REL_GOT) /* on x86 fields that count from themselves end instructions */
        at += (uint64_t)rel->addend + (f->machine == EM_X86_64 && info->pcrel ? info->width : 0);
    rp_id node = rp_node_at(f->m, section, at), from = rp_node_at(f->m, section, value);
    bool in_vtable =
        (node && rp_flow_has_slots(f->rtti, node)) || (from && rp_flow_has_slots(f->rtti, from));
    if (!in_vtable || is_address_point(f->rtti, node, at))
        return false;
    if (rp_flow_is_slot(f->rtti, node, at))
        return true;
    return !is_harmless(f, r, end);
}

bool rp_typeid_next_vtable(struct rp_flow *f, uint32_t *r, uint64_t from, uint64_t end,
                           uint64_t *ret_at)
{
    for (; *r < f->n_relocs; ++*r) {
        uint64_t at = f->relocs[*r].offset;
        if (at >= from && at < end && is_worth(f, *r + 1, end)) {
            *ret_at = at;
            return true;
        }
    }
    return false;
}
