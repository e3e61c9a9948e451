/* graph.h: views of what a run found out: what pulls in what, what it costs, and pictures of it.
 *
 * A view looks at a report database, or at the analysis of a run. Structs of options start with
 * their size; zeroed fields mean the defaults.
 */
#ifndef REAP_GRAPH_H
#define REAP_GRAPH_H

#include "reap/reap.h"

#ifdef __cplusplus
extern "C" {
#endif

struct reap_view; /* opaque */

/* Of a report database; *ret is freed by reap_view_close. */
enum reap_status reap_view_open(const char *db, reap_diag_fn diag, void *diag_user,
                                struct reap_view **ret);
/* Of a run after reap_analyse; r must outlive the view. */
enum reap_status reap_view_of_run(struct reap *r, struct reap_view **ret);
void reap_view_close(struct reap_view *v); /* NULL allowed */

enum reap_format { REAP_FORMAT_TEXT, REAP_FORMAT_JSON, REAP_FORMAT_CSV, REAP_FORMAT_MD };
/* "text", "json", "csv" or "md"; false for other words. */
bool reap_format_parse(const char *word, enum reap_format *ret);

/* How a table is written. */
struct reap_table_style {
    enum reap_format format;
    unsigned columns; /* text: width of a line, 0 = as wide as it gets */
    bool colour;      /* text: escape sequences of a terminal */
    unsigned max;     /* rows at most, 0 = all */
};

/* --- reap top -------------------------------------------------------------------------------- */

struct reap_top_options {
    size_t size;
    const char *by; /* "archive", "object" (default), "section", "symbol"; "root", "keep", "export":
                       what the roots of a kind cost; "class", "template": C++ */
    bool retained;  /* sort by what would go with it, not by its own bytes */
    bool dead;      /* what was removed */
    struct reap_table_style style;
};
enum reap_status reap_top(struct reap_view *v, const struct reap_top_options *opts, FILE *out);

/* --- reap dominators ------------------------------------------------------------------------- */

struct reap_dominators_options {
    size_t size;
    const char *by;   /* a level; default "object" */
    const char *from; /* only what these things hold; NULL = everything */
    bool dead;
    unsigned depth;                /* 0 = no limit */
    uint64_t min_bytes;            /* smaller ones are summed up in one line */
    struct reap_table_style style; /* max: children of one thing at most */
};
enum reap_status reap_dominators(struct reap_view *v, const struct reap_dominators_options *opts,
                                 FILE *out);

/* --- reap graph ------------------------------------------------------------------------------ */

struct reap_graph_options {
    size_t size;
    const char *by;                  /* a level; default "object" */
    const char *from, *to;           /* what they reach, what reaches them; both: between them */
    const char *around;              /* what is at most `depth` references away from it */
    const char *path_from, *path_to; /* the shortest paths */
    unsigned depth;                  /* 0 = the default: no limit; 2 for around */
    bool only_dead, with_dead;
    bool dominators;    /* arrows are "holds alone", not references */
    bool all_edges;     /* do not leave out the lighter references */
    unsigned max_nodes; /* 0 = 60 */
    const char *format; /* "dot", "svg", "png", "pdf"; NULL = by the ending of the path */
    const char *layout; /* engine of Graphviz; NULL = "dot" */
};
/* path: "-" is standard output. REAP_ERR_UNSUPPORTED when a picture is asked for and Graphviz's
 * library is not installed; dot text needs none. */
enum reap_status reap_graph(struct reap_view *v, const struct reap_graph_options *opts,
                            const char *path);

#ifdef __cplusplus
}
#endif
#endif
