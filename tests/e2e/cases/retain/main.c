/* SHF_GNU_RETAIN keeps what nobody names.
 * cflags: -O1 -ffunction-sections -fdata-sections
 * link: $CC *.o -o $OUT
 * output: ok
 * keep: retained
 * drop: not_retained
 * gc: -e main
 */
#include <stdio.h>
__asm__(".section .text.retained,\"axR\",@progbits\n.globl retained\n.type retained,@function\n"
        "retained: ret\n.size retained, .-retained\n.text");
void not_retained(void)
{
}
int main(void)
{
    puts("ok");
    return 0;
}
