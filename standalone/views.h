/* views.h: what the commands that look at a report share: where the facts come from, and words. */
#ifndef REAP_COMMAND_VIEWS_H
#define REAP_COMMAND_VIEWS_H

#include "command.h"
#include "reap/graph.h"

/* An option of a command. Exactly one of the pointers is set: a flag, a text, or a number. */
struct word_option {
    const char *name; /* "--by" */
    bool *flag;
    const char **text;
    uint64_t *number;
};

/* Where the facts come from: a database, or objects and archives analysed as `reap gc` does. */
struct source {
    struct reap *r; /* for inputs */
    const char *db, *format;
    unsigned n_inputs;
    bool help;
    const char *words[2]; /* words that are no options, when the command takes any */
    unsigned n_words, max_words;
};

/* Read a command line; options that are not in the table are those of `reap gc` ("-e", "--rules"),
 * and the other words inputs. 0, or an exit status. */
int source_read(struct source *s, const struct word_option *options, int argc, char **argv);
/* 0, or an exit status; *ret is closed by source_close. */
int source_open(struct source *s, struct reap_view **ret);
void source_close(struct source *s, struct reap_view *v);
/* The options of source_read for --help. */
void source_help(FILE *out);

/* All of that for a command that prints a table, and --help. EXIT_OK with *ret NULL: help was asked
 * for and printed. */
int source_table(struct source *s, const struct word_option *options, int argc, char **argv,
                 void (*help)(FILE *out), struct reap_table_style *ret_style,
                 struct reap_view **ret);

/* A number of the command line as the library takes it. */
static inline unsigned clamp(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (unsigned)n;
}

/* --format, the width of the terminal and whether it has colours. 0, or an exit status. */
int table_style(const struct source *s, struct reap_table_style *ret);

#endif
