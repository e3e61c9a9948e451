/* bisect.c: `reap bisect --save DIR -- TEST COMMAND`: find a guilty removal by experiment. */
#include "command.h"

#include "reap/bisect.h"

#include <stdlib.h>
#include <string.h>

void help_bisect(FILE *out)
{
    fputs(
        "usage: reap bisect --save DIR [OPTIONS...] -- TEST COMMAND...\n"
        "Link with subsets of the removals, run the test, and name the smallest set of removals\n"
        "that makes it fail. DIR is what --reap-save=DIR (or -plugin-opt save=DIR) kept of a\n"
        "link; with mode=report it is the linker's own --gc-sections that is searched.\n"
        "The test finds the program's path in the environment variable REAP_OUTPUT. It passes\n"
        "with exit status 0; 125 decides nothing; everything else, a signal and a time-out fail.\n"
        "\n"
        "  --save DIR         the saved link\n"
        "  --timeout SECONDS  of one run of the test (default: 60)\n"
        "  --retry N          repeat the test up to N times: one failure is one\n"
        "  --restart          forget what an interrupted bisection found out\n"
        "  --format FORMAT    text (default) or json\n"
        "  --quiet            no progress on standard error\n"
        "\n"
        "Exit status: 0 found, 1 not found or failed, 2 usage.\n",
        out);
}

struct question {
    const char *save, *timeout, *retry, *format;
    char **test;
    bool restart, quiet, help;
};

static int read_words(struct question *q, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (take_value(argc, argv, &i, "--save", &q->save) ||
            take_value(argc, argv, &i, "--timeout", &q->timeout) ||
            take_value(argc, argv, &i, "--retry", &q->retry) ||
            take_value(argc, argv, &i, "--format", &q->format))
            continue;
        if (!strcmp(argv[i], "--restart"))
            q->restart = true;
        else if (!strcmp(argv[i], "--quiet") || !strcmp(argv[i], "-q"))
            q->quiet = true;
        else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            q->help = true;
        else if (!strcmp(argv[i], "--")) {
            q->test = argv + i + 1;
            return EXIT_OK;
        } else
            return usage_error("unknown-option", argv[i], "there is no such option",
                               "the test command stands behind '--'; 'reap help bisect'");
    }
    return EXIT_OK;
}

static bool is_number(const char *s, double max)
{
    char *end;
    double x = strtod(s, &end);
    return *s && !*end && x >= 0 && x <= max;
}

static int check(const struct question *q)
{
    if (!q->save || !*q->save)
        return usage_error("no-save", NULL, "reap bisect wants a saved link: --save DIR",
                           "link with --reap-save=DIR (ld.reap) or -plugin-opt save=DIR (reap.so)");
    if (!q->test || !q->test[0])
        return usage_error("no-test", NULL, "reap bisect wants a test command",
                           "reap bisect --save DIR -- sh -c '$REAP_OUTPUT'");
    if (q->format && strcmp(q->format, "text") != 0 && strcmp(q->format, "json") != 0)
        return usage_error("bad-option-value", q->format, "--format wants text or json", NULL);
    if (q->timeout && (!is_number(q->timeout, 1e6) || strtod(q->timeout, NULL) <= 0))
        return usage_error("bad-option-value", q->timeout, "--timeout wants seconds", NULL);
    if (q->retry && (!is_number(q->retry, 1000) || strchr(q->retry, '.')))
        return usage_error("bad-option-value", q->retry, "--retry wants a number", NULL);
    return EXIT_OK;
}

int command_bisect(int argc, char **argv)
{
    struct question q = {0};
    int status = read_words(&q, argc, argv);
    if (status != EXIT_OK)
        return status;
    if (q.help) {
        help_bisect(stdout);
        return EXIT_OK;
    }
    status = check(&q);
    if (status != EXIT_OK)
        return status;
    struct reap_bisect_options options = {
        .size = sizeof options,
        .save = q.save,
        .test = (const char *const *)(uintptr_t)q.test,
        .retries = q.retry ? (unsigned)atoi(q.retry) : 0,
        .timeout_s = q.timeout ? strtod(q.timeout, NULL) : 0,
        .json = q.format && !strcmp(q.format, "json"),
        .restart = q.restart,
        .quiet = q.quiet,
        .progress = stderr,
        .diag = reap_print_diag,
        .diag_user = program,
    };
    enum reap_bisect_end end = REAP_BISECT_UNRESOLVED;
    enum reap_status st = reap_bisect(&options, stdout, &end);
    if (st != REAP_OK)
        return exit_of(st);
    return end == REAP_BISECT_FOUND ? EXIT_OK : EXIT_FAILED;
}
