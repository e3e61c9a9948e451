#include "registry.h"

static struct driver console = {"console", 0};

__attribute__((constructor)) static void add_console(void)
{
    register_driver(&console);
}
