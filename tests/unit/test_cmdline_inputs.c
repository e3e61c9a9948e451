/* test_cmdline_inputs.c: inputs: search, state at the place, scripts; lines of real compilers. */
#include "cmdline_helpers.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, make_files, leave_scratch);
}
