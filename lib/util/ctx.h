/* ctx.h: what every function of the library is handed: diagnostics, threads, phase times. */
#ifndef RP_UTIL_CTX_H
#define RP_UTIL_CTX_H

#include "reap/diag.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Where a diagnostic points to. Any field may be NULL. */
struct rp_where {
    const char *file;    /* path, or "archive(member)" */
    const char *section; /* section name */
    uint64_t offset;     /* bytes into the section (or the file when section is NULL) */
    bool has_offset;
};

/* One timed phase, for --reap-stats. */
struct rp_phase {
    const char *name; /* static string */
    double wall_s, cpu_s;
    uint64_t peak_rss; /* bytes, at the end of the phase */
};

enum { RP_MAX_PHASES = 32 };

struct rp_ctx {
    reap_diag_fn diag_fn; /* NULL: diagnostics are counted and dropped */
    void *diag_user;
    pthread_mutex_t diag_lock;
    unsigned n_warnings, n_errors;
    unsigned n_threads; /* 1 or more */
    bool verbose;       /* notes are delivered too */
    struct rp_phase phases[RP_MAX_PHASES];
    unsigned n_phases;
};

void rp_ctx_init(struct rp_ctx *ctx, reap_diag_fn fn, void *user);
void rp_ctx_fini(struct rp_ctx *ctx);

/* Deliver an error and return `status`, so that a caller can write `return rp_fail(…)`. */
enum reap_status rp_fail(struct rp_ctx *ctx, enum reap_status status, const char *code,
                         struct rp_where where, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Like rp_fail with a remedy line (may be NULL). */
enum reap_status rp_fail_remedy(struct rp_ctx *ctx, enum reap_status status, const char *code,
                                struct rp_where where, const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
void rp_warn(struct rp_ctx *ctx, const char *code, struct rp_where where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void rp_note(struct rp_ctx *ctx, const char *code, struct rp_where where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
enum reap_status rp_nomem(struct rp_ctx *ctx);

/* Phases are sequential, not nested: begin closes nothing, end records the time since begin. */
struct rp_timer {
    double wall_s, cpu_s;
};
struct rp_timer rp_phase_begin(void);
void rp_phase_end(struct rp_ctx *ctx, struct rp_timer t, const char *name);

static inline struct rp_where rp_at(const char *file)
{
    return (struct rp_where){.file = file};
}

#endif
