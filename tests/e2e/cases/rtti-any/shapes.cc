#include "shapes.h"
#include <cxxabi.h>
#include <typeinfo>
extern const std::type_info *const known_types[2];
const std::type_info *const known_types[2] = {&typeid(Shape), &typeid(Circle)};
std::any make_shape()
{
    return Shape();
}
std::function<int()> make_function()
{
    return Functor();
}
std::shared_ptr<int> make_pointer()
{
    return std::shared_ptr<int>(new int(1), Deleter());
}
struct Square : Shape {
    int sides() const override { return 4; }
};
static Shape *volatile one;
int is_square()
{
    static Square s;
    one = &s;
    return dynamic_cast<Circle *>(one) == nullptr;
}
/* A hierarchy that only data names; the cast takes its classes from there. */
struct Vehicle {
    virtual ~Vehicle();
    virtual int wheels() const;
};
Vehicle::~Vehicle() {}
int Vehicle::wheels() const
{
    return 0;
}
struct Truck : Vehicle {
    int wheels() const override;
};
int Truck::wheels() const
{
    return 6;
}
struct Trailer : Truck {
    int wheels() const override;
};
int Trailer::wheels() const
{
    return 4;
}
const std::type_info *vehicle_types[] = {&typeid(Vehicle), &typeid(Truck)};
static Vehicle *volatile vehicle;
int is_truck()
{
    static Trailer trailer;
    vehicle = &trailer;
    return abi::__dynamic_cast(vehicle, static_cast<const abi::__class_type_info *>(vehicle_types[0]),
                               static_cast<const abi::__class_type_info *>(vehicle_types[1]), 0) != nullptr;
}
struct Plain {
    virtual ~Plain();
    virtual int number() const;
};
Plain::~Plain() {}
int Plain::number() const
{
    return 5;
}
struct PlainChild : Plain {
    int number() const override;
};
int PlainChild::number() const
{
    return 7;
}
static Plain *volatile chosen;
int call_plain()
{
    static PlainChild child;
    static Plain plain;
    chosen = &child;
    int n = chosen->number();
    chosen = &plain;
    return n + chosen->number();
}
