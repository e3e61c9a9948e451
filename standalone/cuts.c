/* cuts.c: `reap cuts`: which references are worth cutting. */
#include "views.h"

#include "reap/cuts.h"

#include <string.h>

void help_cuts(FILE *out)
{
    fputs("usage: reap cuts [--by LEVEL] [--from THING] [--to THING] [--sets 2] --db FILE\n"
          "       reap cuts --what-if cut=A->B,stub=SYMBOL,... --db FILE\n"
          "       reap cuts --verify [--what-if LIST] [--max N] --db FILE -- LINK COMMAND\n"
          "       reap cuts [OPTIONS] -e main IN.o... IN.a...\n"
          "List the references that alone keep something, by the bytes that would go if they were\n"
          "cut; first the archive members that only removed sections ask for.\n"
          "\n"
          "  --by LEVEL       references between archives, objects (default: object), sections or\n"
          "                   symbols\n"
          "  --from THING     only references from this, to this: a symbol, a section, a file, an\n"
          "  --to THING       archive member, or a glob\n"
          "  --sets N         2: pairs of references that pay only together\n"
          "  --what-if LIST   what all of these changes would save together: cut=A->B (all\n"
          "                   references of A to B), stub=SYMBOL (all references to it)\n"
          "  --verify         make the cuts (the references name a stub that traps), run the link\n"
          "                   command, and show measured sizes beside predicted ones\n"
          "  --max N          at most N rows (default: 30; 0: all)\n"
          "  --format FORMAT  text (default), json, csv or md\n",
          out);
    source_help(out);
}

/* The words behind "--" are the link command of --verify. */
static int split(int argc, char **argv, int *ret_n_own)
{
    bool verify = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--verify"))
            verify = true;
        if (verify && !strcmp(argv[i], "--")) {
            *ret_n_own = i;
            return argc - i - 1;
        }
    }
    *ret_n_own = argc;
    return 0;
}

static enum reap_status answer(struct reap_view *v, const struct reap_cuts_options *o, bool verify,
                               char **command, int n_command)
{
    if (verify)
        return reap_verify_cuts(v, o, (const char *const *)(uintptr_t)command, (size_t)n_command,
                                stdout);
    return reap_cuts(v, o, stdout);
}

int command_cuts(int argc, char **argv)
{
    int n_own, n_command = split(argc, argv, &n_own);
    bool verify = false;
    struct source s = {0};
    struct reap_cuts_options o = {.size = sizeof o};
    struct reap_view *v = NULL;
    uint64_t max = 30, sets = 1;
    const struct word_option options[] = {
        {"--by", NULL, &o.by, NULL},           {"--from", NULL, &o.from, NULL},
        {"--to", NULL, &o.to, NULL},           {"--sets", NULL, NULL, &sets},
        {"--what-if", NULL, &o.what_if, NULL}, {"--max", NULL, NULL, &max},
        {"--verify", &verify, NULL, NULL},     {NULL, NULL, NULL, NULL},
    };
    int status = source_table(&s, options, n_own, argv, help_cuts, &o.style, &v);
    o.style.max = clamp(max);
    o.sets = clamp(sets);
    if (status == EXIT_OK && v)
        status = exit_of(answer(v, &o, verify, argv + argc - n_command, n_command));
    source_close(&s, v);
    return status;
}
