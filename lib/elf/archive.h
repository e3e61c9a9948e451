/* archive.h: ar(5) archives: GNU and BSD long names, SysV and 64-bit indexes, thin archives.
 *
 * Read by ourselves: libelf 0.188 does not see a thin archive as an archive. */
#ifndef RP_ELF_ARCHIVE_H
#define RP_ELF_ARCHIVE_H

#include "elf/filemap.h"
#include "util/arena.h"
#include "util/ctx.h"
#include "util/outfile.h"

#include <stdbool.h>
#include <stdint.h>

struct rp_member {
    const char *name;       /* member name without the trailing slash; data, never a pattern */
    const char *path;       /* thin archives: path of the member file (relative to the archive's
                               folder, resolved), else NULL */
    uint64_t header_offset; /* bytes from the start of the archive; what the index names */
    uint64_t offset, size;  /* contents; offset 0 for a thin member */
};

struct rp_armap_entry {
    const char *name; /* inside the map */
    uint32_t member;  /* index into members */
};

struct rp_archive {
    const char *path;
    bool thin;
    bool has_index; /* an index was there, even an empty one */
    struct rp_member *members;
    uint32_t n_members;
    struct rp_armap_entry *index; /* in file order */
    uint32_t n_index;
    struct rp_arena arena;
};

/* Bounds, headers, name table and index are checked; index entries that name no member are an
 * error. `map` must outlive the archive. */
enum reap_status rp_archive_open(struct rp_ctx *ctx, struct rp_archive *ret,
                                 const struct rp_map *map);
void rp_archive_close(struct rp_archive *a);

/* Write a regular GNU archive with deterministic headers (date, uid, gid 0, mode 644) and a
 * symbol index. Contents are written from where they lie (writev), not copied together. */
struct rp_archive_item {
    const char *name;
    const uint8_t *data;
    uint64_t size;
    const char *const *defined; /* names for the index */
    uint32_t n_defined;
};
enum reap_status rp_archive_write(struct rp_ctx *ctx, const char *path,
                                  const struct rp_archive_item *items, uint32_t n_items);

/* An archive with an empty index that is written member after member. */
enum { RP_ARCHIVE_HEADER = 60 };
struct rp_archive_out {
    struct rp_out out;
    char (*headers)[RP_ARCHIVE_HEADER]; /* [n_items]; the sizes are filled in by rp_archive_put */
    uint32_t n_items;
    uint64_t at; /* where the first member goes; the caller may move it on */
};

/* Open the file and write what stands before the members. Of the items only the names count; the
 * size may be 0. Mode 0600. On failure there is nothing to abort. */
enum reap_status rp_archive_start(struct rp_ctx *ctx, struct rp_archive_out *a, const char *path,
                                  const struct rp_archive_item *items, uint32_t n_items);
/* Bytes that a member of `size` bytes takes, its header and padding counted. */
uint64_t rp_archive_room(uint64_t size);
/* Write n consecutive members, the first of which is number `first`, at offset `at`. Threads may
 * write different members at once. */
enum reap_status rp_archive_put(struct rp_ctx *ctx, struct rp_archive_out *a, uint64_t at,
                                uint32_t first, const struct rp_archive_item *items, uint32_t n);
/* Close it, check every error, put it in place. On failure there is nothing to abort. */
enum reap_status rp_archive_finish(struct rp_ctx *ctx, struct rp_archive_out *a);
void rp_archive_abort(struct rp_archive_out *a);

#endif
