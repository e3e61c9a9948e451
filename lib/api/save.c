/* save.c: --reap-save=DIR: the rewritten files, and a script that repeats the final link.
 *
 * Words of the final command that name a file in the temporary directory are linked (or copied)
 * to the same place below DIR and changed to name it there; relink.sh runs in the folder of the
 * original link, with every word quoted.
 *
 * Entry: rp_save_link().
 */
#include "api/api.h"

#include "util/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static enum reap_status fail_at(struct reap *r, const char *path, const char *what)
{
    return rp_fail(&r->ctx, REAP_ERR_IO, "cannot-save", rp_at(path), "%s: %s", what,
                   strerror(errno));
}

static enum reap_status make_dir(struct reap *r, const char *path)
{
    if (mkdir(path, 0777) && errno != EEXIST)
        return fail_at(r, path, "cannot make the folder");
    return REAP_OK;
}

static bool copy_bytes(int from, int to)
{
    for (;;) {
        ssize_t n = sendfile(to, from, NULL, 1 << 30);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

enum reap_status rp_save_copy(struct reap *r, const char *from, const char *to)
{
    if (unlink(to) && errno != ENOENT)
        return fail_at(r, to, "cannot replace the file");
    if (link(from, to) == 0)
        return REAP_OK;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
    bool ok = out >= 0 && copy_bytes(in, out);
    int saved = errno;
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) && ok)
        ok = false;
    else
        errno = saved;
    if (ok)
        return REAP_OK;
    enum reap_status st = fail_at(r, to, "cannot copy the file");
    if (out >= 0)
        unlink(to);
    return st;
}

/* Copy the file that a word names below `dir`; *ret_word is the word for the script. */
static enum reap_status save_word(struct reap *r, const char *dir, const char *word,
                                  const char **ret_word)
{
    const char *temp = rp_tempdir_name(r->temp);
    size_t n = strlen(temp);
    *ret_word = word;
    if (strncmp(word, temp, n) || word[n] != '/')
        return REAP_OK;
    const char *saved = rp_arena_printf(&r->arena, "%s%s", dir, word + n);
    char *parent = saved ? rp_arena_strdup(&r->arena, saved) : NULL;
    if (!parent)
        return rp_nomem(&r->ctx);
    *strrchr(parent, '/') = '\0';
    enum reap_status st = make_dir(r, parent);
    if (st == REAP_OK)
        st = rp_save_copy(r, word, saved);
    if (st == REAP_OK)
        *ret_word = saved;
    return st;
}

/* One word for sh: in single quotes unless it is plain. */
static void add_quoted(struct rp_strbuf *b, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./:,@%";
    if (*word && word[strspn(word, plain)] == '\0') {
        rp_strbuf_puts(b, word);
        return;
    }
    rp_strbuf_puts(b, "'");
    for (const char *p = word; *p; p++) {
        if (*p == '\'')
            rp_strbuf_puts(b, "'\\''");
        else
            rp_strbuf_add(b, p, 1);
    }
    rp_strbuf_puts(b, "'");
}

static enum reap_status write_script(struct reap *r, const char *path, const struct rp_strbuf *text)
{
    struct rp_out out;
    enum reap_status st = rp_out_open(&r->ctx, &out, path, 0777);
    if (st != REAP_OK)
        return st;
    st = rp_out_write(&r->ctx, &out, text->s, text->n);
    if (st == REAP_OK)
        return rp_out_commit(&r->ctx, &out);
    rp_out_abort(&out);
    return st;
}

enum reap_status rp_save_link(struct reap *r, const char *program, const char *const *words,
                              size_t n_words)
{
    const char *option = rp_opt_value(r, RP_OPT_SAVE);
    if (!option)
        return REAP_OK;
    enum reap_status st = make_dir(r, option);
    if (st != REAP_OK)
        return st;
    char *dir = realpath(option, NULL), *cwd = getcwd(NULL, 0);
    struct rp_strbuf text = {0};
    if (!dir || !cwd) {
        st = fail_at(r, option, "cannot find the folder");
        goto out;
    }
    rp_strbuf_puts(&text, "#!/bin/sh\n# Repeats the final link on the rewritten files.\ncd ");
    add_quoted(&text, cwd);
    rp_strbuf_puts(&text, " || exit\nexec ");
    add_quoted(&text, program);
    for (size_t i = 0; st == REAP_OK && i < n_words; i++) {
        const char *word;
        st = save_word(r, dir, words[i], &word);
        if (st == REAP_OK) {
            rp_strbuf_puts(&text, " \\\n    ");
            add_quoted(&text, word);
        }
    }
    rp_strbuf_puts(&text, " \"$@\"\n");
    const char *path = rp_arena_printf(&r->arena, "%s/relink.sh", dir);
    if (st == REAP_OK && (text.oom || !path))
        st = rp_nomem(&r->ctx);
    if (st == REAP_OK)
        st = write_script(r, path, &text);
out:
    rp_strbuf_free(&text);
    free(dir);
    free(cwd);
    return st;
}
