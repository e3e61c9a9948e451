/* cie.c: CIEs that lose their personality routine.
 *
 * Taking away the relocation alone would leave a CIE that says it has a personality routine and
 * points at nothing; GNU ld 2.40 refuses to index such a section. So the CIE is written as the
 * compiler writes it for code without cleanups: without P and L in its augmentation string and
 * their parts of the augmentation data (LSB Core, "The .eh_frame section"). What follows moves up,
 * and the freed bytes at the end are DW_CFA_nop. The length stays, so that nothing else moves.
 *
 * FDEs of such a CIE still hold the place of an LSDA pointer in their augmentation data; the length
 * in front of it has every reader step over it.
 *
 * Entry: rp_cie_without_personality.
 */
#include "table/table.h"

#include "util/checked.h"

#include <string.h>

/* Byte offsets into the CIE. */
struct cie {
    uint64_t string, string_end; /* of the augmentation; its NUL */
    uint64_t length;             /* of the augmentation data: one byte */
    uint64_t data, data_end;
};

/* Step over a LEB128; false when it does not end in the record. */
static bool skip_leb(const uint8_t *p, uint64_t size, uint64_t *at)
{
    while (*at < size && p[*at] & 0x80)
        ++*at;
    return ++*at <= size;
}

static bool parse(const uint8_t *p, uint64_t size, struct cie *ret)
{
    enum { VERSION = 8, STRING = 9 };
    if (size < STRING + 2 || rp_load32(p) == 0xffffffff || rp_load32(p + 4) != 0 ||
        (p[VERSION] != 1 && p[VERSION] != 3) || p[STRING] != 'z')
        return false;
    const uint8_t *nul = memchr(p + STRING, 0, size - STRING);
    if (!nul)
        return false;
    *ret = (struct cie){.string = STRING, .string_end = (uint64_t)(nul - p)};
    uint64_t at = ret->string_end + 1;
    if (!skip_leb(p, size, &at) || !skip_leb(p, size, &at)) /* code, data alignment */
        return false;
    if (p[VERSION] == 1)
        at++; /* return address column */
    else if (!skip_leb(p, size, &at))
        return false;
    if (at >= size || p[at] & 0x80 || p[at] > size - at - 1)
        return false;
    ret->length = at;
    ret->data = at + 1;
    ret->data_end = at + 1 + p[at];
    return true;
}

/* Bytes of a pointer of this encoding (DW_EH_PE_*), 0: one that is not fixed. */
static unsigned width_of(uint8_t encoding, unsigned word)
{
    if (encoding == 0x50) /* aligned */
        return 0;
    switch (encoding & 7) {
    case 0: return word;
    case 2: return 2;
    case 3: return 4;
    case 4: return 8;
    default: return 0;
    }
}

/* The letters and data that stay, as offsets and lengths; false: an unknown letter. */
static bool choose(const uint8_t *p, const struct cie *c, unsigned word, char *letters,
                   uint8_t *data, uint64_t *ret_n_letters, uint64_t *ret_n_data)
{
    uint64_t at = c->data, n = 0, n_data = 0;
    for (uint64_t i = c->string; i < c->string_end; i++) {
        char letter = (char)p[i];
        bool has_byte = letter == 'P' || letter == 'L' || letter == 'R';
        if (!has_byte && !strchr("zSBG", letter))
            return false;
        if (has_byte && at >= c->data_end)
            return false;
        uint8_t byte = has_byte ? p[at++] : 0;
        if (letter == 'P') {
            unsigned width = width_of(byte, word);
            if (!width || width > c->data_end - at)
                return false;
            at += width;
        } else if (letter != 'L') {
            letters[n++] = letter;
            if (has_byte)
                data[n_data++] = byte;
        }
    }
    *ret_n_letters = n;
    *ret_n_data = n_data;
    return at == c->data_end;
}

bool rp_cie_without_personality(const uint8_t *cie, uint64_t size, unsigned word, uint8_t *out)
{
    enum { MOST = 8 };
    struct cie c;
    char letters[MOST];
    uint8_t data[MOST];
    uint64_t n_letters, n_data;
    if (!parse(cie, size, &c) || c.string_end - c.string > MOST ||
        !choose(cie, &c, word, letters, data, &n_letters, &n_data))
        return false;
    if (!out)
        return true;
    uint64_t at = c.string;
    memset(out, 0, size); /* DW_CFA_nop */
    memcpy(out, cie, c.string);
    memcpy(out + at, letters, n_letters);
    at += n_letters + 1;
    memcpy(out + at, cie + c.string_end + 1, c.length - (c.string_end + 1));
    at += c.length - (c.string_end + 1);
    out[at++] = (uint8_t)n_data;
    memcpy(out + at, data, n_data);
    at += n_data;
    memcpy(out + at, cie + c.data_end, size - c.data_end);
    return true;
}
