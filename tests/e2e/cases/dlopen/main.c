/* A program that loads a module which calls back into it: names on the dynamic list stay.
 * before: gcc -O1 -fPIC -shared module.txt -x c /dev/null -o m.so 2>/dev/null || gcc -O1 -fPIC -shared -x c module.txt -o m.so
 * link: $CC main.o -Wl,--dynamic-list=list -ldl -o $OUT
 * run: $OUT ./m.so
 * output: 30
 * keep: callback
 * drop: not_listed
 */
#include <dlfcn.h>
#include <stdio.h>
int callback(int x)
{
    return x * 10;
}
int not_listed(int x)
{
    return x * 11;
}
int main(int argc, char **argv)
{
    void *h = argc > 1 ? dlopen(argv[1], RTLD_NOW) : 0;
    int (*f)(int) = h ? (int (*)(int))dlsym(h, "entry") : 0;
    printf("%d\n", f ? f(3) : -1);
    return 0;
}
