/* -g: gdb shows a line and a backtrace in the result.
 * cflags: -g -gz=zlib -O0 -ffunction-sections -fdata-sections
 * link: $CC *.o -o $OUT
 * output: 4
 * drop: unused
 * gc: -e main
 * check: gdb -q -batch -ex 'break inner' -ex run -ex bt $OUT </dev/null > gdb.out 2>&1; grep -q 'inner (x=2) at .*main.c:[0-9]' gdb.out && grep -q '#1 .*outer.*main.c:' gdb.out && grep -q '#2 .*main ' gdb.out
 * check: readelf --debug-dump=info,line,ranges,aranges $OUT 2>&1 >/dev/null | { ! grep -i warning; }
 */
#include <stdio.h>
int unused(int x)
{
    return x * 5;
}
static int inner(int x)
{
    return x + 1;
}
static int outer(int x)
{
    return inner(x) + 1;
}
int main(void)
{
    printf("%d\n", outer(2));
    return 0;
}
