#include <stdlib.h>

static char memory[256], *next;

void *allocate(unsigned n)
{
    if (!next)
        abort();
    next += n;
    return next - n;
}

static void allocator_init(void)
{
    next = memory;
}
__attribute__((section(".ctors.65435"),
               used)) static void (*const allocator_ctor)(void) = allocator_init;
