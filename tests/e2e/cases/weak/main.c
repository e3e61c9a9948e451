/* Weak definitions overridden by strong ones; weak references to what is there and what is not.
 * link: $CC *.o -o $OUT
 * output: strong present absent
 * drop: only_weak_uses
 * gc: -e main
 */
#include <stdio.h>
__attribute__((weak)) const char *which(void)
{
    return "weak";
}
extern int present(void) __attribute__((weak));
extern int absent(void) __attribute__((weak));
const char *call_which(void);
int main(void)
{
    printf("%s %s %s\n", call_which(), present && present() ? "present" : "gone",
           absent ? "there" : "absent");
    return 0;
}
