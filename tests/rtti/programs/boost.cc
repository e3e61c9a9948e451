// Polymorphic serialization, options and regular expressions; bad input of each.
// link: -static -lboost_serialization -lboost_program_options -lboost_regex
#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/archive/xml_oarchive.hpp>
#include <boost/program_options.hpp>
#include <boost/regex.hpp>
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
static void options()
{
    namespace po = boost::program_options;
    po::options_description d("options");
    d.add_options()("number,n", po::value<int>()->default_value(3), "a number")("names", po::value<std::vector<std::string>>(), "names");
    const char *good[] = {"x", "-n", "7", "--names", "a", "--names", "b"}, *bad[] = {"x", "--number=seven"}, *odd[] = {"x", "--none"};
    po::variables_map vm;
    po::store(po::parse_command_line(7, good, d), vm);
    po::notify(vm);
    std::cout << d << vm["number"].as<int>() << ' ' << vm["names"].as<std::vector<std::string>>().size() << '\n';
    try {
        vm["number"].as<std::string>();
    } catch (const boost::bad_any_cast &e) {
        std::cout << e.what() << '\n';
    }
    for (auto *argv : {bad, odd}) {
        try {
            po::variables_map m;
            po::store(po::parse_command_line(2, argv, d), m);
        } catch (const po::error &e) {
            std::cout << e.what() << '\n';
        }
    }
}
static void expressions()
{
    boost::regex e("(\\w+)@(\\w+)\\.org");
    boost::smatch m;
    std::string s = "to ada@example.org";
    std::cout << boost::regex_search(s, m, e) << ' ' << m[1] << ' ' << boost::regex_replace(s, e, "<$2>") << '\n';
    try {
        boost::regex bad("(unclosed");
    } catch (const boost::regex_error &e) {
        std::cout << e.what() << '\n';
    }
}
int main()
{
    archives();
    options();
    expressions();
}
