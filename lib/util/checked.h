/* checked.h: arithmetic on numbers read from files, and unaligned little-endian loads and stores.
 */
#ifndef RP_UTIL_CHECKED_H
#define RP_UTIL_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool rp_add(uint64_t a, uint64_t b, uint64_t *ret)
{
    return !__builtin_add_overflow(a, b, ret);
}
static inline bool rp_mul(uint64_t a, uint64_t b, uint64_t *ret)
{
    return !__builtin_mul_overflow(a, b, ret);
}
/* Whether [off, off + len) lies inside [0, size). */
static inline bool rp_in_range(uint64_t off, uint64_t len, uint64_t size)
{
    return off <= size && len <= size - off;
}
/* x rounded up to a multiple of align (a power of two, 0 counts as 1); false on overflow. */
static inline bool rp_align(uint64_t x, uint64_t align, uint64_t *ret)
{
    uint64_t a = align ? align : 1, y;
    if (!rp_add(x, a - 1, &y))
        return false;
    *ret = y & ~(a - 1);
    return true;
}

static inline uint16_t rp_load16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t rp_load32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t rp_load64(const uint8_t *p)
{
    return rp_load32(p) | (uint64_t)rp_load32(p + 4) << 32;
}
static inline void rp_store16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}
static inline void rp_store32(uint8_t *p, uint32_t v)
{
    rp_store16(p, (uint16_t)v);
    rp_store16(p + 2, (uint16_t)(v >> 16));
}
static inline void rp_store64(uint8_t *p, uint64_t v)
{
    rp_store32(p, (uint32_t)v);
    rp_store32(p + 4, (uint32_t)(v >> 32));
}

#endif
