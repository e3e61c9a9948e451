/* test_verify.c: a wrong object does not pass the check. */
#include "pass_help.h"

static const char source[] =
    ".section .text._start,\"ax\"\n.globl _start\n_start: .cfi_startproc\n"
    "lea s2(%rip), %rax\ncall helper\ncall other\nret\n.cfi_endproc\n"
    ".section .text.dead,\"ax\"\n.globl dead\ndead: .cfi_startproc\nlea s1(%rip), %rax\nret\n"
    ".cfi_endproc\n"
    ".section .text.helper,\"ax\"\nhelper: nop\nret\n"
    ".section .text.other,\"ax\"\nother: nop\nret\n"
    ".section .rodata.str1.1,\"aMS\",@progbits,1\ns1: .string \"dead\"\ns2: .string \"live\"\n"
    ".section .data,\"aw\"\n.globl d\nd: .quad 1, helper, other\n.section .text._start\n"
    "mov d, %rax\n";

/* The rewritten object with some bytes changed by `tamper`; whether the check lets it pass. */
static enum reap_status tampered(void (*tamper)(const struct rp_elf *e, uint8_t *bytes))
{
    write_text("a.s", source);
    must("as a.s -o a.o");
    static const char *const words[] = {"-e", "_start", "a.o", NULL};
    struct line l;
    line_run(&l, RP_LEVEL_FULL, RP_LINKER_LLD, words);
    l.ctx.diag_fn = NULL;
    uint8_t *bytes;
    uint64_t size;
    assert_int_equal(rp_rewrite_object(&l.model, &l.marks, &l.plan, 1, &bytes, &size), REAP_OK);
    struct rp_elf e;
    assert_int_equal(rp_elf_open(&l.ctx, &e, "rewritten", bytes, size), REAP_OK);
    if (tamper)
        tamper(&e, bytes);
    rp_elf_close(&e);
    enum reap_status rc = rp_verify_object(&l.model, &l.marks, 1, bytes, size);
    free(bytes);
    line_free(&l);
    return rc;
}

static uint32_t section(const struct rp_elf *e, const char *name)
{
    for (uint32_t i = 1; i < e->n_sections; i++)
        if (strcmp(rp_elf_shname(e, i), name) == 0)
            return i;
    fail_msg("no section %s", name);
    return 0;
}

static void flip_code(const struct rp_elf *e, uint8_t *bytes)
{
    bytes[e->shdrs[section(e, ".text.helper")].offset] ^= 1;
}
static void flip_string(const struct rp_elf *e, uint8_t *bytes)
{
    bytes[e->shdrs[section(e, ".rodata.str1.1")].offset] ^= 1;
}
static void flip_frame(const struct rp_elf *e, uint8_t *bytes)
{
    const struct rp_shdr *sh = &e->shdrs[section(e, ".eh_frame")];
    bytes[sh->offset + sh->size - 1] ^= 1;
}
static void rename_section(const struct rp_elf *e, uint8_t *bytes)
{
    bytes[(size_t)(rp_elf_shname(e, section(e, ".data")) - (const char *)bytes) + 1] = 'x';
}
/* Exchange the targets of the two relocations of .data. */
static void exchange_targets(const struct rp_elf *e, uint8_t *bytes)
{
    const struct rp_shdr *sh = &e->shdrs[section(e, ".rela.data")];
    struct rp_rela r[2];
    memcpy(r, bytes + sh->offset, sizeof r);
    uint32_t sym = r[0].sym;
    r[0].sym = r[1].sym;
    r[1].sym = sym;
    memcpy(bytes + sh->offset, r, sizeof r);
}
static void move_addend(const struct rp_elf *e, uint8_t *bytes)
{
    bytes[e->shdrs[section(e, ".rela.data")].offset + 16] ^= 1;
}
static void lose_relocation(const struct rp_elf *e, uint8_t *bytes)
{
    /* in the section table of a 64-bit file: the last record is no part of the section any more */
    size_t at = (size_t)((const uint8_t *)&e->shdrs[section(e, ".rela.data")] - bytes) + 32;
    bytes[at] = (uint8_t)(bytes[at] - sizeof(struct rp_rela));
}
static void move_symbol(const struct rp_elf *e, uint8_t *bytes)
{
    for (uint32_t i = 1; i < e->n_symbols; i++)
        if (strcmp(rp_elf_symname(e, i), "s2") == 0)
            bytes[(size_t)((const uint8_t *)&e->syms[i] - bytes) + 8] ^= 1;
}

static void good_object_passes(void **state)
{
    (void)state;
    assert_int_equal(tampered(NULL), REAP_OK);
}

static void wrong_objects_do_not_pass(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*tamper)(const struct rp_elf *e, uint8_t *bytes);
    } cases[] = {
        {"code", flip_code},
        {"string", flip_string},
        {"frame", flip_frame},
        {"section", rename_section},
        {"target", exchange_targets},
        {"addend", move_addend},
        {"relocation", lose_relocation},
        {"symbol", move_symbol},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum reap_status rc = tampered(cases[i].tamper);
        if (rc != REAP_ERR_INTERNAL)
            print_error("%s: passed\n", cases[i].name);
        assert_int_equal(rc, REAP_ERR_INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_object_passes),
        cmocka_unit_test(wrong_objects_do_not_pass),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
