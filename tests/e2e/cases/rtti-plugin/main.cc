// A host that exports its base class and its registry to plugins that it loads with RTLD_LOCAL. The
// plugin derives; the host casts what it gets, catches what it throws by the base, and the plugin
// casts what the host made. Everything about the exported classes is visible outside.
// before: g++ -O1 -fPIC -shared -x c++ plugin.txt -o plugin.so
// link: $CXX main.o host.o -rdynamic -ldl -o $OUT
// run: $OUT ./plugin.so
// output: device 1 0 host's own 1 thrown 8 threw through 1 name 12PluginDevice
// keep: _ZTI6Device _ZTI9HostError _ZTI5Local _ZTS5Local
#include <cstdio>
#include <dlfcn.h>
#include <typeinfo>
#include "host.h"

int main(int argc, char **argv)
{
    void *h = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW | RTLD_LOCAL);
    if (!h)
        return std::printf("%s\n", dlerror()), 1;
    auto make = reinterpret_cast<Device *(*)()>(dlsym(h, "make_device"));
    auto is_local = reinterpret_cast<int (*)(Device *)>(dlsym(h, "is_local"));
    auto fail = reinterpret_cast<void (*)()>(dlsym(h, "fail"));
    Device *d = make();
    std::printf("device %d %d", dynamic_cast<Reader *>(d) != nullptr, dynamic_cast<Local *>(d) != nullptr);
    std::printf(" host's own %d", is_local(make_local()));
    try {
        fail();
    } catch (const HostError &e) {
        std::printf(" thrown %d", e.code());
    }
    std::printf(" threw through %d", d->call_back(host_throws));
    std::printf(" name %s\n", typeid(*d).name());
}
