/* bisect_memory.c: verdicts that outlive an interruption.
 *
 * The file's first line names the job (a hash of the saved link, of the test and of what can be
 * removed); each further line is a key and a verdict. A line is written and flushed at once; a
 * last line that was cut off is passed over.
 *
 * Entry: rp_memory_open().
 */
#include "api/bisect.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static bool remember(struct rp_memory *m, uint64_t key, enum rp_verdict verdict)
{
    char *text = rp_arena_printf(&m->arena, "%016" PRIx64, key);
    uint32_t *slot = text ? rp_strmap_put(&m->map, text, strlen(text)) : NULL;
    if (slot)
        *slot = verdict;
    return slot != NULL;
}

/* Whether the file is of this job; then its verdicts are read. */
static bool read_file(struct rp_memory *m, FILE *f, uint64_t what)
{
    char line[64];
    uint64_t key = 0;
    char verdict;
    if (!fgets(line, sizeof line, f) || sscanf(line, "reap-bisect 1 %" SCNx64, &key) != 1 ||
        key != what)
        return false;
    while (fgets(line, sizeof line, f)) {
        if (!strchr(line, '\n') || sscanf(line, "%" SCNx64 " %c", &key, &verdict) != 2)
            continue;
        enum rp_verdict v = verdict == 'p' ? RP_PASS : verdict == 'f' ? RP_FAIL : RP_UNRESOLVED;
        if (remember(m, key, v))
            m->n_known++;
    }
    return true;
}

enum reap_status rp_memory_open(struct rp_ctx *ctx, struct rp_memory *ret, const char *path,
                                uint64_t what, bool restart)
{
    bool known = false;
    memset(ret, 0, sizeof *ret);
    FILE *old = restart ? NULL : fopen(path, "re");
    if (old) {
        known = read_file(ret, old, what);
        fclose(old);
    }
    ret->file = fopen(path, known ? "ae" : "we");
    if (!ret->file || (!known && fprintf(ret->file, "reap-bisect 1 %016" PRIx64 "\n", what) < 0) ||
        fflush(ret->file))
        return rp_fail(ctx, REAP_ERR_IO, "cannot-write", rp_at(path), "%s", strerror(errno));
    return REAP_OK;
}

enum rp_verdict rp_memory_get(const struct rp_memory *m, uint64_t key)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%016" PRIx64, key);
    return (enum rp_verdict)rp_strmap_get(&m->map, text, (size_t)n);
}

enum reap_status rp_memory_put(struct rp_ctx *ctx, struct rp_memory *m, uint64_t key,
                               enum rp_verdict verdict)
{
    if (!remember(m, key, verdict))
        return rp_nomem(ctx);
    fprintf(m->file, "%016" PRIx64 " %c\n", key,
            verdict == RP_PASS   ? 'p'
            : verdict == RP_FAIL ? 'f'
                                 : 'u');
    if (fflush(m->file))
        return rp_fail(ctx, REAP_ERR_IO, "cannot-write", rp_at(NULL),
                       "the results cannot be kept: %s", strerror(errno));
    return REAP_OK;
}

void rp_memory_close(struct rp_memory *m)
{
    if (m->file)
        fclose(m->file);
    rp_strmap_free(&m->map);
    rp_arena_free(&m->arena);
    memset(m, 0, sizeof *m);
}
