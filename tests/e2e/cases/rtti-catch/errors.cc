#include "errors.h"
Error::~Error() {}
int Error::code() const
{
    return 1;
}
int IoFailure::code() const
{
    return 3;
}
struct DiskError : Error {
    int code() const override;
};
int DiskError::code() const
{
    return 2;
}
Virtual::~Virtual() {}
struct Left : virtual Virtual {};
struct Right : Left, virtual Virtual {
    int more = 5;
};
void fail(int n)
{
    if (n == 3)
        throw IoFailure();
    throw DiskError();
}
void fail_with_pointer()
{
    throw new DiskError;
}
void fail_with_virtual_base()
{
    throw Right();
}
std::exception_ptr made_without_throw()
{
    return std::make_exception_ptr(DiskError());
}
struct Plain {
    virtual ~Plain();
    virtual int number() const;
};
Plain::~Plain() {}
int Plain::number() const
{
    return 4;
}
struct PlainChild : Plain {
    int number() const override;
};
int PlainChild::number() const
{
    return 7;
}
static Plain *volatile chosen;
int call_plain()
{
    static PlainChild child;
    static Plain plain;
    chosen = &child;
    int n = chosen->number();
    chosen = &plain;
    return n + chosen->number();
}
