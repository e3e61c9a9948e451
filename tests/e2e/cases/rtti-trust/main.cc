// Code that looks like typeid(*p) and is not: nothing is proved, so that typeinfo goes on the user's
// word alone, and the report says which function may read it all the same.
// link: $CXX main.o -static -o $OUT
// option: assume=no-typeid-deref
// run: $OUT
// output: 3 6
// keep: _ZTV4Lone
// drop: _ZTI4Lone _ZTS4Lone
// why: _ZTI4Lone removed (rtti-unobservable)
// check: grep -q 'note: rtti: type information is gone where casts or catches are live' $REPORT
// check: grep -q 'may read the type information of any object: back(Stack\*)' $REPORT
// check: grep -q 'on the assumption that was given; it is not proved' $REPORT
#include <cstdio>

struct Lone {
    virtual ~Lone() {}
    virtual int value() { return 3; }
};

struct Stack {
    int **end;
};
static int numbers[] = {5, 6};
static int *slots[] = {numbers, numbers + 1};

__attribute__((noinline)) int *back(Stack *s) { return s->end[-1]; }

int main()
{
    Lone lone;
    Lone *p = &lone;
    Stack stack = {slots + 2};
    Stack *s = &stack;
    asm("" : "+r"(p), "+r"(s));
    std::printf("%d %d\n", p->value(), *back(s));
}
