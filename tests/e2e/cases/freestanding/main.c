/* -nostdlib, own entry by -e.
 * cflags: -O1 -ffunction-sections -fdata-sections -ffreestanding -fno-stack-protector -fPIE
 * link: $CC -nostdlib -static -Wl,-e,begin *.o -o $OUT
 * run: $OUT; echo $?
 * output: 5
 * keep: begin
 * drop: unused
 */
int unused(void);
int unused(void)
{
    return 1;
}
void begin(void);
void begin(void)
{
    __asm__ volatile("syscall" : : "a"(60), "D"(5) : "rcx", "r11", "memory");
    __builtin_unreachable();
}
