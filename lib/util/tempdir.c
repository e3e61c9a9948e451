/* tempdir.c: the private directory that rewritten inputs lie in.
 *
 * mkdtemp(3) makes it with mode 0700 under an unpredictable name. It is registered for removal by
 * the signal handlers for as long as it exists.
 */
#include "util/outfile.h"

#include "util/arena.h"
#include "util/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rp_tempdir {
    char *name;           /* owned */
    pthread_mutex_t lock; /* of arena: paths are made by several threads */
    struct rp_arena arena;
    struct rp_cleanup *cleanup;
};

/* mkdtemp on d->name and registration, with signals held back in between. 0 or an errno. */
static int make_dir(struct rp_tempdir *d)
{
    int err = 0;
    sigset_t old;
    rp_signals_hold(&old);
    if (!mkdtemp(d->name)) {
        err = errno;
    } else {
        d->cleanup = rp_cleanup_add(d->name, true);
        if (!d->cleanup) {
            rmdir(d->name);
            err = ENOMEM;
        }
    }
    rp_signals_release(&old);
    return err;
}

enum reap_status rp_tempdir_make(struct rp_ctx *ctx, struct rp_tempdir **ret)
{
    const char *parent = getenv("TMPDIR");
    bool from_env = parent && *parent;
    if (!from_env)
        parent = "/tmp";
    struct rp_tempdir *d = calloc(1, sizeof *d);
    if (!d)
        return rp_nomem(ctx);
    if (asprintf(&d->name, "%s/reap-XXXXXX", parent) < 0) {
        free(d);
        return rp_nomem(ctx);
    }
    int err = make_dir(d);
    if (err) {
        free(d->name);
        free(d);
        if (err == ENOMEM)
            return rp_nomem(ctx);
        return rp_fail_remedy(ctx, REAP_ERR_IO, "cannot-make-tempdir", rp_at(parent),
                              "set TMPDIR to a folder that exists and can be written to",
                              "cannot make a temporary folder in %s'%s': %s",
                              from_env ? "TMPDIR=" : "", parent, strerror(err));
    }
    pthread_mutex_init(&d->lock, NULL);
    *ret = d;
    return REAP_OK;
}

const char *rp_tempdir_name(const struct rp_tempdir *d)
{
    return d->name;
}

enum reap_status rp_tempdir_path(struct rp_ctx *ctx, struct rp_tempdir *d, unsigned number,
                                 const char *base, const char **ret_path)
{
    /* The name may come from inside an archive: it must not lead out of the folder. */
    const char *slash = strrchr(base, '/');
    if (slash)
        base = slash + 1;
    if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        base = "_";
    pthread_mutex_lock(&d->lock);
    char *dir = rp_arena_printf(&d->arena, "%s/%u", d->name, number);
    char *path = dir ? rp_arena_printf(&d->arena, "%s/%s", dir, base) : NULL;
    pthread_mutex_unlock(&d->lock);
    if (!path)
        return rp_nomem(ctx);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return rp_fail(ctx, REAP_ERR_IO, "cannot-create", rp_at(dir), "cannot make the folder: %s",
                       strerror(errno));
    *ret_path = path;
    return REAP_OK;
}

void rp_tempdir_remove(struct rp_tempdir *d)
{
    if (!d)
        return;
    rp_remove_tree(d->name);
    rp_cleanup_forget(d->cleanup);
    pthread_mutex_destroy(&d->lock);
    rp_arena_free(&d->arena);
    free(d->name);
    free(d);
}
