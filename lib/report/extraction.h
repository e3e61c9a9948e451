/* extraction.h: which files are loaded because of which, and what that costs.
 *
 * A linker loads an archive member because some loaded file refers to it, whether or not the
 * reference is in a section that stays. That makes a second graph, of files; what lives depends on
 * both: a node lives when it is reached and its file is loaded. A weak reference loads nothing.
 */
#ifndef RP_REPORT_EXTRACTION_H
#define RP_REPORT_EXTRACTION_H

#include "pass/extraction.h"
#include "report/retained.h"

struct rp_extraction {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    struct rp_facts files; /* a graph: node i is file i, an edge is a pair of files, a root is a
                              file that is loaded by itself */
    struct rp_reach reach; /* of it */
    uint32_t *pair;        /* by edge of f: the edge of `files` that it is part of, 0 = none */
    uint32_t *n_refs;      /* by edge of `files`: edges of f that it stands for */
    uint32_t *file_start, *file_nodes; /* CSR by file: nodes that go when it is not loaded */
    uint8_t *has_copy;                 /* by node: a discarded COMDAT copy would take its place */
    uint32_t *other; /* by symbol: the next definition of its name in an object, in a ring; 0 = it
                        is the only one */
    uint32_t *first_of;           /* by name: one of its definitions */
    uint8_t *has_other;           /* by node: it defines such a name */
    uint32_t *out_start, *out;    /* CSR by node: all edges, from removed nodes too */
    uint32_t *cut_refs, *touched; /* scratch: by edge of `files` */
    uint8_t *mark;                /* scratch: by node, zero between questions */
    rp_id *back;                  /* scratch: nodes */
};
enum reap_status rp_extraction_init(struct rp_ctx *ctx, const struct rp_facts *f,
                                    struct rp_extraction *ret);
void rp_extraction_free(struct rp_extraction *x);

/* What goes when these edges of f are cut. whole_pairs: an edge between two files stands for all
 * the references between them, in removed sections too, as when an object is written again. Uses
 * r, the live nodes of f. A weak definition that lost against one in a file that is loaded no more
 * takes its place; what it brings back is taken off ret->bytes. *ret_files (may be NULL): files
 * that are loaded no more, in x until the next call; out of memory shows in the status. */
struct rp_file_loss {
    uint32_t n;
    const rp_id *files;
    uint64_t back_bytes; /* that come back by other definitions */
};
enum reap_status rp_extraction_loss(struct rp_extraction *x, struct rp_reach *r,
                                    const uint32_t *edges, size_t n_edges, bool whole_pairs,
                                    struct rp_loss *ret, struct rp_file_loss *ret_files);

/* Members that no live reference needs: they are loaded for references from removed sections. */
struct rp_idle_member {
    rp_id file;
    uint64_t bytes;   /* that would go if it alone were not loaded */
    uint32_t n_roots; /* constructors and the like that it brings */
};
struct rp_idle {
    RP_VEC(struct rp_idle_member) members; /* by falling bytes */
    uint64_t bytes;                        /* that would go without all of them */
};
enum reap_status rp_idle_find(struct rp_extraction *x, struct rp_reach *r, struct rp_idle *ret);
void rp_idle_free(struct rp_idle *idle);

#endif
