/* strtab.h: a string table under construction: equal strings are stored once, and names of
 * sections lend their tails. */
#ifndef RP_ELF_STRTAB_H
#define RP_ELF_STRTAB_H

#include "util/strmap.h"
#include "util/vec.h"

#include <stdbool.h>
#include <stdint.h>

struct rp_strtab_piece {
    const char *s;
    uint32_t len; /* without the NUL */
};

struct rp_strtab {
    struct rp_strmap map; /* string -> offset; offset 0 is the empty string, never in the map */
    RP_VEC(struct rp_strtab_piece) pieces; /* in the order of the table */
    uint64_t size;                         /* bytes, the first NUL counted; 0 = nothing yet */
};

/* Offset of the string in *ret_offset, added when it is new. The string is borrowed until the
 * table is written. False when out of memory or beyond 4 GiB. */
bool rp_strtab_add(struct rp_strtab *t, const char *s, uint32_t *ret_offset);
/* The same for a section's name, whose tails then serve other strings: ".rela.text.f" serves
 * ".text.f", and with `tails_too` (the table holds symbol names as well) the symbol "f". */
bool rp_strtab_add_section(struct rp_strtab *t, const char *s, bool tails_too,
                           uint32_t *ret_offset);
/* Bytes of the table. */
uint64_t rp_strtab_size(const struct rp_strtab *t);
void rp_strtab_write(const struct rp_strtab *t, uint8_t *out);
void rp_strtab_free(struct rp_strtab *t);

#endif
