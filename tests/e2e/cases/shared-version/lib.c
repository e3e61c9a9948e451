/* A shared library with a version script and two versions of one symbol: what the script exports
 * stays with everything it needs; what it makes local goes when nobody calls it.
 * cflags: -O1 -ffunction-sections -fdata-sections -fPIC
 * link: $CC -shared lib.o -Wl,--version-script=v.map -Wl,-soname,libv.so.1 -o $OUT
 * before: gcc -O1 -c use.txt -x c -o use.o.txt 2>/dev/null || true
 * run: cp $OUT ./libv.so.1 && ln -sf libv.so.1 libv.so && gcc -x c use.txt -o use -L. -lv && LD_LIBRARY_PATH=. ./use && nm -D --with-symbol-versions libv.so.1 | grep -o 'answer@.*'
 * keep: api helper
 * drop: hidden_and_unused
 */
int helper(int x);
int helper(int x)
{
    return x + 1;
}
int hidden_and_unused(int x)
{
    return x + 2;
}
int api(int x)
{
    return helper(x);
}
__attribute__((noipa)) int answer_old(void)
{
    return 41;
}
__attribute__((noipa)) int answer_new(void)
{
    return 42;
}
__asm__(".symver answer_old, answer@V1");
__asm__(".symver answer_new, answer@@V2");
