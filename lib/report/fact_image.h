/* fact_image.h: what `reap image` found and did beside the facts that all runs share. */
#ifndef RP_REPORT_FACT_IMAGE_H
#define RP_REPORT_FACT_IMAGE_H

#include "util/vec.h"

#include <stdint.h>

enum { RP_IMAGE_MAX_COUNTS = 12, RP_IMAGE_PACKS = 4 };

struct rp_fact_count {
    const char *name; /* static */
    uint64_t n;
};

struct rp_fact_pages {
    uint64_t addr, size; /* bytes, whole pages of 4 KiB */
};

struct rp_fact_image {
    bool is_image;   /* false: the run was about something else */
    bool is_written; /* false: the image was only analysed; the counts say what would happen */
    bool is_zero;    /* filled with zeros instead of traps */
    uint64_t n_code, code_bytes;           /* dead code and its bytes that are filled */
    uint64_t n_data, data_bytes;           /* the same for data */
    uint64_t n_data_left, data_left_bytes; /* dead data that stays: --data was not given */
    uint64_t n_filled_before;              /* of what is filled: an earlier run had done it */
    uint64_t protected_bytes;              /* within dead code, verified by self-patching code */
    uint64_t n_relocs, n_symbols, n_reloc_sections; /* neutralised, and gone */
    uint64_t n_pages[3];                            /* whole dead pages: 4 KiB, 64 KiB, 2 MiB */
    uint64_t punched;                               /* bytes given back to the file system */
    uint64_t file_before, file_after;
    RP_VEC(struct rp_fact_pages) pages; /* runs of them, by rising address */

    struct rp_fact_count edges[RP_IMAGE_MAX_COUNTS]; /* by how they were found */
    uint32_t n_edges;
    uint64_t n_stale; /* kept relocations that the contents contradict */

    bool has_sizes;
    const char *pack[RP_IMAGE_PACKS];                       /* "raw", "gzip -9", …; static */
    uint64_t before[RP_IMAGE_PACKS], after[RP_IMAGE_PACKS]; /* of the loaded bytes; 0 = not known */
};

/* The single numbers under their names in JSON and in the database (json_image.c). */
enum { RP_IMAGE_N_COUNTS = 18 };
void rp_image_counts(const struct rp_fact_image *im, struct rp_fact_count ret[RP_IMAGE_N_COUNTS]);

#endif
