#include <memory>
struct Shape {
    virtual ~Shape() = default;
    virtual int area() const = 0;
};
std::unique_ptr<Shape> make_circle(int);
std::unique_ptr<Shape> make_square(int);
