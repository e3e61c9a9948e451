#include <stdio.h>

/* Weak by a copied header; this program cannot do without it. */
__attribute__((weak)) int power_init(int level);

static int boot(int level)
{
    return power_init(level) + 1;
}

int main(int argc, char **argv)
{
    (void)argv;
    printf("%d\n", boot(argc));
    return 0;
}
