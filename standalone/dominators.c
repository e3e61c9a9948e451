/* dominators.c: `reap dominators`: what holds what alone, as a tree. */
#include "views.h"

void help_dominators(FILE *out)
{
    fputs("usage: reap dominators [--by LEVEL] [--from NAME] --db FILE\n"
          "       reap dominators [OPTIONS] -e main IN.o... IN.a...\n"
          "Print a tree: below a thing stands what is reached through it alone, with the bytes\n"
          "that would go with it.\n"
          "\n"
          "  --by LEVEL       archive, object (default), section or symbol\n"
          "  --from NAME      only what NAME holds: a symbol, section, object, archive or glob\n"
          "  --dead           what was removed: below a thing stands what depends on it alone\n"
          "  --depth N        at most N levels (default: 0: all)\n"
          "  --min BYTES      sum up what holds less (default: 1024)\n"
          "  --max N          at most N things below one (default: 20; 0: all)\n"
          "  --format FORMAT  text (default), json, csv or md\n",
          out);
    source_help(out);
}

int command_dominators(int argc, char **argv)
{
    struct source s = {0};
    struct reap_dominators_options o = {.size = sizeof o, .min_bytes = 1024};
    struct reap_view *v = NULL;
    uint64_t max = 20, depth = 0;
    const struct word_option options[] = {
        {"--by", NULL, &o.by, NULL},
        {"--from", NULL, &o.from, NULL},
        {"--dead", &o.dead, NULL, NULL},
        {"--depth", NULL, NULL, &depth},
        {"--min", NULL, NULL, &o.min_bytes},
        {"--max", NULL, NULL, &max},
        {NULL, NULL, NULL, NULL},
    };
    int status = source_table(&s, options, argc, argv, help_dominators, &o.style, &v);
    o.depth = clamp(depth);
    o.style.max = clamp(max);
    if (status == EXIT_OK && v)
        status = exit_of(reap_dominators(v, &o, stdout));
    source_close(&s, v);
    return status;
}
