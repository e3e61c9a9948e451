/* elf_compress.c: compressed sections (gABI, Section Compression) and the older GNU form, a
 * section called .zdebug_* that starts with "ZLIB" and a big-endian size.
 *
 * zlib and zstd are called directly: libelf 0.188 knows no ELFCOMPRESS_ZSTD, and its
 * elf_compress works on a whole Elf, which is too slow for one of many sections. A header that
 * promises more than its stream could ever hold is malformed, so that no hostile size is
 * allocated.
 */
#include "elf/elf_internal.h"

#include "util/checked.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#ifdef REAP_HAVE_ZSTD
#include <zstd.h>
#endif

#define BAD(ctx, e, i, ...)                                                                        \
    rp_fail(ctx, REAP_ERR_INPUT, "bad-compression", rp_elf_at(e, i), __VA_ARGS__)

/* Most bytes that one compressed byte can stand for: deflate codes 258 bytes in two bits
 * (zlib.net, Technical Details: 1032 to 1); zstd a block of 128 KiB in four bytes (RFC 8878). */
enum { DEFLATE_RATIO = 1032, ZSTD_RATIO = 128 * 1024 / 4 };

static bool is_zdebug(const struct rp_elf *e, uint32_t shndx)
{
    const struct rp_shdr *s = &e->shdrs[shndx];
    return s->size >= 12 && !(s->flags & SHF_ALLOC) &&
           strncmp(rp_elf_shname(e, shndx), ".zdebug", 7) == 0 &&
           memcmp(rp_elf_bytes(e, shndx), "ZLIB", 4) == 0;
}

enum reap_status rp_elf_compression(struct rp_ctx *ctx, const struct rp_elf *e, uint32_t shndx,
                                    struct rp_compression *ret)
{
    const struct rp_shdr *s = &e->shdrs[shndx];
    struct rp_compression z = {.size = s->size};
    if (s->type == SHT_NOBITS || (!(s->flags & SHF_COMPRESSED) && !is_zdebug(e, shndx))) {
        *ret = z;
        return REAP_OK;
    }
    const uint8_t *p = rp_elf_bytes(e, shndx);
    bool is64 = e->elf_class == ELFCLASS64;
    uint64_t header = 12;
    z.is_compressed = true;
    if (s->flags & SHF_COMPRESSED) {
        header = is64 ? sizeof(Elf64_Chdr) : sizeof(Elf32_Chdr);
        if (s->size < header)
            return BAD(ctx, e, shndx, "ends inside the compression header");
        z.type = rp_load32(p);
        z.size = is64 ? rp_load64(p + 8) : rp_load32(p + 4);
    } else {
        z.type = ELFCOMPRESS_ZLIB;
        z.size = __builtin_bswap64(rp_load64(p + 4));
    }
    z.stream = p + header;
    z.stream_size = s->size - header;
    uint64_t ratio = z.type == ELFCOMPRESS_ZLIB ? DEFLATE_RATIO : ZSTD_RATIO;
    if (z.size / ratio > z.stream_size)
        return BAD(ctx, e, shndx, "0x%llx compressed bytes cannot hold 0x%llx",
                   (unsigned long long)z.stream_size, (unsigned long long)z.size);
    *ret = z;
    return REAP_OK;
}

/* zlib counts in 32 bits: hand it the buffers in slices. */
static uInt slice(uint64_t left)
{
    return left < (1u << 30) ? (uInt)left : 1u << 30;
}

static bool inflate_all(const struct rp_compression *z, uint8_t *out)
{
    z_stream zs = {0};
    if (inflateInit(&zs) != Z_OK)
        return false;
    uint64_t in_left = z->stream_size, out_left = z->size;
    uint8_t nothing;
    zs.next_in = (Bytef *)(uintptr_t)z->stream;
    zs.next_out = z->size ? out : &nothing;
    int rc = Z_OK;
    while (rc == Z_OK) {
        uInt in = slice(in_left), room = slice(out_left);
        zs.avail_in = in;
        zs.avail_out = room;
        rc = inflate(&zs, Z_NO_FLUSH);
        in_left -= in - zs.avail_in;
        out_left -= room - zs.avail_out;
        if (in == zs.avail_in && room == zs.avail_out)
            break; /* no progress: cut off, or more than was promised */
    }
    inflateEnd(&zs);
    return rc == Z_STREAM_END && out_left == 0;
}

static bool unzstd_all(const struct rp_compression *z, uint8_t *out)
{
#ifdef REAP_HAVE_ZSTD
    return ZSTD_decompress(out, (size_t)z->size, z->stream, (size_t)z->stream_size) == z->size;
#else
    (void)z, (void)out;
    return false;
#endif
}

static bool is_supported(unsigned type)
{
#ifdef REAP_HAVE_ZSTD
    if (type == RP_ELFCOMPRESS_ZSTD)
        return true;
#endif
    return type == ELFCOMPRESS_ZLIB;
}

enum reap_status rp_elf_contents(struct rp_ctx *ctx, const struct rp_elf *e, uint32_t shndx,
                                 const uint8_t **ret_bytes, uint64_t *ret_size, void **ret_owned)
{
    struct rp_compression z;
    enum reap_status st = rp_elf_compression(ctx, e, shndx, &z);
    if (st != REAP_OK)
        return st;
    if (!z.is_compressed) {
        *ret_bytes = rp_elf_bytes(e, shndx);
        *ret_size = z.size;
        *ret_owned = NULL;
        return REAP_OK;
    }
    if (!is_supported(z.type)) {
        rp_warn(ctx, "unsupported-compression", rp_elf_at(e, shndx),
                "compression type %u is not supported", z.type);
        return REAP_ERR_UNSUPPORTED;
    }
    uint8_t *out = malloc(z.size ? (size_t)z.size : 1);
    if (!out)
        return rp_nomem(ctx);
    if (!(z.type == ELFCOMPRESS_ZLIB ? inflate_all(&z, out) : unzstd_all(&z, out))) {
        free(out);
        return BAD(ctx, e, shndx, "the compressed data is damaged");
    }
    *ret_bytes = out;
    *ret_size = z.size;
    *ret_owned = out;
    return REAP_OK;
}

/* Compress into out[0, cap); the length, or 0 on failure. */
static uint64_t compress_stream(unsigned type, uint8_t *out, uint64_t cap, const uint8_t *bytes,
                                uint64_t size)
{
    if (type == ELFCOMPRESS_ZLIB) {
        uLongf n = (uLongf)cap;
        return compress2(out, &n, bytes, (uLong)size, Z_DEFAULT_COMPRESSION) == Z_OK ? n : 0;
    }
#ifdef REAP_HAVE_ZSTD
    size_t n = ZSTD_compress(out, (size_t)cap, bytes, (size_t)size, ZSTD_CLEVEL_DEFAULT);
    return ZSTD_isError(n) ? 0 : n;
#else
    return 0;
#endif
}

static uint64_t compress_bound(unsigned type, uint64_t size)
{
#ifdef REAP_HAVE_ZSTD
    if (type == RP_ELFCOMPRESS_ZSTD)
        return ZSTD_compressBound((size_t)size);
#else
    (void)type;
#endif
    return compressBound((uLong)size);
}

enum reap_status rp_elf_compress(struct rp_ctx *ctx, unsigned elf_class, unsigned ch_type,
                                 uint64_t addralign, const uint8_t *bytes, uint64_t size,
                                 uint8_t **ret_owned, uint64_t *ret_size)
{
    if (!is_supported(ch_type))
        return rp_fail(ctx, REAP_ERR_UNSUPPORTED, "unsupported-compression", rp_at(NULL),
                       "compression type %u is not supported", ch_type);
    bool is64 = elf_class == ELFCLASS64;
    uint64_t header = is64 ? sizeof(Elf64_Chdr) : sizeof(Elf32_Chdr);
    uint64_t bound = compress_bound(ch_type, size);
    uint8_t *out = bound < UINT64_MAX / 2 ? calloc(1, (size_t)(header + bound)) : NULL;
    if (!out)
        return rp_nomem(ctx);
    rp_store32(out, ch_type);
    if (is64) {
        rp_store64(out + 8, size);
        rp_store64(out + 16, addralign);
    } else {
        rp_store32(out + 4, (uint32_t)size);
        rp_store32(out + 8, (uint32_t)addralign);
    }
    uint64_t n = compress_stream(ch_type, out + header, bound, bytes, size);
    if (!n) {
        free(out);
        return rp_fail(ctx, REAP_ERR_INTERNAL, "cannot-compress", rp_at(NULL),
                       "the debug sections could not be compressed");
    }
    *ret_owned = out;
    *ret_size = header + n;
    return REAP_OK;
}
