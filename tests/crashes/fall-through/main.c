#include <stdio.h>

long switch_task(long from, long to);
extern void (*switch_trap_ptr)(void);

int main(void)
{
    if (!switch_trap_ptr)
        return 1;
    printf("%ld\n", switch_task(40, 2));
    return 0;
}
