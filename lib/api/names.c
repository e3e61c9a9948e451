/* names.c: the user's names of the files in place of those in the temporary directory.
 *
 * The linker's messages, its map and its dependency file name the rewritten files,
 * "/tmp/reap-x/0/foo.o", which are gone when somebody reads them; for make and ninja they would be
 * inputs that never exist. Every occurrence of such a path is replaced by the path of the input
 * that it stands for. An archive's members keep their names, so "(member.o)" after it stays right.
 *
 * Entries: rp_names_set(), rp_names_translate(), rp_names_fix_files().
 */
#include "api/api.h"

#include "elf/filemap.h"
#include "util/strbuf.h"

#include <string.h>
#include <sys/stat.h>

/* Remember which input each replacement stands for. */
enum reap_status rp_names_set(struct reap *r, const struct rp_replacement *repl, size_t n_repl)
{
    for (size_t i = 0; i < n_repl; i++) {
        if (!repl[i].original)
            continue;
        const char *temp = rp_arena_strdup(&r->arena, repl[i].path);
        const char *original = rp_arena_strdup(&r->arena, repl[i].original);
        uint32_t *v = temp && original ? rp_strmap_put(&r->temp_names, temp, strlen(temp)) : NULL;
        if (!v || !rp_vec_push(&r->originals, original))
            return rp_nomem(&r->ctx);
        *v = (uint32_t)r->originals.n; /* index + 1 */
    }
    return REAP_OK;
}

/* The original of the temporary path at `p` (at most n bytes); *ret_len is the path's length. The
 * name may hold any character, so every place where it could end is tried. */
static const char *original_at(const struct reap *r, const char *p, size_t n, size_t *ret_len)
{
    static const char ends[] = "\n:()'\"` ,;\\";
    for (size_t len = strlen(rp_tempdir_name(r->temp)); len <= n; len++) {
        if (len < n && !strchr(ends, p[len]))
            continue;
        uint32_t id = rp_strmap_get(&r->temp_names, p, len);
        if (id) {
            *ret_len = len;
            return r->originals.v[id - 1];
        }
        if (len < n && p[len] == '\n')
            break; /* names with line feeds are left alone */
    }
    return NULL;
}

void rp_names_translate(const struct reap *r, const char *text, size_t n, struct rp_strbuf *out)
{
    const char *temp = r->temp && r->originals.n ? rp_tempdir_name(r->temp) : NULL;
    size_t temp_len = temp ? strlen(temp) : 0;
    while (n) {
        const char *at = temp ? memmem(text, n, temp, temp_len) : NULL;
        size_t before = at ? (size_t)(at - text) : n;
        rp_strbuf_add(out, text, before);
        text += before;
        n -= before;
        if (!at)
            break;
        size_t len = temp_len;
        const char *original = original_at(r, text, n, &len);
        if (original)
            rp_strbuf_puts(out, original);
        else
            rp_strbuf_add(out, text, len);
        text += len;
        n -= len;
    }
}

/* --- files that the linker wrote ------------------------------------------------------------- */

static enum reap_status fix_file(struct reap *r, const char *path)
{
    struct stat sb;
    struct rp_map map;
    if (!*path || !strcmp(path, "-") || stat(path, &sb) || !S_ISREG(sb.st_mode))
        return REAP_OK;
    enum reap_status st = rp_map_open(&r->ctx, &map, path);
    if (st != REAP_OK)
        return st;
    struct rp_strbuf text = {0};
    rp_names_translate(r, (const char *)map.data, map.size, &text);
    rp_map_close(&map);
    struct rp_out out;
    st = text.oom ? rp_nomem(&r->ctx) : rp_out_open(&r->ctx, &out, path, sb.st_mode & 0777);
    if (st == REAP_OK) {
        st = rp_out_write(&r->ctx, &out, text.s ? text.s : "", text.n);
        if (st == REAP_OK)
            st = rp_out_commit(&r->ctx, &out);
        else
            rp_out_abort(&out);
    }
    rp_strbuf_free(&text);
    return st;
}

/* The value of an option of the original command, joined by = or from its second word. */
static const char *value_of(const struct rp_arg *a, const char *name)
{
    const char *word = a->words[0];
    if (*word != '-')
        return NULL;
    word += word[1] == '-' ? 2 : 1;
    size_t n = strlen(name);
    if (strncmp(word, name, n) != 0)
        return NULL;
    if (word[n] == '=')
        return word + n + 1;
    return !word[n] && a->n_words > 1 ? a->words[1] : NULL;
}

enum reap_status rp_names_fix_files(struct reap *r)
{
    for (size_t i = 0; i < r->link.args.n; i++) {
        const struct rp_arg *a = &r->link.args.v[i];
        if (a->kind != RP_ARG_OTHER || !a->n_words)
            continue;
        const char *path = value_of(a, "Map");
        if (!path)
            path = value_of(a, "dependency-file");
        enum reap_status st = path ? fix_file(r, path) : REAP_OK;
        if (st != REAP_OK)
            return st;
    }
    return REAP_OK;
}
