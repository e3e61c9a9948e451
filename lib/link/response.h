/* response.h: expansion of @file words (rp_response_split and _quote are in cmdline.h). */
#ifndef RP_LINK_RESPONSE_H
#define RP_LINK_RESPONSE_H

#include "link/cmdline.h"

/* argv with every readable @file replaced by its words, nested ones too. Words are argv's own or
 * owned by arena; the array is NULL-terminated. */
enum reap_status rp_response_expand(struct rp_ctx *ctx, struct rp_arena *arena, size_t argc,
                                    const char *const *argv, const char *const **ret_words,
                                    size_t *ret_n);

#endif
