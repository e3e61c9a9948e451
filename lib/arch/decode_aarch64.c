/* decode_aarch64.c: A64, by a table of its own.
 *
 * Every instruction is one word; bits 28 to 25 choose the group (Arm ARM, C4.1), and each group has
 * a function here. Branches, loads, stores, adr, mov, add and compare are understood. Of all the
 * others only the registers matter: `reads` and `writes` are taken from every field that may name a
 * general register in that group, so they say too much sometimes (a vector's number for a
 * register's) and never too little.
 *
 * Entry function: rp_decode_aarch64().
 */
#include "arch/decode_private.h"

#include "util/checked.h"

/* Bits [at, at + n) of the word. */
static uint32_t field(uint32_t w, unsigned at, unsigned n)
{
    return w >> at & ((UINT32_C(1) << n) - 1);
}

static int64_t signed_field(uint32_t w, unsigned at, unsigned n)
{
    return (int64_t)((uint64_t)w << (64 - at - n)) >> (64 - n);
}

/* Register numbers: 31 is the zero register or the stack pointer. */
static uint8_t reg_or_zero(uint32_t n)
{
    return n == 31 ? RP_REG_NONE : (uint8_t)(n + 1);
}
static uint8_t reg_or_sp(uint32_t n)
{
    return (uint8_t)(n + 1);
}

static uint64_t bit_or_zero(uint32_t w, unsigned at)
{
    return rp_reg_bit(reg_or_zero(field(w, at, 5)));
}
static uint64_t bit_or_sp(uint32_t w, unsigned at)
{
    return rp_reg_bit(reg_or_sp(field(w, at, 5)));
}

static void set_target(uint64_t at, int64_t distance, struct rp_insn *ret)
{
    ret->has_target = true;
    ret->target = at + (uint64_t)distance;
}

static void set_constant(uint8_t dst, uint64_t value, struct rp_insn *ret)
{
    ret->kind = RP_INSN_ADDRESS;
    ret->dst = dst;
    ret->has_target = true;
    ret->target = value;
    ret->writes = rp_reg_bit(dst);
}

/* C4.1.92, Data Processing -- Immediate: add and subtract. */
static void add_immediate(uint32_t w, struct rp_insn *ret)
{
    bool sets_flags = field(w, 29, 1);
    uint8_t src = reg_or_sp(field(w, 5, 5));
    uint8_t dst = sets_flags ? reg_or_zero(field(w, 0, 5)) : reg_or_sp(field(w, 0, 5));
    ret->imm = (int64_t)field(w, 10, 12) << (field(w, 22, 1) ? 12 : 0);
    ret->has_imm = true;
    ret->width = field(w, 31, 1) ? 8 : 4;
    ret->src = src;
    ret->reads = rp_reg_bit(src);
    ret->writes = rp_reg_bit(dst);
    if (sets_flags && dst == RP_REG_NONE) {
        ret->kind = RP_INSN_COMPARE; /* cmp, cmn */
        if (!field(w, 30, 1))
            ret->imm = -ret->imm;
        return;
    }
    if (field(w, 30, 1))
        ret->imm = -ret->imm;
    ret->dst = dst;
    ret->kind = ret->imm == 0 && !sets_flags ? RP_INSN_MOVE : RP_INSN_ADD; /* mov to or from sp */
}

/* movz, movn, movk. */
static void move_wide(uint32_t w, struct rp_insn *ret)
{
    uint8_t dst = reg_or_zero(field(w, 0, 5));
    uint32_t opc = field(w, 29, 2);
    bool is_64 = field(w, 31, 1);
    uint64_t value = (uint64_t)field(w, 5, 16) << (16 * field(w, 21, 2));
    ret->imm = (int64_t)value;
    ret->has_imm = true;
    ret->width = is_64 ? 8 : 4;
    if (opc == 3) { /* movk keeps the rest */
        ret->reads = ret->writes = rp_reg_bit(dst);
        return;
    }
    if (opc == 0)
        value = ~value;
    set_constant(dst, is_64 ? value : (uint32_t)value, ret);
}

static void immediate(uint32_t w, uint64_t at, struct rp_insn *ret)
{
    switch (field(w, 23, 3)) {
    case 0:
    case 1: { /* adr, adrp */
        int64_t imm = signed_field(w, 5, 19) * 4 + (int64_t)field(w, 29, 2);
        set_constant(reg_or_zero(field(w, 0, 5)), 0, ret);
        ret->width = 8;
        ret->base = RP_REG_PC;
        ret->is_page = field(w, 31, 1);
        ret->target =
            ret->is_page ? (at & ~UINT64_C(4095)) + (uint64_t)imm * 4096 : at + (uint64_t)imm;
        break;
    }
    case 2: add_immediate(w, ret); break;
    case 4: /* logical; ands to the zero register is tst */
        ret->reads = bit_or_zero(w, 5);
        ret->writes = field(w, 29, 2) == 3 ? bit_or_zero(w, 0) : bit_or_sp(w, 0);
        break;
    case 5: move_wide(w, ret); break;
    case 6: /* bit-fields; bfm keeps bits */
        ret->reads = bit_or_zero(w, 5) | (field(w, 29, 2) == 1 ? bit_or_zero(w, 0) : 0);
        ret->writes = bit_or_zero(w, 0);
        break;
    case 7: /* extr */
        ret->reads = bit_or_zero(w, 5) | bit_or_zero(w, 16);
        ret->writes = bit_or_zero(w, 0);
        break;
    default: /* addg, subg; minimum and maximum */
        ret->reads = bit_or_sp(w, 5);
        ret->writes = bit_or_sp(w, 0);
        break;
    }
}

/* C4.1.93, Branches, Exception Generating and System instructions. */
static void branch_register(uint32_t w, struct rp_insn *ret)
{
    uint8_t src = reg_or_zero(field(w, 5, 5));
    switch (field(w, 21, 4) & 7) {
    case 0: ret->kind = RP_INSN_JUMP_REG; break;
    case 1:
        ret->kind = RP_INSN_CALL_REG;
        ret->writes = rp_reg_bit(RP_REG_A64_LR);
        break;
    case 2: ret->kind = RP_INSN_RETURN; break;
    case 4: /* eret */
    case 5: /* drps */
        ret->kind = RP_INSN_RETURN;
        src = RP_REG_NONE;
        break;
    default: break;
    }
    ret->src = src;
    ret->reads = rp_reg_bit(src) | bit_or_sp(w, 0); /* the modifier of braa */
}

static void system_instruction(uint32_t w, struct rp_insn *ret)
{
    if ((w & 0xff000000) == 0xd4000000) { /* exceptions */
        ret->has_imm = true;
        ret->imm = field(w, 5, 16);
        switch (field(w, 21, 3)) {
        case 0: /* svc, hvc, smc: x0 to x17 are the callee's (SMCCC 1.4, 2.6) */
            ret->reads = ret->writes = UINT64_C(0x3ffff) << 1;
            break;
        case 1: ret->kind = RP_INSN_TRAP; break; /* brk */
        default: break;
        }
        return;
    }
    if ((w & 0xfffff01f) == 0xd503201f) { /* hints: those of pointer authentication (C6.2.243) */
        uint32_t hint = field(w, 5, 7);
        if ((hint >= 7 && hint < 16) || (hint >= 24 && hint < 32))
            ret->reads = ret->writes = UINT64_C(3) << 17 | rp_reg_bit(RP_REG_A64_LR);
        else if (hint == 40) /* chkfeat x16 */
            ret->reads = ret->writes = rp_reg_bit(17);
        return;
    }
    /* mrs, sysl, and the pairs of FEAT_D128 read the system into registers; msr and sys write it */
    uint64_t pair = bit_or_zero(w, 0) | rp_reg_bit(reg_or_zero((field(w, 0, 5) + 1) & 31));
    if (field(w, 21, 1))
        ret->writes = pair;
    else
        ret->reads = pair;
    if (!field(w, 22, 1)) { /* no pair */
        ret->reads &= bit_or_zero(w, 0);
        ret->writes &= bit_or_zero(w, 0);
    }
}

static void branch_or_system(uint32_t w, uint64_t at, struct rp_insn *ret)
{
    if ((w & 0x7c000000) == 0x14000000) {
        ret->kind = field(w, 31, 1) ? RP_INSN_CALL : RP_INSN_JUMP;
        ret->writes = field(w, 31, 1) ? rp_reg_bit(RP_REG_A64_LR) : 0;
        set_target(at, signed_field(w, 0, 26) * 4, ret);
    } else if ((w & 0x7e000000) == 0x34000000) { /* cbz, cbnz */
        ret->kind = RP_INSN_BRANCH;
        ret->src = reg_or_zero(field(w, 0, 5));
        ret->reads = rp_reg_bit(ret->src);
        set_target(at, signed_field(w, 5, 19) * 4, ret);
    } else if ((w & 0x7e000000) == 0x36000000) { /* tbz, tbnz */
        ret->kind = RP_INSN_BRANCH;
        ret->src = reg_or_zero(field(w, 0, 5));
        ret->reads = rp_reg_bit(ret->src);
        set_target(at, signed_field(w, 5, 14) * 4, ret);
    } else if ((w & 0xff000000) == 0x54000000) { /* b.cond, bc.cond */
        ret->kind = RP_INSN_BRANCH;
        set_target(at, signed_field(w, 5, 19) * 4, ret);
    } else if ((w & 0xff000000) == 0x55000000) { /* retaasppc */
        ret->kind = RP_INSN_RETURN;
    } else if ((w & 0x7e000000) == 0x74000000) { /* cb<cond> of FEAT_CMPBR */
        ret->kind = RP_INSN_BRANCH;
        ret->reads = bit_or_zero(w, 0) | bit_or_zero(w, 16);
        set_target(at, signed_field(w, 5, 9) * 4, ret);
    } else if ((w & 0xfe000000) == 0xd6000000) {
        branch_register(w, ret);
    } else if ((w & 0xfe000000) == 0xd4000000) {
        system_instruction(w, ret);
    } else {
        ret->kind = RP_INSN_BAD;
    }
}

/* C4.1.94, Data Processing -- Register: add, subtract, and orr when it is mov. */
static void add_register(uint32_t w, struct rp_insn *ret)
{
    bool extended = field(w, 21, 1), sets_flags = field(w, 29, 1), is_sub = field(w, 30, 1);
    uint8_t a = extended ? reg_or_sp(field(w, 5, 5)) : reg_or_zero(field(w, 5, 5));
    uint8_t b = reg_or_zero(field(w, 16, 5));
    uint8_t dst = extended && !sets_flags ? reg_or_sp(field(w, 0, 5)) : reg_or_zero(field(w, 0, 5));
    uint32_t shift = extended ? field(w, 10, 3) : field(w, 10, 6);
    /* lsl, or uxtx of a whole register */
    bool plain = extended ? field(w, 13, 3) == 3 : field(w, 22, 2) == 0;
    ret->reads = rp_reg_bit(a) | rp_reg_bit(b);
    ret->writes = rp_reg_bit(dst);
    ret->width = field(w, 31, 1) ? 8 : 4;
    if (is_sub && sets_flags && dst == RP_REG_NONE && plain && shift == 0) {
        ret->kind = RP_INSN_COMPARE;
        ret->src = a;
        ret->base = b;
    } else if (!is_sub && ret->width == 8 && plain && shift < 8 && a && b) {
        ret->kind = RP_INSN_ADDRESS;
        ret->dst = dst;
        ret->base = a;
        ret->index = b;
        ret->scale = (uint8_t)(1u << shift);
    }
}

static void register_operands(uint32_t w, struct rp_insn *ret)
{
    ret->reads = bit_or_zero(w, 5) | bit_or_zero(w, 16);
    ret->writes = bit_or_zero(w, 0);
    if ((w & 0x1f000000) == 0x0b000000) {
        add_register(w, ret);
    } else if ((w & 0x7fe0fc00) == 0x2a000000) { /* orr of unshifted registers */
        uint8_t dst = reg_or_zero(field(w, 0, 5));
        ret->width = field(w, 31, 1) ? 8 : 4;
        if (field(w, 5, 5) != 31)
            return;
        if (field(w, 16, 5) == 31) {
            set_constant(dst, 0, ret);
            return;
        }
        ret->kind = RP_INSN_MOVE;
        ret->dst = dst;
        ret->src = reg_or_zero(field(w, 16, 5));
    } else if ((w & 0x1fe00000) == 0x1a400000) {
        ret->writes = 0; /* ccmp: the flags alone */
    } else if ((w & 0x1f000000) == 0x1b000000) {
        ret->reads |= bit_or_zero(w, 10); /* madd */
    } else if ((w & 0x1fe00000) == 0x1ac00000) {
        ret->reads |= bit_or_sp(w, 5) | bit_or_sp(w, 16) | bit_or_zero(w, 0); /* irg, subp, pacga */
        ret->writes = bit_or_sp(w, 0) | bit_or_zero(w, 0);
        if ((w & 0x5fffc000) == 0x5ac08000) /* FEAT_PAuth_LR's write the link register */
            ret->writes |= rp_reg_bit(RP_REG_A64_LR);
    }
}

/* C4.1.95, Loads and Stores. What all of them share: a base and registers at bits 0, 10, 16 that
 * are loaded or stored. */
static void memory_at(uint32_t w, bool is_store, unsigned width, int64_t disp, struct rp_insn *ret)
{
    ret->is_memory = true;
    ret->is_store = is_store;
    ret->base = reg_or_sp(field(w, 5, 5));
    ret->width = (uint8_t)width;
    ret->disp = disp;
    ret->reads |= rp_reg_bit(ret->base);
}

/* The register at bit 0 is loaded or stored; vector registers are nobody's. */
static void transfer(uint32_t w, bool is_vector, struct rp_insn *ret)
{
    if (is_vector)
        return;
    uint8_t reg = reg_or_zero(field(w, 0, 5));
    ret->kind = ret->is_store ? RP_INSN_STORE : RP_INSN_LOAD;
    if (ret->is_store) {
        ret->src = reg;
        ret->reads |= rp_reg_bit(reg);
    } else {
        ret->dst = reg;
        ret->writes |= rp_reg_bit(reg);
    }
}

/* Pre- and post-indexed forms: the base moves by imm. */
static void index_base(bool post, struct rp_insn *ret)
{
    ret->imm = ret->disp;
    ret->has_imm = true;
    if (post)
        ret->disp = 0;
    ret->writes |= rp_reg_bit(ret->base);
}

static void pair(uint32_t w, struct rp_insn *ret)
{
    bool is_vector = field(w, 26, 1), is_store = !field(w, 22, 1);
    uint32_t opc = field(w, 30, 2), mode = field(w, 23, 2);
    unsigned width = is_vector ? 4u << opc : opc & 2 ? 8 : 4;
    unsigned scale = width;
    if (!is_vector && opc == 1 && is_store)
        scale = 16, width = 8; /* stgp */
    else if (!is_vector && opc == 3)
        width = scale = 8; /* ldtp, sttp */
    memory_at(w, is_store, width & 255, signed_field(w, 15, 7) * (int64_t)scale, ret);
    transfer(w, is_vector, ret);
    if (!is_vector && is_store)
        ret->src2 = reg_or_zero(field(w, 10, 5)), ret->reads |= rp_reg_bit(ret->src2);
    else if (!is_vector)
        ret->dst2 = reg_or_zero(field(w, 10, 5)), ret->writes |= rp_reg_bit(ret->dst2);
    if (mode == 1 || mode == 3)
        index_base(mode == 1, ret);
}

static void load_literal(uint32_t w, uint64_t at, struct rp_insn *ret)
{
    static const uint8_t width[2][4] = {{4, 8, 4, 0}, {4, 8, 16, 0}};
    bool is_vector = field(w, 26, 1);
    ret->is_memory = true;
    ret->base = RP_REG_PC;
    ret->disp = signed_field(w, 5, 19) * 4;
    ret->width = width[is_vector][field(w, 30, 2)];
    set_target(at, ret->disp, ret);
    if (ret->width) /* else prfm */
        transfer(w, is_vector, ret);
}

static uint64_t next_register(uint32_t w, unsigned at)
{
    return rp_reg_bit(reg_or_zero((field(w, at, 5) + 1) & 31));
}

/* Rare ones, of 128 bits and more, with authentication, of whole blocks: every register that they
 * may name. */
static void superset(uint32_t w, struct rp_insn *ret)
{
    memory_at(w, true, 1u << field(w, 30, 2), 0, ret);
    ret->reads |= bit_or_zero(w, 16) | bit_or_zero(w, 10) | bit_or_zero(w, 0) |
                  next_register(w, 16) | next_register(w, 0);
    ret->writes = ret->reads;
}

/* Atomics of FEAT_LSE: rs goes in, what was there comes out to rt. */
static void atomic(uint32_t w, struct rp_insn *ret)
{
    uint32_t opc = field(w, 12, 3);
    memory_at(w, true, 1u << field(w, 30, 2), 0, ret);
    if (!field(w, 15, 1) || opc == 0) {
        ret->reads |= bit_or_zero(w, 16);
        ret->writes |= bit_or_zero(w, 0);
    } else if (opc == 4) { /* ldapr */
        ret->is_store = false;
        transfer(w, false, ret);
    } else { /* ld64b: eight registers; FEAT_THE */
        ret->reads |= UINT64_C(0x7fffffff) << 1;
        ret->writes |= UINT64_C(0x7fffffff) << 1;
    }
}

/* ldxr, stxr, ldar, stlr, cas: bits 23 (o2), 22 (L), 21 (o1). */
static void exclusive(uint32_t w, struct rp_insn *ret)
{
    uint32_t o2 = field(w, 23, 1), load = field(w, 22, 1), o1 = field(w, 21, 1);
    if (o1 && (o2 || field(w, 31, 1) == 0)) { /* cas; casp has pairs */
        memory_at(w, true, 1u << field(w, 30, 2), 0, ret);
        ret->writes = bit_or_zero(w, 16) | (o2 ? 0 : next_register(w, 16));
        ret->reads |= ret->writes | bit_or_zero(w, 0) | (o2 ? 0 : next_register(w, 0));
        return;
    }
    memory_at(w, !load, 1u << field(w, 30, 2), 0, ret);
    transfer(w, false, ret);
    if (o1 && load)
        ret->dst2 = reg_or_zero(field(w, 10, 5)), ret->writes |= rp_reg_bit(ret->dst2);
    else if (o1)
        ret->src2 = reg_or_zero(field(w, 10, 5)), ret->reads |= rp_reg_bit(ret->src2);
    if (!o2 && !load)
        ret->writes |= bit_or_zero(w, 16); /* the status of stxr */
}

/* Bytes of a single register's access: size and opc, C4.1.95.31 and on. 0: prfm. */
static unsigned single_width(uint32_t w, bool *ret_store)
{
    uint32_t size = field(w, 30, 2), opc = field(w, 22, 2);
    if (field(w, 26, 1)) {
        *ret_store = (opc & 1) == 0;
        return opc & 2 ? 16 : 1u << size;
    }
    *ret_store = opc == 0;
    return size == 3 && opc == 2 ? 0 : 1u << size;
}

static void single(uint32_t w, struct rp_insn *ret)
{
    bool is_vector = field(w, 26, 1), is_store, is_narrow = false;
    unsigned width = single_width(w, &is_store);
    if (field(w, 24, 1)) { /* unsigned offset */
        memory_at(w, is_store, width, (int64_t)field(w, 10, 12) * (width ? width : 8), ret);
    } else if (!field(w, 21, 1)) { /* unscaled, post-indexed, unprivileged, pre-indexed */
        memory_at(w, is_store, width, signed_field(w, 12, 9), ret);
        if (field(w, 10, 1))
            index_base(field(w, 10, 2) == 1, ret);
    } else if (field(w, 10, 2) == 2) { /* register offset */
        memory_at(w, is_store, width, 0, ret);
        ret->index = reg_or_zero(field(w, 16, 5));
        ret->scale = !ret->index ? 0 : (uint8_t)(field(w, 12, 1) && width ? width : 1);
        ret->reads |= rp_reg_bit(ret->index);
        is_narrow = field(w, 13, 2) != 3; /* uxtw, sxtw: not the whole index */
    } else if (field(w, 10, 2) == 0 && !is_vector) {
        atomic(w, ret);
        return;
    } else {
        superset(w, ret);
        return;
    }
    if (width)
        transfer(w, is_vector, ret);
    if (is_narrow)
        ret->kind = RP_INSN_OTHER;
}

static void load_or_store(uint32_t w, uint64_t at, struct rp_insn *ret)
{
    if ((w & 0x3b000000) == 0x18000000) {
        load_literal(w, at, ret);
    } else if ((w & 0x3a000000) == 0x28000000) {
        pair(w, ret);
    } else if ((w & 0x3a000000) == 0x38000000) {
        single(w, ret);
    } else if ((w & 0x3f000000) == 0x08000000) {
        exclusive(w, ret);
    } else if ((w & 0x3f200c00) == 0x19000000 && !field(w, 26, 1)) { /* ldapur, stlur */
        bool is_store;
        unsigned width = single_width(w, &is_store);
        memory_at(w, is_store, width, signed_field(w, 12, 9), ret);
        if (width)
            transfer(w, false, ret);
    } else if ((w & 0xff200000) == 0xd9200000) { /* stg, ldg and friends of FEAT_MTE */
        uint32_t mode = field(w, 10, 2);
        memory_at(w, mode || !field(w, 22, 1), 16, signed_field(w, 12, 9) * 16, ret);
        ret->reads |= bit_or_sp(w, 0);
        if (mode == 0)
            ret->writes |= bit_or_zero(w, 0); /* ldg */
        if (mode == 1 || mode == 3)
            index_base(mode == 1, ret);
    } else if ((w & 0xbe000000) == 0x0c000000) { /* vector structures; bit 23: post-indexed */
        memory_at(w, !field(w, 22, 1), 16, 0, ret);
        if (field(w, 23, 1)) {
            ret->reads |= bit_or_zero(w, 16);
            ret->writes |= rp_reg_bit(ret->base);
        }
    } else {
        superset(w, ret); /* cpy and set, tags, 128 bits */
    }
}

/* C4.1.96, Scalar Floating-Point and Advanced SIMD: only conversions and moves to and from general
 * registers have any. */
static void vector(uint32_t w, struct rp_insn *ret)
{
    bool conversion = (w & 0x5f200000) == 0x1e000000 || (w & 0x5f20fc00) == 0x1e200000;
    bool copy = (w & 0x9fe08400) == 0x0e000400; /* dup, smov, umov, ins */
    if (conversion || copy) {
        ret->reads = bit_or_zero(w, 5);
        ret->writes = bit_or_zero(w, 0);
    }
}

void rp_decode_aarch64(const uint8_t *code, uint64_t size, uint64_t at, struct rp_insn *ret)
{
    if (size < 4)
        return;
    uint32_t w = rp_load32(code);
    ret->kind = RP_INSN_OTHER;
    switch (field(w, 25, 4)) {
    case 0:
        if (w >> 16 == 0) {
            ret->kind = RP_INSN_TRAP; /* udf */
            ret->has_imm = true;
            ret->imm = w;
        } else if (field(w, 31, 1)) { /* SME: as SVE below */
            ret->reads =
                bit_or_sp(w, 0) | bit_or_sp(w, 5) | bit_or_zero(w, 10) | bit_or_zero(w, 16);
            ret->writes = bit_or_sp(w, 0) | bit_or_zero(w, 0);
        } else {
            ret->kind = RP_INSN_BAD;
        }
        break;
    case 2: /* SVE: incb, whilelo, addvl, lasta … write the register at bit 0 */
        ret->reads = bit_or_sp(w, 0) | bit_or_sp(w, 5) | bit_or_zero(w, 10) | bit_or_zero(w, 16);
        ret->writes = bit_or_sp(w, 0);
        break;
    case 8:
    case 9: immediate(w, at, ret); break;
    case 10:
    case 11: branch_or_system(w, at, ret); break;
    case 4:
    case 6:
    case 12:
    case 14: load_or_store(w, at, ret); break;
    case 5:
    case 13: register_operands(w, ret); break;
    case 7:
    case 15: vector(w, ret); break;
    default: ret->kind = RP_INSN_BAD; break;
    }
}
