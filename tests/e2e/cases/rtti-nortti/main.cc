// Objects built without RTTI beside others with it: slots that were 0 from the start, a class of
// each kind derived from a class of the other, templates that both instantiate.
// link: $CXX main.o without.o with.o -static -o $OUT
// output: with 1 0 without 5 derived 6 mixed 7 caught 8
// keep: _ZTI4Kept _ZTI9KeptChild _ZTV7Without
// drop: _ZTI4Lone _ZTS4Lone _ZTI7Without
#include <cstdio>
#include "mixed.h"
int main()
{
    Kept *volatile child = make_kept(1), *volatile kept = make_kept(0);
    std::printf("with %d %d", dynamic_cast<KeptChild *>(child) != nullptr, dynamic_cast<KeptChild *>(kept) != nullptr);
    Lone *volatile lone = make_without();
    std::printf(" without %d", lone->number());
    lone = make_derived();
    std::printf(" derived %d", lone->number());
    std::printf(" mixed %d", sum_pairs());
    try {
        throw_kept();
    } catch (Kept &k) {
        std::printf(" caught %d\n", k.number());
    }
}
