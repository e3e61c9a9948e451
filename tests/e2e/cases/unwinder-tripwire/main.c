/* With dead code as traps, weak references find them: the start files would call the trap in place of
 * __register_frame_info. So the unwinder stays.
 * link: $CC main.o -static -o $OUT
 * option: tripwire
 * output: hello
 * keep: _Unwind_Resume __register_frame_info
 * check: grep -q 'dead code stays as traps' $REPORT
 */
#include <stdio.h>
int main(void)
{
    puts("hello");
    return 0;
}
