/* test_decode.c: instructions as rp_decode() tells them. tests/decode compares whole libraries with
 * objdump; here are the shapes that others build on, and bytes that are no code at all. */
#include "arch/decode.h"

#include "util/checked.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RAX = 1, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R12 = 13, AT = 0x1000 };

static struct rp_insn x86(const char *bytes, size_t n)
{
    struct rp_insn i;
    rp_decode(EM_X86_64, (const uint8_t *)bytes, n, AT, &i);
    return i;
}
#define X86(bytes) x86(bytes, sizeof bytes - 1)

static struct rp_insn a64(uint32_t word)
{
    struct rp_insn i;
    uint8_t bytes[4];
    rp_store32(bytes, word);
    rp_decode(EM_AARCH64, bytes, sizeof bytes, AT, &i);
    return i;
}

static void x86_branches_have_targets(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        enum rp_insn_kind kind;
        uint64_t target;
    } cases[] = {
        {"\xe8\x10\x00\x00\x00", 5, RP_INSN_CALL, AT + 5 + 0x10},
        {"\xe9\xf0\xff\xff\xff", 5, RP_INSN_JUMP, AT + 5 - 0x10},
        {"\xeb\xfe", 2, RP_INSN_JUMP, AT},
        {"\x74\x7f", 2, RP_INSN_BRANCH, AT + 2 + 0x7f},
        {"\x0f\x85\x00\x00\x00\x80", 6, RP_INSN_BRANCH, AT + 6 - UINT64_C(0x80000000)},
        {"\xf2\xe9\x01\x00\x00\x00", 6, RP_INSN_JUMP, AT + 6 + 1},   /* bnd jmp */
        {"\x2e\x74\x01", 3, RP_INSN_BRANCH, AT + 3 + 1},             /* with a hint */
        {"\xe2\x02", 2, RP_INSN_BRANCH, AT + 2 + 2},                 /* loop */
        {"\xe3\x02", 2, RP_INSN_BRANCH, AT + 2 + 2},                 /* jrcxz */
        {"\xc7\xf8\x04\x00\x00\x00", 6, RP_INSN_BRANCH, AT + 6 + 4}, /* xbegin */
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct rp_insn i = x86(cases[k].bytes, cases[k].n), quick;
        assert_int_equal(i.kind, cases[k].kind);
        assert_int_equal(i.length, cases[k].n);
        assert_true(i.has_target && i.target == cases[k].target);
        assert_false(i.has_imm);
        assert_in_range(i.field_at[1], 1, cases[k].n - 1);
        rp_decode_flow(EM_X86_64, (const uint8_t *)cases[k].bytes, cases[k].n, AT, &quick);
        assert_int_equal(quick.kind, i.kind);
        assert_true(quick.has_target && quick.target == i.target);
    }
}

static void x86_other_control_flow(void **state)
{
    (void)state;
    struct rp_insn i = X86("\xff\xd0"); /* call *%rax */
    assert_int_equal(i.kind, RP_INSN_CALL_REG);
    assert_int_equal(i.src, RAX);
    i = X86("\xff\x50\xf8"); /* call *-8(%rax) */
    assert_int_equal(i.kind, RP_INSN_CALL_REG);
    assert_true(i.is_memory && i.base == RAX && i.disp == -8 && i.src == RP_REG_NONE);
    i = X86("\x3e\xff\xe2"); /* notrack jmp *%rdx */
    assert_int_equal(i.kind, RP_INSN_JUMP_REG);
    assert_int_equal(i.src, RDX);
    i = X86("\xff\x25\x10\x00\x00\x00"); /* jmp *0x10(%rip) */
    assert_int_equal(i.kind, RP_INSN_JUMP_REG);
    assert_true(i.has_target && i.target == AT + 6 + 0x10 && i.base == RP_REG_PC);
    assert_int_equal(X86("\xc3").kind, RP_INSN_RETURN);
    assert_int_equal(X86("\xf3\xc3").kind, RP_INSN_RETURN);
    assert_int_equal(X86("\xc2\x08\x00").kind, RP_INSN_RETURN);
    assert_int_equal(X86("\x48\xcf").kind, RP_INSN_RETURN); /* iretq */
    assert_int_equal(X86("\xcc").kind, RP_INSN_TRAP);
    assert_int_equal(X86("\x0f\x0b").kind, RP_INSN_TRAP);
    assert_int_equal(X86("\xf4").kind, RP_INSN_OTHER); /* hlt goes on after an interrupt */
}

static void x86_loads_and_stores(void **state)
{
    (void)state;
    struct rp_insn i = X86("\x48\x8b\x40\xf8"); /* mov -8(%rax),%rax */
    assert_int_equal(i.kind, RP_INSN_LOAD);
    assert_true(i.dst == RAX && i.base == RAX && i.index == 0 && i.disp == -8 && i.width == 8);
    assert_true(i.is_memory && !i.is_store && i.field_at[0] == 3);
    assert_int_equal(i.writes, 1u << RAX);
    assert_int_equal(i.reads, 1u << RAX);
    i = X86("\x4a\x8b\x54\xe6\x10"); /* mov 0x10(%rsi,%r12,8),%rdx */
    assert_true(i.kind == RP_INSN_LOAD && i.base == RSI && i.index == R12 && i.scale == 8 &&
                i.dst == RDX && i.disp == 0x10);
    i = X86("\x0f\xb6\x07"); /* movzbl (%rdi),%eax */
    assert_true(i.kind == RP_INSN_LOAD && i.width == 1 && i.dst == RAX);
    i = X86("\x48\x63\x07"); /* movslq (%rdi),%rax */
    assert_true(i.kind == RP_INSN_LOAD && i.width == 4 && i.dst == RAX);
    i = X86("\x48\x89\x7d\xf8"); /* mov %rdi,-8(%rbp) */
    assert_true(i.kind == RP_INSN_STORE && i.src == RDI && i.base == RBP && i.disp == -8);
    assert_true(i.is_store && i.writes == 0);
    i = X86("\x48\xc7\x04\x24\xff\xff\xff\xff"); /* movq $-1,(%rsp) */
    assert_true(i.kind == RP_INSN_STORE && i.src == 0 && i.has_imm && i.imm == -1);
    i = X86("\x64\x48\x8b\x04\x25\x28\x00\x00\x00"); /* mov %fs:0x28,%rax */
    assert_true(i.kind == RP_INSN_LOAD && i.is_segment && i.base == 0 && i.disp == 0x28);
    i = X86("\x88\x27"); /* mov %ah,(%rdi): a store whose source is no whole register */
    assert_true(i.kind == RP_INSN_OTHER && i.is_store && i.base == RDI);
    i = X86("\x67\x48\x8b\x00"); /* mov (%eax),%rax: half of the base */
    assert_true(i.kind == RP_INSN_OTHER && i.is_memory && i.writes == 1u << RAX);
    i = X86("\xf3\x0f\x7e\x40\xf8"); /* movq -8(%rax),%xmm0 */
    assert_true(i.kind == RP_INSN_OTHER && i.is_memory && i.base == RAX && i.disp == -8 &&
                i.width == 8 && i.writes == 0);
    i = X86("\xff\x70\xf8"); /* push -8(%rax) */
    assert_true(i.kind == RP_INSN_OTHER && i.is_memory && !i.is_store && i.base == RAX);
    assert_int_equal(i.writes, 1u << RSP);
    i = X86("\x0f\x1f\x44\x00\x00"); /* nopl 0(%rax,%rax,1) touches nothing */
    assert_true(i.kind == RP_INSN_OTHER && !i.is_memory && i.writes == 0);
}

static void x86_values(void **state)
{
    (void)state;
    struct rp_insn i = X86("\x48\x8d\x05\x10\x00\x00\x00"); /* lea 0x10(%rip),%rax */
    assert_true(i.kind == RP_INSN_ADDRESS && i.has_target && i.target == AT + 7 + 0x10);
    assert_true(!i.is_memory && i.dst == RAX && i.width == 8);
    i = X86("\x48\x8d\x44\x9f\xf8"); /* lea -8(%rdi,%rbx,4),%rax */
    assert_true(i.kind == RP_INSN_ADDRESS && !i.has_target && i.base == RDI && i.index == RBX &&
                i.scale == 4 && i.disp == -8);
    i = X86("\x48\xc7\xc7\x00\x00\x00\x81"); /* mov $0xffffffff81000000,%rdi */
    assert_true(i.kind == RP_INSN_ADDRESS && i.target == UINT64_C(0xffffffff81000000));
    i = X86("\xbf\x00\x00\x00\x81"); /* mov $0x81000000,%edi: zero-extended */
    assert_true(i.kind == RP_INSN_ADDRESS && i.target == 0x81000000u && i.width == 4);
    i = X86("\x48\xb8\x88\x77\x66\x55\x44\x33\x22\x11");
    assert_true(i.kind == RP_INSN_ADDRESS && i.target == UINT64_C(0x1122334455667788));
    i = X86("\x31\xc0"); /* xor %eax,%eax */
    assert_true(i.kind == RP_INSN_ADDRESS && i.has_target && i.target == 0 && i.reads == 0);
    i = X86("\x48\x89\xd8"); /* mov %rbx,%rax */
    assert_true(i.kind == RP_INSN_MOVE && i.src == RBX && i.dst == RAX && i.width == 8);
    i = X86("\x88\xd8"); /* mov %bl,%al: a part */
    assert_true(i.kind == RP_INSN_OTHER && i.writes == 1u << RAX);
    i = X86("\x48\x83\xe8\x08"); /* sub $8,%rax */
    assert_true(i.kind == RP_INSN_ADD && i.imm == -8 && i.src == RAX && i.dst == RAX);
    i = X86("\x48\x83\xc0\x80"); /* add $-128,%rax */
    assert_true(i.kind == RP_INSN_ADD && i.imm == -128);
    i = X86("\x48\x83\x40\x08\x01"); /* addq $1,8(%rax) */
    assert_true(i.kind == RP_INSN_OTHER && i.is_store && i.base == RAX && i.writes == 0);
    i = X86("\x48\x39\xc3"); /* cmp %rax,%rbx */
    assert_true(i.kind == RP_INSN_COMPARE && i.src == RBX && i.base == RAX && !i.is_memory);
    i = X86("\x48\x3b\x42\xf8"); /* cmp -8(%rdx),%rax */
    assert_true(i.kind == RP_INSN_COMPARE && i.src == RAX && i.base == RDX && i.is_memory);
    i = X86("\x80\x3f\x2a"); /* cmpb $'*',(%rdi) */
    assert_true(i.kind == RP_INSN_COMPARE && i.src == 0 && i.base == RDI && i.imm == '*' &&
                i.width == 1);
    i = X86("\x48\x85\xff"); /* test %rdi,%rdi */
    assert_true(i.kind == RP_INSN_COMPARE && i.src == RDI && i.imm == 0 && i.base == 0);
}

/* What an instruction writes without saying so. */
static void x86_hidden_writes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        uint64_t writes;
    } cases[] = {
        {"\xf3\xa4", 2, 1u << RSI | 1u << RDI | 1u << RCX},             /* rep movsb */
        {"\xaa", 1, 1u << RDI},                                         /* stosb */
        {"\x48\xf7\xe6", 3, 1u << RAX | 1u << RDX},                     /* mul %rsi */
        {"\x0f\xa2", 2, 1u << RAX | 1u << RBX | 1u << RCX | 1u << RDX}, /* cpuid */
        {"\xf0\x48\x0f\xb1\x0f", 5, 1u << RAX},                         /* cmpxchg */
        {"\xf0\x48\x0f\xc7\x0f", 5, 1u << RAX | 1u << RDX},             /* cmpxchg16b */
        {"\x48\x93", 2, 1u << RAX | 1u << RBX},                         /* xchg */
        {"\xc9", 1, 1u << RSP | 1u << RBP},                             /* leave */
        {"\x48\x0f\x44\xc3", 4, 1u << RAX},                             /* cmove */
        {"\x66\x48\x0f\x7e\xc0", 5, 1u << RAX},                         /* movq %xmm0,%rax */
        {"\x8c\xd8", 2, 1u << RAX},                                     /* mov %ds,%eax */
        {"\xe2\x02", 2, 1u << RCX},                                     /* loop */
        {"\x5b", 1, 1u << RBX | 1u << RSP},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        assert_int_equal(x86(cases[k].bytes, cases[k].n).writes, cases[k].writes);
    /* the kernel's side of a system call keeps what the psABI says a call keeps */
    uint64_t writes = X86("\x0f\x05").writes;
    assert_int_equal(writes & rp_decode_call_clobbers(EM_X86_64),
                     rp_decode_call_clobbers(EM_X86_64));
    assert_int_equal(writes & (1u << RBX | 1u << RSP), 0);
    assert_int_equal(rp_decode_call_clobbers(EM_X86_64),
                     1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI | 0xfu << R8);
}

static void a64_branches_have_targets(void **state)
{
    (void)state;
    static const struct {
        uint32_t word;
        enum rp_insn_kind kind;
        int64_t distance;
    } cases[] = {
        {0x94000004, RP_INSN_CALL, 16},         {0x17ffffff, RP_INSN_JUMP, -4},
        {0x54000040, RP_INSN_BRANCH, 8},        /* b.eq */
        {0xb4ffffe0, RP_INSN_BRANCH, -4},       /* cbz x0 */
        {0x35000060, RP_INSN_BRANCH, 12},       /* cbnz w0 */
        {0xb7f7ffe1, RP_INSN_BRANCH, -4},       /* tbnz x1, #62 */
        {0x36000041, RP_INSN_BRANCH, 8},        /* tbz w1, #0 */
        {0x96000000, RP_INSN_CALL, -0x8000000}, /* the farthest back */
        {0x15ffffff, RP_INSN_JUMP, 0x7fffffc},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct rp_insn i = a64(cases[k].word);
        assert_int_equal(i.kind, cases[k].kind);
        assert_int_equal(i.length, 4);
        assert_true(i.has_target && i.target == AT + (uint64_t)cases[k].distance);
    }
    assert_int_equal(a64(0x94000004).writes, UINT64_C(1) << RP_REG_A64_LR);
    struct rp_insn i = a64(0xd63f0060); /* blr x3 */
    assert_true(i.kind == RP_INSN_CALL_REG && i.src == 4);
    i = a64(0xd61f0200); /* br x16 */
    assert_true(i.kind == RP_INSN_JUMP_REG && i.src == 17 && i.writes == 0);
    assert_int_equal(a64(0xd65f03c0).kind, RP_INSN_RETURN);
    assert_int_equal(a64(0xd65f0bff).kind, RP_INSN_RETURN); /* retaa */
    assert_int_equal(a64(0xd69f03e0).kind, RP_INSN_RETURN); /* eret */
    assert_int_equal(a64(0xd4200000).kind, RP_INSN_TRAP);   /* brk #0 */
    assert_int_equal(a64(0x00000000).kind, RP_INSN_TRAP);   /* udf #0 */
}

static void a64_loads_and_stores(void **state)
{
    (void)state;
    struct rp_insn i = a64(0xf85f8001); /* ldur x1, [x0, #-8] */
    assert_true(i.kind == RP_INSN_LOAD && i.dst == 2 && i.base == 1 && i.disp == -8 &&
                i.width == 8 && i.writes == 1u << 2);
    i = a64(0xf85f8c01); /* ldr x1, [x0, #-8]! */
    assert_true(i.kind == RP_INSN_LOAD && i.disp == -8 && i.imm == -8 &&
                i.writes == (1u << 2 | 1u << 1));
    i = a64(0xf85f8401); /* ldr x1, [x0], #-8 */
    assert_true(i.kind == RP_INSN_LOAD && i.disp == 0 && i.imm == -8 &&
                i.writes == (1u << 2 | 1u << 1));
    i = a64(0xa97f0801); /* ldp x1, x2, [x0, #-16] */
    assert_true(i.kind == RP_INSN_LOAD && i.dst == 2 && i.dst2 == 3 && i.disp == -16 &&
                i.width == 8 && i.writes == (1u << 2 | 1u << 3));
    i = a64(0xa9bf7bfd); /* stp x29, x30, [sp, #-16]! */
    assert_true(i.kind == RP_INSN_STORE && i.src == RP_REG_A64_FP && i.src2 == RP_REG_A64_LR &&
                i.base == RP_REG_A64_SP && i.writes == UINT64_C(1) << RP_REG_A64_SP);
    i = a64(0xb9400801); /* ldr w1, [x0, #8] */
    assert_true(i.kind == RP_INSN_LOAD && i.disp == 8 && i.width == 4);
    i = a64(0xf8627801); /* ldr x1, [x0, x2, lsl #3] */
    assert_true(i.kind == RP_INSN_LOAD && i.index == 3 && i.scale == 8);
    i = a64(0xf862d801); /* ldr x1, [x0, w2, sxtw #3]: half of the index */
    assert_true(i.kind == RP_INSN_OTHER && i.is_memory && i.writes == 1u << 2);
    i = a64(0x58000041); /* ldr x1, .+8 */
    assert_true(i.kind == RP_INSN_LOAD && i.base == RP_REG_PC && i.target == AT + 8);
    i = a64(0x3dc00000); /* ldr q0, [x0] */
    assert_true(i.kind == RP_INSN_OTHER && i.is_memory && i.width == 16 && i.writes == 0);
    i = a64(0xc85ffc01); /* ldaxr x1, [x0] */
    assert_true(i.kind == RP_INSN_LOAD && i.writes == 1u << 2);
    i = a64(0xc802fc01); /* stlxr w2, x1, [x0] */
    assert_true(i.kind == RP_INSN_STORE && i.writes == 1u << 3);
    i = a64(0xf8e10002); /* ldaddal x1, x2, [x0] */
    assert_true(i.kind == RP_INSN_OTHER && i.writes == 1u << 3 && i.reads == (1u << 1 | 1u << 2));
    i = a64(0xc8e1fc02); /* casal x1, x2, [x0] */
    assert_int_equal(i.writes, 1u << 2);
    i = a64(0xf81f8fff); /* str xzr, [sp, #-8]! */
    assert_true(i.kind == RP_INSN_STORE && i.src == RP_REG_NONE);
}

static void a64_values(void **state)
{
    (void)state;
    struct rp_insn i = a64(0xb0000000); /* adrp x0, .+0x1000 */
    assert_true(i.kind == RP_INSN_ADDRESS && i.is_page && i.dst == 1 && i.target == 0x2000);
    i = a64(0x10ffffe0); /* adr x0, .-4 */
    assert_true(i.kind == RP_INSN_ADDRESS && !i.is_page && i.target == AT - 4);
    i = a64(0x91048000); /* add x0, x0, #0x120 */
    assert_true(i.kind == RP_INSN_ADD && i.imm == 0x120 && i.src == 1 && i.dst == 1);
    i = a64(0xd10083ff); /* sub sp, sp, #32 */
    assert_true(i.kind == RP_INSN_ADD && i.imm == -32 && i.dst == RP_REG_A64_SP);
    i = a64(0x910003fd); /* mov x29, sp */
    assert_true(i.kind == RP_INSN_MOVE && i.dst == RP_REG_A64_FP && i.src == RP_REG_A64_SP);
    i = a64(0xaa0103e0); /* mov x0, x1 */
    assert_true(i.kind == RP_INSN_MOVE && i.dst == 1 && i.src == 2 && i.width == 8);
    i = a64(0x2a0103e0); /* mov w0, w1 */
    assert_true(i.kind == RP_INSN_MOVE && i.width == 4);
    i = a64(0xd2824680); /* mov x0, #0x1234 */
    assert_true(i.kind == RP_INSN_ADDRESS && i.has_target && i.target == 0x1234);
    i = a64(0x12800000); /* mov w0, #-1 */
    assert_true(i.kind == RP_INSN_ADDRESS && i.target == 0xffffffffu);
    i = a64(0xf2a24680); /* movk x0, #0x1234, lsl #16: not a constant */
    assert_true(i.kind == RP_INSN_OTHER && i.writes == 2 && i.reads == 2);
    i = a64(0xf100a81f); /* cmp x0, #42 */
    assert_true(i.kind == RP_INSN_COMPARE && i.src == 1 && i.imm == 42 && i.writes == 0);
    i = a64(0xeb01001f); /* cmp x0, x1 */
    assert_true(i.kind == RP_INSN_COMPARE && i.src == 1 && i.base == 2);
    i = a64(0x8b010c00); /* add x0, x0, x1, lsl #3 */
    assert_true(i.kind == RP_INSN_ADDRESS && !i.has_target && i.base == 1 && i.index == 2 &&
                i.scale == 8);
    assert_int_equal(a64(0xfa400800).writes, 0);                           /* ccmp */
    assert_int_equal(a64(0x9e660000).writes, 1u << 1);                     /* fmov x0, d0 */
    assert_int_equal(a64(0x4e083c20).writes, 1u << 1);                     /* mov x0, v1.d[0] */
    assert_int_equal(a64(0x4ea11c20).writes, 0);                           /* mov v0.16b, v1.16b */
    assert_int_equal(a64(0xd53bd041).writes, 1u << 2);                     /* mrs x1, tpidr_el0 */
    assert_int_equal(a64(0xd51bd041).writes, 0);                           /* msr */
    assert_int_equal(a64(0xd503201f).writes, 0);                           /* nop */
    assert_int_equal(a64(0xd4000001).writes & 0x3ffff << 1, 0x3ffff << 1); /* svc */
}

static void other_machines_are_not_decoded(void **state)
{
    (void)state;
    struct rp_insn i;
    assert_true(rp_decode_has(EM_X86_64) && rp_decode_has(EM_AARCH64));
    assert_false(rp_decode_has(EM_386) || rp_decode_has(EM_ARM) || rp_decode_has(EM_RISCV));
    rp_decode(EM_386, (const uint8_t *)"\xe8\0\0\0\0", 5, AT, &i);
    assert_true(i.kind == RP_INSN_BAD && i.length == 1);
    assert_true(rp_decode_call_clobbers(EM_386) == ~UINT64_C(0));
}

/* The bytes end before the instruction does: exactly as many as there are, on the heap, for ASan.
 */
static void cut_instructions_are_bad(void **state)
{
    (void)state;
    static const char whole[] = "\x48\xb8\x88\x77\x66\x55\x44\x33\x22\x11";
    for (size_t n = 1; n < sizeof whole - 1; n++) {
        uint8_t *bytes = malloc(n);
        assert_non_null(bytes);
        memcpy(bytes, whole, n);
        struct rp_insn i;
        rp_decode(EM_X86_64, bytes, n, AT, &i);
        assert_true(i.kind == RP_INSN_BAD && i.length == 1 && i.writes == 0);
        if (n < 4) {
            rp_decode(EM_AARCH64, bytes, n, AT, &i);
            assert_true(i.kind == RP_INSN_BAD && i.length == n);
        }
        free(bytes);
    }
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 32);
}

static void check_any(uint16_t machine, const uint8_t *code, size_t n)
{
    struct rp_insn i, quick;
    rp_decode(machine, code, n, UINT64_MAX - 3, &i);
    rp_decode_flow(machine, code, n, UINT64_MAX - 3, &quick);
    assert_in_range(i.length, 1, n);
    assert_int_equal(i.length, quick.length);
    assert_true(i.kind <= RP_INSN_COMPARE);
    assert_int_equal((i.reads | i.writes) & 1, 0); /* bit 0: no register */
    assert_true((i.reads | i.writes) >> 33 == 0);
    assert_true(i.dst <= 32 && i.dst2 <= 32 && i.src <= 32 && i.src2 <= 32 && i.index <= 32);
    assert_true(i.base <= 32 || i.base == RP_REG_PC);
    assert_true(i.field_at[0] < i.length && i.field_at[1] < i.length);
    assert_true(!i.dst || i.writes >> i.dst & 1);
    assert_true(!i.dst2 || i.writes >> i.dst2 & 1);
    assert_true(i.kind == RP_INSN_BAD || !i.src || i.reads >> i.src & 1);
    if (i.kind >= RP_INSN_CALL && i.kind <= RP_INSN_BRANCH)
        assert_true(i.has_target);
}

static void any_bytes_decode_to_something(void **state)
{
    (void)state;
    uint64_t seed = 20;
    for (unsigned k = 0; k < 300000; k++) {
        size_t n = 1 + next_random(&seed) % 16;
        uint8_t *bytes = malloc(n);
        assert_non_null(bytes);
        for (size_t b = 0; b < n; b++)
            bytes[b] = (uint8_t)(next_random(&seed) >> 8);
        if (n > 2 && k % 4 == 0) /* prefixes and escapes lead to the rarer tables */
            bytes[0] = (uint8_t) "\x0f\xc4\xc5\x62\xf3\x66\x8f\xf2"[k / 4 % 8];
        check_any(EM_X86_64, bytes, n);
        check_any(EM_AARCH64, bytes, n);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x86_branches_have_targets),
        cmocka_unit_test(x86_other_control_flow),
        cmocka_unit_test(x86_loads_and_stores),
        cmocka_unit_test(x86_values),
        cmocka_unit_test(x86_hidden_writes),
        cmocka_unit_test(a64_branches_have_targets),
        cmocka_unit_test(a64_loads_and_stores),
        cmocka_unit_test(a64_values),
        cmocka_unit_test(other_machines_are_not_decoded),
        cmocka_unit_test(cut_instructions_are_bad),
        cmocka_unit_test(any_bytes_decode_to_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
