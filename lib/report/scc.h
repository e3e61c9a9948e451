/* scc.h: strongly connected components of a directed graph in CSR form. */
#ifndef RP_REPORT_SCC_H
#define RP_REPORT_SCC_H

#include "util/ctx.h"

/* Components of nodes [1, n]; the targets of node i are to[start[i] .. start[i + 1]). ret_comp has
 * n + 1 items and gets numbers from 1, in reverse topological order; *ret_n_comps is their count.
 */
enum reap_status rp_scc(struct rp_ctx *ctx, uint32_t n, const uint32_t *start, const uint32_t *to,
                        uint32_t *ret_comp, uint32_t *ret_n_comps);

#endif
