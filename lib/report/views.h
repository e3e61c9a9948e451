/* views.h: the views behind reap/graph.h, on facts. */
#ifndef RP_REPORT_VIEWS_H
#define RP_REPORT_VIEWS_H

#include "reap/graph.h"
#include "report/facts.h"

/* top.c, dominators_view.c */
enum reap_status rp_top_write(struct rp_ctx *ctx, const struct rp_facts *f,
                              const struct reap_top_options *opts, FILE *out);
enum reap_status rp_dominators_write(struct rp_ctx *ctx, const struct rp_facts *f,
                                     const struct reap_dominators_options *opts, FILE *out);
/* graph_dot.c: the text of Graphviz's language. */
enum reap_status rp_graph_dot(struct rp_ctx *ctx, const struct rp_facts *f,
                              const struct reap_graph_options *opts, FILE *out);
/* graph_render.c: that text as a picture ("svg", "png", "pdf"), by Graphviz's library, which is
 * loaded when first needed. */
enum reap_status rp_graph_render(struct rp_ctx *ctx, const char *dot, const char *layout,
                                 const char *format, FILE *out);

/* A level by its word, NULL being an object; REAP_ERR_USAGE with a diagnostic. */
enum reap_status rp_views_level(struct rp_ctx *ctx, const char *word, unsigned *ret_by);

#endif
