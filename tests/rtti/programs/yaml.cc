// slots: 40
// link: -static -lyaml-cpp
#include <iostream>
#include <yaml-cpp/yaml.h>
int main()
{
    YAML::Node n = YAML::Load("a: [1, 2, {b: c}]\nd: &x {e: 1.5}\nf: *x\n");
    std::cout << n["a"].size() << n["a"][2]["b"].as<std::string>() << n["f"]["e"].as<double>() << '\n';
    YAML::Emitter out;
    out << YAML::BeginMap << YAML::Key << "k" << YAML::Value << YAML::Flow << n["a"] << YAML::EndMap;
    std::cout << out.c_str() << '\n';
    for (const char *bad : {"a: [1, 2", "a: b: c", "*nothing"}) {
        try {
            YAML::Load(bad);
        } catch (const YAML::ParserException &e) {
            std::cout << e.what() << '\n';
        }
    }
    try {
        n["a"].as<int>();
    } catch (const YAML::TypedBadConversion<int> &e) {
        std::cout << e.what() << '\n';
    } catch (const YAML::BadConversion &e) {
        std::cout << "base " << e.what() << '\n';
    }
    try {
        n["none"]["more"].as<int>();
    } catch (const YAML::Exception &e) {
        std::cout << e.what() << '\n';
    }
}
