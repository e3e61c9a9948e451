/* level_tree.h: the dominator tree of a graph at a level, its roots joined. */
#ifndef RP_REPORT_LEVEL_TREE_H
#define RP_REPORT_LEVEL_TREE_H

#include "report/level_graph.h"

struct rp_level_tree {
    uint32_t *idom;        /* by vertex; 0 = a child of the joined root, or not reached */
    uint8_t *is_entry;     /* by vertex: a root stands in it, or it heads a dead chain */
    uint32_t *child_start; /* CSR by vertex, 0 = the joined root: children by falling retained */
    uint32_t *children;
};
/* Uses the vertices' `retained` for the order of children. */
enum reap_status rp_level_tree_make(const struct rp_level_graph *g, struct rp_level_tree *ret);
void rp_level_tree_free(struct rp_level_tree *t);

#endif
