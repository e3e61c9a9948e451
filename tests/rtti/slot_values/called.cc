// A class that nobody asks for its type, as far as the link shows; reader.c does.
#include <cstdio>

struct Lone {
    virtual ~Lone() {}
    virtual int value() { return 3; }
};
extern "C" const char *name_of(void *);

int main(int argc, char **)
{
    Lone lone;
    Lone *p = &lone;
    asm("" : "+r"(p));
    std::printf("%d\n", p->value());
    if (argc > 1)
        std::puts(name_of(p));
}
