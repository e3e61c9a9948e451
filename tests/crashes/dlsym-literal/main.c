#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    int (*decode)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, "png_decode");
    printf("%d\n", decode(20));
    return 0;
}
