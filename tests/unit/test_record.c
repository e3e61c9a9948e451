/* Tables that rule files describe: which record size fits, what a record follows, what keeps a
 * table whole. The objects are made here, byte by byte. */
#include "table/record.h"

#include "link/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- the words of a line --------------------------------------------------------------------- */

static const struct rp_rule_table *parse(struct rp_rules *rules, const char *line,
                                         const char **ret_why)
{
    static char text[512];
    const char *words[32];
    size_t n = 0;
    snprintf(text, sizeof text, "%s", line);
    for (char *w = strtok(text, " "); w && n < 32; w = strtok(NULL, " "))
        words[n++] = rp_arena_strdup(&rules->arena, w);
    return rp_rules_table(rules, words, n, ret_why);
}

static void clauses_become_numbers(void **state)
{
    (void)state;
    struct rp_rules rules = {0};
    const char *why = NULL;
    const struct rp_rule_table *t =
        parse(&rules,
              "record 12|14 subject 0 targets 4,8:abs64 parallel .b 6 machine x86-64 "
              "between A B sorted",
              &why);
    assert_non_null(t);
    assert_int_equal(t->n_sizes, 2);
    assert_int_equal(t->sizes[1], 14);
    assert_int_equal(t->n_targets, 2);
    assert_int_equal(t->targets[1].offset, 8);
    assert_int_equal(t->targets[1].encoding, RP_FIELD_ABS64);
    assert_int_equal(t->targets[0].encoding, RP_FIELD_PCREL32);
    assert_false(t->any_targets);
    assert_string_equal(t->parallel, ".b");
    assert_int_equal(t->parallel_size, 6);
    assert_string_equal(t->end, "B");
    assert_true(t->sorted);
    assert_false(t->whole);
    t = parse(&rules, "record 4 subject 0", &why);
    assert_non_null(t);
    assert_true(t->any_targets);
    rp_rules_free(&rules);
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "record 12",
        "subject 4",
        "record 0 subject 0",
        "record 12x subject 0",
        "record 12| subject 0",
        "record 4 subject 4",
        "record 99999 subject 0",
        "record 12 subject 0 targets 0",
        "record 12 subject 0:abs16",
        "record 12 subject 0 targets 4;8",
        "record auto subject 0",
        "record 12 subject 0 record 8",
        "record 12 subject 0 between A",
        "record 12 subject 0 parallel .b",
        "record 12 subject 0 parallel .b 0",
        "record 12 subject 0 colour red",
        "record 1|2|3|4|5|6|7|8|9 subject 0",
    };
    struct rp_rules rules = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *why = NULL;
        if (parse(&rules, bad[i], &why))
            fail_msg("accepted: %s", bad[i]);
        assert_non_null(why);
    }
    rp_rules_free(&rules);
}

/* --- records --------------------------------------------------------------------------------- */

enum { TABLE = 1, SECOND, REL, N_SECTIONS };

struct fixture {
    struct rp_rules rules;
    struct rp_rule rule;
    struct rp_shdr shdrs[N_SECTIONS];
    struct rp_sym syms[2];
    struct rp_rela relas[64];
    uint8_t data[4096];
    struct rp_file f;
    struct rp_record_use use[2], *tables[N_SECTIONS];
};

/* A table of `size` bytes with relocations at these offsets (-1 ends them). */
static void make(struct fixture *x, const char *line, uint64_t size, const int *offsets)
{
    const char *why = NULL;
    memset(x, 0, sizeof *x);
    x->rule.table = parse(&x->rules, line, &why);
    assert_non_null(x->rule.table);
    uint32_t n = 0;
    for (; offsets[n] >= 0; n++)
        x->relas[n] = (struct rp_rela){.offset = (uint64_t)offsets[n], .type = 2, .sym = 1};
    memcpy(x->data + 2048, x->relas, n * sizeof *x->relas);
    for (unsigned i = 0; i < 2048; i++)
        x->data[i] = (uint8_t)(i * 7);
    x->shdrs[TABLE] = (struct rp_shdr){.type = SHT_PROGBITS, .flags = SHF_ALLOC, .size = size};
    x->shdrs[SECOND] = x->shdrs[TABLE];
    x->shdrs[REL] = (struct rp_shdr){.type = SHT_RELA,
                                     .offset = 2048,
                                     .size = n * sizeof *x->relas,
                                     .info = TABLE,
                                     .entsize = sizeof *x->relas};
    x->f.elf = (struct rp_elf){.data = x->data,
                               .size = sizeof x->data,
                               .type = ET_REL,
                               .elf_class = ELFCLASS64,
                               .machine = EM_X86_64,
                               .n_sections = N_SECTIONS,
                               .shdrs = x->shdrs,
                               .syms = x->syms,
                               .n_symbols = 2};
    x->use[0].rule = x->use[1].rule = &x->rule;
    x->tables[TABLE] = &x->use[0];
    x->f.tables = x->tables;
}

static uint64_t split_size(struct fixture *x, const char **ret_why)
{
    struct rp_records r = {0};
    uint64_t size = 0;
    *ret_why = NULL;
    if (rp_record_table.split(NULL, &x->f, TABLE, REL, &r, ret_why)) {
        size = r.v.v[0].size;
        for (size_t i = 0; i < r.v.n; i++) {
            assert_int_equal(r.v.v[i].offset, i * size);
            assert_true(r.v.v[i].has_subject);
            assert_int_not_equal(r.v.v[i].subject_reloc, UINT32_MAX);
        }
    }
    rp_vec_free(&r.v);
    return size;
}

static void the_relocations_tell_the_record_size(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        uint64_t size, record; /* 0: odd */
        int offsets[12];
    } cases[] = {
        {"record 12|8 subject 0 targets 4", 24, 12, {0, 4, 12, 16, -1}},
        {"record 12|8 subject 0 targets 4", 24, 8, {0, 4, 8, 12, 16, 20, -1}},
        {"record 12|8 subject 0 targets 4", 20, 0, {0, 4, 12, 16, -1}}, /* not a multiple */
        {"record 12 subject 0 targets 4", 24, 0, {0, 4, 12, 20, -1}},   /* a field at 8 */
        {"record 12 subject 0 targets 4", 24, 0, {0, 4, 16, -1}},       /* a record without */
        {"record 12 subject 0 targets 4", 24, 0, {0, 0, 4, 12, -1}},    /* two subjects */
        {"record 12 subject 0 targets 4", 24, 0, {0, 4, 2, 12, -1}},    /* not sorted */
        {"record 12 subject 0 targets 4", 24, 0, {-1}},
        {"record 4 subject 0 targets none", 12, 4, {0, 4, 8, -1}},
        {"record 16 subject 8", 32, 16, {0, 8, 16, 24, -1}},
        {"record auto subject 0 targets 4", 48, 16, {0, 4, 16, 20, 32, 36, -1}},
        {"record auto subject 0 targets 4", 16, 16, {0, 4, -1}},
        {"record auto subject 0 targets 4", 48, 0, {0, 4, 16, 20, 36, 40, -1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture x;
        const char *why;
        make(&x, cases[i].line, cases[i].size, cases[i].offsets);
        uint64_t size = split_size(&x, &why);
        if (size != cases[i].record)
            fail_msg("case %zu: %d, not %d", i, (int)size, (int)cases[i].record);
        assert_true(size || why);
        rp_rules_free(&x.rules);
    }
}

static void parallel_tables_must_agree(void **state)
{
    (void)state;
    static const int offsets[] = {0, 4, 8, -1};
    struct fixture x;
    const char *why;
    make(&x, "record 4 subject 0 targets none parallel .b 6", 12, offsets);
    x.shdrs[SECOND].size = 18;
    x.use[0].partner = SECOND;
    x.use[1].partner = TABLE;
    x.use[1].is_second = true;
    x.tables[SECOND] = &x.use[1];
    assert_int_equal(split_size(&x, &why), 4);
    struct rp_records r = {0};
    assert_true(rp_record_table.split(NULL, &x.f, SECOND, 0, &r, &why));
    assert_int_equal(r.v.n, 3);
    assert_int_equal(r.v.v[2].offset, 12);
    assert_false(r.v.v[2].has_subject);
    rp_vec_free(&r.v);

    x.shdrs[SECOND].size = 12;
    assert_int_equal(split_size(&x, &why), 0);
    assert_non_null(why);
    assert_false(rp_record_table.split(NULL, &x.f, SECOND, 0, &r, &why));
    rp_vec_free(&r.v);
    rp_rules_free(&x.rules);
}

static void cutting_keeps_bytes_and_order(void **state)
{
    (void)state;
    static const int offsets[] = {0, 4, 8, 12, -1};
    struct fixture x;
    const char *why;
    make(&x, "record 4 subject 0 targets none", 16, offsets);
    struct rp_records r = {0};
    assert_true(rp_record_table.split(NULL, &x.f, TABLE, REL, &r, &why));
    const bool live[] = {true, false, false, true};
    uint8_t out[16];
    uint64_t fresh[4];
    assert_int_equal(rp_record_table.rewrite(&x.f, TABLE, &r, live, out, fresh), 8);
    assert_memory_equal(out, x.data, 4);
    assert_memory_equal(out + 4, x.data + 12, 4);
    assert_int_equal(fresh[0], 0);
    assert_int_equal(fresh[1], UINT64_MAX);
    assert_int_equal(fresh[3], 4);
    rp_vec_free(&r.v);
    rp_rules_free(&x.rules);
}

static void spoiled_tables_are_not_cut(void **state)
{
    (void)state;
    static const int offsets[] = {0, 4, -1};
    struct fixture x;
    const char *why;
    make(&x, "record 4 subject 0 targets none", 8, offsets);
    x.use[0].spoiled = "for a reason";
    assert_int_equal(split_size(&x, &why), 0);
    assert_string_equal(why, "for a reason");
    rp_rules_free(&x.rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clauses_become_numbers),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(the_relocations_tell_the_record_size),
        cmocka_unit_test(parallel_tables_must_agree),
        cmocka_unit_test(cutting_keeps_bytes_and_order),
        cmocka_unit_test(spoiled_tables_are_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
