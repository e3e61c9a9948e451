#include "args.h"
First::~First() {}
Second::~Second() {}
Silent::~Silent() {}
struct FirstOne : First {};
struct SecondOne : Second {};
struct SilentOne : Silent {};
First *make_first()
{
    return new FirstOne;
}
Second *make_second()
{
    return new SecondOne;
}
Silent *make_silent()
{
    return new SilentOne;
}
