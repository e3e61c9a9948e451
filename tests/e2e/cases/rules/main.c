/* A rule file and the keep options.
 * link: $CC *.o -o $OUT
 * option: rules=$CASE/own.rules
 * option: keep-symbol=by_option_*
 * output: ok
 * keep: by_rule by_option_1 in_section entry_a
 * drop: unused
 * oracle-extra: by_rule
 * oracle-extra: by_option_1
 * oracle-extra: special_section
 * stay: mytab
 * oracle-extra: mytab
 * stay: entry_a
 * oracle-extra: entry_a
 */
#include <stdio.h>
int by_rule(void)
{
    return 1;
}
int by_option_1(void)
{
    return 2;
}
__attribute__((section(".special_section"))) int in_section(void)
{
    return 3;
}
int unused(void)
{
    return 4;
}
int entry_a(void)
{
    return 1;
}
__attribute__((section(".mytab"), used)) static int (*const e)(void) = entry_a;
extern char table_mark[] __attribute__((weak));
int main(void)
{
    puts(table_mark ? "odd" : "ok");
    return 0;
}
