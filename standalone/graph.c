/* graph.c: `reap graph`: a picture of what pulls in what. */
#include "views.h"

#include <string.h>

void help_graph(FILE *out)
{
    fputs("usage: reap graph [OPTIONS] -o FILE.{svg,png,pdf,dot} --db FILE\n"
          "       reap graph [OPTIONS] -o FILE -e main IN.o... IN.a...\n"
          "Draw what refers to what: boxes as big as their bytes, thick arrows where much would\n"
          "go if the reference were cut. Without -o, dot text on standard output.\n"
          "\n"
          "  -o FILE          the picture; its kind follows from the ending\n"
          "  --by LEVEL       archive, object (default), section or symbol\n"
          "  --from NAME      only what NAME reaches\n"
          "  --to NAME        only what reaches NAME (with --from: what lies between)\n"
          "  --around NAME    only what is near: at most --depth references away\n"
          "  --path A B       only the shortest ways from A to B\n"
          "  --depth N        see above (default: no limit; 2 with --around)\n"
          "  --dominators     arrows mean 'holds alone'\n"
          "  --only-dead      what was removed\n"
          "  --with-dead      what was removed too, grey and dashed\n"
          "  --all-edges      draw the lighter references too\n"
          "  --max-nodes N    at most N boxes; smaller ones are folded up (default: 60)\n"
          "  --layout ENGINE  of Graphviz: dot (default), neato, fdp, sfdp, twopi, circo\n"
          "  --picture KIND   svg, png, pdf or dot, whatever the file is called\n"
          "\n"
          "A NAME is a symbol (mangled or demangled), a section, a member, an object, an archive,\n"
          "or a glob.\n",
          out);
    source_help(out);
}

/* "--path A B": the one option with two values becomes two. */
static int take_path(int *argc, char **argv, struct reap_graph_options *o)
{
    int n = 1;
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--path") != 0) {
            argv[n++] = argv[i];
            continue;
        }
        if (i + 2 >= *argc)
            return usage_error("missing-option-value", "--path", "this option wants two names",
                               NULL);
        o->path_from = argv[++i];
        o->path_to = argv[++i];
    }
    *argc = n;
    return EXIT_OK;
}

static int check(const struct reap_graph_options *o)
{
    if (!!o->around + (o->from || o->to) + !!o->path_from > 1)
        return usage_error("two-selections", NULL,
                           "--around, --path and --from or --to exclude each other", NULL);
    if (o->only_dead && o->with_dead)
        return usage_error("two-selections", NULL, "--only-dead and --with-dead exclude each other",
                           NULL);
    return EXIT_OK;
}

int command_graph(int argc, char **argv)
{
    struct source s = {0};
    struct reap_graph_options o = {.size = sizeof o};
    struct reap_view *v = NULL;
    const char *path = "-";
    uint64_t max = 0, depth = 0;
    const struct word_option options[] = {
        {"-o", NULL, &path, NULL},
        {"--output", NULL, &path, NULL},
        {"--by", NULL, &o.by, NULL},
        {"--from", NULL, &o.from, NULL},
        {"--to", NULL, &o.to, NULL},
        {"--around", NULL, &o.around, NULL},
        {"--depth", NULL, NULL, &depth},
        {"--dominators", &o.dominators, NULL, NULL},
        {"--only-dead", &o.only_dead, NULL, NULL},
        {"--with-dead", &o.with_dead, NULL, NULL},
        {"--all-edges", &o.all_edges, NULL, NULL},
        {"--max-nodes", NULL, NULL, &max},
        {"--layout", NULL, &o.layout, NULL},
        {"--picture", NULL, &o.format, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int status = take_path(&argc, argv, &o);
    if (status == EXIT_OK)
        status = source_read(&s, options, argc, argv);
    if (status == EXIT_OK && s.help) {
        help_graph(stdout);
    } else {
        o.max_nodes = max > 100000 ? 100000 : (unsigned)max;
        o.depth = depth > UINT32_MAX ? UINT32_MAX : (unsigned)depth;
        if (status == EXIT_OK)
            status = check(&o);
        if (status == EXIT_OK)
            status = source_open(&s, &v);
        if (status == EXIT_OK)
            status = exit_of(reap_graph(v, &o, path));
    }
    source_close(&s, v);
    return status;
}
