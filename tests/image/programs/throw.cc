// Exceptions through frames with clean-ups, by base, across a virtual call; iostreams;
// dynamic_cast.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct shape {
    virtual ~shape()
    {
    }
    virtual double area() const = 0;
    virtual void fail() const
    {
        throw std::runtime_error("no such shape");
    }
};
struct square : shape {
    double side;
    explicit square(double s) : side(s)
    {
    }
    double area() const override
    {
        return side * side;
    }
};
struct circle : shape {
    double area() const override
    {
        throw 42;
    }
    void fail() const override
    {
        throw std::out_of_range("circle");
    }
};
struct noisy {
    ~noisy()
    {
        std::cout << "cleaned up\n";
    }
};

int never_called(const std::string &s)
{
    throw std::length_error(s + " never");
}

int main()
{
    std::vector<std::unique_ptr<shape>> shapes;
    shapes.emplace_back(new square(2));
    shapes.emplace_back(new circle);
    std::map<std::string, int> seen;
    for (auto &s : shapes) {
        try {
            noisy n;
            std::cout << s->area() << "\n";
            s->fail();
        } catch (const std::exception &e) {
            seen[e.what()]++;
        } catch (int i) {
            seen["int " + std::to_string(i)]++;
        }
        if (auto *q = dynamic_cast<square *>(s.get()))
            std::cout << "square " << q->side << "\n";
    }
    try {
        shapes[1]->fail();
    } catch (const std::logic_error &e) {
        seen[e.what()]++;
    }
    for (auto &p : seen)
        std::cout << p.first << ": " << p.second << "\n";
    std::sort(shapes.begin(), shapes.end());
    return 0;
}
