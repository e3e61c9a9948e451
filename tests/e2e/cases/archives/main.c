/* Members are extracted as the linker does; of those extracted, what is not needed goes.
 * before: $CC -O1 -ffunction-sections -c lib1.txt -x c -o /dev/null 2>/dev/null; for i in 1 2 3; do gcc -O1 -ffunction-sections -x c -c lib$i.txt -o lib$i.obj; done; ar rcs libx.a lib1.obj lib2.obj lib3.obj
 * link: $CC main.o -L. -lx -o $OUT
 * output: 1 2
 * keep: one two
 * drop: one_unused three two_unused
 * why: three never extracted
 */
#include <stdio.h>
int one(void);
int main(void)
{
    printf("1 %d\n", one());
    return 0;
}
