/* What dlopen loads may throw through the program's frames: the unwinder stays.
 * link: $CC main.o -static -o $OUT
 * output: no library
 * keep: _Unwind_Resume __gcc_personality_v0
 * check: grep -q 'the program can call dlopen' $REPORT
 */
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
    void *h = dlopen("/nonexistent/lib.so", RTLD_NOW);
    puts(h ? "a library" : "no library");
    return 0;
}
