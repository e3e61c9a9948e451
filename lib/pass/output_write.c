/* output_write.c: rewrite objects and write them out, in parallel and without copies on the way.
 *
 * What costs time here is memory: pages that nobody has touched yet, and bytes that have left the
 * caches. So each thread takes a piece of about half a megabyte of consecutive members, rewrites
 * them into a buffer that it keeps for the next piece, and writes the buffer at once. Members that
 * are not rewritten go from the mapped input to the kernel.
 *
 * Where a piece goes in its archive depends on the sizes of those before it alone. Pieces are begun
 * in order (rp_parallel_in_order), so a thread that is done with one waits at most for pieces that
 * are in work already; then it takes the place behind them and writes while others go on.
 *
 * Entry: rp_output_write_files().
 */
#include "pass/output.h"

#include "util/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 512 << 10, KEPT_BYTES = 8 << 20, OBJECT_ALIGN = 16 };

struct target {
    const struct rp_output_file *o;
    struct rp_archive_out out;
    bool open;
    uint32_t n_placed; /* members whose place is known; under the lock */
    uint32_t n_left;   /* pieces that are not written yet; under the lock */
};

/* Consecutive objects of one target: members [first, first + n). */
struct piece {
    uint32_t target, first, n;
};

/* What a thread needs for a piece; handed on from one to the next. */
struct scratch {
    struct scratch *next;
    struct rp_arena arena;
    struct rp_strbuf bytes;
};

struct writer {
    const struct rp_model *m;
    const struct rp_marks *marks;
    const struct rp_plan *plan;
    struct target *targets;
    size_t n_targets;
    RP_VEC(struct piece) pieces;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a place was taken, or a piece failed */
    size_t first_failed;    /* lowest piece that failed; under the lock */
    struct scratch *idle;   /* under the lock */
};

/* --- scratch --------------------------------------------------------------------------------- */

static struct scratch *take_scratch(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    struct scratch *s = w->idle;
    if (s)
        w->idle = s->next;
    pthread_mutex_unlock(&w->lock);
    return s ? s : calloc(1, sizeof *s);
}

static void give_scratch(struct writer *w, struct scratch *s)
{
    s->bytes.n = 0;
    if (s->bytes.cap > KEPT_BYTES)
        rp_strbuf_free(&s->bytes);
    pthread_mutex_lock(&w->lock);
    s->next = w->idle;
    w->idle = s;
    pthread_mutex_unlock(&w->lock);
}

static void free_scratch(struct writer *w)
{
    while (w->idle) {
        struct scratch *s = w->idle;
        w->idle = s->next;
        rp_arena_free(&s->arena);
        rp_strbuf_free(&s->bytes);
        free(s);
    }
}

/* --- objects --------------------------------------------------------------------------------- */

/* The bytes of an object that is copied. */
static void original(const struct rp_model *m, const struct rp_file *f, struct rp_archive_item *ret)
{
    if (f->map.data) { /* a file of its own, which a thin archive's member is too */
        ret->data = f->map.data;
        ret->size = f->map.size;
        return;
    }
    const struct rp_ar *ar = &m->ars.v[f->ar - 1];
    const struct rp_member *member = &ar->archive.members[f->member_no];
    ret->data = ar->map.data + member->offset;
    ret->size = member->size;
}

/* Make the items of a piece. Rewritten ones lie in s->bytes, which moves while it grows: their
 * data are set at the end. */
static enum reap_status make_items(const struct writer *w, const struct piece *p, struct scratch *s,
                                   struct rp_archive_item *items)
{
    static const char zeros[OBJECT_ALIGN];
    const rp_id *files = w->targets[p->target].o->files + p->first;
    size_t at = 0;
    for (uint32_t k = 0; k < p->n; k++) {
        if (w->plan->fate[files[k] - 1] != RP_FATE_REWRITE) {
            original(w->m, rp_file_of(w->m, files[k]), &items[k]);
            continue;
        }
        rp_strbuf_add(&s->bytes, zeros, -s->bytes.n & (OBJECT_ALIGN - 1));
        size_t before = s->bytes.n;
        enum reap_status rc =
            rp_rewrite_append(w->m, w->marks, w->plan, files[k], &s->arena, &s->bytes);
        if (rc)
            return rc;
        items[k].size = s->bytes.n - before;
    }
    for (uint32_t k = 0; k < p->n; k++) {
        if (w->plan->fate[files[k] - 1] != RP_FATE_REWRITE)
            continue;
        at = (at + OBJECT_ALIGN - 1) & ~(size_t)(OBJECT_ALIGN - 1);
        items[k].data = (const uint8_t *)s->bytes.s + at;
        at += items[k].size;
    }
    return REAP_OK;
}

/* --- places ---------------------------------------------------------------------------------- */

static enum reap_status start_archive(struct writer *w, struct target *t)
{
    struct rp_archive_item *items = calloc((size_t)t->o->n_files + 1, sizeof *items);
    if (!items)
        return rp_nomem(w->m->ctx);
    for (uint32_t k = 0; k < t->o->n_files; k++)
        items[k].name = rp_file_of(w->m, t->o->files[k])->member;
    enum reap_status rc = rp_archive_start(w->m->ctx, &t->out, t->o->path, items, t->o->n_files);
    free(items);
    t->open = rc == REAP_OK;
    return rc;
}

/* Take the place behind the members before; false when one of them failed, so that there is none.
 */
static bool take_place(struct writer *w, struct target *t, size_t no,
                       const struct rp_archive_item *items, uint64_t *ret_at)
{
    const struct piece *p = &w->pieces.v[no];
    uint64_t room = 0;
    for (uint32_t k = 0; k < p->n; k++)
        room += rp_archive_room(items[k].size);
    pthread_mutex_lock(&w->lock);
    while (t->n_placed != p->first && w->first_failed > no)
        pthread_cond_wait(&w->changed, &w->lock);
    bool mine = t->n_placed == p->first;
    if (mine) {
        *ret_at = t->out.at;
        t->out.at += room;
        t->n_placed += p->n;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    return mine;
}

/* The last piece that is written closes the archive. */
static enum reap_status finish_piece(struct writer *w, struct target *t)
{
    pthread_mutex_lock(&w->lock);
    bool last = --t->n_left == 0;
    pthread_mutex_unlock(&w->lock);
    if (!last)
        return REAP_OK;
    t->open = false;
    return rp_archive_finish(w->m->ctx, &t->out);
}

/* --- pieces ---------------------------------------------------------------------------------- */

static enum reap_status write_plain(const struct writer *w, const char *path,
                                    const struct rp_archive_item *item)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int err = fd < 0 ? errno : 0;
    for (uint64_t done = 0; !err && done < item->size;) {
        ssize_t n = write(fd, item->data + done, item->size - done);
        if (n > 0)
            done += (uint64_t)n;
        else if (n < 0 && errno != EINTR)
            err = errno;
    }
    if (fd >= 0 && close(fd) != 0 && !err)
        err = errno;
    if (!err)
        return REAP_OK;
    return rp_fail_remedy(w->m->ctx, REAP_ERR_IO, "cannot-write", rp_at(path),
                          "set TMPDIR to a folder with more room", "cannot write: %s",
                          strerror(err));
}

static enum reap_status do_piece(struct writer *w, size_t no, struct scratch *s,
                                 struct rp_archive_item *items)
{
    const struct piece *p = &w->pieces.v[no];
    struct target *t = &w->targets[p->target];
    enum reap_status rc = t->o->is_archive && p->first == 0 ? start_archive(w, t) : REAP_OK;
    if (!rc)
        rc = make_items(w, p, s, items);
    if (rc)
        return rc;
    if (!t->o->is_archive)
        return write_plain(w, t->o->path, items);
    uint64_t at;
    if (!take_place(w, t, no, items, &at))
        return REAP_OK; /* the piece that failed says so */
    rc = rp_archive_put(w->m->ctx, &t->out, at, p->first, items, p->n);
    return rc ? rc : finish_piece(w, t);
}

static enum reap_status write_piece(void *arg, size_t no)
{
    struct writer *w = arg;
    struct scratch *s = take_scratch(w);
    struct rp_archive_item *items = calloc((size_t)w->pieces.v[no].n + 1, sizeof *items);
    enum reap_status rc = s && items ? do_piece(w, no, s, items) : rp_nomem(w->m->ctx);
    free(items);
    if (s)
        give_scratch(w, s);
    if (rc) { /* nobody is to wait for it */
        pthread_mutex_lock(&w->lock);
        if (no < w->first_failed)
            w->first_failed = no;
        pthread_cond_broadcast(&w->changed);
        pthread_mutex_unlock(&w->lock);
    }
    return rc;
}

static bool make_pieces(struct writer *w, uint32_t target)
{
    struct target *t = &w->targets[target];
    for (uint32_t k = 0; k < t->o->n_files;) {
        struct piece p = {.target = target, .first = k};
        for (uint64_t bytes = 0; k < t->o->n_files && bytes < PIECE_BYTES; k++, p.n++)
            bytes += rp_file_of(w->m, t->o->files[k])->elf.size;
        t->n_left++;
        if (!rp_vec_push(&w->pieces, p))
            return false;
    }
    return true;
}

enum reap_status rp_output_write_files(const struct rp_model *m, const struct rp_marks *marks,
                                       const struct rp_plan *plan,
                                       const struct rp_output_file *files, size_t n)
{
    struct writer w = {.m = m, .marks = marks, .plan = plan, .n_targets = n};
    w.first_failed = SIZE_MAX;
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.changed, NULL);
    w.targets = calloc(n + 1, sizeof *w.targets);
    bool ok = w.targets != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        w.targets[i].o = &files[i];
        ok = make_pieces(&w, (uint32_t)i);
    }
    enum reap_status rc =
        ok ? rp_parallel_in_order(m->ctx, w.pieces.n, write_piece, &w) : rp_nomem(m->ctx);
    for (size_t i = 0; w.targets && i < n; i++)
        if (w.targets[i].open)
            rp_archive_abort(&w.targets[i].out);
    free_scratch(&w);
    free(w.targets);
    rp_vec_free(&w.pieces);
    pthread_cond_destroy(&w.changed);
    pthread_mutex_destroy(&w.lock);
    return rc;
}
