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

/* No complaint of eu-elflint or readelf that the original did not get. */
static void assert_no_new_complaints(const char *before, const char *after)
{
    char *was = output_of("eu-elflint --gnu-ld '%s' 2>&1 | sed 's/\\[ *[0-9]*\\]/[N]/; "
                          "s/[0-9]\\+/N/g' | sort -u > was; "
                          "eu-elflint --gnu-ld '%s' 2>&1 | sed 's/\\[ *[0-9]*\\]/[N]/; "
                          "s/[0-9]\\+/N/g' | sort -u > now; "
                          "grep -v 'No errors' now > now2; comm -13 was now2",
                          before, after);
    if (*was)
        print_error("%s: eu-elflint: %s", after, was);
    assert_string_equal(was, "");
    free(was);
    char *text = output_of("readelf -aW --debug-dump=no-follow-links '%s' 2>&1 >/dev/null | "
                           "grep -iv 'separate\\|dwo' || true",
                           after);
    if (*text)
        print_error("%s: readelf: %s", after, text);
    assert_string_equal(text, "");
    free(text);
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
    bool rewritten = false;
    const char *const names[] = {"m.o", "h.o"};
    for (int i = 0; i < 2; i++) {
        char to[32];
        snprintf(to, sizeof to, "new/%s", names[i]);
        if (l.plan.fate[line_file(&l, names[i]) - 1] == RP_FATE_UNCHANGED) {
            must("cp %s %s", names[i], to);
            continue;
        }
        rewritten = true;
        line_rewrite(&l, names[i], to);
        assert_no_new_complaints(names[i], to);
        assert_true(size_of(to) < size_of(names[i]));
    }
    assert_true(rewritten || !strstr(b->compile, "-sections"));
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

/* --- particular shapes ----------------------------------------------------------------------- */

/* A rewritten object that is looked into. */
struct object {
    struct rp_ctx ctx;
    struct rp_map map;
    struct rp_elf e;
};

static void object_open(struct object *o, const char *path)
{
    rp_ctx_init(&o->ctx, NULL, NULL);
    assert_int_equal(rp_map_open(&o->ctx, &o->map, path), REAP_OK);
    assert_int_equal(rp_elf_open(&o->ctx, &o->e, path, o->map.data, o->map.size), REAP_OK);
}

static void object_close(struct object *o)
{
    rp_elf_close(&o->e);
    rp_map_close(&o->map);
    rp_ctx_fini(&o->ctx);
}

/* Number of the only section of a name, 0 when there is none. */
static uint32_t section(const struct object *o, const char *name)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i < o->e.n_sections; i++)
        if (strcmp(rp_elf_shname(&o->e, i), name) == 0) {
            assert_int_equal(found, 0);
            found = i;
        }
    return found;
}

/* Number of the only symbol of a name, 0 when there is none. */
static uint32_t symbol(const struct object *o, const char *name)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i < o->e.n_symbols; i++)
        if (strcmp(rp_elf_symname(&o->e, i), name) == 0 && rp_sym_type(&o->e.syms[i]) != STT_FILE) {
            assert_int_equal(found, 0);
            found = i;
        }
    return found;
}

static void assert_contents(const struct object *o, const char *name, const void *want, size_t n)
{
    uint32_t i = section(o, name);
    assert_int_not_equal(i, 0);
    assert_int_equal(o->e.shdrs[i].size, n);
    assert_memory_equal(rp_elf_bytes(&o->e, i), want, n);
}

/* Assemble a.s (and b.s unless NULL), collect from `_start`, rewrite a.o to a2.o (b.o to b2.o). */
static void rewrite_asm(struct line *l, const char *as, const char *a, const char *b)
{
    write_text("a.s", a);
    must("%s -c a.s -o a.o", as);
    if (b) {
        write_text("b.s", b);
        must("%s -c b.s -o b.o", as);
    }
    const char *words[] = {"-e", "_start", "a.o", b ? "b.o" : NULL, NULL};
    line_run(l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    line_rewrite(l, "a.o", "a2.o");
    assert_no_new_complaints("a.o", "a2.o");
    if (b) {
        line_rewrite(l, "b.o", "b2.o");
        assert_no_new_complaints("b.o", "b2.o");
    }
}

#define TEXT(name) ".section .text." name ",\"ax\"\n.globl " name "\n" name ":\n"

static void dead_code_leaves_tombstones_in_debug_sections(void **state)
{
    (void)state;
    struct line l;
    rewrite_asm(
        &l, "gcc",
        TEXT("_start") "ret\n" TEXT(
            "dead") "ret\n"
                    ".section .debug_info,\"\"\n.quad _start, dead+3\n"
                    ".section .debug_ranges,\"\"\n.quad dead, dead+1, _start, _start+1, 0, 0\n"
                    ".section .debug_loc,\"\"\n.quad dead, dead+1\n"
                    ".section .debug_rnglists,\"\"\n.quad dead\n"
                    ".section .debug_names,\"\"\n.long dead\n"
                    ".section .debug_full,\"\"\n.reloc 0, R_X86_64_64, dead\n.quad 0x1111\n",
        NULL);
    struct object o;
    object_open(&o, "a2.o");
    const uint64_t info[] = {0, 0}, ranges[] = {1, 1, 0, 0, 0, 0}, loc[] = {1, 1}, zero[] = {0};
    const uint32_t names[] = {UINT32_MAX};
    assert_contents(&o, ".debug_info", info, sizeof info);
    assert_contents(&o, ".debug_ranges", ranges, sizeof ranges);
    assert_contents(&o, ".debug_loc", loc, sizeof loc);
    assert_contents(&o, ".debug_rnglists", zero, sizeof zero);
    assert_contents(&o, ".debug_names", names, sizeof names);
    assert_contents(&o, ".debug_full", zero, sizeof zero);
    uint32_t n;
    rp_elf_relocs(&o.e, section(&o, ".rela.debug_info"), &n);
    assert_int_equal(n, 1);
    rp_elf_relocs(&o.e, section(&o, ".rela.debug_ranges"), &n);
    assert_int_equal(n, 2);
    assert_int_equal(section(&o, ".rela.debug_loc"), 0); /* without relocations, no section */
    assert_int_equal(section(&o, ".text.dead"), 0);
    assert_int_equal(symbol(&o, "dead"), 0);
    object_close(&o);
    line_free(&l);
}

static void tombstones_of_rel_sections_replace_the_addend(void **state)
{
    (void)state;
    struct line l;
    rewrite_asm(&l, "i686-linux-gnu-gcc",
                TEXT("_start") "ret\n.section .text.dead,\"ax\"\nnop\ndead: ret\n"
                               ".section .debug_info,\"\"\n.long dead+3\n.section "
                               ".text.dead\nnop\nlocal: nop\n"
                               ".section .debug_ranges,\"\"\n.long local, local\n",
                NULL);
    struct object o;
    object_open(&o, "a2.o");
    const uint32_t zero[] = {0}, one[] = {1, 1};
    assert_contents(&o, ".debug_info", zero, sizeof zero);
    assert_contents(&o, ".debug_ranges", one, sizeof one);
    object_close(&o);
    line_free(&l);
}

static void groups_live_and_die_whole_and_duplicates_become_references(void **state)
{
    (void)state;
#define GROUP(sig, sec) ".section " sec ",\"axG\",@progbits," sig ",comdat\n"
    static const char
        b[] =
            TEXT("in_b") "call f\nret\n" GROUP("f", ".text.f") ".weak f\nf: call "
                                                               "helper_of_f\nret\n" GROUP("f", ".te"
                                                                                               "xt."
                                                                                               "f2") "nop\n" GROUP(
                                                                   "g",
                                                                   ".text.g") ".weak g\ng: ret\n"
                                                                              ".section "
                                                                              ".debug_info,\"\"\n."
                                                                              "quad f, in_b\n";
    static const char a[] =
        TEXT("_start") "call in_b\ncall f\nret\n" TEXT("helper_of_f") "ret\n" GROUP(
            "f",
            ".text.f") ".weak f\nf: call helper_of_f\nret\n" GROUP("f",
                                                                   ".text.f2") "nop\n" GROUP("h",
                                                                                             ".text"
                                                                                             ".h") ".weak h\nh: ret\n";
    struct line l;
    rewrite_asm(&l, "gcc", a, b);
    struct object o;
    object_open(&o, "a2.o");
    assert_int_equal(section(&o, ".text.h"), 0);
    uint32_t f = section(&o, ".text.f"), f2 = section(&o, ".text.f2"),
             group = section(&o, ".group");
    assert_true(f && f2 && group && f == symbol(&o, "f") - symbol(&o, "f") + f);
    const uint8_t *words = rp_elf_bytes(&o.e, group);
    assert_int_equal(o.e.shdrs[group].size, 16); /* flag, .text.f, its relocations, .text.f2 */
    assert_int_equal(words[0], GRP_COMDAT);
    assert_int_equal(words[4], f);
    assert_string_equal(rp_elf_symname(&o.e, o.e.shdrs[group].info), "f");
    object_close(&o);

    object_open(&o, "b2.o");
    assert_int_equal(section(&o, ".group"), 0);
    assert_int_equal(section(&o, ".text.f"), 0);
    assert_int_equal(symbol(&o, "g"), 0);
    assert_int_equal(symbol(&o, "helper_of_f"), 0);
    uint32_t sym = symbol(&o, "f");
    assert_int_equal(rp_sym_shndx(&o.e, sym), RP_SHN_UNDEF);
    assert_int_equal(rp_sym_bind(&o.e.syms[sym]), STB_GLOBAL);
    uint32_t n; /* debug information about the duplicate is dead */
    rp_elf_relocs(&o.e, section(&o, ".rela.debug_info"), &n);
    assert_int_equal(n, 1);
    object_close(&o);
    line_free(&l);
    for (const char *const *ld = (const char *const[]){"bfd", "gold", "lld", NULL}; *ld; ld++)
        must("ld.%s a2.o b2.o -o out", *ld);
}

static void weak_definition_that_lost_is_dropped_with_its_section(void **state)
{
    (void)state;
    struct line l;
    rewrite_asm(&l, "gcc",
                TEXT("_start") "call f\nret\n.section .text.wf,\"ax\"\n.weak f\nf: ret\n",
                TEXT("f") "ret\n" TEXT("x") "ret\n");
    struct object o;
    object_open(&o, "a2.o");
    assert_int_equal(section(&o, ".text.wf"), 0);
    assert_int_equal(rp_sym_shndx(&o.e, symbol(&o, "f")), RP_SHN_UNDEF);
    object_close(&o);
    line_free(&l);
    must("ld.bfd a2.o b2.o -o out");
}

static void merged_strings_move_and_keep_their_alignment(void **state)
{
    (void)state;
    static const char a[] =
        TEXT("_start") "lea live1(%rip), %rax\nmov $.Lstr+8, %rbx\nlea live2(%rip), %rax\n"
                       "lea .Lstr2+3(%rip), %rcx\nret\n" TEXT(
                           "dead") "lea deads(%rip), %rax\n"
                                   ".section .rodata.str1.1,\"aMS\",@progbits,1\n"
                                   ".string \"dead\"\n.Lstr: .string \"dead two\"\nlive1: .string "
                                   "\"live\"\n"
                                   "deads: .string \"dead three\"\n.Lstr2: .string "
                                   "\"abcdef\"\n.string \"dead four\"\n"
                                   ".section .rodata.str1.8,\"aMS\",@progbits,1\n.p2align 3\n"
                                   ".string \"dead\"\n.p2align 3\nlive2: .string \"live "
                                   "too\"\n.p2align 3\n.string \"end\"\n"
                                   ".section .rodata.cst4,\"aM\",@progbits,4\n.long 1\nc2: .long "
                                   "2\n.long 3\n"
                                   ".section .data.live,\"aw\"\n.globl d\nd: .quad c2\n.section "
                                   ".text._start\nmov d, %rax\n";
    struct line l;
    rewrite_asm(&l, "gcc", a, NULL);
    struct object o;
    object_open(&o, "a2.o");
    /* .Lstr+8 is the terminator of "dead two", which makes that piece live */
    assert_contents(&o, ".rodata.str1.1", "dead two\0live\0abcdef", 21);
    assert_contents(&o, ".rodata.str1.8", "live too\0\0\0\0\0\0\0", 16);
    assert_contents(&o, ".rodata.cst4", "\2\0\0\0", 4);
    assert_int_equal(o.e.syms[symbol(&o, "live1")].value, 9);
    assert_int_equal(o.e.syms[symbol(&o, "live2")].value, 0);
    assert_int_equal(symbol(&o, "deads"), 0);
    object_close(&o);
    line_free(&l);
    must("ld.lld a2.o -o out && ld.bfd a2.o -o out");
}

static void address_significance_and_call_graph_follow_the_symbols(void **state)
{
    (void)state;
    static const char a[] = TEXT("_start") "call live\nret\n" TEXT("live") "ret\n" TEXT(
        "dead") "call live\nret\n" TEXT("dead2") "ret\n"
                                                 ".addrsig\n.addrsig_sym dead\n.addrsig_sym "
                                                 "live\n.addrsig_sym dead2\n.addrsig_sym _start\n"
                                                 ".cg_profile dead, live, 10\n.cg_profile _start, "
                                                 "live, 20\n.cg_profile dead, dead2, 30\n";
    struct line l;
    rewrite_asm(&l, "clang", a, NULL);
    line_free(&l);
    char *text = output_of("llvm-readobj-19 --addrsig --cg-profile a2.o");
    assert_non_null(strstr(text, "live"));
    assert_non_null(strstr(text, "_start"));
    assert_null(strstr(text, "dead"));
    assert_non_null(strstr(text, "Weight: 20"));
    free(text);
    must("ld.lld-19 a2.o -o out");
}

static void descriptions_by_link_order_go_with_their_section(void **state)
{
    (void)state;
    static const char a[] = TEXT("_start") "ret\n" TEXT(
        "dead") "ret\n"
                ".section .stack_sizes,\"o\",@progbits,.text._start\n.quad _start\n.byte 1\n"
                ".section .stack_sizes,\"o\",@progbits,.text.dead\n.quad dead\n.byte 2\n"
                ".section meta,\"ao\",@progbits,.text.dead\n.quad dead\n"
                ".section meta2,\"ao\",@progbits,.text._start\n.quad _start\n";
    struct line l;
    rewrite_asm(&l, "clang", a, NULL);
    line_free(&l);
    struct object o;
    object_open(&o, "a2.o");
    uint32_t sizes = section(&o, ".stack_sizes"); /* just one */
    assert_string_equal(rp_elf_shname(&o.e, o.e.shdrs[sizes].link), ".text._start");
    assert_int_equal(section(&o, "meta"), 0);
    assert_string_equal(rp_elf_shname(&o.e, o.e.shdrs[section(&o, "meta2")].link), ".text._start");
    object_close(&o);
    must("ld.lld a2.o -o out");
}

static void eh_frame_keeps_only_live_functions(void **state)
{
    (void)state;
    static const char a[] =
        TEXT("_start") ".cfi_startproc\n.cfi_lsda 0x1b, .Llsda\n.cfi_personality 0x1b, p\n"
                       "call f\nret\n.cfi_endproc\n" TEXT("dead") ".cfi_startproc\n.cfi_"
                                                                  "personality 0x1b, "
                                                                  "dead_p\nret\n.cfi_"
                                                                  "endproc\n" TEXT("f") ".cfi_"
                                                                                        "startproc"
                                                                                        "\nret\n."
                                                                                        "cfi_"
                                                                                        "endproc"
                                                                                        "\n" TEXT("p") "ret\n" TEXT(
                                                                                            "dead_"
                                                                                            "p") "r"
                                                                                                 "e"
                                                                                                 "t"
                                                                                                 "\n"
                                                                                                 "."
                                                                                                 "s"
                                                                                                 "e"
                                                                                                 "c"
                                                                                                 "t"
                                                                                                 "i"
                                                                                                 "o"
                                                                                                 "n"
                                                                                                 " "
                                                                                                 "."
                                                                                                 "g"
                                                                                                 "c"
                                                                                                 "c"
                                                                                                 "_"
                                                                                                 "e"
                                                                                                 "x"
                                                                                                 "c"
                                                                                                 "e"
                                                                                                 "p"
                                                                                                 "t"
                                                                                                 "_"
                                                                                                 "t"
                                                                                                 "a"
                                                                                                 "b"
                                                                                                 "l"
                                                                                                 "e"
                                                                                                 ","
                                                                                                 "\"a\"\n.Llsda: .byte 255, 255, 1, 0\n";
    struct line l;
    rewrite_asm(&l, "gcc", a,
                TEXT("f2") ".cfi_startproc\nret\n.cfi_endproc\n.comm c,4\n"
                           ".section .note.x,\"a\",@note\n.long 0,0,0\n");
    line_free(&l);
    char *text = output_of("readelf --debug-dump=frames a2.o | grep -c 'FDE cie'");
    assert_string_equal(text, "2\n");
    free(text);
    text = output_of("readelf --debug-dump=frames a2.o | grep -c ' CIE'");
    assert_string_equal(text, "2\n");
    free(text);
    struct object o;
    object_open(&o, "a2.o");
    assert_int_equal(symbol(&o, "dead_p"), 0);
    assert_int_not_equal(section(&o, ".text.p"), 0);
    object_close(&o);
    object_open(&o, "b2.o");
    assert_int_equal(section(&o, ".eh_frame"), 0);
    object_close(&o);
    must("ld.bfd --eh-frame-hdr a2.o b2.o -o out && ld.lld --eh-frame-hdr a2.o b2.o -o out");
}

static void a_hidden_mention_still_hides(void **state)
{
    (void)state;
    struct line l;
    rewrite_asm(
        &l, "gcc",
        TEXT("_start") "call f\nret\n" TEXT("dead") ".hidden f\n.hidden g\ncall f\ncall g\nret\n",
        TEXT("f") "ret\n" TEXT("g") "ret\n");
    struct object o;
    object_open(&o, "a2.o");
    assert_int_equal(rp_sym_vis(&o.e.syms[symbol(&o, "f")]), STV_HIDDEN);
    assert_int_equal(symbol(&o, "g"), 0); /* its definition is gone */
    object_close(&o);
    line_free(&l);
}

static void unknown_section_types_leave_the_file_alone(void **state)
{
    (void)state;
    write_text("a.s",
               TEXT("_start") "ret\n" TEXT("dead") "ret\n"
                                                   ".section odd,\"\",@0x60000077\n.long 1\n");
    must("gcc -c a.s -o a.o");
    static const char *const words[] = {"-e", "_start", "a.o", NULL};
    struct line l;
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    assert_false(l.model.files.v[0].untouched); /* no links: bytes like others */
    assert_int_equal(l.plan.fate[0], RP_FATE_REWRITE);
    line_free(&l);

    /* give it a link to section 1 */
    must("python3 - <<'E'\n"
         "import struct\n"
         "d = bytearray(open('a.o', 'rb').read())\n"
         "off, = struct.unpack_from('<Q', d, 40); n, = struct.unpack_from('<H', d, 60)\n"
         "for i in range(n):\n"
         "    if struct.unpack_from('<I', d, off + 64 * i + 4)[0] == 0x60000077:\n"
         "        struct.pack_into('<I', d, off + 64 * i + 40, 1)\n"
         "open('a.o', 'wb').write(d)\n"
         "E");
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    assert_true(l.model.files.v[0].untouched);
    assert_int_equal(l.plan.fate[0], RP_FATE_UNCHANGED);
    line_free(&l);
}

static void objects_of_many_sections_use_extended_numbers(void **state)
{
    (void)state;
    enum { N = 140000 };
    FILE *f = fopen("a.s", "w");
    assert_non_null(f);
    fputs(".section .text._start,\"ax\"\n.globl _start\n_start: ret\n", f);
    for (int i = 0; i < N; i++)
        fprintf(f, ".section .t%d,\"ax\"\nf%d: %s%d\n", i, i, i + 2 < N ? "jmp f" : "nop #", i + 2);
    fputs(".section .text._start\njmp f0\n", f);
    fclose(f);
    must("as a.s -o a.o");
    static const char *const words[] = {"-e", "_start", "a.o", NULL};
    struct line l;
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    line_rewrite(&l, "a.o", "a2.o");
    line_free(&l);
    struct object o;
    object_open(&o, "a2.o");
    uint32_t n = 0;
    for (uint32_t i = 1; i < o.e.n_sections; i++)
        n += o.e.shdrs[i].flags & SHF_EXECINSTR && o.e.shdrs[i].size;
    assert_int_equal(n, N / 2 + 1);
    assert_int_not_equal(o.e.symtab_shndx, 0);
    object_close(&o);
    must("eu-elflint -q --gnu-ld a2.o && ld.lld a2.o -o out");

    /* and back to ordinary numbers when few are left */
    must("sed -i 's/^jmp f0/nop/' a.s && as a.s -o a.o");
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    line_rewrite(&l, "a.o", "a2.o");
    line_free(&l);
    object_open(&o, "a2.o");
    assert_int_equal(o.e.symtab_shndx, 0);
    assert_true(o.e.n_sections < 10);
    object_close(&o);
    must("eu-elflint -q --gnu-ld a2.o && ld.bfd a2.o -o out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_code_leaves_tombstones_in_debug_sections),
        cmocka_unit_test(tombstones_of_rel_sections_replace_the_addend),
        cmocka_unit_test(groups_live_and_die_whole_and_duplicates_become_references),
        cmocka_unit_test(weak_definition_that_lost_is_dropped_with_its_section),
        cmocka_unit_test(merged_strings_move_and_keep_their_alignment),
        cmocka_unit_test(address_significance_and_call_graph_follow_the_symbols),
        cmocka_unit_test(descriptions_by_link_order_go_with_their_section),
        cmocka_unit_test(eh_frame_keeps_only_live_functions),
        cmocka_unit_test(a_hidden_mention_still_hides),
        cmocka_unit_test(unknown_section_types_leave_the_file_alone),
        cmocka_unit_test(objects_of_many_sections_use_extended_numbers),
        cmocka_unit_test(rewritten_programs_run_the_same),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
