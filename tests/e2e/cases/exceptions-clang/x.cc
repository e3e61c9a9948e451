#include "x.h"
bool cleaned;
struct Guard {
    ~Guard() { cleaned = true; }
};
static __attribute__((noinline)) void thrower(int v)
{
    throw v;
}
extern "C" void thrower_unused(int v)
{
    Guard g;
    thrower(v + 1);
}
extern "C" void middle(int v)
{
    Guard g;
    thrower(v);
}
const char *Base::name() const
{
    return "base";
}
Base::~Base() {}
struct Derived : Base {
    const char *name() const override { return "derived"; }
};
void throw_derived()
{
    throw Derived();
}
