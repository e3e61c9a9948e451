/* diag.c: the diagnostic printer that the front ends hand to the engine. */
#include "reap/reap.h"

#include <stdio.h>

void reap_print_diag(void *user, const struct reap_diag *diag)
{
    static const char *const severities[] = {"note", "warning", "error"};
    const char *program = user ? user : "reap";
    const char *where = diag->where ? diag->where : "";
    flockfile(stderr); /* one message, one piece, beside the linker's own */
    fprintf(stderr, "%s: %s: %s%s%s [%s]\n", program, severities[diag->severity], where,
            *where ? ": " : "", diag->text, diag->code);
    if (diag->remedy)
        fprintf(stderr, "%s:   %s\n", program, diag->remedy);
    funlockfile(stderr);
}
