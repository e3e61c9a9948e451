// cflags-here: -O1 -fno-rtti -ffunction-sections -fdata-sections
#include "mixed.h"
struct Without : Lone {
    int number() override;
};
int Without::number()
{
    return 5;
}
Lone *make_without()
{
    return new Without;
}
int pair_without()
{
    static Pair<int> p;
    Pair<int> *volatile q = &p;
    p.first = 3;
    return q->get();
}
