// What becomes of a program that does look at typeinfo when slots are cut all the same: the run's
// argument says how it looks.
#include <cstdio>
#include <typeinfo>

struct Shape {
    virtual ~Shape() {}
    virtual int sides() { return 0; }
};
struct Square : Shape {
    int sides() override { return 4; }
};
struct Triangle : Shape {
    int sides() override { return 3; }
};
struct Other {
    virtual ~Other() {}
};

int main(int argc, char **argv)
{
    Square square;
    Triangle triangle;
    Shape *a = &square, *b = &triangle;
    asm("" : "+r"(a), "+r"(b));
    switch (argc > 1 ? argv[1][0] : 0) {
    case 'n': std::puts(typeid(*a).name()); break;
    case 'e': std::printf("%d\n", typeid(*a) == typeid(*b)); break;
    case 'd': std::printf("%d\n", dynamic_cast<Square *>(a) != nullptr); break;
    case 'x': std::printf("%d\n", dynamic_cast<Other *>(a) != nullptr); break;
    default: std::printf("%d\n", a->sides() + b->sides());
    }
}
