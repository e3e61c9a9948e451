/* check.c: --reap-check: hold Reap's results against something that is not Reap's.
 *
 * Objects: each rewritten object is opened again and compared with the model (pass/verify.c).
 *
 * Resolution: the list of files that Reap's resolver loads, and its order, against lld's own. lld
 * prints each file as it loads it with `-t`; two tiny objects that define one strong symbol make
 * it stop after resolution, before anything is written (seen with lld 14 and 19).
 *
 * Entries: rp_check_objects(), rp_check_resolution().
 */
#include "api/api.h"

#include "elf/emit.h"
#include "util/pool.h"

#include <stdlib.h>
#include <string.h>

/* --- objects --------------------------------------------------------------------------------- */

static enum reap_status check_one(void *arg, size_t i)
{
    struct reap *r = arg;
    rp_id file = (rp_id)(i + 1);
    if (rp_file_of(&r->model, file)->kind != RP_FILE_OBJECT || r->plan.fate[i] != RP_FATE_REWRITE)
        return REAP_OK;
    uint8_t *bytes = NULL;
    uint64_t size = 0;
    enum reap_status st = rp_rewrite_object(&r->model, &r->marks, &r->plan, file, &bytes, &size);
    if (st == REAP_OK)
        st = rp_verify_object(&r->model, &r->marks, file, bytes, size);
    free(bytes);
    return st;
}

enum reap_status rp_check_objects(struct reap *r)
{
    struct rp_timer t = rp_phase_begin();
    enum reap_status st = rp_parallel(&r->ctx, r->model.files.n, check_one, r);
    rp_phase_done(r, t, "check");
    return st;
}

/* --- resolution ------------------------------------------------------------------------------ */

#define DUPLICATE "reap-check-duplicate.o"

/* An object that defines `reap_check_duplicate` as `value`, beside nothing. */
static enum reap_status write_duplicate(struct reap *r, const struct rp_elf *like, uint64_t value,
                                        const char **ret_path)
{
    const struct rp_emit_section sections[] = {
        {.name = ".symtab", .type = SHT_SYMTAB, .link = 2, .info = 1, .addralign = 8},
        {.name = ".strtab", .type = SHT_STRTAB, .addralign = 1},
        {.name = ".shstrtab", .type = SHT_STRTAB, .addralign = 1},
    };
    const struct rp_emit_symbol symbol = {
        .name = "reap_check_duplicate",
        .info = STB_GLOBAL << 4 | STT_NOTYPE,
        .shndx = RP_SHN_ABS,
        .value = value,
    };
    const struct rp_emit emit = {
        .like = like,
        .sections = sections,
        .n_sections = 3,
        .symbols = &symbol,
        .n_symbols = 1,
        .symtab = 1,
        .strtab = 2,
        .shstrtab = 3,
    };
    uint8_t *bytes = NULL;
    uint64_t size = 0;
    const char *path;
    enum reap_status st = rp_emit_object(&r->ctx, &emit, &bytes, &size);
    if (st != REAP_OK)
        return st;
    struct rp_out out;
    st = rp_temp_path(r, DUPLICATE, &path);
    if (st == REAP_OK)
        st = rp_out_open(&r->ctx, &out, path, 0600);
    if (st == REAP_OK) {
        st = rp_out_write(&r->ctx, &out, bytes, size);
        if (st == REAP_OK)
            st = rp_out_commit(&r->ctx, &out);
        else
            rp_out_abort(&out);
    }
    free(bytes);
    if (st == REAP_OK)
        *ret_path = path;
    return st;
}

static const struct rp_elf *first_object(const struct reap *r)
{
    for (size_t i = 0; i < r->model.files.n; i++)
        if (r->model.files.v[i].kind == RP_FILE_OBJECT)
            return &r->model.files.v[i].elf;
    return NULL;
}

/* The output of the linker's `-t` for the original command; malloc'd in run->out. */
static enum reap_status run_trace(struct reap *r, struct rp_run *run)
{
    const struct rp_elf *like = first_object(r);
    const char *one = NULL, *two = NULL, *output = NULL;
    if (!like)
        return REAP_ERR_UNSUPPORTED;
    enum reap_status st = write_duplicate(r, like, 1, &one);
    if (st == REAP_OK)
        st = write_duplicate(r, like, 2, &two);
    if (st == REAP_OK)
        st = rp_temp_path(r, "never-written", &output);
    if (st != REAP_OK)
        return st;
    const char *const extra[] = {
        "--format=default", "--error-limit=0", "-t", one, two, "-o", output};
    enum { N_EXTRA = sizeof extra / sizeof *extra };
    const char **words = rp_arena_alloc(&r->arena, (r->n_words + N_EXTRA) * sizeof *words);
    if (!words)
        return rp_nomem(&r->ctx);
    for (size_t i = 0; i < r->n_words; i++)
        words[i] = r->words[i];
    for (size_t i = 0; i < N_EXTRA; i++)
        words[r->n_words + i] = extra[i];
    *run = (struct rp_run){
        .program = r->linker_program,
        .words = words,
        .n_words = r->n_words + N_EXTRA,
        .capture_out = true,
        .capture_err = true,
    };
    return rp_run_program(r, run);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether a line of the trace is this file: "dir/libx.a(member.o)" or "dir/file.o". Folders are not
 * compared: the same library has many spellings. */
static bool line_is_file(const char *line, size_t n, const struct rp_file *f)
{
    const char *slash = memrchr(line, '/', n);
    if (slash) { /* lld prints members by base name, so the last slash is the path's */
        n -= (size_t)(slash + 1 - line);
        line = slash + 1;
    }
    const char *base = base_name(f->path);
    size_t len = strlen(base);
    if (n < len || memcmp(line, base, len))
        return false;
    if (!f->member)
        return n == len;
    const char *member = base_name(f->member);
    size_t member_len = strlen(member);
    return n == len + member_len + 2 && line[len] == '(' &&
           !memcmp(line + len + 1, member, member_len) && line[n - 1] == ')';
}

static bool line_is_shared(const struct reap *r, const char *line, size_t n)
{
    for (size_t i = 0; i < r->model.files.n; i++)
        if (r->model.files.v[i].kind == RP_FILE_SHARED &&
            line_is_file(line, n, &r->model.files.v[i]))
            return true;
    return false;
}

static enum reap_status differ(struct reap *r, const char *line, size_t n, const struct rp_file *f)
{
    const char *ours = f ? f->display : "nothing more";
    return rp_fail_remedy(&r->ctx, REAP_ERR_INTERNAL, "resolution-differs", rp_at(ours),
                          "please report it; without --reap-check the link goes on",
                          "Reap's resolver loads this where the linker loads '%.*s'", (int)n, line);
}

/* The length of the entry of the trace that begins at `line`, if it is this file: one line, and one
 * more for each line feed in its name. */
static size_t entry_length(const char *line, const struct rp_file *f)
{
    unsigned more = 0;
    for (const char *p = f ? f->path : ""; *p; p++)
        more += *p == '\n';
    for (const char *p = f && f->member ? f->member : ""; *p; p++)
        more += *p == '\n';
    size_t n = strcspn(line, "\n");
    while (more-- && line[n])
        n += 1 + strcspn(line + n + 1, "\n");
    return n;
}

/* Compare the trace with the objects of the model, in order. */
static enum reap_status compare_trace(struct reap *r, const char *trace)
{
    size_t next = 0, matched = 0;
    for (const char *line = trace; *line;) {
        while (next < r->model.files.n && r->model.files.v[next].kind == RP_FILE_SHARED)
            next++;
        const struct rp_file *f = next < r->model.files.n ? &r->model.files.v[next] : NULL;
        size_t n = entry_length(line, f);
        const char *end = line + n;
        if (n && !line_is_shared(r, line, n) && !memmem(line, n, DUPLICATE, sizeof DUPLICATE - 1)) {
            if (!f || !line_is_file(line, n, f))
                return differ(r, line, n, f);
            next++;
            matched++;
        }
        line = *end ? end + 1 : end;
    }
    for (; next < r->model.files.n; next++)
        if (r->model.files.v[next].kind != RP_FILE_SHARED)
            return differ(r, "nothing more", 12, &r->model.files.v[next]);
    rp_note(&r->ctx, "resolution-checked", rp_at(NULL), "the linker loads the same %zu files",
            matched);
    return REAP_OK;
}

enum reap_status rp_check_resolution(struct reap *r)
{
    if (r->link.flavor != RP_LINKER_LLD || !r->linker_program)
        return REAP_OK;
    if (r->link.muldefs) {
        rp_note(&r->ctx, "resolution-not-checked", rp_at(NULL),
                "the linker does not stop after resolution with -z muldefs");
        return REAP_OK;
    }
    if (r->linker_major == 14 && r->link.wrap.n) {
        rp_note(&r->ctx, "resolution-not-checked", rp_at(NULL),
                "lld 14 stops before it looks at --wrap");
        return REAP_OK;
    }
    struct rp_timer t = rp_phase_begin();
    struct rp_run run = {0};
    enum reap_status st = run_trace(r, &run);
    if (st == REAP_OK && run.exit_status == 0)
        rp_note(&r->ctx, "resolution-not-checked", rp_at(NULL),
                "the linker did not stop after resolution");
    else if (st == REAP_OK)
        st = compare_trace(r, run.out ? run.out : "");
    rp_run_free(&run);
    rp_phase_done(r, t, "check-list");
    return st;
}
