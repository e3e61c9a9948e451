// aarch64, static C++ with exceptions, under qemu-user.
// triple: aarch64-linux-gnu
// link: $CXX *.o -static -o $OUT
// run: qemu-aarch64 $OUT
// output: caught boom
// drop: unused
// gc: -e main
// skip: gold the program that gold alone links for aarch64 dies before main (seen with 2.40 under qemu 7.2)
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
