// The library asks for types by the typeinfo that a manager function names: std::any, std::function,
// deleters of shared_ptr, std::variant's exception, type ids kept in tables of data.
// link: $CXX *.o -static -o $OUT
// output: any 1 0 5Shape bad 1 function 1 0 7Functor deleter 1 0 table 5Shape 6Circle find 1 truck 1 called 12
// keep: _ZTI5Shape _ZTI6Circle _ZTI7Functor _ZTI6Square _ZTS6Square _ZTI7Trailer
// drop: _ZTI5Plain _ZTS5Plain _ZTI10PlainChild _ZTS10PlainChild
#include <any>
#include <cstdio>
#include <functional>
#include <memory>
#include <typeinfo>
#include "shapes.h"

// A table in data that names typeinfo; nothing in the code does.
extern const std::type_info *const known_types[2];

int main()
{
    std::any a = make_shape();
    std::printf("any %d %d %s", std::any_cast<Shape>(&a) != nullptr, std::any_cast<Circle>(&a) != nullptr, a.type().name());
    try {
        std::any_cast<int>(a);
    } catch (const std::bad_any_cast &) {
        std::printf(" bad 1");
    }
    std::function<int()> f = make_function();
    std::printf(" function %d %d %s", f.target<Functor>() != nullptr, f.target<int (*)()>() != nullptr,
                f.target_type().name());
    std::shared_ptr<int> p = make_pointer();
    std::printf(" deleter %d %d", std::get_deleter<Deleter>(p) != nullptr, std::get_deleter<Functor>(p) != nullptr);
    std::printf(" table %s %s", known_types[0]->name(), known_types[1]->name());
    std::printf(" find %d truck %d", is_square(), is_truck());
    std::printf(" called %d\n", call_plain());
}
