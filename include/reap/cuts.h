/* cuts.h: which references are worth cutting, and what changed from one link to the next.
 *
 * Structs of options start with their size; zeroed fields mean the defaults.
 */
#ifndef REAP_CUTS_H
#define REAP_CUTS_H

#include "reap/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

struct reap_cuts_options {
    size_t size;
    const char *by;        /* a level: "archive", "object" (default), "section", "symbol" */
    const char *from, *to; /* only references from, to these things; NULL = all */
    unsigned sets;         /* 1 (default): single references; 2: pairs that pay only together */
    const char *what_if; /* "cut=A->B,cut=…,stub=SYMBOL": what all of that together would save */
    struct reap_table_style style;
};
/* The references that alone keep something, by the bytes that would go if they were cut; before
 * them the archive members that only removed sections ask for. With what_if: what would go. */
enum reap_status reap_cuts(struct reap_view *v, const struct reap_cuts_options *opts, FILE *out);

/* Make the cuts, of what_if or the first style.max of the list: write the objects anew with the
 * references naming a stub that traps, run the command that links (the program first), and show the
 * measured sizes beside the predicted ones. Cuts between objects or archives only. */
enum reap_status reap_verify_cuts(struct reap_view *v, const struct reap_cuts_options *opts,
                                  const char *const *command, size_t n_command, FILE *out);

struct reap_diff_options {
    size_t size;
    struct reap_table_style style;
};
/* What became live and what died from one database to another, and which new reference or root is
 * to blame. *ret_growth: bytes in memory, negative when it shrank. */
enum reap_status reap_diff(struct reap_view *before, struct reap_view *after,
                           const struct reap_diff_options *opts, FILE *out, int64_t *ret_growth);

#ifdef __cplusplus
}
#endif
#endif
