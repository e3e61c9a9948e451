/* test_why.c: the answers of `reap why`. */
#include "report_fixture.h"

static char *ask(struct fx *x, const char *pattern, struct rp_why_options opts, unsigned *matches)
{
    char *s = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&s, &n);
    assert_non_null(out);
    assert_int_equal(rp_why_write(&x->ctx, &x->f, pattern, &opts, out, matches), REAP_OK);
    fclose(out);
    return s;
}

struct question {
    const char *pattern;
    unsigned matches;
    const char *parts[6]; /* of the answer; "!…" must not be there */
};

static void check(struct fx *x, const struct question *q, struct rp_why_options opts)
{
    unsigned matches;
    char *s = ask(x, q->pattern, opts, &matches);
    if (matches != q->matches)
        print_message("why %s:\n%s", q->pattern, s);
    assert_int_equal(matches, q->matches);
    for (size_t i = 0; i < 6 && q->parts[i]; i++) {
        bool not = q->parts[i][0] == '!';
        bool ok = (strstr(s, q->parts[i] + not ) != NULL) != not ;
        if (!ok)
            print_message("why %s: '%s'\n%s", q->pattern, q->parts[i], s);
        assert_true(ok);
    }
    free(s);
}

static void answers_in_text(void **state)
{
    (void)state;
    static const struct question questions[] = {
        /* live: mangled, demangled, without parameters, glob, section, place */
        {"_ZN2ns1fEi",
         1,
         {"ns::f(int)  _ZN2ns1fEi", "live: lib/libx.a(m.o):.text._ZN2ns1fEi, 100 bytes of text",
          "root: option: --keep-symbol=main",
          "main.o:.text.main+0x9 --reloc--> ns::f(int)  [lib/libx.a(m.o):.text._ZN2ns1fEi]",
          "1 COMDAT copies", "1 step)"}},
        {"ns::f(int)", 1, {"live: lib/libx.a(m.o)"}},
        {"ns::f", 1, {"live: lib/libx.a(m.o)"}},
        {"ns::f(long)", 0, {"near to it", "ns::f(int)"}},
        {"ns::*", 3, {"ns::f(int)", "ns::g()", "never extracted"}},
        {".text.main", 1, {"live: main.o:.text.main"}},
        {"main.o:.text.main", 1, {"live: main.o:.text.main"}},
        {"main.o:(.text.main)", 1, {"live: main.o:.text.main"}},
        {".eh_frame", 1, {"1 of the section's 2 parts live", "--subject-->"}},
        {"__start_tab", 1, {"live: __start_tab/__stop_tab", "--start-stop-->"}},
        {"__start_tab/__stop_tab", 1, {"live"}},
        /* dead */
        {"h_table",
         1,
         {"removed (only-from-dead)", "lib/libx.a(m.o):.text._ZN2ns1gEv+0x3 --reloc--> h_table",
          "(in ns::g())", "head of its dead chain: lib/libx.a(m.o):.text._ZN2ns1gEv  ns::g()",
          "the head would bring back 6,028 bytes (5.9 KiB) in 3 parts",
          "to keep it: --reap-keep-symbol=h_table"}},
        {"ns::g",
         1,
         {"removed (unreferenced)", "nothing refers to it", "it is the head",
          "6,028 bytes (5.9 KiB) in 3 parts\n"}},
        {"left", 1, {"50 bytes in 2 parts, 10 of them through it alone"}},
        {"shared", 1, {"referred to 2 times", "several dead chains"}},
        {"seen", 1, {"removed (only-from-debug)", ".debug_info+0x4d"}},
        /* names that are in no section */
        {"printf", 1, {"defined in the shared library libc.so.6"}},
        {"hook",
         1,
         {"never extracted from its archive: lib/libx.a(never.o)", "only weak references",
          "main.o:.text.main+0x1c (weak)"}},
        {"ns::other", 1, {"never extracted", "nothing that was loaded refers to it"}},
        /* files */
        {"m.o",
         1,
         {"lib/libx.a(m.o)", "extracted from its archive for ns::f(int)", "by main.o",
          "kept: 124 bytes", "removed: 6,098 bytes"}},
        {"libx.a(m.o)", 1, {"loaded: object"}},
        {"libx.a:never.o", 1, {"never extracted", "none of the 2 names", "ns::other()"}},
        {"main.o", 1, {"loaded: object"}},
        /* nothing */
        {"mian", 0, {"nothing in the link is called mian", "near to it", "main"}},
        {"ns::F*", 0, {"nothing in the link is called ns::F*"}},
        {"zzzzzzzzzz", 0, {"nothing in the link", "!near"}},
        {"", 0, {"nothing in the link"}},
        {"[", 0, {"nothing in the link"}},
        {"*", 17, {"ns::g()"}},
    };
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        check(&x, &questions[i], (struct rp_why_options){0});
    fx_free(&x);
}

static void all_roots_are_listed_on_request(void **state)
{
    (void)state;
    static const struct question one = {"ns::f", 1, {"!all roots"}};
    static const struct question all = {
        "ns::f",
        1,
        {"all roots that reach it: 2", "entry: entry symbol _start  [main.o:.text]",
         "option: --keep-symbol=main  [main.o:.text.main]", "!not allocated"}};
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    check(&x, &one, (struct rp_why_options){0});
    check(&x, &all, (struct rp_why_options){.all_roots = true});
    fx_free(&x);
}

static void answers_are_limited_on_request(void **state)
{
    (void)state;
    static const struct question q = {
        "ns::*", 3, {"ns::f(int)", "!ns::g()", "… and 2 more matches"}};
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    check(&x, &q, (struct rp_why_options){.max = 1});
    fx_free(&x);
}

/* A long chain of live nodes is followed without recursion; every step is there. */
static void paths_are_complete(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    rp_id file = fx_file(&x, "a.o", NULL, "object"), last = 0;
    char name[32];
    for (uint32_t i = 1; i <= 300; i++) {
        snprintf(name, sizeof name, "f%u", i);
        rp_id node = fx_node(&x, file, i, ".text", name, 1, RP_CLASS_TEXT);
        if (last)
            fx_edge(&x, last, node, RP_EDGE_RELOC, name, i);
        last = node;
    }
    fx_root(&x, 1, RP_ROOT_ENTRY, "");
    fx_finish(&x);
    unsigned matches;
    char *s = ask(&x, "f300", (struct rp_why_options){0}, &matches);
    assert_int_equal(matches, 1);
    assert_non_null(strstr(s, "(299 steps)"));
    size_t steps = 0;
    for (const char *at = s; (at = strstr(at, "--reloc-->")) != NULL; at++)
        steps++;
    assert_int_equal(steps, 299);
    free(s);
    fx_free(&x);
}

static void answers_in_json(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    static const struct {
        const char *pattern, *check;
    } cases[] = {
        {"ns::f", "m = j['matches'][0]; assert m['state'] == 'live' and m['demangled'] == "
                  "'ns::f(int)' and m['path'][0]['to']['symbol'] == '_ZN2ns1fEi' and "
                  "len(m['all-roots']) == 2 and m['root']['reason'] == 'option'"},
        {"h_table", "m = j['matches'][0]; assert m['reason'] == 'only-from-dead' and "
                    "m['head']['symbol'] == '_ZN2ns1gEv' and m['referrers'][0]['at-offset'] == 3"},
        {"hook", "m = j['matches'][0]; assert m['state'] == 'not-extracted' and "
                 "m['references'][0]['weak'] is True and m['member'] == 'never.o'"},
        {"m.o", "m = j['matches'][0]; assert m['kind'] == 'file' and "
                "m['extracted-by']['file'] == 'main.o'"},
        {"mian", "assert j['matches'] == [] and j['near'] == ['main'] and j['n-matches'] == 0"},
        {"*", "assert len(j['matches']) == j['n-matches'] == 17"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned matches;
        char path[] = "/tmp/reap-why-XXXXXX", command[2048];
        struct rp_why_options opts = {.json = true, .all_roots = true};
        char *s = ask(&x, cases[i].pattern, opts, &matches);
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, s, strlen(s)), strlen(s));
        close(fd);
        snprintf(command, sizeof command,
                 "python3 -c \"import json, sys\nj = json.load(sys.stdin)\n%s\n\" < %s",
                 cases[i].check, path);
        int status = system(command);
        if (status)
            print_message("%s", s);
        assert_int_equal(status, 0);
        unlink(path);
        free(s);
    }
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_text),
        cmocka_unit_test(all_roots_are_listed_on_request),
        cmocka_unit_test(answers_are_limited_on_request),
        cmocka_unit_test(paths_are_complete),
        cmocka_unit_test(answers_in_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
