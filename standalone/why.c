/* why.c: `reap why NAME --db FILE` or `--image FILE`: why something was kept or removed. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

void help_why(FILE *out)
{
    fputs("usage: reap why NAME --db FILE [--all] [--max N] [--format text|json]\n"
          "       reap why NAME --image FILE [the options of reap image] ...\n"
          "Say why a symbol, section or file is live (the shortest path from a root), why it was\n"
          "removed and what would bring it back, or that nothing ever asked for its archive\n"
          "member. NAME may be a glob, and a mangled or demangled name.\n"
          "\n"
          "  --db FILE        report database, as --reap-db=FILE, -plugin-opt db=FILE and\n"
          "                   reap gc --db FILE write it\n"
          "  --image FILE     a linked image, analysed as 'reap image' does; its options that say\n"
          "                   what stays (--rules, --keep-symbol, -T, ...) are taken, too\n"
          "  --all            all roots that reach it, not the nearest one\n"
          "  --max N          at most N answers (default: 20; 0: no limit)\n"
          "  --format FORMAT  text (default) or json\n"
          "\n"
          "Exit status: 0 answered, 1 nothing matches or the database cannot be read, 2 usage.\n",
          out);
}

struct question {
    const char *pattern, *db, *image, *format, *max;
    bool all, help;
    struct reap *run; /* with an image; it is freed by command_why */
};

static int open_run(struct question *q)
{
    struct reap_init init = {
        .size = sizeof init,
        .product = REAP_PRODUCT_IMAGE,
        .diag = reap_print_diag,
        .diag_user = program,
    };
    enum reap_status st = reap_new(&init, &q->run);
    return exit_of(st == REAP_OK ? reap_add_input(q->run, q->image) : st);
}

/* An option of `reap image`; *ret is the exit status. False: it is none. */
static bool take_image_option(struct question *q, int argc, char **argv, int *i, int *ret)
{
    const char *name, *value;
    bool needs_value;
    if (!q->run || !reap_option_match(REAP_PRODUCT_IMAGE, argv[*i], &name, &value, &needs_value))
        return false;
    if (needs_value && *i + 1 < argc)
        value = argv[++*i];
    *ret = exit_of(reap_option(q->run, name, value));
    return true;
}

static int read_words(struct question *q, int argc, char **argv)
{
    int status = EXIT_OK;
    bool only_names = false;
    for (int i = 1; i < argc; i++) {
        if (!only_names && take_value(argc, argv, &i, "--db", &q->db))
            continue;
        if (!only_names && !q->run && take_value(argc, argv, &i, "--image", &q->image)) {
            status = open_run(q);
            if (status != EXIT_OK)
                return status;
            continue;
        }
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
        else if (!only_names && take_image_option(q, argc, argv, &i, &status)) {
            if (status != EXIT_OK)
                return status;
        } else if (!only_names && argv[i][0] == '-' && argv[i][1])
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
    if (q->db && q->run)
        return usage_error("two-sources", NULL, "--db and --image exclude each other", NULL);
    if (!q->run && (!q->db || !*q->db))
        return usage_error("no-db", NULL, "reap why wants a report database: --db FILE",
                           "link with --reap-db=FILE (ld.reap) or -plugin-opt db=FILE (reap.so)");
    if (q->format && strcmp(q->format, "text") != 0 && strcmp(q->format, "json") != 0)
        return usage_error("bad-option-value", q->format, "--format wants text or json", NULL);
    if (q->max && (!*q->max || q->max[strspn(q->max, "0123456789")] || strlen(q->max) > 9))
        return usage_error("bad-option-value", q->max, "--max wants a number", NULL);
    return EXIT_OK;
}

static int answer(struct question *q)
{
    struct reap_why_options options = {
        .size = sizeof options,
        .all_roots = q->all,
        .json = q->format && !strcmp(q->format, "json"),
        .max = q->max ? (unsigned)atoi(q->max) : 20,
        .diag = reap_print_diag,
        .diag_user = program,
    };
    unsigned matches = 0;
    enum reap_disposition what;
    enum reap_status st = q->run ? reap_analyse(q->run, &what, NULL) : REAP_OK;
    if (st == REAP_OK)
        st = q->run ? reap_why_run(q->run, q->pattern, &options, stdout, &matches)
                    : reap_why(q->db, q->pattern, &options, stdout, &matches);
    if (st != REAP_OK)
        return exit_of(st);
    return matches ? EXIT_OK : EXIT_FAILED;
}

int command_why(int argc, char **argv)
{
    struct question q = {0};
    int status = read_words(&q, argc, argv);
    if (status == EXIT_OK && q.help)
        help_why(stdout);
    else if (status == EXIT_OK)
        status = check(&q);
    if (status == EXIT_OK && !q.help)
        status = answer(&q);
    reap_free(q.run);
    return status;
}
