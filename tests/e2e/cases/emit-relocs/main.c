/* Options that only pass through: build-id, hash style, relro, a map, --emit-relocs.
 * link: $CC *.o -Wl,--build-id=sha1,--hash-style=gnu,-z,relro,-z,now,-Map,$OUT.map -Wl,--emit-relocs -o $OUT
 * output: ok
 * drop: unused
 * oracle-extra: .rela.eh_frame
 * check: readelf -n $OUT | grep 'Build ID' >/dev/null && readelf -SW $OUT | grep rela.text > /dev/null && test -s $OUT.map
 */
#include <stdio.h>
int unused(void)
{
    return 1;
}
int main(void)
{
    puts("ok");
    return 0;
}
