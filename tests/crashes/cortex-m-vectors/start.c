/* Vectors of a Cortex-M3: the processor reads the stack pointer and the reset vector from address
 * 0; no code mentions the table (ARMv7-M Architecture Reference Manual, B1.5.3). */
int main(void);

void reset(void);
void reset(void)
{
    /* Semihosting, SYS_EXIT with ADP_Stopped_ApplicationExit: the emulator stops with status 0. */
    int status = main() ? 0x20023 : 0x20026;
    register int op __asm__("r0") = 0x18;
    register int reason __asm__("r1") = status;
    __asm__ volatile("bkpt 0xab" : : "r"(op), "r"(reason) : "memory");
    for (;;)
        ;
}

static void fault(void)
{
    for (;;)
        ;
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    (const void *)0x20010000,
    (const void *)reset,
    (const void *)fault,
    (const void *)fault,
};
