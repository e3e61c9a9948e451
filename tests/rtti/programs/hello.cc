// iostream, locale facets, a stream that fails and throws.
// slots: 22
// proof: 22
// link: -static
#include <iostream>
#include <sstream>
#include <locale>
struct Greeting : std::locale::facet {
    static std::locale::id id;
    virtual const char *text() const { return "good day"; }
};
std::locale::id Greeting::id;
int main()
{
    std::ostringstream s;
    s.imbue(std::locale::classic());
    s << std::hex << 255 << ' ' << 1.5 << ' ' << true;
    std::cout << "hello " << s.str() << std::endl;
    try {
        std::istringstream in("x");
        in.exceptions(std::ios::failbit);
        int n;
        in >> n;
    } catch (const std::ios_base::failure &e) {
        std::cout << "failed" << std::endl;
    }
    std::locale mine(std::locale(), new Greeting);
    std::cout << std::has_facet<Greeting>(mine) << std::has_facet<Greeting>(std::locale()) << ' '
              << std::use_facet<Greeting>(mine).text() << std::endl;
    std::cout << std::use_facet<std::ctype<char>>(std::locale()).toupper('a')
              << std::has_facet<std::numpunct<char>>(std::locale()) << std::endl;
}
