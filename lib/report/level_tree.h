/* level_tree.h: what holds what at a level: the tree of dominators, roots joined.
 *
 * The parent of a vertex is the smallest other one with which it would go, or nine tenths of
 * its bytes (objects share small things, such as DW.ref.__gxx_personality_v0). For sections and
 * symbols of one node that is the dominator tree; for objects and archives it is better than the
 * dominators of a graph of objects, in which a reference into an object and another one out of it
 * make a path. Roots that refer to nothing (notes, terminators of tables) count for
 * nothing here, or every object with a note would be held by none.
 */
#ifndef RP_REPORT_LEVEL_TREE_H
#define RP_REPORT_LEVEL_TREE_H

#include "report/level_graph.h"

struct rp_level_tree {
    uint32_t *idom;        /* by vertex; 0 = a child of the joined root, or not reached */
    uint8_t *is_entry;     /* by vertex: a root stands in it, or it heads a dead chain */
    uint32_t *child_start; /* CSR by vertex, 0 = the joined root: children by falling retained */
    uint32_t *children;
    uint64_t *subtree; /* by vertex: its own bytes and those of what stands below it */
};
/* Fills in the vertices' `retained` too, as rp_level_graph_retained does. */
enum reap_status rp_level_tree_make(struct rp_level_graph *g, struct rp_reach *live,
                                    struct rp_reach *dead, struct rp_level_tree *ret);
void rp_level_tree_free(struct rp_level_tree *t);

#endif
