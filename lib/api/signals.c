/* signals.c: a run that is interrupted leaves nothing behind.
 *
 * On SIGINT, SIGTERM, SIGHUP and SIGPIPE the handler passes the signal on to the linker, waits for
 * it, removes the output that the linker did not finish, the temporary files and the uncommitted
 * reports, and dies of the same signal, so that make and shells see what happened. Only
 * async-signal-safe calls are made (signal-safety(7)).
 *
 * A handler can be handed no context: the child and the state of its output are statics here, as
 * the cleanup list of util is.
 */
#include "api/api.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

static _Atomic(long) child;
static char output[PATH_ROOM];    /* "" = none; written while `child` is 0 */
static struct stat output_before; /* st_ino 0: it did not exist */

void rp_signals_output(const char *path)
{
    size_t n = path ? strlen(path) : 0;
    output[0] = '\0';
    memset(&output_before, 0, sizeof output_before);
    if (!n || n >= sizeof output)
        return;
    memcpy(output, path, n + 1);
    if (stat(output, &output_before))
        memset(&output_before, 0, sizeof output_before);
}

void rp_signals_child(long pid)
{
    atomic_store(&child, pid);
}

static void short_sleep(void)
{
    struct timespec t = {0, 10 * 1000 * 1000};
    nanosleep(&t, NULL);
}

/* End the linker by the signal, by SIGKILL when it does not listen for three seconds. Another
 * thread may be waiting for it too and get its status first: ECHILD is an end as well. */
static void end_child(long pid, int signo)
{
    kill((pid_t)pid, signo == SIGPIPE ? SIGTERM : signo);
    for (int i = 0; i < 300; i++) {
        if (waitpid((pid_t)pid, NULL, WNOHANG) != 0)
            return;
        short_sleep();
    }
    kill((pid_t)pid, SIGKILL);
    while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* lld and mold write under a temporary name and remove it; bfd and gold write in place. A file
 * that is as it was before the link was not theirs. */
static void remove_partial_output(void)
{
    struct stat now;
    if (!output[0] || stat(output, &now) || !S_ISREG(now.st_mode))
        return;
    const struct stat *b = &output_before;
    if (b->st_ino == now.st_ino && b->st_dev == now.st_dev && b->st_size == now.st_size &&
        b->st_mtim.tv_sec == now.st_mtim.tv_sec && b->st_mtim.tv_nsec == now.st_mtim.tv_nsec)
        return;
    unlink(output);
}

static void on_signal(int signo)
{
    long pid = atomic_exchange(&child, 0);
    if (pid > 0) {
        end_child(pid, signo);
        remove_partial_output();
    }
    /* Twice: another thread may have made a file in the folder just while it was being removed. */
    rp_cleanup_async();
    short_sleep();
    rp_cleanup_async();
    signal(signo, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signo);
    raise(signo);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
}

void reap_handle_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&sa.sa_mask, signals[i]);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old;
        /* What was ignored stays ignored (nohup). */
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
            continue;
        sigaction(signals[i], &sa, NULL);
    }
}
