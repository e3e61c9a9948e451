/* explain_crash.c: what happened: the frames as nodes of the link, and how the program ended.
 *
 * Why: a core, a backtrace and an address say the same in different words; from here on there is
 * one list of frames. How: an address is looked up in the program's symbol table, a printed name
 * in the same table (mangled or demangled); the symbol's name and size then find the node of the
 * report. Functions that only bring the news (abort, raise, the exception machinery) are marked:
 * the cause is further out.
 *
 * Entry: rp_explain_crash.
 */
#include "report/explain.h"

#include <limits.h>
#include <signal.h>
#include <string.h>

enum { NEAR_NULL = 0x10000, MACHINE_ARM = 40 /* EM_ARM; libelf's headers stay in lib/elf */ };

/* --- names ----------------------------------------------------------------------------------- */

static bool starts_with(const char *s, const char *prefix)
{
    return !strncmp(s, prefix, strlen(prefix));
}

static bool is_exception_machinery(const char *s)
{
    return starts_with(s, "__cxa_throw") || starts_with(s, "__cxa_rethrow") ||
           starts_with(s, "_Unwind_") || starts_with(s, "__gxx_personality") ||
           starts_with(s, "std::terminate") || !strcmp(s, "_ZSt9terminatev") ||
           starts_with(s, "__gnu_cxx::__verbose_terminate") ||
           starts_with(s, "_ZN9__gnu_cxx27__verbose_terminate") ||
           starts_with(s, "__cxxabiv1::__terminate") || starts_with(s, "_ZN10__cxxabiv1") ||
           !strcmp(s, "__cxa_call_terminate") || !strcmp(s, "__clang_call_terminate");
}

static bool is_ending(const char *s)
{
    static const char *const names[] = {
        "abort",          "raise",          "gsignal",       "__GI_raise",
        "__GI_abort",     "__assert_fail",  "__assert_func", "__assert_fail_base",
        "__libc_message", "__fortify_fail", "__chk_fail",    "__stack_chk_fail",
        "kill",           "panic",          "_Exit",         "_exit",
        "__restore_rt",   "killpg",         "__libc_fatal",  "malloc_printerr"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(s, names[i]))
            return true;
    return starts_with(s, "__pthread_kill") || starts_with(s, "pthread_kill") ||
           starts_with(s, "__GI___pthread_kill") || starts_with(s, "__assert");
}

rp_id rp_explain_node(const struct rp_explain *x, const char *name, uint64_t size,
                      uint64_t *ret_value)
{
    rp_id best = 0;
    int best_rank = -1;
    for (uint32_t i = rp_strmap_get(&x->names, name, strlen(name)); i; i = x->next_symbol[i]) {
        const struct rp_fact_symbol *s = &x->f->symbols.v[i];
        if (!s->node || s->place != RP_PLACE_OBJECT)
            continue;
        const struct rp_fact_node *n = &x->f->nodes.v[s->node];
        int rank = (n->live ? 4 : 0) + (size && s->size == size ? 2 : 0) +
                   (n->reason != RP_REASON_COMDAT_DUPLICATE ? 1 : 0);
        if (rank > best_rank) {
            best = s->node;
            best_rank = rank;
            if (ret_value)
                *ret_value = s->value;
        }
    }
    return best;
}

/* A function of the program by the name that a debugger prints. */
static const struct rp_program_symbol *by_demangled(const struct rp_explain *x, const char *name)
{
    const struct rp_program *p = x->in->program;
    const char *colon = strrchr(name, ':');
    const char *last = colon ? colon + 1 : name; /* stands in the mangled name, unless special */
    size_t n = strcspn(last, "<(~");
    const struct rp_program_symbol *found = NULL;
    for (size_t i = 0; n && i < p->symbols.n && !found; i++) {
        const struct rp_program_symbol *s = &p->symbols.v[i];
        if (!s->is_function || !starts_with(s->name, "_Z") ||
            !memmem(s->name, strlen(s->name), last, n))
            continue;
        for (int form = RP_DEMANGLE_NO_RETURN; form <= RP_DEMANGLE_SHORT && !found; form++) {
            char *plain = rp_demangle(s->name, (enum rp_demangle_form)form);
            if (plain && !strcmp(plain, name))
                found = s;
            free(plain);
        }
    }
    return found;
}

/* --- frames ---------------------------------------------------------------------------------- */

/* Fill in what the program's symbol says; the node follows from its name. */
static void settle(struct rp_explain *x, struct rp_explain_frame *f,
                   const struct rp_program_symbol *s)
{
    uint64_t value = 0;
    if (s) {
        f->symbol = s->name;
        if (f->has_pc) {
            f->offset = f->pc - s->addr;
            f->has_offset = true;
        }
    }
    if (!f->symbol)
        return;
    f->node = rp_explain_node(x, f->symbol, s ? s->size : 0, &value);
    if (x->in->program->machine == MACHINE_ARM)
        value &= ~UINT64_C(1); /* the Thumb bit */
    f->node_offset = value + f->offset;
    f->is_messenger = is_exception_machinery(f->symbol) || is_ending(f->symbol);
}

static bool add_core_frames(struct rp_explain *x)
{
    const struct rp_core *c = x->in->core;
    for (size_t i = 0; i < c->frames.n; i++) {
        const struct rp_core_frame *cf = &c->frames.v[i];
        struct rp_explain_frame f = {
            .symbol = cf->symbol,
            .pc = cf->in_program ? cf->addr : cf->pc,
            .has_pc = true,
            .is_return = cf->is_return,
            .is_guess = cf->is_guess,
            .in_library = cf->in_library,
        };
        settle(x, &f, cf->in_program ? rp_program_at(x->in->program, f.pc - cf->is_return) : NULL);
        if (!rp_vec_push(&x->frames, f))
            return false;
    }
    return true;
}

static bool add_address(struct rp_explain *x, uint64_t addr, bool is_return)
{
    struct rp_explain_frame f = {.pc = addr, .has_pc = true, .is_return = is_return};
    settle(x, &f, rp_program_at(x->in->program, addr - is_return));
    return rp_vec_push(&x->frames, f);
}

/* Where a position-independent program ran, by the places that have both a name and an address:
 * the load address is a multiple of a page. Without any, where gdb loads programs. */
static uint64_t guess_bias(const struct rp_explain *x)
{
    enum { PAGE = 0x1000 };
    const struct rp_program *p = x->in->program;
    for (size_t i = 0; p->is_pie && i < x->in->trace->items.n; i++) {
        const struct rp_trace_item *t = &x->in->trace->items.v[i];
        const struct rp_program_symbol *s =
            t->symbol && t->has_addr ? rp_program_named(p, t->symbol) : NULL;
        if (s && s->is_function && s->size <= PAGE && t->addr - t->is_return > s->addr)
            return (t->addr - t->is_return - s->addr) & ~(uint64_t)(PAGE - 1);
    }
    return p->is_pie ? UINT64_C(0x555555554000) : 0;
}

/* The address of a printed place in the program's file; false: it has none. *ret_exact: not only
 * the function is known. */
static bool place_of(const struct rp_explain *x, const struct rp_trace_item *t, uint64_t bias,
                     const struct rp_program_symbol **ret, uint64_t *ret_addr, bool *ret_exact)
{
    const struct rp_program *p = x->in->program;
    const struct rp_program_symbol *s = NULL;
    uint64_t before = t->is_return;
    uint64_t addr = t->is_file_addr || (bias && t->addr < bias) ? t->addr : t->addr - bias;
    *ret_exact = true;
    if (t->has_addr && rp_program_is_code(p, addr - before)) {
        *ret = rp_program_at(p, addr - before);
        *ret_addr = addr;
        return true;
    }
    if (t->symbol && !(s = rp_program_named(p, t->symbol)))
        s = by_demangled(x, t->symbol);
    if (!s || !s->is_function)
        return false;
    *ret = s;
    *ret_addr = s->addr + (t->has_offset ? t->offset : 0);
    *ret_exact = t->has_offset;
    return true;
}

static bool add_trace_frames(struct rp_explain *x)
{
    const struct rp_trace *trace = x->in->trace;
    uint64_t bias = guess_bias(x);
    for (size_t i = 0; i < trace->items.n; i++) {
        const struct rp_trace_item *t = &trace->items.v[i];
        const struct rp_program_symbol *s = NULL;
        struct rp_explain_frame f = {
            .symbol = t->symbol,
            .is_return = t->is_return,
            .in_library = t->in_library,
            .is_loose = t->is_loose,
        };
        uint64_t addr = 0;
        bool exact = false, placed = place_of(x, t, bias, &s, &addr, &exact);
        if (t->is_loose && !(placed && s))
            continue; /* a number that is no code */
        if (placed) {
            f.pc = addr;
            f.has_pc = exact;
        } else if (t->has_addr) {
            f.pc = t->addr;
            f.has_pc = true;
        }
        settle(x, &f, s);
        if (!placed) {
            f.offset = t->offset;
            f.has_offset = t->has_offset;
        }
        if (!rp_vec_push(&x->frames, f))
            return false;
    }
    return true;
}

/* --- the kind of end ------------------------------------------------------------------------- */

static bool ran_nowhere(const struct rp_explain *x, const struct rp_explain_frame *f)
{
    return f->has_pc && !f->symbol && !f->in_library && !f->is_return &&
           !rp_program_at(x->in->program, f->pc);
}

/* The names of the frames tell more than the signal. */
static enum rp_crash_kind kind_by_frames(const struct rp_explain *x)
{
    enum rp_crash_kind kind = RP_CRASH_UNKNOWN;
    for (size_t i = 0; i < x->frames.n; i++) {
        const struct rp_explain_frame *f = &x->frames.v[i];
        if (f->is_guess)
            break;
        if (f->symbol && is_exception_machinery(f->symbol))
            return RP_CRASH_TERMINATE;
        if (f->symbol && is_ending(f->symbol))
            kind = RP_CRASH_ABORT;
    }
    return kind;
}

static enum rp_crash_kind kind_by_signal(int signal)
{
    switch (signal) {
    case SIGABRT: return RP_CRASH_ABORT;
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE: return RP_CRASH_FAULT;
    case SIGILL:
    case SIGTRAP: return RP_CRASH_ILLEGAL;
    case SIGINT:
    case SIGTERM:
    case SIGQUIT:
    case SIGSTOP:
    case SIGALRM:
    case SIGKILL: return RP_CRASH_HANG;
    default: return RP_CRASH_UNKNOWN;
    }
}

static enum rp_crash_kind find_kind(const struct rp_explain *x)
{
    const struct rp_trace *t = x->in->trace;
    const struct rp_explain_frame *first = x->frames.n ? x->frames.v : NULL;
    if (t && t->is_lockup)
        return RP_CRASH_LOCKUP;
    for (size_t i = 0; i < x->frames.n; i++) { /* a kernel's or handler's own frames come first */
        const struct rp_explain_frame *f = &x->frames.v[i];
        if (ran_nowhere(x, f) && f->pc < NEAR_NULL && (i == 0 || !f->is_return))
            return RP_CRASH_NULL_CALL;
    }
    enum rp_crash_kind kind = kind_by_frames(x);
    if (kind == RP_CRASH_UNKNOWN && first && ran_nowhere(x, first))
        return RP_CRASH_HOLE;
    if (kind != RP_CRASH_TERMINATE && t && t->is_terminate)
        return RP_CRASH_TERMINATE;
    if (kind == RP_CRASH_UNKNOWN)
        kind = kind_by_signal(x->signal);
    /* A debugger that was attached leaves no signal: the program was running. */
    return kind == RP_CRASH_UNKNOWN && x->in->core && !x->signal ? RP_CRASH_HANG : kind;
}

/* The function before the place where execution stopped, when it may have run on into it: the place
 * is no function, or a function's first bytes. */
static void find_before(struct rp_explain *x)
{
    enum { FIRST_BYTES = 32 };
    const struct rp_explain_frame *f = x->frames.n ? x->frames.v : NULL;
    if (x->kind == RP_CRASH_ABORT || x->kind == RP_CRASH_HANG)
        return;
    if (!f || f->is_return || (!f->has_pc && !f->symbol))
        return;
    if (f->symbol && f->has_offset && f->offset > FIRST_BYTES)
        return;
    uint64_t addr = f->has_offset ? f->pc - f->offset : f->pc;
    if (!f->has_pc) { /* gdb leaves out the address where a line starts */
        const struct rp_program_symbol *own = rp_program_named(x->in->program, f->symbol);
        if (!own || !own->is_function)
            return;
        addr = own->addr;
    }
    const struct rp_program_symbol *s = rp_program_before(x->in->program, addr);
    if (!s || !rp_program_is_code(x->in->program, addr))
        return;
    x->before = s->name;
    x->before_node = rp_explain_node(x, s->name, s->size, NULL);
}

const struct rp_explain_frame *rp_explain_culprit_frame(const struct rp_explain *x)
{
    for (size_t i = 0; i < x->frames.n; i++)
        if (x->frames.v[i].node && !x->frames.v[i].is_messenger)
            return &x->frames.v[i];
    return NULL;
}

/* A text may tell of much that happened before: an emulator logs every exception. Where execution
 * stood at a trap is where it ended; what the text says before is left out. */
static bool begin_at_trap(struct rp_explain *x)
{
    for (size_t i = 0; i < x->frames.n; i++) {
        const struct rp_explain_frame *f = &x->frames.v[i];
        if (f->is_return || !f->has_pc || f->in_library || !rp_explain_trap_at(x, f->pc))
            continue;
        x->frames.n -= i;
        memmove(x->frames.v, x->frames.v + i, x->frames.n * sizeof *x->frames.v);
        return true;
    }
    return false;
}

enum reap_status rp_explain_crash(struct rp_explain *x)
{
    const struct rp_explain_input *in = x->in;
    bool ok = true;
    if (in->core) {
        ok = add_core_frames(x);
        x->signal = in->core->signal;
    }
    for (size_t i = 0; ok && i < in->n_addresses; i++)
        ok = add_address(x, in->addresses[i], false);
    if (ok && in->trace) {
        ok = add_trace_frames(x);
        x->signal = x->signal ? x->signal : in->trace->signal;
    }
    if (!ok)
        return rp_nomem(x->ctx);
    x->kind = begin_at_trap(x) ? RP_CRASH_ILLEGAL : find_kind(x);
    find_before(x);
    return REAP_OK;
}
