#include "init.h"

#include <stdio.h>

static int log_ready;

void log_line(const char *text)
{
    if (log_ready)
        puts(text);
}

static void log_init(void)
{
    log_ready = 1;
}
INITCALL("early", log_init);
