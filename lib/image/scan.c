/* scan.c: whatever looks like a direct branch of x86 to exactly a symbol.
 *
 * Why: decoding from the start of an atom is out of step behind data amid code, and where an atom
 * does not start at an instruction. A branch that it misses would be somebody's crash. So every
 * byte is taken for the start of a branch (of short ones those alone that branches.c cannot rule
 * out); when the target is a symbol of another atom it counts.
 * Some of these are no branches, and keep a function too many: an edge says that only the scan
 * found it.
 *
 * Entry: rp_image_scan.
 */
#include "image/branches.h"

#include "util/checked.h"

/* What a direct branch at p would look like: bytes up to the distance, and its bytes; 0 = none.
 * SDM volume 2: call and jmp rel32, jmp rel8, jcc rel8, jcc rel32, loop and jrcxz. */
static unsigned opcode_bytes(const uint8_t *p, uint64_t n, unsigned *ret_width)
{
    *ret_width = 1;
    if (p[0] == 0xeb || (p[0] & 0xf0) == 0x70 || (p[0] >= 0xe0 && p[0] <= 0xe3))
        return n >= 2 ? 1 : 0;
    *ret_width = 4;
    if (p[0] == 0xe8 || p[0] == 0xe9)
        return n >= 5 ? 1 : 0;
    return p[0] == 0x0f && n >= 6 && (p[1] & 0xf0) == 0x80 ? 2 : 0;
}

bool rp_image_scan(const struct rp_image *im, rp_id node, const uint8_t *bytes,
                   const uint8_t *starts, const struct rp_image_knowns *known, size_t decoded,
                   struct rp_image_edges *out)
{
    uint64_t base = rp_image_node_addr(im, node), size = im->m->nodes.v[node].size;
    size_t found = out->v.n; /* decoded edges end here */
    for (uint64_t off = 0; off < size; off++) {
        unsigned width, head = opcode_bytes(bytes + off, size - off, &width);
        if (!head || (starts && (width == 1 || (starts[off / 8] >> off % 8 & 1))))
            continue;
        const uint8_t *p = bytes + off + head;
        uint64_t place = base + off + head;
        int64_t distance = width == 1 ? (int8_t)p[0] : (int32_t)rp_load32(p);
        uint64_t target = place + width + (uint64_t)distance;
        if (target - base < size)
            continue;
        rp_id to = rp_image_code_at(im, target);
        if (!to || to == node)
            continue;
        while (decoded < found && out->v.v[decoded].addr < place)
            decoded++;
        if ((decoded < found && out->v.v[decoded].addr == place && out->v.v[decoded].to == to) ||
            rp_image_is_known(known, place, to))
            continue;
        if (!rp_image_add_edge(out, node, to, RP_EDGE_RELOC, RP_IMAGE_SCAN, 0, place))
            return false;
    }
    return true;
}
