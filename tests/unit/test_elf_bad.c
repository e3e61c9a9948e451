/* test_elf_bad.c: malformed objects are refused with a message that has a code, and nothing that
 * opens lets a reader out of bounds. Each case patches one field of a good object.
 */
#include "elf_support.h"

#include "util/checked.h"

static struct blob good, good32;

static int setup(void **state)
{
    if (group_setup(state) != 0)
        return -1;
    good = rich_object("-g");
    good32 = rich_object("-m32 -g");
    return good.p ? 0 : -1;
}

static int teardown(void **state)
{
    free(good.p);
    free(good32.p);
    return group_teardown(state);
}

/* The file offset of section header i of a 64-bit file. */
static size_t shdr_at(const struct blob *b, uint32_t i)
{
    return (size_t)rp_load64(b->p + 40) + i * sizeof(Elf64_Shdr);
}

static uint32_t find(const char *name)
{
    struct rp_elf e;
    uint32_t found = 0;
    assert_int_equal(rp_elf_open(&ctx, &e, "good.o", good.p, good.n), REAP_OK);
    for (uint32_t i = 1; i < e.n_sections && !found; i++)
        if (strcmp(rp_elf_shname(&e, i), name) == 0)
            found = i;
    rp_elf_close(&e);
    assert_int_not_equal(found, 0);
    return found;
}

/* One field set to a value: at a file offset, `width` bytes. */
static void expect(size_t at, unsigned width, uint64_t value, enum reap_status want,
                   const char *code)
{
    uint8_t *copy = malloc(good.n), bytes[8];
    memcpy(copy, good.p, good.n);
    rp_store64(bytes, value);
    memcpy(copy + at, bytes, width);
    last_code[0] = '\0';
    enum reap_status st = try_open(copy, good.n);
    if (st != want || strcmp(last_code, code) != 0)
        fail_msg("field at 0x%zx = 0x%llx: status %d, code '%s' instead of %d, '%s'", at,
                 (unsigned long long)value, st, last_code, want, code);
    free(copy);
}

static void bad(size_t at, unsigned width, uint64_t value, const char *code)
{
    expect(at, width, value, REAP_ERR_INPUT, code);
}

static void bad_header_fields_are_told(void **state)
{
    (void)state;
    bad(0, 1, 0, "not-elf");
    bad(EI_CLASS, 1, 3, "bad-elf-header");
    bad(EI_DATA, 1, 0, "bad-elf-header");
    bad(EI_VERSION, 1, 2, "bad-elf-header");
    bad(20, 4, 0, "bad-elf-header");
    bad(52, 2, 63, "bad-elf-header");
    expect(18, 2, EM_MIPS, REAP_ERR_UNSUPPORTED, "unsupported-machine");
    expect(18, 2, EM_386, REAP_ERR_UNSUPPORTED, "unsupported-machine");
    expect(EI_DATA, 1, ELFDATA2MSB, REAP_ERR_UNSUPPORTED, "unsupported-machine");
    expect(16, 2, ET_CORE, REAP_ERR_UNSUPPORTED, "unsupported-type");
}

static void bad_section_tables_are_told(void **state)
{
    (void)state;
    bad(40, 8, good.n - 10, "bad-section-table");
    bad(40, 8, UINT64_MAX - 3, "bad-section-table");
    bad(40, 8, 0, "bad-section-table");      /* sections, but no table */
    bad(58, 2, 40, "bad-section-table");     /* e_shentsize */
    bad(60, 2, 0xfff0, "bad-section-table"); /* e_shnum in the reserved range */
    bad(60, 2, 0xfe00, "bad-section-table"); /* more than fit */
    bad(60, 2, 0, "bad-section-table");      /* extended, but section 0 says 0 */
    bad(62, 2, 0xfe00, "bad-section-table"); /* e_shstrndx */
    bad(62, 2, 1, "bad-section-names");      /* not a string table */
    bad(shdr_at(&good, 0) + 4, 4, SHT_PROGBITS, "bad-section-table");
    bad(shdr_at(&good, 1), 4, 0x7fffffff, "bad-section-names");
}

static void bad_section_headers_are_told(void **state)
{
    (void)state;
    size_t text = shdr_at(&good, find(".text.public_one"));
    bad(text + 24, 8, good.n + 1, "bad-section-offset");
    bad(text + 24, 8, UINT64_MAX, "bad-section-offset");
    bad(text + 32, 8, UINT64_MAX, "bad-section-offset");
    bad(text + 24, 8, 0, "overlapping-sections"); /* the ELF header */
    bad(text + 24, 8, shdr_at(&good, 0) + 8, "overlapping-sections");
    bad(text + 40, 4, 0xffff, "bad-section-link");
    bad(text + 48, 8, 24, "bad-section-align");
}

static void overlapping_contents_are_told(void **state)
{
    (void)state;
    size_t a = shdr_at(&good, find(".text.public_one")), b = shdr_at(&good, find(".data.data_one"));
    bad(b + 24, 8, rp_load64(good.p + a + 24), "overlapping-sections");
}

static void bad_links_are_told(void **state)
{
    (void)state;
    size_t text = shdr_at(&good, find(".text.public_one"));
    uint32_t self = find(".text.public_one");
    uint8_t *copy = malloc(good.n);
    memcpy(copy, good.p, good.n);
    rp_store64(copy + text + 8, SHF_ALLOC | SHF_EXECINSTR | SHF_LINK_ORDER);
    rp_store32(copy + text + 40, self);
    assert_int_equal(try_open(copy, good.n), REAP_ERR_INPUT);
    assert_string_equal(last_code, "bad-link-order");
    rp_store32(copy + text + 40, 0); /* allowed: nothing is described */
    assert_int_equal(try_open(copy, good.n), REAP_OK);
    rp_store64(copy + text + 8, SHF_ALLOC | SHF_INFO_LINK);
    rp_store32(copy + text + 44, 0x10000);
    assert_int_equal(try_open(copy, good.n), REAP_ERR_INPUT);
    assert_string_equal(last_code, "bad-section-info");
    free(copy);
}

static void bad_symbol_tables_are_told(void **state)
{
    (void)state;
    size_t symtab = shdr_at(&good, find(".symtab")), text = shdr_at(&good, find(".data.data_one"));
    size_t symbols = (size_t)rp_load64(good.p + symtab + 24);
    uint32_t first_global = rp_load32(good.p + symtab + 44);
    bad(symtab + 56, 8, 23, "bad-symbol-table");         /* sh_entsize */
    bad(symtab + 32, 8, 25, "bad-symbol-table");         /* sh_size */
    bad(symtab + 44, 4, 0x7fffffff, "bad-symbol-table"); /* sh_info */
    bad(symtab + 44, 4, 0, "bad-symbol-table");
    bad(symtab + 44, 4, first_global + 1, "bad-symbol-order");
    bad(symtab + 44, 4, first_global - 1, "bad-symbol-order");
    bad(symtab + 40, 4, 1, "bad-string-table"); /* sh_link */
    bad(symtab + 40, 4, 0, "bad-section-link");
    bad(text + 4, 4, SHT_SYMTAB, "bad-symbol-table"); /* a second one */
    bad(symbols + 24, 4, 0x7fffffff, "bad-symbol-name");
    bad(symbols + 24 + 6, 2, 0xfe00, "bad-symbol-section");
    bad(symbols + 24 + 6, 2, SHN_XINDEX, "bad-symbol-section");
    size_t strtab = shdr_at(&good, find(".strtab"));
    bad(strtab + 32, 8, rp_load64(good.p + strtab + 32) - 1, "bad-string-table");
}

static void bad_relocations_are_told(void **state)
{
    (void)state;
    size_t rel = shdr_at(&good, find(".rela.data.range"));
    size_t records = (size_t)rp_load64(good.p + rel + 24);
    bad(rel + 56, 8, 16, "bad-relocation-section");
    bad(rel + 32, 8, 23, "bad-relocation-section");
    bad(rel + 40, 4, 0, "bad-section-link");
    bad(rel + 44, 4, 0, "bad-relocation-target");
    expect(rel + 44, 4, find(".bss.bss_one"), REAP_ERR_UNSUPPORTED, "unsupported-relocations");
    bad(rel + 44, 4, find(".symtab"), "bad-relocation-target");
    bad(rel + 44, 4, 0x12345, "bad-section-info"); /* SHF_INFO_LINK */
    bad(records, 8, 16, "bad-relocation-offset");
    bad(records, 8, UINT64_MAX, "bad-relocation-offset");
    bad(records + 12, 4, 0x7fffffff, "bad-relocation-symbol");
    expect(rel + 44, 4, find(".data.data_one"), REAP_OK, "");
    expect(shdr_at(&good, find(".rela.data.pointer")) + 44, 4, find(".data.range"),
           REAP_ERR_UNSUPPORTED, "unsupported-relocations"); /* two for one section */
    expect(rel + 4, 4, RP_SHT_CREL, REAP_ERR_UNSUPPORTED, "unsupported-relocations");
}

static void bad_groups_are_told(void **state)
{
    (void)state;
    size_t group = shdr_at(&good, find(".group"));
    size_t words = (size_t)rp_load64(good.p + group + 24);
    bad(group + 32, 8, 3, "bad-group");
    bad(group + 40, 4, 1, "bad-group"); /* sh_link: not the symbol table */
    bad(group + 44, 4, 0, "bad-group"); /* sh_info: no signature */
    bad(group + 44, 4, 0x7fffffff, "bad-group");
    bad(words + 4, 4, 0, "bad-group");
    bad(words + 4, 4, 0x7fffffff, "bad-group");
    bad(words + 4, 4, find(".group"), "bad-group");
}

static void absurd_compression_is_told(void **state)
{
    (void)state;
    size_t debug = shdr_at(&good, find(".debug_str"));
    size_t contents = (size_t)rp_load64(good.p + debug + 24);
    uint8_t *copy = malloc(good.n);
    memcpy(copy, good.p, good.n);
    rp_store64(copy + debug + 8, SHF_COMPRESSED);
    rp_store32(copy + contents, ELFCOMPRESS_ZLIB);
    rp_store64(copy + contents + 8, UINT64_C(1) << 60);
    assert_int_equal(try_open(copy, good.n), REAP_ERR_INPUT);
    assert_string_equal(last_code, "bad-compression");
    rp_store64(copy + debug + 8, SHF_COMPRESSED | SHF_ALLOC);
    assert_int_equal(try_open(copy, good.n), REAP_ERR_INPUT);
    rp_store64(copy + debug + 8, SHF_COMPRESSED);
    rp_store64(copy + debug + 32, 8); /* shorter than its header */
    assert_int_equal(try_open(copy, good.n), REAP_ERR_INPUT);
    free(copy);
}

/* The section table comes last in what the assembler writes: no prefix can be whole. */
static void truncation_at_every_byte_is_refused(void **state)
{
    (void)state;
    const struct blob *blobs[] = {&good, &good32};
    for (int k = 0; k < 2; k++)
        for (size_t n = 0; n < blobs[k]->n; n++)
            if (try_open(blobs[k]->p, n) != REAP_ERR_INPUT)
                fail_msg("opened when cut off at %zu of %zu", n, blobs[k]->n);
}

/* Bytes of the header, of the tables, and anywhere. What still opens is read through. */
static void random_damage_never_leads_out_of_bounds(void **state)
{
    (void)state;
    const struct blob *blobs[] = {&good, &good32};
    static const uint8_t interesting[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
    unsigned opened = 0, refused = 0;
    for (int k = 0; k < 2; k++) {
        const struct blob *b = blobs[k];
        if (!b->p)
            continue;
        uint8_t *copy = malloc(b->n);
        size_t table = k == 0 ? (size_t)rp_load64(b->p + 40) : rp_load32(b->p + 32);
        for (int round = 0; round < 6000; round++) {
            memcpy(copy, b->p, b->n);
            unsigned n = 1 + (unsigned)(next_random(&seed) % 3);
            while (n--) {
                uint64_t r = next_random(&seed);
                size_t at = round % 3 == 0   ? r % 64
                            : round % 3 == 1 ? table + r % (b->n - table)
                                             : r % b->n;
                uint8_t v = (uint8_t)(r >> 40);
                copy[at] = r & (UINT64_C(1) << 63) ? interesting[v % sizeof interesting] : v;
            }
            if (try_open(copy, b->n) == REAP_OK)
                opened++;
            else
                refused++;
        }
        free(copy);
    }
    assert_true(opened > 500);
    assert_true(refused > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_header_fields_are_told),
        cmocka_unit_test(bad_section_tables_are_told),
        cmocka_unit_test(bad_section_headers_are_told),
        cmocka_unit_test(overlapping_contents_are_told),
        cmocka_unit_test(bad_links_are_told),
        cmocka_unit_test(bad_symbol_tables_are_told),
        cmocka_unit_test(bad_relocations_are_told),
        cmocka_unit_test(bad_groups_are_told),
        cmocka_unit_test(absurd_compression_is_told),
        cmocka_unit_test(truncation_at_every_byte_is_refused),
        cmocka_unit_test(random_damage_never_leads_out_of_bounds),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
