/* typeid_flow.c: where the values in registers come from, in one function.
 *
 * Why: `typeid(*p)` loads from the vptr less 8, and a vptr is a word that was itself loaded. What
 * was computed, returned or named by a relocation is none.
 *
 * How: the function is decoded from its start and cut into blocks; values (struct rp_val) are
 * carried forward over the instructions and joined where paths meet, until nothing changes. All is
 * kept on the side of doubt: a block that nothing is seen to jump to (a landing pad) begins with
 * unknown registers; after a jump through a table, the table's entries are its targets when they
 * have relocations, and all blocks else; an instruction without a known effect makes its results
 * unknown.
 *
 * Entries: rp_flow_run, rp_flow_step.
 */
#include "pass/typeid_private.h"

#include "arch/arch.h"

#include <elf.h>
#include <string.h>

enum {
    MAX_INSNS = 1 << 20,
    MAX_BLOCKS = 1 << 16,
    MAX_ROUNDS = 64, /* a round for each level of loops, and two */
    MAX_TABLE = 4096 /* entries of a jump table that are looked at */
};

static const struct rp_val unknown = {.kinds = RP_VAL_UNKNOWN, .id = RP_VAL_MANY, .k = RP_VAL_K0};
static const struct rp_val frame = {.kinds = RP_VAL_FRAME};
static const struct rp_val constant = {.kinds = RP_VAL_CONST};
static const struct rp_val number = {.kinds = RP_VAL_NUMBER};

/* --- values ---------------------------------------------------------------------------------- */

/* id and k of these mean something */
static bool has_id(struct rp_val v)
{
    return (v.kinds & ~(RP_VAL_FRAME | RP_VAL_CONST | RP_VAL_NUMBER)) != 0;
}

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

static struct rp_val join(struct rp_val a, struct rp_val b)
{
    struct rp_val v = {.kinds = a.kinds | b.kinds};
    if (has_id(a) && has_id(b)) {
        v.id = a.id == b.id ? a.id : RP_VAL_MANY;
        v.k = join_constants(a.k, b.k);
    } else if (has_id(a) || has_id(b)) {
        v.id = has_id(a) ? a.id : b.id;
        v.k = has_id(a) ? a.k : b.k;
    }
    return v;
}

static bool is_same(struct rp_val a, struct rp_val b)
{
    return a.kinds == b.kinds && a.id == b.id && a.k == b.k;
}

static bool join_regs(struct rp_regs *to, const struct rp_regs *from)
{
    bool changed = false;
    for (unsigned i = 0; i < RP_TYPEID_REGS; i++) {
        struct rp_val v = join(to->r[i], from->r[i]);
        changed |= !is_same(v, to->r[i]);
        to->r[i] = v;
    }
    return changed;
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
    if (id == f->vtables.n &&
        (id >= MANY || !rp_vec_push(&f->vtables, (struct rp_flow_vtable){node, offset})))
        return (struct rp_val){.kinds = RP_VAL_VTABLE, .id = RP_VAL_MANY};
    return (struct rp_val){.kinds = RP_VAL_VTABLE, .id = id};
}

static struct rp_val plus(struct rp_flow *f, struct rp_val v, int64_t n)
{
    if (v.kinds == RP_VAL_VTABLE && v.id != RP_VAL_MANY) {
        struct rp_flow_vtable t = f->vtables.v[v.id];
        return at_vtable(f, t.node, t.offset + (uint64_t)n);
    }
    if (!has_id(v))
        return v;
    if (n % RP_VAL_STEP)
        return number; /* no part of a vtable is at an odd place */
    v.k = move_constants(v.k, n / RP_VAL_STEP);
    return v;
}

static unsigned stack_register(uint16_t machine)
{
    return machine == EM_X86_64 ? RP_REG_X86_RSP : RP_REG_A64_SP;
}

static void set(struct rp_flow *f, struct rp_regs *regs, unsigned reg, struct rp_val v)
{
    if (reg == RP_REG_NONE || reg >= RP_TYPEID_REGS)
        return;
    regs->r[reg] = reg == stack_register(f->machine) ? frame : v;
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

bool rp_flow_is_slot(const struct rp_rtti *rtti, rp_id node, uint64_t offset)
{
    size_t i = slot_from(rtti, node, offset);
    return i < rtti->slots.n && rtti->slots.v[i].vtable == node &&
           rtti->slots.v[i].offset == offset;
}

bool rp_flow_has_slots(const struct rp_rtti *rtti, rp_id node)
{
    size_t i = slot_from(rtti, node, 0);
    return i < rtti->slots.n && rtti->slots.v[i].vtable == node;
}

/* The vtable that an address lies in: its node, 0: in none with slots. */
static rp_id vtable_at(const struct rp_flow *f, rp_id section, uint64_t offset)
{
    if (!section || !f->rtti || !f->rtti->special.w)
        return 0;
    rp_id node = rp_node_at(f->m, section, offset);
    return node && rp_flow_has_slots(f->rtti, node) ? node : 0;
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
    rp_id node = vtable_at(f, section, offset);
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
    return (struct rp_val){.kinds = RP_VAL_LOAD, .id = 2 * i + number_of, .k = RP_VAL_K0};
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
    struct rp_val v = unknown;
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
                v = join(v, regs->r[r]);
        if (in->is_memory)
            v = join(v, loaded(f, i, 0));
        break;
    }
    case RP_OP_UNKNOWN: break;
    }
    for (unsigned r = 1; r < RP_TYPEID_REGS; r++)
        if (in->writes >> r & 1)
            set(f, regs, r, v);
}

static const char *callee(const struct rp_flow *f, uint32_t i)
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
    bool outlined = strncmp(callee(f, i), "OUTLINED_FUNCTION_", 18) == 0; /* LLVM */
    for (unsigned r = 1; outlined && r < RP_TYPEID_REGS; r++)
        set(f, regs, r, unknown);
    if (outlined)
        return;
    struct rp_val result = {.kinds = RP_VAL_RESULT, .id = 2 * i, .k = RP_VAL_K0};
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

/* --- blocks ---------------------------------------------------------------------------------- */

/* The first relocation at or behind an offset. */
static uint32_t reloc_from(const struct rp_rela *r, uint32_t n, uint64_t offset)
{
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (r[mid].offset < offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool decode(struct rp_flow *f)
{
    uint64_t size = f->end - f->start;
    uint32_t r = reloc_from(f->relocs, f->n_relocs, f->start);
    for (uint64_t at = 0; at < size;) {
        f->is_large = f->insns.n >= MAX_INSNS;
        if (f->is_large || !rp_vec_reserve(&f->insns, f->insns.n + 1) ||
            !rp_vec_push(&f->at, (uint32_t)at))
            return false;
        struct rp_insn *in = &f->insns.v[f->insns.n++];
        rp_decode(f->machine, f->code + f->start + at, size - at, at, in);
        f->is_odd |= in->kind == RP_INSN_BAD;
        while (r < f->n_relocs && f->relocs[r].offset < f->start + at)
            r++;
        bool has = r < f->n_relocs && f->relocs[r].offset < f->start + at + in->length;
        if (!rp_vec_push(&f->reloc, has ? r + 1 : 0))
            return false;
        at += in->length;
    }
    return true;
}

/* The instruction at an offset of the function; UINT32_MAX: none begins there. */
static uint32_t insn_at(const struct rp_flow *f, uint64_t offset)
{
    uint32_t low = 0, high = (uint32_t)f->at.n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (f->at.v[mid] < offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->at.n && f->at.v[low] == offset ? low : UINT32_MAX;
}

/* Where a direct branch goes within the function; UINT32_MAX: out of it. */
static uint32_t branch_target(const struct rp_flow *f, uint32_t i)
{
    const struct rp_insn *in = &f->insns.v[i];
    uint64_t to = in->target;
    if (f->reloc.v[i]) {
        const char *name;
        if (rp_flow_target(f, f->reloc.v[i], in, &to, &name) != f->section)
            return UINT32_MAX;
        if (to < f->start || to >= f->end)
            return UINT32_MAX;
        to -= f->start;
    }
    return in->has_target ? insn_at(f, to) : UINT32_MAX;
}

static bool is_table_jump(const struct rp_flow *f, uint32_t i)
{
    const struct rp_insn *in = &f->insns.v[i];
    return in->kind == RP_INSN_JUMP_REG && (!in->is_memory || in->index);
}

/* Whether the jump at i, through a register, is the call at the end of a function, as the code
 * before it looks: the register was simply loaded. jumps_through_table() knows better. */
static bool looks_like_tail_call(const struct rp_flow *f, uint32_t i)
{
    enum { LOOK_BACK = 32 };
    unsigned reg = f->insns.v[i].src;
    for (uint32_t n = 0; n < LOOK_BACK && i > 0; n++) {
        const struct rp_insn *in = &f->insns.v[--i];
        if (in->writes >> reg & 1)
            return in->kind == RP_INSN_LOAD && !in->index && in->base != RP_REG_PC;
    }
    return false;
}

static bool ends_block(const struct rp_flow *f, uint32_t i)
{
    switch (f->insns.v[i].kind) {
    case RP_INSN_JUMP:
    case RP_INSN_BRANCH:
    case RP_INSN_JUMP_REG:
    case RP_INSN_RETURN:
    case RP_INSN_TRAP: return true;
    case RP_INSN_CALL: return rp_typeid_is_noreturn(callee(f, i));
    default: return false;
    }
}

/* Entries of a jump table at `offset` of another section: words that relocations point into the
 * function, one behind the other. Marks 2 in `leader`. */
static bool read_table(struct rp_flow *f, rp_id section, uint64_t offset, uint8_t *leader)
{
    uint32_t n = 0, found = 0;
    if (rp_section_file(f->m, section) != f->file || !f->m->sections[section].rel)
        return false;
    const struct rp_rela *r = rp_elf_relocs(&f->file->elf, f->m->sections[section].rel, &n);
    uint32_t low = reloc_from(r, n, offset);
    bool wide = low + 1 < n && r[low + 1].offset == r[low].offset + 8;
    for (uint64_t at = offset; low < n && r[low].offset == at && found < MAX_TABLE;
         low++, found++, at += wide ? 8 : 4) {
        uint64_t value;
        const struct rp_reloc_info *info = rp_reloc_info(f->m->arch, r[low].type);
        if (rp_symbol_target(f->m, f->file, r[low].sym, &value, NULL) != f->section)
            break;
        value += (uint64_t)r[low].addend - (info->pcrel ? at - offset : 0);
        if (value < f->start || value >= f->end)
            break;
        uint32_t i = insn_at(f, value - f->start);
        if (i != UINT32_MAX)
            leader[i] |= 2;
    }
    return found > 0;
}

/* All jump tables that the function names. */
static bool read_tables(struct rp_flow *f, uint8_t *leader)
{
    bool any = false;
    for (uint32_t i = 0; i < f->insns.n; i++) {
        uint64_t offset;
        const char *name;
        if (!f->reloc.v[i] || f->insns.v[i].kind == RP_INSN_CALL)
            continue;
        rp_id section = rp_flow_target(f, f->reloc.v[i], &f->insns.v[i], &offset, &name);
        if (section && section != f->section && !(rp_shdr_of(f->m, section)->flags & SHF_EXECINSTR))
            any |= read_table(f, section, offset, leader);
    }
    return any;
}

/* Bits by instruction: 1 a block begins here, 2 a table's entry points here, 4 a direct branch
 * does. */
static void find_leaders(struct rp_flow *f, uint8_t *leader)
{
    bool table = false;
    leader[0] |= 1;
    for (uint32_t i = 0; i < f->insns.n; i++) {
        const struct rp_insn *in = &f->insns.v[i];
        table |= is_table_jump(f, i) && (in->is_memory || !looks_like_tail_call(f, i));
        if (ends_block(f, i) && i + 1 < f->insns.n)
            leader[i + 1] |= 1;
        if (in->kind != RP_INSN_JUMP && in->kind != RP_INSN_BRANCH)
            continue;
        uint32_t to = branch_target(f, i);
        if (to != UINT32_MAX)
            leader[to] |= 4;
    }
    if (table && !read_tables(f, leader))
        for (uint32_t i = 0; i < f->insns.n; i++)
            if (leader[i])
                leader[i] |= 2;
}

uint32_t rp_flow_block_of(const struct rp_flow *f, uint32_t insn)
{
    uint32_t low = 0, high = (uint32_t)f->blocks.n;
    while (high - low > 1) {
        uint32_t mid = (low + high) / 2;
        if (f->blocks.v[mid].first <= insn)
            low = mid;
        else
            high = mid;
    }
    return low;
}

static void add_succ(struct rp_flow *f, struct rp_flow_block *b, uint32_t insn)
{
    uint32_t to = rp_flow_block_of(f, insn);
    b->succ[b->n_succ++] = to;
    f->blocks.v[to].has_pred = true;
}

static void link_block(struct rp_flow *f, struct rp_flow_block *b)
{
    uint32_t last = b->end - 1;
    const struct rp_insn *in = &f->insns.v[last];
    bool goes_on = in->kind == RP_INSN_BRANCH || !ends_block(f, last);
    b->to_table = is_table_jump(f, last);
    if (in->kind == RP_INSN_JUMP || in->kind == RP_INSN_BRANCH) {
        uint32_t to = branch_target(f, last);
        if (to != UINT32_MAX)
            add_succ(f, b, to);
    }
    if (goes_on && b->end < f->insns.n)
        add_succ(f, b, b->end);
}

static bool make_blocks(struct rp_flow *f)
{
    if (!rp_vec_reserve(&f->scratch, f->insns.n / 4 + 1))
        return false;
    uint8_t *leader = (uint8_t *)f->scratch.v;
    memset(leader, 0, f->insns.n);
    find_leaders(f, leader);
    for (uint32_t i = 0; i < f->insns.n; i++) {
        if (leader[i]) {
            if (f->blocks.n)
                f->blocks.v[f->blocks.n - 1].end = i;
            f->is_large = f->blocks.n >= MAX_BLOCKS;
            if (f->is_large ||
                !rp_vec_push(&f->blocks,
                             (struct rp_flow_block){.first = i, .is_target = leader[i] & 2}))
                return false;
            f->has_targets |= leader[i] & 2;
        }
    }
    f->blocks.v[f->blocks.n - 1].end = (uint32_t)f->insns.n;
    for (uint32_t b = 0; b < f->blocks.n; b++)
        link_block(f, &f->blocks.v[b]);
    return true;
}

/* --- the fixpoint ---------------------------------------------------------------------------- */

static void start_regs(struct rp_flow *f, struct rp_regs *regs, bool entry)
{
    for (uint32_t r = 0; r < RP_TYPEID_REGS; r++)
        regs->r[r] =
            entry ? (struct rp_val){.kinds = RP_VAL_ENTRY, .id = r, .k = RP_VAL_K0} : unknown;
    regs->r[stack_register(f->machine)] = frame;
    regs->r[0] = number;
}

/* A jump through a register that was simply loaded is a call at the end of a function. */
static bool jumps_through_table(const struct rp_flow *f, const struct rp_flow_block *b,
                                const struct rp_regs *out)
{
    const struct rp_insn *in = &f->insns.v[b->end - 1];
    if (!b->to_table || in->is_memory)
        return b->to_table;
    struct rp_val v = get(out, in->src);
    return v.kinds != RP_VAL_LOAD || v.id == RP_VAL_MANY || f->insns.v[v.id / 2].index != 0;
}

static bool flow_out(struct rp_flow *f, uint32_t n)
{
    struct rp_regs out = f->in.v[n];
    const struct rp_flow_block *b = &f->blocks.v[n];
    bool changed = false;
    for (uint32_t i = b->first; i < b->end; i++)
        rp_flow_step(f, i, &out);
    for (uint32_t s = 0; s < b->n_succ; s++)
        changed |= join_regs(&f->in.v[b->succ[s]], &out);
    if (jumps_through_table(f, b, &out)) {
        f->is_odd |= !f->has_targets;
        for (uint32_t t = 0; t < f->blocks.n; t++)
            if (f->blocks.v[t].is_target)
                changed |= join_regs(&f->in.v[t], &out);
    }
    return changed;
}

/* Number the blocks that no path was followed to, from `n` on: reverse postorder. */
static void number_from(struct rp_flow *f, uint32_t n, uint32_t *stack, uint32_t *next)
{
    uint32_t depth = 0;
    stack[depth++] = n;
    f->blocks.v[n].order = RP_FLOW_OPEN;
    while (depth) {
        struct rp_flow_block *b = &f->blocks.v[stack[depth - 1]];
        if (b->n_seen < b->n_succ) {
            uint32_t to = b->succ[b->n_seen++];
            if (f->blocks.v[to].order == 0) {
                f->blocks.v[to].order = RP_FLOW_OPEN;
                stack[depth++] = to;
            }
        } else {
            b->order = --*next;
            f->order.v[b->order - 1] = stack[--depth];
        }
    }
}

/* What fills the space between blocks. */
static bool is_padding(const struct rp_flow *f, const struct rp_flow_block *b)
{
    for (uint32_t i = b->first; i < b->end; i++)
        if (!rp_typeid_is_nop(f->machine, f->code + f->start + f->at.v[i], f->insns.v[i].length))
            return false;
    return true;
}

static void drop_padding(struct rp_flow *f)
{
    for (uint32_t b = 1; b < f->blocks.n; b++) {
        struct rp_flow_block *x = &f->blocks.v[b];
        if (!x->has_pred && !x->is_target && is_padding(f, x))
            x->n_succ = 0;
    }
}

/* Blocks without a predecessor begin with unknown registers; so does one of each loop that nothing
 * is seen to enter. */
static bool number_blocks(struct rp_flow *f)
{
    uint32_t n = (uint32_t)f->blocks.n, next = n + 1;
    if (!rp_vec_reserve(&f->order, n) || !rp_vec_reserve(&f->scratch, n))
        return false;
    f->order.n = n;
    drop_padding(f);
    for (uint32_t b = 0; b < n; b++)
        f->blocks.v[b].is_start = b == 0 || (!f->blocks.v[b].has_pred && !f->blocks.v[b].is_target);
    for (unsigned pass = 0; pass < 2; pass++)
        for (uint32_t i = n; i-- > 0;) { /* the entry last, so that it is the first in order */
            struct rp_flow_block *b = &f->blocks.v[i];
            if (b->order || (pass == 0 && !b->is_start && !b->is_target))
                continue;
            b->is_start |= !b->is_target;
            number_from(f, i, f->scratch.v, &next);
        }
    return true;
}

static bool is_reached(const struct rp_flow *f, uint32_t b)
{
    return f->in.v[b].r[0].kinds != 0;
}

static void iterate(struct rp_flow *f)
{
    bool changed = true;
    for (unsigned round = 0; changed && round < MAX_ROUNDS; round++) {
        changed = false;
        for (uint32_t i = 0; i < f->blocks.n; i++)
            if (is_reached(f, f->order.v[i]))
                changed |= flow_out(f, f->order.v[i]);
    }
    f->is_odd |= changed;
}

static bool settle(struct rp_flow *f)
{
    uint32_t n = (uint32_t)f->blocks.n;
    if (!rp_vec_reserve(&f->in, n) || !number_blocks(f))
        return false;
    memset(f->in.v, 0, n * sizeof *f->in.v);
    f->in.n = n;
    for (uint32_t b = 0; b < n; b++)
        if (f->blocks.v[b].is_start)
            start_regs(f, &f->in.v[b], b == 0);
    iterate(f);
    for (uint32_t b = 0; b < n; b++) {
        if (is_reached(f, b))
            continue;
        f->blocks.v[b].is_start = true; /* a target, but there is no jump through a table */
        start_regs(f, &f->in.v[b], false);
        iterate(f);
    }
    return true;
}

/* --- dominators ------------------------------------------------------------------------------ */

/* "A Simple, Fast Dominance Algorithm" (Cooper, Harvey, Kennedy), with one root above the blocks
 * that begin with unknown registers and those that tables lead to. */
enum { NO_BLOCK = UINT32_MAX, ROOT = UINT32_MAX - 1 };

static uint32_t order_of(const struct rp_flow *f, uint32_t b)
{
    return b == ROOT ? 0 : f->blocks.v[b].order;
}

static uint32_t common(const struct rp_flow *f, uint32_t a, uint32_t b)
{
    while (a != b) {
        if (order_of(f, a) > order_of(f, b))
            a = f->blocks.v[a].idom;
        else
            b = f->blocks.v[b].idom;
    }
    return a;
}

static bool lower_idom(struct rp_flow *f, uint32_t block, uint32_t pred)
{
    struct rp_flow_block *b = &f->blocks.v[block];
    if (b->idom == ROOT)
        return false;
    uint32_t idom = b->idom == NO_BLOCK ? pred : common(f, b->idom, pred);
    bool changed = idom != b->idom;
    b->idom = idom;
    return changed;
}

static void find_dominators(struct rp_flow *f)
{
    for (uint32_t b = 0; b < f->blocks.n; b++) {
        struct rp_flow_block *x = &f->blocks.v[b];
        x->idom = x->is_start || x->is_target ? ROOT : NO_BLOCK;
    }
    bool changed = true;
    for (unsigned round = 0; changed && round < MAX_ROUNDS; round++) {
        changed = false;
        for (uint32_t i = 0; i < f->blocks.n; i++) {
            uint32_t b = f->order.v[i];
            const struct rp_flow_block *x = &f->blocks.v[b];
            for (uint32_t s = 0; s < x->n_succ && x->idom != NO_BLOCK; s++)
                changed |= lower_idom(f, x->succ[s], b);
        }
    }
    f->is_odd |= changed;
}

bool rp_flow_dominates(const struct rp_flow *f, uint32_t block, uint32_t other_block)
{
    for (uint32_t b = other_block; b != ROOT && b != NO_BLOCK; b = f->blocks.v[b].idom)
        if (b == block)
            return true;
    return false;
}

bool rp_flow_run(struct rp_flow *f)
{
    f->insns.n = f->at.n = f->reloc.n = f->blocks.n = f->in.n = f->vtables.n = f->order.n = 0;
    f->is_odd = f->is_large = f->has_targets = false;
    if (!decode(f) || f->insns.n == 0 || !make_blocks(f) || !settle(f))
        return false;
    find_dominators(f);
    return true;
}

void rp_flow_free(struct rp_flow *f)
{
    rp_vec_free(&f->insns);
    rp_vec_free(&f->at);
    rp_vec_free(&f->reloc);
    rp_vec_free(&f->blocks);
    rp_vec_free(&f->in);
    rp_vec_free(&f->vtables);
    rp_vec_free(&f->bases);
    rp_vec_free(&f->order);
    rp_vec_free(&f->scratch);
}
