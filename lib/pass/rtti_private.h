/* rtti_private.h: what rtti_find.c, rtti_outside.c and rtti_mark.c share, and mark.c's side of it.
 */
#ifndef RP_PASS_RTTI_PRIVATE_H
#define RP_PASS_RTTI_PRIVATE_H

#include "pass/rtti.h"

/* rp_rtti.flags */
enum rp_class_flag {
    RP_CLS_PROXY = 1,        /* not a typeinfo: holds the address of its one "base" */
    RP_CLS_FOREIGN_BASE = 2, /* a base is no class of the link */
    RP_CLS_ODD = 4,          /* refers to something that is no typeinfo */
    RP_CLS_VISIBLE = 8,      /* code outside of the link can name it */
    RP_CLS_OBSERVED = 16,    /* its slots are followed */
};

/* The last class at or before an offset of a node; 0: there is none. The offset may be behind the
 * end of its typeinfo. */
rp_id rp_rtti_class_at(const struct rp_rtti *rtti, rp_id node, uint64_t offset);

/* A marking that is under way. */
struct rp_marker {
    const struct rp_model *m;
    const struct rp_job *job;
    struct rp_marks *marks;
    rp_id *queue; /* [head, tail) is to be looked at; everything before was followed */
    size_t head, tail;
    struct rp_rtti *rtti; /* NULL: slots are references like others */
    rp_id *stack;         /* [n classes]: working memory */
    size_t scanned;       /* of queue: searched for typeid */
};

/* Make a node live through edge k of `from`. */
static inline void rp_mark_reach(struct rp_marker *w, rp_id to, rp_id from, uint32_t k)
{
    if (w->marks->live[to])
        return;
    w->marks->live[to] = 1;
    w->marks->parent[to] = from;
    w->marks->cause[to] = k;
    w->marks->n_live++;
    w->queue[w->tail++] = to;
}

/* rtti_outside.c: whether live code loads libraries at run time. */
bool rp_rtti_loads(const struct rp_model *m, const struct rp_marks *marks);

/* rtti_mark.c, all with w->rtti set and some slot in the link: */

/* Before anything is marked: the classes that can be seen from outside. */
void rp_rtti_begin(struct rp_marker *w);
/* A root whose node is `special`. */
void rp_rtti_root(struct rp_marker *w, rp_id node);
/* Edge k of the live node `from` leads to a `special` node: whether it is followed. */
bool rp_rtti_follow(struct rp_marker *w, rp_id from, uint32_t k);
/* Nothing is left to follow: decide about the slots of classes that nobody named. What has to stay
 * is queued. */
enum reap_status rp_rtti_settle(struct rp_marker *w);
/* All is marked: the verdicts. */
void rp_rtti_verdicts(struct rp_marker *w);

#endif
