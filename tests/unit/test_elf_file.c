/* test_elf_file.c: good files open and say what readelf says about them. */
#include "elf_support.h"

#include "elf/filemap.h"

#include <fcntl.h>
#include <sys/stat.h>

static uint32_t section_named(const struct rp_elf *e, const char *name)
{
    for (uint32_t i = 1; i < e->n_sections; i++)
        if (strcmp(rp_elf_shname(e, i), name) == 0)
            return i;
    return 0;
}

static uint32_t symbol_named(const struct rp_elf *e, const char *name)
{
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (strcmp(rp_elf_symname(e, i), name) == 0)
            return i;
    return 0;
}

static void check_rich(const char *flags, unsigned machine, unsigned elf_class, unsigned rel_type)
{
    struct blob b = rich_object(flags);
    if (!b.p)
        skip();
    struct rp_elf e;
    assert_int_equal(rp_elf_open(&ctx, &e, "rich.o", b.p, b.n), REAP_OK);
    assert_int_equal(e.type, ET_REL);
    assert_int_equal(e.machine, machine);
    assert_int_equal(e.elf_class, elf_class);
    uint32_t text = section_named(&e, ".text.public_one"), y = symbol_named(&e, "public_one");
    assert_int_not_equal(text, 0);
    assert_int_not_equal(y, 0);
    assert_int_equal(rp_sym_shndx(&e, y), text);
    assert_int_equal(rp_sym_bind(&e.syms[y]), STB_GLOBAL);
    assert_int_equal(rp_sym_type(&e.syms[y]), STT_FUNC);
    assert_int_equal(e.syms[y].size, e.shdrs[text].size);
    assert_true(y >= e.first_global);
    assert_int_equal(rp_sym_shndx(&e, symbol_named(&e, "common_one")), RP_SHN_COMMON);
    assert_int_equal(rp_sym_shndx(&e, symbol_named(&e, "other")), RP_SHN_UNDEF);
    assert_int_equal(rp_sym_shndx(&e, symbol_named(&e, "source.c")), RP_SHN_ABS);
    assert_int_equal(rp_sym_bind(&e.syms[symbol_named(&e, "weak_one")]), STB_WEAK);
    assert_null(rp_elf_bytes(&e, section_named(&e, ".bss.bss_one")));

    uint32_t rel = section_named(&e, rel_type == SHT_RELA ? ".rela.data.range" : ".rel.data.range");
    uint32_t n = 0;
    const struct rp_rela *r = rp_elf_relocs(&e, rel, &n);
    assert_int_equal(e.shdrs[rel].type, rel_type);
    assert_int_equal(e.shdrs[rel].info, section_named(&e, ".data.range"));
    assert_int_equal(n, 2);
    unsigned word = elf_class == ELFCLASS64 ? 8 : 4;
    assert_int_equal(r[0].offset, 0);
    assert_int_equal(r[1].offset, word);
    assert_string_equal(rp_elf_symname(&e, r[0].sym), "__start_my_section");
    assert_string_equal(rp_elf_symname(&e, r[1].sym), "__stop_my_section");
    assert_int_equal(r[1].addend, 0);

    rel = section_named(&e, rel_type == SHT_RELA ? ".rela.data.pointer" : ".rel.data.pointer");
    if (rel) { /* &data_one[2]: 8 in the record, or in the contents */
        r = rp_elf_relocs(&e, rel, &n);
        assert_int_equal(n, 1);
        assert_int_equal(r[0].addend, rel_type == SHT_RELA ? 8 : 0);
    }
    bool fat = true;
    assert_false(rp_elf_has_ir(&e, &fat));
    assert_false(fat);
    touch_all(&e);
    rp_elf_close(&e);
    free(b.p);
}

static void object_of_x86_64_reads_as_compiled(void **state)
{
    (void)state;
    check_rich("-g", EM_X86_64, ELFCLASS64, SHT_RELA);
}

static void object_of_i386_reads_as_compiled(void **state)
{
    (void)state;
    check_rich("-m32 -g", EM_386, ELFCLASS32, SHT_REL);
}

static void records_of_both_classes_lie_at_any_address(void **state)
{
    (void)state;
    const char *flags[] = {"-g", "-m32 -g"};
    for (int i = 0; i < 2; i++) {
        struct blob b = rich_object(flags[i]);
        if (!b.p)
            continue;
        uint8_t *odd = malloc(b.n + 1);
        memcpy(odd + 1, b.p, b.n);
        struct rp_elf e, f;
        assert_int_equal(rp_elf_open(&ctx, &e, "a.o", b.p, b.n), REAP_OK);
        assert_int_equal(rp_elf_open(&ctx, &f, "b.o", odd + 1, b.n), REAP_OK);
        assert_int_equal(touch_all(&e), touch_all(&f));
        rp_elf_close(&e);
        rp_elf_close(&f);
        free(odd);
        free(b.p);
    }
}

/* 70,000 sections: e_shnum, e_shstrndx and st_shndx are all too small. */
static void extended_numbering_is_resolved(void **state)
{
    (void)state;
    FILE *f = fopen("many.s", "w");
    assert_non_null(f);
    for (int i = 0; i < 70000; i++)
        fprintf(f, ".section .text.f%d,\"ax\",%%progbits\nf%d: .byte 0\n", i, i);
    fclose(f);
    assert_int_equal(run(TEST_CC " -c many.s -o many.o"), 0);
    struct blob b = slurp("many.o");
    struct rp_elf e;
    assert_int_equal(rp_elf_open(&ctx, &e, "many.o", b.p, b.n), REAP_OK);
    assert_true(e.n_sections > 70000);
    assert_true(e.shstrndx > 70000);
    assert_non_null(e.xindex);
    uint32_t y = symbol_named(&e, "f69999");
    assert_string_equal(rp_elf_shname(&e, rp_sym_shndx(&e, y)), ".text.f69999");
    y = symbol_named(&e, "f0");
    assert_string_equal(rp_elf_shname(&e, rp_sym_shndx(&e, y)), ".text.f0");
    rp_elf_close(&e);
    free(b.p);
}

static void none_relocation_may_stand_at_the_end_of_an_empty_section(void **state)
{
    (void)state;
    static const char source[] = ".section .empty,\"a\",%progbits\n"
                                 ".reloc 0, BFD_RELOC_NONE, needed\n";
    if (!compile("-xassembler", source, "none.o"))
        skip(); /* an assembler that does not know the BFD name */
    struct blob b = slurp("none.o");
    assert_int_equal(try_open(b.p, b.n), REAP_OK);
    free(b.p);
}

static void lto_objects_are_told_from_native_ones(void **state)
{
    (void)state;
    static const struct {
        const char *flags;
        bool fat;
    } cases[] = {
        {"-flto -fno-fat-lto-objects", false},
        {"-flto -ffat-lto-objects", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct blob b = rich_object(cases[i].flags);
        if (!b.p || rp_magic_of(b.p, b.n) == RP_MAGIC_BITCODE) { /* clang: no ELF around it */
            free(b.p);
            continue;
        }
        struct rp_elf e;
        bool fat;
        assert_int_equal(rp_elf_open(&ctx, &e, "lto.o", b.p, b.n), REAP_OK);
        assert_true(rp_elf_has_ir(&e, &fat));
        if (cases[i].fat)
            assert_true(fat);
        rp_elf_close(&e);
        free(b.p);
    }
}

static void magic_is_told_by_the_first_bytes(void **state)
{
    (void)state;
    uint8_t elf[20] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    elf[18] = EM_X86_64;
    elf[16] = ET_REL;
    assert_int_equal(rp_magic_of(elf, 20), RP_MAGIC_ELF_REL);
    elf[16] = ET_DYN;
    assert_int_equal(rp_magic_of(elf, 20), RP_MAGIC_ELF_DYN);
    elf[16] = ET_EXEC;
    assert_int_equal(rp_magic_of(elf, 20), RP_MAGIC_ELF_EXEC);
    elf[16] = ET_CORE;
    assert_int_equal(rp_magic_of(elf, 20), RP_MAGIC_ELF_OTHER);
    elf[16] = ET_REL;
    elf[18] = EM_MIPS;
    assert_int_equal(rp_magic_of(elf, 20), RP_MAGIC_ELF_OTHER);
    assert_int_equal(rp_magic_of(elf, 19), RP_MAGIC_ELF_OTHER);
    elf[18] = EM_X86_64;
    elf[EI_CLASS] = ELFCLASS32; /* x32 */
    assert_int_equal(rp_magic_of(elf, 20), RP_MAGIC_ELF_OTHER);
    assert_int_equal(rp_magic_of((const uint8_t *)"!<arch>\n", 8), RP_MAGIC_ARCHIVE);
    assert_int_equal(rp_magic_of((const uint8_t *)"!<thin>\n", 8), RP_MAGIC_THIN_ARCHIVE);
    assert_int_equal(rp_magic_of((const uint8_t *)"!<arch>\n", 7), RP_MAGIC_UNKNOWN);
    assert_int_equal(rp_magic_of((const uint8_t *)"BC\xc0\xde", 4), RP_MAGIC_BITCODE);
    assert_int_equal(rp_magic_of((const uint8_t *)"\xde\xc0\x17\x0b", 4), RP_MAGIC_BITCODE);
    assert_int_equal(rp_magic_of((const uint8_t *)"GROUP ( a )", 11), RP_MAGIC_UNKNOWN);
    assert_int_equal(rp_magic_of((const uint8_t *)"", 0), RP_MAGIC_UNKNOWN);
}

static void map_errors_name_the_reason(void **state)
{
    (void)state;
    struct rp_map m;
    assert_int_equal(rp_map_open(&ctx, &m, "no-such-file"), REAP_ERR_IO);
    assert_string_equal(last_text, "no-such-file: cannot open: No such file or directory");
    assert_int_equal(rp_map_open(&ctx, &m, "/"), REAP_ERR_IO);
    assert_string_equal(last_text, "/: is a directory");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(rp_map_open(&ctx, &m, "fifo"), REAP_ERR_IO); /* and does not hang */
    assert_string_equal(last_text, "fifo: is not a regular file");
    spit("empty", "", 0);
    assert_int_equal(rp_map_open(&ctx, &m, "empty"), REAP_OK);
    assert_int_equal(m.size, 0);
    assert_non_null(m.data);
    rp_map_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(object_of_x86_64_reads_as_compiled),
        cmocka_unit_test(object_of_i386_reads_as_compiled),
        cmocka_unit_test(records_of_both_classes_lie_at_any_address),
        cmocka_unit_test(extended_numbering_is_resolved),
        cmocka_unit_test(none_relocation_may_stand_at_the_end_of_an_empty_section),
        cmocka_unit_test(lto_objects_are_told_from_native_ones),
        cmocka_unit_test(magic_is_told_by_the_first_bytes),
        cmocka_unit_test(map_errors_name_the_reason),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
