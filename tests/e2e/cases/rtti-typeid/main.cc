// typeid of references and of pointers reads the slot of whatever it meets and names no class: every
// slot in the program stays. Of a pointer itself it names the typeinfo. Three objects, at -O0, -O2
// and -Os.
// link: $CXX *.o -static -o $OUT
// output: 4Leaf 5Other 1 0 P9Forgotten null 3 types 1 2 3
// keep: _ZTI4Node _ZTI4Leaf _ZTI5Other _ZTS5Other _ZTI5Third _ZTS5Third
// cflags-here: -O0
#include <cstdio>
#include <map>
#include <typeindex>
#include <typeinfo>
#include "nodes.h"

int main()
{
    Node *leaf = make(0), *other = make(1), *third = make(2);
    std::printf("%s", typeid(*leaf).name());
    std::printf(" %s %d %d", name_of(*other), same(*other, *other), same(*leaf, *other));
    // The pointer's own type: named by the code, whatever it points to.
    std::printf(" %s", typeid(Forgotten *).name());
    try {
        Node *none = make(9);
        std::printf(" %s", typeid(*none).name());
    } catch (const std::bad_typeid &) {
        std::printf(" null");
    }
    std::map<std::type_index, int> numbers;
    for (Node *n : {leaf, other, third})
        numbers[index_of(n)] = n->number();
    std::printf(" %zu types %d %d %d\n", numbers.size(), numbers[typeid(*leaf)], numbers[typeid(*other)],
                numbers[index_of(third)]);
}
