/* A backtrace walks the frames: the unwinder stays, and with it what the frames name.
 * cflags: -O1 -fexceptions -fno-omit-frame-pointer -ffunction-sections -fdata-sections
 * link: $CC main.o -static -o $OUT
 * output: main was found
 * keep: _Unwind_Backtrace __gcc_personality_v0
 */
#include <stdio.h>
#include <unwind.h>
int main(void);
static int found;
static _Unwind_Reason_Code frame(struct _Unwind_Context *c, void *arg)
{
    (void)arg;
    found |= _Unwind_FindEnclosingFunction((void *)(_Unwind_GetIP(c) - 1)) == (void *)main;
    return _URC_NO_REASON;
}
__attribute__((noinline)) static void walk(void)
{
    _Unwind_Backtrace(frame, NULL);
    __asm__ volatile("");
}
int main(void)
{
    walk();
    puts(found ? "main was found" : "main was not found");
    return 0;
}
