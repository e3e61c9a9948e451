/* Constructors by priority, destructors, .preinit_array, .init_array of C.
 * link: $CC *.o -o $OUT
 * output: pre first second main last
 * keep: first second last pre
 * drop: unused
 * gc: -e main
 */
#include <stdio.h>
static void pre(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
    printf("pre ");
}
__attribute__((section(".preinit_array"), used)) static void (*p)(int, char **, char **) = pre;
__attribute__((constructor(101))) static void first(void)
{
    printf("first ");
}
__attribute__((constructor(102))) static void second(void)
{
    printf("second ");
}
__attribute__((destructor)) static void last(void)
{
    printf("last\n");
}
int unused(void)
{
    return 1;
}
int main(void)
{
    printf("main ");
    return 0;
}
