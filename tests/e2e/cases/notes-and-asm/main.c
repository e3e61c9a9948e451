/* Assembly with local labels, jumps between sections, .note and absolute symbols.
 * link: $CC *.o -o $OUT
 * output: 11
 * keep: asm_entry asm_tail
 * drop: asm_dead
 * gc: -e main

 */
#include <stdio.h>
int asm_entry(int);
int main(void)
{
    printf("%d\n", asm_entry(10));
    return 0;
}
