/* outfile.c: outputs that appear whole or not at all.
 *
 * A temporary file next to the target (same file system, so that rename(2) is atomic), made with
 * O_EXCL under an unpredictable name, and renamed when every write and the close have succeeded.
 * The kernel applies the umask to the permission bits. A target that is a symbolic link stays
 * one: the file it points to is replaced. A target that is a device or a FIFO is written in place,
 * since renaming over /dev/null would replace the device.
 */
#include "util/outfile.h"

#include "util/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static enum reap_status fail_errno(struct rp_ctx *ctx, const char *code, const char *path,
                                   const char *what, int err)
{
    return rp_fail(ctx, REAP_ERR_IO, code, rp_at(path), "%s: %s", what, strerror(err));
}

/* Create "DIR/.reap-RANDOM" in the folder of `target` and register it. */
static enum reap_status make_temp(struct rp_ctx *ctx, struct rp_out *out, const char *target,
                                  unsigned mode)
{
    const char *slash = strrchr(target, '/');
    int dir_len = slash ? (int)(slash - target) + 1 : 0;
    for (int tries = 0; tries < 100; tries++) {
        uint64_t random = 0;
        if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
            random = (uint64_t)getpid() << 32 | (uint64_t)tries;
        free(out->temp);
        if (asprintf(&out->temp, "%.*s.reap-%016" PRIx64, dir_len, target, random) < 0) {
            out->temp = NULL;
            return rp_nomem(ctx);
        }
        sigset_t old;
        rp_signals_hold(&old);
        out->fd = open(out->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        int err = errno;
        if (out->fd >= 0) {
            out->cleanup = rp_cleanup_add(out->temp, false);
            if (!out->cleanup)
                unlink(out->temp);
        }
        rp_signals_release(&old);
        if (out->fd >= 0)
            return out->cleanup ? REAP_OK : rp_nomem(ctx);
        if (err != EEXIST)
            return fail_errno(ctx, "cannot-create", target, "cannot create the file", err);
    }
    return fail_errno(ctx, "cannot-create", target, "cannot create the file", EEXIST);
}

/* Fill out->path, ->temp and ->fd for a named target. */
static enum reap_status open_named(struct rp_ctx *ctx, struct rp_out *out, unsigned mode)
{
    struct stat st;
    if (stat(out->path, &st) != 0)
        return make_temp(ctx, out, out->path, mode);
    if (S_ISDIR(st.st_mode))
        return fail_errno(ctx, "cannot-create", out->path, "cannot create the file", EISDIR);
    if (!S_ISREG(st.st_mode)) {
        out->fd = open(out->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return out->fd >= 0 ? REAP_OK
                            : fail_errno(ctx, "cannot-create", out->path, "cannot open", errno);
    }
    struct stat link;
    if (lstat(out->path, &link) == 0 && S_ISLNK(link.st_mode)) {
        char *real = realpath(out->path, NULL);
        if (!real)
            return fail_errno(ctx, "cannot-create", out->path, "cannot resolve", errno);
        free(out->path);
        out->path = real;
    }
    return make_temp(ctx, out, out->path, mode);
}

enum reap_status rp_out_open(struct rp_ctx *ctx, struct rp_out *out, const char *path,
                             unsigned mode)
{
    *out = (struct rp_out){.fd = -1, .path = strdup(path)};
    if (!out->path)
        return rp_nomem(ctx);
    enum reap_status st = REAP_OK;
    if (strcmp(path, "-") == 0) {
        fflush(stdout);
        out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        if (out->fd < 0)
            st = fail_errno(ctx, "cannot-create", "standard output", "cannot write", errno);
    } else {
        st = open_named(ctx, out, mode);
    }
    if (st != REAP_OK)
        rp_out_abort(out);
    return st;
}

FILE *rp_out_stream(struct rp_out *out)
{
    if (!out->stream) {
        out->stream = fdopen(out->fd, "w");
        if (out->stream)
            setvbuf(out->stream, NULL, _IOFBF, 1 << 16);
    }
    return out->stream;
}

enum reap_status rp_out_write(struct rp_ctx *ctx, struct rp_out *out, const void *data, size_t n)
{
    if (out->stream) {
        errno = 0;
        if (fwrite(data, 1, n, out->stream) != n)
            return fail_errno(ctx, "cannot-write", out->path, "cannot write", errno);
        return REAP_OK;
    }
    const char *p = data;
    while (n) {
        ssize_t k = write(out->fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return fail_errno(ctx, "cannot-write", out->path, "cannot write", k ? errno : ENOSPC);
        p += k;
        n -= (size_t)k;
    }
    return REAP_OK;
}

/* at: NULL for the file's own position, else where the pieces go. */
static enum reap_status write_pieces(struct rp_ctx *ctx, struct rp_out *out, const uint64_t *at,
                                     struct iovec *iov, size_t n)
{
    enum { BATCH = 512 }; /* IOV_MAX is 1024 on Linux */
    size_t i = 0;
    uint64_t done = 0;
    for (;;) {
        while (i < n && iov[i].iov_len == 0)
            i++;
        if (i == n)
            return REAP_OK;
        int batch = (int)(n - i < BATCH ? n - i : BATCH);
        ssize_t k = at ? pwritev(out->fd, iov + i, batch, (off_t)(*at + done))
                       : writev(out->fd, iov + i, batch);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return fail_errno(ctx, "cannot-write", out->path, "cannot write", k ? errno : ENOSPC);
        done += (uint64_t)k;
        for (size_t left = (size_t)k; left;) {
            size_t step = left < iov[i].iov_len ? left : iov[i].iov_len;
            iov[i].iov_base = (char *)iov[i].iov_base + step;
            iov[i].iov_len -= step;
            left -= step;
            i += iov[i].iov_len == 0;
        }
    }
}

enum reap_status rp_out_writev(struct rp_ctx *ctx, struct rp_out *out, struct iovec *iov, size_t n)
{
    return write_pieces(ctx, out, NULL, iov, n);
}

enum reap_status rp_out_pwritev(struct rp_ctx *ctx, struct rp_out *out, uint64_t at,
                                struct iovec *iov, size_t n)
{
    return write_pieces(ctx, out, &at, iov, n);
}

/* Write out what is buffered and close. The errno of the first failure, 0 = none. */
static int finish(struct rp_out *out)
{
    int err = 0;
    if (out->stream) {
        errno = 0;
        if (fflush(out->stream) != 0 || ferror(out->stream))
            err = errno ? errno : EIO; /* an earlier write failed: its errno is gone */
        if (fclose(out->stream) != 0 && !err)
            err = errno;
    } else if (out->fd >= 0 && close(out->fd) != 0 && errno != EINTR) {
        err = errno;
    }
    out->stream = NULL;
    out->fd = -1;
    return err;
}

enum reap_status rp_out_commit(struct rp_ctx *ctx, struct rp_out *out)
{
    enum reap_status st = REAP_OK;
    int err = finish(out);
    if (err)
        st = fail_errno(ctx, "cannot-write", out->path, "cannot write", err);
    if (st == REAP_OK && out->temp) {
        sigset_t old;
        rp_signals_hold(&old);
        if (rename(out->temp, out->path) == 0) {
            rp_cleanup_forget(out->cleanup);
            out->cleanup = NULL;
            free(out->temp);
            out->temp = NULL;
        } else {
            err = errno;
        }
        rp_signals_release(&old);
        if (err)
            st = fail_errno(ctx, "cannot-rename", out->path, "cannot put the file in place", err);
    }
    rp_out_abort(out);
    return st;
}

void rp_out_abort(struct rp_out *out)
{
    if (out->fd >= 0 || out->stream)
        finish(out);
    if (out->temp && out->cleanup)
        unlink(out->temp);
    rp_cleanup_forget(out->cleanup);
    free(out->temp);
    free(out->path);
    *out = (struct rp_out){.fd = -1};
}
