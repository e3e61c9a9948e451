/* sizes.h: how large an image is when it is compressed: what a boot image or an update gains. */
#ifndef RP_IMAGE_SIZES_H
#define RP_IMAGE_SIZES_H

#include "elf/elf_file.h"

enum rp_pack {
    RP_PACK_RAW,
    RP_PACK_GZIP, /* gzip -9 (zlib) */
    RP_PACK_XZ,   /* xz -6 (liblzma), without a filter for branches */
    RP_PACK_ZSTD, /* zstd -19; 0 where libzstd is not built in */
    RP_N_PACKS
};
const char *rp_pack_name(enum rp_pack p); /* "gzip -9" */

struct rp_sizes {
    uint64_t before[RP_N_PACKS], after[RP_N_PACKS]; /* bytes */
};

/* Compress what the LOAD segments have in the file, one segment after the other by rising address
 * (for a kernel what `objcopy -O binary` gives, without the gaps between segments): of the image
 * itself, and of `after`, which is the image with other bytes in the same places (at least as far
 * as the segments reach). Runs on the threads of ctx; takes seconds. */
enum reap_status rp_sizes_measure(struct rp_ctx *ctx, const struct rp_elf *e, const uint8_t *after,
                                  struct rp_sizes *ret);

#endif
