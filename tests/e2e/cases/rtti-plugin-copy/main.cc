// A host that exports nothing, and a plugin with copies of the host's classes from a header: typeinfo
// is compared by name, so that the plugin's casts and typeids see through the host's slots although
// no typeinfo of the host is visible to it.
// before: g++ -O1 -fPIC -shared -fvisibility=hidden -x c++ plugin.txt -o plugin.so
// link: $CXX main.o -ldl -o $OUT
// run: $OUT ./plugin.so
// output: 1 0 7Message
// keep: _ZTI7Message _ZTI6Letter _ZTI4Note
#include <cstdio>
#include <dlfcn.h>
#include "messages.h"

int main(int argc, char **argv)
{
    void *h = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW | RTLD_LOCAL);
    if (!h)
        return std::printf("%s\n", dlerror()), 1;
    auto is_letter = reinterpret_cast<int (*)(Message *)>(dlsym(h, "is_letter"));
    auto name_of = reinterpret_cast<const char *(*)(Message *)>(dlsym(h, "name_of"));
    Letter letter;
    Note note;
    Message message;
    std::printf("%d %d %s\n", is_letter(&letter), is_letter(&note), name_of(&message));
}
