/* step_a64.c: as step_x86.c, for AArch64: run single instructions and print which registers change.
 *
 * Runs natively or in qemu-aarch64, which has no ptrace: the instruction stands in a page of its
 * own, between code that loads all registers and code that stores them. Instructions that use the
 * stack pointer are not for this program. tpidr_el0 keeps x0 while its page is left.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DATA UINT64_C(0x5500000000)
enum {
    DATA_BYTES = 1 << 20,
    N_REGISTERS = 31,
    ROUNDS = 2,
    LITERALS = 16 /* words into the page */
};

static uint64_t in[N_REGISTERS], out[N_REGISTERS];
static sigjmp_buf fault;

/* Load x1 to x30 from `values`, go to `page`; at run_back x0 is `out`, x1 stored. */
void run_page(const uint64_t *values, const uint32_t *page, uint64_t flags);
extern const char run_back[];
__asm__(".text\n.globl run_page\nrun_page:\n"
        "stp x29, x30, [sp, #-112]!\n stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n"
        "stp x23, x24, [sp, #48]\n stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n"
        "mrs x3, tpidr_el0\n str x3, [sp, #96]\n str x1, [sp, #104]\n msr nzcv, x2\n"
        "ldp x1, x2, [x0, #8]\n ldp x3, x4, [x0, #24]\n ldp x5, x6, [x0, #40]\n"
        "ldp x7, x8, [x0, #56]\n ldp x9, x10, [x0, #72]\n ldp x11, x12, [x0, #88]\n"
        "ldp x13, x14, [x0, #104]\n ldp x15, x16, [x0, #120]\n ldp x17, x18, [x0, #136]\n"
        "ldp x19, x20, [x0, #152]\n ldp x21, x22, [x0, #168]\n ldp x23, x24, [x0, #184]\n"
        "ldp x25, x26, [x0, #200]\n ldp x27, x28, [x0, #216]\n ldp x29, x30, [x0, #232]\n"
        "ldr x0, [sp, #104]\n br x0\n"
        ".globl run_back\nrun_back:\n"
        "str x2, [x0, #16]\n stp x3, x4, [x0, #24]\n stp x5, x6, [x0, #40]\n"
        "stp x7, x8, [x0, #56]\n stp x9, x10, [x0, #72]\n stp x11, x12, [x0, #88]\n"
        "stp x13, x14, [x0, #104]\n stp x15, x16, [x0, #120]\n stp x17, x18, [x0, #136]\n"
        "stp x19, x20, [x0, #152]\n stp x21, x22, [x0, #168]\n stp x23, x24, [x0, #184]\n"
        "stp x25, x26, [x0, #200]\n stp x27, x28, [x0, #216]\n stp x29, x30, [x0, #232]\n"
        "mrs x1, tpidr_el0\n str x1, [x0]\n ldr x3, [sp, #96]\n msr tpidr_el0, x3\n"
        "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x23, x24, [sp, #48]\n"
        "ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n ldp x29, x30, [sp], #112\n ret\n");

static void on_fault(int signal_no)
{
    (void)signal_no;
    siglongjmp(fault, 1);
}

static void prepare(uint32_t *page)
{
    uint64_t literals[3] = {0, (uint64_t)(uintptr_t)out, (uint64_t)(uintptr_t)run_back};
    page[0] = 0x58000000 | (LITERALS - 0) << 5; /* ldr x0, in[0] */
    page[2] = 0xd51bd040;                       /* msr tpidr_el0, x0 */
    page[3] = 0x58000000 | (LITERALS + 2 - 3) << 5;
    page[4] = 0xf9000401;                           /* str x1, [x0, #8] */
    page[5] = 0x58000001 | (LITERALS + 4 - 5) << 5; /* ldr x1, run_back */
    page[6] = 0xd61f0020;                           /* br x1 */
    memcpy(page + LITERALS, literals, sizeof literals);
}

static bool run(uint32_t *page, uint32_t word, unsigned index, unsigned round,
                uint64_t *ret_changed)
{
    for (unsigned n = 0; n < N_REGISTERS; n++)
        in[n] = DATA + DATA_BYTES / 2 + n * 4096 + round * 0x158;
    if (index)
        in[index - 1] = 8 + round * 16;
    page[1] = word;
    memcpy(page + LITERALS, &in[0], sizeof in[0]);
    __builtin___clear_cache((char *)page, (char *)(page + 64));
    if (sigsetjmp(fault, 1))
        return false;
    run_page(in, page, round ? UINT64_C(0xf0000000) : 0);
    for (unsigned n = 0; n < N_REGISTERS; n++)
        if (in[n] != out[n])
            *ret_changed |= UINT64_C(2) << n;
    return true;
}

int main(void)
{
    static char stack[1 << 16];
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
    uint32_t *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *data = mmap((void *)DATA, DATA_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (page == MAP_FAILED || data == MAP_FAILED || sigaltstack(&alternative, NULL) != 0)
        return 2;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
    for (unsigned i = 0; i < DATA_BYTES; i++)
        data[i] = (uint8_t)(i * 37 + (i >> 8) * 11 + 5);
    prepare(page);
    uint32_t word;
    unsigned index;
    while (scanf("%" SCNx32 " %u", &word, &index) == 2) {
        uint64_t changed = 0;
        bool ran = false;
        if (index > N_REGISTERS)
            index = 0;
        for (unsigned round = 0; round < ROUNDS; round++)
            ran |= run(page, __builtin_bswap32(word), index, round, &changed);
        if (ran)
            printf("%" PRIx64 "\n", changed);
        else
            printf("-\n");
    }
    return 0;
}
