/* output.h: between choosing the outputs (output.c) and writing them (output_write.c); private to
 * lib/pass. */
#ifndef RP_PASS_OUTPUT_H
#define RP_PASS_OUTPUT_H

#include "elf/archive.h"
#include "pass/pass.h"

/* A file to be written. */
struct rp_output_file {
    const char *path;
    bool is_archive;    /* else it is the one object */
    const rp_id *files; /* objects in it, in order; borrowed */
    uint32_t n_files;
};

/* Write the files, each object rewritten or copied as the plan says. On failure some are there. */
enum reap_status rp_output_write_files(const struct rp_model *m, const struct rp_marks *marks,
                                       const struct rp_plan *plan,
                                       const struct rp_output_file *files, size_t n);

#endif
