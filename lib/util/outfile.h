/* outfile.h: output files that appear whole or not at all, and the private temporary directory.
 *
 * An output is written to a temporary name in the target's own folder and renamed over the target
 * by rp_out_commit; rp_out_abort removes it. The temporary directory and uncommitted outputs are
 * in a process-wide list that the signal handlers of the front ends clean up by
 * rp_cleanup_async(), which is async-signal-safe (system calls alone, names fixed beforehand). A
 * target that exists and is no regular file (/dev/null, a FIFO) is written in place.
 */
#ifndef RP_UTIL_OUTFILE_H
#define RP_UTIL_OUTFILE_H

#include "util/ctx.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/uio.h>

struct rp_cleanup;

struct rp_out {
    char *path, *temp; /* owned; temp is NULL when the target is written in place */
    int fd;
    struct rp_cleanup *cleanup; /* where temp stands in the list, or NULL */
    FILE *stream;               /* made by rp_out_stream on demand, else NULL */
};

/* "-" as path means standard output, written through directly. mode: permission bits. */
enum reap_status rp_out_open(struct rp_ctx *ctx, struct rp_out *out, const char *path,
                             unsigned mode);
FILE *rp_out_stream(struct rp_out *out);
enum reap_status rp_out_write(struct rp_ctx *ctx, struct rp_out *out, const void *data, size_t n);
/* Several pieces in one call; iov is used up (changed). The stream must not have been used. */
enum reap_status rp_out_writev(struct rp_ctx *ctx, struct rp_out *out, struct iovec *iov, size_t n);
/* The same at an offset, by any thread; the file's own position stays. */
enum reap_status rp_out_pwritev(struct rp_ctx *ctx, struct rp_out *out, uint64_t at,
                                struct iovec *iov, size_t n);
/* Flush, check every error (disk full included), rename. */
enum reap_status rp_out_commit(struct rp_ctx *ctx, struct rp_out *out);
void rp_out_abort(struct rp_out *out);

/* A private directory (0700, mkdtemp under TMPDIR, else /tmp). Everything below is removed by
 * rp_tempdir_remove. Sub-folders are numbered: rp_tempdir_path(d, 3, "libx.a") makes
 * "DIR/3/libx.a" (the folder is created; the string is owned by the arena of the directory). */
struct rp_tempdir;
enum reap_status rp_tempdir_make(struct rp_ctx *ctx, struct rp_tempdir **ret);
const char *rp_tempdir_name(const struct rp_tempdir *d);
enum reap_status rp_tempdir_path(struct rp_ctx *ctx, struct rp_tempdir *d, unsigned number,
                                 const char *base, const char **ret_path);
void rp_tempdir_remove(struct rp_tempdir *d); /* NULL is allowed */

void rp_cleanup_async(void);

#endif
