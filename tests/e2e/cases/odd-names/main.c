/* Names with spaces and newlines, two members of one name, an object given under two names.
 * before: mkdir -p "d ir" e; for i in 1 2; do gcc -O1 -ffunction-sections -x c -c m$i.txt -o "m$i.obj"; done; cp m1.obj "d ir/same name.obj"; cp m2.obj "e/same name.obj"; ar qcs "lib odd.a" "d ir/same name.obj" "e/same name.obj"; cp main.o "$(printf 'ma\nin.obj')"
 * link: $CC "$(printf 'ma\nin.obj')" "lib odd.a" -o $OUT
 * output: 3
 * drop: m1_unused m2_unused
 */
#include <stdio.h>
int m1(void), m2(void);
int main(void)
{
    printf("%d\n", m1() + m2());
    return 0;
}
