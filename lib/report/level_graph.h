/* level_graph.h: the graph of the nodes seen at a level: archives, objects, sections or symbols.
 *
 * A vertex is a group of nodes, an arc all the edges from one vertex to another. Ids are 1-based.
 *   archive  members of one archive; a plain object is a vertex of its own
 *   object   a file
 *   section  a section; frame descriptions count with the code that they describe
 *   symbol   a node by the name of its biggest symbol; the strings of a section are one vertex,
 *            frame descriptions count with their code
 * Sets (start-stop names, brackets) are vertices of their own at every level.
 */
#ifndef RP_REPORT_LEVEL_GRAPH_H
#define RP_REPORT_LEVEL_GRAPH_H

#include "report/retained.h"
#include "report/view.h"

enum rp_by { RP_BY_ARCHIVE, RP_BY_OBJECT, RP_BY_SECTION, RP_BY_SYMBOL, RP_N_BYS };
/* "archive", …; false when `word` is none of them. */
bool rp_by_parse(const char *word, enum rp_by *ret);
const char *rp_by_name(enum rp_by by);

struct rp_vertex {
    rp_id node;           /* the biggest of its nodes, for a name */
    rp_id file;           /* of that node; 0 for sets */
    bool is_set, is_dead; /* dead: nothing of it lives */
    uint32_t n_nodes;     /* nodes in the graph */
    uint64_t dead_bytes;  /* of the removed ones among them */
    uint64_t bytes;       /* in memory, of the live ones among them */
    uint64_t retained;    /* bytes that would go with it; rp_level_graph_retained */
};

struct rp_arc {
    uint32_t from, to; /* vertices, never the same */
    uint32_t first, n; /* its edges: arc_edges[first .. first + n), ids of facts */
};

struct rp_level_graph {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    enum rp_by by;
    uint32_t *vertex_of;          /* by node; 0 = not in the graph */
    RP_VEC(struct rp_vertex) v;   /* v.v[0] unused */
    uint32_t *node_start, *nodes; /* CSR by vertex */
    RP_VEC(struct rp_arc) arcs;   /* arcs.v[0] unused; by rising from, then to */
    uint32_t *arc_edges;
    uint32_t *out_start;          /* by vertex: arcs out_start[i] .. out_start[i + 1) */
    uint32_t *in_start, *in_arcs; /* CSR by vertex: ids of arcs */
};

enum { RP_WITH_LIVE = 1, RP_WITH_DEAD = 2 }; /* which nodes are in the graph */
enum reap_status rp_level_graph_make(struct rp_ctx *ctx, const struct rp_facts *f, enum rp_by by,
                                     unsigned with, struct rp_level_graph *ret);
void rp_level_graph_free(struct rp_level_graph *g);

/* Fill in `retained` of each vertex: exactly what marking again without its nodes would lose, of a
 * dead one what its life, and nothing else's, would bring back. Of a vertex with both live and dead
 * nodes the live ones count, or the dead ones when `live` is NULL. Either may be NULL. */
void rp_level_graph_retained(struct rp_level_graph *g, struct rp_reach *live,
                             struct rp_reach *dead);

/* Names. Long: "path/libc.a(fclose.o):.text.fclose"; base: without the folder; label: "fclose.o",
 * "fclose", "libc.a". */
void rp_vertex_name(const struct rp_level_graph *g, uint32_t vertex, bool base,
                    struct rp_strbuf *b);
/* "libc.a(fclose.o)" */
void rp_file_name(const struct rp_facts *f, rp_id file, bool base, struct rp_strbuf *b);
void rp_vertex_label(const struct rp_level_graph *g, uint32_t vertex, struct rp_strbuf *b);
/* The string of the archive or the plain object's folder that it stands in; 0 for sets. */
rp_str rp_vertex_archive(const struct rp_level_graph *g, uint32_t vertex);
/* Whether a person's word means this vertex: symbol (mangled or demangled), section, member,
 * "lib.a(x.o)", base name, path, glob. Sets by their name. */
enum reap_status rp_vertices_find(const struct rp_level_graph *g, const char *pattern,
                                  uint32_t **ret_list, size_t *ret_n);

#endif
