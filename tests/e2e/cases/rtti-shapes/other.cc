#include "forms.h"
namespace {
/* The name that forms.cc has, too: types that nothing may confuse. */
struct Hidden {
    virtual ~Hidden() {}
};
struct HiddenChild : Hidden {
    int x = 1;
};
Hidden *volatile hidden;
}
struct LongBox : Box<long> {
    LongBox() : Box<long>(1) {}
};
PlainBox<int> *other_plain_box()
{
    static PlainBox<int> box(5);
    static HiddenChild child;
    hidden = &child;
    return &box;
}
int is_int_box(Box<long> *b)
{
    return dynamic_cast<LongBox *>(b) != nullptr;
}
