#include "args.h"
#include <cstring>
First::~First() {}
Second::~Second() {}
Member::~Member() {}
Silent::~Silent() {}
struct FirstOne : First {};
struct SecondOne : Second {};
struct MemberOne : Member {};
struct SilentOne : Silent {};
First *make_first()
{
    return new FirstOne;
}
Second *make_second()
{
    return new SecondOne;
}
Member *make_member()
{
    return new MemberOne;
}
Silent *make_silent()
{
    return new SilentOne;
}
Text text_of(const char *name)
{
    Text t;
    std::strcpy(t.text, name);
    return t;
}
