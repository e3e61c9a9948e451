/* fill_write.c: the filled image as a file that appears whole or not at all.
 *
 * With zeros whole blocks of the file are given back to the file system (fallocate(2),
 * FALLOC_FL_PUNCH_HOLE), which changes no content: a hole reads as zeros. A file system that
 * cannot do that says so, and the file keeps its blocks.
 *
 * Entry: rp_fill_write.
 */
#include "image/fill_private.h"

#include "util/checked.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { BLOCK = 4096 };

static enum reap_status write_stripped(struct rp_fill *f, struct rp_out *out)
{
    static const uint8_t zeros[BLOCK];
    uint64_t at = f->fixed;
    enum reap_status st = rp_out_write(f->ctx, out, f->copy, f->fixed);
    for (size_t i = 0; i < f->pieces.n && !st; i++) {
        const struct rp_fill_piece *p = &f->pieces.v[i];
        uint64_t to = rp_load64(f->shdrs + (uint64_t)f->new_shndx[p->shndx] * 64 + 24);
        st = rp_out_write(f->ctx, out, zeros, to - at);
        if (!st)
            st = rp_out_write(f->ctx, out, p->bytes, p->size);
        at = to + p->size;
    }
    if (!st)
        st = rp_out_write(f->ctx, out, zeros, rp_load64(f->copy + 40) - at);
    return st ? st : rp_out_write(f->ctx, out, f->shdrs, (uint64_t)f->n_shdrs * 64);
}

/* Whole blocks of filled bytes that touch in the file. */
static uint64_t punch(const struct rp_fill *f, int fd)
{
    uint64_t punched = 0;
    for (size_t i = 0; i < f->spans.n;) {
        uint64_t from = f->spans.v[i].offset, to = from, first;
        for (; i < f->spans.n && f->spans.v[i].offset == to; i++)
            to += f->spans.v[i].size;
        if (!rp_align(from, BLOCK, &first) || first >= to || to - first < BLOCK)
            continue;
        uint64_t n = (to - first) / BLOCK * BLOCK;
        if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)first, (off_t)n))
            return punched;
        punched += n;
    }
    return punched;
}

enum reap_status rp_fill_write(struct rp_fill *f, const char *path)
{
    struct stat sb;
    struct rp_out out;
    mode_t mode = stat(f->im->e->name, &sb) == 0 ? sb.st_mode & 0777 : 0755;
    enum reap_status st = rp_out_open(f->ctx, &out, path, mode);
    if (st)
        return st;
    st = f->is_stripped ? write_stripped(f, &out) : rp_out_write(f->ctx, &out, f->copy, f->size);
    if (!st && f->o->zero && out.temp)
        f->ret->punched = punch(f, out.fd);
    if (st) {
        rp_out_abort(&out);
        return st;
    }
    return rp_out_commit(f->ctx, &out);
}
