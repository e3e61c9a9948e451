/* ctx.c: diagnostics and phase times.
 *
 * One lock makes the user's callback single-threaded and keeps the counters right. Texts are
 * formatted before the lock is taken. Names come from hostile files: control characters in them
 * are replaced, so that a message is one line whatever a section is called.
 */
#include "util/ctx.h"

#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* CPUs that this process may run on. */
static unsigned cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 && n < 4096 ? (unsigned)n : 1;
}

void rp_ctx_init(struct rp_ctx *ctx, reap_diag_fn fn, void *user)
{
    memset(ctx, 0, sizeof *ctx);
    ctx->diag_fn = fn;
    ctx->diag_user = user;
    pthread_mutex_init(&ctx->diag_lock, NULL);
    ctx->n_threads = cpu_count();
}

void rp_ctx_fini(struct rp_ctx *ctx)
{
    pthread_mutex_destroy(&ctx->diag_lock);
}

static void make_printable(char *s)
{
    for (; s && *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
}

/* "file(member): .section+0x10", malloc'd; NULL when there is nothing to say or no memory. */
static char *format_where(const struct rp_where *w)
{
    if (!w->file && !w->section && !w->has_offset)
        return NULL;
    char offset[24] = "";
    if (w->has_offset)
        snprintf(offset, sizeof offset, "+0x%" PRIx64, w->offset);
    const char *file = w->file ? w->file : "";
    const char *section = w->section ? w->section : "";
    const char *between = w->file && w->section ? ": " : "";
    char *s = NULL;
    if (asprintf(&s, "%s%s%s%s", file, between, section, offset) < 0)
        return NULL;
    make_printable(s);
    return s;
}

static void deliver(struct rp_ctx *ctx, enum reap_severity severity, const char *code,
                    const struct rp_where *where, const char *remedy, const char *fmt, va_list ap)
    __attribute__((format(printf, 6, 0)));
static void deliver(struct rp_ctx *ctx, enum reap_severity severity, const char *code,
                    const struct rp_where *where, const char *remedy, const char *fmt, va_list ap)
{
    bool wanted = ctx->diag_fn && (severity != REAP_NOTE || ctx->verbose);
    char *text = NULL, *place = NULL;
    if (wanted) {
        if (vasprintf(&text, fmt, ap) < 0)
            text = NULL;
        make_printable(text);
        place = format_where(where);
    }
    pthread_mutex_lock(&ctx->diag_lock);
    if (severity == REAP_ERROR)
        ctx->n_errors++;
    if (severity == REAP_WARNING)
        ctx->n_warnings++;
    if (wanted) {
        struct reap_diag d = {
            .size = sizeof d,
            .severity = severity,
            .code = code,
            .where = place ? place : where->file,
            .text = text ? text : "out of memory while describing an error",
            .remedy = remedy,
        };
        ctx->diag_fn(ctx->diag_user, &d);
    }
    pthread_mutex_unlock(&ctx->diag_lock);
    free(text);
    free(place);
}

enum reap_status rp_fail(struct rp_ctx *ctx, enum reap_status status, const char *code,
                         struct rp_where where, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    deliver(ctx, REAP_ERROR, code, &where, NULL, fmt, ap);
    va_end(ap);
    return status;
}

enum reap_status rp_fail_remedy(struct rp_ctx *ctx, enum reap_status status, const char *code,
                                struct rp_where where, const char *remedy, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    deliver(ctx, REAP_ERROR, code, &where, remedy, fmt, ap);
    va_end(ap);
    return status;
}

void rp_warn(struct rp_ctx *ctx, const char *code, struct rp_where where, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    deliver(ctx, REAP_WARNING, code, &where, NULL, fmt, ap);
    va_end(ap);
}

void rp_note(struct rp_ctx *ctx, const char *code, struct rp_where where, const char *fmt, ...)
{
    if (!ctx->diag_fn || !ctx->verbose)
        return;
    va_list ap;
    va_start(ap, fmt);
    deliver(ctx, REAP_NOTE, code, &where, NULL, fmt, ap);
    va_end(ap);
}

enum reap_status rp_nomem(struct rp_ctx *ctx)
{
    return rp_fail(ctx, REAP_ERR_NOMEM, "out-of-memory", rp_at(NULL), "out of memory");
}

static double seconds(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Peak resident size in bytes. VmHWM, because ru_maxrss of a spawned program starts at the peak
 * of the program that spawned it (Linux, fs/exec.c, exec_mmap): a compiler driver's, here. */
static uint64_t peak_rss(void)
{
    uint64_t kib = 0;
    FILE *f = fopen("/proc/self/status", "re");
    if (f) {
        char line[256];
        while (fgets(line, sizeof line, f))
            if (sscanf(line, "VmHWM: %" SCNu64, &kib) == 1)
                break;
        fclose(f);
    }
    if (kib == 0) {
        struct rusage u;
        if (getrusage(RUSAGE_SELF, &u) == 0)
            kib = (uint64_t)u.ru_maxrss;
    }
    return kib * 1024;
}

struct rp_timer rp_phase_begin(void)
{
    return (struct rp_timer){
        .wall_s = seconds(CLOCK_MONOTONIC),
        .cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID),
    };
}

void rp_phase_end(struct rp_ctx *ctx, struct rp_timer t, const char *name)
{
    if (ctx->n_phases == RP_MAX_PHASES)
        return;
    ctx->phases[ctx->n_phases++] = (struct rp_phase){
        .name = name,
        .wall_s = seconds(CLOCK_MONOTONIC) - t.wall_s,
        .cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - t.cpu_s,
        .peak_rss = peak_rss(),
    };
}
