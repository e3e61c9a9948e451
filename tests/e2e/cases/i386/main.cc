// i386 (REL relocations), static C++ with exceptions.
// triple: i686-linux-gnu
// link: $CXX *.o -static -o $OUT
// run: qemu-i386 $OUT
// output: caught boom
// drop: unused
// gc: -e main
#include <iostream>
#include <stdexcept>
extern "C" int unused(int x)
{
    return x;
}
int main(int argc, char **)
{
    try {
        if (argc)
            throw std::runtime_error("boom");
    } catch (const std::exception &e) {
        std::cout << "caught " << e.what() << std::endl;
    }
}
