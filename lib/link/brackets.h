/* brackets.h: between brackets.c (where marks stand) and brackets_names.c (what they are called).
 */
#ifndef RP_LINK_BRACKETS_H
#define RP_LINK_BRACKETS_H

#include "link/script_parse.h"

enum rp_mark_kind { RP_MARK_OTHER, RP_MARK_START, RP_MARK_END };

enum { RP_STEM_MAX = 256 };

/* A symbol's name taken apart: "__start_tab" is the start of "tab". Names too long are cut. */
struct rp_mark_name {
    enum rp_mark_kind kind;
    bool by_letter; /* only the s or e of _sdata, _edata says so */
    char stem[RP_STEM_MAX];
};

void rp_mark_name(const char *name, struct rp_mark_name *ret);
/* Whether this is one of the usual names for a region of the program. */
bool rp_mark_is_region(const struct rp_mark_name *m, const char *name);

#endif
