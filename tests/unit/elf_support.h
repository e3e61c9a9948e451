/* elf_support.h: what the tests of lib/elf share: samples compiled while the test runs, a
 * diagnostic collector, and a seeded generator for mutations. Included once by each test.
 */
#ifndef RP_TESTS_ELF_SUPPORT_H
#define RP_TESTS_ELF_SUPPORT_H

#include "elf/elf_file.h"
#include "util/ctx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct blob {
    uint8_t *p; /* owned, exactly n bytes so that a sanitizer sees any overrun */
    size_t n;
};

static struct rp_ctx ctx;
static char last_code[64], last_text[512];
static unsigned n_diags;
static char work_dir[] = "/tmp/reap-test-XXXXXX";

__attribute__((unused)) static void collect(void *user, const struct reap_diag *d)
{
    (void)user;
    n_diags++;
    snprintf(last_code, sizeof last_code, "%s", d->code);
    snprintf(last_text, sizeof last_text, "%s: %s", d->where ? d->where : "-", d->text);
}

__attribute__((unused)) static int group_setup(void **state)
{
    (void)state;
    rp_ctx_init(&ctx, collect, NULL);
    return mkdtemp(work_dir) && chdir(work_dir) == 0 ? 0 : -1;
}

__attribute__((unused)) static int group_teardown(void **state)
{
    (void)state;
    char command[128];
    rp_ctx_fini(&ctx);
    snprintf(command, sizeof command, "rm -rf '%s'", work_dir);
    return chdir("/") == 0 ? system(command) : -1;
}

__attribute__((unused)) static struct blob slurp(const char *path)
{
    struct blob b = {0};
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot open %s", path);
    fseek(f, 0, SEEK_END);
    b.n = (size_t)ftell(f);
    rewind(f);
    b.p = malloc(b.n ? b.n : 1);
    assert_int_equal(fread(b.p, 1, b.n, f), b.n);
    fclose(f);
    return b;
}

__attribute__((unused)) static void spit(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

__attribute__((unused, format(printf, 1, 2))) static int run(const char *fmt, ...)
{
    char command[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(command, sizeof command, fmt, ap);
    va_end(ap);
    return system(command);
}

/* Compile C (or, with -xassembler in flags, assembly) to `out` in the working folder; returns
 * false when the compiler cannot. */
__attribute__((unused)) static bool compile(const char *flags, const char *source, const char *out)
{
    spit("source.c", source, strlen(source));
    return run(TEST_CC " %s -c source.c -o '%s' 2>compile.log", flags, out) == 0;
}

/* A sample that has what the reader must know: functions and data in sections of their own, a
 * COMDAT group, TLS, common, weak, start-stop, merge strings, init_array and debug sections. */
static const char rich_source[] =
    "extern int other(const char *, ...); extern int weak_one(void) __attribute__((weak));\n"
    "int common_one; static int local_data = 3; __thread int tls_one = 4;\n"
    "int data_one[4] = {1, 2, 3, 4}; const int *pointer = &data_one[2]; int bss_one[1000] "
    "__attribute__((nocommon));\n"
    "static int helper(int x) { return x * local_data + tls_one; }\n"
    "int __attribute__((section(\"my_section\"))) placed(int x) { return helper(x) + 1; }\n"
    "void __attribute__((constructor)) at_start(void) { other(\"hello %d\\n\", common_one); }\n"
    "extern int __start_my_section[], __stop_my_section[];\n"
    "int *range[2] = {__start_my_section, __stop_my_section};\n"
    "int public_one(int x) { return weak_one ? weak_one() : placed(x) + *pointer; }\n"
    "__asm__(\".section .text.group_one,\\\"axG\\\",%progbits,group_one,comdat\\n\"\n"
    "        \".weak group_one\\ngroup_one: .byte 0,0,0,0\\n.previous\\n\");\n";

__attribute__((unused)) static struct blob rich_object(const char *flags)
{
    char all[256];
    snprintf(all, sizeof all, "-O1 -fno-pic -ffunction-sections -fdata-sections -fcommon %s",
             flags);
    if (!compile(all, rich_source, "rich.o"))
        return (struct blob){0};
    return slurp("rich.o");
}

/* xorshift64: the same mutations on every run. */
__attribute__((unused)) static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* Read everything that an opened file offers, as later passes will: under a sanitizer any bound
 * that the check missed shows. */
__attribute__((unused)) static uint64_t touch_all(const struct rp_elf *e)
{
    uint64_t sum = e->n_sections + e->n_needed;
    for (uint32_t i = 0; i < e->n_sections; i++) {
        const uint8_t *p = e->shdrs[i].type == SHT_NULL ? NULL : rp_elf_bytes(e, i);
        sum += strlen(rp_elf_shname(e, i));
        for (uint64_t k = 0; p && k < e->shdrs[i].size; k++)
            sum += p[k];
        if (e->type != ET_REL || e->shdrs[i].type == SHT_NULL)
            continue;
        sum += e->shdrs[e->shdrs[i].link].type;
        if (e->shdrs[i].type == SHT_RELA || e->shdrs[i].type == SHT_REL) {
            uint32_t n;
            const struct rp_rela *r = rp_elf_relocs(e, i, &n);
            for (uint32_t k = 0; k < n; k++) {
                assert_true(r[k].sym == 0 || r[k].sym < e->n_symbols);
                sum += r[k].offset + (r[k].sym ? e->syms[r[k].sym].info : 0);
            }
            sum += e->shdrs[e->shdrs[i].info].type;
        }
        const uint8_t *bytes = NULL;
        uint64_t size = 0;
        void *owned = NULL;
        if (rp_elf_contents(&ctx, e, i, &bytes, &size, &owned) == REAP_OK && bytes && size)
            sum += bytes[0] + bytes[size - 1];
        free(owned);
    }
    for (uint32_t i = 0; i < e->n_symbols; i++) {
        sum += strlen(rp_elf_symname(e, i));
        uint32_t shndx = rp_sym_shndx(e, i);
        if (e->type == ET_REL && shndx < RP_SHN_ABS)
            sum += e->shdrs[shndx].type;
        if (e->versym)
            sum += ((const uint8_t *)e->versym)[2 * (uint64_t)i + 1];
    }
    for (uint32_t i = 0; i < e->n_needed; i++)
        sum += strlen(e->needed[i]);
    bool fat;
    return sum + (e->soname ? strlen(e->soname) : 0) + rp_elf_has_ir(e, &fat);
}

/* Open a private copy, exactly as large as it says; touch it all when it opens. */
__attribute__((unused)) static enum reap_status try_open(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    if (n)
        memcpy(copy, p, n);
    struct rp_elf e;
    unsigned before = n_diags;
    enum reap_status st = rp_elf_open(&ctx, &e, "sample.o", copy, n);
    if (st == REAP_OK) {
        touch_all(&e);
        rp_elf_close(&e);
    } else if (n_diags == before) {
        fail_msg("refused without a diagnostic");
    }
    free(copy);
    return st;
}

#endif
