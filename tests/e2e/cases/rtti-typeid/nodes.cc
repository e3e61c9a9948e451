// cflags-here: -O2 -ffunction-sections -fdata-sections
#include "nodes.h"
Node::~Node() {}
int Leaf::number() const
{
    return 1;
}
struct Other : Node {
    int number() const override;
};
int Other::number() const
{
    return 2;
}
struct Third : Node {
    int number() const override;
};
int Third::number() const
{
    return 3;
}
Node *make(int n)
{
    switch (n) {
    case 0: return new Leaf;
    case 1: return new Other;
    case 2: return new Third;
    default: return nullptr;
    }
}
