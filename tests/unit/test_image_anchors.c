/* test_image_anchors.c: data that AArch64 code reads through the address of its neighbour is live,
 * and so is what it points to (GCC's -fsection-anchors).
 */
#include "elf_support.h"

#include "image/image.h"

static const char source[] =
    "typedef int fn(int);\n"
    "static __attribute__((noinline, noclone)) int real(int x) { return x * 3 + 1; }\n"
    "static __attribute__((noinline, noclone, used)) int never(int x) { return x * 5 + 1; }\n"
    "long c3 = 3; fn *hook = real; long c2 = 3; long c1 = 1;\n"
    "__attribute__((noinline, noclone)) int use(int i)\n"
    "{ c1++; c2 += i; fn *f = hook; c3 += c2; return f(i); }\n"
    "void _start(void) { for (;;) use(3); }\n";

static rp_id node_of(const struct rp_image *im, const char *name)
{
    for (size_t i = 0; i < im->symbols.n; i++)
        if (!strcmp(rp_elf_symname(im->e, im->symbols.v[i].symbol), name))
            return im->symbols.v[i].node;
    fail_msg("no symbol %s", name);
    return 0;
}

static void neighbours_of_data_stay(void **state)
{
    (void)state;
    static const char *const levels[] = {"-O0", "-O1", "-O2", "-Os"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        struct rp_model m;
        struct rp_image im;
        struct rp_marks marks;
        spit("anchors.c", source, sizeof source - 1);
        assert_int_equal(run("aarch64-linux-gnu-gcc %s -fno-pie -no-pie -nostdlib -static -Wl,-q "
                             "anchors.c -o anchors",
                             levels[i]),
                         0);
        rp_model_init(&m, &ctx);
        assert_int_equal(rp_image_open(&ctx, "anchors", &m, &im), REAP_OK);
        assert_int_equal(rp_image_analyse(&im, &(struct rp_image_options){0}), REAP_OK);
        assert_int_equal(rp_mark(&m, &marks), REAP_OK);
        assert_true(marks.live[node_of(&im, "hook")]);
        assert_true(marks.live[node_of(&im, "real")]);
        assert_false(marks.live[node_of(&im, "never")]);
        rp_marks_free(&marks);
        rp_image_close(&im);
        rp_model_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(neighbours_of_data_stay)};
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
