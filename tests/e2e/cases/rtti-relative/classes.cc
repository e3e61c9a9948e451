#include "classes.h"
int Asked::number() const
{
    return 1;
}
int Down::number() const
{
    return 2;
}
int Aside::number() const
{
    return 5;
}
int Plain::number() const
{
    return 3;
}
int PlainChild::number() const
{
    return 4;
}
Asked *make_asked(int aside)
{
    static Down d;
    static Aside a;
    if (aside)
        return &a;
    return &d;
}
Plain *make_plain(int child)
{
    static Plain p;
    static PlainChild c;
    return child ? &c : &p;
}
