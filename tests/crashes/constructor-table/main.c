#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

typedef void (*constructor)(void);
extern constructor constructors_start[], constructors_end[];

void *heap_take(size_t n);

int main(void)
{
    for (constructor *c = constructors_start; c < constructors_end; c++)
        (*c)();
    char *p = heap_take(16);
    snprintf(p, 16, "heap works");
    puts(p);
    return 0;
}
