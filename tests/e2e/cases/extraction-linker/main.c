/* By default a member that only a removed section asks for is linked: its
 * constructor runs, and keeps what it refers to, as with every linker.
 * before: for i in used idle; do gcc -O1 -ffunction-sections -fdata-sections -x c -c $i.txt -o $i.obj; done; ar rcs libx.a used.obj idle.obj
 * link: $CC main.o -L. -lx -o $OUT
 * output: 8
 * keep: used used_begin used_table idle_begin idle_table
 * drop: idle never
 */
#include <stdio.h>
int used(void);
void idle(void);
void never(void)
{
    idle();
}
int main(void)
{
    printf("%d\n", used());
    return 0;
}
