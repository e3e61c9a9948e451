/* --wrap: calls go to __wrap_f, __real_f is f.
 * link: $CC *.o -Wl,--wrap=value -o $OUT
 * output: 101
 * keep: __wrap_value
 * drop: unused
 */
#include <stdio.h>
int value(void);
int __real_value(void);
int unused(void)
{
    return 3;
}
int __wrap_value(void)
{
    return 100 + __real_value();
}
int main(void)
{
    printf("%d\n", value());
    return 0;
}
