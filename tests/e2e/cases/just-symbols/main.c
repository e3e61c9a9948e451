/* -R: names of another program's symbol table.
 * cflags: -O1 -ffunction-sections -fdata-sections -fno-pic
 * before: gcc -O1 -x c -c other.txt -o other.obj && ld.bfd -Ttext=0x10000 -e 0 other.obj -o other.elf
 * link: $CC -no-pie -Wl,-R,other.elf *.o -o $OUT
 * output: 10000
 * drop: unused
 * oracle: no
 * only: bfd
 */
#include <stdio.h>
extern char far_away[];
int unused(void)
{
    return 1;
}
int main(void)
{
    char *volatile p = far_away;
    printf("%lx\n", (unsigned long)p);
    return 0;
}
