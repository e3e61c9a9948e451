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
Text Member::describe(const Second &) const
{
    return text_of(typeid(*this).name());
}
Text Silent::missing(const Second &) const
{
    throw std::runtime_error(typeid(*this).name());
}
