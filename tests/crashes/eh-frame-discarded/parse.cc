#include <cstdlib>
#include <stdexcept>
#include <string>

static int digits(const std::string &text)
{
    if (text.find_first_not_of("0123456789") != std::string::npos)
        throw std::invalid_argument(text);
    return std::atoi(text.c_str());
}

int parse(const char *text)
{
    std::string copy = text; // has a destructor: this frame has a landing pad
    return digits(copy);
}
