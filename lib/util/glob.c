/* glob.c: wildcard matching for linker scripts, version scripts and rule files.
 *
 * Iterative: a mismatch goes back to the last `*` only, which is enough because a later `*` can
 * take over whatever an earlier one could have taken; so hostile patterns cost at most
 * length * length. A `[` that is never closed is a literal, as in fnmatch(3).
 */
#include "util/glob.h"

#include <stddef.h>
#include <string.h>

/* Match c against the set that starts after `[` at p. *ret_end: the position after `]`, or NULL
 * when there is none. */
static bool match_set(const char *p, unsigned char c, const char **ret_end)
{
    bool negate = *p == '!' || *p == '^', found = false;
    if (negate)
        p++;
    *ret_end = NULL;
    for (bool first = true; *p && (first || *p != ']'); first = false) {
        if (*p == '\\' && p[1])
            p++;
        unsigned char low = (unsigned char)*p++, high = low;
        if (*p == '-' && p[1] && p[1] != ']') {
            p++;
            if (*p == '\\' && p[1])
                p++;
            high = (unsigned char)*p++;
        }
        if (low <= c && c <= high)
            found = true;
    }
    if (*p == ']')
        *ret_end = p + 1;
    return found != negate;
}

/* Match one pattern element against c; the rest of the pattern in *ret_rest. */
static bool match_one(const char *p, unsigned char c, const char **ret_rest)
{
    const char *end;
    switch (*p) {
    case '?': *ret_rest = p + 1; return true;
    case '[': {
        bool hit = match_set(p + 1, c, &end);
        *ret_rest = end ? end : p + 1;
        return end ? hit : c == '[';
    }
    case '\\':
        if (p[1])
            p++;
        break;
    default: break;
    }
    *ret_rest = p + 1;
    return (unsigned char)*p == c;
}

bool rp_glob_match(const char *pattern, const char *string)
{
    const char *p = pattern, *s = string;
    const char *star = NULL, *star_s = NULL; /* after the last `*`, and what it took up to */
    while (*s) {
        const char *rest;
        if (*p == '*') {
            star = ++p;
            star_s = s;
        } else if (*p && match_one(p, (unsigned char)*s, &rest)) {
            p = rest;
            s++;
        } else if (star) {
            p = star;
            s = ++star_s;
        } else {
            return false;
        }
    }
    while (*p == '*')
        p++;
    return *p == '\0';
}

bool rp_glob_has_wildcard(const char *pattern)
{
    return strpbrk(pattern, "*?[\\") != NULL;
}
