/* trace_text.c: places in what tools print when a program dies. */
#include "report/trace_text.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Up to three places that a text must give, in order. */
struct place {
    const char *symbol;
    uint64_t addr, offset;
    bool has_addr, has_offset, is_return;
};
static const struct {
    const char *what, *text;
    size_t n;
    struct place places[3];
} cases[] = {
    {"gdb",
     "#0  0x0000000000000000 in ?? ()\n"
     "#1  0x0000000000401136 in boot (level=0x7ffe00001234) at main.c:9\n"
     "#2  ns::f<int> (p=...) at a.cc:3\n",
     3,
     {{NULL, 0, 0, true, false, false},
      {"boot", 0x401136, 0, true, false, true},
      {"ns::f<int>", 0, 0, false, false, true}}},
    {"glibc",
     "./prog(boot+0x1c) [0x401136]\n./prog(+0x1136) [0x555555555136]\n",
     2,
     {{"boot", 0x401136, 0x1c, true, true, true}, {NULL, 0x1136, 0, true, false, true}}},
    {"oops",
     "BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
     "RIP: 0010:trace_point+0x12/0x40\n"
     " do_one_initcall+0x58/0x300\n",
     3, /* the address of the first line counts only when it is code */
     {{NULL, 0, 0, true, false, true},
      {"trace_point", 0, 0x12, false, true, false},
      {"do_one_initcall", 0, 0x58, false, true, true}}},
    {"qemu",
     "qemu: fatal: Lockup: can't escalate 3 to HardFault (current priority -1)\n"
     "R14=fffffff9 R15=00000040\n",
     2,
     {{NULL, 0xfffffff9, 0, true, false, true}, {NULL, 0x40, 0, true, false, false}}},
    {"oops without names",
     "RIP: 0010:0xffffffff81026f98\nRIP: 0010:0x1234\nRIP: 0010:defaced+0x3/0x9\n",
     3, /* four digits are a number that counts only when it is code */
     {{NULL, 0xffffffff81026f98, 0, true, false, false},
      {NULL, 0x1234, 0, true, false, true},
      {"defaced", 0, 3, false, true, false}}},
    {"nothing", "all is well at 12:30, 100 files, a-b\n", 0, {{0}}},
    {"long", "#0  0x11112222333344445 in f ()\n", 1, {{0}}}, /* no number of 64 bits */
};

static void places_of_each_tool(void **state)
{
    (void)state;
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rp_trace t;
        assert_int_equal(rp_trace_read(&ctx, cases[i].text, strlen(cases[i].text), &t), REAP_OK);
        if (t.items.n != cases[i].n)
            fail_msg("%s: %zu places", cases[i].what, t.items.n);
        for (size_t k = 0; k < t.items.n && strcmp(cases[i].what, "long") != 0; k++) {
            const struct rp_trace_item *a = &t.items.v[k];
            const struct place *b = &cases[i].places[k];
            if (a->has_addr != b->has_addr || a->addr != b->addr || a->offset != b->offset ||
                a->has_offset != b->has_offset || a->is_return != b->is_return)
                fail_msg("%s: place %zu differs", cases[i].what, k);
            if (b->symbol)
                assert_string_equal(a->symbol, b->symbol);
            else
                assert_null(a->symbol);
        }
        rp_trace_free(&t);
    }
    rp_ctx_fini(&ctx);
}

static void words_about_the_end(void **state)
{
    (void)state;
    static const char text[] = "terminate called after throwing\nAborted (core dumped)\n"
                               "./a: symbol lookup error: undefined symbol: png_decode@V1\n"
                               "Lockup\n";
    struct rp_ctx ctx;
    struct rp_trace t;
    rp_ctx_init(&ctx, NULL, NULL);
    assert_int_equal(rp_trace_read(&ctx, text, sizeof text - 1, &t), REAP_OK);
    assert_true(t.is_terminate);
    assert_true(t.is_lockup);
    assert_int_equal(t.signal, SIGABRT);
    assert_string_equal(t.missing, "png_decode");
    rp_trace_free(&t);
    rp_ctx_fini(&ctx);
}

/* Every prefix of a text, and bytes that are no text: nothing is read beyond the end. */
static void any_bytes_are_survived(void **state)
{
    (void)state;
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t n = strlen(cases[i].text); n > 0; n--) {
            struct rp_trace t;
            char *copy = test_malloc(n);
            memcpy(copy, cases[i].text, n);
            copy[n / 2] = (char)(n * 37);
            assert_int_equal(rp_trace_read(&ctx, copy, n, &t), REAP_OK);
            rp_trace_free(&t);
            test_free(copy);
        }
    rp_ctx_fini(&ctx);
}

/* From the marked byte on, up to what is no byte: Linux on x86, QEMU; AArch64 marks words, which
 * do not reach far enough to be of use. */
static void bytes_where_execution_stood(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        uint8_t code[16];
    } samples[] = {
        {"[    0.5] Code: 90 90 <0f> 0b 2a 01 00 00 52 50 0f\n",
         9,
         {0x0f, 0x0b, 0x2a, 0x01, 0, 0, 0x52, 0x50, 0x0f}},
        {"Code=00 01 <0f> 0b 07 00 00 00 52 50\nCode: <90>\n",
         8,
         {0x0f, 0x0b, 0x07, 0, 0, 0, 0x52, 0x50}},
        {"Code: <00> 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 01 02\n",
         16,
         {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
          0xff}},
        {"Code: Unable to access opcode bytes at RIP 0xffff.\n", 0, {0}},
        {"Code: d503201f (00005250)\n", 0, {0}},
        {"Code: <0", 0, {0}},
        {"Code: 12 34\n", 0, {0}},
    };
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, NULL, NULL);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct rp_trace t;
        assert_int_equal(rp_trace_read(&ctx, samples[i].text, strlen(samples[i].text), &t),
                         REAP_OK);
        assert_int_equal(t.n_code, samples[i].n);
        assert_memory_equal(t.code, samples[i].code, samples[i].n);
        rp_trace_free(&t);
    }
    rp_ctx_fini(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_of_each_tool),
        cmocka_unit_test(words_about_the_end),
        cmocka_unit_test(bytes_where_execution_stood),
        cmocka_unit_test(any_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
