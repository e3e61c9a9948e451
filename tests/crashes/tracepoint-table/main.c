#include "trace.h"

#include <stdio.h>

extern struct tracepoint *tracepoint_ptrs_base[], *tracepoint_ptrs_top[];

static struct tracepoint *pick(unsigned hash)
{
    unsigned n = (unsigned)(tracepoint_ptrs_top - tracepoint_ptrs_base);
    return tracepoint_ptrs_base[hash % n];
}

int main(int argc, char **argv)
{
    (void)argv;
    int work = net_rx(argc) + disk_io(argc);
    pick((unsigned)work)->hits++;
    printf("%s\n", pick((unsigned)work)->name);
    return 0;
}
