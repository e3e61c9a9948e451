/* test_glob.c: wildcards of linker scripts. */
#include "util/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void patterns_match_as_in_the_linker_manual(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *string;
        bool match;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "a/b", true}, /* not a shell: `*` matches a slash */
        {"*crtbegin.o", "/usr/lib/crtbegin.o", true},
        {"*crtbegin.o", "/usr/lib/crtbeginS.o", false},
        {"*crtbegin?.o", "/usr/lib/crtbeginS.o", true},
        {"?", "/", true},
        {"?", "", false},
        {".text.*", ".text.f", true},
        {".text.*", ".text", false},
        {".text*", ".text", true},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXbYbZ", false},
        {"*a*a*a*", "aa", false},
        {"[a-c]x", "bx", true},
        {"[a-c]x", "dx", false},
        {"[!a-c]x", "dx", true},
        {"[^a-c]x", "ax", false},
        {"[]a]", "]", true},
        {"[!]a]", "b", true},
        {"[a-]", "-", true},
        {"[a\\]]", "]", true},
        {"[abc", "[abc", true}, /* never closed: literal */
        {"[abc", "a", false},
        {"[", "[", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\?b", "a?b", true},
        {"\\", "\\", true},
        {"a b", "a b", true},
        {"[\x80-\xff]", "\xc3", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (rp_glob_match(cases[i].pattern, cases[i].string) != cases[i].match)
            fail_msg("'%s' against '%s'", cases[i].pattern, cases[i].string);
}

static void many_stars_are_not_exponential(void **state)
{
    (void)state;
    char pattern[201], string[2001];
    for (int i = 0; i < 100; i++)
        memcpy(pattern + 2 * i, "*a", 2);
    pattern[200] = '\0';
    memset(string, 'a', 1999);
    string[1999] = 'b';
    string[2000] = '\0';
    assert_false(rp_glob_match(pattern, string));
}

static void wildcards_are_told_from_plain_names(void **state)
{
    (void)state;
    assert_true(rp_glob_has_wildcard("a*"));
    assert_true(rp_glob_has_wildcard("a?"));
    assert_true(rp_glob_has_wildcard("[a"));
    assert_true(rp_glob_has_wildcard("a\\*b")); /* has to be unquoted: no plain comparison */
    assert_false(rp_glob_has_wildcard("libx.a:m.o"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_in_the_linker_manual),
        cmocka_unit_test(many_stars_are_not_exponential),
        cmocka_unit_test(wildcards_are_told_from_plain_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
