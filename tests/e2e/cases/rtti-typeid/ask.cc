// cflags-here: -Os -ffunction-sections -fdata-sections
#include "nodes.h"
#include <typeinfo>
const char *name_of(const Node &n)
{
    return typeid(n).name();
}
bool same(const Node &a, const Node &b)
{
    return typeid(a) == typeid(b);
}
std::type_index index_of(const Node *n)
{
    return std::type_index(typeid(*n));
}
