/* cuts.h: the references whose cut makes a program smaller, and by how much. */
#ifndef RP_REPORT_CUTS_H
#define RP_REPORT_CUTS_H

#include "reap/cuts.h"
#include "report/extraction.h"
#include "report/level_graph.h"

struct rp_cut {
    uint32_t arcs[2]; /* of the graph at the level; the second is 0 for a single cut */
    uint64_t bytes;   /* that go */
    uint64_t gain;    /* of a pair: what goes beyond the two alone */
    uint32_t n_files; /* files that are loaded no more */
};

/* One graph, its reachability and its files: all that a question about cuts needs. */
struct rp_cutter {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    struct rp_level_graph g; /* live nodes */
    struct rp_reach live;
    struct rp_extraction x;
    uint32_t *edges; /* scratch of two arcs */
};
enum reap_status rp_cutter_init(struct rp_ctx *ctx, const struct rp_facts *f, enum rp_by by,
                                struct rp_cutter *ret);
void rp_cutter_free(struct rp_cutter *c);

/* What goes when all references of these arcs are cut; exact. At the levels of objects and archives
 * that includes references from removed sections, as when the object is written anew. */
enum reap_status rp_cutter_loss(struct rp_cutter *c, const uint32_t *arcs, size_t n_arcs,
                                struct rp_loss *ret, struct rp_file_loss *ret_files);

struct rp_cuts {
    RP_VEC(struct rp_cut) v; /* by falling bytes; pairs by falling gain */
};
/* Every arc that saves anything; from, to: NULL, or what must match a side. */
enum reap_status rp_cuts_single(struct rp_cutter *c, const char *from, const char *to,
                                struct rp_cuts *ret);
/* Pairs that save more together than one by one. Every pair of a small graph is tried, in a big one
 * those that guard something together; each result is exact. */
enum reap_status rp_cuts_pairs(struct rp_cutter *c, const struct rp_cuts *singles,
                               struct rp_cuts *ret);

/* cuts_text.c, what_if.c, diff.c: the views. */
enum reap_status rp_cuts_write(struct rp_ctx *ctx, const struct rp_facts *f,
                               const struct reap_cuts_options *opts, FILE *out);
enum reap_status rp_what_if_write(struct rp_ctx *ctx, const struct rp_facts *f,
                                  const struct reap_cuts_options *opts, FILE *out);
enum reap_status rp_diff_write(struct rp_ctx *ctx, const struct rp_facts *before,
                               const struct rp_facts *after, const struct reap_diff_options *opts,
                               FILE *out, int64_t *ret_growth);

/* what_if.c: the edges that a list of changes means ("cut=A->B,stub=NAME"); appended. */
struct rp_edge_list {
    RP_VEC(uint32_t) v;
};
enum reap_status rp_what_if_edges(struct rp_cutter *c, const char *words, struct rp_edge_list *ret);

/* Where an edge stands: "a.a(b.o):.text.f+0x12", and "file.c:12" when the object can be read and
 * has debug information, else nothing. */
void rp_edge_place(const struct rp_facts *f, uint32_t edge, bool base, struct rp_strbuf *b);
void rp_edge_source(struct rp_ctx *ctx, const struct rp_facts *f, uint32_t edge,
                    struct rp_strbuf *b);

#endif
