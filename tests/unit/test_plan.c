/* test_plan.c: which files stay as they are, which are rewritten, and which are left out. */
#include "pass_help.h"

#define TEXT(name) ".section .text." name ",\"ax\"\n.globl " name "\n" name ":\n"
#define GROUP(name)                                                                                \
    ".section .text." name ",\"axG\",@progbits," name ",comdat\n.weak " name "\n" name ":\n"
#define STACK_NOTE ".section .note.GNU-stack,\"\",@progbits\n"

/* Assemble a.s and b.s, collect from `_start`, and hold b.o's fate against what is wanted. */
static void check_fate(const char *a, const char *b, enum rp_file_fate want)
{
    write_text("a.s", a);
    write_text("b.s", b);
    must("as a.s -o a.o && as b.s -o b.o");
    static const char *const words[] = {"-e", "_start", "a.o", "b.o", NULL};
    struct line l;
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    assert_int_equal(l.plan.fate[line_file(&l, "b.o") - 1], want);
    line_free(&l);
}

static const char start_calls_b[] = TEXT("_start") "call b\nret\n";

static void file_that_is_all_live_is_unchanged(void **state)
{
    (void)state;
    /* the empty .text, .data and .bss of every assembler are no reason to rewrite */
    check_fate(start_calls_b, TEXT("b") "ret\n" STACK_NOTE, RP_FATE_UNCHANGED);
}

static void file_with_a_dead_section_is_rewritten(void **state)
{
    (void)state;
    check_fate(start_calls_b, TEXT("b") "ret\n" TEXT("dead") "ret\n", RP_FATE_REWRITE);
}

static void file_of_which_nothing_is_live_is_dropped(void **state)
{
    (void)state;
    check_fate(TEXT("_start") "ret\n",
               TEXT("b") "ret\n.section .debug_info,\"\"\n.quad b\n" STACK_NOTE, RP_FATE_DROP);
}

static void file_without_allocated_sections_stays(void **state)
{
    (void)state;
    check_fate(TEXT("_start") "ret\n", ".section .mine,\"\"\n.quad 1\n" STACK_NOTE,
               RP_FATE_UNCHANGED);
}

static void duplicates_alone_leave_a_file_unchanged(void **state)
{
    (void)state;
    check_fate(TEXT("_start") "call b\ncall g\nret\n" GROUP("g") "ret\n",
               TEXT("b") "call g\nret\n" GROUP("g") "ret\n", RP_FATE_UNCHANGED);
}

static void duplicate_whose_prevailing_copy_is_dead_is_taken_out(void **state)
{
    (void)state;
    /* else the copy in b.o would come into the link, and with it a reference to `dead` */
    check_fate(TEXT("_start") "call b\nret\n" GROUP("g") "call dead\nret\n" TEXT("dead") "ret\n",
               TEXT("b") "ret\n" GROUP("g") "call dead\nret\n", RP_FATE_REWRITE);
    must("ld.bfd a.o b.o -o out"); /* the originals do link */
    static const char *const words[] = {"-e", "_start", "a.o", "b.o", NULL};
    struct line l;
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    line_rewrite(&l, "a.o", "a2.o");
    line_rewrite(&l, "b.o", "b2.o");
    line_free(&l);
    must("ld.bfd a2.o b2.o -o out && ! nm out | grep -q ' g$'");
}

static void common_symbols_stay_where_they_are_mentioned(void **state)
{
    (void)state;
    /* b.o has the larger size, a.o the definition that prevails */
    check_fate(TEXT("_start") "movl $1, c(%rip)\nret\n.comm c,4,4\n", ".comm c,64,16\n",
               RP_FATE_UNCHANGED);
    check_fate(TEXT("_start") "ret\n.comm dead,4,4\n", ".comm dead,64,16\n", RP_FATE_DROP);
    check_fate(start_calls_b, TEXT("b") "ret\n.comm dead,64,16\n", RP_FATE_REWRITE);
}

static void absolute_symbols_stay(void **state)
{
    (void)state;
    check_fate(TEXT("_start") "mov $abs, %eax\nret\n",
               ".globl abs\nabs = 0x1234\n" TEXT("dead") "ret\n", RP_FATE_REWRITE);
    static const char *const words[] = {"-e", "_start", "a.o", "b.o", NULL};
    struct line l;
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    line_rewrite(&l, "b.o", "b2.o");
    line_free(&l);
    must("ld.lld a.o b2.o -o out && nm out | grep -q '1234 A abs'");
}

static void notes_keep_a_file_small_but_there(void **state)
{
    (void)state;
    check_fate(
        TEXT("_start") "ret\n",
        TEXT("dead") "ret\n.section .note.tag,\"a\",@note\n.long 4, 4, 1\n.ascii \"abc\\0\"\n"
                     ".long 7\n.section .debug_info,\"\"\n.quad dead\n",
        RP_FATE_REWRITE);
    static const char *const words[] = {"-e", "_start", "a.o", "b.o", NULL};
    struct line l;
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    line_rewrite(&l, "b.o", "b2.o");
    line_free(&l);
    must("readelf -SW b2.o > sections && grep -q note.tag sections && "
         "! grep -q 'debug_info\\|text.dead' sections");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_that_is_all_live_is_unchanged),
        cmocka_unit_test(file_with_a_dead_section_is_rewritten),
        cmocka_unit_test(file_of_which_nothing_is_live_is_dropped),
        cmocka_unit_test(file_without_allocated_sections_stays),
        cmocka_unit_test(duplicates_alone_leave_a_file_unchanged),
        cmocka_unit_test(duplicate_whose_prevailing_copy_is_dead_is_taken_out),
        cmocka_unit_test(common_symbols_stay_where_they_are_mentioned),
        cmocka_unit_test(absolute_symbols_stay),
        cmocka_unit_test(notes_keep_a_file_small_but_there),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
