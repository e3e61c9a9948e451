#define _GNU_SOURCE /* REG_RIP */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <ucontext.h>

struct fixup {
    uint64_t at, resume;
};
extern const struct fixup fixups_begin[], fixups_end[];

int probe_read(const int *p, int *ret);

static const struct fixup *find_fixup(uint64_t at)
{
    const struct fixup *found = NULL;
    for (const struct fixup *f = fixups_begin; f < fixups_end; f++)
        if (f->at == at)
            found = f;
    return found;
}

/* Every fault of this program is one of the table's, so there is always an answer. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)info;
    ucontext_t *uc = context;
    uint64_t at = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
    uc->uc_mcontext.gregs[REG_RIP] = (long long)find_fixup(at)->resume;
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    int value = 0;
    printf("%s\n", probe_read((const int *)16, &value) ? "bad address" : "readable");
    return 0;
}
