/* branches.h: what branches.c and scan.c share. The entry is rp_image_branches(), image.h. */
#ifndef RP_IMAGE_BRANCHES_H
#define RP_IMAGE_BRANCHES_H

#include "image/image.h"

/* A reference that a relocation has told of already; or one from code to data, the other way. */
struct rp_image_known {
    uint64_t addr; /* of the field; or where it leads to */
    rp_id to;      /* or from */
};
struct rp_image_knowns {
    RP_VEC(struct rp_image_known) v; /* sorted */
};

bool rp_image_is_known(const struct rp_image_knowns *k, uint64_t addr, rp_id to);

/* scan.c: append to `out` what would be a direct branch of x86 from `node`, whose bytes are given,
 * to exactly a symbol in another atom of code, at whatever byte it begins. Not what relocations
 * have told of, nor what has been decoded: out->v.v[decoded ..] by rising address. starts: decoding
 * is in step, and bit n is set where an instruction starts; NULL: it may not be. */
bool rp_image_scan(const struct rp_image *im, rp_id node, const uint8_t *bytes,
                   const uint8_t *starts, const struct rp_image_knowns *known, size_t decoded,
                   struct rp_image_edges *out);

/* offsets.c: append functions that the bytes of `node` name by distances of 32 bits. starts: what
 * code refers to in data (addr), and by whom (to); empty for code. */
bool rp_image_offsets(const struct rp_image *im, rp_id node, const uint8_t *bytes, bool code,
                      const struct rp_image_knowns *starts, struct rp_image_edges *out);

#endif
