/* test_rules.c: rule files: syntax, errors with file and line, includes, shipped files. */
#include "link_helpers.h"

#include "link/rules.h"

static struct rp_ctx ctx;
static struct seen seen;
static struct rp_rules rules;

static enum reap_status read_rules(const char *name)
{
    seen = (struct seen){0};
    rules = (struct rp_rules){0};
    rp_ctx_init(&ctx, remember_diag, &seen);
    return rp_rules_read(&ctx, &rules, name);
}

static void end(void)
{
    rp_rules_free(&rules);
    rp_ctx_fini(&ctx);
}

static void every_directive_becomes_a_rule(void **state)
{
    (void)state;
    write_text("all.rules", "# comment\n"
                            "\n"
                            "keep-section .vectors*\t# behind a rule\n"
                            "keep-section .init.* in 'my file.o'\n"
                            "keep-symbol \"operator new*\"\n"
                            "keep-file libx.a:*\n"
                            "export plugin_#1\r\n"
                            "bracket __start __stop .tab.* .tab");
    assert_int_equal(read_rules("all.rules"), REAP_OK);
    assert_int_equal(rules.rules.n, 6);
    const struct rp_rule *r = rules.rules.v;
    assert_int_equal(r[0].kind, RP_RULE_KEEP_SECTION);
    assert_string_equal(r[0].glob, ".vectors*");
    assert_null(r[0].file_glob);
    assert_string_equal(r[0].origin, "all.rules:3");
    assert_string_equal(r[1].glob, ".init.*");
    assert_string_equal(r[1].file_glob, "my file.o");
    assert_int_equal(r[2].kind, RP_RULE_KEEP_SYMBOL);
    assert_string_equal(r[2].glob, "operator new*");
    assert_int_equal(r[3].kind, RP_RULE_KEEP_FILE);
    assert_int_equal(r[4].kind, RP_RULE_EXPORT);
    assert_string_equal(r[4].glob, "plugin_#1");
    assert_int_equal(r[5].kind, RP_RULE_BRACKET);
    assert_string_equal(r[5].start, "__start");
    assert_string_equal(r[5].end, "__stop");
    assert_int_equal(r[5].n_globs, 2);
    assert_string_equal(r[5].globs[0], ".tab.*");
    assert_string_equal(r[5].globs[1], ".tab");
    assert_string_equal(r[5].origin, "all.rules:8");
    end();
}

static void errors_name_file_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *where, *part;
    } cases[] = {
        {"keep-symbol a\nkeep-smbol b\n", "rule-unknown-directive", "bad.rules:2",
         "keep-section, keep-symbol, keep-file, export, bracket, accept, include, table"},
        {"keep-symbol\n", "rule-wrong-words", "bad.rules:1", "keep-symbol GLOB"},
        {"keep-symbol a b\n", "rule-wrong-words", "bad.rules:1", "keep-symbol GLOB"},
        {"\n\nkeep-section .x from y.o", "rule-wrong-words", "bad.rules:3", "in FILEGLOB"},
        {"keep-section .x in", "rule-wrong-words", "bad.rules:1", "in FILEGLOB"},
        {"bracket a b", "rule-wrong-words", "bad.rules:1", "bracket START END"},
        {"export 'never ends\n'", "rule-unterminated-quote", "bad.rules:1", "quote"},
        {"export ''", "rule-empty-word", "bad.rules:1", "empty"},
        {"include no-such-rules", "rules-not-found", "bad.rules:1", "no-such-rules"},
        {"include bad.rules", "rule-include-loop", "bad.rules:1", "bad.rules"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text("bad.rules", cases[i].text);
        assert_int_not_equal(read_rules("bad.rules"), REAP_OK);
        assert_int_equal(seen.n, 1);
        assert_string_equal(seen.code, cases[i].code);
        assert_string_equal(seen.where, cases[i].where);
        assert_non_null(strstr(seen.text, cases[i].part));
        end();
    }
}

static void binary_file_is_refused(void **state)
{
    (void)state;
    write_bytes("bin.rules", "keep-symbol a\nkeep\0symbol b\n", 28);
    assert_int_equal(read_rules("bin.rules"), REAP_ERR_INPUT);
    assert_string_equal(seen.code, "rule-not-text");
    assert_string_equal(seen.where, "bin.rules:2");
    end();
}

static void includes_are_found_beside_the_file(void **state)
{
    (void)state;
    mkdir("sub", 0700);
    write_text("sub/a.rules", "include b.rules\ninclude b\nkeep-symbol a\n");
    write_text("sub/b.rules", "keep-symbol b\n");
    assert_int_equal(read_rules("sub/a.rules"), REAP_OK);
    assert_int_equal(rules.rules.n, 3);
    assert_string_equal(rules.rules.v[0].glob, "b");
    assert_string_equal(rules.rules.v[0].origin, "sub/b.rules:1");
    assert_string_equal(rules.rules.v[2].origin, "sub/a.rules:3");
    end();
}

static void longer_include_loop_is_found(void **state)
{
    (void)state;
    write_text("l1.rules", "include l2.rules\n");
    write_text("l2.rules", "include ./l1.rules\n");
    assert_int_equal(read_rules("l1.rules"), REAP_ERR_INPUT);
    assert_string_equal(seen.code, "rule-include-loop");
    assert_string_equal(seen.where, "l2.rules:1");
    end();
}

static void missing_file_and_name_are_errors(void **state)
{
    (void)state;
    assert_int_equal(read_rules("no/such.rules"), REAP_ERR_IO);
    end();
    assert_int_equal(read_rules("no-such-name"), REAP_ERR_IO);
    assert_string_equal(seen.code, "rules-not-found");
    end();
}

static void shipped_files_are_valid_and_not_empty(void **state)
{
    (void)state;
    static const char *const names[] = {"linux",  "osv",    "glibc",   "newlib",
                                        "zephyr", "u-boot", "freertos"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char prefix[32];
        assert_int_equal(read_rules(names[i]), REAP_OK);
        assert_true(rules.rules.n > 0);
        snprintf(prefix, sizeof prefix, "%s.rules:", names[i]);
        assert_memory_equal(rules.rules.v[0].origin, prefix, strlen(prefix));
        end();
    }
}

static void environment_and_program_folder_come_first(void **state)
{
    (void)state;
    mkdir("env", 0700);
    mkdir("prog", 0700);
    mkdir("prog/rules", 0700);
    write_text("env/linux.rules", "keep-symbol from_env\n");
    write_text("prog/rules/linux.rules", "keep-symbol from_prog\n");
    char dir[128];
    snprintf(dir, sizeof dir, "%s/prog", scratch_dir);
    rules = (struct rp_rules){0};
    rp_ctx_init(&ctx, remember_diag, &seen);
    assert_int_equal(rp_rules_set_dir(&ctx, &rules, dir), REAP_OK);
    assert_int_equal(rp_rules_read(&ctx, &rules, "linux"), REAP_OK);
    assert_string_equal(rules.rules.v[0].glob, "from_prog");
    assert_string_equal(rules.rules.v[0].origin, "linux.rules:1");
    end();
    setenv("REAP_RULES_DIR", "env", 1);
    assert_int_equal(read_rules("linux"), REAP_OK);
    unsetenv("REAP_RULES_DIR");
    assert_string_equal(rules.rules.v[0].glob, "from_env");
    end();
}

static void options_add_rules_with_their_origin(void **state)
{
    (void)state;
    rules = (struct rp_rules){0};
    rp_ctx_init(&ctx, remember_diag, &seen);
    assert_int_equal(rp_rules_add(&ctx, &rules, RP_RULE_KEEP_SYMBOL, "f*", "--keep-symbol=f*"),
                     REAP_OK);
    assert_int_equal(rules.rules.n, 1);
    assert_string_equal(rules.rules.v[0].glob, "f*");
    assert_string_equal(rules.rules.v[0].origin, "--keep-symbol=f*");
    end();
}

static void file_globs_match_all_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *path, *member;
        bool match;
    } cases[] = {
        {"dir/a.o", "dir/a.o", NULL, true},
        {"a.o", "dir/a.o", NULL, true},
        {"b.o", "dir/a.o", NULL, false},
        {"dir/*", "dir/a.o", NULL, true},
        {"libx.a", "/lib/libx.a", "m.o", true},
        {"libx.a:m.o", "/lib/libx.a", "m.o", true},
        {"libx.a(m.o)", "/lib/libx.a", "m.o", true},
        {"/lib/libx.a:m.o", "/lib/libx.a", "m.o", true},
        {"/lib/libx.a(m.*)", "/lib/libx.a", "m.o", true},
        {"*libx.a:m.*", "/lib/libx.a", "m.o", true},
        {"m.o", "/lib/libx.a", "m.o", true},
        {"libx.a:n.o", "/lib/libx.a", "m.o", false},
        {"libx.a:m.o", "libx.a", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(rp_file_glob_match(cases[i].glob, cases[i].path, cases[i].member),
                         cases[i].match);
}

static void random_bytes_do_no_harm(void **state)
{
    (void)state;
    static const char *const pieces[] = {"keep-symbol", "keep-section", "bracket", "include", "in",
                                         "'",           "\"",           "#",       "\n",      " ",
                                         "x*",          "\\",           "f.rules", "\t"};
    unsigned seed = 7;
    for (int round = 0; round < 3000; round++) {
        char text[512] = "";
        for (int n = rand_r(&seed) % 30; n > 0; n--)
            strcat(text, pieces[(size_t)rand_r(&seed) % (sizeof pieces / sizeof *pieces)]);
        write_text("f.rules", text);
        enum reap_status st = read_rules("f.rules");
        assert_int_equal(st != REAP_OK, seen.n != 0);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_directive_becomes_a_rule),
        cmocka_unit_test(errors_name_file_and_line),
        cmocka_unit_test(binary_file_is_refused),
        cmocka_unit_test(includes_are_found_beside_the_file),
        cmocka_unit_test(longer_include_loop_is_found),
        cmocka_unit_test(missing_file_and_name_are_errors),
        cmocka_unit_test(shipped_files_are_valid_and_not_empty),
        cmocka_unit_test(environment_and_program_folder_come_first),
        cmocka_unit_test(options_add_rules_with_their_origin),
        cmocka_unit_test(file_globs_match_all_spellings),
        cmocka_unit_test(random_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
