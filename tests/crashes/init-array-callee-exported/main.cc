// Takes the address of a tracepoint by its number, as a kernel's tracing does at boot.
#include "registry.h"

#include <cstdio>

int main()
{
    std::puts(tracepoint_by_number(2)->name);
}
