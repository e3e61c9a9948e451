/* --defsym: an alias keeps its target.
 * link: $CC *.o -Wl,--defsym=alias=target -o $OUT
 * output: 9
 * keep: target
 * drop: unused
 */
#include <stdio.h>
int alias(void);
int target(void)
{
    return 9;
}
int unused(void)
{
    return 8;
}
int main(void)
{
    printf("%d\n", alias());
    return 0;
}
