/* String pieces: those of dead functions go, also where live code uses a tail of one.
 * cflags: -O2 -ffunction-sections -fdata-sections
 * link: $CC *.o -o $OUT
 * output: prefix-tail tail other
 * drop: dead
 * gc: -e main
 * check: ! grep -q 'this string is only in a dead function' $OUT
 */
#include <stdio.h>
void dead(void)
{
    puts("this string is only in a dead function");
}
const char *volatile a = "prefix-tail", *volatile b = "tail", *volatile c = "other";
int main(void)
{
    printf("%s %s %s\n", a, b, c);
    return 0;
}
