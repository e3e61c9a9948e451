/* fill_private.h: between fill.c, fill_strip.c and fill_write.c. */
#ifndef RP_IMAGE_FILL_PRIVATE_H
#define RP_IMAGE_FILL_PRIVATE_H

#include "image/fill.h"

/* Bytes that are filled, within one atom. */
struct rp_fill_span {
    uint64_t addr, offset, size; /* offset: in the file */
    rp_id node;
    bool is_code;
};

/* A section of the output that does not stand where it stood. */
struct rp_fill_piece {
    uint32_t shndx;       /* number in the input */
    const uint8_t *bytes; /* of the copy, or owned */
    uint64_t size;
    uint8_t *owned; /* or NULL */
};

struct rp_fill {
    struct rp_ctx *ctx;
    const struct rp_image *im;
    const struct rp_fill_options *o;
    struct rp_fill_result *ret;
    uint8_t *copy; /* of the whole input; filled in place */
    uint64_t size;
    RP_VEC(struct rp_fill_span) spans; /* by rising address */

    /* fill_strip.c: the output is the copy up to `fixed`, then the pieces, each at its alignment,
     * then the section table. Without pieces it is the copy. */
    bool is_stripped;
    uint64_t fixed;
    RP_VEC(struct rp_fill_piece) pieces;
    uint8_t *shdrs; /* the new section table, sh_offset of the pieces still to be set */
    uint32_t n_shdrs;
    uint32_t *new_shndx; /* by number in the input; 0 = gone */
};

/* The span that holds an address, NULL = none. */
const struct rp_fill_span *rp_fill_span_at(const struct rp_fill *f, uint64_t addr);

/* fill_strip.c: relocations for filled bytes become R_*_NONE in the copy; then, as asked, symbols
 * and relocation sections go. */
enum reap_status rp_fill_strip(struct rp_fill *f);

/* fill_write.c */
enum reap_status rp_fill_write(struct rp_fill *f, const char *path);

#endif
