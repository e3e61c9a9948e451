/* A live string names a function of the unwinder: somebody may look it up.
 * link: $CC main.o -static -o $OUT
 * output: _Unwind_ForcedUnwind
 * keep: _Unwind_Resume __gcc_personality_v0
 * check: grep -q 'names the unwinder' $REPORT
 */
#include <stdio.h>
int main(void)
{
    puts("_Unwind_ForcedUnwind");
    return 0;
}
