/* test_response.c: response files, compared with libiberty's own reader where it matters. */
#include "link_helpers.h"

#include "link/response.h"

#include <libiberty/libiberty.h>

static struct rp_ctx ctx;
static struct seen seen;

static void begin(void)
{
    seen = (struct seen){0};
    rp_ctx_init(&ctx, remember_diag, &seen);
}

/* libiberty's buildargv is the definition of the language. */
static void assert_same_as_libiberty(const char *text)
{
    struct rp_arena arena = {0};
    const char **words;
    size_t n;
    char **want = buildargv(text);
    assert_non_null(want);
    assert_int_equal(rp_response_split(&ctx, &arena, text, &words, &n), REAP_OK);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(want[i]);
        assert_string_equal(words[i], want[i]);
    }
    assert_null(words[n]);
    if (n)
        assert_null(want[n]);
    freeargv(want);
    rp_arena_free(&arena);
}

static void words_are_split_as_libiberty_does(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a b c",
        "  a\t\nb\v\fc\r\n",
        "'a b' \"c d\" e'f g'h",
        "a\\ b \\\"c\\' \\\\",
        "'a\\'b' \"a\\\"b\" '\\\\'",
        "\"\" '' a",
        "\"unterminated word",
        "'unterminated",
        "-o 'out file' @nested",
        "x\\\ny",
    };
    begin();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_same_as_libiberty(texts[i]);
    rp_ctx_fini(&ctx);
}

static void random_texts_are_split_as_libiberty_does(void **state)
{
    (void)state;
    static const char alphabet[] = "ab '\"\\\n\t@-";
    unsigned seed = 12345;
    begin();
    for (int round = 0; round < 20000; round++) {
        char text[32];
        size_t n = 1 + (size_t)(rand_r(&seed) % 30);
        for (size_t i = 0; i < n; i++)
            text[i] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
        /* A backslash at the very end is undefined there (a word is lost); the file readers of
         * the linkers never see one, because they end with a newline. */
        text[n - 1] = 'x';
        text[n] = '\0';
        assert_same_as_libiberty(text);
    }
    rp_ctx_fini(&ctx);
}

static void quoted_words_come_back(void **state)
{
    (void)state;
    static const char *const words[] = {"", "a", "a b", "'", "\"", "\\", "a\nb", "\\'\"  \t", "@x"};
    struct rp_arena arena = {0};
    begin();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *quoted = rp_response_quote(&arena, words[i]), **got;
        size_t n;
        assert_non_null(quoted);
        assert_int_equal(rp_response_split(&ctx, &arena, quoted, &got, &n), REAP_OK);
        assert_int_equal(n, 1);
        assert_string_equal(got[0], words[i]);
    }
    rp_arena_free(&arena);
    rp_ctx_fini(&ctx);
}

static enum reap_status expand(struct rp_arena *arena, const char *const *argv, size_t argc,
                               const char *const **words, size_t *n)
{
    begin();
    enum reap_status st = rp_response_expand(&ctx, arena, argc, argv, words, n);
    rp_ctx_fini(&ctx);
    return st;
}

static void files_are_expanded_in_place_and_nested(void **state)
{
    (void)state;
    struct rp_arena arena = {0};
    const char *const *words;
    size_t n;
    write_text("outer", "-o 'a b'\n@inner last\n");
    write_text("inner", "x.o y.o");
    const char *argv[] = {"first", "@outer", "end", "@missing", "@"};
    static const char *const want[] = {"first", "-o",  "a b",      "x.o", "y.o",
                                       "last",  "end", "@missing", "@"};
    assert_int_equal(expand(&arena, argv, 5, &words, &n), REAP_OK);
    assert_int_equal(n, sizeof want / sizeof *want);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(words[i], want[i]);
    rp_arena_free(&arena);
}

static void empty_file_gives_no_words(void **state)
{
    (void)state;
    struct rp_arena arena = {0};
    const char *const *words;
    size_t n;
    write_text("empty", " \n\t ");
    const char *argv[] = {"@empty", "a"};
    assert_int_equal(expand(&arena, argv, 2, &words, &n), REAP_OK);
    assert_int_equal(n, 1);
    assert_string_equal(words[0], "a");
    rp_arena_free(&arena);
}

static void folder_and_unreadable_file_stay_literal(void **state)
{
    (void)state;
    struct rp_arena arena = {0};
    const char *const *words;
    size_t n;
    assert_int_equal(mkdir("dir", 0700), 0);
    const char *argv[] = {"@dir"};
    assert_int_equal(expand(&arena, argv, 1, &words, &n), REAP_OK);
    assert_int_equal(n, 1);
    assert_string_equal(words[0], "@dir");
    rp_arena_free(&arena);
}

static void file_that_names_itself_is_an_error(void **state)
{
    (void)state;
    struct rp_arena arena = {0};
    const char *const *words;
    size_t n;
    write_text("loop", "a @loop b @loop");
    const char *argv[] = {"@loop"};
    assert_int_equal(expand(&arena, argv, 1, &words, &n), REAP_ERR_USAGE);
    assert_string_equal(seen.code, "response-file-loop");
    assert_string_equal(seen.where, "loop");
    rp_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_as_libiberty_does),
        cmocka_unit_test(random_texts_are_split_as_libiberty_does),
        cmocka_unit_test(quoted_words_come_back),
        cmocka_unit_test(files_are_expanded_in_place_and_nested),
        cmocka_unit_test(empty_file_gives_no_words),
        cmocka_unit_test(folder_and_unreadable_file_stay_literal),
        cmocka_unit_test(file_that_names_itself_is_an_error),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
