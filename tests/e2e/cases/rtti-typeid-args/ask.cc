#include "args.h"
#include <cstring>
#include <stdexcept>
#include <typeinfo>
Text free_function(const First &f, const Second &)
{
    Text t;
    std::strcpy(t.text, typeid(f).name());
    return t;
}
Text Silent::missing(const Second &) const
{
    throw std::runtime_error(typeid(*this).name());
}
