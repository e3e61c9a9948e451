/* diff.c: `reap diff OLD NEW`: what grew from one link to the next, and which reference did it. */
#include "views.h"

#include "reap/cuts.h"

#include <stdlib.h>
#include <string.h>

void help_diff(FILE *out)
{
    fputs("usage: reap diff [--max-growth BYTES] OLD.db NEW.db\n"
          "Say what became live and what died from one link to the next, by the new or lost\n"
          "reference or root that did it.\n"
          "\n"
          "  --max-growth BYTES  exit with 1 when the program grew by more (in memory)\n"
          "  --max N             at most N rows in each list (default: 20; 0: all)\n"
          "  --format FORMAT     text (default), json, csv or md\n"
          "\n"
          "Exit status: 0 done, 1 grew too much or a database cannot be read, 2 usage.\n",
          out);
}

static int compare(const struct source *s, const struct reap_diff_options *o,
                   const char *max_growth, uint64_t limit)
{
    struct reap_view *before = NULL, *after = NULL;
    int64_t growth = 0;
    enum reap_status st = reap_view_open(s->words[0], reap_print_diag, program, &before);
    if (st == REAP_OK)
        st = reap_view_open(s->words[1], reap_print_diag, program, &after);
    if (st == REAP_OK)
        st = reap_diff(before, after, o, stdout, &growth);
    reap_view_close(before);
    reap_view_close(after);
    int status = exit_of(st);
    if (status == EXIT_OK && max_growth && growth > 0 && (uint64_t)growth > limit) {
        char text[100];
        snprintf(text, sizeof text, "grew by %lld bytes, more than the %llu that are allowed",
                 (long long)growth, (unsigned long long)limit);
        struct reap_diag d = {sizeof d, REAP_ERROR, "grew", s->words[1], text, NULL};
        reap_print_diag(program, &d);
        status = EXIT_FAILED;
    }
    return status;
}

int command_diff(int argc, char **argv)
{
    struct source s = {.max_words = 2};
    struct reap_diff_options o = {.size = sizeof o};
    const char *max_growth = NULL;
    uint64_t max = 20, limit = 0;
    const struct word_option options[] = {
        {"--max-growth", NULL, &max_growth, NULL},
        {"--max", NULL, NULL, &max},
        {NULL, NULL, NULL, NULL},
    };
    int status = source_read(&s, options, argc, argv);
    if (status == EXIT_OK && s.help) {
        help_diff(stdout);
        return EXIT_OK;
    }
    if (status == EXIT_OK && (s.n_words != 2 || s.db || s.n_inputs))
        status = usage_error("two-databases", NULL, "reap diff wants two report databases",
                             "reap diff OLD.db NEW.db");
    if (status == EXIT_OK && max_growth) {
        char *end = NULL;
        limit = strtoull(max_growth, &end, 10);
        if (max_growth[0] < '0' || max_growth[0] > '9' || *end || strlen(max_growth) > 18)
            status = usage_error("bad-option-value", max_growth, "--max-growth wants bytes", NULL);
    }
    if (status == EXIT_OK)
        status = table_style(&s, &o.style);
    o.style.max = clamp(max);
    if (status == EXIT_OK)
        status = compare(&s, &o, max_growth, limit);
    reap_free(s.r);
    return status;
}
