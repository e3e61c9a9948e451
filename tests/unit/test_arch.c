/* test_arch.c: the relocation tables and addends in contents. */
#include "arch/arch.h"

#include "util/checked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    uint16_t machine;
    uint8_t elf_class;
} machines[] = {
    {EM_X86_64, ELFCLASS64}, {EM_AARCH64, ELFCLASS64}, {EM_386, ELFCLASS32}, {EM_ARM, ELFCLASS32}};

static void unsupported_machines_have_no_arch(void **state)
{
    (void)state;
    assert_null(rp_arch_of(EM_RISCV, ELFCLASS64));
    assert_null(rp_arch_of(EM_X86_64, ELFCLASS32)); /* x32 */
    assert_null(rp_arch_of(EM_386, ELFCLASS64));
}

static void every_named_relocation_is_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        const struct rp_arch *a = rp_arch_of(machines[i].machine, machines[i].elf_class);
        assert_non_null(a);
        unsigned n = 0;
        for (uint32_t t = 0; t < a->n_relocs; t++) {
            const struct rp_reloc_info *r = &a->relocs[t];
            if (!r->name)
                continue;
            n++;
            assert_int_equal(strncmp(r->name, "R_", 2), 0);
            assert_true(r->cls != RP_REL_UNKNOWN);
            assert_true(r->width == 0 || r->width == 1 || r->width == 2 || r->width == 4 ||
                        r->width == 8);
            if (r->cls == RP_REL_NONE || r->cls == RP_REL_HINT)
                assert_int_equal(r->width, 0);
            if (r->cls == RP_REL_PC)
                assert_true(r->pcrel);
        }
        assert_true(n > 30);
        assert_int_equal(rp_reloc_info(a, a->abs_word)->cls, RP_REL_ABS);
        assert_int_equal(rp_reloc_info(a, a->abs_word)->width, a->elf_class == ELFCLASS64 ? 8 : 4);
        assert_int_equal(rp_reloc_info(a, 0)->cls, RP_REL_NONE);
        assert_int_equal(rp_reloc_info(a, a->n_relocs)->cls, RP_REL_UNKNOWN);
        assert_int_equal(rp_reloc_info(a, UINT32_MAX)->cls, RP_REL_UNKNOWN);
    }
}

static void names_match_their_numbers(void **state)
{
    (void)state;
    static const struct {
        unsigned machine;
        uint32_t type;
        const char *name;
        bool pcrel;
    } cases[] = {
        {0, 9, "R_X86_64_GOTPCREL", true},
        {0, 42, "R_X86_64_REX_GOTPCRELX", true},
        {0, 33, "R_X86_64_SIZE64", false},
        {0, 14, "R_X86_64_8", false},
        {1, 275, "R_AARCH64_ADR_PREL_PG_HI21", true},
        {1, 283, "R_AARCH64_CALL26", true},
        {1, 299, "R_AARCH64_LDST128_ABS_LO12_NC", false},
        {1, 280, "R_AARCH64_CONDBR19", true},
        {1, 562, "R_AARCH64_TLSDESC_ADR_PAGE21", true},
        {1, 549, "R_AARCH64_TLSLE_ADD_TPREL_HI12", false},
        {2, 43, "R_386_GOT32X", false},
        {2, 23, "R_386_PC8", true},
        {2, 38, "R_386_SIZE32", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct rp_arch *a =
            rp_arch_of(machines[cases[i].machine].machine, machines[cases[i].machine].elf_class);
        const struct rp_reloc_info *r = rp_reloc_info(a, cases[i].type);
        assert_string_equal(r->name, cases[i].name);
        assert_int_equal(r->pcrel, cases[i].pcrel);
    }
}

static void addends_in_contents_go_both_ways(void **state)
{
    (void)state;
    const struct rp_arch *a = rp_arch_of(EM_386, ELFCLASS32);
    static const struct {
        uint32_t type;
        int64_t addend;
        bool fits;
    } cases[] = {
        {R_386_32, -4, true},
        {R_386_32, 0x7fffffff, true},
        {R_386_32, INT64_C(1) << 32, false},
        {R_386_PC32, -0x80000000ll, true},
        {R_386_16, -1, true},
        {R_386_16, 0x10000, false},
        {R_386_PC8, -128, true},
        {R_386_PC8, -129, false},
        {R_386_8, 256, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct rp_reloc_info *r = rp_reloc_info(a, cases[i].type);
        uint8_t field[8];
        memset(field, 0xa5, sizeof field);
        assert_int_equal(a->store_addend(r, field, cases[i].addend), cases[i].fits);
        if (cases[i].fits)
            assert_true(a->load_addend(r, field) == cases[i].addend);
        for (size_t k = r->width; k < sizeof field; k++) /* nothing beyond the field changes */
            assert_int_equal(field[k], 0xa5);
    }
}

static void a_field_beyond_the_section_has_no_addend(void **state)
{
    (void)state;
    uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct rp_shdr sh[2] = {{0}, {.type = SHT_PROGBITS, .size = sizeof bytes}};
    struct rp_elf e = {.data = bytes, .size = sizeof bytes, .shdrs = sh, .n_sections = 2};
    const struct rp_arch *a = rp_arch_of(EM_386, ELFCLASS32);
    struct rp_rela r = {.offset = 4, .type = R_386_32, .addend = 99};
    assert_int_equal(rp_reloc_addend(a, &e, 1, SHT_REL, &r), 0x08070605);
    assert_int_equal(rp_reloc_addend(a, &e, 1, SHT_RELA, &r), 99);
    r.offset = 5;
    assert_int_equal(rp_reloc_addend(a, &e, 1, SHT_REL, &r), 0);
    r.offset = UINT64_MAX;
    assert_int_equal(rp_reloc_addend(a, &e, 1, SHT_REL, &r), 0);
}

/* Instructions as gas 2.40 encodes them with these addends (`bl .text+0x1234` and the like in a
 * section without a symbol there), little-endian. */
static void arm_instructions_hold_addends(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        uint8_t bytes[4];
        int64_t addend;
    } cases[] = {
        {R_ARM_THM_PC22, {0xff, 0xf7, 0xfe, 0xff}, -4},     /* bl f */
        {R_ARM_THM_PC22, {0x01, 0xf0, 0x18, 0xf9}, 0x1230}, /* bl f+0x1234 */
        {R_ARM_THM_PC22, {0xfe, 0xf7, 0xe6, 0xfe}, -0x1234},
        {R_ARM_THM_PC22, {0x00, 0xf4, 0x00, 0xd0}, -0x1000000},
        {R_ARM_THM_JUMP24, {0xff, 0xf7, 0xfe, 0xbf}, -4}, /* b.w f */
        {R_ARM_THM_JUMP19, {0x3f, 0xf4, 0xfe, 0xaf}, -4}, /* beq.w f */
        {R_ARM_THM_PC11, {0xfe, 0xe7}, -4},               /* b.n f */
        {R_ARM_THM_PC9, {0xfe, 0xd0}, -4},                /* beq.n f */
        {R_ARM_CALL, {0xfe, 0xff, 0xff, 0xeb}, -8},       /* bl f */
        {R_ARM_JUMP24, {0x8b, 0x04, 0x00, 0xea}, 0x122c}, /* b f+0x1234 */
        {R_ARM_PREL31, {0xfc, 0xff, 0xff, 0x7f}, -4},
        {R_ARM_MOVW_ABS_NC, {0x34, 0x02, 0x01, 0xe3}, 0x1234}, /* movw r0, #:lower16:s+0x1234 */
        {R_ARM_THM_MOVW_ABS_NC, {0x41, 0xf2, 0x34, 0x20}, 0x1234},
        {R_ARM_THM_MOVT_ABS, {0xcf, 0xf6, 0xff, 0x70}, -1},
        {R_ARM_ABS32, {0x78, 0x56, 0x34, 0x12}, 0x12345678},
    };
    const struct rp_arch *a = rp_arch_of(EM_ARM, ELFCLASS32);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rp_reloc_info *info = rp_reloc_info(a, cases[i].type);
        uint8_t field[4];
        memcpy(field, cases[i].bytes, 4);
        assert_int_equal(a->load_addend(info, field), cases[i].addend);
        /* Another addend and back leaves the instruction as it was. */
        assert_true(a->store_addend(info, field, 4));
        assert_int_equal(a->load_addend(info, field), 4);
        assert_true(a->store_addend(info, field, cases[i].addend));
        assert_memory_equal(field, cases[i].bytes, 4);
    }
    uint8_t call[4] = {0xff, 0xf7, 0xfe, 0xff};
    assert_false(a->store_addend(rp_reloc_info(a, R_ARM_THM_PC22), call, 0x1000000));
    assert_false(a->store_addend(rp_reloc_info(a, R_ARM_THM_PC22), call, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsupported_machines_have_no_arch),
        cmocka_unit_test(every_named_relocation_is_well_formed),
        cmocka_unit_test(arm_instructions_hold_addends),
        cmocka_unit_test(names_match_their_numbers),
        cmocka_unit_test(addends_in_contents_go_both_ways),
        cmocka_unit_test(a_field_beyond_the_section_has_no_addend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
