/* graph_dot.h: between the parts that write a picture in Graphviz's language. */
#ifndef RP_REPORT_GRAPH_DOT_H
#define RP_REPORT_GRAPH_DOT_H

#include "report/graph_picture.h"

struct rp_dot_archive {
    rp_str path; /* 0 = objects outside of archives; sets too */
    uint64_t bytes;
    uint32_t n; /* drawn vertices */
};

struct rp_dot {
    struct rp_picture *p;
    struct rp_strbuf b, word;
    uint64_t max_bytes, max_saved;          /* of the drawn vertices, of the arrows */
    RP_VEC(struct rp_dot_archive) archives; /* by falling bytes */
    uint8_t *reason_of; /* by vertex: why a root stands in it; 0 = none, or not in the picture */
};

/* A string in quotes: any bytes in, valid UTF-8 out. */
void rp_dot_quote(struct rp_strbuf *b, const char *s);
/* The same for labels like HTML, without quotes. */
void rp_dot_html(struct rp_strbuf *b, const char *s);

/* The index of a vertex's archive in `archives`, and an archive's colours. */
size_t rp_dot_archive_of(const struct rp_dot *d, uint32_t vertex);
struct rp_dot_colour {
    const char *box, *ground, *line;
};
struct rp_dot_colour rp_dot_colour_of(const struct rp_dot *d, size_t archive);

/* graph_edges.c */
/* The roots come first; false when out of memory. */
bool rp_dot_roots(struct rp_dot *d);
void rp_dot_arrows(struct rp_dot *d);

#endif
