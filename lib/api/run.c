/* run.c: run the linker and wait for it.
 *
 * posix_spawn, because the engine may have gigabytes mapped and a fork would copy the page tables.
 * The linker's standard error goes through a pipe when its text is wanted afterwards, and is passed
 * on as it comes. Words beyond the system's limit go through a response file, which all four
 * linkers read.
 *
 * Entry: reap_run_linker().
 */
#include "api/api.h"

#include "util/cleanup.h"
#include "util/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { CAPTURE_LIMIT = 8 << 20 }; /* bytes of the linker's messages that are looked at */

/* --- words and environment ------------------------------------------------------------------- */

/* Room that execve has for the words: ARG_MAX less the environment, less what POSIX recommends to
 * leave (xargs uses the same 2048), less pointers. */
static bool words_fit(const char *const *words, size_t n_words)
{
    enum { ONE_WORD = 128 << 10 }; /* Linux: MAX_ARG_STRLEN */
    long max = sysconf(_SC_ARG_MAX);
    size_t limit = max > 0 ? (size_t)max : 128u << 10;
    size_t used = 4096;
    for (char **e = environ; *e; e++)
        used += strlen(*e) + 1 + sizeof *e;
    for (size_t i = 0; i < n_words; i++) {
        size_t len = strlen(words[i]) + 1;
        if (len > ONE_WORD)
            return false;
        used += len + sizeof *words;
    }
    return used < limit;
}

/* Put the words into a response file; *ret is "@path". */
static enum reap_status write_response(struct reap *r, const char *const *words, size_t n_words,
                                       const char **ret)
{
    const char *path;
    enum reap_status st = rp_temp_path(r, "response.txt", &path);
    if (st != REAP_OK)
        return st;
    struct rp_arena arena = {0};
    struct rp_out out;
    st = rp_out_open(&r->ctx, &out, path, 0600);
    if (st != REAP_OK)
        return st;
    for (size_t i = 0; st == REAP_OK && i < n_words; i++) {
        const char *quoted = rp_response_quote(&arena, words[i]);
        if (!quoted)
            st = rp_nomem(&r->ctx);
        if (st == REAP_OK)
            st = rp_out_write(&r->ctx, &out, quoted, strlen(quoted));
        if (st == REAP_OK)
            st = rp_out_write(&r->ctx, &out, "\n", 1);
    }
    rp_arena_free(&arena);
    if (st == REAP_OK)
        st = rp_out_commit(&r->ctx, &out);
    else
        rp_out_abort(&out);
    const char *word = st == REAP_OK ? rp_arena_printf(&r->arena, "@%s", path) : NULL;
    if (st == REAP_OK && !word)
        return rp_nomem(&r->ctx);
    if (st == REAP_OK)
        *ret = word;
    return st;
}

/* The environment with the guard that keeps ld.reap from being run by itself. */
static char **guarded_environment(struct rp_arena *arena)
{
    size_t n = 0;
    while (environ[n])
        n++;
    char **copy = rp_arena_alloc(arena, (n + 2) * sizeof *copy);
    if (!copy)
        return NULL;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], REAP_GUARD "=", sizeof REAP_GUARD))
            copy[k++] = environ[i];
    copy[k] = rp_arena_strdup(arena, REAP_GUARD "=1");
    if (!copy[k])
        return NULL;
    copy[k + 1] = NULL;
    return copy;
}

/* --- pipes ----------------------------------------------------------------------------------- */

static void write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return; /* nobody listens: the messages are lost, the link is not */
        p += done;
        n -= (size_t)done;
    }
}

struct stream {
    int fd;         /* read end, -1 = closed or unused */
    int forward_to; /* -1: not forwarded */
    struct rp_strbuf text;
    struct rp_strbuf pending; /* forwarded when its line is complete */
    const struct reap *r;     /* for the names */
};

/* Pass on whole lines, with the inputs' own names; what has no end yet waits for it. */
static void forward(struct stream *s, const char *buf, size_t n, bool at_end)
{
    enum { LONG_LINE = 1 << 16 };
    struct rp_strbuf out = {0};
    rp_strbuf_add(&s->pending, buf, n);
    const char *text = s->pending.s;
    const char *last = s->pending.n ? memrchr(text, '\n', s->pending.n) : NULL;
    size_t ready = last ? (size_t)(last - text) + 1 : 0;
    if (at_end || s->pending.n - ready > LONG_LINE)
        ready = s->pending.n;
    if (!ready)
        return;
    rp_names_translate(s->r, text, ready, &out);
    if (out.oom)
        write_all(s->forward_to, text, ready);
    else
        write_all(s->forward_to, out.s, out.n);
    rp_strbuf_free(&out);
    memmove(s->pending.s, text + ready, s->pending.n - ready);
    s->pending.n -= ready;
}

/* Read what is there; false at the end of the stream. */
static bool drain(struct stream *s)
{
    char buf[16384];
    ssize_t n = read(s->fd, buf, sizeof buf);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        return false;
    if (s->forward_to >= 0)
        forward(s, buf, (size_t)n, false);
    if (s->text.n < CAPTURE_LIMIT)
        rp_strbuf_add(&s->text, buf, (size_t)n);
    return true;
}

static void drain_all(struct stream streams[2])
{
    while (streams[0].fd >= 0 || streams[1].fd >= 0) {
        struct pollfd p[2] = {{streams[0].fd, POLLIN, 0}, {streams[1].fd, POLLIN, 0}};
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            break;
        for (int i = 0; i < 2; i++)
            if (p[i].fd >= 0 && p[i].revents && !drain(&streams[i])) {
                close(streams[i].fd);
                streams[i].fd = -1;
            }
    }
}

/* --- the child ------------------------------------------------------------------------------- */

static int spawn(const struct rp_run *run, const char *const *argv, char **env, const int out[2],
                 const int err[2], pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    if (out[1] >= 0)
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    if (err[1] >= 0)
        posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    /* The handlers are ours; a caught signal is default again after exec, a blocked one is not. */
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);

    sigset_t old;
    rp_signals_hold(&old);
    rp_signals_output(run->output);
    int e =
        posix_spawn(ret_pid, run->program, &actions, &attr, (char *const *)(uintptr_t)argv, env);
    if (e == 0)
        rp_signals_child(*ret_pid);
    rp_signals_release(&old);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return e;
}

static void reap_child(struct rp_run *run, pid_t pid)
{
    int status = 0;
    struct rusage u = {0};
    while (wait4(pid, &status, 0, &u) < 0 && errno == EINTR)
        ;
    rp_signals_child(0);
    run->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    run->cpu_s = (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
                 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    run->peak_rss = (uint64_t)u.ru_maxrss * 1024;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static enum reap_status make_argv(struct reap *r, const struct rp_run *run, struct rp_arena *arena,
                                  const char *const **ret)
{
    const char *const *words = run->words;
    size_t n = run->n_words;
    const char *response;
    if (!words_fit(words, n)) {
        enum reap_status st = write_response(r, words, n, &response);
        if (st != REAP_OK)
            return st;
        words = &response;
        n = 1;
    }
    const char **argv = rp_arena_alloc(arena, (n + 2) * sizeof *argv);
    if (!argv)
        return rp_nomem(&r->ctx);
    argv[0] = run->program;
    for (size_t i = 0; i < n; i++)
        argv[i + 1] = words[i];
    argv[n + 1] = NULL;
    *ret = argv;
    return REAP_OK;
}

enum reap_status rp_run_program(struct reap *r, struct rp_run *run)
{
    struct rp_arena arena = {0};
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    const char *const *argv = NULL;
    pid_t pid = 0;
    struct stream streams[2] = {{.fd = -1, .forward_to = -1}, {.fd = -1, .forward_to = -1}};
    enum reap_status st = make_argv(r, run, &arena, &argv);
    char **env = st == REAP_OK ? guarded_environment(&arena) : NULL;
    if (st == REAP_OK && !env)
        st = rp_nomem(&r->ctx);
    if (st == REAP_OK && ((run->capture_out && pipe2(out, O_CLOEXEC)) ||
                          (run->capture_err && pipe2(err, O_CLOEXEC))))
        st = rp_fail(&r->ctx, REAP_ERR_IO, "cannot-run-linker", rp_at(run->program),
                     "cannot make a pipe: %s", strerror(errno));
    if (st != REAP_OK)
        goto out;
    int e = spawn(run, argv, env, out, err, &pid);
    close_fd(&out[1]);
    close_fd(&err[1]);
    if (e) {
        st = rp_fail(&r->ctx, REAP_ERR_IO, "cannot-run-linker", rp_at(run->program),
                     "cannot run the linker: %s", strerror(e));
        goto out;
    }
    streams[0].fd = out[0], out[0] = -1;
    streams[1].fd = err[0], err[0] = -1;
    if (run->forward_err)
        streams[1].forward_to = STDERR_FILENO;
    streams[0].r = streams[1].r = r;
    drain_all(streams);
    if (run->forward_err && run->capture_err)
        forward(&streams[1], "", 0, true);
    rp_strbuf_free(&streams[1].pending);
    reap_child(run, pid);
    run->out = streams[0].text.s;
    run->err = streams[1].text.s;
out:
    for (int i = 0; i < 2; i++) {
        close_fd(&out[i]);
        close_fd(&err[i]);
    }
    rp_arena_free(&arena);
    return st;
}

void rp_run_free(struct rp_run *run)
{
    free(run->out);
    free(run->err);
    run->out = run->err = NULL;
}

/* --- the final link -------------------------------------------------------------------------- */

static void *build_facts(void *arg)
{
    rp_need_facts(arg); /* a failure shows again when the reports are written */
    return NULL;
}

/* The facts for the reports do not depend on the link: build them beside it. */
static bool start_facts(struct reap *r, pthread_t *ret)
{
    return r->analysed && !r->has_facts && rp_reports_wanted(r) && r->ctx.n_threads > 1 &&
           pthread_create(ret, NULL, build_facts, r) == 0;
}

static void link_phase(struct reap *r, struct rp_timer t, const struct rp_run *run)
{
    rp_phase_done(r, t, "link");
    if (r->ctx.n_phases) { /* the linker's own figures */
        r->ctx.phases[r->ctx.n_phases - 1].cpu_s = run->cpu_s;
        r->ctx.phases[r->ctx.n_phases - 1].peak_rss = run->peak_rss;
    }
}

enum reap_status reap_run_linker(struct reap *r, const char *program, const char *const *words,
                                 size_t n_words, int *ret_exit)
{
    bool collected = r->rewritten && !r->linked;
    enum reap_status st = collected ? rp_save_link(r, program, words, n_words) : REAP_OK;
    if (st != REAP_OK)
        return st;
    struct rp_run run = {
        .program = program,
        .words = words,
        .n_words = n_words,
        .capture_err = collected,
        .forward_err = true,
        .output = r->has_link ? r->link.output : NULL,
    };
    pthread_t facts;
    struct rp_timer t = rp_phase_begin();
    bool beside = start_facts(r, &facts);
    st = rp_run_program(r, &run);
    if (beside)
        pthread_join(facts, NULL);
    if (st == REAP_OK) {
        link_phase(r, t, &run);
        if (run.exit_status && collected)
            rp_blame(r, run.err ? run.err : "");
        if (!run.exit_status && collected)
            st = rp_names_fix_files(r);
        r->linked = true;
        *ret_exit = run.exit_status;
    }
    rp_run_free(&run);
    return st;
}
