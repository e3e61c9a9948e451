/* plugin.c: reap.so, the linker plugin for ld.bfd and gold.
 *
 * Observe, then link again. The plugin claims no file: the claim hook only notes each file that
 * the linker loads, in its order. When all symbols are read, the engine decides what is needed,
 * writes smaller inputs to a private folder, and runs the same linker once more, as a child, with
 * the same command line in which the inputs are replaced and the plugin itself is gone. The first
 * linker then ends with the status of the second. Claiming files and giving rewritten ones back
 * is not exact (order against crtend.o, -R, versioned symbols, exact names in scripts).
 *
 * The child, not an exec of the process itself, so that the private folder is removed on every
 * path. Where the linker lacks a hook, the plugin says so and leaves the link alone.
 */
#include "reap/reap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HAVE_STDINT_H 1 /* Debian's plugin-api.h (binutils-dev) asks for it */
#include <plugin-api.h>

/* Set for the second link. A plugin that finds it was not taken off the command line: it must
 * fail loudly, not start a third link. */
#define GUARD "REAP_SECOND_LINK"

/* The interface has no user pointer, so the state of the one link of this process is static. */
static struct {
    struct reap *run;
    ld_plugin_message message;
    enum reap_linker linker;
    bool known_linker;
    bool inert;  /* the link goes on without us */
    bool failed; /* an option was wrong, or memory ran out: reported, the link must fail */
} plugin;

static void report(void *user, const struct reap_diag *diag)
{
    (void)user;
    reap_print_diag((void *)(uintptr_t) "reap.so", diag);
}

/* End the link through the linker, which then removes its own output file. */
static enum ld_plugin_status fail(const char *what)
{
    reap_free(plugin.run);
    plugin.run = NULL;
    if (plugin.message)
        plugin.message(LDPL_FATAL, "reap.so: %s", what);
    return LDPS_ERR;
}

static enum ld_plugin_status claim_file(const struct ld_plugin_input_file *file, int *claimed)
{
    *claimed = 0;
    if (plugin.inert || plugin.failed)
        return LDPS_OK;
    if (reap_observe(plugin.run, file->name, (uint64_t)file->offset, (uint64_t)file->filesize))
        plugin.failed = true;
    return LDPS_OK;
}

/* The words of this process's command line without the program's name. *ret_text and *ret_words
 * are malloc'd. */
static bool read_command_line(char **ret_text, const char ***ret_words, int *ret_n)
{
    size_t n = 0, cap = 1 << 16;
    char *text = malloc(cap + 1);
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    while (text && fd >= 0) {
        if (n == cap) {
            cap *= 2;
            char *more = realloc(text, cap + 1);
            if (!more)
                break;
            text = more;
        }
        ssize_t got = read(fd, text + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            close(fd);
            fd = got < 0 ? -1 : -2;
            break;
        }
        n += (size_t)got;
    }
    if (!text || fd != -2 || n == 0) {
        if (fd >= 0)
            close(fd);
        free(text);
        return false;
    }
    text[n] = '\0';
    int count = 0;
    for (size_t i = 0; i < n; i += strlen(text + i) + 1)
        count++;
    const char **words = calloc((size_t)count + 1, sizeof *words);
    if (!words) {
        free(text);
        return false;
    }
    count = 0;
    for (size_t i = 0; i < n; i += strlen(text + i) + 1)
        words[count++] = text + i;
    *ret_text = text;
    *ret_words = words;
    *ret_n = count - 1;
    return true;
}

/* The reports, and --stats, after the link or in place of it. */
static bool tell(void)
{
    if (reap_write_reports(plugin.run))
        return false;
    if (reap_has_option(plugin.run, "stats", NULL))
        reap_print_stats(plugin.run, stderr);
    return true;
}

/* Rewrite the inputs and link again. Does not return when the second link was started. */
static enum ld_plugin_status link_again(void)
{
    const char *const *words;
    size_t n_words;
    if (reap_rewrite(plugin.run, &words, &n_words))
        return fail("the link was not done, for the reason above");
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n < 0)
        return fail("/proc/self/exe cannot be read: is /proc mounted?");
    program[n] = '\0';
    if (setenv(GUARD, "1", 1))
        return fail("out of memory");
    int status = 1;
    fflush(NULL);
    if (reap_run_linker(plugin.run, program, words, n_words, &status) && status == 0)
        status = 1;
    if (status == 0 && !tell())
        status = 1;
    reap_free(plugin.run);
    fflush(NULL);
    _exit(status); /* the first link must write nothing more */
}

static enum ld_plugin_status all_symbols_read(void)
{
    if (plugin.failed)
        return fail("the link was not done, for the reason above");
    if (plugin.inert)
        return LDPS_OK;
    reap_handle_signals();
    char *text;
    const char **words;
    int n_words;
    if (!read_command_line(&text, &words, &n_words))
        return fail("/proc/self/cmdline cannot be read: is /proc mounted?");
    enum reap_disposition what = REAP_PASS_THROUGH;
    bool bad = reap_set_command(plugin.run, plugin.linker, n_words, words + 1) ||
               reap_analyse(plugin.run, &what, NULL);
    free(words);
    free(text);
    if (bad)
        return fail("the link was not done, for the reason above");
    if (what == REAP_COLLECT)
        return link_again();
    if (!tell())
        return fail("a report could not be written");
    reap_free(plugin.run);
    plugin.run = NULL;
    plugin.inert = true;
    return LDPS_OK;
}

/* -plugin-opt NAME[=VALUE] */
static void set_option(const char *word)
{
    const char *eq = strchr(word, '=');
    char *name = eq ? strndup(word, (size_t)(eq - word)) : strdup(word);
    if (!name || reap_option(plugin.run, name, eq ? eq + 1 : NULL))
        plugin.failed = true;
    free(name);
}

/* What the linker offers. The hooks are registered once all of it is known. */
struct offer {
    ld_plugin_register_claim_file claim;
    ld_plugin_register_all_symbols_read all_read;
};

static void read_offer(const struct ld_plugin_tv *tv, struct offer *ret)
{
    for (; tv->tv_tag != LDPT_NULL; tv++) {
        switch (tv->tv_tag) {
        case LDPT_MESSAGE: plugin.message = tv->tv_u.tv_message; break;
        case LDPT_GNU_LD_VERSION:
            plugin.linker = REAP_LINKER_BFD;
            plugin.known_linker = true;
            break;
        case LDPT_GOLD_VERSION:
            plugin.linker = REAP_LINKER_GOLD;
            plugin.known_linker = true;
            break;
        case LDPT_REGISTER_CLAIM_FILE_HOOK: ret->claim = tv->tv_u.tv_register_claim_file; break;
        case LDPT_REGISTER_ALL_SYMBOLS_READ_HOOK:
            ret->all_read = tv->tv_u.tv_register_all_symbols_read;
            break;
        case LDPT_OPTION: set_option(tv->tv_u.tv_string); break;
        default: break;
        }
    }
}

/* mold and lld call no hooks for native objects; they say neither version. */
static enum ld_plugin_status stay_inert(const char *why)
{
    plugin.inert = true;
    if (plugin.message)
        plugin.message(LDPL_WARNING, "reap.so: %s; the link goes on without it", why);
    else
        fprintf(stderr, "reap.so: %s; the link goes on without it\n", why);
    return LDPS_OK;
}

enum ld_plugin_status onload(struct ld_plugin_tv *tv) __attribute__((visibility("default")));

enum ld_plugin_status onload(struct ld_plugin_tv *tv)
{
    struct reap_init init = {
        .size = sizeof init, .product = REAP_PRODUCT_PLUGIN, .diag = report, .diag_user = NULL};
    struct offer offer = {0};
    if (reap_new(&init, &plugin.run))
        return LDPS_ERR;
    if (reap_options_from_environment(plugin.run))
        plugin.failed = true;
    read_offer(tv, &offer);
    if (getenv(GUARD))
        return fail("loaded again by its own second link: the plugin was not taken off the "
                    "command line; please pass it as '-plugin PATH/reap.so'");
    if (!plugin.known_linker)
        return stay_inert("this linker is neither ld.bfd nor gold; use the driver ld.reap");
    if (!offer.claim || !offer.all_read)
        return stay_inert("this linker lacks the claim-file or all-symbols-read hook");
    if (plugin.failed)
        return fail("an option is wrong, see above");
    if (offer.claim(claim_file) || offer.all_read(all_symbols_read))
        return stay_inert("this linker refused a hook");
    return LDPS_OK;
}
