/* view.h: what the views of the facts share: indexes, whole sections, names for people. */
#ifndef RP_REPORT_VIEW_H
#define RP_REPORT_VIEW_H

#include "report/facts.h"
#include "util/strbuf.h"

/* Indexes over the facts, made on demand. CSR: the items of i are list[start[i] .. start[i+1]). */
struct rp_view {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    uint32_t *file_start, *file_nodes; /* nodes of each file by rising section number, offset */
    uint32_t *out_start, *out_edges;   /* edges from a node */
    uint32_t *in_start, *in_edges;     /* edges to a node */
    uint32_t *sym_start, *syms;        /* symbols of a node */
};
enum { RP_VIEW_FILES = 1, RP_VIEW_OUT = 2, RP_VIEW_IN = 4, RP_VIEW_SYMBOLS = 8 };
enum reap_status rp_view_init(struct rp_ctx *ctx, struct rp_view *ret, const struct rp_facts *f,
                              unsigned what);
void rp_view_free(struct rp_view *v);

/* One whole section (or common symbol, or set): consecutive nodes in file order. */
enum rp_run_state {
    RP_RUN_KEPT,
    RP_RUN_PARTIAL, /* some of its pieces or records are dead */
    RP_RUN_REMOVED,
    RP_RUN_DUPLICATE,
    RP_RUN_SYNTHETIC, /* a set: no bytes of its own */
};
struct rp_run {
    const uint32_t *nodes;
    uint32_t n;
    uint8_t cls;
    enum rp_run_state state;
    uint64_t kept, removed; /* bytes */
};
/* The next section of a file (0: sets), from position *at on, which starts at 0; false at the end.
 * Needs RP_VIEW_FILES. */
bool rp_view_run(const struct rp_view *v, rp_id file, size_t *at, struct rp_run *ret);

/* totals.c: the totals of each file, by id, malloc'd; [0] is of nodes without a file. Needs
 * RP_VIEW_FILES. */
enum reap_status rp_totals_by_file(const struct rp_view *v, struct rp_totals **ret);

/* costs.c: what lives through which root. Groups are roots of one reason and detail; a reason is
 * the sum of its groups. */
struct rp_cost {
    uint32_t reason; /* enum rp_root_reason */
    rp_str detail;   /* "" for a whole reason */
    uint32_t n_roots;
    uint64_t via;  /* allocated bytes whose shortest path starts here; they sum to all kept */
    uint64_t only; /* allocated bytes that would die without it */
};
struct rp_costs {
    struct rp_cost reasons[RP_N_ROOT_REASONS];
    struct rp_cost *groups; /* by falling `only`, then `via` */
    uint32_t n_groups;
};
enum reap_status rp_costs_of(const struct rp_view *v, struct rp_costs *ret);
void rp_costs_free(struct rp_costs *c);

/* words.c: text for people. */
void rp_word_file(const struct rp_facts *f, rp_id file, struct rp_strbuf *b); /* "a.a(b.o)" */
/* "a.a(b.o):.text", with "+0x10" for pieces and records; a set's own name. */
void rp_word_node(const struct rp_facts *f, rp_id node, struct rp_strbuf *b);
/* The demangled name, or a copy of the mangled one; malloc'd, NULL when out of memory. */
enum rp_demangle_form {
    RP_DEMANGLE_FULL,      /* "int ns::f<int>(int)", as c++filt shows it */
    RP_DEMANGLE_NO_RETURN, /* "ns::f<int>(int)" */
    RP_DEMANGLE_SHORT,     /* "ns::f<int>" */
};
char *rp_demangle(const char *name, enum rp_demangle_form form);
void rp_word_symbol(const char *mangled, struct rp_strbuf *b); /* demangled */
/* At most `columns` characters, the middle cut out of longer ones. */
void rp_word_fit(const char *s, size_t columns, struct rp_strbuf *b);
void rp_word_symbol_fit(const char *mangled, size_t columns, struct rp_strbuf *b); /* short form */
void rp_word_size(uint64_t bytes, struct rp_strbuf *b);                            /* "12.3 KiB" */
void rp_word_number(uint64_t n, struct rp_strbuf *b);                              /* "12,345" */
/* Bytes that would garble a line (controls, DEL) as \xNN; the rest as it is. */
void rp_word_plain(const char *s, struct rp_strbuf *b);

#endif
