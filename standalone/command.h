/* command.h: the subcommands of `reap`. Each is a file; main.c picks one. */
#ifndef REAP_COMMAND_H
#define REAP_COMMAND_H

#include "reap/reap.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* argv[0] is the subcommand's name. Returns the exit status. */
int command_explain(int argc, char **argv);
int command_gc(int argc, char **argv);
int command_image(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_why(int argc, char **argv);
int command_graph(int argc, char **argv);
int command_cuts(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_top(int argc, char **argv);
int command_dominators(int argc, char **argv);
int command_bisect(int argc, char **argv);
void help_bisect(FILE *out);
void help_explain(FILE *out);
void help_gc(FILE *out);
void help_image(FILE *out);
void help_audit(FILE *out);
void help_lint(FILE *out);
void help_why(FILE *out);
void help_graph(FILE *out);
void help_cuts(FILE *out);
void help_diff(FILE *out);
void help_top(FILE *out);
void help_dominators(FILE *out);

extern char program[]; /* "reap", for messages */

/* An error of the command line: prints it and returns EXIT_USAGE. */
int usage_error(const char *code, const char *where, const char *text, const char *remedy);
/* Options of a product and its inputs, which are counted; 0, or an exit status. */
int read_inputs(struct reap *r, enum reap_product product, int argc, char **argv,
                unsigned *n_inputs);
/* Whether argv[*i] is the option `name`; then *ret is its value, joined by = or the next word,
 * which *i then counts in; "" when there is none. */
bool take_value(int argc, char **argv, int *i, const char *name, const char **ret);
/* The exit status for a status of the engine. */
int exit_of(enum reap_status st);

#endif
