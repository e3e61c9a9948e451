// slots: 30
// link: -static -lre2 -lpthread
#include <iostream>
#include <re2/re2.h>
#include <re2/set.h>
int main()
{
    std::string user, host;
    std::cout << RE2::FullMatch("ada@example", "(\\w+)@(\\w+)", &user, &host) << user << host << '\n';
    std::string s = "aaa bbb";
    std::cout << RE2::GlobalReplace(&s, "b+", "<\\0>") << s << '\n';
    RE2 bad("(", RE2::Quiet);
    std::cout << bad.ok() << bad.error() << '\n';
    RE2::Set set(RE2::DefaultOptions, RE2::UNANCHORED);
    set.Add("a+b", nullptr);
    set.Add("(x|y)z", nullptr);
    set.Compile();
    std::vector<int> hits;
    std::cout << set.Match("aab yz", &hits) << hits.size() << '\n';
}
