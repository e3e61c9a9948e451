/* top.c: `reap top`: the biggest things, and what would go with them. */
#include "views.h"

void help_top(FILE *out)
{
    fputs("usage: reap top [--by LEVEL] [--retained] [--dead] --db FILE\n"
          "       reap top [OPTIONS] -e main IN.o... IN.a...\n"
          "List the biggest live things with the bytes that would go with each of them: what\n"
          "nothing else keeps. With --dead, what was removed, and what each would bring back.\n"
          "\n"
          "  --by LEVEL       archive, object (default), section, symbol; or what roots hold\n"
          "                   alone: root, keep (lines of linker scripts), export; or C++\n"
          "                   classes beside their code (class), instances of each template\n"
          "                   (template)\n"
          "  --retained       sort by what would go with it, not by its own bytes\n"
          "  --dead           what was removed\n"
          "  --max N          at most N rows (default: 40; 0: all)\n"
          "  --format FORMAT  text (default), json, csv or md\n",
          out);
    source_help(out);
}

int command_top(int argc, char **argv)
{
    struct source s = {0};
    struct reap_top_options o = {.size = sizeof o};
    struct reap_view *v = NULL;
    uint64_t max = 40;
    const struct word_option options[] = {
        {"--by", NULL, &o.by, NULL},     {"--retained", &o.retained, NULL, NULL},
        {"--dead", &o.dead, NULL, NULL}, {"--max", NULL, NULL, &max},
        {NULL, NULL, NULL, NULL},
    };
    int status = source_table(&s, options, argc, argv, help_top, &o.style, &v);
    o.style.max = clamp(max);
    if (status == EXIT_OK && v)
        status = exit_of(reap_top(v, &o, stdout));
    source_close(&s, v);
    return status;
}
