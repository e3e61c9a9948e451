/* test_script.c: the grammar of linker scripts, and what is kept of them. */
#include "script_help.h"

#include <elf.h>
#include <glob.h>

/* "file(section section…)" of each statement, K for KEEP, one a line. */
static void print_statements(const struct rp_script *s, char *buf, size_t size)
{
    *buf = '\0';
    for (size_t i = 0; i < s->stmts.n; i++) {
        const struct rp_input_stmt *st = &s->stmts.v[i];
        append(buf, size, i ? "\n" : "");
        append(buf, size, st->keep ? "K " : "");
        for (uint32_t k = 0; k < st->n_exclude; k++) {
            append(buf, size, "!");
            append(buf, size, st->exclude[k]);
            append(buf, size, " ");
        }
        append(buf, size, st->file_glob);
        append(buf, size, "(");
        for (uint32_t k = 0; k < st->n_sections; k++) {
            const struct rp_section_pattern *p = &st->sections[k];
            append(buf, size, k ? " " : "");
            for (uint32_t j = 0; j < p->n_exclude; j++) {
                append(buf, size, "!");
                append(buf, size, p->exclude[j]);
                append(buf, size, " ");
            }
            append(buf, size, p->sorted ? "^" : "");
            append(buf, size, p->glob);
        }
        append(buf, size, ")");
    }
}

static void check_statements(enum rp_linker_flavor flavor, const char *body, const char *want)
{
    struct bench b;
    char text[2000], got[2000];
    snprintf(text, sizeof text, "SECTIONS\n{\n.out : {\n%s\n}\n}\n", body);
    bench_script(&b, flavor, text);
    print_statements(b.s, got, sizeof got);
    assert_string_equal(got, want);
    bench_close(&b);
}

static void statements_are_read_in_all_their_forms(void **state)
{
    (void)state;
    static const struct {
        const char *body, *want;
    } cases[] = {
        {"*(.text)", "*(.text)"},
        {"*(.text .text.*)", "*(.text .text.*)"},
        {"*(.text, .text.*)", "*(.text .text.*)"},
        {"*(.text,.data)", "*(.text .data)"},
        {"* ( .text ) ;", "*(.text)"},
        {"foo.o(.text)", "foo.o(.text)"},
        {"foo.o", "foo.o()"},
        {"foo.o bar.o (.x)", "foo.o()\nbar.o(.x)"},
        {"\"my file.o\"(\".a b\")", "my file.o(.a b)"},
        {"*libx.a:m.*(.y)", "*libx.a:m.*(.y)"},
        {"libx.a:(.y) :f.o(.z)", "libx.a:(.y)\n:f.o(.z)"},
        {"/usr/lib/crt1.o(.text)", "/usr/lib/crt1.o(.text)"},
        {"*/dir/*.o(.text)", "*/dir/*.o(.text)"},
        {"?rt*.o([a-c]*)", "?rt*.o([a-c]*)"},
        {"KEEP(*(.a))", "K *(.a)"},
        {"KEEP (*(.a)) KEEP(foo.o)", "K *(.a)\nK foo.o()"},
        {"*(EXCLUDE_FILE(*a.o b.o) .x .y)", "*(!*a.o !b.o .x .y)"},
        {"*(.x EXCLUDE_FILE (*a.o) .y)", "*(.x !*a.o .y)"},
        {"EXCLUDE_FILE(*a.o) *(.x)", "!*a.o *(.x)"},
        {"KEEP(EXCLUDE_FILE(*a.o *b.o) *(.x))", "K !*a.o !*b.o *(.x)"},
        {"*(SORT(.x))", "*(^.x)"},
        {"*(SORT_BY_NAME(SORT_BY_ALIGNMENT(.x*)))", "*(^.x*)"},
        {"*(SORT_BY_INIT_PRIORITY(.init_array.*) .z)", "*(^.init_array.* .z)"},
        {"*(SORT(EXCLUDE_FILE(*c.o) .x))", "*(!*c.o ^.x)"},
        {"*(SORT_NONE(.init))", "*(.init)"},
        {"*(REVERSE(SORT(.x)))", "*(^.x)"},
        {"SORT(*)(.x)", "*(.x)"},
        {"SORT_BY_NAME(EXCLUDE_FILE(a.o) *)(.x)", "!a.o *(.x)"},
        {"INPUT_SECTION_FLAGS(SHF_MERGE & SHF_STRINGS) *(.x)", "*(.x)"},
        {"KEEP(INPUT_SECTION_FLAGS(!SHF_WRITE) *(.x))", "K *(.x)"},
        {"[ .x .y ]", "*(.x .y)"},
        {"CONSTRUCTORS SORT(CONSTRUCTORS) CREATE_OBJECT_SYMBOLS *(.x)", "*(.x)"},
        {"BYTE(1) SHORT(2) LONG(3) QUAD(4) SQUAD(-5) FILL(0x90909090) *(.x)", "*(.x)"},
        {"ASCIZ \"some text\" *(.x)", "*(.x)"},
        {"ASSERT(1, \"never\") *(.x) ASSERT(. < 4, \"big\");", "*(.x)"},
        {". = ALIGN(8); *(.x) . += 16;", "*(.x)"},
        {"a = .; *(.x) b = .; PROVIDE(c = .); PROVIDE_HIDDEN(d = .) HIDDEN(e = .);", "*(.x)"},
        {"a=.; *(.x) .=ALIGN(8); b+=4;", "*(.x)"},
        {"; ; *(.x) ; ;", "*(.x)"},
        {"/* comment */ *(.x) /* * / */ *(.y) # line\n *(.z)", "*(.x)\n*(.y)\n*(.z)"},
        {"*(KEEP SORT PROVIDE)", "*(KEEP SORT PROVIDE)"},
        {"*(COMMON) *(.data.rel.ro.local* .gnu.linkonce.d.rel.ro.local.*)",
         "*(COMMON)\n*(.data.rel.ro.local* .gnu.linkonce.d.rel.ro.local.*)"},
        {"foo-bar.o(.x) foo+bar.o(.y) foo=bar.o(.z)",
         "foo-bar.o(.x)\nfoo+bar.o(.y)\nfoo=bar.o(.z)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_statements(RP_LINKER_BFD, cases[i].body, cases[i].want);
}

static void lld_reads_exclude_file_its_own_way(void **state)
{
    (void)state;
    check_statements(RP_LINKER_LLD, "*(EXCLUDE_FILE(*a.o) .x .y EXCLUDE_FILE(*b.o) .z)",
                     "*(!*a.o .x !*a.o .y !*b.o .z)");
    check_statements(RP_LINKER_LLD, "EXCLUDE_FILE(*a.o) *(.x)", "*(.x)");
    check_statements(RP_LINKER_LLD, "\"*a.o\"(.x)", "\\*a.o(.x)");
}

static void section_flags_become_bits(void **state)
{
    (void)state;
    struct bench b;
    bench_script(&b, RP_LINKER_BFD,
                 "SECTIONS { .o : { INPUT_SECTION_FLAGS(SHF_MERGE&!SHF_WRITE & ! SHF_TLS) *(.x)"
                 " INPUT_SECTION_FLAGS ( 0x10 ) y.o } }");
    assert_int_equal(b.s->stmts.v[0].flags_want, SHF_MERGE);
    assert_int_equal(b.s->stmts.v[0].flags_not, SHF_WRITE | SHF_TLS);
    assert_int_equal(b.s->stmts.v[1].flags_want, 0x10);
    assert_int_equal(b.s->stmts.v[1].n_sections, 0);
    bench_close(&b);
}

static void output_sections_are_read_with_all_attributes(void **state)
{
    (void)state;
    static const char *const heads[] = {
        ".o :",
        ".o:",
        ".o 0x1000 :",
        ".o . :",
        ".o (NOLOAD) :",
        ".o ALIGN(8) (NOLOAD) :",
        ".o 0x1000 (READONLY) :",
        ".o (READONLY (TYPE = SHT_NOTE)) :",
        ".o (TYPE=SHT_PROGBITS) :",
        ".o (TYPE = 0x7 + (1)) :",
        ".o () :",
        ".o (COPY) : AT(0x100)",
        ".o (ADDR(.p) + 4) :",
        ".o BLOCK(16) :",
        ".o : AT(ADDR(.p)) ALIGN(16) SUBALIGN(8) ONLY_IF_RO",
        ".o : ALIGN_WITH_INPUT ONLY_IF_RW",
        ".o : SPECIAL",
        ".o : SUBALIGN(4)",
        "\".o\" :",
        ".o BIND(0x100) BLOCK(4) :",
        ".o ((1 ? 2 : 3)) :",
    };
    static const char *const tails[] = {
        "",
        ">RAM",
        "> RAM AT> ROM",
        ">RAM AT >ROM :text",
        ":text :data",
        ":NONE =0x90909090",
        "=0",
        ",",
        "> RAM AT > ROM :text = 0xff,",
        "=0x90\n;",
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
            struct bench b;
            char text[500];
            snprintf(text, sizeof text,
                     "SECTIONS { .p : { *(.a) } %s { *(.b) *(.c) } %s .q : { *(.d) } }", heads[i],
                     tails[k]);
            bench_script(&b, RP_LINKER_BFD, text);
            assert_int_equal(b.s->outs.n, 3);
            assert_string_equal(b.s->outs.v[1].name, ".o");
            assert_int_equal(b.s->outs.v[1].first_stmt, 1);
            assert_int_equal(b.s->outs.v[1].n_stmts, 2);
            assert_string_equal(b.s->stmts.v[2].out_section, ".o");
            assert_int_equal(b.s->stmts.v[3].out, 2);
            bench_close(&b);
        }
}

static void top_level_commands_are_read(void **state)
{
    (void)state;
    struct bench b;
    bench_script(&b, RP_LINKER_BFD,
                 "OUTPUT_FORMAT(\"elf64-x86-64\", \"elf64-x86-64\", elf64-x86-64)\n"
                 "OUTPUT_ARCH(i386:x86-64) TARGET(elf64-x86-64)\n"
                 "ENTRY(_start)\n"
                 "SEARCH_DIR(\"=/usr/lib\"); SEARCH_DIR(/lib)\n"
                 "EXTERN(one two, \"three\")\n"
                 "STARTUP(crt0.o)\n"
                 "OUTPUT(a.elf) MAP(a.map) HLL(x) SYSLIB() FLOAT NOFLOAT\n"
                 "FORCE_COMMON_ALLOCATION INHIBIT_COMMON_ALLOCATION FORCE_GROUP_ALLOCATION\n"
                 "NOCROSSREFS(.a .b) NOCROSSREFS_TO(.a, .b) LD_FEATURE(\"SANE_EXPR\")\n"
                 "MEMORY { ROM (rx!w) : ORIGIN = 0, LENGTH = 256K\n"
                 "  RAM(rwx):org=0x20000000,len=ORIGIN(ROM)+4K-1 X : o = 1 l = base_len }\n"
                 "REGION_ALIAS(\"FAST\", RAM)\n"
                 "PHDRS { headers PT_PHDR PHDRS ; text PT_LOAD FILEHDR PHDRS AT(0x10) FLAGS(5);\n"
                 "  odd 0x60000001 FLAGS(my_flags); }\n"
                 "ASSERT(SIZEOF(.a) < LENGTH(ROM), \"too big; really\")\n"
                 "VERSION { V1 { global: f; local: *; }; }\n"
                 "stack_top = ORIGIN(RAM) + LENGTH(RAM);\n");
    const struct rp_script *s = b.s;
    assert_string_equal(s->entry, "_start");
    assert_int_equal(s->entry_line, 3);
    assert_int_equal(s->externs.n, 3);
    assert_string_equal(s->externs.v[2].name, "three");
    assert_string_equal(s->externs.v[2].origin, "x.lds:5");
    assert_int_equal(s->literal_files.n, 1);
    assert_string_equal(s->literal_files.v[0], "crt0.o");
    assert_int_equal(s->search_dirs.n, 2);
    assert_string_equal(s->search_dirs.v[0], "=/usr/lib");
    assert_int_equal(s->mentioned.n, 2);
    assert_string_equal(s->mentioned.v[0].name, "base_len");
    assert_string_equal(s->mentioned.v[1].name, "my_flags");
    assert_int_equal(s->defined.n, 1);
    assert_string_equal(s->defined.v[0].name, "stack_top");
    assert_false(s->defined.v[0].in_sections);
    assert_true(s->has_version);
    assert_non_null(s->version);
    assert_int_equal(rp_version_script_lookup(s->version, "f"), 1);
    assert_int_equal(rp_version_script_lookup(s->version, "g"), 0);
    assert_false(s->has_sections);
    assert_false(s->only_files);
    bench_close(&b);
}

static void a_second_entry_keeps_the_first_as_extern(void **state)
{
    (void)state;
    struct bench b;
    bench_script(&b, RP_LINKER_BFD, "ENTRY(a) SECTIONS { ENTRY(b) .x : { *(.x) } }");
    assert_string_equal(b.s->entry, "b");
    assert_int_equal(b.s->externs.n, 1);
    assert_string_equal(b.s->externs.v[0].name, "a");
    bench_close(&b);
}

/* Names of a vector of rp_named, blank-separated. */
#define NAMES(vec, buf)                                                                            \
    do {                                                                                           \
        *(buf) = '\0';                                                                             \
        for (size_t i_ = 0; i_ < (vec).n; i_++) {                                                  \
            append((buf), sizeof(buf), i_ ? " " : "");                                             \
            append((buf), sizeof(buf), (vec).v[i_].name);                                          \
        }                                                                                          \
    } while (0)

static void names_in_expressions_are_mentioned(void **state)
{
    (void)state;
    static const struct {
        const char *exp, *want;
    } cases[] = {
        {"a", "a"},
        {"a + b - c * d / e % f", "a b c d e f"},
        {"a-b+c", "a b c"},
        {"(a << 2) | (b >> 3) ^ ~c & !d", "a b c d"},
        {"a == b ? c : d != e ? f : g", "a b c d e f g"},
        {"a<b && c>=d || -e", "a b c d e"},
        {"0x10 + 10K + 1M + 0ffH + $ff + 077", ""},
        {"$dollar + f00", "$dollar f00"},
        {". + SIZEOF_HEADERS + sizeof_headers", ""},
        {"ALIGN(a) + ALIGN(b, c) + BLOCK(d) + NEXT(e)", "a b c d e"},
        {"SIZEOF(.s) + ADDR(.s-t) + LOADADDR(\"s s\") + ALIGNOF(.s)", ""},
        {"ORIGIN(r) + LENGTH(r) + CONSTANT(MAXPAGESIZE)", ""},
        {"DEFINED(x) ? a : b", "a b"},
        {"DEFINED(x) ? x : 4", "x"},
        {"MAX(a, MIN(b, c)) + LOG2CEIL(d) + ABSOLUTE(e)", "a b c d e"},
        {"DATA_SEGMENT_ALIGN(a, b) + DATA_SEGMENT_RELRO_END(c, d) + DATA_SEGMENT_END(e)",
         "a b c d e"},
        {"SEGMENT_START(\"text-segment\", a)", "a"},
        {"ASSERT(a, \"b c\")", "a"},
        {"\"quoted name\" + \"b\"", "quoted name b"},
        {"ADDR + LENGTH", "ADDR LENGTH"},
        {"_ZN3foo3barEv + foo.part.0 + a$b", "_ZN3foo3barEv foo.part.0 a$b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        char text[500], got[500];
        static const char *const forms[] = {"v = %s;",
                                            "SECTIONS { .x : { *(.x) v = %s; } }",
                                            "SECTIONS { PROVIDE(v = %s); }",
                                            "SECTIONS { .x %s : { *(.x) } }",
                                            "SECTIONS { .x : { QUAD(%s) } }",
                                            "ASSERT(%s, \"message\")"};
        for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof text, forms[k], cases[i].exp);
#pragma GCC diagnostic pop
            bench_script(&b, RP_LINKER_LLD, text);
            NAMES(b.s->mentioned, got);
            assert_string_equal(got, cases[i].want);
            bench_close(&b);
        }
    }
}

static void gnu_ld_joins_names_at_a_slash(void **state)
{
    (void)state;
    struct bench b;
    char got[200];
    bench_script(&b, RP_LINKER_BFD, "v = a/b;");
    NAMES(b.s->mentioned, got);
    assert_string_equal(got, "a/b a b");
    bench_close(&b);
}

static void defined_is_tested_not_mentioned(void **state)
{
    (void)state;
    struct bench b;
    char got[200];
    bench_script(&b, RP_LINKER_BFD, "v = DEFINED(x) ? 1 : DEFINED ( y );");
    assert_int_equal(b.s->mentioned.n, 0);
    NAMES(b.s->tested, got);
    assert_string_equal(got, "x y");
    assert_string_equal(b.s->tested.v[1].origin, "x.lds:1");
    bench_close(&b);
}

static void assigned_symbols_know_where_they_stand(void **state)
{
    (void)state;
    struct bench b;
    bench_script(&b, RP_LINKER_BFD,
                 "top = 1;\n"
                 "SECTIONS {\n"
                 " outside = .;\n"
                 " .a : { *(.a) inside = ALIGN(8); *(.b) PROVIDE_HIDDEN(hid = 3); }\n"
                 " PROVIDE(addr = LOADADDR(.a) + SIZEOF(.a)); HIDDEN(h = .);\n"
                 " count += inside; \"odd name\" = .; . = . + 4;\n"
                 "}\n");
    static const struct {
        const char *name, *out, *addr;
        uint32_t before, line;
        bool provide, hidden, dot, in_sections, end;
    } want[] = {
        {"top", NULL, NULL, 0, 1, false, false, false, false, false},
        {"outside", NULL, NULL, 0, 3, false, false, true, true, false},
        {"inside", ".a", NULL, 1, 4, false, false, true, true, false},
        {"hid", ".a", NULL, 2, 4, true, true, false, true, false},
        {"addr", NULL, ".a", 2, 5, true, false, false, true, true},
        {"h", NULL, NULL, 2, 5, false, true, true, true, false},
        {"count", NULL, NULL, 2, 6, false, false, false, true, false},
        {"odd name", NULL, NULL, 2, 6, false, false, true, true, false},
    };
    assert_int_equal(b.s->defined.n, sizeof want / sizeof *want);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct rp_script_symbol *d = &b.s->defined.v[i];
        assert_string_equal(d->name, want[i].name);
        assert_int_equal(d->out_section != NULL, want[i].out != NULL);
        if (want[i].out)
            assert_string_equal(d->out_section, want[i].out);
        assert_int_equal(d->addr_of != NULL, want[i].addr != NULL);
        if (want[i].addr)
            assert_string_equal(d->addr_of, want[i].addr);
        assert_int_equal(d->stmt_before, want[i].before);
        assert_int_equal(d->line, want[i].line);
        assert_int_equal(d->provide, want[i].provide);
        assert_int_equal(d->hidden, want[i].hidden);
        assert_int_equal(d->is_dot, want[i].dot);
        assert_int_equal(d->in_sections, want[i].in_sections);
        assert_int_equal(d->addr_end, want[i].end);
    }
    assert_int_equal(b.s->defined.v[6].n_mentions, 1);
    assert_string_equal(b.s->mentioned.v[b.s->defined.v[6].first_mention].name, "inside");
    bench_close(&b);
}

static void overlays_define_load_symbols(void **state)
{
    (void)state;
    struct bench b;
    char got[1000];
    bench_script(&b, RP_LINKER_BFD,
                 "SECTIONS {\n"
                 " OVERLAY 0x1000 : NOCROSSREFS AT (0x4000) {\n"
                 "  .text0 { o1.o(.text) } :text =0\n"
                 "  .text1 { *o2.o(.text*) }\n"
                 " } >RAM AT>ROM =0xff\n"
                 " OVERLAY : { a { *(.a) } }\n"
                 " .x : { *(.x) } }");
    print_statements(b.s, got, sizeof got);
    assert_string_equal(got, "o1.o(.text)\n*o2.o(.text*)\n*(.a)\n*(.x)");
    assert_int_equal(b.s->outs.n, 4);
    assert_string_equal(b.s->outs.v[1].name, ".text1");
    NAMES(b.s->defined, got);
    assert_string_equal(got, "__load_start_text0 __load_stop_text0 __load_start_text1 "
                             "__load_stop_text1 __load_start_a __load_stop_a");
    assert_true(b.s->defined.v[0].provide);
    bench_close(&b);
}

static void input_and_group_become_a_flat_list(void **state)
{
    (void)state;
    struct bench b;
    bench_script(
        &b, RP_LINKER_BFD,
        "/* GNU ld script\n   of a C library */\n"
        "OUTPUT_FORMAT(elf64-x86-64)\n"
        "GROUP ( /lib/libc.so.6 =/usr/lib/libc_nonshared.a  AS_NEEDED ( /lib64/ld.so.2 ) )\n"
        "INPUT(-lm, a.o,\"b c.o\" AS_NEEDED(-l:x.so $SYSROOT/y.so) z.o)\n");
    static const struct {
        enum rp_script_file_kind kind;
        const char *name;
        bool as_needed;
    } want[] = {
        {RP_SF_GROUP, NULL, false},
        {RP_SF_FILE, "/lib/libc.so.6", false},
        {RP_SF_FILE, "=/usr/lib/libc_nonshared.a", false},
        {RP_SF_FILE, "/lib64/ld.so.2", true},
        {RP_SF_END_GROUP, NULL, false},
        {RP_SF_LIB, "m", false},
        {RP_SF_FILE, "a.o", false},
        {RP_SF_FILE, "b c.o", false},
        {RP_SF_LIB, ":x.so", true},
        {RP_SF_FILE, "$SYSROOT/y.so", true},
        {RP_SF_FILE, "z.o", false},
    };
    assert_true(b.s->only_files);
    assert_int_equal(b.s->files->v.n, sizeof want / sizeof *want);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct rp_script_file *f = &b.s->files->v.v[i];
        assert_int_equal(f->kind, want[i].kind);
        assert_int_equal(f->as_needed, want[i].as_needed);
        if (want[i].name)
            assert_string_equal(f->name, want[i].name);
        else
            assert_null(f->name);
    }
    bench_close(&b);
}

static void insert_and_overwrite_add_to_the_default_script(void **state)
{
    (void)state;
    struct bench b;
    bench_script(&b, RP_LINKER_BFD, "SECTIONS { .x : { KEEP(*(.x)) } } INSERT AFTER .text;");
    assert_true(b.s->has_sections && b.s->has_insert);
    bench_close(&b);
    bench_script(&b, RP_LINKER_LLD, "OVERWRITE_SECTIONS { .x : { KEEP(*(.x)) } }");
    assert_true(b.s->has_sections && b.s->has_insert);
    assert_true(b.s->stmts.v[0].keep);
    bench_close(&b);
    bench_script(&b, RP_LINKER_LLD, "SECTIONS { .x : { KEEP(*(.x)) } }");
    assert_false(b.s->has_insert);
    bench_close(&b);
}

static void included_files_are_read_where_they_stand(void **state)
{
    (void)state;
    struct bench b;
    char got[500];
    assert_int_equal(mkdir("inc", 0700), 0);
    write_text("top.ld", "EXTERN(top_extern)\n");
    write_text("inc/secs.ld", ".b : {\n INCLUDE stmts.ld\n *(.b3) }\nmark = .;\n");
    write_text("inc/stmts.ld", "*(.b1) KEEP(*(.b2))\nin_stmts = .;");
    write_text("inc/mem.ld", "RAM : ORIGIN = 0, LENGTH = 4K");
    bench_open(&b, RP_LINKER_BFD);
    assert_true(rp_vec_push(&b.link.search_dirs, "inc"));
    write_text("x.lds", "INCLUDE top.ld\nMEMORY { INCLUDE \"mem.ld\" }\n"
                        "SECTIONS { .a : { *(.a) } INCLUDE secs.ld\n .c : { *(.c) } }\n");
    assert_int_equal(rp_script_read(&b.ctx, &b.link, "x.lds", &b.s), REAP_OK);
    print_statements(b.s, got, sizeof got);
    assert_string_equal(got, "*(.a)\n*(.b1)\nK *(.b2)\n*(.b3)\n*(.c)");
    assert_string_equal(b.s->externs.v[0].origin, "top.ld:1");
    assert_string_equal(b.s->stmts.v[2].script, "inc/stmts.ld");
    assert_string_equal(b.s->stmts.v[2].out_section, ".b");
    assert_int_equal(b.s->stmts.v[3].line, 3);
    assert_string_equal(b.s->defined.v[0].name, "in_stmts");
    assert_int_equal(b.s->defined.v[1].line, 4);
    bench_close(&b);
}

static void bad_scripts_are_errors_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *where, *says;
    } cases[] = {
        {"SECTIONS { .a : { *(.a) }", "x.lds:1", "the file ends"},
        {"SECTIONS {\n .a : {\n *(.a)\n", "x.lds:4", "the file ends"},
        {"SECTIONS { .a : { *(.a } }", "x.lds:1", "not '}'"},
        {"SECTIONS { .a : { *(SORT(.a) } }", "x.lds:1", "not '}'"},
        {"SECTIONS { .a : { KEEP(*(.a) } }", "x.lds:1", "expected ')'"},
        {"SECTIONS { .a { *(.a) } }", "x.lds:1", "expected an expression"},
        {"\n\n/* never closed", "x.lds:3", "comment is not closed"},
        {"SECTIONS { .a : { *(\".a) } }", "x.lds:1", "quoted name is not closed"},
        {"a = 1 +;", "x.lds:1", "expected an expression"},
        {"a = (1;", "x.lds:1", "expected ')'"},
        {"a = 1 b = 2;", "x.lds:1", "expected ';'"},
        {"a = SIZEOF(;", "x.lds:1", "output section"},
        {"frobnicate(1)", "x.lds:1", "command of a linker script"},
        {"}", "x.lds:1", "command of a linker script"},
        {"GROUP ( a.o", "x.lds:1", "the file ends"},
        {"INSERT SOMEWHERE .x", "x.lds:1", "AFTER or BEFORE"},
        {"MEMORY { R : LENGTH = 1 }", "x.lds:1", "expected ORIGIN"},
        {"PHDRS { t PT_LOAD BOGUS ; }", "x.lds:1", "expected ';'"},
        {"VERSION { V1 { global: f }", "x.lds:1", "the file ends"},
        {"SECTIONS { .a : { INPUT_SECTION_FLAGS(SHF_FOO) *(.a) } }", "x.lds:1", "SHF_FOO"},
        {"INCLUDE nowhere.ld", "x.lds:1", "cannot find 'nowhere.ld'"},
        {"\x7f"
         "ELF",
         "x.lds:1", "command of a linker script"},
        {"SECTIONS { .a (NOLOAD : { *(.a) } }", "x.lds:1", "expected ')'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        enum reap_status st = bench_read(&b, RP_LINKER_BFD, cases[i].text);
        if (st == REAP_OK)
            fail_msg("no error in: %s", cases[i].text);
        assert_int_equal(b.seen.n, 1);
        assert_string_equal(b.seen.where, cases[i].where);
        if (!strstr(b.seen.text, cases[i].says))
            fail_msg("'%s' does not say '%s'", b.seen.text, cases[i].says);
        assert_null(b.s);
        bench_close(&b);
    }
}

static void check_code(struct bench *b, enum reap_status st, enum reap_status want,
                       const char *code)
{
    assert_int_equal(st, want);
    assert_int_equal(b->seen.n, 1);
    assert_string_equal(b->seen.code, code);
    bench_close(b);
}

static void hostile_scripts_are_refused(void **state)
{
    (void)state;
    struct bench b;
    enum { N = 100000 };
    char *text = malloc(N + 100);
    assert_non_null(text);
    /* brackets without end, in each place that nests */
    memset(text, '(', N);
    memcpy(text, "a = ", 4);
    text[N] = '\0';
    check_code(&b, bench_read(&b, RP_LINKER_BFD, text), REAP_ERR_INPUT, "script-syntax");
    for (size_t i = 4; i + 4 < N; i += 4)
        memcpy(text + i, "1?1:", 4); /* a chain, which is not nested: then the end is missing */
    check_code(&b, bench_read(&b, RP_LINKER_BFD, text), REAP_ERR_INPUT, "script-syntax");
    for (size_t i = 4; i + 2 < N; i += 2)
        memcpy(text + i, "1?", 2);
    check_code(&b, bench_read(&b, RP_LINKER_BFD, text), REAP_ERR_INPUT, "script-syntax");
    memcpy(text, "SECTIONS{", 9);
    for (size_t i = 9; i + 8 < N; i += 8)
        memcpy(text + i, "GROUP :{", 8);
    check_code(&b, bench_read(&b, RP_LINKER_BFD, text), REAP_ERR_INPUT, "script-syntax");
    free(text);
    bench_open(&b, RP_LINKER_BFD);
    write_bytes("nul.lds", "a = 1;\0b = 2;", 13);
    check_code(&b, rp_script_read(&b.ctx, &b.link, "nul.lds", &b.s), REAP_ERR_INPUT,
               "script-binary");
    bench_open(&b, RP_LINKER_BFD);
    check_code(&b, rp_script_read(&b.ctx, &b.link, "missing.lds", &b.s), REAP_ERR_IO,
               "script-unreadable");
    bench_open(&b, RP_LINKER_BFD);
    check_code(&b, rp_script_read(&b.ctx, &b.link, ".", &b.s), REAP_ERR_IO, "script-unreadable");
}

static void include_loops_end(void **state)
{
    (void)state;
    struct bench b;
    check_code(&b, bench_read(&b, RP_LINKER_BFD, "INCLUDE x.lds"), REAP_ERR_INPUT, "script-syntax");
    write_text("a.ld", "INCLUDE b.ld");
    write_text("b.ld", "INCLUDE a.ld");
    check_code(&b, bench_read(&b, RP_LINKER_BFD, "INCLUDE a.ld"), REAP_ERR_INPUT, "script-syntax");
    check_code(&b, bench_read(&b, RP_LINKER_BFD, "INCLUDE nowhere.ld"), REAP_ERR_IO,
               "script-include");
    for (int i = 0; i < 40; i++) {
        char name[40], text[60];
        snprintf(name, sizeof name, "d%d.ld", i);
        snprintf(text, sizeof text, "INCLUDE d%d.ld", i + 1);
        write_text(name, text);
    }
    write_text("d40.ld", ";");
    assert_int_equal(bench_read(&b, RP_LINKER_BFD, "INCLUDE d0.ld"), REAP_ERR_INPUT);
    assert_non_null(strstr(b.seen.text, "deeper than 32 levels"));
    bench_close(&b);
    bench_script(&b, RP_LINKER_BFD, "INCLUDE d20.ld");
    bench_close(&b);
    /* no loop, but each file includes the next one ten times */
    for (int i = 0; i < 12; i++) {
        char name[40], text[400] = "";
        for (int k = 0; k < 10; k++) {
            snprintf(name, sizeof name, "INCLUDE l%d.ld\n", i + 1);
            append(text, sizeof text, name);
        }
        snprintf(name, sizeof name, "l%d.ld", i);
        write_text(name, text);
    }
    write_text("l12.ld", ";");
    check_code(&b, bench_read(&b, RP_LINKER_BFD, "INCLUDE l0.ld"), REAP_ERR_INPUT, "script-syntax");
}

/* Every beginning of a script is either read or refused, without a crash. */
static void truncated_scripts_do_not_crash(void **state)
{
    (void)state;
    static const char whole[] =
        "ENTRY(e) MEMORY { R (rx) : ORIGIN = 0, LENGTH = 4K } PHDRS { t PT_LOAD FLAGS(5); }\n"
        "SECTIONS { .a 0x10 (NOLOAD) : AT(4) { KEEP(*(EXCLUDE_FILE(a.o) SORT(.a))) x = .; "
        "LONG(1) ASCIZ \"t\" } >R AT>R :t =0 OVERLAY : { o { *(.o) } } PROVIDE(p = ADDR(.a)); }\n"
        "INSERT AFTER .x; INPUT(a.o AS_NEEDED(b)) VERSION { V { global: a; extern \"C++\" { "
        "\"b\"; }; local: *; } W; }; ASSERT(DEFINED(z) ? 1 : 2, \"m\")\n";
    for (size_t n = 0; n <= strlen(whole); n++) {
        struct bench b;
        bench_open(&b, RP_LINKER_BFD);
        write_bytes("t.lds", whole, n);
        enum reap_status st = rp_script_read(&b.ctx, &b.link, "t.lds", &b.s);
        assert_true(st == REAP_OK || st == REAP_ERR_INPUT);
        if (n == strlen(whole))
            assert_int_equal(st, REAP_OK);
        bench_close(&b);
    }
}

static void default_scripts_of_ld_are_read(void **state)
{
    (void)state;
    glob_t g;
    assert_int_equal(glob("/usr/lib/*/ldscripts/*", 0, NULL, &g), 0);
    assert_true(g.gl_pathc > 20);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        struct bench b;
        bench_open(&b, RP_LINKER_BFD);
        enum reap_status st = rp_script_read(&b.ctx, &b.link, g.gl_pathv[i], &b.s);
        if (st != REAP_OK)
            fail_msg("%s: %s", b.seen.where, b.seen.text);
        assert_true(b.s->stmts.n > 10);
        uint32_t k = rp_script_match(b.s, "a.o", NULL, ".text", SHF_ALLOC | SHF_EXECINSTR, NULL);
        assert_true(k != UINT32_MAX);
        assert_string_equal(b.s->stmts.v[k].out_section, ".text");
        bench_close(&b);
    }
    globfree(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_read_in_all_their_forms),
        cmocka_unit_test(lld_reads_exclude_file_its_own_way),
        cmocka_unit_test(section_flags_become_bits),
        cmocka_unit_test(output_sections_are_read_with_all_attributes),
        cmocka_unit_test(top_level_commands_are_read),
        cmocka_unit_test(a_second_entry_keeps_the_first_as_extern),
        cmocka_unit_test(names_in_expressions_are_mentioned),
        cmocka_unit_test(gnu_ld_joins_names_at_a_slash),
        cmocka_unit_test(defined_is_tested_not_mentioned),
        cmocka_unit_test(assigned_symbols_know_where_they_stand),
        cmocka_unit_test(overlays_define_load_symbols),
        cmocka_unit_test(input_and_group_become_a_flat_list),
        cmocka_unit_test(insert_and_overwrite_add_to_the_default_script),
        cmocka_unit_test(included_files_are_read_where_they_stand),
        cmocka_unit_test(bad_scripts_are_errors_with_their_line),
        cmocka_unit_test(hostile_scripts_are_refused),
        cmocka_unit_test(include_loops_end),
        cmocka_unit_test(truncated_scripts_do_not_crash),
        cmocka_unit_test(default_scripts_of_ld_are_read),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
