/* main.c: the reap command: picks the subcommand.
 *
 * Exit status: 0 done; 1 failed, or nothing matched; 2 the command line is wrong.
 */
#include "command.h"

#include <errno.h>
#include <string.h>

char program[] = "reap";

static const struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
    void (*help)(FILE *out);
} commands[] = {
    {"bisect", "find the removal that makes a test fail", command_bisect, help_bisect},
    {"explain", "name the removal that made a program crash", command_explain, help_explain},
    {"gc", "write smaller objects and archives", command_gc, help_gc},
    {"image", "fill the dead code of a linked image", command_image, help_image},
    {"audit", "compare the tables of a collected image with the uncollected one's", command_audit,
     help_audit},
    {"lint", "list the removals that may hurt", command_lint, help_lint},
    {"why", "say why something was kept or removed", command_why, help_why},
    {"graph", "draw what pulls in what", command_graph, help_graph},
    {"top", "list the biggest things, and what would go with them", command_top, help_top},
    {"cuts", "list the references worth cutting, and what each would save", command_cuts,
     help_cuts},
    {"diff", "say what grew from one link to the next, and why", command_diff, help_diff},
    {"dominators", "print what holds what alone, as a tree", command_dominators, help_dominators},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

bool take_value(int argc, char **argv, int *i, const char *name, const char **ret)
{
    size_t n = strlen(name);
    if (strncmp(argv[*i], name, n) != 0)
        return false;
    if (argv[*i][n] == '=') {
        *ret = argv[*i] + n + 1;
        return true;
    }
    if (argv[*i][n])
        return false;
    *ret = *i + 1 < argc ? argv[++*i] : "";
    return true;
}

int usage_error(const char *code, const char *where, const char *text, const char *remedy)
{
    struct reap_diag d = {sizeof d, REAP_ERROR, code, where, text, remedy};
    reap_print_diag(program, &d);
    return EXIT_USAGE;
}

int exit_of(enum reap_status st)
{
    return st == REAP_OK ? EXIT_OK : st == REAP_ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

int read_inputs(struct reap *r, enum reap_product product, int argc, char **argv,
                unsigned *n_inputs)
{
    bool only_files = false;
    for (int i = 1; i < argc; i++) {
        const char *name, *value;
        bool needs_value;
        enum reap_status st;
        if (!only_files && !strcmp(argv[i], "--")) {
            only_files = true;
            continue;
        }
        if (!only_files && reap_option_match(product, argv[i], &name, &value, &needs_value)) {
            if (needs_value && i + 1 < argc)
                value = argv[++i];
            st = reap_option(r, name, value);
        } else {
            st = reap_add_input(r, argv[i]);
            ++*n_inputs;
        }
        if (st != REAP_OK)
            return exit_of(st);
    }
    return EXIT_OK;
}

static void print_help(FILE *out)
{
    fputs("usage: reap COMMAND [OPTIONS...]\n"
          "Collect unused ELF sections, and explain it.\n\nCommands:\n",
          out);
    for (int i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("  help       'reap help COMMAND' tells its options\n"
          "\nLinks are collected by ld.reap (see 'ld.reap --reap-help') and by the plugin\n"
          "reap.so for ld.bfd and gold.\n",
          out);
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static int unknown(const char *name)
{
    return usage_error("unknown-command", name, "there is no such command",
                       "'reap --help' lists them");
}

static int help(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stdout);
        return EXIT_OK;
    }
    const struct command *c = find_command(argv[1]);
    if (!c)
        return unknown(argv[1]);
    c->help(stdout);
    return EXIT_OK;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("reap %s\n", REAP_VERSION);
        return EXIT_OK;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return help(1, argv);
    if (!strcmp(argv[1], "help"))
        return help(argc - 1, argv + 1);
    const struct command *c = find_command(argv[1]);
    return c ? c->run(argc - 1, argv + 1) : unknown(argv[1]);
}

int main(int argc, char **argv)
{
    reap_handle_signals();
    int status = run(argc, argv);
    /* What could not be written to a full disk or a closed pipe was not printed. */
    if ((fflush(stdout) || ferror(stdout)) && status == EXIT_OK) {
        usage_error("cannot-write", "standard output", strerror(errno), NULL);
        status = EXIT_FAILED;
    }
    return status;
}
