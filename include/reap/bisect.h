/* bisect.h: which removals turn a test that passes into one that fails, found by experiment. */
#ifndef REAP_BISECT_H
#define REAP_BISECT_H

#include "reap/reap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Options start with their size; zeroed fields mean the defaults. */
struct reap_bisect_options {
    size_t size;
    const char *save;        /* the folder that --reap-save made */
    const char *const *test; /* the test command's words, NULL at the end */
    unsigned retries;        /* how often a test is repeated */
    double timeout_s;        /* of one run of the test; 0: 60 */
    bool json;               /* the result as JSON */
    bool restart;            /* forget what an interrupted run found out */
    bool quiet;              /* no progress */
    FILE *progress;          /* or NULL */
    reap_diag_fn diag;       /* may be NULL */
    void *diag_user;
};

/* How a bisection ended. */
enum reap_bisect_end {
    REAP_BISECT_FOUND,     /* culprits were found */
    REAP_BISECT_NO_FAIL,   /* the test passes with everything removed */
    REAP_BISECT_ALL_FAIL,  /* the test fails with nothing removed */
    REAP_BISECT_UNRESOLVED /* too many steps could not be decided */
};

/* Link with subsets of the removals, run the test with the program's path in REAP_OUTPUT, and
 * write the minimal sets of removals that make it fail. Exit status of the test: 0 passes, 125
 * decides nothing, everything else, a signal and a time-out fail. */
enum reap_status reap_bisect(const struct reap_bisect_options *options, FILE *out,
                             enum reap_bisect_end *ret_end);

#ifdef __cplusplus
}
#endif
#endif
