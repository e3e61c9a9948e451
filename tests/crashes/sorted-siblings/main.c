#include "init.h"

extern const initcall initcalls_start[], initcalls_end[];

int main(void)
{
    for (const initcall *c = initcalls_start; c < initcalls_end; c++)
        (*c)();
    log_line(bus_lookup(2) ? "bus is up" : "");
    return 0;
}
