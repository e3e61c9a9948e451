#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static int open_codec(const char *name)
{
    char symbol[64];
    snprintf(symbol, sizeof symbol, "codec_%s_open", name);
    int (*open)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, symbol);
    if (!open)
        abort();
    return open();
}

int main(int argc, char **argv)
{
    printf("%d\n", open_codec(argc > 1 ? argv[1] : "jpeg"));
    return 0;
}
