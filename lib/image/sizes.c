/* sizes.c: the sizes of an image as it is shipped: compressed.
 *
 * Why: filling moves nothing, so an image does not get smaller by itself; what gets smaller is what
 * it is packed into: a bzImage, a firmware update. How: the file contents of the LOAD segments are
 * put one after the other, before and after, and packed by zlib, liblzma and libzstd with what
 * people use: gzip -9, xz -6, zstd -19. Six independent jobs, one a thread; only the lengths are
 * kept. The output goes through a small buffer, so that memory is that of the packers (xz 95 MiB,
 * zstd 80 MiB at these levels, see xz(1) and zstd's manual) and one copy of the bytes.
 *
 * Entry: rp_sizes_measure.
 */
#include "image/sizes.h"

#include "elf/elf_linked.h"
#include "util/checked.h"
#include "util/pool.h"

#include <limits.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#ifdef REAP_HAVE_ZSTD
#include <zstd.h>
#endif

enum { OUT_BYTES = 1 << 16 };

struct bytes {
    uint8_t *v;
    uint64_t n;
};

struct job {
    struct rp_ctx *ctx;
    struct bytes in[2]; /* before, after */
    uint64_t out[2][RP_N_PACKS];
};

const char *rp_pack_name(enum rp_pack p)
{
    static const char *const names[RP_N_PACKS] = {"raw", "gzip -9", "xz -6", "zstd -19"};
    return (unsigned)p < RP_N_PACKS ? names[p] : "?";
}

/* --- the loaded bytes ------------------------------------------------------------------------ */

static int by_addr(const void *a, const void *b)
{
    const struct rp_segment *x = a, *y = b;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Both copies, from the same places. */
static enum reap_status loaded_bytes(struct rp_ctx *ctx, const struct rp_elf *e,
                                     const uint8_t *after, struct bytes ret[2])
{
    struct rp_segment *segs = NULL;
    uint32_t n = 0, k = 0;
    uint64_t total = 0;
    enum reap_status st = rp_elf_segments(ctx, e, &segs, &n);
    if (st)
        return st;
    for (uint32_t i = 0; i < n; i++)
        if (segs[i].type == PT_LOAD && segs[i].file_size)
            segs[k++] = segs[i];
    if (k)
        qsort(segs, k, sizeof *segs, by_addr);
    /* Segments lie in the file; that many could still share its bytes. */
    for (uint32_t i = 0; i < k && !st; i++)
        if (!rp_add(total, segs[i].file_size, &total) || total / 4 > e->size)
            st = rp_fail(ctx, REAP_ERR_INPUT, "bad-program-headers", rp_at(e->name),
                         "segments overlap in the file");
    for (int which = 0; which < 2 && !st; which++) {
        ret[which].v = malloc(total ? total : 1);
        if (!ret[which].v) {
            st = rp_nomem(ctx);
            break;
        }
        for (uint32_t i = 0; i < k; i++) {
            memcpy(ret[which].v + ret[which].n, (which ? after : e->data) + segs[i].offset,
                   segs[i].file_size);
            ret[which].n += segs[i].file_size;
        }
    }
    free(segs);
    return st;
}

/* --- the packers: bytes that come out, 0 on failure ------------------------------------------ */

static uint64_t gzip_size(const struct bytes *in)
{
    enum { GZIP_HEADER = 16 }; /* added to the window bits: a gzip stream (zlib.h) */
    uint8_t out[OUT_BYTES];
    uint64_t n = 0, at = 0;
    z_stream z = {0};
    if (deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + GZIP_HEADER, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    int rc = Z_OK;
    while (rc == Z_OK) {
        if (!z.avail_in && at < in->n) {
            z.next_in = in->v + at;
            z.avail_in = (uInt)(in->n - at < UINT_MAX ? in->n - at : UINT_MAX);
            at += z.avail_in;
        }
        z.next_out = out;
        z.avail_out = sizeof out;
        rc = deflate(&z, at == in->n ? Z_FINISH : Z_NO_FLUSH);
        n += sizeof out - z.avail_out;
    }
    deflateEnd(&z);
    return rc == Z_STREAM_END ? n : 0;
}

static uint64_t xz_size(const struct bytes *in)
{
    uint8_t out[OUT_BYTES];
    uint64_t n = 0;
    lzma_stream z = LZMA_STREAM_INIT;
    if (lzma_easy_encoder(&z, 6, LZMA_CHECK_CRC64) != LZMA_OK)
        return 0;
    z.next_in = in->v;
    z.avail_in = in->n;
    lzma_ret rc = LZMA_OK;
    while (rc == LZMA_OK) {
        z.next_out = out;
        z.avail_out = sizeof out;
        rc = lzma_code(&z, LZMA_FINISH);
        n += sizeof out - z.avail_out;
    }
    lzma_end(&z);
    return rc == LZMA_STREAM_END ? n : 0;
}

#ifdef REAP_HAVE_ZSTD
static uint64_t zstd_size(const struct bytes *in)
{
    uint8_t out[OUT_BYTES];
    uint64_t n = 0;
    ZSTD_CCtx *z = ZSTD_createCCtx();
    ZSTD_inBuffer from = {in->v, in->n, 0};
    size_t left = z ? ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, 19) : 0;
    bool ok = z && !ZSTD_isError(left) && !ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(z, in->n));
    for (left = 1; ok && left;) {
        ZSTD_outBuffer to = {out, sizeof out, 0};
        left = ZSTD_compressStream2(z, &to, &from, ZSTD_e_end);
        ok = !ZSTD_isError(left);
        n += to.pos;
    }
    ZSTD_freeCCtx(z);
    return ok ? n : 0;
}
#endif

static enum reap_status run_job(void *arg, size_t i)
{
    struct job *j = arg;
    size_t which = i & 1;
    enum rp_pack p = (enum rp_pack)(RP_N_PACKS - 1 - i / 2); /* the slow ones first */
    const struct bytes *in = &j->in[which];
    uint64_t n = 0;
    switch (p) {
    case RP_PACK_GZIP: n = gzip_size(in); break;
    case RP_PACK_XZ: n = xz_size(in); break;
    case RP_PACK_ZSTD:
#ifdef REAP_HAVE_ZSTD
        n = zstd_size(in);
        break;
#else
        return REAP_OK; /* 0: not built in */
#endif
    default: n = in->n; break;
    }
    j->out[which][p] = n;
    return n || p == RP_PACK_RAW ? REAP_OK : rp_nomem(j->ctx);
}

enum reap_status rp_sizes_measure(struct rp_ctx *ctx, const struct rp_elf *e, const uint8_t *after,
                                  struct rp_sizes *ret)
{
    struct job j = {.ctx = ctx};
    enum reap_status st = loaded_bytes(ctx, e, after, j.in);
    if (!st)
        st = rp_parallel_in_order(ctx, (size_t)2 * RP_N_PACKS, run_job, &j);
    if (!st) {
        memcpy(ret->before, j.out[0], sizeof ret->before);
        memcpy(ret->after, j.out[1], sizeof ret->after);
    }
    free(j.in[1].v);
    free(j.in[0].v);
    return st;
}
