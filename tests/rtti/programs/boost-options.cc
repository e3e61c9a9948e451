// Options and regular expressions; bad input of each.
// slots: 50
// link: -static -lboost_program_options -lboost_regex
#include <boost/program_options.hpp>
#include <boost/regex.hpp>
#include <iostream>

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
    options();
    expressions();
}
