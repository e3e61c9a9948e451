/* With extraction=live a member that only a removed section asks for is not linked: its
 * constructor, and what it holds, go. One that is needed keeps its constructor.
 * before: for i in used idle; do gcc -O1 -ffunction-sections -fdata-sections -x c -c $i.txt -o $i.obj; done; ar rcs libx.a used.obj idle.obj
 * link: $CC main.o -L. -lx -o $OUT
 * option: extraction=live
 * oracle: no
 * output: 8
 * keep: used used_begin used_table
 * drop: idle idle_begin idle_table never
 * check: ! nm $OUT | grep -q idle_
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
