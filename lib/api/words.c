/* words.c: Reap's own options out of a linker's command line, response files included.
 *
 * Compilers hand long lines over as `@file`, so an option given by -Wl, may stand in one. The
 * files are expanded here only to look; unless one of them held an option of Reap's, what remains
 * names them as before, so that a link that is passed through is the original link.
 *
 * Entry: reap_take_options().
 */
#include "api/api.h"

#include "elf/filemap.h"

#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 32 }; /* response files within response files */

struct taker {
    struct reap *r;
    RP_VEC(const char *) words;
    bool found; /* an option of Reap's in this file or below it */
};

static enum reap_status take_words(struct taker *t, const char *const *words, size_t n,
                                   unsigned depth);

static bool is_regular(const char *path)
{
    struct stat sb;
    return stat(path, &sb) == 0 && S_ISREG(sb.st_mode);
}

/* Expand one `@file` into t. A file that cannot be read is left to the linker, which knows what
 * the word means then (GNU: itself; lld: an error). */
static enum reap_status take_response(struct taker *t, const char *word, unsigned depth)
{
    struct reap *r = t->r;
    if (!is_regular(word + 1))
        return rp_vec_push(&t->words, word) ? REAP_OK : rp_nomem(&r->ctx);
    if (depth == MAX_DEPTH)
        return rp_fail(&r->ctx, REAP_ERR_USAGE, "response-file-loop", rp_at(word + 1),
                       "response files are nested more than %d deep", (int)MAX_DEPTH);
    struct rp_map map;
    enum reap_status st = rp_map_open(&r->ctx, &map, word + 1);
    if (st != REAP_OK)
        return st;
    const char *text = rp_arena_strndup(&r->arena, (const char *)map.data, map.size);
    rp_map_close(&map);
    if (!text)
        return rp_nomem(&r->ctx);
    const char **words = NULL;
    size_t n = 0;
    st = rp_response_split(&r->ctx, &r->arena, text, &words, &n);
    if (st != REAP_OK)
        return st;

    size_t before = t->words.n;
    bool found_before = t->found;
    t->found = false;
    st = take_words(t, words, n, depth + 1);
    if (st == REAP_OK && !t->found) { /* nothing of ours: name the file as before */
        t->words.n = before;
        if (!rp_vec_push(&t->words, word))
            st = rp_nomem(&r->ctx);
    }
    t->found |= found_before;
    return st;
}

static enum reap_status take_words(struct taker *t, const char *const *words, size_t n,
                                   unsigned depth)
{
    struct reap *r = t->r;
    for (size_t i = 0; i < n; i++) {
        const char *name, *value;
        bool needs_value;
        enum reap_status st = REAP_OK;
        if (words[i][0] == '@' && words[i][1]) {
            st = take_response(t, words[i], depth);
        } else if (reap_option_match(r->product, words[i], &name, &value, &needs_value)) {
            t->found = true;
            st = reap_option(r, name, value);
        } else if (!rp_vec_push(&t->words, words[i])) {
            st = rp_nomem(&r->ctx);
        }
        if (st != REAP_OK)
            return st;
    }
    return REAP_OK;
}

enum reap_status reap_take_options(struct reap *r, int argc, const char *const *argv,
                                   const char *const **ret_words, size_t *ret_n_words)
{
    struct taker t = {.r = r};
    enum reap_status st = take_words(&t, argv, (size_t)argc, 0);
    if (st == REAP_OK) {
        const char **words = rp_arena_alloc(&r->arena, (t.words.n + 1) * sizeof *words);
        if (words) {
            for (size_t i = 0; i < t.words.n; i++)
                words[i] = t.words.v[i];
            words[t.words.n] = NULL;
            *ret_words = words;
            *ret_n_words = t.words.n;
        } else {
            st = rp_nomem(&r->ctx);
        }
    }
    rp_vec_free(&t.words);
    return st;
}
