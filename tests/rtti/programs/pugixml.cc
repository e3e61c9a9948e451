// slots: 25
// proof: 25
// link: -static -lpugixml
#include <iostream>
#include <pugixml.hpp>
#include <sstream>
struct Counter : pugi::xml_tree_walker {
    int n = 0;
    bool for_each(pugi::xml_node &) override { return ++n; }
};
int main()
{
    pugi::xml_document d;
    std::cout << d.load_string("<a><b x='1'/><b x='2'>t</b></a>").description() << '\n';
    std::cout << d.select_nodes("//b[@x > 1]").size() << '\n';
    std::cout << pugi::xpath_query("sum(//@x)").evaluate_number(d) << '\n';
    Counter c;
    d.traverse(c);
    std::ostringstream s;
    d.save(s, "  ");
    std::cout << c.n << s.str() << d.load_string("<a>").description() << '\n';
    try {
        pugi::xpath_query bad("//[");
    } catch (const pugi::xpath_exception &e) {
        std::cout << e.what() << '\n';
    }
}
