/* graph_render.c: text in Graphviz's language as a picture.
 *
 * Why by dlopen and in a process of its own: this code is also inside somebody's linker. libgvc,
 * with the drawing libraries behind it, is loaded when a picture is asked for, not with every link,
 * and who wants dot text alone needs no Graphviz. And libgvc prints, keeps globals and, seen with
 * 2.43 ("triangulation failed", then a double free), aborts on graphs that it cannot route: a child
 * may die of that, a linker may not.
 *
 * How: the child loads libgvc.so.6 (Graphviz 2.30 and later), draws into a pipe and leaves with a
 * status that says how far it came. Its header gives the types, so that a function of another shape
 * does not compile.
 *
 * Entry: rp_graph_render.
 */
#include "report/views.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every function that is used, once. */
#define FUNCTIONS(F)                                                                               \
    F(gvContext)                                                                                   \
    F(gvLayout)                                                                                    \
    F(gvRenderData)                                                                                \
    F(agmemread)

struct graphviz {
#define F(name) __typeof__(&(name)) name;
    FUNCTIONS(F)
#undef F
};

enum outcome { DRAWN, NO_LIBRARY, NOT_READ, NOT_LAID_OUT, NOT_DRAWN, NOT_WRITTEN };

/* --- the child ------------------------------------------------------------------------------- */

static bool load(struct graphviz *ret)
{
    void *lib = dlopen("libgvc.so.6", RTLD_NOW | RTLD_LOCAL);
    bool ok = lib != NULL;
#define F(name)                                                                                    \
    if (ok) {                                                                                      \
        void *symbol = dlsym(lib, #name);                                                          \
        memcpy(&ret->name, &symbol, sizeof symbol);                                                \
        ok = symbol != NULL;                                                                       \
    }
    FUNCTIONS(F)
#undef F
    return ok;
}

static enum outcome draw(const char *dot, const char *layout, const char *format, int out)
{
    struct graphviz gv = {0};
    char *data = NULL;
    unsigned n = 0, at = 0;
    if (!load(&gv))
        return NO_LIBRARY;
    GVC_t *gvc = gv.gvContext();
    graph_t *graph = gvc ? gv.agmemread(dot) : NULL;
    if (!graph)
        return NOT_READ;
    if (gv.gvLayout(gvc, graph, layout) != 0)
        return NOT_LAID_OUT;
    if (gv.gvRenderData(gvc, graph, format, &data, &n) != 0 || !data)
        return NOT_DRAWN;
    while (at < n) {
        ssize_t k = write(out, data + at, n - at);
        if (k < 0 && errno != EINTR)
            return NOT_WRITTEN;
        at += k > 0 ? (unsigned)k : 0;
    }
    return DRAWN;
}

static void run_child(const char *dot, const char *layout, const char *format, int out)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
    }
    /* nothing of the parent's is flushed or removed a second time */
    _exit((int)draw(dot, layout, format, out));
}

/* --- the parent ------------------------------------------------------------------------------ */

static enum reap_status copy(struct rp_ctx *ctx, int in, FILE *out)
{
    char buf[1 << 16];
    for (;;) {
        ssize_t n = read(in, buf, sizeof buf);
        if (n == 0)
            return REAP_OK;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || fwrite(buf, 1, (size_t)n, out) != (size_t)n)
            return rp_fail(ctx, REAP_ERR_IO, "report-write", rp_at(NULL),
                           "cannot write the picture: %s", strerror(errno));
    }
}

static enum reap_status judge(struct rp_ctx *ctx, int status, const char *layout,
                              const char *format)
{
    static const char *const remedy = "write FILE.dot, and try another --layout on it";
    int outcome = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    switch (outcome) {
    case DRAWN: return REAP_OK;
    case NO_LIBRARY:
        return rp_fail_remedy(ctx, REAP_ERR_UNSUPPORTED, "no-graphviz", rp_at(NULL),
                              "install Graphviz (Debian: graphviz), or write FILE.dot",
                              "a picture needs Graphviz's library, libgvc.so.6");
    case NOT_READ:
        return rp_fail(ctx, REAP_ERR_INTERNAL, "graphviz", rp_at(NULL),
                       "Graphviz cannot read the graph");
    case NOT_LAID_OUT:
        return rp_fail_remedy(ctx, REAP_ERR_UNSUPPORTED, "graphviz", rp_at(NULL), remedy,
                              "Graphviz cannot lay this graph out by '%s'", layout);
    case NOT_DRAWN:
        return rp_fail(ctx, REAP_ERR_UNSUPPORTED, "graphviz", rp_at(NULL),
                       "Graphviz cannot draw '%s'", format);
    default:
        return rp_fail_remedy(ctx, REAP_ERR_UNSUPPORTED, "graphviz", rp_at(NULL), remedy,
                              "Graphviz died of this graph (%s %d)",
                              WIFSIGNALED(status) ? "signal" : "status",
                              WIFSIGNALED(status) ? WTERMSIG(status) : outcome);
    }
}

enum reap_status rp_graph_render(struct rp_ctx *ctx, const char *dot, const char *layout,
                                 const char *format, FILE *out)
{
    int fds[2], status = 0;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return rp_fail(ctx, REAP_ERR_IO, "pipe", rp_at(NULL), "%s", strerror(errno));
    pid_t child = fork();
    if (child == 0)
        run_child(dot, layout, format, fds[1]);
    close(fds[1]);
    enum reap_status st = REAP_OK;
    if (child < 0)
        st = rp_fail(ctx, REAP_ERR_IO, "fork", rp_at(NULL), "%s", strerror(errno));
    else
        st = copy(ctx, fds[0], out);
    close(fds[0]); /* a child that still writes ends by SIGPIPE */
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return st || child < 0 ? st : judge(ctx, status, layout, format);
}
