/* test_roots.c: what is needed though nothing refers to it: each protection has what it keeps and
 * what it leaves. */
#include "graph_help.h"

#define FUNC(name) ".section .text." name ",\"ax\",@progbits\n.globl " name "\n" name ": "

static void run(struct graph *g, enum rp_level level, const char *words)
{
    graph_begin(g, level);
    graph_run(g, RP_LINKER_LLD, words);
}

/* Objects with functions _start, f, g, h that do nothing. */
static int make_objects(void **state)
{
    if (enter_scratch(state) != 0)
        return -1;
    assemble("fgh.o", FUNC("_start") "nop\n" FUNC("f") "nop\n" FUNC("g") "nop\n" FUNC("h") "nop\n");
    assemble("hidden.o", FUNC("_start") "nop\n" FUNC("f") "nop\n.hidden f\n" FUNC(
                             "g") "nop\n.protected g\n.section .text.l,\"ax\"\nl: nop\n");
    return 0;
}

/* Which of the functions are live: "sfg" for _start, f and g. */
static void assert_live(const char *file, const char *words, const char *expected)
{
    static const char *const sections[] = {".text._start", ".text.f", ".text.g", ".text.h"};
    for (int level = 0; level < 2; level++) {
        struct graph g;
        char live[8] = "";
        run(&g, level ? RP_LEVEL_FULL : RP_LEVEL_LINKER, words);
        for (unsigned i = 0; i < (strcmp(file, "hidden.o") ? 4 : 3); i++)
            if (graph_live(&g, file, sections[i]))
                strncat(live, &"sfgh"[i], 1);
        graph_free(&g);
        if (strcmp(live, expected) != 0)
            fail_msg("'%s': live are '%s', expected '%s'", words, live, expected);
    }
}

static void names_on_the_command_line_are_roots(void **state)
{
    (void)state;
    static const struct {
        const char *words, *live;
    } cases[] = {
        {"fgh.o", "s"},
        {"-e f fgh.o", "f"},
        {"-e 0x1000 fgh.o", ""},
        {"-u f fgh.o", "sf"},
        {"--undefined=g -uh fgh.o", "sgh"},

        {"-init f -fini g fgh.o", "sfg"},
        {"--defsym=x=f fgh.o", "sf"},
        {"--export-dynamic fgh.o", "sfgh"},
        {"-E fgh.o", "sfgh"},
        {"-shared fgh.o", "sfgh"},
        {"--export-dynamic-symbol=h fgh.o", "sh"},
        {"--export-dynamic-symbol=[gh] fgh.o", "sgh"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_live("fgh.o", cases[i].words, cases[i].live);
}

static void visibility_limits_exports(void **state)
{
    (void)state;
    assert_live("hidden.o", "-shared hidden.o", "sg");
    assert_live("hidden.o", "-E hidden.o", "sg");
}

static void version_scripts_and_lists_decide(void **state)
{
    (void)state;
    write_text("v.map", "V1 { global: f; g*; local: *; };\n");
    write_text("list", "{ h; };\n");
    assert_live("fgh.o", "-shared --version-script=v.map fgh.o", "sfg"); /* _start: the entry */
    assert_live("fgh.o", "-e h -shared --version-script v.map fgh.o", "fgh");
    assert_live("fgh.o", "--dynamic-list=list fgh.o", "sh");
    assert_live("fgh.o", "-shared --dynamic-list=list fgh.o", "sfgh");

    /* a version of its own outweighs `local: *` */
    assemble("ver.o", FUNC("_start") "nop\n" FUNC("g") "nop\n" FUNC("h") "nop\n" FUNC(
                          "f") "nop\n.symver f, api@@V1\n.globl f\n");
    write_text("w.map", "V1 { local: *; };\n");
    assert_live("ver.o", "-shared --version-script=w.map ver.o", "sf");
}

static void exclude_libs_hides(void **state)
{
    (void)state;
    must("rm -f libx.a; ar rcs libx.a fgh.o");
    assert_live("fgh.o", "-shared --whole-archive libx.a", "sfgh");
    assert_live("fgh.o", "-shared --exclude-libs=libx.a --whole-archive libx.a", "s");
    assert_live("fgh.o", "-shared --exclude-libs ALL --whole-archive libx.a", "s");
    assert_live("fgh.o", "-shared --exclude-libs=liby.a --whole-archive libx.a", "sfgh");
}

static void shared_libraries_ask_for_names(void **state)
{
    (void)state;
    assemble("s.o", ".text\n.globl lib\nlib: jmp f@PLT\n.globl g\ng: nop\n");
    must("ld.lld-19 -shared s.o -o libs.so");
    assert_live("fgh.o", "fgh.o libs.so", "sfg");
    struct graph g;
    run(&g, RP_LEVEL_FULL, "fgh.o libs.so");
    assert_true(graph_is_root(&g, "fgh.o", ".text.f", RP_ROOT_SHARED_REF));
    assert_true(graph_is_root(&g, "fgh.o", ".text.g", RP_ROOT_EXPORTED));
    assert_true(g.job.dynamic);
    bool told = false;
    for (size_t i = 0; i < g.m.roots.n; i++)
        told |= strcmp(g.m.roots.v[i].detail, "referred to by libs.so") == 0;
    assert_true(told);
    assert_true(rp_global_of(&g.m, rp_model_find_global(&g.m, "f"))->flags & RP_GLOB_EXPORTED);
    assert_false(rp_global_of(&g.m, rp_model_find_global(&g.m, "h"))->flags & RP_GLOB_EXPORTED);
    graph_free(&g);
    /* a hidden definition cannot be meant */
    assert_live("hidden.o", "hidden.o libs.so", "sg");
}

/* GNU ld looks into the libraries that libraries need, the others do not. */
static void indirect_libraries_ask_for_names(void **state)
{
    (void)state;
    assemble("i.o", ".text\n.globl deep\ndeep: jmp f@PLT\n");
    assemble("s.o", ".text\n.globl lib\nlib: jmp deep@PLT\n");
    must("mkdir -p deep && ld.lld-19 -shared i.o -soname libdeep.so -o deep/libdeep.so && "
         "ld.lld-19 -shared s.o deep/libdeep.so -o libtop.so");
    static const struct {
        enum rp_linker_flavor flavor;
        const char *words;
        int f;
    } cases[] = {
        {RP_LINKER_BFD, "fgh.o libtop.so -rpath-link deep", 1},
        {RP_LINKER_BFD, "fgh.o libtop.so --rpath=/none:deep", 1},
        {RP_LINKER_BFD, "fgh.o libtop.so", 0}, /* not found: ld says so */
        {RP_LINKER_LLD, "fgh.o libtop.so -rpath-link deep", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct graph g;
        graph_begin(&g, RP_LEVEL_FULL);
        graph_run(&g, cases[i].flavor, cases[i].words);
        assert_int_equal(graph_live(&g, "fgh.o", ".text.f"), cases[i].f);
        assert_int_equal(graph_live(&g, "fgh.o", ".text.g"), 0);
        graph_free(&g);
    }
    struct graph g;
    graph_begin(&g, RP_LEVEL_FULL);
    graph_run(&g, RP_LINKER_BFD, "--gc-keep-exported hidden.o");
    assert_int_equal(graph_live(&g, "hidden.o", ".text.f"), 0);
    assert_int_equal(graph_live(&g, "hidden.o", ".text.g"), 1);
    graph_free(&g);
}

static void scripts_ask_for_names(void **state)
{
    (void)state;
    write_text("a.lds", "ENTRY(f)\nEXTERN(g)\nSECTIONS { .text : { *(.text*) } x = h + 4; }\n");
    assert_live("fgh.o", "-T a.lds fgh.o", "fgh");
    write_text("b.lds",
               "SECTIONS { .text : { KEEP(*(.text.g)) *(.text*) KEEP(nofile.o(.text.h)) } }\n");
    assert_live("fgh.o", "-T b.lds fgh.o", "sg");
    struct graph g;
    run(&g, RP_LEVEL_FULL, "-T b.lds fgh.o");
    bool told = false;
    for (size_t i = 0; i < g.m.roots.n; i++)
        told |= strcmp(g.m.roots.v[i].detail, "KEEP b.lds:1") == 0;
    assert_true(told);
    graph_free(&g);
}

static void sections_that_startup_uses_are_roots(void **state)
{
    (void)state;
    static const struct {
        const char *section;
        bool root;
        unsigned reason;
    } cases[] = {
        {".section .init_array,\"aw\",@init_array", true, RP_ROOT_INIT_ARRAY},
        {".section .fini_array.5,\"aw\",@fini_array", true, RP_ROOT_INIT_ARRAY},
        {".section .preinit_array,\"aw\",@preinit_array", true, RP_ROOT_INIT_ARRAY},
        {".section .init_array.7,\"aw\",@init_array", true, RP_ROOT_INIT_ARRAY},
        {".section .ctors.65535,\"aw\",@progbits", true, RP_ROOT_INIT_ARRAY},
        {".section .dtors,\"aw\",@progbits", true, RP_ROOT_INIT_ARRAY},
        {".section .jcr,\"aw\",@progbits", true, RP_ROOT_INIT_ARRAY},
        {".section .init,\"ax\",@progbits", true, RP_ROOT_INIT_SECTION},
        {".section .fini,\"ax\",@progbits", true, RP_ROOT_INIT_SECTION},
        {".section .note.x,\"a\",@note", true, RP_ROOT_NOTE},
        {".section .keepme,\"awR\",@progbits", true, RP_ROOT_RETAIN},
        {".section .init.text,\"ax\",@progbits", false, 0},
        {".section .rodata.x,\"a\",@progbits", false, 0},
        {".section .note.y,\"aG\",@note,sig,comdat", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512], name[64];
        snprintf(text, sizeof text, FUNC("_start") "nop\n" FUNC("f") "nop\n%s\n.quad f\n",
                 cases[i].section);
        sscanf(cases[i].section, ".section %63[^,]", name);
        assemble("sec.o", text);
        if (strcmp(name, ".init_array.7") == 0) /* as Go and Rust write them */
            must("python3 -c \"import struct;b=bytearray(open('sec.o','rb').read());"
                 "o,=struct.unpack_from('<Q',b,40);n,=struct.unpack_from('<H',b,60);"
                 "t=[o+64*i+4 for i in range(n)];"
                 "[struct.pack_into('<I',b,x,1) for x in t if b[x]==14];"
                 "open('sec.o','wb').write(b)\"");
        for (int level = 0; level < 2; level++) {
            struct graph g;
            run(&g, level ? RP_LEVEL_FULL : RP_LEVEL_LINKER, "sec.o");
            if (graph_live(&g, "sec.o", name) != cases[i].root ||
                graph_live(&g, "sec.o", ".text.f") != cases[i].root)
                fail_msg("%s: live %d, its target %d", name, graph_live(&g, "sec.o", name),
                         graph_live(&g, "sec.o", ".text.f"));
            if (cases[i].root)
                assert_true(graph_is_root(&g, "sec.o", name, cases[i].reason));
            graph_free(&g);
        }
    }
}

static void discarded_sections_are_no_roots(void **state)
{
    (void)state;
    struct graph g;
    assemble("n.o",
             FUNC("_start") "nop\n" FUNC("f") "nop\n.section .note.x,\"a\",@note\n.quad f\n");
    write_text("d.lds", "SECTIONS { .text : { *(.text*) } /DISCARD/ : { *(.note.*) } }\n");
    run(&g, RP_LEVEL_FULL, "-T d.lds n.o");
    assert_int_equal(graph_live(&g, "n.o", ".note.x"), 0);
    assert_int_equal(graph_live(&g, "n.o", ".text.f"), 0);
    graph_free(&g);
}

static void rules_keep(void **state)
{
    (void)state;
    struct graph g;
    static const struct {
        const char *rules;
        const char *live; /* sections of hidden.o beside _start */
    } cases[] = {
        {"keep-symbol f\n", ".text.f"},
        {"keep-symbol [l]\n", ".text.l"},
        {"keep-symbol l\n", ".text.l"},
        {"keep-section .text.g\n", ".text.g"},
        {"keep-section .text.?  in hid*\n", ".text.f .text.g .text.l"},
        {"keep-section .text.g in other.o\n", ""},
        {"keep-file hidden.o\n", ".text.f .text.g .text.l"},
        {"keep-file nothing.o\n", ""},
        {"export g\n", ".text.g"},
    };
    static const char *const sections[] = {".text.f", ".text.g", ".text.l"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text("x.rules", cases[i].rules);
        graph_begin(&g, RP_LEVEL_FULL);
        assert_int_equal(rp_rules_read(&g.ctx, &g.rules, "./x.rules"), REAP_OK);
        graph_run(&g, RP_LINKER_LLD, "hidden.o");
        for (size_t k = 0; k < 3; k++)
            if (graph_live(&g, "hidden.o", sections[k]) != !!strstr(cases[i].live, sections[k]))
                fail_msg("%s: %s", cases[i].rules, sections[k]);
        graph_free(&g);
    }
}

/* lld redirects references in the file that defines the name as well, GNU ld does not. */
static void wrapped_names_follow_their_references(void **state)
{
    (void)state;
    static const struct {
        enum rp_linker_flavor flavor;
        const char *words;
        int wrap_f, f;
    } cases[] = {
        {RP_LINKER_LLD, "--wrap=f u.o w.o", 1, 1}, {RP_LINKER_BFD, "--wrap=f u.o w.o", 1, 1},
        {RP_LINKER_LLD, "--wrap=f v.o", 1, 0},     {RP_LINKER_BFD, "--wrap=f v.o", 0, 1},
        {RP_LINKER_LLD, "--wrap=g u.o w.o", 0, 1},
    };
    assemble("u.o", FUNC("_start") "call f\n");
    assemble("w.o", FUNC("__wrap_f") "call __real_f\n" FUNC("f") "nop\n");
    assemble("v.o", FUNC("_start") "call f\n" FUNC("__wrap_f") "nop\n" FUNC("f") "nop\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct graph g;
        const char *file = strstr(cases[i].words, "v.o") ? "v.o" : "w.o";
        graph_begin(&g, RP_LEVEL_FULL);
        graph_run(&g, cases[i].flavor, cases[i].words);
        assert_int_equal(graph_live(&g, file, ".text.__wrap_f"), cases[i].wrap_f);
        assert_int_equal(graph_live(&g, file, ".text.f"), cases[i].f);
        graph_free(&g);
    }
}

static void an_application_tells_what_to_export(void **state)
{
    (void)state;
    struct graph g;
    assemble("app.o", ".text\n.globl main\nmain: call f@PLT\ncall h@PLT\n");
    must("ld.lld-19 -shared -z undefs app.o -o app.so");
    const char *from[] = {"app.so"};
    graph_begin(&g, RP_LEVEL_FULL);
    g.job.export_from = from;
    g.job.n_export_from = 1;
    graph_run(&g, RP_LINKER_LLD, "fgh.o");
    assert_int_equal(graph_live(&g, "fgh.o", ".text.f"), 1);
    assert_int_equal(graph_live(&g, "fgh.o", ".text.h"), 1);
    assert_int_equal(graph_live(&g, "fgh.o", ".text.g"), 0);
    graph_free(&g);
}

static void without_roots_every_global_stays(void **state)
{
    (void)state;
    struct graph g;
    graph_begin(&g, RP_LEVEL_FULL);
    g.job.default_api_roots = true;
    graph_run(&g, RP_LINKER_LLD, "hidden.o");
    assert_int_equal(graph_live(&g, "hidden.o", ".text.f"), 1);
    assert_int_equal(graph_live(&g, "hidden.o", ".text.g"), 1);
    assert_int_equal(graph_live(&g, "hidden.o", ".text.l"), 0);
    graph_free(&g);
}

static void split_stacks_need_their_second_prologue(void **state)
{
    (void)state;
    struct graph g;
    assemble("m.o", FUNC("__morestack") "nop\n" FUNC("__morestack_non_split") "nop\n");
    assemble("u.o", FUNC("_start") "call __morestack\n");
    run(&g, RP_LEVEL_FULL, "u.o m.o");
    assert_true(graph_is_root(&g, "m.o", ".text.__morestack_non_split", RP_ROOT_LINKER_REF));
    graph_free(&g);
    assemble("u.o", FUNC("_start") "nop\n");
    run(&g, RP_LEVEL_FULL, "u.o m.o");
    assert_int_equal(graph_live(&g, "m.o", ".text.__morestack_non_split"), 0);
    graph_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_on_the_command_line_are_roots),
        cmocka_unit_test(visibility_limits_exports),
        cmocka_unit_test(version_scripts_and_lists_decide),
        cmocka_unit_test(exclude_libs_hides),
        cmocka_unit_test(shared_libraries_ask_for_names),
        cmocka_unit_test(indirect_libraries_ask_for_names),
        cmocka_unit_test(scripts_ask_for_names),
        cmocka_unit_test(sections_that_startup_uses_are_roots),
        cmocka_unit_test(discarded_sections_are_no_roots),
        cmocka_unit_test(rules_keep),
        cmocka_unit_test(wrapped_names_follow_their_references),
        cmocka_unit_test(an_application_tells_what_to_export),
        cmocka_unit_test(without_roots_every_global_stays),
        cmocka_unit_test(split_stacks_need_their_second_prologue),
    };
    return cmocka_run_group_tests(tests, make_objects, leave_scratch);
}
