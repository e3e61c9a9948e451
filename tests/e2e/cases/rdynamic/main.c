/* -rdynamic exports every global: all of them stay, static ones that nobody calls go.
 * link: $CC main.o -rdynamic -ldl -o $OUT
 * output: found 5
 * keep: plugin_entry other_export
 * drop: local_unused
 */
#include <dlfcn.h>
#include <stdio.h>
static __attribute__((used)) int local_unused(int x)
{
    return x;
}
int other_export(void)
{
    return 6;
}
int plugin_entry(void)
{
    return 5;
}
int main(void)
{
    int (*f)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "plugin_entry");
    printf("%s %d\n", f ? "found" : "lost", f ? f() : 0);
    return 0;
}
