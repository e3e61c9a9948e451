#include <cstdio>
#include <stdexcept>

int parse(const char *text);

int main(int argc, char **)
{
    try {
        std::printf("%d\n", parse(argc > 1 ? "12" : "twelve"));
    } catch (const std::exception &e) {
        std::printf("not a number: %s\n", e.what());
    }
}
