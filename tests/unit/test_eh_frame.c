/* test_eh_frame.c: .eh_frame as records: what is split, what is refused, what is written. */
#include "table/table.h"

#include "arch/arch.h"
#include "util/checked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An object in memory: section 1 .eh_frame, 2 its relocations. */
struct fixture {
    uint8_t image[4096];
    struct rp_shdr shdrs[3];
    struct rp_file f;
    struct rp_rela *relocs;
    uint64_t size;
    uint32_t n_relocs;
};

enum { RELOCS_AT = 2048 };

static void begin(struct fixture *x)
{
    memset(x, 0, sizeof *x);
    x->relocs = (struct rp_rela *)(void *)(x->image + RELOCS_AT);
}

static void u32(struct fixture *x, uint32_t v)
{
    rp_store32(x->image + x->size, v);
    x->size += 4;
}

static void reloc(struct fixture *x, uint64_t offset, uint32_t sym)
{
    x->relocs[x->n_relocs++] =
        (struct rp_rela){.offset = offset, .type = R_X86_64_PC32, .sym = sym};
}

static uint64_t cie(struct fixture *x, uint32_t words)
{
    uint64_t at = x->size;
    u32(x, 4 + 4 * words);
    u32(x, 0);
    for (uint32_t i = 0; i < words; i++)
        u32(x, 0xcccccccc);
    return at;
}

/* An FDE with the relocation of its code against symbol `sym` (0: without). */
static uint64_t fde(struct fixture *x, uint64_t cie_at, uint32_t sym)
{
    uint64_t at = x->size;
    u32(x, 16);
    u32(x, (uint32_t)(at + 4 - cie_at));
    if (sym)
        reloc(x, x->size, sym);
    u32(x, 0);
    u32(x, 0x10);
    u32(x, 0xfdfdfdfd);
    return at;
}

static const struct rp_table *finish(struct fixture *x)
{
    static const char names[] = "\0.eh_frame\0.rela.eh_frame";
    x->shdrs[1] = (struct rp_shdr){
        .name = 1, .type = SHT_PROGBITS, .flags = SHF_ALLOC, .offset = 0, .size = x->size};
    x->shdrs[2] = (struct rp_shdr){.name = 11,
                                   .type = SHT_RELA,
                                   .offset = RELOCS_AT,
                                   .size = x->n_relocs * sizeof(struct rp_rela),
                                   .info = 1};
    x->f.elf = (struct rp_elf){.name = "x.o",
                               .data = x->image,
                               .size = sizeof x->image,
                               .type = ET_REL,
                               .machine = EM_X86_64,
                               .elf_class = ELFCLASS64,
                               .n_sections = 3,
                               .shdrs = x->shdrs,
                               .shstrtab = names,
                               .shstrtab_size = sizeof names};
    return rp_table_of(&x->f, 1);
}

static bool do_split(struct fixture *x, struct rp_records *ret, const char **why)
{
    memset(ret, 0, sizeof *ret);
    *why = NULL;
    const struct rp_table *t = finish(x);
    assert_non_null(t);
    return t->split(rp_arch_of(EM_X86_64, ELFCLASS64), &x->f, 1, 2, ret, why);
}

static void assert_refused(struct fixture *x)
{
    struct rp_records r;
    const char *why;
    assert_false(do_split(x, &r, &why));
    assert_non_null(why);
    rp_vec_free(&r.v);
}

static void records_cover_the_section(void **state)
{
    (void)state;
    struct fixture x;
    begin(&x);
    uint64_t c1 = cie(&x, 3), f1 = fde(&x, c1, 5), c2 = cie(&x, 5), f2 = fde(&x, c2, 6),
             f3 = fde(&x, c1, 7);
    u32(&x, 0);
    struct rp_records r;
    const char *why;
    assert_true(do_split(&x, &r, &why));
    const uint64_t at[] = {c1, f1, c2, f2, f3, f3 + 20};
    const uint32_t kinds[] = {RP_NODE_CIE, RP_NODE_FDE, RP_NODE_CIE,
                              RP_NODE_FDE, RP_NODE_FDE, RP_NODE_RECORD};
    const uint32_t parents[] = {UINT32_MAX, 0, UINT32_MAX, 2, 0, UINT32_MAX};
    assert_int_equal(r.v.n, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(r.v.v[i].offset, at[i]);
        assert_int_equal(r.v.v[i].offset + r.v.v[i].size, i == 5 ? x.size : at[i + 1]);
        assert_int_equal(r.v.v[i].node_kind, kinds[i]);
        assert_int_equal(r.v.v[i].parent, parents[i]);
        assert_int_equal(r.v.v[i].terminator, i == 5);
    }
    assert_int_equal(r.v.v[1].subject_reloc, 0);
    assert_int_equal(r.v.v[3].subject_reloc, 1);
    assert_int_equal(r.v.v[4].subject_reloc, 2);
    rp_vec_free(&r.v);
}

static void personality_and_lsda_belong_to_their_records(void **state)
{
    (void)state;
    struct fixture x;
    begin(&x);
    uint64_t c = cie(&x, 4);
    reloc(&x, c + 12, 9); /* personality */
    uint64_t f = x.size;
    fde(&x, c, 5);
    reloc(&x, f + 16, 8); /* LSDA */
    struct rp_records r;
    const char *why;
    assert_true(do_split(&x, &r, &why));
    assert_int_equal(r.v.v[0].first_reloc, 0);
    assert_int_equal(r.v.v[0].n_relocs, 1);
    assert_int_equal(r.v.v[1].first_reloc, 1);
    assert_int_equal(r.v.v[1].n_relocs, 2);
    assert_int_equal(r.v.v[1].subject_reloc, 1);
    rp_vec_free(&r.v);
}

static void an_extended_length_is_read(void **state)
{
    (void)state;
    struct fixture x;
    begin(&x);
    uint64_t c = cie(&x, 3);
    uint64_t at = x.size;
    u32(&x, 0xffffffff);
    u32(&x, 16);
    u32(&x, 0);
    u32(&x, (uint32_t)(at + 12 - c));
    reloc(&x, x.size, 5);
    u32(&x, 0);
    u32(&x, 0x10);
    u32(&x, 0);
    struct rp_records r;
    const char *why;
    assert_true(do_split(&x, &r, &why));
    assert_int_equal(r.v.n, 2);
    assert_int_equal(r.v.v[1].size, 28);
    assert_int_equal(r.v.v[1].parent, 0);
    assert_int_equal(r.v.v[1].subject_reloc, 0);
    rp_vec_free(&r.v);
}

static void an_fde_without_relocation_has_no_subject(void **state)
{
    (void)state;
    struct fixture x;
    begin(&x);
    fde(&x, cie(&x, 3), 0);
    struct rp_records r;
    const char *why;
    assert_true(do_split(&x, &r, &why));
    assert_int_equal(r.v.v[1].subject_reloc, UINT32_MAX);
    rp_vec_free(&r.v);
}

static void odd_shapes_are_refused(void **state)
{
    (void)state;
    struct fixture x;

    begin(&x); /* cut-off length */
    cie(&x, 3);
    x.size += 2;
    assert_refused(&x);

    begin(&x); /* beyond the section */
    u32(&x, 100);
    u32(&x, 0);
    assert_refused(&x);

    begin(&x); /* absurd extended lengths */
    u32(&x, 0xffffffff);
    u32(&x, 0xfffffff0);
    u32(&x, 0xffffffff);
    assert_refused(&x);
    begin(&x);
    u32(&x, 0xffffffff);
    u32(&x, 0);
    u32(&x, 0);
    assert_refused(&x);
    begin(&x);
    u32(&x, 0xffffffff);
    u32(&x, 8);
    assert_refused(&x);

    begin(&x); /* too short for an id */
    u32(&x, 2);
    x.size += 2;
    assert_refused(&x);

    begin(&x); /* an FDE without CIE */
    cie(&x, 3);
    fde(&x, 4, 5);
    assert_refused(&x);

    begin(&x); /* an FDE whose CIE is an FDE */
    uint64_t c = cie(&x, 3), f = fde(&x, c, 5);
    fde(&x, f, 6);
    assert_refused(&x);

    begin(&x); /* records after the terminator */
    c = cie(&x, 3);
    u32(&x, 0);
    fde(&x, c, 5);
    assert_refused(&x);

    begin(&x); /* a relocated length, a relocated id */
    c = cie(&x, 3);
    reloc(&x, x.size, 5);
    fde(&x, c, 6);
    assert_refused(&x);
    begin(&x);
    c = cie(&x, 3);
    reloc(&x, x.size + 4, 5);
    fde(&x, c, 6);
    assert_refused(&x);

    begin(&x); /* unsorted relocations */
    c = cie(&x, 3);
    fde(&x, c, 5);
    fde(&x, c, 6);
    struct rp_rela first = x.relocs[0];
    x.relocs[0] = x.relocs[1];
    x.relocs[1] = first;
    assert_refused(&x);
}

static void rewriting_moves_cie_pointers(void **state)
{
    (void)state;
    struct fixture x;
    begin(&x);
    uint64_t c1 = cie(&x, 3);
    fde(&x, c1, 5);
    fde(&x, c1, 6);
    uint64_t c2 = cie(&x, 5);
    fde(&x, c2, 7);
    fde(&x, c1, 8);
    u32(&x, 0);
    struct rp_records r;
    const char *why;
    assert_true(do_split(&x, &r, &why));
    const bool live[] = {true, false, true, true, true, false, true};
    uint8_t out[4096];
    uint64_t at[7];
    const struct rp_table *t = finish(&x);
    uint64_t size = t->rewrite(&x.f, 1, &r, live, out, at);
    assert_int_equal(size, x.size - 40);
    assert_true(at[1] == UINT64_MAX && at[5] == UINT64_MAX);

    /* what was written is a table again, with the CIEs that the FDEs had */
    struct fixture y;
    begin(&y);
    memcpy(y.image, out, size);
    y.size = size;
    struct rp_records s;
    assert_true(do_split(&y, &s, &why));
    assert_int_equal(s.v.n, 5);
    const size_t from[] = {0, 2, 3, 4, 6};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(s.v.v[i].offset, at[from[i]]);
        assert_int_equal(s.v.v[i].size, r.v.v[from[i]].size);
    }
    assert_int_equal(s.v.v[1].parent, 0);
    assert_int_equal(s.v.v[3].parent, 2);
    assert_int_equal(rp_load32(out + at[4] + 16), 0xfdfdfdfd);
    rp_vec_free(&r.v);
    rp_vec_free(&s.v);
}

static void only_eh_frame_matches(void **state)
{
    (void)state;
    struct fixture x;
    begin(&x);
    cie(&x, 3);
    assert_non_null(finish(&x));
    x.shdrs[1].type = 0x70000001; /* SHT_X86_64_UNWIND */
    assert_non_null(rp_table_of(&x.f, 1));
    x.f.elf.machine = EM_AARCH64;
    assert_null(rp_table_of(&x.f, 1));
    x.f.elf.machine = EM_X86_64;
    x.shdrs[1].type = SHT_NOBITS;
    assert_null(rp_table_of(&x.f, 1));
    x.shdrs[1].type = SHT_PROGBITS;
    x.shdrs[1].flags = 0;
    assert_null(rp_table_of(&x.f, 1));
    assert_null(rp_table_of(&x.f, 2));
}

/* Random damage never leads out of the section (the sanitizers watch), and a split that succeeds
 * covers it. */
static void damaged_tables_are_refused_or_covered(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (unsigned round = 0; round < 20000; round++) {
        struct fixture x;
        begin(&x);
        uint64_t c = cie(&x, 3);
        fde(&x, c, 5);
        uint64_t c2 = cie(&x, 4);
        fde(&x, c2, 6);
        fde(&x, c, 7);
        for (unsigned k = 0; k < 1 + round % 3; k++) {
            seed = seed * 1664525 + 1013904223;
            x.image[(seed >> 8) % x.size] = (uint8_t)(seed >> 24);
        }
        if (round % 5 == 0)
            x.size -= round % 7;
        struct rp_records r;
        const char *why;
        if (do_split(&x, &r, &why)) {
            uint64_t end = 0;
            bool live[64];
            uint64_t at[64];
            uint8_t *out = malloc(x.size + 1);
            assert_non_null(out);
            assert_true(r.v.n <= 64);
            for (size_t i = 0; i < r.v.n; i++) {
                assert_int_equal(r.v.v[i].offset, end);
                end += r.v.v[i].size;
                live[i] = (i ^ round) & 1;
            }
            assert_int_equal(end, x.size);
            assert_true(finish(&x)->rewrite(&x.f, 1, &r, live, out, at) <= x.size);
            free(out);
        } else {
            assert_non_null(why);
        }
        rp_vec_free(&r.v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_cover_the_section),
        cmocka_unit_test(personality_and_lsda_belong_to_their_records),
        cmocka_unit_test(an_extended_length_is_read),
        cmocka_unit_test(an_fde_without_relocation_has_no_subject),
        cmocka_unit_test(odd_shapes_are_refused),
        cmocka_unit_test(rewriting_moves_cie_pointers),
        cmocka_unit_test(only_eh_frame_matches),
        cmocka_unit_test(damaged_tables_are_refused_or_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
