/* test_image_model.c: what of a linked image is an atom, what refers to what, what is a root; and
 * which images are refused.
 *
 * Each case is a piece of assembly that is linked with its relocations kept; names say what must be
 * live and what dead.
 */
#include "elf_support.h"

#include "elf/elf_linked.h"
#include "image/image.h"
#include "util/checked.h"

struct scene {
    struct rp_model m;
    struct rp_image im;
    struct rp_marks marks;
    struct rp_rules rules;
};

static enum reap_status open_scene(struct scene *s, const char *path)
{
    memset(s, 0, sizeof *s);
    rp_model_init(&s->m, &ctx);
    enum reap_status st = rp_image_open(&ctx, path, &s->m, &s->im);
    if (st != REAP_OK)
        rp_model_free(&s->m);
    return st;
}

static void close_scene(struct scene *s)
{
    rp_marks_free(&s->marks);
    rp_image_close(&s->im);
    rp_model_free(&s->m);
    rp_rules_free(&s->rules);
}

/* Assemble, link with -q and further flags, analyse with the rules (or NULL). */
static void analyse(struct scene *s, const char *assembly, const char *flags, const char *rules,
                    const struct rp_image_options *options)
{
    struct rp_image_options o = options ? *options : (struct rp_image_options){0};
    spit("image.s", assembly, strlen(assembly));
    assert_int_equal(run(TEST_CC " -c image.s -o image.o && ld -q %s image.o -o image", flags), 0);
    assert_int_equal(open_scene(s, "image"), REAP_OK);
    if (rules) {
        spit("image.rules", rules, strlen(rules));
        assert_int_equal(rp_rules_read(&ctx, &s->rules, "./image.rules"), REAP_OK);
        o.rules = &s->rules;
    }
    assert_int_equal(rp_image_analyse(&s->im, &o), REAP_OK);
    assert_int_equal(rp_mark(&s->m, &s->marks), REAP_OK);
}

static rp_id node_of(const struct scene *s, const char *name)
{
    for (size_t i = 0; i < s->im.symbols.n; i++)
        if (!strcmp(rp_elf_symname(s->im.e, s->im.symbols.v[i].symbol), name))
            return s->im.symbols.v[i].node;
    fail_msg("there is no symbol '%s'", name);
    return 0;
}

/* "live a b / dead c d" */
static void expect(const struct scene *s, const char *words)
{
    char copy[512];
    bool live = true;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *w = strtok(copy, " /"); w; w = strtok(NULL, " /")) {
        if (!strcmp(w, "live") || !strcmp(w, "dead")) {
            live = !strcmp(w, "live");
            continue;
        }
        rp_id node = node_of(s, w);
        if (!node || (s->marks.live[node] != 0) != live)
            fail_msg("'%s' (node %u) should be %s", w, node, live ? "live" : "dead");
    }
}

#define FUNC(name)  ".globl " name "\n.type " name ",@function\n" name ":\n"
#define LOCAL(name) ".type " name ",@function\n" name ":\n"
#define END(name)   ".size " name ",.-" name "\n"
#define OBJECT(name, size)                                                                         \
    ".globl " name "\n.type " name ",@object\n.size " name "," #size "\n" name ":\n"

/* --- tests ------------------------------------------------------------------------------------ */

static void relocations_are_followed(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "call used\nmov table(%rip),%rax\nret\n" END("_start")
                FUNC("used") "nop\nret\n" END("used")
                    FUNC("unused") "call only_from_unused\nret\n" END("unused")
                        FUNC("only_from_unused") "ret\n" END("only_from_unused") FUNC(
                            "by_table") "ret\n" END("by_table")
                            FUNC("by_dead_table") "ret\n" END("by_dead_table") ".data\n" OBJECT(
                                "table", 8) ".quad by_table\n" OBJECT("dead_table",
                                                                      8) ".quad by_dead_table\n",
            "", NULL, NULL);
    expect(&s, "live _start used by_table table / dead unused only_from_unused by_dead_table");
    close_scene(&s);
}

static void aliases_and_overlaps_are_one_atom(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "call alias\nret\n" END("_start") FUNC("first")
                FUNC("alias") "nop\n.type inner,@function\ninner: nop\n" END("first")
                    END("alias") "ret\n" END("inner") FUNC("after") "ret\n" END("after"),
            "", NULL, NULL);
    assert_int_equal(node_of(&s, "first"), node_of(&s, "alias"));
    assert_int_equal(node_of(&s, "first"), node_of(&s, "inner"));
    assert_int_equal(s.m.nodes.v[node_of(&s, "first")].size, 3);
    expect(&s, "live first alias inner / dead after");
    close_scene(&s);
}

static void labels_belong_to_what_is_before_them(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "lea odd_label(%rip),%rax\nret\n" END("_start")
                FUNC("asm_function") "nop\n" END(
                    "asm_function") "asm_label: nop\njmp "
                                    "asm_function\n" FUNC("later") "ret\n" END(
                                        "later") ".da"
                                                 "ta"
                                                 "\n" OBJECT(
                                                     "bytes",
                                                     3) ".byte 1,2,3\nodd_label: .byte 4,5,6,7,8\n",
            "", NULL, NULL);
    assert_int_equal(node_of(&s, "asm_function"), node_of(&s, "asm_label"));
    assert_int_equal(node_of(&s, "bytes"), node_of(&s, "odd_label"));
    expect(&s, "live bytes / dead later");
    close_scene(&s);
}

static void code_without_a_symbol_is_a_root_and_padding_is_nothing(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "ret\n" END(
                "_start") "call by_gap\nret\n"
                          ".p2align 5\n" FUNC("by_gap") "ret\n" END("by_gap") ".p2align 5\n" FUNC(
                              "dead_one") "ret\n" END("dead_one"),
            "", NULL, NULL);
    expect(&s, "live by_gap / dead dead_one");
    const struct rp_section *text = &s.m.sections[s.m.nodes.v[node_of(&s, "_start")].section];
    assert_int_equal(text->n_nodes, 4); /* three functions, the gap behind _start */
    assert_int_equal(s.m.nodes.v[text->node + 1].kind, RP_NODE_GAP);
    close_scene(&s);
}

static void stale_relocations_are_ignored_and_values_are_read(void **state)
{
    (void)state;
    struct scene s;
    const char *assembly = FUNC("_start") "mov table(%rip),%rax\nret\n" END("_start")
        FUNC("before") "ret\n" END("before")
            FUNC("now") "ret\n" END("now") ".data\n" OBJECT("table", 8) ".quad before\n";
    analyse(&s, assembly, "", NULL, NULL);
    expect(&s, "live before / dead now");
    uint64_t at = rp_shdr_of(&s.m, s.m.nodes.v[node_of(&s, "table")].section)->offset;
    uint64_t addr = rp_image_node_addr(&s.im, node_of(&s, "now"));
    close_scene(&s);
    struct blob b = slurp("image"); /* as a tool that sorts tables does it */
    memcpy(b.p + at, &addr, sizeof addr);
    spit("image", b.p, b.n);
    free(b.p);
    assert_int_equal(open_scene(&s, "image"), REAP_OK);
    assert_int_equal(rp_image_analyse(&s.im, &(struct rp_image_options){0}), REAP_OK);
    assert_int_equal(rp_mark(&s.m, &s.marks), REAP_OK);
    expect(&s, "live now / dead before");
    assert_int_equal(s.im.n_stale, 1);
    assert_int_equal(s.im.n_by_source[RP_IMAGE_VALUE], 1);
    close_scene(&s);
}

/* A table as __ex_table of Linux: distances to the subject and to what it names. */
static void records_follow_their_subjects(void **state)
{
    (void)state;
    struct scene s;
    analyse(
        &s,
        FUNC("_start") "lea __start_tab(%rip),%rax\nret\n" END("_start") ".p2align 5\n" FUNC(
            "patched") "nop\nnop\nnop\nnop\nnop\nret\n" END("patched")
            FUNC("fixup_of_live") "ret\n" END("fixup_of_live") FUNC("fixup_of_dead") "ret\n" END(
                "fixup_of_dead") ".section tab,\"a\"\n.globl __start_tab,__stop_tab\n__start_tab:\n"
                                 ".long _start-.,fixup_of_live-.\n.long "
                                 "patched-.,fixup_of_dead-.\n__stop_tab:\n",
        "", "table tab record 8|12 subject 0 targets 4 between __start_tab __stop_tab verified\n",
        NULL);
    expect(&s, "live fixup_of_live / dead patched fixup_of_dead");
    assert_int_equal(s.im.verified.n, 2);
    assert_int_equal(s.im.verified.v[1].addr, rp_image_node_addr(&s.im, node_of(&s, "patched")));
    close_scene(&s);
}

static void a_table_of_another_shape_keeps_what_it_names(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "ret\n" END("_start") FUNC("named") "ret\n" END(
                "named") ".section tab,\"a\"\n.globl __start_tab,__stop_tab\n__start_tab:\n"
                         ".long named-.,77,99\n__stop_tab:\n",
            "", "table tab record 8 subject 0 targets 4 between __start_tab __stop_tab\n", NULL);
    expect(&s, "live named");
    close_scene(&s);
}

/* Replacement instructions stand in a row without names; each is reached through its record. */
static void gaps_of_code_are_divided_where_records_point(void **state)
{
    (void)state;
    struct scene s;
    analyse(
        &s,
        FUNC("_start") "nop\nret\n" END("_start") FUNC("dead_one") "nop\nret\n" END("dead_one")
            FUNC("by_live") "ret\n" END("by_live") FUNC("by_dead") "ret\n" END(
                "by_dead") ".section replacement,\"ax\"\n.Lr1: call by_live\n.Lr2: call by_dead\n"
                           ".section tab,\"a\"\n.globl __start_tab,__stop_tab\n__start_tab:\n"
                           ".long _start-.,.Lr1-.\n.long dead_one-.,.Lr2-.\n__stop_tab:\n",
        "", "table tab record 8 subject 0 targets 4 between __start_tab __stop_tab\n", NULL);
    expect(&s, "live by_live / dead dead_one by_dead");
    close_scene(&s);
}

static void frames_follow_their_functions(void **state)
{
    (void)state;
    struct scene s;
    analyse(
        &s,
        FUNC("_start") ".cfi_startproc\n.cfi_personality 0x1b,personality\n"
                       ".cfi_lsda 0x1b,live_lsda\nret\n.cfi_endproc\n" END("_start") FUNC(
                           "dead_one") ".cfi_startproc\n.cfi_personality 0x1b,other_personality\n"
                                       ".cfi_lsda 0x1b,dead_lsda\nret\n.cfi_endproc\n" END(
                                           "dead_one")
                                           FUNC("personality") "ret\n" END("personality")
                                               FUNC("other_personality") "ret\n" END(
                                                   "other_personality") ".section "
                                                                        ".gcc_except_table,"
                                                                        "\"a\"\n" OBJECT(
                                                                            "live_lsda",
                                                                            4) ".long "
                                                                               "1\n" OBJECT(
                                                                                   "dead_lsda",
                                                                                   4) ".long 2\n",
        "", NULL, NULL);
    expect(&s, "live personality live_lsda / dead dead_one other_personality dead_lsda");
    close_scene(&s);
}

static void local_data_stays_unless_asked(void **state)
{
    (void)state;
    struct scene s;
    const char *assembly = FUNC("_start") "ret\n" END("_start") FUNC("f") "ret\n" END(
        "f") ".data\n.type hidden_table,@object\n.size hidden_table,8\nhidden_table: .quad f\n";
    analyse(&s, assembly, "", NULL, NULL);
    expect(&s, "live hidden_table f");
    close_scene(&s);
    analyse(&s, assembly, "", NULL, &(struct rp_image_options){.data = true});
    expect(&s, "dead hidden_table f");
    close_scene(&s);
}

static void labels_in_data_do_not_keep_their_function(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "ret\n" END("_start")
                LOCAL("switching") "nop\n.Lcase: nop\nret\n" END("switching")
                    LOCAL("called_back") "nop\nret\n" END(
                        "called_back") ".section .rodata\n.quad .Lcase,.Lcase\n.quad called_back\n",
            "", NULL, NULL);
    expect(&s, "live called_back / dead switching");
    close_scene(&s);
}

static void cold_parts_follow_their_function(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            ".file \"a.c\"\n" FUNC("_start") "ret\n" END("_start")
                LOCAL("_start.cold") "ret\n" END("_start.cold") LOCAL("gone") "ret\n" END("gone")
                    LOCAL("gone.cold") "ret\n" END("gone.cold") ".data\n.quad _start\n",
            "", NULL, NULL);
    expect(&s, "live _start.cold / dead gone gone.cold");
    close_scene(&s);
}

static void what_stands_between_marks_is_a_root(void **state)
{
    (void)state;
    struct scene s;
    analyse(
        &s,
        FUNC("_start") "lea calls_start(%rip),%rax\nret\n" END("_start") FUNC("f") "ret\n" END("f")
            FUNC("g") "ret\n" END("g") ".data\n.globl calls_start,calls_end\ncalls_start:\n" OBJECT(
                "call_f", 8) ".quad f\ncalls_end:\n" OBJECT("call_g", 8) ".quad g\n",
        "", NULL, NULL);
    expect(&s, "live f call_f / dead g call_g");
    close_scene(&s);
}

static void one_mark_of_a_section_is_enough(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "lea __start_hooks(%rip),%rax\nret\n" END("_start")
                FUNC("f") "ret\n" END("f") ".section hooks,\"aw\"\n" OBJECT(
                    "hook_f", 8) ".quad f\n" OBJECT("hook_end", 8) ".quad 0\n",
            "", NULL, NULL);
    expect(&s, "live f hook_f hook_end");
    close_scene(&s);
}

static void names_and_constructors_are_roots(void **state)
{
    (void)state;
    struct scene s;
    const char *const entries[] = {"by_option"};
    analyse(&s,
            FUNC("_start") "ret\n" END("_start") FUNC("by_option") "ret\n" END("by_option")
                FUNC("by_rule") "ret\n" END("by_rule") FUNC("at_start") "ret\n" END("at_start")
                    FUNC("no_root") "ret\n" END(
                        "no_root") ".section .init_array,\"aw\",@init_array\n.quad at_start\n",
            "", "keep-symbol by_r*\n",
            &(struct rp_image_options){.entries = entries, .n_entries = 1});
    expect(&s, "live by_option by_rule at_start / dead no_root");
    close_scene(&s);
}

/* As SYM_DATA(descr, .word) and SYM_DATA_LOCAL(base, .quad) of Linux: lgdt reads both as one. */
static void unaligned_words_belong_to_what_is_before_them(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "lgdt descr(%rip)\nret\n" END("_start") ".data\n.p2align 3\n" OBJECT(
                "descr", 2) ".word 1\n.type base,@object\n.size base,8\nbase: .quad 0\n",
            "", NULL, &(struct rp_image_options){.data = true});
    assert_int_equal(node_of(&s, "descr"), node_of(&s, "base"));
    expect(&s, "live base");
    close_scene(&s);
}

/* As .altinstr_aux of Linux: snippets in a row, each entered by a jump from one function. */
static void nameless_sections_are_divided_where_relocations_lead(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "jmp .Lone\n" END("_start")
                FUNC("dead_one") "jmp .Ltwo\n" END("dead_one")
                    FUNC("by_live") "ret\n" END("by_live") FUNC("by_dead") "ret\n" END(
                        "by_"
                        "dead") ".section aux,\"ax\"\n.Lone: jmp by_live\n.Ltwo: jmp by_dead\n",
            "", NULL, NULL);
    expect(&s, "live by_live / dead dead_one by_dead");
    close_scene(&s);
}

/* In a position-independent image the loader stores what the relocation says. */
static void relocations_of_the_loader_confirm(void **state)
{
    (void)state;
    struct scene s;
    analyse(&s,
            FUNC("_start") "lea table(%rip),%rax\nret\n" END("_start")
                FUNC("by_table") "ret\n" END("by_table")
                    FUNC("unused") "ret\n" END("unused") ".data\n" OBJECT("table", 8) ".quad "
                                                                                      "by_"
                                                                                      "table"
                                                                                      "\n",
            "-pie", NULL, NULL);
    assert_int_equal(s.im.n_stale, 0);
    expect(&s, "live by_table / dead unused");
    close_scene(&s);
}

/* --- refusals --------------------------------------------------------------------------------- */

static void refused(const char *path, const char *code)
{
    struct scene s;
    enum reap_status st = open_scene(&s, path);
    if (st == REAP_OK)
        close_scene(&s);
    assert_true(st == REAP_ERR_UNSUPPORTED || st == REAP_ERR_INPUT);
    assert_string_equal(last_code, code);
}

static void what_cannot_be_analysed_is_refused(void **state)
{
    (void)state;
    struct blob b;
    const char *assembly = FUNC("_start") "call f\nret\n" END("_start") FUNC("f") "ret\n" END("f");
    spit("image.s", assembly, strlen(assembly));
    assert_int_equal(run(TEST_CC " -c image.s -o image.o && ld image.o -o plain &&"
                                 "ld -q image.o -o good && ld -s image.o -o stripped"),
                     0);
    refused("image.o", "not-linked");
    refused("plain", "no-relocations");
    refused("stripped", "no-symbols");
    b = slurp("good");
    memset(b.p + 40, 0, 8); /* e_shoff */
    memset(b.p + 60, 0, 4); /* e_shnum, e_shstrndx */
    spit("packed", b.p, b.n);
    free(b.p);
    refused("packed", "no-sections");
    b = slurp("good"); /* its .rela.text relocates nothing */
    uint64_t table = rp_load64(b.p + 40), n_sections = rp_load16(b.p + 60);
    for (uint64_t i = 0; i < n_sections; i++)
        if (rp_load32(b.p + table + 64 * i + 4) == SHT_RELA)
            rp_store32(b.p + table + 64 * i + 44, 0);
    spit("unrelated", b.p, b.n);
    free(b.p);
    refused("unrelated", "bad-relocation-target");
    b = slurp("good");
    b.p[18] = EM_RISCV;
    spit("riscv", b.p, b.n);
    free(b.p);
    refused("riscv", "unsupported-machine");
    refused("image.s", "not-elf");
    const char *large = FUNC("_start") "call f\nret\n" END("_start")
        FUNC("f") ".skip 2000\n" END("f") ".data\n.quad f\n";
    spit("image.s", large, strlen(large));
    assert_int_equal(run(TEST_CC " -c image.s -o image.o && ld -q image.o -o image &&"
                                 "objcopy -R .rela.text image part"),
                     0);
    refused("part", "no-relocations");
}

/* Any damage is an error or a model, never a crash. */
static void damage_is_survived(void **state)
{
    (void)state;
    uint64_t seed = 0x5eed;
    const char *assembly =
        FUNC("_start") ".cfi_startproc\ncall f\nret\n.cfi_endproc\n" END("_start")
            FUNC("f") "mov t(%rip),%rax\nret\n" END("f") ".data\n" OBJECT("t", 16) ".quad f,t\n";
    spit("image.s", assembly, strlen(assembly));
    assert_int_equal(run(TEST_CC " -c image.s -o image.o && ld -q image.o -o good"), 0);
    struct blob b = slurp("good");
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t *copy = malloc(b.n);
        memcpy(copy, b.p, b.n);
        for (unsigned k = 0; k < 1 + i % 3; k++)
            copy[next_random(&seed) % b.n] = (uint8_t)(next_random(&seed) >> 20);
        spit("damaged", copy, b.n);
        free(copy);
        struct scene s;
        if (open_scene(&s, "damaged") != REAP_OK)
            continue;
        if (rp_image_analyse(&s.im, &(struct rp_image_options){0}) == REAP_OK)
            assert_int_equal(rp_mark(&s.m, &s.marks), REAP_OK);
        close_scene(&s);
    }
    free(b.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relocations_are_followed),
        cmocka_unit_test(aliases_and_overlaps_are_one_atom),
        cmocka_unit_test(labels_belong_to_what_is_before_them),
        cmocka_unit_test(code_without_a_symbol_is_a_root_and_padding_is_nothing),
        cmocka_unit_test(stale_relocations_are_ignored_and_values_are_read),
        cmocka_unit_test(records_follow_their_subjects),
        cmocka_unit_test(a_table_of_another_shape_keeps_what_it_names),
        cmocka_unit_test(gaps_of_code_are_divided_where_records_point),
        cmocka_unit_test(frames_follow_their_functions),
        cmocka_unit_test(local_data_stays_unless_asked),
        cmocka_unit_test(labels_in_data_do_not_keep_their_function),
        cmocka_unit_test(cold_parts_follow_their_function),
        cmocka_unit_test(what_stands_between_marks_is_a_root),
        cmocka_unit_test(one_mark_of_a_section_is_enough),
        cmocka_unit_test(names_and_constructors_are_roots),
        cmocka_unit_test(unaligned_words_belong_to_what_is_before_them),
        cmocka_unit_test(nameless_sections_are_divided_where_relocations_lead),
        cmocka_unit_test(relocations_of_the_loader_confirm),
        cmocka_unit_test(what_cannot_be_analysed_is_refused),
        cmocka_unit_test(damage_is_survived),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
