#include "trace.h"

TRACEPOINT(net_rx);
TRACEPOINT(net_tx);

int net_rx(int n)
{
    return n + 1;
}
