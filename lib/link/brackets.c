/* brackets.c: (in work: no brackets are found yet) */
#include "link/script_parse.h"
enum reap_status rp_script_brackets(struct rp_ctx *c, struct rp_link *l, const struct rp_script *s,
                                    struct rp_bracket **r, uint32_t *n)
{
    (void)c;
    (void)l;
    (void)s;
    *r = 0;
    *n = 0;
    return 0;
}
bool rp_pattern_is_generic(const char *file_glob, const char *section_glob)
{
    (void)file_glob;
    (void)section_glob;
    return false;
}
