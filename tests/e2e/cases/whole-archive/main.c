/* --whole-archive: a member with a constructor that nobody names stays; dead functions go.
 * before: for i in a b; do gcc -O1 -ffunction-sections -x c -c $i.txt -o $i.obj; done; ar rcs libw.a a.obj b.obj
 * link: $CC main.o -Wl,--whole-archive libw.a -Wl,--no-whole-archive -o $OUT
 * output: constructed
 * keep: construct
 * drop: lonely
 */
#include <stdio.h>
const char *state = "not constructed";
int main(void)
{
    puts(state);
    return 0;
}
