/* graph_render.c: text in Graphviz's language as a picture.
 *
 * Why by dlopen: this code is also inside somebody's linker. libgvc, with the drawing libraries
 * behind it, is loaded when a picture is asked for, not with every link; and who wants dot text
 * alone needs no Graphviz. How: libgvc.so.6 (Graphviz 2.30 and later); its header gives the types,
 * so that a function of another shape does not compile.
 *
 * Entry: rp_graph_render.
 */
#include "report/views.h"

#include <dlfcn.h>
#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>
#include <string.h>

/* Every function that is used, once. */
#define FUNCTIONS(F)                                                                               \
    F(gvContext)                                                                                   \
    F(gvFreeContext)                                                                               \
    F(gvLayout)                                                                                    \
    F(gvFreeLayout)                                                                                \
    F(gvRenderData)                                                                                \
    F(gvFreeRenderData)                                                                            \
    F(agmemread)                                                                                   \
    F(agclose)                                                                                     \
    F(agseterr)                                                                                    \
    F(aglasterr)

struct graphviz {
#define F(name) __typeof__(&(name)) name;
    FUNCTIONS(F)
#undef F
};

static enum reap_status load(struct rp_ctx *ctx, struct graphviz *ret)
{
    /* Never closed: its plugins, and those of the drawing libraries, keep state of their own. */
    void *lib = dlopen("libgvc.so.6", RTLD_NOW | RTLD_LOCAL);
    if (!lib)
        return rp_fail_remedy(ctx, REAP_ERR_UNSUPPORTED, "no-graphviz", rp_at(NULL),
                              "install Graphviz (Debian: graphviz), or write FILE.dot",
                              "a picture needs Graphviz's library: %s", dlerror());
    const char *missing = NULL;
#define F(name)                                                                                    \
    {                                                                                              \
        void *symbol = dlsym(lib, #name);                                                          \
        memcpy(&ret->name, &symbol, sizeof symbol);                                                \
        missing = symbol ? missing : #name;                                                        \
    }
    FUNCTIONS(F)
#undef F
    if (missing)
        return rp_fail(ctx, REAP_ERR_UNSUPPORTED, "no-graphviz", rp_at("libgvc.so.6"),
                       "Graphviz's library has no %s", missing);
    return REAP_OK;
}

static enum reap_status failed(struct rp_ctx *ctx, const struct graphviz *gv, const char *what)
{
    char *text = gv->aglasterr();
    enum reap_status st;
    if (text)
        text[strcspn(text, "\n")] = '\0';
    st = rp_fail(ctx, REAP_ERR_UNSUPPORTED, "graphviz", rp_at(NULL), "Graphviz cannot %s%s%s", what,
                 text && *text ? ": " : "", text ? text : "");
    free(text);
    return st;
}

static enum reap_status render(struct rp_ctx *ctx, const struct graphviz *gv, GVC_t *gvc,
                               graph_t *graph, const char *layout, const char *format, FILE *out)
{
    char *data = NULL;
    unsigned n = 0;
    if (gv->gvLayout(gvc, graph, layout) != 0)
        return failed(ctx, gv, "lay this graph out");
    enum reap_status st = REAP_OK;
    if (gv->gvRenderData(gvc, graph, format, &data, &n) != 0 || !data)
        st = failed(ctx, gv, "draw this graph");
    else if (fwrite(data, 1, n, out) != n)
        st = rp_fail(ctx, REAP_ERR_IO, "report-write", rp_at(NULL), "cannot write the picture");
    if (data)
        gv->gvFreeRenderData(data);
    gv->gvFreeLayout(gvc, graph);
    return st;
}

enum reap_status rp_graph_render(struct rp_ctx *ctx, const char *dot, const char *layout,
                                 const char *format, FILE *out)
{
    struct graphviz gv = {0};
    enum reap_status st = load(ctx, &gv);
    if (st)
        return st;
    gv.agseterr(AGMAX); /* messages are for aglasterr, not for standard error */
    GVC_t *gvc = gv.gvContext();
    if (!gvc)
        return rp_nomem(ctx);
    graph_t *graph = gv.agmemread(dot);
    if (graph) {
        st = render(ctx, &gv, gvc, graph, layout, format, out);
        gv.agclose(graph);
    } else {
        st = failed(ctx, &gv, "read the graph");
    }
    gv.gvFreeContext(gvc);
    return st;
}
