/* why.h: between the parts of `reap why`: what matched, and what there is to say about it. */
#ifndef RP_REPORT_WHY_H
#define RP_REPORT_WHY_H

#include "report/classes.h"
#include "report/unwinder.h"
#include "report/view.h"

enum rp_answer_kind {
    RP_ANSWER_NODE,   /* a section, record, common symbol or set: node */
    RP_ANSWER_SYMBOL, /* a name without a node: symbol */
    RP_ANSWER_FILE,   /* an object or archive member: file */
    RP_ANSWER_CLASS,  /* a C++ class: cls */
};

/* One thing that matched. */
struct rp_answer {
    enum rp_answer_kind kind;
    rp_id node, symbol, file;
    uint32_t cls;                   /* index into rp_why.classes */
    rp_str name;                    /* the symbol through which it matched, mangled; "" = none */
    uint32_t n_copies;              /* COMDAT copies of a node in other files */
    uint32_t n_parts, n_live_parts; /* of the section that matched; 0 = not asked for */
};

struct rp_why {
    struct rp_ctx *ctx;
    const struct rp_facts *f;
    const char *pattern;
    const struct rp_why_options *opts;
    struct rp_view view; /* OUT and IN, once something matched */
    RP_VEC(struct rp_answer) answers;
    struct rp_classes classes;
    struct rp_unwinder_facts unwinder; /* for text, of programs that have one */
};

/* why_find.c */
enum reap_status rp_why_find(struct rp_why *w);
/* why_class.c: answers for the classes whose names match; `word` stands in their symbols. */
enum reap_status rp_why_find_classes(struct rp_why *w, const char *word,
                                     bool (*matches)(const void *arg, const char *name),
                                     const void *arg);
/* What there is to say about a class itself, and the node whose path or chain says the rest. */
void rp_why_class_head(const struct rp_why *w, const struct rp_answer *a, struct rp_strbuf *b,
                       rp_id *ret_evidence, const char **ret_about);
void rp_why_class_json(const struct rp_why *w, const struct rp_answer *a, struct rp_jsonw *j);
/* why_near.c: up to `max` names that look like the pattern, best first; *ret_n of them. */
enum { RP_NEAR_MAX = 5 };
enum reap_status rp_why_near(const struct rp_why *w, rp_str ret[RP_NEAR_MAX], unsigned *ret_n);

/* why.c: the evidence. Vectors are freed by the caller. */
struct rp_ids {
    RP_VEC(rp_id) v;
};
/* Nodes from the root to `node`. */
enum reap_status rp_why_path(const struct rp_why *w, rp_id node, struct rp_ids *ret);
/* Roots from which followed edges lead to the live `node`: ids, by rising reason, then id. */
enum reap_status rp_why_roots(const struct rp_why *w, rp_id node, struct rp_ids *ret);
/* Bytes and nodes that would live again if the dead `node` did. */
struct rp_revival {
    uint64_t bytes;
    uint32_t n_nodes;
};
enum reap_status rp_why_revival(const struct rp_why *w, rp_id node, struct rp_revival *ret);
/* References to a name that nothing defines: ids of undefs. */
enum reap_status rp_why_undefs(const struct rp_why *w, rp_str name, struct rp_ids *ret);
/* Names that a file defines: ids of symbols. */
enum reap_status rp_why_defines(const struct rp_why *w, rp_id file, struct rp_ids *ret);

/* why_text.c, why_json.c */
enum reap_status rp_why_text(const struct rp_why *w, FILE *out);
enum reap_status rp_why_json(const struct rp_why *w, FILE *out);

#endif
