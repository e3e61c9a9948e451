// concordance FILE: the words of a text with the number of lines that they stand on; a small
// program of the kind that drags half of libstdc++ into a static link.
#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{
using Lines = std::map<std::string, std::set<int>>;

Lines read(std::istream &in)
{
    static const std::regex word("[A-Za-z][A-Za-z'-]+");
    Lines lines;
    std::string line;
    for (int n = 1; std::getline(in, line); n++)
        for (std::sregex_iterator i(line.begin(), line.end(), word), end; i != end; ++i) {
            std::string w = i->str();
            std::transform(w.begin(), w.end(), w.begin(), ::tolower);
            lines[w].insert(n);
        }
    return lines;
}

void print(const Lines &lines, std::size_t most)
{
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (auto &[word, where] : lines)
        ranked.emplace_back(where.size(), word);
    std::sort(ranked.rbegin(), ranked.rend());
    ranked.resize(std::min(ranked.size(), most));
    for (auto &[n, word] : ranked)
        std::cout << std::setw(6) << n << "  " << word << '\n';
}
} // namespace

int main(int argc, char **argv)
{
    try {
        if (argc != 2)
            throw std::invalid_argument("usage: concordance FILE");
        std::ifstream in(argv[1]);
        if (!in)
            throw std::runtime_error(std::string(argv[1]) + ": cannot be read");
        print(read(in), 20);
        return 0;
    } catch (const std::exception &e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
