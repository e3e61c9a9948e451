/* test_elf_oom.c: every allocation of the reader, the emitter and the archive writer fails once:
 * each time the answer is REAP_ERR_NOMEM, and nothing leaks (seen by the sanitizer's build).
 *
 * The linker's --wrap puts the allocators below between the library and the C library.
 */
#include "elf_support.h"

#include "elf/archive.h"
#include "elf/emit.h"

static long countdown = -1; /* allocations until one fails; negative: none does */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool fails_now(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t n)
{
    return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails_now() ? NULL : __real_realloc(p, n);
}

/* Run fn with the first, second, … allocation failing until it needs none that fails. */
static void fail_each(enum reap_status (*fn)(const struct blob *), const struct blob *b)
{
    for (long n = 0; n < 10000; n++) {
        countdown = n;
        enum reap_status st = fn(b);
        bool all_succeeded = countdown >= 0;
        countdown = -1;
        if (all_succeeded) {
            assert_int_equal(st, REAP_OK);
            assert_true(n > 0);
            return;
        }
        if (st != REAP_ERR_NOMEM)
            fail_msg("allocation %ld fails: status %d", n, st);
    }
    fail_msg("does not end");
}

static enum reap_status open_and_close(const struct blob *b)
{
    struct rp_elf e;
    enum reap_status st = rp_elf_open(&ctx, &e, "x", b->p, b->n);
    if (st == REAP_OK)
        rp_elf_close(&e);
    return st;
}

static enum reap_status emit(const struct blob *b)
{
    static const uint8_t data[4];
    struct rp_elf like = {.name = "x.o", .machine = EM_X86_64, .elf_class = ELFCLASS64};
    struct rp_emit_section s[] = {
        {.name = ".data", .type = SHT_PROGBITS, .size = 4, .bytes = data},
        {.name = ".symtab", .type = SHT_SYMTAB},
        {.name = ".strtab", .type = SHT_STRTAB},
        {.name = ".shstrtab", .type = SHT_STRTAB},
    };
    struct rp_emit_symbol y = {.name = "a", .info = STB_GLOBAL << 4, .shndx = 1};
    struct rp_emit in = {.like = &like,
                         .sections = s,
                         .n_sections = 4,
                         .symbols = &y,
                         .n_symbols = 1,
                         .symtab = 2,
                         .strtab = 3,
                         .shstrtab = 4};
    uint8_t *bytes;
    uint64_t size;
    (void)b;
    enum reap_status st = rp_emit_object(&ctx, &in, &bytes, &size);
    if (st == REAP_OK)
        free(bytes);
    return st;
}

static enum reap_status open_archive(const struct blob *b)
{
    struct rp_map m = {.path = (char *)(uintptr_t) "dir/x.a", .data = b->p, .size = b->n};
    struct rp_archive a;
    enum reap_status st = rp_archive_open(&ctx, &a, &m);
    if (st == REAP_OK)
        rp_archive_close(&a);
    return st;
}

static enum reap_status write_archive(const struct blob *b)
{
    const char *defined[] = {"one", "two"};
    struct rp_archive_item items[] = {
        {"a rather long name.o", b->p, b->n, defined, 2},
        {"short.o", b->p, b->n, NULL, 0},
    };
    return rp_archive_write(&ctx, "w.a", items, 2);
}

static void opening_survives_every_failure(void **state)
{
    (void)state;
    static const char *const flags[] = {"-g", "-m32 -g"};
    for (int i = 0; i < 2; i++) {
        struct blob b = rich_object(flags[i]);
        if (b.p)
            fail_each(open_and_close, &b);
        free(b.p);
    }
}

static void emission_survives_every_failure(void **state)
{
    (void)state;
    fail_each(emit, NULL);
}

static void archives_survive_every_failure(void **state)
{
    (void)state;
    struct blob o = rich_object("-g");
    assert_non_null(o.p);
    fail_each(write_archive, &o);
    struct blob a = slurp("w.a");
    fail_each(open_archive, &a);
    assert_int_equal(run("test \"$(ls -A | grep -c reap-)\" = 0"), 0);
    free(a.p);
    free(o.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_survives_every_failure),
        cmocka_unit_test(emission_survives_every_failure),
        cmocka_unit_test(archives_survive_every_failure),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
