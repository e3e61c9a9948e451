/* response.c: response files (@file) as GNU libiberty reads them.
 *
 * Blanks separate words; '...' and "..." keep blanks together; a backslash takes the next
 * character as it is, everywhere, in quotes too. lld and mold read the same language. Files may
 * name files; a word whose file cannot be read stays as written. Entry: rp_response_expand.
 */
#include "link/response.h"

#include "util/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libiberty gives up after 2000 files, which a file that names itself reaches at once. */
enum { MAX_FILES = 2000 };
/* For one file and for all together; far above any real command. */
#define MAX_SIZE (256u << 20)

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Decode one word from *text into out (room for the rest of the text). Returns its length. */
static size_t split_word(const char **text, char *out)
{
    const char *s = *text;
    size_t n = 0;
    char quote = '\0';
    for (; *s && (quote || !is_blank(*s)); s++) {
        if (*s == '\\') {
            if (s[1] == '\0')
                continue; /* a backslash at the very end is dropped */
            out[n++] = *++s;
        } else if (quote) {
            if (*s == quote)
                quote = '\0';
            else
                out[n++] = *s;
        } else if (*s == '\'' || *s == '"') {
            quote = *s;
        } else {
            out[n++] = *s;
        }
    }
    *text = s;
    return n;
}

enum reap_status rp_response_split(struct rp_ctx *ctx, struct rp_arena *arena, const char *text,
                                   const char ***ret_words, size_t *ret_n)
{
    RP_VEC(const char *) words = {0};
    char *out = rp_arena_alloc(arena, strlen(text) + 1);
    enum reap_status st = REAP_OK;
    if (!out)
        return rp_nomem(ctx);
    for (;;) {
        while (is_blank(*text))
            text++;
        if (*text == '\0')
            break;
        size_t n = split_word(&text, out);
        const char *word = rp_arena_strndup(arena, out, n);
        if (!word || !rp_vec_push(&words, word)) {
            st = rp_nomem(ctx);
            goto out;
        }
    }
    const char **copy = rp_arena_alloc(arena, (words.n + 1) * sizeof *copy);
    if (!copy) {
        st = rp_nomem(ctx);
        goto out;
    }
    if (words.n)
        memcpy(copy, words.v, words.n * sizeof *copy);
    copy[words.n] = NULL;
    *ret_words = copy;
    *ret_n = words.n;
out:
    rp_vec_free(&words);
    return st;
}

const char *rp_response_quote(struct rp_arena *arena, const char *word)
{
    size_t len = strlen(word);
    if (len > SIZE_MAX / 2 - 3)
        return NULL;
    char *out = rp_arena_alloc(arena, 2 * len + 3), *p = out;
    if (!out)
        return NULL;
    if (len == 0)
        *p++ = '"', *p++ = '"';
    for (; *word; word++) {
        if (is_blank(*word) || *word == '\\' || *word == '\'' || *word == '"')
            *p++ = '\\';
        *p++ = *word;
    }
    *p = '\0';
    return out;
}

/* The text of a response file; NULL in *ret_text when it cannot be read (the word is then no
 * response file). A NUL byte ends the text, as in libiberty. */
static enum reap_status read_text(struct rp_ctx *ctx, struct rp_arena *arena, const char *path,
                                  char **ret_text)
{
    enum reap_status st = REAP_OK;
    struct stat sb;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *ret_text = NULL;
    if (fd < 0)
        return REAP_OK;
    if (fstat(fd, &sb) < 0 || !S_ISREG(sb.st_mode))
        goto out;
    if (sb.st_size > (off_t)MAX_SIZE) {
        st = rp_fail(ctx, REAP_ERR_INPUT, "response-file-too-large", rp_at(path),
                     "response file is larger than %u MiB", MAX_SIZE >> 20);
        goto out;
    }
    size_t size = (size_t)sb.st_size, n = 0;
    char *text = rp_arena_alloc(arena, size + 1);
    if (!text) {
        st = rp_nomem(ctx);
        goto out;
    }
    while (n < size) {
        ssize_t got = read(fd, text + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            st = rp_fail(ctx, REAP_ERR_IO, "cannot-read", rp_at(path), "cannot read: %s",
                         strerror(errno));
            goto out;
        }
        if (got == 0)
            break;
        n += (size_t)got;
    }
    text[n] = '\0';
    *ret_text = text;
out:
    close(fd);
    return st;
}

struct expander {
    struct rp_ctx *ctx;
    struct rp_arena *arena;
    RP_VEC(const char *) words;
    /* What is still to be read, last first: words of nested files wait here in reverse. */
    RP_VEC(const char *) todo;
    unsigned n_files;
    size_t n_bytes; /* of all files so far: a file that names itself must not eat the memory */
};

static bool push_reversed(struct expander *x, const char *const *words, size_t n)
{
    while (n--)
        if (!rp_vec_push(&x->todo, words[n]))
            return false;
    return true;
}

static enum reap_status expand_one(struct expander *x, const char *word)
{
    enum reap_status st;
    char *text = NULL;
    const char **words;
    size_t n;
    if (word[0] == '@' && word[1] != '\0') {
        st = read_text(x->ctx, x->arena, word + 1, &text);
        if (st)
            return st;
    }
    if (!text)
        return rp_vec_push(&x->words, word) ? REAP_OK : rp_nomem(x->ctx);
    x->n_bytes += strlen(text);
    if (++x->n_files > MAX_FILES || x->n_bytes > MAX_SIZE)
        return rp_fail(x->ctx, REAP_ERR_USAGE, "response-file-loop", rp_at(word + 1),
                       "response files without end (%u files, %zu bytes): a file names itself",
                       x->n_files, x->n_bytes);
    st = rp_response_split(x->ctx, x->arena, text, &words, &n);
    if (st)
        return st;
    return push_reversed(x, words, n) ? REAP_OK : rp_nomem(x->ctx);
}

enum reap_status rp_response_expand(struct rp_ctx *ctx, struct rp_arena *arena, size_t argc,
                                    const char *const *argv, const char *const **ret_words,
                                    size_t *ret_n)
{
    struct expander x = {.ctx = ctx, .arena = arena};
    enum reap_status st = REAP_OK;
    if (!push_reversed(&x, argv, argc)) {
        st = rp_nomem(ctx);
        goto out;
    }
    while (!st && x.todo.n)
        st = expand_one(&x, x.todo.v[--x.todo.n]);
    if (st)
        goto out;
    const char **words = rp_arena_alloc(arena, (x.words.n + 1) * sizeof *words);
    if (!words) {
        st = rp_nomem(ctx);
        goto out;
    }
    for (size_t i = 0; i < x.words.n; i++)
        words[i] = x.words.v[i];
    words[x.words.n] = NULL;
    *ret_words = words;
    *ret_n = x.words.n;
out:
    rp_vec_free(&x.words);
    rp_vec_free(&x.todo);
    return st;
}
