/* classes.h: what C++ classes and template instantiations weigh, from the symbols of the facts.
 *
 *   classes.c      classes by their vtables, typeinfos and names
 *   templates.c    instantiations by template
 *   class_words.c  classes and verdicts in words
 *   text_classes.c, json_classes.c, top_classes.c   the views
 */
#ifndef RP_REPORT_CLASSES_H
#define RP_REPORT_CLASSES_H

#include "reap/graph.h"
#include "report/jsonw.h"
#include "report/view.h"

enum rp_class_part {
    RP_PART_VTABLE,       /* _ZTV */
    RP_PART_CONSTRUCTION, /* _ZTC: construction vtables */
    RP_PART_VTT,          /* _ZTT: the table of them */
    RP_PART_TYPEINFO,     /* _ZTI */
    RP_PART_NAME,         /* _ZTS */
    RP_N_PARTS
};
const char *rp_class_part_name(unsigned part); /* "construction vtables" */

struct rp_bytes {
    uint64_t kept, removed; /* bytes */
    uint32_t n_kept, n_removed;
};

/* One class; classes of one name in different anonymous namespaces are different classes. */
struct rp_cxx_class {
    rp_str symbol; /* one of its symbols; the class stands behind four characters: "_ZTI3Foo" */
    rp_id type;    /* of facts->types, 0 = the pass about typeinfo does not know it */
    rp_id node[RP_N_PARTS]; /* where each part stands, 0 = nowhere; the last of several */
    struct rp_bytes part[RP_N_PARTS];
};
struct rp_classes {
    RP_VEC(struct rp_cxx_class) v; /* by falling bytes, then name */
    struct rp_bytes part[RP_N_PARTS];
};
enum reap_status rp_classes_of(struct rp_ctx *ctx, const struct rp_facts *f, bool removed_first,
                               struct rp_classes *ret);
void rp_classes_free(struct rp_classes *c);
uint64_t rp_class_kept(const struct rp_cxx_class *c);
uint64_t rp_class_removed(const struct rp_cxx_class *c);
/* "ns::Foo<int>" */
void rp_word_class(const struct rp_facts *f, const struct rp_cxx_class *c, struct rp_strbuf *b);
/* The same of a symbol such as _ZTI3Foo. */
void rp_word_class_of(const char *symbol, struct rp_strbuf *b);
/* Who names a type: "f<int> in a.o", or the place of what has no name. type 0: something else. */
void rp_word_by(const struct rp_facts *f, rp_id by, rp_id type, struct rp_strbuf *b);
/* The function that holds byte `offset` of a node's section; the node's own name when none does. */
rp_str rp_fact_function_at(const struct rp_facts *f, rp_id node, uint64_t offset);
/* Why the typeinfo of a type stays or goes: "its base ns::B is named by f(int) in a.o". */
void rp_word_verdict(const struct rp_facts *f, rp_id type, struct rp_strbuf *b);

/* --- templates ------------------------------------------------------------------------------- */

/* The name with each list of template arguments as "<…>"; false, with b as it was, when it has
 * none. `name` is demangled, best in the short form. */
bool rp_template_pattern(const char *name, struct rp_strbuf *b);

struct rp_template {
    rp_str pattern;                  /* offset into rp_templates.names */
    uint64_t kept, removed, biggest; /* bytes; the biggest one that is kept */
    uint32_t n_kept, n_removed;      /* instances */
};
struct rp_templates {
    RP_VEC(struct rp_template) v; /* by falling bytes, then name */
    struct rp_strbuf names;       /* NUL between them */
    uint64_t kept, removed;
    uint32_t n_kept, n_removed;
};
enum reap_status rp_templates_of(struct rp_ctx *ctx, const struct rp_facts *f, bool removed_first,
                                 struct rp_templates *ret);
void rp_templates_free(struct rp_templates *t);

/* --- views ----------------------------------------------------------------------------------- */

/* json_classes.c: the member "cxx" of the open object, if there is anything to say. */
enum reap_status rp_json_classes(struct rp_ctx *ctx, const struct rp_facts *f, struct rp_jsonw *w);
/* The members of an object about one class. */
void rp_json_class(struct rp_jsonw *w, const struct rp_facts *f, const struct rp_cxx_class *c);
/* top_classes.c */
enum reap_status rp_top_classes(struct rp_ctx *ctx, const struct rp_facts *f,
                                const struct reap_top_options *opts, FILE *out);
enum reap_status rp_top_templates(struct rp_ctx *ctx, const struct rp_facts *f,
                                  const struct reap_top_options *opts, FILE *out);

#endif
