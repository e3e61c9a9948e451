#include "shapes.h"
#include <iostream>
struct Circle : Shape {
    int r;
    explicit Circle(int r) : r(r) {}
    int area() const override;
};
int Circle::area() const
{
    return 3 * r * r;
}
struct Square : Shape {
    int a;
    explicit Square(int a) : a(a) {}
    int area() const override;
};
int Square::area() const
{
    return a * a;
}
struct Unused {
    void hello();
};
void Unused::hello()
{
    std::cerr << "never\n";
}
extern "C" int never_called(int x)
{
    return x;
}
std::unique_ptr<Shape> make_circle(int r)
{
    return std::make_unique<Circle>(r);
}
std::unique_ptr<Shape> make_square(int a)
{
    return std::make_unique<Square>(a);
}
