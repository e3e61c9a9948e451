/* test_unwinder.c: what keeps the unwinder, and CIEs that lose their personality routine. */
#include "report_fixture.h"

#include "report/unwinder.h"
#include "table/table.h"

/* --- CIEs ------------------------------------------------------------------------------------ */

/* zPLR, as gcc writes it for x86-64 with -fPIC. */
static const uint8_t plr[] = {0x1c, 0,   0,    0,    0, 0, 0,    0,    1,
                              'z',  'P', 'L',  'R',  0, 1, 0x78, /* header … data align */
                              0x10, 7,   0x9b, 0,    0, 0, 0,    0x1b, 0x1b, /* augmentation data */
                              0x0c, 7,   8,    0x90, 1, 0, 0};

static void a_cie_forgets_its_personality(void **state)
{
    (void)state;
    static const uint8_t want[sizeof plr] = {0x1c, 0, 0,    0,    0, 0,    0,    0, 1, 'z',  'R',
                                             0,    1, 0x78, 0x10, 1, 0x1b, 0x0c, 7, 8, 0x90, 1};
    uint8_t out[sizeof plr];
    assert_true(rp_cie_without_personality(plr, sizeof plr, 8, NULL));
    assert_true(rp_cie_without_personality(plr, sizeof plr, 8, out));
    assert_memory_equal(out, want, sizeof want);
    /* once more changes nothing */
    uint8_t again[sizeof plr];
    assert_true(rp_cie_without_personality(out, sizeof out, 8, again));
    assert_memory_equal(again, out, sizeof out);
}

static void cies_of_other_forms_are_left_alone(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t byte;
    } cases[] = {
        {4, 1},     /* an FDE */
        {8, 4},     /* a version with address sizes */
        {9, 'e'},   /* "eh" of gcc 2 */
        {11, 'X'},  /* an unknown letter */
        {17, 6},    /* data that are too short */
        {17, 8},    /* … and too long */
        {17, 0x87}, /* a length of two bytes */
        {18, 0x50}, /* an aligned pointer */
        {18, 0x01}, /* a pointer in LEB128 */
        {17, 0x7f}, /* beyond the record */
        {0, 0xff},  /* not wrong by itself … */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t cie[sizeof plr], out[sizeof plr], zero[sizeof plr] = {0};
        memcpy(cie, plr, sizeof cie);
        memset(out, 0, sizeof out);
        cie[cases[i].at] = cases[i].byte;
        if (cases[i].at == 0)
            memset(cie, 0xff, 4); /* … but a 64-bit length is */
        assert_false(rp_cie_without_personality(cie, sizeof cie, 8, out));
        assert_memory_equal(out, zero, sizeof out);
    }
    /* cut short anywhere, it is not understood or gives a record of its size */
    for (size_t n = 0; n < sizeof plr; n++) {
        uint8_t *cie = malloc(n + 1), *out = malloc(n + 1);
        memcpy(cie, plr, n);
        rp_cie_without_personality(cie, n, 8, out);
        free(cie);
        free(out);
    }
}

/* --- what keeps it --------------------------------------------------------------------------- */

struct program {
    rp_id main, puts, fde, cie, personality, resume, find, cancel;
};

static void make(struct fx *x, struct program *p)
{
    rp_id o = fx_file(x, "main.o", NULL, "object");
    rp_id c = fx_file(x, "libc.a", "puts.o", "object");
    rp_id u = fx_file(x, "libgcc_eh.a", "unwind-dw2.o", "object");
    p->main = fx_node(x, o, 1, ".text.main", "main", 10, RP_CLASS_TEXT);
    p->puts = fx_node(x, c, 1, ".text", "puts", 100, RP_CLASS_TEXT);
    p->cie = fx_node(x, c, 2, ".eh_frame", NULL, 32, RP_CLASS_EH_FRAME);
    p->fde = fx_node(x, c, 2, ".eh_frame", NULL, 24, RP_CLASS_EH_FRAME);
    x->f.nodes.v[p->cie].kind = RP_NODE_CIE;
    x->f.nodes.v[p->fde].kind = RP_NODE_FDE;
    x->f.nodes.v[p->fde].offset = 32;
    p->cancel = fx_node(x, c, 3, ".text.cancel", "pthread_cancel", 50, RP_CLASS_TEXT);
    p->resume = fx_node(x, u, 1, ".text", "_Unwind_Resume", 12000, RP_CLASS_TEXT);
    p->personality = fx_node(x, u, 2, ".text.p", "__gcc_personality_v0", 1000, RP_CLASS_TEXT);
    fx_edge(x, p->main, p->puts, RP_EDGE_RELOC, "puts", 1);
    fx_edge(x, p->puts, p->fde, RP_EDGE_SUBJECT, "", 0);
    fx_edge(x, p->fde, p->cie, RP_EDGE_CIE, "", 0);
    fx_edge(x, p->cie, p->personality, RP_EDGE_RELOC, "__gcc_personality_v0", 0x13);
    fx_edge(x, p->puts, p->resume, RP_EDGE_RELOC, "_Unwind_Resume", 90);
    fx_root(x, p->main, RP_ROOT_ENTRY, "entry main");
}

static char *report(struct fx *x)
{
    return fx_written(x, rp_text_write);
}

static void the_path_avoids_landing_pads(void **state)
{
    (void)state;
    struct fx x;
    struct program p;
    fx_init(&x);
    make(&x, &p);
    fx_edge(&x, p.puts, p.cancel, RP_EDGE_RELOC, "pthread_cancel", 50);
    fx_edge(&x, p.cancel, p.resume, RP_EDGE_RELOC, "_Unwind_ForcedUnwind", 7);
    fx_finish(&x);
    x.f.unwinder =
        fx_str(&x, "libgcc_eh.a(unwind-dw2.o):.text is reached by more than landing pads");
    char *s = report(&x);
    assert_non_null(strstr(s, "The unwinder (12.7 KiB) stays because of:\n"
                              "    main -> puts -> pthread_cancel -> _Unwind_ForcedUnwind\n"));
    free(s);
    fx_free(&x);
}

static void only_landing_pads_ask_for_it(void **state)
{
    (void)state;
    struct fx x;
    struct program p;
    fx_init(&x);
    make(&x, &p);
    fx_finish(&x);
    x.f.unwinder = fx_str(&x, "the program can call dlopen");
    char *s = report(&x);
    assert_non_null(strstr(s, "stays, although only tables of frames and landing pads ask for it:\n"
                              "    the program can call dlopen\n"));
    free(s);
    fx_free(&x);
}

static void it_went(void **state)
{
    (void)state;
    struct fx x;
    struct program p;
    fx_init(&x);
    make(&x, &p);
    for (size_t i = 1; i < x.f.edges.n; i++)
        if (x.f.edges.v[i].to == p.resume || x.f.edges.v[i].to == p.personality)
            x.f.edges.v[i].kind = RP_EDGE_UNWIND;
    fx_finish(&x);
    x.f.unwinder = fx_str(&x, "collected");
    assert_int_equal(x.f.nodes.v[p.resume].live, 0);
    assert_int_equal(x.f.nodes.v[p.resume].reason, RP_REASON_NEVER_UNWOUND);
    assert_int_equal(x.f.nodes.v[p.personality].reason, RP_REASON_NEVER_UNWOUND);
    char *s = report(&x);
    assert_non_null(strstr(s, "The unwinder went (12.7 KiB)"));
    free(s);
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cie_forgets_its_personality),
        cmocka_unit_test(cies_of_other_forms_are_left_alone),
        cmocka_unit_test(the_path_avoids_landing_pads),
        cmocka_unit_test(only_landing_pads_ask_for_it),
        cmocka_unit_test(it_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
