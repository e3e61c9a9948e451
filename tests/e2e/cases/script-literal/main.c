/* A script that names a file without wildcards: the file stays untouched, with all that it mentions.
 * between symbols that live code reads.
 * cflags: -O1 -ffunction-sections -fdata-sections -ffreestanding -fno-pic -fno-asynchronous-unwind-tables -fno-stack-protector -fcf-protection=none
 * before: for i in m n; do gcc -O1 -ffunction-sections -ffreestanding -fno-pic -fno-asynchronous-unwind-tables -fcf-protection=none -x c -c $i.txt -o $i.o.tmp; mv $i.o.tmp $i.obj; done; mkdir -p lib; cp m.obj m.o.x; rm -f libx.a; mkdir -p t; cp m.obj t/m.o; cp n.obj t/n.o; ar rcs libx.a t/m.o t/n.o; rm m.o.x
 * link: $CC -nostdlib -static -no-pie -Wl,-T,x.lds -Wl,--build-id=none main.o libx.a -o $OUT
 * run: $OUT; echo $?
 * output: 107
 * keep: kept_by_script table_entry_fn plain_unused
 * oracle: no
 * check: [ $LINKER = gold ] || nm $OUT | grep " special"
 * skip: driver-mold mold has no SECTIONS command
 */
typedef int (*fn)(void);
extern const fn tab_start[], tab_end[];
int m(void);
int table_entry_fn(void)
{
    return 7;
}
int plain_unused(void)
{
    return 1;
}
__attribute__((section(".keepme"))) int kept_by_script(void)
{
    return 2;
}
__attribute__((section(".table.b"), used)) static const fn entry = table_entry_fn;
static void finish(int code)
{
    __asm__ volatile("syscall" : : "a"(60), "D"(code) : "rcx", "r11", "memory");
    __builtin_unreachable();
}
void start(void);
void start(void)
{
    int n = m();
    for (const fn *f = tab_start; f < tab_end; f++)
        n += (*f)();
    finish(n);
}
