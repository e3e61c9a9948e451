/* test_facts.c: facts of real links: what facts_build.c takes from the model. */
#include "graph_help.h"

#include "report/facts.h"

static const char main_s[] = ".globl _start, hook\n"
                             ".weak hook\n"
                             ".comm used_common,24,8\n"
                             ".comm dead_common,40,8\n"
                             ".section .text._start,\"ax\",@progbits\n"
                             ".cfi_startproc\n"
                             "_start: call f\n"
                             " call f\n"
                             " lea used_common(%rip), %rax\n"
                             " lea .Ls1(%rip), %rax\n"
                             " lea __start_tab(%rip), %rax\n"
                             " mov hook@GOTPCREL(%rip), %rax\n"
                             " call inl\n"
                             ".cfi_endproc\n"
                             ".section .text.dead,\"ax\",@progbits\n"
                             ".cfi_startproc\n"
                             "dead: call helper\n"
                             " lea .Ls2(%rip), %rax\n"
                             " lea dead_common(%rip), %rax\n"
                             "dead_alias: ret\n"
                             ".size dead, . - dead\n"
                             ".size dead_alias, 1\n"
                             ".cfi_endproc\n"
                             ".section .text.helper,\"ax\",@progbits\n"
                             "helper: ret\n"
                             ".section .text.inl,\"axG\",@progbits,inl,comdat\n"
                             ".weak inl\n"
                             "inl: ret\n"
                             ".section .rodata.str1.1,\"aMS\",@progbits,1\n"
                             ".Ls1: .string \"live string\"\n"
                             ".Ls2: .string \"dead\"\n"
                             ".section tab,\"a\",@progbits\n"
                             " .quad 1\n"
                             ".section .debug_info,\"\",@progbits\n"
                             " .quad 0\n"
                             ".section .debug_x,\"\",@progbits\n"
                             " .long 7\n"
                             ".section .comment.x,\"\",@progbits\n"
                             " .byte 9\n";

static const char f_s[] = ".globl f\n"
                          ".text\n"
                          "f: ret\n"
                          " call inl\n"
                          ".section .text.inl,\"axG\",@progbits,inl,comdat\n"
                          ".weak inl\n"
                          "inl: ret\n"
                          ".data\n"
                          " .zero 100\n";

static void run(struct graph *g, struct rp_facts *f, enum rp_level level)
{
    assemble("main.o", main_s);
    assemble("f.o", f_s);
    assemble("never.o", ".globl hook, other\n.text\nhook: ret\nother: ret\n");
    must("rm -f libf.a && ar rcs libf.a f.o never.o");
    graph_begin(g, level);
    g->job.debug_refs = true;
    graph_run(g, RP_LINKER_LLD, "-o out -e _start main.o libf.a");
    assert_int_equal(rp_facts_build(&g->m, &g->marks, &g->job, f), REAP_OK);
}

static const struct rp_fact_node *node_named(const struct rp_facts *f, const char *section,
                                             bool copy)
{
    for (rp_id i = 1; i < f->nodes.n; i++) {
        const struct rp_fact_node *n = &f->nodes.v[i];
        if (!strcmp(rp_fact_str(f, n->section), section) &&
            (n->reason == RP_REASON_COMDAT_DUPLICATE) == copy)
            return n;
    }
    fail_msg("no node of %s", section);
    return NULL;
}

static const struct rp_fact_symbol *symbol_named(const struct rp_facts *f, const char *name,
                                                 enum rp_symbol_place place)
{
    for (rp_id i = 1; i < f->symbols.n; i++)
        if (!strcmp(rp_fact_str(f, f->symbols.v[i].name), name) && f->symbols.v[i].place == place)
            return &f->symbols.v[i];
    fail_msg("no symbol %s", name);
    return NULL;
}

/* Nodes, totals and the section tables of the inputs say the same number of bytes. */
static void sums_equal_the_sections_of_the_inputs(void **state)
{
    (void)state;
    for (int level = RP_LEVEL_LINKER; level <= RP_LEVEL_FULL; level++) {
        struct graph g;
        struct rp_facts f;
        run(&g, &f, (enum rp_level)level);
        uint64_t inputs = 24 + 40, nodes = 0, totals = 0; /* the commons */
        for (rp_id s = 1; s <= g.m.n_section_ids; s++)
            if (g.m.sections[s].file && !(g.m.sections[s].flags & RP_SEC_META) &&
                (g.m.sections[s].n_nodes || g.m.sections[s].flags & RP_SEC_DUPLICATE))
                inputs += rp_shdr_of(&g.m, s)->size;
        for (rp_id i = 1; i < f.nodes.n; i++)
            nodes += f.nodes.v[i].size;
        for (unsigned c = 0; c < RP_N_CLASSES; c++)
            totals += f.totals.kept[c] + f.totals.removed[c] + f.totals.duplicate[c];
        assert_int_equal(nodes, inputs);
        assert_int_equal(totals, inputs);
        assert_int_equal(f.totals.duplicate[RP_CLASS_TEXT], 1); /* inl of f.o */
        assert_int_equal(f.totals.duplicate_n, 1);
        rp_facts_free(&f);
        graph_free(&g);
    }
}

static void nodes_have_class_reason_name_and_head(void **state)
{
    (void)state;
    struct graph g;
    struct rp_facts f;
    run(&g, &f, RP_LEVEL_FULL);
    const struct rp_fact_node *start = node_named(&f, ".text._start", false);
    assert_int_equal(start->live, 1);
    assert_int_equal(start->cls, RP_CLASS_TEXT);
    assert_string_equal(rp_fact_str(&f, start->name), "_start");
    assert_int_equal(f.roots.v[start->root].reason, RP_ROOT_ENTRY);
    const struct rp_fact_node *dead = node_named(&f, ".text.dead", false);
    assert_int_equal(dead->reason, RP_REASON_UNREFERENCED);
    assert_string_equal(rp_fact_str(&f, dead->name), "dead"); /* bigger than its alias */
    const struct rp_fact_node *helper = node_named(&f, ".text.helper", false);
    assert_int_equal(helper->reason, RP_REASON_ONLY_FROM_DEAD);
    assert_int_equal(helper->head, dead - f.nodes.v);
    assert_int_equal(node_named(&f, ".text.inl", false)->live, 1);
    assert_int_equal(node_named(&f, ".text.inl", true)->live, 0);
    assert_int_equal(node_named(&f, ".debug_x", false)->cls, RP_CLASS_DEBUG);
    assert_int_equal(node_named(&f, ".comment.x", false)->cls, RP_CLASS_OTHER);
    assert_int_equal(node_named(&f, "tab", false)->live, 1);
    unsigned n_fde = 0, n_dead_fde = 0, n_common = 0, n_string = 0;
    for (rp_id i = 1; i < f.nodes.n; i++) {
        const struct rp_fact_node *n = &f.nodes.v[i];
        if (n->kind == RP_NODE_FDE) {
            n_fde++;
            n_dead_fde += n->reason == RP_REASON_DEAD_SUBJECT && n->head == dead - f.nodes.v;
            assert_int_equal(n->cls, RP_CLASS_EH_FRAME);
        }
        if (n->kind == RP_NODE_COMMON) {
            const char *name = rp_fact_str(&f, n->name);
            assert_int_equal(n->live != 0, !strcmp(name, "used_common"));
            assert_string_equal(rp_fact_str(&f, f.files.v[n->file].path), "main.o");
            n_common++;
        }
        n_string += n->kind == RP_NODE_STRING;
    }
    assert_int_equal(n_fde, 2);
    assert_int_equal(n_dead_fde, 1);
    assert_int_equal(n_common, 2);
    assert_int_equal(n_string, 2);
    rp_facts_free(&f);
    graph_free(&g);
}

static void edges_are_those_of_the_model_once_each(void **state)
{
    (void)state;
    struct graph g;
    struct rp_facts f;
    run(&g, &f, RP_LEVEL_FULL);
    for (rp_id i = 1; i < f.edges.n; i++) {
        assert_true(graph_has_edge(&g, f.edges.v[i].from, f.edges.v[i].to, f.edges.v[i].kind));
        for (rp_id k = 1; k < i; k++)
            assert_false(f.edges.v[i].from == f.edges.v[k].from &&
                         f.edges.v[i].to == f.edges.v[k].to &&
                         f.edges.v[i].kind == f.edges.v[k].kind);
    }
    for (rp_id from = 1; from < g.m.nodes.n; from++) {
        for (uint32_t k = g.m.edge_start[from]; k < g.m.edge_start[from + 1]; k++) {
            bool found = false;
            for (rp_id i = 1; i < f.edges.n; i++)
                found |= f.edges.v[i].from == from && f.edges.v[i].to == g.m.edges[k].to &&
                         f.edges.v[i].kind == g.m.edges[k].kind;
            assert_true(found);
        }
    }
    rp_id start = graph_node(&g, "main.o", ".text._start", 0);
    rp_id callee = graph_node(&g, "f.o", ".text", 0);
    bool found = false;
    for (rp_id i = 1; i < f.edges.n; i++) {
        const struct rp_fact_edge *e = &f.edges.v[i];
        if (e->from != start || e->to != callee)
            continue;
        found = true;
        assert_int_equal(e->offset, 1); /* of the first call */
        assert_string_equal(rp_fact_str(&f, e->symbol), "f");
    }
    assert_true(found);
    rp_facts_free(&f);
    graph_free(&g);
}

static void names_are_where_they_are_defined(void **state)
{
    (void)state;
    struct graph g;
    struct rp_facts f;
    run(&g, &f, RP_LEVEL_FULL);
    const struct rp_fact_symbol *helper = symbol_named(&f, "helper", RP_PLACE_OBJECT);
    assert_string_equal(rp_fact_str(&f, f.nodes.v[helper->node].section), ".text.helper");
    const struct rp_fact_symbol *hook = symbol_named(&f, "hook", RP_PLACE_MEMBER);
    assert_string_equal(rp_fact_str(&f, f.files.v[hook->file].member), "never.o");
    assert_string_equal(rp_fact_str(&f, f.files.v[hook->file].kind), "member-not-extracted");
    symbol_named(&f, "other", RP_PLACE_MEMBER);
    symbol_named(&f, "hook", RP_PLACE_UNDEFINED);
    for (rp_id i = 1; i < f.symbols.n; i++) /* f.o was extracted: not among the members */
        assert_false(f.symbols.v[i].place == RP_PLACE_MEMBER &&
                     !strcmp(rp_fact_str(&f, f.symbols.v[i].name), "f"));
    symbol_named(&f, "__start_tab", RP_PLACE_LINKER);
    assert_int_equal(f.undefs.n, 2);
    assert_string_equal(rp_fact_str(&f, f.undefs.v[1].name), "hook");
    assert_int_equal(f.undefs.v[1].weak, 1);
    assert_string_equal(rp_fact_str(&f, f.nodes.v[f.undefs.v[1].node].section), ".text._start");
    for (rp_id i = 1; i < f.files.n; i++) {
        if (strcmp(rp_fact_str(&f, f.files.v[i].member), "f.o") != 0)
            continue;
        assert_string_equal(rp_fact_str(&f, f.files.v[i].extracted_for), "f");
        assert_string_equal(rp_fact_str(&f, f.files.v[f.files.v[i].extracted_by].path), "main.o");
    }
    assert_string_equal(rp_fact_str(&f, f.output), "out");
    assert_string_equal(rp_fact_str(&f, f.linker), "lld");
    assert_string_equal(rp_fact_str(&f, f.command), "-o out -e _start main.o libf.a");
    rp_facts_free(&f);
    graph_free(&g);
}

/* Reading back checks that every path follows its edges to a root. */
static void facts_of_a_link_pass_the_checks_of_the_database(void **state)
{
    (void)state;
    struct graph g;
    struct rp_facts f, back;
    run(&g, &f, RP_LEVEL_FULL);
    assert_int_equal(rp_db_write(&g.ctx, &f, "f.db"), REAP_OK);
    assert_int_equal(rp_db_read(&g.ctx, "f.db", &back), REAP_OK);
    assert_memory_equal(&f.totals, &back.totals, sizeof f.totals);
    unsigned matches;
    char *s = NULL;
    size_t n;
    FILE *out = open_memstream(&s, &n);
    struct rp_why_options opts = {0};
    assert_non_null(out);
    assert_int_equal(rp_why_write(&g.ctx, &back, "f", &opts, out, &matches), REAP_OK);
    fclose(out);
    assert_int_equal(matches, 1);
    assert_non_null(strstr(s, "main.o:.text._start+0x1 --reloc--> f  [libf.a(f.o):.text]"));
    free(s);
    rp_facts_free(&f);
    rp_facts_free(&back);
    graph_free(&g);
}

static void linker_level_removals_are_those_of_lld(void **state)
{
    (void)state;
    struct graph g;
    struct rp_facts f;
    run(&g, &f, RP_LEVEL_LINKER);
    FILE *out = fopen("reap.txt", "w");
    assert_non_null(out);
    assert_int_equal(rp_removed_write(&g.ctx, &f, out), REAP_OK);
    fclose(out);
    must("sort reap.txt > reap.sorted");
    must("ld.lld --gc-sections --print-gc-sections -z nostart-stop-gc -o out -e _start main.o"
         " libf.a | sort > lld.sorted");
    must("test -s lld.sorted && diff reap.sorted lld.sorted");
    rp_facts_free(&f);
    graph_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_equal_the_sections_of_the_inputs),
        cmocka_unit_test(nodes_have_class_reason_name_and_head),
        cmocka_unit_test(edges_are_those_of_the_model_once_each),
        cmocka_unit_test(names_are_where_they_are_defined),
        cmocka_unit_test(facts_of_a_link_pass_the_checks_of_the_database),
        cmocka_unit_test(linker_level_removals_are_those_of_lld),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
