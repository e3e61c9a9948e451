/* cuts.c: `reap cuts`: which references are worth cutting. */
#include "views.h"

#include "reap/cuts.h"

void help_cuts(FILE *out)
{
    fputs("usage: reap cuts [--by LEVEL] [--from THING] [--to THING] [--sets 2] --db FILE\n"
          "       reap cuts --what-if cut=A->B,stub=SYMBOL,... --db FILE\n"
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
          "  --max N          at most N rows (default: 30; 0: all)\n"
          "  --format FORMAT  text (default), json, csv or md\n",
          out);
    source_help(out);
}

int command_cuts(int argc, char **argv)
{
    struct source s = {0};
    struct reap_cuts_options o = {.size = sizeof o};
    struct reap_view *v = NULL;
    uint64_t max = 30, sets = 1;
    const struct word_option options[] = {
        {"--by", NULL, &o.by, NULL},
        {"--from", NULL, &o.from, NULL},
        {"--to", NULL, &o.to, NULL},
        {"--sets", NULL, NULL, &sets},
        {"--what-if", NULL, &o.what_if, NULL},
        {"--max", NULL, NULL, &max},
        {NULL, NULL, NULL, NULL},
    };
    int status = source_read(&s, options, argc, argv);
    if (status == EXIT_OK && s.help) {
        help_cuts(stdout);
    } else {
        if (status == EXIT_OK)
            status = table_style(&s, &o.style);
        if (status == EXIT_OK)
            status = source_open(&s, &v);
        o.style.max = max > UINT32_MAX ? UINT32_MAX : (unsigned)max;
        o.sets = sets > UINT32_MAX ? UINT32_MAX : (unsigned)sets;
        if (status == EXIT_OK)
            status = exit_of(reap_cuts(v, &o, stdout));
    }
    source_close(&s, v);
    return status;
}
