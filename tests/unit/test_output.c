/* test_output.c: what is written in place of the inputs, and where it goes on the command line. */
#include "pass_help.h"

#include <signal.h>
#include <sys/resource.h>

#define TEXT(name) ".section .text." name ",\"ax\"\n.globl " name "\n" name ":\n"

static void assemble(const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s.s", name);
    write_text(path, text);
    must("as %s.s -o %s.o", name, name);
}

/* The result of an output pass. */
struct written {
    struct line l;
    struct rp_tempdir *dir;
    struct rp_replacement *repl;
    size_t n;
    bool *keep;
};

static enum reap_status write_inputs(struct written *w, enum rp_linker_flavor flavor,
                                     const char *const *words)
{
    line_run(&w->l, RP_LEVEL_FULL, flavor, words);
    assert_int_equal(rp_tempdir_make(&w->l.ctx, &w->dir), REAP_OK);
    w->repl = NULL;
    w->keep = NULL;
    return rp_output_write(&w->l.model, &w->l.marks, &w->l.plan, &w->l.link, w->dir, &w->repl,
                           &w->n, &w->keep);
}

static void written_free(struct written *w)
{
    free(w->repl);
    free(w->keep);
    rp_tempdir_remove(w->dir);
    line_free(&w->l);
}

/* The replacements as text: "ARG:PATH[flags]" each, the temporary directory as "T", members of
 * archives in parentheses. */
static const char *describe(const struct written *w)
{
    static char text[4096];
    size_t at = 0, len = strlen(rp_tempdir_name(w->dir));
    for (size_t i = 0; i < w->n; i++) {
        const struct rp_replacement *r = &w->repl[i];
        bool ours = strncmp(r->path, rp_tempdir_name(w->dir), len) == 0;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%u:%s%s", i ? " " : "", r->arg,
                               ours ? "T" : "", ours ? r->path + len : r->path);
        if (ours && r->whole_archive) {
            char *members = output_of("ar t %s | tr '\\n' ',' | sed 's/,$//'", r->path);
            at += (size_t)snprintf(text + at, sizeof text - at, "(%s)", members);
            free(members);
        } else if (r->whole_archive) {
            at += (size_t)snprintf(text + at, sizeof text - at, "[whole]");
        }
        if (r->is_shared)
            at += (size_t)snprintf(text + at, sizeof text - at, "[shared%s]",
                                   r->as_needed ? ",as-needed" : "");
    }
    return text;
}

/* Link with the words that the replacements give; the program's exit status. */
static int link_and_run(struct written *w, const char *linker)
{
    const char *const *words;
    size_t n;
    assert_int_equal(rp_link_command(&w->l.ctx, &w->l.link, w->repl, w->n, w->keep, &words, &n),
                     REAP_OK);
    FILE *f = fopen("words", "w");
    assert_non_null(f);
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s\n", rp_response_quote(&w->l.link.arena, words[i]));
    fclose(f);
    must("ld.%s -o out @words", linker);
    return sh("./out");
}

#define EXIT "mov $60, %eax\nsyscall\n"

/* a.o needs x1 of libx.a and b.o; b.o needs y1 of liby.a, which needs x2 of libx.a. Each function
 * adds its number to %edi. */
static void make_libraries(void)
{
    assemble("a", TEXT("_start") "xor %edi, %edi\ncall x1\ncall b\n" EXIT TEXT("dead_a") "ret\n");
    assemble("b", TEXT("b") "add $2, %edi\ncall y1\nret\n");
    assemble("x1", TEXT("x1") "add $4, %edi\nret\n" TEXT("x1dead") "ret\n");
    assemble("x2", TEXT("x2") "add $8, %edi\nret\n");
    assemble("x3", TEXT("x3") "add $16, %edi\nret\n");
    assemble("y1", TEXT("y1") "add $32, %edi\ncall x2\nret\n" TEXT("y1dead") "call x3\nret\n");
    must("rm -f libx.a liby.a && ar rcs libx.a x1.o x2.o x3.o && ar rcs liby.a y1.o");
}

static void members_come_in_load_order_in_archives_of_their_base_name(void **state)
{
    (void)state;
    make_libraries();
    static const char *const words[] = {"a.o", "libx.a", "b.o", "liby.a", NULL};
    struct written w;
    assert_int_equal(write_inputs(&w, RP_LINKER_LLD, words), REAP_OK);
    /* lld loads x1 at libx.a, y1 at liby.a and then x2, and x3 for dead code */
    assert_string_equal(describe(&w),
                        "0:T/0/a.o 1:T/0/libx.a(x1.o) 2:b.o 3:T/0/liby.a(y1.o) 3:T/1/libx.a(x2.o)");
    static const char *const linkers[] = {"lld", "bfd", "gold", "mold"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(link_and_run(&w, linkers[i]), 46);
        char *order = output_of("nm -n out | sed -n 's/.* [Tt] \\([abxy_].*\\)/\\1/p' | "
                                "grep -v '__\\|_e' | tr '\\n' ' '");
        assert_string_equal(order, "_start x1 b y1 x2 ");
        free(order);
    }
    written_free(&w);
}

static void groups_of_gnu_linkers_are_followed(void **state)
{
    (void)state;
    make_libraries();
    static const char *const words[] = {"a.o",         "b.o", "--start-group", "libx.a", "liby.a",
                                        "--end-group", NULL};
    struct written w;
    assert_int_equal(write_inputs(&w, RP_LINKER_BFD, words), REAP_OK);
    assert_string_equal(describe(&w), "0:T/0/a.o 1:b.o 3:T/0/libx.a(x1.o) 4:T/0/liby.a(y1.o) "
                                      "4:T/1/libx.a(x2.o)");
    assert_int_equal(link_and_run(&w, "bfd"), 46);
    written_free(&w);
}

static void archive_that_is_whole_and_unchanged_keeps_its_path(void **state)
{
    (void)state;
    make_libraries();
    must("rm libx.a && ar rcs libx.a x2.o x3.o");
    assemble("a", TEXT("_start") "xor %edi, %edi\ncall x2\ncall x3\n" EXIT);
    static const char *const words[] = {"a.o", "--whole-archive", "libx.a", NULL};
    struct written w;
    assert_int_equal(write_inputs(&w, RP_LINKER_LLD, words), REAP_OK);
    assert_string_equal(describe(&w), "0:a.o 2:libx.a[whole]");
    assert_int_equal(link_and_run(&w, "lld"), 24);
    written_free(&w);
}

static void members_of_one_name_and_thin_archives_are_told_apart(void **state)
{
    (void)state;
    make_libraries();
    must("mkdir -p one two && cp x1.o one/m.o && cp x2.o two/m.o && rm -f libd.a libt.a && "
         "ar qcS libd.a one/m.o && ar qc libd.a two/m.o && ar rcsT libt.a x3.o y1.o");
    assemble("a", TEXT("_start") "xor %edi, %edi\ncall x1\ncall x2\ncall x3\n" EXIT);
    static const char *const words[] = {"a.o", "libd.a", "libt.a", NULL};
    struct written w;
    assert_int_equal(write_inputs(&w, RP_LINKER_LLD, words), REAP_OK);
    assert_string_equal(describe(&w), "0:a.o 1:T/0/libd.a(m.o,m.o) 2:T/0/libt.a(x3.o)");
    assert_int_equal(link_and_run(&w, "lld"), 28);
    assert_int_equal(link_and_run(&w, "gold"), 28);
    written_free(&w);
}

static void dropped_objects_and_unused_archives_leave_the_line(void **state)
{
    (void)state;
    make_libraries();
    assemble("dead", TEXT("dead") "ret\n");
    static const char *const words[] = {"dead.o", "a.o", "libx.a", "b.o", "liby.a", "libx.a", NULL};
    struct written w;
    assert_int_equal(write_inputs(&w, RP_LINKER_LLD, words), REAP_OK);
    assert_null(strstr(describe(&w), "dead.o"));
    assert_int_equal(link_and_run(&w, "lld"), 46);
    written_free(&w);
}

static void libraries_named_by_a_script_take_its_place(void **state)
{
    (void)state;
    assemble("a", TEXT("_start") "xor %edi, %edi\ncall s1\ncall p1\n" EXIT);
    assemble("p1", TEXT("p1") "add $1, %edi\nret\n" TEXT("p1dead") "ret\n");
    assemble("s1", TEXT("s1") ".type s1, @function\nadd $2, %edi\nret\n");
    assemble("s2", TEXT("s2") ".type s2, @function\nret\n");
    must("rm -f libp.a && ar rcs libp.a p1.o && gcc -shared -nostdlib s1.o -o libs1.so && "
         "gcc -shared -nostdlib s2.o -o libs2.so");
    write_text("libz.so",
               "/* like libc.so */\nGROUP ( ./libs1.so ./libp.a AS_NEEDED ( ./libs2.so ) )\n");
    static const char *const words[] = {
        "a.o", "-L.", "-lz", "-rpath", ".", "-dynamic-linker", "/lib64/ld-linux-x86-64.so.2", NULL};
    for (int i = 0; i < 2; i++) {
        struct written w;
        assert_int_equal(write_inputs(&w, i ? RP_LINKER_BFD : RP_LINKER_LLD, words), REAP_OK);
        const char *text = describe(&w);
        const char *s1 = strstr(text, "libs1.so[shared]"), *p = strstr(text, "libp.a(p1.o)");
        assert_true(s1 && p && s1 < p);
        assert_true(strstr(text, "libs2.so[shared,as-needed]") > p);
        assert_int_equal(link_and_run(&w, i ? "bfd" : "lld"), 3);
        char *needed = output_of("readelf -d out | grep NEEDED");
        assert_non_null(strstr(needed, "libs1.so"));
        assert_null(strstr(needed, "libs2.so"));
        free(needed);
        written_free(&w);
    }
}

static void shared_libraries_stay_as_they_were_named(void **state)
{
    (void)state;
    assemble("a", TEXT("_start") "xor %edi, %edi\ncall s1\n" EXIT);
    assemble("s1", TEXT("s1") ".type s1, @function\nadd $2, %edi\nret\n");
    must("gcc -shared -nostdlib s1.o -o libs1.so");
    static const char *const words[] = {
        "a.o", "-L.", "-ls1", "-rpath", ".", "-dynamic-linker", "/lib64/ld-linux-x86-64.so.2",
        NULL};
    struct written w;
    assert_int_equal(write_inputs(&w, RP_LINKER_LLD, words), REAP_OK);
    assert_string_equal(describe(&w), "0:a.o");
    assert_int_equal(link_and_run(&w, "lld"), 2);
    must("grep -q -- '^-ls1$' words");
    written_free(&w);
}

static void the_same_inputs_give_the_same_bytes(void **state)
{
    (void)state;
    make_libraries();
    static const char *const words[] = {"a.o", "libx.a", "b.o", "liby.a", NULL};
    struct written one, two;
    assert_int_equal(write_inputs(&one, RP_LINKER_LLD, words), REAP_OK);
    assert_int_equal(write_inputs(&two, RP_LINKER_LLD, words), REAP_OK);
    must("diff -r %s %s", rp_tempdir_name(one.dir), rp_tempdir_name(two.dir));
    written_free(&one);
    written_free(&two);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    make_libraries();
    static const char *const words[] = {"a.o", "libx.a", "b.o", "liby.a", NULL};
    struct rlimit old, small = {.rlim_cur = 100};
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    struct written w;
    setrlimit(RLIMIT_FSIZE, &small);
    enum reap_status rc = write_inputs(&w, RP_LINKER_LLD, words);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(rc, REAP_ERR_IO);
    assert_null(w.repl);
    char *dir = strdup(rp_tempdir_name(w.dir));
    written_free(&w);
    assert_int_not_equal(access(dir, F_OK), 0);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_load_order_in_archives_of_their_base_name),
        cmocka_unit_test(groups_of_gnu_linkers_are_followed),
        cmocka_unit_test(archive_that_is_whole_and_unchanged_keeps_its_path),
        cmocka_unit_test(members_of_one_name_and_thin_archives_are_told_apart),
        cmocka_unit_test(dropped_objects_and_unused_archives_leave_the_line),
        cmocka_unit_test(libraries_named_by_a_script_take_its_place),
        cmocka_unit_test(shared_libraries_stay_as_they_were_named),
        cmocka_unit_test(the_same_inputs_give_the_same_bytes),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
