/* tripwire.c: traps name what they stand for, and nothing else looks like one. */
#include "pass/tripwire.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint16_t machines[] = {EM_X86_64, EM_386, EM_AARCH64};

static void every_cell_holds_the_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        uint8_t code[3 * RP_TRAP_BYTES + 5];
        rp_trap_fill(machines[i], 0x01020304, code, sizeof code);
        for (size_t at = 0; at + RP_TRAP_BYTES <= sizeof code; at += RP_TRAP_BYTES) {
            uint32_t id = 0;
            assert_true(rp_trap_id(machines[i], code + at, &id));
            assert_int_equal(id, 0x01020304);
        }
    }
}

static void other_bytes_are_no_trap(void **state)
{
    (void)state;
    static const uint8_t ud2[RP_TRAP_BYTES] = {0x0f, 0x0b, 1, 0, 0, 0, 0x90, 0x90};
    static const uint8_t zero[RP_TRAP_BYTES];
    uint32_t id = 7;
    assert_false(rp_trap_id(EM_X86_64, ud2, &id));
    assert_false(rp_trap_id(EM_AARCH64, zero, &id));
    assert_false(rp_trap_id(EM_MIPS, ud2, &id));
    assert_int_equal(id, 7);
    assert_false(rp_trap_has_machine(EM_MIPS));
}

static void small_code_has_room_for_a_trap(void **state)
{
    (void)state;
    assert_int_equal(rp_trap_size(1), RP_TRAP_BYTES);
    assert_int_equal(rp_trap_size(100), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_holds_the_number),
        cmocka_unit_test(other_bytes_are_no_trap),
        cmocka_unit_test(small_code_has_room_for_a_trap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
