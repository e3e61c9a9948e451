/* test_script_match.c: which statement of a linker script takes a section.
 *
 * The expected file matches were measured with ld.bfd and gold 2.40 and lld 14 and 19.
 */
#include "script_help.h"

#include "util/glob.h"

#include <elf.h>

/* Views give the answers of the plain functions. */
static void check_views(const struct rp_script *s)
{
    static const char *const files[][2] = {{"main.o", NULL}, {"libx.a", "a.o"}, {"libx.a", "b.o"}};
    static const char *const sections[] = {".q", ".zz", ".text"};
    uint8_t view[64];
    assert_true(rp_script_view_size(s) <= sizeof view);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            uint32_t p1 = 77, p2 = 77;
            rp_script_view(s, files[i][0], files[i][1], view);
            assert_int_equal(rp_script_match_view(s, view, sections[k], 0, &p1),
                             rp_script_match(s, files[i][0], files[i][1], sections[k], 0, &p2));
            assert_int_equal(p1, p2);
            assert_int_equal(rp_script_keep_view(s, view, sections[k], 0),
                             rp_script_keep(s, files[i][0], files[i][1], sections[k], 0));
        }
}

/* Which of main.o, libx.a(a.o), libx.a(b.o) a statement takes: "m", "a", "b". */
static void check_files(const char *stmt, const char *bfd, const char *lld, const char *gold)
{
    static const enum rp_linker_flavor flavors[] = {RP_LINKER_BFD, RP_LINKER_LLD, RP_LINKER_GOLD};
    const char *want[] = {bfd, lld, gold};
    for (int i = 0; i < 3; i++) {
        struct bench b;
        char text[500], got[4] = "";
        if (!want[i])
            continue;
        snprintf(text, sizeof text, "SECTIONS { .hit : { %s } .miss : { *(.q) } }", stmt);
        bench_script(&b, flavors[i], text);
        if (rp_script_match(b.s, "main.o", NULL, ".q", 0, NULL) == 0)
            append(got, sizeof got, "m");
        if (rp_script_match(b.s, "libx.a", "a.o", ".q", 0, NULL) == 0)
            append(got, sizeof got, "a");
        if (rp_script_match(b.s, "libx.a", "b.o", ".q", 0, NULL) == 0)
            append(got, sizeof got, "b");
        check_views(b.s);
        if (strcmp(got, want[i]) != 0)
            fail_msg("%s: linker %d takes '%s', not '%s'", stmt, i, want[i], got);
        bench_close(&b);
    }
}

static void files_match_as_in_each_linker(void **state)
{
    (void)state;
    check_files("*(.q)", "mab", "mab", "mab");
    check_files("*main.o(.q)", "m", "m", "m");
    check_files("main.o(.q)", "m", "m", "m");
    check_files("*a.o(.q)", "a", "a", "");
    check_files("a.o(.q)", "", "", "");
    check_files("*a.o?(.q)", "", "", "a");
    check_files("\"libx.a(a.o)\"(.q)", "", "", "a");
    check_files("*libx.a(.q)", "", "", "");
    check_files("*libx.a*(.q)", "", "ab", "ab");
    check_files("*libx.a:a.o(.q)", "a", "a", "");
    check_files("libx.a:a.o(.q)", "a", "a", "");
    check_files("libx.a:(.q)", "ab", "", "");
    check_files("*libx.a:*(.q)", "ab", "ab", "");
    check_files("*x.a:b*(.q)", "b", "b", "");
    check_files(":main.o(.q)", "m", "", NULL);
    check_files(":*(.q)", "m", "", NULL);
    check_files(":a.o(.q)", "", "", NULL);
    check_files("\"*a.o\"(.q)", "a", "", "");
    check_files("main.o", "m", "m", "m");
}

static void excluded_files_match_as_in_each_linker(void **state)
{
    (void)state;
    check_files("*(EXCLUDE_FILE(*a.o) .q)", "mb", "mb", "mab");
    check_files("*(EXCLUDE_FILE(a.o) .q)", "mb", "mab", "mab");
    check_files("*(EXCLUDE_FILE(libx.a) .q)", "m", "mab", "mab");
    check_files("*(EXCLUDE_FILE(*libx.a) .q)", "m", "mab", "mab");
    check_files("*(EXCLUDE_FILE(*libx.a*) .q)", "m", "m", "m");
    check_files("*(EXCLUDE_FILE(*libx.a:a.o) .q)", "mb", "mb", "mab");
    check_files("*(EXCLUDE_FILE(*libx.a:) .q)", "m", "mab", "mab");
    check_files("*(EXCLUDE_FILE(main.o) .q)", "ab", "ab", "ab");
    check_files("EXCLUDE_FILE(*a.o) *(.q)", "mb", "mab", NULL);
    check_files("*(EXCLUDE_FILE(*a.o) .zz .q)", "mab", "mb", "mab");
    check_files("*(EXCLUDE_FILE(*main.o) .q EXCLUDE_FILE(*b.o) .q)", "mab", "mab", "mab");
}

static void the_first_matching_statement_takes_a_section(void **state)
{
    (void)state;
    struct bench b;
    uint32_t pattern = 77;
    bench_script(&b, RP_LINKER_BFD,
                 "SECTIONS { .o : {\n"
                 " *(.text.hot .text.h*)\n"                         /* 0 */
                 " *(.text .text.*)\n"                              /* 1 */
                 " KEEP(*(.text.kept))\n"                           /* 2 */
                 " INPUT_SECTION_FLAGS(SHF_WRITE & !SHF_TLS) *(.f)" /* 3 */
                 " *([.]f)\n"                                       /* 4 */
                 " *(.d?ta*)\n"                                     /* 5 */
                 " *(*.end) } }");                                  /* 6 */
    static const struct {
        const char *section;
        uint64_t flags;
        uint32_t stmt, pattern;
    } cases[] = {
        {".text", 0, 1, 0},
        {".text.", 0, 1, 1},
        {".text.hot", 0, 0, 0},
        {".text.hotter", 0, 0, 1},
        {".text.kept", 0, 1, 1},
        {".textual", 0, UINT32_MAX, 77},
        {"", 0, UINT32_MAX, 77},
        {".f", SHF_WRITE, 3, 0},
        {".f", SHF_WRITE | SHF_TLS, 4, 0},
        {".f", 0, 4, 0},
        {".data", 0, 5, 0},
        {".deta.x", 0, 5, 0},
        {".dta", 0, UINT32_MAX, 77},
        {".text.x.end", 0, 1, 1},
        {"x.end", 0, 6, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pattern = 77;
        assert_int_equal(
            rp_script_match(b.s, "a.o", NULL, cases[i].section, cases[i].flags, &pattern),
            cases[i].stmt);
        assert_int_equal(pattern, cases[i].pattern);
    }
    bench_close(&b);
}

static void keep_holds_though_another_statement_takes_the_section(void **state)
{
    (void)state;
    static const char text[] = "SECTIONS { .a : { *(.k1) } .b : { KEEP(*(.k1)) KEEP(*(.k2)) } }";
    struct bench b;
    bench_script(&b, RP_LINKER_LLD, text);
    assert_int_equal(rp_script_match(b.s, "a.o", NULL, ".k1", 0, NULL), 0);
    uint8_t view[8];
    rp_script_view(b.s, "a.o", NULL, view);
    assert_int_equal(rp_script_keep_view(b.s, view, ".k1", 0), 1);
    assert_int_equal(rp_script_match_view(b.s, view, ".k1", 0, NULL), 0);
    assert_int_equal(rp_script_keep(b.s, "a.o", NULL, ".k1", 0), 1);
    assert_int_equal(rp_script_keep(b.s, "a.o", NULL, ".k3", 0), UINT32_MAX);
    bench_close(&b);
    bench_script(&b, RP_LINKER_BFD, text);
    assert_int_equal(rp_script_keep(b.s, "a.o", NULL, ".k1", 0), 1);
    bench_close(&b);
    bench_script(&b, RP_LINKER_GOLD, text);
    assert_int_equal(rp_script_keep(b.s, "a.o", NULL, ".k1", 0), UINT32_MAX);
    assert_int_equal(rp_script_keep(b.s, "a.o", NULL, ".k2", 0), 2);
    bench_close(&b);
}

/* The trie against trying every pattern in turn. */
static void matching_agrees_with_trying_all_patterns(void **state)
{
    (void)state;
    struct bench b;
    char text[8000] = "SECTIONS { .o : {\n", line[100], name[40];
    unsigned seed = 12345;
    for (int i = 0; i < 80; i++) {
        static const char *const forms[] = {"*(.%c%c)\n", "*(.%c*%c)\n", "*(.%c%c*)\n",
                                            "*(?%c[%c-z])\n", "*(.%c.%c*)\n"};
        seed = seed * 1103515245 + 12345;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(line, sizeof line, forms[(seed >> 16) % 5], 'a' + (char)((seed >> 20) % 3),
                 'a' + (char)((seed >> 24) % 3));
#pragma GCC diagnostic pop
        append(text, sizeof text, line);
    }
    append(text, sizeof text, "} }");
    bench_script(&b, RP_LINKER_BFD, text);
    unsigned n_hits = 0;
    for (int i = 0; i < 27 * 4; i++) {
        int k = i / 4;
        snprintf(name, sizeof name, ".%c%s%c%s", 'a' + k % 3, i % 2 ? "." : "", 'a' + k / 3 % 3,
                 i % 4 < 2 ? "" : (k / 9 ? "x" : "."));
        uint32_t want = UINT32_MAX;
        for (uint32_t j = 0; j < b.s->stmts.n && want == UINT32_MAX; j++)
            if (rp_glob_match(b.s->stmts.v[j].sections[0].glob, name))
                want = j;
        n_hits += want != UINT32_MAX;
        assert_int_equal(rp_script_match(b.s, "a.o", NULL, name, 0, NULL), want);
    }
    assert_true(n_hits > 20 && n_hits < 27 * 4);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_match_as_in_each_linker),
        cmocka_unit_test(excluded_files_match_as_in_each_linker),
        cmocka_unit_test(the_first_matching_statement_takes_a_section),
        cmocka_unit_test(keep_holds_though_another_statement_takes_the_section),
        cmocka_unit_test(matching_agrees_with_trying_all_patterns),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
