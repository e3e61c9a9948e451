/* Sections between __start_X and __stop_X stay while a marker is referenced; a set that nobody
 * looks at goes.
 * link: $CC *.o -o $OUT
 * output: 3
 * keep: hook_a hook_b
 * drop: hook_dead
 * gc: -e main
 * stay: (handlers)
 * drop-section: (unread)
 */
#include <stdio.h>
typedef int (*hook)(void);
extern hook __start_handlers[], __stop_handlers[];
int main(void)
{
    int n = 0;
    for (hook *h = __start_handlers; h < __stop_handlers; h++)
        n += (*h)();
    printf("%d\n", n);
    return 0;
}
