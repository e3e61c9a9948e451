// All that this file does is done before main.
#include "registry.h"

static tracepoint *all[3];

// Exported for loadable modules, which is why it stays when its only caller here has gone.
extern "C" void register_tracepoints()
{
    static const char *const names[] = {"sched_switch", "page_fault", "net_rx"};
    for (int i = 0; i < 3; i++)
        register_tracepoint(all[i] = new tracepoint(names[i]));
}

namespace
{
struct at_start {
    at_start()
    {
        register_tracepoints();
    }
} instance;
} // namespace
