#include "forms.h"
#include <cstdio>

struct Land {
    int legs = 4;
    virtual ~Land() {}
};
struct Water {
    int fins = 2;
    virtual ~Water() {}
};
struct Air {
    int wings = 2;
    virtual ~Air() {}
};
struct Amphibi : Land, Water {};
struct Everything : Amphibi, Air {};
int multiple()
{
    Everything e;
    Water *w = &e;
    return std::printf("multiple %d %d %d", dynamic_cast<Air *>(w) == &e, dynamic_cast<Land *>(w) == &e,
                       dynamic_cast<Everything *>(w) == &e);
}

struct Top {
    int probes = 0;
    Top() {}
    virtual ~Top() {}
    virtual int who() { return 0; }
};
struct Left : virtual Top {
    int seen;
    Left();
    int who() override { return 1; }
};
struct Right : virtual Top {
    int seen_whole;
    Right();
    int who() override { return 2; }
};
struct Diamond : Left, Right {
    int who() override { return 3; }
};
/* While Left is constructed inside of a Diamond, the object is a Left: the construction vtable says
 * so, and its slot is Left's typeinfo. */
Left::Left()
{
    Top *t = this;
    seen = dynamic_cast<Left *>(t) != nullptr;
}
Right::Right()
{
    Top *t = this;
    seen_whole = dynamic_cast<Diamond *>(t) != nullptr;
}
int virtuals()
{
    Diamond d;
    Top *t = &d;
    return std::printf(" virtual %d %d", dynamic_cast<Right *>(t) != nullptr,
                       dynamic_cast<Left *>(static_cast<Right *>(&d)) == &d);
}
int constructed()
{
    Diamond d;
    return std::printf(" while constructed %d %d", d.seen, d.seen_whole);
}

static Top *local_object(int which)
{
    struct Inner : Top {
        int who() override { return 10; }
    };
    if (which)
        return new Inner;
    struct Unasked : Top {
        int who() override { return 11; }
    };
    return new Unasked;
}
template <class F> static bool casts_to_local(F *p)
{
    struct Mine : Top {};
    static Mine mine;
    Top *volatile m = &mine;
    return dynamic_cast<Mine *>(p) != nullptr || dynamic_cast<Mine *>(m) == nullptr;
}
int locals()
{
    Top *a = local_object(1), *b = local_object(0);
    int n = std::printf(" local %d %d", a->who() == 10, casts_to_local(b) || casts_to_local(a));
    delete a;
    delete b;
    return n;
}

namespace {
struct Hidden {
    virtual ~Hidden() {}
};
struct HiddenChild : Hidden {};
struct Other : Hidden {};
struct PlainHidden {
    virtual ~PlainHidden() {}
    virtual int four() { return 4; }
};
}
int anonymous()
{
    HiddenChild c;
    Other o;
    Hidden *volatile p = &c, *volatile q = &o;
    return std::printf(" anonymous %d %d", dynamic_cast<HiddenChild *>(p) != nullptr,
                       dynamic_cast<HiddenChild *>(q) != nullptr);
}

struct IntBox : Box<int> {
    IntBox() : Box<int>(1) {}
};
int templates()
{
    IntBox i;
    Box<int> *volatile p = &i;
    Box<long> l(3);
    return std::printf(" template %d %d", dynamic_cast<IntBox *>(p) != nullptr, is_int_box(&l));
}

struct Open {
    virtual ~Open() {}
};
struct Closed : private Open {
    static Open *make(Closed *c) { return c; }
};
int privates()
{
    Closed c;
    Open *volatile o = Closed::make(&c);
    return std::printf(" private %d", dynamic_cast<Closed *>(o) != nullptr);
}

struct PlainBase {
    virtual ~PlainBase() {}
    virtual int number() { return 1; }
};
struct PlainSecond {
    virtual ~PlainSecond() {}
    virtual int second() { return 0; }
};
struct PlainSingle : PlainBase {
    int number() override { return 2; }
};
struct PlainMultiple : PlainBase, PlainSecond {
    int second() override { return 3; }
};
struct PlainVirtual : virtual PlainBase, virtual PlainSecond {
    int second() override { return 3; }
};
int plains()
{
    PlainBase b;
    PlainSingle s;
    PlainMultiple m;
    PlainVirtual v;
    PlainHidden h;
    PlainBox<int> *box = other_plain_box();
    PlainBox<long> more(6);
    PlainBase *volatile pb = &b, *volatile ps = &s;
    PlainSecond *volatile pm = &m, *volatile pv = &v;
    PlainHidden *volatile ph = &h;
    PlainBox<long> *volatile pl = &more;
    int n = std::printf(" plain %d %d %d %d", pb->number(), ps->number(), pm->second() + pv->second() - 3, ph->four());
    n += std::printf(" %ld %ld\n", box->get(), pl->get());
    return n;
}
