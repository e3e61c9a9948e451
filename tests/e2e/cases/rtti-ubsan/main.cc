// -fsanitize=vptr: a runtime in a shared library reads the slots of objects that it is handed, also
// of classes that nothing in the program names.
// cflags: -O1 -fsanitize=vptr -ffunction-sections -fdata-sections
// link: $CXX *.o -fsanitize=vptr -o $OUT
// run: $OUT 2>&1 | grep -o 'object.*type.*\|^[0-9]$'
// only: plugin-bfd driver-lld-19
// keep: _ZTI7Unasked
#include <cstdio>
struct Wanted {
    virtual ~Wanted() {}
    virtual int number() { return 1; }
};
struct Unasked {
    virtual ~Unasked() {}
    virtual int number() { return 2; }
};
static Unasked *volatile unasked;
int main()
{
    static Unasked u;
    unasked = &u;
    Wanted *w = reinterpret_cast<Wanted *>(unasked);
    std::printf("%d\n", w->number());
}
