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

/* One image as bytes; its LOAD segments are read from the program headers, checked. */
struct rp_sizes_input {
    const uint8_t *data;
    uint64_t size;
};

/* Compress what the LOAD segments have in the file, one segment after the other by rising address
 * (for a kernel what `objcopy -O binary` gives, without the gaps between segments). Runs on the
 * threads of ctx; takes seconds. */
enum reap_status rp_sizes_measure(struct rp_ctx *ctx, const char *name,
                                  struct rp_sizes_input before, struct rp_sizes_input after,
                                  struct rp_sizes *ret);

#endif
