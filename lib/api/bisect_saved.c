/* bisect_saved.c: read the link that --reap-save kept (save_inputs.c tells the format).
 *
 * Entry: rp_saved_read().
 */
#include "api/bisect.h"

#include "elf/filemap.h"
#include "link/cmdline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* An input must still be the one that was linked. `text` is "SIZE TIME PATH". */
static enum reap_status check_input(struct rp_ctx *ctx, const struct rp_saved_link *s,
                                    struct rp_arena *arena, const char *const *word, size_t n)
{
    struct stat sb;
    if (n != 4)
        return REAP_OK;
    const char *path = word[3];
    const char *full = path[0] == '/' ? path : rp_arena_printf(arena, "%s/%s", s->cwd, path);
    if (!full)
        return rp_nomem(ctx);
    if (stat(full, &sb))
        return rp_fail_remedy(ctx, REAP_ERR_INPUT, "input-changed", rp_at(full),
                              "link again with --reap-save",
                              "an input of the saved link is gone: %s", strerror(errno));
    if ((uint64_t)sb.st_size != strtoull(word[1], NULL, 10) ||
        (uint64_t)sb.st_mtime != strtoull(word[2], NULL, 10))
        return rp_fail_remedy(ctx, REAP_ERR_INPUT, "input-changed", rp_at(full),
                              "link again with --reap-save",
                              "this input changed since the link was saved");
    return REAP_OK;
}

static enum reap_status take_line(struct rp_ctx *ctx, struct rp_arena *arena,
                                  struct rp_saved_link *s, const char *line)
{
    const char **word = NULL;
    size_t n = 0;
    enum reap_status st = rp_response_split(ctx, arena, line, &word, &n);
    if (st != REAP_OK || n < 2)
        return st;
    bool ok = true;
    if (!strcmp(word[0], "linker"))
        s->linker = word[1];
    else if (!strcmp(word[0], "cwd"))
        s->cwd = word[1];
    else if (!strcmp(word[0], "option"))
        ok = rp_vec_push(&s->options, word[1]);
    else if (!strcmp(word[0], "word"))
        ok = rp_vec_push(&s->words, word[1]);
    else if (!strcmp(word[0], "input"))
        return check_input(ctx, s, arena, word, n);
    return ok ? REAP_OK : rp_nomem(ctx);
}

/* The end of the line at p: a line feed that no backslash quotes. */
static const char *line_end(const char *p, const char *end)
{
    for (; p < end && *p != '\n'; p++)
        if (*p == '\\' && p + 1 < end)
            p++;
    return p < end ? p : end;
}

enum reap_status rp_saved_read(struct rp_ctx *ctx, struct rp_arena *arena, const char *dir,
                               struct rp_saved_link *ret)
{
    static const char magic[] = "reap-link 1\n";
    struct rp_map map = {0};
    char *full = realpath(dir, NULL);
    memset(ret, 0, sizeof *ret);
    ret->dir = full ? rp_arena_strdup(arena, full) : NULL;
    free(full);
    const char *path = rp_arena_printf(arena, "%s/link.reap", ret->dir ? ret->dir : dir);
    if (!path)
        return rp_nomem(ctx);
    enum reap_status st = rp_map_open(ctx, &map, path);
    if (st != REAP_OK)
        return st;
    const char *p = (const char *)map.data, *end = p + map.size;
    if (map.size < sizeof magic - 1 || memcmp(p, magic, sizeof magic - 1) != 0) {
        rp_map_close(&map);
        return rp_fail(ctx, REAP_ERR_INPUT, "bad-saved-link", rp_at(path),
                       "this is no link that --reap-save kept, or one of another version");
    }
    ret->hash = rp_hash(map.data, map.size);
    while (st == REAP_OK && p < end) {
        const char *stop = line_end(p, end);
        const char *line = rp_arena_strndup(arena, p, (size_t)(stop - p));
        st = line ? take_line(ctx, arena, ret, line) : rp_nomem(ctx);
        p = stop + 1;
    }
    rp_map_close(&map);
    if (st == REAP_OK && (!ret->linker || !*ret->linker || !ret->cwd || !ret->words.n))
        st = rp_fail(ctx, REAP_ERR_INPUT, "bad-saved-link", rp_at(path),
                     "the linker, its folder or its words are missing");
    return st;
}

void rp_saved_free(struct rp_saved_link *saved)
{
    rp_vec_free(&saved->options);
    rp_vec_free(&saved->words);
}
