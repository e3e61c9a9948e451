#include "trace.h"

TRACEPOINT(disk_io);

int disk_io(int n)
{
    return n * 2;
}
