// What the report tells C++ people: classes by their parts, why their typeinfo stays or goes, and
// instances by template.
// link: $CXX *.o -static -o $OUT
// output: 3 12 28
// keep: _ZTIN5shape5ShapeE _ZTIN5shape6CircleE
// drop: _ZTIN5shape4UsedE _ZTSN5shape4UsedE _ZTIN5shape6UnusedE
// why: shape::Shape its typeinfo stays: named by main
// why: shape::Square its typeinfo stays: its base shape::Shape is named by main
// why: shape::Circle bases: shape::Shape
// why: shape::Used its typeinfo goes: nothing can observe it
// why: shape::Used cleared
// why: _ZTIN5shape4UsedE removed (rtti-unobservable)
// why: shape::* class shape::Square
// check: grep -q 'live RTTI slots were cleared' $REPORT
// check: grep -q 'shape::Shape' $REPORT
// check: grep -q '2 .* area_of<…>$' $REPORT
// check: python3 -c "import json,sys; c=json.load(open(sys.argv[1], errors='surrogateescape'))['cxx']; k={x['class']: x for x in c['classes']}; assert k['shape::Square']['because-of'] == '_ZTIN5shape5ShapeE' and k['shape::Used']['why'] == 'gone'; assert any(t['template'] == 'area_of<…>' and t['instances'] == 2 for t in c['templates'])" $JSON
#include <cstdio>
namespace shape {
struct Shape {
    virtual int area() const = 0;
    virtual ~Shape() {}
};
struct Circle : Shape {
    int r;
    explicit Circle(int x) : r(x) {}
    int area() const override { return 3 * r * r; }
};
struct Square : Shape {
    int a;
    explicit Square(int x) : a(x) {}
    int area() const override { return a * a; }
};
struct Used { // nobody casts it, throws it or asks for its type
    virtual int value() { return 28; }
    virtual ~Used() {}
};
struct Unused {
    virtual int value() { return 1; }
    virtual ~Unused() {}
};
}
template <class T> __attribute__((noinline)) int area_of(const T &x)
{
    return x.area();
}
shape::Unused *never()
{
    return new shape::Unused;
}
shape::Used *volatile used;
int main(int argc, char **)
{
    shape::Circle c(argc);
    shape::Square s(argc);
    shape::Shape *volatile p = argc > 1 ? static_cast<shape::Shape *>(&s) : &c;
    used = new shape::Used;
    shape::Circle *as_circle = dynamic_cast<shape::Circle *>(static_cast<shape::Shape *>(p));
    std::printf("%d %d %d\n", as_circle ? area_of(*as_circle) : 0, area_of(s) + 11,
                used->value());
}
