/* IFUNC: the resolver and all its choices stay; static, where __rela_iplt_start is walked.
 * link: $CC *.o -static -o $OUT
 * output: 3
 * keep: add_generic resolve_add
 * drop: add_nobody
 * gc: -e main
 */
#include <stdio.h>
static int add_generic(int a, int b)
{
    return a + b;
}
static int add_other(int a, int b)
{
    return b + a;
}
int add_nobody(int a, int b)
{
    return a - b;
}
static int (*resolve_add(void))(int, int)
{
    return __builtin_cpu_supports("sse2") ? add_generic : add_other;
}
int add(int a, int b) __attribute__((ifunc("resolve_add")));
int main(void)
{
    printf("%d\n", add(1, 2));
    return 0;
}
