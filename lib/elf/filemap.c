/* filemap.c: whole files mapped read-only.
 *
 * Mapping spares the copy and leaves what nobody looks at on the disk. MAP_PRIVATE: a file that
 * somebody replaces by rename stays as it was. One that is truncated while mapped raises SIGBUS,
 * as it does for every linker.
 */
#include "elf/filemap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t empty_file[1];

static enum reap_status fail_errno(struct rp_ctx *ctx, const char *path, const char *what)
{
    return rp_fail(ctx, REAP_ERR_IO, "cannot-read", rp_at(path), "%s: %s", what, strerror(errno));
}

/* Map the open fd into *m, whose path is set. */
static enum reap_status map_fd(struct rp_ctx *ctx, struct rp_map *m, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return fail_errno(ctx, m->path, "cannot read");
    if (!S_ISREG(st.st_mode))
        return rp_fail(ctx, REAP_ERR_IO, "not-a-file", rp_at(m->path),
                       S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
    m->dev = st.st_dev;
    m->ino = st.st_ino;
    m->size = (uint64_t)st.st_size;
    m->data = empty_file;
    if (m->size == 0)
        return REAP_OK;
    void *p = mmap(NULL, (size_t)m->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return fail_errno(ctx, m->path, "cannot map");
    m->data = p;
    return REAP_OK;
}

enum reap_status rp_map_open(struct rp_ctx *ctx, struct rp_map *ret, const char *path)
{
    /* O_NONBLOCK: opening a FIFO that nobody writes to must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail_errno(ctx, path, "cannot open");
    struct rp_map m = {.path = strdup(path)};
    enum reap_status st = m.path ? map_fd(ctx, &m, fd) : rp_nomem(ctx);
    close(fd);
    if (st == REAP_OK)
        *ret = m;
    else
        free(m.path);
    return st;
}

void rp_map_close(struct rp_map *m)
{
    if (m->size)
        munmap((void *)(uintptr_t)m->data, (size_t)m->size);
    free(m->path);
    memset(m, 0, sizeof *m);
}
