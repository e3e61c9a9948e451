/* find_linker.c: the linker behind ld.reap, never ld.reap itself.
 *
 * ld.reap is put in front of linkers under their own names: DIR/ld and DIR/ld.lld are links to it,
 * and DIR may be the first folder of PATH. Every candidate is therefore compared with the running
 * program, by device and inode and, for copies, by content. The kind of linker shows in the name;
 * where it does not, the linker is asked.
 */
#include "find_linker.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char self[] = "/proc/self/exe";

static bool complain(const char *code, const char *where, const char *text, const char *remedy)
{
    char program[] = "ld.reap";
    struct reap_diag d = {sizeof d, REAP_ERROR, code, where, text, remedy};
    reap_print_diag(program, &d);
    return false;
}

/* --- not ourselves --------------------------------------------------------------------------- */

static bool same_content(const char *a, const char *b)
{
    FILE *fa = fopen(a, "re"), *fb = fopen(b, "re");
    bool same = fa && fb;
    char block_a[4096], block_b[4096];
    while (same) {
        size_t na = fread(block_a, 1, sizeof block_a, fa);
        size_t nb = fread(block_b, 1, sizeof block_b, fb);
        same = na == nb && !memcmp(block_a, block_b, na);
        if (na < sizeof block_a)
            break;
    }
    if (fa)
        fclose(fa);
    if (fb)
        fclose(fb);
    return same;
}

static bool is_self(const char *path)
{
    struct stat a, b;
    if (stat(self, &a) || stat(path, &b))
        return false;
    if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return true;
    return a.st_size == b.st_size && same_content(self, path);
}

static bool is_program(const char *path)
{
    struct stat sb;
    return !stat(path, &sb) && S_ISREG(sb.st_mode) && !access(path, X_OK);
}

/* --- by name --------------------------------------------------------------------------------- */

/* `prefix` + `name` in PATH; malloc'd, NULL when there is none. */
static char *search_path(const char *prefix, const char *name)
{
    const char *path = getenv("PATH");
    if (!path || !*path)
        path = "/usr/local/bin:/usr/bin:/bin";
    for (;;) {
        size_t n = strcspn(path, ":");
        char *candidate;
        if (asprintf(&candidate, "%.*s%s%s%s", (int)n, path, n ? "/" : "./", prefix, name) < 0)
            return NULL;
        if (is_program(candidate) && !is_self(candidate))
            return candidate;
        free(candidate);
        if (!path[n])
            return NULL;
        path += n + 1;
    }
}

/* The text of a pipe from `path --version`, at most size - 1 bytes. */
static void ask_version(const char *path, char *text, size_t size)
{
    text[0] = '\0';
    int fd[2];
    if (pipe(fd))
        return;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd[1], STDOUT_FILENO);
        close(fd[0]);
        close(fd[1]);
        setenv("REAP_DRIVER_ACTIVE", "1", 1);
        execl(path, path, "--version", (char *)NULL);
        _exit(127);
    }
    close(fd[1]);
    if (pid > 0) {
        size_t n = 0;
        ssize_t got;
        while (n < size - 1 && (got = read(fd[0], text + n, size - 1 - n)) != 0) {
            if (got < 0 && errno != EINTR)
                break;
            n += got > 0 ? (size_t)got : 0;
        }
        text[n] = '\0';
        waitpid(pid, NULL, 0);
    }
    close(fd[0]);
}

/* The words that tell linkers apart. lld and mold call themselves compatible with GNU, so they
 * come first. */
static bool flavor_in(const char *text, enum reap_linker *ret)
{
    static const struct {
        const char *word;
        enum reap_linker flavor;
    } marks[] = {
        {"lld", REAP_LINKER_LLD},      {"LLD", REAP_LINKER_LLD}, {"mold", REAP_LINKER_MOLD},
        {"gold", REAP_LINKER_GOLD},    {"bfd", REAP_LINKER_BFD}, {"GNU ld", REAP_LINKER_BFD},
        {"Binutils", REAP_LINKER_BFD},
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strstr(text, marks[i].word)) {
            *ret = marks[i].flavor;
            return true;
        }
    return false;
}

static bool find_flavor(const char *path, enum reap_linker *ret)
{
    const char *slash = strrchr(path, '/');
    char text[512];
    if (flavor_in(slash ? slash + 1 : path, ret))
        return true;
    ask_version(path, text, sizeof text);
    if (flavor_in(text, ret))
        return true;
    return complain("unknown-linker", path, "this is no linker that Reap knows (by its --version)",
                    "use lld, mold, bfd or gold");
}

/* The number that follows `mark` in a text; 0: none. */
static unsigned number_after(const char *text, const char *mark)
{
    const char *at = strstr(text, mark);
    unsigned long n = at ? strtoul(at + strlen(mark), NULL, 10) : 0;
    return n < 1000 ? (unsigned)n : 0;
}

static unsigned lld_major(const char *path)
{
    char *real = realpath(path, NULL), text[512];
    unsigned major = real ? number_after(real, "/llvm-") : 0; /* Debian's place of each version */
    free(real);
    if (major)
        return major;
    ask_version(path, text, sizeof text);
    return number_after(text, "LLD ");
}

bool find_linker(const char *name, char **ret_path, enum reap_linker *ret_flavor,
                 unsigned *ret_major)
{
    char *path = NULL;
    if (!name) {
        path = search_path("", "ld.lld");
        if (!path)
            path = search_path("", "ld");
        if (!path)
            return complain("no-linker", NULL, "neither ld.lld nor ld is in PATH",
                            "name one: --reap-linker=PATH");
    } else if (strchr(name, '/')) {
        if (!is_program(name))
            return complain("no-linker", name, "there is no such program", NULL);
        if (is_self(name))
            return complain("linker-is-reap", name, "this is ld.reap itself",
                            "name the linker that it shall run: --reap-linker=PATH");
        path = strdup(name);
    } else {
        path = search_path("ld.", name);
        if (!path)
            path = search_path("", name);
        if (!path)
            return complain("no-linker", name, "no linker of this name is in PATH",
                            "install it, or name a path: --reap-linker=PATH");
    }
    if (path && find_flavor(path, ret_flavor)) {
        *ret_path = path;
        *ret_major = *ret_flavor == REAP_LINKER_LLD ? lld_major(path) : 0;
        return true;
    }
    free(path);
    return false;
}
