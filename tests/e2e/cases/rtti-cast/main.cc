// dynamic_cast down, across, to void*, of references, and by dynamic_pointer_cast: the classes that
// code names keep their typeinfo, with all that derive from them; a hierarchy that is only
// constructed and called, in the same program, has nothing that could be observed.
// link: $CXX *.o -static -o $OUT
// output: down 1 0 1 sibling 0 cross 1 0 void 1 1 bad 1 shared 1 0 called 7 9
// keep: _ZTI6Animal _ZTI3Dog _ZTI5Puppy _ZTS5Puppy _ZTI3Cat _ZTI8Swimming _ZTI4Fish _ZTI7Machine _ZTI3Car _ZTI6Engine
// drop: _ZTI5Plain _ZTS5Plain _ZTI9PlainLeaf _ZTS9PlainLeaf
#include <cstdio>
#include <memory>
#include <typeinfo>
#include "animals.h"

int main()
{
    std::unique_ptr<Animal> dog(make_animal('d')), puppy(make_animal('p')), cat(make_animal('c')), fish(make_animal('f'));
    // Down: Puppy is named nowhere in the code; its slot is what the cast from it starts at.
    std::printf("down %d %d %d", dynamic_cast<Dog *>(dog.get()) != nullptr, dynamic_cast<Dog *>(cat.get()) != nullptr,
                dynamic_cast<Dog *>(puppy.get()) != nullptr);
    std::printf(" sibling %d", dynamic_cast<Dog *>(fish.get()) != nullptr);
    // Across: from one base of Fish to the other.
    std::printf(" cross %d %d", dynamic_cast<Swimming *>(fish.get()) != nullptr, dynamic_cast<Swimming *>(dog.get()) != nullptr);
    // To void*: no typeinfo is read, but the offset to the top beside it.
    Swimming *s = dynamic_cast<Swimming *>(fish.get());
    std::printf(" void %d %d", dynamic_cast<void *>(s) == fish.get(), static_cast<void *>(s) != dynamic_cast<void *>(s));
    int bad = 0;
    try {
        bad = dynamic_cast<Dog &>(*cat).sound();
    } catch (const std::bad_cast &) {
        bad = 1;
    }
    std::printf(" bad %d", bad);
    std::shared_ptr<Machine> car = make_machine();
    std::printf(" shared %d %d", std::dynamic_pointer_cast<Car>(car) != nullptr,
                std::dynamic_pointer_cast<Engine>(car) != nullptr);
    std::unique_ptr<Plain> a(make_plain(0)), b(make_plain(1));
    std::printf(" called %d %d\n", a->value(), b->value());
}
