/* pass_help.h: what the tests of the later passes share: a scratch folder, programs compiled when
 * the test runs, and the whole pipeline from a command line to a plan.
 */
#ifndef REAP_TESTS_PASS_HELP_H
#define REAP_TESTS_PASS_HELP_H

#include "pass/pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- files and commands ---------------------------------------------------------------------- */

static char scratch[64];

static int make_scratch(void **state)
{
    (void)state;
    strcpy(scratch, "/tmp/reap-test-XXXXXX");
    return mkdtemp(scratch) && chdir(scratch) == 0 ? 0 : -1;
}

/* Run a shell command in the scratch folder; its exit status. */
__attribute__((format(printf, 1, 2))) static int sh(const char *fmt, ...)
{
    char *cmd;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&cmd, fmt, ap);
    va_end(ap);
    assert_true(n > 0);
    int st = system(cmd);
    free(cmd);
    return WIFEXITED(st) ? WEXITSTATUS(st) : 128;
}

#define must(...)                                                                                  \
    do {                                                                                           \
        int must_status = sh(__VA_ARGS__);                                                         \
        if (must_status)                                                                           \
            print_error("command failed (%d): %s\n", must_status, #__VA_ARGS__);                   \
        assert_int_equal(must_status, 0);                                                          \
    } while (0)

static int remove_scratch(void **state)
{
    (void)state;
    return chdir("/") || sh("rm -rf '%s'", scratch);
}

static void write_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void write_text(const char *path, const char *text)
{
    write_file(path, text, strlen(text));
}

/* The standard output of a command; freed by the caller. */
__attribute__((format(printf, 1, 2))) static inline char *output_of(const char *fmt, ...)
{
    char *cmd, *text = calloc(1, 1 << 20);
    va_list ap;
    va_start(ap, fmt);
    assert_true(vasprintf(&cmd, fmt, ap) > 0);
    va_end(ap);
    FILE *p = popen(cmd, "r");
    assert_non_null(p);
    assert_non_null(text);
    size_t n = fread(text, 1, (1 << 20) - 1, p);
    text[n] = '\0';
    int st = pclose(p);
    if (st)
        print_error("command failed: %s\n%s\n", cmd, text);
    assert_int_equal(st, 0);
    free(cmd);
    return text;
}

/* --- judges ---------------------------------------------------------------------------------- */

/* No complaint of eu-elflint or readelf that the original did not get. */
static inline void assert_no_new_complaints(const char *before, const char *after)
{
    char *was = output_of("eu-elflint --gnu-ld '%s' 2>&1 | sed 's/\\[ *[0-9]*\\]/[N]/; "
                          "s/[0-9]\\+/N/g' | sort -u > was; "
                          "eu-elflint --gnu-ld '%s' 2>&1 | sed 's/\\[ *[0-9]*\\]/[N]/; "
                          "s/[0-9]\\+/N/g' | sort -u > now; "
                          "grep -v 'No errors' now > now2; comm -13 was now2",
                          before, after);
    if (*was)
        print_error("%s: eu-elflint: %s", after, was);
    assert_string_equal(was, "");
    free(was);
    char *text = output_of("readelf -aW --debug-dump=no-follow-links '%s' 2>&1 >/dev/null | "
                           "grep -iv 'separate\\|dwo' || true",
                           after);
    if (*text)
        print_error("%s: readelf: %s", after, text);
    assert_string_equal(text, "");
    free(text);
}

/* --- the pipeline ---------------------------------------------------------------------------- */

struct line {
    struct rp_ctx ctx;
    struct rp_link link;
    struct rp_model model;
    struct rp_rules rules;
    struct rp_resolve_result resolved;
    struct rp_job job;
    struct rp_marks marks;
    struct rp_plan plan;
    unsigned n_warnings;
};

static void print_diag(void *user, const struct reap_diag *d)
{
    struct line *l = user;
    l->n_warnings += d->severity == REAP_WARNING;
    if (d->severity != REAP_NOTE)
        print_error("%s: %s: %s\n", d->code, d->where ? d->where : "-", d->text);
}

/* From the words of a command line (NULL-terminated) to a plan. */
static void line_run(struct line *l, enum rp_level level, enum rp_linker_flavor flavor,
                     const char *const *words)
{
    int n = 0;
    while (words[n])
        n++;
    memset(l, 0, sizeof *l);
    rp_ctx_init(&l->ctx, print_diag, l);
    l->ctx.n_threads = 2;
    rp_model_init(&l->model, &l->ctx);
    assert_int_equal(rp_link_parse(&l->ctx, &l->link, flavor, n, words), REAP_OK);
    struct rp_resolve_options opts = {.mode = flavor == RP_LINKER_LLD ? RP_RESOLVE_LLD
                                                                      : RP_RESOLVE_GNU};
    assert_int_equal(rp_resolve(&l->ctx, &l->link, &opts, &l->model, &l->resolved), REAP_OK);
    l->job = (struct rp_job){.level = level, .link = &l->link, .rules = &l->rules};
    assert_int_equal(rp_model_index(&l->model), REAP_OK);
    assert_int_equal(rp_rewrite_check(&l->model), REAP_OK);
    assert_int_equal(rp_split(&l->model, &l->job), REAP_OK);
    assert_int_equal(rp_edges(&l->model, &l->job), REAP_OK);
    assert_int_equal(rp_roots(&l->model, &l->job), REAP_OK);
    assert_int_equal(rp_mark(&l->model, &l->marks), REAP_OK);
    assert_int_equal(rp_plan_make(&l->model, &l->marks, &l->job, &l->plan), REAP_OK);
}

static void line_free(struct line *l)
{
    rp_plan_free(&l->plan);
    rp_marks_free(&l->marks);
    rp_model_free(&l->model);
    rp_link_free(&l->link);
    rp_rules_free(&l->rules);
    rp_ctx_fini(&l->ctx);
}

/* The file of a path, 0 when it is not in the link. */
static inline rp_id line_file(const struct line *l, const char *path)
{
    for (rp_id i = 1; i <= l->model.files.n; i++)
        if (strcmp(l->model.files.v[i - 1].path, path) == 0)
            return i;
    return 0;
}

/* Rewrite one file, have it verified, and write it to `to`. */
static inline void line_rewrite(const struct line *l, const char *path, const char *to)
{
    uint8_t *bytes, *again;
    uint64_t size, size_again;
    rp_id file = line_file(l, path);
    assert_int_not_equal(file, 0);
    assert_int_equal(rp_rewrite_object(&l->model, &l->marks, &l->plan, file, &bytes, &size),
                     REAP_OK);
    assert_int_equal(rp_rewrite_object(&l->model, &l->marks, &l->plan, file, &again, &size_again),
                     REAP_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    write_file(to, bytes, size);
    assert_int_equal(rp_verify_object(&l->model, &l->marks, file, bytes, size), REAP_OK);
    free(bytes);
    free(again);
}

#endif
