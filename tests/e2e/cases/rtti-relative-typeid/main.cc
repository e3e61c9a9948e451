// typeid of an object through a relative vtable: 32-bit loads, which nobody searches for. Without a
// promise every slot stays.
// output: 5Plain 10PlainChild
// keep: _ZTI5Plain _ZTI10PlainChild
// drop:
#include "classes.h"
extern "C" int printf(const char *, ...);
namespace std {
class type_info {
  public:
    virtual ~type_info();
    const char *spelled;
};
}
int main()
{
    Plain *volatile p = make_plain(0), *volatile c = make_plain(1);
    Plain &rp = *p, &rc = *c;
    printf("%s %s\n", typeid(rp).spelled, typeid(rc).spelled);
}
