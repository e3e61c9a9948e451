/* typeid_flow.c: where the values in registers come from, in one function.
 *
 * Why: `typeid(*p)` loads from the vptr less 8, and a vptr is a word that was itself loaded. What
 * was computed, returned or named by a relocation is none.
 *
 * How: each instruction carries values (struct rp_val) from the registers that it reads to those
 * that it writes; typeid_blocks.c does so along all paths. An instruction without a known effect
 * makes its results unknown.
 *
 * Entry: rp_flow_step().
 */
#include "pass/typeid_private.h"

#include "arch/arch.h"

#include <elf.h>
#include <string.h>

static const struct rp_val frame = {.kinds = RP_VAL_FRAME};
static const struct rp_val constant = {.kinds = RP_VAL_CONST};
static const struct rp_val number = {.kinds = RP_VAL_NUMBER};

/* --- values ---------------------------------------------------------------------------------- */

/* Constants of two paths. Those that only `b` has stand for a loop that moves on: then all beyond
 * them are possible, so that few rounds are enough. */
static uint64_t join_constants(uint64_t a, uint64_t b)
{
    uint64_t all = a | b;
    if (a == 0 || b == 0 || all == a)
        return all;
    uint64_t high = UINT64_C(1) << (63 - __builtin_clzll(a)), low = a & -a;
    if (b & ~(high | (high - 1)))
        all |= ~(high - 1);
    if ((b & -b) < low)
        all |= low - 1;
    return all;
}

bool rp_val_is_same(struct rp_val a, struct rp_val b)
{
    return a.kinds == b.kinds && a.id == b.id && a.k == b.k;
}

struct rp_val rp_val_join(struct rp_val a, struct rp_val b, uint32_t id)
{
    struct rp_val v = {.kinds = a.kinds | b.kinds};
    if (!rp_val_has_id(v))
        return v;
    v.id = rp_val_is_same(a, b) ? a.id : id;
    v.k = !rp_val_has_id(a) ? b.k : !rp_val_has_id(b) ? a.k : join_constants(a.k, b.k);
    return v;
}

/* All constants moved by n steps; the outermost bits stay for what is beyond them. */
static uint64_t move_constants(uint64_t k, int64_t n)
{
    const uint64_t top = UINT64_C(1) << (RP_VAL_BITS - 1);
    uint64_t moved;
    if (n >= RP_VAL_BITS || n <= -RP_VAL_BITS)
        return n > 0 ? ((k & 1) ? ~UINT64_C(0) : top) : ((k & top) ? ~UINT64_C(0) : 1);
    if (n >= 0) {
        moved = k << n;
        if (n && k >> (RP_VAL_BITS - n)) /* moved beyond the end */
            moved |= top;
        if (k & 1) /* from far below */
            moved |= (UINT64_C(2) << n) - 1;
    } else {
        moved = k >> -n;
        if (k << (RP_VAL_BITS + n))
            moved |= 1;
        if (k & top)
            moved |= ~((top >> -n) - 1);
    }
    return moved;
}

static struct rp_val at_vtable(struct rp_flow *f, rp_id node, uint64_t offset)
{
    enum { MANY = 1024 };
    uint32_t id = 0;
    while (id < f->vtables.n &&
           (f->vtables.v[id].node != node || f->vtables.v[id].offset != offset))
        id++;
    bool ok = id < f->vtables.n ||
              (id < MANY && rp_vec_push(&f->vtables, (struct rp_flow_vtable){node, offset}));
    return (struct rp_val){
        .kinds = RP_VAL_VTABLE, .id = ok ? RP_ID_VTABLE + id : RP_VAL_MANY, .k = RP_VAL_K0};
}

static struct rp_val plus(struct rp_flow *f, struct rp_val v, int64_t n)
{
    if (rp_val_is_vtable(v)) {
        struct rp_flow_vtable t = f->vtables.v[v.id - RP_ID_VTABLE];
        return at_vtable(f, t.node, t.offset + (uint64_t)n);
    }
    if (!rp_val_has_id(v))
        return v;
    if (n % RP_VAL_STEP)
        return number; /* no part of a vtable is at an odd place */
    v.k = move_constants(v.k, n / RP_VAL_STEP);
    return v;
}

unsigned rp_flow_stack_register(uint16_t machine)
{
    return machine == EM_X86_64 ? RP_REG_X86_RSP : RP_REG_A64_SP;
}

static void set(struct rp_flow *f, struct rp_regs *regs, unsigned reg, struct rp_val v)
{
    if (reg == RP_REG_NONE || reg >= RP_TYPEID_REGS)
        return;
    regs->r[reg] = reg == rp_flow_stack_register(f->machine) ? frame : v;
}

static struct rp_val get(const struct rp_regs *regs, unsigned reg)
{
    return reg == RP_REG_NONE || reg >= RP_TYPEID_REGS ? number : regs->r[reg];
}

/* --- relocations ----------------------------------------------------------------------------- */

rp_id rp_flow_target(const struct rp_flow *f, uint32_t r, const struct rp_insn *insn,
                     uint64_t *ret_offset, const char **ret_name)
{
    const struct rp_rela *rel = &f->relocs[r - 1];
    const struct rp_reloc_info *info = rp_reloc_info(f->m->arch, rel->type);
    uint64_t at = rel->offset - f->start, value;
    rp_id section = rp_symbol_target(f->m, f->file, rel->sym, &value, NULL);
    int64_t addend = rel->addend;
    /* x86: the addend counts from the field, the processor from the end of the instruction */
    if (f->machine == EM_X86_64 && info->pcrel) {
        uint32_t i = (uint32_t)(insn - f->insns.v);
        addend += (int64_t)(f->at.v[i] + insn->length - at);
    }
    *ret_offset = info->cls == RP_REL_GOT ? value : value + (uint64_t)addend;
    *ret_name = rp_elf_symname(&f->file->elf, rel->sym);
    return section;
}

/* The first slot at or behind a place, as an index. */
static size_t slot_from(const struct rp_rtti *rtti, rp_id node, uint64_t offset)
{
    size_t low = 0, high = rtti->slots.n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct rp_rtti_slot *s = &rtti->slots.v[mid];
        if (s->vtable < node || (s->vtable == node && s->offset < offset))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct rp_rtti_slot *rp_flow_slot(const struct rp_rtti *rtti, rp_id node, uint64_t offset)
{
    size_t i = slot_from(rtti, node, offset);
    bool found =
        i < rtti->slots.n && rtti->slots.v[i].vtable == node && rtti->slots.v[i].offset == offset;
    return found ? &rtti->slots.v[i] : NULL;
}

const struct rp_rtti_slot *rp_flow_slot_from(const struct rp_rtti *rtti, rp_id node,
                                             uint64_t offset)
{
    size_t i = slot_from(rtti, node, offset);
    return i < rtti->slots.n && rtti->slots.v[i].vtable == node ? &rtti->slots.v[i] : NULL;
}

bool rp_flow_has_slots(const struct rp_rtti *rtti, rp_id node)
{
    size_t i = slot_from(rtti, node, 0);
    return i < rtti->slots.n && rtti->slots.v[i].vtable == node;
}

static bool is_vtable_name(const char *name)
{
    return strncmp(name, "_ZTV", 4) == 0 || strncmp(name, "_ZTC", 4) == 0;
}

/* Whether a symbol of the section says that a vtable is there; such a section may hold other
 * constants, too. */
static bool is_in_vtable(const struct rp_flow *f, rp_id section, uint64_t offset)
{
    const struct rp_elf *e = &rp_section_file(f->m, section)->elf;
    uint32_t shndx = rp_section_no(f->m, section);
    for (uint32_t i = 1; i < e->n_symbols; i++) {
        const struct rp_sym *s = &e->syms[i];
        if (offset >= s->value && offset - s->value <= s->size && rp_sym_shndx(e, i) == shndx &&
            is_vtable_name(rp_elf_symname(e, i)))
            return true;
    }
    return false;
}

/* The vtable that an address lies in: its node, 0: in none with slots. */
static rp_id vtable_at(const struct rp_flow *f, rp_id section, uint64_t offset, const char *name)
{
    if (!section || !f->rtti || !f->rtti->special.w)
        return 0;
    rp_id node = rp_node_at(f->m, section, offset);
    if (!node || !rp_flow_has_slots(f->rtti, node))
        return 0;
    return is_vtable_name(name) || is_in_vtable(f, section, offset) ? node : 0;
}

/* The address that the relocation of instruction i names. */
static struct rp_val named(struct rp_flow *f, uint32_t i)
{
    const struct rp_insn *in = &f->insns.v[i];
    uint64_t offset;
    const char *name;
    if (!f->reloc.v[i])
        return constant;
    rp_id section = rp_flow_target(f, f->reloc.v[i], in, &offset, &name);
    rp_id node = vtable_at(f, section, offset, name);
    if (!node)
        return constant;
    return at_vtable(f, node, offset);
}

static bool is_got(const struct rp_flow *f, uint32_t i)
{
    if (!f->reloc.v[i])
        return false;
    const struct rp_rela *rel = &f->relocs[f->reloc.v[i] - 1];
    return rp_reloc_info(f->m->arch, rel->type)->cls == RP_REL_GOT;
}

/* --- instructions ---------------------------------------------------------------------------- */

static struct rp_val loaded(struct rp_flow *f, uint32_t i, unsigned number_of)
{
    const struct rp_insn *in = &f->insns.v[i];
    if (in->width != 8)
        return number;
    if (in->is_segment && in->base == RP_REG_NONE && in->disp == 0 && !f->reloc.v[i])
        return constant; /* the thread's own address */
    if (is_got(f, i))
        return named(f, i);
    return (struct rp_val){.kinds = RP_VAL_LOAD, .id = RP_ID_LOAD(i) + number_of, .k = RP_VAL_K0};
}

static struct rp_val address(struct rp_flow *f, uint32_t i, const struct rp_regs *regs)
{
    const struct rp_insn *in = &f->insns.v[i];
    if (in->is_page)
        return constant; /* only with its low part it is an address of anything */
    if (in->has_target || in->base == RP_REG_PC || in->base == RP_REG_NONE)
        return in->index ? number : named(f, i);
    return in->index || in->width != 8 ? number : plus(f, get(regs, in->base), in->disp);
}

/* dst = src + imm, or plain dst = src. */
static struct rp_val sum(struct rp_flow *f, uint32_t i, const struct rp_regs *regs)
{
    const struct rp_insn *in = &f->insns.v[i];
    if (f->reloc.v[i] && f->machine == EM_AARCH64)
        return named(f, i); /* adrp's low part; its 0 is filled in by the linker */
    return in->width == 8 ? plus(f, get(regs, in->src), in->kind == RP_INSN_ADD ? in->imm : 0)
                          : number;
}

/* What an instruction without a kind of its own leaves behind. */
static void other(struct rp_flow *f, uint32_t i, struct rp_regs *regs)
{
    const struct rp_insn *in = &f->insns.v[i];
    struct rp_val v = {.kinds = RP_VAL_UNKNOWN, .id = RP_ID_LOAD(i), .k = RP_VAL_K0};
    if (in->writes == 0)
        return;
    switch (rp_typeid_op(f->machine, f->code + f->start + f->at.v[i], in->length)) {
    case RP_OP_NUMBER:
    case RP_OP_SUB:
    case RP_OP_SCALE: v = number; break;
    case RP_OP_COPY: {
        v = (struct rp_val){0};
        for (unsigned r = 1; r < RP_TYPEID_REGS; r++)
            if (in->reads >> r & 1)
                v = v.kinds ? rp_val_join(v, regs->r[r], RP_ID_LOAD(i)) : regs->r[r];
        if (in->is_memory)
            v = rp_val_join(v, loaded(f, i, 1), RP_ID_LOAD(i));
        break;
    }
    case RP_OP_UNKNOWN: break;
    }
    for (unsigned r = 1; r < RP_TYPEID_REGS; r++)
        if (in->writes >> r & 1)
            set(f, regs, r, v);
}

const char *rp_flow_callee(const struct rp_flow *f, uint32_t i)
{
    uint64_t offset;
    const char *name = "";
    if (f->reloc.v[i])
        rp_flow_target(f, f->reloc.v[i], &f->insns.v[i], &offset, &name);
    return name;
}

/* Registers that the callee may change keep their values here: who uses them after the call knows
 * that it did not (-fipa-ra). */
static void call(struct rp_flow *f, uint32_t i, struct rp_regs *regs)
{
    const struct rp_val unknown = {.kinds = RP_VAL_UNKNOWN, .id = RP_VAL_MANY, .k = RP_VAL_K0};
    bool outlined = strncmp(rp_flow_callee(f, i), "OUTLINED_FUNCTION_", 18) == 0; /* LLVM */
    for (unsigned r = 1; outlined && r < RP_TYPEID_REGS; r++)
        set(f, regs, r, unknown);
    if (outlined)
        return;
    struct rp_val result = {.kinds = RP_VAL_RESULT, .id = RP_ID_LOAD(i), .k = RP_VAL_K0};
    set(f, regs, 1, result); /* rax, x0 */
    set(f, regs, f->machine == EM_X86_64 ? 3 : 2, result);
}

/* Pre- and post-indexed forms move their base. */
static void move_base(struct rp_flow *f, const struct rp_insn *in, struct rp_regs *regs,
                      struct rp_val old)
{
    if (f->machine == EM_AARCH64 && in->is_memory && in->base && in->base < RP_TYPEID_REGS &&
        in->base != in->dst && in->base != in->dst2 && (in->writes >> in->base & 1))
        set(f, regs, in->base, plus(f, old, in->imm));
}

void rp_flow_step(struct rp_flow *f, uint32_t i, struct rp_regs *regs)
{
    const struct rp_insn *in = &f->insns.v[i];
    struct rp_val base = get(regs, in->base), v;
    switch (in->kind) {
    case RP_INSN_CALL:
    case RP_INSN_CALL_REG: call(f, i, regs); return;
    case RP_INSN_LOAD:
        v = loaded(f, i, 0);
        set(f, regs, in->dst, v);
        if (in->dst2)
            set(f, regs, in->dst2, loaded(f, i, 1));
        move_base(f, in, regs, base);
        return;
    case RP_INSN_STORE: move_base(f, in, regs, base); return;
    case RP_INSN_ADDRESS: set(f, regs, in->dst, address(f, i, regs)); return;
    case RP_INSN_MOVE:
    case RP_INSN_ADD: set(f, regs, in->dst, sum(f, i, regs)); return;
    case RP_INSN_OTHER:
    case RP_INSN_BAD: other(f, i, regs); return;
    default: return;
    }
}
