/* Functions of one's own with cleanups and -fexceptions: their landing pads are never entered.
 * cflags: -O1 -fexceptions -ffunction-sections -fdata-sections
 * link: $CC main.o -static -o $OUT
 * output: open 1 close 1 open 2 close 2
 * keep: release
 * drop: _Unwind_Resume __gcc_personality_v0
 * check: ! nm $OUT | grep -q _Unwind_
 */
#include <stdio.h>
static int (*volatile say)(const char *, ...) = printf; /* may throw, for all that compilers know */
void release(int *x);
__attribute__((noinline)) void release(int *x)
{
    printf("close %d%s", *x, *x == 2 ? "\n" : " ");
}
__attribute__((noinline)) static void work(int n)
{
    int x __attribute__((cleanup(release))) = n;
    say("open %d ", x);
}
int main(void)
{
    work(1);
    work(2);
    return 0;
}
