// iostream, std::map, virtual calls, a static constructor, all static.
// link: $CXX main.o shapes.o -static -o $OUT
// output: 2 circle:12 square:16
// keep: _ZNK6Circle4areaEv
// drop: _ZN6Unused5helloEv never_called
// gc: -e main
// drop-section: shapes.o:(.text.never_called)
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include "shapes.h"

static std::map<std::string, std::unique_ptr<Shape>> registry = [] {
    std::map<std::string, std::unique_ptr<Shape>> m;
    m["circle"] = make_circle(2);
    m["square"] = make_square(4);
    return m;
}();

int main()
{
    std::cout << registry.size();
    for (auto &[name, shape] : registry)
        std::cout << ' ' << name << ':' << shape->area();
    std::cout << std::endl;
}
