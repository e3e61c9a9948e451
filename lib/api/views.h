/* views.h: a picture as a report of a run (--reap-graph). */
#ifndef RP_API_VIEWS_H
#define RP_API_VIEWS_H

#include "reap/graph.h"
#include "report/facts.h"

/* By the ending of the path, whole or not at all; "-" is dot text on standard output. */
enum reap_status rp_graph_write(struct rp_ctx *ctx, const struct rp_facts *f,
                                const struct reap_graph_options *opts, const char *path);

#endif
