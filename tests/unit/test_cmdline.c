/* test_cmdline.c: the model of a linker's command line. */
#include "link_helpers.h"

#include "link/cmdline.h"

static struct rp_ctx ctx;
static struct seen seen;
static struct rp_link the_link;

/* --- helpers -------------------------------------------------------------------------------- */

/* Parse a line of words separated by blanks (quotes as in response files). */
static enum reap_status parse(enum rp_linker_flavor flavor, const char *line)
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

static void end(void)
{
    rp_link_free(&the_link);
    rp_ctx_fini(&ctx);
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The inputs as "word" or "base name", joined: what was found, "?" before a word that was not. */
static const char *inputs_found(void)
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
static const char *kinds(void)
{
    static char text[512];
    size_t i;
    for (i = 0; i < the_link.args.n && i < sizeof text - 1; i++)
        text[i] = "oisdO"[the_link.args.v[i].kind];
    text[i] = '\0';
    return text;
}

static const char *join(const char *const *words, size_t n)
{
    static char text[8192];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "", words[i]);
    return text;
}

/* Files that the lines below name. libs.so is a linker script, as libc.so is. */
static int make_files(void **state)
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

/* --- words ---------------------------------------------------------------------------------- */

/* Which words are inputs: everything else was an option or its value. */
static void options_take_the_words_that_linkers_take(void **state)
{
    (void)state;
    enum { B = 1, G = 2, L = 4, M = 8, ALL = 15 };
    static const struct {
        int flavors;
        const char *line, *inputs;
    } cases[] = {
        {ALL, "-z now a.o -znow", "a.o"},
        {ALL, "-m elf_x86_64 a.o -melf_x86_64", "a.o"},
        {ALL, "-soname x a.o --soname x -soname=x --soname=x -h x -hx", "a.o"},
        {ALL, "-dynamic-linker x a.o --dynamic-linker=x", "a.o"},
        {ALL, "-rpath x -rpath=x -rpath-link x a.o --rpath-link=x -Map x -Map=x", "a.o"},
        {ALL, "-e f -ef --entry f --entry=f -u g -ug --undefined g a.o", "a.o"},
        {ALL, "-o x -ox --output x --output=x a.o", "a.o"},
        {ALL, "-L d1 -Ld1 --library-path d1 --library-path=d1 a.o", "a.o"},
        {ALL, "--hash-style both --hash-style=gnu a.o -O1 -O 2 --build-id a.o", "a.o a.o"},
        {ALL, "--build-id=sha1 a.o --gc-sections --no-gc-sections", "a.o"},
        {ALL, "-Ttext 0x1000 a.o -Ttext=0 -Tbss 0 --section-start .x=0", "a.o"},
        {ALL, "--defsym x=1 --defsym=y=x a.o --wrap f --wrap=g", "a.o"},
        {ALL, "--exclude-libs ALL a.o --exclude-libs=x:y", "a.o"},
        {ALL, "--sort-section name a.o --retain-symbols-file x --init f -fini g", "a.o"},
        {ALL, "-plugin x a.o -plugin-opt=y", "a.o"},
        {ALL, "-shared -static -pie -nostdlib -Bsymbolic -Bstatic -dn -dy -r -s -S -x -X a.o",
         "a.o"},
        {ALL, "--eh-frame-hdr -eh-frame-hdr -export-dynamic -E a.o", "a.o"},
        {ALL, "--as-needed a.o --no-as-needed --push-state --whole-archive b.o --pop-state",
         "a.o b.o"},
        {ALL, "-( a.o -) --start-group b.o --end-group", "a.o b.o"},
        {ALL, "--an-option-of-the-future a.o --another=1 b.o", "a.o b.o"},
        {ALL, "--unresolved-symbols ignore-all a.o --compress-debug-sections zlib b.o", "a.o b.o"},
        {ALL, "--oformat elf a.o", "a.o"},
        {B | G, "-R d1 a.o -Rd1", "a.o"},
        {L | M, "-R a.o b.o", "b.o"},
        {B | G | L, "-F x a.o -f y b.o -Y z c.o", NULL},
        {B, "-A x -a shared -P x -Y x -I x -b binary -b default a.o", "a.o"},
        {B, "-G 8 a.o -G b.o", "a.o b.o"},
        {B, "-rs a.o -sx b.o", "a.o b.o"},
        {B, "--dynamic-link x a.o --retain x --whole-arch b.o", "a.o b.o"},
        {B, "-Ttext-segment x a.o -Ttext-segment=x --out-implib x -assert definitions", "a.o"},
        {B, "--task-link x --spare-dynamic-tags 5 a.o --verbose b.o --demangle c.o", "a.o b.o c.o"},
        {B, "--unique a.o --unique=x --sort-common b.o --orphan-handling warn", "a.o b.o"},
        {B, "--dependency-file x a.o --export-dynamic-symbol f --export-dynamic-symbol-list x",
         "a.o"},
        {B, "--error-handling-script x a.o --package-metadata b.o", "a.o b.o"},
        {B, "-output a.o", "a.o"}, /* -o utput */
        {G, "--thread-count 4 a.o --section-ordering-file x --icf all --icf=safe", "a.o"},
        {G, "-G a.o --debug files -fuse-ld gold b.o", "a.o b.o"},
        {L, "-mllvm x -mllvm=x --symbol-ordering-file x a.o", "a.o"},
        {L, "--call-graph-ordering-file x --threads 4 --threads=4 a.o --icf=all", "a.o"},
        {L, "--save-temps a.o --time-trace b.o --lto-O2 --plugin-opt=O2 c.o", "a.o b.o c.o"},
        {L, "-plugin-opt a.o", "a.o"}, /* lld has -plugin-opt=X alone */
        {L, "--unique a.o --sort-common b.o --color-diagnostics c.o", "a.o b.o c.o"},
        {L, "--image-base 0x1000 a.o --shuffle-sections x=1 --why-extract=x b.o", "a.o b.o"},
        {M, "--unique x a.o --threads b.o --thread-count 4 c.o", "a.o b.o c.o"},
        {M, "--shuffle-sections a.o --package-metadata x b.o --color-diagnostics c.o",
         "a.o b.o c.o"},
        {M, "--spare-dynamic-tags 5 a.o --icf all --require-defined f", "a.o"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int flavor = 0; flavor < 4; flavor++) {
            if (!(cases[i].flavors & 1 << flavor) || !cases[i].inputs)
                continue;
            /* Words that name no file are inputs that were not found; there must be none. */
            assert_int_equal(parse((enum rp_linker_flavor)flavor, cases[i].line), REAP_OK);
            if (strcmp(inputs_found(), cases[i].inputs) != 0)
                fail_msg("linker %d, '%s': inputs '%s', not '%s'", flavor, cases[i].line,
                         inputs_found(), cases[i].inputs);
            end();
        }
    }
}

static void arguments_have_kinds(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_BFD, "-o x a.o --gc-sections --as-needed -lnone -z now "
                                          "-plugin /opt/reap.so -plugin-opt report=f "
                                          "-plugin liblto_plugin.so -plugin-opt=-fresolution=x "
                                          "--print-gc-sections"),
                     REAP_OK);
    assert_string_equal(kinds(), "Oidsioddood");
    end();
}

static void own_plugin_goes_with_its_options(void **state)
{
    (void)state;
    static const struct {
        const char *plugin;
        bool own;
    } cases[] = {
        {"reap.so", true},           {"/x/reap.so", true},    {"/x/libreap.so", true},
        {"reap.so.1", true},         {"reap-debug.so", true}, {"reaper.so", false},
        {"liblto_plugin.so", false}, {"/reap/x.so", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[256];
        snprintf(line, sizeof line, "--plugin=%s a.o -plugin-opt x=y -plugin z.so --plugin-opt=w",
                 cases[i].plugin);
        assert_int_equal(parse(RP_LINKER_GOLD, line), REAP_OK);
        assert_string_equal(kinds(), cases[i].own ? "didoo" : "oiooo");
        end();
    }
}

static void missing_value_at_the_end_is_passed_on(void **state)
{
    (void)state;
    static const char *const lines[] = {"a.o -o", "a.o -u",       "a.o --defsym", "a.o -z",
                                        "a.o -m", "a.o --plugin", "a.o -T",       "a.o -l",
                                        "a.o -L", "a.o --wrap",   "a.o -b",       "a.o -R"};
    for (int flavor = 0; flavor < 4; flavor++)
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            assert_int_equal(parse((enum rp_linker_flavor)flavor, lines[i]), REAP_OK);
            assert_int_equal(the_link.args.n, 2);
            assert_string_equal(inputs_found(), "a.o");
            end();
        }
}

/* --- options -------------------------------------------------------------------------------- */

static void flags_of_the_link_are_noted(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_BFD,
                           "-shared -pie -no-pie -r -q -s -S -E --no-export-dynamic -static "
                           "--gc-sections --no-gc-sections --gc-sections --print-gc-sections "
                           "--gc-keep-exported -Bsymbolic -z muldefs -z start-stop-gc "
                           "-z nostart-stop-gc --no-dynamic-linker -m elf_i386 -e start -init i "
                           "-fini f --sysroot=root -o out a.o"),
                     REAP_OK);
    assert_true(the_link.shared);
    assert_false(the_link.pie);
    assert_true(the_link.relocatable);
    assert_true(the_link.emit_relocs);
    assert_true(the_link.strip_all);
    assert_true(the_link.strip_debug);
    assert_false(the_link.export_dynamic);
    assert_true(the_link.is_static);
    assert_true(the_link.gc_sections);
    assert_true(the_link.print_gc_sections);
    assert_true(the_link.keep_exported);
    assert_true(the_link.bsymbolic);
    assert_true(the_link.muldefs);
    assert_true(the_link.start_stop_gc_set);
    assert_false(the_link.start_stop_gc);
    assert_true(the_link.no_dynamic_linker);
    assert_string_equal(the_link.emulation, "elf_i386");
    assert_string_equal(the_link.entry, "start");
    assert_string_equal(the_link.init, "i");
    assert_string_equal(the_link.fini, "f");
    assert_string_equal(the_link.sysroot, "root");
    assert_string_equal(the_link.output, "out");
    assert_false(the_link.print_version_only);
    end();
}

static void defaults_are_the_linkers(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_LLD, "a.o"), REAP_OK);
    assert_string_equal(the_link.output, "a.out");
    assert_null(the_link.entry);
    assert_string_equal(the_link.init, "_init");
    assert_string_equal(the_link.fini, "_fini");
    assert_false(the_link.gc_sections);
    assert_false(the_link.start_stop_gc_set);
    assert_null(the_link.pass_through_why);
    end();
}

#define ASSERT_NAMED(vec, i, name_, origin_)                                                       \
    do {                                                                                           \
        assert_true((vec).n > (i));                                                                \
        assert_string_equal((vec).v[i].name, name_);                                               \
        assert_string_equal((vec).v[i].origin, origin_);                                           \
    } while (0)

static void roots_have_their_option_as_origin(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_BFD,
                           "a.o -u f --undefined=g -uh --require-defined=i --wrap=malloc "
                           "--export-dynamic-symbol='x*' --exclude-libs=liba.a,libb.a:ALL "
                           "--version-script=v.map --dynamic-list d.list "
                           "--retain-symbols-file=r --dynamic-list-cpp-new"),
                     REAP_OK);
    ASSERT_NAMED(the_link.undefined, 0, "f", "-u f");
    ASSERT_NAMED(the_link.undefined, 1, "g", "--undefined=g");
    ASSERT_NAMED(the_link.undefined, 2, "h", "-uh");
    ASSERT_NAMED(the_link.undefined, 3, "i", "--require-defined=i");
    ASSERT_NAMED(the_link.wrap, 0, "malloc", "--wrap=malloc");
    ASSERT_NAMED(the_link.export_symbols, 0, "x*", "--export-dynamic-symbol=x*");
    ASSERT_NAMED(the_link.export_symbols, 1, "_Znw*", "--dynamic-list-cpp-new");
    assert_int_equal(the_link.exclude_libs.n, 3);
    ASSERT_NAMED(the_link.exclude_libs, 1, "libb.a", "--exclude-libs=liba.a,libb.a:ALL");
    ASSERT_NAMED(the_link.exclude_libs, 2, "ALL", "--exclude-libs=liba.a,libb.a:ALL");
    assert_string_equal(the_link.version_scripts.v[0], "v.map");
    assert_string_equal(the_link.dynamic_lists.v[0], "d.list");
    assert_string_equal(the_link.retain_files.v[0], "r");
    end();
    assert_int_equal(parse(RP_LINKER_LLD, "a.o --undefined-glob=x*"), REAP_OK);
    ASSERT_NAMED(the_link.undefined_globs, 0, "x*", "--undefined-glob=x*");
    end();
}

static void defsym_names_both_sides(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_BFD, "a.o '--defsym=alias = target + 0x10 * other$1' "
                                          "--defsym n=4K --defsym 'd=DEFINED(f) ? ALIGN(g, 8) : .' "
                                          "--defsym 'q=\"odd name\"' --defsym broken"),
                     REAP_OK);
    static const char *const want[] = {"alias", "target", "other$1", "n",       "d",
                                       "f",     "g",      "q",       "odd name"};
    static const char *const left[] = {"alias", "n", "d", "q"};
    assert_int_equal(the_link.defsym.n, sizeof want / sizeof *want);
    for (size_t i = 0; i < the_link.defsym.n; i++)
        assert_string_equal(the_link.defsym.v[i].name, want[i]);
    assert_int_equal(the_link.defsym_defined.n, sizeof left / sizeof *left);
    for (size_t i = 0; i < the_link.defsym_defined.n; i++)
        assert_string_equal(the_link.defsym_defined.v[i].name, left[i]);
    end();
}

static void probes_and_unmodelled_links_pass_through(void **state)
{
    (void)state;
    static const struct {
        enum rp_linker_flavor flavor;
        const char *line;
        bool probe, unmodelled;
    } cases[] = {
        {RP_LINKER_BFD, "-v", true, false},
        {RP_LINKER_BFD, "--version", true, false},
        {RP_LINKER_LLD, "--help", true, false},
        {RP_LINKER_BFD, "-m elf_x86_64 --verbose", true, false},
        {RP_LINKER_BFD, "", true, false},
        {RP_LINKER_BFD, "--print-sysroot", true, false},
        {RP_LINKER_BFD, "-v a.o", false, false},
        {RP_LINKER_BFD, "--version a.o", true, false},
        {RP_LINKER_BFD, "a.o -c script.mri", false, true},
        {RP_LINKER_BFD, "a.o --mri-script=script.mri", false, true},
        {RP_LINKER_LLD, "a.o --chroot /x", false, true},
        {RP_LINKER_GOLD, "a.o --incremental", false, true},
        {RP_LINKER_MOLD, "a.o -C d1", false, true},
        {RP_LINKER_LLD, "a.o --remap-inputs=a=b", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].flavor, cases[i].line), REAP_OK);
        assert_int_equal(the_link.print_version_only, cases[i].probe);
        assert_int_equal(the_link.pass_through_why != NULL, cases[i].unmodelled);
        end();
    }
}

/* --- inputs --------------------------------------------------------------------------------- */

static void libraries_are_searched_as_linkers_do(void **state)
{
    (void)state;
    static const struct {
        const char *line, *path;
    } cases[] = {
        {"-Ld1 -Ld2 -lboth", "d1/libboth.so"},
        {"-lboth -L d2 -L d1", "d2/libboth.so"}, /* every -L counts for every -l */
        {"-Ld1 -Ld2 -Bstatic -lboth", "d1/libboth.a"},
        {"-Ld1 -Ld2 -static -ldyn", "d2/libdyn.a"},
        {"-Ld1 -Ld2 -Bstatic -Bdynamic -lboth", "d1/libboth.so"},
        {"-Ld1 -Ld2 -lst", "d1/libst.a"},
        {"-Ld1 -l:exact.o", "d1/exact.o"},
        {"-Ld1 -l :libboth.a", "d1/libboth.a"},
        {"-Ld1 --library=both", "d1/libboth.so"},
        {"-Ld1 -Ld2 --library both", "d1/libboth.so"},
        {"-Ld1 -lnone", NULL},
        {"-nostdlib -lc", NULL},
    };
    for (int flavor = 0; flavor < 4; flavor++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            if (flavor == RP_LINKER_MOLD && strstr(cases[i].line, "--library"))
                continue; /* newer molds alone */
            assert_int_equal(parse((enum rp_linker_flavor)flavor, cases[i].line), REAP_OK);
            assert_int_equal(the_link.inputs.n, 1);
            const char *path = the_link.inputs.v[0].path;
            if (!cases[i].path)
                assert_null(path);
            else
                assert_string_equal(path, cases[i].path);
            end();
        }
}

/* Measured with --verbose and --trace of the four. */
static void sysroot_prefixes_are_known_as_the_linkers_know_them(void **state)
{
    (void)state;
    static const bool knows_equals[] = {true, false, true, true};
    static const bool knows_variable[] = {true, false, false, true};
    for (int flavor = 0; flavor < 4; flavor++) {
        assert_int_equal(
            parse((enum rp_linker_flavor)flavor, "--sysroot=root -L=/lib -lr -nostdlib"), REAP_OK);
        assert_int_equal(the_link.inputs.v[0].path != NULL, knows_equals[flavor]);
        end();
        assert_int_equal(
            parse((enum rp_linker_flavor)flavor, "--sysroot=root -L $SYSROOT/lib -lr -nostdlib"),
            REAP_OK);
        assert_int_equal(the_link.inputs.v[0].path != NULL, knows_variable[flavor]);
        end();
    }
}

/* Where the linkers differ (measured with -t and --trace): does the -l find libboth.so? */
static void static_options_have_each_linkers_reach(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool is_static[4]; /* bfd, gold, lld, mold */
    } cases[] = {
        {"-lboth -static", {false, true, false, true}},
        {"-static -Bdynamic -lboth", {false, true, false, false}},
        {"-lboth -Bstatic", {false, false, false, true}},
        {"-lboth -Bstatic -Bdynamic", {false, false, false, false}},
        {"-N -lboth", {true, true, true, true}},
        {"-Bdynamic -N -lboth", {true, true, true, false}},
        {"-Bdynamic -lboth -r", {true, false, false, false}},
        {"-lboth -r", {true, false, true, true}},
        {"--push-state -Bstatic --pop-state -lboth -Bdynamic", {false, false, false, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int flavor = 0; flavor < 4; flavor++) {
            char line[256];
            snprintf(line, sizeof line, "-Ld1 %s", cases[i].line);
            assert_int_equal(parse((enum rp_linker_flavor)flavor, line), REAP_OK);
            bool found_archive = strcmp(the_link.inputs.v[0].path, "d1/libboth.a") == 0;
            if (found_archive != cases[i].is_static[flavor])
                fail_msg("linker %d, '%s': %s", flavor, line, the_link.inputs.v[0].path);
            end();
        }
}

static void libraries_for_other_machines_are_passed_over(void **state)
{
    (void)state;
    static const struct {
        enum rp_linker_flavor flavor;
        const char *path, *script_gives;
    } cases[] = {
        {RP_LINKER_BFD, "d2/libmach.so", "libdyn.so"},
        {RP_LINKER_GOLD, "d2/libmach.so", "libdyn.so"},
        {RP_LINKER_MOLD, "d2/libmach.so", "libdyn.so"},
        {RP_LINKER_LLD, "d1/libmach.so", "libboth.so"}, /* lld takes the first */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].flavor, "-m elf_x86_64 -Ld1 -Ld2 -lmach -ls32"), REAP_OK);
        assert_string_equal(the_link.inputs.v[0].path, cases[i].path);
        assert_string_equal(base(the_link.inputs.v[1].path), cases[i].script_gives);
        end();
    }
}

static void state_is_that_of_the_place(void **state)
{
    (void)state;
    assert_int_equal(
        parse(RP_LINKER_LLD,
              "a.o --whole-archive b.o --push-state --no-whole-archive --as-needed -Bstatic a.o "
              "--pop-state b.o --no-whole-archive --start-group a.o --start-group b.o --end-group "
              "--end-group -( c.o -) --start-lib a.o --end-lib b.o -b binary c.o -b default a.o"),
        REAP_OK);
    static const struct {
        bool whole, needed, is_static, lazy, binary;
        uint32_t group;
    } want[] = {
        {.whole = false}, {.whole = true},   {.needed = true, .is_static = true},
        {.whole = true},  {.group = 1},      {.group = 1},
        {.group = 2},     {.lazy = true},    {.whole = false},
        {.binary = true}, {.binary = false},
    };
    assert_int_equal(the_link.inputs.n, sizeof want / sizeof *want);
    for (size_t i = 0; i < the_link.inputs.n; i++) {
        const struct rp_input *in = &the_link.inputs.v[i];
        assert_int_equal(in->whole_archive, want[i].whole);
        assert_int_equal(in->as_needed, want[i].needed);
        assert_int_equal(in->is_static, want[i].is_static);
        assert_int_equal(in->lazy, want[i].lazy);
        assert_int_equal(in->binary, want[i].binary);
        assert_int_equal(in->fixed, want[i].binary);
        assert_int_equal(in->group, want[i].group);
    }
    end();
}

static void implicit_script_is_expanded_in_place(void **state)
{
    (void)state;
    for (int flavor = 0; flavor < 4; flavor++) {
        assert_int_equal(parse((enum rp_linker_flavor)flavor, "a.o -Ld1 -ls b.o"), REAP_OK);
        assert_string_equal(inputs_found(), "a.o libboth.so libst.a libdyn.so b.o");
        assert_string_equal(kinds(), "ioii");
        const struct rp_input *in = the_link.inputs.v;
        assert_string_equal(in[1].script, "d1/libs.so");
        assert_string_equal(in[1].word, "libboth.so");
        assert_false(in[1].as_needed);
        assert_true(in[3].as_needed);
        assert_int_equal(in[0].group, 0);
        assert_int_equal(in[1].group, 1);
        assert_int_equal(in[3].group, 1);
        assert_int_equal(in[4].group, 0);
        assert_int_equal(the_link.args.v[2].first_input, 1);
        assert_int_equal(the_link.args.v[2].n_inputs, 3);
        assert_int_equal(the_link.scripts.n, 0);
        end();
    }
}

static void script_that_does_more_stays_as_written(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_BFD, "b.o more.so"), REAP_OK);
    assert_string_equal(inputs_found(), "b.o a.o");
    assert_string_equal(kinds(), "io");
    assert_true(the_link.inputs.v[1].fixed);
    assert_int_equal(the_link.scripts.n, 1);
    assert_string_equal(the_link.scripts.v[0], "more.so");
    end();
}

static void script_names_below_the_sysroot(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_LLD, "--sysroot=root sysroot.so"), REAP_OK);
    assert_string_equal(the_link.inputs.v[0].path, "root/lib/libr.so");
    end();
}

static void script_that_names_itself_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_LLD, "loop.so"), REAP_ERR_INPUT);
    assert_string_equal(seen.code, "linker-script-loop");
    end();
}

static void script_option_is_read_and_stays(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_BFD, "a.o -T full.lds -lc"), REAP_OK);
    assert_int_equal(the_link.scripts.n, 1);
    assert_string_equal(the_link.scripts.v[0], "full.lds");
    /* GNU ld links b.o, which a statement names; -lc is not found without the default script. */
    assert_string_equal(inputs_found(), "a.o ?-lc b.o");
    assert_true(the_link.inputs.v[2].fixed);
    assert_string_equal(the_link.search_dirs.v[the_link.search_dirs.n - 1], "d3");
    end();
    assert_int_equal(parse(RP_LINKER_LLD, "a.o -T full.lds"), REAP_OK);
    assert_string_equal(inputs_found(), "a.o");
    end();
    assert_int_equal(parse(RP_LINKER_BFD, "a.o -T nowhere.lds"), REAP_ERR_IO);
    end();
}

static void default_script_counts_without_another(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_LLD, "a.o --default-script=full.lds"), REAP_OK);
    assert_int_equal(the_link.scripts.n, 1);
    end();
    assert_int_equal(parse(RP_LINKER_LLD, "a.o --default-script=nowhere.lds -Tfull.lds"), REAP_OK);
    assert_int_equal(the_link.scripts.n, 1);
    assert_string_equal(the_link.scripts.v[0], "full.lds");
    end();
}

static void just_symbols_stay_fixed(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_BFD, "a.o -R b.o -R d1 --just-symbols=c.o"), REAP_OK);
    assert_string_equal(inputs_found(), "a.o b.o c.o");
    assert_true(the_link.inputs.v[1].just_symbols && the_link.inputs.v[1].fixed);
    assert_true(the_link.inputs.v[2].just_symbols);
    assert_string_equal(kinds(), "iooo");
    end();
}

static void links_that_read_pipes_pass_through(void **state)
{
    (void)state;
    static const char *const lines[] = {"a.o pipe", "a.o -T pipe", "a.o --version-script=pipe",
                                        "a.o --dynamic-list pipe", "a.o @pipe"};
    assert_int_equal(mkfifo("pipe", 0600), 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(parse(RP_LINKER_LLD, lines[i]), REAP_OK);
        assert_non_null(the_link.pass_through_why);
        end();
    }
    assert_int_equal(parse(RP_LINKER_LLD, "a.o --version-script=/dev/null"), REAP_OK);
    assert_null(the_link.pass_through_why);
    end();
}

static void empty_file_is_an_empty_script(void **state)
{
    (void)state;
    assert_int_equal(parse(RP_LINKER_BFD, "a.o empty.o"), REAP_OK);
    assert_string_equal(inputs_found(), "a.o");
    end();
}

/* --- real lines ----------------------------------------------------------------------------- */

/* The linker's words as the compiler driver prints them, without the program. NULL: no such
 * compiler or variant here. */
static char *driver_line(const char *command)
{
    static char line[65536];
    char shell[512], *found = NULL;
    snprintf(shell, sizeof shell, "%s -### a.o 2>&1", command);
    FILE *f = popen(shell, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char *program = strstr(line, "collect2");
        size_t skip = 8;
        if (!program) {
            program = strstr(line, "/ld");
            skip = 3;
        }
        if (line[0] != ' ' || !program || found)
            continue;
        program += skip;
        program += strcspn(program, " ");
        found = strdup(program);
    }
    pclose(f);
    return found;
}

static void assert_identity(void)
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

static void lines_of_compiler_drivers_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        const char *first, *last; /* base names of the outer start files */
        bool shared, pie, is_static;
    } cases[] = {
        {"gcc", "Scrt1.o", "crtn.o", false, true, false},
        {"gcc -no-pie", "crt1.o", "crtn.o", false, false, false},
        {"gcc -static", "crt1.o", "crtn.o", false, false, true},
        {"gcc -static-pie", "rcrt1.o", "crtn.o", false, true, true},
        {"gcc -shared", "crti.o", "crtn.o", true, false, false},
        {"g++ -Wl,--gc-sections -pthread -rdynamic", "Scrt1.o", "crtn.o", false, true, false},
        {"g++ -static", "crt1.o", "crtn.o", false, false, true},
        {"clang-14", "Scrt1.o", "crtn.o", false, true, false},
        {"clang-14 -static -fuse-ld=lld", "crt1.o", "crtn.o", false, false, true},
        {"clang++-14 -shared", "crti.o", "crtn.o", true, false, false},
        {"aarch64-linux-gnu-gcc", "Scrt1.o", "crtn.o", false, true, false},
        {"aarch64-linux-gnu-g++ -static", "crt1.o", "crtn.o", false, false, true},
        {"i686-linux-gnu-gcc", "Scrt1.o", "crtn.o", false, true, false},
        {"musl-gcc -static", "Scrt1.o", "crtn.o", false, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *line = driver_line(cases[i].command);
        if (!line) {
            print_message("not here: %s\n", cases[i].command);
            continue;
        }
        for (int flavor = 0; flavor < 4; flavor++) {
            assert_int_equal(parse((enum rp_linker_flavor)flavor, line), REAP_OK);
            if (strchr(inputs_found(), '?'))
                fail_msg("%s, linker %d: %s", cases[i].command, flavor, inputs_found());
            assert_true(the_link.inputs.n >= 6);
            assert_string_equal(base(the_link.inputs.v[0].path), cases[i].first);
            assert_string_equal(base(the_link.inputs.v[the_link.inputs.n - 1].path), cases[i].last);
            assert_int_equal(the_link.shared, cases[i].shared);
            assert_int_equal(the_link.pie, cases[i].pie);
            if (the_link.is_static != cases[i].is_static)
                fail_msg("%s, linker %d: static %d: %s", cases[i].command, flavor,
                         the_link.is_static, line);
            assert_string_equal(the_link.output, "a.out");
            assert_false(the_link.print_version_only);
            assert_null(the_link.pass_through_why);
            assert_identity();
            end();
        }
        free(line);
    }
}

/* Files that ld.bfd says it opened (-t), in order, against the model's. */
static void inputs_are_those_that_ld_opens(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "-lc -lm -lpthread -lz",
        "-static -lm -lpthread -lc -lz",
        "-L/usr/lib/gcc/x86_64-linux-gnu/12 -lgcc_s -lgcc -lstdc++",
        "--as-needed -lz -lm --no-as-needed -lz",
    };
    if (system("echo 'int main(void) { return 0; }' | gcc -c -xc - -o m.o && command -v ld.bfd "
               ">/dev/null && test -e /usr/lib/x86_64-linux-gnu/libz.so") != 0)
        skip();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char command[1024], got[4096], line[512];
        snprintf(line, sizeof line, "-m elf_x86_64 -e main m.o %s", lines[i]);
        assert_int_equal(parse(RP_LINKER_BFD, line), REAP_OK);
        /* Verbose output names every attempt; the model's path must be one that succeeded. */
        snprintf(command, sizeof command, "ld.bfd --verbose %s -o t.out 2>&1", line);
        for (size_t k = 0; k < the_link.inputs.n; k++) {
            const char *path = the_link.inputs.v[k].path;
            bool opened = false;
            assert_non_null(path);
            FILE *f = popen(command, "r");
            assert_non_null(f);
            while (fgets(got, sizeof got, f)) {
                char *attempt = strstr(got, "attempt to open "), *end_of_path;
                if (!attempt || !strstr(got, " succeeded"))
                    continue;
                attempt += 16;
                end_of_path = strstr(attempt, " succeeded");
                *end_of_path = '\0';
                opened = opened || strcmp(attempt, path) == 0;
            }
            pclose(f);
            if (!opened)
                fail_msg("%s: ld did not open %s", lines[i], path);
        }
        end();
    }
}

/* --- the final command ---------------------------------------------------------------------- */

static void assert_command(const char *line, const struct rp_replacement *repl, size_t n_repl,
                           const char *keep_letters, const char *want)
{
    const char *const *words;
    size_t n;
    bool keep[64] = {false};
    assert_int_equal(parse(RP_LINKER_LLD, line), REAP_OK);
    for (size_t i = 0; keep_letters[i]; i++)
        keep[i] = keep_letters[i] == 'k';
    assert_int_equal(rp_link_command(&ctx, &the_link, repl, n_repl, keep, &words, &n), REAP_OK);
    assert_string_equal(join(words, n), want);
    end();
}

static void inputs_give_way_to_replacements(void **state)
{
    (void)state;
    const struct rp_replacement repl[] = {
        {.arg = 1, .path = "t/1/a.o"},
        {.arg = 3, .path = "t/2/lib1.a", .whole_archive = true},
        {.arg = 3, .path = "t/3/lib1.a", .whole_archive = true},
        {.arg = 4, .path = "t/4/b.o"},
    };
    assert_command("-o x a.o --gc-sections lib1.a b.o c.o -z now", NULL, 0, "kkkkkkk",
                   "-o x a.o lib1.a b.o c.o -z now");
    assert_command("-o x a.o --gc-sections lib1.a b.o c.o -z now", repl, 4, "",
                   "-o x t/1/a.o --push-state --whole-archive t/2/lib1.a t/3/lib1.a --pop-state "
                   "t/4/b.o -z now");
    assert_command("-o x a.o --gc-sections lib1.a b.o c.o -z now", repl, 3, "----kk",
                   "-o x t/1/a.o --push-state --whole-archive t/2/lib1.a t/3/lib1.a --pop-state "
                   "b.o c.o -z now");
}

static void archives_of_two_arguments_share_the_wrapping(void **state)
{
    (void)state;
    const struct rp_replacement repl[] = {
        {.arg = 1, .path = "t/lib1.a", .whole_archive = true},
        {.arg = 2, .path = "t/libst.a", .whole_archive = true},
        {.arg = 4, .path = "t/libboth.a", .whole_archive = true},
    };
    assert_command("a.o lib1.a d1/libst.a --as-needed d1/libboth.a", repl, 3, "k",
                   "a.o --push-state --whole-archive t/lib1.a t/libst.a --pop-state --as-needed "
                   "--push-state --whole-archive t/libboth.a --pop-state");
}

static void shared_libraries_of_a_script_keep_as_needed(void **state)
{
    (void)state;
    const struct rp_replacement repl[] = {
        {.arg = 1, .path = "/lib/libc.so.6", .is_shared = true},
        {.arg = 1, .path = "t/libc_nonshared.a", .whole_archive = true},
        {.arg = 1, .path = "/lib/ld.so", .is_shared = true, .as_needed = true},
    };
    assert_command("-Ld1 -ls a.o", repl, 3, "--k",
                   "-Ld1 /lib/libc.so.6 --push-state --whole-archive t/libc_nonshared.a "
                   "--pop-state --push-state --as-needed /lib/ld.so --pop-state a.o");
}

static void lib_regions_go_when_something_in_them_was_loaded(void **state)
{
    (void)state;
    const struct rp_replacement repl[] = {{.arg = 1, .path = "t/a.o"}};
    assert_command("--start-lib a.o b.o --end-lib c.o", NULL, 0, "-kk-k",
                   "--start-lib a.o b.o --end-lib c.o");
    assert_command("--start-lib a.o b.o --end-lib c.o", repl, 1, "----k", "t/a.o c.o");
    assert_command("--start-lib a.o b.o c.o --end-lib c.o", repl, 1, "--kk-k",
                   "t/a.o --start-lib b.o c.o --end-lib c.o");
}

static void missing_inputs_stay_for_the_linker_to_report(void **state)
{
    (void)state;
    assert_command("a.o gone.o -lgone empty.o", NULL, 0, "", "gone.o -lgone empty.o");
}

static void wrong_replacements_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct rp_replacement repl[2];
        size_t n;
    } cases[] = {
        {{{.arg = 99, .path = "x"}}, 1},                         /* no such argument */
        {{{.arg = 0, .path = "x"}}, 1},                          /* -o */
        {{{.arg = 1, .path = "x"}}, 1},                          /* kept */
        {{{.arg = 3, .path = "x"}, {.arg = 2, .path = "y"}}, 2}, /* out of order */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *words;
        size_t n;
        bool keep[] = {false, true, false, false};
        assert_int_equal(parse(RP_LINKER_BFD, "-o x a.o b.o c.o"), REAP_OK);
        assert_int_equal(
            rp_link_command(&ctx, &the_link, cases[i].repl, cases[i].n, keep, &words, &n),
            REAP_ERR_INTERNAL);
        end();
    }
}

/* --- chance --------------------------------------------------------------------------------- */

static void random_words_do_no_harm(void **state)
{
    (void)state;
    static const char *const words[] = {
        "a.o",
        "b.o",
        "-lboth",
        "-Ld1",
        "-ls",
        "--start-group",
        "--end-group",
        "--push-state",
        "--pop-state",
        "--start-lib",
        "--end-lib",
        "-T",
        "full.lds",
        "more.so",
        "-b",
        "binary",
        "-R",
        "-z",
        "-",
        "--",
        "---",
        "-=",
        "--=x",
        "--no-",
        "-no-",
        "",
        "@",
        "@a.o",
        "--defsym",
        "x=(((\"",
        "--defsym=a=b+c(",
        "-G",
        "-l",
        "-plugin",
        "reap.so",
        "--exclude-libs",
        ",,:",
        "-u",
        "-m",
        "elf_i386",
        "--sysroot=d1",
        "-Y",
        "P,a::b",
        "-static",
        "-rsx",
        "-EE",
        "--dyn",
        "-c",
        "--version",
        "-e",
    };
    enum { N_WORDS = sizeof words / sizeof *words };
    unsigned seed = 4711;
    for (int round = 0; round < 4000; round++) {
        const char *argv[24];
        int argc = rand_r(&seed) % 24;
        for (int i = 0; i < argc; i++)
            argv[i] = words[(size_t)rand_r(&seed) % N_WORDS];
        seen = (struct seen){0};
        rp_ctx_init(&ctx, remember_diag, &seen);
        enum reap_status st =
            rp_link_parse(&ctx, &the_link, (enum rp_linker_flavor)(round % 4), argc, argv);
        assert_int_equal(st != REAP_OK, seen.n != 0);
        if (!st) {
            size_t n = 0;
            for (size_t i = 0; i < the_link.args.n; i++)
                n += the_link.args.v[i].n_words;
            for (size_t i = 0; i < the_link.inputs.n; i++)
                assert_true(the_link.inputs.v[i].arg < the_link.args.n);
            assert_true(n >= (size_t)argc || n > 0 || argc == 0);
            assert_identity();
        }
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_take_the_words_that_linkers_take),
        cmocka_unit_test(arguments_have_kinds),
        cmocka_unit_test(own_plugin_goes_with_its_options),
        cmocka_unit_test(missing_value_at_the_end_is_passed_on),
        cmocka_unit_test(flags_of_the_link_are_noted),
        cmocka_unit_test(defaults_are_the_linkers),
        cmocka_unit_test(roots_have_their_option_as_origin),
        cmocka_unit_test(defsym_names_both_sides),
        cmocka_unit_test(probes_and_unmodelled_links_pass_through),
        cmocka_unit_test(libraries_are_searched_as_linkers_do),
        cmocka_unit_test(sysroot_prefixes_are_known_as_the_linkers_know_them),
        cmocka_unit_test(static_options_have_each_linkers_reach),
        cmocka_unit_test(libraries_for_other_machines_are_passed_over),
        cmocka_unit_test(state_is_that_of_the_place),
        cmocka_unit_test(implicit_script_is_expanded_in_place),
        cmocka_unit_test(script_that_does_more_stays_as_written),
        cmocka_unit_test(script_names_below_the_sysroot),
        cmocka_unit_test(script_that_names_itself_is_an_error),
        cmocka_unit_test(script_option_is_read_and_stays),
        cmocka_unit_test(default_script_counts_without_another),
        cmocka_unit_test(just_symbols_stay_fixed),
        cmocka_unit_test(links_that_read_pipes_pass_through),
        cmocka_unit_test(empty_file_is_an_empty_script),
        cmocka_unit_test(lines_of_compiler_drivers_are_understood),
        cmocka_unit_test(inputs_are_those_that_ld_opens),
        cmocka_unit_test(inputs_give_way_to_replacements),
        cmocka_unit_test(archives_of_two_arguments_share_the_wrapping),
        cmocka_unit_test(shared_libraries_of_a_script_keep_as_needed),
        cmocka_unit_test(lib_regions_go_when_something_in_them_was_loaded),
        cmocka_unit_test(missing_inputs_stay_for_the_linker_to_report),
        cmocka_unit_test(wrong_replacements_are_refused),
        cmocka_unit_test(random_words_do_no_harm),
    };
    return cmocka_run_group_tests(tests, make_files, leave_scratch);
}
