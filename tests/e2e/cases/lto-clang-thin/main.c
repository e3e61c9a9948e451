/* LLVM bitcode in the link: not collected, never broken.
 * compiler: clang
 * cflags: -O1 -ffunction-sections -flto=thin
 * before: gcc -O1 -ffunction-sections -x c -c native.txt -o native.o
 * link: $CC -flto=thin *.o -o $OUT
 * output: 5
 * collected: no
 * oracle: no
 * only: lld-14
 */
#include <stdio.h>
int native(int);
int main(void)
{
    printf("%d\n", native(4));
    return 0;
}
