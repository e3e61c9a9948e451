/* filemap.h: files mapped read-only (MAP_PRIVATE). */
#ifndef RP_ELF_FILEMAP_H
#define RP_ELF_FILEMAP_H

#include "util/ctx.h"

#include <stdint.h>
#include <sys/types.h>

struct rp_map {
    char *path; /* owned */
    const uint8_t *data;
    uint64_t size; /* bytes */
    dev_t dev;
    ino_t ino;
};

/* Regular files only. Errors name the path and strerror. An empty file maps with size 0. */
enum reap_status rp_map_open(struct rp_ctx *ctx, struct rp_map *ret, const char *path);
void rp_map_close(struct rp_map *m);

#endif
