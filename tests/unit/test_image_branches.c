/* test_image_branches.c: references of code that have no relocation.
 *
 * Each case is a piece of assembly whose functions are local, so that the assembler computes their
 * distances itself; it says which functions must be found from which, and how.
 */
#include "elf_support.h"

#include "image/image.h"

/* fn NAME … end NAME: a local function with a size. The anchor is the one relocation that there
 * must be. */
static const char prelude[] = ".macro fn name\n.type \\name,%function\n\\name:\n.endm\n"
                              ".macro end name\n.size \\name,.-\\name\n.endm\n"
                              ".data\nanchor: .quad _start\n.text\n.globl _start\n";

struct scene {
    struct rp_model m;
    struct rp_image im;
    struct rp_marks marks;
};

static void analyse(struct scene *s, const char *tools, const char *assembly, const char *flags,
                    const struct rp_image_options *options)
{
    struct rp_image_options o = options ? *options : (struct rp_image_options){0};
    char text[8192];
    int n = snprintf(text, sizeof text, "%s%s", prelude, assembly);
    assert_in_range(n, 1, sizeof text - 1);
    spit("image.s", text, (size_t)n);
    assert_int_equal(
        run("%sas image.s -o image.o && %sld -q %s image.o -o image", tools, tools, flags), 0);
    memset(s, 0, sizeof *s);
    rp_model_init(&s->m, &ctx);
    assert_int_equal(rp_image_open(&ctx, "image", &s->m, &s->im), REAP_OK);
    assert_int_equal(rp_image_analyse(&s->im, &o), REAP_OK);
    assert_int_equal(rp_mark(&s->m, &s->marks), REAP_OK);
}

static void close_scene(struct scene *s)
{
    rp_marks_free(&s->marks);
    rp_image_close(&s->im);
    rp_model_free(&s->m);
}

static rp_id node_of(const struct scene *s, const char *name, size_t n)
{
    for (size_t i = 0; i < s->im.symbols.n; i++) {
        const char *sym = rp_elf_symname(s->im.e, s->im.symbols.v[i].symbol);
        if (strlen(sym) == n && !memcmp(sym, name, n))
            return s->im.symbols.v[i].node;
    }
    fail_msg("there is no symbol '%.*s'", (int)n, name);
    return 0;
}

/* The one source of the edges from a to b, RP_IMAGE_N_SOURCES: several; 0: there are none. */
static unsigned source_of(const struct scene *s, rp_id from, rp_id to)
{
    unsigned source = 0;
    for (size_t i = 0; i < s->im.edges.v.n; i++) {
        const struct rp_image_edge *e = &s->im.edges.v.v[i];
        if (e->from == from && e->to == to)
            source = source && source != e->source ? RP_IMAGE_N_SOURCES : e->source;
    }
    return source;
}

/* "branch:a>b none:a>c scan:…": how b is found from a. */
static void expect(const struct scene *s, const char *words)
{
    static const char *const names[] = {"none", "reloc", "branch", "scan", "value"};
    char copy[512];
    snprintf(copy, sizeof copy, "%s", words);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " ")) {
        char *a = strchr(w, ':') + 1, *b = strchr(w, '>') + 1;
        unsigned want = 0;
        while (strncmp(w, names[want], strlen(names[want])))
            want++;
        rp_id from = node_of(s, a, (size_t)(b - 1 - a)), to = node_of(s, b, strlen(b));
        unsigned got = source_of(s, from, to);
        if (got != want)
            fail_msg("%s: found by %s", w, got < 5 ? names[got] : "several");
    }
}

static void check(const char *assembly, const char *flags, const struct rp_image_options *o,
                  const char *words)
{
    struct scene s;
    analyse(&s, "", assembly, flags, o);
    expect(&s, words);
    close_scene(&s);
}

static void check_a64(const char *assembly, const char *flags, const char *words)
{
    struct scene s;
    analyse(&s, "aarch64-linux-gnu-", assembly, flags, NULL);
    expect(&s, words);
    close_scene(&s);
}

static const char branches[] =
    "_start: ret\n"
    "fn a\ncall b\njmp c\nje d\njrcxz e\njmp h+1\nend a\n"
    "fn b\nret\nend b\nfn c\nret\nend c\nfn d\nret\nend d\n"
    "fn e\nret\nend e\nfn f\nlea g(%rip),%rax\ncall *h(%rip)\nret\nend f\n"
    "fn g\nret\nend g\nfn h\nnop\nret\nend h\n";

static void branches_and_addresses_are_decoded(void **state)
{
    (void)state;
    check(branches, "", NULL,
          "branch:a>b branch:a>c branch:a>d branch:a>e branch:a>h branch:f>g branch:f>h none:b>c "
          "none:e>f none:a>g");
}

/* The scan alone finds what goes to a symbol, and no addresses. */
static void without_decoding_the_scan_finds_branches_to_symbols(void **state)
{
    (void)state;
    check(branches, "", &(struct rp_image_options){.no_decode = true},
          "scan:a>b scan:a>c scan:a>d scan:a>e none:a>h none:f>g none:f>h");
    check(branches, "", &(struct rp_image_options){.no_decode = true, .no_scan = true},
          "none:a>b none:a>c none:a>d none:a>e");
}

static void relocations_are_not_told_twice(void **state)
{
    (void)state;
    check(".globl g\n_start: ret\nfn a\ncall g\nlea d(%rip),%rax\nret\nend a\n"
          "fn g\nret\nend g\n.data\n.globl d\n.type d,%object\n.size d,8\nd: .quad 0\n",
          "", NULL, "reloc:a>g reloc:a>d");
}

/* 48 b8 makes the next eight bytes a constant: decoding is in step again behind them. */
static const char hidden_call[] = "_start: ret\nfn a\nnop\n.byte 0x48,0xb8\nhidden: call b\nnop\n"
                                  "nop\nnop\nret\nend a\nfn b\nret\nend b\n";

static void a_call_that_decoding_misses_is_found_by_the_scan(void **state)
{
    (void)state;
    check(hidden_call, "", NULL, "scan:a>b");
    check(hidden_call, "", &(struct rp_image_options){.no_scan = true}, "none:a>b");
}

/* b8 eb 01 …: a constant whose bytes would be a short jump to b. */
static void short_branches_within_instructions_count_out_of_step_alone(void **state)
{
    (void)state;
    check("_start: ret\nfn a\n.byte 0xb8,0xeb,3,0,0\nret\nend a\nfn b\nret\nend b\n", "", NULL,
          "none:a>b");
    /* the function ends within an instruction */
    check("_start: ret\nfn a\n.byte 0xb8,0xeb,3,0,0\n.byte 0xe8\nend a\nfn b\nret\nend b\n", "",
          NULL, "scan:a>b");
    /* a relocation where decoding sees no field: b8 takes the opcode of jmp with it */
    check("_start: ret\nfn a\n.byte 0xb8,0xeb,10,0,0\n.byte 0xb8\njmp far\n.byte 0xc0\nret\nend a\n"
          "fn b\nret\nend b\n.section .far,\"ax\"\n.globl far\nfn far\nret\nend far\n",
          "", NULL, "scan:a>b");
    /* a branch goes into the constant */
    check("_start: ret\nfn a\n.byte 0xb8,0xeb,4,0,0\njmp a+1\nend a\nfn b\nret\nend b\n", "", NULL,
          "scan:a>b");
}

static void assembly_falls_through(void **state)
{
    (void)state;
    check("_start: inc %eax\nfn a\nnop\nend a\nfn b\ncall c\nend b\nfn c\njmp *%rax\nend c\nfn "
          "d\nud2\n"
          "end d\nfn e\nje a\nnopw 0(%rax,%rax)\nend e\n.p2align 4\nfn f\nret\nnop\nend f\n"
          "fn g\nret\nend g\n",
          "", NULL, "branch:_start>a branch:a>b branch:b>c none:c>d none:d>e branch:e>f none:f>g");
    /* a call at the end of a function does not return; elsewhere it may */
    check("_start: call a\nfn a\ncall c\nend a\nfn b\nret\nend b\nfn c\nret\nend c\n", "", NULL,
          "none:a>b branch:a>c");
}

static void constants_are_addresses_of_functions_at_their_start(void **state)
{
    (void)state;
    check(".skip 0x10\nfn a\nret\nend a\n.p2align 4\nfn b\nmov $0x401010,%eax\npush $0x401020\n"
          "mov $0x401011,%edi\nret\nend b\n.p2align 6\n_start: ret\n"
          "fn c\nmov $0x402000,%esi\nret\nend c\n"
          ".data\n.type d,%object\n.size d,8\nd: .quad 0\n",
          "-Ttext=0x401000 -Tdata=0x402000", NULL, "value:b>a none:c>d");
}

/* f1 is in the table as f1 + 4, by the symbol of its section. */
static void tables_of_distances_keep_their_functions(void **state)
{
    (void)state;
    static const char functions[] =
        ".p2align 4\nfn f0\nret\nend f0\nfn f1\nret\nend f1\nfn f2\nret\n"
        "end f2\nfn f3\nret\nnop\nend f3\nfn f4\nret\nend f4\n";
    static const char table[] = ".section .rodata\n.p2align 2\nt: .long f0-t,f2-t,f3+1-t\n"
                                ".type t,%object\n.size t,12\n";
    char text[2048];
    snprintf(text, sizeof text, "_start: ret\nfn a\nlea t(%%rip),%%rax\nret\nend a\n%s%s",
             functions, table);
    check(text, "", NULL, "reloc:t>f0 value:t>f2 none:t>f1 none:t>f3 none:t>f4");
    /* nobody refers to it: whatever start it has */
    snprintf(text, sizeof text, "_start: ret\n%s%s", functions, table);
    struct scene s;
    analyse(&s, "", text, "", NULL);
    assert_int_equal(source_of(&s, node_of(&s, "t", 1), node_of(&s, "f2", 2)), RP_IMAGE_VALUE);
    close_scene(&s);
}

static void jump_tables_refer_to_their_function_alone(void **state)
{
    (void)state;
    check("_start: ret\n.p2align 4\nfn small\nret\nend small\n.p2align 2\n"
          "fn a\nlea t(%rip),%rax\nmovslq (%rax,%rdi,4),%rdi\nadd %rdi,%rax\njmp *%rax\n"
          "l0: ret\nl1: ret\nl2: nop\nret\nend a\nfn b\nret\nend b\n"
          ".section .rodata\n.p2align 2\nt: .long l0-t,l1-t,l2-t,l2+1-t\n.type t,%object\n.size "
          "t,16\n",
          "", NULL, "none:t>small none:t>b");
}

/* A switch in assembly that keeps its table amid the code. */
static void distances_amid_code_keep_their_functions(void **state)
{
    (void)state;
    check("_start: ret\nfn a\nlea t(%rip),%rax\nmovslq (%rax,%rdi,4),%rdi\nadd %rdi,%rax\n"
          "jmp *%rax\n.p2align 2\nt: .long b-t,c-t\n.byte 0x06\nend a\nfn b\nret\nend b\nfn "
          "c\nret\nend c\n"
          "fn d\nret\nend d\n",
          "", NULL, "value:a>b value:a>c none:a>d");
}

static void a64_branches_and_addresses_are_decoded(void **state)
{
    (void)state;
    check_a64("_start: ret\nfn a\nbl b\nb.eq c\ncbz x0,d\ntbnz w1,#3,e\nb h+4\nend a\n"
              "fn b\nret\nend b\nfn c\nret\nend c\nfn d\nret\nend d\nfn e\nret\nend e\n"
              "fn f\nadr x0,g\nldr x1,h\nret\nend f\nfn g\nret\nend g\nfn h\nnop\nret\nend h\n",
              "",
              "branch:a>b branch:a>c branch:a>d branch:a>e branch:a>h branch:f>g branch:f>h "
              "none:b>c");
    /* adrp of the page 0x401000, as words: the assembler would leave a relocation */
    check_a64(".p2align 4\nfn a\nret\nend a\n_start: ret\n.p2align 5\n"
              "fn f\n.inst 0x90000003\nmov x4,x5\nadd x0,x3,#0x100\nret\nend f\n"
              "fn g\n.inst 0x90000003\nmov x3,x5\nadd x0,x3,#0x100\nret\nend g\n"
              "fn h\n.inst 0x90000003\nldr x0,[x3,#0x100]\nret\nend h\n"
              ".org 0x100\nfn z\nret\nend z\n",
              "-Ttext=0x401000", "branch:f>z none:g>z branch:h>z none:f>a");
}

static void a64_assembly_falls_through(void **state)
{
    (void)state;
    check_a64("_start: ret\nfn a\nmov x0,#1\nend a\nfn b\nret\nnop\nend b\nfn c\nbrk #1\nend c\n"
              "fn d\nbl b\nend d\nfn e\nret\nend e\n",
              "", "branch:a>b none:b>c none:c>d none:d>e branch:d>b");
}

/* The functions of the filled image lead nowhere: nothing may come of the bytes of traps. */
static void what_was_filled_refers_to_nothing(void **state)
{
    (void)state;
    check(
        "_start: ret\nfn a\n.rept 4\n.byte 0x0f,0x0b,0xcc,0xcc,0xcc,0xcc,0xcc,0xcc\n.endr\nend a\n"
        "fn b\n.zero 32\nend b\nfn c\nret\nend c\n",
        "", NULL, "none:a>b none:b>c");
}

/* Hostile bytes as code: whatever is decoded, edges are between nodes, and places lie in them. */
static void any_code_gives_sound_edges(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (unsigned round = 0; round < 6; round++) {
        bool a64 = round & 1;
        uint8_t bytes[20000];
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[i] = (uint8_t)(seed >> 40);
        }
        spit("code.bin", bytes, sizeof bytes);
        char text[4096];
        size_t n = 0;
        for (unsigned i = 0; i < 40; i++)
            n += (size_t)snprintf(text + n, sizeof text - n,
                                  "fn f%u\n.incbin \"code.bin\",%u,%u\nend f%u\n", i, i * 500, 500,
                                  i);
        struct scene s;
        char all[8192];
        snprintf(all, sizeof all,
                 "_start: .quad t\n%s.section .rodata\n.type t,%%object\n.size t,4000\nt: "
                 ".incbin \"code.bin\",0,4000\n",
                 text);
        analyse(&s, a64 ? "aarch64-linux-gnu-" : "", all, "", NULL);
        assert_true(s.im.edges.v.n > 0);
        for (size_t i = 0; i < s.im.edges.v.n; i++) {
            const struct rp_image_edge *e = &s.im.edges.v.v[i];
            assert_in_range(e->from, 1, s.m.nodes.n - 1);
            assert_in_range(e->to, 1, s.m.nodes.n - 1);
            assert_int_not_equal(e->from, e->to);
            assert_true(e->addr - rp_image_node_addr(&s.im, e->from) < s.m.nodes.v[e->from].size);
        }
        close_scene(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches_and_addresses_are_decoded),
        cmocka_unit_test(without_decoding_the_scan_finds_branches_to_symbols),
        cmocka_unit_test(relocations_are_not_told_twice),
        cmocka_unit_test(a_call_that_decoding_misses_is_found_by_the_scan),
        cmocka_unit_test(short_branches_within_instructions_count_out_of_step_alone),
        cmocka_unit_test(assembly_falls_through),
        cmocka_unit_test(constants_are_addresses_of_functions_at_their_start),
        cmocka_unit_test(tables_of_distances_keep_their_functions),
        cmocka_unit_test(jump_tables_refer_to_their_function_alone),
        cmocka_unit_test(distances_amid_code_keep_their_functions),
        cmocka_unit_test(a64_branches_and_addresses_are_decoded),
        cmocka_unit_test(a64_assembly_falls_through),
        cmocka_unit_test(what_was_filled_refers_to_nothing),
        cmocka_unit_test(any_code_gives_sound_edges),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
