/* explain.h: between the parts of `reap explain`: what happened, what stands near it, and which
 * removals account for it.
 */
#ifndef RP_REPORT_EXPLAIN_H
#define RP_REPORT_EXPLAIN_H

#include "elf/core.h"
#include "report/trace_text.h"
#include "report/view.h"
#include "util/arena.h"
#include "util/strmap.h"

/* How the program ended. */
enum rp_crash_kind {
    RP_CRASH_UNKNOWN,
    RP_CRASH_NULL_CALL, /* the program counter is 0 or near it */
    RP_CRASH_HOLE,      /* it is where no function is */
    RP_CRASH_TERMINATE, /* an exception found no handler */
    RP_CRASH_ABORT,     /* the program ended itself */
    RP_CRASH_FAULT,     /* a bad access or division within a function */
    RP_CRASH_ILLEGAL,   /* an illegal instruction or trap */
    RP_CRASH_HANG,      /* stopped from outside while it ran */
    RP_CRASH_LOCKUP,    /* bare metal: the processor gave up */
    RP_N_CRASH_KINDS
};

struct rp_explain_frame {
    const char *symbol;   /* mangled when the program knows it, else as printed; NULL = unknown */
    uint64_t pc;          /* when has_pc: an address of the program's file, or as it ran */
    uint64_t offset;      /* behind the symbol */
    uint64_t node_offset; /* in the node's section */
    rp_id node;           /* 0 = not of this link */
    bool has_pc, has_offset, is_return, is_guess, in_library;
    bool is_loose;     /* a number that happened to stand in the text */
    bool is_messenger; /* abort, raise, __cxa_throw: brings the news, does not cause it */
};

/* A node near the crash: what its functions are, call and read. */
struct rp_near {
    rp_id node, from; /* from: the node through which it was reached; 0 = a frame itself */
    unsigned distance;
};

struct rp_explain_input {
    const struct rp_program *program;
    const struct rp_core *core;   /* NULL = none */
    const struct rp_trace *trace; /* NULL = none */
    const uint64_t *addresses;    /* asked for by number: where execution stood */
    size_t n_addresses;
};

/* What a candidate is worth, and why. */
struct rp_candidate {
    uint32_t finding; /* into facts->findings */
    int score;
    bool certain;    /* the facts and the crash leave no doubt */
    bool related;    /* something ties it to the crash, not its class alone */
    rp_id link;      /* the node at which crash and removal meet, 0 = none */
    rp_id link_from; /* the removal's side of that: what else uses it; 0 = none */
};

struct rp_explain {
    struct rp_ctx *ctx;
    struct rp_facts *f; /* findings of our own are added */
    const struct rp_explain_input *in;
    struct rp_view view; /* OUT, IN, SYMBOLS */
    struct rp_arena arena;
    struct rp_strmap names;                 /* symbol name -> the first symbol of this name */
    uint32_t *next_symbol;                  /* by symbol: the next one of the same name */
    RP_VEC(struct rp_explain_frame) frames; /* innermost first */
    enum rp_crash_kind kind;
    int signal;
    RP_VEC(struct rp_near) near;
    uint32_t *near_index; /* by node: place in near + 1, 0 = far */
    const char *before;   /* the function that stands before where execution stopped */
    rp_id before_node;
    RP_VEC(struct rp_candidate) candidates; /* best first */
};

/* explain_crash.c: frames, kind. */
enum reap_status rp_explain_crash(struct rp_explain *x);
/* The node of a symbol by name: live before dead, of this size before others (0: any). */
rp_id rp_explain_node(const struct rp_explain *x, const char *name, uint64_t size,
                      uint64_t *ret_value);
/* The innermost frame of the link that is no messenger and not executing nowhere; NULL = none. */
const struct rp_explain_frame *rp_explain_culprit_frame(const struct rp_explain *x);

/* explain_near.c: what the frames' functions are, call and read. */
enum reap_status rp_explain_near(struct rp_explain *x);
/* How near a finding is to the crash: UINT_MAX = not at all; where they meet. */
unsigned rp_explain_distance(const struct rp_explain *x, const struct rp_finding *f,
                             rp_id *ret_link, rp_id *ret_from);

/* explain_own.c: findings that only the crash shows. */
enum reap_status rp_explain_own(struct rp_explain *x);
struct rp_own_finding {
    uint8_t code, severity;
    rp_id file, node;
    rp_str name; /* its part */
    struct rp_strbuf evidence, remedy;
};
/* Add one to the findings, certain or not; frees the texts. False when out of memory. */
bool rp_explain_add(struct rp_explain *x, struct rp_own_finding *o, bool certain);

/* explain_slot.c: an RTTI slot that was cut and read all the same, as a finding. */
bool rp_explain_slot(struct rp_explain *x);

/* explain_trap.c: a trap in the place of removed code that was run into, as a finding. */
bool rp_explain_trap(struct rp_explain *x);
/* The removed code that a trap at this address of the program's file stands for; 0 = none. */
rp_id rp_explain_trap_at(const struct rp_explain *x, uint64_t addr);
/* Whether the report is about a linked image (`reap image`). */
bool rp_explain_is_image(const struct rp_explain *x);

/* explain_score.c */
enum reap_status rp_explain_score(struct rp_explain *x);

/* explain_text.c, explain_json.c */
enum reap_status rp_explain_text(const struct rp_explain *x, unsigned max, FILE *out);
enum reap_status rp_explain_json(const struct rp_explain *x, unsigned max, FILE *out);
/* From the crash to the removal, one step a line. */
void rp_explain_chain(const struct rp_explain *x, const struct rp_candidate *c,
                      struct rp_strbuf *b);
void rp_explain_story(const struct rp_explain *x, struct rp_strbuf *b); /* what happened */

/* explain.c. *ret_n: how many removals account for it. */
struct rp_explain_options {
    bool json;
    unsigned max; /* answers at most, 0 = all */
};
enum reap_status rp_explain_write(struct rp_ctx *ctx, struct rp_facts *f,
                                  const struct rp_explain_input *in,
                                  const struct rp_explain_options *opts, FILE *out,
                                  unsigned *ret_n);

#endif
