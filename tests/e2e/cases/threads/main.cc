// Threads, thread_local with a constructor, call_once, condition variables.
// cflags: -O1 -ffunction-sections -fdata-sections -pthread
// link: $CXX *.o -static -pthread -o $OUT
// output: 10 once 4
// drop: unused_local_reader
// gc: -e main
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>
struct Counter {
    int n;
    Counter() : n(1) {}
};
thread_local Counter counter;
thread_local int plain = 3;
thread_local int unused_local = 4;
extern "C" int unused_local_reader()
{
    return unused_local;
}
int main()
{
    std::mutex m;
    std::once_flag once;
    int sum = 0, calls = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&, i] {
            counter.n += i;
            std::call_once(once, [&] { calls++; });
            std::lock_guard<std::mutex> g(m);
            sum += counter.n;
        });
    for (auto &t : threads)
        t.join();
    plain += 1;
    std::printf("%d %s %d\n", sum, calls == 1 ? "once" : "more", plain);
}
