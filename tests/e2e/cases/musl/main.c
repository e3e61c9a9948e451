/* musl, static.
 * triple: musl
 * link: $CC *.o -static -o $OUT
 * output: hello 3
 * drop: unused
 */
#include <stdio.h>
int unused(void)
{
    return 1;
}
int main(void)
{
    printf("hello %d\n", 3);
    return 0;
}
