/* test_elf_dynamic.c: shared libraries, by their sections and without them. */
#include "elf_support.h"

#include "util/checked.h"

static const char source[] = "extern int needed_one(void);\n"
                             "int exported_one(void) { return needed_one(); }\n"
                             "int exported_data = 3;\n"
                             "static int hidden_one(void) { return 2; }\n"
                             "int (*keeper(void))(void) { return hidden_one; }\n"
                             "__asm__(\".symver old_one,versioned@V1\\n\"\n"
                             "        \".symver new_one,versioned@@V2\");\n"
                             "int old_one(void) { return 1; }\nint new_one(void) { return 2; }\n";

static struct blob library(const char *flags)
{
    static const char script[] = "V1 { global: exported_one; exported_data; keeper; };\n"
                                 "V2 { global: versioned; } V1;\n";
    spit("lib.c", source, strlen(source));
    spit("lib.map", script, strlen(script));
    if (run(TEST_CC " %s -fPIC -shared -nostdlib lib.c -o lib.so -Wl,-soname,libthing.so.7 "
                    "-Wl,--version-script=lib.map -Wl,--allow-shlib-undefined 2>link.log",
            flags) != 0)
        return (struct blob){0};
    return slurp("lib.so");
}

static uint32_t find(const struct rp_elf *e, const char *name, unsigned from)
{
    for (uint32_t i = from; i < e->n_symbols; i++)
        if (strcmp(rp_elf_symname(e, i), name) == 0)
            return i;
    return 0;
}

static void check_library(const struct blob *b)
{
    struct rp_elf e;
    assert_int_equal(rp_elf_open(&ctx, &e, "lib.so", b->p, b->n), REAP_OK);
    assert_int_equal(e.type, ET_DYN);
    assert_string_equal(e.soname, "libthing.so.7");
    uint32_t y = find(&e, "exported_one", 1);
    assert_int_not_equal(y, 0);
    assert_int_not_equal(rp_sym_shndx(&e, y), RP_SHN_UNDEF);
    assert_int_equal(rp_sym_type(&e.syms[y]), STT_FUNC);
    assert_true(y >= e.first_global);
    y = find(&e, "needed_one", 1);
    assert_int_not_equal(y, 0);
    assert_int_equal(rp_sym_shndx(&e, y), RP_SHN_UNDEF);
    assert_int_equal(find(&e, "hidden_one", 1), 0);
    assert_non_null(e.versym);
    uint32_t v1 = find(&e, "versioned", 1), v2 = find(&e, "versioned", v1 + 1);
    assert_int_not_equal(v1, 0);
    assert_int_not_equal(v2, 0);
    const uint8_t *versions = (const uint8_t *)e.versym;
    /* One of the two is hidden (bit 15): the one that is not the default. */
    assert_int_equal((rp_load16(versions + 2 * v1) ^ rp_load16(versions + 2 * v2)) & 0x8000,
                     0x8000);
    touch_all(&e);
    rp_elf_close(&e);
}

/* As sstrip does: no section table at all. */
static void drop_sections(struct blob *b)
{
    bool is64 = b->p[EI_CLASS] == ELFCLASS64;
    memset(b->p + (is64 ? 40 : 32), 0, is64 ? 8 : 4);
    memset(b->p + (is64 ? 60 : 48), 0, 4);
}

static void library_reads_the_same_with_and_without_sections(void **state)
{
    (void)state;
    static const char *const flags[] = {
        "",     "-Wl,--hash-style=sysv",      "-Wl,--hash-style=gnu",
        "-m32", "-m32 -Wl,--hash-style=sysv", "-m32 -Wl,--hash-style=gnu",
    };
    int n = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        struct blob b = library(flags[i]);
        if (!b.p)
            continue;
        check_library(&b);
        drop_sections(&b);
        check_library(&b);
        free(b.p);
        n++;
    }
    assert_true(n >= 3);
}

static void needed_libraries_are_listed_in_order(void **state)
{
    (void)state;
    spit("e.c", "int x;", 6);
    assert_int_equal(run(TEST_CC " -fPIC -shared -nostdlib e.c -o a.so -Wl,-soname,first.so"), 0);
    assert_int_equal(run(TEST_CC " -fPIC -shared -nostdlib e.c -o b.so -Wl,-soname,second.so"), 0);
    assert_int_equal(
        run(TEST_CC " -fPIC -shared -nostdlib e.c -Wl,--no-as-needed a.so b.so -o c.so"), 0);
    struct blob b = slurp("c.so");
    for (int pass = 0; pass < 2; pass++) {
        struct rp_elf e;
        assert_int_equal(rp_elf_open(&ctx, &e, "c.so", b.p, b.n), REAP_OK);
        assert_null(e.soname);
        assert_int_equal(e.n_needed, 2);
        assert_string_equal(e.needed[0], "first.so");
        assert_string_equal(e.needed[1], "second.so");
        rp_elf_close(&e);
        drop_sections(&b);
    }
    free(b.p);
}

static void static_executable_has_no_dynamic_symbols(void **state)
{
    (void)state;
    static const char start[] = "void _start(void) { for (;;); }";
    spit("s.c", start, strlen(start));
    assert_int_equal(run(TEST_CC " -static -no-pie -nostdlib s.c -o s 2>link.log"), 0);
    struct blob b = slurp("s");
    struct rp_elf e;
    assert_int_equal(rp_elf_open(&ctx, &e, "s", b.p, b.n), REAP_OK);
    assert_int_equal(e.type, ET_EXEC);
    assert_int_equal(e.n_symbols, 0);
    rp_elf_close(&e);
    free(b.p);
}

static void damaged_libraries_never_lead_out_of_bounds(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    unsigned opened = 0, refused = 0;
    static const char *const flags[] = {"-Wl,--hash-style=gnu", "-m32 -Wl,--hash-style=gnu"};
    for (int k = 0; k < 4; k++) {
        struct blob b = library(flags[k / 2]);
        if (!b.p)
            continue;
        if (k & 1)
            drop_sections(&b);
        uint8_t *copy = malloc(b.n);
        for (int round = 0; round < 2000; round++) {
            memcpy(copy, b.p, b.n);
            for (unsigned n = 1 + (unsigned)(next_random(&seed) % 4); n; n--) {
                uint64_t r = next_random(&seed);
                /* the headers and dynamic tables are in the first KiB; .dynamic at 0x2e00 or so */
                size_t at = round & 1 ? r % (b.n < 2048 ? b.n : 2048) : r % b.n;
                copy[at] = (uint8_t)(r >> 40);
            }
            if (try_open(copy, b.n) == REAP_OK)
                opened++;
            else
                refused++;
        }
        for (size_t n = 0; n < b.n; n += n < 4096 ? 1 : 97)
            try_open(b.p, n);
        free(copy);
        free(b.p);
    }
    assert_true(opened > 100);
    assert_true(refused > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library_reads_the_same_with_and_without_sections),
        cmocka_unit_test(needed_libraries_are_listed_in_order),
        cmocka_unit_test(static_executable_has_no_dynamic_symbols),
        cmocka_unit_test(damaged_libraries_never_lead_out_of_bounds),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
