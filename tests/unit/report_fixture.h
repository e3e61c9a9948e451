/* report_fixture.h: facts made by hand, for the tests of the report module.
 *
 * A test says files, nodes, edges and roots; fx_finish marks like pass/mark.c does and derives the
 * rest with the functions under test.
 */
#ifndef RP_TESTS_REPORT_FIXTURE_H
#define RP_TESTS_REPORT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/facts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fx {
    struct rp_ctx ctx;
    struct rp_facts f;
    char last_code[64], last_text[512]; /* of the last diagnostic */
    bool cut_slots;                     /* RTTI edges are not followed */
};

static inline void fx_diag(void *user, const struct reap_diag *d)
{
    struct fx *x = user;
    snprintf(x->last_code, sizeof x->last_code, "%s", d->code);
    snprintf(x->last_text, sizeof x->last_text, "%s", d->text);
}

static inline void fx_init(struct fx *x)
{
    memset(x, 0, sizeof *x);
    rp_ctx_init(&x->ctx, fx_diag, x);
    assert_true(rp_facts_init(&x->f));
}

static inline void fx_free(struct fx *x)
{
    rp_facts_free(&x->f);
    rp_ctx_fini(&x->ctx);
}

static inline rp_str fx_str(struct fx *x, const char *s)
{
    rp_str ret;
    assert_true(rp_facts_intern(&x->f, s, strlen(s), &ret));
    return ret;
}

static inline rp_id fx_file(struct fx *x, const char *path, const char *member, const char *kind)
{
    struct rp_fact_file file = {.path = fx_str(x, path),
                                .member = fx_str(x, member ? member : ""),
                                .kind = fx_str(x, kind),
                                .size = 1000};
    assert_true(rp_vec_push(&x->f.files, file));
    return (rp_id)x->f.files.n - 1;
}

static inline rp_id fx_symbol(struct fx *x, const char *name, rp_id node, rp_id file,
                              enum rp_symbol_place place)
{
    struct rp_fact_symbol y = {
        .name = fx_str(x, name), .node = node, .file = file, .place = (uint8_t)place, .bind = 1};
    assert_true(rp_vec_push(&x->f.symbols, y));
    return (rp_id)x->f.symbols.n - 1;
}

/* A whole section; `name` (may be NULL) becomes a symbol of it. */
static inline rp_id fx_node(struct fx *x, rp_id file, uint32_t shndx, const char *section,
                            const char *name, uint64_t size, enum rp_fact_class cls)
{
    struct rp_fact_node node = {.file = file,
                                .section = fx_str(x, section),
                                .name = fx_str(x, name ? name : ""),
                                .kind = RP_NODE_SECTION,
                                .shndx = shndx,
                                .size = size,
                                .cls = (uint8_t)cls};
    assert_true(rp_vec_push(&x->f.nodes, node));
    rp_id id = (rp_id)x->f.nodes.n - 1;
    if (name)
        fx_symbol(x, name, id, file, RP_PLACE_OBJECT);
    return id;
}

static inline void fx_edge(struct fx *x, rp_id from, rp_id to, enum rp_edge_kind kind,
                           const char *symbol, uint64_t offset)
{
    struct rp_fact_edge e = {.from = from,
                             .to = to,
                             .kind = (uint8_t)kind,
                             .symbol = fx_str(x, symbol),
                             .offset = offset};
    assert_true(rp_vec_push(&x->f.edges, e));
}

static inline void fx_root(struct fx *x, rp_id node, enum rp_root_reason reason, const char *detail)
{
    struct rp_fact_root r = {.node = node, .reason = reason, .detail = fx_str(x, detail)};
    assert_true(rp_vec_push(&x->f.roots, r));
}

/* Breadth-first from the roots, then reasons, heads and totals. */
static inline void fx_finish(struct fx *x)
{
    struct rp_facts *f = &x->f;
    rp_id *queue = calloc(f->nodes.n, sizeof *queue);
    size_t n = 0;
    assert_non_null(queue);
    for (rp_id r = 1; r < f->roots.n; r++) {
        struct rp_fact_node *node = &f->nodes.v[f->roots.v[r].node];
        if (node->live)
            continue;
        node->live = f->roots.v[r].reason == RP_ROOT_NONALLOC ? 2 : 1;
        node->root = node->parent_edge = r;
        queue[n++] = f->roots.v[r].node;
    }
    for (size_t i = 0; i < n; i++) {
        for (rp_id e = 1; e < f->edges.n && f->nodes.v[queue[i]].live == 1; e++) {
            rp_id to = f->edges.v[e].to;
            uint8_t kind = f->edges.v[e].kind;
            if (f->edges.v[e].from != queue[i] || f->nodes.v[to].live || kind == RP_EDGE_UNWIND ||
                (kind == RP_EDGE_RTTI && x->cut_slots))
                continue;
            f->nodes.v[to].live = 1;
            f->nodes.v[to].parent = queue[i];
            f->nodes.v[to].parent_edge = e;
            f->nodes.v[to].root = f->nodes.v[queue[i]].root;
            queue[n++] = to;
        }
    }
    free(queue);
    assert_int_equal(rp_facts_chains(&x->ctx, f, NULL), REAP_OK);
    assert_int_equal(rp_facts_totals(&x->ctx, f), REAP_OK);
}

/* A small program: main calls f; g and h form a dead chain under g; two dead heads share d; a
 * static variable dies in a cycle; a COMDAT copy; an archive member that was not extracted. */
struct fx_program {
    rp_id main_o, member, unused;
    rp_id start, main, f, g, h, left, right, shared, cycle_a, cycle_b, fde_f, fde_g, copy, debug;
    rp_id seen, set;
};

static inline void fx_program(struct fx *x, struct fx_program *p)
{
    p->main_o = fx_file(x, "main.o", NULL, "object");
    p->member = fx_file(x, "lib/libx.a", "m.o", "object");
    x->f.files.v[p->member].extracted_for = fx_str(x, "_ZN2ns1fEi");
    x->f.files.v[p->member].extracted_by = p->main_o;
    p->unused = fx_file(x, "lib/libx.a", "never.o", "member-not-extracted");
    rp_id libc = fx_file(x, "libc.so.6", NULL, "shared");
    p->start = fx_node(x, p->main_o, 1, ".text", "_start", 16, RP_CLASS_TEXT);
    p->main = fx_node(x, p->main_o, 2, ".text.main", "main", 32, RP_CLASS_TEXT);
    p->f = fx_node(x, p->member, 1, ".text._ZN2ns1fEi", "_ZN2ns1fEi", 100, RP_CLASS_TEXT);
    p->g = fx_node(x, p->member, 2, ".text._ZN2ns1gEv", "_ZN2ns1gEv", 1000, RP_CLASS_TEXT);
    p->h = fx_node(x, p->member, 3, ".rodata.h", "h_table", 5000, RP_CLASS_RODATA);
    p->left = fx_node(x, p->member, 4, ".text.left", "left", 10, RP_CLASS_TEXT);
    p->right = fx_node(x, p->member, 5, ".text.right", "right", 20, RP_CLASS_TEXT);
    p->shared = fx_node(x, p->member, 6, ".data.shared", "shared", 40, RP_CLASS_DATA);
    p->cycle_a = fx_node(x, p->main_o, 3, ".data.a", "cycle_a", 8, RP_CLASS_DATA);
    p->cycle_b = fx_node(x, p->main_o, 4, ".text.b", "cycle_b", 8, RP_CLASS_TEXT);
    p->fde_f = fx_node(x, p->member, 7, ".eh_frame", NULL, 24, RP_CLASS_EH_FRAME);
    p->fde_g = fx_node(x, p->member, 7, ".eh_frame", NULL, 28, RP_CLASS_EH_FRAME);
    x->f.nodes.v[p->fde_f].kind = x->f.nodes.v[p->fde_g].kind = RP_NODE_FDE;
    x->f.nodes.v[p->fde_g].offset = 24;
    p->debug = fx_node(x, p->main_o, 5, ".debug_info", NULL, 300, RP_CLASS_DEBUG);
    p->seen = fx_node(x, p->main_o, 6, ".text.seen", "seen", 4, RP_CLASS_TEXT);
    p->set = fx_node(x, 0, 0, "__start_tab/__stop_tab", NULL, 0, RP_CLASS_OTHER);
    x->f.nodes.v[p->set].kind = RP_NODE_SET;
    p->copy = fx_node(x, p->main_o, 7, ".text._ZN2ns1fEi", "_ZN2ns1fEi", 100, RP_CLASS_TEXT);
    x->f.nodes.v[p->copy].reason = RP_REASON_COMDAT_DUPLICATE;
    fx_edge(x, p->start, p->main, RP_EDGE_RELOC, "main", 4);
    fx_edge(x, p->main, p->f, RP_EDGE_RELOC, "_ZN2ns1fEi", 9);
    fx_edge(x, p->main, p->set, RP_EDGE_START_STOP, "__start_tab", 20);
    fx_edge(x, p->f, p->fde_f, RP_EDGE_SUBJECT, "", 0);
    fx_edge(x, p->g, p->h, RP_EDGE_RELOC, "h_table", 3);
    fx_edge(x, p->g, p->g, RP_EDGE_RELOC, "_ZN2ns1gEv", 50);
    fx_edge(x, p->g, p->fde_g, RP_EDGE_SUBJECT, "", 0);
    fx_edge(x, p->h, p->f, RP_EDGE_RELOC, "_ZN2ns1fEi", 8);
    fx_edge(x, p->left, p->shared, RP_EDGE_RELOC, "shared", 1);
    fx_edge(x, p->right, p->shared, RP_EDGE_RELOC, "shared", 1);
    fx_edge(x, p->cycle_a, p->cycle_b, RP_EDGE_RELOC, "cycle_b", 0);
    fx_edge(x, p->cycle_b, p->cycle_a, RP_EDGE_RELOC, "cycle_a", 2);
    fx_edge(x, p->debug, p->seen, RP_EDGE_RELOC, "seen", 77);
    fx_root(x, p->start, RP_ROOT_ENTRY, "entry symbol _start");
    fx_root(x, p->main, RP_ROOT_OPTION, "--keep-symbol=main");
    fx_root(x, p->debug, RP_ROOT_NONALLOC, "not allocated");
    fx_symbol(x, "printf", 0, libc, RP_PLACE_SHARED);
    fx_symbol(x, "__start_tab", 0, 0, RP_PLACE_LINKER);
    fx_symbol(x, "hook", 0, 0, RP_PLACE_UNDEFINED);
    fx_symbol(x, "hook", 0, p->unused, RP_PLACE_MEMBER);
    fx_symbol(x, "_ZN2ns5otherEv", 0, p->unused, RP_PLACE_MEMBER);
    struct rp_fact_undef u = {
        .name = fx_str(x, "hook"), .file = p->main_o, .node = p->main, .offset = 28, .weak = 1};
    assert_true(rp_vec_push(&x->f.undefs, u));
    x->f.version = fx_str(x, "0.1.0");
    x->f.product = fx_str(x, "ld.reap");
    x->f.linker = fx_str(x, "lld");
    x->f.level = fx_str(x, "full");
    x->f.output = fx_str(x, "a.out");
    x->f.command = fx_str(x, "-o a.out main.o lib/libx.a");
    fx_finish(x);
}

/* What a writer writes, as a string; freed by the caller. */
static inline char *
fx_written(struct fx *x, enum reap_status (*fn)(struct rp_ctx *, const struct rp_facts *, FILE *))
{
    char *s = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&s, &n);
    assert_non_null(out);
    assert_int_equal(fn(&x->ctx, &x->f, out), REAP_OK);
    fclose(out);
    return s;
}

#endif
