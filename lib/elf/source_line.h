/* source_line.h: the source line of a place in an object, by its debug information. */
#ifndef RP_ELF_SOURCE_LINE_H
#define RP_ELF_SOURCE_LINE_H

#include "util/ctx.h"

#include <stdbool.h>
#include <stdint.h>

/* "fclose.c:12" of byte `offset` of section number `shndx` in the object `path`, or in the member
 * `member` ("" or NULL: none) of the archive `path`. malloc'd. False when there is no such file,
 * no debug information, or no line: a line is a courtesy, so nothing is reported. Of members of the
 * same name the first one that has such a section counts. */
bool rp_source_line(struct rp_ctx *ctx, const char *path, const char *member, uint32_t shndx,
                    uint64_t offset, char **ret);

#endif
