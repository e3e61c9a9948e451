#include "init.h"

#include <stdlib.h>

static void *devices[4];

static void bus_init(void)
{
    static int device;
    for (int i = 0; i < 4; i++)
        devices[i] = &device;
}
INITCALL("1", bus_init);

void *bus_lookup(int n)
{
    if (!devices[n])
        abort();
    return devices[n];
}
