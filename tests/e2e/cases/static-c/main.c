/* A static C program: functions and data that nobody needs go, those of the program stay.
 * link: $CC main.o other.o -static -o $OUT
 * output: 42 hello
 * keep: used table_used
 * drop: unused unused_chain unused_chain_end table_unused
 * gc: -e main
 * drop-section: other.o:(.text.unused)
 * why: unused_chain_end unused_chain
 * why: used main
 */
#include <stdio.h>
int used(int x);
extern const char *const table_used[];
int main(void)
{
    printf("%d %s\n", used(41), table_used[0]);
    return 0;
}
