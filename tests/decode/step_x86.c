/* step_x86.c: run single instructions of x86-64 and print which general registers change.
 *
 *   step_x86 < LINES
 *
 * A line is "BYTES INDEX": the instruction in hexadecimal, and the number of the register that
 * shall be small because it is an index (0: none). For each a line: the mask of the registers that
 * changed (bit n: register n, numbered as in arch/decode.h), or "-" when the processor would not
 * run it.
 *
 * A child with a page of code and one of data, both at fixed places, is stepped by ptrace. Every
 * register points into the data, each elsewhere, so that most memory operands are good ones.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CODE UINT64_C(0x10000000)
#define DATA UINT64_C(0x20000000)
enum { DATA_BYTES = 1 << 20, N_REGISTERS = 16, ROUNDS = 2 };

static unsigned long long *register_of(struct user_regs_struct *r, unsigned n)
{
    unsigned long long *const all[N_REGISTERS] = {
        &r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
        &r->r8,  &r->r9,  &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15};
    return all[n];
}

static pid_t start_child(void)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    void *code = mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    uint8_t *data = mmap((void *)DATA, DATA_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (code == MAP_FAILED || data == MAP_FAILED || ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
        _exit(1);
    for (unsigned i = 0; i < DATA_BYTES; i++)
        data[i] = (uint8_t)(i * 37 + (i >> 8) * 11 + 5);
    raise(SIGSTOP);
    _exit(1); /* never gets here */
}

static bool stopped(pid_t child, int *ret_signal)
{
    int status;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return false;
    *ret_signal = WSTOPSIG(status);
    return true;
}

/* One step with one set of values. *ret_ran: the processor ran it. False: the child is lost. */
static bool step(pid_t child, const struct user_regs_struct *pattern, unsigned index,
                 unsigned round, uint64_t *ret_changed, bool *ret_ran)
{
    struct user_regs_struct before = *pattern, after;
    int signal_no;
    for (unsigned n = 0; n < N_REGISTERS; n++)
        *register_of(&before, n) = DATA + DATA_BYTES / 2 + n * 4096 + round * 0x158;
    if (index)
        *register_of(&before, index - 1) = 8 + round * 16;
    before.rip = CODE;
    before.eflags = round ? 0xad7 & ~0x500u : 0x202; /* all conditions true, and false; no DF, TF */
    before.orig_rax = (unsigned long long)-1;
    if (ptrace(PTRACE_SETREGS, child, 0, &before) != 0 ||
        ptrace(PTRACE_SINGLESTEP, child, 0, 0) != 0 || !stopped(child, &signal_no) ||
        ptrace(PTRACE_GETREGS, child, 0, &after) != 0)
        return false;
    if (signal_no != SIGTRAP)
        return true;
    *ret_ran = true;
    for (unsigned n = 0; n < N_REGISTERS; n++)
        if (*register_of(&before, n) != *register_of(&after, n))
            *ret_changed |= UINT64_C(2) << n;
    return true;
}

int main(void)
{
    char line[128], hex[64];
    struct user_regs_struct pattern;
    int signal_no;
    pid_t child = start_child();
    if (child < 0 || !stopped(child, &signal_no) ||
        ptrace(PTRACE_GETREGS, child, 0, &pattern) != 0) {
        fprintf(stderr, "step_x86: cannot trace a child\n");
        return 2;
    }
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL);
    while (fgets(line, sizeof line, stdin)) {
        unsigned index, n = 0, byte;
        uint8_t code[32];
        if (sscanf(line, "%63s %u", hex, &index) != 2 || index > N_REGISTERS)
            return 2;
        memset(code, 0x90, sizeof code);
        for (; n < 16 && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
            code[n] = (uint8_t)byte;
        struct iovec from = {code, sizeof code}, to = {(void *)CODE, sizeof code};
        uint64_t changed = 0;
        bool ran = false;
        if (process_vm_writev(child, &from, 1, &to, 1, 0) != sizeof code)
            return 2;
        for (unsigned round = 0; round < ROUNDS; round++)
            if (!step(child, &pattern, index, round, &changed, &ran)) {
                fprintf(stderr, "step_x86: lost the child at %s\n", hex);
                return 2;
            }
        if (ran)
            printf("%" PRIx64 "\n", changed);
        else
            printf("-\n");
    }
    kill(child, SIGKILL);
    return 0;
}
