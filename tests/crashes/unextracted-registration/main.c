#include "registry.h"

#include <stdio.h>

int main(void)
{
    struct driver *d;
    while (!(d = first_driver())) /* one may be plugged in any moment */
        ;
    puts(d->name);
    return 0;
}
