/* retained.h: what would go: the graph of what lives (or of what is dead) by node, and the exact
 * answer to "what is reached no more when these nodes, edges or roots are gone?".
 *
 * A node's bytes are those in memory: debug information and the like weigh nothing. Nodes that are
 * kept without being followed (rp_fact_node.live == 2) have no edges out.
 */
#ifndef RP_REPORT_RETAINED_H
#define RP_REPORT_RETAINED_H

#include "report/facts.h"

enum rp_scope {
    RP_SCOPE_LIVE, /* live nodes, entered at the roots */
    RP_SCOPE_DEAD, /* removed nodes but COMDAT copies, entered at the heads of the chains */
};

struct rp_reach {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    enum rp_scope scope;
    uint32_t *out_start, *out; /* CSR by node: ids of edges within the scope, no loops */
    uint32_t *in_start, *in;
    uint32_t *root_start, *roots;     /* CSR by node: ids of roots; LIVE alone */
    rp_id *parent;                    /* breadth-first tree; 0 = an entry, or not in the scope */
    uint32_t *parent_edge;            /* edge id; of an entry 0 */
    uint32_t *child_start, *children; /* of that tree */
    rp_id *order;                     /* the nodes of the scope, parents first; n_order of them */
    uint32_t n_order;
    /* scratch of rp_reach_loss */
    uint32_t stamp, *node_stamp, *state_stamp, *edge_stamp, *root_stamp;
    rp_id *queue, *lost;
};
enum reap_status rp_reach_init(struct rp_ctx *ctx, const struct rp_facts *f, enum rp_scope scope,
                               struct rp_reach *ret);
void rp_reach_free(struct rp_reach *r);
bool rp_reach_has(const struct rp_reach *r, rp_id node);  /* in the scope */
uint64_t rp_node_weight(const struct rp_fact_node *node); /* bytes in memory */

/* What is taken away; ids may repeat and may lie outside of the scope. */
struct rp_removal {
    const rp_id *nodes;
    const uint32_t *edges, *roots;
    size_t n_nodes, n_edges, n_roots;
};
struct rp_loss {
    uint64_t bytes;     /* the taken nodes included */
    uint32_t n;         /* nodes */
    const rp_id *nodes; /* in r, until the next call */
};
/* Exact, and fast: only the subtrees of the breadth-first tree below what is taken away are looked
 * at. Needs no memory, so it cannot fail. */
struct rp_loss rp_reach_loss(struct rp_reach *r, const struct rp_removal *what);

/* Immediate dominators of the nodes below a virtual root; ret_idom[nodes] malloc'd, 0 for children
 * of the root and nodes outside of the scope. */
enum reap_status rp_reach_dominators(const struct rp_reach *r, rp_id **ret_idom);
/* Bytes of each node's dominator subtree, which is rp_reach_loss of the node; malloc'd. */
enum reap_status rp_reach_retained(const struct rp_reach *r, const rp_id *idom,
                                   uint64_t **ret_bytes);

#endif
