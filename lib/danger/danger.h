/* danger.h: which removals may hurt: rules over the marked model, one file each (docs/crashes.md).
 *
 * A rule looks for one class of harm and makes a *draft* of each finding; danger.c ranks the
 * drafts, applies the rule files' `accept` lines, and stores them as findings of the facts. Rules
 * never change the model. No finding without evidence: a rule that cannot name the live code that
 * misses something keeps silent.
 */
#ifndef RP_DANGER_DANGER_H
#define RP_DANGER_DANGER_H

#include "report/facts.h"
#include "util/strbuf.h"

/* Find everything that may hurt in an analysed link, and store it in facts->findings. The facts are
 * those of the same model, marks and job. */
enum reap_status rp_danger_find(const struct rp_model *m, const struct rp_marks *marks,
                                const struct rp_job *job, struct rp_facts *facts);
/* The same for a linked image that is filled: the model has one file, of which nothing leaves. */
enum reap_status rp_danger_find_image(const struct rp_model *m, const struct rp_marks *marks,
                                      const struct rp_job *job, struct rp_facts *facts);

/* --- for the rules --------------------------------------------------------------------------- */

/* A reference of live code or data to a name without a node: undefined, of a script, of the
 * linker. */
struct rp_danger_ref {
    rp_id global, node, section; /* who refers */
    uint32_t reloc;              /* number in the section's relocations */
};

struct rp_draft {
    uint8_t code, severity;
    uint64_t score; /* ranks within severity and class: the more the worse */
    rp_id file, node, section;
    rp_str file_fact; /* id in the facts when file is 0: an unextracted member */
    uint32_t count;
    struct rp_strbuf evidence, remedy, chain;
    RP_VEC(struct rp_finding_part) parts; /* name is in the facts' pool */
};

enum rp_gone { RP_GONE_NOT, RP_GONE_DISCARDED, RP_GONE_UNKEPT };

struct rp_danger {
    struct rp_ctx *ctx;
    const struct rp_model *m;
    const struct rp_marks *marks;
    const struct rp_job *job;
    struct rp_facts *facts;
    uint8_t *gone;   /* by section id: enum rp_gone: left out of the output though marked live */
    uint32_t **stmt; /* by script: the statement that takes each section, UINT32_MAX = none */
    RP_VEC(struct rp_danger_ref) refs; /* by global, then node */
    uint32_t *in_start, *in_edge;      /* edges to a node; made on demand */
    rp_id *edge_from;                  /* by edge; made on demand */
    struct rp_danger_symbols *symbols; /* symbols.c; made on demand */
    struct rp_danger_reads **reads;    /* by node: reads.c; made on demand */
    uint64_t *weight;                  /* by section: rp_danger_weight + 1; 0 = not asked yet */
    uint8_t *sorted;                   /* by section: relocations: 1 no, 2 yes; 0 = not asked */
    uint8_t *runtime;                  /* by file: 1 no, 2 rp_danger_is_runtime; 0 = not asked */
    struct rp_bitset told;             /* by node: it is part of a draft */
    RP_VEC(struct rp_draft) drafts;
    bool oom;
};

typedef void (*rp_danger_rule)(struct rp_danger *d);
void rp_danger_tables(struct rp_danger *d);         /* empty-bracket, start-stop, sorted-siblings */
void rp_danger_initializers(struct rp_danger *d);   /* lost-initializer */
void rp_danger_unwind(struct rp_danger *d);         /* lost-unwind */
void rp_danger_iplt(struct rp_danger *d);           /* iplt-bracket */
void rp_danger_entry(struct rp_danger *d);          /* entry-like */
void rp_danger_weak(struct rp_danger *d);           /* weak-null */
void rp_danger_registration(struct rp_danger *d);   /* unextracted-registration */
void rp_danger_strings(struct rp_danger *d);        /* named-in-string */
void rp_danger_fall_through(struct rp_danger *d);   /* fall-through */
void rp_danger_script_symbols(struct rp_danger *d); /* script-only-symbol */
void rp_danger_rtti(struct rp_danger *d);           /* rtti */
void rp_danger_image(struct rp_danger *d);          /* named-in-string, of images */

/* look.c: questions to the model. */

/* Whether the section is allocated, not empty, and will not be in the output. */
bool rp_danger_is_lost(const struct rp_danger *d, rp_id section);
bool rp_danger_is_live(const struct rp_danger *d, rp_id section); /* and not gone */
static inline bool rp_danger_is_code(const struct rp_danger *d, rp_id section)
{
    return section && rp_shdr_of(d->m, section)->flags & SHF_EXECINSTR;
}
/* The references of live nodes to a global without a node: [*ret_first, return) in refs. */
size_t rp_danger_refs_of(const struct rp_danger *d, rp_id global, size_t *ret_first);
/* The first live code (else data) that refers to the name, 0 = none. Defined names too. */
rp_id rp_danger_user(struct rp_danger *d, const char *name);
/* Incoming edges: make the index; false when out of memory. */
bool rp_danger_need_in(struct rp_danger *d);
/* Relocations of a section; NULL when there are none. */
const struct rp_rela *rp_danger_relocs(const struct rp_danger *d, rp_id section, uint32_t *ret_n);
/* The part of them that may lie in [start, end): [*ret_first, return). All when the section's are
 * not in order, so that the caller still asks each. */
uint32_t rp_danger_relocs_in(const struct rp_danger *d, rp_id section, uint64_t start, uint64_t end,
                             uint32_t *ret_first);
/* The place that relocation r of a section names: section and offset, or 0. Addends of PC-relative
 * fields are corrected. */
rp_id rp_danger_target(const struct rp_danger *d, rp_id section, const struct rp_rela *r,
                       uint64_t *ret_offset);
/* Its name as rp_danger_symbol_at says, "" for none. */
const char *rp_danger_name_at(struct rp_danger *d, rp_id section, uint64_t offset);
const char *rp_danger_node_name(const struct rp_danger *d, rp_id node); /* mangled, or section */
/* The script statement that takes a section, NULL = none; its script in *ret_script. */
const struct rp_input_stmt *rp_danger_stmt(const struct rp_danger *d, rp_id section);
/* The facts' id of an archive member that was not extracted. */
rp_id rp_danger_member(const struct rp_danger *d, rp_id ar, uint32_t member);
/* Whether a script of the link has SECTIONS of its own in place of the default. */
bool rp_danger_has_script(const struct rp_danger *d);
bool rp_danger_is_dynamic(const struct rp_danger *d);
/* .init_array, .ctors, .fini_array, .preinit_array, .dtors, .init, .fini and with suffix. */
bool rp_danger_is_initializer(const char *section);
/* A library of the toolchain (libc.a, libstdc++.a, …) or a file of its startup code. */
bool rp_danger_is_runtime(const char *path);
/* The NUL-terminated text at a place of a section without relocations there, NULL = none. */
const char *rp_danger_text_at(const struct rp_danger *d, rp_id section, uint64_t offset);

/* symbols.c: the symbols of a section, but for those of sections and files and for .L labels. */

/* The symbol that covers (section, offset), or begins there; 0 = none. */
uint32_t rp_danger_symbol_at(struct rp_danger *d, rp_id section, uint64_t offset);
/* All of them, in the order of the file's table. */
const uint32_t *rp_danger_symbols_of(struct rp_danger *d, rp_id section, uint32_t *ret_n);
void rp_danger_symbols_free(struct rp_danger_symbols *s);

/* reads.c: live code that reads a node, or takes its address. */

struct rp_danger_read {
    uint64_t to;     /* the place in the node's section that is read */
    uint32_t order;  /* of the references to the node */
    rp_id section;   /* of the code … */
    uint64_t offset; /* … and where in it */
};

/* By place, then order. */
const struct rp_danger_read *rp_danger_reads_of(struct rp_danger *d, rp_id node, size_t *ret_n);
void rp_danger_reads_free(struct rp_danger *d);

/* draft.c: writing a finding. A draft pointer is good until the next rp_draft_new. NULL when out
 * of memory; every function takes NULL. */
struct rp_draft *rp_draft_new(struct rp_danger *d, unsigned code, unsigned severity);
void rp_draft_at(struct rp_danger *d, struct rp_draft *x, rp_id section);
void rp_draft_say(struct rp_draft *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void rp_draft_remedy(struct rp_draft *x, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void rp_draft_chain(struct rp_draft *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void rp_draft_part(struct rp_danger *d, struct rp_draft *x, const char *name, rp_id node);
/* The parts of a lost section: the symbols that it defines, its nodes. */
void rp_draft_lost(struct rp_danger *d, struct rp_draft *x, rp_id section);
/* Words for a name and a place; into a ring of buffers, good for a few calls. */
enum { RP_DANGER_WORDS = 48, RP_DANGER_WORD = 400 };
struct rp_words {
    char text[RP_DANGER_WORDS][RP_DANGER_WORD];
    unsigned next;
};
const char *rp_word_name(struct rp_words *w, const char *mangled); /* "f(int)" */
const char *rp_word_section(struct rp_words *w, const struct rp_danger *d,
                            rp_id sec); /* "a.o:.x" */
/* "f (a.o:.text.f)". */
const char *rp_word_code(struct rp_words *w, const struct rp_danger *d, rp_id node);
/* "*(.init_array .init_array.*)", "KEEP (…)" when keep is set. */
const char *rp_word_stmt(struct rp_words *w, const struct rp_input_stmt *s, bool keep);
/* What keeps a section, for its place in the script: lines for the remedy. */
void rp_draft_keep(struct rp_danger *d, struct rp_draft *x, rp_id section);

/* effects.c: what a lost function pointer would have done. Adds evidence, chain, symbols and score
 * for the entries of a lost section. */
void rp_danger_effects(struct rp_danger *d, struct rp_draft *x, rp_id section, bool detail);
uint64_t rp_danger_weight(struct rp_danger *d, rp_id section); /* the score alone */
/* Whether the function (or variable) at a place fills something that live code reads; says so in x,
 * which may be NULL. */
bool rp_danger_fills(struct rp_danger *d, struct rp_draft *x, rp_id section, uint64_t offset);
/* Whether a function that the section's entries call, at any depth, survives although no live code
 * refers to it. */
bool rp_danger_callee_lives(struct rp_danger *d, rp_id section);

#endif
