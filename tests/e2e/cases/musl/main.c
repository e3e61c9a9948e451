/* musl, static.
 * triple: musl
 * link: if [ $LINKER = gold ]; then no=; else no=-Wl,--no-dynamic-linker; fi; $CC *.o -static $no -o $OUT
 * output: hello 3
 * drop: unused
 * gc: -e main
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
