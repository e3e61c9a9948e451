/* save_inputs.c: --reap-save=DIR: the original link, so that `reap bisect` can repeat it.
 *
 * DIR/link.reap is text, a line for each fact, words quoted as in response files:
 *
 *     reap-link 1
 *     linker /usr/bin/ld.bfd       the program
 *     cwd /home/me/build           where the link ran
 *     option level=full            Reap's own options, but for those that say where reports go
 *     word -o                      the linker's words in order, response files expanded
 *     input 1234 1700000000 a.o    size and time of change (seconds) of what was loaded
 *
 * Compilers link objects from the temporary directory and remove them afterwards: plain inputs
 * that lie directly there are copied below DIR/inputs, and the words name the copies. All others
 * are linked again from where they are; their sizes and times tell whether they still are what
 * they were.
 *
 * Entry: rp_save_inputs().
 */
#include "api/api.h"

#include "util/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum reap_status fail_at(struct reap *r, const char *path, const char *what)
{
    return rp_fail(&r->ctx, REAP_ERR_IO, "cannot-save", rp_at(path), "%s: %s", what,
                   strerror(errno));
}

/* Whether the file will not be there when its compiler has ended. */
static bool is_temporary(const char *path)
{
    const char *dir = getenv("TMPDIR");
    if (!dir || !*dir)
        dir = "/tmp";
    const char *slash = strrchr(path, '/');
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    return slash && (size_t)(slash - path) == n && !strncmp(path, dir, n);
}

/* Copy an input below `dir`; *ret is its new name. */
static enum reap_status save_input(struct reap *r, const char *dir, unsigned number,
                                   const char *path, const char **ret)
{
    char *inputs = rp_arena_printf(&r->arena, "%s/inputs", dir);
    char *folder = inputs ? rp_arena_printf(&r->arena, "%s/%u", inputs, number) : NULL;
    char *copy = folder ? rp_arena_printf(&r->arena, "%s%s", folder, strrchr(path, '/')) : NULL;
    if (!copy)
        return rp_nomem(&r->ctx);
    if ((mkdir(inputs, 0777) && errno != EEXIST) || (mkdir(folder, 0777) && errno != EEXIST))
        return fail_at(r, folder, "cannot make the folder");
    enum reap_status st = rp_save_copy(r, path, copy);
    if (st == REAP_OK)
        *ret = copy;
    return st;
}

static void add_line(struct reap *r, struct rp_strbuf *b, const char *key, const char *word)
{
    const char *quoted = rp_response_quote(&r->arena, word);
    if (quoted)
        rp_strbuf_printf(b, "%s %s\n", key, quoted);
    else
        b->oom = true;
}

static enum reap_status add_words(struct reap *r, struct rp_strbuf *b, const char *dir)
{
    enum reap_status st = REAP_OK;
    for (size_t i = 0; st == REAP_OK && i < r->link.args.n; i++) {
        const struct rp_arg *a = &r->link.args.v[i];
        /* The link is repeated by the driver, without our plugin; and there is no compiler IR in
         * it, so that the compiler's plugin has nothing to do. */
        if (a->n_words &&
            (!strncmp(a->words[0], "-plugin", 7) || !strncmp(a->words[0], "--plugin", 8)))
            continue;
        for (uint32_t k = 0; st == REAP_OK && k < a->n_words; k++) {
            const char *word = a->words[k];
            if (a->kind == RP_ARG_INPUT && a->n_words == 1 && is_temporary(word) &&
                access(word, R_OK) == 0)
                st = save_input(r, dir, (unsigned)i, word, &word);
            add_line(r, b, "word", word);
        }
    }
    return st;
}

static void add_inputs(struct reap *r, struct rp_strbuf *b)
{
    const char *last = "";
    for (size_t i = 0; r->has_model && i < r->model.files.n; i++) {
        const char *path = r->model.files.v[i].path;
        struct stat sb;
        if (!strcmp(path, last) || is_temporary(path) || stat(path, &sb))
            continue; /* members of one archive stand together */
        last = path;
        const char *quoted = rp_response_quote(&r->arena, path);
        if (!quoted)
            b->oom = true;
        else
            rp_strbuf_printf(b, "input %" PRIu64 " %" PRIu64 " %s\n", (uint64_t)sb.st_size,
                             (uint64_t)sb.st_mtime, quoted);
    }
}

/* Options that change what is collected; those about reports are the first link's own. */
static void add_options(struct reap *r, struct rp_strbuf *b)
{
    static const char *const changing[] = {"rules",   "keep-symbol",  "keep-section", "keep-file",
                                           "export",  "export-from",  "level",        "kernel",
                                           "modules", "modules-from", "danger-rules", "tripwire"};
    for (size_t k = 0; k < sizeof changing / sizeof *changing; k++)
        for (size_t i = 0; i < r->options.n; i++) {
            const char *name = rp_opt_name(r->options.v[i].opt);
            const char *value = r->options.v[i].value;
            if (strcmp(name, changing[k]) != 0)
                continue;
            const char *word = value ? rp_arena_printf(&r->arena, "%s=%s", name, value) : name;
            if (word)
                add_line(r, b, "option", word);
            else
                b->oom = true;
        }
    /* The linker's own collection was watched, not ours. */
    if (r->job.predict)
        rp_strbuf_puts(b, "option level=stock\n");
}

static enum reap_status write_text(struct reap *r, const char *path, const struct rp_strbuf *b)
{
    struct rp_out out;
    enum reap_status st = rp_out_open(&r->ctx, &out, path, 0666);
    if (st != REAP_OK)
        return st;
    st = rp_out_write(&r->ctx, &out, b->s, b->n);
    if (st == REAP_OK)
        return rp_out_commit(&r->ctx, &out);
    rp_out_abort(&out);
    return st;
}

/* The linker's path: the driver knows it; the plugin is in it. */
static const char *linker_program(struct reap *r, char buf[PATH_MAX])
{
    if (r->product != REAP_PRODUCT_PLUGIN)
        return r->linker_program ? r->linker_program : "";
    ssize_t n = readlink("/proc/self/exe", buf, PATH_MAX - 1);
    buf[n > 0 ? n : 0] = '\0';
    return buf;
}

enum reap_status rp_save_inputs(struct reap *r)
{
    const char *option = rp_opt_value(r, RP_OPT_SAVE);
    if (!option || !r->has_link || r->product == REAP_PRODUCT_GC || !r->analysed)
        return REAP_OK;
    if (mkdir(option, 0777) && errno != EEXIST)
        return fail_at(r, option, "cannot make the folder");
    char *dir = realpath(option, NULL), *cwd = getcwd(NULL, 0);
    char program[PATH_MAX];
    struct rp_strbuf text = {0};
    enum reap_status st = REAP_OK;
    if (!dir || !cwd) {
        st = fail_at(r, option, "cannot find the folder");
        goto out;
    }
    rp_strbuf_puts(&text, "reap-link 1\n");
    add_line(r, &text, "linker", linker_program(r, program));
    add_line(r, &text, "cwd", cwd);
    add_options(r, &text);
    st = add_words(r, &text, dir);
    add_inputs(r, &text);
    const char *path = rp_arena_printf(&r->arena, "%s/link.reap", dir);
    if (st == REAP_OK && (text.oom || !path))
        st = rp_nomem(&r->ctx);
    if (st == REAP_OK)
        st = write_text(r, path, &text);
out:
    rp_strbuf_free(&text);
    free(dir);
    free(cwd);
    return st;
}
