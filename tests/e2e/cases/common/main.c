/* Common symbols: the biggest of a name prevails, one that nobody reads goes.
 * cflags: -O1 -fcommon -ffunction-sections -fdata-sections
 * link: $CC *.o -o $OUT
 * output: 7 400
 * keep: shared_common
 * drop: common_unused
 * gc: -e main
 */
#include <stdio.h>
int shared_common[10];
int common_unused[20];
void set(void);
unsigned long extent(void);
int main(void)
{
    set();
    printf("%d %lu\n", shared_common[0], extent());
    return 0;
}
