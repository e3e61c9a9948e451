/* explain.c: `reap explain`: which removal made a program crash. */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void help_explain(FILE *out)
{
    fputs("usage: reap explain --db FILE --exe PROGRAM [--core CORE] [ADDRESS...] [-]\n"
          "                    [--max N] [--format text|json]\n"
          "Name the removals that account for a crash, the likeliest first, each with the chain\n"
          "from cause to effect and the line that keeps what was removed.\n"
          "\n"
          "  --db FILE        report database of the link, as --reap-db=FILE and\n"
          "                   -plugin-opt db=FILE write it (with mode=report, too)\n"
          "  --exe PROGRAM    the program that was linked\n"
          "  --core CORE      a core file of it\n"
          "  ADDRESS          where execution stood, then its callers (hexadecimal, of the file)\n"
          "  -                read a backtrace of gdb or glibc, a kernel's oops, an emulator's\n"
          "                   registers or any text with addresses from standard input\n"
          "  --max N          at most N answers (default: 10; 0: no limit)\n"
          "  --format FORMAT  text (default) or json\n"
          "\n"
          "Exit status: 0 answered, 1 nothing accounts for it or a file cannot be read, 2 usage.\n",
          out);
}

enum { MAX_ADDRESSES = 256, MAX_TEXT = 64 << 20 };

struct question {
    const char *db, *exe, *core, *format, *max;
    uint64_t addresses[MAX_ADDRESSES];
    size_t n_addresses;
    bool from_stdin, help;
    char *text;
    size_t n_text;
};

static int take_address(struct question *q, const char *word)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(word, &end, 16);
    if (errno || end == word || *end || word[0] == '-')
        return usage_error("bad-address", word, "this is no hexadecimal address",
                           "'reap help explain' tells how it is used");
    if (q->n_addresses == MAX_ADDRESSES)
        return usage_error("many-addresses", word, "too many addresses", "pipe them in, with '-'");
    q->addresses[q->n_addresses++] = v;
    return EXIT_OK;
}

static int read_words(struct question *q, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (take_value(argc, argv, &i, "--db", &q->db) ||
            take_value(argc, argv, &i, "--exe", &q->exe) ||
            take_value(argc, argv, &i, "--core", &q->core) ||
            take_value(argc, argv, &i, "--format", &q->format) ||
            take_value(argc, argv, &i, "--max", &q->max))
            continue;
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            q->help = true;
        else if (!strcmp(argv[i], "-"))
            q->from_stdin = true;
        else if (argv[i][0] == '-')
            return usage_error("unknown-option", argv[i], "there is no such option",
                               "'reap help explain' lists them");
        else if (take_address(q, argv[i]) != EXIT_OK)
            return EXIT_USAGE;
    }
    return EXIT_OK;
}

static int check(const struct question *q)
{
    if (!q->db || !*q->db)
        return usage_error("no-db", NULL, "reap explain wants a report database: --db FILE",
                           "link with --reap-db=FILE (ld.reap) or -plugin-opt db=FILE (reap.so)");
    if (!q->exe || !*q->exe)
        return usage_error("no-exe", NULL, "reap explain wants the program: --exe PROGRAM", NULL);
    if (q->core && !*q->core)
        return usage_error("bad-option-value", "--core", "the name of a core file is missing",
                           NULL);
    if (!q->core && !q->n_addresses && !q->from_stdin)
        return usage_error("no-crash", NULL, "reap explain wants to know where it crashed",
                           "--core FILE, addresses, or a backtrace on standard input ('-')");
    if (q->format && strcmp(q->format, "text") != 0 && strcmp(q->format, "json") != 0)
        return usage_error("bad-option-value", q->format, "--format wants text or json", NULL);
    if (q->max && (!*q->max || q->max[strspn(q->max, "0123456789")] || strlen(q->max) > 9))
        return usage_error("bad-option-value", q->max, "--max wants a number", NULL);
    return EXIT_OK;
}

/* All of standard input, up to a bound that no backtrace reaches. */
static int read_stdin(struct question *q)
{
    size_t cap = 0;
    for (;;) {
        if (q->n_text == cap) {
            cap = cap ? 2 * cap : 1 << 16;
            char *more = cap <= MAX_TEXT ? realloc(q->text, cap) : NULL;
            if (!more)
                return usage_error("long-text", "standard input", "there is too much text", NULL);
            q->text = more;
        }
        size_t n = fread(q->text + q->n_text, 1, cap - q->n_text, stdin);
        if (!n)
            break;
        q->n_text += n;
    }
    return ferror(stdin) ? usage_error("cannot-read", "standard input", strerror(errno), NULL)
                         : EXIT_OK;
}

static int answer(const struct question *q)
{
    struct reap_explain_options options = {
        .size = sizeof options,
        .program = q->exe,
        .core = q->core,
        .addresses = q->addresses,
        .n_addresses = q->n_addresses,
        .text = q->text,
        .n_text = q->n_text,
        .json = q->format && !strcmp(q->format, "json"),
        .max = q->max ? (unsigned)atoi(q->max) : 10,
        .diag = reap_print_diag,
        .diag_user = program,
    };
    unsigned n = 0;
    enum reap_status st = reap_explain(q->db, &options, stdout, &n);
    if (st != REAP_OK)
        return exit_of(st);
    return n ? EXIT_OK : EXIT_FAILED;
}

int command_explain(int argc, char **argv)
{
    struct question q = {0};
    int status = read_words(&q, argc, argv);
    if (status == EXIT_OK && q.help) {
        help_explain(stdout);
        return EXIT_OK;
    }
    if (status == EXIT_OK)
        status = check(&q);
    if (status == EXIT_OK && q.from_stdin)
        status = read_stdin(&q);
    if (status == EXIT_OK)
        status = answer(&q);
    free(q.text);
    return status;
}
