/* graph_dot.c: a picture as text in Graphviz's language.
 *
 * Boxes are as big as their bytes where their text leaves them the choice, coloured and grouped by
 * archive; dead ones are grey and dashed. The text depends on the facts and options alone, so that
 * the same input gives the same picture.
 *
 * Entry: rp_graph_dot.
 */
#include "report/graph_dot.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* --- strings --------------------------------------------------------------------------------- */

/* Bytes of the valid UTF-8 character at s, 0 = none (RFC 3629). */
static size_t utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

static void put_text(struct rp_strbuf *b, const char *s, bool html)
{
    static const struct {
        char c;
        const char *html, *quoted;
    } escapes[] = {
        {'"', "&quot;", "\\\""}, {'\\', "\\", "\\\\"}, {'&', "&amp;", "&amp;"},
        {'<', "&lt;", "<"},      {'>', "&gt;", ">"},
    };
    while (*s) {
        size_t n = utf8_length((const unsigned char *)s), i = 0;
        unsigned char c = (unsigned char)*s;
        while (i < sizeof escapes / sizeof *escapes && escapes[i].c != *s)
            i++;
        if (i < sizeof escapes / sizeof *escapes)
            rp_strbuf_puts(b, html ? escapes[i].html : escapes[i].quoted);
        else if (!n || c < 0x20 || c == 0x7f)
            rp_strbuf_printf(b, html ? "\\x%02x" : "\\\\x%02x", c);
        else
            rp_strbuf_add(b, s, n);
        s += n ? n : 1;
    }
}

void rp_dot_quote(struct rp_strbuf *b, const char *s)
{
    rp_strbuf_puts(b, "\"");
    put_text(b, s, false);
    rp_strbuf_puts(b, "\"");
}

void rp_dot_html(struct rp_strbuf *b, const char *s)
{
    put_text(b, s, true);
}

/* --- archives and colours -------------------------------------------------------------------- */

static const struct rp_dot_colour colours[] = {
    {"#bcd6f2", "#eef5fc", "#3b6ea5"}, {"#f7cf9b", "#fdf4e6", "#b5711b"},
    {"#c3e3b5", "#f0f8ec", "#4c8a33"}, {"#e3c2e6", "#f8eff9", "#86479a"},
    {"#f5b9b4", "#fdeeec", "#b0423a"}, {"#b5e2de", "#ecf8f6", "#2b837b"},
    {"#e5d9a6", "#faf6e6", "#8a7720"}, {"#cfc8ee", "#f3f1fb", "#5b4fa8"},
};
static const struct rp_dot_colour plain_objects = {"#f4f1a6", "#fffff0", "#8a8420"};
static const struct rp_dot_colour other_archives = {"#dcdcdc", "#f5f5f5", "#707070"};
enum { N_COLOURS = sizeof colours / sizeof *colours };

size_t rp_dot_archive_of(const struct rp_dot *d, uint32_t vertex)
{
    rp_str path = rp_vertex_archive(&d->p->g, vertex);
    size_t i = 0;
    while (i + 1 < d->archives.n && d->archives.v[i].path != path)
        i++;
    return i;
}

struct rp_dot_colour rp_dot_colour_of(const struct rp_dot *d, size_t archive)
{
    size_t n = 0;
    if (!d->archives.v[archive].path)
        return plain_objects;
    for (size_t i = 0; i < archive; i++)
        n += d->archives.v[i].path != 0;
    return n < N_COLOURS ? colours[n] : other_archives;
}

static int by_bytes(const void *a, const void *b)
{
    const struct rp_dot_archive *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->path < y->path ? -1 : x->path > y->path;
}

static bool find_archives(struct rp_dot *d)
{
    const struct rp_picture *p = d->p;
    for (uint32_t v = 1; v < p->g.v.n; v++) {
        if (p->state[v] != RP_DRAWN)
            continue;
        rp_str path = rp_vertex_archive(&p->g, v);
        size_t i = 0;
        while (i < d->archives.n && d->archives.v[i].path != path)
            i++;
        if (i == d->archives.n && !rp_vec_push(&d->archives, (struct rp_dot_archive){.path = path}))
            return false;
        d->archives.v[i].bytes += rp_picture_bytes(p, v);
        d->archives.v[i].n++;
        if (rp_picture_bytes(p, v) > d->max_bytes)
            d->max_bytes = rp_picture_bytes(p, v);
    }
    for (size_t i = 0; i < p->arrows.n; i++)
        if (p->arrows.v[i].bytes > d->max_saved)
            d->max_saved = p->arrows.v[i].bytes;
    if (d->archives.n)
        qsort(d->archives.v, d->archives.n, sizeof *d->archives.v, by_bytes);
    return true;
}

/* --- boxes ----------------------------------------------------------------------------------- */

/* How big a thing is drawn: 0 to 1, so that areas compare as bytes do. */
static double scale(uint64_t bytes, uint64_t max)
{
    return max ? sqrt((double)bytes / (double)max) : 0;
}

static void put_box(struct rp_dot *d, uint32_t v)
{
    const struct rp_picture *p = d->p;
    const struct rp_vertex *x = &p->g.v.v[v];
    struct rp_dot_colour colour = rp_dot_colour_of(d, rp_dot_archive_of(d, v));
    uint64_t bytes = rp_picture_bytes(p, v);
    double s = scale(bytes, d->max_bytes);
    struct rp_strbuf *b = &d->b;
    rp_strbuf_printf(b, "    v%" PRIu32 " [label=<<b>", v);
    d->word.n = 0;
    rp_vertex_label(&p->g, v, &d->word);
    rp_dot_html(b, d->word.n ? d->word.s : "?");
    rp_strbuf_puts(b, "</b>");
    if (!x->is_set) {
        rp_strbuf_puts(b, "<br/>");
        rp_word_size(bytes, b);
    }
    if (x->retained > bytes) {
        rp_strbuf_puts(b, x->is_set ? "<br/>holds " : " · holds ");
        rp_word_size(x->retained, b);
    }
    rp_strbuf_puts(b, ">, tooltip=");
    d->word.n = 0;
    rp_vertex_name(&p->g, v, false, &d->word);
    rp_dot_quote(b, d->word.n ? d->word.s : "?");
    rp_strbuf_printf(b, ", width=%.2f, height=%.2f, fontsize=%.0f", 0.3 + 2.6 * s, 0.3 + 1.3 * s,
                     12 + 9 * s);
    if (x->is_dead)
        rp_strbuf_puts(b, ", style=\"filled,rounded,dashed\", fillcolor=\"#ececec\", "
                          "color=\"#8c8c8c\", fontcolor=\"#6a6a6a\"");
    else
        rp_strbuf_printf(b, ", fillcolor=\"%s\", color=\"%s\"", colour.box, colour.line);
    rp_strbuf_puts(b, x->is_set ? ", shape=hexagon, style=filled];\n" : "];\n");
}

static void put_archive_name(struct rp_dot *d, size_t archive)
{
    rp_str path = d->archives.v[archive].path;
    const char *s = path ? rp_fact_str(d->p->f, path) : "objects outside of archives";
    const char *slash = path ? strrchr(s, '/') : NULL;
    rp_dot_html(&d->b, slash && slash[1] ? slash + 1 : s);
}

static void put_boxes(struct rp_dot *d)
{
    const struct rp_picture *p = d->p;
    bool clusters = p->g.by != RP_BY_ARCHIVE;
    for (size_t i = 0; i < d->archives.n; i++) {
        struct rp_dot_colour colour = rp_dot_colour_of(d, i);
        bool boxed = clusters && d->archives.v[i].path;
        if (boxed) {
            rp_strbuf_printf(&d->b, "  subgraph cluster_%zu {\n    label=<<b>", i);
            put_archive_name(d, i);
            rp_strbuf_printf(&d->b,
                             "</b>>; labeljust=l; fontsize=16; style=\"rounded,filled\"; "
                             "color=\"%s\"; fillcolor=\"%s\"; fontcolor=\"%s\"; penwidth=0.8;\n",
                             colour.line, colour.ground, colour.line);
        }
        for (uint32_t v = 1; v < p->g.v.n; v++)
            if (p->state[v] == RP_DRAWN && rp_dot_archive_of(d, v) == i)
                put_box(d, v);
        if (boxed)
            rp_strbuf_puts(&d->b, "  }\n");
    }
}

static void put_folds(struct rp_dot *d)
{
    for (size_t i = 0; i < d->p->folds.n; i++) {
        const struct rp_fold *x = &d->p->folds.v[i];
        rp_strbuf_printf(&d->b, "  fold%zu [label=\"… ", i);
        rp_word_number(x->n, &d->b);
        rp_strbuf_puts(&d->b, " more, ");
        rp_word_size(x->bytes, &d->b);
        rp_strbuf_puts(&d->b, "\", shape=note, style=\"filled,dashed\", fillcolor=white, "
                              "color=\"#8c8c8c\", fontcolor=\"#5a5a5a\", fontsize=11];\n");
        if (x->under)
            rp_strbuf_printf(&d->b,
                             "  v%" PRIu32 " -> fold%zu [style=dotted, color=\"#8c8c8c\", "
                             "arrowhead=open];\n",
                             x->under, i);
    }
}

/* --- title and legend ------------------------------------------------------------------------ */

static void put_selection(struct rp_dot *d)
{
    const struct reap_graph_options *o = d->p->opts;
    const struct {
        const char *before, *name;
    } parts[] = {
        {" from ", o->from},     {" to ", o->to},
        {" around ", o->around}, {", the way from ", o->path_from},
        {" to ", o->path_to},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].name) {
            rp_strbuf_puts(&d->b, parts[i].before);
            rp_dot_html(&d->b, parts[i].name);
        }
}

static void put_title(struct rp_dot *d)
{
    const struct rp_picture *p = d->p;
    const char *output = rp_fact_str(p->f, p->f->output), *slash = strrchr(output, '/');
    rp_strbuf_puts(&d->b, "  label=<<table border=\"0\" cellspacing=\"4\"><tr><td>"
                          "<font point-size=\"22\"><b>");
    /* `reap gc` has no output of its own */
    if (!*output || !strcmp(rp_fact_str(p->f, p->f->product), "reap gc"))
        rp_strbuf_puts(&d->b, "the inputs");
    else
        rp_dot_html(&d->b, slash && slash[1] ? slash + 1 : output);
    rp_strbuf_printf(&d->b, ": %s</b></font></td></tr><tr><td>",
                     p->opts->dominators ? "what holds what alone" : "what pulls in what");
    rp_word_size(p->bytes_wanted, &d->b);
    rp_strbuf_puts(&d->b, p->opts->only_dead   ? " removed, in "
                          : p->opts->with_dead ? " live and removed, in "
                                               : " live, in ");
    rp_word_number(p->n_wanted, &d->b);
    rp_strbuf_printf(&d->b, " %s%s", rp_by_name(p->g.by), p->n_wanted == 1 ? "" : "s");
    put_selection(d);
    rp_strbuf_puts(&d->b, "</td></tr></table>>;\n");
}

static void legend_row(struct rp_dot *d, const char *what)
{
    rp_strbuf_printf(&d->b, "<tr><td align=\"left\" colspan=\"2\">%s</td></tr>", what);
}

static void put_legend(struct rp_dot *d)
{
    enum { SHOWN = 8 };
    const struct rp_picture *p = d->p;
    rp_strbuf_puts(&d->b,
                   "  legend [shape=none, margin=0, label=<<table border=\"1\" "
                   "color=\"#bbbbbb\" cellborder=\"0\" cellspacing=\"2\" bgcolor=\"white\">");
    for (size_t i = 0; i < d->archives.n && i < SHOWN; i++) {
        rp_strbuf_printf(&d->b, "<tr><td bgcolor=\"%s\" width=\"22\"> </td><td align=\"left\"><b>",
                         rp_dot_colour_of(d, i).box);
        put_archive_name(d, i);
        rp_strbuf_printf(&d->b, "</b>, %" PRIu32 " drawn, ", d->archives.v[i].n);
        rp_word_size(d->archives.v[i].bytes, &d->b);
        rp_strbuf_puts(&d->b, "</td></tr>");
    }
    legend_row(d, "a box is as big as its bytes;");
    legend_row(d, p->opts->only_dead ? "<i>holds</i>: what its life would bring back"
                                     : "<i>holds</i>: what would go with it");
    if (p->opts->dominators)
        legend_row(d, "arrow: nothing else reaches it");
    else
        legend_row(d, "arrow: refers to; the thicker, the more<br align=\"left\"/>would go if it "
                      "were cut (red: the size)");
    if (p->opts->with_dead)
        legend_row(d, "grey and dashed: removed");
    if (p->n_left_out) {
        rp_strbuf_puts(&d->b, "<tr><td align=\"left\" colspan=\"2\">");
        rp_word_number(p->n_left_out, &d->b);
        rp_strbuf_puts(&d->b, " lighter references are not drawn</td></tr>");
    }
    rp_strbuf_puts(&d->b, "</table>>, fontsize=12];\n");
}

/* --- all of it ------------------------------------------------------------------------------- */

static bool put_all(struct rp_dot *d)
{
    rp_strbuf_puts(&d->b, "digraph reap {\n"
                          "  rankdir=LR; ranksep=0.45; nodesep=0.14; newrank=true; bgcolor=white;\n"
                          "  labelloc=t; fontname=\"Helvetica\"; fontsize=14; charset=\"UTF-8\"; "
                          "pad=0.2;\n"
                          "  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\", "
                          "margin=\"0.08,0.04\"];\n"
                          "  edge [fontname=\"Helvetica\", fontsize=12, arrowsize=0.7];\n");
    put_title(d);
    put_boxes(d);
    if (!rp_dot_roots(d))
        return false;
    put_folds(d);
    rp_dot_arrows(d);
    put_legend(d);
    rp_strbuf_puts(&d->b, "}\n");
    return true;
}

enum reap_status rp_graph_dot(struct rp_ctx *ctx, const struct rp_facts *f,
                              const struct reap_graph_options *opts, FILE *out)
{
    struct rp_picture p;
    struct rp_dot d = {.p = &p};
    enum reap_status st = rp_picture_make(ctx, f, opts, &p);
    if (st)
        return st;
    if (!find_archives(&d) || !put_all(&d) || d.b.oom || d.word.oom)
        st = rp_nomem(ctx);
    else if (fwrite(d.b.s, 1, d.b.n, out) != d.b.n)
        st = rp_fail(ctx, REAP_ERR_IO, "report-write", rp_at(NULL), "cannot write the picture");
    rp_strbuf_free(&d.b);
    rp_strbuf_free(&d.word);
    rp_vec_free(&d.archives);
    free(d.reason_of);
    rp_picture_free(&p);
    return st;
}
