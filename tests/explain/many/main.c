/* One program that has lost many things at once; its argument picks the one that it misses. What
 * `reap explain` says must follow the crash, not the order of lint's list. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*function)(void);
extern const function constructors_start[], constructors_end[];

void *heap_take(size_t n);
void run_command(const char *name);
int device_by_number(int n);
int own_mistake(int n);
__attribute__((weak)) int power_init(int level);

static int boot(int level)
{
    return power_init(level) + 1;
}

static int decode(int n)
{
    int (*f)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, "png_decode");
    return f(n) + 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    for (const function *f = constructors_start; f < constructors_end; f++)
        (*f)();
    if (!strcmp(what, "heap"))
        strcpy(heap_take(16), "x");
    if (!strcmp(what, "command"))
        run_command("help");
    if (!strcmp(what, "device"))
        return device_by_number(2);
    if (!strcmp(what, "weak"))
        return boot(argc);
    if (!strcmp(what, "dlsym"))
        return decode(argc);
    if (!strcmp(what, "own"))
        return own_mistake(argc);
    return 0;
}
