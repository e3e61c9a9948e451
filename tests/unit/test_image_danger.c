/* test_image_danger.c: what of a filled image is looked up by its name is told; nothing else is. */
#include "elf_support.h"

#include "danger/danger.h"
#include "image/image.h"

/* A program that finds a function by its name. `%s` is what it asks for; the body of main goes in
 * the second place. */
#define PROGRAM(name, more)                                                                        \
    "typedef void fn(void); volatile int sink; static fn *volatile kept;\n"                        \
    "#define F __attribute__((noinline, noclone))\n"                                               \
    "F fn *symbol_lookup(const char *n) { return *n == 'q' ? kept : 0; }\n"                        \
    "F void plugin_start(void) { sink++; }\n"                                                      \
    "F void plugin_stop(void) { sink--; }\n"                                                       \
    "F static void ask(const char *n) { fn *f = symbol_lookup(n); if (f) f(); }\n"                 \
    "void _start(void) { " more " ask(\"" name "\"); for (;;); }\n"

struct analysed {
    struct rp_model m;
    struct rp_image im;
    struct rp_marks marks;
    struct rp_facts facts;
};

static void analyse(struct analysed *a, const char *source)
{
    struct rp_link link = {0};
    struct rp_job job = {.level = RP_LEVEL_FULL, .link = &link};
    memset(a, 0, sizeof *a);
    assert_true(compile("-O1 -ffreestanding -fno-pic -ffunction-sections", source, "image.o"));
    assert_int_equal(run("ld -q image.o -o image"), 0);
    rp_model_init(&a->m, &ctx);
    assert_int_equal(rp_image_open(&ctx, "image", &a->m, &a->im), REAP_OK);
    assert_int_equal(rp_image_analyse(&a->im, &(struct rp_image_options){0}), REAP_OK);
    assert_int_equal(rp_mark(&a->m, &a->marks), REAP_OK);
    assert_int_equal(rp_facts_build(&a->m, &a->marks, &job, &a->facts), REAP_OK);
    assert_int_equal(rp_danger_find_image(&a->m, &a->marks, &job, &a->facts), REAP_OK);
}

static void release(struct analysed *a)
{
    rp_facts_free(&a->facts);
    rp_marks_free(&a->marks);
    rp_image_close(&a->im);
    rp_model_free(&a->m);
}

static void a_name_that_is_looked_up_is_told(void **state)
{
    (void)state;
    struct analysed a;
    analyse(&a, PROGRAM("plugin_start", ""));
    assert_int_equal(a.facts.findings.n, 2);
    const struct rp_finding *f = &a.facts.findings.v[1];
    assert_int_equal(f->code, RP_FIND_NAMED_IN_STRING);
    assert_int_equal(f->severity, RP_FINDING_ERROR);
    assert_string_equal(rp_fact_str(&a.facts, a.facts.nodes.v[f->node].name), "plugin_start");
    assert_string_equal(rp_fact_str(&a.facts, f->remedy), "--keep-symbol=plugin_start");
    assert_non_null(strstr(rp_fact_str(&a.facts, f->evidence), "looks up \"plugin_start\""));
    release(&a);
}

static void other_texts_and_live_functions_are_not(void **state)
{
    (void)state;
    static const char *const programs[] = {
        PROGRAM("plugin_pause", ""),                               /* no such function */
        PROGRAM("plugin_start", "kept = plugin_start;"),           /* it stays */
        "volatile int sink; void plugin_start(void) { sink++; }\n" /* nobody looks names up */
        "__attribute__((noinline)) static void say(const char *n) { sink = *n; }\n"
        "void _start(void) { say(\"plugin_start\"); for (;;); }\n",
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct analysed a;
        analyse(&a, programs[i]);
        assert_int_equal(a.facts.findings.n, 1);
        release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_is_looked_up_is_told),
        cmocka_unit_test(other_texts_and_live_functions_are_not),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
