/* lint.c: `reap lint --db FILE`: what was removed and may hurt, worst first. */
#include "command.h"

#include <string.h>

void help_lint(FILE *out)
{
    fputs("usage: reap lint --db FILE [--format text|json] [--fail-on CODE|SEVERITY,...]\n"
          "List the removals that may hurt, worst first: what is gone, which live code misses\n"
          "it, and the line that keeps it. docs/crashes.md explains each class.\n"
          "\n"
          "  --db FILE        report database, as --reap-db=FILE, -plugin-opt db=FILE and\n"
          "                   reap gc --db FILE write it\n"
          "  --format FORMAT  text (default) or json\n"
          "  --fail-on LIST   exit with 1 when a finding of one of these codes or severities\n"
          "                   (note, warning, error; worse ones too) is not accepted by a rule\n"
          "\n"
          "Exit status: 0 done, 1 the database cannot be read or --fail-on holds, 2 usage.\n",
          out);
}

int command_lint(int argc, char **argv)
{
    const char *db = NULL, *format = NULL, *fail_on = NULL;
    for (int i = 1; i < argc; i++) {
        if (take_value(argc, argv, &i, "--db", &db) ||
            take_value(argc, argv, &i, "--format", &format) ||
            take_value(argc, argv, &i, "--fail-on", &fail_on))
            continue;
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            help_lint(stdout);
            return EXIT_OK;
        }
        return usage_error("unknown-option", argv[i], "there is no such option",
                           "'reap help lint' lists them");
    }
    if (!db || !*db)
        return usage_error("no-db", NULL, "reap lint wants a report database: --db FILE",
                           "link with --reap-db=FILE (ld.reap) or -plugin-opt db=FILE (reap.so)");
    if (format && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return usage_error("bad-option-value", format, "--format wants text or json", NULL);
    struct reap_lint_options options = {
        .size = sizeof options,
        .json = format && !strcmp(format, "json"),
        .fail_on = fail_on,
        .diag = reap_print_diag,
        .diag_user = program,
    };
    unsigned findings = 0;
    return exit_of(reap_lint(db, &options, stdout, &findings));
}
