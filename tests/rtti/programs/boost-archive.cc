// Polymorphic serialization. The library asks what it is given by typeid, so that the promise is refused.
// slots: 0
// link: -static -lboost_serialization
#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/archive/xml_oarchive.hpp>
#include <boost/serialization/base_object.hpp>
#include <boost/serialization/export.hpp>
#include <boost/serialization/unique_ptr.hpp>
#include <boost/serialization/vector.hpp>
#include <iostream>
#include <memory>
#include <sstream>

struct Shape {
    int id = 1;
    virtual ~Shape() {}
    virtual int area() const { return 0; }
    template <class A> void serialize(A &a, unsigned) { a &BOOST_SERIALIZATION_NVP(id); }
};
struct Square : Shape {
    int side = 3;
    int area() const override { return side * side; }
    template <class A> void serialize(A &a, unsigned)
    {
        a &boost::serialization::make_nvp("base", boost::serialization::base_object<Shape>(*this));
        a &BOOST_SERIALIZATION_NVP(side);
    }
};
struct Unregistered : Shape {
    int area() const override { return 5; }
    template <class A> void serialize(A &a, unsigned) { a &BOOST_SERIALIZATION_NVP(id); }
};
BOOST_CLASS_EXPORT(Square)

static void archives()
{
    std::vector<std::unique_ptr<Shape>> v;
    v.emplace_back(new Square);
    v.emplace_back(new Shape);
    std::stringstream s;
    boost::archive::text_oarchive(s) << v;
    std::vector<std::unique_ptr<Shape>> w;
    boost::archive::text_iarchive(s) >> w;
    for (auto &x : w)
        std::cout << x->area() << ' ' << (dynamic_cast<Square *>(x.get()) != nullptr) << '\n';
    std::ostringstream xml;
    {
        boost::archive::xml_oarchive a(xml);
        Shape *one = w[0].get();
        a << BOOST_SERIALIZATION_NVP(one);
    }
    std::cout << xml.str();
    try {
        std::ostringstream out;
        boost::archive::text_oarchive a(out);
        Shape *u = new Unregistered;
        a << u;
    } catch (const boost::archive::archive_exception &e) {
        std::cout << e.what() << '\n';
    }
    try {
        std::istringstream bad("22 serialization::archive 3 nonsense");
        boost::archive::text_iarchive a(bad);
        int x;
        a >> x;
    } catch (const std::exception &e) {
        std::cout << e.what() << '\n';
    }
}
int main()
{
    archives();
}
