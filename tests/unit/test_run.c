/* test_run.c: running the linker, --reap-save, and what the messages of a failed link say. */
#include "api/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct reap *make(void)
{
    struct reap_init init = {.size = sizeof init, .product = REAP_PRODUCT_DRIVER};
    struct reap *r = NULL;
    assert_int_equal(reap_new(&init, &r), REAP_OK);
    return r;
}

static struct rp_run shell(const char *const words[2])
{
    return (struct rp_run){.program = "/bin/sh",
                           .words = words,
                           .n_words = 2,
                           .capture_out = true,
                           .capture_err = true};
}

static void exit_status_and_both_streams_come_back(void **state)
{
    (void)state;
    struct reap *r = make();
    const char *const words[] = {"-c", "echo out; echo err >&2; exit 7"};
    struct rp_run run = shell(words);
    assert_int_equal(rp_run_program(r, &run), REAP_OK);
    assert_int_equal(run.exit_status, 7);
    assert_string_equal(run.out, "out\n");
    assert_string_equal(run.err, "err\n");
    rp_run_free(&run);
    reap_free(r);
}

static void much_output_on_both_streams_does_not_block(void **state)
{
    (void)state;
    struct reap *r = make();
    const char *const words[] = {
        "-c", "yes 12345678 | head -c 3000000; yes 12345678 | head -c 3000000 >&2"};
    struct rp_run run = shell(words);
    assert_int_equal(rp_run_program(r, &run), REAP_OK);
    assert_int_equal(strlen(run.out), 3000000);
    assert_int_equal(strlen(run.err), 3000000);
    rp_run_free(&run);
    reap_free(r);
}

static void a_killed_program_gives_128_and_the_signal(void **state)
{
    (void)state;
    struct reap *r = make();
    const char *const words[] = {"-c", "kill -9 $$"};
    struct rp_run run = shell(words);
    assert_int_equal(rp_run_program(r, &run), REAP_OK);
    assert_int_equal(run.exit_status, 128 + 9);
    rp_run_free(&run);
    reap_free(r);
}

static void a_missing_program_is_an_error(void **state)
{
    (void)state;
    struct reap *r = make();
    struct rp_run run = {.program = "/nonexistent/ld"};
    assert_int_equal(rp_run_program(r, &run), REAP_ERR_IO);
    reap_free(r);
}

static void the_guard_is_in_the_environment_once(void **state)
{
    (void)state;
    struct reap *r = make();
    setenv(REAP_GUARD, "old", 1);
    const char *const words[] = {"-c", "env | grep " REAP_GUARD};
    struct rp_run run = shell(words);
    assert_int_equal(rp_run_program(r, &run), REAP_OK);
    assert_string_equal(run.out, REAP_GUARD "=1\n");
    unsetenv(REAP_GUARD);
    rp_run_free(&run);
    reap_free(r);
}

/* 150,000 bytes in one word are more than execve takes. */
static void too_long_commands_go_through_a_response_file(void **state)
{
    (void)state;
    struct reap *r = make();
    char *big = malloc(150001);
    memset(big, 'x', 150000);
    big[150000] = '\0';
    const char *const words[] = {"it's", "a \"b\"", big, "back\\slash"};
    char path[] = "/tmp/reap-test-prog-XXXXXX";
    int fd = mkstemp(path);
    static const char script[] = "#!/bin/sh\necho \"$#\"; cat \"${1#@}\"\n";
    assert_int_equal(write(fd, script, sizeof script - 1), sizeof script - 1);
    fchmod(fd, 0700);
    close(fd);
    struct rp_run run = {.program = path, .words = words, .n_words = 4, .capture_out = true};
    assert_int_equal(rp_run_program(r, &run), REAP_OK);
    assert_int_equal(strncmp(run.out, "1\n", 2), 0);
    const char **split = NULL;
    size_t n = 0;
    assert_int_equal(rp_response_split(&r->ctx, &r->arena, run.out + 2, &split, &n), REAP_OK);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(split[i], words[i]);
    unlink(path);
    free(big);
    rp_run_free(&run);
    reap_free(r);
}

static char *read_all(const char *command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    for (int c; (c = getc(in)) != EOF;)
        putc(c, out);
    assert_int_equal(pclose(in), 0);
    fclose(out);
    return text;
}

static void saved_script_repeats_the_words_exactly(void **state)
{
    (void)state;
    struct reap *r = make();
    char dir[] = "/tmp/reap-test-save-XXXXXX";
    assert_non_null(mkdtemp(dir));
    assert_int_equal(reap_option(r, "save", dir), REAP_OK);
    const char *temp;
    assert_int_equal(rp_need_tempdir(r), REAP_OK);
    assert_int_equal(rp_tempdir_path(&r->ctx, r->temp, 3, "a b.o", &temp), REAP_OK);
    FILE *f = fopen(temp, "w");
    fputs("contents", f);
    fclose(f);
    const char *const words[] = {"%s\n", "", "it's", "$HOME `id` \\ \"", "new\nline", temp};
    assert_int_equal(rp_save_link(r, "/usr/bin/printf", words, 6), REAP_OK);
    reap_free(r); /* the saved copy outlives the temporary one */

    char want[256], command[256];
    snprintf(want, sizeof want, "\nit's\n$HOME `id` \\ \"\nnew\nline\n%s/3/a b.o\n", dir);
    snprintf(command, sizeof command, "%s/relink.sh", dir);
    char *got = read_all(command);
    assert_string_equal(got, want);
    free(got);
    snprintf(command, sizeof command, "cat '%s/3/a b.o' && rm -r %s", dir, dir);
    got = read_all(command);
    assert_string_equal(got, "contents");
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_status_and_both_streams_come_back),
        cmocka_unit_test(much_output_on_both_streams_does_not_block),
        cmocka_unit_test(a_killed_program_gives_128_and_the_signal),
        cmocka_unit_test(a_missing_program_is_an_error),
        cmocka_unit_test(the_guard_is_in_the_environment_once),
        cmocka_unit_test(too_long_commands_go_through_a_response_file),
        cmocka_unit_test(saved_script_repeats_the_words_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
