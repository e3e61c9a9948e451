#include <stddef.h>
#include <stdlib.h>

static char *heap, *heap_end;

void *heap_take(size_t n)
{
    if (!heap || heap + n > heap_end)
        abort();
    heap += n;
    return heap - n;
}

static void heap_init(void)
{
    static char memory[4096];
    heap = memory;
    heap_end = memory + sizeof memory;
}

__attribute__((section(".constructors"),
               used)) static void (*const heap_constructor)(void) = heap_init;
