/* cmdline_helpers.h: parsing lines of words, and looking at the result, for the tests of the
 * command-line model. */
#ifndef TEST_CMDLINE_HELPERS_H
#define TEST_CMDLINE_HELPERS_H

#include "link_helpers.h"

#include "link/cmdline.h"

static struct rp_ctx ctx;
static struct seen seen;
static struct rp_link the_link;

/* --- helpers -------------------------------------------------------------------------------- */

/* Parse a line of words separated by blanks (quotes as in response files). */
static inline enum reap_status parse(enum rp_linker_flavor flavor, const char *line)
{
    static struct rp_arena words_arena;
    const char **words;
    size_t n;
    seen = (struct seen){0};
    rp_ctx_init(&ctx, remember_diag, &seen);
    rp_arena_free(&words_arena);
    assert_int_equal(rp_response_split(&ctx, &words_arena, line, &words, &n), REAP_OK);
    return rp_link_parse(&ctx, &the_link, flavor, (int)n, words);
}

static inline void end(void)
{
    rp_link_free(&the_link);
    rp_ctx_fini(&ctx);
}

static inline const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The inputs as "word" or "base name", joined: what was found, "?" before a word that was not. */
static inline const char *inputs_found(void)
{
    static char text[4096];
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < the_link.inputs.n; i++) {
        const struct rp_input *in = &the_link.inputs.v[i];
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%s", i ? " " : "",
                              in->path ? "" : "?", base(in->path ? in->path : in->word));
    }
    return text;
}

/* The kinds of the arguments, a letter each. */
static inline const char *kinds(void)
{
    static char text[512];
    size_t i;
    for (i = 0; i < the_link.args.n && i < sizeof text - 1; i++)
        text[i] = "oisdO"[the_link.args.v[i].kind];
    text[i] = '\0';
    return text;
}

static inline const char *join(const char *const *words, size_t n)
{
    static char text[8192];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "", words[i]);
    return text;
}

/* Files that the lines below name. libs.so is a linker script, as libc.so is. */
static inline int make_files(void **state)
{
    if (enter_scratch(state) != 0)
        return -1;
    static const char elf64[64] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\1\0\76\0";
    static const char elf32[64] = "\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\1\0\3\0";
    static const char archive[] = "!<arch>\n";
    static const char *const objects[] = {"a.o",          "b.o",           "c.o",
                                          "my file.o",    "d1/libboth.so", "d2/libboth.so",
                                          "d2/libdyn.so", "d1/exact.o",    "root/lib/libr.so"};
    static const char *const archives[] = {"d1/libboth.a", "d1/libst.a", "d2/libdyn.a", "lib1.a"};
    static const char *const dirs[] = {"d1", "d2", "d3", "root", "root/lib"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        assert_int_equal(mkdir(dirs[i], 0700), 0);
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        write_bytes(objects[i], elf64, sizeof elf64);
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++)
        write_bytes(archives[i], archive, 8);
    write_bytes("d1/libmach.so", elf32, sizeof elf32);
    write_bytes("d2/libmach.so", elf64, sizeof elf64);
    write_text("d1/libs.so", "/* GNU ld script */\nOUTPUT_FORMAT(elf64-x86-64)\n"
                             "GROUP ( libboth.so -lst AS_NEEDED ( ../d2/libdyn.so ) )\n");
    write_text("d1/libs32.so", "OUTPUT_FORMAT(elf32-i386)\nINPUT ( libboth.so )\n");
    write_text("d2/libs32.so", "OUTPUT_FORMAT(elf64-x86-64)\nINPUT ( libdyn.so )\n");
    write_text("more.so", "INPUT(a.o)\nfoo = 1;\n");
    write_text("loop.so", "INPUT(loop.so)\n");
    write_text("sysroot.so", "INPUT(=/lib/libr.so)\n");
    write_text("full.lds", "SEARCH_DIR(d3)\nSECTIONS { .text : { *(.text) b.o(.x) } }\n");
    write_text("empty.o", "");
    return 0;
}

/* With every argument kept, the words are the original ones without the dropped. */
static inline void assert_identity(void)
{
    const char *const *words;
    size_t n, want = 0;
    bool *keep = calloc(the_link.args.n + 1, sizeof *keep);
    assert_non_null(keep);
    memset(keep, 1, the_link.args.n);
    assert_int_equal(rp_link_command(&ctx, &the_link, NULL, 0, keep, &words, &n), REAP_OK);
    for (size_t i = 0; i < the_link.args.n; i++) {
        const struct rp_arg *arg = &the_link.args.v[i];
        for (uint32_t k = 0; k < arg->n_words && arg->kind != RP_ARG_DROP; k++, want++) {
            assert_true(want < n);
            assert_string_equal(words[want], arg->words[k]);
        }
    }
    assert_int_equal(want, n);
    assert_null(words[n]);
    free(keep);
}

#endif
