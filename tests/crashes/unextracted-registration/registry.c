#include "registry.h"

static struct driver *volatile drivers;

void register_driver(struct driver *d)
{
    d->next = drivers;
    drivers = d;
}

struct driver *first_driver(void)
{
    return drivers;
}
