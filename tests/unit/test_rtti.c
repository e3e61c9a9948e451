/* test_rtti.c: which RTTI slots are followed: hand-made hierarchies, random ones against a fixed
 * point computed naively, and typeinfo that no compiler makes.
 */
#include "graph_help.h"

#include "pass/rtti.h"

/* Symbols of class X: _ZTI1X, _ZTS1X, _ZTV1X; each in a section of its own. */
#define OBJECT(sym, section)                                                                       \
    ".section " section ",\"aw\",@progbits\n.globl " sym "\n.type " sym ",@object\n"               \
    ".size " sym ",.L" sym "e-" sym "\n" sym ":\n"
#define END(sym)       ".L" sym "e:\n"
#define HEAD(c)        ".quad _ZTVN10__cxxabiv117__class_type_infoE+16\n.quad _ZTS1" c "\n"
#define TYPE(c, bases) OBJECT("_ZTI1" c, ".data._ZTI1" c) HEAD(c) bases END("_ZTI1" c) NAME(c)
#define NAME(c)        OBJECT("_ZTS1" c, ".data._ZTS1" c) ".asciz \"1" c "\"\n" END("_ZTS1" c)
#define BASE(c)        ".quad _ZTI1" c "\n"
#define VTABLE(c)                                                                                  \
    OBJECT("_ZTV1" c, ".data._ZTV1" c) ".quad 0\n.quad _ZTI1" c "\n.quad f\n" END("_ZTV1" c)
#define CLASS(c, bases) TYPE(c, bases) VTABLE(c)
#define START           ".section .text._start,\"ax\",@progbits\n.globl _start, f\nf: ret\n_start:\n"
#define USE(c)          ".section .text._start\nlea _ZTV1" c "+16(%rip), %rax\n"
#define SAY(c)          ".section .text._start\nlea _ZTI1" c "(%rip), %rax\n"

struct cxx {
    struct graph g;
    struct rp_rtti rtti;
};

enum trust { PROVE, ASSUME, KEEP };

static void cxx_line(struct cxx *x, enum trust trust, const char *words)
{
    struct graph *g = &x->g;
    memset(x, 0, sizeof *x);
    graph_begin(g, RP_LEVEL_FULL);
    graph_run(g, RP_LINKER_LLD, words);
    rp_marks_free(&g->marks);
    g->job.no_typeid_deref = trust == ASSUME;
    g->job.keep_typeinfo = trust == KEEP;
    assert_int_equal(rp_rtti_find(&g->m, &g->job, &x->rtti), REAP_OK);
    assert_int_equal(rp_mark_classes(&g->m, &g->job, &x->rtti, &g->marks), REAP_OK);
}

static void cxx_run(struct cxx *x, enum trust trust, const char *text)
{
    assemble("a.o", text);
    cxx_line(x, trust, "a.o");
}

static void cxx_free(struct cxx *x)
{
    rp_rtti_free(&x->rtti);
    graph_free(&x->g);
}

static rp_id node_of(const struct cxx *x, const char *prefix, const char *c)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", prefix, c);
    rp_id g = rp_model_find_global(&x->g.m, name);
    assert_int_not_equal(g, 0);
    return rp_global_node(&x->g.m, g);
}

static bool is_live(const struct cxx *x, const char *prefix, const char *c)
{
    return x->g.marks.live[node_of(x, prefix, c)] != 0;
}

static const struct rp_class *class_of(const struct cxx *x, const char *c)
{
    rp_id node = node_of(x, "_ZTI1", c);
    for (size_t i = 0; i < x->rtti.classes.n; i++)
        if (x->rtti.classes.v[i].typeinfo == node)
            return &x->rtti.classes.v[i];
    fail_msg("no class %s", c);
    return NULL;
}

/* --- the rule -------------------------------------------------------------------------------- */

static void typeinfo_that_nobody_names_goes(void **state)
{
    (void)state;
    struct cxx x;
    cxx_run(&x, ASSUME, START USE("A") CLASS("A", ""));
    assert_true(is_live(&x, "_ZTV1", "A"));
    assert_false(is_live(&x, "_ZTI1", "A"));
    assert_false(is_live(&x, "_ZTS1", "A"));
    assert_int_equal(class_of(&x, "A")->why, RP_CLASS_GONE);
    assert_int_equal(class_of(&x, "A")->name, node_of(&x, "_ZTS1", "A"));
    assert_int_equal(x.rtti.slots.n, 1);
    assert_false(x.rtti.slots.v[0].live);
    assert_int_equal(x.rtti.slots.v[0].offset, 8);
    assert_true(x.rtti.collected);
    cxx_free(&x);
}

static void who_can_name_a_class_sees_its_descendants(void **state)
{
    (void)state;
    struct cxx x;
    /* C <- B <- A: naming A observes B and C, not their stranger D; E's vtable is dead */
    cxx_run(&x, ASSUME,
            START USE("C") USE("D") SAY("A") CLASS("A", "") CLASS("B", BASE("A"))
                CLASS("C", BASE("B")) CLASS("D", "") CLASS("E", BASE("A")));
    assert_true(is_live(&x, "_ZTI1", "A"));
    assert_true(is_live(&x, "_ZTI1", "C"));
    assert_true(is_live(&x, "_ZTI1", "B")); /* C is made of it */
    assert_false(is_live(&x, "_ZTI1", "D"));
    assert_false(is_live(&x, "_ZTI1", "E"));
    const struct rp_class *c = class_of(&x, "C");
    assert_int_equal(c->why, RP_CLASS_NAMED);
    assert_int_equal(x.rtti.classes.v[c->ancestor - 1].typeinfo, node_of(&x, "_ZTI1", "A"));
    assert_int_equal(c->by, graph_node(&x.g, "a.o", ".text._start", 0));
    /* the path of C's typeinfo leads through its slot */
    const struct rp_marks *marks = &x.g.marks;
    assert_int_equal(marks->parent[c->typeinfo], node_of(&x, "_ZTV1", "C"));
    assert_int_equal(x.g.m.edges[marks->cause[c->typeinfo]].kind, RP_EDGE_RTTI);
    assert_int_equal(marks->parent[node_of(&x, "_ZTI1", "B")], c->typeinfo);
    assert_int_equal(x.g.m.edges[marks->cause[node_of(&x, "_ZTI1", "B")]].kind, RP_EDGE_BASE);
    cxx_free(&x);
}

static void naming_a_class_does_not_name_its_bases(void **state)
{
    (void)state;
    struct cxx x;
    cxx_run(&x, ASSUME,
            START USE("A") USE("S") SAY("B") CLASS("A", "") CLASS("B", BASE("A"))
                CLASS("S", BASE("A")));
    assert_true(is_live(&x, "_ZTI1", "B"));
    assert_true(is_live(&x, "_ZTI1", "A"));
    assert_int_equal(class_of(&x, "A")->why, RP_CLASS_PART);
    assert_int_equal(class_of(&x, "A")->by, node_of(&x, "_ZTI1", "B"));
    assert_false(is_live(&x, "_ZTI1", "S")); /* a sibling of what is named */
    cxx_free(&x);
}

static void a_name_that_comes_late_brings_slots_that_were_passed_over(void **state)
{
    (void)state;
    struct cxx x;
    cxx_run(&x, ASSUME,
            START USE("A") "call g1\n"
                           ".section .text.g1,\"ax\",@progbits\ng1: call g2\n"
                           ".section .text.g2,\"ax\",@progbits\ng2: call g3\n"
                           ".section .text.g3,\"ax\",@progbits\ng3: lea _ZTI1A(%rip), %rax\n"
                           "lea _ZTV1B+16(%rip), %rax\n" CLASS("A", "") CLASS("B", BASE("A")));
    assert_true(is_live(&x, "_ZTI1", "A"));
    assert_true(is_live(&x, "_ZTI1", "B"));
    assert_true(x.rtti.slots.v[0].live && x.rtti.slots.v[1].live);
    cxx_free(&x);
}

static void a_slot_that_code_reads_by_its_address_names_the_class(void **state)
{
    (void)state;
    static const char *const reads[] = {
        "mov _ZTV1A+8(%rip), %rax\n",
        "cmpq $0, _ZTV1A+8(%rip)\n",
        "cmpq $0x12345, _ZTV1A+8(%rip)\n",
        "mov $_ZTV1A+8, %eax\n",
    };
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        struct cxx x;
        char text[4096];
        snprintf(text, sizeof text, "%s%s%s", START, reads[i], CLASS("A", ""));
        cxx_run(&x, ASSUME, text);
        assert_true(is_live(&x, "_ZTI1", "A"));
        assert_int_equal(class_of(&x, "A")->why, RP_CLASS_NAMED);
        cxx_free(&x);
    }
}

/* --- proof and trust ------------------------------------------------------------------------- */

static void without_proof_everything_stays(void **state)
{
    (void)state;
    struct cxx x;
    /* names are exported: whoever uses them is not in the link */
    assemble("a.o", START USE("A") CLASS("A", ""));
    cxx_line(&x, PROVE, "a.o --export-dynamic-symbol=nothing");
    assert_true(is_live(&x, "_ZTI1", "A"));
    assert_int_equal(class_of(&x, "A")->why, RP_CLASS_UNPROVED);
    assert_false(x.rtti.collected);
    assert_non_null(x.rtti.why_not);
    cxx_free(&x);
    cxx_line(&x, ASSUME, "a.o --export-dynamic-symbol=nothing");
    assert_false(is_live(&x, "_ZTI1", "A"));
    assert_true(x.rtti.collected && x.rtti.assumed);
    cxx_free(&x);
    cxx_line(&x, KEEP, "a.o");
    assert_true(is_live(&x, "_ZTI1", "A"));
    assert_string_equal(x.rtti.why_not, "typeinfo=keep");
    cxx_free(&x);
}

static void exported_classes_and_their_descendants_stay(void **state)
{
    (void)state;
    struct cxx x;
    assemble("a.o", START USE("B") USE("C") CLASS("A", "") CLASS("B", BASE("A")) CLASS("C", ""));
    cxx_line(&x, ASSUME, "a.o --export-dynamic-symbol=_ZTI1A");
    assert_true(is_live(&x, "_ZTI1", "B"));
    assert_int_equal(class_of(&x, "B")->why, RP_CLASS_VISIBLE);
    assert_false(is_live(&x, "_ZTI1", "C"));
    cxx_free(&x);
}

static void a_library_with_a_copy_of_the_class_sees_it(void **state)
{
    (void)state;
    struct cxx x;
    /* the name stands in its bytes alone, behind other data */
    assemble("lib.o", ".section .rodata\n.byte 65, 66, 67\n.asciz \"1A\"\n.asciz \"1BC\"\n"
                      ".globl fun\n.text\nfun: ret\n");
    must("ld -shared -o liblib.so lib.o");
    assemble("a.o", START "call fun@PLT\n" USE("A") USE("B") CLASS("A", "") CLASS("B", ""));
    cxx_line(&x, ASSUME, "a.o ./liblib.so");
    assert_true(is_live(&x, "_ZTI1", "A"));
    assert_int_equal(class_of(&x, "A")->why, RP_CLASS_VISIBLE);
    assert_false(is_live(&x, "_ZTI1", "B"));
    cxx_free(&x);
    /* a library of C proves nothing against the program's own classes */
    cxx_line(&x, PROVE, "a.o ./liblib.so");
    assert_null(x.rtti.outside);
    cxx_free(&x);
    assemble("cxx.o", ".text\n.globl _Z3funv, fun\nfun: _Z3funv: ret\n");
    must("ld -shared -o libcxx.so cxx.o");
    cxx_line(&x, PROVE, "a.o ./libcxx.so");
    assert_non_null(strstr(x.rtti.outside, "libcxx.so"));
    cxx_free(&x);
}

static void libraries_loaded_at_run_time_count_when_live_code_loads_them(void **state)
{
    (void)state;
    struct cxx x;
    assemble("a.o", START USE("A") CLASS("A", "") ".section .text.dead,\"ax\",@progbits\n"
                                                  "call dlopen@PLT\n");
    cxx_line(&x, PROVE, "a.o");
    assert_null(x.rtti.outside);
    cxx_free(&x);
    assemble("a.o", START USE("A") CLASS("A", "") ".section .text._start\ncall dlmopen@PLT\n");
    cxx_line(&x, PROVE, "a.o");
    assert_non_null(strstr(x.rtti.outside, "dlopen"));
    assert_true(is_live(&x, "_ZTI1", "A"));
    cxx_free(&x);
    cxx_line(&x, ASSUME, "a.o");
    assert_false(is_live(&x, "_ZTI1", "A"));
    assert_true(x.rtti.assumed);
    cxx_free(&x);
    /* a library that loads others */
    assemble("lib.o", ".text\n.globl fun\nfun: call dlopen@PLT\n");
    must("ld -shared -o libload.so lib.o");
    assemble("a.o", START "call fun@PLT\n" USE("A") CLASS("A", ""));
    cxx_line(&x, PROVE, "a.o ./libload.so");
    assert_non_null(strstr(x.rtti.outside, "libload.so"));
    cxx_free(&x);
}

static void a_base_from_elsewhere_is_visible(void **state)
{
    (void)state;
    struct cxx x;
    cxx_run(&x, ASSUME, START USE("A") CLASS("A", BASE("Z")));
    assert_true(is_live(&x, "_ZTI1", "A"));
    assert_int_equal(class_of(&x, "A")->why, RP_CLASS_VISIBLE);
    cxx_free(&x);
}

/* --- forms ----------------------------------------------------------------------------------- */

/* Without -fdata-sections clang puts all of it into one section. */
static void classes_of_one_section_are_told_apart(void **state)
{
    (void)state;
    struct cxx x;
#define IN(sym)                                                                                    \
    ".globl " sym "\n.type " sym ",@object\n.size " sym ",.L" sym "e-" sym "\n" sym ":\n"
    cxx_run(&x, ASSUME,
            START USE("A") USE("B") SAY("D") ".section .data.mix,\"aw\",@progbits\n"
            /* vtables that refer to classes elsewhere */
            IN("_ZTV1A") ".quad 0\n.quad _ZTI1A\n.quad f\n" END("_ZTV1A")
                IN("_ZTV1B") ".quad 0\n.quad _ZTI1B\n.quad f\n" END("_ZTV1B") IN("_ZTI1D") HEAD("D")
                    BASE("C") END("_ZTI1D") NAME("D") TYPE("A", "") TYPE("B", BASE("D"))
                        TYPE("C", ""));
#undef IN
    assert_false(is_live(&x, "_ZTI1", "A"));
    assert_true(is_live(&x, "_ZTI1", "B")); /* derived from D, which is named */
    assert_true(is_live(&x, "_ZTI1", "C"));
    assert_int_equal(class_of(&x, "C")->why, RP_CLASS_NO_SLOT);
    cxx_free(&x);
}

static void relative_vtables_reach_typeinfo_through_a_proxy(void **state)
{
    (void)state;
#define PROXY(c)                                                                                   \
    OBJECT("_ZTI1" c ".rtti_proxy", ".data._ZTI1" c ".proxy")                                      \
    ".quad _ZTI1" c "\n" END("_ZTI1" c ".rtti_proxy")
#define RELATIVE(c)                                                                                \
    OBJECT("_ZTV1" c, ".data._ZTV1" c)                                                             \
    ".long 0\n.long _ZTI1" c ".rtti_proxy-_ZTV1" c "-8\n"                                          \
    ".long f-_ZTV1" c "-8\n" END("_ZTV1" c)
#define LOOK(c) ".section .text._start\nlea _ZTV1" c "+8(%rip), %rax\n"
    struct cxx x;
    cxx_run(&x, ASSUME,
            START LOOK("A") LOOK("C") SAY("B") TYPE("A", "") PROXY("A") RELATIVE("A") TYPE("B", "")
                TYPE("C", BASE("B")) PROXY("C") RELATIVE("C"));
    assert_false(is_live(&x, "_ZTI1", "A"));
    assert_true(is_live(&x, "_ZTI1", "C"));
    assert_true(is_live(&x, "_ZTI1C.rtti_proxy", ""));
    cxx_free(&x);
}

static void what_is_no_slot_stays_a_reference(void **state)
{
    (void)state;
    struct cxx x;
    /* at the very beginning, at an odd place, into the middle, two for one place, without a size */
    cxx_run(
        &x, ASSUME,
        START "lea tables(%rip), %rax\n" USE("E") USE("G")
            OBJECT("_ZTV1A", ".data.tables") "tables: .quad _ZTI1A\n.quad 0\n" END("_ZTV1A") OBJECT(
                "_ZTV1B", ".data.tables") ".quad 0\n.long 0\n.quad _ZTI1B\n" END("_ZTV1B")
                OBJECT("_ZTV1C", ".data.tables") ".quad 0\n.quad _ZTI1C+8\n" END("_ZTV1C") OBJECT(
                    "_ZTV1D",
                    ".data.tables") ".quad 0\n.quad _ZTI1D\n"
                                    ".reloc .-8, R_X86_64_64, _ZTI1F\n" END(
                                        "_ZTV1D") ".section .data._ZTV1E,\"aw\",@progbits\n.globl "
                                                  "_ZTV1E\n_ZTV1E: .quad 0, _ZTI1E, f\n" TYPE(
                                                      "A", "") TYPE("B", "") TYPE("C", "")
                                                      TYPE("D", "") TYPE("E", "") TYPE("F", "")
                                                          CLASS("G", ".quad f\n"));
    assert_true(is_live(&x, "_ZTI1", "A"));
    assert_true(is_live(&x, "_ZTI1", "B"));
    assert_true(is_live(&x, "_ZTI1", "C"));
    assert_true(is_live(&x, "_ZTI1", "E"));
    assert_true(is_live(&x, "_ZTI1", "D") || is_live(&x, "_ZTI1", "F"));
    assert_true(is_live(&x, "_ZTI1", "G")); /* a typeinfo that refers to a function */
    assert_int_equal(class_of(&x, "G")->why, RP_CLASS_ODD);
    cxx_free(&x);
}

static void loops_in_the_class_graph_end(void **state)
{
    (void)state;
    struct cxx x;
    cxx_run(&x, ASSUME,
            START USE("A") USE("C") SAY("C") CLASS("A", BASE("B") BASE("A")) CLASS("B", BASE("A"))
                CLASS("C", BASE("D")) CLASS("D", BASE("C")));
    assert_false(is_live(&x, "_ZTI1", "A"));
    assert_true(is_live(&x, "_ZTI1", "C"));
    assert_true(is_live(&x, "_ZTI1", "D"));
    cxx_free(&x);
}

/* --- the output ------------------------------------------------------------------------------ */

static void check_cut_slot(const char *as, const char *text, size_t word)
{
    struct cxx x;
    struct rp_plan plan;
    uint8_t *bytes;
    uint64_t size;
    struct rp_elf out;
    assemble_for(as, "a.o", text);
    cxx_line(&x, ASSUME, "a.o");
    struct graph *g = &x.g;
    assert_int_equal(rp_plan_make(&g->m, &g->marks, &g->job, &plan), REAP_OK);
    assert_int_equal(rp_rtti_plan(&g->m, &g->marks, &x.rtti, &plan), REAP_OK);
    assert_int_equal(plan.fate[0], RP_FATE_REWRITE);
    assert_int_equal(rp_rewrite_object(&g->m, &g->marks, &plan, 1, &bytes, &size), REAP_OK);
    assert_int_equal(rp_verify_object(&g->m, &g->marks, 1, bytes, size), REAP_OK);
    assert_int_equal(rp_elf_open(&g->ctx, &out, "out", bytes, size), REAP_OK);
    unsigned n_vtables = 0, n_relocs = 0;
    const uint8_t *slot = NULL; /* its last byte */
    for (uint32_t i = 1; i < out.n_sections; i++) {
        assert_null(strstr(rp_elf_shname(&out, i), "_ZTI"));
        assert_null(strstr(rp_elf_shname(&out, i), "_ZTS"));
        if (!strcmp(rp_elf_shname(&out, i), ".data._ZTV1A")) {
            uint64_t value = 0, want = word == 8 ? 0x7265617000000001 : 0;
            memcpy(&value, rp_elf_bytes(&out, i) + word, word);
            assert_int_equal(value, want);
            slot = rp_elf_bytes(&out, i) + 2 * word - 1;
            n_vtables++;
        } else if (strstr(rp_elf_shname(&out, i), "rel") &&
                   strstr(rp_elf_shname(&out, i), "_ZTV")) {
            uint32_t n;
            rp_elf_relocs(&out, i, &n);
            n_relocs += n;
        }
    }
    assert_int_equal(n_vtables, 1);
    assert_int_equal(n_relocs, 1); /* of f */
    for (uint32_t i = 1; i < out.n_symbols; i++)
        assert_null(strstr(rp_elf_symname(&out, i), "_ZTI"));
    rp_elf_close(&out);
    bytes[slot - bytes] ^= 1; /* the check sees it */
    assert_int_equal(rp_verify_object(&g->m, &g->marks, 1, bytes, size), REAP_ERR_INTERNAL);
    free(bytes);
    rp_plan_free(&plan);
    cxx_free(&x);
}

static void slots_that_are_cut_hold_the_number_of_their_class(void **state)
{
    (void)state;
    check_cut_slot("as", START USE("A") CLASS("A", ""), 8);
    /* SHT_REL and a local class: the addend is in the contents, and not zero */
    check_cut_slot("as --32",
                   ".section .text._start,\"ax\",@progbits\n.globl _start, f\nf: ret\n_start:\n"
                   "mov $_ZTV1A+8, %eax\n"
                   ".section .data.ti,\"aw\",@progbits\n.long 0\n.type _ZTI1A,@object\n"
                   ".size _ZTI1A,8\n_ZTI1A: .long _ZTVN10__cxxabiv117__class_type_infoE+8, 0\n"
                   ".section .data._ZTV1A,\"aw\",@progbits\n.globl _ZTV1A\n.type _ZTV1A,@object\n"
                   ".size _ZTV1A,12\n_ZTV1A: .long 0, _ZTI1A, f\n",
                   4);
}

/* --- random hierarchies ---------------------------------------------------------------------- */

enum { N_CLASSES = 14, N_ROUNDS = 60 };

struct random_link {
    uint32_t bases[N_CLASSES]; /* bit b: class b is a base */
    bool has_vtable[N_CLASSES];
    uint32_t uses[N_CLASSES], names[N_CLASSES]; /* by function: vtables, typeinfos */
    uint32_t calls[N_CLASSES];
};

static void write_random(const struct random_link *r)
{
    FILE *f = fopen("in.s", "w");
    assert_non_null(f);
    fputs(".section .text._start,\"ax\",@progbits\n.globl _start, f\nf: ret\n_start: call g0\n", f);
    for (int i = 0; i < N_CLASSES; i++) {
        fprintf(f, ".section .text.g%d,\"ax\",@progbits\n.globl g%d\ng%d: ret\n", i, i, i);
        for (int k = 0; k < N_CLASSES; k++) {
            if (r->uses[i] >> k & 1 && r->has_vtable[k])
                fprintf(f, "lea _ZTV1%c+16(%%rip), %%rax\n", 'A' + k);
            if (r->names[i] >> k & 1)
                fprintf(f, "lea _ZTI1%c(%%rip), %%rax\n", 'A' + k);
            if (r->calls[i] >> k & 1)
                fprintf(f, "call g%d\n", k);
        }
    }
    for (int i = 0; i < N_CLASSES; i++) {
        fprintf(f,
                ".section .data._ZTI1%c,\"aw\"\n.globl _ZTI1%c\n.type _ZTI1%c,@object\n"
                "_ZTI1%c: .quad _ZTVN10__cxxabiv117__class_type_infoE+16, 0\n",
                'A' + i, 'A' + i, 'A' + i, 'A' + i);
        for (int k = 0; k < N_CLASSES; k++)
            if (r->bases[i] >> k & 1)
                fprintf(f, ".quad _ZTI1%c\n", 'A' + k);
        fprintf(f, ".size _ZTI1%c,.-_ZTI1%c\n", 'A' + i, 'A' + i);
        if (r->has_vtable[i])
            fprintf(f,
                    ".section .data._ZTV1%c,\"aw\"\n.globl _ZTV1%c\n.type _ZTV1%c,@object\n"
                    "_ZTV1%c: .quad 0, _ZTI1%c, f\n.size _ZTV1%c,24\n",
                    'A' + i, 'A' + i, 'A' + i, 'A' + i, 'A' + i, 'A' + i);
    }
    assert_int_equal(fclose(f), 0);
    must("as -o a.o in.s");
}

/* The rule, one step at a time until nothing changes. */
static void naive(const struct random_link *r, uint32_t *ret_vtables, uint32_t *ret_types)
{
    uint32_t code = 1, vtables = 0, types = 0, observed = 0;
    bool changed;
    do {
        uint32_t old[4] = {code, vtables, types, observed};
        for (int i = 0; i < N_CLASSES; i++) {
            if (code >> i & 1) {
                code |= r->calls[i];
                observed |= r->names[i];
                types |= r->names[i];
                for (int k = 0; k < N_CLASSES; k++)
                    if (r->uses[i] >> k & 1 && r->has_vtable[k])
                        vtables |= 1u << k;
            }
            if (r->bases[i] & observed)
                observed |= 1u << i;
            if (vtables >> i & 1 && observed >> i & 1)
                types |= 1u << i;
            if (types >> i & 1)
                types |= r->bases[i];
        }
        changed = old[0] != code || old[1] != vtables || old[2] != types || old[3] != observed;
    } while (changed);
    *ret_vtables = vtables;
    *ret_types = types;
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static uint32_t sparse(uint64_t *seed)
{
    uint32_t bits = 0;
    for (int k = 0; k < N_CLASSES; k++)
        if (next_random(seed) % 10 == 0)
            bits |= 1u << k;
    return bits;
}

static void random_hierarchies_agree_with_a_fixed_point(void **state)
{
    (void)state;
    uint64_t seed = 20;
    unsigned n_gone = 0, n_kept = 0;
    for (int round = 0; round < N_ROUNDS; round++) {
        struct random_link r;
        struct cxx x;
        uint32_t vtables, types;
        for (int i = 0; i < N_CLASSES; i++) {
            r.bases[i] = sparse(&seed); /* loops too */
            r.has_vtable[i] = next_random(&seed) % 4 != 0;
            r.uses[i] = sparse(&seed);
            r.names[i] = next_random(&seed) % 5 ? 0 : sparse(&seed);
            r.calls[i] = sparse(&seed);
        }
        r.calls[0] |= 6; /* or little is live */
        write_random(&r);
        cxx_line(&x, ASSUME, "a.o");
        naive(&r, &vtables, &types);
        for (int i = 0; i < N_CLASSES; i++) {
            char c[2] = {(char)('A' + i), 0};
            assert_int_equal(is_live(&x, "_ZTI1", c), types >> i & 1);
            if (r.has_vtable[i])
                assert_int_equal(is_live(&x, "_ZTV1", c), vtables >> i & 1);
            n_gone += (vtables & ~types) >> i & 1;
            n_kept += (vtables & types) >> i & 1;
        }
        cxx_free(&x);
    }
    assert_true(n_gone > 20 && n_kept > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typeinfo_that_nobody_names_goes),
        cmocka_unit_test(who_can_name_a_class_sees_its_descendants),
        cmocka_unit_test(naming_a_class_does_not_name_its_bases),
        cmocka_unit_test(a_name_that_comes_late_brings_slots_that_were_passed_over),
        cmocka_unit_test(a_slot_that_code_reads_by_its_address_names_the_class),
        cmocka_unit_test(without_proof_everything_stays),
        cmocka_unit_test(exported_classes_and_their_descendants_stay),
        cmocka_unit_test(a_library_with_a_copy_of_the_class_sees_it),
        cmocka_unit_test(libraries_loaded_at_run_time_count_when_live_code_loads_them),
        cmocka_unit_test(a_base_from_elsewhere_is_visible),
        cmocka_unit_test(classes_of_one_section_are_told_apart),
        cmocka_unit_test(relative_vtables_reach_typeinfo_through_a_proxy),
        cmocka_unit_test(what_is_no_slot_stays_a_reference),
        cmocka_unit_test(loops_in_the_class_graph_end),
        cmocka_unit_test(slots_that_are_cut_hold_the_number_of_their_class),
        cmocka_unit_test(random_hierarchies_agree_with_a_fixed_point),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
