/* test_ctx.c: diagnostics and phases. */
#include "util/ctx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void keep(void *user, const struct reap_diag *d)
{
    snprintf(user, 512, "%d|%s|%s|%s|%s", (int)d->severity, d->code, d->where ? d->where : "-",
             d->text, d->remedy ? d->remedy : "-");
}

static void error_names_file_section_and_offset(void **state)
{
    (void)state;
    char got[512] = "";
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, keep, got);
    struct rp_where w = {
        .file = "a.a(b.o)", .section = ".text", .offset = 0x10, .has_offset = true};
    assert_int_equal(rp_fail(&ctx, REAP_ERR_INPUT, "some-code", w, "size %d", 3), REAP_ERR_INPUT);
    assert_string_equal(got, "2|some-code|a.a(b.o): .text+0x10|size 3|-");
    assert_int_equal(rp_fail_remedy(&ctx, REAP_ERR_IO, "c", rp_at("f"), "do this", "wrong"),
                     REAP_ERR_IO);
    assert_string_equal(got, "2|c|f|wrong|do this");
    rp_warn(&ctx, "w", rp_at(NULL), "careful");
    assert_string_equal(got, "1|w|-|careful|-");
    assert_int_equal(ctx.n_errors, 2);
    assert_int_equal(ctx.n_warnings, 1);
    rp_ctx_fini(&ctx);
}

static void control_characters_of_hostile_names_are_replaced(void **state)
{
    (void)state;
    char got[512] = "";
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, keep, got);
    rp_fail(&ctx, REAP_ERR_INPUT, "c", rp_at("a\nb\x1b[2J"), "name '%s'", "\x7f\r");
    assert_string_equal(got, "2|c|a?b?[2J|name '?\?'|-");
    rp_ctx_fini(&ctx);
}

static void notes_are_delivered_only_when_verbose(void **state)
{
    (void)state;
    char got[512] = "";
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, keep, got);
    rp_note(&ctx, "n", rp_at(NULL), "hm");
    assert_string_equal(got, "");
    ctx.verbose = true;
    rp_note(&ctx, "n", rp_at(NULL), "hm");
    assert_string_equal(got, "0|n|-|hm|-");
    rp_ctx_fini(&ctx);
}

static void phases_are_recorded_up_to_the_limit(void **state)
{
    (void)state;
    struct rp_ctx ctx;
    rp_ctx_init(&ctx, NULL, NULL);
    for (int i = 0; i < RP_MAX_PHASES + 5; i++)
        rp_phase_end(&ctx, rp_phase_begin(), "p");
    assert_int_equal(ctx.n_phases, RP_MAX_PHASES);
    assert_string_equal(ctx.phases[0].name, "p");
    assert_true(ctx.phases[0].wall_s >= 0);
    assert_true(ctx.phases[0].peak_rss > 100 * 1024);
    rp_ctx_fini(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_names_file_section_and_offset),
        cmocka_unit_test(control_characters_of_hostile_names_are_replaced),
        cmocka_unit_test(notes_are_delivered_only_when_verbose),
        cmocka_unit_test(phases_are_recorded_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
