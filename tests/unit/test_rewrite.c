/* test_rewrite.c: rewritten objects are valid, mean the same, and are smaller.
 *
 * Real programs are compiled by several compilers, rewritten object by object, and judged by
 * others: eu-elflint, readelf, the linkers, gdb, and the program's own output.
 */
#include "pass_help.h"

/* --- sources --------------------------------------------------------------------------------- */

static const char c_main[] =
    "#include <stdio.h>\n"
    "#include <string.h>\n"
    "extern int helper(int); extern const char *name(int); extern int shared_common;\n"
    "int shared_common;\n"
    "__thread int tls_live = 3; __thread int tls_dead = 4;\n"
    "static int dead_static(int x) { puts(\"dead string one\"); return x * 3; }\n"
    "int dead_global(int x) { return dead_static(x) + tls_dead + printf(\"dead %s\\n\", \"two\"); "
    "}\n"
    "double scale(double x) { return x * 2.5 + 0.125; }\n"
    "double dead_scale(double x) { return x * 7.75 + 99.5; }\n"
    "__attribute__((weak)) int overridden(void) { return 1; }\n"
    "static int table[] = {1, 2, 3};\n"
    "static int (*volatile fn)(int) = helper;\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    (void)argv;\n"
    "    shared_common = argc;\n"
    "    switch (argc) {\n"
    "    case 1: printf(\"live %s %d\\n\", name(argc), fn(argc)); break;\n"
    "    case 2: puts(\"two args\"); break;\n"
    "    case 3: puts(\"three args\"); break;\n"
    "    case 4: puts(\"four args\"); break;\n"
    "    case 5: puts(\"five args\"); break;\n"
    "    case 6: puts(\"six args, a longer string for its own section\"); break;\n"
    "    }\n"
    "    printf(\"%d %d %.3f %d %d\\n\", overridden(), tls_live, scale(argc), table[argc],\n"
    "           (int)strlen(\"a string that is live and longer than most of the others\"));\n"
    "    return 0;\n"
    "}\n";

static const char c_helper[] =
    "#include <stdio.h>\n"
    "int overridden(void) { return 2; }\n"
    "int dead_common_user; int never_used_common[100];\n"
    "static const char *const names[] = {\"zero\", \"one\", \"two\"};\n"
    "static const char *const dead_names[] = {\"dead zero\", \"dead one\", \"dead two\"};\n"
    "const char *name(int i) { return names[i % 3]; }\n"
    "const char *dead_name(int i) { return dead_names[i % 3]; }\n"
    "int helper(int x) { return x + 41; }\n"
    "void dead_helper(void) { puts(\"a dead string that is quite long, to get an own section\"); "
    "}\n"
    "void init_me(void) __attribute__((constructor));\n"
    "void init_me(void) { fputs(\"constructor\\n\", stdout); }\n";

static const char cc_main[] =
    "#include <cstdio>\n"
    "#include <map>\n"
    "#include <stdexcept>\n"
    "#include <string>\n"
    "template <typename T> struct box { T v; T get() const { return v; } T dead() const { return v "
    "+ v; } };\n"
    "struct base { virtual ~base() {} virtual int f() const { return 1; } };\n"
    "struct derived : base { int f() const override { return 2; } std::string s = \"member\"; };\n"
    "extern int other(const std::string &s);\n"
    "extern base *make();\n"
    "int dead_thrower(int x) { if (x) throw std::runtime_error(\"dead\"); return 1; }\n"
    "inline int shared_inline(int x) { static int n; return n += x; }\n"
    "int (*volatile dummy)(int) = shared_inline;\n"
    "base *make_derived() { return new derived; }\n"
    "int main()\n"
    "{\n"
    "    std::map<std::string, int> m; m[\"a\"] = 1; m[\"b\"] = other(\"q\");\n"
    "    try { other(\"throw\"); } catch (const std::exception &e) { std::printf(\"caught %s\\n\", "
    "e.what()); }\n"
    "    box<int> b{20};\n"
    "    base *p = make();\n"
    "    base *q = make_derived();\n"
    "    std::printf(\"%d %d %d %d %d\\n\", m[\"b\"], b.get(), p->f(), q->f(), dummy(2));\n"
    "    delete p; delete q;\n"
    "}\n";

static const char cc_other[] =
    "#include <stdexcept>\n"
    "#include <string>\n"
    "#include <vector>\n"
    "template <typename T> struct box { T v; T get() const { return v; } T dead() const { return v "
    "+ v; } };\n"
    "struct base { virtual ~base() {} virtual int f() const { return 1; } };\n"
    "inline int shared_inline(int x) { static int n; return n += x; }\n"
    "int other(const std::string &s)\n"
    "{\n"
    "    if (s == \"throw\") throw std::runtime_error(\"from other\");\n"
    "    return (int)s.size() + shared_inline(3);\n"
    "}\n"
    "int dead_user() { box<int> b{1}; std::vector<int> v(3); v.push_back(b.dead()); return v[0] + "
    "shared_inline(1); }\n"
    "base *make() { return new base; }\n";

/* --- the matrix ------------------------------------------------------------------------------ */

struct build {
    const char *name;
    const char *compile; /* compiler and flags */
    bool cxx;
    const char *link;    /* compiler driver and flags of the final link */
    const char *linkers; /* values of -fuse-ld, blank-separated */
    const char *run;     /* in front of the program */
    bool debug;
};

#define SECTIONS "-ffunction-sections -fdata-sections "
#define LLD19    "--ld-path=ld.lld-19"

static const struct build builds[] = {
    {"gcc", "gcc -O1 " SECTIONS, false, "gcc", "bfd gold lld mold", "", false},
    {"gcc-O2-g", "gcc -O2 -g " SECTIONS, false, "gcc", "bfd gold lld mold", "", true},
    {"gcc-common", "gcc -O1 -fcommon " SECTIONS, false, "gcc", "bfd gold lld mold", "", false},
    {"gcc-no-sections", "gcc -O1 -g", false, "gcc", "bfd gold lld mold", "", false},
    {"gcc-dwarf4", "gcc -O2 -g -gdwarf-4 " SECTIONS, false, "gcc", "bfd lld", "", true},
    {"gcc-g3", "gcc -O1 -g3 " SECTIONS, false, "gcc", "bfd gold lld mold", "", true},
    {"gcc-gz", "gcc -O1 -g -gz " SECTIONS, false, "gcc", "bfd gold lld mold", "", true},
    {"gcc-zdebug", "gcc -O1 -g -gz=zlib-gnu -gdwarf-4 " SECTIONS, false, "gcc", "bfd gold", "",
     true},
    {"gcc-split", "gcc -O1 -g -gsplit-dwarf " SECTIONS, false, "gcc", "bfd gold lld mold", "",
     false},
    {"gcc-pie", "gcc -O2 -fPIE " SECTIONS, false, "gcc -pie", "bfd gold lld mold", "", false},
    {"gcc-static", "gcc -O1 -fno-pie " SECTIONS, false, "gcc -static -no-pie", "bfd gold lld mold",
     "", false},
    {"clang", "clang -O1 -fno-pie " SECTIONS, false, "clang -no-pie", "bfd gold lld mold", "",
     false},
    {"clang-addrsig", "clang -O1 -g -faddrsig " SECTIONS, false, "clang", "bfd gold lld mold", "",
     true},
    {"clang-gz", "clang -O1 -g -gz -gdwarf-4 -fdebug-types-section " SECTIONS, false, "clang",
     "bfd lld mold", "", true},
    {"clang-zstd", "clang-19 -O1 -g -gz=zstd " SECTIONS, false, "clang-19", "lld", "", false},
    {"g++", "g++ -O1 " SECTIONS, true, "g++", "bfd gold lld mold", "", false},
    {"g++-g", "g++ -O2 -g " SECTIONS, true, "g++", "bfd gold lld mold", "", true},
    {"g++-types", "g++ -O0 -g -fdebug-types-section " SECTIONS, true, "g++", "bfd gold lld mold",
     "", true},
    {"g++-no-sections", "g++ -O1 -g", true, "g++", "bfd gold lld mold", "", false},
    {"clang++", "clang++ -O1 -g " SECTIONS, true, "clang++", "bfd gold lld mold", "", true},
    {"clang++-19-names",
     "clang++-19 -O1 -g -gpubnames -gdwarf-5 -mllvm -accel-tables=Dwarf " SECTIONS, true, "clang++",
     "bfd lld", "", true},
    {"clang++-unnamed", "clang++ -O1 -g -fno-unique-section-names " SECTIONS, true, "clang++",
     "bfd lld mold", "", false},
    {"i386", "i686-linux-gnu-gcc -O1 -g -fno-pic " SECTIONS, false, "i686-linux-gnu-gcc -static",
     "bfd gold lld mold", "qemu-i386", false},
    {"i386-pic", "i686-linux-gnu-gcc -O2 -fPIC " SECTIONS, false, "i686-linux-gnu-gcc -static",
     "bfd lld", "qemu-i386", false},
    {"i386-gz", "i686-linux-gnu-gcc -O1 -g -gz -gdwarf-4 " SECTIONS, false,
     "i686-linux-gnu-gcc -static", "bfd lld", "qemu-i386", false},
    {"i386-g++", "i686-linux-gnu-g++ -O1 -g " SECTIONS, true, "i686-linux-gnu-g++ -static",
     "bfd lld", "qemu-i386", false},
    {"aarch64", "aarch64-linux-gnu-gcc -O1 -g " SECTIONS, false, "aarch64-linux-gnu-gcc -static",
     "bfd gold lld mold", "qemu-aarch64", false},
    {"aarch64-g++", "aarch64-linux-gnu-g++ -O2 -g " SECTIONS, true, "aarch64-linux-gnu-g++ -static",
     "bfd lld", "qemu-aarch64", false},
};

static bool have(const char *command)
{
    return sh("command -v $(echo '%s' | cut -d' ' -f1) >/dev/null 2>&1", command) == 0;
}

static void compile(const struct build *b)
{
    write_text(b->cxx ? "m.cc" : "m.c", b->cxx ? cc_main : c_main);
    write_text(b->cxx ? "h.cc" : "h.c", b->cxx ? cc_other : c_helper);
    must("%s -c m.%s -o m.o && %s -c h.%s -o h.o", b->compile, b->cxx ? "cc" : "c", b->compile,
         b->cxx ? "cc" : "c");
}

/* The option that makes a compiler driver run a linker. Cross compilers look for one with their
 * own prefix; lld and mold have none and know all machines. */
static const char *use_linker(const struct build *b, const char *ld, char *buf, size_t size)
{
    const char *dash = strstr(b->link, "-gnu-g");
    int prefix = dash ? (int)(dash - b->link) + 5 : 0;
    if (prefix && (strcmp(ld, "lld") == 0 || strcmp(ld, "mold") == 0)) {
        must("mkdir -p with-%s && ln -sf \"$(command -v ld.%s)\" with-%s/ld", ld, ld, ld);
        snprintf(buf, size, "-Bwith-%s", ld);
    } else {
        snprintf(buf, size, "-fuse-ld=%s", ld);
    }
    return buf;
}

static void link_and_compare(const struct build *b, const char *objects, const char *dir)
{
    char *linkers = strdup(b->linkers), *save = NULL;
    for (char *ld = strtok_r(linkers, " ", &save); ld; ld = strtok_r(NULL, " ", &save)) {
        char use[64];
        use_linker(b, ld, use, sizeof use);
        must("%s %s m.o h.o -o was-%s", b->link, use, ld);
        must("%s %s %s -o %s/now-%s 2>link-messages || { cat link-messages; exit 1; }", b->link,
             use, objects, dir, ld);
        char *messages = output_of("grep -v 'deprecated\\|missing .note' link-messages || true");
        if (*messages)
            print_error("%s: %s: %s", b->name, ld, messages);
        assert_string_equal(messages, "");
        free(messages);
        char *want = output_of("%s ./was-%s", b->run, ld);
        char *got = output_of("%s ./%s/now-%s", b->run, dir, ld);
        assert_true(strlen(want) > 10);
        assert_string_equal(want, got);
        free(want);
        free(got);
    }
    free(linkers);
}

static void assert_debuggable(const char *program, const char *function, const char *file)
{
    char *text = output_of("gdb -nx -batch -ex 'break %s' -ex run -ex bt -ex 'info line' %s 2>&1",
                           function, program);
    char want[64];
    snprintf(want, sizeof want, "at %s:", file);
    if (!strstr(text, "#0 ") || !strstr(text, want) || !strstr(text, "main"))
        print_error("%s\n", text);
    assert_non_null(strstr(text, "#0 "));
    assert_non_null(strstr(text, want));
    assert_non_null(strstr(text, "main"));
    free(text);
}

static uint64_t size_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (uint64_t)st.st_size;
}

static void check_build(const struct build *b, enum rp_level level)
{
    print_message("  %s, level %d\n", b->name, (int)level);
    must("rm -rf new again *.o *.dwo was-* && mkdir new again");
    compile(b);
    static const char *const words[] = {"-e", "main", "m.o", "h.o", NULL};
    struct line l;
    line_run(&l, level, RP_LINKER_LLD, words);
    bool rewritten[2] = {false, false};
    const char *const names[] = {"m.o", "h.o"};
    for (int i = 0; i < 2; i++) {
        char to[32];
        snprintf(to, sizeof to, "new/%s", names[i]);
        if (l.plan.fate[line_file(&l, names[i]) - 1] == RP_FATE_UNCHANGED) {
            must("cp %s %s", names[i], to);
            continue;
        }
        rewritten[i] = true;
        line_rewrite(&l, names[i], to);
        assert_no_new_complaints(names[i], to);
        assert_true(size_of(to) < size_of(names[i]));
    }
    assert_true((rewritten[0] && rewritten[1]) || !strstr(b->compile, "-sections"));
    line_free(&l);
    link_and_compare(b, "new/m.o new/h.o", "new");
    if (b->debug) {
        assert_debuggable(strstr(b->linkers, "bfd") ? "new/now-bfd" : "new/now-lld",
                          b->cxx ? "make" : "name", b->cxx ? "h.cc" : "h.c");
    }

    /* A second run finds nothing to remove. At the linkers' level it may: as in lld, a dead FDE
     * keeps its LSDA, once. */
    if (level == RP_LEVEL_LINKER)
        return;
    static const char *const second[] = {"-e", "main", "new/m.o", "new/h.o", NULL};
    line_run(&l, level, RP_LINKER_LLD, second);
    for (int i = 0; i < 2; i++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "new/%s", names[i]);
        snprintf(to, sizeof to, "again/%s", names[i]);
        assert_int_equal(l.plan.fate[line_file(&l, from) - 1], RP_FATE_UNCHANGED);
        if (!rewritten[i])
            continue;
        line_rewrite(&l, from, to);
        must("cmp %s %s", from, to);
    }
    line_free(&l);
}

static void rewritten_programs_run_the_same(void **state)
{
    (void)state;
    const char *only = getenv("REAP_TEST_BUILD");
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        if (only && *only && strcmp(only, builds[i].name))
            continue;
        if (!have(builds[i].compile)) {
            print_message("  %s: no compiler, skipped\n", builds[i].name);
            continue;
        }
        check_build(&builds[i], RP_LEVEL_FULL);
        if (i % 3 == 0)
            check_build(&builds[i], RP_LEVEL_LINKER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewritten_programs_run_the_same),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
