/* test_archive.c: archives of every dialect read, written ones are what `ar` would write, damaged
 * ones are refused. */
#include "elf_support.h"

#include "elf/archive.h"
#include "util/checked.h"

static enum reap_status open_bytes(struct rp_archive *a, struct rp_map *m, const char *path,
                                   const void *p, size_t n)
{
    *m = (struct rp_map){.path = (char *)(uintptr_t)path, .data = p, .size = n};
    return rp_archive_open(&ctx, a, m);
}

/* An archive put together by hand: header fields as given. */
struct builder {
    char p[4096];
    size_t n;
};

static void put(struct builder *b, const void *p, size_t n)
{
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void member(struct builder *b, const char *name, const char *size, const void *contents,
                   size_t n)
{
    char header[80];
    snprintf(header, sizeof header, "%-16s%-12s%-6s%-6s%-8s%-10s`\n", name, "0", "0", "0", "644",
             size);
    put(b, header, 60);
    put(b, contents, n);
    if (b->n & 1)
        put(b, "\n", 1);
}

static void expect_bad(const struct builder *b, const char *code)
{
    struct rp_archive a;
    struct rp_map m;
    last_code[0] = '\0';
    enum reap_status st = open_bytes(&a, &m, "bad.a", b->p, b->n);
    if (st != REAP_ERR_INPUT || strcmp(last_code, code) != 0)
        fail_msg("status %d, code '%s' instead of '%s'", st, last_code, code);
}

/* --- reading --------------------------------------------------------------------------------- */

static void make_objects(void)
{
    assert_true(compile("-fno-common", "int one(void) { return 1; }", "short.o"));
    assert_true(compile("-fno-common", "int two(void) { return 2; } int two_data = 2;",
                        "a name with spaces and more than fifteen bytes.o"));
    assert_int_equal(run("mkdir -p sub && cp short.o sub/nested.o"), 0);
}

static void gnu_archive_reads_with_long_names_and_index(void **state)
{
    (void)state;
    make_objects();
    assert_int_equal(run("rm -f g.a; ar qcD g.a short.o 'a name with spaces and more than fifteen "
                         "bytes.o' short.o && ranlib -D g.a"),
                     0);
    struct rp_map m;
    struct rp_archive a;
    assert_int_equal(rp_map_open(&ctx, &m, "g.a"), REAP_OK);
    assert_int_equal(rp_archive_open(&ctx, &a, &m), REAP_OK);
    assert_false(a.thin);
    assert_true(a.has_index);
    assert_int_equal(a.n_members, 3); /* the same name twice */
    assert_string_equal(a.members[0].name, "short.o");
    assert_string_equal(a.members[1].name, "a name with spaces and more than fifteen bytes.o");
    assert_string_equal(a.members[2].name, "short.o");
    assert_null(a.members[0].path);
    assert_int_equal(a.n_index, 4);
    assert_string_equal(a.index[0].name, "one");
    assert_int_equal(a.index[0].member, 0);
    assert_string_equal(a.index[1].name, "two");
    assert_int_equal(a.index[1].member, 1);
    assert_int_equal(a.index[3].member, 2);
    for (uint32_t i = 0; i < a.n_members; i++)
        assert_int_equal(rp_magic_of(m.data + a.members[i].offset, a.members[i].size),
                         RP_MAGIC_ELF_REL);
    rp_archive_close(&a);
    rp_map_close(&m);
}

static void thin_members_are_paths_from_the_archives_folder(void **state)
{
    (void)state;
    make_objects();
    assert_int_equal(run("rm -f sub/t.a; cd sub && ar rcsTD t.a nested.o ../short.o"), 0);
    struct rp_map m;
    struct rp_archive a;
    assert_int_equal(rp_map_open(&ctx, &m, "sub/t.a"), REAP_OK);
    assert_int_equal(rp_archive_open(&ctx, &a, &m), REAP_OK);
    assert_true(a.thin);
    assert_int_equal(a.n_members, 2);
    assert_string_equal(a.members[0].path, "sub/nested.o");
    assert_string_equal(a.members[1].path, "sub/../short.o");
    assert_int_equal(a.members[0].offset, 0);
    assert_int_equal(a.n_index, 2);
    assert_int_equal(access(a.members[1].path, R_OK), 0);
    rp_archive_close(&a);
    rp_map_close(&m);
}

static void empty_archive_is_valid(void **state)
{
    (void)state;
    struct rp_archive a;
    struct rp_map m;
    assert_int_equal(open_bytes(&a, &m, "e.a", "!<arch>\n", 8), REAP_OK);
    assert_int_equal(a.n_members, 0);
    assert_false(a.has_index);
    rp_archive_close(&a);
    assert_int_equal(open_bytes(&a, &m, "e.a", "!<thin>\n", 8), REAP_OK);
    rp_archive_close(&a);
    assert_int_equal(open_bytes(&a, &m, "e.a", "!<arch>", 7), REAP_ERR_INPUT);
    assert_string_equal(last_code, "not-archive");
}

static void bsd_archive_reads_with_names_and_index(void **state)
{
    (void)state;
    struct builder b = {.n = 0};
    uint8_t index[32] = {0};
    memcpy(index, "__.SYMDEF\0\0\0", 12); /* the name, then: */
    rp_store32(index + 12, 8);            /* one pair */
    rp_store32(index + 16, 0);            /* name at 0 */
    rp_store32(index + 20, 8 + 60 + 32);  /* header of the first member */
    rp_store32(index + 24, 4);
    memcpy(index + 28, "sym", 4);
    put(&b, "!<arch>\n", 8);
    member(&b, "#1/12", "32", index, 32);
    member(&b, "#1/20", "23", "long bsd name\0\0\0\0\0\0\0abc", 23);
    member(&b, "plain", "2", "de", 2);
    struct rp_archive a;
    struct rp_map m;
    assert_int_equal(open_bytes(&a, &m, "b.a", b.p, b.n), REAP_OK);
    assert_int_equal(a.n_members, 2);
    assert_string_equal(a.members[0].name, "long bsd name");
    assert_int_equal(a.members[0].size, 3);
    assert_memory_equal(b.p + a.members[0].offset, "abc", 3);
    assert_string_equal(a.members[1].name, "plain");
    assert_int_equal(a.n_index, 1);
    assert_string_equal(a.index[0].name, "sym");
    assert_int_equal(a.index[0].member, 0);
    rp_archive_close(&a);
}

static void index_of_64_bits_is_read(void **state)
{
    (void)state;
    struct builder b = {.n = 0};
    uint8_t index[20] = {0};
    index[7] = 1;
    index[15] = 8 + 60 + 20;
    memcpy(index + 16, "s64", 4);
    put(&b, "!<arch>\n", 8);
    member(&b, "/SYM64/", "20", index, 20);
    member(&b, "m.o/", "1", "x", 1);
    struct rp_archive a;
    struct rp_map m;
    assert_int_equal(open_bytes(&a, &m, "s.a", b.p, b.n), REAP_OK);
    assert_int_equal(a.n_index, 1);
    assert_string_equal(a.index[0].name, "s64");
    rp_archive_close(&a);
    index[15] = 8; /* no member starts there */
    memcpy(b.p + 68, index, 20);
    expect_bad(&b, "bad-archive-index");
}

static void last_member_need_not_be_padded(void **state)
{
    (void)state;
    struct builder b = {.n = 0};
    put(&b, "!<arch>\n", 8);
    member(&b, "m/", "3", "abc", 3);
    b.n--;
    struct rp_archive a;
    struct rp_map m;
    assert_int_equal(open_bytes(&a, &m, "p.a", b.p, b.n), REAP_OK);
    assert_int_equal(a.n_members, 1);
    assert_int_equal(a.members[0].size, 3);
    rp_archive_close(&a);
}

static void malformed_members_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *size, *contents, *code;
    } cases[] = {
        {"m/", "4", "abc", "archive-truncated"},
        {"m/", "9999999999", "abc", "archive-truncated"},
        {"m/", "", "abc", "bad-archive-header"},
        {"m/", "-3", "abc", "bad-archive-header"},
        {"m/", "3x", "abc", "bad-archive-header"},
        {"/7", "3", "abc", "bad-archive-name"}, /* there is no name table */
        {"/x", "3", "abc", "bad-archive-name"},
        {"#1/4", "3", "abc", "bad-archive-name"},
        {"#1/", "3", "abc", ""}, /* a short name that looks odd */
        {"//", "3", "abc", ""},  /* a name table that nobody uses */
        {"/", "3", "abc", "bad-archive-index"},
        {"/", "4", "\xff\xff\xff\xff", "bad-archive-index"},
        {"/", "4", "\0\0\0\1", "bad-archive-index"},
        {"/", "9", "\0\0\0\1\0\0\0\1x", "bad-archive-index"}, /* no NUL */
        {"/SYM64/", "4", "abcd", "bad-archive-index"},
        {"__.SYMDEF", "4", "abcd", "bad-archive-index"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct builder b = {.n = 0};
        size_t n = (size_t)atoi(cases[i].size);
        put(&b, "!<arch>\n", 8);
        member(&b, cases[i].name, cases[i].size, cases[i].contents, n > 3 && n < 10 ? n : 3);
        if (cases[i].code[0] && strcmp(cases[i].code, "archive-truncated") == 0)
            b.n = 8 + 60 + 3;
        struct rp_archive a;
        struct rp_map m;
        last_code[0] = '\0';
        enum reap_status st = open_bytes(&a, &m, "bad.a", b.p, b.n);
        if ((st == REAP_OK) != (cases[i].code[0] == '\0') || strcmp(last_code, cases[i].code) != 0)
            fail_msg("case %zu: status %d, code '%s'", i, st, last_code);
        if (st == REAP_OK)
            rp_archive_close(&a);
    }
    struct builder b = {.n = 0};
    put(&b, "!<arch>\n", 8);
    member(&b, "m/", "2", "ab", 2);
    put(&b, "trailing", 8);
    expect_bad(&b, "archive-truncated");
    b.n = 8;
    member(&b, "m/", "2", "ab", 2);
    b.p[8 + 58] = 'x';
    expect_bad(&b, "bad-archive-header");
}

/* As GNU ar leaves names of fifteen bytes when it moves members (`ar mPiT`). */
static void thin_name_with_a_slash_at_the_end_of_its_field(void **state)
{
    (void)state;
    struct builder b = {.n = 0};
    put(&b, "!<thin>\n", 8);
    member(&b, "//", "18", "fifteen_bytes.o/\n\n", 18);
    member(&b, "/0             /", "100", "", 0);
    struct rp_archive a;
    struct rp_map m;
    assert_int_equal(open_bytes(&a, &m, "s.a", b.p, b.n), REAP_OK);
    assert_int_equal(a.n_members, 1);
    assert_string_equal(a.members[0].path, "fifteen_bytes.o");
    rp_archive_close(&a);
}

static void nested_thin_member_is_unsupported_not_wrong(void **state)
{
    (void)state;
    struct builder b = {.n = 0};
    put(&b, "!<thin>\n", 8);
    member(&b, "//", "6", "in.a/\n", 6);
    member(&b, "/0:68", "100", "", 0);
    struct rp_archive a;
    struct rp_map m;
    assert_int_equal(open_bytes(&a, &m, "n.a", b.p, b.n), REAP_ERR_UNSUPPORTED);
    assert_string_equal(last_code, "nested-thin-archive");
}

static void try_archive(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    if (n)
        memcpy(copy, p, n);
    struct rp_archive a;
    struct rp_map m;
    unsigned before = n_diags;
    if (open_bytes(&a, &m, "dir/x.a", copy, n) == REAP_OK) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < a.n_members; i++) {
            sum += strlen(a.members[i].name);
            for (uint64_t k = 0; !a.thin && k < a.members[i].size; k++)
                sum += copy[a.members[i].offset + k];
        }
        for (uint32_t i = 0; i < a.n_index; i++) {
            assert_true(a.index[i].member < a.n_members);
            sum += strlen(a.index[i].name);
        }
        assert_true(sum < UINT64_MAX);
        rp_archive_close(&a);
    } else if (n_diags == before) {
        fail_msg("refused without a diagnostic");
    }
    free(copy);
}

static void damaged_archives_never_lead_out_of_bounds(void **state)
{
    (void)state;
    make_objects();
    assert_int_equal(run("rm -f g.a t.a; ar rcsD g.a short.o 'a name with spaces and more than "
                         "fifteen bytes.o'; ar rcsTD t.a short.o sub/nested.o"),
                     0);
    uint64_t seed = UINT64_C(0x2545f4914f6cdd1d);
    static const char digits[] = "0123456789 /#1\n`\0";
    for (int k = 0; k < 2; k++) {
        struct blob b = slurp(k ? "t.a" : "g.a");
        for (size_t n = 0; n <= b.n; n++)
            try_archive(b.p, n);
        uint8_t *copy = malloc(b.n);
        for (int round = 0; round < 4000; round++) {
            memcpy(copy, b.p, b.n);
            for (unsigned n = 1 + (unsigned)(next_random(&seed) % 3); n; n--) {
                uint64_t r = next_random(&seed);
                size_t at = round % 3 == 0 ? r % b.n : r % (b.n < 330 ? b.n : 330);
                copy[at] = round % 2 ? (uint8_t)(r >> 40)
                                     : (uint8_t)digits[(r >> 40) % (sizeof digits - 1)];
            }
            try_archive(copy, b.n);
        }
        free(copy);
        free(b.p);
    }
}

/* --- writing --------------------------------------------------------------------------------- */

static void written_archive_equals_that_of_ar(void **state)
{
    (void)state;
    make_objects();
    assert_int_equal(run("rm -f g.a; ar rcsD g.a short.o 'a name with spaces and more than fifteen "
                         "bytes.o'"),
                     0);
    struct blob one = slurp("short.o");
    struct blob two = slurp("a name with spaces and more than fifteen bytes.o");
    const char *defined_one[] = {"one"}, *defined_two[] = {"two", "two_data"};
    struct rp_archive_item items[] = {
        {"short.o", one.p, one.n, defined_one, 1},
        {"a name with spaces and more than fifteen bytes.o", two.p, two.n, defined_two, 2},
    };
    assert_int_equal(rp_archive_write(&ctx, "w.a", items, 2), REAP_OK);
    assert_int_equal(run("nm -s w.a > w.txt 2>&1 && nm -s g.a > g.txt 2>&1 && cmp w.txt g.txt"), 0);
    assert_int_equal(run("ar tvO w.a > w.txt && ar tvO g.a > g.txt && cmp w.txt g.txt"), 0);
    free(one.p);
    free(two.p);
}

static void written_names_and_contents_read_back(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a.o",
        "",
        "fifteen-bytes.o",
        "sixteen-bytes-.o",
        "with/slash.o",
        "/",
        "//",
        "/12",
        "#1/3",
        "__.SYMDEF",
        "trailing/",
        "a.o",
        " blank ",
        "\xc3\xa4.o",
    };
    enum { N = sizeof names / sizeof *names };
    struct rp_archive_item items[N];
    const char *defined[N][1];
    for (size_t i = 0; i < N; i++) {
        defined[i][0] = names[N - 1 - i];
        items[i] = (struct rp_archive_item){names[i], (const uint8_t *)"0123456789abcdef", i,
                                            defined[i], 1};
    }
    assert_int_equal(rp_archive_write(&ctx, "n.a", items, N), REAP_OK);
    struct rp_map m;
    struct rp_archive a;
    assert_int_equal(rp_map_open(&ctx, &m, "n.a"), REAP_OK);
    assert_int_equal(rp_archive_open(&ctx, &a, &m), REAP_OK);
    assert_int_equal(a.n_members, N);
    assert_int_equal(a.n_index, N);
    for (uint32_t i = 0; i < N; i++) {
        assert_string_equal(a.members[i].name, names[i]);
        assert_int_equal(a.members[i].size, i);
        assert_int_equal(a.members[i].offset % 2, 0);
        assert_memory_equal(m.data + a.members[i].offset, items[i].data, i);
        assert_string_equal(a.index[i].name, defined[i][0]);
        assert_int_equal(a.index[i].member, i);
    }
    rp_archive_close(&a);
    rp_map_close(&m);
}

static void members_put_in_any_order_give_the_same_archive(void **state)
{
    (void)state;
    static const char *const names[] = {"a.o", "sixteen-bytes-.o", "b", "", "a.o"};
    enum { N = sizeof names / sizeof *names };
    struct rp_archive_item items[N];
    uint64_t at[N];
    for (size_t i = 0; i < N; i++)
        items[i] = (struct rp_archive_item){names[i], (const uint8_t *)"0123456789", 2 * i + i / 2,
                                            NULL, 0};
    assert_int_equal(rp_archive_write(&ctx, "whole.a", items, N), REAP_OK);
    struct rp_archive_out out;
    assert_int_equal(rp_archive_start(&ctx, &out, "pieces.a", items, N), REAP_OK);
    for (size_t i = 0; i < N; i++) {
        at[i] = out.at;
        out.at += rp_archive_room(items[i].size);
    }
    assert_int_equal(rp_archive_put(&ctx, &out, at[3], 3, items + 3, 2), REAP_OK);
    assert_int_equal(rp_archive_put(&ctx, &out, at[0], 0, items, 1), REAP_OK);
    assert_int_equal(rp_archive_put(&ctx, &out, at[1], 1, items + 1, 2), REAP_OK);
    assert_int_equal(rp_archive_finish(&ctx, &out), REAP_OK);
    assert_int_equal(run("cmp whole.a pieces.a && ar t pieces.a > w.txt"), 0);
}

static void empty_archive_is_written_with_an_index(void **state)
{
    (void)state;
    assert_int_equal(rp_archive_write(&ctx, "empty.a", NULL, 0), REAP_OK);
    struct rp_map m;
    struct rp_archive a;
    assert_int_equal(rp_map_open(&ctx, &m, "empty.a"), REAP_OK);
    assert_int_equal(rp_archive_open(&ctx, &a, &m), REAP_OK);
    assert_int_equal(a.n_members, 0);
    assert_true(a.has_index);
    rp_archive_close(&a);
    rp_map_close(&m);
    assert_int_equal(run("ar t empty.a"), 0);
}

/* Beyond 4 GiB offsets do not fit into "/". The contents repeat one mapping of zeros, and the
 * file is sparse only if the system makes it so: 4.3 GB, so this runs on demand. */
static void archive_beyond_4_gib_has_a_64_bit_index(void **state)
{
    (void)state;
    if (!getenv("REAP_TEST_LARGE"))
        skip();
    uint64_t n = UINT64_C(1) << 31;
    uint8_t *zeros = calloc(1, n);
    assert_non_null(zeros);
    const char *defined[] = {"late"};
    struct rp_archive_item items[] = {
        {"a", zeros, n, NULL, 0}, {"b", zeros, n, NULL, 0}, {"c", zeros, 2, defined, 1}};
    assert_int_equal(rp_archive_write(&ctx, "large.a", items, 3), REAP_OK);
    struct rp_map m;
    struct rp_archive a;
    assert_int_equal(rp_map_open(&ctx, &m, "large.a"), REAP_OK);
    assert_int_equal(rp_archive_open(&ctx, &a, &m), REAP_OK);
    assert_memory_equal(m.data + 8, "/SYM64/", 7);
    assert_int_equal(a.n_members, 3);
    assert_true(a.members[2].offset > UINT32_MAX);
    assert_int_equal(a.index[0].member, 2);
    rp_archive_close(&a);
    rp_map_close(&m);
    free(zeros);
}

static void write_error_leaves_no_file(void **state)
{
    (void)state;
    struct rp_archive_item item = {"a", (const uint8_t *)"x", 1, NULL, 0};
    assert_int_equal(rp_archive_write(&ctx, "/dev/full", &item, 1), REAP_ERR_IO);
    assert_non_null(strstr(last_text, "No space left on device"));
    assert_int_equal(rp_archive_write(&ctx, "no/such/dir.a", &item, 1), REAP_ERR_IO);
    struct rp_archive_out out;
    assert_int_equal(rp_archive_start(&ctx, &out, "/dev/full", &item, 1), REAP_ERR_IO);
    assert_int_equal(rp_archive_start(&ctx, &out, "big.a", &item, 1), REAP_OK);
    struct rp_archive_item big = {"a", NULL, UINT64_C(10000000000), NULL, 0};
    assert_int_equal(rp_archive_put(&ctx, &out, out.at, 0, &big, 1), REAP_ERR_UNSUPPORTED);
    rp_archive_abort(&out);
    item.size = UINT64_C(10000000000);
    assert_int_equal(rp_archive_write(&ctx, "big.a", &item, 1), REAP_ERR_UNSUPPORTED);
    assert_int_equal(access("big.a", F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gnu_archive_reads_with_long_names_and_index),
        cmocka_unit_test(thin_members_are_paths_from_the_archives_folder),
        cmocka_unit_test(empty_archive_is_valid),
        cmocka_unit_test(bsd_archive_reads_with_names_and_index),
        cmocka_unit_test(index_of_64_bits_is_read),
        cmocka_unit_test(last_member_need_not_be_padded),
        cmocka_unit_test(malformed_members_are_told),
        cmocka_unit_test(thin_name_with_a_slash_at_the_end_of_its_field),
        cmocka_unit_test(nested_thin_member_is_unsupported_not_wrong),
        cmocka_unit_test(damaged_archives_never_lead_out_of_bounds),
        cmocka_unit_test(written_archive_equals_that_of_ar),
        cmocka_unit_test(written_names_and_contents_read_back),
        cmocka_unit_test(members_put_in_any_order_give_the_same_archive),
        cmocka_unit_test(empty_archive_is_written_with_an_index),
        cmocka_unit_test(archive_beyond_4_gib_has_a_64_bit_index),
        cmocka_unit_test(write_error_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
