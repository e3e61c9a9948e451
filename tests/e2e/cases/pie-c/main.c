/* cflags: -O1 -ffunction-sections -fdata-sections -fPIE
 * link: $CC main.o -pie -o $OUT
 * output: 7 1
 * keep: callback
 * drop: dead
 * gc: -e main
 */
#include <stdio.h>
int callback(int x)
{
    return x + 2;
}
int (*const volatile pointer)(int) = callback;
int dead(int x)
{
    return x - 2;
}
int main(int argc, char **argv)
{
    (void)argv;
    printf("%d %d\n", pointer(5), argc);
    return 0;
}
