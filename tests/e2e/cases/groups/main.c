/* Two archives that need each other, in a group.
 * before: for i in p q r; do gcc -O1 -ffunction-sections -x c -c $i.txt -o $i.obj; done; ar rcs libp.a p.obj r.obj; ar rcs libq.a q.obj
 * link: $CC main.o -Wl,--start-group libp.a libq.a -Wl,--end-group -o $OUT
 * output: 6
 * keep: p q r
 * drop: p_unused
 */
#include <stdio.h>
int p(void);
int main(void)
{
    printf("%d\n", p());
    return 0;
}
