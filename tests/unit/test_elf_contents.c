/* test_elf_contents.c: compressed sections in both directions. */
#include "elf_support.h"

#include "util/checked.h"

static uint32_t find(const struct rp_elf *e, const char *name)
{
    for (uint32_t i = 1; i < e->n_sections; i++)
        if (strcmp(rp_elf_shname(e, i), name) == 0)
            return i;
    return 0;
}

/* The debug strings of the sample are the same however they are stored. */
static void every_form_of_compression_reads_back(void **state)
{
    (void)state;
    static const struct {
        const char *flags, *name;
    } cases[] = {
        {"-g -gz=none", ".debug_str"},
        {"-g -gz=zlib", ".debug_str"},
        {"-g -Wa,--compress-debug-sections=zlib-gnu", ".zdebug_str"},
        {"-g -Wa,--compress-debug-sections=zstd", ".debug_str"},
        {"-m32 -g -gz=none", ".debug_str"},
        {"-m32 -g -gz=zlib", ".debug_str"},
    };
    int n_compressed = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct blob b = rich_object(cases[i].flags);
        if (!b.p)
            continue;
        struct rp_elf e;
        assert_int_equal(rp_elf_open(&ctx, &e, "rich.o", b.p, b.n), REAP_OK);
        uint32_t s = find(&e, cases[i].name);
        if (!s)
            s = find(&e, ".debug_str");
        assert_int_not_equal(s, 0);
        const uint8_t *bytes;
        uint64_t size;
        void *owned;
        assert_int_equal(rp_elf_contents(&ctx, &e, s, &bytes, &size, &owned), REAP_OK);
        assert_non_null(memmem(bytes, size, "public_one", 11));
        assert_int_equal(bytes[size - 1], '\0');
        n_compressed += owned != NULL;
        free(owned);
        rp_elf_close(&e);
        free(b.p);
    }
    assert_true(n_compressed >= 1);
}

static void compression_round_trips(void **state)
{
    (void)state;
    static uint8_t text[100000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i % 251 ^ (i >> 9));
    static const struct {
        unsigned elf_class, type;
    } cases[] = {
        {ELFCLASS64, ELFCOMPRESS_ZLIB},
        {ELFCLASS32, ELFCOMPRESS_ZLIB},
        {ELFCLASS64, RP_ELFCOMPRESS_ZSTD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *z = NULL;
        uint64_t n = 0;
        enum reap_status st =
            rp_elf_compress(&ctx, cases[i].elf_class, cases[i].type, 1, text, sizeof text, &z, &n);
        if (cases[i].type == RP_ELFCOMPRESS_ZSTD && st == REAP_ERR_UNSUPPORTED)
            continue; /* built without zstd */
        assert_int_equal(st, REAP_OK);
        assert_true(n < sizeof text);
        /* A view of one section is enough to read it. */
        struct rp_shdr shdrs[2] = {{0}, {.type = SHT_PROGBITS, .flags = SHF_COMPRESSED}};
        shdrs[1].size = n;
        struct rp_elf e = {.name = "z",
                           .data = z,
                           .size = n,
                           .shdrs = shdrs,
                           .n_sections = 2,
                           .shstrtab = "",
                           .shstrtab_size = 1};
        e.elf_class = (uint8_t)cases[i].elf_class;
        const uint8_t *bytes;
        uint64_t size;
        void *owned;
        assert_int_equal(rp_elf_contents(&ctx, &e, 1, &bytes, &size, &owned), REAP_OK);
        assert_int_equal(size, sizeof text);
        assert_memory_equal(bytes, text, sizeof text);
        free(owned);

        z[n / 2] ^= 0xff; /* damage in the stream is found by its checksum or its codes */
        z[n / 2 + 1] ^= 0x55;
        st = rp_elf_contents(&ctx, &e, 1, &bytes, &size, &owned);
        if (cases[i].type == ELFCOMPRESS_ZLIB) { /* zstd frames need not have a checksum */
            assert_int_equal(st, REAP_ERR_INPUT);
            assert_string_equal(last_code, "bad-compression");
        } else if (st == REAP_OK) {
            free(owned);
        }
        free(z);
    }
}

static void wrong_promises_are_refused(void **state)
{
    (void)state;
    static const uint8_t text[64] = "some text that is not very long, but it has a length";
    uint8_t *z;
    uint64_t n;
    assert_int_equal(rp_elf_compress(&ctx, ELFCLASS64, ELFCOMPRESS_ZLIB, 1, text, 64, &z, &n),
                     REAP_OK);
    struct rp_shdr shdrs[2] = {{0}, {.type = SHT_PROGBITS, .flags = SHF_COMPRESSED, .size = n}};
    struct rp_elf e = {.name = "z",
                       .data = z,
                       .size = n,
                       .shdrs = shdrs,
                       .n_sections = 2,
                       .shstrtab = "",
                       .shstrtab_size = 1,
                       .elf_class = ELFCLASS64};
    const uint64_t promises[] = {0, 63, 65, 5000, UINT64_C(1) << 40, UINT64_MAX};
    const uint8_t *bytes;
    uint64_t size;
    void *owned;
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++) {
        rp_store64(z + 8, promises[i]);
        assert_int_equal(rp_elf_contents(&ctx, &e, 1, &bytes, &size, &owned), REAP_ERR_INPUT);
    }
    rp_store64(z + 8, 64);
    assert_int_equal(rp_elf_contents(&ctx, &e, 1, &bytes, &size, &owned), REAP_OK);
    free(owned);
    shdrs[1].size = n - 3; /* the stream is cut off */
    assert_int_equal(rp_elf_contents(&ctx, &e, 1, &bytes, &size, &owned), REAP_ERR_INPUT);
    shdrs[1].size = n;
    rp_store32(z, 77);
    assert_int_equal(rp_elf_contents(&ctx, &e, 1, &bytes, &size, &owned), REAP_ERR_UNSUPPORTED);
    assert_string_equal(last_code, "unsupported-compression");
    free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_compression_reads_back),
        cmocka_unit_test(compression_round_trips),
        cmocka_unit_test(wrong_promises_are_refused),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
