/* test_split.c: how sections are cut into nodes. */
#include "graph_help.h"

#include "arch/arch.h"

static const char strings[] = ".globl _start\n_start: nop\n"
                              ".section .rodata.str1.1,\"aMS\",@progbits,1\n"
                              ".string \"one\"\n.string \"\"\n.string \"three\"\n"
                              ".section .rodata.str2,\"aMS\",@progbits,2\n"
                              ".short 'a','b',0,0,'c',0\n"
                              ".section .rodata.str4,\"aMS\",@progbits,4\n"
                              ".long 1,0,0x100,0\n"
                              ".section .rodata.cst8,\"aM\",@progbits,8\n"
                              ".quad 1,2,3\n";

static void assert_pieces(const struct graph *g, const char *section, unsigned n,
                          const unsigned *offsets)
{
    rp_id id = graph_section(g, "a.o", section);
    const struct rp_section *s = &g->m.sections[id];
    assert_int_equal(s->n_nodes, n);
    uint64_t end = 0;
    for (unsigned i = 0; i < n; i++) {
        const struct rp_node *node = &g->m.nodes.v[s->node + i];
        assert_int_equal(node->section, id);
        assert_int_equal(node->offset, end);
        assert_int_equal(node->offset, offsets[i]);
        end += node->size;
        assert_int_equal(rp_node_at(&g->m, id, node->offset), s->node + i);
        assert_int_equal(rp_node_at(&g->m, id, end - 1), s->node + i);
    }
    assert_int_equal(end, rp_shdr_of(&g->m, id)->size);
    assert_int_equal(rp_node_at(&g->m, id, end), s->node + n - 1);
}

static void merge_sections_are_split_by_piece(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", strings);
    graph_begin(&g, RP_LEVEL_FULL);
    graph_run(&g, RP_LINKER_LLD, "a.o");
    assert_pieces(&g, ".rodata.str1.1", 3, (unsigned[]){0, 4, 5});
    assert_pieces(&g, ".rodata.str2", 3, (unsigned[]){0, 6, 8});
    assert_pieces(&g, ".rodata.str4", 2, (unsigned[]){0, 8});
    assert_pieces(&g, ".rodata.cst8", 3, (unsigned[]){0, 8, 16});
    graph_free(&g);
}

static void the_linkers_level_splits_no_strings(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", strings);
    graph_begin(&g, RP_LEVEL_LINKER);
    graph_run(&g, RP_LINKER_LLD, "a.o");
    assert_pieces(&g, ".rodata.str1.1", 1, (unsigned[]){0});
    assert_pieces(&g, ".rodata.cst8", 1, (unsigned[]){0});
    graph_free(&g);
}

/* Aligned strings: pieces begin at aligned offsets only, so that cutting moves none off. */
static void pieces_keep_the_alignment(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", ".section .rodata.str1.8,\"aMS\",@progbits,1\n.balign 8\n"
                    ".string \"long long\"\n.balign 8\n.string \"next\"\n.balign 8\n"
                    ".string \"x\"\n.string \"unaligned\"\n"
                    ".section .rodata.cst4,\"aM\",@progbits,4\n.balign 16\n.long 1,2,3,4,5,6\n");
    graph_begin(&g, RP_LEVEL_FULL);
    graph_run(&g, RP_LINKER_LLD, "a.o");
    assert_pieces(&g, ".rodata.str1.8", 3, (unsigned[]){0, 16, 24});
    assert_pieces(&g, ".rodata.cst4", 2, (unsigned[]){0, 16});
    graph_free(&g);
}

static void odd_merge_sections_stay_whole(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", ".section .str.unterminated,\"aMS\",@progbits,1\n.ascii \"abc\\0def\"\n"
                    ".section .str.relocated,\"aMS\",@progbits,1\n.asciz \"ab\"\n.quad x\n.byte 0\n"
                    ".section .cst.writable,\"awM\",@progbits,4\n.long 1,2\n"
                    ".section .str.debug,\"MS\",@progbits,1\n.asciz \"a\"\n.asciz \"b\"\n"
                    ".section .cst.odd,\"aM\",@progbits,3\n.byte 1,2,3,4,5,6\n"
                    ".balign 1\n.data\nx: .long 0\n");
    graph_begin(&g, RP_LEVEL_FULL);
    graph_run(&g, RP_LINKER_LLD, "a.o");
    assert_pieces(&g, ".str.unterminated", 1, (unsigned[]){0});
    assert_pieces(&g, ".str.relocated", 1, (unsigned[]){0});
    assert_pieces(&g, ".cst.writable", 1, (unsigned[]){0});
    assert_pieces(&g, ".str.debug", 1, (unsigned[]){0});
    assert_pieces(&g, ".cst.odd", 2, (unsigned[]){0, 3});
    graph_free(&g);
}

static void eh_frame_is_split_into_records(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", ".text\nf: .cfi_startproc\nnop\n.cfi_endproc\n"
                    ".section .text.g,\"ax\",@progbits\ng: .cfi_startproc\nnop\n.cfi_endproc\n");
    for (int level = 0; level < 2; level++) {
        graph_begin(&g, level ? RP_LEVEL_FULL : RP_LEVEL_LINKER);
        graph_run(&g, RP_LINKER_LLD, "a.o");
        const struct rp_section *s = &g.m.sections[graph_section(&g, "a.o", ".eh_frame")];
        assert_int_equal(s->n_nodes, 3);
        assert_true(s->flags & RP_SEC_EH_FRAME);
        assert_int_equal(g.m.nodes.v[s->node].kind, RP_NODE_CIE);
        assert_int_equal(g.m.nodes.v[s->node + 2].kind, RP_NODE_FDE);
        graph_free(&g);
    }
}

static void an_odd_eh_frame_stays_whole_with_a_note(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", ".globl _start\n_start: nop\n.section .eh_frame,\"a\",@progbits\n"
                    ".long 1000\n.long 0\n.quad _start\n");
    graph_begin(&g, RP_LEVEL_FULL);
    graph_run(&g, RP_LINKER_LLD, "a.o");
    assert_pieces(&g, ".eh_frame", 1, (unsigned[]){0});
    assert_string_equal(g.seen.code, "odd-table");
    assert_non_null(strstr(g.seen.where, "a.o: .eh_frame"));
    assert_int_equal(graph_live(&g, "a.o", ".eh_frame"), 1);
    assert_true(graph_is_root(&g, "a.o", ".eh_frame", RP_ROOT_ODD_SHAPE));
    graph_free(&g);
}

static void common_symbols_have_nodes(void **state)
{
    (void)state;
    struct graph g;
    assemble("a.o", ".comm big,100,8\n.comm small,4,4\n.globl _start\n_start: .quad big\n");
    assemble("b.o", ".comm big,50,8\n");
    graph_begin(&g, RP_LEVEL_FULL);
    graph_run(&g, RP_LINKER_LLD, "a.o b.o");
    rp_id big = rp_model_find_global(&g.m, "big"), small = rp_model_find_global(&g.m, "small");
    rp_id node = rp_global_of(&g.m, big)->node;
    assert_int_not_equal(node, 0);
    assert_int_equal(g.m.nodes.v[node].kind, RP_NODE_COMMON);
    assert_int_equal(g.m.nodes.v[node].offset, big);
    assert_int_equal(g.m.nodes.v[node].size, 100);
    assert_int_equal(g.marks.live[node], 1);
    assert_int_equal(g.marks.live[rp_global_of(&g.m, small)->node], 0);
    graph_free(&g);
}

/* All three machines, both relocation forms. */
static void other_machines_are_split_alike(void **state)
{
    (void)state;
    static const char *const assemblers[] = {"aarch64-linux-gnu-as", "as --32"};
    for (size_t i = 0; i < 2; i++) {
        struct graph g;
        assemble_for(assemblers[i], "a.o",
                     ".text\n.globl _start\n_start: .cfi_startproc\nnop\n.cfi_endproc\n"
                     ".section .text.g,\"ax\"\ng: .cfi_startproc\nnop\n.cfi_endproc\n");
        graph_begin(&g, RP_LEVEL_FULL);
        graph_run(&g, RP_LINKER_LLD, "a.o");
        const struct rp_section *s = &g.m.sections[graph_section(&g, "a.o", ".eh_frame")];
        assert_int_equal(s->n_nodes, 3);
        assert_int_equal(g.marks.live[s->node], 1);
        assert_int_equal(g.marks.live[s->node + 1], 1);
        assert_int_equal(g.marks.live[s->node + 2], 0);
        graph_free(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge_sections_are_split_by_piece),
        cmocka_unit_test(the_linkers_level_splits_no_strings),
        cmocka_unit_test(pieces_keep_the_alignment),
        cmocka_unit_test(odd_merge_sections_stay_whole),
        cmocka_unit_test(eh_frame_is_split_into_records),
        cmocka_unit_test(an_odd_eh_frame_stays_whole_with_a_note),
        cmocka_unit_test(common_symbols_have_nodes),
        cmocka_unit_test(other_machines_are_split_alike),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
