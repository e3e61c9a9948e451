#include <any>
#include <functional>
#include <memory>
struct Shape {
    virtual ~Shape() = default;
    virtual int sides() const { return 0; }
};
struct Circle : Shape {
    int sides() const override { return 1; }
};
struct Functor {
    int operator()() const { return 3; }
};
struct Deleter {
    void operator()(int *p) const { delete p; }
};
std::any make_shape();
std::function<int()> make_function();
std::shared_ptr<int> make_pointer();
int is_square();
int is_truck();
int call_plain();
