/* gc.c: `reap gc`: relocatable objects and archives in, smaller ones out. */
#include "command.h"

#include <string.h>
#include <unistd.h>

void help_gc(FILE *out)
{
    fputs("usage: reap gc -o OUT.o IN.o\n"
          "       reap gc --out-dir DIR IN.o... IN.a...\n"
          "Write the inputs without the sections that nothing needs.\n"
          "What is needed follows from -e, -u, --export, --export-from and -T; without any of\n"
          "them every visible global symbol is a root. Archives come out as regular archives of\n"
          "the members of which anything is live, in their order. No input is changed.\n",
          out);
    reap_print_options(REAP_PRODUCT_GC, out);
}

struct gc {
    struct reap *r;
    unsigned n_inputs;
};

static int write_reports(struct gc *gc)
{
    enum reap_status st = reap_print_totals(gc->r, stdout);
    if (st == REAP_OK) {
        fflush(stdout); /* before a report on the same stream */
        st = reap_write_reports(gc->r);
    }
    if (st == REAP_OK && reap_has_option(gc->r, "stats", NULL))
        reap_print_stats(gc->r, stderr);
    return exit_of(st);
}

static int work(struct gc *gc)
{
    const char *output = NULL, *dir = NULL, *mode = NULL, *why = NULL;
    reap_has_option(gc->r, "output", &output);
    reap_has_option(gc->r, "out-dir", &dir);
    bool report_only = reap_has_option(gc->r, "mode", &mode) && strcmp(mode, "collect") != 0;
    if (!gc->n_inputs)
        return usage_error("no-inputs", NULL, "reap gc wants objects or archives",
                           "'reap help gc' tells how it is used");
    if (output && dir)
        return usage_error("two-outputs", NULL, "-o and --out-dir exclude each other", NULL);
    if (!output && !dir && !report_only)
        return usage_error("no-output", NULL, "where shall the result go?",
                           "give -o FILE for one object, --out-dir DIR for many");
    if (output && gc->n_inputs != 1)
        return usage_error("one-object", output, "-o takes exactly one object",
                           "use --out-dir for several inputs");
    enum reap_disposition what = REAP_PASS_THROUGH;
    enum reap_status st = reap_analyse(gc->r, &what, &why);
    if (st == REAP_OK && what == REAP_PASS_THROUGH && !report_only) {
        struct reap_diag d = {sizeof d, REAP_ERROR, "cannot-collect", NULL, why, NULL};
        reap_print_diag(program, &d);
        return EXIT_FAILED;
    }
    if (st == REAP_OK && !report_only)
        st = output ? reap_write_object(gc->r, output) : reap_write_objects(gc->r, dir);
    return st == REAP_OK ? write_reports(gc) : exit_of(st);
}

int command_gc(int argc, char **argv)
{
    struct gc gc = {0};
    struct reap_init init = {
        .size = sizeof init,
        .product = REAP_PRODUCT_GC,
        .diag = reap_print_diag,
        .diag_user = program,
        .progress = isatty(STDERR_FILENO),
    };
    enum reap_status st = reap_new(&init, &gc.r);
    if (st != REAP_OK)
        return exit_of(st);
    int status = exit_of(reap_options_from_environment(gc.r));
    if (status == EXIT_OK)
        status = read_inputs(gc.r, REAP_PRODUCT_GC, argc, argv, &gc.n_inputs);
    if (status == EXIT_OK) {
        if (reap_has_option(gc.r, "help", NULL))
            help_gc(stdout);
        else if (reap_has_option(gc.r, "version", NULL))
            printf("reap %s\n", REAP_VERSION);
        else
            status = work(&gc);
    }
    reap_free(gc.r);
    return status;
}
