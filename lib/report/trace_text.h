/* trace_text.h: addresses and functions in what a debugger, a C library, a kernel or an emulator
 * printed when a program died.
 */
#ifndef RP_REPORT_TRACE_TEXT_H
#define RP_REPORT_TRACE_TEXT_H

#include "util/arena.h"
#include "util/ctx.h"
#include "util/vec.h"

/* One place in code. */
struct rp_trace_item {
    const char *symbol; /* as it was printed, without parameters; NULL = none */
    uint64_t offset;    /* bytes behind the symbol, when has_offset */
    uint64_t addr;      /* when has_addr */
    bool has_offset, has_addr;
    bool is_file_addr; /* addr is relative to the load address: "program(+0x1234)" */
    bool is_return;    /* where a call returns to, not where execution stands */
    bool in_library;   /* of another file than the program */
    bool is_loose;     /* a number that happened to stand there: counts only within code */
};

struct rp_trace {
    RP_VEC(struct rp_trace_item) items; /* innermost first */
    int signal;                         /* that a text names, 0 = none */
    bool is_lockup;                     /* the machine stopped: lockup, triple fault */
    bool is_terminate;                  /* std::terminate */
    bool is_panic;                      /* a kernel's or runtime's own report */
    uint8_t code[16];                   /* where execution stood, as the text shows the bytes */
    size_t n_code;
    const char *missing; /* a name that a loader did not find, NULL = none */
    struct rp_arena arena;
};

/* Any bytes are allowed; a text without places gives no items. */
enum reap_status rp_trace_read(struct rp_ctx *ctx, const char *text, size_t n,
                               struct rp_trace *ret);
void rp_trace_free(struct rp_trace *t);

#endif
