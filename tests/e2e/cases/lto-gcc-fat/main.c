/* Compiler IR in the link: not collected, never broken.
 * cflags: -O1 -ffunction-sections -flto -ffat-lto-objects
 * before: gcc -O1 -ffunction-sections -x c -c native.txt -o native.o
 * link: $CC -flto *.o -o $OUT
 * output: 5
 * collected: no
 * oracle: no
 * only: bfd gold
 */
#include <stdio.h>
int native(int);
int main(void)
{
    printf("%d\n", native(4));
    return 0;
}
