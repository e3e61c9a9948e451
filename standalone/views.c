/* views.c: what the commands that look at a report share.
 *
 * Facts come from `--db FILE`, or from objects and archives, which are analysed as `reap gc` does
 * with the same options. Tables fit the terminal, and have colours on one alone (NO_COLOR and
 * TERM=dumb are respected; COLUMNS says the width where there is no terminal).
 */
#include "views.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void source_help(FILE *out)
{
    fputs("\n"
          "  --db FILE        a report database, as --reap-db=FILE, -plugin-opt db=FILE and\n"
          "                   reap gc --db FILE write it\n"
          "  IN.o IN.a ...    or objects and archives, analysed as 'reap gc' does, with its\n"
          "                   options -e, -u, --export, --rules, …\n",
          out);
}

static int open_run(struct source *s)
{
    struct reap_init init = {
        .size = sizeof init,
        .product = REAP_PRODUCT_GC,
        .diag = reap_print_diag,
        .diag_user = program,
    };
    if (s->r)
        return EXIT_OK;
    enum reap_status st = reap_new(&init, &s->r);
    if (st == REAP_OK)
        st = reap_options_from_environment(s->r);
    return exit_of(st);
}

static const struct word_option *find_option(const struct word_option *options, const char *word,
                                             size_t n)
{
    for (const struct word_option *o = options; o->name; o++)
        if (strlen(o->name) == n && !strncmp(o->name, word, n))
            return o;
    return NULL;
}

static int set_number(const char *name, const char *value, uint64_t *ret)
{
    if (!*value || value[strspn(value, "0123456789")] || strlen(value) > 18)
        return usage_error("bad-option-value", name, "this option wants a number", NULL);
    *ret = strtoull(value, NULL, 10);
    return EXIT_OK;
}

static int set_option(const struct word_option *o, int argc, char **argv, int *i)
{
    const char *equals = strchr(argv[*i], '=');
    if (o->flag) {
        if (equals)
            return usage_error("superfluous-option-value", argv[*i], "this option takes no value",
                               NULL);
        *o->flag = true;
        return EXIT_OK;
    }
    const char *value = equals ? equals + 1 : *i + 1 < argc ? argv[++*i] : "";
    if (!*value)
        return usage_error("missing-option-value", o->name, "this option wants a value", NULL);
    if (o->number)
        return set_number(o->name, value, o->number);
    *o->text = value;
    return EXIT_OK;
}

/* An option of `reap gc`, or an input. */
static int pass_on(struct source *s, int argc, char **argv, int *i, bool only_files)
{
    const char *name, *value;
    bool needs_value;
    int status = open_run(s);
    if (status != EXIT_OK)
        return status;
    enum reap_status st;
    if (!only_files && reap_option_match(REAP_PRODUCT_GC, argv[*i], &name, &value, &needs_value)) {
        if (needs_value && *i + 1 < argc)
            value = argv[++*i];
        st = reap_option(s->r, name, value);
    } else {
        st = reap_add_input(s->r, argv[*i]);
        s->n_inputs++;
    }
    return exit_of(st);
}

int source_read(struct source *s, const struct word_option *options, int argc, char **argv)
{
    const struct word_option common[] = {
        {"--db", NULL, &s->db, NULL},     {"--format", NULL, &s->format, NULL},
        {"--help", &s->help, NULL, NULL}, {"-h", &s->help, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    bool only_files = false;
    for (int i = 1; i < argc; i++) {
        size_t n = strcspn(argv[i], "=");
        const struct word_option *o = NULL;
        int status;
        if (!only_files && !strcmp(argv[i], "--")) {
            only_files = true;
            continue;
        }
        if (!only_files && !(o = find_option(options, argv[i], n)))
            o = find_option(common, argv[i], n);
        if (o)
            status = set_option(o, argc, argv, &i);
        else if (s->n_words < s->max_words && (only_files || argv[i][0] != '-')) {
            s->words[s->n_words++] = argv[i];
            status = EXIT_OK;
        } else
            status = pass_on(s, argc, argv, &i, only_files);
        if (status != EXIT_OK)
            return status;
    }
    return EXIT_OK;
}

int source_open(struct source *s, struct reap_view **ret)
{
    if (s->db && s->n_inputs)
        return usage_error("two-sources", s->db, "a database and inputs exclude each other", NULL);
    if (s->db)
        return exit_of(reap_view_open(s->db, reap_print_diag, program, ret));
    if (!s->n_inputs)
        return usage_error("no-source", NULL, "what shall be looked at?",
                           "give a report database (--db FILE), or objects and archives");
    enum reap_disposition what = REAP_PASS_THROUGH;
    const char *why = NULL;
    enum reap_status st = reap_analyse(s->r, &what, &why);
    if (st == REAP_OK && what == REAP_PASS_THROUGH) {
        struct reap_diag d = {sizeof d, REAP_ERROR, "cannot-collect", NULL, why, NULL};
        reap_print_diag(program, &d);
        return EXIT_FAILED;
    }
    return exit_of(st == REAP_OK ? reap_view_of_run(s->r, ret) : st);
}

void source_close(struct source *s, struct reap_view *v)
{
    reap_view_close(v);
    reap_free(s->r);
}

int table_style(const struct source *s, struct reap_table_style *ret)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS"), *term = getenv("TERM");
    if (s->format && !reap_format_parse(s->format, &ret->format))
        return usage_error("bad-option-value", s->format, "--format wants text, json, csv or md",
                           NULL);
    bool terminal = isatty(STDOUT_FILENO);
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        ret->columns = size.ws_col;
    else if (columns && atoi(columns) > 0)
        ret->columns = (unsigned)atoi(columns);
    ret->colour = terminal && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
    return EXIT_OK;
}

int source_table(struct source *s, const struct word_option *options, int argc, char **argv,
                 void (*help)(FILE *out), struct reap_table_style *ret_style,
                 struct reap_view **ret)
{
    int status = source_read(s, options, argc, argv);
    if (status == EXIT_OK && s->help) {
        help(stdout);
        return EXIT_OK;
    }
    if (status == EXIT_OK)
        status = table_style(s, ret_style);
    return status == EXIT_OK ? source_open(s, ret) : status;
}
