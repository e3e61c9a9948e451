/* typeid_blocks.c: one function's code as blocks, and the values in registers along all paths.
 *
 * Why: see typeid_flow.c. How: the function is decoded from its start and cut into blocks. Values
 * are carried through the blocks and joined where paths meet, until nothing changes. Where they
 * differ, the register holds a value of its own from there on (a phi of SSA form), so that what is
 * learnt of it later is learnt of one value.
 *
 * All is kept on the side of doubt: a block that nothing is seen to jump to (a landing pad) begins
 * with unknown registers; after a jump through a table, the table's entries are its targets when
 * they have relocations, and all blocks else.
 *
 * Entry: rp_flow_run().
 */
#include "pass/typeid_private.h"

#include "arch/arch.h"

#include <elf.h>
#include <string.h>

enum {
    MAX_INSNS = 1 << 20,
    MAX_BLOCKS = 1 << 14,
    MAX_ROUNDS = 64, /* a round for each level of loops, and some */
    MAX_TABLE = 4096 /* entries of a jump table that are looked at */
};

/* --- blocks ---------------------------------------------------------------------------------- */

bool rp_flow_decode_next(struct rp_flow *f)
{
    size_t n = f->insns.n;
    uint64_t size = f->end - f->start, at = n ? f->at.v[n - 1] + f->insns.v[n - 1].length : 0;
    if (at >= size || !rp_vec_reserve(&f->insns, n + 1) || !rp_vec_reserve(&f->at, n + 1) ||
        !rp_vec_reserve(&f->reloc, n + 1))
        return false;
    if (n == 0)
        f->next_reloc = rp_rela_from(f->relocs, f->n_relocs, f->start);
    struct rp_insn *in = &f->insns.v[n];
    rp_decode(f->machine, f->code + f->start + at, size - at, at, in);
    uint32_t r = f->next_reloc;
    while (r < f->n_relocs && f->relocs[r].offset < f->start + at)
        r++;
    f->next_reloc = r;
    bool has = r < f->n_relocs && f->relocs[r].offset < f->start + at + in->length;
    f->at.v[n] = (uint32_t)at;
    f->reloc.v[n] = has ? r + 1 : 0;
    f->insns.n = f->at.n = f->reloc.n = n + 1;
    return true;
}

static bool decode(struct rp_flow *f)
{
    uint64_t at = 0, size = f->end - f->start;
    while (at < size) {
        f->is_large = f->insns.n >= MAX_INSNS;
        if (f->is_large || !rp_flow_decode_next(f))
            return false;
        const struct rp_insn *in = &f->insns.v[f->insns.n - 1];
        f->is_odd |= in->kind == RP_INSN_BAD;
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
    case RP_INSN_CALL: return rp_typeid_is_noreturn(rp_flow_callee(f, i));
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
    uint32_t low = rp_rela_from(r, n, offset);
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
    for (uint32_t b = 0; b < f->blocks.n; b++)
        if (f->blocks.v[b].to_table && !rp_vec_push(&f->tables, b))
            return false;
    return true;
}

/* --- order ----------------------------------------------------------------------------------- */

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

/* Predecessors of each block, in CSR form. */
static bool find_preds(struct rp_flow *f)
{
    uint32_t n = (uint32_t)f->blocks.n, total = 0;
    if (!rp_vec_reserve(&f->pred_start, n + 1) || !rp_vec_reserve(&f->preds, 2 * n))
        return false;
    memset(f->pred_start.v, 0, (n + 1) * sizeof *f->pred_start.v);
    for (uint32_t b = 0; b < n; b++)
        for (uint32_t s = 0; s < f->blocks.v[b].n_succ; s++)
            f->pred_start.v[f->blocks.v[b].succ[s]]++;
    for (uint32_t b = 0; b <= n; b++) { /* ends; filling moves them to the starts */
        total += b < n ? f->pred_start.v[b] : 0;
        f->pred_start.v[b] = total;
    }
    for (uint32_t b = 0; b < n; b++)
        for (uint32_t s = 0; s < f->blocks.v[b].n_succ; s++)
            f->preds.v[--f->pred_start.v[f->blocks.v[b].succ[s]]] = b;
    return true;
}

/* --- the fixpoint ---------------------------------------------------------------------------- */

static unsigned frame_register(uint16_t machine)
{
    return machine == EM_X86_64 ? RP_REG_X86_RBP : RP_REG_A64_FP;
}

/* Whether the frame register is nothing but that wherever it counts: set from the stack pointer,
 * and else only taken back from the stack for the caller. The unwinder restores it for landing
 * pads. */
static bool has_frame(const struct rp_flow *f)
{
    unsigned fp = frame_register(f->machine), sp = rp_flow_stack_register(f->machine);
    bool set = false;
    for (uint32_t i = 0; i < f->insns.n; i++) {
        const struct rp_insn *in = &f->insns.v[i];
        if (!(in->writes >> fp & 1) || in->kind == RP_INSN_CALL || in->kind == RP_INSN_CALL_REG)
            continue;
        bool from_sp = (in->kind == RP_INSN_MOVE || in->kind == RP_INSN_ADD) && in->src == sp;
        bool lea = in->kind == RP_INSN_ADDRESS && in->base == sp && !in->index;
        bool pop = in->kind == RP_INSN_LOAD && in->base == sp;
        uint8_t byte = f->code[f->start + f->at.v[i]];
        if (f->machine == EM_X86_64)
            pop = in->kind == RP_INSN_OTHER && in->length == 1 && (byte == 0x5d || byte == 0xc9);
        if (!from_sp && !lea && !pop)
            return false;
        set |= from_sp || lea;
    }
    return set;
}

static struct rp_val start_value(const struct rp_flow *f, uint32_t b, uint32_t r)
{
    if (r == 0)
        return (struct rp_val){.kinds = RP_VAL_NUMBER};
    if (r == rp_flow_stack_register(f->machine))
        return (struct rp_val){.kinds = RP_VAL_FRAME};
    if (b != 0 && r == frame_register(f->machine) && f->has_frame)
        return (struct rp_val){.kinds = RP_VAL_FRAME};
    return b == 0 ? (struct rp_val){.kinds = RP_VAL_ENTRY, .id = RP_ID_ENTRY + r, .k = RP_VAL_K0}
                  : (struct rp_val){.kinds = RP_VAL_UNKNOWN, .id = RP_ID_PHI(b, r), .k = RP_VAL_K0};
}

/* A jump through a register that was simply loaded is a call at the end of a function. */
static bool jumps_through_table(const struct rp_flow *f, const struct rp_flow_block *b,
                                const struct rp_regs *out)
{
    const struct rp_insn *in = &f->insns.v[b->end - 1];
    if (!b->to_table || in->is_memory)
        return b->to_table;
    struct rp_val v = in->src && in->src < RP_TYPEID_REGS ? out->r[in->src] : (struct rp_val){0};
    return !rp_val_is_load(v) || f->insns.v[RP_ID_INSN(v.id)].index != 0;
}

static bool is_reached(const struct rp_flow *f, uint32_t b)
{
    return f->out.v[b].r[0].kinds != 0;
}

/* What one more path brings to a block, into `regs`. */
static void take(struct rp_flow *f, uint32_t b, const struct rp_regs *from, struct rp_regs *regs)
{
    for (uint32_t r = 0; r < f->n_regs; r++) {
        struct rp_val *v = &regs->r[r];
        if (v->kinds == 0) {
            *v = from->r[r];
        } else if (!rp_val_is_same(*v, from->r[r])) {
            *v = rp_val_join(*v, from->r[r], RP_ID_PHI(b, r));
            f->blocks.v[b].phis |= UINT64_C(1) << r;
        }
    }
}

/* The registers at the start of a block, from what its predecessors leave. A phi stays one, and
 * what it may be grows only, so that there is an end. */
static bool flow_in(struct rp_flow *f, uint32_t b)
{
    struct rp_regs regs = {0}, *in = &f->in.v[b];
    const struct rp_flow_block *x = &f->blocks.v[b];
    bool changed = false;
    for (uint32_t r = 0; x->is_start && r < f->n_regs; r++)
        regs.r[r] = start_value(f, b, r);
    for (uint32_t i = f->pred_start.v[b]; i < f->pred_start.v[b + 1]; i++)
        if (is_reached(f, f->preds.v[i]))
            take(f, b, &f->out.v[f->preds.v[i]], &regs);
    for (size_t i = 0; x->is_target && i < f->tables.n; i++) {
        uint32_t t = f->tables.v[i];
        if (is_reached(f, t) && jumps_through_table(f, &f->blocks.v[t], &f->out.v[t]))
            take(f, b, &f->out.v[t], &regs);
    }
    for (uint32_t r = 0; r < f->n_regs; r++) {
        struct rp_val v = regs.r[r], old = in->r[r];
        if ((x->phis >> r & 1) && old.kinds)
            v = rp_val_join(old, v, RP_ID_PHI(b, r));
        if ((x->phis >> r & 1) && rp_val_has_id(v))
            v.id = RP_ID_PHI(b, r);
        changed |= !rp_val_is_same(v, old);
        in->r[r] = v;
    }
    return changed;
}

static void flow_out(struct rp_flow *f, uint32_t b)
{
    const struct rp_flow_block *x = &f->blocks.v[b];
    struct rp_regs out = f->in.v[b];
    for (uint32_t i = x->first; i < x->end; i++)
        rp_flow_step(f, i, &out);
    f->is_odd |= !f->has_targets && jumps_through_table(f, x, &out);
    f->out.v[b] = out;
}

static void iterate(struct rp_flow *f)
{
    bool changed = true;
    for (unsigned round = 0; changed && round < MAX_ROUNDS; round++) {
        changed = false;
        for (uint32_t i = 0; i < f->blocks.n; i++) {
            uint32_t b = f->order.v[i];
            bool now = flow_in(f, b);
            if (f->in.v[b].r[0].kinds && (now || !is_reached(f, b)))
                flow_out(f, b);
            changed |= now;
        }
    }
    f->is_odd |= changed;
}

static bool settle(struct rp_flow *f)
{
    uint32_t n = (uint32_t)f->blocks.n;
    if (!rp_vec_reserve(&f->in, n) || !rp_vec_reserve(&f->out, n) || !number_blocks(f) ||
        !find_preds(f))
        return false;
    memset(f->in.v, 0, n * sizeof *f->in.v);
    memset(f->out.v, 0, n * sizeof *f->out.v);
    f->in.n = f->out.n = n;
    iterate(f);
    for (uint32_t b = 0; b < n; b++) {
        if (is_reached(f, b))
            continue;
        f->blocks.v[b].is_start = true; /* a target, but there is no jump through a table */
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

/* Whether any instruction could be a use at all: what looked like one may be a part of another. */
static bool has_candidate(const struct rp_flow *f)
{
    unsigned sp = rp_flow_stack_register(f->machine);
    for (uint32_t i = 0; i < f->insns.n; i++) {
        const struct rp_insn *in = &f->insns.v[i], *before = i ? in - 1 : in;
        bool near =
            in->disp == RP_TYPEID_SLOT || (in->dst2 && in->disp + in->width == RP_TYPEID_SLOT);
        bool moved = in->disp == 0 && before->kind == RP_INSN_ADD &&
                     before->imm == RP_TYPEID_SLOT && before->dst == in->base;
        if (in->is_memory && !in->is_store && in->width >= 8 && in->base != sp && (near || moved))
            return true;
    }
    return false;
}

bool rp_flow_run(struct rp_flow *f, bool vtables)
{
    f->insns.n = f->at.n = f->reloc.n = f->blocks.n = f->in.n = f->vtables.n = f->order.n =
        f->tables.n = 0;
    f->n_regs = f->machine == EM_X86_64 ? 17 : RP_TYPEID_REGS;
    f->is_odd = f->is_large = f->has_targets = false;
    if (!decode(f) || f->insns.n == 0)
        return false;
    if (!vtables && !f->is_odd && !has_candidate(f))
        return true; /* without blocks there is nothing to judge */
    f->has_frame = has_frame(f);
    if (!make_blocks(f) || !settle(f))
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
    rp_vec_free(&f->out);
    rp_vec_free(&f->preds);
    rp_vec_free(&f->tables);
    rp_vec_free(&f->pred_start);
    rp_vec_free(&f->scratch);
}
