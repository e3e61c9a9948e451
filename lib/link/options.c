/* options.c: matching a command-line word with the option table, as each linker does it.
 *
 * GNU ld uses getopt_long_only: one or two dashes, unique abbreviations of long names, then
 * clusters of short options; "-lX" is always a library. gold matches long names exactly, then
 * clusters. lld and mold match exactly; a short option with a value may be joined to it. Long
 * names come first in all of them ("-eh-frame-hdr" is not "-e h-frame-hdr"). Entry:
 * rp_option_find.
 */
#include "link/options.h"

#include <string.h>

static uint8_t linker_bit(enum rp_linker_flavor flavor)
{
    return (uint8_t)(1u << flavor);
}

static bool is_long(const struct rp_option_row *row)
{
    return row->name[1] != '\0';
}

/* The value of a long option: text after '=' (NULL: none) and the following word. False when the
 * row does not allow this form. */
static bool take_long_value(const struct rp_option_row *row, const char *eq, const char *next,
                            struct rp_found *ret)
{
    *ret = (struct rp_found){.row = row};
    switch (row->value) {
    case RP_V_NONE:
    case RP_V_NUMBER: return !eq;
    case RP_V_EQUALS: ret->value = eq; return eq != NULL;
    case RP_V_OPTIONAL: ret->value = eq; return true;
    case RP_V_SEPARATE:
        if (eq)
            return false;
        break;
    case RP_V_ARG:
        if (eq) {
            ret->value = eq;
            return true;
        }
        break;
    }
    ret->value = next;
    ret->takes_next = next != NULL;
    return true;
}

/* Whether the long row is called `name` (n bytes); "no-" forms set *ret_negated. */
static bool has_name(const struct rp_option_row *row, const char *name, size_t n, bool *ret_negated)
{
    *ret_negated = false;
    if (strlen(row->name) == n && memcmp(row->name, name, n) == 0)
        return true;
    if (!row->negatable || n < 4 || memcmp(name, "no-", 3) != 0)
        return false;
    *ret_negated = true;
    return strlen(row->name) == n - 3 && memcmp(row->name, name + 3, n - 3) == 0;
}

static bool find_exact(enum rp_linker_flavor flavor, const char *name, bool one_dash,
                       const char *next, struct rp_found *ret)
{
    const char *eq = strchr(name, '=');
    size_t n = eq ? (size_t)(eq - name) : strlen(name);
    for (size_t i = 0; i < rp_n_option_rows; i++) {
        const struct rp_option_row *row = &rp_option_table[i];
        bool negated;
        /* One letter: find_short has its forms, and "--o" is no option of any linker. */
        if (!(row->linkers & linker_bit(flavor)) || !is_long(row) ||
            (row->two_dashes && one_dash) || !has_name(row, name, n, &negated))
            continue;
        if (take_long_value(row, eq ? eq + 1 : NULL, next, ret)) {
            ret->negated = negated;
            return true;
        }
    }
    return false;
}

/* Whether `prefix` (n bytes) begins the name of the row, with or without "no-". */
static bool has_prefix(const struct rp_option_row *row, const char *prefix, size_t n,
                       bool *ret_negated)
{
    *ret_negated = false;
    if (strncmp(row->name, prefix, n) == 0)
        return true;
    if (!row->negatable || n <= 3 || memcmp(prefix, "no-", 3) != 0)
        return false;
    *ret_negated = true;
    return strncmp(row->name, prefix + 3, n - 3) == 0;
}

/* GNU ld: an abbreviation is good when all options that it begins mean the same. */
static bool find_abbreviation(const char *name, bool one_dash, const char *next,
                              struct rp_found *ret)
{
    const struct rp_option_row *found = NULL;
    const char *eq = strchr(name, '=');
    size_t n = eq ? (size_t)(eq - name) : strlen(name);
    bool found_negated = false;
    if (n == 0)
        return false;
    for (size_t i = 0; i < rp_n_option_rows; i++) {
        const struct rp_option_row *row = &rp_option_table[i];
        bool negated;
        if (!(row->linkers & RP_IN_BFD) || !is_long(row) || (row->two_dashes && one_dash) ||
            !has_prefix(row, name, n, &negated))
            continue;
        if (found && (found->meaning != row->meaning || found->value != row->value))
            return false;
        found = row;
        found_negated = negated;
    }
    if (!found || !take_long_value(found, eq ? eq + 1 : NULL, next, ret))
        return false;
    ret->negated = found_negated;
    return true;
}

/* word[0] is the option's character, what follows may be its value or more of a cluster. */
static bool find_short(enum rp_linker_flavor flavor, const char *word, const char *next,
                       struct rp_found *ret, const char **ret_rest)
{
    const char *rest = word + 1;
    bool clusters = flavor == RP_LINKER_BFD || flavor == RP_LINKER_GOLD;
    for (size_t i = 0; i < rp_n_option_rows; i++) {
        const struct rp_option_row *row = &rp_option_table[i];
        if (!(row->linkers & linker_bit(flavor)) || is_long(row) || row->name[0] != word[0])
            continue;
        *ret = (struct rp_found){.row = row};
        if (row->value == RP_V_NONE) {
            if (*rest && !clusters)
                return false;
            *ret_rest = *rest ? rest : NULL;
            return true;
        }
        if (*rest) {
            ret->value = rest;
            return row->value != RP_V_SEPARATE;
        }
        if (row->value == RP_V_NUMBER && (!next || next[0] < '0' || next[0] > '9'))
            return true;
        ret->value = next;
        ret->takes_next = next != NULL;
        return true;
    }
    return false;
}

struct rp_found rp_option_find(enum rp_linker_flavor flavor, const char *word, const char *next,
                               const char **ret_rest)
{
    struct rp_found found = {0};
    *ret_rest = NULL;
    if (word[0] != '-' || word[1] == '\0')
        return found;
    bool one_dash = word[1] != '-';
    const char *name = word + (one_dash ? 1 : 2);
    /* "-lX" is a library whatever X is (GNU ld turns it into --library=X first). */
    bool is_l = one_dash && name[0] == 'l' && flavor == RP_LINKER_BFD;
    bool single = one_dash && name[1] == '\0';
    if (!is_l && !single) {
        if (find_exact(flavor, name, one_dash, next, &found))
            return found;
        if (flavor == RP_LINKER_BFD && find_abbreviation(name, one_dash, next, &found))
            return found;
    }
    if (one_dash && find_short(flavor, name, next, &found, ret_rest))
        return found;
    return (struct rp_found){0};
}
