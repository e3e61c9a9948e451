/* test_emit.c: what is emitted reads back as it was given, pleases eu-elflint and readelf, links,
 * and is the same each time.
 */
#include "elf_support.h"

#include "elf/emit.h"
#include "elf/strcut.h"
#include "elf/strtab.h"

/* An emission that repeats an opened object: every section under its own number. */
struct copy {
    struct rp_emit in;
    struct rp_emit_section *sections;
    struct rp_emit_symbol *symbols;
};

static struct copy copy_of(const struct rp_elf *e)
{
    struct copy c = {.sections = calloc(e->n_sections + 1, sizeof *c.sections),
                     .symbols = calloc(e->n_symbols + 1, sizeof *c.symbols)};
    for (uint32_t i = 1; i < e->n_sections; i++) {
        const struct rp_shdr *h = &e->shdrs[i];
        struct rp_emit_section *s = &c.sections[i - 1];
        *s = (struct rp_emit_section){
            .name = rp_elf_shname(e, i),
            .type = h->type,
            .link = h->link,
            .info = h->info,
            .flags = h->flags,
            .addralign = h->addralign,
            .entsize = h->entsize,
            .size = h->size,
            .bytes = rp_elf_bytes(e, i),
        };
        if (h->type == SHT_RELA || h->type == SHT_REL)
            s->relocs = rp_elf_relocs(e, i, &s->n_relocs);
    }
    for (uint32_t i = 1; i < e->n_symbols; i++)
        c.symbols[i - 1] = (struct rp_emit_symbol){
            rp_elf_symname(e, i), e->syms[i].info,  e->syms[i].other,
            rp_sym_shndx(e, i),   e->syms[i].value, e->syms[i].size,
        };
    c.in = (struct rp_emit){
        .like = e,
        .sections = c.sections,
        .n_sections = e->n_sections - 1,
        .symbols = c.symbols,
        .n_symbols = e->n_symbols - 1,
        .n_locals = e->first_global - 1,
        .symtab = e->symtab,
        .strtab = e->shdrs[e->symtab].link,
        .shstrtab = e->shstrndx,
        .symtab_shndx = e->symtab_shndx,
    };
    return c;
}

static void copy_free(struct copy *c)
{
    free(c->sections);
    free(c->symbols);
}

static void assert_same(const struct rp_elf *a, const struct rp_elf *b)
{
    assert_int_equal(a->n_sections, b->n_sections);
    assert_int_equal(a->n_symbols, b->n_symbols);
    assert_int_equal(a->first_global, b->first_global);
    assert_int_equal(a->machine, b->machine);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->osabi, b->osabi);
    for (uint32_t i = 1; i < a->n_sections; i++) {
        const struct rp_shdr *x = &a->shdrs[i], *y = &b->shdrs[i];
        assert_string_equal(rp_elf_shname(a, i), rp_elf_shname(b, i));
        assert_int_equal(x->type, y->type);
        assert_int_equal(x->flags, y->flags);
        assert_int_equal(x->link, y->link);
        assert_int_equal(x->info, y->info);
        assert_int_equal(x->addralign, y->addralign);
        assert_int_equal(x->entsize, y->entsize);
        if (x->type == SHT_STRTAB)
            continue;
        assert_int_equal(x->size, y->size);
        if (x->type != SHT_NOBITS && x->type != SHT_SYMTAB)
            assert_memory_equal(rp_elf_bytes(a, i), rp_elf_bytes(b, i), x->size);
    }
    for (uint32_t i = 0; i < a->n_symbols; i++) {
        assert_string_equal(rp_elf_symname(a, i), rp_elf_symname(b, i));
        assert_int_equal(rp_sym_shndx(a, i), rp_sym_shndx(b, i));
        assert_int_equal(a->syms[i].info, b->syms[i].info);
        assert_int_equal(a->syms[i].other, b->syms[i].other);
        assert_int_equal(a->syms[i].value, b->syms[i].value);
        assert_int_equal(a->syms[i].size, b->syms[i].size);
    }
}

static bool have(const char *tool)
{
    return run("command -v %s >/dev/null", tool) == 0;
}

static void lint(const char *path, bool thorough)
{
    if (have("eu-elflint") && run("eu-elflint --gnu-ld '%s' > lint.log", path) != 0)
        fail_msg("eu-elflint complains about %s", path);
    assert_int_equal(
        run("LC_ALL=C readelf %s '%s' 2> warnings > /dev/null", thorough ? "-aW" : "-hSsW", path),
        0);
    assert_int_equal(run("! test -s warnings"), 0);
}

/* Open, emit, compare with the original, lint. */
static void check_round_trip(const struct blob *b, const char *out)
{
    struct rp_elf e, f;
    assert_int_equal(rp_elf_open(&ctx, &e, "in.o", b->p, b->n), REAP_OK);
    struct copy c = copy_of(&e);
    uint8_t *bytes = NULL, *again = NULL;
    uint64_t size = 0, size_again = 0;
    assert_int_equal(rp_emit_object(&ctx, &c.in, &bytes, &size), REAP_OK);
    assert_int_equal(rp_emit_object(&ctx, &c.in, &again, &size_again), REAP_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    assert_int_equal(rp_elf_open(&ctx, &f, "out.o", bytes, size), REAP_OK);
    assert_same(&e, &f);
    spit(out, bytes, size);
    lint(out, true);
    rp_elf_close(&f);
    rp_elf_close(&e);
    copy_free(&c);
    free(bytes);
    free(again);
}

static void copies_of_real_objects_are_equal_and_valid(void **state)
{
    (void)state;
    static const char *const flags[] = {"", "-g", "-m32", "-m32 -g", "-fPIC -g -gz=zlib", "-flto"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        struct blob b = rich_object(flags[i]);
        if (b.p && rp_magic_of(b.p, b.n) == RP_MAGIC_ELF_REL)
            check_round_trip(&b, "copy.o");
        free(b.p);
    }
}

static void copied_object_links_and_runs(void **state)
{
    (void)state;
    static const char source[] = "#include <stdio.h>\nstatic const char *s[] = {\"a\", \"bc\"};\n"
                                 "int main(void) { printf(\"%s%s\\n\", s[0], s[1]); return 0; }\n";
    assert_true(compile("-ffunction-sections -g", source, "main.o"));
    struct blob b = slurp("main.o");
    check_round_trip(&b, "main2.o");
    assert_int_equal(run(TEST_CC " main2.o -o main2 && test \"$(./main2)\" = abc"), 0);
    free(b.p);
}

/* `n` code sections with a symbol and a relocation to the next one each. */
static void check_synthetic(unsigned machine, unsigned elf_class, uint32_t n)
{
    bool rela = elf_class == ELFCLASS64;
    uint32_t extra = n >= 30000 ? 4 : 3, total = 2 * n + extra;
    struct rp_elf like = {
        .name = "synthetic.o", .machine = (uint16_t)machine, .elf_class = (uint8_t)elf_class};
    struct rp_emit_section *s = calloc(total, sizeof *s);
    struct rp_emit_symbol *y = calloc(n, sizeof *y);
    struct rp_rela *r = calloc(n, sizeof *r);
    char(*names)[40] = calloc(n, sizeof *names);
    static const uint8_t code[8] = {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xc3};
    for (uint32_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof *names, "%s.text.function_%u", rela ? ".rela" : ".rel", i);
        const char *text = names[i] + (rela ? 5 : 4);
        r[i] = (struct rp_rela){.offset = 0, .sym = (i + 1) % n + 1, .addend = rela ? -4 : 0};
        r[i].type = machine == EM_386 ? (uint32_t)R_386_PC32 : (uint32_t)R_X86_64_PC32;
        s[2 * i] = (struct rp_emit_section){.name = text,
                                            .type = SHT_PROGBITS,
                                            .flags = SHF_ALLOC | SHF_EXECINSTR,
                                            .addralign = 16,
                                            .size = 8,
                                            .bytes = code};
        s[2 * i + 1] = (struct rp_emit_section){.name = names[i],
                                                .type = rela ? SHT_RELA : SHT_REL,
                                                .flags = SHF_INFO_LINK,
                                                .link = 2 * n + 1,
                                                .info = 2 * i + 1,
                                                .addralign = rela ? 8 : 4,
                                                .relocs = &r[i],
                                                .n_relocs = 1};
        y[i] = (struct rp_emit_symbol){.name = text + strlen(".text."),
                                       .info = STB_GLOBAL << 4 | STT_FUNC,
                                       .shndx = 2 * i + 1,
                                       .size = 8};
    }
    s[2 * n] = (struct rp_emit_section){.name = ".symtab", .type = SHT_SYMTAB, .addralign = 8};
    s[2 * n + 1] = (struct rp_emit_section){.name = ".strtab", .type = SHT_STRTAB, .addralign = 1};
    s[2 * n + 2] =
        (struct rp_emit_section){.name = ".shstrtab", .type = SHT_STRTAB, .addralign = 1};
    struct rp_emit in = {.like = &like,
                         .sections = s,
                         .n_sections = total,
                         .symbols = y,
                         .n_symbols = n,
                         .symtab = 2 * n + 1,
                         .strtab = 2 * n + 2,
                         .shstrtab = 2 * n + 3};
    if (extra == 4) {
        s[2 * n + 3] = (struct rp_emit_section){
            .name = ".symtab_shndx", .type = SHT_SYMTAB_SHNDX, .addralign = 4, .entsize = 4};
        assert_true(rp_emit_needs_xindex(&in));
        uint8_t *none;
        uint64_t size;
        assert_int_equal(rp_emit_object(&ctx, &in, &none, &size), REAP_ERR_INTERNAL);
        in.symtab_shndx = 2 * n + 4;
    } else {
        assert_false(rp_emit_needs_xindex(&in));
    }
    uint8_t *bytes;
    uint64_t size;
    assert_int_equal(rp_emit_object(&ctx, &in, &bytes, &size), REAP_OK);
    struct rp_elf e;
    assert_int_equal(rp_elf_open(&ctx, &e, "synthetic.o", bytes, size), REAP_OK);
    assert_int_equal(e.n_sections, total + 1);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(rp_sym_shndx(&e, i + 1), 2 * i + 1);
        assert_string_equal(rp_elf_symname(&e, i + 1), y[i].name);
        assert_string_equal(rp_elf_shname(&e, 2 * i + 2), names[i]);
        uint32_t n_relocs;
        const struct rp_rela *got = rp_elf_relocs(&e, 2 * i + 2, &n_relocs);
        assert_int_equal(n_relocs, 1);
        assert_int_equal(got->sym, r[i].sym);
        assert_int_equal(got->type, r[i].type);
        assert_int_equal(got->addend, r[i].addend);
    }
    spit("synthetic.o", bytes, size);
    lint("synthetic.o", n < 1000); /* readelf is slow over many relocation sections */
    rp_elf_close(&e);
    free(bytes);
    free(names);
    free(r);
    free(y);
    free(s);
}

static void synthetic_objects_of_both_classes_are_valid(void **state)
{
    (void)state;
    check_synthetic(EM_X86_64, ELFCLASS64, 5);
    check_synthetic(EM_386, ELFCLASS32, 5);
}

static void seventy_thousand_sections_are_valid(void **state)
{
    (void)state;
    check_synthetic(EM_X86_64, ELFCLASS64, 35000);
    check_synthetic(EM_386, ELFCLASS32, 35000);
}

static void impossible_requests_are_refused(void **state)
{
    (void)state;
    struct rp_elf like = {.name = "x.o", .machine = EM_386, .elf_class = ELFCLASS32};
    struct rp_emit_section s[4] = {
        {.name = ".data", .type = SHT_PROGBITS, .addralign = 1, .size = 1, .bytes = (uint8_t[]){0}},
        {.name = ".symtab", .type = SHT_SYMTAB, .addralign = 4},
        {.name = ".strtab", .type = SHT_STRTAB, .addralign = 1},
        {.name = ".bss", .type = SHT_NOBITS, .addralign = UINT64_C(1) << 63, .size = 8},
    };
    struct rp_emit_symbol y[2] = {{.name = "a", .info = STB_GLOBAL << 4, .shndx = 1},
                                  {.name = "b", .info = STB_LOCAL << 4, .shndx = 1}};
    struct rp_emit in = {.like = &like,
                         .sections = s,
                         .n_sections = 3,
                         .symbols = y,
                         .n_symbols = 1,
                         .symtab = 2,
                         .strtab = 3,
                         .shstrtab = 3};
    uint8_t *bytes = NULL;
    uint64_t size;
    assert_int_equal(rp_emit_object(&ctx, &in, &bytes, &size), REAP_OK);
    free(bytes);
    struct rp_emit broken = in;
    broken.n_symbols = 2; /* a local symbol after a global one */
    assert_int_equal(rp_emit_object(&ctx, &broken, &bytes, &size), REAP_ERR_INTERNAL);
    broken = in;
    broken.shstrtab = 9;
    assert_int_equal(rp_emit_object(&ctx, &broken, &bytes, &size), REAP_ERR_INTERNAL);
    broken = in;
    broken.strtab = 1;
    assert_int_equal(rp_emit_object(&ctx, &broken, &bytes, &size), REAP_ERR_INTERNAL);
    broken = in;
    broken.n_sections = 4; /* the alignment does not fit into 32 bits */
    assert_int_equal(rp_emit_object(&ctx, &broken, &bytes, &size), REAP_ERR_INTERNAL);
    y[0].shndx = 4;
    assert_int_equal(rp_emit_object(&ctx, &in, &bytes, &size), REAP_ERR_INTERNAL);
    y[0].shndx = RP_SHN_OTHER;
    assert_int_equal(rp_emit_object(&ctx, &in, &bytes, &size), REAP_ERR_INTERNAL);
    y[0].shndx = 1;
    y[0].value = UINT64_C(1) << 32;
    assert_int_equal(rp_emit_object(&ctx, &in, &bytes, &size), REAP_ERR_INTERNAL);
}

static void string_table_shares_equal_names_and_tails(void **state)
{
    (void)state;
    struct rp_strtab t = {0};
    uint32_t rela, text, f, g, empty, again;
    assert_true(rp_strtab_add_section(&t, ".rela.text.f", true, &rela));
    assert_true(rp_strtab_add_section(&t, ".text.f", true, &text));
    assert_true(rp_strtab_add(&t, "f", &f));
    assert_true(rp_strtab_add(&t, "g", &g));
    assert_true(rp_strtab_add(&t, "", &empty));
    assert_true(rp_strtab_add(&t, "g", &again));
    assert_int_equal(empty, 0);
    assert_int_equal(rela, 1);
    assert_int_equal(text, rela + 5);
    assert_int_equal(f, text + 6);
    assert_int_equal(again, g);
    assert_int_equal(rp_strtab_size(&t), 1 + 13 + 2);
    uint8_t out[16];
    rp_strtab_write(&t, out);
    assert_memory_equal(out, "\0.rela.text.f\0g\0", 16);
    rp_strtab_free(&t);
    assert_int_equal(rp_strtab_size(&t), 1);
}

/* A table in which tails are shared, one string stands twice and one is not used. */
static void cut_string_table_keeps_what_is_used_and_its_sharing(void **state)
{
    (void)state;
    static const char table[] = "\0abc\0x\0no\0abc\0"; /* and the NUL of the literal */
    struct rp_arena arena = {0};
    struct rp_strcut c;
    assert_true(rp_strcut_init(&c, &arena, table, sizeof table));
    assert_true(rp_strcut_has(&c, table + sizeof table - 1));
    assert_false(rp_strcut_has(&c, table + sizeof table));
    assert_false(rp_strcut_has(&c, "elsewhere"));
    const char *used[] = {table + 2, table + 1, table, table + 6, table + 5, table + 11, table + 3};
    const char *want[] = {"bc", "abc", "", "", "x", "bc", "c"};
    for (size_t i = 0; i < 7; i++)
        rp_strcut_use(&c, used[i]);
    assert_true(rp_strcut_settle(&c, &arena));
    char out[32];
    memset(out, '#', sizeof out);
    rp_strcut_write(&c, (uint8_t *)out);
    assert_int_equal(c.size, 10);
    assert_memory_equal(out, "\0abc\0x\0bc\0#", 11);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(out + rp_strcut_offset(&c, used[i]), want[i]);
    rp_arena_free(&arena);

    /* nothing is used; a first byte that is no NUL is a string like others */
    assert_true(rp_strcut_init(&c, &arena, "ab", 3));
    assert_true(rp_strcut_settle(&c, &arena));
    assert_int_equal(c.size, 1);
    const char *odd = "ab";
    assert_true(rp_strcut_init(&c, &arena, odd, 3));
    rp_strcut_use(&c, odd);
    assert_true(rp_strcut_settle(&c, &arena));
    assert_int_equal(c.size, 4);
    assert_int_equal(rp_strcut_offset(&c, odd), 1);
    rp_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_of_real_objects_are_equal_and_valid),
        cmocka_unit_test(copied_object_links_and_runs),
        cmocka_unit_test(synthetic_objects_of_both_classes_are_valid),
        cmocka_unit_test(seventy_thousand_sections_are_valid),
        cmocka_unit_test(impossible_requests_are_refused),
        cmocka_unit_test(string_table_shares_equal_names_and_tails),
        cmocka_unit_test(cut_string_table_keeps_what_is_used_and_its_sharing),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
