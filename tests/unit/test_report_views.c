/* test_report_views.c: the text report, the JSON report, and the list of removed sections. */
#include "report_fixture.h"

#include "report/jsonw.h"
#include "report/view.h"

static void removed_lines_are_in_the_words_of_lld(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    rp_id common = fx_node(&x, p.main_o, 0, "COMMON", "buffer", 64, RP_CLASS_BSS);
    x.f.nodes.v[common].kind = RP_NODE_COMMON;
    fx_finish(&x);
    char *s = fx_written(&x, rp_removed_write);
    /* not the partly dead .eh_frame, not the COMDAT copy; commons last */
    assert_string_equal(s, "removing unused section main.o:(.data.a)\n"
                           "removing unused section main.o:(.text.b)\n"
                           "removing unused section main.o:(.text.seen)\n"
                           "removing unused section lib/libx.a(m.o):(.text._ZN2ns1gEv)\n"
                           "removing unused section lib/libx.a(m.o):(.rodata.h)\n"
                           "removing unused section lib/libx.a(m.o):(.text.left)\n"
                           "removing unused section lib/libx.a(m.o):(.text.right)\n"
                           "removing unused section lib/libx.a(m.o):(.data.shared)\n"
                           "removing unused section main.o:(COMMON)\n");
    free(s);
    fx_free(&x);
}

static void text_says_what_and_why(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "product  ld.reap",
        "command  -o a.out main.o lib/libx.a",
        "BIGGEST DEAD CHAINS",
        "ns::g()",
        "ns::f(int)", /* in no removed section, but in no other place either: see below */
        "unreferenced",
        "only-from-dead from .text._ZN2ns1gEv; head: lib/libx.a(m.o):.text._ZN2ns1gEv",
        "held by several chains",
        ".eh_frame: 1 of 2 records (dead-subject)",
        "1 COMDAT duplicates (100 B)",
        "entry: entry symbol _start",
        "1  option\n",
    };
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    char *s = fx_written(&x, rp_text_write);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        bool is_there = strstr(s, parts[i]) != NULL;
        bool wanted = strcmp(parts[i], "ns::f(int)") != 0;
        if (is_there != wanted)
            print_message("%s: '%s'\n%s", wanted ? "missing" : "unexpected", parts[i], s);
        assert_int_equal(is_there, wanted);
    }
    free(s);
    fx_free(&x);
}

static void text_of_nothing_removed_has_no_empty_headings(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    rp_id file = fx_file(&x, "a.o", NULL, "object");
    rp_id node = fx_node(&x, file, 1, ".text", "_start", 1, RP_CLASS_TEXT);
    fx_root(&x, node, RP_ROOT_ENTRY, "");
    fx_finish(&x);
    char *s = fx_written(&x, rp_text_write);
    assert_null(strstr(s, "BIGGEST"));
    assert_null(strstr(s, "REMOVED SECTIONS"));
    assert_non_null(strstr(s, "1 objects lost nothing"));
    free(s);
    fx_free(&x);
}

/* Names of any bytes cannot break a line or a terminal. */
static void text_shows_control_bytes(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    rp_id file = fx_file(&x, "a\nb.o", NULL, "object");
    fx_node(&x, file, 1, ".text\x1b[31m", "f\x7f", 1, RP_CLASS_TEXT);
    fx_finish(&x);
    char *s = fx_written(&x, rp_text_write);
    assert_non_null(strstr(s, "a\\x0ab.o"));
    assert_non_null(strstr(s, ".text\\x1b[31m"));
    assert_null(strchr(s, 0x1b));
    free(s);
    fx_free(&x);
}

/* --- JSON ------------------------------------------------------------------------------------ */

/* Run a Python program with the text on its standard input. */
static int python(const char *program, const char *text)
{
    char path[] = "/tmp/reap-json-XXXXXX", command[4096];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    size_t n = strlen(text);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
    snprintf(command, sizeof command, "python3 -c \"%s\" < %s", program, path);
    int status = system(command);
    unlink(path);
    return status;
}

static void json_holds_the_facts(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    char *s = fx_written(&x, rp_json_write);
    int status =
        python("import json, sys\n"
               "j = json.load(sys.stdin)\n"
               "assert j['format'] == 'reap-report' and j['format-version'] == 1\n"
               "assert j['run']['product'] == 'ld.reap'\n"
               "n = {x['id']: x for x in j['nodes']}\n"
               "assert len(n) == len(j['nodes']) == 16\n"
               "by = {x.get('symbol'): x for x in j['nodes'] if x['state'] != 'comdat-duplicate'}\n"
               "g, h, f = by['_ZN2ns1gEv'], by['h_table'], by['_ZN2ns1fEi']\n"
               "assert g['demangled'] == 'ns::g()' and g['reason'] == 'unreferenced'\n"
               "assert h['reason'] == 'only-from-dead' and h['head'] == g['id']\n"
               "assert h['referrers'] == [{'node': g['id'], 'kind': 'reloc', 'symbol': 'h_table',"
               " 'offset': 3}]\n"
               "assert g['retained'] == 6028\n"
               "assert f['state'] == 'live' and f['root-reason'] == 'option'\n"
               "assert n[f['reached-from']['node']]['symbol'] == 'main'\n"
               "assert j['undefined'][0]['name'] == 'hook' and j['undefined'][0]['weak'] is True\n"
               "files = {x['id']: x for x in j['files']}\n"
               "assert files[3]['kind'] == 'member-not-extracted'\n"
               "for part, states in (('kept', ['live']), ('removed', ['removed']),"
               " ('comdat-duplicates', ['comdat-duplicate'])):\n"
               "    want = {}\n"
               "    for x in j['nodes']:\n"
               "        if x['state'] in states and x['kind'] != 'set':\n"
               "            want[x['class']] = want.get(x['class'], 0) + x['size']\n"
               "    got = {c: v['bytes'] for c, v in j['totals'][part].items()}\n"
               "    by_file = {}\n"
               "    for q in j['files']:\n"
               "        for c, v in q.get('totals', {}).get(part, {}).items():\n"
               "            by_file[c] = by_file.get(c, 0) + v['bytes']\n"
               "    assert want == got == by_file, (part, want, got, by_file)\n",
               s);
    assert_int_equal(status, 0);
    free(s);
    fx_free(&x);
}

/* Every byte but NUL, alone and next to valid UTF-8, comes back through PEP 383. */
static void json_names_hold_any_bytes(void **state)
{
    (void)state;
    char name[1024];
    size_t n = 0;
    for (int c = 1; c < 256; c++)
        name[n++] = (char)c;
    static const char more[] =
        "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 \xed\xa0\x80 \xc0\xaf \xe0\x80"
        "\x80 \xf4\x90\x80\x80 \xf5 \xe2\x82";
    memcpy(name + n, more, sizeof more);
    struct rp_jsonw w = {0};
    rp_jsonw_open(&w, NULL, '[', true);
    rp_jsonw_string(&w, NULL, name);
    rp_jsonw_close(&w, ']');
    assert_false(w.b.oom);
    int status = python(
        "import json, sys\n"
        "s = json.loads(sys.stdin.buffer.read().decode())[0]\n"
        "more = bytes.fromhex('c3a420e282ac20f09f988020eda08020c0af20e0808020f490808020f520e282')\n"
        "want = bytes(range(1, 256)) + more\n"
        "assert s.encode('utf-8', 'surrogateescape') == want\n",
        w.b.s);
    assert_int_equal(status, 0);
    rp_strbuf_free(&w.b);
}

static void json_of_nasty_names_is_valid(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    rp_id file = fx_file(&x, "a\"b\\c\n.a", "m\xff.o", "object");
    fx_node(&x, file, 1, ".text.\t\x01\"", "_Z\"\x80", 1, RP_CLASS_TEXT);
    fx_finish(&x);
    char *s = fx_written(&x, rp_json_write);
    assert_int_equal(python("import json, sys\n"
                            "j = json.loads(sys.stdin.buffer.read().decode())\n"
                            "assert j['files'][0]['path'] == 'a' + chr(34) + 'b' + chr(92) + 'c' +"
                            " chr(10) + '.a'\n"
                            "assert j['files'][0]['member'] == 'm' + chr(0xdcff) + '.o'\n",
                            s),
                     0);
    free(s);
    fx_free(&x);
}

static void json_of_nothing_is_valid(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    fx_finish(&x);
    char *s = fx_written(&x, rp_json_write);
    assert_int_equal(
        python("import json, sys\nj = json.load(sys.stdin)\nassert j['nodes'] == []\n", s), 0);
    free(s);
    fx_free(&x);
}

/* --- words ----------------------------------------------------------------------------------- */

static void sizes_are_exact_and_readable(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        const char *size, *number;
    } cases[] = {
        {0, "0 B", "0"},
        {999, "999 B", "999"},
        {1023, "1023 B", "1,023"},
        {1024, "1.0 KiB", "1,024"},
        {12595, "12.3 KiB", "12,595"},
        {1048575, "1.0 MiB", "1,048,575"},
        {UINT64_MAX, "16.0 EiB", "18,446,744,073,709,551,615"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rp_strbuf b = {0};
        rp_word_size(cases[i].n, &b);
        assert_string_equal(b.s, cases[i].size);
        b.n = 0;
        rp_word_number(cases[i].n, &b);
        assert_string_equal(b.s, cases[i].number);
        rp_strbuf_free(&b);
    }
}

static void every_name_of_the_lists_exists(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RP_N_REASONS; i++)
        assert_string_not_equal(rp_reason_name(i), "?");
    for (unsigned i = 1; i < RP_N_ROOT_REASONS; i++)
        assert_string_not_equal(rp_root_reason_name(i), "?");
    for (unsigned i = 0; i <= RP_EDGE_ASSOC; i++)
        assert_string_not_equal(rp_edge_kind_name(i), "?");
    for (unsigned i = RP_NODE_SECTION; i <= RP_NODE_SET; i++)
        assert_string_not_equal(rp_node_kind_name(i), "?");
    for (unsigned i = 0; i < RP_N_CLASSES; i++)
        assert_string_not_equal(rp_class_name(i), "?");
    for (unsigned i = 1; i < RP_N_PLACES; i++)
        assert_string_not_equal(rp_place_name(i), "?");
    assert_string_equal(rp_reason_name(1000), "?");
    assert_string_equal(rp_root_reason_name(0), "?");
}

static void full_disk_is_an_error(void **state)
{
    (void)state;
    struct fx x;
    struct fx_program p;
    fx_init(&x);
    fx_program(&x, &p);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    assert_int_equal(rp_text_write(&x.ctx, &x.f, full), REAP_ERR_IO);
    assert_int_equal(rp_json_write(&x.ctx, &x.f, full), REAP_ERR_IO);
    assert_int_equal(rp_removed_write(&x.ctx, &x.f, full), REAP_ERR_IO);
    assert_string_equal(x.last_code, "report-write");
    fclose(full);
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removed_lines_are_in_the_words_of_lld),
        cmocka_unit_test(text_says_what_and_why),
        cmocka_unit_test(text_of_nothing_removed_has_no_empty_headings),
        cmocka_unit_test(text_shows_control_bytes),
        cmocka_unit_test(json_holds_the_facts),
        cmocka_unit_test(json_names_hold_any_bytes),
        cmocka_unit_test(json_of_nasty_names_is_valid),
        cmocka_unit_test(json_of_nothing_is_valid),
        cmocka_unit_test(sizes_are_exact_and_readable),
        cmocka_unit_test(every_name_of_the_lists_exists),
        cmocka_unit_test(full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
