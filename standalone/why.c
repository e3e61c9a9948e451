/* why.c: `reap why NAME --db FILE`: why something was kept or removed. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

void help_why(FILE *out)
{
    fputs("usage: reap why NAME --db FILE [--all] [--max N] [--format text|json]\n"
          "Say why a symbol, section or file is live (the shortest path from a root), why it was\n"
          "removed and what would bring it back, or that nothing ever asked for its archive\n"
          "member. NAME may be a glob, and a mangled or demangled name.\n"
          "\n"
          "  --db FILE        report database, as --reap-db=FILE, -plugin-opt db=FILE and\n"
          "                   reap gc --db FILE write it\n"
          "  --all            all roots that reach it, not the nearest one\n"
          "  --max N          at most N answers (default: 20; 0: no limit)\n"
          "  --format FORMAT  text (default) or json\n"
          "\n"
          "Exit status: 0 answered, 1 nothing matches or the database cannot be read, 2 usage.\n",
          out);
}

struct question {
    const char *pattern, *db, *format, *max;
    bool all, help;
};

static int read_words(struct question *q, int argc, char **argv)
{
    bool only_names = false;
    for (int i = 1; i < argc; i++) {
        if (!only_names && take_value(argc, argv, &i, "--db", &q->db))
            continue;
        if (!only_names && take_value(argc, argv, &i, "--format", &q->format))
            continue;
        if (!only_names && take_value(argc, argv, &i, "--max", &q->max))
            continue;
        if (!only_names && !strcmp(argv[i], "--all"))
            q->all = true;
        else if (!only_names && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")))
            q->help = true;
        else if (!only_names && !strcmp(argv[i], "--"))
            only_names = true;
        else if (!only_names && argv[i][0] == '-' && argv[i][1])
            return usage_error("unknown-option", argv[i], "there is no such option",
                               "'reap help why' lists them");
        else if (q->pattern)
            return usage_error("two-names", argv[i], "one name at a time", NULL);
        else
            q->pattern = argv[i];
    }
    return EXIT_OK;
}

static int check(struct question *q)
{
    if (!q->pattern || !*q->pattern)
        return usage_error("no-name", NULL, "reap why wants a name",
                           "reap why NAME --db FILE; 'reap help why' tells more");
    if (!q->db || !*q->db)
        return usage_error("no-db", NULL, "reap why wants a report database: --db FILE",
                           "link with --reap-db=FILE (ld.reap) or -plugin-opt db=FILE (reap.so)");
    if (q->format && strcmp(q->format, "text") != 0 && strcmp(q->format, "json") != 0)
        return usage_error("bad-option-value", q->format, "--format wants text or json", NULL);
    if (q->max && (!*q->max || q->max[strspn(q->max, "0123456789")] || strlen(q->max) > 9))
        return usage_error("bad-option-value", q->max, "--max wants a number", NULL);
    return EXIT_OK;
}

int command_why(int argc, char **argv)
{
    struct question q = {0};
    int status = read_words(&q, argc, argv);
    if (status != EXIT_OK)
        return status;
    if (q.help) {
        help_why(stdout);
        return EXIT_OK;
    }
    status = check(&q);
    if (status != EXIT_OK)
        return status;
    struct reap_why_options options = {
        .size = sizeof options,
        .all_roots = q.all,
        .json = q.format && !strcmp(q.format, "json"),
        .max = q.max ? (unsigned)atoi(q.max) : 20,
        .diag = reap_print_diag,
        .diag_user = program,
    };
    unsigned matches = 0;
    enum reap_status st = reap_why(q.db, q.pattern, &options, stdout, &matches);
    if (st != REAP_OK)
        return exit_of(st);
    return matches ? EXIT_OK : EXIT_FAILED;
}
