/* script_help.h: for the tests of linker scripts, version scripts and brackets: a link, a context
 * and a script file in the scratch folder. */
#ifndef TEST_SCRIPT_HELP_H
#define TEST_SCRIPT_HELP_H

#include "link_helpers.h"

#include "link/script.h"

struct bench {
    struct rp_ctx ctx;
    struct rp_link link;
    struct seen seen;
    struct rp_script *s;
};

static inline void bench_open(struct bench *b, enum rp_linker_flavor flavor)
{
    memset(b, 0, sizeof *b);
    rp_ctx_init(&b->ctx, remember_diag, &b->seen);
    b->link.flavor = flavor;
}

static inline void bench_close(struct bench *b)
{
    rp_vec_free(&b->link.search_dirs);
    rp_arena_free(&b->link.arena);
    rp_ctx_fini(&b->ctx);
}

/* Read `text` as x.lds. */
static inline enum reap_status bench_read(struct bench *b, enum rp_linker_flavor flavor,
                                          const char *text)
{
    bench_open(b, flavor);
    write_text("x.lds", text);
    return rp_script_read(&b->ctx, &b->link, "x.lds", &b->s);
}

/* The same, which must succeed. */
static inline void bench_script(struct bench *b, enum rp_linker_flavor flavor, const char *text)
{
    enum reap_status st = bench_read(b, flavor, text);
    if (st != REAP_OK)
        fail_msg("%s: %s in: %s", b->seen.where, b->seen.text, text);
    assert_int_equal(b->seen.n, 0);
}

/* Append to a buffer of `size` bytes. */
static inline void append(char *buf, size_t size, const char *s)
{
    size_t n = strlen(buf), k = strlen(s);
    assert_true(n + k < size);
    memcpy(buf + n, s, k + 1);
}

#endif
