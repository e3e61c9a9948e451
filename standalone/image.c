/* image.c: `reap image`: what of a linked image is dead, and the same image with that filled. */
#include "command.h"

#include <string.h>
#include <unistd.h>

void help_image(FILE *out)
{
    fputs(
        "usage: reap image IN [-o OUT] [OPTIONS...]\n"
        "Find what nothing needs in an executable that is linked already, and fill it. The image\n"
        "must have been linked with its relocations kept (--emit-relocs, -q; gcc -Wl,-q), and\n"
        "have its symbols. Nothing moves: every address stays. Without -o the image is analysed\n"
        "alone. A Linux kernel (vmlinux) is recognised; give its vmlinux.lds by -T when at hand.\n"
        "x86-64 and AArch64.\n",
        out);
    reap_print_options(REAP_PRODUCT_IMAGE, out);
}

static int work(struct reap *r, unsigned n_inputs)
{
    const char *output = NULL;
    reap_has_option(r, "output", &output);
    if (n_inputs != 1)
        return usage_error("one-image", NULL, "reap image takes exactly one image",
                           "'reap help image' tells how it is used");
    enum reap_disposition what = REAP_PASS_THROUGH;
    enum reap_status st = reap_analyse(r, &what, NULL);
    if (st == REAP_OK)
        st = reap_write_image(r, output);
    if (st == REAP_OK && !(output && !strcmp(output, "-")))
        st = reap_print_image(r, stdout);
    if (st == REAP_OK) {
        fflush(stdout); /* before a report on the same stream */
        st = reap_write_reports(r);
    }
    if (st == REAP_OK && reap_has_option(r, "stats", NULL))
        reap_print_stats(r, stderr);
    return exit_of(st);
}

int command_image(int argc, char **argv)
{
    struct reap *r = NULL;
    unsigned n_inputs = 0;
    struct reap_init init = {
        .size = sizeof init,
        .product = REAP_PRODUCT_IMAGE,
        .diag = reap_print_diag,
        .diag_user = program,
        .progress = isatty(STDERR_FILENO),
    };
    enum reap_status st = reap_new(&init, &r);
    if (st != REAP_OK)
        return exit_of(st);
    int status = exit_of(reap_options_from_environment(r));
    if (status == EXIT_OK)
        status = read_inputs(r, REAP_PRODUCT_IMAGE, argc, argv, &n_inputs);
    if (status == EXIT_OK) {
        if (reap_has_option(r, "help", NULL))
            help_image(stdout);
        else if (reap_has_option(r, "version", NULL))
            printf("reap %s\n", REAP_VERSION);
        else
            status = work(r, n_inputs);
    }
    reap_free(r);
    return status;
}
