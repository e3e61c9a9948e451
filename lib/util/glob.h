/* glob.h: the wildcards of linker scripts: `*`, `?`, `[a-z]`, `[!a-z]`, backslash quotes.
 * Unlike a shell's, `*` and `?` match `/` too (GNU ld manual, Input Section Wildcards). */
#ifndef RP_UTIL_GLOB_H
#define RP_UTIL_GLOB_H

#include <stdbool.h>

bool rp_glob_match(const char *pattern, const char *string);
/* False when the pattern can be compared as a plain string (no wildcard, no backslash). */
bool rp_glob_has_wildcard(const char *pattern);

#endif
