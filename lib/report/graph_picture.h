/* graph_picture.h: between the parts of `reap graph`: what is drawn, before it becomes text. */
#ifndef RP_REPORT_GRAPH_PICTURE_H
#define RP_REPORT_GRAPH_PICTURE_H

#include "report/level_tree.h"
#include "report/views.h"

enum rp_arrow_kind {
    RP_ARROW_REFERENCE, /* arc of the graph */
    RP_ARROW_THROUGH,   /* through things that are folded up */
    RP_ARROW_HOLDS,     /* from the immediate dominator */
};
struct rp_arrow {
    enum rp_arrow_kind kind;
    uint32_t from, to; /* vertices; through: 0 = from the root that `arc` stands for */
    uint32_t arc;      /* of a reference; through: the first folded vertex on the way */
    uint64_t bytes;    /* that would go if the reference were cut; through: vertices on the way */
    bool explains;     /* why `to` is there */
};

/* Small things as one box. */
struct rp_fold {
    uint32_t under; /* the vertex that holds them all; 0 = the others */
    uint32_t n;
    uint64_t bytes;
};

enum rp_drawing { RP_NOT_WANTED, RP_FOLDED, RP_DRAWN };

struct rp_picture {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    const struct reap_graph_options *opts;
    struct rp_level_graph g;
    struct rp_level_tree t;
    struct rp_reach live, dead;
    uint8_t *state; /* by vertex: enum rp_drawing */
    uint32_t n_drawn, n_wanted;
    uint64_t bytes_wanted;
    uint32_t *distance;  /* by vertex, of a path; else NULL */
    uint32_t n_left_out; /* references between drawn vertices that are not drawn */
    RP_VEC(struct rp_arrow) arrows;
    RP_VEC(struct rp_fold) folds;
};

static inline uint64_t rp_picture_bytes(const struct rp_picture *p, uint32_t vertex)
{
    const struct rp_vertex *v = &p->g.v.v[vertex];
    return v->is_dead ? v->dead_bytes : v->bytes;
}

/* graph_select.c: which vertices; graph_arrows.c: which arrows. */
enum reap_status rp_picture_make(struct rp_ctx *ctx, const struct rp_facts *f,
                                 const struct reap_graph_options *opts, struct rp_picture *ret);
enum reap_status rp_picture_arrows(struct rp_picture *p);
void rp_picture_free(struct rp_picture *p);

#endif
