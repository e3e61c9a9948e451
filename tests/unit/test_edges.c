/* test_edges.c: which node needs which. Each case has what must stay and what must go. */
#include "graph_help.h"

#define FUNC(name) ".section .text." name ",\"ax\",@progbits\n.globl " name "\n" name ": "

static void run(struct graph *g, enum rp_level level, const char *words)
{
    graph_begin(g, level);
    graph_run(g, RP_LINKER_LLD, words);
}

static void relocations_keep_their_targets(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") "call f\n" FUNC("f") ".quad d+8\n" FUNC(
                        "dead") "call f\n"
                                ".section .data.d,\"aw\"\nd: .quad 0, 0\n"
                                ".section .data.e,\"aw\"\ne: .quad d\n");
    run(&g, RP_LEVEL_FULL, "a.o");
    assert_int_equal(graph_live(&g, "a.o", ".text.f"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".data.d"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".text.dead"), 0);
    assert_int_equal(graph_live(&g, "a.o", ".data.e"), 0);
    rp_id from = graph_node(&g, "a.o", ".text._start", 0);
    assert_true(graph_has_edge(&g, from, graph_node(&g, "a.o", ".text.f", 0), RP_EDGE_RELOC));
    graph_free(&g);
}

static void a_none_relocation_keeps_its_target(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") ".reloc 0, R_X86_64_NONE, f\nnop\n" FUNC("f") "nop\n");
    run(&g, RP_LEVEL_FULL, "a.o");
    assert_int_equal(graph_live(&g, "a.o", ".text.f"), 1);
    graph_free(&g);
}

static void weak_references_count(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", ".weak f\n.weak nowhere\n" FUNC("_start") "call f\ncall nowhere\n");
    assemble("b.o", FUNC("f") "nop\n" FUNC("other") "nop\n");
    run(&g, RP_LEVEL_FULL, "a.o b.o");
    assert_int_equal(graph_live(&g, "b.o", ".text.f"), 1);
    assert_int_equal(graph_live(&g, "b.o", ".text.other"), 0);
    assert_true(graph_has_edge(&g, graph_node(&g, "a.o", ".text._start", 0),
                               graph_node(&g, "b.o", ".text.f", 0), RP_EDGE_WEAK));
    graph_free(&g);
}

static void the_prevailing_definition_is_meant(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", ".weak f\n" FUNC("_start") "call f\n.section .text.wf,\"ax\"\nf: nop\n");
    assemble("b.o", FUNC("f") "nop\n");
    run(&g, RP_LEVEL_FULL, "a.o b.o");
    assert_int_equal(graph_live(&g, "a.o", ".text.wf"), 0);
    assert_int_equal(graph_live(&g, "b.o", ".text.f"), 1);
    graph_free(&g);
}

static void string_pieces_live_alone(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") "lea .L1(%rip), %rdi\nmov $.L3, %edi\n" FUNC(
                        "dead") "lea .L2(%rip), %rdi\n"
                                ".section .rodata.str1.1,\"aMS\",@progbits,1\n"
                                ".L1: .string \"one\"\n.L2: .string \"two\"\n"
                                ".L3: .string \"three\"\n");
    run(&g, RP_LEVEL_FULL, "a.o");
    assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", 0), 1);
    assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", 4), 0);
    assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", 8), 1);
    assert_false(g.m.sections[graph_section(&g, "a.o", ".rodata.str1.1")].flags & RP_SEC_WHOLE);
    graph_free(&g);
}

/* A PC-relative field of code against the section symbol: -4 or not, it is not known. */
static void two_readings_of_an_addend_keep_the_section_whole(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") ".reloc 0, R_X86_64_PC32, .rodata.str1.1+4\n.long 0\n"
                                   ".section .rodata.str1.1,\"aMS\",@progbits,1\n"
                                   ".string \"one\"\n.string \"two\"\n.string \"three\"\n");
    run(&g, RP_LEVEL_FULL, "a.o");
    assert_true(g.m.sections[graph_section(&g, "a.o", ".rodata.str1.1")].flags & RP_SEC_WHOLE);
    for (unsigned i = 0; i < 12; i++)
        assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", i), 1);
    graph_free(&g);

    /* in data there is one reading only */
    assemble("a.o", FUNC("_start") ".quad d\n.section .data.d,\"aw\"\nd: "
                                   ".reloc ., R_X86_64_PC32, .rodata.str1.1+4\n.long 0\n"
                                   ".section .rodata.str1.1,\"aMS\",@progbits,1\n"
                                   ".string \"one\"\n.string \"two\"\n.string \"three\"\n");
    run(&g, RP_LEVEL_FULL, "a.o");
    assert_false(g.m.sections[graph_section(&g, "a.o", ".rodata.str1.1")].flags & RP_SEC_WHOLE);
    assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", 0), 0);
    assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", 4), 1);
    assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", 8), 0);
    graph_free(&g);
}

/* i386: the addend that picks the piece is in the contents. */
static void addends_in_contents_pick_the_piece(void **state)
{
    (void)state;
    struct graph g;
    assemble_for("as --32", "a.o",
                 FUNC("_start") ".long .rodata.str1.1+4\n"
                                ".section .rodata.str1.1,\"aMS\",@progbits,1\n"
                                ".string \"one\"\n.string \"two\"\n.string \"three\"\n");
    run(&g, RP_LEVEL_FULL, "a.o");
    assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", 0), 0);
    assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", 4), 1);
    assert_int_equal(graph_live_at(&g, "a.o", ".rodata.str1.1", 8), 0);
    graph_free(&g);
}

static void groups_stay_or_go_together(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") "call f\n"
                                   ".section .text.f,\"axG\",@progbits,sig,comdat\n"
                                   ".globl f\nf: nop\n"
                                   ".section .data.with_f,\"awG\",@progbits,sig,comdat\n.quad h\n"
                                   ".section .text.g,\"axG\",@progbits,other,comdat\nnop\n"
                                   ".section .data.with_g,\"awG\",@progbits,other,comdat\n"
                                   ".quad 0\n" FUNC("h") "nop\n");
    run(&g, RP_LEVEL_FULL, "a.o");
    assert_int_equal(graph_live(&g, "a.o", ".data.with_f"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".text.h"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".text.g"), 0);
    assert_int_equal(graph_live(&g, "a.o", ".data.with_g"), 0);
    graph_free(&g);
}

static const char comdat[] =
    ".section .text.f,\"axG\",@progbits,f,comdat\n.weak f\nf: "
    ".cfi_startproc\ncall helper\n.cfi_endproc\n"
    ".section .rodata.f,\"aG\",@progbits,f,comdat\n.Lt: .quad 0\n" FUNC("user") ".quad f, .Lt\n";

static void the_first_comdat_group_prevails(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", comdat);
    must("sed -i 's/user/_start/g' in.s && as -o b.o in.s");
    assemble("c.o", FUNC("helper") "nop\n");
    run(&g, RP_LEVEL_FULL, "a.o b.o c.o");
    assert_int_equal(graph_live(&g, "a.o", ".text.f"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".rodata.f"), 1); /* by the other file's local name */
    assert_int_equal(graph_live(&g, "c.o", ".text.helper"), 1);
    rp_id dup = graph_section(&g, "b.o", ".text.f");
    assert_true(g.m.sections[dup].flags & RP_SEC_DUPLICATE);
    assert_int_equal(g.m.sections[dup].n_nodes, 0);
    assert_int_equal(rp_section_prevailing(&g.m, dup), graph_section(&g, "a.o", ".text.f"));
    /* the FDE of the copy that is not linked is dead, the other one lives */
    assert_int_equal(g.m.sections[graph_section(&g, "b.o", ".eh_frame")].n_nodes, 2);
    assert_int_equal(graph_live_at(&g, "b.o", ".eh_frame", 24), 0);
    assert_int_equal(graph_live_at(&g, "a.o", ".eh_frame", 24), 1);
    graph_free(&g);
}

static void link_order_follows_what_it_describes(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o",
             FUNC("_start") "nop\n" FUNC(
                 "dead") "nop\n"
                         ".section .meta,\"ao\",@progbits,.text._start,unique,1\n.quad h\n"
                         ".section .meta,\"ao\",@progbits,.text.dead,unique,2\n.quad k\n" FUNC(
                             "h") "nop\n" FUNC("k") "nop\n");
    run(&g, RP_LEVEL_FULL, "a.o");
    assert_int_equal(g.marks.live[g.m.sections[graph_section_nth(&g, "a.o", ".meta", 0)].node], 1);
    assert_int_equal(g.marks.live[g.m.sections[graph_section_nth(&g, "a.o", ".meta", 1)].node], 0);
    assert_int_equal(graph_live(&g, "a.o", ".text.h"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".text.k"), 0);
    graph_free(&g);
}

static void start_stop_keeps_the_whole_set(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") ".quad __start_tab\n.section tab,\"aw\"\n.quad f\n"
                                   ".section untold,\"aw\"\n.quad 0\n" FUNC("f") "nop\n");
    assemble("b.o",
             ".section tab,\"aw\"\n.quad 0\n.section .tab,\"aw\"\n.quad 0\n" FUNC(
                 "deadref") ".quad __stop_untold\n"
                            ".section tab,\"ao\",@progbits,.text.deadref,unique,1\n.quad 0\n");
    for (int level = 0; level < 2; level++) {
        run(&g, level ? RP_LEVEL_FULL : RP_LEVEL_LINKER, "a.o b.o");
        assert_int_equal(graph_live(&g, "a.o", "tab"), 1);
        assert_int_equal(graph_live(&g, "b.o", "tab"), 1);
        assert_int_equal(graph_live(&g, "a.o", ".text.f"), 1);
        assert_int_equal(graph_live(&g, "a.o", "untold"), 0);
        assert_int_equal(graph_live(&g, "b.o", ".tab"), 0);
        rp_id meta = graph_section_nth(&g, "b.o", "tab", 1);
        assert_int_equal(g.marks.live[g.m.sections[meta].node], 0);
        graph_free(&g);
    }
}

static void asking_for_a_marker_keeps_its_set(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") "nop\n.section tab,\"aw\"\n.quad 0\n");
    run(&g, RP_LEVEL_FULL, "-u __start_tab a.o");
    assert_int_equal(graph_live(&g, "a.o", "tab"), 1);
    graph_free(&g);
    run(&g, RP_LEVEL_LINKER, "-u __start_tab a.o");
    assert_int_equal(graph_live(&g, "a.o", "tab"), 0);
    graph_free(&g);
}

static void a_defined_start_symbol_is_no_marker(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") ".quad __start_tab\n.section .data.own,\"aw\"\n"
                                   ".globl __start_tab\n__start_tab: .quad 0\n"
                                   ".section tab,\"aw\"\n.quad 0\n");
    run(&g, RP_LEVEL_FULL, "a.o");
    assert_int_equal(graph_live(&g, "a.o", ".data.own"), 1);
    assert_int_equal(graph_live(&g, "a.o", "tab"), 0);
    graph_free(&g);
}

static void brackets_of_a_script_keep_the_table(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") ".quad tab_begin\n.section .tab,\"a\"\n.quad f\n"
                                   ".section .other,\"a\"\n.quad 0\n" FUNC("f") "nop\n");
    write_text("t.lds", "SECTIONS {\n .text : { *(.text .text.*) }\n"
                        " .tab : { tab_begin = .; *(.tab) tab_end = .; }\n"
                        " .other : { other_begin = .; *(.other) other_end = .; }\n}\n");
    run(&g, RP_LEVEL_FULL, "-T t.lds a.o");
    assert_int_equal(graph_live(&g, "a.o", ".tab"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".text.f"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".other"), 0);
    graph_free(&g);
    /* no linker knows that */
    run(&g, RP_LEVEL_LINKER, "-T t.lds a.o");
    assert_int_equal(graph_live(&g, "a.o", ".tab"), 0);
    graph_free(&g);
}

static void brackets_of_rules_keep_the_table(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") ".quad head\n.section .tab.0,\"a\"\n.globl head\nhead: .quad 0\n"
                                   ".section .tab.5,\"a\"\n.quad f\n"
                                   ".section .tob,\"a\"\n.quad 0\n" FUNC("f") "nop\n");
    write_text("t.rules", "bracket head tail .tab.*\n");
    graph_begin(&g, RP_LEVEL_FULL);
    assert_int_equal(rp_rules_read(&g.ctx, &g.rules, "./t.rules"), REAP_OK);
    graph_run(&g, RP_LINKER_LLD, "a.o");
    assert_int_equal(graph_live(&g, "a.o", ".tab.0"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".tab.5"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".text.f"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".tob"), 0);
    graph_free(&g);
}

static void eh_frame_keeps_lsda_of_live_function(void **state)
{
    (void)state;
    static const char text[] =
        FUNC("_start") ".cfi_startproc\n.cfi_personality 0x1b, pers\n.cfi_lsda 0x1b, .Llive\n"
                       "nop\n.cfi_endproc\n" FUNC(
                           "dead") ".cfi_startproc\n.cfi_personality 0x1b, pers2\n"
                                   ".cfi_lsda 0x1b, .Ldead\nnop\n.cfi_endproc\n" FUNC(
                                       "pers") "nop\n" FUNC("pers2") "nop\n"
                                                                     ".section .lsda.live,\"a\"\n"
                                                                     ".Llive: .quad t1\n"
                                                                     ".section .lsda.dead,\"a\"\n"
                                                                     ".Ldead: .quad t2\n"
                                                                     ".section .data.t1,\"aw\"\n"
                                                                     "t1: .quad 0\n"
                                                                     ".section .data.t2,\"aw\"\n"
                                                                     "t2: .quad 0\n";
    struct graph g;
    assemble("a.o", text);
    run(&g, RP_LEVEL_FULL, "a.o");
    static const char *const stay[] = {".text.pers", ".lsda.live", ".data.t1"};
    static const char *const go[] = {".text.dead", ".text.pers2", ".lsda.dead", ".data.t2"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(graph_live(&g, "a.o", stay[i]), 1);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(graph_live(&g, "a.o", go[i]), 0);
    rp_id fde = 0, s = graph_section(&g, "a.o", ".eh_frame");
    for (uint32_t i = 0; i < g.m.sections[s].n_nodes; i++)
        if (g.m.nodes.v[g.m.sections[s].node + i].kind == RP_NODE_FDE && !fde)
            fde = g.m.sections[s].node + i;
    assert_true(graph_has_edge(&g, graph_node(&g, "a.o", ".text._start", 0), fde, RP_EDGE_SUBJECT));
    graph_free(&g);

    /* lld keeps what any FDE names */
    run(&g, RP_LEVEL_LINKER, "a.o");
    assert_int_equal(graph_live(&g, "a.o", ".text.dead"), 0);
    assert_int_equal(graph_live(&g, "a.o", ".text.pers2"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".lsda.dead"), 1);
    assert_int_equal(graph_live(&g, "a.o", ".data.t2"), 1);
    graph_free(&g);
}

static void debug_sections_need_nothing(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") "nop\n" FUNC("dead") "nop\n" FUNC(
                        "deader") "nop\n.section .debug_info,\"\"\n.quad dead, _start\n");
    graph_begin(&g, RP_LEVEL_FULL);
    g.job.debug_refs = true;
    graph_run(&g, RP_LINKER_LLD, "a.o");
    assert_int_equal(graph_live(&g, "a.o", ".debug_info"), 2);
    assert_int_equal(graph_live(&g, "a.o", ".text.dead"), 0);
    assert_true(rp_bitset_get(&g.m.debug_ref, graph_node(&g, "a.o", ".text.dead", 0)));
    assert_false(rp_bitset_get(&g.m.debug_ref, graph_node(&g, "a.o", ".text.deader", 0)));
    graph_free(&g);
}

static void an_unknown_relocation_leaves_the_file_alone(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", FUNC("_start") "nop\n");
    assemble("b.o", FUNC("odd") ".reloc 0, R_X86_64_64, thing\n.quad 0\n" FUNC("idle") "nop\n");
    assemble("c.o", FUNC("thing") "nop\n" FUNC("nothing") "nop\n");
    /* the type is the low word of the first r_info */
    must("python3 - <<'E'\nimport struct,subprocess\nb=bytearray(open('b.o','rb').read())\n"
         "o=[l.split() for l in subprocess.check_output(['readelf','-WS','b.o'],text=True)."
         "replace('[ ','[').splitlines() if '.rela.text' in l][0]\n"
         "i=int(o[4],16); b[i+8:i+12]=struct.pack('<I',200); open('b.o','wb').write(b)\nE");
    run(&g, RP_LEVEL_FULL, "a.o b.o c.o");
    assert_string_equal(g.seen.code, "unknown-relocation");
    assert_int_equal(graph_live(&g, "b.o", ".text.idle"), 1);
    assert_true(graph_is_root(&g, "b.o", ".text.odd", RP_ROOT_UNTOUCHED));
    assert_int_equal(graph_live(&g, "c.o", ".text.thing"), 1);
    assert_int_equal(graph_live(&g, "c.o", ".text.nothing"), 0);
    graph_free(&g);
}

/* Every edge has its source in range and a target, and all of a node's edges are its own. */
static void edges_are_well_formed(void **state)
{
    (void)state;
    struct graph g;
    must("printf '#include <iostream>\\n#include <stdexcept>\\n"
         "int main(){try{throw std::runtime_error(\"x\");}catch(std::exception&e){"
         "std::cout<<e.what();}}' >x.cc && c++ -g -ffunction-sections -c x.cc -o x.o");
    run(&g, RP_LEVEL_FULL, "-e main x.o");
    assert_int_equal(g.m.edge_start[1], 0);
    assert_int_equal(g.m.edge_start[g.m.nodes.n], g.m.n_edges);
    assert_true(g.m.n_edges > 10);
    for (size_t i = 1; i < g.m.nodes.n; i++)
        assert_true(g.m.edge_start[i] <= g.m.edge_start[i + 1]);
    for (uint32_t k = 0; k < g.m.n_edges; k++)
        assert_true(g.m.edges[k].to > 0 && g.m.edges[k].to < g.m.nodes.n);
    assert_int_equal(graph_live(&g, "x.o", ".text.main"), 1);
    assert_int_equal(graph_live(&g, "x.o", ".gcc_except_table.main"), 1);
    graph_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relocations_keep_their_targets),
        cmocka_unit_test(a_none_relocation_keeps_its_target),
        cmocka_unit_test(weak_references_count),
        cmocka_unit_test(the_prevailing_definition_is_meant),
        cmocka_unit_test(string_pieces_live_alone),
        cmocka_unit_test(two_readings_of_an_addend_keep_the_section_whole),
        cmocka_unit_test(addends_in_contents_pick_the_piece),
        cmocka_unit_test(groups_stay_or_go_together),
        cmocka_unit_test(the_first_comdat_group_prevails),
        cmocka_unit_test(link_order_follows_what_it_describes),
        cmocka_unit_test(start_stop_keeps_the_whole_set),
        cmocka_unit_test(asking_for_a_marker_keeps_its_set),
        cmocka_unit_test(a_defined_start_symbol_is_no_marker),
        cmocka_unit_test(brackets_of_a_script_keep_the_table),
        cmocka_unit_test(brackets_of_rules_keep_the_table),
        cmocka_unit_test(eh_frame_keeps_lsda_of_live_function),
        cmocka_unit_test(debug_sections_need_nothing),
        cmocka_unit_test(an_unknown_relocation_leaves_the_file_alone),
        cmocka_unit_test(edges_are_well_formed),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
