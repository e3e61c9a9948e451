/* test_options.c: the table of options, its spellings, REAP_OPTIONS, and options in command lines.
 */
#include "api/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct seen {
    unsigned n;
    char code[64], text[256], remedy[256];
};

static void record(void *user, const struct reap_diag *d)
{
    struct seen *s = user;
    if (d->severity != REAP_ERROR)
        return;
    if (s->n++ == 0) {
        snprintf(s->code, sizeof s->code, "%s", d->code);
        snprintf(s->text, sizeof s->text, "%s", d->text);
        snprintf(s->remedy, sizeof s->remedy, "%s", d->remedy ? d->remedy : "");
    }
}

static struct reap *make(enum reap_product product, struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    struct reap_init init = {
        .size = sizeof init, .product = product, .diag = record, .diag_user = seen};
    struct reap *r = NULL;
    assert_int_equal(reap_new(&init, &r), REAP_OK);
    return r;
}

static void words_match_in_each_products_spelling(void **state)
{
    (void)state;
    static const struct {
        enum reap_product product;
        const char *word, *name, *value; /* name NULL: no option of ours */
        bool needs_value;
    } cases[] = {
        {REAP_PRODUCT_DRIVER, "--reap-report=a=b", "report", "a=b", false},
        {REAP_PRODUCT_DRIVER, "--reap-stats", "stats", NULL, false},
        {REAP_PRODUCT_DRIVER, "--reap-report", "report", NULL, false},
        {REAP_PRODUCT_DRIVER, "--report=x", NULL, NULL, false},
        {REAP_PRODUCT_DRIVER, "--reap-", NULL, NULL, false},
        {REAP_PRODUCT_DRIVER, "-o", NULL, NULL, false},
        {REAP_PRODUCT_PLUGIN, "db=x", "db", "x", false},
        {REAP_PRODUCT_GC, "--db=x", "db", "x", false},
        {REAP_PRODUCT_GC, "--db", "db", NULL, true},
        {REAP_PRODUCT_GC, "--print-removed", "print-removed", NULL, false},
        {REAP_PRODUCT_GC, "-o", "output", NULL, true},
        {REAP_PRODUCT_GC, "-oout.o", "output", "out.o", false},
        {REAP_PRODUCT_GC, "-e=main", "entry", "main", false},
        {REAP_PRODUCT_GC, "-v", "verbose", NULL, false},
        {REAP_PRODUCT_GC, "-", NULL, NULL, false},
        {REAP_PRODUCT_GC, "a.o", NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = NULL, *value = NULL;
        bool needs = false;
        bool is = reap_option_match(cases[i].product, cases[i].word, &name, &value, &needs);
        assert_int_equal(is, cases[i].name != NULL);
        if (!is)
            continue;
        assert_string_equal(name, cases[i].name);
        assert_int_equal(needs, cases[i].needs_value);
        if (cases[i].value)
            assert_string_equal(value, cases[i].value);
        else
            assert_null(value);
    }
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum reap_product product;
        const char *name, *value, *code, *remedy;
    } cases[] = {
        {REAP_PRODUCT_DRIVER, "reprot", "x", "unknown-option", "did you mean '--reap-report'?"},
        {REAP_PRODUCT_DRIVER, "out-dir", "x", "unknown-option", ""},
        {REAP_PRODUCT_PLUGIN, "keep-symbols", "x", "unknown-option", "did you mean 'keep-symbol'?"},
        {REAP_PRODUCT_GC, "linker", "x", "unknown-option", ""},
        {REAP_PRODUCT_GC, "zzzzzzzzzz", NULL, "unknown-option", ""},
        {REAP_PRODUCT_DRIVER, "report", NULL, "missing-option-value", ""},
        {REAP_PRODUCT_DRIVER, "report", "", "bad-option-value", ""},
        {REAP_PRODUCT_DRIVER, "stats", "x", "superfluous-option-value", ""},
        {REAP_PRODUCT_DRIVER, "level", "half", "bad-option-value", ""},
        {REAP_PRODUCT_DRIVER, "mode", "on", "bad-option-value", ""},
        {REAP_PRODUCT_DRIVER, "threads", "0", "bad-option-value", ""},
        {REAP_PRODUCT_DRIVER, "threads", "-1", "bad-option-value", ""},
        {REAP_PRODUCT_DRIVER, "threads", "99999999999", "bad-option-value", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen seen;
        struct reap *r = make(cases[i].product, &seen);
        assert_int_equal(reap_option(r, cases[i].name, cases[i].value), REAP_ERR_USAGE);
        assert_string_equal(seen.code, cases[i].code);
        assert_string_equal(seen.remedy, cases[i].remedy);
        assert_false(reap_has_option(r, cases[i].name, NULL));
        reap_free(r);
    }
}

static void the_last_value_wins(void **state)
{
    (void)state;
    struct seen seen;
    struct reap *r = make(REAP_PRODUCT_GC, &seen);
    const char *value = NULL;
    assert_false(reap_has_option(r, "db", &value));
    assert_int_equal(reap_option(r, "db", "one"), REAP_OK);
    assert_int_equal(reap_option(r, "db", "two"), REAP_OK);
    assert_int_equal(reap_option(r, "level", "linker"), REAP_OK);
    assert_int_equal(reap_option(r, "threads", "3"), REAP_OK);
    assert_true(reap_has_option(r, "db", &value));
    assert_string_equal(value, "two");
    assert_int_equal(rp_opt_level(r), RP_LEVEL_LINKER);
    assert_int_equal(rp_opt_mode(r), RP_MODE_COLLECT);
    assert_int_equal(r->ctx.n_threads, 3);
    reap_free(r);
}

static void environment_takes_all_spellings_and_skips_other_products(void **state)
{
    (void)state;
    struct seen seen;
    struct reap *r = make(REAP_PRODUCT_GC, &seen);
    setenv("REAP_OPTIONS", "--reap-db='a b' --level=linker  stats linker=mold", 1);
    assert_int_equal(reap_options_from_environment(r), REAP_OK);
    const char *value = NULL;
    assert_true(reap_has_option(r, "db", &value));
    assert_string_equal(value, "a b");
    assert_true(reap_has_option(r, "stats", NULL));
    assert_false(reap_has_option(r, "linker", NULL));
    setenv("REAP_OPTIONS", "nonsense=1", 1);
    assert_int_equal(reap_options_from_environment(r), REAP_ERR_USAGE);
    assert_string_equal(seen.code, "unknown-option");
    unsetenv("REAP_OPTIONS");
    assert_int_equal(reap_options_from_environment(r), REAP_OK);
    reap_free(r);
}

static void help_lists_each_option_once(void **state)
{
    (void)state;
    static const struct {
        enum reap_product product;
        const char *yes, *no;
    } cases[] = {
        {REAP_PRODUCT_DRIVER, "  --reap-linker=NAME|PATH", "out-dir"},
        {REAP_PRODUCT_PLUGIN, "  print-removed[=FILE]", "linker=NAME"},
        {REAP_PRODUCT_GC, "  -e, --entry=NAME", "fallback"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);
        reap_print_options(cases[i].product, f);
        fclose(f);
        const char *at = strstr(text, cases[i].yes);
        assert_non_null(at);
        assert_null(strstr(at + 1, cases[i].yes));
        assert_null(strstr(text, cases[i].no));
        free(text);
    }
}

/* --- options in command lines ---------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static char dir[] = "/tmp/reap-test-XXXXXX";

static int enter_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

static int leave_dir(void **state)
{
    (void)state;
    static const char *const files[] = {"with", "without", "outer", "loop"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    return chdir("/") || rmdir(dir);
}

static void response_files_are_expanded_only_for_our_options(void **state)
{
    (void)state;
    write_file("with", "a.o '--reap-db=x y' \"b c.o\"");
    write_file("without", "d.o e.o");
    write_file("outer", "f.o @with @without @missing");
    static const char *const argv[] = {"-o", "out", "@without", "--reap-stats", "@outer", "g.o"};
    static const char *const want[] = {"-o",    "out",      "@without", "f.o", "a.o",
                                       "b c.o", "@without", "@missing", "g.o"};
    struct seen seen;
    struct reap *r = make(REAP_PRODUCT_DRIVER, &seen);
    const char *const *words;
    size_t n;
    assert_int_equal(reap_take_options(r, 6, argv, &words, &n), REAP_OK);
    assert_int_equal(n, sizeof want / sizeof *want);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(words[i], want[i]);
    assert_null(words[n]);
    const char *value = NULL;
    assert_true(reap_has_option(r, "db", &value));
    assert_string_equal(value, "x y");
    assert_true(reap_has_option(r, "stats", NULL));
    reap_free(r);
}

static void response_file_loop_is_an_error(void **state)
{
    (void)state;
    write_file("loop", "@loop @loop");
    static const char *const argv[] = {"@loop"};
    struct seen seen;
    struct reap *r = make(REAP_PRODUCT_DRIVER, &seen);
    const char *const *words;
    size_t n;
    assert_int_equal(reap_take_options(r, 1, argv, &words, &n), REAP_ERR_USAGE);
    assert_string_equal(seen.code, "response-file-loop");
    reap_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_match_in_each_products_spelling),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(the_last_value_wins),
        cmocka_unit_test(environment_takes_all_spellings_and_skips_other_products),
        cmocka_unit_test(help_lists_each_option_once),
        cmocka_unit_test(response_files_are_expanded_only_for_our_options),
        cmocka_unit_test(response_file_loop_is_an_error),
    };
    return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
