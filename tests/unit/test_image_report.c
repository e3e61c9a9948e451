/* test_image_report.c: the report of a linked image tells each dead function, and what was filled;
 * text, JSON, database and --print-removed agree.
 */
#include "report_fixture.h"

#include <stdio.h>

#include <sqlite3.h>

typedef enum reap_status (*write_fn)(struct rp_ctx *ctx, const struct rp_facts *f, FILE *out);

static char *written(struct fx *x, write_fn fn)
{
    char *s = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&s, &n);
    assert_non_null(out);
    assert_int_equal(fn(&x->ctx, &x->f, out), REAP_OK);
    fclose(out);
    return s;
}

static void atom(struct fx *x, rp_id node, uint64_t offset)
{
    x->f.nodes.v[node].kind = RP_NODE_ATOM;
    x->f.nodes.v[node].offset = offset;
}

/* main calls f; g calls h, which reads `table`; a record of data that nobody needs. */
static void make(struct fx *x)
{
    fx_init(x);
    rp_id file = fx_file(x, "vmlinux", NULL, "object");
    rp_id start = fx_node(x, file, 1, ".text", "_start", 16, RP_CLASS_TEXT);
    rp_id f = fx_node(x, file, 1, ".text", "f", 32, RP_CLASS_TEXT);
    rp_id g = fx_node(x, file, 1, ".text", "_ZN1aIiE1gEv", 1000, RP_CLASS_TEXT);
    rp_id h = fx_node(x, file, 1, ".text", "h", 3, RP_CLASS_TEXT);
    rp_id table = fx_node(x, file, 2, ".rodata", "table", 64, RP_CLASS_RODATA);
    atom(x, start, 0);
    atom(x, f, 16);
    atom(x, g, 48);
    atom(x, h, 1048);
    atom(x, table, 8);
    fx_edge(x, start, f, RP_EDGE_RELOC, "f", 4);
    fx_edge(x, g, h, RP_EDGE_RELOC, "h", 52);
    fx_edge(x, h, table, RP_EDGE_RELOC, "table", 1049);
    fx_root(x, start, RP_ROOT_ENTRY, "entry point");
    fx_finish(x);
    struct rp_fact_image *im = &x->f.image;
    *im = (struct rp_fact_image){
        .is_image = true,
        .is_written = true,
        .n_code = 2,
        .code_bytes = 1003,
        .n_data_left = 1,
        .data_left_bytes = 64,
        .protected_bytes = 5,
        .n_relocs = 2,
        .n_pages = {3, 1, 0},
        .file_before = 9000,
        .file_after = 8000,
        .n_symbols = 2,
        .edges = {{"by relocation", 3}, {"by branch", 0}, {"by byte scan", 12345}},
        .n_edges = 3,
        .n_stale = 1,
        .has_sizes = true,
        .pack = {"raw", "gzip -9", "xz -6", "zstd -19"},
        .before = {8000, 4000, 3000, 0},
        .after = {8000, 1000, 3001, 0},
    };
    assert_true(rp_vec_push(&im->pages, (struct rp_fact_pages){0x2000, 0x3000}));
}

static void expect_all(const char *text, const char *const *parts)
{
    for (; *parts; parts++)
        if (!strstr(text, *parts))
            fail_msg("'%s' is not in:\n%s", *parts, text);
}

static void text_tells_what_was_filled(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "  filled          2 functions, 1,003 bytes, with traps\n",
        "  left alone      5 bytes within dead functions",
        "  left alone      1 dead object of data, 64 bytes (--data fills them)\n",
        "  relocations     2 of filled bytes become R_*_NONE\n",
        "  stripped        2 symbols, 0 relocation sections\n",
        "  file            9,000 bytes before, 8,000 bytes after\n",
        "  references      3 by relocation, 12,345 by byte scan\n",
        "1 relocation says another thing than the contents",
        "  whole pages     3 of 4 KiB, 1 of 64 KiB, 0 of 2 MiB are dead\n"
        "                  0x2000-0x5000  3 pages\n",
        "  gzip -9                  4,000           1,000           3,000    75.0 %",
        "  xz -6                    3,000           3,001              -1\n",
        "DEAD FUNCTIONS",
        "       1,000  a<int>::g()\n              .text+0x30: unreferenced\n",
        "           3  h\n              .text+0x418: only-from-dead from a<int>::g(); "
        "head: a<int>::g()\n",
        "DEAD DATA",
        "          64  table\n              .rodata+0x8: only-from-dead from h; head: "
        "a<int>::g()\n",
        NULL};
    struct fx x;
    make(&x);
    char *text = written(&x, rp_text_write);
    expect_all(text, parts);
    assert_null(strstr(text, "zstd"));
    assert_null(strstr(text, "REMOVED SECTIONS"));
    free(text);
    x.f.image.is_written = false;
    x.f.image.is_zero = true;
    text = written(&x, rp_text_write);
    assert_non_null(strstr(text, "  would be filled 2 functions, 1,003 bytes, with zeros\n"));
    free(text);
    x.f.image.is_image = false;
    text = written(&x, rp_text_write);
    assert_null(strstr(text, "IMAGE"));
    assert_null(strstr(text, "DEAD FUNCTIONS"));
    free(text);
    fx_free(&x);
}

static void print_removed_has_a_line_for_each(void **state)
{
    (void)state;
    struct fx x;
    make(&x);
    char *text = written(&x, rp_removed_write);
    assert_string_equal(text, "filling unused function vmlinux:(.text+0x30): _ZN1aIiE1gEv\n"
                              "filling unused function vmlinux:(.text+0x418): h\n");
    free(text);
    x.f.image.n_data = 1; /* --data */
    text = written(&x, rp_removed_write);
    assert_non_null(strstr(text, "filling unused object vmlinux:(.rodata+0x8): table\n"));
    free(text);
    fx_free(&x);
}

static void json_and_database_have_the_numbers(void **state)
{
    (void)state;
    static const char *const parts[] = {"\"written\": true",          "\"functions\": 2",
                                        "\"function-bytes\": 1003",   "\"data-bytes-left\": 64",
                                        "\"by byte scan\": 12345",    "\"address\": 8192",
                                        "\"packed-by\": \"gzip -9\"", NULL};
    static const struct {
        const char *key;
        int value;
    } rows[] = {{"functions", 2},        {"verified-bytes", 5},    {"pages-64k", 1},
                {"by byte scan", 12345}, {"gzip -9, after", 1000}, {"file-after", 8000}};
    struct fx x;
    make(&x);
    char *text = written(&x, rp_json_write);
    expect_all(text, parts);
    free(text);
    char path[] = "/tmp/reap-image-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(rp_db_write(&x.ctx, &x.f, path), REAP_OK);
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT value FROM image WHERE key = ?", -1, &s, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sqlite3_bind_text(s, 1, rows[i].key, -1, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int(s, 0), rows[i].value);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    struct rp_facts again;
    assert_int_equal(rp_db_read(&x.ctx, path, &again), REAP_OK);
    rp_facts_free(&again);
    unlink(path);
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_tells_what_was_filled),
        cmocka_unit_test(print_removed_has_a_line_for_each),
        cmocka_unit_test(json_and_database_have_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
