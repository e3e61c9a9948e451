struct tracepoint {
    const char *name;
    unsigned hits;
};
#define TRACEPOINT(n)                                                                              \
    static struct tracepoint trace_##n = {#n, 0};                                                  \
    __attribute__((section(".tracepoint_ptrs"), used)) static struct tracepoint *trace_##n##_ptr = \
        &trace_##n

int net_rx(int n);
int disk_io(int n);
