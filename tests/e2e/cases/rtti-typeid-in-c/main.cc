// C++ in a file called .c, which has no mangled name: it looks like C, and asks by typeid.
// before: cp ask.txt ask.c && g++ -O2 -ffunction-sections -c ask.c -o ask.o && ! nm ask.o | grep _Z && readelf -sW ask.o | grep -q 'FILE.* ask\.c'
// link: $CXX main.o ask.o -static -o $OUT
// output: 7Message 6Letter
// keep: _ZTI7Message _ZTI6Letter
#include <cstdio>
struct Message {
    virtual ~Message();
    virtual int size();
};
struct Letter : Message {
    int size() override;
};
Message::~Message() {}
int Message::size()
{
    return 0;
}
int Letter::size()
{
    return 1;
}
extern "C" const char *name_of(Message &);
int main()
{
    Message m;
    Letter l;
    std::printf("%s %s\n", name_of(m), name_of(l));
}
