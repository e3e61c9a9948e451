/* test_cmdline.c: the words of a linker's command line: what they are, and the final command. */
#include "cmdline_helpers.h"

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
