#include "mixed.h"
struct Derived : Lone {
    int number() override { return 6; }
};
Kept *make_kept(int child)
{
    return child ? new KeptChild : new Kept;
}
Lone *make_derived()
{
    return new Derived;
}
int pair_with()
{
    static Pair<int> p;
    Pair<int> *volatile q = &p;
    p.first = 4;
    return q->get();
}
int sum_pairs()
{
    return pair_with() + pair_without();
}
void throw_kept()
{
    throw KeptChild();
}
