/* views.h: what a view looks at, and a picture as a report of a run (--reap-graph). */
#ifndef RP_API_VIEWS_H
#define RP_API_VIEWS_H

#include "reap/graph.h"
#include "report/facts.h"

struct reap_view {
    struct rp_ctx *ctx; /* own, or the run's */
    const struct rp_facts *f;
    struct rp_ctx own_ctx;
    struct rp_facts own_facts; /* of a database */
};

/* By the ending of the path, whole or not at all; "-" is dot text on standard output. */
enum reap_status rp_graph_write(struct rp_ctx *ctx, const struct rp_facts *f,
                                const struct reap_graph_options *opts, const char *path);

/* The picture that the options of a run ask for. After rp_need_facts. */
struct reap;
enum reap_status rp_report_graph(struct reap *r);
/* Whether a name's ending says what kind of picture it is; "-" is dot text. */
bool rp_is_picture_name(const char *path);

#endif
