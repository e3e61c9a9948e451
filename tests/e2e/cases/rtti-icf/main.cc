// Vtables that differ in their RTTI slots alone must not become equal: a linker that folds identical
// sections folds them, and clang compares vtable pointers for a dynamic_cast to a final class.
// compiler: clang
// cflags: -O1 -ffunction-sections -fdata-sections
// link: $CXX main.o -Wl,--icf=all -o $OUT
// only: driver-lld-19 driver-lld-14 driver-mold
// run: $OUT
// output: 1 0
// option: assume=no-typeid-deref
// drop: _ZTI6FinalA _ZTI6FinalB _ZTI4Base
// keep: _ZTV6FinalA _ZTV6FinalB
// oracle: no
#include <cstdio>

struct Base {
    virtual ~Base();
    virtual int f();
};
Base::~Base() {}
int Base::f() { return 1; }
struct FinalA final : Base {
    virtual ~FinalA() = default;
};
struct FinalB final : Base {
    virtual ~FinalB() = default;
};

// what clang 17 makes of dynamic_cast<FinalA *>(p)
__attribute__((noinline)) static bool is_a(const Base *p, const Base *a)
{
    return *(void *const *)p == *(void *const *)a;
}

int main()
{
    FinalA a;
    FinalB b;
    const Base *pa = &a, *pb = &b;
    asm("" : "+r"(pa), "+r"(pb));
    std::printf("%d %d\n", is_a(pa, &a), is_a(pb, &a));
}
