/* What instructions do with the places that relocations in them name (arch/access.h). */
#include "arch/access.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct use {
    const char *name;
    uint8_t code[12];
    uint64_t size, offset;
    uint32_t type;
    enum rp_access want;
};

static const struct use uses[] = {
    {"call f", {0xe8, 0, 0, 0, 0}, 5, 1, R_X86_64_PLT32, RP_ACCESS_CALL},
    {"jmp f", {0xe9, 0, 0, 0, 0}, 5, 1, R_X86_64_PLT32, RP_ACCESS_JUMP},
    {"jne f", {0x0f, 0x85, 0, 0, 0, 0}, 6, 2, R_X86_64_PC32, RP_ACCESS_JUMP},
    {"mov x(%rip),%eax", {0x8b, 0x05, 0, 0, 0, 0}, 6, 2, R_X86_64_PC32, RP_ACCESS_READ},
    {"mov %rax,x(%rip)", {0x48, 0x89, 0x05, 0, 0, 0, 0}, 7, 3, R_X86_64_PC32, RP_ACCESS_WRITE},
    {"movl $1,x(%rip)",
     {0xc7, 0x05, 0, 0, 0, 0, 1, 0, 0, 0},
     10,
     2,
     R_X86_64_PC32,
     RP_ACCESS_WRITE},
    {"addl $1,x(%rip)", {0x83, 0x05, 0, 0, 0, 0, 1}, 7, 2, R_X86_64_PC32, RP_ACCESS_WRITE},
    {"cmpl $1,x(%rip)", {0x83, 0x3d, 0, 0, 0, 0, 1}, 7, 2, R_X86_64_PC32, RP_ACCESS_READ},
    {"movups %xmm0,x(%rip)", {0x0f, 0x11, 0x05, 0, 0, 0, 0}, 7, 3, R_X86_64_PC32, RP_ACCESS_WRITE},
    {"lea x(%rip),%rdi", {0x48, 0x8d, 0x3d, 0, 0, 0, 0}, 7, 3, R_X86_64_PC32, RP_ACCESS_ADDRESS},
    {"mov $x,%edi", {0xbf, 0, 0, 0, 0}, 5, 1, R_X86_64_32, RP_ACCESS_ADDRESS},
    {"mov x(,%rax,8),%rdx",
     {0x48, 0x8b, 0x14, 0xc5, 0, 0, 0, 0},
     8,
     4,
     R_X86_64_32S,
     RP_ACCESS_READ},
    {"mov x@GOT,%rax",
     {0x48, 0x8b, 0x05, 0, 0, 0, 0},
     7,
     3,
     R_X86_64_REX_GOTPCRELX,
     RP_ACCESS_ADDRESS},
    {"cmpq $0,x@GOT", {0x48, 0x83, 0x3d, 0, 0, 0, 0, 0}, 8, 3, R_X86_64_GOTPCREL, RP_ACCESS_TEST},
    {"call *f@GOT", {0xff, 0x15, 0, 0, 0, 0}, 6, 2, R_X86_64_GOTPCRELX, RP_ACCESS_CALL},
};

static void instructions_say_what_they_do(void **state)
{
    (void)state;
    const struct rp_arch *a = rp_arch_of(EM_X86_64, ELFCLASS64);
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        struct rp_rela r = {.offset = uses[i].offset, .type = uses[i].type};
        enum rp_access got = rp_arch_access(a, uses[i].code, uses[i].size, &r);
        if (got != uses[i].want)
            fail_msg("%s: %d, expected %d", uses[i].name, got, uses[i].want);
    }
}

/* movl $1,x(%rip): the addend counts from behind the immediate. */
static void immediates_stand_behind_the_field(void **state)
{
    (void)state;
    const struct rp_arch *a = rp_arch_of(EM_X86_64, ELFCLASS64);
    struct rp_rela r = {.offset = 2, .type = R_X86_64_PC32};
    assert_int_equal(rp_arch_pc_tail(a, uses[5].code, uses[5].size, &r), 4);
    assert_int_equal(rp_arch_pc_tail(a, uses[6].code, uses[6].size, &r), 1);
    assert_int_equal(rp_arch_pc_tail(a, uses[3].code, uses[3].size, &r), 0);
}

static void a64_loads_and_stores(void **state)
{
    (void)state;
    const struct rp_arch *a = rp_arch_of(EM_AARCH64, ELFCLASS64);
    const uint8_t ldr[] = {0x00, 0x00, 0x40, 0xf9}, str[] = {0x00, 0x00, 0x00, 0xf9};
    struct rp_rela r = {.type = R_AARCH64_LDST64_ABS_LO12_NC};
    assert_int_equal(rp_arch_access(a, ldr, 4, &r), RP_ACCESS_READ);
    assert_int_equal(rp_arch_access(a, str, 4, &r), RP_ACCESS_WRITE);
    r.offset = 4; /* outside */
    assert_int_equal(rp_arch_access(a, str, 4, &r), RP_ACCESS_UNKNOWN);
}

static void weak_addresses_are_tested(void **state)
{
    (void)state;
    const struct rp_arch *a = rp_arch_of(EM_X86_64, ELFCLASS64);
    const uint8_t tested[] = {0xb8, 0, 0, 0, 0, 0x48, 0x85, 0xc0, 0x74, 0x05, 0xe8};
    const uint8_t called[] = {0xb8, 0, 0, 0, 0, 0xff, 0xd0, 0x48, 0x85, 0xc0, 0xc3};
    struct rp_rela r = {.offset = 1, .type = R_X86_64_32};
    assert_true(rp_arch_is_tested(a, tested, sizeof tested, &r));
    assert_false(rp_arch_is_tested(a, called, sizeof called, &r));
}

static void code_ends_or_runs_on(void **state)
{
    (void)state;
    static const struct {
        uint8_t code[8];
        uint64_t size;
        bool ends;
    } codes[] = {
        {{0xc3}, 1, true},                                /* ret */
        {{0xc3, 0x90, 0x90}, 3, true},                    /* ret, padding */
        {{0xeb, 0x90}, 2, true},                          /* jmp: the 90 is no padding */
        {{0xe9, 0, 0, 0, 0}, 5, true},                    /* jmp */
        {{0xe8, 0, 0, 0, 0}, 5, true},                    /* a call that does not return */
        {{0xff, 0x60, 0x28}, 3, true},                    /* jmp *0x28(%rax) */
        {{0xff, 0x64, 0x24, 0x08}, 4, true},              /* jmp *8(%rsp) */
        {{0x0f, 0x0b}, 2, true},                          /* ud2 */
        {{0x53, 0x48, 0x89, 0xfb}, 4, false},             /* push, mov */
        {{0x53, 0x48, 0x89, 0xfb, 0x90}, 5, false},       /* … and padding */
        {{0x48, 0x83, 0xc3, 0x01, 0xff, 0xc0}, 6, false}, /* add, inc */
    };
    const struct rp_arch *a = rp_arch_of(EM_X86_64, ELFCLASS64);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (rp_arch_ends(a, codes[i].code, codes[i].size, UINT64_MAX) != codes[i].ends)
            fail_msg("code %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_say_what_they_do),
        cmocka_unit_test(immediates_stand_behind_the_field),
        cmocka_unit_test(a64_loads_and_stores),
        cmocka_unit_test(weak_addresses_are_tested),
        cmocka_unit_test(code_ends_or_runs_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
