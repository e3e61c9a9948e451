#pragma once
struct tracepoint {
    const char *name;
    tracepoint(const char *n) : name(n)
    {
    }
};
void register_tracepoint(tracepoint *t);
tracepoint *tracepoint_by_number(unsigned n);
