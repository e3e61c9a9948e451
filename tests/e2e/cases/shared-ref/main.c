/* A shared library on the line calls back into the program: the name that it mentions stays.
 * before: gcc -O1 -fPIC -shared -x c lib.txt -o libcb.so
 * link: $CC main.o ./libcb.so -Wl,-rpath,. -o $OUT
 * output: 12
 * keep: provided
 * drop: not_provided
 * why: provided libcb.so
 */
#include <stdio.h>
int provided(int x)
{
    return x * 2;
}
int not_provided(int x)
{
    return x * 3;
}
int lib_entry(int);
int main(void)
{
    printf("%d\n", lib_entry(6));
    return 0;
}
