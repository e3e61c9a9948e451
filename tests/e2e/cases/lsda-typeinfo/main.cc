// The LSDA of a live function keeps the typeinfos that it catches, by value, by reference and by
// pointer; that of a dead function keeps none.
// link: $CXX *.o -static -o $OUT
// output: value reference pointer
// keep: _ZTI7ByValue _ZTI11ByReference _ZTI9ByPointer
// drop: _ZTI6Unused _ZTS6Unused catches_unused
// gc: -e main
#include <cstdio>
struct ByValue {};
struct ByReference {};
struct ByPointer {};
struct Unused {};
int thrower(int what);
extern "C" int catches_unused(int x)
{
    try {
        return thrower(x);
    } catch (Unused &) {
        return 1;
    }
}
static ByPointer pointer;
__attribute__((noinline)) int thrower(int what)
{
    if (what == 0)
        throw ByValue();
    if (what == 1)
        throw ByReference();
    if (what == 2)
        throw &pointer;
    return 0;
}
__attribute__((noinline)) static const char *catcher(int what)
{
    try {
        thrower(what);
    } catch (ByValue) {
        return "value";
    } catch (ByReference &) {
        return "reference";
    } catch (ByPointer *) {
        return "pointer";
    }
    return "none";
}
int main()
{
    std::printf("%s %s %s\n", catcher(0), catcher(1), catcher(2));
}
