typedef void (*initcall)(void);
#define INITCALL(level, f)                                                                         \
    __attribute__((section(".initcall." level), used)) static const initcall f##_call = f

void log_line(const char *text);
void *bus_lookup(int n);
