#include "host.h"
Device::~Device() {}
int Device::call_back(void (*)())
{
    return 0;
}
Reader::~Reader() {}
int Reader::read()
{
    return 0;
}
HostError::~HostError() {}
int HostError::code() const
{
    return 1;
}
int Local::call_back(void (*)())
{
    return 2;
}
Device *make_local()
{
    return new Local;
}
struct Deep : HostError {
    int code() const override;
};
int Deep::code() const
{
    return 4;
}
void host_throws()
{
    throw Deep();
}
