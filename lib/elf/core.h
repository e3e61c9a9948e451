/* core.h: a core file: what stopped the program, and the calls that led there. */
#ifndef RP_ELF_CORE_H
#define RP_ELF_CORE_H

#include "elf/program.h"

enum { RP_CORE_MAX_FRAMES = 128, RP_CORE_CODE_BYTES = 16, RP_CORE_MAX_REGS = 34 };

struct rp_core_frame {
    uint64_t pc;        /* as it ran */
    uint64_t addr;      /* in the program's file when in_program */
    bool in_program;    /* in the program itself; else in a library, or nowhere */
    bool is_return;     /* pc is where a call returns to: the call stands before it */
    bool in_library;    /* in another loaded file */
    bool is_guess;      /* found by looking over the stack: may be left from an earlier call */
    const char *symbol; /* of a library's function; NULL = unknown */
};

struct rp_core {
    int signal;            /* 0 = unknown */
    bool has_fault;        /* fault is valid */
    uint64_t fault;        /* the address that SIGSEGV and others complain about */
    uint64_t pc, sp, bias; /* bias: where the program was loaded, minus the file's address */
    uint64_t regs[RP_CORE_MAX_REGS]; /* of the thread that died, as the machine numbers them */
    size_t n_regs;
    uint8_t code[RP_CORE_CODE_BYTES]; /* at pc */
    size_t n_code;
    RP_VEC(struct rp_core_frame) frames; /* innermost first */
    struct rp_arena arena;               /* symbols */
};

/* Read a core file of `program` (already open). Frames come from libdwfl, by the unwind tables of
 * the program and its libraries; where these are missing, from return addresses on the stack. */
enum reap_status rp_core_read(struct rp_ctx *ctx, const char *path,
                              const struct rp_program *program, struct rp_core *ret);
void rp_core_free(struct rp_core *c);

#endif
