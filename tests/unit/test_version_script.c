/* test_version_script.c: version scripts and dynamic lists: grammar and lookup.
 *
 * The expected answers of conflicting patterns follow bfd_find_version_for_sym; those marked so in
 * version_scripts_answer_as_ld_does were measured with ld.bfd 2.40, gold and lld 19.
 */
#include "script_help.h"

static enum reap_status read_version(struct bench *b, const char *text, bool dynamic_list,
                                     struct rp_version_script **ret)
{
    bench_open(b, RP_LINKER_BFD);
    write_text("v.map", text);
    return rp_version_script_read(&b->ctx, &b->link, "v.map", dynamic_list, ret);
}

static void check(const char *text, bool dynamic_list, const char *const (*want)[2], size_t n)
{
    struct bench b;
    struct rp_version_script *v = NULL;
    if (read_version(&b, text, dynamic_list, &v) != REAP_OK)
        fail_msg("%s: %s in: %s", b.seen.where, b.seen.text, text);
    for (size_t i = 0; i < n; i++) {
        int says = rp_version_script_lookup(v, want[i][0]);
        if (says != atoi(want[i][1]))
            fail_msg("%s in %s is %d, not %s", want[i][0], text, says, want[i][1]);
    }
    bench_close(&b);
}
#define CHECK(text, ...)                                                                           \
    do {                                                                                           \
        static const char *const want_[][2] = {__VA_ARGS__};                                       \
        check((text), false, want_, sizeof want_ / sizeof *want_);                                 \
    } while (0)
#define CHECK_LIST(text, ...)                                                                      \
    do {                                                                                           \
        static const char *const want_[][2] = {__VA_ARGS__};                                       \
        check((text), true, want_, sizeof want_ / sizeof *want_);                                  \
    } while (0)

static void nodes_are_read_in_all_their_forms(void **state)
{
    (void)state;
    CHECK("V1 { global: f; g; local: *; };", {"f", "1"}, {"g", "1"}, {"h", "0"});
    CHECK("{ global: f; local: *; };", {"f", "1"}, {"h", "0"});
    CHECK("{ f; };", {"f", "1"}, {"h", "-1"});
    CHECK("V1 { f; }; V2 { g; } V1; V3 { } V1 V2;", {"f", "1"}, {"g", "1"}, {"h", "-1"});
    CHECK("V1{global:f;local:*;};", {"f", "1"}, {"h", "0"});
    CHECK("V1 { local: l; global: f; local: m; };", {"f", "1"}, {"l", "0"}, {"m", "0"});
    CHECK("V1 { f };", {"f", "1"});
    CHECK("/* c */ V1 # x\n { f; /* ; */ g; # y\n };", {"f", "1"}, {"g", "1"}, {"y", "-1"});
    CHECK("GLIBC_2.2.5 { f; };", {"f", "1"});
    CHECK("V1 { global: \"odd name\"; \"st*r\"; };", {"odd name", "1"}, {"st*r", "1"},
          {"stair", "-1"});
    CHECK("V1 { global; local; extern; };", {"global", "1"}, {"local", "1"}, {"extern", "1"});
    CHECK("", {"f", "-1"});
}

static void globs_match_and_escapes_are_literal(void **state)
{
    (void)state;
    CHECK("V1 { f*; ?g; [ab]h; };", {"f", "1"}, {"foo", "1"}, {"xg", "1"}, {"ah", "1"},
          {"ch", "-1"});
    CHECK("V1 { a\\*b; };", {"a*b", "1"}, {"axb", "-1"});
}

static void version_scripts_answer_as_ld_does(void **state)
{
    (void)state;
    /* measured: an exact name beats any wildcard, of whatever node */
    CHECK("V1 { global: f*; local: foo; };", {"foo", "0"}, {"fob", "1"});
    CHECK("V1 { local: f*; }; V2 { global: foo; };", {"foo", "1"}, {"fob", "0"});
    /* measured with lld and gold (GNU ld refuses it): of two exact names the first node counts */
    CHECK("V1 { global: foo; }; V2 { local: foo; };", {"foo", "1"});
    CHECK("V1 { local: foo; }; V2 { global: foo; };", {"foo", "0"});
    /* measured: a wildcard beats the star, global beats local */
    CHECK("V1 { global: *; local: f*; };", {"foo", "0"}, {"bar", "1"});
    CHECK("V1 { global: f*; local: *; };", {"foo", "1"}, {"bar", "0"});
    CHECK("V1 { global: f*; local: fo*; };", {"foo", "1"});
    CHECK("V1 { local: fo*; }; V2 { global: f*; };", {"foo", "1"});
    CHECK("V1 { global: *; local: *; };", {"foo", "1"});
}

static void cplusplus_patterns_match_demangled_names(void **state)
{
    (void)state;
    CHECK("V1 { global: extern \"C++\" { ns::f*; \"ns::g(int)\"; \"operator new*\"; "
          "extern \"C\" { cee; } }; plain; local: *; };",
          {"_ZN2ns3fooEv", "1"}, {"_ZN2ns1gEi", "1"}, {"_ZN2ns1gEl", "0"}, {"_Znwm", "0"},
          {"cee", "1"}, {"plain", "1"}, {"_ZN2xx3fooEv", "0"});
    CHECK("V1 { extern \"C++\" { ns::*; }; };", {"_ZN2ns3fooEv", "1"}, {"foo", "-1"});
    CHECK("V1 { extern \"C++\" { foo }; };", {"foo", "1"}); /* no C++ name: as it is */
    CHECK("V1 { global: foo; local: extern \"C++\" { foo; }; };", {"foo", "1"});
    CHECK("V1 { local: extern \"C++\" { foo; }; global: foo; };", {"foo", "0"});
    CHECK("V1 { _ZN2ns*; };", {"_ZN2ns3fooEv", "1"});
    CHECK("V1 { extern \"C++\" { _ZN2ns*; }; };", {"_ZN2ns3fooEv", "-1"});
}

static void versioned_names_are_looked_up_in_their_node(void **state)
{
    (void)state;
    CHECK("V1 { global: f; local: *; }; V2 { global: g; local: h; };", {"f@V1", "1"},
          {"f@@V2", "1"}, {"h@@V2", "0"}, {"other@V1", "0"}, {"f@V9", "1"});
}

static void dynamic_lists_list(void **state)
{
    (void)state;
    CHECK_LIST("{ f; g*; };", {"f", "1"}, {"gg", "1"}, {"h", "-1"});
    CHECK_LIST("{ f; }; { h; };", {"f", "1"}, {"h", "1"});
    CHECK_LIST("{ extern \"C++\" { \"ns::f()\"; typeinfo*; }; };", {"_ZN2ns1fEv", "1"},
               {"_ZTI1X", "1"});
    CHECK_LIST("{ global: f; local: *; };", {"f", "1"}, {"h", "-1"});
}

static void patterns_know_their_version(void **state)
{
    (void)state;
    struct bench b;
    struct rp_version_script *v = NULL;
    assert_int_equal(
        read_version(&b, "{ a; }; V2 { local: b; extern \"C++\" { c*; }; } X;", false, &v),
        REAP_OK);
    assert_int_equal(v->patterns.n, 3);
    assert_string_equal(v->patterns.v[0].version, "");
    assert_true(v->patterns.v[0].literal && !v->patterns.v[0].local);
    assert_string_equal(v->patterns.v[1].version, "V2");
    assert_true(v->patterns.v[1].local);
    assert_true(v->patterns.v[2].cplusplus && v->patterns.v[2].local && !v->patterns.v[2].literal);
    bench_close(&b);
}

static void bad_version_scripts_are_errors_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *where, *says;
    } cases[] = {
        {"V1 {\n f;\n", "v.map:3", "the file ends"},
        {"V1 { f; }", "v.map:1", "expected ';'"},
        {"V1 f; }", "v.map:1", "expected '{'"},
        {"\nV1 { f g; };", "v.map:2", "expected ';'"},
        {"V1 { \"f; };", "v.map:1", "not closed"},
        {"/* V1 { f; };", "v.map:1", "comment is not closed"},
        {"V1 { extern \"Ada\" { f; }; };", "v.map:1", "Ada"},
        {"V1 { extern \"C\" f; };", "v.map:1", "expected '{'"},
        {"V1 { f; }; }", "v.map:1", "closes nothing"},
        {"V1 { : ; };", "v.map:1", "expected a name"},
        {"V1 { { f; } };", "v.map:1", "expected a name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        struct rp_version_script *v = NULL;
        if (read_version(&b, cases[i].text, false, &v) != REAP_ERR_INPUT)
            fail_msg("no error in: %s", cases[i].text);
        assert_int_equal(b.seen.n, 1);
        assert_string_equal(b.seen.code, "version-script-syntax");
        assert_string_equal(b.seen.where, cases[i].where);
        if (!strstr(b.seen.text, cases[i].says))
            fail_msg("'%s' does not say '%s'", b.seen.text, cases[i].says);
        assert_null(v);
        bench_close(&b);
    }
}

static void deep_nesting_and_cut_files_do_not_crash(void **state)
{
    (void)state;
    struct bench b;
    struct rp_version_script *v = NULL;
    enum { N = 20000 };
    char *text = malloc(N * 12 + 20), *to = text;
    assert_non_null(text);
    to += sprintf(to, "V1 { ");
    for (int i = 0; i < N; i++)
        to += sprintf(to, "extern\"C\"{");
    assert_int_equal(read_version(&b, text, false, &v), REAP_ERR_INPUT);
    assert_non_null(strstr(b.seen.text, "nested deeper"));
    bench_close(&b);
    free(text);
    static const char whole[] =
        "V1 { global: \"a\"; extern \"C++\" { b::*; }; local: *; } V0; {c;};";
    for (size_t n = 0; n <= strlen(whole); n++) {
        bench_open(&b, RP_LINKER_BFD);
        write_bytes("t.map", whole, n);
        enum reap_status st = rp_version_script_read(&b.ctx, &b.link, "t.map", false, &v);
        assert_true(st == REAP_OK || st == REAP_ERR_INPUT);
        if (n == strlen(whole))
            assert_int_equal(st, REAP_OK);
        bench_close(&b);
    }
}

static void many_exact_names_are_found_by_hash(void **state)
{
    (void)state;
    enum { N = 50000 };
    struct bench b;
    struct rp_version_script *v = NULL;
    char *text = malloc(N * 12 + 50), *to = text, name[20];
    assert_non_null(text);
    to += sprintf(to, "V1 { ");
    for (int i = 0; i < N; i++)
        to += sprintf(to, "n%d;", i);
    sprintf(to, " local: *; };");
    assert_int_equal(read_version(&b, text, false, &v), REAP_OK);
    for (int i = 0; i < 2 * N; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(rp_version_script_lookup(v, name), i < N);
    }
    bench_close(&b);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_read_in_all_their_forms),
        cmocka_unit_test(globs_match_and_escapes_are_literal),
        cmocka_unit_test(version_scripts_answer_as_ld_does),
        cmocka_unit_test(cplusplus_patterns_match_demangled_names),
        cmocka_unit_test(versioned_names_are_looked_up_in_their_node),
        cmocka_unit_test(dynamic_lists_list),
        cmocka_unit_test(patterns_know_their_version),
        cmocka_unit_test(bad_version_scripts_are_errors_with_their_line),
        cmocka_unit_test(deep_nesting_and_cut_files_do_not_crash),
        cmocka_unit_test(many_exact_names_are_found_by_hash),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
