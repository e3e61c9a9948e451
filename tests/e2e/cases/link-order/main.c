/* SHF_LINK_ORDER: a description lives with what it describes; -fpatchable-function-entry.
 * cflags: -O1 -ffunction-sections -fdata-sections -fpatchable-function-entry=2
 * link: $CC *.o -o $OUT
 * output: ok
 * drop: unused
 * gc: -e main
 * keep-section: (never-there)
 */
#include <stdio.h>
__attribute__((noinline)) int unused(int x)
{
    return x + 1;
}
int main(void)
{
    puts("ok");
    return 0;
}
