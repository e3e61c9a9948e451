/* bisect_step.c: one step: a link that keeps some of what would be removed, and its test.
 *
 * The link is ld.reap run in the folder of the saved link, with the saved words, a list of nodes to
 * keep (keep_list.c), scripts that throw less away, and unextracted members as objects. A process
 * of its own, so that a step cannot hurt the next one. The test runs in the user's folder, in a
 * process group of its own that is killed as a whole when its time is over.
 *
 * Entries: rp_step_link(), rp_step_test().
 */
#include "api/api.h"
#include "api/bisect.h"

#include "elf/archive.h"
#include "elf/filemap.h"
#include "util/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* --- running a command -------------------------------------------------------------------------
 */

static double now_s(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Wait, and kill the group when its time is over; the exit status, 128 + a signal's number, or -1
 * for a time-out. */
static int wait_for(pid_t pid, double timeout_s)
{
    double end = now_s() + timeout_s;
    struct timespec nap = {0, 1000 * 1000};
    int status = 0;
    bool late = false;
    for (;;) {
        pid_t got = waitpid(pid, &status, timeout_s > 0 ? WNOHANG : 0);
        if (got == pid || (got < 0 && errno != EINTR))
            break;
        if (timeout_s > 0 && !late && now_s() > end) {
            late = true;
            kill(-pid, SIGKILL);
        }
        if (got == 0)
            nanosleep(&nap, NULL);
        if (nap.tv_nsec < 20 * 1000 * 1000)
            nap.tv_nsec += nap.tv_nsec / 4;
    }
    kill(-pid, SIGKILL); /* what it left behind */
    if (late)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The environment with changes: NAME=VALUE sets, NAME alone removes. */
static char **environment(struct rp_bisect *b, const char *const *changes, size_t n_changes)
{
    size_t n = 0, k = 0;
    while (environ[n])
        n++;
    char **env = rp_arena_alloc(&b->arena, (n + n_changes + 1) * sizeof *env);
    if (!env)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        bool changed = false;
        for (size_t c = 0; c < n_changes; c++) {
            size_t len = strcspn(changes[c], "=");
            changed |= !strncmp(environ[i], changes[c], len) && environ[i][len] == '=';
        }
        if (!changed)
            env[k++] = environ[i];
    }
    for (size_t c = 0; c < n_changes; c++)
        if (strchr(changes[c], '='))
            env[k++] = (char *)(uintptr_t)changes[c];
    env[k] = NULL;
    return env;
}

/* Run a command with its output in `log` (NULL: nowhere). -2: it cannot be run. */
static int run_command(const char *const *argv, char **env, const char *cwd, const char *log,
                       double timeout_s)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    pid_t pid = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log ? log : "/dev/null",
                                     O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, cwd);
    /* The mask is ours; a test must find its signals as a shell would hand them on. */
    sigset_t old, no_signals;
    sigemptyset(&no_signals);
    posix_spawnattr_setsigmask(&attr, &no_signals);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    rp_signals_hold(&old);
    int e = posix_spawnp(&pid, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv, env);
    if (e == 0)
        rp_signals_child(pid);
    rp_signals_release(&old);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    if (e)
        return -2;
    int status = wait_for(pid, timeout_s);
    rp_signals_child(0);
    return status;
}

/* --- what a step keeps -------------------------------------------------------------------------
 */

static void add_field(struct rp_strbuf *s, const char *text)
{
    rp_strbuf_add(s, text, strlen(text) + 1);
}

static void add_node(const struct rp_bisect *b, struct rp_strbuf *s, rp_id node)
{
    const struct rp_facts *f = &b->facts;
    const struct rp_fact_node *n = &f->nodes.v[node];
    const struct rp_fact_file *file = &f->files.v[n->file];
    char number[32], offset[32];
    snprintf(number, sizeof number, "%u", n->shndx);
    snprintf(offset, sizeof offset, "%llu", (unsigned long long)n->offset);
    add_field(s, n->kind == RP_NODE_SET ? "g" : n->kind == RP_NODE_COMMON ? "c" : "s");
    add_field(s, n->file ? rp_fact_str(f, file->path) : "");
    add_field(s, n->file ? rp_fact_str(f, file->member) : "");
    if (n->kind == RP_NODE_SET || n->kind == RP_NODE_COMMON) {
        add_field(s, rp_fact_str(f, n->kind == RP_NODE_SET ? n->section : n->name));
        add_field(s, "");
    } else {
        add_field(s, number);
        add_field(s, offset);
    }
}

static enum reap_status write_file(struct rp_bisect *b, const char *path, const void *data,
                                   size_t n)
{
    struct rp_out out;
    enum reap_status st = rp_out_open(&b->ctx, &out, path, 0666);
    if (st != REAP_OK)
        return st;
    st = rp_out_write(&b->ctx, &out, data, n);
    if (st == REAP_OK)
        return rp_out_commit(&b->ctx, &out);
    rp_out_abort(&out);
    return st;
}

static enum reap_status write_list(struct rp_bisect *b, const struct rp_keep *keep,
                                   const char *path)
{
    struct rp_strbuf s = {0};
    for (size_t i = 0; i < b->items.v.n; i++)
        if (b->items.v.v[i].kind == RP_ITEM_NODE && rp_bitset_get(&keep->items, i))
            add_node(b, &s, b->items.v.v[i].id);
    for (size_t i = 0; i < keep->nodes.n; i++)
        add_node(b, &s, keep->nodes.v[i]);
    enum reap_status st = s.oom ? rp_nomem(&b->ctx) : write_file(b, path, s.s, s.n);
    rp_strbuf_free(&s);
    return st;
}

/* The script with what this step keeps; *ret is its path, or NULL when it is as it was. */
static enum reap_status write_script(struct rp_bisect *b, const struct rp_keep *keep, uint32_t s,
                                     const char **ret)
{
    const struct rp_script_text *t = &b->scripts.v[s];
    bool *undo = rp_arena_zalloc(&b->arena, t->units.n + 1), any = false;
    *ret = NULL;
    if (!undo)
        return rp_nomem(&b->ctx);
    for (size_t i = 0; i < b->items.v.n; i++) {
        const struct rp_item *it = &b->items.v.v[i];
        if (it->kind == RP_ITEM_SCRIPT && it->id >> 16 == s && rp_bitset_get(&keep->items, i))
            any = undo[it->id & 0xffff] = true;
    }
    if (!any)
        return REAP_OK;
    const char *base = strrchr(t->path, '/');
    char *path = rp_arena_printf(&b->arena, "%s/%u-%s", b->work, s, base ? base + 1 : t->path);
    struct rp_strbuf text = {0};
    rp_script_undo(t, undo, &text);
    enum reap_status st =
        !path || text.oom ? rp_nomem(&b->ctx) : write_file(b, path, text.s, text.n);
    rp_strbuf_free(&text);
    *ret = path;
    return st;
}

/* Take a member out of its archive; *ret is the object's path. */
static enum reap_status extract(struct rp_bisect *b, rp_id file, const char **ret)
{
    const struct rp_facts *f = &b->facts;
    const char *path = rp_fact_str(f, f->files.v[file].path);
    const char *name = rp_fact_str(f, f->files.v[file].member);
    struct rp_map map = {0};
    struct rp_archive ar = {0};
    enum reap_status st = REAP_OK;
    const char *full =
        path[0] == '/' ? path : rp_arena_printf(&b->arena, "%s/%s", b->saved.cwd, path);
    char *folder = rp_arena_printf(&b->arena, "%s/member-%u", b->work, file);
    const char *base = strrchr(name, '/');
    char *object =
        folder ? rp_arena_printf(&b->arena, "%s/%s", folder, base ? base + 1 : name) : NULL;
    if (!full || !object)
        return rp_nomem(&b->ctx);
    if (mkdir(folder, 0777) && errno != EEXIST)
        return rp_fail(&b->ctx, REAP_ERR_IO, "cannot-write", rp_at(folder), "%s", strerror(errno));
    st = rp_map_open(&b->ctx, &map, full);
    if (st != REAP_OK)
        return st;
    st = rp_archive_open(&b->ctx, &ar, &map);
    *ret = NULL;
    for (uint32_t i = 0; st == REAP_OK && i < ar.n_members && !*ret; i++) {
        const struct rp_member *m = &ar.members[i];
        if (strcmp(m->name, name) != 0)
            continue;
        if (!m->path) /* else thin: the member is a file already */
            st = write_file(b, object, map.data + m->offset, m->size);
        *ret = m->path ? rp_arena_strdup(&b->arena, m->path) : object;
    }
    if (ar.path)
        rp_archive_close(&ar);
    rp_map_close(&map);
    return st;
}

/* --- the link ----------------------------------------------------------------------------------
 */

typedef RP_VEC(const char *) word_list;

/* Where a member goes as an object: in front of its archive, else of the first library. */
static size_t place_of(const struct rp_bisect *b, rp_id file)
{
    const char *path = rp_fact_str(&b->facts, b->facts.files.v[file].path);
    size_t n = b->saved.words.n, library = n;
    for (size_t i = n; i-- > 0;) {
        if (!strcmp(b->saved.words.v[i], path))
            return i;
        if (!strncmp(b->saved.words.v[i], "-l", 2))
            library = i;
    }
    return library;
}

/* The members that this step keeps and that stand in front of word i. */
static enum reap_status add_members(struct rp_bisect *b, const struct rp_keep *keep, size_t i,
                                    word_list *w)
{
    for (size_t k = 0; k < b->items.v.n; k++) {
        const struct rp_item *it = &b->items.v.v[k];
        const char *object = NULL;
        if (it->kind != RP_ITEM_MEMBER || !rp_bitset_get(&keep->items, k) ||
            place_of(b, it->id) != i)
            continue;
        enum reap_status st = extract(b, it->id, &object);
        if (st != REAP_OK)
            return st;
        if (object && !rp_vec_push(w, object))
            return rp_nomem(&b->ctx);
    }
    return REAP_OK;
}

/* The saved words, with other scripts and with members as objects. */
static enum reap_status add_words(struct rp_bisect *b, const struct rp_keep *keep, word_list *w)
{
    enum reap_status st = REAP_OK;
    bool ok = true;
    for (size_t i = 0; st == REAP_OK && i < b->saved.words.n; i++) {
        const char *word = b->saved.words.v[i];
        for (uint32_t s = 0; st == REAP_OK && s < b->scripts.n; s++) {
            const char *other = NULL;
            if (b->scripts.v[s].word != i)
                continue;
            st = write_script(b, keep, s, &other);
            size_t prefix = strlen(word) - strlen(b->scripts.v[s].path);
            if (st == REAP_OK && other)
                word = rp_arena_printf(&b->arena, "%.*s%s", (int)prefix, word, other);
        }
        if (st == REAP_OK)
            st = add_members(b, keep, i, w);
        ok = ok && word && rp_vec_push(w, word);
    }
    if (st == REAP_OK)
        st = add_members(b, keep, b->saved.words.n, w);
    if (st == REAP_OK && !(ok && rp_vec_push(w, "-o") && rp_vec_push(w, b->output)))
        st = rp_nomem(&b->ctx);
    return st;
}

static enum reap_status make_command(struct rp_bisect *b, const struct rp_keep *keep, word_list *w)
{
    const char *list = rp_arena_printf(&b->arena, "%s/keep.list", b->work);
    const char *own[] = {
        b->driver,
        rp_arena_printf(&b->arena, "--reap-linker=%s", b->saved.linker),
        rp_arena_printf(&b->arena, "--reap-keep-list=%s", list ? list : ""),
        "--reap-quiet",
    };
    bool ok = list != NULL;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        ok = ok && own[i] && rp_vec_push(w, own[i]);
    for (size_t i = 0; i < b->saved.options.n; i++) {
        const char *word = rp_arena_printf(&b->arena, "--reap-%s", b->saved.options.v[i]);
        ok = ok && word && rp_vec_push(w, word);
    }
    if (keep->db) {
        const char *word = rp_arena_printf(&b->arena, "--reap-db=%s", keep->db);
        ok = ok && word && rp_vec_push(w, word);
    }
    enum reap_status st = ok ? write_list(b, keep, list) : rp_nomem(&b->ctx);
    if (st == REAP_OK)
        st = add_words(b, keep, w);
    if (st == REAP_OK && !rp_vec_push(w, NULL))
        st = rp_nomem(&b->ctx);
    return st;
}

/* Show the linker's last words when the link failed. */
static void tell_log(struct rp_bisect *b, const char *log)
{
    char text[600] = "";
    FILE *f = fopen(log, "re");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    while (n && text[n - 1] == '\n')
        n--;
    text[n] = '\0';
    rp_warn(&b->ctx, "step-failed", rp_at(log), "a link of the bisection failed: %s", text);
}

enum reap_status rp_step_link(struct rp_bisect *b, const struct rp_keep *keep, bool *ret_linked)
{
    static const char *const changes[] = {"REAP_OPTIONS", REAP_GUARD};
    word_list words = {0};
    const char *log = rp_arena_printf(&b->arena, "%s/link.log", b->work);
    char **env = environment(b, changes, 2);
    enum reap_status st = log && env ? make_command(b, keep, &words) : rp_nomem(&b->ctx);
    if (st == REAP_OK) {
        b->n_links++;
        unlink(b->output);
        int status = run_command(words.v, env, b->saved.cwd, log, 0);
        if (status == -2)
            st = rp_fail(&b->ctx, REAP_ERR_IO, "cannot-run", rp_at(b->driver),
                         "ld.reap cannot be run");
        *ret_linked = status == 0 && access(b->output, F_OK) == 0;
        if (st == REAP_OK && !*ret_linked)
            tell_log(b, log);
    }
    rp_vec_free(&words);
    return st;
}

/* --- the test ----------------------------------------------------------------------------------
 */

static enum rp_verdict verdict_of(int status)
{
    return status == 0 ? RP_PASS : status == 125 ? RP_UNRESOLVED : RP_FAIL;
}

/* One failure in all runs is one; where the good program fails now and then too, the majority
 * decides. */
enum reap_status rp_step_test(struct rp_bisect *b, enum rp_verdict *ret)
{
    double timeout_s = b->options->timeout_s > 0 ? b->options->timeout_s : 60;
    const char *change = rp_arena_printf(&b->arena, "REAP_OUTPUT=%s", b->output);
    const char *log = rp_arena_printf(&b->arena, "%s/test.log", b->work);
    char **env = change ? environment(b, &change, 1) : NULL;
    unsigned runs = b->options->retries + 1, failed = 0, passed = 0;
    if (!env || !log)
        return rp_nomem(&b->ctx);
    for (unsigned i = 0; i < runs; i++) {
        int status = run_command(b->options->test, env, b->test_cwd, log, timeout_s);
        if (status == -2)
            return rp_fail(&b->ctx, REAP_ERR_IO, "cannot-run", rp_at(b->options->test[0]),
                           "the test command cannot be run");
        b->n_runs++;
        failed += verdict_of(status) == RP_FAIL;
        passed += verdict_of(status) == RP_PASS;
        if (failed && !b->flaky)
            break;
    }
    *ret = failed + passed == 0                         ? RP_UNRESOLVED
           : (b->flaky ? failed > passed : failed != 0) ? RP_FAIL
                                                        : RP_PASS;
    return REAP_OK;
}
