/* audit.c: `reap audit OLD NEW`: are the tables of a collected image whole? */
#include "command.h"

#include <stdlib.h>
#include <string.h>

void help_audit(FILE *out)
{
    fputs(
        "usage: reap audit [--all] [--rules FILE|NAME]... OLD NEW\n"
        "Compare every bracketed table of a collected image (NEW, for example vmlinux) with the\n"
        "uncollected one (OLD): each record must be there, in order, or what it is about must be\n"
        "gone. A kernel that boots may still have lost tables.\n"
        "\n"
        "  --all                tables that did not change, too\n"
        "  --rules FILE|NAME    rule file with `table` and `bracket` lines, or a shipped one by\n"
        "                       name (repeatable; default: linux and linux-ksymtab)\n"
        "\n"
        "Exit status: 0 all tables are whole, 1 there are findings or a file cannot be read,\n"
        "2 usage.\n",
        out);
}

int command_audit(int argc, char **argv)
{
    const char *paths[2], **rules = calloc((size_t)argc + 1, sizeof *rules);
    struct reap_audit_options options = {
        .size = sizeof options,
        .diag = reap_print_diag,
        .diag_user = program,
        .rules = rules,
    };
    unsigned n = 0;
    int status = rules ? EXIT_OK : EXIT_FAILED;
    for (int i = 1; i < argc && status == EXIT_OK; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            help_audit(stdout);
            free(rules);
            return EXIT_OK;
        }
        if (!strcmp(argv[i], "--all"))
            options.all = true;
        else if (!strcmp(argv[i], "--rules") && i + 1 < argc)
            rules[options.n_rules++] = argv[++i];
        else if (!strncmp(argv[i], "--rules=", 8))
            rules[options.n_rules++] = argv[i] + 8;
        else if (argv[i][0] == '-' && argv[i][1])
            status = usage_error("unknown-option", argv[i], "there is no such option",
                                 "'reap help audit' lists them");
        else if (n == 2)
            status = usage_error("too-many-images", argv[i], "two images are compared", NULL);
        else
            paths[n++] = argv[i];
    }
    if (status == EXIT_OK && n != 2)
        status = usage_error("no-images", NULL, "reap audit wants two images",
                             "reap audit vmlinux.uncollected vmlinux");
    if (status == EXIT_OK) {
        uint64_t findings = 0;
        enum reap_status st = reap_audit(paths[0], paths[1], &options, stdout, &findings);
        status = st != REAP_OK ? exit_of(st) : findings ? EXIT_FAILED : EXIT_OK;
    }
    free(rules);
    return status;
}
