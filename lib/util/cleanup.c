/* cleanup.c: what has to disappear when the process dies of a signal.
 *
 * Entries are pushed to an atomic list and never freed, only reused, so that a handler can walk
 * it at any moment in any thread. An entry's state says who owns its name: whoever swaps it away
 * from ACTIVE does. A forked child shares the list but not the files: entries carry the pid that
 * made them.
 *
 * Folders are emptied with getdents64 and unlinkat into buffers on the stack: opendir and malloc
 * are not async-signal-safe (signal-safety(7)).
 */
#include "util/cleanup.h"

#include "util/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum state { UNUSED, CHANGING, ACTIVE };

struct rp_cleanup {
    struct rp_cleanup *next; /* fixed once the entry is in the list */
    atomic_int state;        /* enum state */
    char *path;              /* owned */
    pid_t pid;
    bool is_dir;
};

static _Atomic(struct rp_cleanup *) list;

static bool take(struct rp_cleanup *c, int from, int to)
{
    return atomic_compare_exchange_strong(&c->state, &from, to);
}

static struct rp_cleanup *free_entry(void)
{
    for (struct rp_cleanup *c = atomic_load(&list); c; c = c->next)
        if (take(c, UNUSED, CHANGING))
            return c;
    struct rp_cleanup *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    atomic_init(&c->state, CHANGING);
    c->next = atomic_load(&list);
    while (!atomic_compare_exchange_weak(&list, &c->next, c))
        ;
    return c;
}

struct rp_cleanup *rp_cleanup_add(const char *path, bool is_dir)
{
    struct rp_cleanup *c = free_entry();
    if (!c)
        return NULL;
    free(c->path);
    c->path = strdup(path);
    c->pid = getpid();
    c->is_dir = is_dir;
    bool ok = c->path != NULL;
    atomic_store(&c->state, ok ? ACTIVE : UNUSED);
    return ok ? c : NULL;
}

void rp_cleanup_forget(struct rp_cleanup *c)
{
    if (c)
        take(c, ACTIVE, UNUSED);
}

/* As getdents64(2) documents it; glibc's struct is for its own buffers. */
struct dirent64_head {
    uint64_t ino;
    int64_t off;
    uint16_t reclen;
    uint8_t type;
    char name[];
};

static void remove_below(int dir_fd, int depth)
{
    /* Removing while reading may make the kernel skip entries: start over until a pass finds
     * nothing that could be removed. */
    for (bool removed = true; removed;) {
        removed = false;
        if (lseek(dir_fd, 0, SEEK_SET) < 0)
            return;
        _Alignas(uint64_t) char buf[2048];
        long n;
        while ((n = syscall(SYS_getdents64, dir_fd, buf, sizeof buf)) > 0) {
            for (long at = 0; at < n;) {
                const struct dirent64_head *d = (const void *)(buf + at);
                at += d->reclen;
                if (strcmp(d->name, ".") == 0 || strcmp(d->name, "..") == 0)
                    continue;
                if (unlinkat(dir_fd, d->name, 0) == 0) {
                    removed = true;
                    continue;
                }
                if ((errno != EISDIR && errno != EPERM) || depth == 0)
                    continue;
                int fd = openat(dir_fd, d->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (fd < 0)
                    continue;
                remove_below(fd, depth - 1);
                close(fd);
                if (unlinkat(dir_fd, d->name, AT_REMOVEDIR) == 0)
                    removed = true;
            }
        }
    }
}

void rp_remove_tree(const char *path)
{
    enum { MAX_DEPTH = 16 };
    int saved = errno;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        remove_below(fd, MAX_DEPTH);
        close(fd);
    }
    rmdir(path);
    errno = saved;
}

void rp_cleanup_async(void)
{
    int saved = errno;
    pid_t pid = getpid();
    for (struct rp_cleanup *c = atomic_load(&list); c; c = c->next) {
        if (!take(c, ACTIVE, CHANGING))
            continue;
        if (c->pid == pid) {
            if (c->is_dir)
                rp_remove_tree(c->path);
            else
                unlink(c->path);
        }
        atomic_store(&c->state, UNUSED);
    }
    errno = saved;
}

void rp_signals_hold(sigset_t *ret_old)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, ret_old);
}

void rp_signals_release(const sigset_t *old)
{
    pthread_sigmask(SIG_SETMASK, old, NULL);
}
