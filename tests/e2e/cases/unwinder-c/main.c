/* A static C program that raises nothing: glibc's tables of frames name a personality routine and
 * landing pads, and nothing else asks for the unwinder, which goes.
 * link: $CC main.o -static -o $OUT
 * output: hello 3
 * drop: _Unwind_Resume _Unwind_RaiseException _Unwind_Find_FDE __gcc_personality_v0
 * why: _Unwind_Resume removed (never-unwound)
 * why: _Unwind_Resume but frames and landing pads that nothing unwinds
 * check: grep -q 'The unwinder went' $REPORT
 * check: ! readelf -W --debug-dump=frames $OUT 2>&1 | grep -q zPLR
 */
#include <stdio.h>
int main(int argc, char **argv)
{
    (void)argv;
    printf("hello %d\n", argc + 2);
    return 0;
}
