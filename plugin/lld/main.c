/* main.c: ld.reap, the driver in front of lld, mold, bfd or gold.
 *
 * It takes its own options out of the command line, asks the engine what to make of the rest, and
 * runs the linker on rewritten inputs, or on the original command where there is nothing to
 * collect: probes such as --version, -r without roots, compiler IR, other machines. Its exit status
 * is the linker's; 1 when Reap itself failed.
 */
#include "find_linker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char program[] = "ld.reap";

static const char usage[] =
    "usage: ld.reap [--reap-OPTION...] LINKER-OPTIONS...\n"
    "Link with only those sections that are needed, and say why the others went.\n"
    "All words but --reap-OPTIONs mean what they mean to the linker behind.\n"
    "REAP_OPTIONS in the environment adds options.\n";

struct driver {
    struct reap *r;
    char *linker;
    enum reap_linker flavor;
    unsigned major;           /* of lld's version, else 0 */
    const char *const *words; /* the command without Reap's options, NULL at the end */
    size_t n_words;
};

static int fail(const char *code, const char *where, const char *text, const char *remedy)
{
    struct reap_diag d = {sizeof d, REAP_ERROR, code, where, text, remedy};
    reap_print_diag(program, &d);
    return 1;
}

static void warn(const char *code, const char *text)
{
    struct reap_diag d = {sizeof d, REAP_WARNING, code, NULL, text, NULL};
    reap_print_diag(program, &d);
}

/* The original link as a child; its exit status. */
static int run_original(struct driver *d)
{
    int status = 1;
    return reap_run_linker(d->r, d->linker, d->words, d->n_words, &status) == REAP_OK ? status : 1;
}

/* Become the linker. */
static int exec_original(struct driver *d)
{
    const char **argv = calloc(d->n_words + 2, sizeof *argv);
    if (!argv)
        return fail("out-of-memory", NULL, "out of memory", NULL);
    argv[0] = d->linker;
    for (size_t i = 0; i < d->n_words; i++)
        argv[i + 1] = d->words[i];
    setenv("REAP_DRIVER_ACTIVE", "1", 1);
    fflush(NULL);
    execv(d->linker, (char *const *)(uintptr_t)argv);
    int e = errno;
    unsetenv("REAP_DRIVER_ACTIVE");
    free(argv);
    if (e == E2BIG)
        return run_original(d);
    return fail("cannot-run-linker", d->linker, strerror(e), NULL);
}

static bool wants_report(const struct driver *d)
{
    static const char *const names[] = {"report",        "json",  "db",
                                        "print-removed", "stats", "fail-on"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (reap_has_option(d->r, names[i], NULL))
            return true;
    return false;
}

/* Reports after a good link. A report that was asked for and cannot be written is a failure: a
 * build must not go on with an old one. The output stays; the message says so. */
static int report(struct driver *d)
{
    enum reap_status st = reap_write_reports(d->r);
    if (st == REAP_ERR_LINK) /* --reap-fail-on, and it was said why */
        return 1;
    if (st != REAP_OK)
        return fail("report-failed", NULL, "the link is done, but a report could not be written",
                    NULL);
    if (reap_has_option(d->r, "stats", NULL))
        reap_print_stats(d->r, stderr);
    return 0;
}

static int pass_through(struct driver *d)
{
    if (!wants_report(d))
        return exec_original(d);
    int status = run_original(d);
    return status ? status : report(d);
}

static int fall_back(struct driver *d)
{
    warn("fallback", "the original files are linked instead");
    return run_original(d);
}

static int link_collected(struct driver *d)
{
    bool fallback = reap_has_option(d->r, "fallback", NULL);
    const char *const *words;
    size_t n_words;
    int status = 1;
    enum reap_status st = reap_rewrite(d->r, &words, &n_words);
    if (st == REAP_OK)
        st = reap_run_linker(d->r, d->linker, words, n_words, &status);
    if (st != REAP_OK)
        return fallback ? fall_back(d) : 1;
    if (status && fallback)
        return fall_back(d);
    return status ? status : report(d);
}

/* From the words to the link model; 0, or an exit status. */
static int prepare(struct driver *d, int argc, char **argv)
{
    struct reap *r = d->r;
    if (reap_options_from_environment(r) != REAP_OK ||
        reap_take_options(r, argc - 1, (const char *const *)(uintptr_t)(argv + 1), &d->words,
                          &d->n_words) != REAP_OK)
        return 1;
    const char *name = NULL;
    reap_has_option(r, "linker", &name);
    if (!find_linker(name, &d->linker, &d->flavor, &d->major))
        return 1;
    if (reap_set_linker_program(r, d->linker, d->major) != REAP_OK)
        return 1;
    return 0;
}

static int run(struct driver *d)
{
    const char *mode = NULL;
    if (reap_has_option(d->r, "mode", &mode) && !strcmp(mode, "off"))
        return exec_original(d);
    enum reap_disposition what = REAP_PASS_THROUGH;
    enum reap_status st = reap_set_command(d->r, d->flavor, (int)d->n_words, d->words);
    if (st == REAP_OK)
        st = reap_analyse(d->r, &what, NULL);
    if (st != REAP_OK)
        return st != REAP_ERR_USAGE && reap_has_option(d->r, "fallback", NULL) ? fall_back(d) : 1;
    return what == REAP_COLLECT ? link_collected(d) : pass_through(d);
}

static bool is_own_question(struct driver *d)
{
    if (reap_has_option(d->r, "version", NULL)) {
        printf("ld.reap %s\n", REAP_VERSION);
        return true;
    }
    if (reap_has_option(d->r, "help", NULL)) {
        fputs(usage, stdout);
        reap_print_options(REAP_PRODUCT_DRIVER, stdout);
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct driver d = {0};
    struct reap_init init = {
        .size = sizeof init,
        .product = REAP_PRODUCT_DRIVER,
        .diag = reap_print_diag,
        .diag_user = program,
        .progress = isatty(STDERR_FILENO),
    };
    if (getenv("REAP_DRIVER_ACTIVE"))
        return fail("driver-runs-itself", argv[0],
                    "ld.reap was run by the linker that it had run itself",
                    "name the real linker: --reap-linker=PATH");
    reap_handle_signals();
    if (reap_new(&init, &d.r) != REAP_OK)
        return fail("out-of-memory", NULL, "out of memory", NULL);
    int status = prepare(&d, argc, argv);
    if (status == 0 && !is_own_question(&d))
        status = run(&d);
    reap_free(d.r);
    free(d.linker);
    if (fflush(stdout) && status == 0)
        status = fail("cannot-write", "standard output", strerror(errno), NULL);
    return status;
}
