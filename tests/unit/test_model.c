/* test_model.c: numbering, groups, COMDAT and the look-ups of the model. */
#include "graph_help.h"

#define FUNC(name) ".section .text." name ",\"ax\",@progbits\n.globl " name "\n" name ": "

static void run(struct graph *g, const char *words)
{
    graph_begin(g, RP_LEVEL_FULL);
    graph_run(g, RP_LINKER_LLD, words);
}

static void every_section_knows_its_file_and_number(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") ".quad f\n");
    assemble("b.o", FUNC("f") "nop\n.section .data.x,\"aw\"\n.quad f\n");
    run(&g, "a.o b.o");
    for (size_t i = 0; i < g.m.files.n; i++) {
        const struct rp_file *f = &g.m.files.v[i];
        assert_int_not_equal(f->sec_base, 0);
        for (uint32_t no = 0; no < f->elf.n_sections; no++) {
            rp_id id = f->sec_base + no;
            assert_true(id <= g.m.n_section_ids);
            assert_ptr_equal(rp_section_file(&g.m, id), f);
            assert_int_equal(rp_section_no(&g.m, id), no);
            uint32_t rel = g.m.sections[id].rel;
            if (rel)
                assert_int_equal(f->elf.shdrs[rel].info, no);
            if (f->elf.shdrs[no].type == SHT_SYMTAB || f->elf.shdrs[no].type == SHT_RELA)
                assert_true(g.m.sections[id].flags & RP_SEC_META);
        }
    }
    assert_int_not_equal(g.m.sections[graph_section(&g, "b.o", ".data.x")].rel, 0);
    assert_int_equal(g.m.sections[graph_section(&g, "b.o", ".text.f")].rel, 0);
    graph_free(&g);
}

static void symbols_lead_to_their_sections(void **state)
{
    (void)state;
    struct graph g;
    assemble(
        "a.o",
        ".weak f\n" FUNC(
            "_start") "call f\n.quad com, abs, nowhere\n"
                      ".section .text.w,\"ax\"\nnop\nf: nop\n.comm com,8,8\nabs = 5\n.globl abs\n");
    assemble("b.o", ".section .text.f,\"ax\"\nnop\nnop\n.globl f\nf: nop\n");
    run(&g, "a.o b.o");
    const struct rp_file *a = &g.m.files.v[0];
    unsigned seen = 0;
    for (uint32_t sym = 1; sym < a->elf.n_symbols; sym++) {
        uint64_t offset;
        rp_id node, section = rp_symbol_target(&g.m, a, sym, &offset, &node);
        const char *name = rp_elf_symname(&a->elf, sym);
        if (strcmp(name, "f") == 0) { /* b.o's definition prevails */
            assert_int_equal(section, graph_section(&g, "b.o", ".text.f"));
            assert_int_equal(offset, 2);
        } else if (strcmp(name, "com") == 0) {
            assert_int_equal(section, 0);
            assert_int_not_equal(node, 0);
            assert_int_equal(g.m.nodes.v[node].kind, RP_NODE_COMMON);
        } else if (strcmp(name, "abs") == 0 || strcmp(name, "nowhere") == 0) {
            assert_int_equal(section, 0);
            assert_int_equal(node, 0);
        } else {
            continue;
        }
        seen++;
    }
    assert_int_equal(seen, 4);
    graph_free(&g);
}

static void the_first_group_of_a_signature_prevails(void **state)
{
    (void)state;
    static const char *const names[] = {"a.o", "b.o", "c.o"};
    struct graph g;
    for (size_t i = 0; i < 3; i++)
        assemble(names[i], ".section .text.t,\"axG\",@progbits,sig,comdat\n.weak t\nt: nop\n"
                           ".section .text.u,\"axG\",@progbits,plain\nnop\n");
    run(&g, "a.o b.o c.o");
    for (size_t i = 0; i < 3; i++) {
        rp_id t = graph_section(&g, names[i], ".text.t");
        rp_id u = graph_section(&g, names[i], ".text.u");
        assert_int_equal(!!(g.m.sections[t].flags & RP_SEC_DUPLICATE), i != 0);
        assert_int_equal(rp_section_prevailing(&g.m, t),
                         i ? graph_section(&g, "a.o", ".text.t") : 0);
        /* a group without GRP_COMDAT is never thrown away */
        assert_false(g.m.sections[u].flags & RP_SEC_DUPLICATE);
        assert_int_equal(g.m.sections[u].n_nodes, 1);
    }
    graph_free(&g);
    run(&g, "b.o a.o");
    assert_true(g.m.sections[graph_section(&g, "a.o", ".text.t")].flags & RP_SEC_DUPLICATE);
    graph_free(&g);
}

/* More sections than 16 bits can number, symbols and groups included. */
static void extended_section_numbers_are_followed(void **state)
{
    (void)state;
    enum { N = 70000 };
    struct graph g;
    FILE *f = fopen("in.s", "w");
    assert_non_null(f);
    fputs(FUNC("_start") ".quad f69999\n.cfi_startproc\n.cfi_endproc\n", f);
    for (unsigned i = 0; i < N; i++)
        fprintf(f, ".section .text.f%u,\"ax\"\n.globl f%u\nf%u: .byte 0\n", i, i, i);
    assert_int_equal(fclose(f), 0);
    must("as -o big.o in.s");
    run(&g, "big.o");
    assert_int_equal(graph_live(&g, "big.o", ".text.f69999"), 1);
    assert_int_equal(graph_live(&g, "big.o", ".text.f69998"), 0);
    assert_int_equal(graph_live(&g, "big.o", ".text.f1"), 0);
    graph_free(&g);
}

static void nodes_describe_themselves(void **state)
{
    (void)state;
    struct graph g;
    char buf[256];
    assemble("a.o", FUNC("_start") ".quad com, __start_tab\n.comm com,8,8\n"
                                   ".section .rodata.str1.1,\"aMS\",@progbits,1\n"
                                   ".string \"a\"\n.string \"b\"\n");
    must("rm -f libx.a; ar rcs libx.a a.o");
    run(&g, "--whole-archive libx.a");
    rp_node_describe(&g.m, graph_node(&g, "a.o", ".text._start", 0), buf, sizeof buf);
    assert_string_equal(buf, "libx.a(a.o):.text._start");
    rp_node_describe(&g.m, graph_node(&g, "a.o", ".rodata.str1.1", 3), buf, sizeof buf);
    assert_string_equal(buf, "libx.a(a.o):.rodata.str1.1+0x2");
    rp_id com = rp_global_of(&g.m, rp_model_find_global(&g.m, "com"))->node;
    rp_node_describe(&g.m, com, buf, sizeof buf);
    assert_string_equal(buf, "libx.a(a.o):COMMON(com)");
    assert_int_equal(g.m.sets.n, 1);
    rp_node_describe(&g.m, g.m.sets.v[0].node, buf, sizeof buf);
    assert_string_equal(buf, "__start_tab/__stop_tab");
    rp_node_describe(&g.m, com, buf, 8); /* cut, not overrun */
    assert_string_equal(buf, "libx.a(");
    graph_free(&g);
}

static void large_commons_leave_the_file_alone(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") "nop\n");
    assemble("b.o", ".largecomm big,100,8\n" FUNC("idle") "nop\n");
    run(&g, "a.o b.o");
    assert_true(g.m.files.v[1].untouched);
    assert_int_equal(graph_live(&g, "b.o", ".text.idle"), 1);
    graph_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_section_knows_its_file_and_number),
        cmocka_unit_test(symbols_lead_to_their_sections),
        cmocka_unit_test(the_first_group_of_a_signature_prevails),
        cmocka_unit_test(extended_section_numbers_are_followed),
        cmocka_unit_test(nodes_describe_themselves),
        cmocka_unit_test(large_commons_leave_the_file_alone),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
